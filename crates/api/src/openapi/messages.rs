//! What no operation names: the messages of WebSockets, and a lab without server.

use super::{Types, collect};
use crate::{
    CaptureClient, CaptureHello, CaptureServer, DisplayHello, DisplayServer, EventsClient,
    EventsHello, ServerEvent, TabHome, TabLab, TerminalClient, TerminalHello, TerminalServer,
};

/// All of them.
pub(super) fn collect_all(types: &mut Types) {
    collect::<EventsHello>(types);
    collect::<EventsClient>(types);
    collect::<ServerEvent>(types);
    collect::<CaptureHello>(types);
    collect::<CaptureClient>(types);
    collect::<CaptureServer>(types);
    collect::<DisplayHello>(types);
    collect::<DisplayServer>(types);
    collect::<TerminalHello>(types);
    collect::<TerminalClient>(types);
    collect::<TerminalServer>(types);
    collect::<TabLab>(types);
    collect::<TabHome>(types);
}
