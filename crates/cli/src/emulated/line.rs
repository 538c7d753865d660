//! The bytes of a machine's console, for one user after another: whoever takes the line next has it,
//! and the end of whoever had it before closes. It must not know what travels on it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::sync::{mpsc, watch};

/// Bytes that wait inside, each way.
const LINE_BYTES: usize = 64 * 1024;
const READ_BYTES: usize = 16 * 1024;

/// A machine's console.
pub struct Line {
    takers: mpsc::Sender<DuplexStream>,
    /// Whether somebody has it.
    taken: watch::Receiver<bool>,
}

impl Line {
    /// Carries the bytes of `device` until it ends or this is dropped, in a task of its own.
    pub fn over(device: impl AsyncRead + AsyncWrite + Send + 'static) -> Self {
        let (takers, queue) = mpsc::channel(1);
        let (tells, taken) = watch::channel(false);
        // Its end is the end of whoever has the line.
        tokio::spawn(async move {
            let _ = carry(device, queue, &tells).await;
        });
        Self { takers, taken }
    }

    /// Completes when nobody has the line any more.
    pub async fn free(&self) {
        let _ = self.taken.clone().wait_for(|taken| !taken).await;
    }

    /// Takes the line.
    pub async fn take(&self) -> io::Result<DuplexStream> {
        let (user, inner) = tokio::io::duplex(LINE_BYTES);
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.takers.send(inner).await.map_err(gone)?;
        Ok(user)
    }
}

/// The one who has the line; what is for nobody is thrown away.
async fn carry(
    device: impl AsyncRead + AsyncWrite,
    mut takers: mpsc::Receiver<DuplexStream>,
    taken: &watch::Sender<bool>,
) -> io::Result<()> {
    let (mut from, mut to) = tokio::io::split(device);
    let (mut heard, mut said) = (Vec::new(), Vec::new());
    let (mut read, mut typed) = (vec![0; READ_BYTES], vec![0; READ_BYTES]);
    let mut user = None;
    loop {
        taken.send_replace(user.is_some());
        let Some((mut ear, mut mouth)) = user.take() else {
            tokio::select! {
                next = takers.recv() => match next {
                    Some(next) => user = Some(tokio::io::split(next)),
                    None => return Ok(()),
                },
                length = from.read(&mut read) => ended(length?)?,
            }
            continue;
        };
        tokio::select! {
            next = takers.recv() => match next {
                Some(next) => {
                    heard.clear();
                    user = Some(tokio::io::split(next));
                    continue;
                }
                None => return Ok(()),
            },
            length = from.read(&mut read), if heard.is_empty() => {
                let length = length?;
                ended(length)?;
                heard.extend_from_slice(read.get(..length).unwrap_or_default());
            }
            written = mouth.write(&heard), if !heard.is_empty() => match written {
                Ok(written) if written > 0 => drop(heard.drain(..written)),
                // Nobody listens any more.
                _ => { heard.clear(); continue; }
            },
            length = ear.read(&mut typed), if said.is_empty() => match length {
                Ok(length) if length > 0 => {
                    said.extend_from_slice(typed.get(..length).unwrap_or_default());
                }
                _ => { heard.clear(); continue; }
            },
            written = to.write(&said), if !said.is_empty() => {
                let written = written?;
                ended(written)?;
                said.drain(..written);
                if said.is_empty() {
                    to.flush().await?;
                }
            }
        }
        user = Some((ear, mouth));
    }
}

fn ended(length: usize) -> io::Result<()> {
    match length {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use labwright_wire::console;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::Line;

    #[tokio::test]
    async fn every_channel_is_a_new_one_and_ends_the_one_before() {
        let (device, machine) = tokio::io::duplex(1 << 16);
        tokio::spawn(console::serve(machine, |mut channel| {
            tokio::spawn(async move {
                let mut bytes = [0; 5];
                while channel.read_exact(&mut bytes).await.is_ok() {
                    channel.write_all(&bytes).await.unwrap();
                }
            });
        }));
        let line = Line::over(device);
        let mut first = said(&line, "one", b"hello").await;
        let mut second = said(&line, "two", b"again").await;
        // The one before is over, the new one lives.
        assert_eq!(first.read(&mut [0; 1]).await.unwrap_or(0), 0);
        second.write_all(b"still").await.unwrap();
        let mut back = [0; 5];
        second.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"still");
    }

    #[tokio::test]
    async fn a_line_is_free_when_its_user_is_gone() {
        let (device, mut machine) = tokio::io::duplex(64);
        let line = Line::over(device);
        let mut user = line.take().await.unwrap();
        user.write_all(b"last words").await.unwrap();
        drop(user);
        line.free().await;
        let mut heard = [0; 10];
        machine.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"last words");
    }

    #[tokio::test]
    async fn a_device_that_ends_ends_the_channel() {
        let (device, machine) = tokio::io::duplex(64);
        let line = Line::over(device);
        let mut user = line.take().await.unwrap();
        drop(machine);
        assert_eq!(user.read(&mut [0; 1]).await.unwrap(), 0);
    }

    async fn said(line: &Line, epoch: &str, words: &[u8; 5]) -> tokio::io::DuplexStream {
        let device = line.take().await.unwrap();
        let mut channel = console::connect(device, epoch).await.unwrap();
        channel.write_all(words).await.unwrap();
        let mut back = [0; 5];
        channel.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, words);
        channel
    }
}
