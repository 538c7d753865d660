//! From the fork to the exec of a program: its streams, user, capabilities and environment.
//!
//! Runs in the child, so that nothing of the learner's (a FIFO in place of `/etc/passwd`, a
//! home that is gone) can hold init up. It must not return: it runs the program or ends.

use std::convert::Infallible;
use std::ffi::CString;
use std::io;
use std::os::fd::{BorrowedFd, IntoRawFd, OwnedFd};

use rustix::fs::Mode;
use rustix::process::{Signal, chdir, setsid};
use rustix::thread::{
    set_keep_capabilities, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};

use super::confine::{self, For};
use super::message::{Spawn, StdioKind};
use super::users::{self, User};
use super::{script, sys};

/// PATH where the environment has none, and always that of checks.
pub const DEFAULT_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const DEFAULT_TERM: &str = "xterm-256color";

/// A learner's process goes before an agent when the host runs out of memory.
const OOM_SCORE_ADJ: &[u8] = b"500";

/// First descriptor number for a script: shells leave it alone, and scripts use 3 to 9.
const SCRIPT_FD_FROM: i32 = 60;

/// The child's ends of its streams.
pub(super) enum Streams {
    /// Standard input, output, error.
    Pipes([OwnedFd; 3]),
    /// All three, and the controlling terminal.
    Pty(OwnedFd),
}

/// All that a child is made from.
pub(super) struct Plan {
    pub spawn: Spawn,
    pub script: Option<OwnedFd>,
    pub streams: Streams,
    pub purpose: For,
    /// Tells why the program does not run; closes when it does.
    pub status: OwnedFd,
}

/// Status of a child that could not run its program; the agent knows it by the status pipe.
const NOT_RUN: i32 = 127;

/// Runs the program in this process.
pub(super) fn run(plan: Plan) -> ! {
    let status = plan.status.try_clone();
    let Err(error) = become_program(&plan);
    if let Ok(status) = status {
        let _ = rustix::io::write(status, error.to_string().as_bytes());
    }
    sys::exit(NOT_RUN)
}

fn become_program(plan: &Plan) -> io::Result<Infallible> {
    let spawn = &plan.spawn;
    sys::close_all_on_exec();
    setsid()?;
    let _ = std::fs::write("/proc/self/oom_score_adj", OOM_SCORE_ADJ);
    let user = users::find_here(&spawn.user)?;
    attach(&plan.streams, &user)?;
    change_user(&user, plan.purpose)?;
    if plan.purpose == For::Check {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    }
    enter_directory(spawn, &user)?;
    rustix::process::umask(Mode::from_raw_mode(0o022));
    sys::reset_signals();
    let env = environment(spawn, &user);
    let (program, argv) = command(spawn, plan.script.as_ref(), &user)?;
    Err(exec_by_path(&program, &argv, &env))
}

/// Makes the streams the standard ones. They belong to the user, who may open `/dev/stdout`.
fn attach(streams: &Streams, user: &User) -> io::Result<()> {
    let owner = Some(rustix::fs::Uid::from_raw(user.uid));
    match streams {
        Streams::Pipes([input, output, error]) => {
            let group = Some(rustix::fs::Gid::from_raw(user.gid));
            for end in [input, output, error] {
                rustix::fs::fchown(end, owner, group)?;
            }
            rustix::stdio::dup2_stdin(input)?;
            rustix::stdio::dup2_stdout(output)?;
            rustix::stdio::dup2_stderr(error)?;
        }
        Streams::Pty(terminal) => {
            rustix::fs::fchown(terminal, owner, None)?;
            rustix::process::ioctl_tiocsctty(terminal)?;
            rustix::stdio::dup2_stdin(terminal)?;
            rustix::stdio::dup2_stdout(terminal)?;
            rustix::stdio::dup2_stderr(terminal)?;
        }
    }
    Ok(())
}

fn change_user(user: &User, purpose: For) -> io::Result<()> {
    let (uid, gid) = (
        rustix::thread::Uid::from_raw(user.uid),
        rustix::thread::Gid::from_raw(user.gid),
    );
    confine::bound(purpose)?;
    let groups: Vec<_> = std::iter::once(user.gid)
        .chain(user.groups.iter().copied())
        .map(rustix::thread::Gid::from_raw)
        .collect();
    set_thread_groups(&groups)?;
    set_thread_res_gid(gid, gid, gid)?;
    set_keep_capabilities(purpose == For::Check)?;
    set_thread_res_uid(uid, uid, uid)?;
    confine::settle(purpose, user.uid == 0)
}

fn enter_directory(spawn: &Spawn, user: &User) -> io::Result<()> {
    match &spawn.cwd {
        Some(directory) => chdir(directory.as_str())
            .map_err(|error| io::Error::other(format!("cannot enter `{directory}`: {error}"))),
        None if spawn.argv.is_empty() && !spawn.script && chdir(user.home.as_str()).is_ok() => {
            Ok(())
        }
        None => Ok(chdir("/")?),
    }
}

fn environment(spawn: &Spawn, user: &User) -> Vec<(String, String)> {
    let mut env = spawn.env.clone();
    let mut default = |name: &str, value: &str| {
        if !env.iter().any(|(known, _)| known == name) {
            env.push((name.to_owned(), value.to_owned()));
        }
    };
    default("HOME", &user.home);
    default("USER", &user.name);
    default("LOGNAME", &user.name);
    default("SHELL", &user.shell);
    default("PATH", DEFAULT_PATH);
    if matches!(spawn.stdio, StdioKind::Pty { .. }) {
        default("TERM", DEFAULT_TERM);
    }
    env
}

/// What to execute, and its argv.
fn command(
    spawn: &Spawn,
    script: Option<&OwnedFd>,
    user: &User,
) -> io::Result<(String, Vec<String>)> {
    if let Some(script) = script {
        return script_command(spawn, script);
    }
    match spawn.argv.first() {
        Some(program) => Ok((program.clone(), spawn.argv.clone())),
        None => {
            let name = user.shell.rsplit('/').next().unwrap_or_default();
            Ok((user.shell.clone(), vec![format!("-{name}")]))
        }
    }
}

fn script_command(spawn: &Spawn, script: &OwnedFd) -> io::Result<(String, Vec<String>)> {
    let mut beginning = [0; script::FIRST_LINE_BYTES];
    let length = rustix::io::pread(script, &mut beginning, 0)?;
    let beginning = beginning.get(..length).unwrap_or_default();
    let (interpreter, argument) = script::interpreter(beginning);
    let passed = rustix::io::fcntl_dupfd_cloexec(script, SCRIPT_FD_FROM)?;
    rustix::io::fcntl_setfd(&passed, rustix::io::FdFlags::empty())?;
    // It stays open for the interpreter.
    let raw = passed.into_raw_fd();
    let mut argv = vec![interpreter.clone()];
    argv.extend(argument);
    argv.push(format!("/proc/self/fd/{raw}"));
    argv.extend(spawn.argv.iter().cloned());
    Ok((interpreter, argv))
}

/// As `execvpe`: through PATH, and a file that the kernel cannot run is given to `sh`.
fn exec_by_path(program: &str, argv: &[String], env: &[(String, String)]) -> io::Error {
    let path = env.iter().find(|(name, _)| name == "PATH");
    let path = path.map_or(DEFAULT_PATH, |(_, value)| value);
    let candidates: Vec<String> = if program.contains('/') {
        vec![program.to_owned()]
    } else {
        path.split(':')
            .map(|folder| format!("{folder}/{program}"))
            .collect()
    };
    let variables = env.iter().map(|(name, value)| format!("{name}={value}"));
    let (Ok(env), Ok(argv)) = (
        variables.map(CString::new).collect::<Result<Vec<_>, _>>(),
        argv.iter()
            .cloned()
            .map(CString::new)
            .collect::<Result<Vec<_>, _>>(),
    ) else {
        return io::Error::other("an argument or a variable holds a NUL");
    };
    let mut worst = io::Error::from_raw_os_error(libc::ENOENT);
    for candidate in candidates {
        let error = exec_file(&candidate, &argv, &env);
        match error.raw_os_error() {
            Some(libc::ENOENT | libc::ENOTDIR) => {}
            Some(libc::EACCES) => worst = error,
            _ => return not_run(program, &error),
        }
    }
    not_run(program, &worst)
}

fn exec_file(file: &str, argv: &[CString], env: &[CString]) -> io::Error {
    let Ok(path) = CString::new(file) else {
        return io::Error::other("its name holds a NUL");
    };
    let error = sys::exec(&path, argv, env);
    if error.raw_os_error() != Some(libc::ENOEXEC) {
        return error;
    }
    let mut shell_argv = vec![c"sh".to_owned(), path];
    shell_argv.extend(argv.iter().skip(1).cloned());
    sys::exec(c"/bin/sh", &shell_argv, env)
}

fn not_run(program: &str, error: &io::Error) -> io::Error {
    match error.raw_os_error() {
        Some(libc::ENOENT) => io::Error::other(format!("the node has no program `{program}`")),
        _ => io::Error::other(format!("cannot run `{program}`: {error}")),
    }
}

/// Says something on a status pipe.
pub(super) fn report(status: BorrowedFd<'_>, text: &str) {
    let _ = rustix::io::write(status, text.as_bytes());
}
