//! Client and server together over a channel in memory.

use std::time::Duration;

use labwright_wire::frame::{self, Kind};
use labwright_wire::limits::{MAX_STREAMS, SILENCE};
use labwright_wire::{Client, ClientError, Control, Exit, Open, Reply, Stream, server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::{LocalSet, spawn_local};

/// `file_read` sends as many bytes as its path says; `file_write` counts what comes and tells it
/// as an exit code; `stop` never answers; the rest is done at once.
pub(crate) async fn act(open: Open, mut stream: Stream) {
    let _ = answer(open, &mut stream).await;
}

async fn answer(open: Open, stream: &mut Stream) -> Result<(), frame::FrameError> {
    if open == Open::Stop {
        let mut nothing = [0; 1];
        let _ = stream.read(&mut nothing).await;
        return Ok(());
    }
    frame::write_header(stream, &Reply::Done).await?;
    match open {
        Open::FileRead { path, .. } => {
            let mut left: usize = path.parse().unwrap();
            while left > 0 {
                let length = left.min(50_000);
                frame::write_frame(stream, Kind::Data, &vec![7; length]).await?;
                left -= length;
            }
            frame::write_frame(stream, Kind::Eof, &[]).await
        }
        Open::FileWrite { .. } => {
            let mut count = 0;
            while let Some(frame) = frame::read_frame(stream).await? {
                if frame.kind == Kind::Eof {
                    break;
                }
                count += i32::try_from(frame.bytes.len()).unwrap();
            }
            let exit = Exit::Code(count);
            frame::write_control(stream, &Control::Exit { exit }).await
        }
        _ => Ok(()),
    }
}

pub(crate) fn read(bytes: usize) -> Open {
    Open::FileRead {
        node: labwright_model::NodeName::new("one").unwrap(),
        path: bytes.to_string(),
    }
}

fn write() -> Open {
    Open::FileWrite {
        node: labwright_model::NodeName::new("one").unwrap(),
        path: "/x".to_owned(),
        mode: 0o644,
    }
}

pub fn connected() -> Client {
    let (upper, lower) = tokio::io::duplex(4096);
    spawn_local(server::serve(lower, act));
    Client::new(upper)
}

async fn count(stream: &mut Stream) -> usize {
    let mut count = 0;
    while let Some(frame) = frame::read_frame(stream).await.unwrap() {
        count += frame.bytes.len();
        if frame.kind == Kind::Eof {
            break;
        }
    }
    count
}

#[tokio::test]
async fn streams_run_side_by_side() {
    LocalSet::new()
        .run_until(async {
            let client = connected();
            let transfers = (0..20).map(|number| {
                let client = client.clone();
                async move {
                    let (_, mut stream) = client.open(&read(number * 30_000)).await.unwrap();
                    assert_eq!(count(&mut stream).await, number * 30_000);
                }
            });
            futures::future::join_all(transfers).await;
        })
        .await;
}

#[tokio::test]
async fn a_stream_that_is_not_read_holds_up_no_other() {
    LocalSet::new()
        .run_until(async {
            let client = connected();
            let (_, mut stalled) = client.open(&read(5_000_000)).await.unwrap();
            let (_, mut lively) = client.open(&read(3_000_000)).await.unwrap();
            assert_eq!(count(&mut lively).await, 3_000_000);
            assert_eq!(count(&mut stalled).await, 5_000_000);
        })
        .await;
}

#[tokio::test]
async fn streams_outlive_the_client() {
    LocalSet::new()
        .run_until(async {
            let client = connected();
            let (_, mut stream) = client.open(&read(1_000_000)).await.unwrap();
            let watcher = client.clone();
            drop(client);
            drop(watcher);
            assert_eq!(count(&mut stream).await, 1_000_000);
        })
        .await;
}

#[tokio::test]
async fn what_was_written_arrives_though_all_is_dropped() {
    LocalSet::new()
        .run_until(async {
            let (upper, lower) = tokio::io::duplex(1024);
            let (sender, told) = tokio::sync::oneshot::channel();
            let sender = std::rc::Rc::new(std::cell::Cell::new(Some(sender)));
            spawn_local(server::serve(lower, move |_, mut stream| {
                let sender = sender.take();
                async move {
                    frame::write_header(&mut stream, &Reply::Done)
                        .await
                        .unwrap();
                    let mut bytes = Vec::new();
                    stream.read_to_end(&mut bytes).await.unwrap();
                    let _ = sender.unwrap().send(bytes.len());
                }
            }));
            let client = Client::new(upper);
            let (_, mut stream) = client.open(&write()).await.unwrap();
            for _ in 0..4 {
                frame::write_frame(&mut stream, Kind::Data, &[1; 40_000])
                    .await
                    .unwrap();
            }
            drop((stream, client));
            assert_eq!(told.await.unwrap(), 4 * 40_005);
        })
        .await;
}

#[tokio::test]
async fn the_client_hears_of_the_end() {
    LocalSet::new()
        .run_until(async {
            let (upper, lower) = tokio::io::duplex(1024);
            let serving = spawn_local(server::serve(lower, act));
            let client = Client::new(upper);
            let (_, mut stream) = client.open(&write()).await.unwrap();
            serving.abort();
            client.closed().await;
            assert!(matches!(
                client.open(&write()).await,
                Err(ClientError::Closed)
            ));
            assert_eq!(frame::read_frame(&mut stream).await.unwrap(), None);
            assert!(stream.write_all(b"x").await.is_err());
        })
        .await;
}

#[tokio::test]
async fn one_stream_too_many_is_the_openers_error_alone() {
    LocalSet::new()
        .run_until(async {
            let client = connected();
            let mut streams = Vec::new();
            for _ in 0..MAX_STREAMS {
                streams.push(client.open(&write()).await.unwrap().1);
            }
            let refused = client.open(&write()).await;
            assert!(matches!(refused, Err(ClientError::TooManyStreams)));
            // The others live, and a place that is free can be taken, again and again.
            for _ in 0..200 {
                let mut stream = streams.pop().unwrap();
                frame::write_frame(&mut stream, Kind::Eof, &[])
                    .await
                    .unwrap();
                assert!(frame::read_frame(&mut stream).await.unwrap().is_some());
                drop(stream);
                streams.push(client.open(&write()).await.unwrap().1);
            }
        })
        .await;
}

#[tokio::test]
async fn an_opener_that_gives_up_leaves_nothing_behind() {
    LocalSet::new()
        .run_until(async {
            let client = connected();
            for _ in 0..3 * MAX_STREAMS {
                let patience = Duration::from_millis(1);
                let opened = tokio::time::timeout(patience, client.open(&Open::Stop)).await;
                assert!(opened.is_err());
            }
            client.open(&write()).await.unwrap();
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_channel_is_given_up() {
    LocalSet::new()
        .run_until(async {
            let (upper, _nobody) = tokio::io::duplex(1 << 20);
            let silent = Client::new(upper);
            tokio::time::timeout(2 * SILENCE, silent.closed())
                .await
                .unwrap();
            assert!(matches!(
                silent.open(&write()).await,
                Err(ClientError::Closed)
            ));
        })
        .await;
}
