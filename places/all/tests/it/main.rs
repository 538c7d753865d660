//! Places are opened by name.

#![allow(clippy::unwrap_used)]

use labwright_places::{Surroundings, names, open};

fn surroundings(daemons: bool) -> Surroundings {
    Surroundings {
        state: "/nowhere/state".into(),
        run: "/nowhere/run".into(),
        daemons,
    }
}

#[test]
fn every_listed_place_opens_under_its_name() {
    for name in names() {
        for daemons in [false, true] {
            let place = open(name, &surroundings(daemons)).unwrap();
            assert_eq!(place.name(), name);
        }
    }
}

#[test]
fn an_unknown_place_is_refused_with_the_known_ones() {
    let refused = open("moon", &surroundings(false)).err().unwrap();
    assert_eq!(
        refused.to_string(),
        "there is no place `moon`; places are local"
    );
}
