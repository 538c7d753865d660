//! apt's and dpkg's words: progress from their status lines, and what matters of an error.

/// Lines of context kept after a line that says what is wrong.
const FOLLOWING: usize = 12;
/// Most lines shown of an error.
const SHOWN: usize = 24;

/// Progress from a line of `APT::Status-Fd`: percent and what is being done.
pub fn status(line: &str) -> Option<(f64, &str)> {
    let mut fields = line.splitn(4, ':');
    let kind = fields.next()?;
    if kind != "pmstatus" && kind != "dlstatus" {
        return None;
    }
    let _object = fields.next()?;
    let percent: f64 = fields.next()?.parse().ok()?;
    Some((percent / 100.0, fields.next()?.trim()))
}

/// The lines that say what went wrong; the last lines when none does.
pub fn words(lines: &[String]) -> String {
    let mut shown: Vec<&str> = Vec::new();
    let mut follow = 0;
    for line in lines
        .iter()
        .map(String::as_str)
        .filter(|line| !is_chatter(line))
    {
        if is_error(line) {
            shown.push(line);
            follow = if opens_a_block(line) { FOLLOWING } else { 0 };
        } else if follow > 0 && line.starts_with(' ') {
            shown.push(line);
            follow -= 1;
        } else {
            follow = 0;
        }
    }
    shown.dedup();
    if shown.is_empty() {
        return last(lines, SHOWN);
    }
    let skip = shown.len().saturating_sub(SHOWN);
    indent(shown.into_iter().skip(skip))
}

/// The last `count` lines, indented.
pub fn last(lines: &[String], count: usize) -> String {
    let kept = lines
        .iter()
        .map(String::as_str)
        .filter(|line| !is_chatter(line));
    let kept: Vec<&str> = kept.collect();
    let skip = kept.len().saturating_sub(count);
    indent(kept.into_iter().skip(skip))
}

fn is_error(line: &str) -> bool {
    const STARTS: [&str; 6] = [
        "E: ",
        "Err:",
        "dpkg: error",
        "dpkg-deb: error",
        "W: Fail",
        "tar: ",
    ];
    STARTS.iter().any(|start| line.starts_with(start)) || opens_a_block(line)
}

fn opens_a_block(line: &str) -> bool {
    line.starts_with("The following packages have unmet dependencies")
        || line.starts_with("Errors were encountered while processing")
        || line.starts_with("dpkg: error processing")
        || line.starts_with("Err:")
}

fn is_chatter(line: &str) -> bool {
    line.trim().is_empty() || line.starts_with("pmstatus:") || line.starts_with("dlstatus:")
}

fn indent<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines
        .map(|line| format!("  {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_package_is_named_in_apts_words() {
        let lines = [
            "Reading package lists...",
            "pmstatus:x:1.0:y",
            "E: Unable to locate package crul",
        ]
        .map(str::to_owned);
        assert_eq!(words(&lines), "  E: Unable to locate package crul");
    }

    #[test]
    fn unmet_dependencies_come_with_their_block() {
        let lines = [
            "Building dependency tree...",
            "The following packages have unmet dependencies:",
            " a : Depends: b but it is not installable",
            "Done",
            "E: Unable to correct problems, you have held broken packages.",
        ]
        .map(str::to_owned);
        assert_eq!(
            words(&lines),
            "  The following packages have unmet dependencies:\n   a : Depends: b but it is not \
             installable\n  E: Unable to correct problems, you have held broken packages."
        );
    }

    #[test]
    fn without_an_error_line_the_end_is_shown() {
        let lines = ["one", "", "two"].map(str::to_owned);
        assert_eq!(words(&lines), "  one\n  two");
    }

    #[test]
    fn status_lines_give_progress() {
        assert_eq!(
            status("pmstatus:curl:25.5:Unpacking curl (amd64)"),
            Some((0.255, "Unpacking curl (amd64)"))
        );
        assert_eq!(status("Get:1 http://deb.debian.org"), None);
    }
}
