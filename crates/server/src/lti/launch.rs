//! From a platform's first request to our page: sign-in, token, account, course, link.

use labwright_api::PlatformStorage;
use labwright_lti::{
    Ags, Launch, LoginRequest, Message, Refused, Standing, auth_request, check_message,
};
use labwright_store::{
    Account, AccountId, AccountRole, Columns, CourseId, CourseRole, Enrolment, Learner, Link,
    Registration, StoredState, UnixMs, random_id,
};
use url::Url;

use super::bind::{self, PARAMETER, Target};
use super::keys::verify_token;
use super::opening::{Visitor, open};
use super::picking::{LinkChoice, Pick, PickFor};
use super::refusals::Said;
use super::{PICK_MS, STATE_MS, columns, of_registration, origins, refusals, roster, storage};
use crate::app::App;
use crate::clock::now;
use crate::limits::MAX_DISPLAY_NAME_CHARS;
use crate::reply::Reply;
use crate::rules;
use crate::secrets;
use crate::words::Refusal;

/// Why a launch does not go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The message is refused.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// The platform is not registered here.
    #[error("no platform of this issuer and client id is registered")]
    Unknown,
    /// The sign-in is over, was used, or belongs to another browser.
    #[error("the sign-in is unknown, over, used, or another browser's")]
    State,
    /// The platform says why it does not sign somebody in.
    #[error("the platform answered with an error")]
    Platform,
    /// The link has no lab yet.
    #[error("no lab has been picked for this link")]
    NotPicked,
    /// The lab is not there (any more), or not for this platform.
    #[error("the lab of this link is not here")]
    NoLab,
    /// A fault of ours.
    #[error("the server failed")]
    Ours(Refusal),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self::Ours(refusal)
    }
}

impl From<labwright_store::StoreError> for Trouble {
    fn from(error: labwright_store::StoreError) -> Self {
        Self::Ours(error.into())
    }
}

/// The answer to a platform's first request.
pub(crate) struct Begun {
    /// Where the browser goes.
    pub(crate) to: Url,
    /// The name of the cookie that marks this browser.
    pub(crate) cookie: String,
    /// Where the mark is left beside the cookie, and who may frame the page that does so.
    pub(crate) storage: Option<(PlatformStorage, Vec<String>)>,
}

/// Answers a platform that begins a sign-in.
pub(crate) async fn begin(app: &App, pairs: &[(String, String)]) -> Result<Begun, Trouble> {
    let begun = try_begin(app, pairs).await;
    if let Err(trouble) = &begun {
        let value = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        };
        let said = Said {
            issuer: value("iss"),
            client_id: value("client_id"),
            deployment: value("lti_deployment_id"),
        };
        refusals::write_down(app, &said, trouble).await;
    }
    begun
}

async fn try_begin(app: &App, pairs: &[(String, String)]) -> Result<Begun, Trouble> {
    let tool = app.lti.tool.as_ref().ok_or(Trouble::Unknown)?;
    let login = LoginRequest::parse(pairs, &tool.base)?;
    let registration = find(app, &login).await?;
    let platform = of_registration(&registration).ok_or(Trouble::Unknown)?;
    let (state, nonce) = (secrets::fresh()?, secrets::fresh()?);
    let hash = secrets::hash(&state);
    let target = storage::target(login.storage_target.as_ref());
    let stored = StoredState {
        registration: registration.id.clone(),
        nonce: nonce.clone(),
        storage: target.clone(),
    };
    app.store
        .add_lti_state(&hash, &stored, now() + STATE_MS)
        .await?;
    Ok(Begun {
        to: auth_request(&platform, &login, &tool.launch_url(), &state, &nonce),
        cookie: cookie_name(&hash),
        storage: target.map(|target| {
            let place = storage::place(&platform, target, &cookie_name(&hash), &state);
            (place, origins(&registration))
        }),
    })
}

/// The registration that a sign-in means: one issuer may have many.
async fn find(app: &App, login: &LoginRequest) -> Result<Registration, Trouble> {
    let mut all = app.store.registrations_of(&login.issuer).await?;
    if let Some(client_id) = &login.client_id {
        all.retain(|registration| registration.client_id == *client_id);
    }
    if let (Some(deployment), true) = (&login.deployment, all.len() > 1) {
        all.retain(|registration| registration.deployments.contains(deployment));
    }
    match (all.pop(), all.is_empty()) {
        (Some(one), true) => Ok(one),
        _ => Err(Trouble::Unknown),
    }
}

/// Every sign-in has a cookie of its own: two tabs do not take each other's.
fn cookie_name(state_hash: &str) -> String {
    let mark = state_hash.get(..16).unwrap_or_default();
    format!("{COOKIE}{mark}")
}

/// What our cookies' names begin with. The prefix keeps pages of other origins from setting them.
const COOKIE: &str = "__Host-lti-";

/// Where a launch leads.
pub(crate) struct Arrived {
    /// The registration, whose platform may frame the page.
    pub(crate) registration: String,
    /// `launched` or `pick`.
    pub(crate) page: &'static str,
    /// The code that opens it, once.
    pub(crate) code: String,
}

/// Takes a token, and prepares what the page opens with.
pub(crate) async fn finish(
    app: &App,
    pairs: &[(String, String)],
    cookies: &str,
) -> Result<Arrived, Trouble> {
    let mut said = Said::default();
    let finished = try_finish(app, pairs, cookies, &mut said).await;
    // Of whom nothing is known yet there is nothing to mend.
    if let (Err(trouble), false) = (&finished, said.issuer.is_empty()) {
        refusals::write_down(app, &said, trouble).await;
    }
    finished
}

async fn try_finish(
    app: &App,
    pairs: &[(String, String)],
    cookies: &str,
    said: &mut Said,
) -> Result<Arrived, Trouble> {
    let value = |name: &str| {
        let mut found = pairs.iter().filter(|(key, _)| key == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.as_str()),
            _ => None,
        }
    };
    let state = value("state").ok_or(Refused::Missing("state"))?;
    let hash = secrets::hash(state);
    // Taken whatever follows: nobody tries twice with one.
    let stored = app.store.take_lti_state(&hash, now()).await?;
    let stored = stored.ok_or(Trouble::State)?;
    let known_browser = is_known(cookies, &hash).ok_or(Trouble::State)?;
    let registration = app.store.registration(&stored.registration).await?;
    let registration = registration.ok_or(Trouble::Unknown)?;
    said.issuer.clone_from(&registration.issuer);
    said.client_id.clone_from(&registration.client_id);
    if value("error").is_some() {
        return Err(Trouble::Platform);
    }
    let token = value("id_token").ok_or(Refused::Missing("id_token"))?;
    let platform = of_registration(&registration).ok_or(Trouble::Unknown)?;
    let tool = app.lti.tool.as_ref().ok_or(Trouble::Unknown)?;
    let claims = verify_token(app, &platform, token, &stored.nonce).await?;
    said.deployment = claims.deployment_id.clone().unwrap_or_default();
    let skew_s = claims.iat.map_or(0, |iat| skew_s(iat, now()));
    let message = check_message(claims, &platform, &tool.base)?;
    let visitor = match (known_browser, stored.storage) {
        (true, _) => Visitor::Known,
        (false, target) => Visitor::Unknown(
            target.map(|target| storage::place(&platform, target, &cookie_name(&hash), state)),
        ),
    };
    let arrived = arrive(app, &registration, message, visitor).await?;
    app.store.launched(&registration.id, now(), skew_s).await?;
    Ok(arrived)
}

/// By how many seconds the clock of whoever made a token is ahead of ours; on its way it ages a little.
fn skew_s(iat: f64, now: UnixMs) -> i64 {
    #[allow(clippy::cast_possible_truncation)]
    let iat = iat as i64;
    iat - now / 1000
}

/// Whether a browser brought its cookie back. `None`: it keeps cookies of ours, but has not this
/// one, so that the sign-in was begun by another browser. Where cookies are blocked there are none.
fn is_known(cookies: &str, hash: &str) -> Option<bool> {
    let wanted = cookie_name(hash);
    let mut names = cookies
        .split(';')
        .filter_map(|pair| pair.trim().split_once('='))
        .map(|(name, _)| name);
    if names.clone().any(|name| name == wanted) {
        return Some(true);
    }
    let others = names.any(|name| name.starts_with(COOKIE));
    if others { None } else { Some(false) }
}

async fn arrive(
    app: &App,
    registration: &Registration,
    message: Message,
    visitor: Visitor,
) -> Result<Arrived, Trouble> {
    match &message.launch {
        Launch::DeepLink(settings) => {
            let pick = Pick {
                registration: registration.id.clone(),
                purpose: PickFor::DeepLink {
                    deployment: message.deployment.clone(),
                    settings: settings.clone(),
                },
            };
            arrive_to_pick(app, registration, &pick).await
        }
        Launch::ResourceLink {
            id,
            target,
            custom,
            title,
            ags,
            nrps,
        } => {
            let Some(wanted) = wanted(app, registration, &message, id, custom, target).await?
            else {
                let pick = Pick {
                    registration: registration.id.clone(),
                    purpose: PickFor::Link {
                        deployment: message.deployment.clone(),
                        resource_link: id.clone(),
                    },
                };
                return arrive_to_pick(app, registration, &pick).await;
            };
            let course = bind::course(app, registration, &message, id, &wanted.template).await?;
            let ags = ags.clone().unwrap_or_default();
            let title = title.clone().filter(|title| !title.trim().is_empty());
            let title = title.unwrap_or_else(|| lab_title(app, &wanted));
            let members = nrps.as_ref().map(|nrps| &nrps.context_memberships_url);
            let link = Link {
                id: random_id()?,
                members_url: members.cloned(),
                ..link(registration, &message, id, &title, &course, &wanted, ags)
            };
            let link = columns::store(app, registration, &link, wanted.per_task).await?;
            let account = enter(app, registration, &message, &course).await?;
            if message.standing == Standing::Learner {
                tie(app, &account, &link, &message.subject).await?;
            } else {
                roster::refresh_soon(app, &link);
            }
            open(app, registration, &account, &link, visitor).await
        }
    }
}

/// The lab that a launch means. `None`: a teacher picks it now.
async fn wanted(
    app: &App,
    registration: &Registration,
    message: &Message,
    id: &str,
    custom: &[(String, String)],
    target: &Url,
) -> Result<Option<Target>, Trouble> {
    let (platform, deployment) = (&registration.id, &message.deployment);
    let known = app.store.link_of(platform, deployment, id).await?;
    let named = match named(custom, target) {
        None if known.is_none() => {
            let choice = LinkChoice {
                registration: platform.clone(),
                deployment: deployment.clone(),
                resource_link: id.to_owned(),
            };
            app.store.setting(&choice.key()).await?
        }
        named => named,
    };
    let wanted = match (&named, &known) {
        (Some(text), _) => Target::parse(text).ok_or(Trouble::NoLab)?,
        (None, Some(link)) => of_link(app, link).ok_or(Trouble::NoLab)?,
        (None, None) if message.standing >= Standing::Teacher => return Ok(None),
        (None, None) => return Err(Trouble::NotPicked),
    };
    if wanted.is_allowed(app, registration) {
        Ok(Some(wanted))
    } else {
        Err(Trouble::NoLab)
    }
}

/// What a link says about its lab: a custom parameter, or the query of its address.
fn named(custom: &[(String, String)], target: &Url) -> Option<String> {
    let parameter = custom.iter().find(|(name, _)| name == PARAMETER);
    let query = || {
        let mut pairs = target.query_pairs();
        pairs.find(|(name, _)| name == PARAMETER)
    };
    parameter
        .map(|(_, value)| value.clone())
        .or_else(|| query().map(|(_, value)| value.into_owned()))
        .filter(|text| !text.is_empty())
}

/// What a link is called whose platform gives it no title, as Open edX does: a line item needs one.
fn lab_title(app: &App, wanted: &Target) -> String {
    let lab = app.catalogue.lab(&wanted.template, &wanted.lab);
    lab.map_or_else(
        || wanted.lab.to_string(),
        |lab| lab.runnable.lab.title.get("en").to_owned(),
    )
}

/// The lab that a link was bound to before.
fn of_link(app: &App, link: &Link) -> Option<Target> {
    Some(Target {
        template: app.catalogue.template(&link.course)?,
        lab: link.lab.clone(),
        step: link.step,
        per_task: link.columns != Columns::One,
    })
}

fn link(
    registration: &Registration,
    message: &Message,
    id: &str,
    title: &str,
    course: &CourseId,
    wanted: &Target,
    ags: Ags,
) -> Link {
    Link {
        id: String::new(),
        registration: registration.id.clone(),
        deployment: message.deployment.clone(),
        resource_link: id.to_owned(),
        title: title.chars().take(200).collect(),
        course: course.clone(),
        lab: wanted.lab.clone(),
        step: wanted.step,
        line_item: ags.lineitem,
        line_items: ags.lineitems,
        scopes: ags.scope,
        members_url: None,
        columns: Columns::One,
        parent: None,
        task: None,
    }
}

async fn arrive_to_pick(
    app: &App,
    registration: &Registration,
    pick: &Pick,
) -> Result<Arrived, Trouble> {
    let code = secrets::fresh()?;
    let payload = serde_json::to_string(pick).unwrap_or_default();
    app.store
        .add_lti_code(
            &secrets::hash(&code),
            Pick::PURPOSE,
            &payload,
            now() + PICK_MS,
        )
        .await?;
    Ok(Arrived {
        registration: registration.id.clone(),
        page: "pick",
        code,
    })
}

/// The account of whoever came, in the course and as what the platform says now.
async fn enter(
    app: &App,
    registration: &Registration,
    message: &Message,
    course: &CourseId,
) -> Reply<Account> {
    let id = AccountId::new(random_id()?);
    let name = message.name.clone().unwrap_or_default();
    let fresh = Account {
        // Nobody signs in by it: there is no password.
        name: format!("lti-{id}"),
        id,
        display_name: name.chars().take(MAX_DISPLAY_NAME_CHARS).collect(),
        password: None,
        role: AccountRole::Member,
        language: message.locale.as_deref().map(primary).unwrap_or_default(),
        created_ms: now(),
    };
    let issuer = &registration.issuer;
    let account = app
        .store
        .lti_account(issuer, &message.subject, &fresh)
        .await?;
    let role = match message.standing {
        Standing::Learner => CourseRole::Learner,
        Standing::Teacher | Standing::Administrator => CourseRole::Teacher,
    };
    let enrolment = Enrolment {
        course: course.clone(),
        account: account.id.clone(),
        role,
    };
    app.store.enrol(&enrolment, now()).await?;
    app.store.came_by_themselves(course, &account.id).await?;
    Ok(account)
}

fn primary(locale: &str) -> String {
    let primary: String = locale
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect();
    primary.to_ascii_lowercase().chars().take(8).collect()
}

/// From now on this learner's scores go through this link, those that are there already first.
async fn tie(app: &App, account: &Account, link: &Link, subject: &str) -> Reply<()> {
    app.store
        .tie_learner(&link.id, &account.id, subject)
        .await?;
    let Some(lab) = app.catalogue.lab(&link.course, &link.lab) else {
        return Ok(());
    };
    let learner = Learner {
        account: account.id.clone(),
        course: link.course.clone(),
        lab: link.lab.clone(),
    };
    rules::queue(app, &learner, &link.id, &lab.runnable.lab).await?;
    app.lti.bell.notify_one();
    Ok(())
}
