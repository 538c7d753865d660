//! The committed description is the one that the types give.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::path::Path;

#[test]
fn docs_openapi_json_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("LABWRIGHT_UPDATE").is_some() {
        std::fs::write(&path, labwright_api::json()).expect("docs/openapi.json can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("docs/openapi.json can be read");
    assert!(
        committed == labwright_api::json(),
        "docs/openapi.json is stale: LABWRIGHT_UPDATE=1 cargo test -p labwright-api"
    );
}

#[test]
fn every_reference_has_its_schema() {
    let description = labwright_api::openapi();
    let text = description.to_string();
    let schemas = description["components"]["schemas"]
        .as_object()
        .expect("schemas");
    for rest in text.split("#/components/schemas/").skip(1) {
        let name = rest.split('"').next().unwrap_or_default();
        assert!(schemas.contains_key(name), "schema {name} is missing");
    }
}

#[test]
fn secrets_do_not_print() {
    let sign_in = labwright_api::SignIn {
        name: "ada".into(),
        password: "s3cret-word".into(),
    };
    assert_eq!(format!("{sign_in:?}"), "SignIn { .. }");
}
