//! What a set of runs has covered.

mod text;

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::definition::{Catcher, ChoiceRule, Definition, Pointer, Retrier, StateKind};
use crate::machine::{Seen, Sight};

/// Which states were entered, which rules and defaults of choice states were taken, which retriers and catchers used.
///
/// Displayed, it is a table and the list of what never ran.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Coverage {
    /// How many runs there were.
    pub runs: u64,
    /// The states, in the order of the definition.
    pub states: Vec<StateCoverage>,
    places: HashMap<String, usize>,
}

/// What was covered of one state.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StateCoverage {
    /// Its name.
    pub name: String,
    /// The value of its `Type`.
    pub kind: &'static str,
    /// Where it stands.
    pub pointer: Pointer,
    /// How often it was entered.
    pub entered: u64,
    /// How often each of its parts was used.
    pub parts: Vec<Covered>,
}

/// How often a part of a state was used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Covered {
    /// Which part.
    pub part: Part,
    /// Where it stands.
    pub pointer: Pointer,
    /// What it is about: where a rule leads, which errors a retrier or catcher is for.
    pub about: String,
    /// How often.
    pub count: u64,
}

/// A part of a state that may be used or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Part {
    /// A rule of a choice state, counted from zero.
    Rule(usize),
    /// `Default` of a choice state.
    Default,
    /// A retrier, counted from zero.
    Retrier(usize),
    /// A catcher, counted from zero.
    Catcher(usize),
}

impl Coverage {
    /// Nothing of that definition.
    #[must_use]
    pub fn of(definition: &Definition) -> Self {
        let states: Vec<_> = definition
            .states()
            .iter()
            .map(|state| StateCoverage {
                name: state.name.clone(),
                kind: state.kind.name(),
                pointer: state.pointer.clone(),
                entered: 0,
                parts: parts(definition, &state.kind, &state.pointer),
            })
            .collect();
        let places = states.iter().enumerate().map(|(place, state)| (state.name.clone(), place)).collect();
        Self { runs: 0, states, places }
    }

    /// One run more.
    pub(super) fn begin(&mut self) {
        self.runs += 1;
    }

    /// With what was seen of a run. States of other definitions are passed over.
    pub fn add(&mut self, sight: &Sight) {
        let state = self.places.get(&*sight.state).and_then(|place| self.states.get_mut(*place));
        let Some(state) = state else { return };
        let part = match &sight.seen {
            Seen::Entered => {
                state.entered += 1;
                return;
            }
            Seen::Chose { rule } => rule.map_or(Part::Default, Part::Rule),
            Seen::Retries { retrier, .. } => Part::Retrier(*retrier),
            Seen::Caught { catcher, .. } => Part::Catcher(*catcher),
            _ => return,
        };
        if let Some(covered) = state.parts.iter_mut().find(|covered| covered.part == part) {
            covered.count += 1;
        }
    }

    /// With what other runs of the same definition have covered.
    pub fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        for theirs in &other.states {
            let own = self.places.get(&theirs.name).and_then(|place| self.states.get_mut(*place));
            let Some(own) = own else { continue };
            own.entered += theirs.entered;
            for (own, theirs) in own.parts.iter_mut().zip(&theirs.parts) {
                own.count += theirs.count;
            }
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<&StateCoverage> {
        self.places.get(name).and_then(|place| self.states.get(*place))
    }

    /// How much of all states and their parts was covered, from 0 to 100.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a percentage")]
    pub fn percent(&self) -> f64 {
        let (covered, all) = self.counted(|_| true);
        if all == 0 { 100.0 } else { covered as f64 * 100.0 / all as f64 }
    }

    /// What was never entered or used: states, and parts of states.
    #[must_use]
    pub fn missed(&self) -> Vec<(&StateCoverage, Option<&Covered>)> {
        let mut missed = Vec::new();
        for state in &self.states {
            if state.entered == 0 {
                missed.push((state, None));
            }
            missed.extend(state.parts.iter().filter(|part| part.count == 0).map(|part| (state, Some(part))));
        }
        missed
    }

    /// How many of the states (for `None`) and parts that are of interest were covered, and how many there are.
    fn counted(&self, of: impl Fn(Option<Part>) -> bool) -> (usize, usize) {
        let states = self.states.iter().map(|state| (None, state.entered));
        let parts = self.states.iter().flat_map(|state| &state.parts).map(|part| (Some(part.part), part.count));
        let wanted = states.chain(parts).filter(|(part, _)| of(*part));
        wanted.fold((0, 0), |(covered, all), (_, count)| (covered + usize::from(count > 0), all + 1))
    }

    /// The kinds of things that are covered, with how many of how many.
    fn kinds(&self) -> [(&'static str, (usize, usize)); 4] {
        [
            ("states", self.counted(|part| part.is_none())),
            ("choices", self.counted(|part| matches!(part, Some(Part::Rule(_) | Part::Default)))),
            ("retriers", self.counted(|part| matches!(part, Some(Part::Retrier(_))))),
            ("catchers", self.counted(|part| matches!(part, Some(Part::Catcher(_))))),
        ]
    }

    /// For programs: `runs`, `percent`, `totals` by kind, and `states` by name, each with how often it was `entered`, and
    /// with `rules`, `default`, `retriers` and `catchers` where it has them.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let totals = self
            .kinds()
            .into_iter()
            .map(|(kind, (covered, all))| (kind.to_owned(), json!({"covered": covered, "of": all})));
        let states = self.states.iter().map(|state| (state.name.clone(), state.to_json()));
        json!({
            "runs": self.runs,
            "percent": self.percent(),
            "totals": Value::Object(totals.collect()),
            "states": Value::Object(states.collect()),
        })
    }
}

impl StateCoverage {
    fn to_json(&self) -> Value {
        let mut object = json!({"type": self.kind, "entered": self.entered});
        let mut list = |name: &str, of: fn(Part) -> bool| {
            let counts: Vec<u64> =
                self.parts.iter().filter(|covered| of(covered.part)).map(|covered| covered.count).collect();
            if let (Some(fields), false) = (object.as_object_mut(), counts.is_empty()) {
                let single = counts.first().filter(|_| name == "default");
                fields.insert(name.to_owned(), single.map_or_else(|| json!(counts), |count| json!(count)));
            }
        };
        list("rules", |part| matches!(part, Part::Rule(_)));
        list("default", |part| part == Part::Default);
        list("retriers", |part| matches!(part, Part::Retrier(_)));
        list("catchers", |part| matches!(part, Part::Catcher(_)));
        object
    }
}

fn parts(definition: &Definition, kind: &StateKind, at: &Pointer) -> Vec<Covered> {
    let name = |id| definition.state(id).map(|state| state.name.clone()).unwrap_or_default();
    let covered = |part, pointer: &Pointer, about| Covered { part, pointer: pointer.clone(), about, count: 0 };
    let (retry, catch): (&[Retrier], &[Catcher]) = match kind {
        StateKind::Task(task) => (&task.retry, &task.catch),
        StateKind::Parallel(parallel) => (&parallel.retry, &parallel.catch),
        StateKind::Map(map) => (&map.retry, &map.catch),
        StateKind::Choice(choice) => {
            let rule = |(index, rule): (usize, &ChoiceRule)| {
                let about = format!("{} -> {}", crate::graph::condition(&rule.condition), name(rule.next));
                covered(Part::Rule(index), &rule.pointer, about)
            };
            let default = choice.default.map(|next| covered(Part::Default, &at.field("Default"), name(next)));
            return choice.rules.iter().enumerate().map(rule).chain(default).collect();
        }
        _ => return Vec::new(),
    };
    let retriers = retry.iter().enumerate().filter(|(_, retrier)| retrier.max_attempts > 0);
    let retriers =
        retriers.map(|(index, retrier)| covered(Part::Retrier(index), &retrier.pointer, retrier.errors.join(", ")));
    let catchers = catch.iter().enumerate().map(|(index, catcher)| {
        let about = format!("{} -> {}", catcher.errors.join(", "), name(catcher.next));
        covered(Part::Catcher(index), &catcher.pointer, about)
    });
    retriers.chain(catchers).collect()
}
