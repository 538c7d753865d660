//! The command line of the machine role; `main.rs` documents it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::os::fd::RawFd;
use std::path::PathBuf;

use labwright_model::IdRange;

/// Ids of a node's user namespace.
pub const IDS: u32 = 65_536;

const USAGE: &str = "labwright-agent machine --spec FILE --listen-fd N|--channel DEVICE \
    --session-dir DIR --cgroup NAME [--confine mapped|identity] \
    [--uid-base B --hidden-uid-base H] [--disk image|memory] [--runtime runc]";

/// What a machine is started with.
#[derive(Debug)]
pub struct Options {
    /// File of the spec.
    pub spec: PathBuf,
    /// Listening socket, when there is one.
    pub listen_fd: Option<RawFd>,
    /// A console or serial line that carries one channel, when there is one.
    pub channel: Option<PathBuf>,
    /// What outlives the agent.
    pub session_dir: PathBuf,
    /// Path below the roots of the cgroup hierarchies.
    pub cgroup: String,
    /// How nodes are confined.
    pub confine: Confine,
    /// Where nodes write.
    pub disk: Disk,
    /// OCI runtime.
    pub runtime: String,
}

/// Where nodes write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disk {
    /// Sparse images in the session's directory.
    Image,
    /// Memory: the machine has nothing else that it could write to.
    Memory,
}

/// How nodes are confined.
#[derive(Debug, Clone, Copy)]
pub enum Confine {
    /// Each kind of node in its own range of ids; lower layers are mapped.
    Mapped {
        /// The learner's nodes.
        visible: IdRange,
        /// Hidden nodes.
        hidden: IdRange,
    },
    /// Ids are what they are: the machine belongs to one learner.
    Identity,
}

impl Confine {
    /// The ids of a node.
    pub fn ids(self, is_hidden: bool) -> Option<IdRange> {
        match self {
            Self::Mapped { hidden, .. } if is_hidden => Some(hidden),
            Self::Mapped { visible, .. } => Some(visible),
            Self::Identity => None,
        }
    }
}

impl Options {
    /// Reads the words after `machine`; an error is what to tell the caller.
    pub fn parse(words: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut values = read_pairs(words)?;
        let mut take = |name: &str| values.remove(name);
        let options = Self {
            spec: required(take("--spec"), "--spec")?.into(),
            listen_fd: take("--listen-fd")
                .map(|value| number(Some(value), "--listen-fd"))
                .transpose()?,
            channel: take("--channel").map(PathBuf::from),
            session_dir: required(take("--session-dir"), "--session-dir")?.into(),
            cgroup: text(take("--cgroup"), "--cgroup")?,
            confine: confine(&mut take)?,
            disk: disk(take("--disk"))?,
            runtime: match take("--runtime") {
                Some(runtime) => text(Some(runtime), "--runtime")?,
                None => "runc".to_owned(),
            },
        };
        if options.cgroup.split('/').any(|part| part == "..") || options.cgroup.is_empty() {
            return Err("--cgroup must be a path without `..`".to_owned());
        }
        if options.listen_fd.is_none() && options.channel.is_none() {
            return Err(format!("--listen-fd is missing; usage: {USAGE}"));
        }
        match values.keys().next() {
            Some(unknown) => Err(format!("`{unknown}` is not known; usage: {USAGE}")),
            None => Ok(options),
        }
    }
}

fn read_pairs(
    mut words: impl Iterator<Item = OsString>,
) -> Result<HashMap<String, OsString>, String> {
    let mut values = HashMap::new();
    while let Some(name) = words.next() {
        let name = name.to_string_lossy().into_owned();
        let value = words
            .next()
            .ok_or_else(|| format!("`{name}` needs a value; usage: {USAGE}"))?;
        values.insert(name, value);
    }
    Ok(values)
}

fn confine(take: &mut impl FnMut(&str) -> Option<OsString>) -> Result<Confine, String> {
    let way = take("--confine").unwrap_or_else(|| "mapped".into());
    match way.to_str() {
        Some("identity") => Ok(Confine::Identity),
        Some("mapped") => {
            let mut range = |name: &str| -> Result<IdRange, String> {
                let base = number(take(name), name)?;
                Ok(IdRange { base, count: IDS })
            };
            Ok(Confine::Mapped {
                visible: range("--uid-base")?,
                hidden: range("--hidden-uid-base")?,
            })
        }
        _ => Err("--confine is `mapped` or `identity`".to_owned()),
    }
}

fn disk(value: Option<OsString>) -> Result<Disk, String> {
    match value.as_deref().map_or(Some("image"), |word| word.to_str()) {
        Some("image") => Ok(Disk::Image),
        Some("memory") => Ok(Disk::Memory),
        _ => Err("--disk is `image` or `memory`".to_owned()),
    }
}

fn required(value: Option<OsString>, name: &str) -> Result<OsString, String> {
    value.ok_or_else(|| format!("{name} is missing; usage: {USAGE}"))
}

fn text(value: Option<OsString>, name: &str) -> Result<String, String> {
    required(value, name)?
        .into_string()
        .map_err(|_| format!("{name} must be UTF-8"))
}

fn number<T: std::str::FromStr>(value: Option<OsString>, name: &str) -> Result<T, String> {
    text(value, name)?
        .parse()
        .map_err(|_| format!("{name} must be a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        Options::parse(line.split_whitespace().map(OsString::from))
    }

    const GOOD: &str = "--spec s --listen-fd 3 --session-dir d --cgroup a/b";

    #[test]
    fn both_ways_of_confinement_are_read() {
        let mapped = parse(&format!(
            "{GOOD} --uid-base 100000 --hidden-uid-base 200000"
        ))
        .unwrap();
        assert_eq!(mapped.runtime, "runc");
        let ids = |hidden| mapped.confine.ids(hidden).map(|ids| ids.base);
        assert_eq!((ids(false), ids(true)), (Some(100_000), Some(200_000)));
        let identity = parse(&format!("{GOOD} --confine identity --runtime crun")).unwrap();
        assert_eq!(identity.runtime, "crun");
        assert!(identity.confine.ids(true).is_none());
    }

    #[test]
    fn a_machine_of_one_learner_has_a_line_and_writes_to_memory() {
        let line = "--spec s --channel /dev/hvc0 --session-dir d --cgroup a --confine identity";
        let options = parse(&format!("{line} --disk memory")).unwrap();
        assert_eq!(options.channel, Some("/dev/hvc0".into()));
        assert_eq!((options.listen_fd, options.disk), (None, Disk::Memory));
        assert!(
            parse(&format!("{line} --disk paper"))
                .unwrap_err()
                .contains("--disk is")
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (line, words) in [
            ("", "--spec is missing"),
            (GOOD, "--uid-base is missing"),
            (
                "--spec s --session-dir d --cgroup a --confine identity",
                "--listen-fd is missing",
            ),
            ("--spec", "`--spec` needs a value"),
            ("--spec s --listen-fd x", "--listen-fd must be a number"),
            (
                "--spec s --listen-fd 3 --session-dir d --cgroup ../x --confine identity",
                "without `..`",
            ),
        ] {
            assert!(parse(line).unwrap_err().contains(words), "{line}");
        }
        let unknown = parse(&format!("{GOOD} --confine identity --colour red"));
        assert!(unknown.unwrap_err().contains("`--colour` is not known"));
    }
}
