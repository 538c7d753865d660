//! Deletes saved files and recordings whose time is over, closes sessions that slept for too long,
//! and changes keys.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::privacy;

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(60 * 60);

/// Keeps house until the server stops.
pub(crate) async fn housekeep(app: Arc<App>) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.going_away.cancelled() => return,
        }
        if let Err(error) = app.sessions.housekeep().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old saves stay for now"
            );
        }
        if let Err(error) = app.lti.rotate(&app.store).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "keys of LTI stay for now"
            );
        }
        if let Err(refusal) = privacy::round(&app).await {
            tracing::warn!(?refusal, "what was to be erased stays for now");
        }
        let recordings = app.recordings.clone();
        let pruned = tokio::task::spawn_blocking(move || recordings.prune()).await;
        if let Ok(Err(error)) = pruned {
            tracing::warn!(%error, "old recordings stay for now");
        }
    }
}
