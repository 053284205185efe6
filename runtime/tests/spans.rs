//! What spans and events of the runtime say of where they belong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod ground;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen::{Context, Failure, Handle};
use duramen_storage::MemoryLog;
use ground::on;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context as In, Layer, SubscriberExt};

type Fields = BTreeMap<&'static str, String>;

/// The spans that were made and the events that happened, with their fields.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, Fields)>>>);

struct Read<'a>(&'a mut Fields);

impl Visit for Read<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }
}

impl<S: Subscriber> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: In<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Read(&mut fields));
        self.0.lock().unwrap().push((attributes.metadata().name(), fields));
    }

    fn on_event(&self, event: &Event<'_>, _: In<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Read(&mut fields));
        self.0.lock().unwrap().push(("event", fields));
    }
}

impl Seen {
    fn spans(&self, name: &str) -> Vec<Fields> {
        let seen = self.0.lock().unwrap();
        seen.iter().filter(|(named, _)| *named == name).map(|(_, fields)| fields.clone()).collect()
    }

    fn events(&self, saying: &str) -> Vec<Fields> {
        let says = |fields: &Fields| fields.get("message").is_some_and(|message| message.contains(saying));
        self.spans("event").into_iter().filter(says).collect()
    }
}

fn fields<'a>(of: impl IntoIterator<Item = (&'static str, &'a str)>) -> Fields {
    of.into_iter().map(|(name, value)| (name, value.to_owned())).collect()
}

async fn child(_: Context, n: u32) -> Result<u32, Failure> {
    Ok(n + 1)
}

/// Runs a step and a child, sleeps, and begins again once.
async fn parent(ctx: Context, run: u32) -> Result<u32, Failure> {
    let one = || async { Ok::<_, Failure>(1_u32) };
    ctx.step("one", one).await?;
    let two: u32 = ctx.invoke("child", run).await?;
    ctx.wait("night", Duration::from_secs(3600)).await?;
    if run == 0 { ctx.continue_as_new(1_u32).await } else { Ok(two) }
}

#[tokio::test(start_paused = true)]
async fn each_names_its_execution_and_what_of_it() {
    let seen = Seen::default();
    let _guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(seen.clone()));

    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log).version("parent", 3, parent).workflow("child", child).open().await.unwrap();
    let handle: Handle<u32> = runtime.start("parent", "p", 0_u32).await.unwrap();
    let execution = handle.execution().to_string();
    assert_eq!(handle.result().await.unwrap(), 2);

    let of_parent = |spans: Vec<Fields>| -> Vec<Fields> {
        spans.into_iter().filter(|fields| fields.get("execution") == Some(&execution)).collect()
    };
    let workflow = |run| {
        let name = ("name", "p");
        fields([("execution", execution.as_str()), ("workflow", "parent"), ("version", "3"), name, ("run", run)])
    };
    // In each run it fell asleep, and was replayed when it came back, in silence.
    assert_eq!(of_parent(seen.spans("workflow")), [workflow("0"), workflow("0"), workflow("1"), workflow("1")]);
    let step = |run| {
        fields([
            ("execution", execution.as_str()),
            ("workflow", "parent"),
            ("version", "3"),
            ("run", run),
            ("operation", "1"),
            ("step", "one"),
            ("attempt", "1"),
            ("undo", "false"),
        ])
    };
    assert_eq!(of_parent(seen.spans("step")), [step("0"), step("1")]);

    let invocations = of_parent(seen.spans("invocation"));
    assert_eq!(invocations.len(), 2);
    for fields in invocations {
        assert_eq!((fields["workflow"].as_str(), fields["operation"].as_str()), ("parent", "2"));
        assert_eq!(fields["invoked_workflow"], "child");
    }
    let back = of_parent(seen.events("has come back from the log"));
    assert_eq!(back.len(), 2);
    assert!(back.iter().all(|fields| fields["workflow"] == "parent" && fields.contains_key("turns")), "{back:?}");

    let told: Vec<_> =
        of_parent(seen.events("recorded: ")).into_iter().map(|mut event| event.remove("event").unwrap()).collect();
    assert_eq!(
        told,
        [
            "ExecutionStarted",
            "ChainedInvokeStarted",
            "ChainedInvokeSucceeded",
            "ExecutionContinued",
            "RunStarted",
            "ChainedInvokeStarted",
            "ChainedInvokeSucceeded",
            "ExecutionSucceeded"
        ]
    );
}
