//! Runs a program of the build: its lines go to the caller while it works, and nothing of it
//! outlives the thread that started it.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;

use crate::ImageError;
use crate::kernel::die_with_parent;

/// How many of the last lines are kept for an error.
const KEPT_LINES: usize = 400;
/// Longest line; the rest of it is shown as the next one.
const MAX_LINE: u64 = 4096;

/// Writes a program's standard input.
pub type Input = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// What a finished program said.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Its last lines, of both streams.
    pub lines: Vec<String>,
}

/// A command that runs `program` in a process namespace of its own, so that all it starts ends
/// with it.
pub fn confined(program: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args([
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount-proc",
        "--ipc",
        "--",
        program,
    ]);
    command
}

/// Runs a command to its end. `input` is written to its standard input by a thread of its own.
pub fn run(
    command: &mut Command,
    input: Option<Input>,
    on_line: &mut dyn FnMut(&str),
) -> Result<Finished, ImageError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |source| ImageError::Run {
        program: program.clone(),
        source,
    };
    command.stdin(if input.is_some() {
        Stdio::piped()
    } else {
        Stdio::null()
    });
    // One pipe for both streams keeps their lines in order.
    let (output, sink) = io::pipe().map_err(failed)?;
    command
        .stdout(sink.try_clone().map_err(failed)?)
        .stderr(sink);
    let mut child = die_with_parent(command).spawn().map_err(failed)?;
    // The command keeps its ends of the pipe until it is replaced.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let (send, lines) = mpsc::sync_channel(KEPT_LINES);
    let reader = thread::spawn(move || read_lines(output, &send));
    let writer = input.zip(child.stdin.take()).map(|(write, mut stdin)| {
        // A program that ends before it read all of its input has its own words about why.
        thread::spawn(move || write(&mut stdin))
    });
    let mut kept = VecDeque::new();
    for line in lines {
        on_line(&line);
        kept.push_back(line);
        if kept.len() > KEPT_LINES {
            kept.pop_front();
        }
    }
    let _ = reader.join();
    let status = child.wait().map_err(failed)?;
    if let Some(Ok(Err(error))) = writer.map(thread::JoinHandle::join)
        && status.success()
    {
        return Err(failed(error));
    }
    Ok(Finished {
        status,
        lines: kept.into(),
    })
}

fn read_lines(from: impl Read, lines: &mpsc::SyncSender<String>) {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while matches!(
        from.by_ref().take(MAX_LINE).read_until(b'\n', &mut line),
        Ok(1..)
    ) {
        let text = String::from_utf8_lossy(&line);
        if lines
            .send(text.trim_end_matches(['\n', '\r']).to_owned())
            .is_err()
        {
            return;
        }
        line.clear();
    }
}
