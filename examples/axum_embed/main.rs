//! A web service that embeds the runtime: orders over HTTP, in one process with one folder of data.
//!
//! `cargo run --release --example axum_embed` shows it: it starts itself as the server, drives that over HTTP, ends it by
//! SIGTERM in the middle of an order, starts it again, and sees the order finish. Begin with `order.rs`, the workflow, and
//! `routes.rs`, the service; `problem.rs` is how errors become answers, `server.rs` how the process begins and ends. The
//! rest is the customer: `story.rs`, with `server_process.rs` and `client.rs`.

mod client;
mod events;
mod order;
mod problem;
mod routes;
mod server;
mod server_process;
mod story;

use std::path::Path;
use std::process::ExitCode;

type Error = Box<dyn std::error::Error + Send + Sync>;
type Outcome<T> = Result<T, Error>;

fn main() -> ExitCode {
    let outcome = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => tell(),
        [flag, folder] if flag == "--serve" => serve(Path::new(folder)),
        _ => Err("usage: axum_embed, or axum_embed --serve FOLDER".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("axum_embed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn tell() -> Outcome<bool> {
    let folder = tempfile::tempdir()?;
    story::tell(folder.path())
}

fn serve(folder: &Path) -> Outcome<bool> {
    tokio::runtime::Runtime::new()?.block_on(server::run(folder))?;
    Ok(true)
}
