//! Whether a query says in which order its rows come.

/// Whether the query has an `ORDER BY` of its own: outside parentheses, texts, quoted names and comments.
pub fn is_ordered(sql: &str) -> bool {
    let mut rest = sql;
    let (mut depth, mut order) = (0_usize, false);
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '[' => rest.find(']').map_or(rest.len(), |at| at + 1),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |at| at + 2),
            _ if is_word(first) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                if order && depth == 0 && word.eq_ignore_ascii_case("by") {
                    return true;
                }
                order = depth == 0 && word.eq_ignore_ascii_case("order");
                end
            }
            '(' => {
                depth += 1;
                1
            }
            ')' => {
                depth = depth.saturating_sub(1);
                1
            }
            other => other.len_utf8(),
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    false
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Bytes of what begins with a quote; a quote in it is written twice.
fn quoted(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            continue;
        }
        match chars.peek() {
            Some((_, next)) if *next == quote => {
                chars.next();
            }
            _ => return at + quote.len_utf8(),
        }
    }
    text.len()
}
