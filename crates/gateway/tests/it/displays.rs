//! Viewers on one X server, and what happens when one side misbehaves.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt};
use labwright_gateway::limits::{HELD_FOR, READ_BYTES};
use labwright_gateway::recording::{MAGIC, Part, Replay};
use labwright_gateway::rfb::encoding::*;
use labwright_gateway::rfb::{RfbError, Rights, Seen, ServerStream, Side};
use labwright_gateway::{Counts, DisplayEnd, FromViewer, ToViewer, View, display};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::rfb::{SERVER_HELLO, VIEWER_HELLO, set_encodings, set_format};
use crate::xvnc::{HEIGHT, WIDTH, Xvnc};

/// Room between the X server and the gateway, as a socket's.
const WINDOW: usize = 64 * 1024;

trait Connection: AsyncRead + AsyncWrite + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + 'static> Connection for T {}

struct Viewer {
    send: mpsc::Sender<FromViewer>,
    receive: mpsc::Receiver<ToViewer>,
    counts: Arc<Counts>,
    end: JoinHandle<DisplayEnd>,
    parser: ServerStream,
    seen: Vec<Seen>,
}

impl Viewer {
    fn attach(stream: impl Connection, rights: Rights, total: &Arc<Counts>) -> Self {
        Self::recorded(stream, rights, total, None)
    }

    fn recorded(
        stream: impl Connection,
        rights: Rights,
        total: &Arc<Counts>,
        recording: Option<tokio::sync::mpsc::Sender<Part>>,
    ) -> Self {
        let (send, from_viewer) = mpsc::channel(0);
        let (to_viewer, receive) = mpsc::channel(0);
        let counts = Arc::new(Counts::of(total.clone()));
        let view = View {
            rights,
            counts: counts.clone(),
            recording,
        };
        let stop = CancellationToken::new();
        let end = tokio::spawn(display(stream, from_viewer, to_viewer, view, stop));
        Self {
            send,
            receive,
            counts,
            end,
            parser: ServerStream::default(),
            seen: Vec::new(),
        }
    }

    /// One on a real X server, that has seen its first update.
    async fn on(server: &Xvnc, rights: Rights, total: &Arc<Counts>) -> Self {
        let mut viewer = Self::attach(connection(server).await, rights, total);
        assert_eq!(viewer.receive.next().await, Some(ToViewer::Attached));
        viewer.say(VIEWER_HELLO).await;
        viewer.say(&set_encodings(&[ZRLE, RAW, LAST_RECT])).await;
        viewer
            .until(|seen| matches!(seen, Seen::Begins { .. }))
            .await;
        viewer.ask(0).await;
        viewer.until(|seen| *seen == Seen::UpdateEnds).await;
        viewer
    }

    async fn say(&mut self, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        self.send.send(FromViewer::Rfb(bytes)).await.expect("sent");
    }

    async fn ask(&mut self, incremental: u8) {
        let sides = [WIDTH.to_be_bytes(), HEIGHT.to_be_bytes()].concat();
        let ask = [&[3, incremental, 0, 0, 0, 0][..], &sides].concat();
        self.say(&ask).await;
    }

    async fn until(&mut self, wanted: impl Fn(&Seen) -> bool) {
        let from = self.seen.len();
        while !self.seen[from..].iter().any(&wanted) {
            let next = tokio::time::timeout(Duration::from_secs(30), self.receive.next());
            match next.await.expect("in time").expect("a message") {
                ToViewer::Rfb(bytes) => {
                    let seen = &mut self.seen;
                    let passed = self.parser.push(bytes, |what| seen.push(what));
                    passed.expect("whole messages");
                }
                ToViewer::Ping(bytes) => {
                    self.send.send(FromViewer::Pong(bytes)).await.expect("sent");
                }
                ToViewer::Attached => panic!("attached twice"),
            }
        }
    }
}

/// A connection to the X server, as the agent hands it over.
async fn connection(server: &Xvnc) -> UnixStream {
    UnixStream::connect(server.socket())
        .await
        .expect("the X server")
}

#[tokio::test]
async fn several_look_at_one_screen_and_who_may_only_look_changes_nothing() {
    let server = Xvnc::start();
    let total = Arc::default();
    let mut learner = Viewer::on(&server, Rights::Full, &total).await;
    let mut guest = Viewer::on(&server, Rights::ReadOnly, &total).await;

    let mut pencil = server.pencil();
    pencil.fill(0x0012_3456, [3, 3, 30, 30]);
    pencil.done();
    for viewer in [&mut learner, &mut guest] {
        viewer.ask(1).await;
        viewer.until(|seen| *seen == Seen::UpdateEnds).await;
    }

    // The guest's pointer goes nowhere; the learner's goes where it is sent.
    assert_ne!(pencil.pointer(), (77, 55));
    guest.say(&[5, 0, 0, 77, 0, 55]).await;
    guest.ask(0).await;
    guest.until(|seen| *seen == Seen::UpdateEnds).await;
    assert_ne!(pencil.pointer(), (77, 55));
    learner.say(&[5, 0, 0, 77, 0, 55]).await;
    learner.ask(0).await;
    learner.until(|seen| *seen == Seen::UpdateEnds).await;
    assert_eq!(pencil.pointer(), (77, 55));

    assert!(learner.counts.updates() >= 3 && guest.counts.updates() >= 3);
    assert_eq!((learner.counts.left_out(), guest.counts.left_out()), (0, 1));
    let bytes = [&learner, &guest].map(|viewer| viewer.counts.to_viewer_bytes());
    assert_eq!(total.to_viewer_bytes(), bytes.iter().sum::<u64>());
    assert_eq!(total.inputs(), 2);

    // One that goes takes nobody with it.
    drop(learner.send);
    assert_eq!(learner.end.await.expect("no panic"), DisplayEnd::PageGone);
    guest.ask(0).await;
    guest.until(|seen| *seen == Seen::UpdateEnds).await;
}

#[tokio::test]
async fn a_recording_is_replayed_as_it_was_seen() {
    let server = Xvnc::start();
    let (record, mut recorded) = tokio::sync::mpsc::channel(4);
    let stream = connection(&server).await;
    let mut viewer = Viewer::recorded(stream, Rights::Full, &Arc::default(), Some(record));
    assert_eq!(viewer.receive.next().await, Some(ToViewer::Attached));
    let file = tokio::spawn(async move {
        let mut file = MAGIC.to_vec();
        while let Some(part) = recorded.recv().await {
            part.write(&mut file).expect("written");
        }
        file
    });
    // Pixels of another length than the server's own: the recording says so.
    let (message, format) = set_format(16);
    viewer.parser.set_format(format);
    viewer.say(VIEWER_HELLO).await;
    viewer
        .until(|seen| matches!(seen, Seen::Begins { .. }))
        .await;
    viewer.say(&message).await;
    viewer
        .say(&set_encodings(&[HEXTILE, RAW, CURSOR, LAST_RECT]))
        .await;
    let mut pencil = server.pencil();
    for step in 0..4 {
        pencil.picture([step * 20, 7, 50, 60]);
        pencil.done();
        viewer.ask(u8::from(step > 0)).await;
        viewer.until(|seen| *seen == Seen::UpdateEnds).await;
    }
    drop((viewer.send, viewer.receive));
    assert_eq!(viewer.end.await.expect("no panic"), DisplayEnd::PageGone);

    let file = file.await.expect("no panic");
    let (mut parser, mut seen, mut last_ms) = (ServerStream::default(), Vec::new(), 0);
    for part in Replay::new(&file[..]) {
        let part = part.expect("a part");
        assert!(part.at_ms >= last_ms);
        last_ms = part.at_ms;
        parser
            .push(part.bytes, |what| seen.push(what))
            .expect("what was seen");
    }
    assert_eq!(seen, viewer.seen);
    assert!(parser.is_between_messages());
}

/// The other end of a viewer's stream, which says what the test wants.
async fn attached(rights: Rights) -> (Viewer, DuplexStream) {
    let (ours, theirs) = tokio::io::duplex(WINDOW);
    let mut viewer = Viewer::attach(theirs, rights, &Arc::default());
    assert_eq!(viewer.receive.next().await, Some(ToViewer::Attached));
    (viewer, ours)
}

#[tokio::test]
async fn nonsense_ends_the_connection_with_a_reason() {
    let (mut viewer, mut server) = attached(Rights::Full).await;
    let nonsense = [SERVER_HELLO, &[99]].concat();
    server.write_all(&nonsense).await.expect("written");
    let error = RfbError::UnknownMessage {
        side: Side::Server,
        kind: 99,
    };
    assert_eq!(
        viewer.end.await.expect("no panic"),
        DisplayEnd::BadServer(error)
    );
    assert_eq!(viewer.receive.next().await, None);

    let (mut viewer, _server) = attached(Rights::Full).await;
    viewer.say(b"GET / HTTP/1.1\r\n").await;
    let error = RfbError::Version(Side::Viewer);
    assert_eq!(
        viewer.end.await.expect("no panic"),
        DisplayEnd::BadViewer(error)
    );

    let (viewer, server) = attached(Rights::Full).await;
    drop(server);
    assert_eq!(viewer.end.await.expect("no panic"), DisplayEnd::NotReady);
}

#[tokio::test]
async fn a_stalled_viewer_stops_the_server_and_memory_does_not_grow() {
    let (mut viewer, mut server) = attached(Rights::Full).await;
    server.write_all(SERVER_HELLO).await.expect("written");
    // An update without end, of pictures of 64 x 48.
    let picture = [
        &[0, 0, 0, 0, 0, 64, 0, 48, 0, 0, 0, 0][..],
        &[7; 64 * 48 * 4],
    ]
    .concat();
    let update = [&[0, 0, 255, 255][..], &picture].concat();
    let (mut written, mut begun) = (0, 1);
    let mut next = update;
    let flood = async {
        loop {
            let count = server.write(&next).await.expect("written");
            written += count;
            next.drain(..count);
            if next.is_empty() {
                next.clone_from(&picture);
                begun += 1;
            }
        }
    };
    let stalled = tokio::time::timeout(Duration::from_millis(500), flood).await;
    assert!(stalled.is_err());
    // What is being sent, and what the channel of this test takes.
    let bound = WINDOW + 3 * READ_BYTES;
    assert!(
        written <= bound,
        "{written} bytes for one that does not read"
    );

    // It still types, and goes on where it was.
    viewer.say(VIEWER_HELLO).await;
    let mut typed = [0; VIEWER_HELLO.len()];
    server.read_exact(&mut typed).await.expect("read");
    assert_eq!(typed, VIEWER_HELLO);
    let is_picture = |seen: &Seen| matches!(seen, Seen::Rectangle { .. });
    let ends = async { server.write_all(&next).await.expect("written") };
    let goes_on = async {
        while viewer.seen.iter().filter(|seen| is_picture(seen)).count() < begun {
            viewer.until(is_picture).await;
        }
    };
    tokio::join!(ends, goes_on);
}

#[tokio::test(start_paused = true)]
async fn pieces_of_an_update_go_on_together_or_before_they_are_late() {
    let (mut viewer, mut server) = attached(Rights::Full).await;
    server.write_all(SERVER_HELLO).await.expect("written");
    let rectangle = [&[0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0][..], &[7; 4]].concat();
    let two = [&[0, 0, 0, 2][..], &rectangle].concat();
    let next_rfb = async |viewer: &mut Viewer| loop {
        if let ToViewer::Rfb(bytes) = viewer.receive.next().await.expect("a message") {
            break bytes;
        }
    };
    assert_eq!(next_rfb(&mut viewer).await, SERVER_HELLO);

    // A page has no use for the first of two rectangles alone.
    server.write_all(&two).await.expect("written");
    tokio::task::yield_now().await;
    server.write_all(&rectangle).await.expect("written");
    let whole = next_rfb(&mut viewer).await;
    assert_eq!(whole, [&two[..], &rectangle].concat());

    // An X server that takes its time: what there is goes on.
    let began = tokio::time::Instant::now();
    server.write_all(&two).await.expect("written");
    assert_eq!(next_rfb(&mut viewer).await, two);
    assert!(began.elapsed() >= HELD_FOR);
}

#[tokio::test(start_paused = true)]
async fn a_slow_line_gets_another_order_of_encodings_between_two_messages() {
    let (mut viewer, server) = attached(Rights::Full).await;
    let (mut from_gateway, mut to_gateway) = tokio::io::split(server);
    let mut told = async |expected: &[u8]| {
        let mut bytes = vec![0; expected.len()];
        from_gateway.read_exact(&mut bytes).await.expect("read");
        assert_eq!(bytes, expected);
    };
    let listed = |order: [i32; 4], compression: i32| {
        set_encodings(&[&order[..], &[QUALITY_0 + 6, COMPRESS_0 + compression]].concat())
    };
    viewer.say(VIEWER_HELLO).await;
    viewer.say(&listed([COPY_RECT, TIGHT, ZRLE, RAW], 2)).await;
    told(VIEWER_HELLO).await;
    told(&listed([COPY_RECT, ZRLE, TIGHT, RAW], 2)).await;

    // Half a key, and answers that take longer and longer: 64 kB in 400 ms.
    viewer.say(&[4, 1, 0, 0]).await;
    tokio::spawn(async move {
        let picture = [
            &[0, 0, 0, 0, 0, 64, 0, 48, 0, 0, 0, 0][..],
            &[7; 64 * 48 * 4],
        ]
        .concat();
        let update = [SERVER_HELLO, &[0, 0, 255, 255]].concat();
        to_gateway.write_all(&update).await.expect("written");
        while to_gateway.write_all(&picture).await.is_ok() {}
    });
    for late in [0, 400, 400] {
        loop {
            match viewer.receive.next().await.expect("a message") {
                ToViewer::Ping(question) if !question.is_empty() => {
                    tokio::time::advance(Duration::from_millis(late)).await;
                    viewer
                        .send
                        .send(FromViewer::Pong(question))
                        .await
                        .expect("sent");
                    break;
                }
                _ => {}
            }
        }
    }
    viewer.say(&[0, 0, 0, 97]).await;
    let key = [4, 1, 0, 0, 0, 0, 0, 97];
    let slow = listed([COPY_RECT, TIGHT, ZRLE, RAW], 6);
    told(&[&key[..], &slow].concat()).await;
}
