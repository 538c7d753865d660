//! The one place that wires: store, supervisor, router, listener, jobs.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::http::Uri;
use labwright_place::Place;
use labwright_session::{Limits, Setup};
use labwright_sql::Asker;
use labwright_store::{Autosaves, Store, StoreError};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::apps::{Apps, AppsDomain, Door};
use crate::board::Boards;
use crate::catalogue::{Catalogue, CatalogueLab};
use crate::channel::Channels;
use crate::clock::{Clock, now};
use crate::config::Config;
use crate::help::{self, Help};
use crate::limiter::Limiter;
use crate::limits::{DAY_MS, TOKEN_MS};
use crate::lti::Lti;
use crate::measures::Measures;
use crate::metrics::Metrics;
use crate::offers::{self, Offers};
use crate::oidc::Oidc;
use crate::passwords::Passwords;
use crate::people;
use crate::privacy::Privacy;
use crate::recordings::Recordings;
use crate::routes::bundles;
use crate::secrets::{self, Tickets};
use crate::sessions::{self, Sessions};
use crate::sign_ins::{self, SignIns};
use crate::socket::Sockets;
use crate::{jobs, listen, router, rules};

/// Everything that a server is made of.
pub struct Parts {
    /// What the operator wrote.
    pub config: Config,
    /// Database and autosaves; made when missing.
    pub state: PathBuf,
    /// Where labs run.
    pub place: Arc<dyn Place>,
    /// The labs of the courses.
    pub catalogue: Arc<Catalogue>,
    /// What session ids begin with: 1 to 8 of a-z and 0-9. `None`: what this state had before,
    /// else something fresh. Strays that begin otherwise are left alone.
    pub id_prefix: Option<String>,
    /// Asks the labs' databases.
    pub asker: Asker,
    /// How late it is to the outbox of scores.
    pub clock: Clock,
}

/// A server that runs.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// What links to it begin with.
    pub link: String,
    /// Held as long as the server works.
    _lock: File,
    app: Arc<App>,
    serving: JoinHandle<()>,
    jobs: [JoinHandle<()>; 5],
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum BootError {
    /// The folder for its state cannot be made.
    #[error("state folder {path} cannot be made")]
    State {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another server works with this state.
    #[error("state folder {path} is used by another server")]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The public address is none.
    #[error("`public_url` is `{url}`, which is not like https://labs.example.org")]
    PublicUrl {
        /// What was written.
        url: String,
    },
    /// The domain of lab pages cannot be used.
    #[error("`apps_domain` is `{domain}`: {cause}")]
    AppsDomain {
        /// What was written.
        domain: String,
        /// Why not.
        cause: String,
    },
    /// An account cannot be made.
    #[error("account `{name}`: {cause}")]
    Account {
        /// Its name.
        name: String,
        /// Why.
        cause: String,
    },
    /// Sessions of an earlier run cannot be taken up again.
    #[error("the sessions of an earlier run cannot be taken up")]
    Sessions(#[from] labwright_session::SessionError),
    /// The kernel gave no random bytes.
    #[error("the kernel gave no random bytes")]
    Random,
}

/// Starts a server: it takes up the sessions of an earlier run, and listens.
pub async fn boot(parts: Parts) -> Result<Server, BootError> {
    let Parts {
        config,
        state,
        catalogue,
        ..
    } = parts;
    let lock = lock(&state)?;
    let public_url = config.public_url.as_deref().map(public_url).transpose()?;
    let apps_domain = apps_domain(&config, public_url.as_ref())?;
    let store = Store::open(&state.join("labwright.db")).await?;
    let passwords = Passwords::new().map_err(|_| BootError::Random)?;
    let put = people::put(&store, &passwords, &config).await?;
    // Before the sessions are: some are of such a course.
    take_up(&store, &catalogue).await?;
    let (listener, address) = listener(&config).await?;
    let sessions = Sessions::start(Setup {
        place: parts.place,
        store: store.clone(),
        autosaves: Autosaves::new(state.join("autosaves")),
        labs: catalogue.clone(),
        limits: limits(&config),
        id_prefix: sessions::id_prefix(&store, parts.id_prefix).await?,
        asker: parts.asker,
    })
    .await?;
    let sockets = Sockets::default();
    let key = store.server_key().await?;
    let app = Arc::new(App {
        tickets: Tickets::new(&key),
        door: Door::new(&key),
        apps_domain,
        store,
        sessions,
        catalogue,
        passwords,
        limiter: Limiter::new(),
        measures: Measures::new().map_err(|_| BootError::Random)?,
        metrics: Arc::new(Metrics::new(sockets.clone())),
        recordings: Arc::new(Recordings::new(&config, &state)),
        sign_ins: SignIns::default(),
        sockets,
        channels: Channels::default(),
        boards: Boards::default(),
        help: Help::new(&config),
        clock: parts.clock,
        public_url,
        lti: Lti::new(&config, &link(&config, address)),
        privacy: Privacy::new(&config, &state),
        oidc: Oidc::of(&config, &link(&config, address)),
        link: link(&config, address),
        wireshark: bundles::find(config.bundles.as_deref()),
        offers: Offers::new(offers::folders(config.browser_labs.clone(), &state)),
        behind_proxy: config.behind_proxy,
        going_away: CancellationToken::new(),
    });
    let front = listen::Front::new(Apps::new(&app), router::router(&app));
    let serving = tokio::spawn(listen::serve(listener, front, app.going_away.clone()));
    tokio::spawn(settle(app.clone(), put));
    tracing::info!(%address, "listening");
    Ok(Server {
        address,
        link: app.link.clone(),
        jobs: start_jobs(&app),
        app,
        serving,
        _lock: lock,
    })
}

/// What an earlier run has left: courses of platforms are found again, looks are over.
async fn take_up(store: &Store, catalogue: &Catalogue) -> Result<(), BootError> {
    help::looks::settle(store).await?;
    for linked in store.linked_courses().await? {
        catalogue.link(&linked);
    }
    Ok(())
}

/// What a new configuration leaves to be done while the server already works.
async fn settle(app: Arc<App>, put: people::Put) {
    if put.changed {
        recount(&app).await;
    }
    people::settle(&app.store, &app.passwords, put.doubts).await;
}

/// Scores follow the rules of a new configuration.
async fn recount(app: &App) {
    let Ok(courses) = app.store.courses().await else {
        return;
    };
    for course in courses {
        if let Err(refusal) = rules::recount(app, &course.id, None).await {
            tracing::warn!(?refusal, course.id = %course.id, "scores were not counted anew");
        }
    }
}

fn start_jobs(app: &Arc<App>) -> [JoinHandle<()>; 5] {
    [
        tokio::spawn(jobs::sweep(app.clone())),
        tokio::spawn(jobs::housekeep(app.clone())),
        tokio::spawn(sign_ins::watch(app.clone())),
        tokio::spawn(jobs::scores(app.clone())),
        tokio::spawn(jobs::rosters(app.clone())),
    ]
}

impl Server {
    /// Stops listening, tells every WebSocket to come back later, and lets go of the sessions:
    /// their machines live on.
    pub async fn stop(self) {
        self.app.going_away.cancel();
        let _ = self.serving.await;
        for job in self.jobs {
            let _ = job.await;
        }
        self.app.sessions.let_go().await;
        self.app.store.close().await;
    }

    /// Takes a newer build of a lab, and tells the pages that show it. Machines that run keep what
    /// they were started from.
    pub async fn replace_lab(&self, lab: &CatalogueLab) {
        self.app.catalogue.replace(lab);
        self.app.sessions.lab_changed(&lab.runnable.lab.name).await;
    }

    /// Saves every session and stops its machine.
    pub async fn sleep_all(&self) {
        self.app.sessions.sleep_all().await;
    }

    /// Stops every machine and saves nothing; says how many could not be stopped.
    pub async fn discard_all(&self) -> usize {
        self.app.sessions.discard_all().await
    }

    /// A token for an account that is in the configuration; for a link that signs in by itself.
    pub async fn token_for(&self, name: &str) -> Result<String, BootError> {
        let missing = || BootError::Account {
            name: name.to_owned(),
            cause: "there is none".into(),
        };
        let account = self
            .app
            .store
            .account_named(name)
            .await?
            .ok_or_else(missing)?;
        let token = secrets::fresh().map_err(|_| BootError::Random)?;
        let now = now();
        self.app
            .store
            .add_token(&secrets::hash(&token), &account.id, now, now + TOKEN_MS)
            .await?;
        Ok(token)
    }
}

/// Makes the folder of the state, and keeps others out: two servers must not both drive the sessions of one state. The kernel lets go of the lock when
/// its holder dies.
fn lock(state: &Path) -> Result<File, BootError> {
    let making = |source| BootError::State {
        path: state.to_owned(),
        source,
    };
    std::fs::create_dir_all(state).map_err(making)?;
    let file = File::create(state.join("lock")).map_err(making)?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(BootError::InUse {
            path: state.to_owned(),
        }),
        Err(error) => Err(making(error.into())),
    }
}

fn public_url(url: &str) -> Result<Uri, BootError> {
    let parsed: Option<Uri> = url.parse().ok();
    parsed
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some())
        .ok_or_else(|| BootError::PublicUrl {
            url: url.to_owned(),
        })
}

/// What links to the server begin with.
fn link(config: &Config, address: SocketAddr) -> String {
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("http://{}", reachable(address)),
    }
}

async fn listener(config: &Config) -> Result<(TcpListener, SocketAddr), BootError> {
    let address = config.address();
    let listener = TcpListener::bind(address)
        .await
        .map_err(|source| BootError::Listen { address, source })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}

fn apps_domain(config: &Config, public: Option<&Uri>) -> Result<Option<AppsDomain>, BootError> {
    let wanted = config.apps_domain.as_deref();
    AppsDomain::of(wanted, public).map_err(|cause| BootError::AppsDomain {
        domain: wanted.unwrap_or_default().to_owned(),
        cause,
    })
}

/// An address to open in a browser on this machine.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        return SocketAddr::new(std::net::Ipv4Addr::LOCALHOST.into(), address.port());
    }
    address
}

fn limits(config: &Config) -> Limits {
    let mut limits = Limits::default();
    let asked = &config.limits;
    limits.sessions = asked.sessions.unwrap_or(limits.sessions);
    limits.starts = asked.starts.unwrap_or(limits.starts);
    let minutes = |minutes: u32| i64::from(minutes.max(1)) * 60_000;
    limits.autosave_ms = asked.autosave_minutes.map_or(limits.autosave_ms, minutes);
    limits.keep_ms = asked
        .keep_days
        .map_or(limits.keep_ms, |days| i64::from(days.max(1)) * DAY_MS);
    limits
}
