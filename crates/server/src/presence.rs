//! Where learners are, from their sessions.

use std::collections::BTreeMap;

use labwright_api::Presence;
use labwright_store::{AccountId, SessionRecord, SessionState};

/// Everybody's session that says most of where they are: the one that is open, else the one they did something in last.
pub(crate) fn latest(sessions: Vec<SessionRecord>) -> BTreeMap<AccountId, SessionRecord> {
    let rank = |session: &SessionRecord| {
        let is_open = session.state != SessionState::Ended;
        (is_open, session.active_ms)
    };
    let mut latest: BTreeMap<AccountId, SessionRecord> = BTreeMap::new();
    for session in sessions {
        match latest.get(&session.account) {
            Some(known) if rank(known) > rank(&session) => {}
            _ => {
                latest.insert(session.account.clone(), session);
            }
        }
    }
    latest
}

/// Where somebody is whose session this is.
pub(crate) fn of(session: Option<&SessionRecord>) -> Presence {
    match session.map(|session| session.state) {
        None => Presence::Never,
        Some(SessionState::Queued | SessionState::Starting) => Presence::Starting,
        Some(SessionState::Ready) => Presence::Here,
        Some(SessionState::Failed) => Presence::Failed,
        Some(SessionState::Ending | SessionState::Asleep | SessionState::Ended) => Presence::Away,
    }
}
