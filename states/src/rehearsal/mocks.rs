//! What is said in place of what tasks would call.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Reply;

/// What answers in place of tasks, and the items that distributed maps read. Each answer is given to one call, in the
/// order of the calls, and the last one to all that follow.
///
/// A name is that of a state; or, for states that have no mock of their own, that of a resource: its ARN, the ARN or the
/// name of a function, the name of an activity or of a handler. What is said under the name of a function that is called
/// by `arn:aws:states:::lambda:invoke` is what the function returns; under the name of the state, it is the whole response.
///
/// ```
/// use duramen_states::rehearsal::{Mocks, Reply};
/// use serde_json::json;
///
/// let mocks = Mocks::new()
///     .on("Charge", [Reply::error("Card.Busy", "try again"), Reply::result(json!({"paid": true}))])
///     .on_iteration("Label", 3, [Reply::error("Printer.Jam", "no paper")])
///     .items("Each order", [json!({"id": 1}), json!({"id": 2})]);
/// assert_eq!(mocks.names(), ["Charge", "Each order", "Label"]);
/// assert_eq!(mocks.replies("Charge", None).len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mocks {
    pub(super) scripts: BTreeMap<String, Script>,
}

/// What is said under one name.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Script {
    pub(super) replies: Option<Vec<Reply>>,
    pub(super) iterations: BTreeMap<usize, Vec<Reply>>,
    pub(super) ends: bool,
    pub(super) items: Option<Vec<Value>>,
}

impl Mocks {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With those answers to the calls of that state or resource.
    #[must_use]
    pub fn on(mut self, name: impl Into<String>, replies: impl IntoIterator<Item = Reply>) -> Self {
        self.script(name).replies = Some(replies.into_iter().collect());
        self
    }

    /// With those answers to the calls of that state in that iteration of the map around it, counted from zero.
    #[must_use]
    pub fn on_iteration(
        mut self,
        state: impl Into<String>,
        iteration: usize,
        replies: impl IntoIterator<Item = Reply>,
    ) -> Self {
        self.script(state).iterations.insert(iteration, replies.into_iter().collect());
        self
    }

    /// With those items for the `ItemReader` of that map state.
    #[must_use]
    pub fn items(mut self, state: impl Into<String>, items: impl IntoIterator<Item = Value>) -> Self {
        self.script(state).items = Some(items.into_iter().collect());
        self
    }

    /// Calls under that name that are more than there are answers end the run with an error.
    #[must_use]
    pub fn exactly(mut self, name: impl Into<String>) -> Self {
        self.script(name).ends = true;
        self
    }

    /// The names under which something is said, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.scripts.keys().map(String::as_str).collect()
    }

    /// The answers under that name, for calls in that iteration of a map.
    #[must_use]
    pub fn replies(&self, name: &str, iteration: Option<usize>) -> &[Reply] {
        let script = self.scripts.get(name).and_then(|script| script.of(iteration));
        script.map(|(replies, _)| replies).unwrap_or_default()
    }

    pub(super) fn script(&mut self, name: impl Into<String>) -> &mut Script {
        self.scripts.entry(name.into()).or_default()
    }
}

impl Script {
    /// What is said to calls of that iteration, and whether it is said to no other iteration.
    pub(super) fn of(&self, iteration: Option<usize>) -> Option<(&[Reply], bool)> {
        let own = iteration.and_then(|iteration| self.iterations.get(&iteration));
        match (own, &self.replies) {
            (Some(own), _) => Some((own, true)),
            (None, Some(replies)) => Some((replies, false)),
            (None, None) => None,
        }
    }
}
