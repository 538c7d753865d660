//! Where Debian packages come from while a layer is made, and what the layer's own apt asks.
//!
//! The host's mirror is used for building, `$LABWRIGHT_DEBIAN_MIRROR` before it; no mirror of the
//! host is written into a layer, whose `sources.list` names Debian's own service.

use std::fs;
use std::path::Path;

use crate::Architecture;

const MAIN: &str = "http://deb.debian.org/debian";
const SECURITY: &str = "http://deb.debian.org/debian-security";

/// Debian mirrors for one suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    architecture: Architecture,
    suite: String,
    main: String,
    security: String,
}

impl Sources {
    /// Debian's own service, which every layer's `sources.list` names.
    pub fn public(suite: &str) -> Self {
        Self {
            architecture: Architecture::Host,
            suite: suite.into(),
            main: MAIN.into(),
            security: SECURITY.into(),
        }
    }

    /// The operator's mirror, else the host's, else Debian's own.
    pub fn of_host(suite: &str, architecture: Architecture) -> Self {
        let mut sources = Self::public(suite);
        sources.architecture = architecture;
        let mirror = std::env::var("LABWRIGHT_DEBIAN_MIRROR").unwrap_or_default();
        if let Some(main) = mirror.split_whitespace().next() {
            sources.main = main.trim_end_matches('/').to_owned();
            let own = mirror.split_whitespace().nth(1).map(str::to_owned);
            sources.security = own.unwrap_or_else(|| format!("{}-security", sources.main));
            return sources;
        }
        for (uri, suites) in host_entries(Path::new("/etc/apt")) {
            let uri = uri.trim_end_matches('/');
            if suites.iter().any(|found| found == suite) && uri.ends_with("/debian") {
                sources.main = uri.to_owned();
            }
            if suites
                .iter()
                .any(|found| *found == format!("{suite}-security"))
            {
                sources.security = uri.to_owned();
            }
        }
        sources
    }

    /// Lines of a `sources.list`.
    pub fn lines(&self) -> Vec<String> {
        let Self {
            architecture,
            suite,
            main,
            security,
        } = self;
        let mut lines = vec![format!("deb {main} {suite} main")];
        if suite != "sid" {
            lines.push(format!("deb {main} {suite}-updates main"));
        }
        // The archive's index for i386 is now and then not what its release file says. Machines of
        // that architecture have no network and one learner; point releases bring them the fixes.
        if suite != "sid" && architecture.is_host() {
            lines.push(format!("deb {security} {suite}-security main"));
        }
        lines
    }

    /// A name for what is kept of them: lists and archives.
    pub fn cache_name(&self) -> String {
        format!("{}{}", self.suite, self.architecture.suffix())
    }

    /// A whole `sources.list`.
    pub fn list(&self) -> String {
        self.lines().join("\n") + "\n"
    }
}

/// URIs and suites that a host's apt knows, in both of apt's formats (sources.list(5)).
fn host_entries(apt: &Path) -> Vec<(String, Vec<String>)> {
    let mut files = vec![apt.join("sources.list")];
    if let Ok(parts) = fs::read_dir(apt.join("sources.list.d")) {
        files.extend(parts.flatten().map(|part| part.path()));
    }
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if file
            .extension()
            .is_some_and(|extension| extension == "sources")
        {
            entries.extend(text.split("\n\n").filter_map(stanza));
        } else {
            entries.extend(text.lines().filter_map(one_line));
        }
    }
    entries
}

fn stanza(text: &str) -> Option<(String, Vec<String>)> {
    let field = |name: &str| {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name)
                    .then(|| value.trim().to_owned())
            })
    };
    let usable = field("Types")?.split_whitespace().any(|kind| kind == "deb")
        && field("Enabled").is_none_or(|value| value != "no");
    let uri = field("URIs")?.split_whitespace().next()?.to_owned();
    let suites = field("Suites")?
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    usable.then_some((uri, suites))
}

fn one_line(line: &str) -> Option<(String, Vec<String>)> {
    let rest = line.trim().strip_prefix("deb ")?.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(options) => options.split_once(']')?.1,
        None => rest,
    };
    let mut words = rest.split_whitespace();
    Some((words.next()?.to_owned(), vec![words.next()?.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_formats_of_apt() {
        assert_eq!(
            stanza(
                "Types: deb\n# a note\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\n"
            ),
            Some((
                "http://m.example/debian".into(),
                vec!["bookworm".into(), "bookworm-updates".into()]
            ))
        );
        assert_eq!(stanza("Types: deb-src\nURIs: x\nSuites: y"), None);
        assert_eq!(
            one_line("deb [arch=amd64 signed-by=/k] http://m.example/debian/ trixie main"),
            Some(("http://m.example/debian/".into(), vec!["trixie".into()]))
        );
        assert_eq!(one_line("# deb http://x y z"), None);
    }
}
