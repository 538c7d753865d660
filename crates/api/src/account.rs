//! People: signing in, invitations.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a person may do, everywhere or in one course.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Works on labs.
    Learner,
    /// Also sees the learners' progress in the courses that they teach.
    Teacher,
    /// Also sees and stops every session.
    Operator,
}

/// Signs a person in.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignIn {
    /// The sign-in name.
    pub name: String,
    /// The password.
    pub password: String,
}

/// A signed-in person and the token that proves it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// Bearer token: `Authorization: Bearer …`, or the first message of a WebSocket.
    pub token: String,
    /// Who it is.
    pub account: Account,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// The sign-in name.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// The most that it may do anywhere.
    pub role: Role,
    /// The language that it chose (`en`, `fr`), if it did.
    pub language: Option<String>,
}

/// How people sign in here, beside name and password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInWays {
    /// An OpenID Connect provider's name for the button of `/sign-in/oidc`.
    pub provider: Option<String>,
}

/// What an invitation link leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    /// The course's id.
    pub course: String,
    /// The course's title.
    pub title: String,
    /// What the person becomes in it.
    pub role: Role,
    /// Until when it can be used.
    pub expires_at: i64,
    /// It is for one person, whose sign-in name this is: only the password is to be chosen.
    pub name: Option<String>,
}

/// Makes an account from an invitation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Join {
    /// The sign-in name to have.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// The password to have: at least 10 characters.
    pub password: String,
}

// No `Debug` that prints secrets: these three may end up in an error or a log line.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedIn").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Join {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Join").finish_non_exhaustive()
    }
}
