//! The code that a launch leaves in the page's address, and the token that the page gets for it, once.

use labwright_api as api;
use labwright_store::{Account, AccountId, Link, Registration};
use serde::{Deserialize, Serialize};

use super::launch::{Arrived, Trouble};
use super::{CODE_MS, LAUNCH_TOKEN_MS};
use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::language::Wanted;
use crate::reply::Reply;
use crate::secrets;
use crate::words::Refusal;

/// What a code stands for.
#[derive(Debug, Serialize, Deserialize)]
struct Opening {
    account: String,
    to: String,
    visitor: Visitor,
}

/// What is known of the browser that came.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Visitor {
    /// It brought back the cookie that it was given.
    Known,
    /// A person confirms who they are, unless the platform's page has the mark that was left there.
    Unknown(Option<api::PlatformStorage>),
}

/// Prepares what the page opens with.
pub(super) async fn open(
    app: &App,
    registration: &Registration,
    account: &Account,
    link: &Link,
    visitor: Visitor,
) -> Result<Arrived, Trouble> {
    let code = secrets::fresh()?;
    let step = link.step.map(|step| format!("#step-{step}"));
    let opening = Opening {
        account: account.id.to_string(),
        to: format!(
            "/labs/{}/{}{}",
            link.course,
            link.lab,
            step.unwrap_or_default()
        ),
        visitor,
    };
    let payload = serde_json::to_string(&opening).unwrap_or_default();
    app.store
        .add_lti_code(&secrets::hash(&code), OPENING, &payload, now() + CODE_MS)
        .await?;
    Ok(Arrived {
        registration: registration.id.clone(),
        page: "launched",
        code,
    })
}

/// A code that opens the page for somebody who was signed in otherwise.
pub(crate) async fn open_page(app: &App, account: &Account, to: &str) -> Reply<String> {
    let code = secrets::fresh()?;
    let opening = Opening {
        account: account.id.to_string(),
        to: to.to_owned(),
        visitor: Visitor::Known,
    };
    let payload = serde_json::to_string(&opening).unwrap_or_default();
    app.store
        .add_lti_code(&secrets::hash(&code), OPENING, &payload, now() + CODE_MS)
        .await?;
    Ok(code)
}

/// The purpose of codes that open the page.
const OPENING: &str = "launch";

/// Trades the code of a launch for a token.
pub(crate) async fn redeem(app: &App, code: &str, _wanted: &Wanted) -> Reply<api::Launched> {
    let now = now();
    let payload = app
        .store
        .take_lti_code(&secrets::hash(code), OPENING, now)
        .await?;
    let opening: Option<Opening> = payload.and_then(|text| serde_json::from_str(&text).ok());
    let opening = opening.ok_or(Refusal::LaunchGone)?;
    let account = app.store.account(&AccountId::new(opening.account)).await?;
    let account = account.ok_or(Refusal::LaunchGone)?;
    let token = secrets::fresh()?;
    app.store
        .add_token(
            &secrets::hash(&token),
            &account.id,
            now,
            now + LAUNCH_TOKEN_MS,
        )
        .await?;
    let (confirm, storage) = match opening.visitor {
        Visitor::Known => (false, None),
        Visitor::Unknown(storage) => (true, storage),
    };
    Ok(api::Launched {
        token,
        account: accounts::view(app, &account).await?,
        to: opening.to,
        confirm,
        storage,
    })
}
