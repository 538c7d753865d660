//! LTI 1.3 Advantage as a tool speaks it: bytes, values and the time in, values out.
//!
//! The core specification is LTI 1.3 (imsglobal.org/spec/lti/v1p3), the checks of tokens are those of the 1EdTech
//! Security Framework 1.0 §5.1.3. Nothing here opens a connection, reads a clock or stores anything: the server does.
//! Random words (state, nonce, `jti`) come from the caller; only keys are drawn here.

mod ags;
mod assertion;
mod claims;
mod deep_link;
mod error;
mod key;
mod keyset;
mod login;
mod message;
pub mod names;
mod nrps;
mod platform;
mod register;
mod reply;
mod roles;
mod time;
mod token;

pub use ags::{
    KnownLineItem, LineItem, MAX_LABEL_CHARS, Progress, Result as GradeResult, Score,
    find_line_item, line_items_url, next_timestamp, parse_line_item, parse_line_items,
    parse_results, results_of_all_url, results_url, same_result, scores_url,
};
pub use assertion::{AccessToken, TokenError, client_assertion, parse_token, token_form};
pub use claims::{Ags, Claims, Context, DeepLinkSettings, Nrps, Presentation, ResourceLink};
pub use deep_link::{ContentItem, deep_link_response};
pub use error::Refused;
pub use key::{KeyError, ToolKey, key_set};
pub use keyset::{KeySet, MIN_RSA_BITS};
pub use login::{LoginRequest, auth_request};
pub use message::{Launch, Message, check_message};
pub use nrps::{Member, MembersPage, next_page, parse_members};
pub use platform::Platform;
pub use register::{
    OpenIdConfiguration, RegisterError, Registered, Tool, parse_openid_configuration,
    parse_registered, registration_request,
};
pub use reply::{ScoreReply, judge_score_reply};
pub use roles::{Standing, standing};
pub use time::iso8601;
pub use token::{Expected, LEEWAY_S, MAX_TOKEN_BYTES, unverified_key_id, verify};
