//! Conversations with platforms: bounded in time and size, no redirects, and none with our own
//! network unless the operator allows it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue, LINK, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Method, StatusCode};
use url::{Host, Url};

use super::{MAX_ANSWER_BYTES, PLATFORM_TIMEOUT};

/// What a platform answered.
#[derive(Debug, Clone)]
pub(crate) struct Replied {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// How long it wants to be left alone, in seconds.
    pub(crate) retry_after_s: Option<i64>,
    /// Its `Link` headers.
    pub(crate) links: Vec<String>,
    /// How late it is there, in seconds since 1970.
    pub(crate) date_s: Option<i64>,
    /// Media type.
    pub(crate) kind: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    /// We do not go there.
    #[error("`{host}` is no public address with https")]
    Forbidden {
        /// The host.
        host: String,
    },
    /// Nobody answered, or not in time.
    #[error("no answer")]
    Unreachable(#[source] reqwest::Error),
    /// The answer is too long.
    #[error("the answer is longer than allowed")]
    TooLong,
    /// The machine has no certificates to judge others by.
    #[error("no client for https can be made here")]
    NoClient,
}

/// What is asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked<'a> {
    pub(crate) token: Option<&'a str>,
    /// The whole `Authorization` header, where it is no bearer token.
    pub(crate) authorization: Option<&'a str>,
    pub(crate) accept: Option<&'a str>,
    /// Media type and body.
    pub(crate) body: Option<(&'a str, String)>,
}

/// The client.
pub(crate) struct Client {
    inner: Option<reqwest::Client>,
    private: bool,
}

impl Client {
    pub(crate) fn new(private: bool) -> Self {
        // Another part of the program may have chosen one already: then that one is used.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let built = reqwest::Client::builder()
            .redirect(Policy::none())
            .timeout(PLATFORM_TIMEOUT)
            .connect_timeout(PLATFORM_TIMEOUT / 3)
            .user_agent(concat!("labwright/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Guarded { private }))
            .build();
        if let Err(error) = &built {
            tracing::error!(%error, "platforms cannot be spoken to");
        }
        Self {
            inner: built.ok(),
            private,
        }
    }

    /// Reads an address.
    pub(crate) async fn get(&self, url: &Url, asked: Asked<'_>) -> Result<Replied, ClientError> {
        self.ask(Method::GET, url, asked).await
    }

    /// Sends something.
    pub(crate) async fn post(&self, url: &Url, asked: Asked<'_>) -> Result<Replied, ClientError> {
        self.ask(Method::POST, url, asked).await
    }

    async fn ask(
        &self,
        method: Method,
        url: &Url,
        asked: Asked<'_>,
    ) -> Result<Replied, ClientError> {
        self.may_go(url)?;
        let client = self.inner.as_ref().ok_or(ClientError::NoClient)?;
        let mut request = client.request(method, url.clone());
        if let Some(token) = asked.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
                .map_err(|_| ClientError::NoClient)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(text) = asked.authorization {
            let mut value = HeaderValue::from_str(text).map_err(|_| ClientError::NoClient)?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        if let Some(accept) = asked.accept {
            request = request.header(ACCEPT, accept);
        }
        if let Some((kind, body)) = asked.body {
            request = request.header(CONTENT_TYPE, kind).body(body);
        }
        let mut response = request
            .send()
            .await
            .map_err(|error| ClientError::Unreachable(error.without_url()))?;
        let text = |name| {
            let values = response.headers().get_all(name).into_iter();
            values
                .filter_map(|value| value.to_str().ok())
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let retry_after_s = text(RETRY_AFTER).first().and_then(|text| text.parse().ok());
        let (links, dates) = (text(LINK), text(DATE));
        let date = dates
            .first()
            .and_then(|text| httpdate::parse_http_date(text).ok());
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        let date_s = since.and_then(|since| i64::try_from(since.as_secs()).ok());
        let kind = text(CONTENT_TYPE).into_iter().next();
        let status = response.status();
        let mut body = Vec::new();
        while let Some(part) = response
            .chunk()
            .await
            .map_err(|error| ClientError::Unreachable(error.without_url()))?
        {
            if body.len() + part.len() > MAX_ANSWER_BYTES {
                return Err(ClientError::TooLong);
            }
            body.extend_from_slice(&part);
        }
        Ok(Replied {
            status: StatusCode::as_u16(&status),
            body,
            retry_after_s,
            links,
            date_s,
            kind,
        })
    }

    /// An address written as a number is not looked up, so the resolver does not see it.
    fn may_go(&self, url: &Url) -> Result<(), ClientError> {
        let forbidden = || ClientError::Forbidden {
            host: url.host_str().unwrap_or_default().to_owned(),
        };
        let scheme = match url.scheme() {
            "https" => true,
            "http" => self.private,
            _ => false,
        };
        let host = match url.host() {
            Some(Host::Ipv4(address)) => self.private || is_public(address.into()),
            Some(Host::Ipv6(address)) => self.private || is_public(address.into()),
            Some(Host::Domain(_)) => true,
            None => false,
        };
        if scheme && host {
            Ok(())
        } else {
            Err(forbidden())
        }
    }
}

/// Finds addresses of names; private ones only where that is allowed. The connection is made to
/// what is found here, so that a name cannot mean something else a moment later.
struct Guarded {
    private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| private || is_public(address.ip()))
                .collect();
            if allowed.is_empty() {
                return Err("no public address".into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is out in the internet (IANA special-purpose registries).
fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let special = v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_broadcast()
                || v4.is_documentation()
                || v4.is_multicast();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (18..20).contains(&b);
            let protocol = a == 192 && b == 0 && c == 0;
            !special && !shared && !benchmark && !protocol && a != 0 && a < 240
        }
        IpAddr::V6(v6) => {
            let [first, second, ..] = v6.segments();
            // Only global unicast, without documentation, and without 6to4 and NAT64, which lead
            // to an IPv4 address.
            let global = (0x2000..0x4000).contains(&first);
            global && first != 0x2002 && !(first == 0x2001 && (second == 0xdb8 || second == 0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_internet_is_public() {
        let public = ["93.184.216.34", "100.128.0.1", "2606:2800::1"];
        let own = [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "198.18.0.1",
            "192.0.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "240.0.0.1",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::1",
            "64:ff9b::7f00:1",
            "2001:db8::1",
            "ff02::1",
        ];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in own {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_our_own_network_are_not_asked() {
        let (guarded, open) = (Client::new(false), Client::new(true));
        for (address, private_only) in [
            ("https://lms.example.org/", false),
            ("http://lms.example.org/", true),
            ("https://127.0.0.1/", true),
            ("https://[::1]/", true),
            ("https://169.254.169.254/latest", true),
            ("https://0x7f.1/", true),
        ] {
            let url = Url::parse(address).unwrap();
            assert!(open.may_go(&url).is_ok(), "{address}");
            assert_eq!(guarded.may_go(&url).is_ok(), !private_only, "{address}");
        }
        for address in ["file:///etc/passwd", "ftp://lms.example.org/", "data:,x"] {
            assert!(open.may_go(&Url::parse(address).unwrap()).is_err());
        }
    }
}
