//! Refuses what pages of other sites send, and tells browsers what our own pages may do.
//!
//! The API takes bearer tokens, which no other site has; this is the second lock.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::apps::AppsDomain;
use crate::words::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What our page may load and who may frame it. Inline styles: xterm.js sizes its cells with them.
const PAGE_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
    worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'self'";

/// The same for a page that hands documents to frames without origin.
const FRAMES_POLICY: &str = "default-src 'self' data: blob:; \
    script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval' data: blob:; \
    style-src 'self' 'unsafe-inline' data: blob:; img-src 'self' data: blob:; \
    connect-src 'self' data: blob:; worker-src 'self' data: blob:; frame-src 'self' data: blob:; \
    object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// Middleware: state-changing requests and WebSockets come from our own pages or from programs.
pub(crate) async fn same_origin(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Response {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    let socket = request.headers().contains_key(header::UPGRADE);
    // Platforms' pages send these, and they carry a signature or nothing that is believed.
    let from_platforms = matches!(request.uri().path(), "/lti/login" | "/lti/launch");
    if (changes || socket)
        && !from_platforms
        && !is_ours(request.headers(), app.public_url.as_ref())
    {
        return Refusal::CrossSite.into_response();
    }
    next.run(request).await
}

/// Programs send no `Origin`; browsers always do with such requests (Fetch §3.2).
fn is_ours(headers: &HeaderMap, public: Option<&Uri>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        let site = headers
            .get(SEC_FETCH_SITE)
            .and_then(|value| value.to_str().ok());
        return matches!(site, None | Some("same-origin" | "none"));
    };
    let Some(origin) = origin
        .to_str()
        .ok()
        .and_then(|text| text.parse::<Uri>().ok())
    else {
        return false;
    };
    if public.is_some_and(|public| same(public, &origin)) {
        return true;
    }
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok());
    let authority = origin.authority().map(axum::http::uri::Authority::as_str);
    // A host name that is not configured could be another site's that points here (DNS rebinding).
    host.is_some() && host == authority && origin.host().is_some_and(is_literal)
}

fn same(public: &Uri, origin: &Uri) -> bool {
    public.scheme() == origin.scheme()
        && public.host() == origin.host()
        && port(public) == port(origin)
}

fn port(uri: &Uri) -> Option<u16> {
    uri.port_u16().or(match uri.scheme_str() {
        Some("https") => Some(443),
        Some("http") => Some(80),
        _ => None,
    })
}

fn is_literal(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.ends_with(".localhost") || bare.parse::<IpAddr>().is_ok()
}

/// The policy of our page, which frames pages of labs where they have a domain.
pub(crate) fn page_policy(apps: Option<&AppsDomain>) -> HeaderValue {
    let policy = apps.map(|apps| format!("{PAGE_POLICY}; frame-src 'self' {}", apps.source()));
    policy
        .and_then(|policy| HeaderValue::from_str(&policy).ok())
        .unwrap_or(HeaderValue::from_static(PAGE_POLICY))
}

/// The policy of a lab that runs in the page: it asks nobody but us. Frames without origin, which inherit it, run what they
/// are handed (`docs/lab-in-a-tab.md`); only labs that have such frames get that.
pub(crate) fn tab_policy(has_frames: bool) -> HeaderValue {
    HeaderValue::from_static(if has_frames {
        FRAMES_POLICY
    } else {
        PAGE_POLICY
    })
}

/// Marks a reply that says itself who may frame it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Framed;

/// The policy of our page where a course platform frames it. It may post a picked link back there.
pub(crate) fn framed_policy(apps: Option<&AppsDomain>, platform: &[String]) -> String {
    let policy = match apps {
        Some(apps) => format!("{PAGE_POLICY}; frame-src 'self' {}", apps.source()),
        None => PAGE_POLICY.to_owned(),
    };
    let origins = platform.join(" ");
    policy
        .replace(
            "frame-ancestors 'self'",
            &format!("frame-ancestors 'self' {origins}"),
        )
        .replace(
            "form-action 'self'",
            &format!("form-action 'self' {origins}"),
        )
}

/// Middleware: headers that every reply bears.
pub(crate) async fn secure(
    State(policy): State<HeaderValue>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let framed = response.extensions().get::<Framed>().is_some();
    let headers = response.headers_mut();
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if framed {
        headers.remove(header::X_FRAME_OPTIONS);
    }
    headers
        .entry(HeaderName::from_static("cross-origin-resource-policy"))
        .or_insert(HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(policy);
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
