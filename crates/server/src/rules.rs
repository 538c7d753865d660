//! Rules of labs (dates, late work, tries): from the configuration, for the API, and what follows
//! when one changes.

use std::collections::BTreeMap;

use labwright_api as api;
use labwright_grading::{Counted, LateWork, Rule, WhichTry};
use labwright_model::{Lab, LabName, TaskId};
use labwright_session::{counted_points, counted_shares, rule, rule_for};
use labwright_store::{
    Attempt, BestShare, ConfiguredRule, CourseId, Learner, Link, RuleSource, Store, StoreError,
    StoredLate, StoredRule, StoredWhich, UnixMs,
};
use serde::{Deserialize, Serialize};
use toml::value::{Datetime, Offset};

use crate::app::App;
use crate::catalogue::CatalogueCourse;
use crate::clock::now;
use crate::config::CourseConfig;
use crate::reply::Reply;
use crate::words::Refusal;

/// Most tries that can be set.
const MAX_TRIES: u32 = 1000;
/// No date is later: the year 9999.
const MAX_DATE_MS: i64 = 253_370_764_800_000;

/// The rule of a lab, as an operator writes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuleConfig {
    /// It cannot be opened before this. Dates say their offset: `2026-11-30T08:00:00+01:00`.
    pub opens: Option<Datetime>,
    /// Until when work is on time.
    pub due: Option<Datetime>,
    /// Nothing can be started or checked after this.
    pub closes: Option<Datetime>,
    /// What happens to work after `due`: `counts` (with a mark; the default) or `counts_not`.
    pub late: api::LateWork,
    /// Which try counts: `best` (the default), `last` or `first`.
    pub which: api::WhichTry,
    /// Most tries at one task.
    pub tries: Option<u32>,
    /// What only the learner's own browser says counts for nothing; by default it counts, with a mark.
    pub judged_only: bool,
}

impl RuleConfig {
    /// As the API has it, or what is wrong with it.
    pub(crate) fn rule(&self) -> Result<api::LabRule, String> {
        let date = |name: &str, date: &Option<Datetime>| match date {
            Some(date) => unix_ms(date).map(Some).ok_or_else(|| {
                format!(
                    "`{name} = {date}` is no date with an offset, such as 2026-11-30T18:00:00+01:00"
                )
            }),
            None => Ok(None),
        };
        let rule = api::LabRule {
            opens_at: date("opens", &self.opens)?,
            due_at: date("due", &self.due)?,
            closes_at: date("closes", &self.closes)?,
            late: self.late,
            which: self.which,
            tries: self.tries,
            judged_only: self.judged_only,
        };
        check(&rule).map(|()| rule).map_err(str::to_owned)
    }
}

/// What is wrong with a rule.
pub(crate) fn check(rule: &api::LabRule) -> Result<(), &'static str> {
    let dates = [rule.opens_at, rule.due_at, rule.closes_at];
    let given: Vec<i64> = dates.into_iter().flatten().collect();
    if !given.is_sorted() {
        return Err("a lab opens first, then it is due, then it closes");
    }
    if given.iter().any(|date| !(0..=MAX_DATE_MS).contains(date)) {
        return Err("a date is before 1970 or after 9999");
    }
    if rule
        .tries
        .is_some_and(|tries| !(1..=MAX_TRIES).contains(&tries))
    {
        return Err("tries are 1 to 1000");
    }
    Ok(())
}

/// The rules of a configuration. It was checked when it was read.
pub(crate) fn configured(courses: &[CourseConfig]) -> Vec<ConfiguredRule> {
    let of_course = |course: &CourseConfig| {
        let id = CourseId::new(&course.id);
        let rules = course.rules.iter().filter_map(move |(lab, rule)| {
            let stored = stored(&rule.rule().ok()?, RuleSource::Config);
            Some((id.clone(), lab.clone(), stored))
        });
        rules.collect::<Vec<_>>()
    };
    courses.iter().flat_map(of_course).collect()
}

/// A rule of the API as it is stored.
pub(crate) fn stored(rule: &api::LabRule, source: RuleSource) -> StoredRule {
    StoredRule {
        opens_ms: rule.opens_at,
        due_ms: rule.due_at,
        closes_ms: rule.closes_at,
        late: match rule.late {
            api::LateWork::Counts => StoredLate::Counts,
            api::LateWork::CountsNot => StoredLate::CountsNot,
        },
        which: match rule.which {
            api::WhichTry::Best => StoredWhich::Best,
            api::WhichTry::Last => StoredWhich::Last,
            api::WhichTry::First => StoredWhich::First,
        },
        tries: rule.tries,
        judged_only: rule.judged_only,
        source,
    }
}

/// A rule for a page; `None`: it says nothing.
pub(crate) fn view(rule: Rule) -> Option<api::LabRule> {
    if rule == Rule::default() {
        return None;
    }
    Some(api::LabRule {
        opens_at: rule.opens_ms,
        due_at: rule.due_ms,
        closes_at: rule.closes_ms,
        late: match rule.late {
            LateWork::Counts => api::LateWork::Counts,
            LateWork::CountsNot => api::LateWork::CountsNot,
        },
        which: match rule.which {
            WhichTry::Best => api::WhichTry::Best,
            WhichTry::Last => api::WhichTry::Last,
            WhichTry::First => api::WhichTry::First,
        },
        tries: rule.tries,
        judged_only: rule.judged_only,
    })
}

/// What counts of everybody's work in a course.
pub(crate) async fn shares(
    app: &App,
    course: &CatalogueCourse,
) -> Reply<BTreeMap<Learner, BTreeMap<TaskId, Counted>>> {
    let best = app.store.best_in_course(&course.id).await?;
    let counted = |best: BestShare| Counted {
        share: best.share,
        self_reported: best.self_reported,
        ..Counted::default()
    };
    let mut all: BTreeMap<_, BTreeMap<_, _>> = best
        .into_iter()
        .map(|(learner, tasks)| {
            let tasks = tasks.into_iter();
            (
                learner,
                tasks.map(|(task, best)| (task, counted(best))).collect(),
            )
        })
        .collect();
    for lab in &course.labs {
        let lab = &lab.runnable.lab.name;
        if let Some(stored) = app.store.rule_of(&course.id, lab).await? {
            all.extend(by_rule(&app.store, &course.id, lab, stored).await?);
        }
    }
    Ok(all)
}

async fn by_rule(
    store: &Store,
    course: &CourseId,
    lab: &LabName,
    stored: StoredRule,
) -> Result<BTreeMap<Learner, BTreeMap<TaskId, Counted>>, StoreError> {
    let more = store.extensions_in(course, lab).await?;
    let mut attempts: BTreeMap<Learner, Vec<Attempt>> = BTreeMap::new();
    for attempt in store.attempts_at(course, lab, UnixMs::MIN).await? {
        let learner = attempt.learner.clone();
        attempts.entry(learner).or_default().push(attempt);
    }
    let counted = attempts.into_iter().map(|(learner, attempts)| {
        let rule = rule(Some(stored), more.get(&learner.account).copied());
        let counted = counted_shares(rule, &attempts);
        (learner, counted)
    });
    Ok(counted.collect())
}

/// Counts the scores of everybody anew whose scores go to a platform, after a rule of this lab has
/// changed (`None`: of any lab).
pub(crate) async fn recount(app: &App, course: &CourseId, lab: Option<&LabName>) -> Reply<()> {
    for link in app.store.links_in(course).await? {
        if lab.is_some_and(|lab| *lab != link.lab) {
            continue;
        }
        let Some(found) = app.catalogue.lab(&link.course, &link.lab) else {
            continue;
        };
        for account in app.store.tied_learners(&link.id).await? {
            let learner = Learner {
                account,
                course: course.clone(),
                lab: link.lab.clone(),
            };
            queue(app, &learner, &link.id, &found.runnable.lab).await?;
        }
    }
    app.lti.bell.notify_one();
    Ok(())
}

/// Puts what a learner has on its way through a link, where it is something new.
pub(crate) async fn queue(app: &App, learner: &Learner, link: &str, lab: &Lab) -> Reply<()> {
    let rule = rule_for(&app.store, learner).await?;
    let count = |attempts: &[Attempt], link: &Link| counted_points(lab, link, rule, attempts);
    app.store.queue_score(learner, link, now(), count).await?;
    Ok(())
}

/// Stores a teacher's rule, or forgets it; pages and scores follow.
pub(crate) async fn change(
    app: &App,
    course: &CourseId,
    lab: &LabName,
    rule: Option<&api::LabRule>,
) -> Reply<()> {
    app.catalogue.lab(course, lab).ok_or(Refusal::NotFound)?;
    if let Some(rule) = rule {
        check(rule).map_err(|cause| Refusal::BadRequest(cause.to_owned()))?;
    }
    let stored = rule.map(|rule| stored(rule, RuleSource::Teacher));
    app.store.set_rule(course, lab, stored.as_ref()).await?;
    app.sessions.lab_changed(lab).await;
    recount(app, course, Some(lab)).await
}

/// Milliseconds since 1970 of a date with an offset (days from civil, Howard Hinnant).
pub(crate) fn unix_ms(date: &Datetime) -> Option<i64> {
    let (day, time) = (date.date?, date.time?);
    let offset_minutes = match date.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    let (month, mday) = (i64::from(day.month), i64::from(day.day));
    let year = i64::from(day.year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + mday - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    let minutes = i64::from(time.hour) * 60 + i64::from(time.minute) - offset_minutes;
    let seconds = days * 86_400 + minutes * 60 + i64::from(time.second.unwrap_or(0));
    Some(seconds * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<api::LabRule, String> {
        toml::from_str::<RuleConfig>(text)
            .map_err(|error| error.to_string())?
            .rule()
    }

    #[test]
    fn dates_are_moments_wherever_they_were_written() {
        let ms = |text: &str| read(&format!("due = {text}")).unwrap().due_at.unwrap();
        assert_eq!(ms("1970-01-01T00:00:00Z"), 0);
        assert_eq!(ms("2026-11-30T18:00:00+01:00"), 1_796_058_000_000);
        assert_eq!(
            ms("2026-11-30T18:00:00+01:00"),
            ms("2026-11-30T12:00:00-05:00")
        );
        assert_eq!(ms("2028-02-29T23:59:59Z"), 1_835_481_599_000);
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for (text, cause) in [
            ("due = 2026-11-30T18:00:00", "no date with an offset"),
            ("due = 2026-11-30", "no date with an offset"),
            ("late = \"half\"", "unknown variant"),
            ("tries = 0", "tries are"),
            (
                "due = 2026-11-30T18:00:00Z\nopens = 2026-12-30T18:00:00Z",
                "opens first",
            ),
            ("dew = 2026-11-30T18:00:00Z", "unknown field"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(cause), "{text}: {error}");
        }
        assert_eq!(read("").unwrap(), api::LabRule::default());
    }
}
