//! Time that does not pass by itself.

use std::io;

/// Runs a test on a tokio runtime of its own, with one thread and a clock that stands still while anything is done, and
/// jumps to the next timer when nothing is: a wait of a month, or a retry after an hour, takes no time.
///
/// The attribute `#[tokio::test(start_paused = true)]` does the same. A [`Lab`](super::Lab) follows that clock; on a
/// [`Runtime`](crate::Runtime) built by hand, a [`TokioClock`](crate::TokioClock) does. What other threads do takes no
/// virtual time, so a clock may jump over it: a lab in a folder therefore writes while the clock stands.
///
/// ```
/// use duramen::testing::virtual_time;
/// use std::time::{Duration, Instant};
///
/// let begun = Instant::now();
/// virtual_time(async { tokio::time::sleep(Duration::from_secs(365 * 24 * 3600)).await })?;
/// assert!(begun.elapsed() < Duration::from_secs(10));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
/// When the system gives no runtime. What the test returns, errors too, is inside.
pub fn virtual_time<F: Future>(test: F) -> io::Result<F::Output> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build()?.block_on(test))
}
