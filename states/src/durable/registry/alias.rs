//! Aliases: names that lead to versions.

use super::super::Error;

/// Where an alias leads: to one version, or to two of them by their weights, which are percentages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    version: u32,
    other: Option<(u32, u32)>,
}

impl Alias {
    /// An alias that leads to that version.
    #[must_use]
    pub fn to(version: u32) -> Self {
        Self { version, other: None }
    }

    /// One that leads to another version too, with that weight of 100; the first version has what is left.
    #[must_use]
    pub fn and(mut self, version: u32, weight: u32) -> Self {
        self.other = Some((version, weight));
        self
    }

    /// The versions and their weights, which sum to 100.
    pub fn weights(&self) -> impl Iterator<Item = (u32, u32)> {
        let other = self.other;
        let rest = other.map_or(100, |(_, weight)| 100u32.saturating_sub(weight));
        [(self.version, rest)].into_iter().chain(other)
    }

    pub(super) fn versions(&self) -> impl Iterator<Item = u32> {
        self.weights().map(|(version, _)| version)
    }

    pub(super) fn leads_to(&self, version: u32) -> bool {
        self.versions().any(|one| one == version)
    }

    pub(super) fn check(&self, name: &str) -> Result<(), Error> {
        let refused = |why: &str| Err(Error::Alias { alias: name.to_owned(), why: why.to_owned() });
        let letters = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 80 || !name.chars().all(letters) {
            return refused("its name must have 1 to 80 letters, digits, hyphens, underscores and dots");
        }
        if name.chars().all(|c| c.is_ascii_digit()) {
            return refused("a number names a version");
        }
        match self.other {
            Some((version, _)) if version == self.version => refused("its versions must be two"),
            Some((_, weight)) if weight > 100 => refused("its weights must sum to 100"),
            _ => Ok(()),
        }
    }
}
