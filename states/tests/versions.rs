//! Versions and aliases of state machines, and the names and sizes of what is started.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::sync::Arc;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::{Alias, Builder, End, Error, Limits, Registration, StateMachines};
use duramen_storage::{Log, MemoryLog};
use serde_json::{Value, json};

const ROLE: &str = "arn:aws:iam::1:role/r";

fn gives(result: &str) -> Definition {
    let state = json!({"Type": "Pass", "Result": result, "End": true});
    Definition::parse(&json!({"StartAt": "A", "States": {"A": state}}).to_string()).unwrap()
}

fn on(log: &Arc<MemoryLog>) -> Builder {
    let log: Arc<dyn Log> = Arc::<MemoryLog>::clone(log);
    StateMachines::builder(log).clock(Arc::new(TokioClock::starting_at(1_700_000_000_000)))
}

/// A machine whose versions 1 and 2 give `one` and `two`, and which gives `three` now.
async fn machines() -> StateMachines {
    let builder = on(&Arc::new(MemoryLog::new())).machine("m", &gives("one")).unwrap();
    assert_eq!(builder.registry().publish("m").unwrap(), 1);
    let machines = builder.open().await.unwrap();
    let registry = machines.registry();
    registry.update("m", Registration::standard(&gives("two")).role(ROLE)).unwrap();
    assert_eq!(registry.publish("m").unwrap(), 2);
    registry.update("m", Registration::standard(&gives("three"))).unwrap();
    machines
}

async fn given(machines: &StateMachines, which: &str, name: &str) -> Value {
    let execution = machines.start(which, name, json!({})).await.unwrap();
    match machines.result(execution).await.unwrap() {
        End::Succeeded(output) => (*output).clone(),
        end => panic!("{end:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_leads_to_what_is_now_and_a_number_to_a_version() {
    let machines = machines().await;
    assert_eq!(given(&machines, "m", "a").await, json!("three"));
    assert_eq!(given(&machines, "m:1", "b").await, json!("one"));
    let arn = "arn:aws:states:local:000000000000:stateMachine:m:2";
    assert_eq!(given(&machines, arn, "c").await, json!("two"));
    let execution = machines.find("m", "c").unwrap().unwrap();
    let description = machines.describe(execution).await.unwrap();
    assert_eq!((description.version_arn.as_deref(), &description.alias_arn), (Some(arn), &None));
    assert_eq!(description.about.role_arn.as_deref(), Some(ROLE));
    assert_eq!(description.definition, Some(gives("two")));
    let started = machines.history(execution).await.unwrap()[0].to_json();
    assert_eq!(started["executionStartedEventDetails"]["stateMachineVersionArn"], json!(arn));
    for unknown in ["m:3", "m:live", "m:01x"] {
        assert!(
            matches!(machines.start(unknown, "x", json!({})).await, Err(Error::UnknownVersion { .. })),
            "{unknown}"
        );
    }
    for unknown in ["n", "n:1", "arn:aws:states:other:000000000000:stateMachine:m"] {
        assert!(
            matches!(machines.start(unknown, "x", json!({})).await, Err(Error::UnknownMachine { .. })),
            "{unknown}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_alias_leads_to_versions_by_their_weights() {
    let machines = machines().await;
    machines.registry().route("m", "live", Alias::to(1).and(2, 30)).unwrap();
    let mut second = 0;
    for n in 0..300 {
        let name = format!("run-{n}");
        let output = given(&machines, "m:live", &name).await;
        let description = machines.describe(machines.find("m", &name).unwrap().unwrap()).await.unwrap();
        let version = if output == json!("two") { 2 } else { 1 };
        let arn = |what: &str| Some(format!("arn:aws:states:local:000000000000:stateMachine:m:{what}"));
        assert_eq!((description.version_arn, description.alias_arn), (arn(&version.to_string()), arn("live")));
        second += u32::from(version == 2);
    }
    assert!((45..=135).contains(&second), "{second} of 300");
    machines.registry().route("m", "live", Alias::to(2)).unwrap();
    assert_eq!(given(&machines, "m:live", "last").await, json!("two"));
    assert_eq!(
        given(&machines, "m:live", "run-0").await,
        given(&machines, "m", "run-0").await,
        "the name is the machine's"
    );
}

#[tokio::test(start_paused = true)]
async fn publishing_what_is_published_gives_the_same_version_and_numbers_are_not_used_again() {
    let machines = machines().await;
    let registry = machines.registry();
    assert_eq!(registry.publish("m").unwrap(), 3);
    assert_eq!(registry.publish("m").unwrap(), 3);
    registry.delete_version("m", 3).unwrap();
    registry.delete_version("m", 3).unwrap();
    assert_eq!(registry.publish("m").unwrap(), 4);
    assert_eq!(registry.get("m").unwrap().versions, [1, 2, 4]);
    assert!(matches!(registry.publish("n"), Err(Error::UnknownMachine { .. })));
}

#[tokio::test(start_paused = true)]
async fn a_version_that_an_alias_leads_to_stays() {
    let machines = machines().await;
    let registry = machines.registry();
    registry.route("m", "live", Alias::to(1).and(2, 0)).unwrap();
    let Err(Error::VersionInUse { aliases, .. }) = registry.delete_version("m", 2) else { panic!() };
    assert_eq!(aliases, ["live"]);
    registry.delete_alias("m", "live").unwrap();
    assert!(registry.delete_alias("m", "live").is_err());
    registry.delete_version("m", 2).unwrap();
    assert!(matches!(registry.route("m", "live", Alias::to(2)), Err(Error::UnknownVersion { .. })));
    for (name, alias) in [
        ("7", Alias::to(1)),
        ("", Alias::to(1)),
        ("a b", Alias::to(1)),
        ("a", Alias::to(1).and(1, 10)),
        ("a", Alias::to(1).and(3, 101)),
    ] {
        assert!(matches!(registry.route("m", name, alias), Err(Error::Alias { .. })), "{name} {alias:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn state_machines_are_made_changed_and_removed_while_others_run() {
    let machines = machines().await;
    let registry = machines.registry();
    registry.create("n", Registration::express(&gives("n"))).unwrap();
    registry.create("n", Registration::express(&gives("n"))).unwrap();
    let other = registry.create("n", Registration::express(&gives("other")));
    assert!(matches!(other, Err(Error::MachineExists { .. })));
    let finished = machines.start_sync("n", "one", json!({})).await.unwrap();
    assert_eq!(finished.end, End::Succeeded(json!("n").into()));
    assert_eq!(registry.names(), ["m", "n"]);
    registry.remove("n").unwrap();
    assert!(matches!(machines.start_sync("n", "one", json!({})).await, Err(Error::UnknownMachine { .. })));
    assert!(matches!(registry.remove("n"), Err(Error::UnknownMachine { .. })));
    assert_eq!(registry.get("m").unwrap().role.as_deref(), Some(ROLE));
}

#[tokio::test(start_paused = true)]
async fn a_name_is_taken_while_it_runs_and_behind_that_where_the_limits_say_so() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 5, "End": true}}}"#;
    let definition = Definition::parse(text).unwrap();
    for limits in [Limits::default(), Limits::aws()] {
        let builder = on(&Arc::new(MemoryLog::new())).machine("m", &definition).unwrap();
        let machines = builder.limits(limits).open().await.unwrap();
        let first = machines.start("m", "one", json!({"a": 1})).await.unwrap();
        assert_eq!(machines.start("m", "one", json!({"a": 1})).await.unwrap(), first);
        let other = machines.start("m", "one", json!({"a": 2})).await;
        assert!(matches!(other, Err(Error::AlreadyStarted { execution }) if execution == first));
        machines.result(first).await.unwrap();
        let closed = machines.start("m", "one", json!({"a": 1})).await;
        match limits.refuse_closed_names {
            true => assert!(matches!(closed, Err(Error::AlreadyStarted { .. }))),
            false => assert_eq!(closed.unwrap(), first),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn inputs_and_variables_have_their_limits() {
    let text = r#"{"QueryLanguage": "JSONata", "StartAt": "Set", "States": {
        "Set": {"Type": "Pass", "Assign": {"a": "{% $pad('', $states.input.a, 'x') %}", "b": "{% $pad('', $states.input.b, 'x') %}"},
            "Next": "More"},
        "More": {"Type": "Pass", "Assign": {"c": "{% $pad('', $states.input.c, 'x') %}"}, "Output": null, "End": true}}}"#;
    let definition = Definition::parse(text).unwrap();
    let limits = Limits::default().payload_bytes(60).variable_bytes(42, 62, 80);
    let builder = on(&Arc::new(MemoryLog::new())).machine("m", &definition).unwrap();
    let machines = builder.limits(limits).open().await.unwrap();
    let large = machines.start("m", "large", json!("x".repeat(60))).await;
    assert!(matches!(large, Err(Error::InputTooLarge { bytes: 60 })));
    for (a, b, c, said) in [
        (40, 10, 10, None),
        (41, 10, 10, Some("variable 'a'")),
        (40, 20, 10, Some("that are assigned")),
        (40, 18, 30, Some("of the execution")),
    ] {
        let execution = machines.start("m", &format!("{a} {b} {c}"), json!({"a": a, "b": b, "c": c})).await.unwrap();
        let end = machines.result(execution).await.unwrap();
        match (end, said) {
            (End::Succeeded(_), None) => {}
            (End::Failed(fault), Some(said)) => {
                assert_eq!(fault.error.as_deref(), Some("States.DataLimitExceeded"));
                assert!(fault.cause.as_ref().unwrap().contains(said), "{fault:?}");
            }
            (end, said) => panic!("{end:?} {said:?}"),
        }
    }
    assert_eq!((Limits::aws().variable_bytes, Limits::aws().variables_bytes), (262_144, 10_485_760));
}

#[tokio::test(start_paused = true)]
async fn a_name_that_an_arn_could_not_tell_apart_is_refused() {
    let pass = Definition::parse(r#"{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}"#).unwrap();
    let machines =
        StateMachines::builder(Arc::new(MemoryLog::new())).machine("a", &pass).unwrap().open().await.unwrap();
    // The ARN of its execution `x` would be that of the execution `b:x` of `a`.
    for name in ["a:b", "a:1", ""] {
        let created = machines.registry().create(name, Registration::standard(&pass));
        assert!(matches!(created, Err(Error::InvalidName { .. })), "{name}");
        assert!(StateMachines::builder(Arc::new(MemoryLog::new())).machine(name, &pass).is_err(), "{name}");
    }
    let execution = machines.start("a", "b:x", json!({})).await.unwrap();
    let arn = machines.describe(execution).await.unwrap().about.execution_arn;
    assert_eq!(machines.find_arn(&arn).unwrap(), Some(execution));
}
