//! A node's own layer: its user, its files, its setup, all done in one build container.

use std::path::PathBuf;

use labwright_model::Script;

use crate::container::{Bind, Job};
use crate::inputs::Tree;
use crate::process::Input;
use crate::scratch::Scratch;
use crate::{ImageError, apt, files};

const USER_FAILED: i32 = 201;
const FILES_FAILED: i32 = 202;
/// Last lines of a failed setup that are shown.
const SHOWN: usize = 20;

/// `$1` is the user or empty, `$2` says whether files come on standard input, `$3` whether there
/// is a setup. The uid is 1000 unless the image already gave that to somebody.
const SCRIPT: &str = r#"
umask 022
if [ -n "$1" ] && ! getent passwd "$1" >/dev/null; then
    if getent passwd 1000 >/dev/null; then set_uid=; else set_uid="-u 1000"; fi
    useradd --no-log-init -m -U -s /bin/bash $set_uid -- "$1" || exit 201
fi
if [ "$2" = files ]; then
    tar --extract --file=- --directory=/ --preserve-permissions --same-owner \
        --keep-directory-symlink --no-overwrite-dir || exit 202
fi
if [ "$3" = setup ]; then
    exec /run/labwright/setup </dev/null
fi
"#;

/// What a node's layer is made of.
pub struct NodeJob<'a> {
    /// A node that has the layer, for errors.
    pub node: &'a str,
    /// The user to make.
    pub user: Option<&'a str>,
    /// Folders to copy, in order.
    pub files: Vec<(PathBuf, Tree)>,
    /// The setup.
    pub setup: Option<&'a Script>,
    /// The host name.
    pub host: String,
}

impl NodeJob<'_> {
    /// Runs it on the scratch root; `output` gets what the setup prints.
    pub fn run(self, scratch: &Scratch, output: &mut dyn FnMut(&str)) -> Result<(), ImageError> {
        let mut binds = Vec::new();
        if let Some(setup) = self.setup {
            let source = scratch.write("setup", &with_interpreter(&setup.text), 0o755)?;
            binds.push(Bind {
                source,
                target: "/run/labwright/setup",
                writable: false,
            });
        }
        let has_files = !self.files.is_empty();
        let user = self.user.map(str::to_owned);
        let trees = self.files;
        let job = Job {
            script: SCRIPT,
            arguments: vec![
                user.clone().unwrap_or_default(),
                if has_files { "files" } else { "" }.to_owned(),
                if self.setup.is_some() { "setup" } else { "" }.to_owned(),
            ],
            environment: vec![("DEBIAN_FRONTEND", "noninteractive".to_owned())],
            host: self.host,
            network: false,
            binds,
            input: has_files.then(|| -> Input {
                Box::new(move |to| files::write(&trees, user.as_deref(), to))
            }),
        };
        let finished = job.run(scratch, output)?;
        if finished.status.success() {
            return Ok(());
        }
        let words = apt::last(&finished.lines, SHOWN);
        let node = self.node.to_owned();
        Err(match finished.status.code() {
            Some(USER_FAILED) => ImageError::User {
                user: self.user.unwrap_or_default().to_owned(),
                node,
                words,
            },
            Some(FILES_FAILED) => ImageError::Files { node, words },
            Some(status) if self.setup.is_some() => ImageError::Setup {
                node,
                status,
                words,
            },
            _ => ImageError::Container {
                what: format!("node `{node}`"),
                words,
            },
        })
    }
}

fn with_interpreter(text: &str) -> String {
    if text.starts_with("#!") {
        text.to_owned()
    } else {
        format!("#!/bin/sh\n{text}")
    }
}
