//! Programs that the place, its agents and the builder run, and their known holes.

use std::process::Command;

use super::Finding;
use crate::Installation;

/// runc below these has published ways out of a container: 1.2.8, 1.3.3 and 1.4.0 close
/// CVE-2025-31133, CVE-2025-52565 and CVE-2025-52881; 1.3.6, 1.4.3 and 1.5.0 close CVE-2026-41579
/// (runc's CHANGELOG).
const RUNC_FLOORS: [(u32, u32, u32); 3] = [(1, 3, 6), (1, 4, 3), (1, 5, 0)];
/// crun below this lacks the hardening of its working directory and descriptors (crun's NEWS).
const CRUN_FLOORS: [(u32, u32, u32); 1] = [(1, 14, 1)];

/// Programs that are there or not: name, what for, package.
const PROGRAMS: [(&str, &str, &str); 6] = [
    ("mmdebstrap", "builds labs' base systems", "mmdebstrap"),
    ("mkfs.ext4", "makes sessions' disks", "e2fsprogs"),
    ("ip", "is used by doctor and bench", "iproute2"),
    ("tc", "is used by doctor", "iproute2"),
    ("unshare", "is used by doctor and by builds", "util-linux"),
    ("apt-get", "builds labs' package sets", "apt"),
];

pub(super) fn findings(installation: &Installation) -> Vec<Finding> {
    let mut findings = vec![agent(installation), runtime(installation)];
    findings.extend(PROGRAMS.into_iter().map(program));
    findings
}

fn agent(installation: &Installation) -> Finding {
    let path = installation.agent.display().to_string();
    let mend = "install it beside `labwright`, or set LABWRIGHT_AGENT; \
                from source: cargo build --release";
    match installation.agent.is_file() {
        true => Finding::ok("labwright-agent", path),
        false => Finding::missing("labwright-agent", format!("not at {path}"), mend),
    }
}

fn program((name, why, package): (&'static str, &str, &str)) -> Finding {
    match find(name) {
        Some(path) => Finding::ok(name, path),
        None => Finding::missing(
            name,
            format!("not found; it {why}"),
            format!("apt-get install {package}"),
        ),
    }
}

fn runtime(installation: &Installation) -> Finding {
    const NAME: &str = "OCI runtime";
    let program = &installation.runtime;
    let output = Command::new(program).arg("--version").output();
    let Ok(output) = output else {
        let found = format!("{program} is not found");
        return Finding::missing(NAME, found, "apt-get install crun");
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().next().unwrap_or_default().to_owned();
    let floors: &[_] = match program.rsplit('/').next() {
        Some("runc") => &RUNC_FLOORS,
        Some("crun") => &CRUN_FLOORS,
        _ => &[],
    };
    match floor_for(version(&line), floors) {
        None => Finding::ok(NAME, line),
        Some((major, minor, patch)) => Finding::warn(
            NAME,
            format!(
                "{line}: has published ways out of a container; labs are confined by user \
                 namespaces and seccomp besides"
            ),
            format!(
                "install {program} {major}.{minor}.{patch} or newer, from your distribution's \
                 backports or its project's releases, and check it with `{program} --version`"
            ),
        ),
    }
}

/// The version that should be there instead, when this one has known holes. Each branch that is
/// maintained has a floor of its own.
fn floor_for(version: (u32, u32, u32), floors: &[(u32, u32, u32)]) -> Option<(u32, u32, u32)> {
    let newest = floors.last()?;
    let of_branch = floors
        .iter()
        .find(|floor| (floor.0, floor.1) == (version.0, version.1));
    let floor = match of_branch {
        Some(floor) => floor,
        None if version > *newest => return None,
        None => floors.first()?,
    };
    (version < *floor).then_some(*floor)
}

/// The three numbers in `runc version 1.1.5+ds1`.
fn version(line: &str) -> (u32, u32, u32) {
    let word = line
        .split_whitespace()
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.contains('.'));
    let mut parts = word
        .unwrap_or_default()
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

/// Where a program is.
pub(crate) fn find(program: &str) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<_> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin".into(), "/sbin".into()]);
    let mut files = folders.iter().map(|folder| folder.join(program));
    let found = files.find(|file| file.is_file())?;
    Some(found.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_with_known_holes_are_told() {
        let check = |line: &str, expect: Option<(u32, u32, u32)>| {
            assert_eq!(floor_for(version(line), &RUNC_FLOORS), expect, "{line}");
        };
        check("runc version 1.1.5+ds1", Some((1, 3, 6)));
        check("runc version 1.2.8", Some((1, 3, 6)));
        check("runc version 1.3.5", Some((1, 3, 6)));
        check("runc version 1.3.6", None);
        check("runc version 1.4.2", Some((1, 4, 3)));
        check("runc version 1.5.1", None);
    }
}
