//! What a definition is, as a hash of its content.

use std::fmt;

use sha2::{Digest, Sha256};

/// The content of a definition: the SHA-256 of its text without white space and with plain escapes. The order of fields
/// counts, since the order in a payload shows in what a state puts out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefinitionId([u8; 32]);

impl DefinitionId {
    /// The name of the content that is written so.
    pub(super) fn of(canonical: &[u8]) -> Self {
        Self(Sha256::digest(canonical).into())
    }

    /// The bytes of the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for DefinitionId {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// As 64 hexadecimal digits.
impl fmt::Display for DefinitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DefinitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
