//! The configuration file: plain TOML, every key refused that means nothing.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use toml::value::Datetime;

use crate::rules::{RuleConfig, unix_ms};

/// What an operator writes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen, `address:port`. `127.0.0.1:8080` by default.
    pub listen: Option<SocketAddr>,
    /// How browsers reach it, such as `https://labs.example.org`. Needed behind a proxy, and
    /// wherever people use a host name.
    pub public_url: Option<String>,
    /// Below which domain pages that come out of labs are served (`web` and `page` tabs), such as
    /// `labs-apps.example.net`; every name below it must lead here. It shares no registered domain
    /// with `public_url`. On one's own machine `apps.localhost` by default; else those tabs stay
    /// shut.
    pub apps_domain: Option<String>,
    /// A proxy of yours stands in front: the last address of `X-Forwarded-For` is the client's.
    pub behind_proxy: bool,
    /// Database and autosaves; `$LABWRIGHT_STATE` by default.
    pub state: Option<PathBuf>,
    /// A folder that holds `wireshark/`, the bundle of dissectors; beside the program by default.
    pub bundles: Option<PathBuf>,
    /// A folder of labs that learners may also run in their own browser: each a folder of the lab's name that
    /// `labwright export DIR --as web` made. `in-browser` in the state folder by default.
    pub browser_labs: Option<PathBuf>,
    /// Labs without nodes are offered to learners' browsers by themselves. Their answers are then in learners' hands.
    pub offer_in_browser: bool,
    /// What desktop tabs show is recorded in the state folder, and the page says so. Off by default.
    pub record_displays: bool,
    /// Which place starts the labs; `local` by default.
    pub place: Option<String>,
    /// Course platforms.
    pub lti: LtiConfig,
    /// How people sign in, beside name and password.
    pub sign_in: SignInConfig,
    /// What is held on people, and for how long.
    pub privacy: PrivacyConfig,
    /// Bounds that fit this server.
    pub limits: LimitsConfig,
    /// People who can sign in. Made when missing; a password here replaces theirs.
    pub accounts: Vec<AccountConfig>,
    /// Courses.
    pub courses: Vec<CourseConfig>,
}

/// Bounds that fit one server; the silent ones keep their defaults.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Sessions with a machine at once.
    pub sessions: Option<usize>,
    /// Starts under way at once.
    pub starts: Option<usize>,
    /// Minutes between two autosaves.
    pub autosave_minutes: Option<u32>,
    /// Days for which a sleeping session's files are kept.
    pub keep_days: Option<u32>,
    /// Gigabytes of recordings that are kept; the oldest go first.
    pub recordings_gb: Option<u32>,
    /// Days for which recordings are kept.
    pub recordings_days: Option<u32>,
}

/// Course platforms (LTI 1.3).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LtiConfig {
    /// What teachers read as the tool's name; `Labwright` by default.
    pub name: Option<String>,
    /// Platforms may be in this server's own network, and without https. Off by default: an
    /// address that somebody registers must not lead to what only this server can reach.
    pub private_networks: bool,
}

/// What is held on people, and for how long.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyConfig {
    /// Whom people ask about their data; on the page `/privacy`.
    pub contact: Option<String>,
    /// Days for which a person can take an erasure back; 14 by default.
    pub erase_after_days: Option<u32>,
}

/// How people sign in, beside name and password.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignInConfig {
    /// An OpenID Connect provider.
    pub oidc: Option<OidcConfig>,
}

/// An OpenID Connect provider: a school's own sign-in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcConfig {
    /// What the button says: `Sign in with <name>`.
    pub name: String,
    /// Its issuer, such as `https://login.school.example`.
    pub issuer: String,
    /// Our client id there.
    pub client_id: String,
    /// Our client secret there; none: a public client, which PKCE protects.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// What is asked for beside `openid`.
    #[serde(default = "profile")]
    pub scopes: Vec<String>,
    /// Courses that everybody who signs in by it joins, as a learner.
    #[serde(default)]
    pub courses: Vec<String>,
    /// The claim (a text or a list) whose values say who teaches and who operates; none: nobody by this way.
    #[serde(default)]
    pub role_claim: Option<String>,
    /// Values of it that make somebody a teacher of `courses`.
    #[serde(default)]
    pub teachers: Vec<String>,
    /// Values of it that make somebody an operator.
    #[serde(default)]
    pub operators: Vec<String>,
    /// It may be in this server's own network, and without https.
    #[serde(default)]
    pub private_network: bool,
}

fn profile() -> Vec<String> {
    vec!["profile".to_owned()]
}

/// Somebody who can sign in.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    /// What is typed at sign-in.
    pub name: String,
    /// What others see; the name by default.
    #[serde(default)]
    pub display_name: Option<String>,
    /// The password itself. Better: `password_hash`.
    #[serde(default)]
    pub password: Option<String>,
    /// Its Argon2 PHC string.
    #[serde(default)]
    pub password_hash: Option<String>,
    /// Sees and stops every session.
    #[serde(default)]
    pub operator: bool,
    /// `en` or `fr`.
    #[serde(default)]
    pub language: Option<String>,
}

/// A set of labs and people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourseConfig {
    /// Its id: what links and grades name.
    pub id: String,
    /// Its title, or one per language.
    pub title: TitleConfig,
    /// Lab folders, or folders of lab folders; relative to the configuration file.
    #[serde(default)]
    pub labs: Vec<PathBuf>,
    /// Sign-in names of its teachers.
    #[serde(default)]
    pub teachers: Vec<String>,
    /// Sign-in names of its learners; others join by invitation.
    #[serde(default)]
    pub learners: Vec<String>,
    /// When the course ends, with an offset: `2027-07-31T00:00:00+02:00`.
    #[serde(default)]
    pub ends: Option<Datetime>,
    /// Days after that after which its learners' work is erased; never when absent.
    #[serde(default)]
    pub keep_days: Option<u32>,
    /// Dates and tries by lab name; `*` is every lab that has none of its own. Teachers can set others.
    #[serde(default)]
    pub rules: BTreeMap<String, RuleConfig>,
    /// The rules of an exam: teachers may look at learners' labs without asking. Learners are told
    /// all the time, and every look is in their log.
    #[serde(default)]
    pub exam: bool,
}

/// One title, or one per language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum TitleConfig {
    /// The same in every language.
    One(String),
    /// Per language tag.
    Many(BTreeMap<String, String>),
}

impl TitleConfig {
    /// Per language; a single one has the key `""`.
    pub fn by_language(&self) -> BTreeMap<String, String> {
        match self {
            Self::One(title) => BTreeMap::from([(String::new(), title.clone())]),
            Self::Many(titles) => titles.clone(),
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("configuration {path} cannot be read")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not what a configuration looks like.
    #[error("configuration {path} is not valid")]
    Parse {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: toml::de::Error,
    },
    /// A value in it makes no sense.
    #[error("configuration {path}: {cause}")]
    Value {
        /// The file.
        path: PathBuf,
        /// Which and why.
        cause: String,
    },
}

/// The port that is listened on unless something else is said.
pub const DEFAULT_PORT: u16 = 8080;

impl Config {
    /// Reads a file; folders in it become absolute.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source,
        })?;
        config.check().map_err(|cause| ConfigError::Value {
            path: path.to_owned(),
            cause,
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        config.state = config.state.map(|state| base.join(state));
        config.bundles = config.bundles.map(|bundles| base.join(bundles));
        config.browser_labs = config.browser_labs.map(|labs| base.join(labs));
        for lab in config
            .courses
            .iter_mut()
            .flat_map(|course| &mut course.labs)
        {
            *lab = base.join(&*lab);
        }
        Ok(config)
    }

    /// Where to listen.
    pub fn address(&self) -> SocketAddr {
        self.listen
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT)))
    }

    fn check(&self) -> Result<(), String> {
        for account in &self.accounts {
            if account.password.is_some() && account.password_hash.is_some() {
                return Err(format!(
                    "account {} has both a password and a hash",
                    account.name
                ));
            }
        }
        let names: Vec<&str> = self
            .accounts
            .iter()
            .map(|account| account.name.as_str())
            .collect();
        let courses: Vec<&str> = self
            .courses
            .iter()
            .map(|course| course.id.as_str())
            .collect();
        let wanted = self.sign_in.oidc.iter().flat_map(|oidc| &oidc.courses);
        for course in wanted {
            if !courses.contains(&course.as_str()) {
                return Err(format!("sign_in.oidc: `{course}` is not in [[courses]]"));
            }
        }
        for course in &self.courses {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if course.id.is_empty() || !course.id.chars().all(plain) {
                return Err(format!(
                    "course id `{}` is not made of a-z, 0-9 and -",
                    course.id
                ));
            }
            let no_end = course
                .ends
                .as_ref()
                .is_some_and(|ends| unix_ms(ends).is_none());
            if no_end || (course.keep_days.is_some() && course.ends.is_none()) {
                return Err(format!(
                    "course {}: `keep_days` counts from `ends`, a date with an offset",
                    course.id
                ));
            }
            for (lab, rule) in &course.rules {
                rule.rule()
                    .map_err(|cause| format!("course {}, rule of {lab}: {cause}", course.id))?;
            }
            for person in course.teachers.iter().chain(&course.learners) {
                if !names.contains(&person.as_str()) {
                    return Err(format!(
                        "course {}: `{person}` is not in [[accounts]]",
                        course.id
                    ));
                }
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OidcConfig").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for AccountConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccountConfig").finish_non_exhaustive()
    }
}
