//! The members of a course, page by page (Names and Roles 2.0 §2).

use serde::Deserialize;
use url::Url;

use crate::{Platform, Refused};

/// Most members of one page.
const MAX_MEMBERS: usize = 10_000;

/// Somebody in the platform's course.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Member {
    /// Who, as `sub` of a launch says.
    pub user_id: String,
    /// Full or short names.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where the platform shares it.
    #[serde(default)]
    pub name: Option<String>,
    /// Where the platform shares it.
    #[serde(default)]
    pub email: Option<String>,
    /// `Active` when absent; `Inactive` and `Deleted` are gone.
    #[serde(default)]
    pub status: Option<String>,
}

impl Member {
    /// Whether they are in the course now.
    pub fn is_active(&self) -> bool {
        self.status
            .as_deref()
            .is_none_or(|status| status == "Active")
    }
}

/// A page of members.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct MembersPage {
    /// Who.
    pub members: Vec<Member>,
}

/// Reads a page.
pub fn parse_members(body: &[u8]) -> Result<MembersPage, Refused> {
    let page: MembersPage =
        serde_json::from_slice(body).map_err(|_| Refused::Malformed("members"))?;
    if page.members.len() > MAX_MEMBERS {
        return Err(Refused::Malformed("members"));
    }
    Ok(page)
}

/// Where the next page is, from the `Link` headers (RFC 8288 §3); an address of the platform or none.
pub fn next_page<'a>(
    links: impl IntoIterator<Item = &'a str>,
    platform: &Platform,
) -> Result<Option<Url>, Refused> {
    for header in links {
        for (target, parameters) in parse_links(header) {
            if parameters.iter().any(|parameter| is_next(parameter)) {
                return platform.own("next", target).map(Some);
            }
        }
    }
    Ok(None)
}

/// `<address>; name=value; …, <address>; …`. A comma within `<>` belongs to the address.
fn parse_links(header: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    let mut rest = header;
    while let Some((_, from)) = rest.split_once('<') {
        let Some((target, after)) = from.split_once('>') else {
            break;
        };
        let end = after.find(",").filter(|at| {
            let parameters = after.get(..*at).unwrap_or_default();
            parameters.matches('"').count() % 2 == 0
        });
        let parameters = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
        found.push((target, parameters.split(';').map(str::trim).collect()));
        rest = after.get(parameters.len()..).unwrap_or_default();
    }
    found
}

fn is_next(parameter: &str) -> bool {
    let Some((name, value)) = parameter.split_once('=') else {
        return false;
    };
    let mut relations = value.trim().trim_matches('"').split_whitespace();
    name.trim().eq_ignore_ascii_case("rel")
        && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
}
