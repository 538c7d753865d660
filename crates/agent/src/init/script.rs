//! The `#!` line of a script, read as the kernel reads it: a script comes by memfd, and the
//! kernel would run it only through a path.

/// What runs scripts without a `#!` line.
pub const DEFAULT_INTERPRETER: &str = "/bin/sh";

/// How much of a script may be its first line, in bytes: the kernel's BINPRM_BUF_SIZE.
pub const FIRST_LINE_BYTES: usize = 256;

/// An interpreter and its one optional argument, from the beginning of a script.
pub fn interpreter(beginning: &[u8]) -> (String, Option<String>) {
    let default = (DEFAULT_INTERPRETER.to_owned(), None);
    let Some(rest) = beginning.strip_prefix(b"#!") else {
        return default;
    };
    let line = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let line = line.trim_matches([' ', '\t', '\r']);
    match line.split_once([' ', '\t']) {
        _ if line.is_empty() => default,
        None => (line.to_owned(), None),
        Some((program, argument)) => (
            program.to_owned(),
            Some(argument.trim_start_matches([' ', '\t']).to_owned()),
        ),
    }
}
