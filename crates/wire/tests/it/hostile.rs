//! Peers that break the rules: each hurts itself alone, and is told why where it can be.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures::AsyncWriteExt as _;
use labwright_wire::frame;
use labwright_wire::limits::{MAX_HEADER_BYTES, MAX_STREAMS};
use labwright_wire::{Client, ClientError, Failure, Open, Reply, server};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, DuplexStream, ReadBuf};
use tokio::task::{LocalSet, spawn_local};
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use crate::ends::connected;

/// A yamux of our own, to say what a client never says.
struct Raw {
    streams: tokio::sync::mpsc::Receiver<yamux::Stream>,
}

impl Raw {
    fn connect() -> Self {
        let (upper, lower) = tokio::io::duplex(64 * 1024);
        spawn_local(server::serve(lower, |_, mut stream| async move {
            let _ = frame::write_header(&mut stream, &Reply::Done).await;
            let mut nothing = Vec::new();
            let _ = stream.read_to_end(&mut nothing).await;
        }));
        let mut config = yamux::Config::default();
        config.set_max_connection_receive_window(None);
        config.set_max_num_streams(1000);
        let mut connection = yamux::Connection::new(upper.compat(), config, yamux::Mode::Client);
        let (sender, streams) = tokio::sync::mpsc::channel(1);
        spawn_local(async move {
            loop {
                let opened = futures::future::poll_fn(|context| {
                    if sender.capacity() > 0 {
                        if let Poll::Ready(stream) = connection.poll_new_outbound(context) {
                            return Poll::Ready(stream.ok());
                        }
                    }
                    match connection.poll_next_inbound(context) {
                        Poll::Ready(_) => Poll::Ready(None),
                        Poll::Pending => {
                            // The test asks for the next stream whenever it likes.
                            context.waker().wake_by_ref();
                            Poll::Pending
                        }
                    }
                });
                match opened.await {
                    Some(stream) => drop(sender.try_send(stream)),
                    None => return,
                }
                tokio::task::yield_now().await;
            }
        });
        Self { streams }
    }

    /// Opens a stream with these first bytes.
    async fn open(&mut self, bytes: &[u8]) -> impl tokio::io::AsyncRead + Unpin + use<> {
        let mut stream = self.streams.recv().await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        stream.compat()
    }
}

fn header(json: &str) -> Vec<u8> {
    let length = u32::try_from(json.len()).unwrap().to_be_bytes();
    [length.as_slice(), json.as_bytes()].concat()
}

fn refused(reply: Reply) -> Failure {
    match reply {
        Reply::Failed(failure) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn headers_that_are_no_request_are_refused_in_words() {
    LocalSet::new()
        .run_until(async {
            let mut peer = Raw::connect();
            for (bytes, code) in [
                (header(r#"{"open":"format_disk"}"#), "unsupported"),
                (header("not json"), "unsupported"),
                (header(r#"{"open":"reset","node":"../.."}"#), "unsupported"),
                (header(r#"{"open":"status","version":2}"#), "version"),
                (
                    u32::try_from(MAX_HEADER_BYTES + 1)
                        .unwrap()
                        .to_be_bytes()
                        .to_vec(),
                    "limit",
                ),
            ] {
                let mut stream = peer.open(&bytes).await;
                let failure = refused(frame::read_header(&mut stream).await.unwrap());
                assert_eq!(failure.code, code, "{failure}");
            }
            let mut stream = peer.open(&header(r#"{"open":"stop"}"#)).await;
            assert_eq!(
                frame::read_header::<Reply>(&mut stream).await.unwrap(),
                Reply::Done
            );
        })
        .await;
}

#[tokio::test]
async fn one_stream_too_many_is_refused_and_the_others_live() {
    LocalSet::new()
        .run_until(async {
            let mut peer = Raw::connect();
            let mut streams = Vec::new();
            for _ in 0..MAX_STREAMS {
                let mut stream = peer.open(&header(r#"{"open":"stop"}"#)).await;
                assert_eq!(
                    frame::read_header::<Reply>(&mut stream).await.unwrap(),
                    Reply::Done
                );
                streams.push(stream);
            }
            let mut more = peer.open(&header(r#"{"open":"stop"}"#)).await;
            let failure = refused(frame::read_header(&mut more).await.unwrap());
            assert_eq!(failure.code, "limit");
            streams.pop();
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            let mut stream = peer.open(&header(r#"{"open":"stop"}"#)).await;
            assert_eq!(
                frame::read_header::<Reply>(&mut stream).await.unwrap(),
                Reply::Done
            );
        })
        .await;
}

#[tokio::test]
async fn another_version_fails_clearly() {
    LocalSet::new()
        .run_until(async {
            let opened = connected().open(&Open::Status { version: 99 }).await;
            let Err(ClientError::Refused(failure)) = opened else {
                panic!("it was not refused");
            };
            assert_eq!(failure.code, "version");
            assert!(failure.message.contains("99"), "{failure}");
        })
        .await;
}

#[tokio::test]
async fn a_server_that_opens_streams_or_talks_nonsense_hurts_nobody() {
    LocalSet::new()
        .run_until(async {
            let (upper, lower) = tokio::io::duplex(4096);
            let client = Client::new(upper);
            let mut wild = yamux::Connection::new(
                lower.compat(),
                yamux::Config::default(),
                yamux::Mode::Server,
            );
            spawn_local(async move {
                let mut mine = futures::future::poll_fn(|context| wild.poll_new_outbound(context))
                    .await
                    .unwrap();
                spawn_local(async move {
                    let _ = mine.write_all(b"\0\0\0\x02{}").await;
                    std::future::pending::<()>().await;
                });
                while let Some(Ok(mut stream)) =
                    futures::future::poll_fn(|context| wild.poll_next_inbound(context)).await
                {
                    let _ = stream.write_all(&header("\"what?\"")).await;
                }
            });
            let opened = client.open(&Open::Stop).await;
            assert!(matches!(opened, Err(ClientError::Frame(_))));
        })
        .await;
}

/// A channel that gives noise.
struct Noise(Vec<u8>, DuplexStream);

impl tokio::io::AsyncRead for Noise {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let length = buffer.remaining().min(self.0.len());
        let rest = self.0.split_off(length);
        buffer.put_slice(&self.0);
        self.0 = rest;
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Noise {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.1).poll_write(context, bytes)
    }
    fn poll_flush(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.1).poll_flush(context)
    }
    fn poll_shutdown(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.1).poll_shutdown(context)
    }
}

/// Yamux frames with wild fields: type, flags, stream and length.
fn wild_frames() -> impl Strategy<Value = Vec<u8>> {
    let frame = (
        0_u8..5,
        0_u16..16,
        0_u32..6,
        prop_oneof![0_u32..300, any::<u32>()],
    );
    prop::collection::vec(frame, 0..30).prop_map(|frames| {
        let mut bytes = Vec::new();
        for (kind, flags, stream, length) in frames {
            bytes.extend([0, kind]);
            bytes.extend(flags.to_be_bytes());
            bytes.extend(stream.to_be_bytes());
            bytes.extend(length.to_be_bytes());
            if kind == 0 {
                bytes.extend(std::iter::repeat_n(1, length.min(300) as usize));
            }
        }
        bytes
    })
}

proptest! {
    /// Neither end panics or hangs on a channel of noise.
    #[test]
    fn a_channel_of_noise_ends(
        noise in prop_oneof![prop::collection::vec(any::<u8>(), 0..2000), wild_frames()]
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        LocalSet::new().block_on(&runtime, async {
            let (_sink, source) = tokio::io::duplex(1 << 20);
            let serve = server::serve(Noise(noise.clone(), source), |_, _| async {});
            let _ = tokio::time::timeout(std::time::Duration::from_secs(10), serve).await.unwrap();
            let (_sink, source) = tokio::io::duplex(1 << 20);
            let client = Client::new(Noise(noise, source));
            assert!(client.open(&Open::Stop).await.is_err());
        });
    }
}
