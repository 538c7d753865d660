//! Writes down why launches are refused, for the self-test of a registration. Whoever sets one up sees what
//! the platform calls itself and us; of the person nothing is kept.

use std::sync::{Mutex, PoisonError};

use labwright_lti::Refused;
use labwright_store::{LaunchRefusal, UnixMs};

use super::launch::Trouble;
use crate::app::App;
use crate::clock::now;
use crate::secrets;

/// Longest issuer, client id or deployment that is kept, in characters.
const MAX_CHARS: usize = 255;
/// Refusals that are written down in a minute: anybody can send us nonsense.
const A_MINUTE: u32 = 60;

/// What a refused message said of itself.
#[derive(Debug, Default, Clone)]
pub(super) struct Said {
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) deployment: String,
}

/// How many refusals may still be written down.
#[derive(Default)]
pub(super) struct Budget(Mutex<(UnixMs, u32)>);

impl Budget {
    fn takes(&self, now: UnixMs) -> bool {
        let mut used = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let minute = now / 60_000;
        if used.0 != minute {
            *used = (minute, 0);
        }
        used.1 += 1;
        used.1 <= A_MINUTE
    }
}

/// Writes a refused launch down.
pub(super) async fn write_down(app: &App, said: &Said, trouble: &Trouble) {
    let Some(cause) = cause(trouble) else {
        return;
    };
    let now = now();
    if !app.lti.refusals.takes(now) {
        return;
    }
    let short = |text: &str| text.chars().take(MAX_CHARS).collect::<String>();
    let refusal = LaunchRefusal {
        issuer: short(&said.issuer),
        client_id: short(&said.client_id),
        deployment: short(&said.deployment),
        cause: cause.to_owned(),
        times: 1,
        at_ms: now,
    };
    let whole = [
        &refusal.issuer,
        &refusal.client_id,
        &refusal.deployment,
        &refusal.cause,
    ];
    let hash = secrets::hash(&whole.map(String::as_str).join("\n"));
    if let Err(error) = app.store.add_launch_refusal(&hash, &refusal).await {
        tracing::warn!(%error, "a refused launch is not written down");
    }
}

/// A word for what an operator can mend; `None`: nothing of the registration.
fn cause(trouble: &Trouble) -> Option<&'static str> {
    match trouble {
        Trouble::Unknown => Some("unknown"),
        Trouble::Refused(refused) => Some(of_refused(refused)),
        Trouble::Platform => Some("platform"),
        Trouble::NoLab => Some("lab"),
        Trouble::State | Trouble::NotPicked | Trouble::Ours(_) => None,
    }
}

fn of_refused(refused: &Refused) -> &'static str {
    match refused {
        Refused::Deployment => "deployment",
        Refused::Expired | Refused::FromTheFuture | Refused::TooOld => "clock",
        Refused::BadKeySet
        | Refused::UnknownKey
        | Refused::DuplicateKey
        | Refused::WeakKey
        | Refused::Signature => "key",
        Refused::Issuer => "issuer",
        Refused::Audience | Refused::AuthorisedParty => "client",
        Refused::Target => "target",
        Refused::ForeignAddress(_) => "address",
        _ => "message",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_an_end() {
        let budget = Budget::default();
        let taken = (0..100).filter(|_| budget.takes(1)).count();
        assert_eq!(taken, 60);
        assert!(budget.takes(60_001));
    }
}
