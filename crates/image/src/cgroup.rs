//! The cgroups of build containers, which no namespace takes along when a build is killed.
//!
//! A janitor process waits at the end of a pipe: when the build lets go of it, or is no more, it
//! removes the container's cgroup from every hierarchy.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::ImageError;

/// What the names of build containers and of their cgroups start with.
const PREFIX: &str = "labwright-build-";
/// Tells this process's containers apart.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// `$1` is the cgroup's name. A killed container's processes take a moment to leave it.
const JANITOR: &str = r#"
read -r _
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    left=
    for cgroup in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
        if [ -d "$cgroup" ] && ! rmdir "$cgroup" 2>/dev/null; then left=1; fi
    done
    [ -z "$left" ] && exit
    sleep 0.1
done
"#;

/// A name for a container and its cgroup, and who cleans up after it.
#[derive(Debug)]
pub struct Janitor {
    /// The name.
    pub container: String,
    process: Child,
}

impl Janitor {
    /// Thinks of a name and starts the janitor.
    pub fn start() -> Result<Self, ImageError> {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let container = format!("{PREFIX}{}-{number}", process::id());
        let process = Command::new("/bin/sh")
            .args(["-c", JANITOR, "sh", &container])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C on the terminal is for the build, not for who cleans up after it.
            .process_group(0)
            .spawn()
            .map_err(|source| ImageError::Run {
                program: "/bin/sh".to_owned(),
                source,
            })?;
        Ok(Self { container, process })
    }
}

impl Drop for Janitor {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// Removes the cgroups of builds that ended together with their janitors.
pub fn clear() {
    let top = PathBuf::from("/sys/fs/cgroup");
    let below = fs::read_dir(&top).into_iter().flatten().flatten();
    for hierarchy in below.map(|entry| entry.path()).chain([top]) {
        for entry in fs::read_dir(&hierarchy).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if builder(&name).is_some_and(|process| !is_alive(process)) {
                let _ = fs::remove_dir(entry.path());
            }
        }
    }
}

/// The process that a container's name says it was started by.
fn builder(name: &str) -> Option<u32> {
    name.strip_prefix(PREFIX)?.split('-').next()?.parse().ok()
}

fn is_alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}
