//! The HTTP API, the WebSockets and the page.
//!
//! `router.rs` lists every route with its access rule; `boot.rs` is the one place that wires.
//! Must not know any place by name, nor how images are built: the caller brings both.

mod access;
mod accounts;
mod app;
mod apps;
mod board;
mod boot;
mod catalogue;
mod channel;
mod clock;
mod config;
mod help;
mod jobs;
mod language;
mod limiter;
mod limits;
mod lines;
mod listen;
mod lti;
mod measures;
mod metrics;
mod networks;
mod offers;
mod oidc;
mod origin;
mod page;
mod passwords;
mod people;
mod presence;
mod privacy;
mod recordings;
pub mod render;
mod reply;
mod roster;
mod router;
mod routes;
mod rules;
mod scores;
mod secrets;
mod sessions;
mod sign_ins;
mod socket;
mod tab;
mod told;
mod view;
mod words;

pub use access::Access;
pub use apps::{AppsDomain, Site};
pub use boot::{BootError, Parts, Server, boot};
pub use catalogue::{Catalogue, CatalogueCourse, CatalogueLab};
pub use clock::Clock;
pub use config::{
    AccountConfig, Config, ConfigError, CourseConfig, DEFAULT_PORT, LimitsConfig, LtiConfig,
    OidcConfig, PrivacyConfig, SignInConfig, TitleConfig,
};
pub use offers::offers_in;
pub use router::routes;
pub use rules::RuleConfig;
pub use tab::{TabFile, TabRows, page_files, tab_lab, tab_site, wireshark_files};
