//! Looks for what a machine leaves behind, by its session's name and by what is new since before.
//!
//! It asks the kernel, not the place: a place that forgets something forgets to say so, too.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use labwright_model::SessionId;
use labwright_place::Place;

use crate::emulated;

/// How often, and how long apart, it looks until nothing is left: the kernel takes dead namespaces
/// apart in the background.
const LOOKS: u32 = 20;
const LOOK_APART: std::time::Duration = std::time::Duration::from_millis(100);

/// What bore the session's name before the start; normally nothing.
pub struct Before(BTreeSet<String>);

impl Before {
    /// Looks around before a start.
    pub fn look(id: &SessionId) -> Self {
        Self(traces(id))
    }

    /// What there is now that was not there before.
    pub async fn left_behind(&self, place: &dyn Place, id: &SessionId) -> Vec<String> {
        let mut left = self.new_traces(id);
        for _ in 0..LOOKS {
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(LOOK_APART).await;
            left = self.new_traces(id);
        }
        if let Ok(machines) = place.observe().await
            && machines.iter().any(|machine| machine.id == *id)
        {
            left.push(format!("machine {id} in place {}", place.name()));
        }
        left
    }

    fn new_traces(&self, id: &SessionId) -> Vec<String> {
        traces(id).difference(&self.0).cloned().collect()
    }
}

fn traces(id: &SessionId) -> BTreeSet<String> {
    let id = id.as_str();
    let mut found = BTreeSet::new();
    processes(id, &mut found);
    cgroups(Path::new("/sys/fs/cgroup"), id, &mut found);
    for line in fs::read_to_string("/proc/self/mountinfo")
        .unwrap_or_default()
        .lines()
    {
        if line.contains(id) {
            found.insert(format!("mount {}", line.split(' ').nth(4).unwrap_or(line)));
        }
    }
    for name in names("/sys/block") {
        let backing = format!("/sys/block/{name}/loop/backing_file");
        if fs::read_to_string(backing).is_ok_and(|file| file.contains(id)) {
            found.insert(format!("loop device {name}"));
        }
    }
    for variable in [
        ("LABWRIGHT_STATE", "/var/lib/labwright"),
        ("LABWRIGHT_RUN", "/run/labwright"),
    ] {
        let base = std::env::var_os(variable.0).map_or(PathBuf::from(variable.1), PathBuf::from);
        for above in ["sessions", emulated::FOLDER] {
            let folder = base.join(above).join(id);
            if folder.exists() {
                found.insert(format!("folder {}", folder.display()));
            }
        }
    }
    found
}

fn processes(id: &str, found: &mut BTreeSet<String>) {
    for pid in names("/proc")
        .into_iter()
        .filter(|name| name.parse::<u32>().is_ok())
    {
        let own = std::process::id().to_string() == pid;
        let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if !own && (groups.contains(id) || String::from_utf8_lossy(&line).contains(id)) {
            found.insert(format!("process {pid}"));
        }
    }
}

fn cgroups(folder: &Path, id: &str, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name().to_string_lossy() == id {
            found.insert(format!("cgroup {}", path.display()));
        } else {
            cgroups(&path, id, found);
        }
    }
}

fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}
