//! A lower end on standard input and output, for tests of another upper end. It answers `status` with a refusal of another
//! version only, `file_read` with as many bytes as its path says, `file_write` with the number of bytes that came as exit
//! code, `connect` by sending back what comes; everything else is refused.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use labwright_wire::frame::{self, FrameError, Kind};
use labwright_wire::{Control, Exit, Failure, Open, Reply, Stream, console, server};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, Stdin, Stdout, stdin, stdout};
use tokio::task::{LocalSet, spawn_local};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let line = Line(stdin(), stdout());
    let served = console::serve(line, |channel| {
        spawn_local(server::serve(channel, |open, stream| async move {
            let _ = answer(open, stream).await;
        }));
    });
    let _ = LocalSet::new().run_until(served).await;
}

async fn answer(open: Open, mut stream: Stream) -> Result<(), FrameError> {
    let known = matches!(
        open,
        Open::FileRead { .. } | Open::FileWrite { .. } | Open::Connect { .. }
    );
    if !known {
        let failure = Failure {
            code: "unsupported".to_owned(),
            message: "this end only reads, writes and connects".to_owned(),
        };
        return frame::write_header(&mut stream, &Reply::Failed(failure)).await;
    }
    frame::write_header(&mut stream, &Reply::Done).await?;
    match open {
        Open::FileRead { path, .. } => {
            let mut left: usize = path.parse().unwrap_or(0);
            while left > 0 {
                let part = left.min(50_000);
                frame::write_frame(&mut stream, Kind::Data, &vec![7; part]).await?;
                left -= part;
            }
            frame::write_frame(&mut stream, Kind::Eof, &[]).await
        }
        Open::FileWrite { .. } => {
            let mut count = 0;
            while let Some(frame) = frame::read_frame(&mut stream).await? {
                if frame.kind == Kind::Eof {
                    break;
                }
                count += i32::try_from(frame.bytes.len()).unwrap_or(0);
            }
            let exit = Exit::Code(count);
            frame::write_control(&mut stream, &Control::Exit { exit }).await
        }
        _ => {
            while let Some(frame) = frame::read_frame(&mut stream).await? {
                frame::write_frame(&mut stream, frame.kind, &frame.bytes).await?;
            }
            Ok(())
        }
    }
}

/// Both standard streams as one line.
struct Line(Stdin, Stdout);

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.1).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.1).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.1).poll_shutdown(context)
    }
}
