//! What the agent and an init say to each other: one JSON value a datagram, descriptors beside it.
//!
//! Both ends are the same binary of the same build, so there is no version in it.

use labwright_wire::Exit;
use serde::{Deserialize, Serialize};

/// Longest datagram, in bytes: below the kernel's default socket buffer, above any sane
/// command line. What is longer (scripts, files) travels by descriptor.
pub const MAX_MESSAGE_BYTES: usize = 128 * 1024;

/// Most descriptors beside one datagram.
pub const MAX_FDS: usize = 4;

/// Longest text in a status pipe, in bytes.
pub const MAX_STATUS_BYTES: u64 = 2048;

/// From the agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Chosen by the agent, unique among living children; events about the child carry it.
    pub id: u32,
    /// What to do.
    pub op: Op,
}

/// What init can do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Run a program. A script comes as one descriptor.
    Spawn(Spawn),
    /// Run a script beyond the learner's ptrace and kill all that descends from it at its end.
    /// The script comes as one descriptor.
    Check {
        /// Its `argv` is not used.
        spawn: Spawn,
        /// Longest run.
        timeout_ms: u64,
    },
    /// Move files in or out.
    Work(Work),
    /// Make a TCP socket of the node's network, not connected.
    Socket {
        /// For IPv6.
        v6: bool,
    },
    /// Signal the child with the request's id, and its process group.
    Signal {
        /// Its number.
        signal: i32,
    },
    /// Ask all processes to end, and end when they have or after the grace.
    Shutdown {
        /// Between SIGTERM and the end.
        grace_ms: u64,
    },
}

/// A program to run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Spawn {
    /// Program and arguments, found through PATH. Empty: the user's login shell.
    #[serde(default)]
    pub argv: Vec<String>,
    /// The whole environment but `HOME`, `USER`, `LOGNAME` and `SHELL`, which the user gives
    /// where they are missing here.
    #[serde(default)]
    pub env: Vec<(String, String)>,
    /// Working directory. None: `/`, for a login shell the user's home.
    #[serde(default)]
    pub cwd: Option<String>,
    /// A name of the node's `/etc/passwd`, or a number. Empty: root.
    #[serde(default)]
    pub user: String,
    /// Where its standard streams go.
    #[serde(default)]
    pub stdio: StdioKind,
    /// It is a script: `argv` are its arguments.
    #[serde(default)]
    pub script: bool,
}

/// Where the standard streams of a program go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StdioKind {
    /// Input is at its end, output comes by one pipe.
    #[default]
    Output,
    /// Three pipes.
    Pipes,
    /// A new terminal of this size, which becomes the controlling one.
    Pty {
        /// Columns.
        cols: u16,
        /// Rows.
        rows: u16,
    },
}

/// A transfer of files. Bytes go by one pipe; the result is what the status pipe says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// The content of one regular file.
    Read {
        /// Absolute path.
        path: String,
    },
    /// Write one regular file; the old one stays until the new one is whole.
    Write {
        /// Absolute path.
        path: String,
        /// Permission bits.
        mode: u32,
    },
    /// A tar archive of these paths.
    Save {
        /// Absolute paths; those that do not exist are left out.
        paths: Vec<String>,
        /// Fail beyond this many bytes of archive.
        max_bytes: u64,
    },
    /// Put back what `Save` gave: verified wholly before anything is touched.
    Restore {
        /// The paths that the archive may hold.
        paths: Vec<String>,
        /// Fail beyond this many bytes of archive.
        max_bytes: u64,
        /// Who may have written it: of anybody but root only what lies in their home is taken, as theirs.
        from: Option<String>,
    },
}

/// From init.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Init runs; the first message.
    Hello,
    /// The request's child was forked. Descriptors: the status pipe, then those of its stdio
    /// (`Output`: output; `Pipes`: input, output, error; `Pty`: the master) or of its work.
    ///
    /// The status pipe is at its end once the program runs, or holds why it does not. That of
    /// a check or of work ends with it and holds its result.
    Started {
        /// The request.
        id: u32,
        /// In the node.
        pid: i32,
    },
    /// What the request asked for, as descriptors. Nothing follows.
    Made {
        /// The request.
        id: u32,
    },
    /// The request could not be begun.
    Failed {
        /// The request.
        id: u32,
        /// Why.
        message: String,
    },
    /// The child of the request ended.
    Exited {
        /// The request.
        id: u32,
        /// How.
        exit: Exit,
    },
}
