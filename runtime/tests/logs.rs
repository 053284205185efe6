//! What a workflow logs names its execution and step, and is said once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod ground;

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use duramen::{Context, Failure, Handle};
use duramen_storage::MemoryLog;
use ground::on;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn lines(&self, containing: &str) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(containing)).map(str::to_owned).collect()
    }
}

async fn talkative(ctx: Context, (): ()) -> Result<bool, Failure> {
    tracing::info!("the workflow begins");
    let in_step = || async {
        tracing::info!("the step speaks");
        Ok::<_, Failure>(())
    };
    ctx.step("speak", in_step).await?;
    tracing::info!("the step is done");
    ctx.wait("pause", Duration::from_secs(60)).await?;
    tracing::info!("the wait is over");
    Ok(ctx.replaying())
}

#[tokio::test(start_paused = true)]
async fn logs_carry_their_execution_and_are_silent_while_replaying() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    let _guard = tracing::subscriber::set_default(subscriber.finish());

    let log = Arc::new(MemoryLog::new());
    let runtime = on(&log).workflow("talkative", talkative).open().await.unwrap();
    let execution = runtime.start::<bool>("talkative", "t", ()).await.unwrap().execution();
    tokio::time::sleep(Duration::from_secs(5)).await;
    drop(runtime);
    let runtime = on(&Arc::new(log.reopen())).workflow("talkative", talkative).open().await.unwrap();
    let handle: Handle<bool> = runtime.get("talkative", "t").await.unwrap();
    assert!(!handle.result().await.unwrap(), "it ended live");

    for said in ["the workflow begins", "the step speaks", "the step is done", "the wait is over"] {
        let lines = written.lines(said);
        assert_eq!(lines.len(), 1, "{said}: {lines:?}");
        assert!(lines[0].contains(&format!("execution={execution}")), "{lines:?}");
    }
    let step = &written.lines("the step speaks")[0];
    assert!(step.contains("operation=1") && step.contains("attempt=1") && step.contains("step=\"speak\""), "{step}");
    assert_eq!(written.lines("the step succeeded").len(), 1);
}
