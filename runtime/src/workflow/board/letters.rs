//! What was sent to an execution by name and waits to be taken.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::OperationId;
use crate::event::Mail;

/// What kind of thing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Post {
    Signal,
    Update,
}

type Under = (Post, String);

/// What was sent and not taken, by kind and name in the order of its coming.
#[derive(Default)]
pub(super) struct Letters {
    waiting: HashMap<Under, VecDeque<Mail>>,
    readers: HashMap<Under, BTreeSet<OperationId>>,
}

impl Letters {
    /// Puts one in, and gives the operations that wait for it.
    pub(super) fn put(&mut self, mail: Mail) -> Vec<OperationId> {
        let post = if mail.request.is_some() { Post::Update } else { Post::Signal };
        let under = (post, mail.name.clone());
        let readers = self.readers.get(&under).into_iter().flatten().cloned().collect();
        self.waiting.entry(under).or_default().push_back(mail);
        readers
    }

    pub(super) fn take(&mut self, operation: &OperationId, post: Post, name: &str) -> Option<Mail> {
        let under = (post, name.to_owned());
        let mail = self.waiting.get_mut(&under).and_then(VecDeque::pop_front);
        if mail.is_none() {
            self.readers.entry(under).or_default().insert(operation.clone());
        } else {
            self.forget(operation, post, name);
        }
        mail
    }

    pub(super) fn forget(&mut self, operation: &OperationId, post: Post, name: &str) {
        let under = (post, name.to_owned());
        if let Some(readers) = self.readers.get_mut(&under) {
            readers.remove(operation);
            if readers.is_empty() {
                self.readers.remove(&under);
            }
        }
        if self.waiting.get(&under).is_some_and(VecDeque::is_empty) {
            self.waiting.remove(&under);
        }
    }

    pub(super) fn discard(&mut self, number: u64) {
        for waiting in self.waiting.values_mut() {
            if let Ok(place) = waiting.binary_search_by_key(&number, |mail| mail.number) {
                waiting.remove(place);
                return;
            }
        }
    }

    pub(super) fn left(&self) -> Vec<Mail> {
        let left: BTreeMap<_, _> = self.waiting.values().flatten().map(|mail| (mail.number, mail.clone())).collect();
        left.into_values().collect()
    }
}
