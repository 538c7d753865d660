//! Why a query gave no rows, in English and French.

use labwright_grading::Words;

use crate::protocol::Failure;

/// A sentence a line. `sql` is the query, for the number of a line in it.
pub(crate) fn of(failure: &Failure, sql: &str, words: Words) -> Vec<String> {
    let (english, french): (&str, &str) = match failure {
        Failure::Sql { message, offset } => return vec![complaint(message, *offset, sql, words)],
        Failure::Database { message } => return vec![message.clone()],
        Failure::Empty => ("There is no query yet.", "Il n’y a pas encore de requête."),
        Failure::Several => (
            "More than one statement: a check takes one query.",
            "Plusieurs instructions : une vérification prend une seule requête.",
        ),
        Failure::NoQuery => (
            "A check takes a query that only reads, such as SELECT. It is asked of a fresh copy of the database.",
            "Une vérification prend une requête qui ne fait que lire, comme SELECT. Elle est posée à une copie neuve de la base.",
        ),
        Failure::Time => (
            "Your query took too long and was stopped.",
            "Votre requête a pris trop de temps et a été arrêtée.",
        ),
        Failure::Memory => (
            "Your query needs too much memory and was stopped.",
            "Votre requête demande trop de mémoire et a été arrêtée.",
        ),
        Failure::Rows => (
            "Your query gives far too many rows.",
            "Votre requête donne beaucoup trop de lignes.",
        ),
    };
    match words {
        Words::English => vec![english.to_owned()],
        Words::French => vec![french.to_owned()],
    }
}

fn complaint(message: &str, offset: Option<usize>, sql: &str, words: Words) -> String {
    let before = offset.and_then(|at| sql.get(..at));
    let line = before.map(|before| before.matches('\n').count() + 1);
    match (words, line) {
        (Words::English, Some(line)) => format!("Line {line}: {message}"),
        (Words::English, None) => format!("SQLite says: {message}"),
        (Words::French, Some(line)) => format!("Ligne {line} : {message}"),
        (Words::French, None) => format!("SQLite dit : {message}"),
    }
}
