//! The processor architectures that layers are built for.

use oci_spec::image::Arch;
use serde::{Deserialize, Serialize};

/// What a layer's programs run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Architecture {
    /// That of this host.
    #[default]
    Host,
    /// 32-bit x86: the emulated PC in a browser's tab.
    I386,
}

impl Architecture {
    /// Whether it is this host's own.
    pub fn is_host(&self) -> bool {
        *self == Self::Host
    }

    /// In Debian's words; `None` is what the host's tools do unasked.
    pub(crate) fn debian(self) -> Option<&'static str> {
        match self {
            Self::Host => None,
            Self::I386 => Some("i386"),
        }
    }

    /// In Go's words, which the OCI specification asks for.
    pub(crate) fn oci(self) -> Arch {
        match (self, std::env::consts::ARCH) {
            (Self::I386, _) | (Self::Host, "x86") => Arch::i386,
            (Self::Host, "x86_64") => Arch::Amd64,
            (Self::Host, "aarch64") => Arch::ARM64,
            (Self::Host, other) => Arch::Other(other.to_owned()),
        }
    }

    /// Appended to names of things that other architectures have as well.
    pub(crate) fn suffix(self) -> String {
        let name = self.debian().map(|name| format!(".{name}"));
        name.unwrap_or_default()
    }
}
