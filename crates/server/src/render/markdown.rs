//! CommonMark with tables to HTML, still untrusted: [`super::clean`] follows.

use std::fmt::Write as _;

use comrak::nodes::{AstNode, NodeCodeBlock, NodeHtmlBlock, NodeValue};
use comrak::{Arena, Options, format_html, parse_document};

/// Untrusted HTML, and the title that was taken out of it.
pub(super) struct Parsed {
    pub(super) title: Option<String>,
    pub(super) html: String,
}

pub(super) fn html(text: &str, nodes: &[&str]) -> Parsed {
    let arena = Arena::new();
    let options = options();
    let root = parse_document(&arena, text, &options);
    let title = take_title(root);
    for node in root.descendants() {
        let mut data = node.data.borrow_mut();
        if let NodeValue::CodeBlock(block) = &data.value
            && let Some(html) = runnable(block, nodes)
        {
            data.value = NodeValue::HtmlBlock(NodeHtmlBlock {
                block_type: HTML_BLOCK_TYPE,
                literal: html,
            });
        }
    }
    let mut html = String::with_capacity(text.len() * 2);
    // Writing to a string does not fail.
    let _ = format_html(root, &options, &mut html);
    Parsed { title, html }
}

/// CommonMark 0.31 §4.6, start condition 6: a block-level tag.
const HTML_BLOCK_TYPE: u8 = 6;

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.autolink = true;
    options.extension.footnotes = true;
    // The author's own HTML passes through here and is cleaned with everything else.
    options.render.r#unsafe = true;
    options
}

fn take_title<'a>(root: &'a AstNode<'a>) -> Option<String> {
    let heading = root.children().find(
        |node| matches!(&node.data.borrow().value, NodeValue::Heading(heading) if heading.level == 1),
    )?;
    let mut title = String::new();
    for node in heading.descendants() {
        match &node.data.borrow().value {
            NodeValue::Text(text) => title.push_str(text),
            NodeValue::Code(code) => title.push_str(&code.literal),
            NodeValue::SoftBreak | NodeValue::LineBreak => title.push(' '),
            _ => {}
        }
    }
    heading.detach();
    Some(title.trim().to_owned())
}

/// A block with `run=node` in its info string, if that node is one of `nodes`.
fn runnable(block: &NodeCodeBlock, nodes: &[&str]) -> Option<String> {
    let mut words = block.info.split_whitespace().peekable();
    let language = words.next_if(|word| !word.contains('=')).unwrap_or("sh");
    let node = words.find_map(|word| word.strip_prefix("run="))?;
    if !nodes.contains(&node) {
        return None;
    }
    let mut html = String::new();
    let _ = writeln!(
        html,
        "<pre data-run=\"{}\"><code class=\"language-{}\">{}</code></pre>",
        ammonia::clean_text(node),
        ammonia::clean_text(language),
        ammonia::clean_text(&block.literal),
    );
    Some(html)
}
