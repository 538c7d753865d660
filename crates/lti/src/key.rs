//! The tool's own keys: drawn, kept as text, shown as a JWK, used to sign.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _};
use rsa::rand_core::OsRng;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Bits of a fresh key (Security Framework §6.1: RS256 with at least 2048).
const BITS: usize = 2048;
/// Bytes of a key id.
const KEY_ID_BYTES: usize = 16;

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// None could be drawn.
    #[error("no key could be made")]
    Generate(#[source] rsa::Error),
    /// What was kept is none.
    #[error("the stored key cannot be read")]
    Stored,
    /// Signing failed.
    #[error("signing failed")]
    Sign(#[source] jsonwebtoken::errors::Error),
}

/// A key pair of the tool.
#[derive(Clone)]
pub struct ToolKey {
    id: String,
    stored: String,
    public: RsaPublicKey,
    signing: EncodingKey,
}

// A secret does not get into logs by way of `{:?}`.
impl std::fmt::Debug for ToolKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ToolKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl ToolKey {
    /// Draws a key. Takes a second or more: not in a task that others wait for.
    pub fn generate() -> Result<Self, KeyError> {
        let key = RsaPrivateKey::new(&mut OsRng, BITS).map_err(KeyError::Generate)?;
        let der = key.to_pkcs1_der().map_err(|_| KeyError::Stored)?;
        Ok(Self::of(&key, der.as_bytes()))
    }

    /// The key that [`ToolKey::stored`] gave.
    pub fn of_stored(text: &str) -> Result<Self, KeyError> {
        let der = STANDARD.decode(text).map_err(|_| KeyError::Stored)?;
        let key = RsaPrivateKey::from_pkcs1_der(&der).map_err(|_| KeyError::Stored)?;
        Ok(Self::of(&key, &der))
    }

    fn of(key: &RsaPrivateKey, der: &[u8]) -> Self {
        let public = key.to_public_key();
        let digest = Sha256::digest(public.n().to_bytes_be());
        let id = digest.get(..KEY_ID_BYTES).unwrap_or_default();
        Self {
            id: URL_SAFE_NO_PAD.encode(id),
            stored: STANDARD.encode(der),
            signing: EncodingKey::from_rsa_der(der),
            public,
        }
    }

    /// Its id: made of the key, so the same key has the same id ever after.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The secret as text, for the store.
    pub fn stored(&self) -> &str {
        &self.stored
    }

    /// The public half (RFC 7517 §4, RFC 7518 §6.3.1).
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "RSA",
            "alg": "RS256",
            "use": "sig",
            "kid": self.id,
            "n": URL_SAFE_NO_PAD.encode(self.public.n().to_bytes_be()),
            "e": URL_SAFE_NO_PAD.encode(self.public.e().to_bytes_be()),
        })
    }

    /// Signs claims.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, KeyError> {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.id.clone());
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(KeyError::Sign)
    }
}

/// The document that platforms read our keys from. An old key stays in it until nothing that it
/// has signed is looked at any more.
pub fn key_set<'a>(keys: impl IntoIterator<Item = &'a ToolKey>) -> Value {
    let keys: Vec<Value> = keys.into_iter().map(ToolKey::jwk).collect();
    json!({ "keys": keys })
}
