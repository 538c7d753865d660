//! The people of a course: invitations, and rosters that teachers bring.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Role;

/// The people of a course and the doors into it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoursePeople {
    /// The course's id.
    pub course: String,
    /// Its title.
    pub title: String,
    /// Everybody, by name.
    pub people: Vec<CoursePerson>,
    /// Invitations that still let somebody in; personal codes are not among them.
    pub invitations: Vec<OpenInvitation>,
    /// The last roster, which can be undone.
    pub roster: Option<LastRoster>,
}

/// Somebody of a course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoursePerson {
    /// The account's id.
    pub id: String,
    /// The sign-in name.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// What they are in the course.
    pub role: Role,
    /// The part of the course that they are in.
    pub group: Option<String>,
    /// When all that is held on them is erased, if they asked for it.
    pub erase_at: Option<i64>,
}

/// An invitation as its makers see it. Its code is not known any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OpenInvitation {
    /// Its id.
    pub id: String,
    /// What people become by it.
    pub role: Role,
    /// The first characters of a code that is typed; empty: a link.
    pub hint: String,
    /// When it was made.
    pub made_at: i64,
    /// Until when it can be used.
    pub expires_at: i64,
    /// How many it still lets in.
    pub uses_left: u32,
}

/// A roster that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastRoster {
    /// When.
    pub made_at: i64,
    /// How many it brought into the course.
    pub joined: u32,
}

/// A file with people: CSV with a header, in UTF-8, UTF-16 or Windows-1252, as Base64.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct RosterFile {
    /// The bytes of the file in Base64.
    #[serde(default)]
    pub file: String,
    /// Apply it; else it is only read.
    #[serde(default)]
    pub apply: bool,
}

/// A roster that was read, or applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Roster {
    /// The encoding that the file was taken for.
    pub encoding: String,
    /// It was applied.
    pub applied: bool,
    /// Its people.
    pub people: Vec<RosterPerson>,
    /// Lines that are left out.
    pub faults: Vec<RosterFault>,
}

/// Somebody of a roster.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RosterPerson {
    /// Line of the file, from 1.
    pub line: u64,
    /// The sign-in name.
    pub name: String,
    /// The name that others see.
    pub display_name: String,
    /// The part of the course.
    pub group: Option<String>,
    /// What the roster does for them.
    pub change: RosterChange,
    /// The personal code by which they choose a password: told once.
    pub code: Option<String>,
}

/// What a roster does for somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RosterChange {
    /// An account is made, and joins.
    New,
    /// Their account joins.
    Joins,
    /// They are in the course; only the group may change.
    Stays,
    /// They teach the course, and go on doing so.
    Teaches,
}

/// A line that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RosterFault {
    /// Line of the file, from 1.
    pub line: u64,
    /// Why.
    pub fault: RosterFaultKind,
}

/// Why a line is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RosterFaultKind {
    /// No column says who people are.
    NoHeader,
    /// Neither a sign-in name nor an e-mail address.
    NoLogin,
    /// It cannot be a sign-in name.
    BadLogin,
    /// It is no e-mail address.
    BadEmail,
    /// An earlier line has the same sign-in name.
    Twice,
    /// More people than one roster may have.
    TooMany,
    /// It cannot be read as CSV.
    Unreadable,
}

/// How many people left a course when a roster was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RosterUndone {
    /// So many. Who has worked in the course stays.
    pub left: u32,
}

// No `Debug` that prints codes or people.
impl std::fmt::Debug for RosterFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RosterFile").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RosterPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RosterPerson").finish_non_exhaustive()
    }
}
