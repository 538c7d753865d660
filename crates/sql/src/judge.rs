//! A learner's query beside the author's: both are asked, the rows compared, the judgement said in words.

use std::path::Path;

use labwright_grading::{Judgement, Words, compare_rows, is_ordered, judge_answer, judge_rows};

use crate::ask::Asker;
use crate::protocol::Failure;
use crate::words;

/// What the model's paths of assets begin with.
const ASSETS: &str = "assets/";

/// Where the queries of an `sql` task are asked.
#[derive(Debug, Clone, Copy)]
pub struct SqlSource<'a> {
    /// Asks.
    pub asker: &'a Asker,
    /// The folder that holds what the lab folder has under `assets/`.
    pub assets: &'a Path,
    /// The database, as the lab names it: `assets/shop.sqlite`.
    pub database: &'a str,
}

impl SqlSource<'_> {
    /// Judges `answer` by the rows of the author's `query`. A query of the author's that does not run is a broken check;
    /// nothing of it is in the feedback.
    pub async fn judge(&self, query: &str, answer: &str, words: Words) -> Judgement {
        let file = self.database.strip_prefix(ASSETS).unwrap_or(self.database);
        let ask = |sql| self.asker.ask(self.assets, file, sql);
        let (expected, given) = tokio::join!(ask(query), ask(answer));
        let expected = match expected {
            Ok(Ok(table)) => table,
            Ok(Err(failure)) => {
                let why = words::of(&failure, query, Words::English);
                return Judgement::broken(format!("the author's query: {}", why.join(" ")));
            }
            Err(error) => return Judgement::broken(chain(&error)),
        };
        match given {
            Ok(Ok(table)) => {
                let verdict = compare_rows(&expected, &table, is_ordered(query));
                judge_rows(&verdict, words)
            }
            // The author's query could read it a moment ago, so it is the learner's that made it so.
            Ok(Err(Failure::Database { message })) => Judgement {
                feedback: vec![message],
                ..judge_answer(false)
            },
            Ok(Err(failure)) => Judgement {
                feedback: words::of(&failure, answer, words),
                ..judge_answer(false)
            },
            Err(error) => Judgement::broken(chain(&error)),
        }
    }
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        words = format!("{words}: {cause}");
        source = cause.source();
    }
    words
}
