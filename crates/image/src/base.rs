//! The base layer: a minimal Debian system from mmdebstrap, with nothing of the host in it.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pack::EPOCH;
use crate::process::{confined, run};
use crate::sources::Sources;
use crate::{Architecture, ImageError, apt};

/// Not wanted in a base: what nobody reads in a lab, in every package that is ever installed.
/// Manual pages in English and copyright files stay.
const DPKG_OPTIONS: [&str; 5] = [
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
    "path-include=/usr/share/man/man[1-9]/*",
];
/// Hook that lets `usr-is-merged` stand for usrmerge, which would bring all of Perl.
const MERGED_USR: &str = "/usr/share/mmdebstrap/hooks/maybe-merged-usr";

/// Makes the base in `work`; returns the folder.
pub fn make(
    suite: &str,
    packages: &[String],
    architecture: Architecture,
    work: &Path,
    note: &mut dyn FnMut(&str),
) -> Result<PathBuf, ImageError> {
    if Command::new("mmdebstrap")
        .arg("--version")
        .output()
        .is_err()
    {
        return Err(ImageError::MissingProgram {
            program: "mmdebstrap",
            package: "mmdebstrap",
        });
    }
    must_run(architecture)?;
    let root = work.join("root");
    let mut include = packages.to_vec();
    include.push("usr-is-merged".to_owned());
    let mut command = confined("mmdebstrap");
    command.args(["--mode=root", "--variant=minbase", "--format=directory"]);
    if let Some(name) = architecture.debian() {
        command.arg(format!("--architectures={name}"));
    }
    command.arg(format!("--include={}", include.join(",")));
    command.arg("--aptopt=APT::Install-Recommends \"false\"");
    command.arg("--dpkgopt=force-unsafe-io");
    for option in DPKG_OPTIONS {
        command.arg(format!("--dpkgopt={option}"));
    }
    if Path::new(MERGED_USR).is_dir() {
        command.arg(format!("--hook-dir={MERGED_USR}"));
    }
    command
        .arg(suite)
        .arg(&root)
        .args(Sources::of_host(suite, architecture).lines());
    command
        .env("SOURCE_DATE_EPOCH", EPOCH.to_string())
        .env("TMPDIR", work);
    let finished = run(&mut command, None, &mut |line| {
        if let Some(note_text) = line.strip_prefix("I: ") {
            note(note_text);
        }
    })?;
    if !finished.status.success() {
        let words = apt::words(&finished.lines);
        return Err(ImageError::Base {
            suite: suite.to_owned(),
            words,
        });
    }
    finish(suite, &root)?;
    Ok(root)
}

/// Whether this host runs programs of an architecture; mmdebstrap asks the same program.
fn must_run(architecture: Architecture) -> Result<(), ImageError> {
    let Some(name) = architecture.debian() else {
        return Ok(());
    };
    let tested = Command::new("arch-test").arg(name).output();
    match tested {
        Err(_) => Err(ImageError::MissingProgram {
            program: "arch-test",
            package: "arch-test",
        }),
        Ok(tested) if tested.status.success() => Ok(()),
        Ok(_) => Err(ImageError::Foreign { architecture: name }),
    }
}

/// Takes the host's traces out, and makes the files that a boot binds over.
fn finish(suite: &str, root: &Path) -> Result<(), ImageError> {
    let etc = root.join("etc");
    let write = |name: &str, text: &str| {
        let path = etc.join(name);
        let _ = fs::remove_file(&path);
        fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o644)))
            .map_err(ImageError::file("write", &path))
    };
    write("resolv.conf", "")?;
    write("hostname", "localhost\n")?;
    write(
        "hosts",
        "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n",
    )?;
    write("machine-id", "")?;
    write("fstab", "")?;
    write("apt/sources.list", &Sources::public(suite).list())?;
    let dpkg: String = DPKG_OPTIONS
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    write("dpkg/dpkg.cfg.d/labwright", &dpkg)?;
    for left in [
        "apt/apt.conf.d/99mmdebstrap",
        "dpkg/dpkg.cfg.d/99mmdebstrap",
    ] {
        let _ = fs::remove_file(etc.join(left));
    }
    if fs::symlink_metadata(etc.join("mtab")).is_err() {
        let mtab = etc.join("mtab");
        symlink("../proc/self/mounts", &mtab).map_err(ImageError::file("make", &mtab))?;
    }
    Ok(())
}
