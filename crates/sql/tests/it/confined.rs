//! A child that has read its request, looked at from outside: it is nobody, and the kernel answers it nothing else.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use labwright_sql::Bounds;

#[test]
fn it_gives_up_its_user_and_the_kernel() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_labwright-sql-child"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The database never comes, so it waits for it.
    let request = serde_json::json!({
        "sql": "SELECT 1",
        "bounds": Bounds::default(),
        "database_bytes": 1,
    });
    let mut line = serde_json::to_vec(&request).unwrap();
    line.push(b'\n');
    let mut input = child.stdin.take().unwrap();
    input.write_all(&line).unwrap();
    let status = format!("/proc/{}/status", child.id());
    let field = |name: &str| {
        let status = std::fs::read_to_string(&status).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..]
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let confined = (0..600).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        field("Seccomp:") == ["2"]
    });
    assert!(
        confined,
        "no filter: {}",
        std::fs::read_to_string(&status).unwrap()
    );
    assert_eq!(field("NoNewPrivs:"), ["1"]);
    if rustix::process::geteuid().is_root() {
        assert_eq!(field("Uid:"), ["65534"; 4]);
        assert_eq!(field("Gid:"), ["65534"; 4]);
        assert!(field("Groups:").is_empty());
        assert_eq!(field("CapEff:"), ["0000000000000000"]);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
