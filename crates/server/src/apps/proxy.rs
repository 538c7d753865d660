//! Requests to the apps' domain: opened by a ticket, then passed to the node or answered from the
//! lab's files. Bodies stream both ways; after an upgrade bytes pass through unread.

use std::error::Error as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, HOST, HeaderMap, HeaderValue, LOCATION, REFERRER_POLICY, SET_COOKIE,
};
use axum::http::{Method, StatusCode, Uri, Version};
use axum::response::{IntoResponse, Response};
use hyper::upgrade::OnUpgrade;
use hyper_util::client::legacy::{Client, Error as ClientError};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use labwright_model::SessionId;

use super::domain::{AppsDomain, Site};
use super::files;
use super::headers::{self, Way};
use super::own_pages::Trouble;
use super::pass::{COOKIE_NAME, Grant};
use super::target::{self, NodeTarget, Target};
use super::upstream::{ConnectError, Connector, authority};
use crate::app::App;
use crate::language::Wanted;
use crate::limits::{
    APP_ANSWER_TIMEOUT, APP_IDLE, APP_IDLE_CONNECTIONS, MAX_APP_HEAD_BYTES, MAX_APP_HEADERS,
};
use crate::listen::Peer;

/// Where a ticket is traded; applications cannot have this path.
pub(crate) const OPEN_PATH: &str = "/.labwright/open";

/// Everything below the apps' domain.
pub(crate) struct Apps {
    app: Arc<App>,
    domain: AppsDomain,
    client: Client<Connector, Body>,
}

/// What a request asks for. The request itself cannot be looked at while something is waited for:
/// its body is for one thread at a time.
pub(super) type Asked = (Method, Uri);

/// A request that may be answered.
struct Admitted {
    site: Site,
    /// As the browser spelled it.
    host: String,
    grant: Grant,
    target: Target,
}

impl Apps {
    /// `None`: the server has no domain for lab pages.
    pub(crate) fn new(app: &Arc<App>) -> Option<Self> {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(APP_IDLE)
            .pool_max_idle_per_host(APP_IDLE_CONNECTIONS)
            .http1_max_buf_size(MAX_APP_HEAD_BYTES)
            .http1_max_headers(MAX_APP_HEADERS)
            .set_host(false)
            .build(Connector::new(app.clone()));
        Some(Self {
            app: app.clone(),
            domain: app.apps_domain.clone()?,
            client,
        })
    }

    /// Whether a request is for the apps' domain, in whichever of its places it says so.
    pub(crate) fn claims(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let hosts = headers.get_all(HOST).into_iter();
        let hosts = hosts.map(|host| String::from_utf8_lossy(host.as_bytes()));
        let named = uri.authority().map(|authority| authority.as_str().into());
        hosts.chain(named).any(|host| self.domain.claims(&host))
    }

    /// Answers it.
    pub(crate) async fn answer(&self, request: Request) -> Response {
        let asked = (request.method().clone(), request.uri().clone());
        let heads = request.headers().clone();
        let trouble = |trouble: Trouble, target: Option<&NodeTarget>, platform: Option<&str>| {
            trouble.answer((&asked.0, &heads), target, platform)
        };
        if let Some(why) = headers::fault(request.method(), request.uri(), request.headers()) {
            return trouble(Trouble::Malformed(why), None, None);
        }
        let host = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok());
        let host = host.unwrap_or_default().to_owned();
        let Some(site) = self.domain.site(&host) else {
            return trouble(Trouble::Nothing, None, None);
        };
        if !headers::is_own(request.method(), request.headers(), &self.domain, &site) {
            return trouble(Trouble::Foreign, None, None);
        }
        if request.uri().path() == OPEN_PATH {
            return match self.open(&asked, &site).await {
                Ok(opened) => opened,
                Err(why) => trouble(why, None, None),
            };
        }
        let admitted = match self.admit(request.headers(), site, host).await {
            Ok(admitted) => admitted,
            Err(why) => return trouble(why, None, None),
        };
        let platform = Some(admitted.grant.platform.as_str());
        match &admitted.target {
            Target::Files { root, first } => {
                match files::send(&asked, root, first, &admitted.grant.platform).await {
                    Ok(sent) => sent,
                    Err(()) => trouble(Trouble::Nothing, None, platform),
                }
            }
            Target::Node(node) if !node.ready => trouble(Trouble::Asleep, Some(node), platform),
            Target::Node(node) => match self.pass(request, &admitted, node).await {
                Ok(passed) => passed,
                Err(why) => trouble(why, Some(node), platform),
            },
        }
    }

    /// Trades a ticket for the cookie, and leads to the app's first page.
    async fn open(&self, (method, uri): &Asked, site: &Site) -> Result<Response, Trouble> {
        let query = uri.query().unwrap_or_default();
        let said = |name| query.split('&').find_map(|pair| pair.strip_prefix(name));
        let cookie = said("ticket=")
            .filter(|_| *method == Method::GET)
            .and_then(|ticket| self.app.door.trade(ticket, site))
            .ok_or(Trouble::Closed)?;
        let mut as_cookie = HeaderMap::new();
        let pair = HeaderValue::from_str(&format!("{COOKIE_NAME}={cookie}"));
        as_cookie.insert(
            axum::http::header::COOKIE,
            pair.map_err(|_| Trouble::Closed)?,
        );
        let admitted = self.admit(&as_cookie, site.clone(), String::new()).await?;
        let first = match &admitted.target {
            Target::Node(node) => node.path.clone(),
            Target::Files { first, .. } => {
                let lang = Wanted::of_tag(said("lang=").unwrap_or_default()).tag;
                format!("/{first}?lang={lang}")
            }
        };
        let set =
            format!("{COOKIE_NAME}={cookie}; Path=/; HttpOnly; Secure; SameSite=None; Partitioned");
        let mut response = StatusCode::SEE_OTHER.into_response();
        let fields = [
            (LOCATION, first.as_str()),
            (SET_COOKIE, &set),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        for (name, value) in fields {
            let value = HeaderValue::from_str(value).map_err(|_| Trouble::Nothing)?;
            response.headers_mut().insert(name, value);
        }
        Ok(response)
    }

    async fn admit(
        &self,
        headers: &HeaderMap,
        site: Site,
        host: String,
    ) -> Result<Admitted, Trouble> {
        let admitted = self.app.door.admit(&self.app, headers, &site).await;
        let (grant, session) = admitted.ok_or(Trouble::Closed)?;
        let target = target::find(&self.app, &session, &site.app).await;
        Ok(Admitted {
            target: target.map_err(|_| Trouble::Nothing)?,
            site,
            host,
            grant,
        })
    }

    /// Passes a request to the node, and its answer back.
    async fn pass(
        &self,
        mut request: Request,
        admitted: &Admitted,
        node: &NodeTarget,
    ) -> Result<Response, Trouble> {
        let session = &admitted.site.session;
        if is_activity(request.method(), request.headers()) {
            self.app.sessions.touch(session);
        }
        let from_browser =
            headers::wants_socket(request.headers()).then(|| hyper::upgrade::on(&mut request));
        let peer = request.extensions().get::<Peer>().copied();
        let way = Way {
            host: &admitted.host,
            scheme: self.domain.scheme(),
            client: peer.map_or_else(String::new, |peer| peer.0.ip().to_string()),
        };
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let uri = Uri::builder()
            .scheme("http")
            .authority(authority(session, &node.node, node.port))
            .path_and_query(path)
            .build()
            .map_err(|_| Trouble::Malformed("the path is none"))?;
        *request.uri_mut() = uri;
        *request.version_mut() = Version::HTTP_11;
        request.extensions_mut().clear();
        headers::to_app(request.headers_mut(), &way);
        let asked = tokio::time::timeout(APP_ANSWER_TIMEOUT, self.client.request(request));
        let answer = asked.await.map_err(|_| Trouble::Slow)?;
        let mut answer = answer.map_err(|error| why(&error))?;
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            let from_browser = from_browser.ok_or(Trouble::Broken)?;
            let from_app = hyper::upgrade::on(&mut answer);
            self.carry(
                session.clone(),
                admitted.grant.clone(),
                from_browser,
                from_app,
            );
        }
        let origin = format!("{}://{}", way.scheme, admitted.host);
        let (names, platform) = (&node.names, &admitted.grant.platform);
        headers::to_browser(answer.headers_mut(), &origin, names, node.port, platform);
        *answer.version_mut() = Version::HTTP_11;
        Ok(answer.map(Body::new))
    }

    /// Carries what an upgraded connection says, both ways, until one side or the grant ends.
    fn carry(
        &self,
        session: SessionId,
        grant: Grant,
        from_browser: OnUpgrade,
        from_app: OnUpgrade,
    ) {
        let app = self.app.clone();
        tokio::spawn(async move {
            let Ok((browser, node)) = tokio::try_join!(from_browser, from_app) else {
                return;
            };
            let touched = app.clone();
            let browser = super::activity::Watched::new(TokioIo::new(browser), move || {
                touched.sessions.touch(&session);
            });
            let (mut browser, mut node) = (browser, TokioIo::new(node));
            tokio::select! {
                _ = tokio::io::copy_bidirectional(&mut browser, &mut node) => {}
                () = app.sign_ins.ended(&grant.token) => {}
                () = app.going_away.cancelled() => {}
            }
        });
    }
}

/// Whether a request is a person's doing: an opened address, or something sent. A page that asks
/// by itself, again and again, is none.
fn is_activity(method: &Method, headers: &HeaderMap) -> bool {
    let by_hand = headers
        .get("sec-fetch-user")
        .is_some_and(|value| value == "?1");
    by_hand || !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// What a failed request is to the person who waits for it.
fn why(error: &ClientError) -> Trouble {
    let mut cause = error.source();
    while let Some(error) = cause {
        match error.downcast_ref::<ConnectError>() {
            Some(ConnectError::Refused) => return Trouble::Waiting,
            Some(ConnectError::NotReady) => return Trouble::Asleep,
            Some(ConnectError::Busy) => return Trouble::Busy,
            Some(ConnectError::NoAnswer) => return Trouble::Slow,
            None => cause = error.source(),
        }
    }
    Trouble::Broken
}
