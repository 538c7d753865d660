//! An acted shell: just enough of `sh` that a lab's story can be told without a machine.
//!
//! One command a line or between `;`: `true`, `false`, `exit N`, `echo …`, `cat FILE`, `touch FILE`,
//! `rm FILE`, `test -e FILE`, `test A = B`, `sleep S`, `hostname`, each with `$NAME` and `> FILE`.

use std::time::Duration;

use indexmap::IndexMap;
use labwright_model::NodeName;
use labwright_wire::Exit;

use super::disk::Disk;

/// A program run that was asked for.
#[derive(Debug, Clone)]
pub struct Call {
    /// The node.
    pub node: NodeName,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// Its environment.
    pub env: IndexMap<String, String>,
    /// Who runs it.
    pub user: String,
}

/// What a program did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
    /// How it ended.
    pub exit: Exit,
    /// How long it took.
    pub took: Duration,
}

impl Output {
    /// A program that printed `stdout` and ended with `status`.
    pub fn new(status: i32, stdout: impl Into<String>) -> Self {
        Self {
            stdout: stdout.into(),
            stderr: String::new(),
            exit: Exit::Code(status),
            took: Duration::ZERO,
        }
    }
}

/// Runs a program on a node's acted files.
pub(crate) fn run(call: &Call, disk: &Disk) -> Output {
    let words: Vec<&str> = call.argv.iter().map(String::as_str).collect();
    match words.as_slice() {
        [
            "sh" | "bash" | "/bin/sh" | "/bin/bash",
            "-c" | "-ec",
            script,
            ..,
        ] => script_output(call, script, disk),
        _ => command(call, &words, disk),
    }
}

/// Runs a script line by line; the last command's status counts.
pub(crate) fn script_output(call: &Call, script: &str, disk: &Disk) -> Output {
    let mut all = Output::new(0, "");
    for line in script.split(['\n', ';']) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words = words(line, &call.env);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let output = command(call, &words, disk);
        all.stdout += &output.stdout;
        all.stderr += &output.stderr;
        all.exit = output.exit;
        all.took += output.took;
        if words.first() == Some(&"exit") {
            break;
        }
    }
    all
}

fn command(call: &Call, words: &[&str], disk: &Disk) -> Output {
    if let [words @ .., ">", path] = words {
        let mut output = command(call, words, disk);
        disk.write(&call.node, path, output.stdout.as_bytes());
        output.stdout.clear();
        return output;
    }
    let status = |ok: bool| Output::new(i32::from(!ok), "");
    match words {
        ["true"] | [] => status(true),
        ["false"] => status(false),
        ["exit"] => status(true),
        ["exit", code] => Output::new(code.parse().unwrap_or(2), ""),
        ["echo", rest @ ..] => Output::new(0, format!("{}\n", rest.join(" "))),
        ["cat", path] => match disk.read(&call.node, path) {
            Some(bytes) => Output::new(0, String::from_utf8_lossy(&bytes)),
            None => failure(1, format!("cat: {path}: No such file or directory\n")),
        },
        ["touch", path] => {
            let bytes = disk.read(&call.node, path).unwrap_or_default();
            disk.write(&call.node, path, &bytes);
            status(true)
        }
        ["rm", path] => status(disk.remove(&call.node, path)),
        ["test", "-e", path] => status(disk.read(&call.node, path).is_some()),
        ["test", a, "=", b] => status(a == b),
        ["hostname"] => Output::new(0, format!("{}\n", call.node)),
        ["sleep", seconds] => Output {
            took: Duration::try_from_secs_f64(seconds.parse().unwrap_or(0.0)).unwrap_or_default(),
            ..Output::new(0, "")
        },
        [program, ..] => failure(127, format!("{program}: not found\n")),
    }
}

fn failure(status: i32, stderr: String) -> Output {
    Output {
        stderr,
        ..Output::new(status, "")
    }
}

/// The words of a line: quotes taken off, `$NAME` filled in.
fn words(line: &str, env: &IndexMap<String, String>) -> Vec<String> {
    line.split_whitespace()
        .map(|word| {
            let word = word.replace(['"', '\''], "");
            match word.strip_prefix('$').map(|n| n.trim_matches(['{', '}'])) {
                Some(name) => env.get(name).cloned().unwrap_or_default(),
                None => word,
            }
        })
        .collect()
}
