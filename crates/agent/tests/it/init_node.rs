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

/// New pid and mount namespaces, and a root of its own: an overlay of this machine's, as a real
/// node's is one of its layers. `$1` prepares, then init becomes PID 1.
const BOOT: &str = "mount -t tmpfs -o mode=0755 tmpfs /mnt && cd /mnt && mkdir u w r && \
    mount -t overlay -o lowerdir=/,upperdir=u,workdir=w overlay r && \
    mount -t proc proc r/proc && mount -t tmpfs -o mode=0755 tmpfs r/dev && \
    mkdir r/dev/pts && mount -t devpts -o newinstance,ptmxmode=0666,mode=0620,gid=5 devpts r/dev/pts && \
    for f in null zero urandom tty; do : > r/dev/$f; mount --bind /dev/$f r/dev/$f; done && \
    ln -s /proc/self/fd r/dev/fd && ln -s fd/0 r/dev/stdin && ln -s fd/1 r/dev/stdout && \
    ln -s fd/2 r/dev/stderr && : > r/dev/init && mount --bind \"$3\" r/dev/init && \
    mount -t tmpfs -o mode=0755 tmpfs r/mnt && \
    exec 3<&0 0</dev/null && exec chroot r sh -c \
    'eval \"$1\" && exec setpriv --bounding-set \"$2\" --inh-caps=-all /dev/init init --control-fd 3' \
    sh \"$1\" \"$2\"";

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
            .args([
                "--mount",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                BOOT,
                "sh",
            ])
            .args([prepare, CAPABILITIES, env!("CARGO_BIN_EXE_labwright-agent")])
            .stdin(Stdio::from(theirs))
            .spawn()
            .unwrap();
        let env = vec![("LAB".to_owned(), "test".to_owned())];
        let control = Control::new(ours, env).unwrap();
        control
            .hello()
            .await
            .expect("init runs; these tests need root");
        Self { control, process }
    }

    /// What the host's `/proc` says of its PID 1.
    pub fn proc(&self) -> std::path::PathBuf {
        let parent = self.process.id();
        let children = format!("/proc/{parent}/task/{parent}/children");
        let children = std::fs::read_to_string(children).unwrap();
        std::path::Path::new("/proc").join(children.trim())
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
        let mut text = Vec::new();
        if let labwright_agent::init::Stdio::Output(pipe) = &mut child.stdio {
            pipe.read_to_end(&mut text).await.unwrap();
        }
        (
            child.wait().await,
            String::from_utf8_lossy(&text).into_owned(),
        )
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
        let script = Script {
            text,
            env,
            user,
            timeout,
        };
        self.control.check(&script).await.unwrap()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
