//! A history as a text that is the same for each run.

mod masks;

use std::fmt::Write as _;

use crate::event::Begin;
use crate::{Event, HistoryEvent};
use masks::Masks;

/// A history as a text for comparing, a line for each event: without times, ids, tokens and what is left to chance, and with
/// everything else.
///
/// Times are left out or, where they are set by the code, stand as durations. Ids of executions and other UUIDs, tokens of
/// callbacks and recorded values stand as `<id 1>`, `<token 1>` and `<value 1>`, numbered as they come up, also inside of inputs,
/// results and texts; so it can be seen where the same one comes up again. Recorded values of less than 8 characters are only
/// replaced where they are recorded. A time or a random number that a step returned stays as it is.
///
/// Two runs of a workflow give the same text when things happen in the same order, as they do on virtual time.
///
/// ```
/// use duramen::testing::{Lab, ended, stable_text, virtual_time};
/// use duramen::{Context, Failure};
/// use std::time::Duration;
///
/// async fn mail(ctx: Context, to: String) -> Result<String, Failure> {
///     let number = ctx.uuid();
///     ctx.wait("a day", Duration::from_secs(24 * 3600)).await?;
///     ctx.step("send", || std::future::ready(Ok::<_, Failure>(format!("mail {number} to {to}")))).await
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// virtual_time(async {
///     let mut lab = Lab::in_memory(|builder| builder.workflow("mail", mail));
///     let handle = lab.start::<String>("mail", "m", "Ada").await?;
///     ended(&handle).await?;
///     assert_eq!(
///         stable_text(&handle.history().await?),
///         "   1  ExecutionStarted   `mail` as `m` with \"Ada\"
///    2  ValueRecorded      1 `uuid` <value 1>
///    3  WaitStarted        2 `a day` for 86400000 ms
///    4  WaitSucceeded      2
///    5  StepStarted        3 `send` attempt 1
///    6  StepSucceeded      3 attempt 1 \"mail <value 1> to Ada\"
///    7  ExecutionSucceeded \"mail <value 1> to Ada\"
/// "
///     );
///     Ok(())
/// })?
/// # }
/// ```
#[must_use]
pub fn stable_text(history: &[HistoryEvent]) -> String {
    let mut masks = Masks::default();
    let mut text = String::new();
    for line in history {
        let event = line_of(&line.event, line.at_ms, &mut masks);
        // Writing into a text does not fail.
        let _ = writeln!(text, "{:>4}  {}", line.number, event.trim_end());
    }
    masks.apply(&text)
}

/// The text of an event, with durations in place of times; what is to be masked elsewhere is noted.
fn line_of(event: &Event, at_ms: u64, masks: &mut Masks) -> String {
    let passed = |until_ms: &u64| until_ms.saturating_sub(at_ms);
    match event {
        Event::ExecutionStarted { begin } => {
            let untimed = Event::ExecutionStarted { begin: without_deadline(begin) };
            format!("{untimed}{}", about_begin(begin))
        }
        Event::ExecutionContinued { begin, mail } => {
            let untimed = Event::ExecutionContinued { begin: without_deadline(begin), mail: Vec::new() };
            let mail =
                mail.iter().map(|mail| format!("; `{}` number {} {} is left", mail.name, mail.number, mail.value));
            format!("{untimed}{}{}", about_begin(begin), mail.collect::<String>())
        }
        Event::WaitStarted { operation, name, until_ms } => {
            format!("{:<18} {operation} `{name}` for {} ms", event.kind(), passed(until_ms))
        }
        Event::StepSucceeded { operation, attempt, result, again_at_ms: Some(_) } => {
            format!("{:<18} {operation} attempt {attempt} {result}, and again", event.kind())
        }
        Event::StepFailed { operation, attempt, failure, retry_at_ms: Some(_) } => {
            format!("{:<18} {operation} attempt {attempt} {failure}, and again", event.kind())
        }
        Event::CallbackStarted { operation, name, nonce, timeout_at_ms, heartbeat_ms } => {
            masks.nonce(*nonce);
            let timeout = timeout_at_ms.as_ref().map(|at| format!(" for {} ms", passed(at))).unwrap_or_default();
            let heartbeat = heartbeat_ms.map(|ms| format!(" heartbeat every {ms} ms")).unwrap_or_default();
            format!("{:<18} {operation} `{name}`{timeout}{heartbeat}", event.kind())
        }
        Event::ChainedInvokeStarted { invoked, .. } => {
            let version = invoked.version.map(|version| format!(", version {version}")).unwrap_or_default();
            let timeout = invoked.timeout_ms.map(|ms| format!(", for {ms} ms")).unwrap_or_default();
            format!("{event}{version}{timeout}")
        }
        Event::ValueRecorded { operation, name, value } => {
            format!("{:<18} {operation} `{name}` {}", event.kind(), masks.value(value))
        }
        event => event.to_string(),
    }
}

fn without_deadline(begin: &Begin) -> Box<Begin> {
    Box::new(Begin { deadline_ms: None, ..begin.clone() })
}

fn about_begin(begin: &Begin) -> String {
    let deadline = if begin.deadline_ms.is_some() { ", with a time limit" } else { "" };
    let parent = begin
        .parent
        .as_ref()
        .map(|parent| format!(", invoked by operation {} of {}", parent.operation, parent.execution));
    format!("{deadline}{}", parent.unwrap_or_default())
}
