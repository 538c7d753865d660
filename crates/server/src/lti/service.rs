//! Access to a platform's services: a token per registration, kept while it is good.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use labwright_lti::{
    AccessToken, Platform, TokenError, client_assertion, names, parse_token, token_form,
};

use super::client::{Asked, ClientError, Replied};
use crate::app::App;
use crate::secrets;

/// Tokens by registration: one issuer has many.
#[derive(Default)]
pub(super) struct Tokens {
    known: Mutex<HashMap<String, AccessToken>>,
}

/// Why a service cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    /// The platform is not there.
    #[error("the platform does not answer")]
    Client(#[from] ClientError),
    /// It gives no token.
    #[error("the platform gives no token")]
    Token(#[from] TokenError),
    /// We cannot sign.
    #[error("no assertion can be made")]
    Sign,
}

/// A question to a service.
pub(super) enum Question<'a> {
    Get(&'a str),
    Post(&'a str, String),
}

impl Tokens {
    fn get(&self, registration: &str, now_s: i64) -> Option<String> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let token = known.get(registration)?;
        (token.until_s > now_s).then(|| token.token.clone())
    }

    fn put(&self, registration: &str, token: AccessToken) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(registration.to_owned(), token);
    }

    /// Forgets a token that was refused.
    fn drop(&self, registration: &str) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(registration);
    }
}

/// A fresh token.
pub(crate) async fn fresh_token(
    app: &App,
    id: &str,
    platform: &Platform,
) -> Result<String, ServiceError> {
    let sign = |_| ServiceError::Sign;
    let key = app.lti.signing_key(&app.store).await.map_err(sign)?;
    let word = secrets::fresh().map_err(|_| ServiceError::Sign)?;
    let now_s = app.clock.now() / 1000;
    let assertion =
        client_assertion(&key, platform, &word, now_s).map_err(|_| ServiceError::Sign)?;
    let asked = Asked {
        accept: Some("application/json"),
        body: Some((
            "application/x-www-form-urlencoded",
            token_form(&assertion, &names::SCOPES),
        )),
        ..Asked::default()
    };
    let replied = app.lti.client.post(&platform.token_url, asked).await?;
    let token = parse_token(replied.status, &replied.body, now_s)?;
    let text = token.token.clone();
    app.lti.tokens.put(id, token);
    Ok(text)
}

/// Asks a service. A refusal may mean that the token has run out (Open edX says 403): once, a fresh
/// one is taken.
pub(super) async fn ask(
    app: &App,
    id: &str,
    platform: &Platform,
    url: &url::Url,
    question: Question<'_>,
) -> Result<Replied, ServiceError> {
    let token = match app.lti.tokens.get(id, app.clock.now() / 1000) {
        Some(token) => token,
        None => fresh_token(app, id, platform).await?,
    };
    let replied = put(app, url, &question, &token).await?;
    if !matches!(replied.status, 401 | 403) {
        return Ok(replied);
    }
    app.lti.tokens.drop(id);
    let token = fresh_token(app, id, platform).await?;
    Ok(put(app, url, &question, &token).await?)
}

async fn put(
    app: &App,
    url: &url::Url,
    question: &Question<'_>,
    token: &str,
) -> Result<Replied, ClientError> {
    match question {
        Question::Get(accept) => {
            let asked = Asked {
                token: Some(token),
                accept: Some(accept),
                ..Asked::default()
            };
            app.lti.client.get(url, asked).await
        }
        Question::Post(kind, body) => {
            let asked = Asked {
                token: Some(token),
                body: Some((kind, body.clone())),
                ..Asked::default()
            };
            app.lti.client.post(url, asked).await
        }
    }
}
