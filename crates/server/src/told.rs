//! A session's state in words that a learner understands, in English and French.

use labwright_api::ProblemView;
use labwright_session::{Ending, Problem, ProblemCode};

use crate::words::Language;

/// What is wrong with a session, and what to do.
pub(crate) fn problem(problem: &Problem, line: Option<usize>, language: Language) -> ProblemView {
    let ((message, hint), details) = words(problem.code, language);
    let message = match (problem.code, line) {
        (ProblemCode::Full, Some(line)) => message.replace("{line}", &line.to_string()),
        (ProblemCode::Full, None) => message.replace("{line}", "1"),
        _ if details && !problem.message.is_empty() => format!("{message} {}", problem.message),
        _ => message.to_owned(),
    };
    ProblemView {
        message: language.set(&message),
        hint: language.set(hint),
    }
}

/// How a desktop's program ended.
pub(crate) fn ending(ending: Ending, name: &str, language: Language) -> String {
    let (english, french, number) = match ending {
        Ending::Status(0) => ("{name} ended.", "{name} s’est terminé.", 0),
        Ending::Status(status) => (
            "{name} ended with status {n}.",
            "{name} s’est terminé avec le code {n}.",
            status,
        ),
        Ending::Signal(signal) => (
            "{name} was ended by signal {n}.",
            "{name} a été arrêté par le signal {n}.",
            signal,
        ),
        Ending::OutOfMemory => (
            "{name} was stopped: its node had no memory left.",
            "{name} a été arrêté : son nœud n’avait plus de mémoire.",
            0,
        ),
        Ending::NotStarted => (
            "{name} could not be started.",
            "{name} n’a pas pu être lancé.",
            0,
        ),
    };
    let words = match language {
        Language::English => english,
        Language::French => french,
    };
    let words = words.replace("{n}", &number.to_string());
    language.set(&words.replace("{name}", name))
}

/// The title of a step whose page has none.
pub(crate) fn step(number: usize, language: Language) -> String {
    match language {
        Language::English => format!("Step {number}"),
        Language::French => format!("Étape {number}"),
    }
}

/// The label of the map's tab.
pub(crate) fn map(language: Language) -> &'static str {
    match language {
        Language::English => "Map",
        Language::French => "Carte",
    }
}

/// Message and hint, and whether the cause follows the message.
#[rustfmt::skip]
fn words(code: ProblemCode, language: Language) -> ((&'static str, &'static str), bool) {
    let (english, french, details) = match code {
        ProblemCode::Reconnecting => (
            ("The line to your lab is lost; it is being sought.", "Your lab goes on running. Nothing is lost."),
            ("La liaison avec votre TP est perdue ; nous la cherchons.", "Votre TP continue de tourner. Rien n’est perdu."),
            false),
        ProblemCode::Rebooting => (
            ("Your lab's machine stopped and is starting again.", "Your files are kept; programs that ran are not. Wait a few seconds."),
            ("La machine de votre TP s’est arrêtée et redémarre.", "Vos fichiers sont gardés, les programmes en cours non. Attendez quelques secondes."),
            false),
        ProblemCode::Full => (
            ("Many labs are running. Your place in line is {line}.", "Your lab starts by itself when it is your turn. You can read the instructions meanwhile."),
            ("Beaucoup de TP tournent. Votre place dans la file est la {line}.", "Votre TP démarrera de lui-même à votre tour. Vous pouvez lire les instructions en attendant."),
            false),
        ProblemCode::Retrying => (
            ("A step failed and is being tried again.", "You need do nothing."),
            ("Une étape a échoué ; nous la recommençons.", "Vous n’avez rien à faire."),
            false),
        ProblemCode::SaveFailed => (
            ("Your files could not be saved just now.", "The last save is kept, and saving is tried again. If your disk is full, remove what you do not need."),
            ("Vos fichiers n’ont pas pu être enregistrés.", "Le dernier enregistrement est gardé et nous réessayons. Si votre disque est plein, supprimez ce qui ne sert plus."),
            true),
        ProblemCode::RestoreFailed => (
            ("Your saved files could not be put back, so your lab did not start.", "They are not lost. Try again; if it fails once more, tell the course team."),
            ("Vos fichiers enregistrés n’ont pas pu être remis ; votre TP n’a donc pas démarré.", "Ils ne sont pas perdus. Réessayez ; en cas de nouvel échec, prévenez l’équipe du cours."),
            false),
        ProblemCode::ResetFailed => (
            ("The reset failed.", "Try again, or end the lab and start it anew."),
            ("La remise à zéro a échoué.", "Réessayez, ou terminez le TP et redémarrez-le."),
            true),
        ProblemCode::Failed => (
            ("Your lab could not be started.", "Try again. If it fails once more, tell the course team what is written here."),
            ("Votre TP n’a pas pu démarrer.", "Réessayez. En cas de nouvel échec, transmettez ce message à l’équipe du cours."),
            true),
    };
    let words = match language {
        Language::English => english,
        Language::French => french,
    };
    (words, details)
}
