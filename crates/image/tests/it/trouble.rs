//! Builds that go wrong: the words, what is left, and that the next build works.

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use labwright_image::{ImageError, LabImage, Store};
use labwright_testkit::test_store;

use crate::support::{build_in, folder, lab, one_node, store_with_base};

const PAGE: (&str, &str) = ("steps/1.md", "# One");
/// This very program, even if it was built anew meanwhile.
const THIS: &str = "/proc/self/exe";
/// Set in the process that a test starts to be killed: its store and its lab folder.
const VICTIM: &str = "LABWRIGHT_TEST_VICTIM";

#[test]
fn an_unknown_package_is_reported_in_apts_words_with_its_node() {
    let folder = folder(
        &one_node("bad-package", "{ packages: [no-such-package] }"),
        &[PAGE],
    );
    let error = build_in(&test_store(), folder.path()).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"
    apt could not install no-such-package for node `a`:
      E: Unable to locate package no-such-package
    ");
    assert!(error.hint().unwrap().contains("apt-cache search"));
}

#[test]
fn a_failed_setup_is_reported_with_its_last_words() {
    let node = "{ setup: 'echo one; echo two >&2; exit 3' }";
    let folder = folder(&one_node("bad-setup", node), &[PAGE]);
    let error = build_in(&test_store(), folder.path()).unwrap_err();
    insta::assert_snapshot!(error.to_string(), @"
    setup of node `a` ended with status 3:
      one
      two
    ");
    let missing = LabImage::load(&test_store(), &lab(folder.path()).name).unwrap_err();
    assert!(matches!(missing, ImageError::NoImage { .. }), "{missing}");
}

#[test]
fn a_user_that_cannot_be_made_is_reported() {
    let files = [
        PAGE,
        ("files/a/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    ];
    let folder = folder(
        &one_node("bad-user", "{ user: backup, setup: 'id backup' }"),
        &files,
    );
    let error = build_in(&test_store(), folder.path()).unwrap_err();
    // `backup` is a user of Debian, so it is not made again; then the files took it away.
    assert!(matches!(error, ImageError::Setup { .. }), "{error}");
}

#[test]
fn a_setup_cannot_touch_the_host() {
    let canary = tempfile::NamedTempFile::new().unwrap();
    let path = canary.path().display().to_string();
    let setup = format!(
        "for try in 'mount -t tmpfs x /mnt' 'mknod /null c 1 3' 'chroot /proc/1/root true' \
         'sh -c \"echo dead > {path}\"' 'sh -c \"echo 1 > /proc/sys/kernel/sysrq\"' \
         'sh -c \"echo x > /proc/sysrq-trigger\"' 'hostname other' 'nsenter -t 1 -m true'; do\n\
         eval \"$try\" 2>/dev/null && echo \"$try\" >> /escaped\ndone\n\
         ls /proc | grep -c '^[0-9]' > /processes\nexit 0"
    );
    let files = [PAGE, ("setup/a.sh", setup.as_str())];
    let folder = folder(&one_node("bad-escape", "{ setup: setup/a.sh }"), &files);
    let image = build_in(&test_store(), folder.path()).unwrap();
    let top = image.nodes["a"].last().unwrap();
    // Writing to the canary's path succeeds inside where that folder exists there, to no effect.
    let escaped = fs::read_to_string(top.join("escaped")).unwrap_or_default();
    let escaped: Vec<_> = escaped
        .lines()
        .filter(|line| !line.contains(&path))
        .collect();
    assert_eq!(escaped, ["chroot /proc/1/root true"], "its own root alone");
    assert_eq!(fs::read_to_string(canary.path()).unwrap(), "");
    let processes: u32 = fs::read_to_string(top.join("processes"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(processes < 8, "it sees {processes} processes");
}

#[test]
fn two_builds_of_the_same_lab_give_the_same_digest() {
    let text = one_node(
        "same",
        "{ packages: [hello], user: student, setup: 'date > /dev/null; echo x > /x' }",
    );
    let files = [PAGE, ("files/a/home/student/n", "n"), ("assets/p", "p")];
    let digest = || {
        let folder = folder(&text, &files);
        let (_state, store) = store_with_base();
        build_in(&store, folder.path()).unwrap().digest
    };
    assert_eq!(digest(), digest());
}

/// Not a test of its own: the process that other tests start to kill it, or to take things away.
#[test]
fn victim() {
    if let Ok(what) = std::env::var(VICTIM) {
        let (state, lab) = what.split_once(' ').unwrap();
        if let Err(error) = build_in(&Store::new(state), lab.as_ref()) {
            eprintln!("{error}; {}", error.hint().unwrap_or_default());
        }
    }
}

#[test]
fn a_killed_build_leaves_no_process_and_no_mount_and_the_next_one_works() {
    let (state, store) = store_with_base();
    let setup = "{ setup: 'if [ -e /etc/motd ]; then touch /run/x; sleep 7654; fi' }";
    let slow = folder(&one_node("killed", setup), &[PAGE]);
    let mut victim = Command::new(THIS)
        .args(["trouble::victim", "--exact"])
        .env(
            VICTIM,
            format!("{} {}", state.path().display(), slow.path().display()),
        )
        .stdout(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap();
    until("the setup runs", || sleepers() == 1);
    victim.kill().unwrap();
    victim.wait().unwrap();
    until("the setup is gone", || sleepers() == 0);
    until("its cgroups are gone", || cgroups_of(victim.id()) == 0);
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
    assert!(!mounts.contains("labwright-build"), "a mount is left");
    let quick = folder(&one_node("killed", "{ setup: 'rm /etc/motd' }"), &[PAGE]);
    build_in(&store, quick.path()).unwrap();
    assert!(!state.path().join("build/work").exists(), "work is left");
}

/// Cgroups of the build containers that a process started, in every hierarchy.
fn cgroups_of(process: u32) -> usize {
    let name = format!("labwright-build-{process}-");
    let tops = fs::read_dir("/sys/fs/cgroup")
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    tops.chain(["/sys/fs/cgroup".into()])
        .flat_map(|top| fs::read_dir(top).into_iter().flatten().flatten())
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(&name))
        .count()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Processes of the setup that sleeps.
fn sleepers() -> usize {
    let is_sleeper = |process: fs::DirEntry| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        line == b"sleep\x007654\0"
    };
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .map(is_sleeper)
        .filter(|&is| is)
        .count()
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let state = tempfile::tempdir().unwrap();
    let lab = folder(&one_node("missing", "{}"), &[PAGE]);
    let words = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .args(["trouble::victim", "--exact", "--nocapture"])
            .env(
                VICTIM,
                format!("{} {}", state.path().display(), lab.path().display()),
            )
            .env("PATH", "/nowhere")
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let without = words(THIS, &[]);
    assert!(
        without.contains("`mmdebstrap` is not installed; sudo apt install mmdebstrap"),
        "{without}"
    );
    // Somebody else must be able to reach the program and the lab.
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o755);
    fs::set_permissions(lab.path(), open).unwrap();
    let copy = lab.path().join("it");
    fs::copy(THIS, &copy).unwrap();
    let copy = copy.display().to_string();
    let nobody = words(
        "/usr/bin/setpriv",
        &["--reuid=65534", "--clear-groups", &copy],
    );
    assert!(
        nobody.contains("building an image needs root; run it again with sudo"),
        "{nobody}"
    );
}

#[test]
fn an_interrupted_base_leaves_no_process() {
    let state = tempfile::tempdir().unwrap();
    let lab = folder(&one_node("no-base", "{}"), &[PAGE]);
    let mut victim = Command::new(THIS)
        .args(["trouble::victim", "--exact"])
        .env(
            VICTIM,
            format!("{} {}", state.path().display(), lab.path().display()),
        )
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let work = state.path().display().to_string();
    until("packages arrive", || {
        processes_with(&work) >= 2 && count(&state.path().join("build/work")) > 0
    });
    std::thread::sleep(Duration::from_secs(2));
    victim.kill().unwrap();
    victim.wait().unwrap();
    until("mmdebstrap is gone", || processes_with(&work) == 0);
    assert!(Store::new(state.path()).labs().unwrap().is_empty());
}

#[test]
fn a_full_disk_is_named_and_the_next_build_works() {
    let (shared, _) = store_with_base();
    let disk = tempfile::tempdir().unwrap();
    let mount = |options: &str| {
        let mut command = Command::new("mount");
        let done = command
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(disk.path())
            .status();
        assert!(done.unwrap().success());
    };
    mount("size=60m");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(shared.path().join("images"))
        .arg(disk.path())
        .status();
    assert!(copied.unwrap().success());
    let store = Store::new(disk.path());
    let lab = folder(&one_node("full", "{ setup: 'echo x > /x' }"), &[PAGE]);
    let error = build_in(&store, lab.path()).map(|image| image.digest);
    mount_larger(disk.path());
    let again = build_in(&store, lab.path()).map(|image| image.nodes["a"].len());
    // A child of another test, between fork and exec, may hold a file of it for a moment.
    until("unmounted", || {
        let unmount = Command::new("umount")
            .arg(disk.path())
            .stderr(Stdio::null())
            .status();
        unmount.unwrap().success()
    });
    assert!(
        matches!(error, Err(ImageError::DiskFull { .. })),
        "{error:?}"
    );
    assert_eq!(again.unwrap(), 2);
}

fn mount_larger(disk: &std::path::Path) {
    let mut command = Command::new("mount");
    let done = command.args(["-o", "remount,size=400m"]).arg(disk).status();
    assert!(done.unwrap().success());
}

fn count(folder: &std::path::Path) -> usize {
    fs::read_dir(folder).into_iter().flatten().count()
}

/// Processes, but this one, that have this text among their arguments.
fn processes_with(text: &str) -> usize {
    let has_it = |process: &fs::DirEntry| {
        let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let own = process.file_name().to_string_lossy() == std::process::id().to_string();
        !own && String::from_utf8_lossy(&line).contains(text)
    };
    fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter(has_it)
        .count()
}
