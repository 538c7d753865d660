//! Whether an `id_token` is one: signature, issuer, audience, times, nonce (Security Framework §5.1.3).

use jsonwebtoken::{Algorithm, Validation};
use serde_json::Value;

use crate::{Claims, KeySet, Refused};

/// Longest token that is looked at.
pub const MAX_TOKEN_BYTES: usize = 128 * 1024;
/// How far two clocks may differ, in seconds.
pub const LEEWAY_S: i64 = 60;
/// How old a token may be: the sign-in that it answers lasts no longer, in seconds.
const MAX_AGE_S: i64 = 600;
/// How long a token may be good for, in seconds.
const MAX_LIFE_S: i64 = 24 * 60 * 60;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// `iss`.
    pub issuer: &'a str,
    /// Our client id.
    pub client_id: &'a str,
    /// The nonce that went with this state.
    pub nonce: &'a str,
    /// Now, in seconds since 1970.
    pub now_s: i64,
}

/// Which key a token says it was signed with. Nothing of it may be believed yet: this only helps to
/// fetch a key set that may have changed.
pub fn unverified_key_id(token: &str) -> Result<String, Refused> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Refused::NotJwt);
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| malformed(token))?;
    if header.alg != Algorithm::RS256 {
        return Err(Refused::Algorithm);
    }
    // We know no extension that must be understood (RFC 7515 §4.1.11).
    if header.crit.is_some() {
        return Err(Refused::NotJwt);
    }
    header
        .kid
        .filter(|id| !id.is_empty())
        .ok_or(Refused::NoKeyId)
}

/// Checks a token and gives its claims. Keys come from the registered key set alone: `jku`, `jwk`,
/// `x5u` and `x5c` of the header are never looked at.
pub fn verify(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Claims, Refused> {
    let key = keys.find(&unverified_key_id(token)?)?;
    // Times, issuer and audience are checked below, by the clock that was given.
    let mut signature_only = Validation::new(Algorithm::RS256);
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    let decoded =
        jsonwebtoken::decode::<Value>(token, &key, &signature_only).map_err(|error| match error
            .kind()
        {
            jsonwebtoken::errors::ErrorKind::InvalidSignature => Refused::Signature,
            // The algorithm was looked at with the header.
            _ => Refused::NotJwt,
        })?;
    let claims = decoded.claims;
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(Refused::Issuer);
    }
    audience(&claims, expected.client_id)?;
    times(&claims, expected.now_s)?;
    if claims.get("nonce").and_then(Value::as_str) != Some(expected.nonce)
        || expected.nonce.is_empty()
    {
        return Err(Refused::Nonce);
    }
    serde_json::from_value(claims).map_err(|_| Refused::Malformed("claims"))
}

/// `alg: none` and the like are no algorithm that the reader knows; the rest is no JWT.
fn malformed(token: &str) -> Refused {
    use base64::Engine as _;
    let head = token.split('.').next().unwrap_or_default();
    let decoded = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(head);
    let header = decoded
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let algorithm = header
        .as_ref()
        .and_then(|header| header.get("alg")?.as_str())
        .filter(|algorithm| *algorithm != "RS256");
    match algorithm {
        Some(_) => Refused::Algorithm,
        None => Refused::NotJwt,
    }
}

fn audience(claims: &Value, client_id: &str) -> Result<(), Refused> {
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&client_id) {
        return Err(Refused::Audience);
    }
    match claims.get("azp") {
        None if audiences.len() > 1 => Err(Refused::AuthorisedParty),
        Some(azp) if azp.as_str() != Some(client_id) => Err(Refused::AuthorisedParty),
        _ => Ok(()),
    }
}

fn times(claims: &Value, now: i64) -> Result<(), Refused> {
    let exp = number(claims, "exp")?.ok_or(Refused::Missing("exp"))?;
    let iat = number(claims, "iat")?.ok_or(Refused::Missing("iat"))?;
    if exp <= now - LEEWAY_S {
        return Err(Refused::Expired);
    }
    if iat > now + LEEWAY_S {
        return Err(Refused::FromTheFuture);
    }
    if iat < now - MAX_AGE_S - LEEWAY_S {
        return Err(Refused::TooOld);
    }
    if exp - iat > MAX_LIFE_S {
        return Err(Refused::TooLong);
    }
    if number(claims, "nbf")?.is_some_and(|nbf| nbf > now + LEEWAY_S) {
        return Err(Refused::FromTheFuture);
    }
    Ok(())
}

/// A NumericDate (RFC 7519 §2); fractions are allowed, and cut off.
fn number(claims: &Value, name: &'static str) -> Result<Option<i64>, Refused> {
    /// Beyond this a floating number is no whole second any more.
    const LIMIT: f64 = 9e15;
    let Some(value) = claims.get(name) else {
        return Ok(None);
    };
    if let Some(whole) = value.as_i64() {
        // So far from now that sums could overflow.
        return if whole.unsigned_abs() < 1 << 53 {
            Ok(Some(whole))
        } else {
            Err(Refused::Malformed(name))
        };
    }
    match value.as_f64() {
        #[allow(clippy::cast_possible_truncation)]
        Some(fraction) if fraction.abs() < LIMIT => Ok(Some(fraction.floor() as i64)),
        _ => Err(Refused::Malformed(name)),
    }
}
