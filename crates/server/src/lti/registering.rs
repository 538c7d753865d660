//! A platform that registers us by itself, through a link that an operator has given out.

use labwright_lti::{parse_openid_configuration, parse_registered, registration_request};
use labwright_store::{Registration, StoreError, random_id};
use url::Url;

use super::client::Asked;
use crate::app::App;
use crate::clock::now;
use crate::secrets;
use crate::words::Refusal;

/// The purpose of an operator's registration links.
pub(crate) const PURPOSE: &str = "register";

/// Why a platform was not registered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegisterTrouble {
    /// The link is unknown, over or used.
    #[error("the registration link is unknown, over, or was used")]
    Link,
    /// The request says no configuration.
    #[error("`openid_configuration` is missing")]
    NoConfiguration,
    /// The platform cannot be spoken to.
    #[error("the platform does not answer at its own address")]
    Unreachable,
    /// The platform said no.
    #[error("the platform refused the registration (status {0})")]
    Refused(u16),
    /// A document of it cannot be used.
    #[error("{0}")]
    Document(#[from] labwright_lti::RegisterError),
    /// It is there already.
    #[error("this platform is registered already")]
    Known,
    /// A fault of ours.
    #[error("the server failed")]
    Ours,
}

impl From<Refusal> for RegisterTrouble {
    fn from(_: Refusal) -> Self {
        Self::Ours
    }
}

impl From<StoreError> for RegisterTrouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken { .. } => Self::Known,
            error => Refusal::from(error).into(),
        }
    }
}

/// Registers the platform whose administrator has opened an operator's link.
pub(crate) async fn register(
    app: &App,
    code: &str,
    configuration: Option<&str>,
    token: Option<&str>,
) -> Result<Registration, RegisterTrouble> {
    let tool = app.lti.tool.as_ref().ok_or(RegisterTrouble::Ours)?;
    let hash = secrets::hash(code);
    let known = app.store.lti_code(&hash, PURPOSE, now()).await?;
    known.ok_or(RegisterTrouble::Link)?;
    let from = configuration.and_then(|text| Url::parse(text).ok());
    let from = from.ok_or(RegisterTrouble::NoConfiguration)?;
    let asked = Asked {
        token,
        accept: Some("application/json"),
        ..Asked::default()
    };
    let replied = app.lti.client.get(&from, asked).await;
    let replied = replied.map_err(|_| RegisterTrouble::Unreachable)?;
    if replied.status != 200 {
        return Err(RegisterTrouble::Refused(replied.status));
    }
    let configuration = parse_openid_configuration(&replied.body, &from)?;
    // Used up now: of two who hold it, one registers.
    let courses = app.store.take_lti_code(&hash, PURPOSE, now()).await?;
    let courses = courses.ok_or(RegisterTrouble::Link)?;
    let asked = Asked {
        token,
        accept: Some("application/json"),
        body: Some(("application/json", registration_request(tool).to_string())),
        ..Asked::default()
    };
    let replied = app
        .lti
        .client
        .post(&configuration.registration_url, asked)
        .await;
    let replied = replied.map_err(|_| RegisterTrouble::Unreachable)?;
    if !matches!(replied.status, 200 | 201) {
        return Err(RegisterTrouble::Refused(replied.status));
    }
    let platform = parse_registered(&replied.body)?.platform(configuration);
    let registration = Registration {
        id: random_id()?,
        name: from.host_str().unwrap_or_default().to_owned(),
        issuer: platform.issuer,
        client_id: platform.client_id,
        auth_url: platform.auth_url.into(),
        token_url: platform.token_url.into(),
        keyset_url: platform.keyset_url.into(),
        token_audience: platform.token_audience,
        origins: Vec::new(),
        courses: serde_json::from_str(&courses).unwrap_or_default(),
        deployments: platform.deployments,
        created_ms: now(),
        launched_ms: None,
        skew_s: None,
    };
    app.store.add_registration(&registration).await?;
    Ok(registration)
}
