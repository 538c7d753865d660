//! What stands between a browser and an X server elsewhere: websockify, and guacd where there is one.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::bare::free_port;
use super::wire::Wire;
use crate::failure::{Explain, Failure, Outcome};

/// How websockify is got; its PyPI release is the fastest that there is.
pub const WEBSOCKIFY: &str = "websockify==0.13.0";
const PATIENCE: Duration = Duration::from_secs(20);

/// websockify between a port of its own and an X server's.
pub struct Websockify {
    child: Child,
    /// Its port.
    pub port: u16,
}

impl Websockify {
    /// Starts it and waits until it answers.
    pub async fn start(target: u16) -> Outcome<Self> {
        let program = program()?;
        let port = free_port()?;
        let child = Command::new(&program)
            .args([format!("127.0.0.1:{port}"), format!("127.0.0.1:{target}")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context(format!("running {}", program.display()))?;
        let websockify = Self { child, port };
        let began = Instant::now();
        while Wire::websockify(port).await.is_err() {
            if began.elapsed() > PATIENCE {
                return Err(Failure::new("websockify does not answer"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(websockify)
    }

    /// It and its children: it forks for every connection.
    pub fn processes(&self) -> Vec<u32> {
        let own = self.child.id();
        let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children"));
        let children = children.unwrap_or_default();
        let children = children
            .split_whitespace()
            .filter_map(|pid| pid.parse().ok());
        std::iter::once(own).chain(children).collect()
    }
}

impl Drop for Websockify {
    fn drop(&mut self) {
        for pid in self.processes().into_iter().rev() {
            let pid = i32::try_from(pid)
                .ok()
                .and_then(rustix::process::Pid::from_raw);
            let _ =
                pid.map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::TERM));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `$WEBSOCKIFY`, else what is in PATH.
fn program() -> Outcome<PathBuf> {
    if let Some(named) = std::env::var_os("WEBSOCKIFY") {
        return Ok(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("websockify"));
    let mut found = found.filter(|program| program.is_file());
    found.next().ok_or_else(|| {
        Failure::new("websockify, which the display is compared with, is not here").hint(format!(
            "python3 -m venv /tmp/websockify && /tmp/websockify/bin/pip install {WEBSOCKIFY}, then \
             WEBSOCKIFY=/tmp/websockify/bin/websockify labwright bench …; Debian's package `websockify` (older) does too"
        ))
    })
}

/// guacd, spoken to as Guacamole's web application does: instructions over TCP, every `sync` answered
/// at once (Guacamole protocol reference, "Protocol design" and "handshake").
pub struct Guacd {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// Bytes that came.
    pub bytes: u64,
}

impl Guacd {
    /// Connects guacd at `address` to the X server's port on this host.
    pub async fn open(address: &str, target: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(address)
            .await
            .context(format!("reaching guacd at {address}"))?;
        stream.set_nodelay(true)?;
        let mut guacd = Self {
            stream,
            buffer: Vec::new(),
            bytes: 0,
        };
        guacd.say(&["select", "vnc"]).await?;
        let asked = guacd.next().await?;
        if asked.first().map(String::as_str) != Some("args") {
            return Err(Failure::new(format!("guacd answered {asked:?}")));
        }
        guacd.say(&["size", "1280", "800", "96"]).await?;
        guacd.say(&["audio"]).await?;
        guacd.say(&["video"]).await?;
        guacd
            .say(&["image", "image/jpeg", "image/png", "image/webp"])
            .await?;
        let port = target.to_string();
        let values: Vec<&str> = asked
            .iter()
            .skip(1)
            .map(|name| match name.as_str() {
                "hostname" => "127.0.0.1",
                "port" => &port,
                version if version.starts_with("VERSION") => version,
                _ => "",
            })
            .collect();
        guacd.say(&[&["connect"][..], &values].concat()).await?;
        Ok(guacd)
    }

    /// Takes what comes until there was nothing for so long.
    pub async fn settle(&mut self, quiet: Duration) -> Outcome {
        while let Ok(next) = tokio::time::timeout(quiet, self.next()).await {
            let next = next?;
            self.answer(&next).await?;
        }
        Ok(())
    }

    /// Presses and lets go of a key; milliseconds until the next frame is whole.
    pub async fn key_ms(&mut self, keysym: u32) -> Outcome<f64> {
        let key = keysym.to_string();
        let began = Instant::now();
        self.say(&["key", &key, "1"]).await?;
        self.say(&["key", &key, "0"]).await?;
        let mut drawn = false;
        loop {
            let next = tokio::time::timeout(PATIENCE, self.next())
                .await
                .map_err(|_| Failure::new("guacd sent no frame"))??;
            let kind = next.first().map(String::as_str);
            self.answer(&next).await?;
            if kind == Some("sync") && drawn {
                return Ok(super::super::ms(began));
            }
            drawn |= matches!(kind, Some("img" | "blob" | "copy" | "rect" | "png"));
        }
    }

    async fn answer(&mut self, instruction: &[String]) -> Outcome {
        match instruction {
            [kind, time, ..] if kind == "sync" => self.say(&["sync", time]).await,
            [kind, words, ..] if kind == "error" => Err(Failure::new(format!("guacd: {words}"))),
            _ => Ok(()),
        }
    }

    async fn say(&mut self, words: &[&str]) -> Outcome {
        let words = words
            .iter()
            .map(|word| format!("{}.{word}", word.chars().count()));
        let text = words.collect::<Vec<_>>().join(",") + ";";
        Ok(self.stream.write_all(text.as_bytes()).await?)
    }

    /// The next instruction. Nothing is lost when it is dropped.
    async fn next(&mut self) -> Outcome<Vec<String>> {
        loop {
            if let Some((words, length)) = instruction(&self.buffer) {
                self.buffer.drain(..length);
                return Ok(words);
            }
            let read = self.stream.read_buf(&mut self.buffer).await?;
            if read == 0 {
                return Err(Failure::new("guacd closed the connection"));
            }
            self.bytes += read as u64;
        }
    }
}

/// `LENGTH.WORD,LENGTH.WORD;`, lengths in characters; nothing while it is not whole.
fn instruction(bytes: &[u8]) -> Option<(Vec<String>, usize)> {
    let (mut words, mut at) = (Vec::new(), 0);
    loop {
        let dot = at + bytes.get(at..)?.iter().position(|byte| *byte == b'.')?;
        let length: usize = std::str::from_utf8(bytes.get(at..dot)?)
            .ok()?
            .parse()
            .ok()?;
        let mut end = dot + 1;
        for _ in 0..length {
            end += match bytes.get(end)? {
                0..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
        }
        words.push(String::from_utf8_lossy(bytes.get(dot + 1..end)?).into_owned());
        at = end + 1;
        if bytes.get(end)? == &b';' {
            return Some((words, at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::instruction;

    #[test]
    fn instructions_are_found_whole() {
        let text = "4.args,8.hostname,2.né;4.sync".as_bytes();
        let (words, length) = instruction(text).unwrap();
        assert_eq!(words, ["args", "hostname", "né"]);
        assert_eq!(&text[length..], b"4.sync");
        assert_eq!(instruction(b"4.sync,1"), None);
    }
}
