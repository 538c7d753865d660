//! Forgets expired sign-ins and the rate limits of those who behaved.

use std::sync::Arc;

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::clock::now;
use crate::limits::SWEEP_EVERY;

/// Sweeps until the server stops.
pub(crate) async fn sweep(app: Arc<App>) {
    let mut ticks = interval(SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = app.going_away.cancelled() => return,
        }
        app.limiter.sweep();
        app.help.sweep();
        app.measures.sweep();
        if let Err(error) = app.store.sweep_lti(now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "old sign-ins of platforms stay for now"
            );
        }
        if let Err(error) = app.store.remove_tokens(None, now()).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "expired sign-ins stay for now"
            );
        }
    }
}
