//! The people of a course, for its teachers: invitations and rosters.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::StatusCode;
use axum::routing::MethodRouter;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use labwright_api::{
    CoursePeople, CoursePerson, LastRoster, OpenInvitation, Roster, RosterChange, RosterFault,
    RosterFaultKind, RosterFile, RosterPerson, RosterUndone,
};
use labwright_store::{
    Account, AccountId, AccountRole, AuditEntry, CourseId, RosterEntry, RosterStanding, random_id,
};

use crate::access::{Caller, InCourse};
use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::limits::{DAY_MS, PERSONAL_CODE_DAYS};
use crate::reply::{Body, Reply};
use crate::roster::{self, Fault, MAX_ROSTER_BYTES, Person};
use crate::secrets;
use crate::words::Refusal;

/// `GET /api/v1/courses/{course}/people`
pub(crate) async fn people(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    wanted: Wanted,
) -> Reply<Json<CoursePeople>> {
    let listed = app.catalogue.course(&course).ok_or(Refusal::NotFound)?;
    let mut classes = app.store.classes_in(&course).await?;
    let erasures: BTreeMap<AccountId, i64> = app
        .store
        .erasures()
        .await?
        .into_iter()
        .map(|erasure| (erasure.account, erasure.due_ms))
        .collect();
    let mut people = Vec::new();
    for (enrolment, account) in app.store.people_in(&course).await? {
        people.push(CoursePerson {
            id: account.id.to_string(),
            group: classes.remove(&account.id),
            erase_at: erasures.get(&account.id).copied(),
            name: account.name,
            display_name: account.display_name,
            role: accounts::role(enrolment.role),
        });
    }
    let open = app.store.invitations_in(&course, now()).await?.into_iter();
    let invitations = open.map(|open| OpenInvitation {
        id: open.id,
        role: accounts::role(open.role),
        hint: open.hint,
        made_at: open.created_ms,
        expires_at: open.expires_ms,
        uses_left: u32::try_from(open.uses_left).unwrap_or_default(),
    });
    let roster = app.store.last_roster(&course).await?;
    Ok(Json(CoursePeople {
        course: course.to_string(),
        title: accounts::title(&listed.title, &wanted),
        people,
        invitations: invitations.collect(),
        roster: roster.map(|roster| LastRoster {
            made_at: roster.made_ms,
            joined: u32::try_from(roster.enrolled.len()).unwrap_or(u32::MAX),
        }),
    }))
}

/// `DELETE /api/v1/courses/{course}/invitations/{invitation}`
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(InCourse(course)): Extension<InCourse>,
    Path((_, invitation)): Path<(String, String)>,
) -> Reply<StatusCode> {
    app.store.revoke_invitation(&course, &invitation).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/v1/courses/{course}/class-list`: a longer body than other routes take.
pub(crate) fn roster() -> MethodRouter<Arc<App>> {
    // Base64 is a third longer than what it carries.
    axum::routing::post(take).layer(DefaultBodyLimit::max(2 * MAX_ROSTER_BYTES))
}

async fn take(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
    Body(RosterFile { file, apply }): Body<RosterFile>,
) -> Reply<Json<Roster>> {
    let bytes = STANDARD
        .decode(file)
        .map_err(|_| Refusal::BadRequest("`file` is not Base64".to_owned()))?;
    if bytes.len() > MAX_ROSTER_BYTES {
        return Err(Refusal::TooLarge);
    }
    let read = roster::read(&bytes);
    let people = if apply {
        apply_to(&app, &course, &account, &read.people).await?
    } else {
        preview(&app, &course, &read.people).await?
    };
    Ok(Json(Roster {
        encoding: read.encoding.to_owned(),
        applied: apply,
        people,
        faults: read
            .faults
            .into_iter()
            .map(|(line, fault)| RosterFault {
                line,
                fault: kind(fault),
            })
            .collect(),
    }))
}

/// `POST /api/v1/courses/{course}/class-list/undo`
pub(crate) async fn undo(
    State(app): State<Arc<App>>,
    Extension(Caller(account)): Extension<Caller>,
    Extension(InCourse(course)): Extension<InCourse>,
) -> Reply<Json<RosterUndone>> {
    let left = match app.store.last_roster(&course).await? {
        Some(roster) => app.store.undo_roster(&roster, &course, now()).await?,
        None => 0,
    };
    audit(&app, &account.id, "roster.undo", &course, left).await?;
    Ok(Json(RosterUndone { left }))
}

async fn preview(app: &App, course: &CourseId, people: &[Person]) -> Reply<Vec<RosterPerson>> {
    let known: BTreeMap<String, RosterStanding> = app.store.standings(course).await?;
    let view = |person: &Person| {
        let before = known.get(&person.login).copied();
        told(person, before.unwrap_or(RosterStanding::New), None)
    };
    Ok(people.iter().map(view).collect())
}

async fn apply_to(
    app: &App,
    course: &CourseId,
    by: &Account,
    people: &[Person],
) -> Reply<Vec<RosterPerson>> {
    let mut entries = Vec::with_capacity(people.len());
    let mut codes = Vec::with_capacity(people.len());
    for person in people {
        let code = secrets::short()?;
        entries.push(RosterEntry {
            fresh: Account {
                id: AccountId::new(random_id()?),
                name: person.login.clone(),
                display_name: person.display_name.clone(),
                password: None,
                role: AccountRole::Member,
                language: String::new(),
                created_ms: now(),
            },
            email: person.email.clone(),
            class: person.class.clone(),
            code_hash: secrets::hash(&secrets::typed(&code)),
        });
        codes.push(code);
    }
    let now = now();
    let expires_ms = now + i64::from(PERSONAL_CODE_DAYS) * DAY_MS;
    let (_, done) = app
        .store
        .apply_roster(course, &by.id, &entries, expires_ms, now)
        .await?;
    audit(
        app,
        &by.id,
        "roster.apply",
        course,
        u32::try_from(done.len()).unwrap_or(u32::MAX),
    )
    .await?;
    let all = people.iter().zip(done).zip(codes);
    Ok(all
        .map(|((person, done), code)| told(person, done.before, done.coded.then_some(code)))
        .collect())
}

fn told(person: &Person, before: RosterStanding, code: Option<String>) -> RosterPerson {
    RosterPerson {
        line: person.line,
        name: person.login.clone(),
        display_name: person.display_name.clone(),
        group: person.class.clone(),
        change: match before {
            RosterStanding::New => RosterChange::New,
            RosterStanding::Outside => RosterChange::Joins,
            RosterStanding::Learner => RosterChange::Stays,
            RosterStanding::Teacher => RosterChange::Teaches,
        },
        code,
    }
}

fn kind(fault: Fault) -> RosterFaultKind {
    match fault {
        Fault::NoHeader => RosterFaultKind::NoHeader,
        Fault::NoLogin => RosterFaultKind::NoLogin,
        Fault::BadLogin => RosterFaultKind::BadLogin,
        Fault::BadEmail => RosterFaultKind::BadEmail,
        Fault::Twice => RosterFaultKind::Twice,
        Fault::TooMany => RosterFaultKind::TooMany,
        Fault::Unreadable => RosterFaultKind::Unreadable,
    }
}

async fn audit(
    app: &App,
    by: &AccountId,
    action: &str,
    course: &CourseId,
    people: u32,
) -> Reply<()> {
    let entry = AuditEntry {
        at_ms: now(),
        actor: by.to_string(),
        action: action.to_owned(),
        object: course.to_string(),
        detail: people.to_string(),
    };
    app.store.audit(&entry).await?;
    Ok(())
}
