//! A registered platform: who it is, and which addresses are its own.

use url::Url;

use crate::Refused;

/// A registration: one client id at one issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// `iss` of its tokens.
    pub issuer: String,
    /// Who we are to it.
    pub client_id: String,
    /// Where a sign-in is asked for.
    pub auth_url: Url,
    /// Where an access token is asked for.
    pub token_url: Url,
    /// Where its keys are.
    pub keyset_url: Url,
    /// `aud` of our assertions, where it is not the token address.
    pub token_audience: Option<String>,
    /// Deployments below this registration.
    pub deployments: Vec<String>,
    /// More origins of this platform, such as the school's own at a hosted one.
    pub origins: Vec<Url>,
}

impl Platform {
    /// Every origin of the platform, once each.
    pub fn origins(&self) -> Vec<String> {
        let issuer = Url::parse(&self.issuer).ok();
        let own = [&self.auth_url, &self.token_url, &self.keyset_url];
        let mut all: Vec<String> = issuer
            .iter()
            .chain(own)
            .chain(&self.origins)
            .map(|url| url.origin().ascii_serialization())
            .filter(|origin| origin != "null")
            .collect();
        all.sort();
        all.dedup();
        all
    }

    /// An address of the platform. Anything else would carry our token to somebody else.
    pub fn own(&self, what: &'static str, url: &str) -> Result<Url, Refused> {
        let parsed = Url::parse(url).map_err(|_| Refused::Malformed(what))?;
        let origin = parsed.origin().ascii_serialization();
        let ours = parsed.username().is_empty() && parsed.password().is_none();
        if ours && self.origins().contains(&origin) {
            Ok(parsed)
        } else {
            Err(Refused::ForeignAddress(what))
        }
    }
}
