//! Ids of rows, so that an account is never taken for a course; and fresh random ones.

use serde::{Deserialize, Serialize};

use crate::StoreError;

macro_rules! id {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $type(String);

        impl $type {
            /// Takes the text of an id that something else has made.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// The id of an account; not its name.
    AccountId
);
id!(
    /// The id of a course, as the configuration names it.
    CourseId
);

/// Characters of a random id: no two look alike, all are valid in every kind of name.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// Length of a random id: 20 characters of 5 bits cannot be guessed.
const RANDOM_ID_CHARS: usize = 20;

/// A fresh unguessable id: 20 characters of a-z and 2-9, 100 bits.
pub fn random_id() -> Result<String, StoreError> {
    let mut bytes = [0; RANDOM_ID_CHARS];
    getrandom::fill(&mut bytes).map_err(|cause| StoreError::Random {
        cause: cause.to_string(),
    })?;
    let character = |byte: u8| {
        let index = usize::from(byte) % ALPHABET.len();
        ALPHABET.get(index).map_or('a', |&c| char::from(c))
    };
    Ok(bytes.into_iter().map(character).collect())
}
