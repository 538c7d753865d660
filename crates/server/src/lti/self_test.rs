//! What is wrong with a registration: asks the platform's addresses as a launch and a score would, and looks at
//! what was refused lately. It says codes; the page has the sentences, and what to do.

use std::collections::BTreeMap;

use labwright_api::{FindingLevel, PlatformFinding};
use labwright_lti::{KeySet, LEEWAY_S, Platform, TokenError};
use labwright_store::{LaunchRefusal, Registration};
use url::{Host, Url};

use super::client::{Asked, ClientError, Replied};
use super::of_registration;
use super::service::{ServiceError, fresh_token};
use crate::app::App;
use crate::clock::now;
use crate::limits::DAY_MS;
use crate::reply::Reply;

/// How far back refused launches are looked at.
const LOOK_BACK_MS: i64 = 7 * DAY_MS;
/// Most refused launches that are told.
const MOST_SEEN: usize = 8;

/// Looks at everything, in the order in which a launch and a score meet it.
pub(crate) async fn self_test(
    app: &App,
    registration: &Registration,
) -> Reply<Vec<PlatformFinding>> {
    let Some(platform) = of_registration(registration) else {
        return Ok(vec![bad("address")]);
    };
    let mut found = own(app);
    let (keys, date_s) = keys(app, &platform).await;
    found.push(keys);
    found.extend(clock(registration, date_s));
    found.push(auth(app, &platform).await);
    found.push(token(app, registration, &platform).await);
    if registration.deployments.is_empty() {
        found.push(bad("no_deployment"));
    }
    found.push(match registration.launched_ms {
        Some(at) => good("launched").with("at", at),
        None => note("never_launched"),
    });
    found.extend(seen(app, registration).await?);
    found.extend(scores(app, registration).await?);
    Ok(found)
}

/// Whether browsers and platforms can use our own address.
fn own(app: &App) -> Vec<PlatformFinding> {
    let Some(tool) = &app.lti.tool else {
        return vec![bad("own_none")];
    };
    let url = tool.base.as_str().trim_end_matches('/');
    match tool.base.scheme() {
        "https" => vec![good("own").with("url", url)],
        _ if is_loopback(&tool.base) => vec![note("own_local").with("url", url)],
        _ => vec![bad("own_http").with("url", url)],
    }
}

/// Browsers trust this machine's own addresses, and nobody else reaches them.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// The key set, and how late it is at the platform.
async fn keys(app: &App, platform: &Platform) -> (PlatformFinding, Option<i64>) {
    let asked = Asked {
        accept: Some("application/json"),
        ..Asked::default()
    };
    let replied = match app.lti.client.get(&platform.keyset_url, asked).await {
        Ok(replied) => replied,
        Err(error) => return (unasked("keys", &error), None),
    };
    let date_s = replied.date_s;
    let finding = match KeySet::parse(&replied.body) {
        _ if replied.status != 200 => bad("keys_status").with("status", replied.status),
        Err(_) if is_html(&replied) => bad("keys_html"),
        Err(_) => bad("keys_not_json"),
        Ok(set) if set.is_empty() => bad("keys_no_rsa"),
        Ok(set) => good("keys").with("n", set.len()),
    };
    (finding, date_s)
}

/// How far the clocks are apart: by the key set's answer, else by the last launch.
fn clock(registration: &Registration, date_s: Option<i64>) -> Option<PlatformFinding> {
    let skew_s = date_s
        .map(|date_s| date_s - now() / 1000)
        .or(registration.skew_s)?;
    let finding = if skew_s.abs() > LEEWAY_S {
        bad(if skew_s > 0 {
            "clock_ahead"
        } else {
            "clock_behind"
        })
    } else {
        good("clock")
    };
    Some(finding.with("seconds", skew_s.abs()))
}

/// The sign-in address is the browser's to open; here only whether something is there.
async fn auth(app: &App, platform: &Platform) -> PlatformFinding {
    match app
        .lti
        .client
        .get(&platform.auth_url, Asked::default())
        .await
    {
        Ok(replied) if matches!(replied.status, 404 | 410) || replied.status >= 500 => {
            bad("auth_status").with("status", replied.status)
        }
        Ok(_) => good("auth"),
        // Browsers may reach what this server does not.
        Err(error) => PlatformFinding {
            level: FindingLevel::Note,
            ..unasked("auth", &error)
        },
    }
}

async fn token(app: &App, registration: &Registration, platform: &Platform) -> PlatformFinding {
    match fresh_token(app, &registration.id, platform).await {
        Ok(_) => good("token"),
        Err(ServiceError::Client(error)) => unasked("token", &error),
        Err(ServiceError::Token(TokenError::Refused { code })) => {
            bad("token_refused").with("code", code)
        }
        Err(ServiceError::Token(TokenError::Trouble { status })) => {
            bad("token_status").with("status", status)
        }
        Err(ServiceError::Token(TokenError::Unreadable)) => bad("token_unreadable"),
        Err(ServiceError::Sign) => bad("token_sign"),
    }
}

/// What was refused since the last launch that came through.
async fn seen(app: &App, registration: &Registration) -> Reply<Vec<PlatformFinding>> {
    let since = (now() - LOOK_BACK_MS).max(registration.launched_ms.unwrap_or_default());
    let refusals = app.store.launch_refusals(since).await?;
    let siblings = app.store.registrations_of(&registration.issuer).await?;
    let findings = refusals.iter().filter_map(|refusal| {
        let issuer = refusal.issuer == registration.issuer;
        let client = refusal.client_id == registration.client_id;
        let is_sibling = siblings
            .iter()
            .any(|sibling| sibling.client_id == refusal.client_id);
        match (refusal.cause.as_str(), issuer, client) {
            ("unknown", true, false) if !is_sibling => Some(bad("seen_client")),
            ("unknown", false, true) => Some(bad("seen_issuer")),
            ("unknown", ..) => None,
            (cause, true, true) => Some(of_cause(cause)),
            _ => None,
        }
        .map(|finding| tell(finding, refusal))
    });
    Ok(findings.take(MOST_SEEN).collect())
}

fn tell(finding: PlatformFinding, refusal: &LaunchRefusal) -> PlatformFinding {
    finding
        .with("issuer", &refusal.issuer)
        .with("client", &refusal.client_id)
        .with("deployment", &refusal.deployment)
        .with("n", refusal.times)
        .with("at", refusal.at_ms)
}

fn of_cause(cause: &str) -> PlatformFinding {
    match cause {
        "deployment" => bad("seen_deployment"),
        "clock" => bad("seen_clock"),
        "key" => bad("seen_key"),
        "issuer" => bad("seen_iss"),
        "client" => bad("seen_aud"),
        "target" => bad("seen_target"),
        "address" => bad("seen_address"),
        "platform" => note("seen_platform"),
        "lab" => note("seen_lab"),
        _ => bad("seen_message"),
    }
}

async fn scores(app: &App, registration: &Registration) -> Reply<Vec<PlatformFinding>> {
    let (waiting, refused) = app.store.waiting_scores(&registration.id).await?;
    let taken = app.store.last_taken_ms(&registration.id).await?;
    let mut found = Vec::new();
    if let Some(at) = taken {
        found.push(good("scores").with("at", at));
    }
    if refused > 0 {
        found.push(note("scores_refused").with("n", refused));
    }
    if waiting > refused {
        found.push(note("scores_waiting").with("n", waiting - refused));
    }
    Ok(found)
}

/// Why an address could not be asked.
fn unasked(what: &str, error: &ClientError) -> PlatformFinding {
    match error {
        ClientError::Forbidden { host } => bad(&format!("{what}_forbidden")).with("host", host),
        ClientError::TooLong => bad(&format!("{what}_html")),
        ClientError::Unreachable(_) | ClientError::NoClient => bad(&format!("{what}_no_answer")),
    }
}

fn is_html(replied: &Replied) -> bool {
    replied.body.trim_ascii_start().starts_with(b"<")
}

fn of(level: FindingLevel, code: &str) -> PlatformFinding {
    PlatformFinding {
        code: code.to_owned(),
        level,
        values: BTreeMap::new(),
    }
}

fn good(code: &str) -> PlatformFinding {
    of(FindingLevel::Good, code)
}

fn note(code: &str) -> PlatformFinding {
    of(FindingLevel::Note, code)
}

fn bad(code: &str) -> PlatformFinding {
    of(FindingLevel::Bad, code)
}

trait With {
    fn with(self, name: &str, value: impl ToString) -> Self;
}

impl With for PlatformFinding {
    fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.values.insert(name.to_owned(), value.to_string());
        self
    }
}
