//! Which sessions have a page open, and how large their terminals are there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use labwright_model::SessionId;

use super::lock;

/// A page that went is remembered for so long.
const REMEMBER: Duration = Duration::from_secs(120);

/// Sessions whose page is open.
#[derive(Clone, Default)]
pub(crate) struct Pages(Arc<Mutex<HashMap<SessionId, Open>>>);

struct Open {
    count: usize,
    changed: Instant,
}

/// A page that is open; counted until it is dropped.
pub(crate) struct Page {
    pages: Pages,
    session: SessionId,
}

impl Pages {
    /// A page of a session listens.
    pub(crate) fn open(&self, session: &SessionId) -> Page {
        let mut all = lock(&self.0);
        all.retain(|_, open| open.count > 0 || open.changed.elapsed() < REMEMBER);
        let open = all.entry(session.clone()).or_insert(Open {
            count: 0,
            changed: Instant::now(),
        });
        open.count += 1;
        Page {
            pages: self.clone(),
            session: session.clone(),
        }
    }

    /// For how long a session has had no page; `None`: it has one.
    pub(crate) fn gone_for(&self, session: &SessionId) -> Option<Duration> {
        match lock(&self.0).get(session) {
            Some(open) if open.count > 0 => None,
            Some(open) => Some(open.changed.elapsed()),
            None => Some(Duration::MAX),
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(open) = lock(&self.pages.0).get_mut(&self.session) {
            open.count = open.count.saturating_sub(1);
            open.changed = Instant::now();
        }
    }
}

type Terminal = (SessionId, String);

/// Columns and rows of terminals as the learner's page shows them: whoever looks on draws them
/// the same, and changes none.
#[derive(Clone, Default)]
pub(crate) struct Sizes(Arc<Mutex<HashMap<Terminal, Shown>>>);

struct Shown {
    count: usize,
    size: (u16, u16),
}

/// A terminal that a learner's page shows; its size is known until it is dropped.
pub(crate) struct Sized {
    sizes: Sizes,
    terminal: Terminal,
}

impl Sizes {
    /// A page of the learner's shows a terminal.
    pub(crate) fn shown(&self, session: &SessionId, id: &str, size: (u16, u16)) -> Sized {
        let terminal = (session.clone(), id.to_owned());
        let mut all = lock(&self.0);
        let shown = all
            .entry(terminal.clone())
            .or_insert(Shown { count: 0, size });
        shown.count += 1;
        shown.size = size;
        Sized {
            sizes: self.clone(),
            terminal,
        }
    }

    /// The size of a terminal that a page of the learner's shows.
    pub(crate) fn of(&self, session: &SessionId, id: &str) -> Option<(u16, u16)> {
        let terminal = (session.clone(), id.to_owned());
        lock(&self.0).get(&terminal).map(|shown| shown.size)
    }
}

impl Sized {
    /// It has another size now.
    pub(crate) fn resized(&self, size: (u16, u16)) {
        if let Some(shown) = lock(&self.sizes.0).get_mut(&self.terminal) {
            shown.size = size;
        }
    }
}

impl Drop for Sized {
    fn drop(&mut self) {
        let mut all = lock(&self.sizes.0);
        if let Some(shown) = all.get_mut(&self.terminal) {
            shown.count = shown.count.saturating_sub(1);
            if shown.count == 0 {
                all.remove(&self.terminal);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_has_a_page_until_its_last_one_goes() {
        let (pages, session) = (Pages::default(), SessionId::new("s1-abc").unwrap());
        assert_eq!(pages.gone_for(&session), Some(Duration::MAX));
        let (one, two) = (pages.open(&session), pages.open(&session));
        drop(one);
        assert_eq!(pages.gone_for(&session), None);
        drop(two);
        assert!(pages.gone_for(&session).unwrap() < REMEMBER);
    }

    #[test]
    fn a_size_is_known_while_the_terminal_is_shown() {
        let (sizes, session) = (Sizes::default(), SessionId::new("s1-abc").unwrap());
        let shown = sizes.shown(&session, "t1", (80, 24));
        shown.resized((100, 30));
        assert_eq!(sizes.of(&session, "t1"), Some((100, 30)));
        drop(shown);
        assert_eq!(sizes.of(&session, "t1"), None);
    }
}
