//! Random state machines: in memory, on a log, and from every place at which a process may have ended, they come to the same.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::{End, Fault, Machine, Options, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// What a state of a random machine does.
#[derive(Debug, Clone)]
enum Step {
    Pass,
    Wait(u8),
    Assign,
    Choice,
    Task { fails: bool, retries: u8, caught: bool },
    Parallel(Vec<Vec<Step>>),
    Map { most: u8, inner: Vec<Step> },
    Fail,
}

fn step() -> impl Strategy<Value = Step> {
    let task = (any::<bool>(), 0..3_u8, any::<bool>());
    let leaf = prop_oneof![
        3 => Just(Step::Pass),
        2 => (0..100_u8).prop_map(Step::Wait),
        2 => Just(Step::Assign),
        2 => Just(Step::Choice),
        4 => task.prop_map(|(fails, retries, caught)| Step::Task { fails, retries, caught }),
        1 => Just(Step::Fail),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        let chain = prop::collection::vec(inner, 1..3);
        prop_oneof![
            prop::collection::vec(chain.clone(), 1..4).prop_map(Step::Parallel),
            (0..3_u8, chain).prop_map(|(most, inner)| Step::Map { most, inner }),
        ]
    })
}

/// A machine of those steps; `count` makes names that no other state has.
fn machine(steps: &[Step], count: &mut u32) -> Value {
    let names: Vec<String> = steps
        .iter()
        .map(|_| {
            *count += 1;
            format!("S{count}")
        })
        .collect();
    *count += 1;
    let last = format!("S{count}");
    let mut states = Map::new();
    for (at, (step, name)) in steps.iter().zip(&names).enumerate() {
        let next = names.get(at + 1).unwrap_or(&last);
        states.insert(name.clone(), state(step, next, &last, count));
    }
    states.insert(last.clone(), json!({"Type": "Succeed"}));
    json!({"StartAt": names.first().unwrap_or(&last), "States": states})
}

fn state(step: &Step, next: &str, last: &str, count: &mut u32) -> Value {
    match step {
        Step::Pass => json!({"Type": "Pass", "Parameters": {"was.$": "States.Array($)"}, "Next": next}),
        Step::Wait(seconds) => json!({"Type": "Wait", "Seconds": seconds, "Next": next}),
        Step::Assign => json!({"Type": "Pass", "Assign": {format!("v{count}"): 1}, "Next": next}),
        Step::Choice => {
            json!({"Type": "Choice", "Choices": [{"Variable": "$[0]", "IsPresent": true, "Next": next}], "Default": last})
        }
        Step::Task { fails, retries, caught } => {
            let catch = if *caught { json!([{"ErrorEquals": ["States.ALL"], "Next": next}]) } else { json!([]) };
            json!({"Type": "Task", "Resource": if *fails { "fail" } else { "wrap" }, "Next": next, "Catch": catch,
                "Retry": [{"ErrorEquals": ["Odd"], "MaxAttempts": retries}]})
        }
        Step::Parallel(branches) => {
            let branches: Vec<Value> = branches.iter().map(|branch| machine(branch, count)).collect();
            json!({"Type": "Parallel", "Branches": branches, "Next": next})
        }
        Step::Map { most, inner } => json!({"Type": "Map", "MaxConcurrency": most, "Next": next,
            "ItemSelector": {"item.$": "$$.Map.Item.Index"}, "ItemsPath": "$$.Execution.Input",
            "ItemProcessor": machine(inner, count)}),
        Step::Fail => json!({"Type": "Fail", "Error": "Odd", "Cause": "why"}),
    }
}

fn tasks() -> Tasks {
    Tasks::new()
        .handler("wrap", |call| async move { Ok(json!([*call.input])) })
        .handler("fail", |_| async { Err(Fault { error: Some("Odd".to_owned()), cause: Some("why".to_owned()) }) })
}

async fn on_log(log: &Arc<MemoryLog>, definition: &Definition, input: &Value) -> End {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    let builder = StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_000_000)));
    let machines = builder.machine("m", definition).unwrap().tasks(tasks()).open().await.unwrap();
    let execution = machines.start("m", "one", input.clone()).await.unwrap();
    machines.result(execution).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn they_come_to_the_same(steps in prop::collection::vec(step(), 1..6)) {
        let definition = Definition::parse(&machine(&steps, &mut 0).to_string()).unwrap();
        let input = json!([1, 2]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let in_memory = Machine::new(&definition).unwrap();
            let run = in_memory.run(input.clone(), &tasks(), Options::default().skip_waits()).await;
            let whole = Arc::new(MemoryLog::new());
            prop_assert_eq!(&on_log(&whole, &definition, &input).await, &run.end);
            for batches in 0..whole.batches() {
                let end = on_log(&Arc::new(whole.prefix(batches)), &definition, &input).await;
                prop_assert_eq!(&end, &run.end, "after {} batches", batches);
            }
            Ok(())
        })?;
    }
}
