//! Sign-in by an OpenID Connect provider: authorization code flow with PKCE, state and nonce (OpenID
//! Connect Core 1.0 §3.1, RFC 7636).
//!
//! People are known by issuer and subject, never by an address: an account that is here already is
//! nobody's by having the same name. They learn; a claim makes them teachers or operators only where
//! the configuration says so.

use std::pin::Pin;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use labwright_store::{
    Account, AccountId, AccountRole, CourseId, CourseRole, Enrolment, random_id,
};
use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use crate::accounts;
use crate::app::App;
use crate::clock::now;
use crate::config::{Config, OidcConfig};
use crate::limits::MAX_DISPLAY_NAME_CHARS;
use crate::lti::{Asked, Client};
use crate::reply::Reply;
use crate::secrets;
use crate::words::Refusal;

/// How long a sign-in may take at the provider, in milliseconds.
pub(crate) const SIGN_IN_MS: i64 = 10 * 60 * 1000;
/// How long the provider's description and keys are believed.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// What the codes of sign-ins under way are for.
const PURPOSE: &str = "oidc";

type Ready = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider.
pub(crate) struct Oidc {
    config: OidcConfig,
    client: Http,
    redirect: String,
    known: Mutex<Option<(CoreProviderMetadata, Instant)>>,
}

/// A sign-in under way. Taken once: with it go its nonce and its verifier.
#[derive(Serialize, Deserialize)]
struct UnderWay {
    nonce: String,
    verifier: String,
    to: String,
}

/// A sign-in that begins.
pub(crate) struct Begun {
    /// Where the browser goes.
    pub(crate) url: String,
    /// What its cookie says, so that the answer comes back to the same browser.
    pub(crate) state: String,
}

impl Oidc {
    /// The provider of a configuration, if it names one.
    pub(crate) fn of(config: &Config, link: &str) -> Option<Self> {
        let config = config.sign_in.oidc.as_ref()?;
        Some(Self {
            config: config.clone(),
            client: Http(Client::new(config.private_network)),
            redirect: format!("{link}/sign-in/oidc/back"),
            known: Mutex::default(),
        })
    }

    /// What the button says.
    pub(crate) fn name(&self) -> String {
        self.config.name.clone()
    }

    /// The provider as it describes itself.
    async fn metadata(&self) -> Reply<CoreProviderMetadata> {
        let mut known = self.known.lock().await;
        if let Some((metadata, read)) = &*known
            && read.elapsed() < FRESH
        {
            return Ok(metadata.clone());
        }
        let issuer = IssuerUrl::new(self.config.issuer.clone()).map_err(|error| trouble(&error))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.client)
            .await
            .map_err(|error| trouble(&error))?;
        *known = Some((metadata.clone(), Instant::now()));
        Ok(metadata)
    }

    async fn ready(&self) -> Reply<Ready> {
        let metadata = self.metadata().await?;
        let secret = self.config.client_secret.clone().map(ClientSecret::new);
        let id = ClientId::new(self.config.client_id.clone());
        let redirect = RedirectUrl::new(self.redirect.clone()).map_err(|error| trouble(&error))?;
        Ok(CoreClient::from_provider_metadata(metadata, id, secret).set_redirect_uri(redirect))
    }
}

/// Our own bounded client, as the library wants it.
struct Http(Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = std::io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, std::io::Error>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}

impl Http {
    /// Asks the provider something, within the bounds that platforms have: no redirects, no answer
    /// that is too long, none of our own network unless the operator allows it.
    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, std::io::Error> {
        let url = Url::parse(&request.uri().to_string()).map_err(std::io::Error::other)?;
        let header = |name: &str| {
            let value = request.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        let (accept, kind) = (header("accept"), header("content-type"));
        let (basic, post) = (header("authorization"), request.method() == "POST");
        let body = String::from_utf8(request.into_body()).map_err(std::io::Error::other)?;
        let asked = Asked {
            authorization: basic.as_deref(),
            accept: accept.as_deref(),
            body: post.then(|| (kind.as_deref().unwrap_or_default(), body)),
            ..Asked::default()
        };
        let replied = if post {
            self.0.post(&url, asked).await
        } else {
            self.0.get(&url, asked).await
        };
        let replied = replied.map_err(std::io::Error::other)?;
        let mut response = axum::http::Response::builder().status(replied.status);
        if let Some(kind) = &replied.kind {
            response = response.header("content-type", kind);
        }
        response.body(replied.body).map_err(std::io::Error::other)
    }
}

/// Begins a sign-in that leads to `to`, a path of the page.
pub(crate) async fn begin(app: &App, oidc: &Oidc, to: &str) -> Reply<Begun> {
    let client = oidc.ready().await?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut asking = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_pkce_challenge(challenge);
    for scope in &oidc.config.scopes {
        asking = asking.add_scope(Scope::new(scope.clone()));
    }
    let (url, state, nonce) = asking.url();
    let under_way = UnderWay {
        nonce: nonce.secret().clone(),
        verifier: verifier.secret().clone(),
        to: own_path(to).to_owned(),
    };
    let payload = serde_json::to_string(&under_way).map_err(|_| Refusal::Internal)?;
    let hash = secrets::hash(state.secret());
    app.store
        .add_lti_code(&hash, PURPOSE, &payload, now() + SIGN_IN_MS)
        .await?;
    Ok(Begun {
        url: url.to_string(),
        state: state.secret().clone(),
    })
}

/// Finishes a sign-in: who it is, and where they go.
pub(crate) async fn finish(
    app: &App,
    oidc: &Oidc,
    state: &str,
    code: &str,
) -> Reply<(Account, String)> {
    let hash = secrets::hash(state);
    let payload = app.store.take_lti_code(&hash, PURPOSE, now()).await?;
    let under_way: Option<UnderWay> = payload.and_then(|text| serde_json::from_str(&text).ok());
    let under_way = under_way.ok_or(Refusal::LaunchGone)?;
    let client = oidc.ready().await?;
    let replied = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .map_err(|error| trouble(&error))?
        .set_pkce_verifier(PkceCodeVerifier::new(under_way.verifier))
        .request_async(&oidc.client)
        .await
        .map_err(|error| trouble(&error))?;
    let token = replied.id_token().ok_or_else(|| {
        tracing::warn!("the provider gave no id token");
        Refusal::Provider
    })?;
    let nonce = Nonce::new(under_way.nonce);
    let verifier = client.id_token_verifier();
    let claims = match token.claims(&verifier, &nonce) {
        Ok(claims) => claims,
        Err(error) => {
            // Its keys may have changed: the next sign-in reads them anew.
            *oidc.known.lock().await = None;
            return Err(trouble(&error));
        }
    };
    let raw = payload_of(&token.to_string());
    let account = account(app, oidc, claims.subject().as_str(), &raw).await?;
    Ok((account, under_way.to))
}

async fn account(app: &App, oidc: &Oidc, subject: &str, claims: &Value) -> Reply<Account> {
    let text = |claim: &str| {
        claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let both = format!("{} {}", text("given_name"), text("family_name"));
    let named = [text("name"), both.trim(), text("preferred_username")];
    let name = named.into_iter().find(|name| !name.is_empty());
    let id = random_id()?;
    let fresh = Account {
        // A sign-in name that nobody types; it opens nothing, since there is no password.
        name: format!("oidc-{id}"),
        id: AccountId::new(id),
        display_name: name
            .unwrap_or_default()
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_DISPLAY_NAME_CHARS)
            .collect(),
        password: None,
        role: AccountRole::Member,
        language: String::new(),
        created_ms: now(),
    };
    let account = app
        .store
        .oidc_account(&oidc.config.issuer, subject, &fresh)
        .await?;
    follow_claim(app, oidc, account, claims).await
}

/// Roles follow the configured claim at every sign-in; without one everybody learns, and what
/// somebody is by other ways stays.
async fn follow_claim(app: &App, oidc: &Oidc, account: Account, claims: &Value) -> Reply<Account> {
    let config = &oidc.config;
    let values = config
        .role_claim
        .as_deref()
        .map(|claim| values(claims, claim));
    let has = |wanted: &[String]| {
        let values = values.as_deref().unwrap_or_default();
        wanted.iter().any(|value| values.contains(value))
    };
    for course in &config.courses {
        let course = CourseId::new(course);
        let before = app.store.role_in(&course, &account.id).await?;
        let role = if has(&config.teachers) {
            CourseRole::Teacher
        } else if values.is_none() || config.teachers.is_empty() {
            before.unwrap_or(CourseRole::Learner)
        } else {
            CourseRole::Learner
        };
        if before != Some(role) {
            let enrolment = Enrolment {
                course,
                account: account.id.clone(),
                role,
            };
            app.store.enrol(&enrolment, now()).await?;
        }
    }
    if values.is_none() || config.operators.is_empty() {
        return Ok(account);
    }
    let role = if has(&config.operators) {
        AccountRole::Operator
    } else {
        AccountRole::Member
    };
    if role != account.role {
        app.store.set_role(&account.id, role).await?;
    }
    Ok(Account { role, ..account })
}

/// The values of a claim: a text, or a list of them.
fn values(claims: &Value, claim: &str) -> Vec<String> {
    match claims.get(claim) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => {
            let texts = list.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// The claims of a token that was verified.
fn payload_of(token: &str) -> Value {
    let middle = token.split('.').nth(1).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(middle).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

/// A path of our own page, or the catalogue.
fn own_path(to: &str) -> &str {
    let mut chars = to.chars();
    let own = chars.next() == Some('/') && !matches!(chars.next(), Some('/' | '\\'));
    if own && !to.contains(char::is_control) {
        to
    } else {
        "/"
    }
}

/// What the provider said is for the operator: it may hold what is nobody else's business.
fn trouble(error: &(dyn std::error::Error + 'static)) -> Refusal {
    tracing::warn!(error, "a sign-in by OpenID Connect failed");
    Refusal::Provider
}

/// Opens the page for somebody: a code that it trades for a token.
pub(crate) async fn open(app: &App, account: &Account, to: &str) -> Reply<String> {
    // `view` also says that the account is one.
    accounts::view(app, account).await?;
    crate::lti::open_page(app, account, to).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sign_in_leads_to_our_own_page_only() {
        for (to, own) in [
            ("/labs/a/b", "/labs/a/b"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("https://evil.example", "/"),
            ("/a\nb", "/"),
        ] {
            assert_eq!(own_path(to), own);
        }
    }

    #[test]
    fn a_claim_is_a_text_or_a_list() {
        let claims = json!({ "one": "a", "many": ["a", 1, "b"], "none": 3 });
        assert_eq!(values(&claims, "one"), ["a"]);
        assert_eq!(values(&claims, "many"), ["a", "b"]);
        assert!(values(&claims, "none").is_empty() && values(&claims, "x").is_empty());
    }
}
