//! A platform that registers the tool by itself (Dynamic Registration 1.0).

use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::{Platform, names};

/// How the tool describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// What teachers read.
    pub name: String,
    /// A line about it.
    pub description: String,
    /// Where it is, such as `https://labs.example.org/`.
    pub base: Url,
}

impl Tool {
    /// An address of the tool.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        url.set_fragment(None);
        url
    }

    /// Where platforms begin a sign-in.
    pub fn login_url(&self) -> Url {
        self.url("/lti/login")
    }

    /// Where tokens arrive, and where links lead.
    pub fn launch_url(&self) -> Url {
        self.url("/lti/launch")
    }

    /// Where our keys are.
    pub fn jwks_url(&self) -> Url {
        self.url("/lti/jwks")
    }
}

/// What a platform says about itself (§3.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenIdConfiguration {
    /// `iss` of its tokens.
    pub issuer: String,
    /// Where a sign-in is asked for.
    pub auth_url: Url,
    /// Where an access token is asked for.
    pub token_url: Url,
    /// Where its keys are.
    pub keyset_url: Url,
    /// Where tools register.
    pub registration_url: Url,
    /// `aud` of assertions, where it is said.
    pub token_audience: Option<String>,
}

/// Why a registration fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegisterError {
    /// A document cannot be read.
    #[error("the platform's `{0}` cannot be read")]
    Unreadable(&'static str),
    /// The configuration speaks for somebody else.
    #[error("the configuration's issuer is not at the host that the configuration came from")]
    Issuer,
    /// An address in it is none that tokens may go to.
    #[error("the configuration's `{0}` is not an address that starts with https")]
    Address(&'static str),
}

/// Reads a platform's configuration, which came from `from`.
pub fn parse_openid_configuration(
    body: &[u8],
    from: &Url,
) -> Result<OpenIdConfiguration, RegisterError> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        authorization_endpoint: String,
        token_endpoint: String,
        jwks_uri: String,
        registration_endpoint: String,
        #[serde(default)]
        authorization_server: Option<String>,
    }
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| RegisterError::Unreadable("openid_configuration"))?;
    // Else whoever has a web page could register as somebody else's LMS (§3.5.1).
    let issuer = Url::parse(&document.issuer).map_err(|_| RegisterError::Issuer)?;
    if issuer.host_str() != from.host_str() || issuer.host_str().is_none() {
        return Err(RegisterError::Issuer);
    }
    let address = |what: &'static str, text: &str| {
        Url::parse(text)
            .ok()
            .filter(|url| url.scheme() == from.scheme() || url.scheme() == "https")
            .ok_or(RegisterError::Address(what))
    };
    Ok(OpenIdConfiguration {
        auth_url: address("authorization_endpoint", &document.authorization_endpoint)?,
        token_url: address("token_endpoint", &document.token_endpoint)?,
        keyset_url: address("jwks_uri", &document.jwks_uri)?,
        registration_url: address("registration_endpoint", &document.registration_endpoint)?,
        issuer: document.issuer,
        token_audience: document.authorization_server,
    })
}

/// What is sent to the platform (§3.5.2).
pub fn registration_request(tool: &Tool) -> Value {
    let launch = tool.launch_url().to_string();
    json!({
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool.login_url().as_str(),
        "redirect_uris": [launch],
        "client_name": tool.name,
        "jwks_uri": tool.jwks_url().as_str(),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": names::SCOPES.join(" "),
        names::TOOL_CONFIGURATION: {
            "domain": domain(&tool.base),
            "description": tool.description,
            "target_link_uri": launch,
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            "messages": [
                { "type": names::RESOURCE_LINK_REQUEST, "target_link_uri": launch },
                { "type": names::DEEP_LINKING_REQUEST, "target_link_uri": launch, "label": tool.name },
            ],
        },
    })
}

fn domain(base: &Url) -> String {
    let host = base.host_str().unwrap_or_default();
    match base.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// What the platform answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// Who we are to it.
    pub client_id: String,
    /// The deployment that it made at once, if it did.
    pub deployment: Option<String>,
}

impl Registered {
    /// The platform as it is registered now.
    pub fn platform(self, configuration: OpenIdConfiguration) -> Platform {
        Platform {
            issuer: configuration.issuer,
            client_id: self.client_id,
            auth_url: configuration.auth_url,
            token_url: configuration.token_url,
            keyset_url: configuration.keyset_url,
            token_audience: configuration.token_audience,
            deployments: self.deployment.into_iter().collect(),
            origins: Vec::new(),
        }
    }
}

/// Reads the platform's answer (§3.6).
pub fn parse_registered(body: &[u8]) -> Result<Registered, RegisterError> {
    let unreadable = || RegisterError::Unreadable("registration");
    let document: Value = serde_json::from_slice(body).map_err(|_| unreadable())?;
    // Moodle gives the deployment as a text, others as a number.
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let client_id = document
        .get("client_id")
        .and_then(text)
        .ok_or_else(unreadable)?;
    let configuration = document.get(names::TOOL_CONFIGURATION);
    let deployment = configuration
        .and_then(|tool| tool.get("deployment_id"))
        .and_then(text);
    Ok(Registered {
        client_id,
        deployment,
    })
}
