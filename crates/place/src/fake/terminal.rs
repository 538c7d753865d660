//! An acted terminal: echoes what is typed, runs lines, keeps its output for those who come back.

use labwright_model::NodeName;
use labwright_wire::limits::SCROLLBACK_BYTES;
use tokio::sync::watch;

/// What typing did.
pub(crate) enum Typed {
    /// Nothing yet.
    Text,
    /// A line is complete.
    Line(String),
}

/// A terminal of a node.
pub(crate) struct Terminal {
    pub(crate) node: NodeName,
    user: String,
    kept: Vec<u8>,
    end: u64,
    line: Vec<u8>,
    grown: watch::Sender<u64>,
}

impl Terminal {
    pub(crate) fn new(node: NodeName, user: String) -> Self {
        let mut terminal = Self {
            node,
            user,
            kept: Vec::new(),
            end: 0,
            line: Vec::new(),
            grown: watch::Sender::new(0),
        };
        terminal.prompt();
        terminal
    }

    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Offset after the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// Offset of the first byte that is still kept.
    pub(crate) fn begin(&self) -> u64 {
        self.end - self.kept.len() as u64
    }

    /// Changes whenever there is more output; closes when the terminal ends.
    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    /// Output from `offset` on, as far as it is kept.
    pub(crate) fn output(&self, offset: u64) -> Vec<u8> {
        let skip = offset.saturating_sub(self.begin());
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        self.kept.get(skip..).unwrap_or_default().to_vec()
    }

    /// Takes one typed byte and echoes it.
    pub(crate) fn type_byte(&mut self, byte: u8) -> Typed {
        match byte {
            b'\r' | b'\n' => {
                self.print(b"\r\n");
                let line = std::mem::take(&mut self.line);
                return Typed::Line(String::from_utf8_lossy(&line).into_owned());
            }
            0x7f => {
                if self.line.pop().is_some() {
                    self.print(b"\x08 \x08");
                }
            }
            _ => {
                self.line.push(byte);
                self.print(&[byte]);
            }
        }
        Typed::Text
    }

    pub(crate) fn print(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        self.end += bytes.len() as u64;
        let over = self.kept.len().saturating_sub(SCROLLBACK_BYTES);
        self.kept.drain(..over);
        self.grown.send_replace(self.end);
    }

    pub(crate) fn prompt(&mut self) {
        let sign = if self.user == "root" { '#' } else { '$' };
        let prompt = format!("{}@{}:~{sign} ", self.user, self.node);
        self.print(prompt.as_bytes());
    }
}
