//! What a learner's page is told about help, whenever it changes.

use std::time::Duration;

use labwright_api as api;
use labwright_store::SessionRecord;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::{News, state};
use crate::app::App;
use crate::language::Wanted;

/// Pause after a database that did not answer.
const PAUSE: Duration = Duration::from_secs(2);

/// Help of one session, followed.
pub(crate) struct Feed {
    news: broadcast::Receiver<News>,
    /// What the page has.
    told: api::HelpState,
    /// Something may be new.
    stale: bool,
}

impl Feed {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            news: app.help.listen(),
            told: nothing(),
            stale: true,
        }
    }

    /// The next state that is another one; the first, as soon as there is something to say. It may
    /// be dropped and asked again.
    pub(crate) async fn next(
        &mut self,
        app: &App,
        session: &SessionRecord,
        wanted: &Wanted,
    ) -> api::HelpState {
        loop {
            while !self.stale {
                self.stale = match self.news.recv().await {
                    Ok(news) => self.concerns(&news, session),
                    Err(RecvError::Lagged(_)) => true,
                    // The sender lives as long as the server.
                    Err(RecvError::Closed) => std::future::pending().await,
                };
            }
            let Ok(state) = state::help(app, session, wanted).await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            self.stale = false;
            if says_more(&state, &self.told) {
                self.told = state.clone();
                return state;
            }
        }
    }

    /// Of other learners only the line before one's own hand matters.
    fn concerns(&self, news: &News, session: &SessionRecord) -> bool {
        if news.course != session.course {
            return false;
        }
        let waits = self
            .told
            .hand
            .as_ref()
            .is_some_and(|hand| hand.place.is_some());
        match &news.account {
            Some(account) => *account == session.account || waits,
            None => waits,
        }
    }
}

fn nothing() -> api::HelpState {
    api::HelpState {
        hand: None,
        said: Vec::new(),
        on_duty: false,
        teachers: Vec::new(),
        exam: false,
        look: None,
    }
}

/// Who is on duty, and who teaches, is told along with other things only.
fn says_more(state: &api::HelpState, told: &api::HelpState) -> bool {
    let parts = |state: &api::HelpState| {
        (
            state.hand.clone(),
            state.said.clone(),
            state.exam,
            state.look.clone(),
        )
    };
    parts(state) != parts(told)
}
