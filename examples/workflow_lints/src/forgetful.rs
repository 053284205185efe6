//! What a workflow must not do, once each. `tests/lints.rs` sees that clippy reports all of it.

#![expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it is here to be reported")]
#![allow(dead_code, clippy::let_underscore_future, clippy::drop_non_drop, reason = "nobody runs it")]

use std::time::Duration;

fn clocks(system: std::time::SystemTime, instant: std::time::Instant, tokio: tokio::time::Instant) {
    let _ = (std::time::SystemTime::now(), system.elapsed());
    let _ = (std::time::Instant::now(), instant.elapsed());
    let _ = (tokio::time::Instant::now(), tokio.elapsed());
    let _ = chrono::Utc::now();
}

async fn sleeps(soon: tokio::time::Instant) {
    const MOMENT: Duration = Duration::from_millis(1);
    std::thread::sleep(MOMENT);
    tokio::time::sleep(MOMENT).await;
    tokio::time::sleep_until(soon).await;
    let _ = tokio::time::timeout(MOMENT, async {}).await;
    let _ = tokio::time::timeout_at(soon, async {}).await;
    tokio::time::interval(MOMENT).tick().await;
    tokio::time::interval_at(soon, MOMENT).tick().await;
    tokio::task::yield_now().await;
}

async fn tasks() {
    let _ = std::thread::spawn(|| {});
    let _ = tokio::spawn(async {}).await;
    let _ = tokio::task::spawn_blocking(|| {}).await;
    let _ = tokio::task::spawn_local(async {}).await;
    tokio::task::block_in_place(|| {});
    futures::executor::block_on(async {});
    let mut set = tokio::task::JoinSet::new();
    set.spawn(async {});
}

fn channels() {
    let _ = tokio::sync::oneshot::channel::<()>();
    let _ = tokio::sync::mpsc::channel::<()>(1);
    let _ = tokio::sync::mpsc::unbounded_channel::<()>();
}

fn chance() {
    let _ = (rand::random::<u64>(), rand::random_range(1..6), rand::random_bool(0.5), rand::rng());
    let _ = (fastrand::bool(), fastrand::u32(..), fastrand::u64(..), fastrand::usize(..), fastrand::f64());
    fastrand::shuffle(&mut [1, 2]);
    let _ = (fastrand::choice([1, 2]), fastrand::Rng::new());
    let _ = (uuid::Uuid::new_v4(), uuid::Uuid::now_v7());
}

fn the_process() {
    let _ = (std::env::var("HOME"), std::env::vars(), std::env::args(), std::process::id());
    let _ = (std::process::Command::new("ls"), tokio::process::Command::new("ls"));
}

async fn files() -> std::io::Result<()> {
    let _ = (std::fs::read("a")?, std::fs::read_to_string("a")?, std::fs::read_dir(".")?);
    std::fs::write("a", "")?;
    std::fs::copy("a", "b")?;
    std::fs::rename("a", "b")?;
    std::fs::create_dir_all("c")?;
    std::fs::remove_file("b")?;
    std::fs::remove_dir_all("c")?;
    let _ = (tokio::fs::read("a").await?, tokio::fs::read_to_string("a").await?);
    tokio::fs::write("a", "").await?;
    let _: (std::fs::File, tokio::fs::File) = (std::fs::File::open("a")?, tokio::fs::File::open("a").await?);
    Ok(())
}

async fn networks() -> std::io::Result<()> {
    let _ = (std::net::TcpStream::connect("a:1")?, std::net::TcpListener::bind("a:1")?);
    let _ = std::net::UdpSocket::bind("a:1")?;
    let _ = (tokio::net::TcpStream::connect("a:1").await?, tokio::net::TcpListener::bind("a:1").await?);
    let _ = tokio::net::UdpSocket::bind("a:1").await?;
    Ok(())
}

fn order_of_chance(map: &std::collections::HashMap<u32, u32>, set: &std::collections::HashSet<u32>) -> u32 {
    map.values().chain(set).sum()
}

async fn selecting() {
    tokio::select! {
        () = async {} => {}
        () = async {} => {}
    }
    let (mut one, mut other) = (std::pin::pin!(futures::future::ready(())), std::pin::pin!(futures::future::ready(())));
    futures::select! {
        () = one => {}
        () = other => {}
    }
    let (mut one, mut other) = (std::pin::pin!(futures::future::ready(())), std::pin::pin!(futures::future::ready(())));
    futures::select_biased! {
        () = one => {}
        () = other => {}
    }
}
