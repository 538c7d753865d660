//! Small answers on a stream. That a peer is gone is no error: there is nobody left to tell.

use labwright_wire::frame::{self, FrameError};
use labwright_wire::{Failure, Reply, Stream};

use crate::init::InitError;

/// A failure of a code for programs and a message for people.
pub(super) fn failure(code: &str, message: impl Into<String>) -> Failure {
    Failure {
        code: code.to_owned(),
        message: message.into(),
    }
}

/// What an init's error is on the wire.
pub(super) fn init_failure(error: &InitError) -> Failure {
    let code = match error {
        InitError::Ended => "not_ready",
        InitError::TooMany => "limit",
        InitError::Refused(_) => "refused",
        InitError::Stalled | InitError::Io(_) | InitError::Protocol => "failed",
    };
    failure(code, error.to_string())
}

/// Writes the reply.
pub(super) async fn reply(stream: &mut Stream, reply: &Reply) -> Result<(), FrameError> {
    frame::write_header(stream, reply).await
}

/// Writes what came of something that has no other answer.
pub(super) async fn done(
    stream: &mut Stream,
    result: Result<(), Failure>,
) -> Result<(), FrameError> {
    let answer = match result {
        Ok(()) => Reply::Done,
        Err(failure) => Reply::Failed(failure),
    };
    reply(stream, &answer).await
}
