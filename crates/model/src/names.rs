//! Newtypes for the names that people write, parsed once at the edge.

use serde::{Deserialize, Serialize};

/// Why a word is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} `{text}` is not valid: use {allowed}")]
pub struct NameError {
    /// Which kind of name it should have been.
    pub what: &'static str,
    /// The offending text.
    pub text: String,
    /// The allowed form, in words.
    pub allowed: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $max:literal, $extra:literal, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $type(String);

        impl $type {
            /// What is allowed, in words.
            pub const ALLOWED: &'static str = $allowed;

            /// Parses the text of a name.
            pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
                let text = text.into();
                let fits = !text.is_empty()
                    && text.len() <= $max
                    && !text.starts_with('-')
                    && text
                        .chars()
                        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || $extra.contains(c));
                if fits {
                    Ok(Self(text))
                } else {
                    Err(NameError { what: $what, text, allowed: $allowed })
                }
            }

            /// The text of the name.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl std::str::FromStr for $type {
            type Err = NameError;
            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> String {
                name.0
            }
        }

        impl std::borrow::Borrow<str> for $type {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// The name of a lab.
    LabName, "lab name", 63, "-", "1 to 63 of a-z, 0-9 and -, not starting with -"
);
name!(
    /// The name of a node, also its host name.
    NodeName, "node name", 63, "-", "1 to 63 of a-z, 0-9 and -, not starting with -"
);
name!(
    /// The name of a network.
    NetworkName, "network name", 63, "-", "1 to 63 of a-z, 0-9 and -, not starting with -"
);
name!(
    /// The id of a task, unique in its lab.
    TaskId, "task id", 63, "-_", "1 to 63 of a-z, 0-9, - and _, not starting with -"
);
name!(
    /// The name of a parameter.
    ParamName, "parameter name", 63, "-_", "1 to 63 of a-z, 0-9, - and _, not starting with -"
);
name!(
    /// The id of a session. Chosen by the server, unguessable; also names its machine.
    SessionId, "session id", 40, "-", "1 to 40 of a-z, 0-9 and -, not starting with -"
);
