//! A platform with its key, and tokens that it makes.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use labwright_lti::{
    Expected, KeySet, Message, Platform, Refused, ToolKey, check_message, key_set, verify,
};
use serde_json::{Value, json};
use url::Url;

/// Now, for every test.
pub const NOW: i64 = 1_800_000_000;
pub const ISSUER: &str = "https://lms.example.org";
pub const CLIENT: &str = "client-1";
pub const NONCE: &str = "nonce-of-this-sign-in";

pub static PLATFORM_KEY: LazyLock<ToolKey> = LazyLock::new(|| ToolKey::generate().unwrap());
pub static OTHER_KEY: LazyLock<ToolKey> = LazyLock::new(|| ToolKey::generate().unwrap());

pub fn claim(name: &str) -> String {
    format!("https://purl.imsglobal.org/spec/lti/claim/{name}")
}

pub fn platform() -> Platform {
    let url = |path: &str| Url::parse(&format!("{ISSUER}{path}")).unwrap();
    Platform {
        issuer: ISSUER.into(),
        client_id: CLIENT.into(),
        auth_url: url("/auth"),
        token_url: url("/token"),
        keyset_url: url("/keys"),
        token_audience: None,
        deployments: vec!["1".into()],
        origins: vec![Url::parse("https://school.example.org").unwrap()],
    }
}

pub fn tool() -> Url {
    Url::parse("https://labs.example.net/").unwrap()
}

/// A learner's launch as Open edX sends it, in short.
pub fn launch() -> Value {
    json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "5b2d", "nonce": NONCE, "iat": NOW - 5, "exp": NOW + 295,
        "name": "Alice Learner", "email": "alice@example.org",
        claim("version"): "1.3.0",
        claim("message_type"): "LtiResourceLinkRequest",
        claim("deployment_id"): "1",
        claim("target_link_uri"): "https://labs.example.net/lti/launch",
        claim("resource_link"): { "id": "block-v1:Org+C+R+type@lti+block@1", "title": "Lab" },
        claim("roles"): ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        claim("context"): { "id": "course-v1:Org+C+R", "title": "LTI 101" },
        claim("custom"): { "labwright": "nets/tiny" },
        "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {
            "scope": ["https://purl.imsglobal.org/spec/lti-ags/scope/score"],
            "lineitems": "https://lms.example.org/lineitems", "lineitem": "https://lms.example.org/lineitems/7?type_id=1",
        },
    })
}

pub fn deep_linking() -> Value {
    let mut claims = launch();
    claims[claim("message_type")] = json!("LtiDeepLinkingRequest");
    claims[claim("roles")] =
        json!(["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]);
    claims["https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"] = json!({
        "deep_link_return_url": "https://school.example.org/return",
        "accept_types": ["link", "ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "data": { "opaque": [1, "two"] },
    });
    claims
}

/// Signs with the platform's key.
pub fn signed(claims: &Value) -> String {
    PLATFORM_KEY.sign(claims).unwrap()
}

/// Signs with any key under any head.
pub fn signed_under(header: &Header, claims: &Value, key: &ToolKey) -> String {
    jsonwebtoken::encode(header, claims, &encoding(key)).unwrap()
}

pub fn encoding(key: &ToolKey) -> EncodingKey {
    let der = base64::engine::general_purpose::STANDARD
        .decode(key.stored())
        .unwrap();
    EncodingKey::from_rsa_der(&der)
}

pub fn head(algorithm: Algorithm, key: Option<&str>) -> Header {
    let mut header = Header::new(algorithm);
    header.kid = key.map(str::to_owned);
    header
}

/// A token of any parts, unsigned.
pub fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

pub fn keys() -> KeySet {
    KeySet::parse(key_set([&*PLATFORM_KEY]).to_string().as_bytes()).unwrap()
}

pub fn expected() -> Expected<'static> {
    Expected {
        issuer: ISSUER,
        client_id: CLIENT,
        nonce: NONCE,
        now_s: NOW,
    }
}

/// All checks of a token, as the server makes them.
pub fn take(token: &str, keys: &KeySet) -> Result<Message, Refused> {
    check_message(verify(token, keys, &expected())?, &platform(), &tool())
}
