//! Asks course platforms from time to time who is in their courses.

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::lti::roster;

/// Time between two rounds.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// Asks until the server stops.
pub(crate) async fn rosters(app: Arc<App>) {
    loop {
        let round = async {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => roster::refresh_due(&app).await,
                () = app.lti.rosters.bell.notified() => roster::refresh_asked(&app).await,
            }
        };
        let done = tokio::select! {
            done = round => done,
            () = app.going_away.cancelled() => return,
        };
        if let Err(refusal) = done {
            tracing::warn!(?refusal, "rosters stay as they are for now");
        }
    }
}
