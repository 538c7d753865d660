//! A package set on top of the base: downloaded with the network, installed without it.
//!
//! apt and every maintainer script run in the build container. No service starts there.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::container::{Bind, Job};
use crate::kernel::BUILD_ID_BASE;
use crate::process::Finished;
use crate::scratch::{Scratch, make_folder};
use crate::sources::Sources;
use crate::{ImageError, Store, apt};

/// `$@` are the packages. `Dir::Etc` points at the operator's mirror for this run alone. The status
/// has a descriptor of its own: apt closes it, and the next file that dpkg opens would get its number.
const APT: &str = r#"
apt() {
    apt-get -q -y -o APT::Status-Fd=3 -o Dir::Etc::SourceList=/run/labwright/sources.list \
        -o Dir::Etc::SourceParts=- -o Acquire::Languages=none -o Acquire::Retries=3 \
        -o APT::Install-Recommends=false -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-unsafe-io -o Dpkg::Options::=--force-confold "$@" 3>&1
}
"#;
/// Lists that were fetched a moment ago are asked first.
const DOWNLOAD: &str = r#"
if [ "$LISTS" = fresh ]; then
    apt --download-only install "$@" && exit 0
fi
apt update && apt --download-only install "$@"
"#;
/// policy-rc.d is how Debian asks whether a service may start (invoke-rc.d(8)).
const INSTALL: &str = r#"
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt --no-download install "$@"
status=$?
rm -f /usr/sbin/policy-rc.d
exit $status
"#;

/// How long package lists are taken as they are.
const FRESH: Duration = Duration::from_secs(600);

/// Installs `packages` into the scratch root.
pub fn install(
    store: &Store,
    scratch: &Scratch,
    sources: &Sources,
    packages: &[String],
    nodes: &str,
    step: &mut dyn FnMut(Option<f64>, &str),
) -> Result<(), ImageError> {
    let failed = |finished: &Finished| ImageError::Packages {
        packages: packages.join(" "),
        nodes: nodes.to_owned(),
        words: apt::words(&finished.lines),
    };
    let cache = sources.cache_name();
    let sources = sources.list();
    let marker = store.apt_cache().join(&cache).join("fetched");
    for (script, network) in [(DOWNLOAD, true), (INSTALL, false)] {
        let mut binds = caches(store, scratch, &cache)?;
        binds.push(Bind {
            source: scratch.write("sources.list", &sources, 0o644)?,
            target: "/run/labwright/sources.list",
            writable: false,
        });
        if network {
            let resolver = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
            let source = scratch.write("resolv.conf", &resolver, 0o644)?;
            binds.push(Bind {
                source,
                target: "/etc/resolv.conf",
                writable: false,
            });
        }
        let script = format!("{APT}{script}");
        let job = Job {
            script: &script,
            arguments: packages.to_vec(),
            environment: environment(network, are_fresh(&marker, &sources)),
            host: "build".to_owned(),
            network,
            binds,
            input: None,
        };
        // Downloading is the first half of the bar, installing the second.
        let half = if network { 0.0 } else { 0.5 };
        let finished = job.run(scratch, &mut |line| {
            if let Some((share, note)) = apt::status(line) {
                step(Some(half + share / 2.0), note);
            }
        })?;
        if !finished.status.success() {
            return Err(failed(&finished));
        }
        if network && !are_fresh(&marker, &sources) {
            fs::write(&marker, &sources).map_err(ImageError::file("write", &marker))?;
        }
    }
    Ok(())
}

fn environment(network: bool, fresh: bool) -> Vec<(&'static str, String)> {
    // A kernel's package makes no initramfs: whoever boots it brings one (kernel hooks of initramfs-tools).
    let mut environment = vec![
        ("DEBIAN_FRONTEND", "noninteractive".to_owned()),
        ("INITRD", "No".to_owned()),
    ];
    if network {
        environment.push(("LISTS", if fresh { "fresh" } else { "old" }.to_owned()));
        for name in ["http_proxy", "https_proxy", "no_proxy"] {
            environment.extend(std::env::var(name).ok().map(|value| (name, value)));
        }
    }
    environment
}

/// Whether the lists came from these sources a moment ago.
fn are_fresh(marker: &Path, sources: &str) -> bool {
    let age = fs::metadata(marker)
        .and_then(|found| found.modified())
        .map(|time| time.elapsed());
    matches!(age, Ok(Ok(age)) if age < FRESH)
        && fs::read_to_string(marker).is_ok_and(|text| text == sources)
}

/// Package lists and archives outlive the layer, so that the next set downloads less.
fn caches(store: &Store, scratch: &Scratch, name: &str) -> Result<Vec<Bind>, ImageError> {
    let mut binds = Vec::new();
    for (part, target) in [
        ("lists", "/var/lib/apt/lists"),
        ("archives", "/var/cache/apt/archives"),
    ] {
        let folder: PathBuf = make_folder(&store.apt_cache().join(name).join(part))?;
        chown(&folder, Some(BUILD_ID_BASE), Some(BUILD_ID_BASE))
            .map_err(ImageError::file("give away", &folder))?;
        binds.push(Bind {
            source: scratch.show(part, &folder)?,
            target,
            writable: true,
        });
    }
    Ok(binds)
}
