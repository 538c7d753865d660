//! What happens to accounts: signing in, joining by invitation.

use std::collections::BTreeMap;
use std::sync::Arc;

use labwright_api as api;
use labwright_store::{Account, AccountId, AccountRole, CourseRole, StoreError, random_id};

use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::limits::{MAX_DISPLAY_NAME_CHARS, TOKEN_MS};
use crate::secrets;
use crate::words::Refusal;

/// Characters of a sign-in name.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=64;

/// Makes a token for an account.
pub(crate) async fn signed_in(app: &App, account: &Account) -> Result<api::SignedIn, Refusal> {
    let token = secrets::fresh()?;
    let now = now();
    app.store
        .add_token(&secrets::hash(&token), &account.id, now, now + TOKEN_MS)
        .await?;
    Ok(api::SignedIn {
        token,
        account: view(app, account).await?,
    })
}

/// An account as its owner sees it.
pub(crate) async fn view(app: &App, account: &Account) -> Result<api::Account, Refusal> {
    let teaches = app
        .store
        .enrolments_of(&account.id)
        .await?
        .iter()
        .any(|enrolment| enrolment.role == CourseRole::Teacher);
    Ok(api::Account {
        id: account.id.to_string(),
        name: account.name.clone(),
        display_name: account.display_name.clone(),
        role: match account.role {
            AccountRole::Operator => api::Role::Operator,
            AccountRole::Member if teaches => api::Role::Teacher,
            AccountRole::Member => api::Role::Learner,
        },
        language: Some(account.language.clone()).filter(|language| !language.is_empty()),
    })
}

/// A course role in the words of the API.
pub(crate) fn role(role: CourseRole) -> api::Role {
    match role {
        CourseRole::Learner => api::Role::Learner,
        CourseRole::Teacher => api::Role::Teacher,
    }
}

/// A title in the wanted language, else the untagged one, else English, else any.
pub(crate) fn title(titles: &BTreeMap<String, String>, wanted: &Wanted) -> String {
    [wanted.tag.as_str(), "", "en"]
        .into_iter()
        .find_map(|tag| titles.get(tag))
        .or_else(|| titles.values().next())
        .cloned()
        .unwrap_or_default()
}

/// Makes an account and lets it in by an invitation.
pub(crate) async fn register(
    app: &App,
    code: &str,
    join: api::Join,
    wanted: &Wanted,
) -> Result<Arc<Account>, Refusal> {
    let hash = secrets::hash(code);
    let invitation = app.store.invitation(&hash, now()).await?;
    if invitation.ok_or(Refusal::InvitationGone)?.account.is_some() {
        return claim(app, &hash, join).await;
    }
    if !is_name(&join.name) {
        return Err(Refusal::BadName);
    }
    let display_name: String = join
        .display_name
        .trim()
        .chars()
        .take(MAX_DISPLAY_NAME_CHARS)
        .collect();
    let account = Account {
        id: AccountId::new(random_id()?),
        display_name: if display_name.is_empty() {
            join.name.clone()
        } else {
            display_name
        },
        name: join.name,
        password: Some(app.passwords.hash(join.password).await?),
        role: AccountRole::Member,
        language: wanted.language.tag().to_owned(),
        created_ms: now(),
    };
    app.store
        .add_account(&account)
        .await
        .map_err(|error| match error {
            StoreError::Taken { .. } => Refusal::NameTaken,
            error => error.into(),
        })?;
    self::join(app, code, Arc::new(account)).await
}

/// Somebody of a roster chooses their password by their personal code.
async fn claim(app: &App, hash: &str, join: api::Join) -> Result<Arc<Account>, Refusal> {
    let password = app.passwords.hash(join.password).await?;
    let claimed = app.store.claim_account(hash, &password, now()).await?;
    let id = claimed.ok_or(Refusal::InvitationGone)?;
    let account = app.store.account(&id).await?;
    account.map(Arc::new).ok_or(Refusal::InvitationGone)
}

/// Lets an account in by an invitation.
pub(crate) async fn join(
    app: &App,
    code: &str,
    account: Arc<Account>,
) -> Result<Arc<Account>, Refusal> {
    let hash = secrets::hash(code);
    let invitation = app
        .store
        .invitation(&hash, now())
        .await?
        .ok_or(Refusal::InvitationGone)?;
    // A teacher who opens the learners' link stays a teacher.
    if app.store.role_in(&invitation.course, &account.id).await? == Some(CourseRole::Teacher) {
        return Ok(account);
    }
    let accepted = app
        .store
        .accept_invitation(&hash, &account.id, now())
        .await?;
    accepted.map(|_| account).ok_or(Refusal::InvitationGone)
}

/// Whether a name can be a sign-in name.
pub(crate) fn is_name(name: &str) -> bool {
    NAME_CHARS.contains(&name.chars().count())
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || ".-_@".contains(c))
}
