//! Machines made at random: every type of state, in either query language.
//!
//! Data on its way is an object with a number `n` and an array `items`, which every state keeps, so that any state may
//! follow upon any other. The variable `base` is assigned at the start and read everywhere.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// A state before it is written down: names and transitions come from its place.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    what: What,
    jsonata: bool,
}

#[derive(Debug, Clone)]
enum What {
    Pass,
    Assign,
    /// Goes on two states ahead when `n` is not even.
    Choice,
    Wait(u8),
    /// Waits for a time of day: before the start, or a little later.
    Until(bool),
    /// Reads the variable; the outermost machine assigns it too.
    Count,
    Succeed,
    Fail,
    Task {
        handler: &'static str,
        retry: Option<u8>,
        catch: Option<&'static str>,
        bound: Bound,
    },
    Parallel {
        branches: Vec<Vec<Made>>,
        retry: Option<u8>,
        catch: Option<&'static str>,
    },
    Map {
        items: Vec<Made>,
        concurrency: u8,
        catch: Option<&'static str>,
        distributed: Option<Distributed>,
    },
}

/// What ends a task that nobody answers.
#[derive(Debug, Clone, Copy)]
enum Bound {
    None,
    Timeout,
    Heartbeat,
}

/// How the items of a map have executions of their own.
#[derive(Debug, Clone)]
struct Distributed {
    express: bool,
    tolerated: Option<u8>,
}

/// A definition.
pub(crate) fn definition() -> impl Strategy<Value = Value> {
    prop_oneof![5 => chain(2), 1 => nest()].prop_map(|states| {
        let mut machine = written("", &states);
        machine["States"]["Begin"] = json!({"Type": "Pass", "Assign": {"base.$": "$.n"}, "Next": machine["StartAt"]});
        machine["StartAt"] = json!("Begin");
        machine["States"]["Caught"] = json!({"Type": "Pass", "ResultPath": "$.caught", "Result": true, "End": true});
        machine
    })
}

/// A map in a parallel state in a map, and what comes behind it.
fn nest() -> impl Strategy<Value = Vec<Made>> {
    let one = |what| Made { what, jsonata: false };
    (chain(0), chain(0), 0u8..3, chain(0)).prop_map(move |(inside, beside, concurrency, behind)| {
        let map = |items| one(What::Map { items, concurrency, catch: None, distributed: None });
        let parallel = one(What::Parallel { branches: vec![vec![map(inside)], beside], retry: None, catch: None });
        std::iter::once(one(What::Map {
            items: vec![parallel],
            concurrency,
            catch: Some("States.ALL"),
            distributed: None,
        }))
        .chain(behind)
        .collect()
    })
}

fn chain(depth: u32) -> BoxedStrategy<Vec<Made>> {
    prop::collection::vec(state(depth), 1..=if depth == 2 { 5 } else { 3 }).boxed()
}

fn state(depth: u32) -> BoxedStrategy<Made> {
    let catch = || prop::option::of(prop::sample::select(vec!["Broken", "States.ALL", "States.TaskFailed"]));
    let retry = || prop::option::of(0u8..3);
    let handler = prop::sample::select(vec!["add", "add", "third", "broken", "odd"]);
    let bound = prop_oneof![6 => Just(Bound::None), 1 => Just(Bound::Timeout), 1 => Just(Bound::Heartbeat)];
    let task = (handler, retry(), catch(), bound);
    let task = task.prop_map(|(handler, retry, catch, bound)| What::Task { handler, retry, catch, bound });
    let simple = prop_oneof![
        2 => Just(What::Pass),
        2 => Just(What::Assign),
        2 => Just(What::Choice),
        2 => (1u8..4).prop_map(What::Wait),
        1 => any::<bool>().prop_map(What::Until),
        2 => Just(What::Count),
        1 => Just(What::Succeed),
        1 => Just(What::Fail),
        6 => task,
    ];
    let what = if depth == 0 {
        simple.boxed()
    } else {
        let branches = prop::collection::vec(chain(depth - 1), 1..=3);
        let distributed = (any::<bool>(), prop::option::of(1u8..3));
        let distributed = distributed.prop_map(|(express, tolerated)| Distributed { express, tolerated });
        // Only where nothing runs beside it: the order of what happens in several executions is left to chance.
        let distributed =
            if depth == 2 { prop::option::weighted(0.3, distributed).boxed() } else { Just(None).boxed() };
        let parallel =
            (branches, retry(), catch()).prop_map(|(branches, retry, catch)| What::Parallel { branches, retry, catch });
        let map = (chain(depth - 1), 0u8..3, catch(), distributed)
            .prop_map(|(items, concurrency, catch, distributed)| What::Map { items, concurrency, catch, distributed });
        prop_oneof![4 => simple, 2 => parallel, 2 => map].boxed()
    };
    (what, any::<bool>()).prop_map(|(what, jsonata)| Made { what, jsonata }).boxed()
}

/// A machine whose states have names that begin with `prefix`.
fn written(prefix: &str, made: &[Made]) -> Value {
    let name = |nth: usize| format!("{prefix}{nth}");
    let mut states = Map::new();
    for (nth, one) in made.iter().enumerate() {
        let after = |many: usize| (nth + many < made.len()).then(|| name(nth + many));
        let outer = prefix.is_empty();
        states.insert(name(nth), one.state(&name(nth), outer, after(1), after(2).as_deref()));
    }
    // A choice cannot be the end.
    if let Some(Made { what: What::Choice, .. }) = made.last() {
        states.insert(name(made.len()), json!({"Type": "Succeed"}));
    }
    json!({"StartAt": name(0), "States": states})
}

impl Made {
    fn state(&self, name: &str, outer: bool, next: Option<String>, further: Option<&str>) -> Value {
        let mut state = match &self.what {
            What::Choice => {
                let next = next.unwrap_or_else(|| last(name));
                return self.choice(&next, further.unwrap_or(&next));
            }
            What::Succeed => return json!({"Type": "Succeed"}),
            What::Fail => return json!({"Type": "Fail", "Error": "Broken", "Cause": name}),
            What::Pass if self.jsonata => json!({"Type": "Pass", "Output": OUTPUT_N}),
            What::Pass => {
                json!({"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 3)", "items.$": "$.items"}})
            }
            What::Assign if self.jsonata => {
                json!({"Type": "Pass", "Assign": {(format!("seen{name}")): "{% $states.input.n %}"}})
            }
            What::Assign => json!({"Type": "Pass", "Assign": {(format!("seen{name}.$")): "$.items"}}),
            What::Wait(seconds) if self.jsonata => json!({"Type": "Wait", "Seconds": format!("{{% {seconds} %}}")}),
            What::Wait(seconds) => json!({"Type": "Wait", "Seconds": seconds}),
            What::Until(before) => {
                let time = if *before { "2023-11-14T22:00:00Z" } else { "2023-11-14T22:33:20.5Z" };
                json!({"Type": "Wait", "Timestamp": if self.jsonata { format!("{{% '{time}' %}}") } else { time.to_owned() }})
            }
            What::Count => self.count(outer),
            What::Task { handler, bound, .. } => {
                let mut task = json!({"Type": "Task", "Resource": handler});
                match bound {
                    Bound::None => {}
                    Bound::Timeout if self.jsonata => task["TimeoutSeconds"] = json!("{% 20 + 20 %}"),
                    Bound::Timeout => task["TimeoutSeconds"] = json!(40),
                    Bound::Heartbeat => task["HeartbeatSeconds"] = json!(30),
                }
                self.result(task, "n")
            }
            What::Parallel { branches, .. } => {
                let branches = branches.iter().enumerate();
                let branches: Vec<_> = branches.map(|(nth, made)| written(&format!("{name}_{nth}_"), made)).collect();
                self.result(json!({"Type": "Parallel", "Branches": branches}), "both")
            }
            What::Map { items, concurrency, distributed, .. } => {
                let mut processor = written(&format!("{name}_"), items);
                if let Some(Distributed { express, .. }) = distributed {
                    let execution = if *express { "EXPRESS" } else { "STANDARD" };
                    processor["ProcessorConfig"] = json!({"Mode": "DISTRIBUTED", "ExecutionType": execution});
                }
                let mut map = self.map(&processor, *concurrency);
                if let Some(count) = distributed.as_ref().and_then(|distributed| distributed.tolerated) {
                    map["ToleratedFailureCount"] = json!(count);
                }
                map
            }
        };
        state["QueryLanguage"] = json!(self.language());
        match next {
            Some(next) => state["Next"] = json!(next),
            None => state["End"] = json!(true),
        }
        self.failures(&mut state, outer);
        state
    }

    fn count(&self, outer: bool) -> Value {
        let (sum, output) = ("{% $base + $states.input.n %}", "{% $merge([$states.input, {\"n\": $base + 1}]) %}");
        match (self.jsonata, outer) {
            (true, true) => json!({"Type": "Pass", "Assign": {"base": sum}, "Output": output}),
            (true, false) => json!({"Type": "Pass", "Output": output}),
            (false, true) => json!({"Type": "Pass", "Assign": {"base.$": "States.MathAdd($base, $.n)"}}),
            (false, false) => {
                json!({"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($base, 1)", "items.$": "$.items"}})
            }
        }
    }

    fn language(&self) -> &'static str {
        if self.jsonata { "JSONata" } else { "JSONPath" }
    }

    fn choice(&self, next: &str, further: &str) -> Value {
        if self.jsonata {
            let choices = json!([{"Condition": "{% $states.input.n % 2 = 1 %}", "Next": further}]);
            json!({"Type": "Choice", "QueryLanguage": "JSONata", "Choices": choices, "Default": next})
        } else {
            let small = json!({"Variable": "$.n", "NumericLessThan": 5});
            let choices = json!([{"And": [small, {"Not": {"Variable": "$.n", "NumericEquals": 2}}], "Next": further}]);
            json!({"Type": "Choice", "Choices": choices, "Default": next})
        }
    }

    /// Puts the result beside what was there.
    fn result(&self, mut state: Value, field: &str) -> Value {
        let many = field != "n";
        if self.jsonata {
            let result = if many { "[$states.result.n]" } else { "$states.result" };
            let output = format!("{{% $merge([$states.input, {{\"{field}\": {result}}}]) %}}");
            state["Output"] = json!(output);
            if !many {
                state["Arguments"] = json!("{% $states.input.n %}");
            }
        } else {
            state["ResultPath"] = json!(format!("$.{field}"));
            if many {
                state["ResultSelector"] = json!({"n.$": "$[*].n"});
            } else {
                state["InputPath"] = json!("$.n");
            }
        }
        state
    }

    fn map(&self, processor: &Value, concurrency: u8) -> Value {
        let state = json!({"Type": "Map", "MaxConcurrency": concurrency, "ItemProcessor": processor});
        let mut state = self.result(state, "each");
        if self.jsonata {
            state["Items"] = json!("{% $states.input.items %}");
            let n = "{% $states.context.Map.Item.Value + $states.context.Map.Item.Index %}";
            state["ItemSelector"] = json!({"n": n, "items": [1]});
        } else {
            state["ItemsPath"] = json!("$.items");
            state["ItemSelector"] = json!({"n.$": "$$.Map.Item.Value", "items": [5, 6]});
        }
        state
    }

    fn failures(&self, state: &mut Value, outer: bool) {
        let (retry, catch) = match &self.what {
            What::Task { retry, catch, .. } | What::Parallel { retry, catch, .. } => (*retry, *catch),
            What::Map { catch, .. } => (None, *catch),
            _ => (None, None),
        };
        if let Some(attempts) = retry {
            let mut retrier =
                json!({"ErrorEquals": ["Broken", "States.Timeout"], "IntervalSeconds": 2, "MaxAttempts": attempts});
            // Chance may not decide what of several branches comes first.
            if outer {
                retrier["JitterStrategy"] = json!("FULL");
                retrier["MaxDelaySeconds"] = json!(5);
            }
            state["Retry"] = json!([retrier]);
        }
        // `Caught` is a state of the outermost machine alone.
        if let Some(error) = catch.filter(|_| outer) {
            let mut catcher = json!({"ErrorEquals": [error], "Next": "Caught"});
            if self.jsonata {
                catcher["Output"] = json!("{% {\"error\": $states.errorOutput.Error} %}");
            } else {
                catcher["ResultPath"] = json!("$.error");
            }
            state["Catch"] = json!([catcher]);
        }
    }
}

const OUTPUT_N: &str = "{% $merge([$states.input, {\"n\": $states.input.n * 2}]) %}";

/// The name of the state that is put behind a choice at the end of its machine.
fn last(name: &str) -> String {
    let digits = name.rfind(|letter: char| !letter.is_ascii_digit()).map_or(0, |at| at + 1);
    let (prefix, number) = name.split_at(digits);
    format!("{prefix}{}", number.parse::<usize>().unwrap() + 1)
}
