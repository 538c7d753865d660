//! What handlers share. It holds no session's state: the supervisor does.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use axum::http::Uri;
use labwright_model::SessionId;
use labwright_store::{SessionState, Store};
use tokio_util::sync::CancellationToken;

use crate::apps::{AppsDomain, Door};
use crate::board::Boards;
use crate::catalogue::Catalogue;
use crate::channel::Channels;
use crate::clock::Clock;
use crate::help::Help;
use crate::limiter::Limiter;
use crate::lti::Lti;
use crate::measures::Measures;
use crate::metrics::Metrics;
use crate::offers::Offers;
use crate::oidc::Oidc;
use crate::passwords::Passwords;
use crate::privacy::Privacy;
use crate::recordings::Recordings;
use crate::secrets::Tickets;
use crate::sessions::Sessions;
use crate::sign_ins::SignIns;
use crate::socket::Sockets;

/// What handlers share.
pub(crate) struct App {
    pub(crate) store: Store,
    pub(crate) sessions: Sessions,
    pub(crate) catalogue: Arc<Catalogue>,
    pub(crate) passwords: Passwords,
    pub(crate) limiter: Limiter,
    pub(crate) measures: Measures,
    pub(crate) tickets: Tickets,
    pub(crate) sign_ins: SignIns,
    pub(crate) sockets: Sockets,
    pub(crate) channels: Channels,
    pub(crate) boards: Boards,
    pub(crate) help: Help,
    /// How late it is for scores and looks, which last longer than a test.
    pub(crate) clock: Clock,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) recordings: Arc<Recordings>,
    /// The configured address, which pages may come from whatever the `Host` header says.
    pub(crate) public_url: Option<Uri>,
    /// Where pages that come out of labs are served, if anywhere.
    pub(crate) apps_domain: Option<AppsDomain>,
    /// Who may see them.
    pub(crate) door: Door,
    /// What links to this server begin with.
    pub(crate) link: String,
    /// The folder of Wireshark's dissectors, when it is there.
    pub(crate) wireshark: Option<PathBuf>,
    /// Labs that learners may run in their own browser.
    pub(crate) offers: Offers,
    /// Course platforms.
    pub(crate) lti: Lti,
    /// What is held on people, and for how long.
    pub(crate) privacy: Privacy,
    /// Where people sign in beside name and password.
    pub(crate) oidc: Option<Oidc>,
    /// A proxy of the operator's stands in front.
    pub(crate) behind_proxy: bool,
    /// Cancelled when the server stops.
    pub(crate) going_away: CancellationToken,
}

impl App {
    /// The origin of our own page, for a program that came by `host`.
    pub(crate) fn platform_origin(&self, host: &str) -> String {
        let public = self.public_url.as_ref();
        let public = public.and_then(|url| Some((url.scheme_str()?, url.authority()?)));
        match public {
            Some((scheme, authority)) => format!("{scheme}://{authority}"),
            None => format!("http://{host}"),
        }
    }

    /// Measures a start, if one is under way, until it is ready or has failed.
    pub(crate) fn watch_start(self: &Arc<Self>, session: &SessionId) {
        let (app, session, began) = (self.clone(), session.clone(), Instant::now());
        tokio::spawn(async move {
            let Ok((mut snapshots, _)) = app.sessions.watch(&session) else {
                return;
            };
            let under_way = |state| matches!(state, SessionState::Queued | SessionState::Starting);
            if !under_way(snapshots.borrow().state) {
                return;
            }
            let ended = tokio::select! {
                ended = snapshots.wait_for(|snapshot| !under_way(snapshot.state)) => ended.map(|snapshot| snapshot.state),
                () = app.going_away.cancelled() => return,
            };
            let ready = matches!(ended, Ok(SessionState::Ready));
            app.metrics.started(ready.then(|| began.elapsed()));
        });
    }
}
