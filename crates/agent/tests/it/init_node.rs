//! A node without an OCI runtime: init as PID 1 of new namespaces, with the capabilities that a
//! node's configuration gives. Needs root.

use std::process::{Command, Stdio};
use std::time::Duration;

use indexmap::IndexMap;
use labwright_agent::init::run::Script;
use labwright_agent::init::{Control, Spawn, StdioKind, channel};
use labwright_wire::{CheckOutput, Exit};
use tokio::io::AsyncReadExt;

/// The bounding set of a real node's init.
const CAPABILITIES: &str = "-all,+chown,+dac_override,+fowner,+fsetid,+kill,+net_admin,\
    +net_bind_service,+net_raw,+setfcap,+setgid,+setpcap,+setuid,+sys_chroot,+sys_ptrace,\
    +wake_alarm";

/// New pid and mount namespaces; `$1` prepares, then init becomes PID 1.
const BOOT: &str = "mount -t proc proc /proc && \
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts /dev/pts && \
    mount -t tmpfs -o mode=0755 tmpfs /mnt && \
    eval \"$1\" && exec 3<&0 0</dev/null && \
    exec setpriv --bounding-set \"$2\" --inh-caps=-all \"$3\" init --control-fd 3";

pub struct Node {
    pub control: Control,
    process: std::process::Child,
}

impl Node {
    pub async fn start() -> Self {
        Self::prepared("true").await
    }

    /// `prepare` is run by `sh` in the node's namespaces first. `/mnt` is a new tmpfs.
    pub async fn prepared(prepare: &str) -> Self {
        let (ours, theirs) = channel::pair().unwrap();
        let process = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "sh", "-c", BOOT, "sh"])
            .args([prepare, CAPABILITIES, env!("CARGO_BIN_EXE_labwright-agent")])
            .stdin(Stdio::from(theirs))
            .spawn()
            .unwrap();
        let env = vec![("LAB".to_owned(), "test".to_owned())];
        let control = Control::new(ours, env).unwrap();
        control.hello().await.expect("init runs; these tests need root");
        Self { control, process }
    }

    /// Runs a shell command as a user; its end and its output.
    pub async fn sh(&self, user: &str, command: &str) -> (Exit, String) {
        let mut child = self
            .control
            .spawn(Spawn {
                argv: ["sh", "-c", command].map(str::to_owned).to_vec(),
                env: self.control.environment([]),
                user: user.to_owned(),
                stdio: StdioKind::Output,
                ..Spawn::default()
            })
            .await
            .unwrap();
        let mut text = String::new();
        if let labwright_agent::init::Stdio::Output(pipe) = &mut child.stdio {
            pipe.read_to_string(&mut text).await.unwrap();
        }
        (child.wait().await, text)
    }

    /// The same; it must succeed.
    pub async fn ok(&self, command: &str) -> String {
        let (exit, text) = self.sh("", command).await;
        assert_eq!(exit, Exit::Code(0), "{command}: {text}");
        text
    }

    pub async fn check(&self, text: &str) -> CheckOutput {
        self.check_as("", text, Duration::from_secs(10)).await
    }

    pub async fn check_as(&self, user: &str, text: &str, timeout: Duration) -> CheckOutput {
        let env = IndexMap::from([("ANSWER".to_owned(), "42".to_owned())]);
        let env = &env;
        let script = Script { text, env, user, timeout };
        self.control.check(&script).await.unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
