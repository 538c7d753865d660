//! What we ourselves say where a lab's page is not to be had: short pages that need no file.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFRESH};
use axum::http::header::{HeaderMap, HeaderValue};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::target::NodeTarget;
use crate::words::Language;

/// Seconds between two tries of a page that waits.
const AGAIN_S: u16 = 2;

/// Tells the tab around the page how it is; there is no secret in it.
const TELL: &str = "parent!==self&&parent.postMessage({labwright:document.body.id},'*')";
/// It names the hash of [`TELL`] in base64.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; \
    script-src 'sha256-8AIkQ3XennbXBiILvTeDrtuGFv4u2KdxxlmjhO3w8xU='";

const STYLE: &str = ":root{color-scheme:light dark}body{font:16px/1.6 system-ui,sans-serif;\
    max-width:34rem;margin:12vh auto;padding:0 1.5rem}h1{font-size:1.25rem;line-height:1.3}";

/// Why there is no page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// No cookie, or one that is worth nothing any more.
    Closed,
    /// There is nothing at this address.
    Nothing,
    /// A page of somewhere else asked.
    Foreign,
    /// The request itself is wrong.
    Malformed(&'static str),
    /// The lab does not run.
    Asleep,
    /// Nothing listens on the port.
    Waiting,
    /// Too many connections are open.
    Busy,
    /// No answer came in time.
    Slow,
    /// The answer is not HTTP, or broke off.
    Broken,
}

impl Trouble {
    fn status(self) -> StatusCode {
        match self {
            Self::Closed | Self::Foreign => StatusCode::FORBIDDEN,
            Self::Nothing => StatusCode::NOT_FOUND,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Asleep | Self::Waiting | Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Slow => StatusCode::GATEWAY_TIMEOUT,
            Self::Broken => StatusCode::BAD_GATEWAY,
        }
    }

    /// What the tab around the page is told.
    fn word(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Asleep | Self::Waiting | Self::Busy => "waiting",
            _ => "failed",
        }
    }

    #[rustfmt::skip]
    fn words(self, language: Language) -> (&'static str, &'static str) {
        use Language::{English, French};
        match (self, language) {
            (Self::Closed, English) => ("This page is not open", "It is a page of a lab. Open it from its tab in the lab, or with the tab's button “Open in a new window”."),
            (Self::Closed, French) => ("Cette page n’est pas ouverte", "C’est une page d’un TP. Ouvrez-la depuis son onglet dans le TP, ou par le bouton « Ouvrir dans une nouvelle fenêtre » de cet onglet."),
            (Self::Nothing, English) => ("There is nothing here", "No lab has a page at this address, or the lab is over."),
            (Self::Nothing, French) => ("Il n’y a rien ici", "Aucun TP n’a de page à cette adresse, ou le TP est terminé."),
            (Self::Foreign, English) => ("Another page asked for this", "Only pages of the same lab may do that."),
            (Self::Foreign, French) => ("C’est une autre page qui demande cela", "Seules les pages du même TP le peuvent."),
            (Self::Malformed(_), English) => ("This request cannot be passed on", "It is not what HTTP allows."),
            (Self::Malformed(_), French) => ("Cette requête ne peut pas être transmise", "Elle n’est pas conforme à HTTP."),
            (Self::Asleep, English) => ("The lab is not running just now", "This page comes back by itself when it is."),
            (Self::Asleep, French) => ("Le TP ne tourne pas en ce moment", "Cette page revient d’elle-même dès qu’il tourne."),
            (Self::Waiting, English) => ("Nothing answers on port {port} of {node} yet", "Start the program that listens there. This page tries again every two seconds."),
            (Self::Waiting, French) => ("Rien ne répond encore sur le port {port} de {node}", "Démarrez le programme qui y écoute. Cette page réessaie toutes les deux secondes."),
            (Self::Busy, English) => ("Too many connections to this lab are open", "Close some of its pages. This one tries again every two seconds."),
            (Self::Busy, French) => ("Trop de connexions vers ce TP sont ouvertes", "Fermez quelques-unes de ses pages. Celle-ci réessaie toutes les deux secondes."),
            (Self::Slow, English) => ("{node} took too long to answer", "The program on port {port} has accepted the request and said nothing. Reload to try again."),
            (Self::Slow, French) => ("{node} a mis trop longtemps à répondre", "Le programme du port {port} a accepté la requête et n’a rien dit. Rechargez pour réessayer."),
            (Self::Broken, English) => ("{node} did not answer with a web page", "What listens on port {port} does not speak HTTP, or broke off. Reload to try again."),
            (Self::Broken, French) => ("{node} n’a pas répondu par une page web", "Ce qui écoute sur le port {port} ne parle pas HTTP, ou s’est interrompu. Rechargez pour réessayer."),
        }
    }

    /// The answer: a page for people, a line for programs.
    pub(super) fn answer(
        self,
        (method, headers): (&Method, &HeaderMap),
        target: Option<&NodeTarget>,
        platform: Option<&str>,
    ) -> Response {
        let language = headers.get(header::ACCEPT_LANGUAGE);
        let language = language.and_then(|value| Language::of_tag(value.to_str().ok()?));
        let language = language.unwrap_or_default();
        let (title, words) = self.words(language);
        let fill = |text: &str| match target {
            Some(target) => text
                .replace("{port}", &target.port.to_string())
                .replace("{node}", target.node.as_str()),
            None => text.replace("{node}", "?").replace("{port}", "?"),
        };
        let (title, words) = (language.set(&fill(title)), language.set(&fill(words)));
        let mut response = if wants_page(headers) {
            let (lang, word) = (language.tag(), self.word());
            let page = format!(
                "<!doctype html><html lang={lang}><meta charset=utf-8>\
                <meta name=viewport content=\"width=device-width\"><title>{title}</title>\
                <style>{STYLE}</style><body id={word}><h1>{title}</h1><p>{words}</p>\
                <script>{TELL}</script>"
            );
            (
                self.status(),
                [(CONTENT_TYPE, "text/html; charset=utf-8")],
                page,
            )
                .into_response()
        } else {
            let why = if let Self::Malformed(why) = self {
                why
            } else {
                &title
            };
            (self.status(), format!("{why}\n")).into_response()
        };
        let to = response.headers_mut();
        to.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let ancestors = platform.map_or_else(
            || "frame-ancestors *".to_owned(),
            |platform| format!("frame-ancestors 'self' {platform}"),
        );
        if let Ok(policy) = HeaderValue::from_str(&format!("{POLICY}; {ancestors}")) {
            to.insert(CONTENT_SECURITY_POLICY, policy);
        }
        let again = matches!(self, Self::Asleep | Self::Waiting | Self::Busy);
        if again && *method == Method::GET {
            to.insert(REFRESH, HeaderValue::from(AGAIN_S));
        }
        if matches!(self, Self::Malformed(_)) {
            // What follows on this connection may be the rest of it.
            to.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT);
    accept.is_some_and(|value| String::from_utf8_lossy(value.as_bytes()).contains("text/html"))
}
