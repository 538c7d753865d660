//! Who runs a program: `/etc/passwd` and `/etc/group` of the node, read by our own parser.
//!
//! The C library's lookups would load the node's plugins into a process of ours.

use std::io::{self, Read};

use rustix::fs::{FileType, Mode, OFlags};

/// Longest user database that is read, in bytes.
const MAX_DATABASE_BYTES: u64 = 1024 * 1024;

/// Most supplementary groups of a user: the kernel's own limit.
const MAX_GROUPS: usize = 65536;

/// A user of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its name; its number where it has none.
    pub name: String,
    /// Its id.
    pub uid: u32,
    /// Its own group.
    pub gid: u32,
    /// Its other groups.
    pub groups: Vec<u32>,
    /// Its home.
    pub home: String,
    /// Its login shell.
    pub shell: String,
}

/// Finds a user by name, number or `number:number`; empty is root. `None`: there is none.
pub fn find(passwd: &str, group: &str, who: &str) -> Option<User> {
    let who = if who.is_empty() { "root" } else { who };
    let mut user = lookup(passwd, who)?;
    user.groups = groups_of(group, &user);
    Some(user)
}

/// As [`find`], in the databases of the root that this process has.
pub(super) fn find_here(who: &str) -> io::Result<User> {
    let passwd = read("/etc/passwd").unwrap_or_default();
    let group = read("/etc/group").unwrap_or_default();
    find(&passwd, &group, who).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::NotFound,
            format!("the node has no user `{who}`"),
        )
    })
}

fn lookup(passwd: &str, who: &str) -> Option<User> {
    let entries = || passwd.lines().filter_map(parse_line);
    if let Some(user) = entries().find(|user| user.name == who) {
        return Some(user);
    }
    let (uid, gid) = match who.split_once(':') {
        Some((uid, gid)) => (uid.parse().ok()?, Some(gid.parse().ok()?)),
        None if who == "root" => (0, Some(0)),
        None => (who.parse().ok()?, None),
    };
    let known = entries().find(|user| user.uid == uid);
    let mut user = known.unwrap_or_else(|| User {
        name: if uid == 0 {
            "root".to_owned()
        } else {
            uid.to_string()
        },
        uid,
        gid: uid,
        groups: Vec::new(),
        home: if uid == 0 { "/root" } else { "/" }.to_owned(),
        shell: DEFAULT_SHELL.to_owned(),
    });
    user.gid = gid.unwrap_or(user.gid);
    Some(user)
}

const DEFAULT_SHELL: &str = "/bin/sh";

fn parse_line(line: &str) -> Option<User> {
    let mut fields = line.split(':');
    let name = fields.next()?;
    let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
    let (home, shell) = (fields.nth(1)?, fields.next().unwrap_or_default());
    Some(User {
        name: name.to_owned(),
        uid,
        gid,
        groups: Vec::new(),
        home: if home.is_empty() { "/" } else { home }.to_owned(),
        shell: if shell.is_empty() {
            DEFAULT_SHELL
        } else {
            shell
        }
        .to_owned(),
    })
}

fn groups_of(group: &str, user: &User) -> Vec<u32> {
    let member = |line: &str| {
        let mut fields = line.split(':');
        let gid = fields.nth(2)?.parse().ok()?;
        let members = fields.next()?;
        members
            .split(',')
            .any(|name| name == user.name)
            .then_some(gid)
    };
    group.lines().filter_map(member).take(MAX_GROUPS).collect()
}

/// Reads a regular file; the learner may have put anything else there, so it must not block.
fn read(path: &str) -> io::Result<String> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::empty())?;
    let mode = rustix::fs::fstat(&file)?.st_mode;
    if FileType::from_raw_mode(mode) != FileType::RegularFile {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a file"));
    }
    let mut bytes = Vec::new();
    std::fs::File::from(file)
        .take(MAX_DATABASE_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
