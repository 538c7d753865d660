//! A registration of the store as the platform that the protocol speaks of.

use labwright_lti::Platform;
use labwright_store::Registration;
use url::Url;

/// The platform of a registration; `None`: an address in it is none.
pub(crate) fn of_registration(registration: &Registration) -> Option<Platform> {
    let origins = registration
        .origins
        .iter()
        .filter_map(|origin| Url::parse(origin).ok());
    Some(Platform {
        issuer: registration.issuer.clone(),
        client_id: registration.client_id.clone(),
        auth_url: Url::parse(&registration.auth_url).ok()?,
        token_url: Url::parse(&registration.token_url).ok()?,
        keyset_url: Url::parse(&registration.keyset_url).ok()?,
        token_audience: registration.token_audience.clone(),
        deployments: registration.deployments.clone(),
        origins: origins.collect(),
    })
}

/// The origins that may frame our page for a registration.
pub(crate) fn origins(registration: &Registration) -> Vec<String> {
    of_registration(registration)
        .map(|platform| platform.origins())
        .unwrap_or_default()
}
