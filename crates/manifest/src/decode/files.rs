//! Scripts and pages: what a lab names by path is read into it.

use labwright_model::{Page, Script, Text};

use crate::folder::{FileFault, Folder, MAX_TEXT_BYTES};
use crate::format::names_language;
use crate::problem::Severity;
use crate::problems::{LAB_FILE, Problems, did_you_mean};
use crate::scalar;
use crate::yaml::Node;

/// What a decoder works with: the folder, and where problems go.
pub(crate) struct Source<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) problems: &'a mut Problems,
}

impl Source<'_> {
    /// A script: the path of one, or its commands themselves.
    pub(super) fn script(&mut self, node: Option<&Node>) -> Option<Script> {
        let node = node?;
        let text = node.word()?;
        if !self.is_path(text) {
            return Some(Script {
                path: None,
                text: text.to_owned(),
            });
        }
        let script = self.read(node, text)?;
        if script.contains("\r\n") {
            self.problems.warning(
                node.span.clone(),
                format!("`{text}` has Windows line ends: `sh` takes the CR as part of its words"),
                "save it with Unix line ends",
            );
        }
        Some(Script {
            path: Some(text.to_owned()),
            text: script,
        })
    }

    /// A page with its translations.
    pub(super) fn page(&mut self, node: &Node) -> Option<Page> {
        let path = node.word().filter(|path| scalar::is_inside(path))?;
        let mut markdown = Text::default();
        markdown.0.insert(String::new(), self.read(node, path)?);
        for (language, name) in translations(self.folder, path) {
            if let Some(text) = self.read(node, &name) {
                markdown.0.insert(language, text);
            }
        }
        Some(Page {
            path: path.to_owned(),
            markdown,
        })
    }

    /// Reads a file that `node` names; its text is kept for messages that point into it.
    fn read(&mut self, node: &Node, path: &str) -> Option<String> {
        match self.folder.read(path, MAX_TEXT_BYTES) {
            Ok(text) => {
                self.problems.texts.insert(path.to_owned(), text.clone());
                Some(text)
            }
            Err(fault) => {
                let help = match &fault {
                    FileFault::Missing(_) => self.guess_file(path),
                    FileFault::Outside(_) => "copy the file into the lab folder".into(),
                    _ => String::new(),
                };
                self.problems.add(
                    Severity::Error,
                    LAB_FILE,
                    node.span.clone(),
                    fault.to_string(),
                    help,
                );
                None
            }
        }
    }

    /// One word with a `/` inside, or the name of a file of the lab, is a path.
    fn is_path(&self, text: &str) -> bool {
        let one_word = !text.contains(char::is_whitespace);
        one_word
            && ((text.contains('/') && !text.starts_with('/')) || self.folder.holds(text).is_ok())
    }

    fn guess_file(&self, path: &str) -> String {
        let (folder, name) = path.rsplit_once('/').unwrap_or((".", path));
        let names = self.folder.list(folder);
        let guess = did_you_mean(name, names.iter().map(String::as_str));
        if guess.is_empty() {
            return format!("make the file {path}, or correct the path");
        }
        match folder {
            "." => guess,
            _ => guess.replacen('`', &format!("`{folder}/"), 1),
        }
    }
}

/// `1-look.fr.md` beside `1-look.md`, as language and path.
fn translations(folder: &Folder, path: &str) -> Vec<(String, String)> {
    let (parent, name) = path.rsplit_once('/').unwrap_or((".", path));
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let names = folder.list(parent);
    let found = names.into_iter().filter_map(|other| {
        let middle = other.strip_prefix(stem)?.strip_prefix('.')?;
        let language = middle.strip_suffix(extension)?.strip_suffix('.')?;
        let other = if parent == "." {
            other.clone()
        } else {
            format!("{parent}/{other}")
        };
        names_language(language).then(|| (language.to_owned(), other))
    });
    found.collect()
}
