//! Executions of another kind, as the runtime sees them: begun under the id that is recorded, told, and cancelled.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen::others::{Begun, Functions, Others, Outcome};
use duramen::{Caller, Context, Event, ExecutionId, Failure, Handle, Invoked, Parent, Payload, Runtime, Status};
use duramen_actors::Error;
use duramen_storage::MemoryLog;
use futures::FutureExt;
use futures::future::BoxFuture;
use ground::on;

/// What happened to executions of the other kind.
#[derive(Debug, Clone, PartialEq)]
enum Seen {
    Begun(Invoked, Parent),
    Cancelled(ExecutionId, Failure),
    Told(Caller, ExecutionId, Outcome),
}

/// Another kind, of which only `echo` exists, which never ends by itself, and `full`, which cannot begin.
#[derive(Default)]
struct Kind(Mutex<Vec<Seen>>);

impl Kind {
    fn saw(&self, seen: Seen) {
        let mut all = self.0.lock().unwrap();
        if !all.contains(&seen) {
            all.push(seen);
        }
    }

    async fn until(&self, count: usize) -> Vec<Seen> {
        while self.0.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.0.lock().unwrap().clone()
    }
}

struct Link(Arc<Kind>);

impl Others for Link {
    fn names(&self) -> Vec<String> {
        vec!["echo".to_owned(), "full".to_owned()]
    }

    fn begin(&self, invoked: Invoked, parent: Parent) -> BoxFuture<'static, Result<Begun, Error>> {
        let begun = match invoked.workflow.as_str() {
            "echo" => Begun::Runs,
            "full" => Begun::Refused(Failure::new("Full", "no room")),
            _ => Begun::Unknown,
        };
        if begun == Begun::Runs {
            self.0.saw(Seen::Begun(invoked, parent));
        }
        std::future::ready(Ok(begun)).boxed()
    }

    fn cancel(&self, invoked: Invoked, why: Failure) -> BoxFuture<'static, Result<(), Error>> {
        self.0.saw(Seen::Cancelled(invoked.execution, why));
        std::future::ready(Ok(())).boxed()
    }

    fn tell(&self, caller: Caller, execution: ExecutionId, outcome: Outcome) -> BoxFuture<'static, Result<(), Error>> {
        self.0.saw(Seen::Told(caller, execution, outcome));
        std::future::ready(Ok(())).boxed()
    }
}

async fn invoke(ctx: Context, name: String) -> Result<u32, Failure> {
    ctx.invoke(name, 7).await
}

async fn open(log: &Arc<MemoryLog>, kind: &Arc<Kind>) -> (Runtime, Functions) {
    let runtime = on(log).workflow("invoke", invoke).others(Arc::new(Link(Arc::clone(kind)))).open().await.unwrap();
    let functions = runtime.functions();
    (runtime, functions)
}

#[tokio::test(start_paused = true)]
async fn what_no_workflow_is_goes_to_the_others_and_its_end_comes_back() {
    let (log, kind) = (Arc::new(MemoryLog::new()), Arc::new(Kind::default()));
    let (runtime, functions) = open(&log, &kind).await;
    let handle: Handle<u32> = runtime.start("invoke", "i", "echo").await.unwrap();
    let Seen::Begun(invoked, parent) = kind.until(1).await.remove(0) else { panic!() };
    assert_eq!((invoked.workflow.as_str(), invoked.input.read::<u32>().unwrap()), ("echo", 7));
    assert_eq!((parent.execution, parent.operation.to_string().as_str()), (handle.execution(), "1"));
    // Of another execution nobody wants to know.
    let other = ExecutionId::new(1, [1; 10]);
    let nine = Outcome::Succeeded(Payload::of(&9).unwrap());
    functions.tell(parent.clone(), other, nine.clone()).await.unwrap();
    assert_eq!(handle.status().await.unwrap(), Status::Running);
    functions.tell(parent.clone(), invoked.execution, nine.clone()).await.unwrap();
    functions.tell(parent, invoked.execution, nine).await.unwrap();
    assert_eq!(handle.result().await.unwrap(), 9);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_begin_or_is_not_known_fails_the_invocation() {
    let (runtime, _) = open(&Arc::new(MemoryLog::new()), &Arc::default()).await;
    for (name, failure) in [
        ("full", Failure::new("Full", "no room")),
        (
            "nobody",
            Failure::new(
                "UnknownWorkflow",
                "no workflow `nobody` is registered; known are: invoke; of other kinds: echo, full",
            ),
        ),
    ] {
        let error = runtime.start::<u32>("invoke", name, name).await.unwrap().result().await.unwrap_err();
        assert_eq!(error.failure().unwrap(), &failure);
    }
}

#[tokio::test(start_paused = true)]
async fn an_invocation_that_is_given_up_is_cancelled_there_whenever_the_process_ends() {
    let (whole, kind) = (Arc::new(MemoryLog::new()), Arc::new(Kind::default()));
    let (runtime, _) = open(&whole, &kind).await;
    let handle: Handle<u32> = runtime.start("invoke", "i", "echo").await.unwrap();
    let begun = kind.until(1).await;
    handle.cancel("enough").await.unwrap();
    let seen = kind.until(2).await;
    let [Seen::Begun(invoked, _), Seen::Cancelled(execution, why)] = seen.as_slice() else { panic!("{seen:?}") };
    assert_eq!((*execution, why.name()), (invoked.execution, Failure::CANCELLED));
    drop((runtime, handle));
    for batches in 1..whole.batches() {
        let kind = Arc::new(Kind::default());
        let (runtime, _) = open(&Arc::new(whole.prefix(batches)), &kind).await;
        let handle: Handle<u32> = runtime.get("invoke", "i").await.unwrap();
        if handle.status().await.unwrap() == Status::Running {
            // It may have ended, and only owe the cancelling.
            let _ = handle.cancel("enough").await;
        }
        let seen = kind.until(1).await;
        assert!(seen.iter().all(|seen| match seen {
            Seen::Begun(..) => *seen == begun[0],
            Seen::Cancelled(cancelled, _) => cancelled == execution,
            Seen::Told(..) => false,
        }));
        while handle.status().await.unwrap() == Status::Running {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(kind.until(1).await.iter().any(|seen| matches!(seen, Seen::Cancelled(..))), "after {batches} batches");
    }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_tells_the_caller_of_another_kind_and_keeps_it_over_its_runs() {
    let kind = Arc::new(Kind::default());
    let count = |ctx: Context, n: u32| async move {
        match n {
            3 => Ok::<u32, Failure>(n),
            _ => ctx.continue_as_new(n + 1).await,
        }
    };
    let builder = on(&Arc::new(MemoryLog::new())).workflow("count", count).others(Arc::new(Link(Arc::clone(&kind))));
    let runtime = builder.open().await.unwrap();
    let functions = runtime.functions();
    assert_eq!(functions.versions().keys().collect::<Vec<_>>(), ["count"]);
    let (caller, id) = (Caller::new(9, ExecutionId::new(1, [1; 10]), 4), ExecutionId::new(2, [2; 10]));
    let invoked = |execution, workflow: &str| {
        Invoked::new(execution, workflow.to_owned(), None, "c".to_owned(), Payload::of(&0).unwrap())
    };
    for _ in 0..2 {
        assert_eq!(functions.begin(&invoked(id, "count"), caller).await.unwrap(), Begun::Runs);
    }
    assert_eq!(functions.begin(&invoked(id, "other"), caller).await.unwrap(), Begun::Unknown);
    let taken = functions.begin(&invoked(ExecutionId::new(3, [3; 10]), "count"), caller).await.unwrap();
    assert!(matches!(taken, Begun::Refused(failure) if failure.name() == "ExecutionAlreadyStarted"));
    let three = Outcome::Succeeded(Payload::of(&3).unwrap());
    assert_eq!(kind.until(1).await, [Seen::Told(caller, id, three.clone())]);
    let handle: Handle<u32> = runtime.get_by_id(id).await.unwrap();
    let history = handle.history().await.unwrap();
    assert_eq!(history[1].event, Event::CallerRecorded { caller });
    // One that was cancelled before it began does not begin.
    let never = ExecutionId::new(4, [4; 10]);
    let later = Invoked::new(never, "count".to_owned(), None, "never".to_owned(), Payload::of(&0).unwrap());
    functions.cancel(&later, Failure::new(Failure::CANCELLED, "too late")).await.unwrap();
    assert_eq!(functions.begin(&later, caller).await.unwrap(), Begun::Runs);
    let stopped: Handle<u32> = runtime.get_by_id(never).await.unwrap();
    assert!(stopped.result().await.is_err());
    assert_eq!(functions.call("count", None, Payload::of(&1).unwrap()).await.unwrap(), three);
    drop((runtime, handle, stopped));
    assert!(matches!(functions.begin(&later, caller).await, Err(Error::ShuttingDown)));
}
