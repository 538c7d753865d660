//! Locks: what is pinned, what is taken from the store, what is refused.

use std::fs;

use labwright_image::{ImageError, Inputs, Lock, Silent, build, lock, plan};
use labwright_testkit::test_store;

use crate::support::{folder, lab, one_node, put, store_with_base};

const PAGE: (&str, &str) = ("steps/1.md", "# One");

#[test]
fn a_lock_pins_packages_and_names_files_that_vary() {
    let node = "{ packages: [hello], setup: 'date +%N > /root/when; echo x > /root/same' }";
    let folder = folder(&one_node("locked", node), &[PAGE]);
    let lab = lab(folder.path());
    let inputs = Inputs::read(&lab, folder.path()).unwrap();
    let plan = plan(&lab, &inputs).unwrap();
    let made = lock(&inputs, &plan, &test_store(), &mut Silent).unwrap();
    assert!(made.layers[1].packages.contains_key("hello"));
    assert_eq!(
        made.layers[1].packages.len(),
        1,
        "the base's are not named again"
    );
    assert_eq!(made.layers[2].varies, ["/root/when"]);
    fs::write(folder.path().join("lab.lock"), made.text().unwrap()).unwrap();
    assert_eq!(Lock::read(folder.path()).unwrap(), made);

    // The store has these very layers, so the varying one is taken as it is.
    let locked = plan.clone().locked(&made).unwrap();
    let image = build(&lab, &inputs, &locked, &test_store(), &mut Silent).unwrap();
    assert_eq!(image.layers[2].diff_id, made.layers[2].diff_id);

    // Another store has to make it anew, and it comes out otherwise.
    let (_state, other) = store_with_base();
    let error = build(&lab, &inputs, &locked, &other, &mut Silent).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"
    node a is not as lab.lock has it:
      /root/when varies from build to build
    ");
}

#[test]
fn a_lab_that_changed_is_not_locked() {
    let folder = folder(&one_node("changed", "{ user: student }"), &[PAGE]);
    let read = || {
        let lab = lab(folder.path());
        let inputs = Inputs::read(&lab, folder.path()).unwrap();
        (plan(&lab, &inputs).unwrap(), inputs)
    };
    assert!(matches!(
        Lock::read(folder.path()),
        Err(ImageError::NoLock { .. })
    ));
    let (before, inputs) = read();
    let made = lock(&inputs, &before, &test_store(), &mut Silent).unwrap();
    put(folder.path(), "files/a/etc/motd", "hello");
    let error = read().0.locked(&made).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"node a is not in lab.lock: the lab changed since it was locked");
    put(folder.path(), "lab.lock", "{");
    assert!(matches!(
        Lock::read(folder.path()),
        Err(ImageError::Damaged { .. })
    ));
}
