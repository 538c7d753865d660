//! Parameters: the same at every start, fair, inside their bounds.

use std::collections::BTreeMap;
use std::net::IpAddr;

use indexmap::IndexMap;
use labwright_grading::{ParamError, Values, params};
use labwright_model::{Lab, Param, ParamName};
use proptest::prelude::*;
use serde_json::json;

const KEY: &[u8] = b"a server's key";

pub fn lab(params: &[(&str, Param)]) -> Lab {
    let mut lab: Lab = serde_json::from_value(json!({
        "format": 1, "name": "tcp", "title": {}, "summary": null, "authors": [], "license": null,
        "base": "debian/bookworm", "nodes": {}, "networks": {}, "params": {}, "apps": [],
        "steps": [], "group": null,
        "limits": {"memory_bytes": 1, "cpu_milli": 1, "pids": 1, "disk_bytes": 1},
        "time": {"session_s": 0, "idle_s": 0}, "internet": "none", "keep": [], "places": null,
        "budget": {"image_bytes": null, "start_ms": null}
    }))
    .unwrap();
    lab.params = params
        .iter()
        .map(|(name, param)| (ParamName::new(*name).unwrap(), param.clone()))
        .collect();
    lab
}

fn draw(param: Param, subject: &str) -> Result<String, ParamError> {
    params(KEY, &lab(&[("p", param)]), subject).map(|values| values["p"].clone())
}

fn choose(values: &[&str]) -> Param {
    Param::Choose(values.iter().map(|value| (*value).to_owned()).collect())
}

fn subnet(within: &str, prefix: u8) -> Param {
    Param::Subnet {
        within: within.to_owned(),
        prefix,
    }
}

/// A change of any of these values changes every learner's lab in the middle of a course.
#[test]
fn values_never_change_between_versions() {
    let lab = lab(&[
        ("word", choose(&["cat", "dog", "owl"])),
        ("port", Param::Int(2000, 9000)),
        ("secret", Param::Hex(40)),
        ("net", subnet("10.0.0.0/8", 24)),
        ("net6", subnet("fd00::/8", 64)),
    ]);
    let drawn: Vec<String> = params(KEY, &lab, "ann").unwrap().into_values().collect();
    assert_eq!(drawn, GOLDEN);
}

#[test]
fn key_lab_learner_and_name_all_count() {
    let hex = |key: &[u8], lab_name: &str, subject: &str, name: &str| {
        let mut lab = lab(&[(name, Param::Hex(16))]);
        lab.name = labwright_model::LabName::new(lab_name).unwrap();
        params(key, &lab, subject).unwrap()[name].clone()
    };
    let all = [
        hex(KEY, "ab", "c", "d"),
        hex(b"another", "ab", "c", "d"),
        hex(KEY, "a", "bc", "d"),
        hex(KEY, "ab", "cd", "d"),
        hex(KEY, "ab", "c", "e"),
    ];
    let different: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len());
    assert_eq!(all[0], hex(KEY, "ab", "c", "d"));
}

#[test]
fn every_choice_is_as_likely() {
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for learner in 0..6_000 {
        let drawn = draw(choose(&["a", "b", "c"]), &learner.to_string()).unwrap();
        *seen.entry(drawn).or_default() += 1;
    }
    // Six standard deviations around 2000.
    assert_eq!(seen.len(), 3);
    assert!(
        seen.values().all(|count| (1_780..2_220).contains(count)),
        "{seen:?}"
    );
}

#[test]
fn what_cannot_be_drawn_is_an_error() {
    draw(choose(&[]), "s").unwrap_err();
    draw(Param::Int(3, 2), "s").unwrap_err();
    for (within, prefix) in [
        ("10.0.0.0/8", 7),
        ("10.0.0.0/8", 33),
        ("10/8", 9),
        ("x", 1),
        ("::/0", 129),
    ] {
        draw(subnet(within, prefix), "s").unwrap_err();
    }
}

proptest! {
    #[test]
    fn an_int_lies_between(a in any::<i64>(), b in any::<i64>(), subject in ".*") {
        let (first, last) = (a.min(b), a.max(b));
        let drawn: i64 = draw(Param::Int(first, last), &subject).unwrap().parse().unwrap();
        prop_assert!((first..=last).contains(&drawn));
        prop_assert_eq!(draw(Param::Int(a, a), &subject).unwrap(), a.to_string());
    }

    #[test]
    fn hex_has_its_digits(digits in 0..200_u32, subject in ".*") {
        let drawn = draw(Param::Hex(digits), &subject).unwrap();
        prop_assert_eq!(drawn.len(), digits as usize);
        prop_assert!(drawn.chars().all(|c| c.is_ascii_hexdigit() && !c.is_ascii_uppercase()));
    }

    #[test]
    fn a_subnet_lies_within(address in any::<u32>(), a in 0..=32_u8, b in 0..=32_u8, s in ".*") {
        let (length, prefix) = (a.min(b), a.max(b));
        let within = format!("{}/{length}", IpAddr::from(address.to_be_bytes()));
        let drawn = draw(subnet(&within, prefix), &s).unwrap();
        let (inside, bits) = drawn.split_once('/').unwrap();
        prop_assert_eq!(bits, prefix.to_string());
        let inside = u32::from_be_bytes(inside.parse::<std::net::Ipv4Addr>().unwrap().octets());
        let mask = |bits: u8| u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
        prop_assert_eq!(inside & mask(length), address & mask(length));
        prop_assert_eq!(inside & !mask(prefix), 0);
    }

    #[test]
    fn pages_never_fail(text in ".*", braces in "[{} a-z.]{0,40}") {
        let values = Values::of_params(&IndexMap::from([("w".to_owned(), "v".to_owned())]));
        let plain = text.replace("{{", "");
        prop_assert_eq!(values.fill_page(&plain), plain);
        values.fill_page(&braces);
    }
}

#[test]
fn placeholders_of_pages_and_scripts() {
    let params = IndexMap::from([("my-word".to_owned(), "cat".to_owned())]);
    let values = Values::of_params(&params);
    assert_eq!(
        values.fill_page("a {{ params.my-word }} {{task x}} {{ {{params.my-word}} {{"),
        "a cat {{task x}} {{ cat {{"
    );
    assert_eq!(values.fill("{{ params.my-word }}"), Ok("cat".to_owned()));
    values.fill("{{ params.none }}").unwrap_err();
    assert_eq!(values.env()["PARAM_MY_WORD"], "cat");
}

// Computed by another implementation, from the description in `params.rs`.
const GOLDEN: [&str; 5] = [
    "owl",
    "6277",
    "dd0bd02731a0c7c22009db0da04380463697f8ba",
    "10.232.52.0/24",
    "fd97:a49c:637e:24f8::/64",
];
