//! What the tool sends: sign-ins, picked links, assertions, registrations.

use jsonwebtoken::{DecodingKey, Validation};
use labwright_lti::{
    ContentItem, DeepLinkSettings, LineItem, LoginRequest, Tool, ToolKey, auth_request,
    client_assertion, deep_link_response, key_set, parse_openid_configuration, parse_registered,
    parse_token, registration_request, token_form,
};
use serde_json::{Value, json};
use url::Url;

use crate::world::*;

fn opened(token: &str, key: &ToolKey) -> Value {
    let jwk = serde_json::from_value(key.jwk()).unwrap();
    let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let data =
        jsonwebtoken::decode(token, &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
    assert_eq!(data.header.kid.as_deref(), Some(key.id()));
    data.claims
}

#[test]
fn a_sign_in_is_answered_by_an_address() {
    let pairs = [
        ("iss", ISSUER),
        ("login_hint", "a b&c"),
        ("lti_message_hint", "{\"cmid\":1}"),
        (
            "target_link_uri",
            "https://labs.example.net/lti/launch?lab=1",
        ),
        ("lti_storage_target", "_parent"),
        ("lti_deployment_id", "1"),
    ];
    let pairs: Vec<_> = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let login = LoginRequest::parse(&pairs, &tool()).unwrap();
    assert_eq!(
        (login.client_id.as_deref(), login.storage_target.as_deref()),
        (None, Some("_parent"))
    );
    let mut platform = platform();
    platform.auth_url = Url::parse("https://lms.example.org/auth?site=2").unwrap();
    let redirect = Url::parse("https://labs.example.net/lti/launch").unwrap();
    let url = auth_request(&platform, &login, &redirect, "the-state", "the-nonce");
    let query: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let expected = [
        ("site", "2"),
        ("scope", "openid"),
        ("response_type", "id_token"),
        ("response_mode", "form_post"),
        ("prompt", "none"),
        ("client_id", CLIENT),
        ("redirect_uri", "https://labs.example.net/lti/launch"),
        ("login_hint", "a b&c"),
        ("state", "the-state"),
        ("nonce", "the-nonce"),
        ("lti_message_hint", "{\"cmid\":1}"),
    ];
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(query, expected, "and never a `repost`");
}

#[test]
fn a_picked_link_goes_back_signed() {
    let settings = |accept_lineitem| DeepLinkSettings {
        deep_link_return_url: "https://lms.example.org/return".into(),
        accept_types: vec!["ltiResourceLink".into()],
        accept_lineitem,
        data: Some(json!("csrf=1")),
        ..DeepLinkSettings::default()
    };
    let item = ContentItem {
        url: "https://labs.example.net/lti/launch".into(),
        title: "Linux lab".into(),
        text: None,
        custom: vec![("labwright".into(), "nets/tiny".into())],
        line_item: Some(LineItem {
            label: "é".repeat(150),
            maximum: 0,
            resource_id: "nets/tiny".into(),
            resource_link_id: None,
            is_task: false,
        }),
        due: Some("2026-12-01T12:00:00Z".into()),
    };
    let answer = |accept| {
        let token = deep_link_response(
            &OTHER_KEY,
            &platform(),
            "1",
            &settings(accept),
            std::slice::from_ref(&item),
            "n",
            NOW,
        )
        .unwrap();
        opened(&token, &OTHER_KEY)
    };
    let claims = answer(None);
    assert_eq!(
        (&claims["iss"], &claims["aud"], &claims["iat"]),
        (&json!(CLIENT), &json!(ISSUER), &json!(NOW))
    );
    assert!(claims["exp"].as_i64().unwrap() > NOW);
    assert_eq!(claims[claim("message_type")], "LtiDeepLinkingResponse");
    assert_eq!(claims[claim("deployment_id")], "1");
    assert_eq!(
        claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"], "csrf=1",
        "37: given back as it came"
    );
    let sent = &claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"][0];
    assert_eq!(sent["type"], "ltiResourceLink");
    assert_eq!(sent["custom"]["labwright"], "nets/tiny");
    assert_eq!(sent["submission"]["endDateTime"], "2026-12-01T12:00:00Z");
    assert_eq!(
        sent["lineItem"]["scoreMaximum"], 1,
        "whole, and more than nothing"
    );
    assert_eq!(
        sent["lineItem"]["label"].as_str().unwrap().chars().count(),
        100
    );
    let plain = answer(Some(false));
    assert!(
        plain["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"][0]
            .get("lineItem")
            .is_none()
    );
}

#[test]
fn a_key_stays_itself() {
    let again = ToolKey::of_stored(OTHER_KEY.stored()).unwrap();
    assert_eq!((again.id(), again.jwk()), (OTHER_KEY.id(), OTHER_KEY.jwk()));
    let shown = format!("{again:?}");
    assert!(shown.contains(again.id()) && !shown.contains(&again.stored()[..20]));
    assert!(ToolKey::of_stored("nonsense").is_err());
    let both = key_set([&*OTHER_KEY, &*PLATFORM_KEY]);
    assert_eq!(
        both["keys"].as_array().unwrap().len(),
        2,
        "an old key stays readable"
    );
    assert!(both["keys"][0].get("d").is_none());
}

#[test]
fn an_assertion_says_who_asks() {
    let mut platform = platform();
    let token = client_assertion(&OTHER_KEY, &platform, "once", NOW).unwrap();
    let claims = opened(&token, &OTHER_KEY);
    assert_eq!(
        claims,
        json!({ "iss": CLIENT, "sub": CLIENT, "aud": "https://lms.example.org/token", "iat": NOW, "exp": NOW + 300, "jti": "once" })
    );
    platform.token_audience = Some("https://auth.example.org".into());
    let token = client_assertion(&OTHER_KEY, &platform, "once", NOW).unwrap();
    assert_eq!(
        opened(&token, &OTHER_KEY)["aud"],
        "https://auth.example.org"
    );
    let form = token_form(&token, &["a b", "c"]);
    assert!(form.starts_with("grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion="));
    assert!(form.ends_with("&scope=a+b+c"));
}

#[test]
fn tokens_are_read_and_refusals_named() {
    let read = |status, body: &str| parse_token(status, body.as_bytes(), NOW);
    assert_eq!(
        read(
            200,
            r#"{"access_token":"t","token_type":"bearer","expires_in":3600}"#
        )
        .unwrap()
        .until_s,
        NOW + 3570
    );
    assert_eq!(
        read(200, r#"{"access_token":"t","expires_in":"60"}"#)
            .unwrap()
            .until_s,
        NOW + 30
    );
    assert_eq!(
        read(200, r#"{"access_token":"t","expires_in":5}"#)
            .unwrap()
            .until_s,
        NOW + 1
    );
    assert_eq!(
        read(200, r#"{"access_token":"t"}"#).unwrap().until_s,
        NOW + 570
    );
    assert_eq!(
        read(400, r#"{"error":"invalid_client"}"#)
            .unwrap_err()
            .to_string(),
        "the platform gave no token: invalid_client"
    );
    // Nothing is used for longer than a day.
    let long = read(200, r#"{"access_token":"secret","expires_in":999999}"#).unwrap();
    assert_eq!(long.until_s, NOW + 86_370);
    let shown = format!("{long:?}");
    assert!(shown.contains("until_s") && !shown.contains("secret"));
    // In trouble a platform may say anything: it is no refusal.
    assert_eq!(
        read(500, r#"{"error":"invalid_client"}"#)
            .unwrap_err()
            .to_string(),
        "the platform gave no token (status 500)"
    );
    assert_eq!(
        read(502, "<html>").unwrap_err().to_string(),
        "the platform gave no token (status 502)"
    );
    for odd in [
        "<html>",
        "{}",
        r#"{"access_token":""}"#,
        r#"{"access_token":"a\nb"}"#,
        r#"{"access_token":"t","token_type":"mac"}"#,
    ] {
        assert_eq!(
            read(200, odd).unwrap_err().to_string(),
            "the platform's answer is no token",
            "{odd}"
        );
    }
}

#[test]
fn a_platform_registers_the_tool() {
    let tool = Tool {
        name: "Labwright".into(),
        description: "Labs".into(),
        base: Url::parse("https://labs.example.net:8443/").unwrap(),
    };
    let sent = registration_request(&tool);
    assert_eq!(
        sent["redirect_uris"],
        json!(["https://labs.example.net:8443/lti/launch"])
    );
    assert_eq!(sent["token_endpoint_auth_method"], "private_key_jwt");
    let described = &sent["https://purl.imsglobal.org/spec/lti-tool-configuration"];
    assert_eq!(described["domain"], "labs.example.net:8443");
    assert_eq!(described["messages"][1]["type"], "LtiDeepLinkingRequest");
    let from = Url::parse("https://lms.example.org/.well-known/openid-configuration").unwrap();
    let configuration = json!({
        "issuer": ISSUER, "authorization_endpoint": "https://lms.example.org/a", "token_endpoint": "https://lms.example.org/t",
        "jwks_uri": "https://lms.example.org/k", "registration_endpoint": "https://lms.example.org/r", "authorization_server": "https://lms.example.org",
    });
    let configuration =
        parse_openid_configuration(configuration.to_string().as_bytes(), &from).unwrap();
    let answer = json!({ "client_id": "abc", "https://purl.imsglobal.org/spec/lti-tool-configuration": { "deployment_id": 4 } });
    let platform = parse_registered(answer.to_string().as_bytes())
        .unwrap()
        .platform(configuration);
    assert_eq!(
        (platform.client_id.as_str(), platform.deployments.as_slice()),
        ("abc", &["4".to_owned()][..])
    );
    assert!(parse_registered(b"{}").is_err());
}
