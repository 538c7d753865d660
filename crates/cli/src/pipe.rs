//! `labwright lint … | head`: a reader that has seen enough ends the writer, as everywhere in Unix.

/// Lets a closed pipe end this process without a word, instead of an error at the next line. Only
/// for commands that print and start nothing: the others have something to clear up.
pub fn end_with_reader() {
    // SAFETY: no other thread runs yet, and the default action is always a valid disposition.
    unsafe {
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
    }
}
