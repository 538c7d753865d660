//! The report of `labwright test` as JUnit XML, the form that CI systems read.

use std::fmt::Write;

use crate::commands::test::Report as TestReport;

/// One test suite a place, one test case a task and one for what is left behind.
pub fn xml(report: &TestReport) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for place in &report.places {
        let name = escape(&format!("{} in {}", report.lab, place.title()));
        let failed =
            |task: &&crate::trial::TaskReport| task.before != 0.0 || task.after != task.points;
        let failures = place.tasks.iter().filter(failed).count() + usize::from(!place.ok);
        let tests = place.tasks.len() + 1;
        // Writing to a String cannot fail.
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failures}\">"
        );
        for task in &place.tasks {
            let words = failed(&task).then(|| {
                format!(
                    "{} before, {} of {} after",
                    task.before, task.after, task.points
                )
            });
            case(&mut out, &name, &task.id, words.as_deref());
        }
        let rest: Vec<_> = place
            .problems
            .iter()
            .chain(&place.left_behind)
            .cloned()
            .collect();
        case(
            &mut out,
            &name,
            "whole lab",
            (!place.ok).then(|| rest.join("\n")).as_deref(),
        );
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, suite: &str, name: &str, failure: Option<&str>) {
    let name = escape(name);
    let _ = match failure {
        None => writeln!(out, "    <testcase classname=\"{suite}\" name=\"{name}\"/>"),
        Some(words) => writeln!(
            out,
            "    <testcase classname=\"{suite}\" name=\"{name}\"><failure>{}</failure></testcase>",
            escape(words)
        ),
    };
}

fn escape(text: &str) -> String {
    let allowed = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|c| allowed(*c)) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
