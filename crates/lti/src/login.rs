//! The sign-in that a platform begins, and our answer to it (Security Framework §5.1.1).

use url::Url;

use crate::message::ours;
use crate::{Platform, Refused};

/// Longest parameter of a request; a hint may be a whole token.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// What a platform sends to begin. None of it is signed: nothing but the choice of a registration
/// follows from it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoginRequest {
    /// The platform.
    pub issuer: String,
    /// Which registration, where the platform says so.
    pub client_id: Option<String>,
    /// Given back as it came.
    pub login_hint: String,
    /// Given back as it came.
    pub message_hint: Option<String>,
    /// Where the launch will lead.
    pub target: String,
    /// Which deployment, where the platform says so.
    pub deployment: Option<String>,
    /// Where the platform keeps our state, if it does (LTI Client Side postMessages 0.1).
    pub storage_target: Option<String>,
}

impl LoginRequest {
    /// Reads the parameters of a GET or a POST. A parameter counts once: of two, none.
    pub fn parse(pairs: &[(String, String)], tool: &Url) -> Result<Self, Refused> {
        let find = |name: &'static str| -> Result<Option<String>, Refused> {
            let mut values = pairs.iter().filter(|(key, _)| key == name);
            match (values.next(), values.next()) {
                (_, Some(_)) => Err(Refused::Malformed(name)),
                (Some((_, value)), None) if value.len() > MAX_VALUE_BYTES => {
                    Err(Refused::Malformed(name))
                }
                (found, None) => Ok(found
                    .map(|(_, value)| value.clone())
                    .filter(|value| !value.is_empty())),
            }
        };
        let required = |name| find(name)?.ok_or(Refused::Missing(name));
        let target = required("target_link_uri")?;
        ours(&target, tool)?;
        Ok(Self {
            issuer: required("iss")?,
            client_id: find("client_id")?,
            login_hint: required("login_hint")?,
            message_hint: find("lti_message_hint")?,
            target,
            deployment: find("lti_deployment_id")?,
            storage_target: find("lti_storage_target")?,
        })
    }
}

/// Where the browser goes next, by a GET: platforms' own cookies are `Lax` now, so that a POST from
/// our page would arrive without them.
pub fn auth_request(
    platform: &Platform,
    login: &LoginRequest,
    redirect: &Url,
    state: &str,
    nonce: &str,
) -> Url {
    let mut url = platform.auth_url.clone();
    {
        let mut query = url.query_pairs_mut();
        query
            .append_pair("scope", "openid")
            .append_pair("response_type", "id_token")
            .append_pair("response_mode", "form_post")
            .append_pair("prompt", "none")
            .append_pair("client_id", &platform.client_id)
            .append_pair("redirect_uri", redirect.as_str())
            .append_pair("login_hint", &login.login_hint)
            .append_pair("state", state)
            .append_pair("nonce", nonce);
        if let Some(hint) = &login.message_hint {
            query.append_pair("lti_message_hint", hint);
        }
    }
    url
}
