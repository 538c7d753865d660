//! How the tool proves who it is, and the access token that it gets for it (Security Framework §4.1).

use serde::Deserialize;
use serde_json::json;

use crate::{KeyError, Platform, ToolKey};

/// How long an assertion is good for, in seconds.
const LIFE_S: i64 = 300;
/// Life of a token whose platform does not say, in seconds.
const DEFAULT_TOKEN_S: i64 = 600;
/// A token is not used in its last moments, in seconds.
const MARGIN_S: i64 = 30;

/// `private_key_jwt` (RFC 7523 §3).
pub fn client_assertion(
    key: &ToolKey,
    platform: &Platform,
    id: &str,
    now_s: i64,
) -> Result<String, KeyError> {
    let audience = platform
        .token_audience
        .as_deref()
        .unwrap_or(platform.token_url.as_str());
    key.sign(&json!({
        "iss": platform.client_id,
        "sub": platform.client_id,
        "aud": audience,
        "iat": now_s,
        "exp": now_s + LIFE_S,
        "jti": id,
    }))
}

/// The form that asks for a token.
pub fn token_form(assertion: &str, scopes: &[&str]) -> String {
    url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair(
            "client_assertion_type",
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        )
        .append_pair("client_assertion", assertion)
        .append_pair("scope", &scopes.join(" "))
        .finish()
}

/// A token for the platform's services.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// The token.
    pub token: String,
    /// Until when it is used, in seconds since 1970.
    pub until_s: i64,
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessToken")
            .field("until_s", &self.until_s)
            .finish_non_exhaustive()
    }
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The platform refused: its OAuth error code (RFC 6749 §5.2).
    #[error("the platform gave no token: {code}")]
    Refused {
        /// `invalid_client`, …
        code: String,
    },
    /// The platform is in trouble.
    #[error("the platform gave no token (status {status})")]
    Trouble {
        /// HTTP status.
        status: u16,
    },
    /// What came is no token.
    #[error("the platform's answer is no token")]
    Unreadable,
}

/// Reads the answer to [`token_form`].
pub fn parse_token(status: u16, body: &[u8], now_s: i64) -> Result<AccessToken, TokenError> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: String,
        #[serde(default)]
        token_type: Option<String>,
        #[serde(default)]
        expires_in: Option<serde_json::Value>,
    }
    #[derive(Deserialize)]
    struct Denied {
        error: String,
    }
    if !(200..300).contains(&status) {
        return Err(match serde_json::from_slice::<Denied>(body) {
            Ok(denied) if (400..500).contains(&status) => TokenError::Refused {
                code: denied.error.chars().take(64).collect(),
            },
            _ => TokenError::Trouble { status },
        });
    }
    let granted: Granted = serde_json::from_slice(body).map_err(|_| TokenError::Unreadable)?;
    let bearer = granted
        .token_type
        .as_deref()
        .is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    let printable = granted
        .access_token
        .bytes()
        .all(|byte| byte.is_ascii_graphic());
    if !bearer || !printable || granted.access_token.is_empty() {
        return Err(TokenError::Unreadable);
    }
    // Some platforms write the number as a text.
    let seconds = granted.expires_in.as_ref().and_then(|value| {
        let text = value.as_str().and_then(|text| text.parse().ok());
        value.as_i64().or(text)
    });
    let life = seconds.unwrap_or(DEFAULT_TOKEN_S).clamp(0, 24 * 60 * 60);
    Ok(AccessToken {
        token: granted.access_token,
        until_s: now_s + (life - MARGIN_S).max(1),
    })
}
