//! Expected answers for those who judge in the learner's own hands: a page without server gets no answer that it can read
//! where a digest does. What can be tried one by one (a choice, a small number) can still be found by trying.

use hmac::{Hmac, Mac as _};
use labwright_model::{Answer, Expect};
use sha2::Sha256;

use crate::CompareError;
use crate::answer::{Number, choice, folded, number};

/// Rounds of PBKDF2: a moment for a learner, long for who tries a dictionary.
pub const SEAL_ROUNDS: u32 = 50_000;

/// What an answer is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Sealed {
    /// The digest of the text as it was typed.
    Exact(String),
    /// The digest of the trimmed, composed, case-folded text.
    Text(String),
    /// The digest of the choice's number, from 0.
    Choice(String),
    /// The digest of a whole number in decimal digits.
    Whole(String),
    /// A number that is measured: no digest can do that.
    Near {
        /// The value, as Rust writes it.
        value: f64,
        /// How far the answer may be off.
        tolerance: f64,
    },
}

/// Seals what `expect` says, its templates filled. [`crate::compare`] and a page that follows
/// `docs/lab-in-a-tab.md` give the same verdicts.
pub fn seal(
    expect: &Expect,
    value: &str,
    kind: &Answer,
    salt: &str,
) -> Result<Sealed, CompareError> {
    let digest = |text: &str| sealed_digest(salt, text);
    match kind {
        Answer::Choice(choices) => {
            let at = choice(choices, value).ok_or_else(|| CompareError::NotChoice {
                value: value.to_owned(),
            })?;
            Ok(Sealed::Choice(digest(&at.to_string())))
        }
        _ if expect.exact => Ok(Sealed::Exact(digest(value))),
        Answer::Text => Ok(Sealed::Text(digest(&folded(value)))),
        Answer::Number => match number(value) {
            None => Err(CompareError::NotNumber {
                value: value.to_owned(),
            }),
            Some(Number::Whole(whole)) if expect.tolerance == 0.0 => {
                Ok(Sealed::Whole(digest(&whole.to_string())))
            }
            Some(number) => Ok(Sealed::Near {
                value: number.real(),
                tolerance: expect.tolerance,
            }),
        },
    }
}

/// PBKDF2 (RFC 8018) with HMAC-SHA-256, one block, in hexadecimal.
pub fn sealed_digest(salt: &str, text: &str) -> String {
    // HMAC takes keys of any length; the error type has no other case.
    let keyed = Hmac::<Sha256>::new_from_slice(text.as_bytes())
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    let mut first = keyed.clone();
    first.update(salt.as_bytes());
    first.update(&1_u32.to_be_bytes());
    let mut round: [u8; 32] = first.finalize().into_bytes().into();
    let mut sum = round;
    for _ in 1..SEAL_ROUNDS {
        let mut next = keyed.clone();
        next.update(&round);
        round = next.finalize().into_bytes().into();
        for (sum, byte) in sum.iter_mut().zip(round) {
            *sum ^= byte;
        }
    }
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
