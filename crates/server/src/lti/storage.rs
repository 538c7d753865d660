//! A platform's page keeps our mark where the browser keeps no cookie (LTI Client Side postMessages): an
//! extra, never a need.
//!
//! The sign-in's answer is then a small page that gives the mark to the platform and goes on, whatever comes
//! of it. After the launch our page asks for it (`web/src/core/marks.ts`).

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use labwright_api::PlatformStorage;
use labwright_lti::Platform;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::tell::escape;
use crate::origin::Framed;
use crate::words::Language;

/// Longest name of a frame; what is longer is no name.
const MAX_TARGET_CHARS: usize = 100;

/// The frame that a sign-in names, if it is one that may be spoken to.
pub(super) fn target(named: Option<&String>) -> Option<String> {
    let named = named.filter(|name| name.chars().count() <= MAX_TARGET_CHARS);
    named.cloned()
}

/// What is kept in a frame: the state of the sign-in, under the mark that our cookie has too. The
/// platform's sign-in address says which origin is its own (LTI OIDC Login with postMessages §3).
pub(super) fn place(
    platform: &Platform,
    target: String,
    key: &str,
    state: &str,
) -> PlatformStorage {
    PlatformStorage {
        target,
        origin: platform.auth_url.origin().ascii_serialization(),
        key: key.to_owned(),
        value: state.to_owned(),
    }
}

/// The page that leaves the mark and goes on to the platform's sign-in.
pub(crate) fn leave(
    storage: &PlatformStorage,
    to: &Url,
    framed_by: &[String],
    language: Language,
) -> Response {
    let (opening, on) = match language {
        Language::English => ("Opening the lab…", "Go on"),
        Language::French => ("Ouverture du TP…", "Continuer"),
    };
    let to = escape(to.as_str());
    let data = format!(
        "data-to=\"{to}\" data-target=\"{}\" data-origin=\"{}\" data-key=\"{}\" data-value=\"{}\"",
        escape(&storage.target),
        escape(&storage.origin),
        escape(&storage.key),
        escape(&storage.value),
    );
    let body = format!(
        "<!doctype html><html lang={}><meta charset=utf-8><title>Labwright</title><body {data}>\
         <p role=status>{opening}</p><noscript><a href=\"{to}\">{on}</a></noscript><script>{SCRIPT}</script>",
        language.tag(),
    );
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'self' {}",
        *SCRIPT_HASH,
        framed_by.join(" "),
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CONTENT_SECURITY_POLICY, policy),
        // It holds a state.
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut response = (StatusCode::OK, headers, body).into_response();
    response.extensions_mut().insert(Framed);
    response
}

static SCRIPT_HASH: LazyLock<String> = LazyLock::new(|| STANDARD.encode(Sha256::digest(SCRIPT)));

/// A browser that keeps a cookie needs nothing else. A platform that does not answer holds nobody up for longer
/// than a second.
const SCRIPT: &str = r#"
"use strict";
(() => {
  const { to, target, origin, key, value } = document.body.dataset;
  let gone = false;
  const go = () => { if (!gone) { gone = true; location.replace(to); } };
  try {
    const kept = "__Host-probe=1";
    document.cookie = kept + "; Path=/; Max-Age=60; Secure; SameSite=None; Partitioned";
    if (document.cookie.includes(kept)) return go();
  } catch {}
  try {
    const host = window.parent !== window ? window.parent : window.opener;
    const id = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const asked = new Set();
    const put = (name) => {
      const frame = name === "_parent" ? host : host.frames[name];
      if (!frame || asked.has(frame)) return;
      asked.add(frame);
      frame.postMessage({ subject: "lti.put_data", message_id: id, key, value }, origin);
    };
    addEventListener("message", ({ data, source, origin: from }) => {
      if (data === null || typeof data !== "object") return;
      if (data.subject === "lti.put_data.response" && data.message_id === id && asked.has(source) && from === origin) go();
      if (data.subject === "lti.capabilities.response" && data.message_id === id + "c" && source === host && Array.isArray(data.supported_messages)) {
        const can = data.supported_messages.find((one) => one?.subject === "lti.put_data");
        if (!can) go();
        else if (typeof can.frame === "string") put(can.frame);
      }
    });
    setTimeout(go, 1000);
    put(target);
    host.postMessage({ subject: "lti.capabilities", message_id: id + "c" }, "*");
  } catch { go(); }
})();
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_platform_breaks_out_of_the_page() {
        let storage = PlatformStorage {
            target: "\"><script>alert(1)</script>".into(),
            origin: "https://lms.example".into(),
            key: "k".into(),
            value: "v".into(),
        };
        let to = Url::parse("https://lms.example/auth?a=1&b=%22").unwrap();
        let framed_by = ["https://lms.example".to_owned()];
        let page = leave(&storage, &to, &framed_by, Language::English);
        let policy = page.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.ends_with("frame-ancestors 'self' https://lms.example"));
        let body = futures::executor::block_on(axum::body::to_bytes(page.into_body(), 100_000));
        let body = String::from_utf8(body.unwrap().to_vec()).unwrap();
        assert!(!body.contains("<script>alert"), "{body}");
        assert!(body.contains("data-to=\"https://lms.example/auth?a=1&amp;b=%22\""));
    }

    #[test]
    fn a_name_that_is_no_name_is_left_alone() {
        assert_eq!(target(None), None);
        assert_eq!(target(Some(&"x".repeat(101))), None);
        assert_eq!(
            target(Some(&"_parent".to_owned())),
            Some("_parent".to_owned())
        );
    }
}
