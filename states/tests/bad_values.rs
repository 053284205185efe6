//! Values from strangers: too deep, too large, odd, or growing without an end. A clear error or a fair slice, and never a
//! crash, a hang or a stop for others.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::sync::Arc;
use std::time::Duration;

use duramen_states::definition::Definition;
use duramen_states::validate::{Options as Rules, validate};
use duramen_states::{End, Fault, Limits, Machine, Options, Run, StateMachines, Tasks};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

async fn run(definition: &Value, input: Value, limits: Limits) -> Run {
    let machine = Machine::new(&Definition::parse(&definition.to_string()).unwrap()).unwrap().limits(limits);
    machine.run(input, &Tasks::new(), Options::default().skip_waits()).await
}

async fn one(state: Value, input: Value) -> Run {
    run(&json!({"StartAt": "One", "States": {"One": state}}), input, Limits::default()).await
}

fn fault(run: &Run) -> (&str, &str) {
    match &run.end {
        End::Failed(fault) => (fault.error.as_deref().unwrap_or_default(), fault.cause.as_deref().unwrap_or_default()),
        end => panic!("{end:?}"),
    }
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(json!("bottom"), |inner, _| json!([inner]))
}

async fn machines(definition: &Value) -> StateMachines {
    let builder = StateMachines::builder(Arc::new(MemoryLog::new()) as Arc<dyn Log>);
    let definition = Definition::parse(&definition.to_string()).unwrap();
    builder.machine("m", &definition).unwrap().open().await.unwrap()
}

#[tokio::test]
async fn an_input_of_any_depth_is_taken_or_refused() {
    let pass = json!({"StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}});
    for levels in [100, 120, 126, 127, 128, 129, 200, 1000] {
        let run = one(json!({"Type": "Pass", "End": true}), deep(levels)).await;
        println!("{levels}: {}", format!("{:?}", run.end).chars().take(200).collect::<String>());
        let machines = machines(&pass).await;
        match machines.start("m", "one", deep(levels)).await {
            Ok(execution) => println!("   {:?}", format!("{:?}", machines.result(execution).await).chars().take(300).collect::<String>()),
            Err(error) => println!("   {error}"),
        }
    }
}
