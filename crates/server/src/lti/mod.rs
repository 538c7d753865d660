//! LTI on this server: our keys, the platforms' keys and tokens, launches, scores on their way.
//!
//! What the messages mean is `labwright-lti`'s to say; what is remembered, the store's. Here are
//! the connections and the caches.

mod bind;
mod client;
mod columns;
mod compare;
mod keys;
mod launch;
mod opening;
mod picking;
mod platforms;
mod refusals;
mod registering;
mod rests;
pub(crate) mod roster;
mod self_test;
mod send;
mod service;
pub(crate) mod storage;
pub(crate) mod tell;

use std::time::Duration;

use labwright_lti::Tool;
use tokio::sync::Notify;
use url::Url;

pub(crate) use client::{Asked, Client};
pub(crate) use compare::compare;
pub(crate) use launch::{Arrived, Begun, begin, finish};
pub(crate) use opening::{open_page, redeem};
pub(crate) use picking::{choices, pick};
pub(crate) use platforms::{of_registration, origins};
pub(crate) use registering::{PURPOSE as REGISTERING, register};
pub(crate) use self_test::self_test;
pub(crate) use send::{next_due_ms, send_due};

use crate::config::Config;
use keys::{PlatformKeys, ToolKeys};
use rests::Rests;
use service::Tokens;

/// How long a sign-in may take, in milliseconds: Open edX keeps its side for ten minutes.
pub(crate) const STATE_MS: i64 = 10 * 60 * 1000;
/// How long the code that opens the page is good for, in milliseconds.
pub(crate) const CODE_MS: i64 = 2 * 60 * 1000;
/// How long a teacher may take to pick, in milliseconds.
pub(crate) const PICK_MS: i64 = 60 * 60 * 1000;
/// How long a launch's token is good for, in milliseconds.
pub(crate) const LAUNCH_TOKEN_MS: i64 = 12 * 60 * 60 * 1000;
/// The whole of a conversation with a platform takes no longer.
pub(crate) const PLATFORM_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest answer of a platform, in bytes.
pub(crate) const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// What LTI needs at hand.
pub(crate) struct Lti {
    /// How we describe ourselves; `None`: our own address is none that a platform could be given.
    pub(crate) tool: Option<Tool>,
    pub(crate) client: Client,
    keys: ToolKeys,
    platform_keys: PlatformKeys,
    tokens: Tokens,
    rests: Rests,
    refusals: refusals::Budget,
    /// Courses whose teachers came lately.
    pub(crate) rosters: roster::Asked,
    /// Rung when a score may be waiting.
    pub(crate) bell: Notify,
}

impl Lti {
    /// Somebody asks for scores to be sent now.
    pub(crate) fn send_now(&self) {
        self.rests.end();
        self.bell.notify_one();
    }

    pub(crate) fn new(config: &Config, link: &str) -> Self {
        let base = Url::parse(link).ok();
        let name = config.lti.name.clone();
        Self {
            tool: base.map(|base| Tool {
                name: name.unwrap_or_else(|| "Labwright".to_owned()),
                description: "Virtual labs in the browser".to_owned(),
                base,
            }),
            client: Client::new(config.lti.private_networks),
            keys: ToolKeys::default(),
            platform_keys: PlatformKeys::default(),
            tokens: Tokens::default(),
            rests: Rests::default(),
            refusals: refusals::Budget::default(),
            rosters: roster::Asked::default(),
            bell: Notify::new(),
        }
    }
}
