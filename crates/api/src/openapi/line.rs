//! Operations that a page measures its line with.

use super::{Operation, get, post};

/// All open, small and bounded: somebody without an account may look before a course.
pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(
            "/api/v1/line/bytes",
            "lineDown",
            "So many bytes (`n`, at most 1 MiB) that nothing on the way can compress",
        )
        .query("n")
        .open()
        .empty(200),
        post(
            "/api/v1/line/bytes",
            "lineUp",
            "Takes any body of at most 256 KiB and forgets it",
        )
        .open()
        .empty(204),
        get(
            "/api/v1/line/held",
            "lineHeld",
            "An answer that is held back for 3 s, as long polling does",
        )
        .open()
        .empty(204),
        get(
            "/api/v1/line/socket",
            "lineSocket",
            "WebSocket: says every message back, at most 64 of 1 KiB within 20 s",
        )
        .open()
        .empty(101),
    ]
}
