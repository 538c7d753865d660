//! A platform's public keys (RFC 7517 §5).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::Refused;

/// Fewest bits of a key that is believed.
pub const MIN_RSA_BITS: usize = 2048;
/// Most keys of a platform.
const MAX_KEYS: usize = 64;

/// The keys of a platform that this tool can use. Others are passed over: a set may hold keys for
/// other purposes.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<Jwk>,
}

#[derive(Debug, Clone, Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    alg: Option<String>,
    #[serde(default, rename = "use")]
    usage: Option<String>,
    #[serde(default)]
    n: String,
    #[serde(default)]
    e: String,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Reads a key set.
    pub fn parse(text: &[u8]) -> Result<Self, Refused> {
        let document: Document = serde_json::from_slice(text).map_err(|_| Refused::BadKeySet)?;
        if document.keys.len() > MAX_KEYS {
            return Err(Refused::BadKeySet);
        }
        let read = |key| serde_json::from_value::<Jwk>(key).ok();
        let mut keys: Vec<Jwk> = document.keys.into_iter().filter_map(read).collect();
        keys.retain(Jwk::signs);
        Ok(Self { keys })
    }

    /// How many usable keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The one key of an id.
    pub(crate) fn find(&self, id: &str) -> Result<DecodingKey, Refused> {
        let mut found = self
            .keys
            .iter()
            .filter(|key| key.kid.as_deref() == Some(id));
        let key = found.next().ok_or(Refused::UnknownKey)?;
        if found.next().is_some() {
            return Err(Refused::DuplicateKey);
        }
        key.decoding()
    }
}

impl Jwk {
    /// Whether it is an RSA key for RS256 signatures; absent members say nothing against it.
    fn signs(&self) -> bool {
        let fits = |value: &Option<String>, wanted: &str| {
            value.as_deref().is_none_or(|value| value == wanted)
        };
        self.kty == "RSA" && fits(&self.alg, "RS256") && fits(&self.usage, "sig")
    }

    fn decoding(&self) -> Result<DecodingKey, Refused> {
        let number = |text: &str| {
            URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .map_err(|_| Refused::BadKeySet)
        };
        let (n, e) = (number(&self.n)?, number(&self.e)?);
        if bits(&n) < MIN_RSA_BITS {
            return Err(Refused::WeakKey);
        }
        Ok(DecodingKey::from_rsa_raw_components(&n, &e))
    }
}

/// Bits of a number, most significant byte first.
fn bits(number: &[u8]) -> usize {
    let significant = number.iter().position(|byte| *byte != 0);
    let Some((first, rest)) = significant.and_then(|at| number.get(at..)?.split_first()) else {
        return 0;
    };
    let leading = usize::try_from(first.leading_zeros()).unwrap_or(0);
    8 - leading + 8 * rest.len()
}
