//! The log of looks: who asked to see a learner's lab, who was let, what was seen, how it ended.
//! It is only added to: the database itself refuses anything else.

use labwright_model::{LabName, SessionId};
use sqlx::Row as _;

use crate::error::at;
use crate::sessions::name;
use crate::{AccountId, CourseId, Learner, Store, StoreError, UnixMs};

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookEntry {
    /// When.
    pub at_ms: UnixMs,
    /// Whose lab.
    pub learner: Learner,
    /// The session.
    pub session: SessionId,
    /// What belongs to one look has one id.
    pub look: Option<String>,
    /// The teacher's name.
    pub teacher: String,
    /// What happened.
    pub act: LookAct,
    /// More about it: the terminal that was opened, why it ended.
    pub detail: String,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LookAct {
    /// A teacher asked to look.
    Asked,
    /// A look began without a question, by the rules of an exam.
    Exam,
    /// The learner allowed it.
    Allowed,
    /// The learner said no.
    Refused,
    /// The learner said nothing, or the teacher took the question back.
    Lapsed,
    /// A terminal or desktop was opened.
    Saw,
    /// The teacher asked for the keyboard.
    KeysAsked,
    /// The learner gave it.
    KeysGiven,
    /// The learner did not.
    KeysRefused,
    /// The keyboard went back.
    KeysBack,
    /// It ended.
    Ended,
    /// A teacher answered a question of the learner's.
    Answered,
    /// A teacher answered everybody at a task, this learner too.
    AnsweredAll,
}

const ACTS: [(LookAct, &str); 13] = [
    (LookAct::Asked, "asked"),
    (LookAct::Exam, "exam"),
    (LookAct::Allowed, "allowed"),
    (LookAct::Refused, "refused"),
    (LookAct::Lapsed, "lapsed"),
    (LookAct::Saw, "saw"),
    (LookAct::KeysAsked, "keys_asked"),
    (LookAct::KeysGiven, "keys_given"),
    (LookAct::KeysRefused, "keys_refused"),
    (LookAct::KeysBack, "keys_back"),
    (LookAct::Ended, "ended"),
    (LookAct::Answered, "answered"),
    (LookAct::AnsweredAll, "answered_all"),
];

impl LookAct {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        let found = ACTS.iter().find(|(act, _)| *act == self);
        found.map_or("", |(_, text)| text)
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let found = ACTS.iter().find(|(_, known)| *known == text);
        found
            .map(|(act, _)| *act)
            .ok_or_else(|| StoreError::Unknown {
                what: "act of a look",
                text: text.to_owned(),
            })
    }
}

impl Store {
    /// Adds a line.
    pub async fn log_look(&self, entry: &LookEntry) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO look_log (n, at_ms, course, lab, session, learner, look, teacher, act, \
             detail) VALUES ((SELECT COALESCE(MAX(n), 0) + 1 FROM look_log), \
             $1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(entry.at_ms)
        .bind(entry.learner.course.as_str())
        .bind(entry.learner.lab.as_str())
        .bind(entry.session.as_str())
        .bind(entry.learner.account.as_str())
        .bind(&entry.look)
        .bind(&entry.teacher)
        .bind(entry.act.as_str())
        .bind(&entry.detail)
        .execute(&self.writer)
        .await
        .map_err(at("adding to the log of looks"))?;
        Ok(())
    }

    /// The newest lines about a learner in a course, newest first.
    pub async fn look_log(
        &self,
        learner: &AccountId,
        course: &CourseId,
        limit: u32,
    ) -> Result<Vec<LookEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM look_log WHERE learner = $1 AND course = $2 \
             ORDER BY n DESC LIMIT $3",
        )
        .bind(learner.as_str())
        .bind(course.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading the log of looks"))?;
        rows.iter().map(read_entry).collect()
    }

    /// The beginnings of looks that have no end: those that a crash ended.
    pub async fn unended_looks(&self) -> Result<Vec<LookEntry>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM look_log AS began WHERE act IN ('asked', 'exam') AND NOT EXISTS \
             (SELECT 1 FROM look_log AS over WHERE over.look = began.look \
             AND over.act IN ('ended', 'refused', 'lapsed'))",
        )
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading the log of looks"))?;
        rows.iter().map(read_entry).collect()
    }
}

fn read_entry(row: &crate::db::Row) -> Result<LookEntry, StoreError> {
    const ACTION: &str = "reading the log of looks";
    let text = |column: &str| row.try_get::<String, _>(column).map_err(at(ACTION));
    Ok(LookEntry {
        at_ms: row.try_get("at_ms").map_err(at(ACTION))?,
        learner: Learner {
            account: AccountId::new(text("learner")?),
            course: CourseId::new(text("course")?),
            lab: name(LabName::new(text("lab")?))?,
        },
        session: name(SessionId::new(text("session")?))?,
        look: row.try_get("look").map_err(at(ACTION))?,
        teacher: text("teacher")?,
        act: LookAct::parse(&text("act")?)?,
        detail: text("detail")?,
    })
}
