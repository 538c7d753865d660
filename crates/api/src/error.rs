//! What every refused request answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The body of every reply that is not a success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorReply {
    /// What went wrong.
    pub error: ErrorBody,
}

/// What went wrong, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// For programs, snake_case: `sign_in_failed`, `not_found`, `not_ready`, …
    pub code: String,
    /// For people, in the language of the request: the object and the cause.
    pub message: String,
    /// What to do now; empty when there is nothing to say.
    pub hint: String,
}
