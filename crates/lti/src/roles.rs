//! What somebody is in the course that a launch came from (LTI 1.3 §A.2).

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Takes the course; whoever is nothing else.
    Learner,
    /// Gives the course.
    Teacher,
    /// Runs the platform.
    Administrator,
}

const CONTEXT: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership";
const SYSTEM: &str = "http://purl.imsglobal.org/vocab/lis/v2/system/person#";
const INSTITUTION: &str = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#";

/// The most that a list of roles gives. Unknown roles give nothing: who has none learns.
/// An institution's `Instructor` may be a learner of this very course.
pub fn standing<'a>(roles: impl IntoIterator<Item = &'a str>) -> Standing {
    roles
        .into_iter()
        .map(of_role)
        .max()
        .unwrap_or(Standing::Learner)
}

fn of_role(role: &str) -> Standing {
    if let Some(name) = role
        .strip_prefix(SYSTEM)
        .or_else(|| role.strip_prefix(INSTITUTION))
    {
        return match name {
            "Administrator" | "SysAdmin" => Standing::Administrator,
            _ => Standing::Learner,
        };
    }
    // A sub-role names its role before the `#`: `…/membership/Instructor#TeachingAssistant`.
    let context = match role.strip_prefix(CONTEXT) {
        Some(rest) => match rest.strip_prefix('/') {
            Some(sub) => sub.split('#').next().unwrap_or_default(),
            None => rest.trim_start_matches('#'),
        },
        // Short names are context roles (§A.2.3.1).
        None => role,
    };
    match context {
        "Instructor" | "ContentDeveloper" | "Administrator" => Standing::Teacher,
        _ => Standing::Learner,
    }
}
