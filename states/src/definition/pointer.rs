//! Where something stands in a definition: the way from the root to it.

use std::fmt;
use std::sync::Arc;

/// One step down a document.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Step {
    /// Into the field of that name.
    Field(Box<str>),
    /// Into the element at that index, counted from zero.
    Index(usize),
}

/// The way from the root of a definition to one of its values.
///
/// It is displayed as a JSON pointer (RFC 6901); [`location`](Self::location) gives the form that AWS uses. A longer
/// pointer shares what it has in common with a shorter one, so that they are cheap to make and to keep.
///
/// ```
/// use duramen_states::definition::Pointer;
///
/// let next = Pointer::root().field("States").field("A/B").field("Choices").index(0).field("Next");
/// assert_eq!(next.to_string(), "/States/A~1B/Choices/0/Next");
/// assert_eq!(next.location(), "/States/A/B/Choices[0]/Next");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Pointer(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    parent: Pointer,
    step: Step,
}

impl Pointer {
    /// The document itself.
    #[must_use]
    pub fn root() -> Self {
        Self(None)
    }

    /// The field of that name in what this points to.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        self.down(Step::Field(name.into()))
    }

    /// The element at that index in what this points to.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.down(Step::Index(index))
    }

    fn down(&self, step: Step) -> Self {
        Self(Some(Arc::new(Link { parent: self.clone(), step })))
    }

    /// What this stands in, if it is not the root.
    #[must_use]
    pub fn parent(&self) -> Option<&Self> {
        self.0.as_ref().map(|link| &link.parent)
    }

    /// The steps from the root, in order.
    #[must_use]
    pub fn steps(&self) -> Vec<&Step> {
        let mut steps = Vec::new();
        let mut at = self;
        while let Some(link) = &at.0 {
            steps.push(&link.step);
            at = &link.parent;
        }
        steps.reverse();
        steps
    }

    /// The place as AWS writes it: fields behind slashes, nothing escaped, indexes in brackets; `/` for the root.
    #[must_use]
    pub fn location(&self) -> String {
        let mut text = String::new();
        for step in self.steps() {
            match step {
                Step::Field(name) => {
                    text.push('/');
                    text.push_str(name);
                }
                Step::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        if text.is_empty() { "/".into() } else { text }
    }
}

impl PartialEq for Pointer {
    fn eq(&self, other: &Self) -> bool {
        self.steps() == other.steps()
    }
}

impl Eq for Pointer {}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in self.steps() {
            match step {
                Step::Field(name) => write!(f, "/{}", name.replace('~', "~0").replace('/', "~1"))?,
                Step::Index(index) => write!(f, "/{index}")?,
            }
        }
        Ok(())
    }
}
