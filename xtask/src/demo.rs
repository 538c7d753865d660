//! `make demo` as a new user runs it, twice: a link that answers, an end at Ctrl-C, and the second
//! time from what the first one built.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail, ensure};

/// Runs it twice in a state of its own.
pub fn run() -> anyhow::Result<()> {
    for time in ["first", "second"] {
        eprintln!("── make demo, the {time} time");
        let began = Instant::now();
        let mut make = start()?;
        let link = link(&mut make)?;
        let took = began.elapsed();
        let answer = get(&link);
        end(&mut make)?;
        let answer = answer?;
        ensure!(answer.contains("200 OK"), "{link} answered {answer}");
        ensure!(answer.contains("<script"), "{link} has no page: {answer}");
        eprintln!("   a link after {:.1} s", took.as_secs_f32());
    }
    Ok(())
}

fn start() -> anyhow::Result<Child> {
    let state = std::path::absolute("target/demo/state").context("finding a state folder")?;
    Command::new("make")
        .args([
            "--silent",
            "demo",
            "PROFILE=dev",
            "ARGS=--listen 127.0.0.1:0",
        ])
        .env("LABWRIGHT_STATE", &state)
        .env("LABWRIGHT_RUN", state.with_file_name("run"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .context("running make")
}

fn link(make: &mut Child) -> anyhow::Result<String> {
    let out = make.stdout.take().context("the output of make")?;
    let mut lines = BufReader::new(out).lines();
    while let Some(line) = lines.next() {
        let line = line.context("reading the output of make")?;
        eprintln!("   {line}");
        if let Some(at) = line.find("http://") {
            let link = line.get(at..).unwrap_or_default();
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(link
                .split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned());
        }
    }
    bail!("make demo ended without a link")
}

fn get(link: &str) -> anyhow::Result<String> {
    let host = link
        .trim_start_matches("http://")
        .split('/')
        .next()
        .unwrap_or_default();
    let mut stream = TcpStream::connect(host).with_context(|| format!("connecting to {host}"))?;
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .context("reading the page")?;
    Ok(answer)
}

/// Ctrl-C, which reaches the whole group.
fn end(make: &mut Child) -> anyhow::Result<()> {
    let group = format!("-{}", make.id());
    let sent = Command::new("kill")
        .args(["-INT", "--", &group])
        .status()
        .context("kill")?;
    ensure!(sent.success(), "make demo ended before Ctrl-C");
    make.wait().context("waiting for make")?;
    Ok(())
}
