//! What a reader of strangers' folders must refuse, each with a position and a reason.

use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use labwright_manifest::{LAB_FILE, MAX_DEPTH, MAX_LAB_BYTES, load};

use crate::support::{folder, write};

/// Loads `lab.yaml` with these bytes and gives the first problem as shown.
fn first(bytes: &[u8]) -> String {
    let dir = folder(&[]);
    write(dir.path(), LAB_FILE, bytes);
    let start = Instant::now();
    let loaded = load(dir.path());
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "took {:?}",
        start.elapsed()
    );
    assert!(loaded.lab.is_none());
    let text = loaded.render(&loaded.problems[0], false);
    text.lines().next().unwrap().to_owned()
}

#[test]
fn bad_bytes() {
    assert_eq!(first(b""), "lab.yaml:1:1: error: lab.yaml is empty");
    assert_eq!(
        first(b"# nothing\n"),
        "lab.yaml:1:1: error: lab.yaml is empty"
    );
    assert_eq!(
        first(b"name: \xff"),
        "lab.yaml:1:7: error: `lab.yaml` is no text: this is not UTF-8"
    );
    assert_eq!(
        first(b"name: a\nx: \0"),
        "lab.yaml:2:4: error: `lab.yaml` is no text: here is a NUL byte"
    );
    assert_eq!(
        first(b"just words"),
        "lab.yaml:1:1: error: lab.yaml is a word; it must be a mapping"
    );
    assert_eq!(
        first(b"[1, 2]"),
        "lab.yaml:1:2: error: lab.yaml is a list; it must be a mapping"
    );
    assert!(first(b"a: [\n").starts_with("lab.yaml:2:1: error: this is not valid YAML"));
}

#[test]
fn too_large() {
    let huge = vec![b'#'; 10 << 20];
    let said = first(&huge);
    assert_eq!(
        said,
        format!(
            "lab.yaml:1:1: error: `lab.yaml` has 10485760 bytes; at most {MAX_LAB_BYTES} are allowed"
        )
    );
}

#[test]
fn too_deep() {
    let deep = format!("a: {}", "[".repeat(500_000));
    assert!(first(deep.as_bytes()).ends_with(&format!(
        "error: this is nested deeper than {MAX_DEPTH} levels"
    )));
    let maps = "{a: ".repeat(100_000);
    assert!(first(maps.as_bytes()).contains("nested deeper"));
}

#[test]
fn alias_bombs() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for n in 1..20 {
        let of = vec![format!("*a{}", n - 1); 9].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{of}]\n"));
    }
    assert!(first(bomb.as_bytes()).contains("makes more than 50000 values"));
    assert!(first(b"a: &a [*a]\n").contains("alias"));
    let merges = "a: &a {b: 1}\nc: {<<: [*a, *a, *a], <<: *a}\n";
    assert!(first(merges.as_bytes()).starts_with("lab.yaml:1:1"));
}

#[test]
fn slow_texts_are_not_slow() {
    for unit in [
        "a: b\n", "- a\n", "\"", "&a ", "? ", "!!x ", "|\n ", "{", "a,", ": ", "'x' ",
    ] {
        let text = unit.repeat((1 << 20) / unit.len());
        first(text.as_bytes());
    }
}

#[test]
fn paths_stay_in_the_folder() {
    let dir = folder(&[(
        "lab.yaml",
        "labwright: 1\nname: a\nnodes:\n  n:\n    setup: ../outside.sh\n    dockerfile: /etc\nsteps:\n  - steps/link.md\n  - /etc/passwd\n  - steps/../../x.md\n  - steps/dir.md\n  - steps/pipe.md\n  - steps/inner.md\n",
    )]);
    let root = dir.path();
    write(root, "steps/dir.md/x", b"");
    write(root, "steps/real.md", b"# Real");
    symlink("/etc/hostname", root.join("steps/link.md")).unwrap();
    symlink("real.md", root.join("steps/inner.md")).unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(root.join("steps/pipe.md"))
        .status();
    assert!(made.unwrap().success());
    let loaded = load(root);
    let said: Vec<String> = loaded
        .problems
        .iter()
        .map(|p| format!("{}:{} {}", p.line, p.column, p.message))
        .collect();
    assert_eq!(
        said,
        [
            "5:12 `../outside.sh` leads out of the lab folder",
            "6:5 `dockerfile` is part of the format, but this version of Labwright cannot run it yet",
            "6:17 `/etc` does not fit `dockerfile`: it must be a path inside the lab folder, without `..`",
            "8:5 `steps/link.md` leads out of the lab folder",
            "9:5 `/etc/passwd` does not fit `steps`: it must be a path inside the lab folder, without `..`",
            "10:5 `steps/../../x.md` does not fit `steps`: it must be a path inside the lab folder, without `..`",
            "11:5 `steps/dir.md` is no regular file",
            "12:5 `steps/pipe.md` is no regular file",
        ]
    );
}

#[test]
fn copied_trees_hold_no_strangers() {
    let dir = folder(&[("lab.yaml", "labwright: 1\nname: a\nnodes: {n: {}}\n")]);
    let root = dir.path();
    write(root, "files/n/etc/real", b"");
    symlink("real", root.join("files/n/etc/good")).unwrap();
    symlink("/etc/shadow", root.join("files/n/etc/absolute")).unwrap();
    symlink("../../../../../etc/shadow", root.join("files/n/etc/climbs")).unwrap();
    symlink("/", root.join("assets")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("files/n/socket")).unwrap();
    let loaded = load(root);
    let messages = loaded.problems.iter().map(|p| p.message.as_str());
    let mut said: Vec<&str> = messages
        .filter(|message| !message.contains("steps"))
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            "`assets` leads out of the lab folder",
            "`files/n/etc/absolute` leads out of the lab folder",
            "`files/n/etc/climbs` leads out of the lab folder",
            "`files/n/socket` is no regular file",
        ]
    );
}

#[test]
fn no_folder_no_file() {
    let dir = folder(&[]);
    let said = |path: &std::path::Path| load(path).problems[0].to_string();
    assert_eq!(
        said(dir.path()),
        "lab.yaml:1:1: error: there is no `lab.yaml` in the lab folder"
    );
    assert!(said(&dir.path().join("none")).starts_with("lab.yaml:1:1: error: the lab folder"));
    symlink("/etc/hostname", dir.path().join("lab.yaml")).unwrap();
    assert_eq!(
        said(dir.path()),
        "lab.yaml:1:1: error: `lab.yaml` leads out of the lab folder"
    );
    assert!(said(&dir.path().join("lab.yaml")).contains("is no folder"));
}

/// Slips of the keyboard in a lab that uses all of the format: never a panic, always a position.
#[test]
fn mutated_labs_are_read_without_a_panic() {
    const ROUNDS: usize = 1500;
    let good = include_str!("../data/whole/lab.yaml");
    let spans = good.len();
    let dir = folder(&[]);
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    for _ in 0..ROUNDS {
        let mut bytes = good.as_bytes().to_vec();
        for _ in 0..=random(4) {
            let (at, len) = (random(spans), random(40));
            let end = (at + len).min(bytes.len());
            let at = at.min(end);
            match random(4) {
                0 => drop(bytes.drain(at..end)),
                1 => bytes.insert(at, b"{}[]:,#&*!|>'\"%@`- \n\t~x9"[random(24)]),
                2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
                _ => bytes[at..end].reverse(),
            }
        }
        write(dir.path(), LAB_FILE, &bytes);
        let loaded = load(dir.path());
        for problem in &loaded.problems {
            let shown = loaded.render(problem, false);
            assert!(
                shown.starts_with(&format!("{}:{}:", problem.file, problem.line)),
                "{shown}"
            );
        }
    }
}
