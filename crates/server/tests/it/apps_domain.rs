//! The domain of lab pages: what an operator may write, and which `Host` means what.

use hyper::Uri;
use labwright_model::SessionId;
use labwright_server::{AppsDomain, Site};

fn of(config: &str, public: &str) -> Result<Option<AppsDomain>, String> {
    let public = Some(public).filter(|public| !public.is_empty());
    let public: Option<Uri> = public.map(|public| public.parse().unwrap());
    let config = Some(config).filter(|config| !config.is_empty());
    AppsDomain::of(config, public.as_ref())
}

#[test]
fn a_domain_of_its_own_or_none() {
    for (config, public, fits) in [
        ("", "", Some(true)),
        ("", "http://localhost:8080", Some(true)),
        ("", "http://127.0.0.1:8080", Some(true)),
        ("", "https://labs.example.org", Some(false)),
        ("labs.localhost", "", Some(true)),
        ("labs.localhost", "https://labs.example.org", None),
        ("example.net", "https://labs.example.org", Some(true)),
        (
            "apps.example.net:8443",
            "https://labs.example.org",
            Some(true),
        ),
        ("apps.example.org", "https://labs.example.org", None),
        ("labs.example.org", "https://labs.example.org", None),
        ("example.org", "https://labs.example.org", None),
        ("Apps.EXAMPLE.org", "https://labs.example.org", None),
        // Two owners below one public suffix.
        ("other.co.uk", "https://labs.example.co.uk", Some(true)),
        ("apps.example.co.uk", "https://labs.example.co.uk", None),
        ("one.github.io", "https://two.github.io", Some(true)),
        ("apps.example.net", "https://192.0.2.1", Some(true)),
        ("apps.example.net", "http://labs.example.org", None),
        ("apps.example.net", "", None),
        ("192.0.2.1", "https://labs.example.org", None),
        ("a..b", "https://labs.example.org", None),
        ("*.example.net", "https://labs.example.org", None),
        ("example.net:x", "https://labs.example.org", None),
    ] {
        let found = of(config, public).ok().map(|domain| domain.is_some());
        assert_eq!(found, fits, "{config} {public}");
    }
}

#[test]
fn hosts_in_every_spelling() {
    let domain = of("", "").unwrap().unwrap();
    let site = |host| {
        domain
            .site(host)
            .map(|site| format!("{} {}", site.session, site.app))
    };
    for (host, claimed, named) in [
        ("s1-app-2.apps.localhost:8080", true, Some("s1 app-2")),
        ("S1-APP-2.Apps.LocalHost.", true, Some("s1 app-2")),
        ("s-app-1-app-2.apps.localhost", true, Some("s-app-1 app-2")),
        ("apps.localhost", true, None),
        ("x.apps.localhost", true, None),
        ("x.s1-app-2.apps.localhost", true, None),
        ("s1-app-02.apps.localhost", true, None),
        ("s1-app-+2.apps.localhost", true, None),
        ("-app-2.apps.localhost", true, None),
        ("u@apps.localhost", true, None),
        ("s1-app-2.apps.localhost:80:80", true, None),
        ("localhost:8080", false, None),
        ("127.0.0.1", false, None),
        ("evilapps.localhost", false, None),
        ("apps.localhost.evil.example", false, None),
    ] {
        let claims = domain.claims(host);
        assert_eq!((claims, site(host).as_deref()), (claimed, named), "{host}");
    }
}

#[test]
fn origins_follow_the_address_that_was_typed() {
    let site = Site {
        session: SessionId::new("s1-x").unwrap(),
        app: "app-1".into(),
    };
    let at = |config, public, host| of(config, public).unwrap().unwrap().origin(&site, host);
    for (config, public, host, origin) in [
        (
            "",
            "",
            "127.0.0.1:8080",
            Some("http://s1-x-app-1.apps.localhost:8080"),
        ),
        (
            "",
            "",
            "localhost",
            Some("http://s1-x-app-1.apps.localhost"),
        ),
        (
            "",
            "",
            "[::1]:9",
            Some("http://s1-x-app-1.apps.localhost:9"),
        ),
        ("", "", "192.0.2.1:8080", None),
        ("", "", "evil.example", None),
        (
            "a.net",
            "https://b.org",
            "b.org",
            Some("https://s1-x-app-1.a.net"),
        ),
        (
            "a.net:444",
            "https://b.org:443",
            "b.org",
            Some("https://s1-x-app-1.a.net:444"),
        ),
    ] {
        assert_eq!(
            at(config, public, host).as_deref(),
            origin,
            "{config} {host}"
        );
    }
}
