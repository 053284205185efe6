//! The server as a process that is started, told to end, and never outlives the story.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;
use crate::server::LISTENING;

/// What takes ms takes longer on a machine that is busy with other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a port of its own.
pub(crate) struct ServerProcess {
    child: Child,
    lines: Receiver<String>,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts a server on a folder, and waits until it takes requests.
    pub(crate) fn start(folder: &Path) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.arg("--serve").arg(folder).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().ok_or("the server has no output")?;
        let (send, lines) = channel();
        std::thread::spawn(move || {
            let mut written = BufReader::new(output).lines().map_while(Result::ok);
            written.try_for_each(|line| send.send(line))
        });
        let mut server = Self { child, lines, address: SocketAddr::from(([0; 4], 0)) };
        let first = server.line()?;
        server.address = first.strip_prefix(LISTENING).ok_or_else(|| format!("the server said: {first}"))?.parse()?;
        Ok(server)
    }

    /// What it says next.
    pub(crate) fn line(&self) -> Outcome<String> {
        Ok(self.lines.recv_timeout(PATIENCE).map_err(|_| "the server said nothing more")?)
    }

    /// Tells it to end.
    pub(crate) fn terminate(&self) -> Outcome<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::TERM)?)
    }

    /// Waits for its end; gives its exit code, if it had one.
    pub(crate) fn ended(&mut self) -> Outcome<Option<i32>> {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("the server does not end".into())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // One that has ended cannot be killed any more, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
