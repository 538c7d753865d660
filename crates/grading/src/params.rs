//! A learner's parameters: drawn from the server's key, so that every start gives the same.
//!
//! The bytes for a parameter are HMAC-SHA256 (RFC 2104) of lab, learner, name and a counter;
//! numbers are drawn from them by rejection, so that none is likelier than another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hmac::{Hmac, Mac as _};
use indexmap::IndexMap;
use labwright_model::{Lab, Param, ParamName};
use sha2::Sha256;

/// Separates these bytes from any other use of the same key; a change of the drawing changes it.
const DOMAIN: &[u8] = b"labwright parameters 1";

/// Why a parameter cannot be drawn. A lab that passed `lint` gives none of these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// Nothing to choose from.
    #[error("parameter {name} has nothing to choose from")]
    Empty {
        /// The parameter.
        name: ParamName,
    },
    /// The first number is above the last.
    #[error("parameter {name}: there is no number from {first} to {last}")]
    NoNumber {
        /// The parameter.
        name: ParamName,
        /// Its first number.
        first: i64,
        /// Its last number.
        last: i64,
    },
    /// The surrounding prefix is none, or too small.
    #[error("parameter {name}: there is no /{prefix} inside `{within}`")]
    NoSubnet {
        /// The parameter.
        name: ParamName,
        /// The surrounding prefix.
        within: String,
        /// The wanted prefix length.
        prefix: u8,
    },
}

/// The parameters of `subject` (a learner or a group) in a lab, in the author's order.
pub fn params(
    key: &[u8],
    lab: &Lab,
    subject: &str,
) -> Result<IndexMap<String, String>, ParamError> {
    lab.params
        .iter()
        .map(|(name, param)| {
            let mut bytes = Bytes::new(key, &[lab.name.as_str(), subject, name.as_str()]);
            Ok((name.to_string(), draw(name, param, &mut bytes)?))
        })
        .collect()
}

fn draw(name: &ParamName, param: &Param, bytes: &mut Bytes) -> Result<String, ParamError> {
    match param {
        Param::Choose(values) => {
            let index = bytes.below(values.len() as u128);
            usize::try_from(index)
                .ok()
                .and_then(|index| values.get(index))
                .cloned()
                .ok_or_else(|| ParamError::Empty { name: name.clone() })
        }
        &Param::Int(first, last) => {
            let span = i128::from(last) - i128::from(first) + 1;
            let span = u128::try_from(span).unwrap_or_default();
            if span == 0 {
                return Err(ParamError::NoNumber {
                    name: name.clone(),
                    first,
                    last,
                });
            }
            // Below 2^64, so that the sum stays in range.
            let offset = i128::try_from(bytes.below(span)).unwrap_or_default();
            Ok((i128::from(first) + offset).to_string())
        }
        Param::Hex(digits) => Ok((0..*digits)
            .map(|_| char::from_digit(u32::from(bytes.next() & 0xf), 16).unwrap_or('0'))
            .collect()),
        Param::Subnet { within, prefix } => {
            draw_subnet(within, *prefix, bytes).ok_or_else(|| ParamError::NoSubnet {
                name: name.clone(),
                within: within.clone(),
                prefix: *prefix,
            })
        }
    }
}

/// A subnet of `prefix` bits inside `within`, host bits zero: `10.3.7.0/24`.
fn draw_subnet(within: &str, prefix: u8, bytes: &mut Bytes) -> Option<String> {
    let (address, length) = within.split_once('/')?;
    let address: IpAddr = address.trim().parse().ok()?;
    let length: u32 = length.trim().parse().ok()?;
    let prefix = u32::from(prefix);
    let width = if address.is_ipv4() { 32 } else { 128 };
    if length > prefix || prefix > width {
        return None;
    }
    let base = match address {
        IpAddr::V4(v4) => u128::from(u32::from(v4)),
        IpAddr::V6(v6) => u128::from(v6),
    };
    // The number of subnets is a power of two, so that masking is as fair as rejection.
    let free_bits = prefix - length;
    let index = bytes.number() & low_bits(free_bits);
    let kept = base & !low_bits(width - length);
    let drawn = kept | index.checked_shl(width - prefix).unwrap_or(0);
    let drawn = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(drawn).ok()?)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(drawn)),
    };
    Some(format!("{drawn}/{prefix}"))
}

fn low_bits(count: u32) -> u128 {
    1_u128
        .checked_shl(count)
        .map_or(u128::MAX, |power| power - 1)
}

/// An endless stream of bytes that belongs to one parameter of one learner.
struct Bytes {
    keyed: Hmac<Sha256>,
    counter: u64,
    block: Vec<u8>,
}

impl Bytes {
    fn new(key: &[u8], labels: &[&str]) -> Self {
        // HMAC takes keys of any length; the error type has no other case.
        let mut keyed = Hmac::<Sha256>::new_from_slice(key)
            .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
        keyed.update(DOMAIN);
        for label in labels {
            // The length keeps ("a", "bc") and ("ab", "c") apart.
            keyed.update(&(label.len() as u64).to_be_bytes());
            keyed.update(label.as_bytes());
        }
        Self {
            keyed,
            counter: 0,
            block: Vec::new(),
        }
    }

    fn next(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.block.pop() {
                return byte;
            }
            let mut block = self.keyed.clone();
            block.update(&self.counter.to_be_bytes());
            self.counter += 1;
            // Taken from the end, so turned round: first byte first.
            self.block = block.finalize().into_bytes().into_iter().rev().collect();
        }
    }

    fn number(&mut self) -> u128 {
        (0..16).fold(0, |number, _| number << 8 | u128::from(self.next()))
    }

    /// A number below `end`, each equally likely; 0 when `end` is 0.
    fn below(&mut self, end: u128) -> u128 {
        if end == 0 {
            return 0;
        }
        let fair = u128::MAX - u128::MAX % end;
        loop {
            let number = self.number();
            if number < fair {
                return number % end;
            }
        }
    }
}
