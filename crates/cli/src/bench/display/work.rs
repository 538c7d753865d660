//! The workload: ordinary programs, driven from inside the desktop by xdotool, the same on both sides.
//! The viewer only looks on.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::rfb::Viewer;
use crate::failure::{Explain, Failure, Outcome};

/// Nothing came for so long: the step has been drawn.
const QUIET: Duration = Duration::from_millis(700);
/// Longest step.
const LONGEST: Duration = Duration::from_secs(90);

/// The steps: a name, and a script that leaves the process to end in `$p`.
pub const STEPS: [(&str, &str); 7] = [
    (
        "term_burst",
        "xterm -geometry 120x40+40+30 -e sh -c 'sleep 1; find /usr -xdev | head -20000; sleep 100' & p=$!
         sleep 4",
    ),
    (
        "term_tail",
        "xterm -geometry 120x40+40+30 -e sh -c 'sleep 1; find /usr -xdev | head -150 |
            while read line; do echo \"$line\"; sleep 0.03; done; sleep 100' & p=$!
         sleep 7",
    ),
    (
        "typing",
        "xterm -geometry 100x35+100+60 -e cat & p=$!
         xdotool search --sync --onlyvisible --class xterm; sleep 0.7
         xdotool mousemove 400 300 click 1; sleep 0.3
         xdotool type --delay 40 'Configure OSPF area zero on router one, then verify that the neighbour table converges.'",
    ),
    (
        "files",
        "pcmanfm -n /usr/bin & p=$!
         w=$(xdotool search --sync --onlyvisible --class pcmanfm | tail -1); sleep 2
         xdotool windowsize $w 1000 650 mousemove 700 450; sleep 0.5
         for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do xdotool click 5; sleep 0.15; done",
    ),
    (
        "photos",
        "feh -g 1000x700+100+40 /srv/bench/photo*.ppm & p=$!
         xdotool search --sync --onlyvisible --class feh; sleep 1
         for i in 1 2 3 4; do xdotool key Right; sleep 0.8; done",
    ),
    (
        "pdf",
        "xpdf -geometry 1000x750+50+20 /srv/bench/pages.pdf & p=$!
         xdotool search --sync --onlyvisible --class xpdf; sleep 1.5
         for i in 1 2 3 4 5 6 7 8 9 10 11 12; do xdotool key Next; sleep 0.3; done",
    ),
    (
        "drag",
        "xterm -geometry 100x30+100+60 -T dragme -e sh -c 'find /etc -xdev | head -200; sleep 100' & p=$!
         w=$(xdotool search --sync --onlyvisible --name dragme | tail -1); sleep 1.2
         eval $(xdotool getwindowgeometry --shell $w); x=$((X + 200)); y=$((Y - 8))
         xdotool mousemove $x $y; sleep 0.2; xdotool mousedown 1
         i=0; while [ $i -lt 60 ]; do i=$((i + 1)); xdotool mousemove $((x + i * 6)) $((y + i * 3)); sleep 0.033; done
         xdotool mouseup 1",
    ),
];

/// A terminal that takes keys and shows them.
pub const KEYS: &str = "xterm -geometry 100x35+100+60 -e cat & p=$!
    xdotool search --sync --onlyvisible --class xterm; sleep 0.7
    xdotool mousemove 400 300 click 1; sleep 0.3";

/// A terminal with thirty lines a second.
pub const LINES: &str =
    "xterm -geometry 100x35+100+60 -e sh -c 'while :; do date +%N; sleep 0.031; done' & p=$!
    sleep 2";

/// The inside of a desktop.
pub struct Inside {
    /// A process in it, as this host counts.
    pub pid: u32,
    /// `DISPLAY`.
    pub display: String,
}

/// A script that has done its work; its program lives until [`Done::end`].
pub struct Done(Child);

impl Inside {
    /// Runs a step's script to its end.
    pub async fn run(&self, script: &str) -> Outcome<Done> {
        let script = format!(
            "cd /tmp; {{ {script}; }} >/dev/null 2>&1 </dev/null; echo done; read end; kill $p"
        );
        let mut child = Command::new("nsenter")
            .arg("--target")
            .arg(self.pid.to_string())
            .arg("--all")
            .args([
                "env",
                "-i",
                "PATH=/usr/bin:/bin:/usr/sbin:/sbin",
                "HOME=/tmp",
                "LANG=C.UTF-8",
            ])
            .arg(format!("DISPLAY={}", self.display))
            .args(["setsid", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("running nsenter (util-linux)")?;
        let out = child.stdout.take();
        let line = async {
            let mut line = String::new();
            if let Some(out) = out {
                BufReader::new(out).read_line(&mut line).await?;
            }
            Outcome::Ok(line)
        };
        let line = tokio::time::timeout(LONGEST, line)
            .await
            .map_err(|_| Failure::new("a step of the desktop's workload hangs"))??;
        if line.trim() != "done" {
            return Err(Failure::new("a step of the desktop's workload failed"));
        }
        Ok(Done(child))
    }

    /// Bytes that a step sends to a viewer.
    pub async fn bytes(&self, script: &str, viewer: &Viewer) -> Outcome<u64> {
        viewer.settle(QUIET).await;
        let before = viewer.seen().bytes;
        let done = self.run(script).await?;
        viewer.settle(QUIET).await;
        let after = viewer.seen().bytes;
        done.end().await?;
        viewer.settle(QUIET).await;
        Ok(after - before)
    }
}

impl Done {
    /// Ends its program.
    pub async fn end(mut self) -> Outcome {
        if let Some(mut input) = self.0.stdin.take() {
            input.write_all(b"\n").await?;
        }
        self.0.wait().await?;
        Ok(())
    }
}
