//! Tokens, invitation codes and asset tickets. Only hashes are stored; nothing here is logged.

use hmac::{Hmac, Mac};
use labwright_model::SessionId;
use labwright_store::ServerKey;
use sha2::{Digest, Sha256};

use crate::limits::TICKET_S;
use crate::words::Refusal;

/// Random bytes of a token: 256 bits cannot be guessed, so a plain hash of it is safe to store.
const TOKEN_BYTES: usize = 32;
/// Characters of a code that people type.
const SHORT_CHARS: usize = 8;

/// A fresh secret in hexadecimal.
pub(crate) fn fresh() -> Result<String, Refusal> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "the kernel gave no random bytes");
        Refusal::Internal
    })?;
    Ok(hex(&bytes))
}

/// A fresh code that people type: `k7m2-p9qx`, 40 bits of letters and digits that no two look alike.
/// That is enough for what has an end, and where tries are counted.
pub(crate) fn short() -> Result<String, Refusal> {
    let random = labwright_store::random_id()?;
    let half = |from| {
        random
            .chars()
            .skip(from)
            .take(SHORT_CHARS / 2)
            .collect::<String>()
    };
    Ok(format!("{}-{}", half(0), half(SHORT_CHARS / 2)))
}

/// A code as it is meant, however it was typed.
pub(crate) fn typed(code: &str) -> String {
    let plain: String = code
        .chars()
        .filter(|c| *c != '-' && !c.is_whitespace())
        .collect();
    if plain.chars().count() == SHORT_CHARS {
        plain.to_lowercase()
    } else {
        code.to_owned()
    }
}

/// What is stored of a secret.
pub(crate) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Signs links to a session's files: an `<img>` cannot send a bearer token.
#[derive(Clone)]
pub(crate) struct Tickets {
    key: Hmac<Sha256>,
}

impl Tickets {
    pub(crate) fn new(key: &ServerKey) -> Self {
        // Another purpose, another key.
        let mut mac = keyed(&key.secret);
        mac.update(b"labwright asset tickets");
        Self {
            key: keyed(&mac.finalize().into_bytes()),
        }
    }

    /// A ticket for the files of one session.
    pub(crate) fn make(&self, session: &SessionId, now_s: i64) -> String {
        // Rounded up, so that a page's addresses stay the same for hours and caches work.
        let until = (now_s / TICKET_S + 2) * TICKET_S;
        format!(
            "{until}-{}",
            hex(&self.sign(session, until).finalize().into_bytes())
        )
    }

    /// Whether a ticket is for this session and still good.
    pub(crate) fn check(&self, ticket: &str, session: &SessionId, now_s: i64) -> bool {
        let parsed = ticket
            .split_once('-')
            .and_then(|(until, mac)| Some((until.parse::<i64>().ok()?, unhex(mac)?)));
        parsed.is_some_and(|(until, mac)| {
            until > now_s && self.sign(session, until).verify_slice(&mac).is_ok()
        })
    }

    fn sign(&self, session: &SessionId, until: i64) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(session.as_str().as_bytes());
        mac.update(&until.to_be_bytes());
        mac
    }
}

/// Signs small values that a browser keeps for us. They can be read there, not made.
#[derive(Clone)]
pub(crate) struct Seal {
    key: Hmac<Sha256>,
}

impl Seal {
    /// Another `purpose`, another key.
    pub(crate) fn new(key: &ServerKey, purpose: &[u8]) -> Self {
        let mut mac = keyed(&key.secret);
        mac.update(purpose);
        Self {
            key: keyed(&mac.finalize().into_bytes()),
        }
    }

    /// A value with its signature, in letters and digits and one `-`.
    pub(crate) fn close(&self, value: &[u8]) -> String {
        let mac = self.sign(value).finalize().into_bytes();
        format!("{}-{}", hex(value), hex(&mac))
    }

    /// The value that was closed.
    pub(crate) fn open(&self, sealed: &str) -> Option<Vec<u8>> {
        let (value, mac) = sealed.split_once('-')?;
        let (value, mac) = (unhex(value)?, unhex(mac)?);
        self.sign(&value).verify_slice(&mac).ok().map(|()| value)
    }

    fn sign(&self, value: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.key.clone();
        mac.update(value);
        mac
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes keys of every length (RFC 2104 §3); an empty one stands for the impossible case.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    (0..text.len()).step_by(2).map(pair).collect()
}
