//! Sends scores to the platforms that wait for them, for as long as it takes.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::lti;

/// Longest sleep: a score may come by another way than the bell.
const LONGEST: Duration = Duration::from_secs(30);
/// Shortest pause between two rounds.
const SHORTEST: Duration = Duration::from_millis(200);

/// Sends scores until the server stops.
pub(crate) async fn scores(app: Arc<App>) {
    loop {
        // A platform that does not answer does not keep the server from stopping: what was under way is
        // sent again.
        let sent = tokio::select! {
            sent = lti::send_due(&app) => sent,
            () = app.going_away.cancelled() => return,
        };
        let tried = match sent {
            Ok(tried) => tried,
            Err(refusal) => {
                tracing::warn!(?refusal, "scores stay for now");
                0
            }
        };
        let pause = if tried > 0 {
            SHORTEST
        } else {
            pause(&app).await
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = app.lti.bell.notified() => {}
            () = app.clock.moved() => {}
            () = app.going_away.cancelled() => return,
        }
    }
}

/// Until the next score is to be sent.
async fn pause(app: &App) -> Duration {
    match lti::next_due_ms(app).await {
        Ok(Some(next)) => {
            let wait = u64::try_from(next - app.clock.now()).unwrap_or_default();
            Duration::from_millis(wait).clamp(SHORTEST, LONGEST)
        }
        _ => LONGEST,
    }
}
