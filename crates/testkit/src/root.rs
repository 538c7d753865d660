//! A root file system for nodes, made of this machine's own shell and tools: small, at once, and
//! without a network.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAMS: [&str; 13] = [
    "/bin/sh",
    "/bin/bash",
    "/bin/cat",
    "/bin/echo",
    "/bin/sleep",
    "/bin/ls",
    "/bin/id",
    "/bin/touch",
    "/bin/rm",
    "/bin/dd",
    "/bin/true",
    "/usr/bin/env",
    "/usr/bin/test",
];

/// Makes the layer below `directory`, once, and returns it.
pub fn tiny_root(directory: &Path) -> PathBuf {
    let root = directory.join("root");
    if root.exists() {
        return root;
    }
    for folder in [
        "usr/bin",
        "usr/lib",
        "usr/lib64",
        "usr/sbin",
        "etc",
        "root",
        "proc",
        "sys",
    ] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for folder in ["dev", "run", "tmp", "var/tmp", "home"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for folder in ["bin", "lib", "lib64", "sbin"] {
        symlink(format!("usr/{folder}"), root.join(folder)).unwrap();
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::write(root.join("etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n").unwrap();
    fs::write(root.join("etc/group"), "root:x:0:\n").unwrap();
    let mut files: BTreeSet<PathBuf> = PROGRAMS.iter().map(PathBuf::from).collect();
    for program in PROGRAMS {
        files.extend(libraries(program));
    }
    for file in files {
        let to = root.join(file.strip_prefix("/").unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, to).unwrap();
    }
    root
}

/// What a program is linked with, by full path.
fn libraries(program: &str) -> Vec<PathBuf> {
    let listed = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    text.split_whitespace()
        .filter(|word| word.starts_with('/'))
        .map(PathBuf::from)
        .collect()
}
