//! Which packages of a lab Debian builds for the emulated PC, by the package lists that an earlier build has left.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use labwright_model::{Lab, NodeSource};

use crate::plan::suite;
use crate::sources::Sources;
use crate::{Architecture, Store};

/// How apt ends the names of package lists (sources of `main` alone, `Packages` unpacked).
const PACKAGES: &str = "_Packages";

/// The packages of a lab's nodes that have no build for i386. `None` when this machine has no list of that architecture:
/// nothing is fetched here.
pub fn packages_without_build(lab: &Lab, store: &Store) -> Option<Vec<String>> {
    let suite = suite(&lab.base).ok()?;
    let cache = Sources::of_host(suite, Architecture::I386).cache_name();
    let known = names(&store.apt_cache().join(cache).join("lists"))?;
    let wanted = lab.nodes.values().filter_map(|node| match &node.source {
        NodeSource::Packages(packages) => Some(packages),
        NodeSource::Image(_) | NodeSource::Dockerfile(_) => None,
    });
    let mut missing: Vec<String> = wanted
        .flatten()
        .filter(|package| !known.contains(*package))
        .cloned()
        .collect();
    missing.sort();
    missing.dedup();
    Some(missing)
}

/// Every package of the lists, and every name that one provides (deb-control(5)).
fn names(lists: &Path) -> Option<HashSet<String>> {
    let files = fs::read_dir(lists).ok()?.flatten();
    let lists = files.filter(|file| file.file_name().to_string_lossy().ends_with(PACKAGES));
    let mut names = HashSet::new();
    for list in lists {
        let lines = BufReader::new(fs::File::open(list.path()).ok()?).lines();
        for line in lines.map_while(Result::ok) {
            if let Some(name) = line.strip_prefix("Package: ") {
                names.insert(name.to_owned());
            }
            let provided = line.strip_prefix("Provides: ").into_iter();
            let provided = provided.flat_map(|provided| provided.split(", "));
            names.extend(provided.filter_map(|one| Some(one.split(' ').next()?.to_owned())));
        }
    }
    (!names.is_empty()).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "Package: curl\nArchitecture: i386\nDescription: Package: criu\n\n\
        Package: mawk\nProvides: awk, a-tool (= 1)\n";

    #[test]
    fn what_no_list_names_has_no_build() {
        let folder = tempfile::tempdir().unwrap();
        let lists = folder.path().join("lists");
        assert_eq!(names(&lists), None, "no lists");
        fs::create_dir(&lists).unwrap();
        fs::write(lists.join("lock"), "").unwrap();
        assert_eq!(names(&lists), None, "none that names packages");
        fs::write(
            lists.join("mirror_debian_dists_bookworm_main_binary-i386_Packages"),
            LIST,
        )
        .unwrap();
        let mut found: Vec<String> = names(&lists).unwrap().into_iter().collect();
        found.sort();
        assert_eq!(found, ["a-tool", "awk", "curl", "mawk"]);
    }
}
