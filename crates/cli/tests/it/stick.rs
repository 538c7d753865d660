//! `labwright run` of an exported folder, as from a stick: served to this computer alone, by a user without privileges.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use crate::ground::{NOBODY, write};

const LAB: &str = "labwright: 1\nname: on-a-stick\ntitle: On a stick\napps:\n  - page: assets/index.html\n\
    steps:\n  - page: steps/1.md\n";
/// What `on-a-stick` has whenever nothing else is asked for.
const PORT: u16 = 23_337;

/// An export on a stick.
struct Stick(tempfile::TempDir);

impl Stick {
    fn new() -> Self {
        let open = fs::Permissions::from_mode(0o755);
        let folder = tempfile::Builder::new()
            .permissions(open)
            .tempdir()
            .unwrap();
        let lab = folder.path().join("lab");
        write(&lab.join("lab.yaml"), LAB);
        write(&lab.join("steps/1.md"), "# One\n");
        for (file, words) in [
            ("index.html", "<p>é"),
            ("go.mjs", "export default 1;\n"),
            ("a b.txt", "0123456789"),
        ] {
            write(&lab.join("assets").join(file), words);
        }
        let made = Command::new(env!("CARGO_BIN_EXE_labwright"))
            .arg("export")
            .arg(&lab)
            .args(["--as", "web", "-o"])
            .arg(folder.path().join("site"))
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        // Beside the list, and no part of it.
        write(&folder.path().join("site/secret.txt"), "secret");
        Self(folder)
    }

    fn site(&self) -> PathBuf {
        self.0.path().join("site")
    }

    /// The program as its user calls it: without privileges, and with no state that could be had.
    fn command(&self, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_labwright"));
        command
            .arg("run")
            .arg(self.site())
            .args(more)
            .uid(NOBODY)
            .gid(NOBODY)
            .env("LABWRIGHT_STATE", "/nowhere/state")
            .env("LABWRIGHT_RUN", "/nowhere/run")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// The program's words when it refuses.
    fn refused(&self, more: &[&str], status: i32) -> String {
        let Output {
            status: ended,
            stdout,
            stderr,
        } = self.command(more).output().unwrap();
        let said = String::from_utf8(stderr).unwrap();
        assert_eq!(ended.code(), Some(status), "{said}");
        assert!(stdout.is_empty(), "no link: {stdout:?}");
        said
    }
}

struct Running {
    process: Child,
    port: u16,
}

impl Running {
    fn start(stick: &Stick, more: &[&str]) -> Self {
        let mut process = stick.command(more).spawn().unwrap();
        let mut link = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut link)
            .unwrap();
        let port = link
            .trim_end()
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix('/'));
        let port = port.and_then(|port| port.parse().ok());
        Self {
            process,
            port: port.unwrap_or_else(|| panic!("{link}")),
        }
    }

    /// Status, head in small letters, and body.
    fn ask(&self, method: &str, path: &str, headers: &str) -> (u16, String, Vec<u8>) {
        let host = format!("Host: 127.0.0.1:{}\r\n", self.port);
        self.ask_as(&host, method, path, headers)
    }

    fn ask_as(&self, host: &str, method: &str, path: &str, more: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\n{host}{more}Connection: close\r\n\r\n"
        )
        .unwrap();
        let mut reply = Vec::new();
        stream.read_to_end(&mut reply).unwrap();
        let end = reply.windows(4).position(|four| four == b"\r\n\r\n");
        let body = reply.split_off(end.unwrap() + 4);
        let head = String::from_utf8(reply).unwrap().to_ascii_lowercase();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head, body)
    }

    /// Presses Ctrl-C and waits; a connection that is open does not hold it.
    fn interrupt(mut self) {
        let _open = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let id = self.process.id().to_string();
        let told = Command::new("kill").args(["-INT", &id]).status().unwrap();
        assert!(told.success());
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn exactly_the_files_of_the_list_are_served_as_what_they_are() {
    let stick = Stick::new();
    let running = Running::start(&stick, &["--port", "0"]);
    let list = fs::read(stick.site().join("offline.json")).unwrap();
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let files = list["files"].as_array().unwrap();
    assert!(files.len() > 10);
    for listed in files {
        let file = listed["file"].as_str().unwrap();
        let (status, head, body) =
            running.ask("GET", &format!("/{}", file.replace(' ', "%20")), "");
        assert_eq!(
            (status, body.len() as u64),
            (200, listed["bytes"].as_u64().unwrap()),
            "{file}"
        );
        assert!(head.contains("cache-control: no-cache\r\n"), "{head}");
        assert!(
            head.contains("etag: ") && head.contains("last-modified: "),
            "{head}"
        );
        let kind = match Path::new(file)
            .extension()
            .unwrap_or_default()
            .to_str()
            .unwrap()
        {
            "js" | "mjs" => "text/javascript; charset=utf-8",
            "html" => "text/html; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "txt" => "text/plain; charset=utf-8",
            "md" => "text/markdown; charset=utf-8",
            "wasm" => "application/wasm",
            "json" => "application/json",
            "webmanifest" => "application/manifest+json",
            "svg" => "image/svg+xml",
            other => panic!("what is a .{other}? {head}"),
        };
        assert!(
            head.contains(&format!("content-type: {kind}\r\n")),
            "{file}: {head}"
        );
    }
    let (_, _, index) = running.ask("GET", "/?lang=fr", "");
    assert_eq!(index, fs::read(stick.site().join("index.html")).unwrap());
    assert_eq!(running.ask("GET", "/offline.json", "").0, 200);

    let elsewhere = [
        "/secret.txt",
        "/assets",
        "/assets/",
        "/lab/",
        "//index.html",
        "/../lab/lab.yaml",
        "/%2e%2e/lab/lab.yaml",
        "/lab/..%2f..%2f..%2flab/lab.yaml",
        "/%2fetc/passwd",
        "/index.html%00",
        "/nothing",
    ];
    for path in elsewhere {
        assert_eq!(running.ask("GET", path, "").0, 404, "{path}");
    }
    for method in ["POST", "PUT", "DELETE"] {
        assert_eq!(running.ask(method, "/index.html", "").0, 405, "{method}");
    }
    running.interrupt();
}

#[test]
fn a_file_is_sent_again_only_when_it_has_changed_and_in_parts_when_asked() {
    let stick = Stick::new();
    let running = Running::start(&stick, &["--port", "0"]);
    let path = "/lab/assets/a%20b.txt";
    let (_, head, _) = running.ask("GET", path, "");
    let value = |name: &str| {
        let line = head.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(": ").unwrap().1.to_owned()
    };
    let (tag, time) = (value("etag"), value("last-modified"));
    let known = format!("If-None-Match: {tag}\r\n");
    assert_eq!(running.ask("GET", path, &known).0, 304);
    // Names of days and months are written with capitals in a date, and read without.
    let since = format!("If-Modified-Since: {}\r\n", capitals(&time));
    assert_eq!(running.ask("GET", path, &since).0, 304);

    let (status, head, body) = running.ask("GET", path, "Range: bytes=2-4\r\n");
    assert_eq!((status, body.as_slice()), (206, b"234".as_slice()));
    assert!(head.contains("content-range: bytes 2-4/10\r\n"), "{head}");
    assert_eq!(running.ask("GET", path, "Range: bytes=-2\r\n").2, b"89");
    assert_eq!(running.ask("GET", path, "Range: bytes=10-\r\n").0, 416);
    let (status, head, body) = running.ask("HEAD", path, "");
    assert_eq!((status, body.len()), (200, 0));
    assert!(head.contains("content-length: 10\r\n"), "{head}");

    write(&stick.site().join("lab/assets/a b.txt"), "abcdefghij");
    assert_eq!(running.ask("GET", path, &known).2, b"abcdefghij");
    running.interrupt();
}

fn capitals(date: &str) -> String {
    let words = date.split(' ').map(|word| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    });
    let words: Vec<String> = words.collect();
    words.join(" ").replace("Gmt", "GMT")
}

#[test]
fn who_asks_by_another_name_gets_nothing_and_localhost_is_led_to_the_one_address() {
    let stick = Stick::new();
    let running = Running::start(&stick, &["--port", "0"]);
    let port = running.port;
    for host in [
        format!("Host: evil.example:{port}\r\n"),
        "Host: evil.example\r\n".to_owned(),
        "Host: 127.0.0.1\r\n".to_owned(),
        format!("Host: 127.0.0.1.evil.example:{port}\r\n"),
        format!("Host: localhost.evil.example:{port}\r\n"),
        String::new(),
    ] {
        let (status, _, body) = running.ask_as(&host, "GET", "/index.html", "");
        assert!(matches!(status, 400 | 421), "{host}: {status}");
        assert!(body.is_empty(), "{host}");
    }
    let host = format!("Host: LocalHost:{port}\r\n");
    let (status, head, _) = running.ask_as(&host, "GET", "/index.html?lang=fr", "");
    assert_eq!(status, 307);
    let link = format!("location: http://127.0.0.1:{port}/index.html?lang=fr\r\n");
    assert!(head.contains(&link), "{head}");
    running.interrupt();
}

#[test]
fn the_port_stays_and_one_that_is_taken_is_explained() {
    let stick = Stick::new();
    let first = Running::start(&stick, &[]);
    assert_eq!(first.port, PORT);
    let said = stick.refused(&[], 1);
    for words in [
        "port 23337 of this computer is taken",
        "if on-a-stick is running already, open http://127.0.0.1:23337/",
        "--port",
        "what was done under this one is not found under another",
    ] {
        assert!(said.contains(words), "{said}");
    }
    first.interrupt();
    let again = Running::start(&stick, &[]);
    assert_eq!(again.port, PORT, "at once after the first has ended");
    again.interrupt();

    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let other = Running::start(&stick, &["--port", &port.to_string()]);
    assert_eq!(other.port, port);
    other.interrupt();
}

#[test]
fn a_folder_that_is_damaged_is_not_served() {
    let stick = Stick::new();
    let asset = |name: &str| stick.site().join("lab/assets").join(name);
    fs::remove_file(asset("go.mjs")).unwrap();
    write(&asset("a b.txt"), "01234");
    fs::remove_file(asset("index.html")).unwrap();
    symlink("/etc/passwd", asset("index.html")).unwrap();
    let said = stick.refused(&[], 1);
    for words in [
        "site is damaged",
        "lab/assets/go.mjs is missing",
        "lab/assets/a b.txt has 5 bytes instead of 10",
        "lab/assets/index.html is not an ordinary file",
        "copy the folder again",
    ] {
        assert!(said.contains(words), "{said}");
    }

    let list = stick.site().join("offline.json");
    let whole = fs::read_to_string(&list).unwrap();
    write(
        &list,
        &whole.replace("lab/assets/go.mjs", "../../../etc/passwd"),
    );
    let said = stick.refused(&[], 1);
    assert!(
        said.contains("../../../etc/passwd is not a path in the folder"),
        "{said}"
    );
    write(
        &list,
        &whole.replace("\"labwright\": 1", "\"labwright\": 2"),
    );
    assert!(
        stick
            .refused(&[], 1)
            .contains("another version of this program")
    );
    write(&list, "{");
    assert!(stick.refused(&[], 1).contains("the folder is damaged"));
    fs::remove_file(&list).unwrap();
    let said = stick.refused(&[], 1);
    assert!(
        said.contains("it has no lab.yaml and no offline.json"),
        "{said}"
    );
}

#[test]
fn options_of_a_lab_that_is_written_are_bad_usage() {
    let stick = Stick::new();
    for options in [
        ["--lang", "fr"].as_slice(),
        &["--place", "local"],
        &["--no-reload"],
    ] {
        let said = stick.refused(options, 2);
        assert!(
            said.contains(&format!("{} is not for an exported folder", options[0])),
            "{said}"
        );
    }
}
