//! The learners of a platform's course, so that a teacher sees also those who never came.
//!
//! Asked for in the background, when a teacher comes, and when one asks. Nobody's launch waits for it,
//! and a platform that lists nobody loses nothing (Names and Roles 2.0).

use std::collections::BTreeMap;

use labwright_lti::{Member, Standing, names, next_page, parse_members, standing};
use labwright_store::{
    Account, AccountId, AccountRole, CourseId, Link, ListedLearner, Registration, Roster, random_id,
};
use url::Url;

use super::of_registration;
use super::service::{Question, ServiceError, ask};
use crate::app::App;
use crate::clock::now;
use crate::limits::MAX_DISPLAY_NAME_CHARS;
use crate::reply::Reply;
use crate::words::Refusal;

/// A course's members are asked for again after so long, in milliseconds.
const EVERY_MS: i64 = 6 * 60 * 60 * 1000;
/// When a teacher comes, after so long.
const SOON_MS: i64 = 10 * 60 * 1000;
/// When one asks, not more often than this.
const ASKED_MS: i64 = 5_000;
/// Courses that are asked for in one round.
const ROUND: u32 = 20;
/// Most pages of a course, and most learners.
const MAX_PAGES: usize = 200;
const MAX_LEARNERS: usize = 20_000;

/// Why there is no list, in a word that the page has a sentence for.
type Trouble = &'static str;

/// Asks for the members of all courses that were not asked for lately.
pub(crate) async fn refresh_due(app: &App) -> Reply<()> {
    let now = app.clock.now();
    for link in app.store.rosters_due(now - EVERY_MS, ROUND).await? {
        if app.going_away.is_cancelled() {
            break;
        }
        refresh(app, &link).await?;
    }
    Ok(())
}

/// A teacher came: the job looks at this course in its next round.
pub(super) fn refresh_soon(app: &App, link: &Link) {
    if link.members_url.is_some() {
        app.lti.rosters.ask(&link.course);
    }
}

/// Courses whose teachers came lately.
#[derive(Default)]
pub(crate) struct Asked {
    courses: std::sync::Mutex<Vec<CourseId>>,
    pub(crate) bell: tokio::sync::Notify,
}

impl Asked {
    fn ask(&self, course: &CourseId) {
        let mut courses = self.lock();
        if courses.len() < usize::try_from(ROUND).unwrap_or_default() && !courses.contains(course) {
            courses.push(course.clone());
        }
        self.bell.notify_one();
    }

    fn take(&self) -> Vec<CourseId> {
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<CourseId>> {
        let courses = self.courses.lock();
        courses.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Asks for the members of courses whose teachers came, unless that was done a moment ago.
pub(crate) async fn refresh_asked(app: &App) -> Reply<()> {
    for course in app.lti.rosters.take() {
        let known = app.store.roster(&course).await?;
        let lately = known.is_some_and(|known| now() - known.tried_ms < SOON_MS);
        if let (Some(link), false) = (link_of(app, &course).await?, lately) {
            refresh(app, &link).await?;
        }
    }
    Ok(())
}

/// A teacher asks: what is known after one more try. `None`: no platform lists this course's members.
pub(crate) async fn refresh_now(app: &App, course: &CourseId) -> Reply<Option<Roster>> {
    let Some(link) = link_of(app, course).await? else {
        return Ok(None);
    };
    let known = app.store.roster(course).await?;
    if known.is_none_or(|known| !(0..ASKED_MS).contains(&(now() - known.tried_ms))) {
        refresh(app, &link).await?;
    }
    Ok(app.store.roster(course).await?)
}

async fn link_of(app: &App, course: &CourseId) -> Reply<Option<Link>> {
    let links = app.store.links_in(course).await?;
    Ok(links.into_iter().find(|link| link.members_url.is_some()))
}

async fn refresh(app: &App, link: &Link) -> Reply<()> {
    let registration = app.store.registration(&link.registration).await?;
    let Some(registration) = registration else {
        return Ok(());
    };
    let listed = match read(app, &registration, link).await {
        Ok(members) => members,
        Err(said) => {
            tracing::info!(course.id = %link.course, said, "a roster cannot be read");
            app.store.roster_failed(&link.course, said, now()).await?;
            return Ok(());
        }
    };
    let learners = listed
        .into_iter()
        .map(learner)
        .collect::<Result<Vec<_>, Refusal>>()?;
    app.store
        .put_roster(&registration.issuer, &link.course, &learners, now())
        .await?;
    Ok(())
}

/// Every learner of all pages, once.
async fn read(app: &App, registration: &Registration, link: &Link) -> Result<Vec<Member>, Trouble> {
    let platform = of_registration(registration).ok_or("address")?;
    let first = link.members_url.as_deref().unwrap_or_default();
    let mut next: Option<Url> = Some(platform.own("members", first).map_err(|_| "address")?);
    let mut learners: BTreeMap<String, Member> = BTreeMap::new();
    let mut pages = 0;
    while let Some(url) = next {
        pages += 1;
        if pages > MAX_PAGES || learners.len() > MAX_LEARNERS {
            return Err("too_many");
        }
        let question = Question::Get(names::TYPE_MEMBERS);
        let replied = ask(app, &registration.id, &platform, &url, question).await;
        let replied = replied.map_err(|error| match error {
            ServiceError::Token(_) => "token",
            _ => "no_answer",
        })?;
        match replied.status {
            200 => {}
            // Open edX answers so for big courses.
            401 | 403 => return Err("refused"),
            _ => return Err("trouble"),
        }
        let page = parse_members(&replied.body).map_err(|_| "unreadable")?;
        let learns = |member: &Member| {
            let roles = member.roles.iter().map(String::as_str);
            member.is_active() && standing(roles) == Standing::Learner
        };
        for member in page.members.into_iter().filter(learns) {
            learners.insert(member.user_id.clone(), member);
        }
        let links = replied.links.iter().map(String::as_str);
        next = next_page(links, &platform).map_err(|_| "address")?;
    }
    Ok(learners.into_values().collect())
}

fn learner(member: Member) -> Result<ListedLearner, Refusal> {
    let id = AccountId::new(random_id()?);
    let name = member.name.unwrap_or_default();
    Ok(ListedLearner {
        subject: member.user_id,
        fresh: Account {
            // Nobody signs in by it: there is no password.
            name: format!("lti-{id}"),
            id,
            display_name: name.chars().take(MAX_DISPLAY_NAME_CHARS).collect(),
            password: None,
            role: AccountRole::Member,
            language: String::new(),
            created_ms: now(),
        },
    })
}
