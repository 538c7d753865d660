//! What the certification guide (6.1.2, 6.1.3) wants taken, for teachers and learners.

use labwright_lti::{Launch, Standing, standing};
use serde_json::{Value, json};

use crate::world::*;

const MEMBERSHIP: &str = "http://purl.imsglobal.org/vocab/lis/v2/membership";

fn with(change: impl FnOnce(&mut Value)) -> labwright_lti::Message {
    let mut claims = launch();
    change(&mut claims);
    take(&signed(&claims), &keys()).unwrap()
}

fn without(claims: &mut Value, names: &[&str]) {
    for name in names {
        claims.as_object_mut().unwrap().shift_remove(*name);
    }
}

#[test]
fn launches_with_little_in_them_are_taken() {
    assert_eq!(with(|_| {}).name.as_deref(), Some("Alice Learner"));
    assert_eq!(
        with(|claims| without(claims, &["name"])).name,
        None,
        "only an address"
    );
    let names = with(|claims| {
        without(claims, &["name", "email"]);
        claims["given_name"] = json!("Zoë");
        claims["family_name"] = json!("Ünïcode");
    });
    assert_eq!(names.name.as_deref(), Some("Zoë Ünïcode"));
    assert_eq!(
        with(|claims| without(claims, &["name", "email"])).name,
        None,
        "no person in it"
    );
    assert!(
        with(|claims| without(claims, &[&claim("context")]))
            .context
            .is_none()
    );
    assert!(
        with(|claims| without(claims, &[&claim("custom")]))
            .name
            .is_some()
    );
    with(|claims| claims["aud"] = json!([CLIENT]));
    with(|claims| {
        claims["aud"] = json!([CLIENT, "other"]);
        claims["azp"] = json!(CLIENT);
    });
    with(|claims| claims["unknown"] = json!({ "deep": [1, 2, 3] }));
    with(|claims| claims["exp"] = json!(NOW as f64 + 60.75));
    with(|claims| claims["exp"] = json!(NOW - 59));
    with(|claims| claims["iat"] = json!(NOW + 60));
    with(|claims| claims["iat"] = json!(NOW - 660));
    with(|claims| claims["nbf"] = json!(NOW + 60));
    with(|claims| claims["exp"] = json!(NOW - 5 + 86_400));
    with(|claims| claims[claim("deployment_id")] = json!("1"));
}

#[test]
fn roles_give_what_they_say() {
    let of = |roles: &[&str]| standing(roles.iter().copied());
    for learner in [
        &[][..],
        &["Learner"],
        &["Student", "http://example.org/what#Ever"],
        &["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
        &["http://purl.imsglobal.org/vocab/lis/v2/membership#Mentor"],
        &["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"],
        &["http://purl.imsglobal.org/vocab/lis/v2/system/person#None"],
        &["http://purl.imsglobal.org/vocab/lti/system/person#TestUser"],
    ] {
        assert_eq!(of(learner), Standing::Learner, "{learner:?}");
    }
    let sub_role = format!("{MEMBERSHIP}/Instructor#TeachingAssistant");
    for teacher in [
        "Instructor",
        &sub_role,
        &format!("{MEMBERSHIP}#Instructor"),
        &format!("{MEMBERSHIP}#Administrator"),
    ] {
        assert_eq!(of(&["Learner", teacher]), Standing::Teacher, "{teacher}");
    }
    for system in [
        "system/person#Administrator",
        "system/person#SysAdmin",
        "institution/person#Administrator",
    ] {
        let role = format!("http://purl.imsglobal.org/vocab/lis/v2/{system}");
        assert_eq!(of(&["Learner", &role]), Standing::Administrator, "{role}");
    }
    // An empty list is a list.
    assert_eq!(
        with(|claims| claims[claim("roles")] = json!([])).standing,
        Standing::Learner
    );
}

#[test]
fn a_launch_says_where_scores_go_and_what_was_picked() {
    let Launch::ResourceLink {
        id,
        custom,
        ags,
        target,
        ..
    } = with(|claims| {
        claims[claim("custom")]["number"] = json!(7);
    })
    .launch
    else {
        panic!("no launch")
    };
    assert_eq!(id, "block-v1:Org+C+R+type@lti+block@1");
    assert_eq!(custom, [("labwright".to_owned(), "nets/tiny".to_owned())]);
    assert_eq!(
        ags.unwrap().lineitem.unwrap(),
        "https://lms.example.org/lineitems/7?type_id=1"
    );
    assert_eq!(target.path(), "/lti/launch");
    let message = take(&signed(&deep_linking()), &keys()).unwrap();
    let Launch::DeepLink(settings) = message.launch else {
        panic!("no picking")
    };
    assert_eq!(settings.data, Some(json!({ "opaque": [1, "two"] })));
}
