//! The domain below which pages of labs are served: `<session>-<app>.<domain>`, an origin each.
//! Names in, names out.

use std::net::IpAddr;

use axum::http::Uri;
use axum::http::uri::Authority;
use labwright_model::SessionId;

/// Where a server has its lab pages when nothing is configured and it is used on its own machine.
const LOCAL: &str = "apps.localhost";
/// Longest domain that leaves room for the label before it (RFC 1035 §2.3.4), in bytes.
const MAX_DOMAIN_BYTES: usize = 180;
/// Longest part of a domain's name, in bytes.
const MAX_LABEL_BYTES: usize = 63;

/// The domain of lab pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppsDomain {
    name: String,
    scheme: &'static str,
    /// `None`: that at which the platform itself is spoken to.
    port: Option<u16>,
    /// Only browsers on the server's own machine reach it.
    local: bool,
}

/// One app of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The session.
    pub session: SessionId,
    /// The app's id: `app-1`, …
    pub app: String,
}

impl AppsDomain {
    /// From what the operator wrote, `domain` or `domain:port`. `None`: there is none, because
    /// the server has a public address and no domain for lab pages. An error says why not.
    pub fn of(config: Option<&str>, public: Option<&Uri>) -> Result<Option<Self>, String> {
        let public_host = public.and_then(Uri::host).map(str::to_ascii_lowercase);
        let public_is_local = public_host.as_deref().is_none_or(is_loopback);
        let Some(config) = config else {
            return Ok(public_is_local.then(|| Self::local(LOCAL, port_of(public))));
        };
        let (name, port) = split_port(config)?;
        check_name(&name)?;
        if is_localhost(&name) {
            if !public_is_local {
                return Err("names below `localhost` lead every browser to its own machine".into());
            }
            return Ok(Some(Self::local(&name, port.or(port_of(public)))));
        }
        let (Some(public), Some(public_host)) = (public, public_host) else {
            return Err("it needs `public_url`".into());
        };
        if public.scheme_str() != Some("https") {
            return Err("it needs a `public_url` with https: browsers keep no cookie for a frame that came by http".into());
        }
        if registrable(&name) == registrable(&public_host) {
            return Err(format!(
                "it shares `{}` with `public_url`: pages of labs could touch the platform's cookies. Take a name under another registered domain",
                registrable(&name)
            ));
        }
        Ok(Some(Self {
            name,
            scheme: "https",
            port: port.or(port_of(Some(public))),
            local: false,
        }))
    }

    fn local(name: &str, port: Option<u16>) -> Self {
        Self {
            name: name.to_owned(),
            scheme: "http",
            port,
            local: true,
        }
    }

    /// Whether a `Host` (with or without a port) is this domain or below it, in whatever
    /// spelling: such a request must not reach the platform.
    pub fn claims(&self, host: &str) -> bool {
        let host = bare(host);
        host.strip_suffix(&self.name)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with(['.', '@']))
    }

    /// The app that a `Host` names.
    pub fn site(&self, host: &str) -> Option<Site> {
        let (_, port) = host.split_once(':').unwrap_or_default();
        if !port.chars().all(|c| c.is_ascii_digit()) {
            return None;
        }
        let host = bare(host);
        let label = host.strip_suffix(&self.name)?.strip_suffix('.')?;
        let (session, number) = label.rsplit_once("-app-")?;
        let canonical = number.parse::<u16>().ok()?.to_string() == number;
        let session = SessionId::new(session).ok().filter(|_| canonical)?;
        let app = format!("app-{number}");
        Some(Site { session, app })
    }

    /// The origin of an app, for a browser that speaks to the platform as `host`. `None`: lab
    /// pages cannot be reached from there.
    pub fn origin(&self, site: &Site, host: &str) -> Option<String> {
        let asked: Option<Authority> = host.parse().ok();
        if self.local
            && !asked
                .as_ref()
                .is_some_and(|asked| is_loopback(asked.host()))
        {
            return None;
        }
        // What a public address leaves out is the scheme's own port.
        let asked = asked.filter(|_| self.local);
        let port = self.port.or(asked.and_then(|asked| asked.port_u16()));
        let port = port.map_or_else(String::new, |port| format!(":{port}"));
        let (scheme, session, app, name) = (self.scheme, &site.session, &site.app, &self.name);
        Some(format!("{scheme}://{session}-{app}.{name}{port}"))
    }

    /// `http` or `https`.
    pub fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// For a page policy: every origin of the domain.
    pub fn source(&self) -> String {
        format!("{}://*.{}:*", self.scheme, self.name)
    }
}

/// A host in lower case, without port and final dot. An IPv6 address is cut short, and no name.
fn bare(host: &str) -> String {
    let host = host.split(':').next().unwrap_or_default();
    host.trim_end_matches('.').to_ascii_lowercase()
}

fn split_port(text: &str) -> Result<(String, Option<u16>), String> {
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (text, None),
    };
    let port = port
        .map(|port| port.parse().map_err(|_| format!("`{port}` is no port")))
        .transpose()?;
    Ok((name.to_ascii_lowercase(), port))
}

fn check_name(name: &str) -> Result<(), String> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let label = |label: &str| {
        (1..=MAX_LABEL_BYTES).contains(&label.len())
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() > MAX_DOMAIN_BYTES || !name.split('.').all(label) || is_address(name) {
        return Err("it is not a domain name".into());
    }
    Ok(())
}

/// What one owner registered: the public suffix and one label more.
fn registrable(host: &str) -> &str {
    if is_address(host) {
        return host;
    }
    psl::domain_str(host).unwrap_or(host)
}

fn is_address(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().is_ok()
}

fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = bare.parse::<IpAddr>();
    is_localhost(&host.to_ascii_lowercase()) || address.is_ok_and(|address| address.is_loopback())
}

fn port_of(uri: Option<&Uri>) -> Option<u16> {
    uri.and_then(Uri::port_u16)
}
