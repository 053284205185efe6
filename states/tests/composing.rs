//! Durable functions and state machines on one log: they call each other, and neither loses the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen::{Context, Failure, Handle, Runtime};
use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::history::Kind;
use duramen_states::{End, Error, Fault, StateMachines, Tasks};
use duramen_storage::{ExecutionId, Log, MemoryLog, Query, Status};
use serde_json::{Value, json};

/// Thinks for so many seconds, and fails when there is nothing to double.
async fn double(ctx: Context, (seconds, n): (u64, u64)) -> Result<u64, Failure> {
    ctx.wait("think", Duration::from_secs(seconds)).await?;
    if n == 0 {
        return Err(Failure::new("Nothing", "to double").with_data(&n));
    }
    ctx.step("double", move || async move { Ok::<_, Failure>(n * 2) }).await
}

/// Runs a machine, and gives what that gives.
async fn run(ctx: Context, (machine, input): (String, Value)) -> Result<Value, Failure> {
    ctx.invoke::<Value>(machine, input).await
}

/// Runs a machine for ten seconds at most.
async fn hurry(ctx: Context, input: Value) -> Result<Value, Failure> {
    ctx.invoke::<Value>("task", input).timeout(Duration::from_secs(10)).await
}

/// Gives a machine up when it takes too long.
async fn impatient(ctx: Context, input: Value) -> Result<&'static str, Failure> {
    let machine = async { ctx.invoke::<Value>("task", input).await.map(|_| "machine") };
    let patience = async { ctx.wait("patience", Duration::from_secs(20)).await.map(|()| "patience") };
    use futures::FutureExt;
    ctx.race([machine.boxed(), patience.boxed()]).await
}

fn task(resource: &str, fields: Value) -> Value {
    let mut state = json!({"Type": "Task", "Resource": resource, "End": true});
    state.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"StartAt": "Task", "States": {"Task": state}})
}

fn machines() -> Vec<(&'static str, Value)> {
    let invoke = json!({"Parameters": {"FunctionName": "arn:aws:lambda:r:1:function:double:1", "Payload.$": "$"}});
    let late = json!({"StartAt": "Late", "States": {
        "Late": {"Type": "Wait", "Seconds": 50, "Next": "Bad"}, "Bad": {"Type": "Fail", "Error": "Late"}}});
    let both = json!({"StartAt": "Both", "States": {"Both": {
        "Type": "Parallel", "End": true, "Branches": [task("double", json!({})), late]}}});
    let caught = json!({"Catch": [{"ErrorEquals": ["Nothing"], "Next": "Caught"}]});
    let mut caught = task("arn:aws:lambda:r:1:function:double", caught);
    caught["States"]["Caught"] = json!({"Type": "Pass", "End": true});
    let asks = json!({"Parameters": {"FunctionName": "remember", "Payload.$": "$$.Task.Token"}});
    vec![
        ("asks", task("arn:aws:states:::lambda:invoke.waitForTaskToken", asks)),
        ("task", task("double", json!({}))),
        ("arn", task("arn:aws:lambda:r:1:function:double", json!({}))),
        ("invoke", task("arn:aws:states:::lambda:invoke", invoke)),
        ("hasty", task("double", json!({"TimeoutSeconds": 30}))),
        ("deep", task("run", json!({"Parameters.$": "$"}))),
        ("both", both),
        ("caught", caught),
        ("unknown", task("triple", json!({}))),
        ("missing", task("arn:aws:lambda:r:1:function:double:7", json!({}))),
        ("fail", json!({"StartAt": "No", "States": {"No": {"Type": "Fail", "Error": "Bad", "Cause": "no luck"}}})),
        ("wait", json!({"StartAt": "W", "States": {"W": {"Type": "Wait", "SecondsPath": "$.seconds", "End": true}}})),
    ]
}

struct Ground {
    log: Arc<MemoryLog>,
    /// What `remember` was given.
    tokens: Arc<Mutex<Vec<String>>>,
    machines: StateMachines,
    runtime: Runtime,
}

impl Ground {
    async fn open(log: Arc<MemoryLog>) -> Self {
        let shared: Arc<dyn Log> = Arc::<MemoryLog>::clone(&log);
        let clock = || TokioClock::starting_at(1_700_000_000_000);
        let functions = Runtime::on_log(Arc::clone(&shared)).clock(clock()).idle(Duration::from_secs(1));
        let functions = functions.workflow("double", double).workflow("run", run);
        let functions = functions.workflow("hurry", hurry).workflow("impatient", impatient);
        let tokens: Arc<Mutex<Vec<String>>> = Arc::default();
        let given = Arc::clone(&tokens);
        let functions = functions.workflow("remember", move |ctx: Context, token: String| {
            given.lock().unwrap().push(token);
            async move { ctx.wait("a while", Duration::from_secs(20)).await }
        });
        let mut builder =
            StateMachines::builder(shared).clock(Arc::new(clock())).idle(Duration::from_secs(1)).snapshot_every(2);
        for (name, text) in self::machines() {
            builder = builder.machine(name, &Definition::parse(&text.to_string()).unwrap()).unwrap();
        }
        let (machines, runtime) = builder.tasks(Tasks::new()).open_with(functions).await.unwrap();
        Self { log, tokens, machines, runtime }
    }

    async fn new() -> Self {
        Self::open(Arc::new(MemoryLog::new())).await
    }

    async fn machine(&self, name: &str, input: Value) -> (ExecutionId, End) {
        let execution = self.machines.start(name, "one", input).await.unwrap();
        (execution, self.machines.result(execution).await.unwrap())
    }

    async fn function(&self, workflow: &str, input: Value) -> Result<Value, Failure> {
        let handle: Handle<Value> = self.runtime.start(workflow, "one", input).await.unwrap();
        handle.result().await.map_err(|error| error.failure().unwrap().clone())
    }

    fn listed(&self, status: Status) -> Vec<ExecutionId> {
        self.log.list(&Query::new().status(status)).unwrap().rows.iter().map(|row| row.execution).collect()
    }

    /// Waits until nothing runs, and gives how many succeeded, failed, timed out and were stopped.
    async fn at_rest(&self) -> [usize; 4] {
        while !self.listed(Status::Running).is_empty() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(self.listed(Status::Paused).is_empty());
        [Status::Succeeded, Status::Failed, Status::TimedOut, Status::Stopped].map(|status| self.listed(status).len())
    }

    async fn kinds(&self, execution: ExecutionId) -> Vec<Kind> {
        self.machines.history(execution).await.unwrap().iter().map(|event| event.kind()).collect()
    }
}

fn output(end: End) -> Value {
    let End::Succeeded(output) = end else { panic!("{end:?}") };
    output.into_value()
}

fn fault(end: End) -> Fault {
    let End::Failed(fault) = end else { panic!("{end:?}") };
    fault
}

#[tokio::test(start_paused = true)]
async fn a_task_calls_a_function_by_name_arn_or_invoke() {
    let ground = Ground::new().await;
    for machine in ["task", "arn"] {
        let (execution, end) = ground.machine(machine, json!([30, 21])).await;
        assert_eq!(output(end), json!(42), "{machine}");
        let lambda =
            [Kind::LambdaFunctionScheduled, Kind::LambdaFunctionStarted, Kind::LambdaFunctionSucceeded].as_slice();
        assert_eq!(&ground.kinds(execution).await[2..5], lambda, "{machine}");
    }
    let (_, end) = ground.machine("invoke", json!([30, 21])).await;
    let response = output(end);
    assert_eq!((&response["Payload"], &response["StatusCode"]), (&json!(42), &json!(200)));
    assert_eq!(ground.at_rest().await, [6, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_function_runs_a_machine_that_calls_a_function() {
    let ground = Ground::new().await;
    assert_eq!(ground.function("run", json!(["task", [30, 21]])).await, Ok(json!(42)));
    let (_, end) = ground.machine("deep", json!(["wait", {"seconds": 5}])).await;
    assert_eq!(output(end), json!({"seconds": 5}));
    assert_eq!(ground.at_rest().await, [6, 0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn failures_go_both_ways() {
    let ground = Ground::new().await;
    let failed = fault(ground.machine("arn", json!([0, 0])).await.1);
    assert_eq!(failed.error.as_deref(), Some("Nothing"));
    let cause: Value = serde_json::from_str(&failed.cause.unwrap()).unwrap();
    assert_eq!(cause, json!({"errorMessage": "to double", "errorType": "Nothing", "errorData": 0}));
    let (execution, end) = ground.machine("caught", json!([0, 0])).await;
    assert_eq!(output(end)["Error"], "Nothing");
    assert!(ground.kinds(execution).await.contains(&Kind::LambdaFunctionFailed));

    let failure = ground.function("run", json!(["fail", {}])).await.unwrap_err();
    assert_eq!((failure.name(), failure.cause()), ("Bad", "no luck"));
    let failure = ground.function("hurry", json!([100, 1])).await.unwrap_err();
    assert_eq!(failure.name(), Failure::INVOKE_TIMEOUT);
    assert_eq!(ground.at_rest().await, [1, 6, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn unknown_names_are_told_with_what_is_known() {
    let ground = Ground::new().await;
    let unknown = fault(ground.machine("unknown", json!({})).await.1).cause.unwrap();
    assert!(unknown.contains("'triple'") && unknown.contains("double, hurry, impatient, remember, run"), "{unknown}");
    let missing = fault(ground.machine("missing", json!([0, 1])).await.1);
    assert_eq!(missing.error.as_deref(), Some("Lambda.ResourceNotFoundException"));
    assert!(missing.cause.unwrap().contains("double:7"));
    let failure = ground.function("run", json!(["nobody", {}])).await.unwrap_err();
    assert_eq!(failure.name(), "UnknownWorkflow");
    assert!(
        failure.cause().contains("`nobody`") && failure.cause().contains("of other kinds: arn, asks, both"),
        "{failure}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_waits_leaves_memory() {
    let ground = Ground::new().await;
    let handle: Handle<Value> = ground.runtime.start("run", "one", json!(["task", [3600, 1]])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let awake = ground.log.list(&Query::new().status(Status::Running).awake(true)).unwrap().rows;
    assert_eq!(awake.len(), 0, "{awake:?}");
    assert_eq!((ground.listed(Status::Running).len(), ground.runtime.live()), (3, 0));
    assert_eq!(handle.result().await.unwrap(), json!(2));
    assert_eq!(ground.at_rest().await, [3, 0, 0, 0]);
}

/// Whenever the process ends, the same comes of it, once for each execution.
async fn every_crash_point(start: impl AsyncFn(&Ground) -> Value, ends: [usize; 4]) {
    let ground = Ground::new().await;
    let came = start(&ground).await;
    assert_eq!(ground.at_rest().await, ends);
    let whole = Arc::clone(&ground.log);
    drop(ground);
    let executions: usize = ends.iter().sum();
    assert!(whole.batches() as usize >= 2 * executions, "{}", whole.batches());
    for batches in 0..=whole.batches() {
        let ground = Ground::open(Arc::new(whole.prefix(batches))).await;
        assert_eq!(start(&ground).await, came, "after {batches} batches");
        assert_eq!(ground.at_rest().await, ends, "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_a_machine_that_calls_a_function_comes_to_the_same() {
    for seconds in [0, 30] {
        every_crash_point(async |ground| output(ground.machine("task", json!([seconds, 4])).await.1), [2, 0, 0, 0])
            .await;
    }
    let failed = async |ground: &Ground| json!(fault(ground.machine("arn", json!([5, 0])).await.1).cause);
    every_crash_point(failed, [0, 2, 0, 0]).await;
}

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_a_function_that_runs_a_machine_comes_to_the_same() {
    for seconds in [0, 30] {
        let input = json!(["wait", {"seconds": seconds}]);
        every_crash_point(async |ground| ground.function("run", input.clone()).await.unwrap(), [2, 0, 0, 0]).await;
    }
    let failed =
        async |ground: &Ground| json!(ground.function("run", json!(["fail", {}])).await.unwrap_err().to_string());
    every_crash_point(failed, [0, 2, 0, 0]).await;
}

#[tokio::test(start_paused = true)]
async fn every_crash_point_of_three_levels_comes_to_the_same() {
    for seconds in [0, 30] {
        let input = json!(["task", [seconds, 4]]);
        every_crash_point(async |ground| ground.function("run", input.clone()).await.unwrap(), [3, 0, 0, 0]).await;
        let deep = json!(["task", [seconds, 4]]);
        every_crash_point(async |ground| output(ground.machine("deep", deep.clone()).await.1), [4, 0, 0, 0]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_any_more_is_stopped_whenever_the_process_ends() {
    // A task that is out of time, and one that is given up beside another.
    let hasty = async |ground: &Ground| json!(fault(ground.machine("hasty", json!([7200, 1])).await.1).error);
    every_crash_point(hasty, [0, 1, 0, 1]).await;
    let both = async |ground: &Ground| json!(fault(ground.machine("both", json!([7200, 1])).await.1).error);
    every_crash_point(both, [0, 1, 0, 1]).await;
    // An invocation that loses a race: its machine is stopped, and with it the function of that.
    let impatient = async |ground: &Ground| ground.function("impatient", json!([7200, 1])).await.unwrap();
    every_crash_point(impatient, [1, 0, 0, 2]).await;
}

#[tokio::test(start_paused = true)]
async fn who_is_stopped_stops_what_it_waits_for() {
    let ground = Ground::new().await;
    let machine = ground.machines.start("task", "one", json!([7200, 1])).await.unwrap();
    let handle: Handle<Value> = ground.runtime.start("run", "one", json!(["task", [7200, 1]])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    ground.machines.stop(machine, Fault::default()).await.unwrap();
    handle.cancel("enough").await.unwrap();
    assert!(handle.result().await.is_err());
    assert_eq!(ground.at_rest().await, [0, 0, 0, 5]);
}

#[tokio::test(start_paused = true)]
async fn a_function_may_be_given_a_token_and_end_before_it_is_back_or_after() {
    for (after, is_submitted) in [(60, true), (5, false)] {
        let ground = Ground::new().await;
        let execution = ground.machines.start("asks", "one", json!({})).await.unwrap();
        tokio::time::sleep(Duration::from_secs(after)).await;
        assert_eq!(ground.machines.look(execution).await.unwrap(), None);
        let token = ground.tokens.lock().unwrap()[0].clone();
        ground.machines.answer_task(&token, Ok(json!("back"))).await.unwrap();
        assert_eq!(output(ground.machines.result(execution).await.unwrap()), json!("back"));
        assert_eq!(ground.at_rest().await, [2, 0, 0, 0]);
        let submitted = ground.kinds(execution).await.contains(&Kind::TaskSubmitted);
        assert_eq!(submitted, is_submitted, "answered after {after} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_owed_to_those_who_are_not_open_stays_owed() {
    let ground = Ground::new().await;
    let execution = ground.machines.start("task", "one", json!([30, 4])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let log = Arc::new(ground.log.prefix(ground.log.batches()));
    drop(ground);
    let alone = Runtime::on_log(Arc::<MemoryLog>::clone(&log)).workflow("double", double);
    let alone = alone.clock(TokioClock::starting_at(1_700_000_010_000)).open().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(log.list(&Query::new().status(Status::Running)).unwrap().rows.len(), 2);
    drop(alone);
    let ground = Ground::open(Arc::new(log.prefix(log.batches()))).await;
    assert_eq!(output(ground.machines.result(execution).await.unwrap()), json!(8));
    assert_eq!(ground.at_rest().await, [2, 0, 0, 0]);
}

#[tokio::test]
async fn the_two_must_stand_on_one_log() {
    let builder = StateMachines::builder(Arc::new(MemoryLog::new()));
    let refused = builder.open_with(Runtime::on_log(Arc::new(MemoryLog::new()))).await;
    assert!(matches!(refused, Err(Error::OtherLog)));
}

#[tokio::test(start_paused = true)]
async fn dropping_both_ends_everything() {
    let ground = Ground::new().await;
    ground.machines.start("task", "one", json!([3600, 1])).await.unwrap();
    let log = Arc::downgrade(&ground.log);
    drop(ground);
    while log.strong_count() > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
