//! What a platform's answer to a score means (measured on Open edX 11.4.4 and Moodle 4.5.6).

/// What to do after an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScoreReply {
    /// It is there.
    Taken,
    /// The token may have run out: Open edX says 403 and no more. Take a fresh one, once.
    TokenRefused,
    /// The timestamp is not newer: it may be there already. Compare with the results.
    AlreadyThere,
    /// The line item is gone.
    NoLineItem,
    /// The platform is in trouble: try again later.
    Later,
    /// It will never be taken like this.
    Never,
}

/// Judges the answer to a score. A status in the two hundreds with a page of HTML is a proxy's or a
/// maintenance page: nothing has arrived. Moodle answers with no body at all.
pub fn judge_score_reply(status: u16, body: &[u8]) -> ScoreReply {
    let html = body.trim_ascii_start().starts_with(b"<");
    match status {
        200..=299 if html => ScoreReply::Later,
        200..=299 => ScoreReply::Taken,
        401 | 403 => ScoreReply::TokenRefused,
        409 => ScoreReply::AlreadyThere,
        400 if mentions_time(body) => ScoreReply::AlreadyThere,
        404 | 410 => ScoreReply::NoLineItem,
        // 408 and 425: too slow, too early. A redirect may be a sign-in page during maintenance.
        300..=399 | 408 | 425 | 429 | 500..=599 => ScoreReply::Later,
        _ => ScoreReply::Never,
    }
}

fn mentions_time(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_lowercase();
    text.contains("timestamp")
}
