//! Every message that must be refused: the certification guide's "known bad" (1 to 12) and what else has gone wrong in
//! tools. The numbers are those of the project's list; what needs a store or a network is tested in the server.

use jsonwebtoken::Algorithm;
use labwright_lti::{KeySet, LoginRequest, Refused, key_set, parse_openid_configuration};
use serde_json::{Value, json};
use url::Url;

use crate::world::*;

const CASES: &str = include_str!("../data/refused.txt");

/// The good launch with one line's change.
fn changed(name: &str, value: &str) -> Value {
    let name = match name.strip_prefix('!') {
        Some(plain) => plain.to_owned(),
        None => claim(name),
    };
    let mut claims = launch();
    if value == "-" {
        claims.as_object_mut().unwrap().shift_remove(&name).unwrap();
        return claims;
    }
    let value = match value.strip_prefix("NOW") {
        Some(seconds) => (NOW + seconds.parse::<i64>().unwrap()).to_string(),
        None => value.replace("LONG", &format!("\"{}\"", "x".repeat(256))),
    };
    claims[name] = serde_json::from_str(&value).unwrap();
    claims
}

#[test]
fn changed_launches_are_refused() {
    let keys = keys();
    assert!(take(&signed(&launch()), &keys).is_ok());
    let lines = CASES.lines().filter(|line| !line.starts_with('#'));
    let mut tried = 0;
    for line in lines {
        let [what, name, value, why] = line.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let refused = take(&signed(&changed(name, value)), &keys).unwrap_err();
        assert_eq!(format!("{refused:?}"), why, "{what}");
        tried += 1;
    }
    assert!(tried >= 50);
}

fn check(cases: Vec<(&str, String, Refused)>) {
    for (what, token, why) in cases {
        assert_eq!(take(&token, &keys()), Err(why), "{what}");
    }
}

fn own(algorithm: Algorithm) -> jsonwebtoken::Header {
    head(algorithm, Some(PLATFORM_KEY.id()))
}

#[test]
fn what_is_no_token_is_refused() {
    let good = signed(&launch());
    let (body, signature) = good.rsplit_once('.').unwrap();
    let first = if signature.starts_with('A') { "B" } else { "A" };
    let rest = signature.get(1..).unwrap();
    let mut other = launch();
    other["sub"] = json!("mallory");
    let header = json!({ "alg": "RS256", "kid": PLATFORM_KEY.id() });
    let mut critical = own(Algorithm::RS256);
    critical.crit = Some(vec!["exp".into()]);
    let extended = signed_under(&critical, &launch(), &PLATFORM_KEY);
    check(vec![
        ("5 no token", "this is no token".into(), Refused::NotJwt),
        ("5 nothing", String::new(), Refused::NotJwt),
        ("5 two parts", body.to_owned(), Refused::NotJwt),
        ("5 a long one", "a".repeat(200_000), Refused::NotJwt),
        (
            "5 claims are a list",
            signed(&json!([1, 2])),
            Refused::NotJwt,
        ),
        (
            "altered",
            format!("{body}.{first}{rest}"),
            Refused::Signature,
        ),
        (
            "swapped",
            raw(&header, &other, signature),
            Refused::Signature,
        ),
        ("unknown extension", extended, Refused::NotJwt),
    ]);
}

#[test]
fn tokens_signed_in_another_way_are_refused() {
    let claims = launch();
    let by = |algorithm| signed_under(&own(algorithm), &claims, &PLATFORM_KEY);
    let under = |kid| signed_under(&head(Algorithm::RS256, kid), &claims, &PLATFORM_KEY);
    let unsigned = |name: &str, signature: &str| {
        let header = json!({ "alg": name, "kid": PLATFORM_KEY.id() });
        raw(&header, &claims, signature)
    };
    let public = PLATFORM_KEY.jwk()["n"].as_str().unwrap().to_owned();
    let secret = jsonwebtoken::EncodingKey::from_secret(public.as_bytes());
    let hmac = jsonwebtoken::encode(&own(Algorithm::HS256), &claims, &secret).unwrap();
    let foreign = signed_under(&own(Algorithm::RS256), &claims, &OTHER_KEY);
    check(vec![
        ("1 no kid", under(None), Refused::NoKeyId),
        ("1 an empty kid", under(Some("")), Refused::NoKeyId),
        ("2 wrong kid", under(Some("nope")), Refused::UnknownKey),
        ("13 alg none", unsigned("none", ""), Refused::Algorithm),
        ("13 alg NONE", unsigned("NONE", "AAAA"), Refused::Algorithm),
        ("14 HS256 with the public key", hmac, Refused::Algorithm),
        ("15 RS512", by(Algorithm::RS512), Refused::Algorithm),
        ("15 PS256", by(Algorithm::PS256), Refused::Algorithm),
        (
            "16 another's key under our kid",
            foreign,
            Refused::Signature,
        ),
    ]);
}

#[test]
fn keys_in_the_header_are_not_looked_at() {
    // 17: the attacker brings a key, inside the token or at an address.
    let mut header = head(Algorithm::RS256, Some(OTHER_KEY.id()));
    header.jku = Some("https://evil.example.com/keys".into());
    header.x5u = Some("https://evil.example.com/cert".into());
    header.jwk = Some(serde_json::from_value(OTHER_KEY.jwk()).unwrap());
    let token = signed_under(&header, &launch(), &OTHER_KEY);
    assert_eq!(take(&token, &keys()), Err(Refused::UnknownKey));
    // And a good token is none the worse for it.
    header.kid = Some(PLATFORM_KEY.id().into());
    assert!(take(&signed_under(&header, &launch(), &PLATFORM_KEY), &keys()).is_ok());
}

#[test]
fn key_sets_that_cannot_be_trusted_are_refused() {
    let token = signed(&launch());
    let of = |document: Value| KeySet::parse(document.to_string().as_bytes());
    let own = PLATFORM_KEY.jwk();
    // 36
    let twice = of(json!({ "keys": [own, own] })).unwrap();
    assert_eq!(take(&token, &twice), Err(Refused::DuplicateKey));
    // 35: too short, or of no length.
    for n in ["AQAB", "", "AAAA"] {
        let mut short = own.clone();
        short["n"] = json!(n);
        assert_eq!(
            take(&token, &of(json!({ "keys": [short] })).unwrap()),
            Err(Refused::WeakKey)
        );
    }
    let mut short = own.clone();
    let bytes = [vec![0; 200], vec![0x7f; 255]].concat();
    short["n"] = json!(base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        bytes
    ));
    assert_eq!(
        take(&token, &of(json!({ "keys": [short] })).unwrap()),
        Err(Refused::WeakKey),
        "leading zeros are no length"
    );
    // Keys for something else are not there.
    for (name, value) in [("use", "enc"), ("alg", "RS512"), ("kty", "EC")] {
        let mut other = own.clone();
        other[name] = json!(value);
        let set = of(json!({ "keys": [other, { "kty": "oct" }, 7] })).unwrap();
        assert!(set.is_empty());
        assert_eq!(take(&token, &set), Err(Refused::UnknownKey));
    }
    for nonsense in ["", "<html>", "[]", "{}", r#"{"keys": {}}"#] {
        assert_eq!(
            KeySet::parse(nonsense.as_bytes()).unwrap_err(),
            Refused::BadKeySet,
            "{nonsense}"
        );
    }
    let many = vec![own.clone(); 65];
    assert_eq!(of(json!({ "keys": many })).unwrap_err(), Refused::BadKeySet);
    assert_eq!(of(key_set([&*PLATFORM_KEY, &*OTHER_KEY])).unwrap().len(), 2);
}

#[test]
fn picking_requests_are_refused() {
    let settings = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";
    let cases: [(&str, &str, Value, Refused); 5] = [
        (
            "37 back to somebody else",
            "deep_link_return_url",
            json!("https://evil.example.com/"),
            Refused::ForeignAddress("deep_link_return_url"),
        ),
        (
            "37 back to nowhere",
            "deep_link_return_url",
            json!(""),
            Refused::Missing("deep_link_return_url"),
        ),
        (
            "37 back to a script",
            "deep_link_return_url",
            json!("javascript:alert(1)"),
            Refused::ForeignAddress("deep_link_return_url"),
        ),
        (
            "38 takes files only",
            "accept_types",
            json!(["file", "html"]),
            Refused::ContentType,
        ),
        (
            "38 takes nothing",
            "accept_types",
            json!([]),
            Refused::ContentType,
        ),
    ];
    for (what, name, value, why) in cases {
        let mut claims = deep_linking();
        claims[settings][name] = value;
        assert_eq!(take(&signed(&claims), &keys()), Err(why), "{what}");
    }
    let mut claims = deep_linking();
    claims.as_object_mut().unwrap().shift_remove(settings);
    assert_eq!(
        take(&signed(&claims), &keys()),
        Err(Refused::Missing("deep_linking_settings"))
    );
    for role in [
        "Learner",
        "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor",
    ] {
        let mut claims = deep_linking();
        claims[claim("roles")] = json!([role]);
        assert_eq!(
            take(&signed(&claims), &keys()),
            Err(Refused::NotTeacher),
            "39 {role}"
        );
    }
}

#[test]
fn sign_ins_are_refused() {
    let good = [
        ("iss", ISSUER),
        ("login_hint", "7"),
        ("target_link_uri", "https://labs.example.net/lti/launch"),
    ];
    let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    let parse = |list: &[(&str, &str)]| LoginRequest::parse(&pairs(list), &tool());
    assert!(parse(&good).is_ok());
    // 32 and 6: whatever is missing.
    for name in ["iss", "login_hint", "target_link_uri"] {
        let left: Vec<_> = good
            .iter()
            .copied()
            .filter(|(known, _)| *known != name)
            .collect();
        assert_eq!(parse(&left), Err(Refused::Missing(name)));
        let empty: Vec<_> = good
            .iter()
            .map(|(known, value)| (*known, if *known == name { "" } else { value }))
            .collect();
        assert_eq!(parse(&empty), Err(Refused::Missing(name)));
    }
    // 31, unsigned.
    let elsewhere = [
        good[0],
        good[1],
        ("target_link_uri", "https://evil.example.com/"),
    ];
    assert_eq!(parse(&elsewhere), Err(Refused::Target));
    let twice = [
        good[0],
        good[1],
        good[2],
        ("iss", "https://other.example.org"),
    ];
    assert_eq!(parse(&twice), Err(Refused::Malformed("iss")));
    let hint = |bytes| {
        let hint = "x".repeat(bytes);
        parse(&[good[0], ("login_hint", &hint), good[2]]).map(|_| ())
    };
    assert_eq!(hint(16_384), Ok(()));
    assert_eq!(hint(16_385), Err(Refused::Malformed("login_hint")));
}

#[test]
fn a_configuration_that_speaks_for_somebody_else_is_refused() {
    // 40
    let from = Url::parse("https://evil.example.com/config").unwrap();
    let document = |issuer: &str, keys: &str| {
        json!({
            "issuer": issuer, "authorization_endpoint": "https://evil.example.com/a", "token_endpoint": "https://evil.example.com/t",
            "jwks_uri": keys, "registration_endpoint": "https://evil.example.com/r",
        })
        .to_string()
    };
    let parse = |issuer: &str, keys: &str| {
        parse_openid_configuration(document(issuer, keys).as_bytes(), &from)
    };
    assert!(parse("https://evil.example.com", "https://evil.example.com/k").is_ok());
    assert!(parse("https://lms.example.org", "https://evil.example.com/k").is_err());
    assert!(parse("lms", "https://evil.example.com/k").is_err());
    assert!(
        parse("https://evil.example.com", "http://evil.example.com/k").is_err(),
        "a key set without encryption"
    );
    assert!(parse("https://evil.example.com", "file:///etc/passwd").is_err());
    assert!(parse_openid_configuration(b"<html>", &from).is_err());
    // A platform without encryption may have its keys with it or without.
    let plain = Url::parse("http://evil.example.com/config").unwrap();
    for keys in ["http://evil.example.com/k", "https://evil.example.com/k"] {
        let document = document("http://evil.example.com", keys);
        assert!(parse_openid_configuration(document.as_bytes(), &plain).is_ok());
    }
}

#[test]
fn an_address_with_a_name_or_a_password_is_nobodys() {
    let platform = platform();
    assert!(
        platform
            .own("line item", "https://lms.example.org/1")
            .is_ok()
    );
    for odd in [
        "https://somebody@lms.example.org/1",
        "https://:secret@lms.example.org/1",
        "https://somebody:secret@lms.example.org/1",
        "https://lms.example.org.evil.example.com/1",
        "http://lms.example.org/1",
    ] {
        let refused = platform.own("line item", odd);
        assert_eq!(refused, Err(Refused::ForeignAddress("line item")), "{odd}");
    }
}

#[test]
fn limits_stand_where_they_are_said_to_be() {
    let token = signed(&launch());
    let own = PLATFORM_KEY.jwk();
    let set = |others: usize| {
        let keys: Vec<Value> = std::iter::once(own.clone())
            .chain((0..others).map(|_| json!({ "kty": "oct" })))
            .collect();
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    };
    assert!(take(&token, &set(63).unwrap()).is_ok(), "64 keys");
    assert_eq!(set(64).unwrap_err(), Refused::BadKeySet, "65 keys");
    assert!(!set(0).unwrap().is_empty());

    // 2047 bits are one too few, though they fill as many bytes.
    let mut short = own;
    short["n"] = json!(base64::Engine::encode(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        [vec![0x7f], vec![0xff; 255]].concat()
    ));
    let short = KeySet::parse(json!({ "keys": [short] }).to_string().as_bytes()).unwrap();
    assert_eq!(take(&token, &short), Err(Refused::WeakKey));

    // A name of 255 characters, an address of 4096 bytes: these are taken. `refused.txt` has the longer ones.
    let mut long = launch();
    long["sub"] = json!("é".repeat(255));
    assert!(take(&signed(&long), &keys()).is_ok());
    let target = |bytes: usize| {
        let start = "https://labs.example.net/lti/launch?x=";
        let mut claims = launch();
        claims[claim("target_link_uri")] =
            json!(format!("{start}{}", "x".repeat(bytes - start.len())));
        take(&signed(&claims), &keys()).map(|_| ())
    };
    assert_eq!(target(4096), Ok(()));
    let too_long = Err(Refused::Malformed("target_link_uri"));
    assert_eq!((target(4097), target(5000)), (too_long.clone(), too_long));
}

#[test]
fn a_token_may_have_so_many_bytes_and_no_more() {
    let of = |padding: usize| {
        let mut claims = launch();
        claims["padding"] = json!("x".repeat(padding));
        signed(&claims)
    };
    // Three bytes more are four more: from here on the limit is met, or passed over by one.
    let most = labwright_lti::MAX_TOKEN_BYTES;
    let start = (most - of(0).len()) / 4 * 3 - 6;
    let around: Vec<_> = (start..start + 16).map(of).collect();
    assert!(around.iter().any(|token| token.len() == most));
    assert!(around.iter().any(|token| token.len() > most));
    for token in around {
        let taken = take(&token, &keys()).map(|_| ());
        let wanted = if token.len() > most {
            Err(Refused::NotJwt)
        } else {
            Ok(())
        };
        assert_eq!(taken, wanted, "{} bytes", token.len());
    }
}

#[test]
fn times_count_to_the_second() {
    let at = |change: &[(&str, Value)]| {
        let mut claims = launch();
        for (name, value) in change {
            claims[*name] = value.clone();
        }
        take(&signed(&claims), &keys()).map(|_| ())
    };
    let whole = |name, seconds: i64| (name, json!(NOW + seconds));
    let day = 24 * 60 * 60;
    for (last, first, why) in [
        (
            vec![whole("exp", -59)],
            vec![whole("exp", -60)],
            Refused::Expired,
        ),
        (
            vec![whole("iat", 60)],
            vec![whole("iat", 61)],
            Refused::FromTheFuture,
        ),
        (
            vec![whole("nbf", 60)],
            vec![whole("nbf", 61)],
            Refused::FromTheFuture,
        ),
        (
            vec![whole("iat", -660)],
            vec![whole("iat", -661)],
            Refused::TooOld,
        ),
        (
            vec![whole("iat", 0), whole("exp", day)],
            vec![whole("iat", 0), whole("exp", day + 1)],
            Refused::TooLong,
        ),
        // A fraction is cut off; beyond what is a time, nothing is one.
        (
            vec![("iat", json!(NOW as f64 + 60.9))],
            vec![("iat", json!(NOW as f64 + 61.0))],
            Refused::FromTheFuture,
        ),
        (
            vec![],
            vec![("exp", json!(1_i64 << 53))],
            Refused::Malformed("exp"),
        ),
        (
            vec![],
            vec![("exp", json!(9e15))],
            Refused::Malformed("exp"),
        ),
        (
            vec![],
            vec![("exp", json!(-9e15))],
            Refused::Malformed("exp"),
        ),
        (
            vec![],
            vec![("exp", json!((1_i64 << 53) - 1))],
            Refused::TooLong,
        ),
        (vec![], vec![("exp", json!(8.9e15))], Refused::TooLong),
        (vec![], vec![("exp", json!(-8.9e15))], Refused::Expired),
    ] {
        assert_eq!(at(&last), Ok(()), "{last:?}");
        assert_eq!(at(&first), Err(why), "{first:?}");
    }
}
