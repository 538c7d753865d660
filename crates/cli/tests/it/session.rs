//! `labwright session` and `labwright host` as a user calls them, on a true machine.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use labwright_local::{Host, Installation};
use labwright_model::{MachineSpec, SessionId};
use labwright_testkit::{program, tiny_root};
use serde_json::json;

struct Ground {
    directory: tempfile::TempDir,
    host: Host,
}

impl Ground {
    fn new() -> Self {
        let directory = tempfile::Builder::new()
            .prefix("lw")
            .permissions(std::fs::Permissions::from_mode(0o755))
            .tempdir()
            .unwrap();
        let path = directory.path();
        let mut installation = Installation::new(path.join("state"), path.join("run"));
        installation.agent = program("labwright-agent", "labwright-agent");
        let host = Host::new(installation).unwrap();
        Self { directory, host }
    }

    fn machine(&self, id: &str) -> MachineSpec {
        let limits = json!({
            "memory_bytes": 128 << 20, "cpu_milli": 500, "pids": 128, "disk_bytes": 64 << 20
        });
        serde_json::from_value(json!({
            "session": id, "lab": "lab", "networks": [{
                "name": "lan", "shaping": {
                    "delay_us": 0, "jitter_us": 0, "loss": 0.0, "rate_bps": 0
                }
            }], "params": {}, "limits": limits,
            "keep": [], "internet": "none",
            "nodes": [{
                "name": "one", "layers": [tiny_root(self.directory.path())],
                "links": [{
                    "network": "lan", "mode": "static", "addresses": ["10.0.0.1/24"],
                    "mac": "02:00:00:00:00:01"
                }],
                "routes": [], "user": "root", "services": [], "start": null, "env": {},
                "sysctl": {}, "hidden": false, "limits": limits, "hosts": []
            }]
        }))
        .unwrap()
    }

    fn labwright(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_labwright"))
            .args(arguments)
            .env("LABWRIGHT_STATE", &self.host.installation().state)
            .env("LABWRIGHT_RUN", &self.host.installation().run)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    fn check(&self, arguments: &[&str], input: &str, status: i32, expect: &str) {
        let output = self.labwright(arguments, input);
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(status),
            "{arguments:?}: {said}{errors}"
        );
        let all = format!("{said}{errors}");
        assert!(all.contains(expect), "{arguments:?}: {all}");
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.labwright(&["session", "stop", "--all"], "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_used_and_stopped_without_a_server() {
    let ground = Ground::new();
    ground.host.start(&ground.machine("first-1")).await.unwrap();
    ground.host.start(&ground.machine("first-2")).await.unwrap();
    let id = SessionId::new("first-1").unwrap();
    let client = labwright_wire::Client::new(ground.host.connect(&id).await.unwrap());
    let patience = std::time::Duration::from_secs(20);
    let ready = labwright_place::conformance::talk::until_ready(&client, patience);
    ready.await.unwrap();

    ground.check(&["session", "ls"], "", 0, "first-1  lab  running  ");
    ground.check(&["session", "ls", "--json"], "", 0, r#""id":"first-1""#);
    let exec = |command: &'static [&'static str]| {
        [&["session", "exec", "first-1", "one", "--"], command].concat()
    };
    ground.check(&exec(&["echo", "hello"]), "", 0, "hello\n");
    ground.check(&exec(&["sh", "-c", "exit 7"]), "", 7, "");
    ground.check(&exec(&["sh", "-c", "kill -9 $$"]), "", 137, "");
    ground.check(&exec(&["cat"]), "typed", 0, "typed");
    ground.check(&exec(&["nothing"]), "", 1, "no program `nothing`");
    let node = ["session", "exec", "first-1", "two", "--", "true"];
    ground.check(&node, "", 1, "node two");
    captured(
        &ground,
        &exec(&["bash", "-c", "echo hello >/dev/udp/10.0.0.2/9"]),
    );
    let nowhere = ["session", "capture", "first-1", "wan"];
    ground.check(&nowhere, "", 1, "wan");
    let both = ["session", "stop", "first"];
    ground.check(&both, "", 1, "several sessions begin with `first`");
    ground.check(&["session", "stop", "first-1"], "", 0, "first-1\n");
    ground.check(&["session", "stop", "--all"], "", 0, "first-2\n");
    ground.check(
        &["session", "stop", "first-1"],
        "",
        1,
        "no session `first-1`",
    );
    ground.check(&["session", "stop"], "", 2, "SESSIONS");
    let listed = ground.labwright(&["session", "ls", "--json"], "");
    assert_eq!(String::from_utf8_lossy(&listed.stdout), "[]\n");
}

/// Captures what `speak` sends, ends it as Ctrl-C does, and reads the file.
fn captured(ground: &Ground, speak: &[&str]) {
    let file = ground.directory.path().join("lan.pcapng");
    let size = || std::fs::metadata(&file).map_or(0, |file| file.len());
    let mut capture = Command::new(env!("CARGO_BIN_EXE_labwright"))
        .args(["session", "capture", "first-1", "one:lan", "--write"])
        .arg(&file)
        .env("LABWRIGHT_STATE", &ground.host.installation().state)
        .env("LABWRIGHT_RUN", &ground.host.installation().run)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let wait_for = |bytes: u64| {
        let grown = (0..600).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(50));
            size() >= bytes
        });
        assert!(grown, "{} of {bytes} bytes were captured", size());
    };
    wait_for(1);
    let beginning = size();
    ground.check(speak, "", 0, "");
    // An ARP request has 42 bytes (RFC 826), its block a head besides.
    wait_for(beginning + 42);
    let id = rustix::process::Pid::from_child(&capture);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    assert!(capture.wait().unwrap().success());
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes[..4], [0x0a, 0x0d, 0x0d, 0x0a], "a section header");
    let address = [10, 0, 0, 2];
    let asked = bytes.windows(4).filter(|part| *part == address).count();
    assert!(asked > 0, "nobody asks for 10.0.0.2");
    // Interface statistics end a capture that was ended in order: type 5.
    let last = u32::from_le_bytes(bytes[bytes.len() - 4..].try_into().unwrap()) as usize;
    assert_eq!(bytes[bytes.len() - last..][..4], [5, 0, 0, 0]);
}

#[test]
fn doctor_tells_what_is_missing_and_how_to_mend_it() {
    let ground = Ground::new();
    let output = ground.labwright(&["doctor", "--json"], "");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["ok"], true, "{report:#}");
    let findings = report["findings"].as_array().unwrap();
    for finding in findings {
        let well = finding["health"] == "ok";
        assert_eq!(finding["mend"].is_null(), well, "{finding}");
    }
    ground.check(&["doctor"], "", 0, "OCI runtime");
}

#[test]
fn a_host_listens_for_its_user_alone_and_ends_when_told_to() {
    let ground = Ground::new();
    let installation = ground.host.installation();
    let mut host = Command::new(env!("CARGO_BIN_EXE_labwright"))
        .args(["host", "--user", "65534:65534"])
        .env("LABWRIGHT_STATE", &installation.state)
        .env("LABWRIGHT_RUN", &installation.run)
        .env("LABWRIGHT_AGENT", &installation.agent)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let socket = installation.host_socket();
    for _ in 0..100 {
        if std::os::unix::net::UnixStream::connect(&socket).is_ok() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let as_user = |id: &str| {
        Command::new("setpriv")
            .args(["--reuid", id, "--regid", id, "--clear-groups"])
            .args([env!("CARGO_BIN_EXE_labwright"), "session", "ls", "--json"])
            .env("LABWRIGHT_STATE", &installation.state)
            .env("LABWRIGHT_RUN", &installation.run)
            .output()
            .unwrap()
    };
    let owner = as_user("65534");
    assert_eq!(String::from_utf8_lossy(&owner.stdout), "[]\n", "{owner:?}");
    let stranger = as_user("65533");
    assert_eq!(stranger.status.code(), Some(1));
    ground.check(&["host"], "", 1, "is another `labwright host` running?");
    let pid = host.id().to_string();
    assert!(Command::new("kill").arg(pid).status().unwrap().success());
    assert!(host.wait().unwrap().success());
    assert!(!socket.exists());
}
