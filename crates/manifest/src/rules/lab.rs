//! The lab as a whole.

use labwright_model::{Lab, Text};

use super::Facts;
use crate::fit::{PlaceFacts, fit};
use crate::problem::Severity;
use crate::problems::{LAB_FILE, Problems, guess_or_list};

pub(super) fn check(facts: &Facts<'_>, problems: &mut Problems) {
    let Facts { lab, root, .. } = facts;
    if lab.steps.is_empty() {
        problems.warning(
            root.locate(&["steps".into()]),
            "the lab has no steps: learners get no instructions",
            "add `steps` with a page each",
        );
    }
    if lab.time.idle_s > lab.time.session_s {
        problems.warning(
            root.locate(&["time".into(), "idle".into()]),
            "`idle` is longer than the whole session: it never has an effect",
            "make it shorter, or leave it out",
        );
    }
    for (key, name) in [("session", lab.time.session_s), ("idle", lab.time.idle_s)] {
        if name == 0 {
            problems.error(
                root.locate(&["time".into(), key.into()]),
                format!("`{key}` is no time at all"),
                "write a duration such as `2h`",
            );
        }
    }
    places(facts, problems);
    languages(lab, facts, problems);
}

/// A lab whose author allows only places that this version lacks cannot be built for any.
fn places(facts: &Facts<'_>, problems: &mut Problems) {
    let Some(wanted) = &facts.lab.places else {
        return;
    };
    let span = facts.root.locate(&["places".into()]);
    if wanted.is_empty() {
        problems.error(
            span,
            "`places` is empty: the lab may run nowhere",
            "name places, or leave `places` out",
        );
        return;
    }
    let fits = fit(facts.lab, &PlaceFacts::known());
    let here = |name: &String| fits.iter().any(|fit| fit.place == *name && fit.available);
    let known = |name: &String| fits.iter().any(|fit| fit.place == *name);
    let missing: Vec<&str> = wanted
        .iter()
        // Words that are no place at all were refused by their form.
        .filter(|name| known(name) && !here(name))
        .map(String::as_str)
        .collect();
    if missing.is_empty() {
        return;
    }
    let list = missing.join(", ");
    let message = format!("this version of Labwright has no place {list} yet");
    if missing.len() == wanted.len() {
        problems.add(
            Severity::Unsupported,
            LAB_FILE,
            span,
            message,
            "`labwright build` refuses this lab until then; add `local`",
        );
    } else {
        problems.note(span, message, "the lab runs in the others");
    }
}

/// A language that some texts have and others lack shows a page half in each.
fn languages(lab: &Lab, facts: &Facts<'_>, problems: &mut Problems) {
    let mut all: Vec<&str> = Vec::new();
    let pages = lab.steps.iter().map(|step| &step.page.markdown);
    for text in pages.chain([&lab.title]) {
        for language in text.0.keys().filter(|language| !language.is_empty()) {
            if !all.contains(&language.as_str()) {
                all.push(language);
            }
        }
    }
    let untagged_is = |language: &str| lab.title.0.contains_key(language) && language == "en";
    for (n, step) in lab.steps.iter().enumerate() {
        let lacks = |text: &Text, language: &str| {
            !text.0.is_empty() && !text.0.contains_key(language) && !untagged_is(language)
        };
        let missing: Vec<&str> = all
            .iter()
            .copied()
            .filter(|language| lacks(&step.page.markdown, language))
            .collect();
        if let Some(language) = missing.first() {
            let span = facts
                .root
                .locate(&["steps".into(), n.into(), "page".into()]);
            let message = format!(
                "`{}` has no translation into {}",
                step.page.path,
                missing.join(", ")
            );
            let file = step
                .page
                .path
                .strip_suffix(".md")
                .unwrap_or(&step.page.path);
            problems.warning(span, message, format!("write {file}.{language}.md"));
        }
    }
}

/// An unknown name with a guess.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> (String, String) {
    let help = guess_or_list(word, known.iter().copied(), &format!("the lab's {what}s"));
    (format!("there is no {what} `{word}`"), help)
}
