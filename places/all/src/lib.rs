//! Every place, one line each. To add one: its folder, and its line in [`PLACES`].
//!
//! It must not know anything about a place beyond how to open it.

use std::path::PathBuf;
use std::sync::Arc;

use labwright_local::{Host, HostError, Installation, LocalPlace};
use labwright_place::Place;

/// Where an installation lives, and who uses it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// What must survive a reboot: `/var/lib/labwright`.
    pub state: PathBuf,
    /// Sockets: `/run/labwright`.
    pub run: PathBuf,
    /// Ask the installation's daemons, as a server without privileges must; else this process
    /// does everything, as root.
    pub daemons: bool,
}

/// Opens a place.
type Opening = fn(&Surroundings) -> Result<Arc<dyn Place>, OpenError>;

/// Every place by name, in the order of preference.
pub const PLACES: [(&str, Opening); 1] = [(labwright_local::NAME, local)];

/// Why a place could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is none of this name.
    #[error("there is no place `{name}`; places are {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The local place.
    #[error("the local place cannot be used")]
    Local(#[from] HostError),
}

/// The names of all places.
pub fn names() -> impl Iterator<Item = &'static str> {
    PLACES.iter().map(|(name, _)| *name)
}

/// Opens a place by name. Touches nothing.
pub fn open(name: &str, surroundings: &Surroundings) -> Result<Arc<dyn Place>, OpenError> {
    let opening = PLACES.iter().find(|(known, _)| *known == name);
    let (_, opening) = opening.ok_or_else(|| OpenError::Unknown {
        name: name.to_owned(),
        known: names().collect::<Vec<_>>().join(", "),
    })?;
    opening(surroundings)
}

fn local(surroundings: &Surroundings) -> Result<Arc<dyn Place>, OpenError> {
    let installation = Installation::new(&surroundings.state, &surroundings.run);
    Ok(Arc::new(if surroundings.daemons {
        LocalPlace::daemon(installation)
    } else {
        LocalPlace::here(Host::new(installation)?)
    }))
}
