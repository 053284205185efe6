//! Recorded histories against changed code, and histories as stable text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::path::Path;
use std::time::Duration;

use duramen::testing::{Lab, assert_replays, ended, record, replays, stable_text, virtual_time};
use duramen::{Builder, CallbackToken, Context, Failure, Retry};
use ground::Deeds;

fn step(ctx: &Context, name: &'static str) -> impl Future<Output = Result<String, Failure>> + Send + use<> {
    ctx.step(name, move || async move { Ok::<_, Failure>(name.to_owned()) })
}

/// Three runs, each with a child of two steps, of which the inner one can be given another name.
async fn rounds(ctx: Context, round: u32, inner: &'static str, last: &'static str) -> Result<u32, Failure> {
    ctx.child("within", move |ctx| async move {
        step(&ctx, "first").await?;
        step(&ctx, inner).await
    })
    .await?;
    ctx.wait("a while", Duration::from_secs(60)).await?;
    if round < 2 {
        return ctx.continue_as_new(round + 1).await;
    }
    step(&ctx, last).await?;
    Ok(round)
}

fn with(inner: &'static str, last: &'static str) -> impl Fn(Builder) -> Builder + Send + Sync + 'static {
    move |builder| builder.workflow("rounds", move |ctx, round| rounds(ctx, round, inner, last))
}

/// Records one execution, as far as it has come after so many seconds.
async fn recorded(folder: &Path, seconds: u64) {
    let mut lab = Lab::in_memory(with("second", "last"));
    let handle = lab.start::<u32>("rounds", "r/1", 0).await.unwrap();
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    let path = record(&handle, folder).await.unwrap();
    assert_eq!(path, folder.join("rounds.r%2f1.history"));
}

fn mismatch(setup: impl FnOnce(Builder) -> Builder, folder: &Path) -> Option<String> {
    let replayed = replays(setup, folder).unwrap();
    assert_eq!((replayed[0].workflow.as_str(), replayed[0].version, replayed[0].name.as_str()), ("rounds", 1, "r/1"));
    replayed[0].mismatch.clone()
}

#[tokio::test(start_paused = true)]
async fn a_history_replays_against_the_code_it_was_recorded_with_wherever_it_stood() {
    for seconds in [1, 59, 61, 119, 121, 500] {
        let folder = tempfile::tempdir().unwrap();
        recorded(folder.path(), seconds).await;
        assert_replays(with("second", "last"), folder.path());
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_inside_of_a_child_that_has_ended_is_found_in_every_run() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), 500).await;
    let told = mismatch(with("other", "last"), folder.path()).unwrap();
    assert!(told.contains("operation 1.2, step `second`") && told.contains("step `other` at"), "{told}");
    let told = mismatch(with("second", "other"), folder.path()).unwrap();
    assert!(told.contains("operation 3, step `last`") && told.contains("step `other` at"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_ends_otherwise_is_found() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), 500).await;
    let never_again = |builder: Builder| {
        builder.workflow("rounds", |ctx: Context, _: u32| async move { rounds(ctx, 2, "second", "last").await })
    };
    let told = mismatch(never_again, folder.path()).unwrap();
    assert!(told.contains("another run") && told.contains("step `last`"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn an_unregistered_workflow_and_a_panic_are_told() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), 500).await;
    let told = mismatch(|builder| builder, folder.path()).unwrap();
    assert!(told.contains("`rounds`, which is not registered"), "{told}");
    let panics = |builder: Builder| {
        builder.workflow("rounds", |ctx: Context, _: u32| async move {
            if ctx.replaying() {
                panic!("not this way");
            }
            Ok::<_, Failure>(0)
        })
    };
    assert_eq!(mismatch(panics, folder.path()).unwrap(), "the workflow panicked: not this way");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_performed_and_a_stopped_execution_replays_up_to_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let deeds = Deeds::default();
    let did = deeds.clone();
    let setup = move |builder: Builder| {
        let did = did.clone();
        builder.workflow("endless", move |ctx: Context, (): ()| {
            let did = did.clone();
            async move {
                ctx.step("do", || did.clone().deed("do")).await?;
                ctx.step("hang", || {
                    did.note("hang");
                    std::future::pending::<Result<(), Failure>>()
                })
                .await
            }
        })
    };
    let mut lab = Lab::in_memory(setup.clone());
    let handle = lab.start::<()>("endless", "e", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    record(&handle, folder.path().join("running")).await.unwrap();
    handle.stop(Failure::new("Enough", "")).await.unwrap();
    record(&handle, folder.path().join("stopped")).await.unwrap();
    assert_eq!(deeds.all(), ["do", "hang"]);
    assert_replays(setup.clone(), folder.path().join("running"));
    assert_replays(setup, folder.path().join("stopped"));
    assert_eq!(deeds.all(), ["do", "hang"], "not even the closure of a step was called");
}

#[tokio::test(start_paused = true)]
async fn what_is_no_history_is_told_and_other_files_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    recorded(folder.path(), 1).await;
    std::fs::write(folder.path().join("README.md"), "not one").unwrap();
    std::fs::write(folder.path().join("a.history"), "not one").unwrap();
    let replayed = replays(with("second", "last"), folder.path()).unwrap();
    assert_eq!(replayed.len(), 2);
    assert!(replayed[0].mismatch.as_ref().unwrap().contains("it is not a history"));
    assert_eq!(replayed[1].mismatch, None);
}

#[test]
#[should_panic(expected = "1 of 1 recorded histories do not replay")]
fn the_assertion_fails_with_what_does_not_match() {
    virtual_time(async {
        let folder = tempfile::tempdir().unwrap();
        recorded(folder.path(), 500).await;
        assert_replays(with("other", "last"), folder.path());
    })
    .unwrap();
}

#[test]
#[should_panic(expected = "has no recorded history")]
fn an_empty_folder_proves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert_replays(|builder| builder, folder.path());
}

/// Something of everything that is another one each time.
async fn by_chance(ctx: Context, (): ()) -> Result<String, Failure> {
    let (number, id) = (ctx.random(), ctx.uuid());
    let mut approval = ctx.callback::<String>("approval").timeout(Duration::from_secs(600));
    let token = approval.token();
    let mailed = ctx
        .step_with("mail", |step| {
            let letter = format!("{id} {number} {token} {}", step.key());
            async move { if step.attempt() < 3 { Err(Failure::new("Busy", letter)) } else { Ok(letter) } }
        })
        .retry(Retry::exponential())
        .await?;
    let approved = approval.await?;
    let invoked: String = ctx.invoke("other", ctx.execution().to_string()).await?;
    Ok(format!("{mailed} {approved} {invoked}"))
}

async fn text_by_chance(mut lab: Lab) -> (String, String) {
    let runtime = lab.open().await.unwrap();
    let handle = runtime.start::<String>("chance", "c", ()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(400)).await;
    let mailed = handle.history().await.unwrap().iter().map(|line| line.event.to_string()).collect::<String>();
    let token = mailed.split(['"', ' ']).find_map(|word| word.parse::<CallbackToken>().ok()).expect("it was mailed");
    runtime.succeed_callback(&token, &"yes").await.unwrap();
    ended(&handle).await.unwrap().succeeded().unwrap();
    let history = handle.history().await.unwrap();
    (stable_text(&history), handle.history_text().await.unwrap())
}

#[tokio::test(start_paused = true)]
async fn two_runs_give_the_same_text_in_memory_and_in_a_folder() {
    let setup = |builder: Builder| {
        builder
            .workflow("chance", by_chance)
            .workflow("other", |_: Context, from: String| async move { Ok::<_, Failure>(format!("hello, {from}")) })
    };
    let folder = tempfile::tempdir().unwrap();
    let (one, raw) = text_by_chance(Lab::in_memory(setup)).await;
    let (two, other) = text_by_chance(Lab::in_memory(setup).starting_at(1_800_000_000_000)).await;
    let (three, _) = text_by_chance(Lab::in_folder(folder.path(), setup)).await;
    assert_eq!(one, two);
    assert_eq!(one, three);
    assert_ne!(raw, other, "which cannot be said of the history itself");
    for line in [
        "   1  ExecutionStarted   `chance` as `c` with null\n",
        "   2  ValueRecorded      1 `random` <value 1>\n",
        "   3  ValueRecorded      2 `uuid` <value 2>\n",
        "   4  CallbackStarted    3 `approval` for 600000 ms\n",
        "StepFailed         4 attempt 2 Busy: <value 2> <value 1> <token 1> <id 1>/4, and again\n",
        "StepSucceeded      4 attempt 3 \"<value 2> <value 1> <token 1> <id 1>/4\"\n",
        "CallbackSucceeded  3 \"yes\"\n",
        "ChainedInvokeStarted 5 `other` `other` as `<id 1>/5` with \"<id 1>\"\n",
        "ChainedInvokeSucceeded 5 \"hello, <id 1>\"\n",
    ] {
        assert!(one.contains(line), "{line} is not in\n{one}");
    }
}
