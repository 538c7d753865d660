//! How the format is described, once: the reader checks against it, the JSON Schema and the
//! reference manual are written from it, typos are guessed from it.

/// What a value may look like.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// One word of a kind.
    Word(&'static Kind),
    /// `true` or `false`.
    Flag,
    /// One of these words.
    OneOf(&'static [Choice]),
    /// Text for people: a string, or a mapping from language to string.
    Text,
    /// The same, with templates.
    FilledText,
    /// Nothing at all (`key:` alone, or `~`).
    Nothing,
    /// A list.
    List(&'static Shape),
    /// A list, or one item without the list.
    OneOrMore(&'static Shape),
    /// A mapping with free keys of a kind.
    Map(&'static Kind, &'static Shape),
    /// A mapping with these keys.
    Object(&'static Object),
    /// A mapping whose first-listed key tells which of these it is.
    Tagged(&'static [Object]),
    /// The first alternative that is a word, list or mapping like the value.
    Either(&'static [Shape]),
}

/// A kind of word.
#[derive(Debug)]
pub(crate) struct Kind {
    /// Its name in the manual.
    pub(crate) name: &'static str,
    /// What is allowed, after "it must be".
    pub(crate) says: &'static str,
    /// A typical value.
    pub(crate) example: &'static str,
    /// Also a number in YAML's and JSON's eyes.
    pub(crate) numeric: bool,
    /// Templates are filled in here.
    pub(crate) template: bool,
    /// Whether a text (without template) is one.
    pub(crate) fits: fn(&str) -> bool,
}

/// One of several fixed words.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) word: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) runs: bool,
}

/// A mapping with fixed keys.
#[derive(Debug)]
pub(crate) struct Object {
    /// What it is called in messages and in the manual: `node`.
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) fields: &'static [Field],
    /// This version runs it.
    pub(crate) runs: bool,
}

/// A key of a mapping.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) key: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) shape: Shape,
    pub(crate) required: bool,
    /// What holds when it is left out, in words.
    pub(crate) default: &'static str,
    /// This version runs it.
    pub(crate) runs: bool,
}

impl Field {
    /// An optional key.
    pub(crate) const fn new(key: &'static str, shape: Shape, doc: &'static str) -> Self {
        Self {
            key,
            doc,
            shape,
            required: false,
            default: "",
            runs: true,
        }
    }

    /// The same, required.
    pub(crate) const fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    /// The same with its default in words.
    pub(crate) const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    /// The same, parsed but not run by this version.
    pub(crate) const fn later(self) -> Self {
        Self {
            runs: false,
            ..self
        }
    }
}

impl Shape {
    /// What is allowed, after "it must be".
    pub(crate) fn says(&self) -> String {
        match self {
            Shape::Word(kind) => kind.says.to_owned(),
            Shape::Flag => "true or false".into(),
            Shape::OneOf(choices) => {
                let words: Vec<String> = choices.iter().map(|c| format!("`{}`", c.word)).collect();
                or_list(&words)
            }
            Shape::Text | Shape::FilledText => {
                "text, or a mapping from language to text (`{en: …, fr: …}`)".into()
            }
            Shape::Nothing => "nothing".into(),
            Shape::List(item) => format!("a list; each item {}", item.says()),
            Shape::OneOrMore(item) => format!("{}, or a list of such", item.says()),
            Shape::Map(key, _) => format!("a mapping; each key {}", key.says),
            Shape::Object(object) => format!("a mapping with the keys of `{}`", object.name),
            Shape::Tagged(objects) => {
                let tags: Vec<String> = objects
                    .iter()
                    .filter_map(|object| object.fields.first())
                    .map(|field| format!("`{}`", field.key))
                    .collect();
                format!("a mapping with {}", or_list(&tags))
            }
            Shape::Either(shapes) => {
                let all: Vec<String> = shapes.iter().map(Shape::says).collect();
                or_list(&all)
            }
        }
    }
}

/// `a`, `b` or `c`.
pub(crate) fn or_list(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}
