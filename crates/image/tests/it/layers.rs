//! Layers there and back: pack, unpack, whiteouts, and archives that mean harm.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;

use labwright_image::layer::{PackOptions, pack, unpack};
use labwright_image::{EntryKind, Tree};
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;

const BASE: u32 = 0x6fff_0000;

fn packed(root: &Path, options: PackOptions) -> Vec<u8> {
    let mut bytes = Vec::new();
    pack(root, options, &mut bytes).unwrap();
    bytes
}

fn unpacked(archive: &[u8]) -> TempDir {
    let root = tempfile::tempdir().unwrap();
    unpack("test", archive, root.path()).unwrap();
    root
}

fn names(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap();
    entries
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect()
}

/// A tree as an overlay's upper directory holds it: shifted owners, whiteouts, an opaque folder.
fn upper() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    fs::create_dir_all(at("etc/opaque")).unwrap();
    fs::write(at("etc/motd"), "hello").unwrap();
    fs::hard_link(at("etc/motd"), at("etc/same")).unwrap();
    symlink("/etc/motd", at("etc/link")).unwrap();
    fs::write(at("su"), "x").unwrap();
    chown(at("su"), Some(BASE + 1000), Some(BASE + 1000)).unwrap();
    fs::set_permissions(at("su"), fs::Permissions::from_mode(0o4755)).unwrap();
    fs::write(at(&"l".repeat(150)), "a long name").unwrap();
    for path in ["", "etc", "etc/opaque", "etc/motd", "etc/link"] {
        std::os::unix::fs::lchown(at(path), Some(BASE), Some(BASE)).unwrap();
    }
    chown(at(&"l".repeat(150)), Some(BASE), Some(BASE)).unwrap();
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(at("etc/opaque"), "trusted.overlay.opaque", b"y", flags).unwrap();
    rustix::fs::setxattr(at("etc"), "trusted.overlay.impure", b"y", flags).unwrap();
    rustix::fs::setxattr(at("etc/motd"), "user.note", b"kept\n3 x=y\n", flags).unwrap();
    let mode = rustix::fs::Mode::empty();
    let kind = rustix::fs::FileType::CharacterDevice;
    rustix::fs::mknodat(rustix::fs::CWD, at("etc/gone"), kind, mode, 0).unwrap();
    root
}

#[test]
fn an_upper_directory_survives_the_way_there_and_back() {
    let upper = upper();
    let archive = packed(
        upper.path(),
        PackOptions {
            id_base: BASE,
            ..PackOptions::default()
        },
    );
    let root = unpacked(&archive);
    let at = |path: &str| root.path().join(path);
    let meta = |path: &str| fs::symlink_metadata(at(path)).unwrap();
    assert_eq!(fs::read_to_string(at("etc/motd")).unwrap(), "hello");
    assert_eq!(
        fs::read_to_string(at(&"l".repeat(150))).unwrap(),
        "a long name"
    );
    assert_eq!(
        (meta("etc/motd").uid(), meta("su").uid(), meta("su").gid()),
        (0, 1000, 1000)
    );
    assert_eq!(meta("su").mode() & 0o7777, 0o4755);
    assert_eq!(
        meta("etc/motd").ino(),
        meta("etc/same").ino(),
        "a hard link stays one"
    );
    assert_eq!(
        fs::read_link(at("etc/link")).unwrap(),
        Path::new("/etc/motd")
    );
    assert!(meta("etc/gone").file_type().is_char_device() && meta("etc/gone").rdev() == 0);
    let attribute = |path: &str, name: &str| {
        let mut value = [0; 16];
        let length = rustix::fs::lgetxattr(at(path), name, &mut value[..]).ok()?;
        Some(value[..length].to_vec())
    };
    assert_eq!(
        attribute("etc/opaque", "trusted.overlay.opaque"),
        Some(b"y".to_vec())
    );
    assert_eq!(attribute("etc", "trusted.overlay.impure"), None);
    assert_eq!(
        attribute("etc/motd", "user.note"),
        Some(b"kept\n3 x=y\n".to_vec())
    );
    let again = packed(root.path(), PackOptions::default());
    assert_eq!(
        again, archive,
        "packing what was unpacked gives the same bytes"
    );
}

#[test]
fn whiteouts_have_their_oci_names() {
    let names = names(&packed(
        upper().path(),
        PackOptions {
            id_base: BASE,
            ..PackOptions::default()
        },
    ));
    assert!(names.contains(&"etc/.wh.gone".to_owned()), "{names:?}");
    assert!(
        names.contains(&"etc/opaque/.wh..wh..opq".to_owned()),
        "{names:?}"
    );
}

#[test]
fn times_of_the_build_leave_no_trace() {
    let make = |text: &str| {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("b"), text).unwrap();
        fs::write(root.path().join("a"), text).unwrap();
        packed(
            root.path(),
            PackOptions {
                built_from: 1_700_000_000,
                ..PackOptions::default()
            },
        )
    };
    let first = make("x");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(first, make("x"));
}

#[test]
fn what_every_boot_writes_anew_is_left_out() {
    let root = tempfile::tempdir().unwrap();
    for path in [
        "dev/null",
        "var/log/dpkg.log",
        "var/lib/apt/lists/x",
        "var/log/nginx/a",
        "tmp/x",
    ] {
        crate::support::put(root.path(), path, "");
    }
    let kept = names(&packed(
        root.path(),
        PackOptions {
            debian: true,
            ..PackOptions::default()
        },
    ));
    insta::assert_snapshot!(kept.join(" "), @"dev tmp tmp/x var var/lib var/lib/apt var/lib/apt/lists var/log var/log/nginx var/log/nginx/a");
}

/// An archive of one or two entries, as a hostile registry might send it.
fn hostile(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (kind, path, data) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(0);
        let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
        header.set_size(if is_link { 0 } else { data.len() as u64 });
        // The library refuses `..` itself when asked to set a path.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        if is_link {
            header.as_old_mut().linkname[..data.len()].copy_from_slice(data.as_bytes());
        }
        header.set_cksum();
        let body: &[u8] = if is_link { b"" } else { data.as_bytes() };
        tar.append(&header, body).unwrap();
    }
    tar.into_inner().unwrap()
}

#[test]
fn no_archive_writes_outside_its_folder() {
    use EntryType::{Char, Link, Regular, Symlink};
    let outside = tempfile::tempdir().unwrap();
    let canary = outside.path().join("canary");
    fs::write(&canary, "alive").unwrap();
    let (out, file) = (outside.path().to_str().unwrap(), canary.to_str().unwrap());
    let through = [(Symlink, "d", out), (Regular, "d/canary", "dead")];
    let onto = [(Symlink, "f", file), (Regular, "f", "dead")];
    let cases: [&[(EntryType, &str, &str)]; 8] = [
        &[(Regular, "../canary", "dead")],
        &[(Regular, "a/../../canary", "dead")],
        &[(Link, "hard", "../../../etc/passwd")],
        &[(Char, "null", "")],
        &[(Regular, ".wh...", "")],
        &[(Regular, ".wh.", "")],
        &through,
        &onto,
    ];
    for case in cases {
        let root = tempfile::tempdir().unwrap();
        let refused = unpack("hostile", hostile(case).as_slice(), root.path());
        assert!(refused.is_err(), "{case:?} was unpacked");
        assert_eq!(fs::read_to_string(&canary).unwrap(), "alive");
    }
}

#[test]
fn an_absolute_name_stays_inside() {
    let root = tempfile::tempdir().unwrap();
    let archive = hostile(&[(EntryType::Regular, "/etc-canary", "x")]);
    assert!(unpack("hostile", archive.as_slice(), root.path()).is_err());
    assert!(!Path::new("/etc-canary").exists());
}

#[test]
fn a_broken_archive_is_an_error() {
    let archive = hostile(&[(EntryType::Regular, "f", "some data that is longer")]);
    let root = tempfile::tempdir().unwrap();
    assert!(unpack("cut", &archive[..520], root.path()).is_err());
}

#[test]
fn a_folder_is_read_without_following_links() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "s").unwrap();
    symlink(outside.path(), root.path().join("link")).unwrap();
    fs::write(root.path().join("caf\u{e9} \"'$(id)\n;.txt"), "odd").unwrap();
    let tree = Tree::read(root.path()).unwrap();
    let link = &tree.entries[Path::new("link")];
    assert_eq!(link.kind, EntryKind::Link(outside.path().to_owned()));
    assert_eq!(tree.entries.len(), 2, "nothing behind the link is read");
    // The folder itself may not be a link either.
    let alias = outside.path().join("alias");
    symlink(root.path(), &alias).unwrap();
    assert!(Tree::read(&alias).is_err());
}

#[test]
fn a_pipe_in_a_folder_is_refused_and_holds_nobody() {
    let root = tempfile::tempdir().unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    let path = root.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let error = Tree::read(root.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("is neither a file, a folder nor a link"),
        "{error}"
    );
    let _: io::Result<()> = fs::remove_file(path);
}

/// A capability as setcap(8) writes it in the build's user namespace: version 3, with a root id,
/// and `cap_dac_override,cap_fowner`, whose bits are a line feed.
#[test]
fn a_capability_of_the_build_becomes_a_plain_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("tool");
    fs::write(&path, "x").unwrap();
    let mut value = vec![
        1, 0, 0, 3, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    value.extend_from_slice(&BASE.to_le_bytes());
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(&path, "security.capability", &value, flags).unwrap();
    let root = unpacked(&packed(root.path(), PackOptions::default()));
    let mut found = [0; 64];
    let path = root.path().join("tool");
    let length = rustix::fs::lgetxattr(path, "security.capability", &mut found[..]).unwrap();
    let plain = [
        1, 0, 0, 2, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(found[..length], plain);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    /// Whatever an archive holds, unpacking ends with a folder or an error.
    #[test]
    fn a_damaged_archive_never_panics(
        at in proptest::collection::vec((0usize..8192, proptest::num::u8::ANY), 1..6),
        cut in 0usize..8192,
    ) {
        let mut archive = sample().to_vec();
        for (place, byte) in at {
            let place = place % archive.len();
            archive[place] = byte;
        }
        let end = archive.len() - cut % archive.len();
        let root = tempfile::tempdir().unwrap();
        let _ = unpack("damaged", &archive[..end], root.path());
    }
}

/// A small archive with every kind of entry.
fn sample() -> &'static [u8] {
    static SAMPLE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
    let options = PackOptions {
        id_base: BASE,
        ..PackOptions::default()
    };
    SAMPLE.get_or_init(|| packed(upper().path(), options))
}
