//! A folder with a configuration, a lab, and a state that shares built layers with other tests;
//! and a server that runs there.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use labwright_testkit::{Browser, base_layer, program, test_state};
use serde_json::{Value, json};

/// A user and a group without any privilege.
pub const NOBODY: u32 = 65534;
/// The password of `ada-of-the-test`.
pub const PASSWORD: &str = "a password for tests";

/// A folder with a configuration, a lab, and a state that shares built layers with other tests.
pub struct Ground(pub tempfile::TempDir);

impl Ground {
    pub fn new() -> Self {
        base_layer();
        let folder = tempfile::Builder::new()
            .prefix("lw")
            .permissions(fs::Permissions::from_mode(0o755))
            // Where the shared layers are: a layer is put into the store by renaming.
            .tempdir_in(test_state().parent().unwrap())
            .unwrap();
        let path = folder.path();
        fs::create_dir(path.join("state")).unwrap();
        for shared in ["images", "layers"] {
            symlink(test_state().join(shared), path.join("state").join(shared)).unwrap();
        }
        write(&path.join("lab/lab.yaml"), LAB);
        write(&path.join("lab/steps/1.md"), "# Work\n\nType.\n");
        write(
            &path.join("config.toml"),
            &CONFIG.replace("PASSWORD", PASSWORD),
        );
        Self(folder)
    }

    /// The same, with more people: `learner-0`, `learner-1`, …
    pub fn with_learners(count: usize) -> Self {
        let ground = Self::new();
        let names: Vec<String> = (0..count)
            .map(|number| format!("learner-{number}"))
            .collect();
        let accounts: String = names
            .iter()
            .map(|name| format!("[[accounts]]\nname = \"{name}\"\npassword = \"{PASSWORD}\"\n"))
            .collect();
        let config = CONFIG.replace("PASSWORD", PASSWORD);
        let config = config.replace("[\"ada-of-the-test\"]", &format!("{names:?}"));
        write(
            &ground.0.path().join("config.toml"),
            &format!("{accounts}{config}"),
        );
        ground
    }

    pub fn labwright(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labwright"));
        command
            .args(arguments)
            .env("LABWRIGHT_STATE", self.0.path().join("state"))
            .env("LABWRIGHT_RUN", self.0.path().join("run"))
            .env(
                "LABWRIGHT_AGENT",
                program("labwright-agent", "labwright-agent"),
            )
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub fn serve(&self, listen: SocketAddr) -> Served {
        self.serve_as(0, listen)
    }

    /// As a user without any privilege: builds the lab first, which such a server cannot.
    pub fn serve_unprivileged(&self) -> Served {
        let lab = self.0.path().join("lab");
        let built = self
            .labwright(&["build", lab.to_str().unwrap()])
            .output()
            .unwrap();
        assert!(built.status.success(), "{built:?}");
        let own = self.0.path().join("own");
        fs::create_dir(&own).unwrap();
        std::os::unix::fs::chown(&own, Some(NOBODY), Some(NOBODY)).unwrap();
        let config = self.0.path().join("config.toml");
        let text = fs::read_to_string(&config).unwrap();
        write(&config, &format!("state = {own:?}\n{text}"));
        self.serve_as(NOBODY, ([127, 0, 0, 1], 0).into())
    }

    fn serve_as(&self, user: u32, listen: SocketAddr) -> Served {
        let config = self.0.path().join("config.toml");
        let listen = listen.to_string();
        let arguments = [
            "serve",
            "--config",
            config.to_str().unwrap(),
            "--listen",
            &listen,
        ];
        let mut command = self.labwright(&arguments);
        let mut process = command.uid(user).gid(user).spawn().unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut said = Vec::new();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                panic!("the server ended: {said:?}");
            };
            if let Some(link) = line.strip_prefix("labwright serves http://") {
                break link.parse().unwrap();
            }
            said.push(line);
        };
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Served { process, address }
    }
}

impl Drop for Ground {
    /// Nothing of a failed test stays either.
    fn drop(&mut self) {
        let listed = self
            .labwright(&["session", "ls", "--json"])
            .output()
            .unwrap();
        let sessions: Value = serde_json::from_slice(&listed.stdout).unwrap_or_default();
        for session in sessions.as_array().into_iter().flatten() {
            if let Some(id) = session["id"].as_str().or(session["session"].as_str()) {
                let _ = self.labwright(&["session", "stop", id]).output();
            }
        }
    }
}

pub struct Served {
    pub process: Child,
    pub address: SocketAddr,
}

impl Served {
    /// As `kill -9` does.
    pub fn kill(self) {}

    /// Waits until it has ended by itself.
    pub fn ended(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// Ends a session, then itself.
    pub async fn end(self, ada: &Browser, session: &str) {
        ada.post(&format!("{session}/end"), json!({})).await.ok();
        ada.wait(session, "ended").await;
        self.kill();
    }

    pub async fn sign_in(&self) -> Browser {
        self.sign_in_as("ada-of-the-test").await
    }

    pub async fn sign_in_as(&self, name: &str) -> Browser {
        let nobody = Browser {
            address: self.address,
            token: None,
            polled: false,
        };
        let body = json!({ "name": name, "password": PASSWORD });
        let signed_in = nobody.post("/api/v1/sign-in", body).await.ok();
        Browser {
            token: signed_in["token"].as_str().map(str::to_owned),
            ..nobody
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `labwright host`, as root.
pub struct Host(Child);

impl Host {
    pub fn start(ground: &Ground) -> Self {
        let user = format!("{NOBODY}:{NOBODY}");
        let mut process = ground
            .labwright(&["host", "--user", &user])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let said = lines.next();
        assert!(said.is_some_and(|line| line.is_ok_and(|line| line.contains("listens"))));
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self(process)
    }

    /// As `kill -9` does.
    pub fn kill(self) {}
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const LAB: &str = "\
labwright: 1
name: kill-nine
title: Kill nine
nodes:
  desk: {}
steps:
  - page: steps/1.md
";

const CONFIG: &str = "\
[[accounts]]
name = \"ada-of-the-test\"
display_name = \"Ada Example\"
password = \"PASSWORD\"

[[courses]]
id = \"nets\"
title = \"Networks\"
labs = [\"lab\"]
learners = [\"ada-of-the-test\"]
";
