//! Real builds in the shared test state: need root, mmdebstrap, runc and a Debian mirror.

use std::fs;

#[test]
fn the_base_is_a_debian_root_without_the_hosts_traces() {
    let base = labwright_testkit::base_layer();
    assert!(base.join("usr/bin/bash").is_file());
    assert!(base.join("usr/bin/ip").is_file());
    assert_eq!(fs::read_to_string(base.join("etc/resolv.conf")).unwrap(), "");
    assert_eq!(fs::read_to_string(base.join("etc/hostname")).unwrap(), "localhost\n");
    assert_eq!(fs::read_dir(base.join("dev")).unwrap().count(), 0);
}
