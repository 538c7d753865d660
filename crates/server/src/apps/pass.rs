//! Who may see a lab's pages: one-time tickets, and the cookie that they are traded for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use labwright_store::{ServerKey, SessionRecord};
use serde::{Deserialize, Serialize};

use super::domain::Site;
use crate::app::App;
use crate::clock::now;
use crate::limits::{APP_PASS_S, APP_TICKET, MAX_APP_TICKETS};
use crate::secrets::{self, Seal};
use crate::words::Refusal;

/// The cookie's name. The prefix keeps pages of other origins from setting it (RFC 6265bis §4.1.3).
pub(super) const COOKIE_NAME: &str = "__Host-labwright-app";

/// What somebody may see, until when, and framed by which page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) session: String,
    pub(crate) app: String,
    /// Hash of the token that asked for it: the grant ends with that sign-in.
    pub(crate) token: String,
    /// The origins that may frame it, with spaces between: our page's, and course platforms'.
    pub(crate) platform: String,
}

/// A grant that has a time.
#[derive(Serialize, Deserialize)]
struct Pass {
    #[serde(flatten)]
    grant: Grant,
    until_s: i64,
}

/// Gives tickets and passes.
pub(crate) struct Door {
    seal: Seal,
    tickets: Mutex<HashMap<String, (Grant, Instant)>>,
}

impl Door {
    pub(crate) fn new(key: &ServerKey) -> Self {
        Self {
            seal: Seal::new(key, b"labwright app passes"),
            tickets: Mutex::default(),
        }
    }

    /// A ticket that is good once, and for a short time.
    pub(crate) fn ticket(&self, grant: Grant) -> Result<String, Refusal> {
        let secret = secrets::fresh()?;
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|_, (_, made)| made.elapsed() < APP_TICKET);
        let asked = |(known, _): &&(Grant, Instant)| known.token == grant.token;
        if tickets.values().filter(asked).count() >= MAX_APP_TICKETS {
            let after_s = APP_TICKET.as_secs();
            return Err(Refusal::TooMany { after_s });
        }
        tickets.insert(secrets::hash(&secret), (grant, Instant::now()));
        Ok(secret)
    }

    /// Trades a ticket for the value of a cookie. It is used up, also at the wrong door.
    pub(super) fn trade(&self, ticket: &str, site: &Site) -> Option<String> {
        let found = {
            let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
            tickets.remove(&secrets::hash(ticket))
        };
        let (grant, made) = found?;
        let fits = made.elapsed() < APP_TICKET && opens(&grant, site);
        let pass = Pass {
            grant,
            until_s: now() / 1000 + APP_PASS_S,
        };
        let bytes = serde_json::to_vec(&pass).ok().filter(|_| fits)?;
        Some(self.seal.close(&bytes))
    }

    /// The grant of a request's cookie, if it is for this site and still good.
    pub(super) async fn admit(
        &self,
        app: &App,
        headers: &HeaderMap,
        site: &Site,
    ) -> Option<(Grant, Arc<SessionRecord>)> {
        let grant = cookies(headers).find_map(|value| self.open(value, site))?;
        let session = holder(app, &grant).await?;
        Some((grant, session))
    }

    fn open(&self, value: &str, site: &Site) -> Option<Grant> {
        let pass: Pass = serde_json::from_slice(&self.seal.open(value)?).ok()?;
        (pass.until_s > now() / 1000 && opens(&pass.grant, site)).then_some(pass.grant)
    }
}

/// The session of a grant, while the sign-in that it came from lasts and has it.
async fn holder(app: &App, grant: &Grant) -> Option<Arc<SessionRecord>> {
    let account = app.store.account_of_token(&grant.token, now()).await;
    let account = account.ok()??;
    crate::access::owned(app, &account, Some(&grant.session))
        .await
        .ok()
}

fn opens(grant: &Grant, site: &Site) -> bool {
    grant.session == site.session.as_str() && grant.app == site.app
}

fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let all = headers.get_all(COOKIE).into_iter();
    all.filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value)
}
