//! Every command of the README is run: a new reader does nothing that this test did not do.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Commands that are run elsewhere: by whoever runs this test, by `cargo xtask ci`, and by its browser stories.
const RUN_ELSEWHERE: [&str; 7] = [
    "make demo",
    "make test",
    "packaging/setup.sh test && cargo xtask agent-i686",
    "labwright export labs/shell-basics --as browser -o machine",
    "labwright export labs/shell-basics --as web --machine machine -o site",
    "labwright run site",
    "labwright export labs/sql-shop --as scorm -o sql-shop.zip",
];
/// Longest wait for a link or an end.
const PATIENCE: Duration = Duration::from_secs(180);

#[test]
fn every_command_of_the_readme_works() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let commands = commands(&readme);
    assert!(
        commands.len() >= 8,
        "the README's commands were not found: {commands:?}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    for command in commands {
        if RUN_ELSEWHERE.contains(&command.as_str()) {
            continue;
        }
        let arguments = command.strip_prefix("labwright ").unwrap_or_else(|| {
            panic!("`{command}` in the README is not run by this test: teach it to")
        });
        let mut process = labwright(folder.path(), arguments);
        if arguments.starts_with("run ") {
            preview(&mut process);
        } else {
            let output = process.output().expect("labwright runs");
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "`{command}` failed: {words}");
        }
    }
    let left = folder.path().join("run/sessions");
    let left = std::fs::read_dir(left)
        .map(|entries| entries.count())
        .unwrap_or(0);
    assert_eq!(left, 0, "sessions were left behind");
}

/// The lines of the fenced `sh` blocks.
fn commands(readme: &str) -> Vec<String> {
    let blocks = readme.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|block| block.split("```").next().unwrap_or_default().lines());
    lines.map(str::to_owned).collect()
}

fn labwright(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(program());
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env("LABWRIGHT_STATE", labwright_testkit::test_state())
        .env("LABWRIGHT_RUN", folder.join("run"))
        .stdin(Stdio::null());
    command
}

fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_labwright"))
}

/// `labwright run` prints a link, serves it, and leaves at Ctrl-C.
fn preview(command: &mut Command) {
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("labwright runs");
    let out = BufReader::new(child.stdout.take().expect("its standard output"));
    let link = out
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains("http://"));
    let link = link.expect("a link on standard output");
    let at = link.find("http://").expect("a link");
    let address = link[at + 7..].split(['/', '#']).next().expect("an address");
    std::net::TcpStream::connect(address).expect("the link leads to the server");
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(interrupted.expect("kill runs").success());
    assert_ends(&mut child);
}

fn assert_ends(child: &mut Child) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE {
        if child.try_wait().expect("waiting").is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().expect("killing");
    panic!("labwright run did not end at Ctrl-C");
}
