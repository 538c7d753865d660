//! The entries of a tar stream with their extended headers applied (POSIX pax(1); GNU tar's long
//! names).
//!
//! The tar library ends a pax record at a line feed, but a binary value, such as a file
//! capability, may hold one: here the length in front of each record decides.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use tar::{Archive, Entry, EntryType};

/// Longest extended header: more than any path and all attributes of a file.
const MAX_EXTENDED: u64 = 1 << 20;
/// What the key of an extended attribute starts with.
const XATTR: &str = "SCHILY.xattr.";

/// What is known of an entry before its content is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its path as the archive has it.
    pub path: PathBuf,
    /// What a link leads to.
    pub link: PathBuf,
    /// What it is.
    pub kind: EntryType,
    /// Permission bits.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Modification time in seconds.
    pub mtime: u64,
    /// Extended attributes.
    pub xattrs: Vec<(String, Vec<u8>)>,
}

/// Calls `take` for every entry in order; the entry reads its content.
pub fn for_each<R: Read, E: From<io::Error>>(
    archive: R,
    mut take: impl FnMut(Head, &mut Entry<'_, R>) -> Result<(), E>,
) -> Result<(), E> {
    let mut archive = Archive::new(archive);
    let mut extended = Extended::default();
    for entry in archive.entries()?.raw(true) {
        let mut entry = entry?;
        match entry.header().entry_type() {
            EntryType::XHeader => extended.read_pax(&whole(&mut entry)?)?,
            EntryType::XGlobalHeader => {}
            EntryType::GNULongName => extended.path = Some(until_nul(whole(&mut entry)?)),
            EntryType::GNULongLink => extended.link = Some(until_nul(whole(&mut entry)?)),
            _ => {
                let head = std::mem::take(&mut extended).head(&entry)?;
                take(head, &mut entry)?;
            }
        }
    }
    Ok(())
}

/// What extended headers say about the entry that follows them.
#[derive(Debug, Default)]
struct Extended {
    path: Option<PathBuf>,
    link: Option<PathBuf>,
    uid: Option<u64>,
    gid: Option<u64>,
    mtime: Option<u64>,
    size: Option<u64>,
    xattrs: Vec<(String, Vec<u8>)>,
}

impl Extended {
    fn read_pax(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (key, value, next) =
                record(rest).ok_or_else(|| invalid("a pax record is malformed"))?;
            rest = next;
            match key {
                "path" => self.path = Some(PathBuf::from(OsString::from_vec(value.to_vec()))),
                "linkpath" => self.link = Some(PathBuf::from(OsString::from_vec(value.to_vec()))),
                "uid" => self.uid = Some(number(value)?),
                "gid" => self.gid = Some(number(value)?),
                "mtime" => self.mtime = Some(number(value)?),
                "size" => self.size = Some(number(value)?),
                _ => {
                    if let Some(name) = key.strip_prefix(XATTR) {
                        self.xattrs.push((name.to_owned(), value.to_vec()));
                    }
                }
            }
        }
        Ok(())
    }

    fn head<R: Read>(self, entry: &Entry<'_, R>) -> io::Result<Head> {
        let header = entry.header();
        // The content was delimited by the header's size, so that another one would be a lie.
        if self.size.is_some_and(|size| size != entry.size()) {
            return Err(invalid("an entry has two sizes"));
        }
        let path = match self.path {
            Some(path) => path,
            None => PathBuf::from(OsString::from_vec(header.path_bytes().into_owned())),
        };
        let link = match self.link {
            Some(link) => link,
            None => header.link_name_bytes().map_or_else(PathBuf::new, |bytes| {
                PathBuf::from(OsString::from_vec(bytes.into_owned()))
            }),
        };
        if [&path, &link]
            .iter()
            .any(|path| path.as_os_str().as_bytes().contains(&0))
        {
            return Err(invalid("a name holds a NUL"));
        }
        let id = |id: u64| u32::try_from(id).map_err(|_| invalid("an owner is out of range"));
        Ok(Head {
            path,
            link,
            kind: header.entry_type(),
            mode: header.mode()?,
            uid: id(self.uid.map_or_else(|| header.uid(), Ok)?)?,
            gid: id(self.gid.map_or_else(|| header.gid(), Ok)?)?,
            mtime: self.mtime.map_or_else(|| header.mtime(), Ok)?,
            xattrs: self.xattrs,
        })
    }
}

/// The first record of a pax header, `LENGTH KEY=VALUE\n`, and what follows it.
fn record(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let space = bytes.iter().position(|&byte| byte == b' ')?;
    let length: usize = std::str::from_utf8(bytes.get(..space)?)
        .ok()?
        .parse()
        .ok()?;
    let body = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|&byte| byte == b'=')?;
    let key = std::str::from_utf8(body.get(..equals)?).ok()?;
    Some((key, body.get(equals + 1..)?, bytes.get(length..)?))
}

/// A whole number; a time's fraction is dropped.
fn number(value: &[u8]) -> io::Result<u64> {
    let text = std::str::from_utf8(value).unwrap_or_default();
    let whole = text.split('.').next().unwrap_or_default();
    whole
        .parse()
        .map_err(|_| invalid("a number in a pax record is malformed"))
}

fn whole<R: Read>(entry: &mut Entry<'_, R>) -> io::Result<Vec<u8>> {
    if entry.size() > MAX_EXTENDED {
        return Err(invalid("an extended header is too long"));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn until_nul(mut bytes: Vec<u8>) -> PathBuf {
    let end = bytes.iter().position(|&byte| byte == 0);
    bytes.truncate(end.unwrap_or(bytes.len()));
    PathBuf::from(OsString::from_vec(bytes))
}

fn invalid(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}
