//! Twenty orders, each a saga, in a process that is killed twice in the middle of its steps and finishes all the same.
//!
//! `cargo run --release --example order_saga [FOLDER]` shows it, and proves it from what the world outside has noted.
//! Begin with `order.rs`: that is the program, and all of what a user of duramen writes. `worker.rs` is the process that
//! runs it, `shop.rs` the world outside; the rest kills, reads what is left, and holds one against the other.

mod order;
mod parent;
mod path;
mod print;
mod proof;
mod record;
mod shop;
mod worker;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T> = Result<T, Error>;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => in_temporary_folder().await,
        [flag, life, folder] if flag == "--process" => be_killed(life, Path::new(folder)).await,
        [folder] if !folder.starts_with('-') => in_folder(PathBuf::from(folder)).await,
        _ => Err("usage: order_saga [FOLDER]".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("order_saga: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn be_killed(life: &str, folder: &Path) -> Outcome<bool> {
    worker::run(life.parse()?, folder).await?;
    Ok(true)
}

async fn in_temporary_folder() -> Outcome<bool> {
    let folder = tempfile::tempdir()?;
    let proven = parent::run(folder.path()).await;
    if !matches!(proven, Ok(true)) {
        eprintln!("order_saga: what is left of it is kept in {}", folder.keep().display());
    }
    proven
}

async fn in_folder(folder: PathBuf) -> Outcome<bool> {
    std::fs::create_dir_all(&folder)?;
    if folder.read_dir()?.next().is_some() {
        return Err(format!("{} is not empty: give a new folder", folder.display()).into());
    }
    parent::run(&folder).await
}
