//! Extended attributes in an archive: PAX records `SCHILY.xattr.NAME`, as GNU tar and bsdtar
//! write them.

use std::io;
use std::os::fd::BorrowedFd;

use rustix::fs::{XattrFlags, fgetxattr, flistxattr, fsetxattr};

const PREFIX: &str = "SCHILY.xattr.";

/// What records of attributes begin with that anybody may set.
pub(super) const OF_USERS: &str = "SCHILY.xattr.user.";

/// Longest list of names and longest value: the kernel's own limits.
const MAX_BYTES: usize = 64 * 1024;

/// The file's attributes as PAX records.
pub(super) fn read(file: BorrowedFd<'_>) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut list = vec![0; MAX_BYTES];
    match flistxattr(file, &mut list) {
        Ok(0) => return Ok(Vec::new()),
        Ok(length) => list.truncate(length),
        Err(rustix::io::Errno::NOTSUP) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    }
    let mut value = vec![0; MAX_BYTES];
    let mut records = Vec::new();
    for name in list.split(|byte| *byte == 0) {
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        if !is_carried(name) {
            continue;
        }
        if let Ok(length) = fgetxattr(file, name, &mut value) {
            let value = value.get(..length).unwrap_or_default();
            records.push((format!("{PREFIX}{name}"), value.to_vec()));
        }
    }
    Ok(records)
}

/// Sets one attribute from its PAX record; other records are passed over.
pub(super) fn restore(file: BorrowedFd<'_>, key: &str, value: &[u8]) -> io::Result<()> {
    match key.strip_prefix(PREFIX) {
        Some(name) if is_carried(name) => match fsetxattr(file, name, value, XattrFlags::empty()) {
            // The file system here knows no such attributes.
            Ok(()) | Err(rustix::io::Errno::NOTSUP) => Ok(()),
            Err(error) => Err(error.into()),
        },
        _ => Ok(()),
    }
}

/// Those that belong to the file, not to the file system or the machine's policy.
fn is_carried(name: &str) -> bool {
    name.starts_with("user.")
        || name.starts_with("system.posix_acl_")
        || name == "security.capability"
}
