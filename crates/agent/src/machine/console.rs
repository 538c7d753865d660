//! The device of a channel that knows no connect: a virtio console or a serial line, set raw.
//! It carries bytes and must not know what they mean (wire's `console` does).

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::fs::OFlags;
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Opens the device and sets it raw: no echo, no signals, every byte as it is.
pub fn open(device: &Path) -> io::Result<File> {
    let flags = (OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC).bits();
    let file = File::options()
        .read(true)
        .write(true)
        .custom_flags(i32::from_ne_bytes(flags.to_ne_bytes()))
        .open(device)?;
    let mut settings = tcgetattr(&file)?;
    settings.make_raw();
    tcsetattr(&file, OptionalActions::Flush, &settings)?;
    Ok(file)
}

/// An open device, read and written without waiting.
pub struct Console(AsyncFd<File>);

impl Console {
    /// Call it on a tokio runtime.
    pub fn new(device: File) -> io::Result<Self> {
        // SAFETY: the `AsyncFd` owns the file, whose descriptor stays the same.
        let watched = unsafe { AsyncFd::register(device) };
        Ok(Self(watched.map_err(io::Error::from)?))
    }
}

impl AsyncRead for Console {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            let mut guard = ready!(self.0.poll_read_ready(context))?;
            let unfilled = buffer.initialize_unfilled();
            if let Ok(read) = guard.try_io(|device| device.get_ref().read(unfilled)) {
                return Poll::Ready(read.map(|length| buffer.advance(length)));
            }
        }
    }
}

impl AsyncWrite for Console {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.0.poll_write_ready(context))?;
            if let Ok(written) = guard.try_io(|device| device.get_ref().write(bytes)) {
                return Poll::Ready(written);
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
