//! Real builds in the shared test state: need root, mmdebstrap, runc and a Debian mirror.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use labwright_image::LabImage;
use labwright_testkit::{base_layer, test_store};

use crate::support::{build_in, folder};

const TWO_NODES: &str = "
labwright: 1
name: image-two-nodes
title: Two nodes
nodes:
  pc:
    packages: [hello]
    user: student
    setup: setup/pc.sh
  server:
    packages: [hello]
steps:
  - page: steps/1.md
    tasks:
      - id: t
        title: T
        on: pc
        check: 'true'
        solve: 'true'
";

#[test]
fn the_base_is_a_debian_root_without_the_hosts_traces() {
    let base = base_layer();
    assert!(base.join("usr/bin/bash").is_file());
    assert!(base.join("usr/bin/ip").is_file());
    assert_eq!(
        fs::read_to_string(base.join("etc/resolv.conf")).unwrap(),
        ""
    );
    assert_eq!(
        fs::read_to_string(base.join("etc/hostname")).unwrap(),
        "localhost\n"
    );
    assert_eq!(fs::read_dir(base.join("dev")).unwrap().count(), 0);
}

#[test]
fn packages_user_files_and_setup_become_layers() {
    let setup = "id -u > /root/who\nhostname > /root/host\nls -ld /home/student > /root/home\n\
        echo made > /home/student/made\nchown student: /home/student/made\nrm /etc/issue\n\
        ping -c1 -W1 192.0.2.1 >/dev/null 2>&1 && echo yes > /root/network\n\
        unshare -Ur true 2>/dev/null && echo yes > /root/namespaces\nsleep 1000 &\n";
    let folder = folder(
        TWO_NODES,
        &[
            ("steps/1.md", "# One"),
            ("setup/pc.sh", setup),
            ("files/all/etc/motd", "hello\n"),
            ("files/pc/home/student/notes.txt", "notes\n"),
            ("files/pc/var/run/kept", "through a link of the image\n"),
            ("assets/a.txt", "an asset\n"),
        ],
    );
    let image = build_in(&test_store(), folder.path()).unwrap();
    let pc = top(&image, "pc");
    let read = |path: &str| fs::read_to_string(pc.join(path)).unwrap();
    assert_eq!(read("root/who"), "0\n");
    assert_eq!(read("root/host"), "pc\n");
    assert_eq!(read("etc/motd"), "hello\n");
    assert!(
        read("root/home").starts_with("drwx"),
        "the home exists before the setup"
    );
    assert!(!pc.join("root/network").exists(), "a setup has no network");
    assert!(
        !pc.join("root/namespaces").exists(),
        "a setup makes no namespaces"
    );
    for (path, owner) in [
        ("etc/motd", 0),
        ("root/who", 0),
        ("home/student", 1000),
        ("home/student/notes.txt", 1000),
        ("home/student/made", 1000),
    ] {
        let found = fs::symlink_metadata(pc.join(path)).unwrap();
        assert_eq!((found.uid(), found.gid()), (owner, owner), "{path}");
    }
    let whiteout = fs::symlink_metadata(pc.join("etc/issue")).unwrap();
    assert_eq!(whiteout.rdev(), 0, "a removed file is a whiteout");
    assert_eq!(
        fs::read_to_string(image.assets.join("a.txt")).unwrap(),
        "an asset\n"
    );

    let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o7777;
    for layer in image.nodes.values().flatten() {
        assert_eq!(mode(layer), 0o700, "set-id programs are for root alone");
    }
    assert_eq!(mode(&image.assets), 0o755, "the server reads the assets");

    let (pc, server) = (layers(&image, "pc"), layers(&image, "server"));
    assert_eq!(pc[..2], server[..2], "base and packages are shared");
    assert!(pc[1].join("usr/bin/hello").is_file());
    assert!(!pc[1].join("usr/sbin/policy-rc.d").exists());
    assert!(
        !pc[1].join("usr/bin/bash").exists(),
        "only the difference to the base"
    );
    let again = LabImage::load(&test_store(), &image.lab.name).unwrap();
    assert_eq!(again, image);
}

fn layers<'a>(image: &'a LabImage, node: &str) -> &'a [PathBuf] {
    &image.nodes[node]
}

fn top<'a>(image: &'a LabImage, node: &str) -> &'a Path {
    layers(image, node).last().unwrap()
}
