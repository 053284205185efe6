//! A real process is killed with SIGKILL fifty times under load; every execution ends as if nothing had been.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use duramen::{Context, Failure, Filter, Jitter, Retry, Runtime, StatusKind};

const KILLS: u64 = 50;
const FOLDER: &str = "DURAMEN_KILLED_IN";
const LIFE: &str = "DURAMEN_LIFE";

/// Adds up what ten steps, a child context and two steps side by side return; every step notes that it ran.
async fn sum(ctx: Context, start: u64) -> Result<u64, Failure> {
    let saga = ctx.saga();
    let add = |ctx: &Context, nth: u64| ctx.step("add", move || ran(start, nth));
    saga.settle(async {
        let mut sum = 0;
        for nth in 1..=5 {
            sum += saga.step("add", move || ran(start, nth)).undo(move || ran(start, 100 + nth)).await?;
        }
        ctx.wait("pause", Duration::from_millis(start % 20)).await?;
        sum += ctx
            .child("inside", |ctx| async move { Ok::<_, Failure>(add(&ctx, 6).await? + add(&ctx, 7).await?) })
            .await?;
        let (left, right) = tokio::join!(add(&ctx, 8), add(&ctx, 9));
        sum += left? + right?;
        let retry = Retry::exponential().limit(3).first(Duration::from_millis(2)).jitter(Jitter::None);
        let refuses = move || async move {
            ran(start, 10).await?;
            if start.is_multiple_of(5) { Err(Failure::new("Refused", start.to_string())) } else { Ok(10) }
        };
        Ok(sum + saga.step("last", refuses).retry(retry).await?)
    })
    .await
}

/// Notes that a step ran, as one line in one write.
async fn ran(start: u64, nth: u64) -> Result<u64, Failure> {
    let file = Path::new(&std::env::var(FOLDER).unwrap()).join("ran");
    let line = format!("{} {start} {nth}\n", std::env::var(LIFE).unwrap());
    std::fs::OpenOptions::new().append(true).create(true).open(file)?.write_all(line.as_bytes())?;
    Ok(nth)
}

fn open(folder: &Path) -> duramen::Builder {
    Runtime::builder(folder.join("data")).workflow("sum", sum)
}

/// The life of a process that is killed: it takes up what was left, and starts new executions until it dies.
#[test]
fn life() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    tokio.block_on(async {
        let runtime = open(Path::new(&folder)).open().await.unwrap();
        println!("\nopen");
        let life: u64 = std::env::var(LIFE).unwrap().parse().unwrap();
        for nth in 0_u64.. {
            let start = life * 1_000_000 + nth;
            while runtime.live() > 64 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            runtime.start::<u64>("sum", format!("sum-{start}"), start).await.unwrap();
            println!("started {start}");
        }
    });
}

/// Runs one life and kills it after a random time; gives the starts that were acknowledged.
fn live_and_die(folder: &Path, life: u64) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["life", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(LIFE, life.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "open"), "life {life} did not open");
    let reader = std::thread::spawn(move || {
        lines.filter_map(|line| line.strip_prefix("started ").map(|start| start.parse().unwrap())).collect::<Vec<u64>>()
    });
    std::thread::sleep(Duration::from_millis(fastrand::u64(1..150)));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_execution_ends_right_after_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_path_buf();
    let mut started = Vec::new();
    for life in 1..=KILLS {
        let path = path.clone();
        started.extend(tokio::task::spawn_blocking(move || live_and_die(&path, life)).await.unwrap());
    }
    assert!(!started.is_empty());

    // This process only looks: the last life is one more child that is left alone until nothing runs.
    let recorded = finish(&path).await;
    let mut undone: HashMap<u64, Vec<u64>> = HashMap::new();
    let mut runs: HashMap<(u64, u64), Vec<u64>> = HashMap::new();
    for line in std::fs::read_to_string(path.join("ran")).unwrap().lines() {
        let words: Vec<u64> = line.split(' ').map(|word| word.parse().unwrap()).collect();
        runs.entry((words[1], words[2])).or_default().push(words[0]);
        if words[2] > 100 {
            let undos = undone.entry(words[1]).or_default();
            undos.retain(|nth| *nth != words[2] - 100);
            undos.push(words[2] - 100);
        }
    }
    for start in started {
        let outcome = recorded.get(&start).unwrap_or_else(|| panic!("{start} was acknowledged and is gone"));
        if start.is_multiple_of(5) {
            assert_eq!(outcome, &Err("Refused".to_owned()), "{start}");
            assert_eq!(undone[&start], [5, 4, 3, 2, 1], "{start} was undone in reverse");
        } else {
            assert_eq!(outcome, &Ok(55), "{start}");
            assert!(!undone.contains_key(&start), "{start} was undone");
        }
        for nth in 1..=9 {
            let lives = &runs[&(start, nth)];
            assert!(
                lives.is_sorted() && lives.windows(2).all(|pair| pair[0] < pair[1]),
                "step {nth} of {start}: {lives:?}"
            );
        }
    }
}

/// Opens the folder a last time, and gives how each execution ended.
async fn finish(path: &Path) -> HashMap<u64, Result<u64, String>> {
    // The steps of this life note themselves as the others do.
    let mut last = Command::new(std::env::current_exe().unwrap())
        .args(["last_life", "--exact", "--nocapture"])
        .env(FOLDER, path)
        .env(LIFE, (KILLS + 1).to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(last.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ends = lines.filter_map(|line| {
        let mut words = line.strip_prefix("ended ")?.split(' ').map(str::to_owned);
        let start = words.next()?.parse().ok()?;
        let outcome = words.next()?;
        Some((start, outcome.parse().map_err(|_| outcome)))
    });
    let ends = ends.collect();
    assert!(last.wait().unwrap().success());
    ends
}

#[test]
fn last_life() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    tokio.block_on(async {
        let runtime = open(Path::new(&folder)).open().await.unwrap();
        println!();
        let mut filter = Filter::new().page_size(1000);
        loop {
            let list = runtime.list(&filter).await.unwrap();
            for row in list.executions {
                let handle = runtime.get_by_id::<u64>(row.execution).await.unwrap();
                let outcome = match handle.result().await {
                    Ok(sum) => sum.to_string(),
                    Err(error) => {
                        error.failure().map_or_else(|| error.to_string(), |failure| failure.name().to_owned())
                    }
                };
                println!("ended {} {outcome}", row.name.trim_start_matches("sum-"));
            }
            match list.next {
                Some(next) => filter = filter.after(next),
                None => break,
            }
        }
        let open = runtime.list(&Filter::new().status(StatusKind::Running)).await.unwrap();
        assert!(open.executions.is_empty());
        runtime.shutdown(Duration::from_secs(5)).await.unwrap();
    });
}
