//! An agent with one terminal, on a thread of its own as in a machine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, Control, Exit, Open, Reply, Stream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

#[derive(Default)]
struct State {
    output: Vec<u8>,
    sent: usize,
    skipped: bool,
    typed: Vec<u8>,
    size: Option<(u16, u16)>,
    exit: Option<Exit>,
}

impl State {
    fn take_input(&mut self, frame: frame::Frame) {
        match frame.kind {
            Kind::Data => self.typed.extend_from_slice(&frame.bytes),
            Kind::Control => {
                if let Control::Resize { cols, rows } =
                    serde_json::from_slice(&frame.bytes).expect("control")
                {
                    self.size = Some((cols, rows));
                }
            }
            _ => {}
        }
    }
}

#[derive(Clone)]
pub struct Agent {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
    death: CancellationToken,
}

impl Agent {
    pub fn start() -> (Self, Client) {
        let agent = Self {
            state: Arc::default(),
            changed: Arc::default(),
            death: CancellationToken::new(),
        };
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("a socket pair");
        ours.set_nonblocking(true).expect("non-blocking");
        theirs.set_nonblocking(true).expect("non-blocking");
        let served = agent.clone();
        std::thread::spawn(move || served.run(theirs));
        let ours = tokio::net::UnixStream::from_std(ours).expect("a socket");
        (agent, Client::new(ours))
    }

    fn run(self, channel: std::os::unix::net::UnixStream) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        tokio::task::LocalSet::new().block_on(&runtime, async {
            let channel = tokio::net::UnixStream::from_std(channel).expect("a socket");
            let agent = self.clone();
            let serve = labwright_wire::server::serve(channel, move |open, stream| {
                let agent = agent.clone();
                async move { agent.handle(open, stream).await }
            });
            tokio::select! {
                _ = serve => {}
                () = self.death.cancelled() => {}
            }
        });
    }

    /// The viewer was too slow: it goes on at the end of the output.
    pub fn skip(&self, lost: &[u8]) {
        {
            let mut state = self.state.lock().expect("lock");
            state.output.extend_from_slice(lost);
            state.sent = state.output.len();
            state.skipped = true;
        }
        self.changed.notify_waiters();
    }

    async fn handle(&self, open: Open, mut stream: Stream) {
        let Open::Pty {
            since, cols, rows, ..
        } = open
        else {
            panic!("only terminals here");
        };
        let offset = since.unwrap_or(0);
        let end = {
            let mut state = self.state.lock().expect("lock");
            state.size = Some((cols, rows));
            state.sent = offset as usize;
            state.output.len() as u64
        };
        frame::write_header(
            &mut stream,
            &Reply::Terminal {
                offset,
                end,
                lost: false,
            },
        )
        .await
        .expect("written");
        let (mut read, mut write) = tokio::io::split(stream);
        let input = async {
            while let Ok(Some(frame)) = frame::read_frame(&mut read).await {
                self.state.lock().expect("lock").take_input(frame);
                self.changed.notify_waiters();
            }
        };
        let output = async {
            loop {
                let changed = self.changed.notified();
                self.tell_skipped(&mut write).await;
                let (bytes, exit) = {
                    let state = self.state.lock().expect("lock");
                    let rest = &state.output[state.sent..];
                    (rest[..rest.len().min(frame_bytes())].to_vec(), state.exit)
                };
                if !bytes.is_empty() {
                    if frame::write_frame(&mut write, Kind::Data, &bytes)
                        .await
                        .is_err()
                    {
                        return;
                    }
                    self.state.lock().expect("lock").sent += bytes.len();
                } else if let Some(exit) = exit {
                    frame::write_control(&mut write, &Control::Exit { exit })
                        .await
                        .expect("written");
                    return;
                } else {
                    changed.await;
                }
            }
        };
        tokio::select! { () = input => {}, () = output => {} }
    }

    async fn tell_skipped(&self, write: &mut (impl tokio::io::AsyncWrite + Unpin)) {
        let skipped = {
            let mut state = self.state.lock().expect("lock");
            std::mem::take(&mut state.skipped).then_some(state.sent as u64)
        };
        if let Some(offset) = skipped {
            frame::write_control(write, &Control::Skipped { offset })
                .await
                .expect("written");
        }
    }

    pub fn print(&self, bytes: &[u8]) {
        self.state
            .lock()
            .expect("lock")
            .output
            .extend_from_slice(bytes);
        self.changed.notify_waiters();
    }

    pub fn exit(&self, exit: Exit) {
        self.state.lock().expect("lock").exit = Some(exit);
        self.changed.notify_waiters();
    }

    pub fn die(&self) {
        self.death.cancel();
    }

    pub async fn typed(&self, length: usize) -> Vec<u8> {
        self.until(|state| (state.typed.len() >= length).then(|| std::mem::take(&mut state.typed)))
            .await
    }

    pub async fn resized(&self) -> (u16, u16) {
        self.until(|state| state.size.filter(|size| *size != (80, 24)))
            .await
    }

    /// How much had left when nothing more left for a while.
    pub async fn stalled(&self) -> usize {
        let mut before = usize::MAX;
        loop {
            tokio::time::sleep(Duration::from_millis(150)).await;
            let sent = self.state.lock().expect("lock").sent;
            if sent == before {
                return sent;
            }
            before = sent;
        }
    }

    async fn until<T>(&self, mut ready: impl FnMut(&mut State) -> Option<T>) -> T {
        for _ in 0..500 {
            if let Some(value) = ready(&mut self.state.lock().expect("lock")) {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("the agent did not see it");
    }
}

fn frame_bytes() -> usize {
    labwright_wire::limits::MAX_FRAME_BYTES
}
