//! Rules of labs in courses, and more time for single learners. What a rule means is not decided here.

use std::collections::BTreeMap;

use labwright_model::LabName;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::db::Row;
use crate::error::at;
use crate::{AccountId, CourseId, Learner, Store, StoreError, UnixMs};

/// The lab name that stands for all labs of a course.
const EVERY_LAB: &str = "*";

stored!(
    /// What happens to late work.
    StoredLate, "late work",
    /// It counts, with a mark.
    Counts = "counts",
    /// It counts for nothing.
    CountsNot = "counts_not"
);

stored!(
    /// Which of several tries counts.
    StoredWhich, "which try",
    /// The best.
    Best = "best",
    /// The last.
    Last = "last",
    /// The first.
    First = "first"
);

/// Who made a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSource {
    /// It stands in the configuration.
    Config,
    /// A teacher.
    Teacher,
}

/// The rule of a lab in a course.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredRule {
    /// Not before this.
    pub opens_ms: Option<UnixMs>,
    /// Until when work is on time.
    pub due_ms: Option<UnixMs>,
    /// Nothing after this.
    pub closes_ms: Option<UnixMs>,
    /// What happens to late work.
    pub late: StoredLate,
    /// Which try counts.
    pub which: StoredWhich,
    /// Most tries at one task.
    pub tries: Option<u32>,
    /// What only the learner's own browser says counts for nothing.
    pub judged_only: bool,
    /// Who made it.
    pub source: RuleSource,
}

/// A rule of the configuration: course, lab (`*`: every lab), rule.
pub type ConfiguredRule = (CourseId, String, StoredRule);

impl RuleSource {
    fn as_str(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Teacher => "teacher",
        }
    }
}

impl Store {
    /// Replaces the rules of the configuration. `true`: they are others than before.
    pub async fn set_configured_rules(&self, rules: &[ConfiguredRule]) -> Result<bool, StoreError> {
        let action = "storing the configured rules";
        let mut tx = self.begin(action).await?;
        let before = sqlx::query("SELECT * FROM lab_rules WHERE source = 'config'")
            .fetch_all(&mut *tx)
            .await
            .map_err(at(action))?;
        let mut before: Vec<_> = before.iter().map(read_placed).collect::<Result<_, _>>()?;
        let mut wanted = rules.to_vec();
        let key = |(course, lab, _): &ConfiguredRule| (course.clone(), lab.clone());
        before.sort_by_key(key);
        wanted.sort_by_key(key);
        if before == wanted {
            return Ok(false);
        }
        sqlx::query("DELETE FROM lab_rules WHERE source = 'config'")
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        for (course, lab, rule) in rules {
            put(course, lab, rule, &mut *tx).await?;
        }
        tx.commit().await.map_err(at(action))?;
        Ok(true)
    }

    /// Stores a teacher's rule of a lab; `None`: the configured one holds again.
    pub async fn set_rule(
        &self,
        course: &CourseId,
        lab: &LabName,
        rule: Option<&StoredRule>,
    ) -> Result<(), StoreError> {
        let action = "storing the rule of a lab";
        let mut tx = self.begin(action).await?;
        sqlx::query("DELETE FROM lab_rules WHERE course = $1 AND lab = $2 AND source = 'teacher'")
            .bind(course.as_str())
            .bind(lab.as_str())
            .execute(&mut *tx)
            .await
            .map_err(at(action))?;
        if let Some(rule) = rule {
            put(course, lab.as_str(), rule, &mut *tx).await?;
        }
        tx.commit().await.map_err(at(action))
    }

    /// The rule that holds for a lab: a teacher's, else the configured one, else that of the course
    /// that a platform's course has its labs from.
    pub async fn rule_of(
        &self,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<Option<StoredRule>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM lab_rules WHERE (course = $1 OR (source = 'config' AND course = \
             (SELECT template FROM lti_contexts WHERE lti_contexts.course = $1))) \
             AND (lab = $2 OR lab = $3)",
        )
        .bind(course.as_str())
        .bind(lab.as_str())
        .bind(EVERY_LAB)
        .fetch_all(&self.reader)
        .await
        .map_err(at("reading the rule of a lab"))?;
        let mut found: Vec<_> = rows.iter().map(read_placed).collect::<Result<_, _>>()?;
        found.sort_by_key(|(of, lab, rule)| {
            (
                rule.source != RuleSource::Teacher,
                of != course,
                lab == EVERY_LAB,
            )
        });
        Ok(found.into_iter().next().map(|(_, _, rule)| rule))
    }

    /// Gives a learner more time, or takes it back.
    pub async fn set_extension(
        &self,
        learner: &Learner,
        until_ms: Option<UnixMs>,
        given_by: &AccountId,
        now: UnixMs,
    ) -> Result<(), StoreError> {
        let query = match until_ms {
            Some(until_ms) => sqlx::query(
                "INSERT INTO extensions (course, lab, account, until_ms, given_by, given_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (course, lab, account) DO UPDATE SET \
                 until_ms = excluded.until_ms, given_by = excluded.given_by, \
                 given_ms = excluded.given_ms",
            )
            .bind(learner.course.as_str())
            .bind(learner.lab.as_str())
            .bind(learner.account.as_str())
            .bind(until_ms)
            .bind(given_by.as_str())
            .bind(now),
            None => sqlx::query(
                "DELETE FROM extensions WHERE course = $1 AND lab = $2 AND account = $3",
            )
            .bind(learner.course.as_str())
            .bind(learner.lab.as_str())
            .bind(learner.account.as_str()),
        };
        query
            .execute(&self.writer)
            .await
            .map_err(at("storing more time for a learner"))?;
        Ok(())
    }

    /// Until when a learner was given time.
    pub async fn extension_of(&self, learner: &Learner) -> Result<Option<UnixMs>, StoreError> {
        sqlx::query_scalar(
            "SELECT until_ms FROM extensions WHERE course = $1 AND lab = $2 AND account = $3",
        )
        .bind(learner.course.as_str())
        .bind(learner.lab.as_str())
        .bind(learner.account.as_str())
        .fetch_optional(&self.reader)
        .await
        .map_err(at("reading more time for a learner"))
    }

    /// Everybody in a course who was given time for a lab.
    pub async fn extensions_in(
        &self,
        course: &CourseId,
        lab: &LabName,
    ) -> Result<BTreeMap<AccountId, UnixMs>, StoreError> {
        let action = "reading who was given more time";
        let rows =
            sqlx::query("SELECT account, until_ms FROM extensions WHERE course = $1 AND lab = $2")
                .bind(course.as_str())
                .bind(lab.as_str())
                .fetch_all(&self.reader)
                .await
                .map_err(at(action))?;
        let read = |row: &Row| -> Result<_, sqlx::Error> {
            let account: String = row.try_get("account")?;
            Ok((AccountId::new(account), row.try_get("until_ms")?))
        };
        rows.iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(at(action))
    }

    /// The learners whose scores go through a link.
    pub async fn tied_learners(&self, link: &str) -> Result<Vec<AccountId>, StoreError> {
        let found: Vec<String> =
            sqlx::query_scalar("SELECT account FROM lti_learners WHERE link = $1 ORDER BY account")
                .bind(link)
                .fetch_all(&self.reader)
                .await
                .map_err(at("reading the learners of a link"))?;
        Ok(found.into_iter().map(AccountId::new).collect())
    }
}

async fn put<'e>(
    course: &CourseId,
    lab: &str,
    rule: &StoredRule,
    into: impl sqlx::Executor<'e, Database = crate::db::Db>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO lab_rules (course, lab, source, opens_ms, due_ms, closes_ms, late, which, \
         tries, judged_only) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(course.as_str())
    .bind(lab)
    .bind(rule.source.as_str())
    .bind(rule.opens_ms)
    .bind(rule.due_ms)
    .bind(rule.closes_ms)
    .bind(rule.late.as_str())
    .bind(rule.which.as_str())
    .bind(rule.tries.map(i64::from))
    .bind(i64::from(rule.judged_only))
    .execute(into)
    .await
    .map_err(at("storing the rule of a lab"))?;
    Ok(())
}

fn read_placed(row: &Row) -> Result<ConfiguredRule, StoreError> {
    let text = |column: &str| {
        row.try_get::<String, _>(column)
            .map_err(at("reading a rule"))
    };
    let time = |column: &str| {
        row.try_get::<Option<i64>, _>(column)
            .map_err(at("reading a rule"))
    };
    let rule = StoredRule {
        opens_ms: time("opens_ms")?,
        due_ms: time("due_ms")?,
        closes_ms: time("closes_ms")?,
        late: StoredLate::parse(&text("late")?)?,
        which: StoredWhich::parse(&text("which")?)?,
        tries: time("tries")?.and_then(|tries| u32::try_from(tries).ok()),
        judged_only: time("judged_only")? == Some(1),
        source: match text("source")?.as_str() {
            "teacher" => RuleSource::Teacher,
            _ => RuleSource::Config,
        },
    };
    Ok((CourseId::new(text("course")?), text("lab")?, rule))
}
