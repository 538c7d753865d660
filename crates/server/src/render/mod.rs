//! An author's page becomes HTML that is safe in everyone's browser.
//!
//! Text in, text out. The order is what makes it safe: placeholders become neutral words,
//! CommonMark becomes HTML, the words become escaped values, and only then is the whole cleaned.
//! Nothing may be added to the HTML after [`clean`].

mod clean;
mod markdown;

/// What a page is rendered for.
pub struct PageContext<'a> {
    /// Ids of the tasks that may stand in it.
    pub tasks: &'a [&'a str],
    /// Nodes on which the learner may run a block.
    pub nodes: &'a [&'a str],
    /// The value of `params.x` and `nodes.x.address.y`.
    pub value: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// The address of a file under `assets/`.
    pub asset: &'a (dyn Fn(&str) -> String + Sync),
}

/// A rendered page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Text of its first heading of level 1, which is not in `html`.
    pub title: Option<String>,
    /// The cleaned HTML.
    pub html: String,
}

/// Renders a page.
pub fn page(text: &str, context: &PageContext<'_>) -> Rendered {
    let words = Words::of(text, context);
    let parsed = markdown::html(&words.text, context.nodes);
    let html = words.put_back(&parsed.html, true);
    Rendered {
        title: parsed.title.map(|title| words.put_back(&title, false)),
        html: clean::clean(&html, context),
    }
}

/// The title of a page without rendering the rest.
pub fn title(text: &str, context: &PageContext<'_>) -> Option<String> {
    let words = Words::of(text, context);
    markdown::html(&words.text, context.nodes)
        .title
        .map(|title| words.put_back(&title, false))
}

/// A text whose placeholders are words that no Markdown rule touches.
struct Words {
    text: String,
    values: Vec<Value>,
}

enum Value {
    Text(String),
    Task(String),
}

/// Letters and digits only: the same in text, code, attributes and addresses.
const WORD: &str = "labwrightplaceholder";

impl Words {
    /// Braces that mean nothing here, such as those of a code example, stay as they stand.
    fn of(text: &str, context: &PageContext<'_>) -> Self {
        let text = text.replace(WORD, "");
        let mut out = String::with_capacity(text.len());
        let mut values = Vec::new();
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let known = after
                .split_once("}}")
                .and_then(|(name, next)| Some((Value::of(name.trim(), context)?, next)));
            match known {
                Some((value, next)) => {
                    out.push_str(&word(values.len()));
                    values.push(value);
                    rest = next;
                }
                None => {
                    out.push_str("{{");
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Self { text: out, values }
    }

    fn put_back(&self, html: &str, escape: bool) -> String {
        let mut html = html.to_owned();
        for (index, value) in self.values.iter().enumerate() {
            let word = word(index);
            html = match value {
                Value::Task(id) => {
                    let place = format!("<div data-task=\"{id}\"></div>");
                    html.replace(&format!("<p>{word}</p>"), &place)
                        .replace(&word, &place)
                }
                Value::Text(text) if escape => html.replace(&word, &ammonia::clean_text(text)),
                Value::Text(text) => html.replace(&word, text),
            };
        }
        html
    }
}

impl Value {
    fn of(name: &str, context: &PageContext<'_>) -> Option<Self> {
        match name.strip_prefix("task ").map(str::trim) {
            Some(id) => context
                .tasks
                .contains(&id)
                .then(|| Self::Task(id.to_owned())),
            None => (context.value)(name).map(Self::Text),
        }
    }
}

fn word(index: usize) -> String {
    format!("{WORD}{index}x")
}
