//! What the gate found in all places, side by side, for people.

use std::fmt::Write as _;

use super::PlaceReport;

/// Columns between two places.
const GAP: &str = "    ";

/// A line a place, then a row a task: what it is worth, and its points before and after the solutions everywhere.
pub fn matrix(lab: &str, places: &[PlaceReport]) -> String {
    let mut out = String::new();
    for place in places {
        let ready = place.ready_ms.map(|ms| format!(", ready in {ms} ms"));
        let verdict = if place.ok { "ok" } else { "FAILED" };
        let ready = ready.unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{lab} in {}: {verdict}{ready}", place.title());
        for note in &place.notes {
            let _ = writeln!(out, "  {note}");
        }
    }
    // One that the lab does not fit has run nothing.
    let most = places.iter().max_by_key(|place| place.tasks.len());
    let Some(first) = most.filter(|place| !place.tasks.is_empty()) else {
        return out;
    };
    let names = first.tasks.iter().map(|task| task.id.len());
    let width = names.max().unwrap_or_default().max("score".len());
    head(&mut out, width, places);
    for (row, task) in first.tasks.iter().enumerate() {
        let mut holds = true;
        let _ = write!(out, "  {:width$}  {:>6}", task.id, task.points);
        for place in places {
            let Some(task) = place.tasks.get(row) else {
                let _ = write!(out, "{GAP}{:>6}  {:>6}", "-", "-");
                continue;
            };
            holds &= task.before == 0.0 && task.after == task.points;
            let _ = write!(out, "{GAP}{:>6}  {:>6}", task.before, task.after);
        }
        out.push_str(if holds { "\n" } else { "  <--\n" });
    }
    let points: f64 = first.tasks.iter().map(|task| task.points).sum();
    let _ = write!(out, "  {:width$}  {points:>6}", "score");
    for place in places {
        if place.tasks.is_empty() {
            let _ = write!(out, "{GAP}{:>6}  {:>6}", "-", "-");
            continue;
        }
        let before: f64 = place.tasks.iter().map(|task| task.before).sum();
        let after: f64 = place.tasks.iter().map(|task| task.after).sum();
        let _ = write!(out, "{GAP}{before:>6}  {after:>6}");
    }
    out.push('\n');
    out
}

fn head(out: &mut String, width: usize, places: &[PlaceReport]) {
    if places.len() > 1 {
        let _ = write!(out, "  {:width$}  {:>6}", "", "");
        for place in places {
            let _ = write!(out, "{GAP}{:<14}", place.title());
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    let _ = write!(out, "  {:width$}  {:>6}", "task", "points");
    for _ in places {
        let _ = write!(out, "{GAP}{:>6}  {:>6}", "before", "after");
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::matrix;
    use crate::emulated::Emulator;
    use crate::trial::{PlaceReport, TaskReport};

    #[test]
    fn what_was_not_run_has_no_points() {
        let unfit = PlaceReport {
            place: "browser".to_owned(),
            emulator: None,
            notes: Vec::new(),
            ok: false,
            ready_ms: None,
            tasks: Vec::new(),
            left_behind: Vec::new(),
            problems: Vec::new(),
        };
        assert_eq!(matrix("a-lab", &[unfit]), "a-lab in browser: FAILED\n");
    }

    #[test]
    fn places_stand_side_by_side() {
        let report = |emulator: Option<Emulator>, after| PlaceReport {
            place: if emulator.is_none() {
                "local"
            } else {
                "browser"
            }
            .to_owned(),
            emulator,
            notes: Vec::new(),
            ok: after == 3.0,
            ready_ms: Some(7),
            tasks: vec![
                TaskReport {
                    id: "order".to_owned(),
                    points: 3.0,
                    before: 0.0,
                    after,
                },
                TaskReport {
                    id: "code-word".to_owned(),
                    points: 1.0,
                    before: 0.0,
                    after: 1.0,
                },
            ],
            left_behind: Vec::new(),
            problems: Vec::new(),
        };
        let places = [report(None, 3.0), report(Some(Emulator::Node), 1.5)];
        let expected = "\
shell-basics in local: ok, ready in 7 ms
shell-basics in browser (Node): FAILED, ready in 7 ms
                       local             browser (Node)
  task       points    before   after    before   after
  order           3         0       3         0     1.5  <--
  code-word       1         0       1         0       1
  score           4         0       4         0     2.5
";
        assert_eq!(matrix("shell-basics", &places), expected);
    }
}
