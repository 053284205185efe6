//! A workflow and its tests: virtual time, stubs, steps run twice, crashes everywhere, a recorded history.
//!
//! `cargo run --example testing` runs the tests as a program and says what each has shown. In a project, each function here
//! would be a `#[tokio::test(start_paused = true)]`.

mod bank;
mod subscription;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use duramen::testing::{Ended, Lab, Stub, ended, record, replays, stable_text, virtual_time};
use duramen::{Builder, Context, Failure, Handle, Runtime};

use bank::Bank;
use subscription::{Subscription, workflows};

type Shown = Result<String, Box<dyn std::error::Error>>;

fn ada() -> Subscription {
    Subscription { customer: "Ada".to_owned(), cents: 900 }
}

/// What every test here does: it starts a subscription, or finds the one that was started before the crash.
async fn subscribe(runtime: &Runtime) -> Result<Handle<String>, duramen::Error> {
    runtime.start("subscribe", "subscription-of-ada", ada()).await
}

fn letter() -> Ended<String> {
    Ended::Succeeded("Dear Ada, account 7 is paid.".to_owned())
}

/// What `assert!` would do in a test.
fn hold(so: bool, what: impl Into<String>) -> Result<(), String> {
    if so { Ok(()) } else { Err(what.into()) }
}

async fn virtual_month() -> Shown {
    let (bank, begun) = (Arc::new(Bank::default()), Instant::now());
    let mut lab = Lab::in_memory(workflows(bank.clone()));
    let handle = subscribe(&lab.open().await?).await?;
    let outcome = ended(&handle).await?;
    hold(outcome == letter() && bank.paid() == 900, format!("{outcome:?}"))?;
    let history = stable_text(&handle.history().await?);
    let days = (lab.now_ms() - handle.describe().await?.started_ms) / (24 * 3600 * 1000);
    Ok(format!("{days} days passed in {} ms, and this happened:\n{history}", begun.elapsed().as_millis()))
}

async fn stubbed_bank() -> Shown {
    let bank = Arc::new(Bank::default());
    let busy = Stub::returns("charge", &()).failing_attempts(2, Failure::new("Busy", "the bank is closed"));
    let mut lab = Lab::in_memory(workflows(bank.clone())).stub(&busy);
    let paid = ended(&subscribe(&lab.open().await?).await?).await?;
    hold(paid == letter() && busy.calls() == 3, format!("{paid:?}"))?;

    let never = Stub::fails("charge", Failure::new("Declined", "no money"));
    let close = Stub::returns("open account", &()).for_undo();
    let mut lab = Lab::in_memory(workflows(bank.clone())).stub(&never).stub(&close);
    let refused = ended(&subscribe(&lab.open().await?).await?).await?;
    let closed = refused == Ended::Failed(Failure::new("Declined", "no money")) && close.calls() == 1;
    hold(closed && bank.paid() == 0, format!("{refused:?}"))?;
    Ok(format!(
        "a bank that is busy twice was asked {} times; one that declined {} times had the account closed again",
        busy.calls(),
        never.calls()
    ))
}

async fn steps_twice() -> Shown {
    let (careful, careless) = (Arc::new(Bank::default()), Arc::new(Bank::careless()));
    for bank in [&careful, &careless] {
        let mut lab = Lab::in_memory(workflows(bank.clone())).every_step_twice();
        let outcome = ended(&subscribe(&lab.open().await?).await?).await?;
        hold(outcome == letter(), format!("{outcome:?}"))?;
    }
    let paid = (careful.paid(), careless.paid());
    hold(paid == (900, 1800), format!("{paid:?}"))?;
    Ok(format!("a bank that looks at the key takes {} cents, a careless one {}", paid.0, paid.1))
}

async fn crashes(folder: Option<&Path>) -> Shown {
    let bank = Arc::new(Bank::default());
    let lab = match folder {
        None => Lab::in_memory(workflows(bank)),
        Some(folder) => Lab::in_folder(folder, workflows(bank)),
    };
    let crashes = lab.crash_everywhere(async |runtime: Runtime| ended(&subscribe(&runtime).await?).await).await?;
    let batches = crashes.batches;
    // In a test: `crashes.assert_no_difference()`.
    hold(crashes.differences.is_empty(), crashes.to_string())?;
    let place = if folder.is_some() { "on disk" } else { "in memory" };
    Ok(format!("{} crashes {place}, before and behind each of {batches} batches: the same letter", batches + 1))
}

/// The code as somebody may change it, without a thought of those who are in their trial month.
fn changed(builder: Builder) -> Builder {
    builder.workflow("subscribe", |ctx: Context, of: Subscription| async move {
        ctx.step("create account", || async { Ok::<_, Failure>(7) }).await?;
        Ok::<_, Failure>(of.customer)
    })
}

async fn recorded(histories: &Path) -> Shown {
    // In a test: `assert_replays(workflows(bank), histories)`.
    let today = replays(workflows(Arc::new(Bank::default())), histories)?;
    let broken: Vec<_> = today.iter().filter_map(|replayed| replayed.mismatch.clone()).collect();
    hold(broken.is_empty() && today.len() == 1, format!("{broken:?}"))?;
    let tomorrow = replays(changed, histories)?;
    let mismatch = tomorrow.into_iter().find_map(|replayed| replayed.mismatch);
    let mismatch = mismatch.ok_or("the changed code replays")?;
    Ok(format!("{} recorded history replays; with a renamed step it would not:\n      {mismatch}", today.len()))
}

/// Writes the history that is kept beside the code: `cargo run --example testing -- record`.
async fn record_anew(histories: &Path) -> Shown {
    let mut lab = Lab::in_memory(workflows(Arc::new(Bank::default())));
    let handle = subscribe(&lab.open().await?).await?;
    ended(&handle).await?;
    Ok(record(&handle, histories).await?.display().to_string())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let histories = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testing/histories");
    if std::env::args().nth(1).as_deref() == Some("record") {
        println!("recorded {}", virtual_time(record_anew(&histories))??);
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    println!("A subscription with a trial month, and its tests\n");
    println!("  virtual time       {}", virtual_time(virtual_month())??);
    println!("  stubs              {}", virtual_time(stubbed_bank())??);
    println!("  every step twice   {}", virtual_time(steps_twice())??);
    println!("  crash everywhere   {}", virtual_time(crashes(None))??);
    println!("                     {}", virtual_time(crashes(Some(folder.path())))??);
    println!("  recorded history   {}", virtual_time(recorded(&histories))??);
    Ok(())
}
