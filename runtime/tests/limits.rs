//! What is too large is refused where it comes in, and no execution hangs on it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod tape;

use std::sync::Arc;
use std::time::Duration;

use duramen::{Builder, CallbackToken, Condition, Context, Error, Failure, Handle, Runtime, Status};
use futures::future::BoxFuture;
use tape::{Tape, outcome, survives_every_crash};

const SECOND: Duration = Duration::from_secs(1);

/// The largest payload that is taken: a text of 998 characters.
const LIMIT: usize = 1000;

fn large() -> String {
    "x".repeat(LIMIT - 1)
}

fn fits() -> String {
    "x".repeat(LIMIT - 2)
}

/// What a workflow comes to that may have payloads of so many bytes.
async fn run<F, Fut>(workflow: F) -> String
where
    F: Fn(Context) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Result<String, Failure>> + Send + 'static,
{
    let set_up = |on: Builder, workflow: F| {
        on.max_payload(LIMIT)
            .workflow("w", move |ctx, (): ()| workflow(ctx))
            .workflow("echo", |_: Context, text: String| async move { Ok::<_, Failure>(text + "x") })
    };
    survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = set_up(tape.builder(), workflow.clone()).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        outcome(&handle).await
    })
    .await
}

fn name<T>(told: Result<T, Failure>) -> Result<String, Failure> {
    Ok(told.err().map_or_else(|| "taken".to_owned(), |failure| failure.name().to_owned()))
}

const TOO_LARGE: &str = "PayloadTooLarge";

#[tokio::test(start_paused = true)]
async fn what_a_workflow_gives_is_as_large_as_allowed_and_not_larger() {
    for (text, expected) in [(fits(), "taken"), (large(), TOO_LARGE)] {
        let step = {
            let text = text.clone();
            move |ctx: Context| {
                let text = text.clone();
                async move {
                    let run = move || std::future::ready(Ok::<_, Failure>(text.clone()));
                    name(ctx.step("step", run).retry(duramen::Retry::none()).await)
                }
            }
        };
        assert_eq!(run(step).await, expected, "the result of a step");

        let condition = {
            let text = text.clone();
            move |ctx: Context| {
                let text = text.clone();
                async move {
                    let look = move |_: String| std::future::ready(Ok::<_, Failure>(Condition::Met(text.clone())));
                    name(ctx.wait_for_condition("condition", String::new(), look).await)
                }
            }
        };
        assert_eq!(run(condition).await, expected, "the state of a condition");

        let child = {
            let text = text.clone();
            move |ctx: Context| {
                let text = text.clone();
                async move {
                    let inside = async |ctx: Context| {
                        ctx.wait("a second", SECOND).await?;
                        Ok::<_, Failure>(text)
                    };
                    name(ctx.child("child", inside).await)
                }
            }
        };
        assert_eq!(run(child).await, expected, "the result of a child context");

        let values = {
            let text = text.clone();
            move |ctx: Context| {
                let text = text.clone();
                async move {
                    let told = (name(ctx.record("value", || text.clone()))?, name(ctx.publish("value", &text))?);
                    ctx.wait("a second", SECOND).await?;
                    Ok(format!("{told:?}"))
                }
            }
        };
        assert_eq!(run(values).await, format!("{:?}", (expected, expected)), "a recorded and a published value");

        let invoked = {
            let text = text.clone();
            move |ctx: Context| {
                let text = text.clone();
                async move { name(ctx.invoke::<String>("echo", text).await) }
            }
        };
        // What is echoed has one character more, and is too large if the input is not.
        let failure = run(invoked).await;
        assert_eq!(failure, TOO_LARGE, "the input, or the result, of an invocation");
    }
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_workflow_is_too_large() {
    let outcome = run(|_| async { Ok(large()) }).await;
    assert!(outcome.contains(TOO_LARGE), "{outcome}");
}

#[tokio::test(start_paused = true)]
async fn what_comes_from_outside_is_as_large_as_allowed_and_not_larger() {
    let tape = Tape::new();
    let runtime = tape
        .builder()
        .max_payload(LIMIT)
        .workflow("w", |ctx: Context, _: String| async move {
            let mut callback = ctx.callback::<String>("callback");
            ctx.publish("token", &callback.token())?;
            let signal: String = ctx.signal("signal").await?;
            let update = ctx.update::<String>("update").await?;
            let refused = update.value().clone() + "x";
            update.accept(&refused);
            let callback = callback.await?;
            Ok::<_, Failure>(format!("{} {}", signal.len(), callback.len()))
        })
        .open()
        .await
        .unwrap();
    let too_large = |told: Result<(), Error>| {
        assert!(matches!(told, Err(Error::TooLarge { bytes: 1001, limit: LIMIT, .. })), "{told:?}");
    };
    too_large(runtime.start::<String>("w", "w", large()).await.map(|_| ()));
    let handle: Handle<String> = runtime.start("w", "w", fits()).await.unwrap();
    too_large(handle.signal("signal", &large()).await);
    handle.signal("signal", &fits()).await.unwrap();
    too_large(handle.update::<String>("update", &large()).await.map(|_| ()));
    let refused = handle.update::<String>("update", &fits()).await.unwrap_err();
    assert_eq!(refused.failure().unwrap().name(), TOO_LARGE, "the answer is too large");
    let token: CallbackToken = handle.query("token").await.unwrap().unwrap();
    too_large(runtime.succeed_callback(&token, &large()).await);
    runtime.succeed_callback(&token, &fits()).await.unwrap();
    assert_eq!(outcome(&handle).await, format!("{} {}", LIMIT - 2, LIMIT - 2));
}

#[tokio::test(start_paused = true)]
async fn an_execution_begins_no_more_operations_than_it_may_also_after_a_crash() {
    let workflow = |ctx: Context, (): ()| async move {
        let mut begun = 0;
        loop {
            let step = ctx.step("step", || async { Ok::<_, Failure>(()) }).await;
            match step {
                Ok(()) => begun += 1,
                Err(failure) => return Ok::<_, Failure>(format!("{begun} {}", failure.name())),
            }
        }
    };
    let result = survives_every_crash(async |tape: Arc<Tape>| {
        let runtime = tape.builder().max_operations(7).workflow("w", workflow).open().await.unwrap();
        let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
        outcome(&handle).await
    })
    .await;
    assert_eq!(result, "7 TooManyOperations");
}

#[tokio::test(start_paused = true)]
async fn what_was_refused_stays_refused_when_the_limits_are_raised() {
    let workflow = |ctx: Context, (): ()| async move {
        let recorded = ctx.record("value", large).is_ok();
        let published = ctx.publish("value", &large()).is_ok();
        let child = ctx.child("child", async |_: Context| Ok::<_, Failure>(large())).await.is_ok();
        let invoked = ctx.invoke::<()>("w", large()).await.is_ok();
        let taken = [recorded, published, child, invoked];
        // A step for each that was taken: the code goes another way.
        for _ in taken.into_iter().filter(|taken| *taken) {
            ctx.step("taken", || async { Ok::<_, Failure>(()) }).await?;
        }
        ctx.wait("a minute", 60 * SECOND).await?;
        Ok::<_, Failure>(format!("{taken:?}"))
    };
    let tape = Tape::new();
    let runtime = tape.builder().max_payload(LIMIT).workflow("w", workflow).open().await.unwrap();
    runtime.start::<String>("w", "w", ()).await.unwrap();
    tape.at(5_000).await;
    drop(runtime);
    let tape = tape.cut();
    let runtime = tape.builder().max_payload(10 * LIMIT).workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.get("w", "w").await.unwrap();
    assert_eq!(outcome(&handle).await, format!("{:?}", [false; 4]));
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_too_large_is_cut_wherever_it_comes_from() {
    let huge = || Failure::new("Huge", "ä".repeat(LIMIT)).with_data(&large());
    let is_cut = |failure: &Failure| {
        let cut = failure.cause().ends_with("… (cut)") && failure.cause().len() < LIMIT + 20;
        assert!(failure.name() == "Huge" && cut && failure.payload().is_none(), "{failure:?}");
    };
    let workflow = move |ctx: Context, (): ()| async move {
        let step = ctx.step("step", move || async move { Err::<(), _>(huge()) }).retry(duramen::Retry::none());
        let child = ctx.child("child", async move |_: Context| Err::<(), _>(huge()));
        let mut callback = ctx.callback::<()>("callback");
        ctx.publish("token", &callback.token())?;
        let update = async {
            ctx.update::<()>("update").await?.refuse(huge());
            Ok::<_, Failure>(())
        };
        let (step, child, callback, update) = tokio::join!(step, child, callback, update);
        update?;
        for failure in [step, child, callback] {
            is_cut(&failure.unwrap_err());
        }
        Err::<String, _>(huge())
    };
    let tape = Tape::new();
    let runtime = tape.builder().max_payload(LIMIT).workflow("w", workflow).open().await.unwrap();
    let handle: Handle<String> = runtime.start("w", "w", ()).await.unwrap();
    let token: CallbackToken = handle.query("token").await.unwrap().unwrap();
    runtime.fail_callback(&token, huge()).await.unwrap();
    is_cut(handle.update::<()>("update", &()).await.unwrap_err().failure().unwrap());
    is_cut(handle.result().await.unwrap_err().failure().unwrap());
}

/// Passes a result up through so many child contexts.
fn nested(ctx: Context, levels: u32, bytes: usize) -> BoxFuture<'static, Result<String, Failure>> {
    Box::pin(async move {
        match levels {
            0 => ctx.step("make", move || async move { Ok::<_, Failure>("x".repeat(bytes)) }).await,
            _ => ctx.child("inner", |ctx| nested(ctx, levels - 1, bytes)).await,
        }
    })
}

#[tokio::test]
async fn a_large_result_passes_through_many_children_in_one_turn() {
    let folder = tempfile::tempdir().unwrap();
    let runtime = Runtime::builder(folder.path())
        .max_payload(1 << 20)
        .workflow("w", |ctx, levels: u32| nested(ctx, levels, 1_000_000))
        .open()
        .await
        .unwrap();
    let handle = runtime.start::<String>("w", "w", 40).await.unwrap();
    assert_eq!(handle.settled().await.unwrap(), Status::Succeeded);
    assert_eq!(handle.result().await.unwrap().len(), 1_000_000);
}
