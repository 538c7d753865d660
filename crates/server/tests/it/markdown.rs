//! An author's page: what it may say, and that it cannot run script, look elsewhere or pretend.

use labwright_server::render::{PageContext, Rendered, page};

fn render(text: &str) -> Rendered {
    let value = |name: &str| match name {
        "params.word" => Some("cat".to_owned()),
        "params.evil" => Some("<script>alert(1)</script> *no* [x](javascript:alert(1))".to_owned()),
        "params.url" => Some("javascript:alert(1)".to_owned()),
        "params.attribute" => Some("x onerror=alert(1) onclick=alert(1)".to_owned()),
        "nodes.client.address.lan" => Some("10.0.0.2".to_owned()),
        _ => None,
    };
    let asset = |file: &str| format!("/files/{file}?ticket=t");
    page(
        text,
        &PageContext {
            tasks: &["captured", "port"],
            nodes: &["client"],
            value: &value,
            asset: &asset,
        },
    )
}

fn check(text: &str, html: &str) {
    assert_eq!(render(text).html.trim(), html);
}

#[test]
fn the_first_heading_is_the_title() {
    let rendered = render("# Look at the *cat* `{{ params.word }}` & more\n\nText.\n\n# Another\n");
    assert_eq!(
        rendered.title.as_deref(),
        Some("Look at the cat cat & more")
    );
    assert!(!rendered.html.contains("Look at"));
    assert!(rendered.html.contains("Another"));
    assert_eq!(render("no heading").title, None);
}

#[test]
fn tasks_stand_where_they_are_placed() {
    check(
        "Before\n\n{{task captured}}\n\nAfter",
        "<p>Before</p>\n<div data-task=\"captured\"></div>\n<p>After</p>",
    );
    check("{{ task  port }}", "<div data-task=\"port\"></div>");
    check("{{task unknown}}", "<p>{{task unknown}}</p>");
}

#[test]
fn values_are_filled_in_everywhere_and_escaped() {
    check("a {{ params.word }} b", "<p>a cat b</p>");
    check(
        "`ping {{ nodes.client.address.lan }}`",
        "<p><code>ping 10.0.0.2</code></p>",
    );
    check(
        "[open](http://{{ nodes.client.address.lan }}/x)",
        "<p><a href=\"http://10.0.0.2/x\" rel=\"noopener noreferrer\">open</a></p>",
    );
    let html = render("{{ params.evil }}").html;
    assert!(
        html.contains("&lt;script&gt;") && html.contains("*no*"),
        "{html}"
    );
}

#[test]
fn braces_that_mean_nothing_stay() {
    check(
        "`docker ps --format '{{.Names}}'` {{ params.word }}",
        "<p><code>docker ps --format '{{.Names}}'</code> cat</p>",
    );
    check("open {{ and {{ params.word }}", "<p>open {{ and cat</p>");
}

#[test]
fn blocks_run_on_nodes_that_the_learner_sees() {
    check(
        "```sh run=client\ntcpdump -i eth0 < x\n```",
        "<pre data-run=\"client\"><code class=\"language-sh\">tcpdump -i eth0 &lt; x\n</code></pre>",
    );
    check(
        "```run=client\nls\n```",
        "<pre data-run=\"client\"><code class=\"language-sh\">ls\n</code></pre>",
    );
    check(
        "```python\nprint()\n```",
        "<pre><code class=\"language-python\">print()\n</code></pre>",
    );
    assert!(
        !render("```sh run=hidden\nls\n```")
            .html
            .contains("data-run")
    );
}

#[test]
fn files_of_the_lab_get_their_address() {
    let picture = "<p><img src=\"/files/map.png?ticket=t\" alt=\"The net\"></p>";
    check("![The net](assets/map.png)", picture);
    check("![The net](../assets/map.png)", picture);
    check("![The net](./assets/map.png)", picture);
    check(
        "[file](assets/a/b.pcapng) [top](#top)",
        "<p><a href=\"/files/a/b.pcapng?ticket=t\" rel=\"noopener noreferrer\">file</a> <a href=\"#page-top\" rel=\"noopener noreferrer\">top</a></p>",
    );
}

#[test]
fn tables_and_notes_work() {
    let html = render("| a | b |\n|---|:-:|\n| 1 | 2 |\n\nText[^1]\n\n[^1]: Note").html;
    assert!(
        html.contains("<table>") && html.contains("<td align=\"center\">2</td>"),
        "{html}"
    );
    assert!(html.contains("Note"), "{html}");
}

/// Every payload alone, after text, in a list and in a table: no script, no foreign address, no
/// attribute that is not on the list.
#[test]
fn no_payload_survives() {
    let payloads = include_str!("../data/xss.txt");
    assert!(payloads.lines().count() >= 100);
    for line in payloads.lines() {
        let payload = line.replace("\\n", "\n");
        let shapes = [
            payload.clone(),
            format!("Text before\n{payload}\ntext after"),
            format!("- item\n\n  {}", payload.replace('\n', "\n  ")),
            format!("<div>\n\n{payload}\n\n</div>"),
        ];
        for shape in shapes {
            let rendered = render(&shape);
            let problems = problems(&rendered.html);
            assert!(
                problems.is_empty(),
                "{problems:?}
in:  {shape}
out: {}",
                rendered.html
            );
        }
    }
}

const TAGS: [&str; 66] = [
    "a",
    "abbr",
    "acronym",
    "area",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "map",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
];
const MORE_TAGS: [&str; 9] = ["tfoot", "th", "thead", "time", "tr", "tt", "u", "ul", "var"];
const ATTRIBUTES: [&str; 21] = [
    "href",
    "rel",
    "src",
    "alt",
    "width",
    "height",
    "start",
    "align",
    "colspan",
    "rowspan",
    "scope",
    "class",
    "data-run",
    "data-task",
    "open",
    "id",
    "title",
    "lang",
    "cite",
    "datetime",
    "span",
];

/// What a browser would find in cleaned HTML that must not be there.
fn problems(html: &str) -> Vec<String> {
    let mut problems = Vec::new();
    for tag in html.split('<').skip(1) {
        let Some((inside, _)) = tag.split_once('>') else {
            problems.push(format!("a tag is not closed: {tag}"));
            continue;
        };
        let inside = inside.trim_start_matches('/');
        let (name, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        if !TAGS.contains(&name) && !MORE_TAGS.contains(&name) {
            problems.push(format!("element {name}"));
        }
        problems.extend(attribute_problems(attributes));
    }
    problems
}

/// Ammonia quotes every value with `"` and escapes that sign in it.
fn attribute_problems(attributes: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut rest = attributes;
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, next)) = after.split_once('"') else {
            problems.push(format!("attribute without end: {rest}"));
            break;
        };
        let name = name.trim();
        if !ATTRIBUTES.contains(&name) {
            problems.push(format!("attribute {name}"));
        }
        let value = value.to_lowercase();
        let address = matches!(name, "href" | "src" | "cite");
        let fine = ["/files/", "#page-", "https://", "http://", "mailto:"];
        if address && !fine.iter().any(|start| value.starts_with(start)) {
            problems.push(format!("address {value}"));
        }
        if name == "src" && !value.starts_with("/files/") {
            problems.push(format!("picture from elsewhere {value}"));
        }
        if value.contains("/files/") && value.contains("..") {
            problems.push(format!("path {value}"));
        }
        if name == "data-run" && value != "client"
            || name == "data-task" && value != "captured" && value != "port"
        {
            problems.push(format!("{name}={value}"));
        }
        rest = next;
    }
    problems
}
