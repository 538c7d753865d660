//! What runs in a display's container, and how long programs pause before they start again.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use labwright_wire::Exit;

use super::super::oci::WINDOW_MANAGER_PATH;
use super::{RFB_PORT, USER, name};
use crate::init::{Child, Control, InitError, Spawn, Stdio, StdioKind};

/// How many updates a second the X server sends at most. Its first update after a pause waits for
/// half of such a time, so that a slower clock would hold a pressed key back.
const UPDATES_PER_S: u32 = 250;
/// The size of a screen that nobody has looked at yet.
const FIRST_SIZE: &str = "1280x800";

/// Before a program that ended starts again; the pause doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// A program that ran so long starts again after the first pause.
const GOOD_RUN: Duration = Duration::from_secs(10);
/// Most of what a program wrote at last that is told.
const WORDS_BYTES: usize = 2000;

pub(super) fn environment(number: usize) -> Vec<(String, String)> {
    let pairs = [
        ("PATH", "/usr/bin:/bin"),
        ("HOME", "/tmp"),
        ("LANG", "C.UTF-8"),
        ("DISPLAY", &name(number)),
    ];
    pairs
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .to_vec()
}

/// All viewers come from one place. An X server that counts those who leave before they have greeted, as
/// a page on a bad line does, soon lets nobody in.
const PATIENCE: &str = "-UseBlacklist=0";

/// The X server's command. Whoever reaches its sockets may use it: folder and namespace decide who does.
/// Shared memory is off: the node has an IPC namespace of its own.
pub(super) fn server(number: usize, opengl: bool) -> Vec<String> {
    let without = if opengl { "" } else { "-extension GLX" };
    let words = format!(
        "Xvnc {} -rfbport {RFB_PORT} -localhost -UseIPv6=0 -SecurityTypes None -AlwaysShared \
         -geometry {FIRST_SIZE} -depth 24 -FrameRate {UPDATES_PER_S} -AcceptSetDesktopSize \
         -SendPrimary=0 -MaxCutText 1048576 -ac -br -noreset -nolisten tcp -extension MIT-SHM \
         {PATIENCE} {without}",
        name(number)
    );
    words.split_whitespace().map(str::to_owned).collect()
}

pub(super) fn window_manager() -> Vec<String> {
    ["openbox", "--config-file", WINDOW_MANAGER_PATH]
        .map(str::to_owned)
        .to_vec()
}

/// The command of a whole desktop.
pub(super) fn session(name: &str) -> String {
    let command = match name {
        // Window effects cost the line much, and the window manager ends where they find no libGL.
        "xfce" => {
            "sh -c 'xfconf-query -c xfwm4 -p /general/use_compositing -n -t bool -s false; \
             exec xfce4-session'"
        }
        "lxde" => "startlxde",
        "lxqt" => "startlxqt",
        "mate" => "mate-session",
        other => other,
    };
    // A desktop's parts talk by D-Bus, where the node has it.
    format!(
        "if command -v dbus-run-session >/dev/null; then exec dbus-run-session -- {command}; \
         else exec {command}; fi"
    )
}

pub(super) async fn spawn(control: &Control, argv: &[String]) -> Result<Child, InitError> {
    let spawn = Spawn {
        argv: argv.to_vec(),
        env: control.environment([]),
        user: format!("{USER}:{USER}"),
        stdio: StdioKind::Output,
        ..Spawn::default()
    };
    control.spawn(spawn).await
}

/// Waits for a program's end and reads what it writes; how it ended, and its last words.
pub(super) async fn ending(mut child: Child) -> (Exit, String) {
    let words = Rc::new(RefCell::new(Vec::new()));
    let kept = words.clone();
    let output = std::mem::replace(&mut child.stdio, Stdio::None);
    let reading = async move {
        if let Stdio::Output(mut output) = output {
            let mut buffer = vec![0; 4096];
            while let Ok(length) = tokio::io::AsyncReadExt::read(&mut output, &mut buffer).await {
                let read = buffer.get(..length).unwrap_or_default();
                if read.is_empty() {
                    break;
                }
                let mut kept = kept.borrow_mut();
                kept.extend_from_slice(read);
                let spare = kept.len().saturating_sub(WORDS_BYTES);
                kept.drain(..spare);
            }
        }
        std::future::pending::<()>().await;
    };
    let exit = tokio::select! {
        biased;
        () = reading => Exit::Code(0),
        exit = child.wait() => exit,
    };
    let words = String::from_utf8_lossy(&words.borrow()).trim().to_owned();
    (exit, words)
}

/// Pauses between two starts of a program that keeps ending.
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Self {
        Self(FIRST_PAUSE)
    }

    pub(super) async fn after(&mut self, began: Instant) {
        if began.elapsed() >= GOOD_RUN {
            self.0 = FIRST_PAUSE;
        }
        tokio::time::sleep(self.0).await;
        self.0 = (self.0 * 2).min(LONGEST_PAUSE);
    }
}
