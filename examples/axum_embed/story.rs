//! What the customer does, and whether the service holds what it promises.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::Outcome;
use crate::client::{Answer, Client, Events, Sent};
use crate::server::{DEEDS, MAX_ORDER};
use crate::server_process::{PATIENCE, ServerProcess};

/// Tells the story, and says whether it went as it should.
pub(crate) fn tell(folder: &Path) -> Outcome<bool> {
    let mut story = Story { all_right: true };
    let mut server = ServerProcess::start(folder)?;
    let client = Client { address: server.address };
    story.say("a server takes orders");
    story.start_twice(&client)?;
    story.be_refused(&client)?;
    story.overload(&client)?;

    let mut seen = Vec::new();
    let events = client.events("alice", 0)?;
    story.approve(&client)?;
    story.end_while_packing(&server, events, &mut seen)?;
    story.check("it ends with 0", server.ended()? == Some(0));
    story.check("the step that ran came to its end", server.line()? == "drained: 0 steps were broken off");
    story.check("nothing listens any more", client.get("/orders/alice").is_err());

    story.say("\nthe server is started again");
    let server = ServerProcess::start(folder)?;
    story.finish(&Client { address: server.address }, &mut seen)?;
    let deeds = std::fs::read_to_string(folder.join(DEEDS))?;
    let all_once = deeds.lines().eq(["reserved a chair", "packed a chair", "shipped a chair"]);
    story.check("each step was done once, over both servers", all_once);
    Ok(story.all_right)
}

struct Story {
    all_right: bool,
}

impl Story {
    fn say(&self, what: &str) {
        // Who does not read on is told by the exit code.
        let _ = writeln!(std::io::stdout(), "{what}");
    }

    fn check(&mut self, what: &str, holds: bool) {
        self.all_right &= holds;
        self.say(&format!(" {} {what}", if holds { '✓' } else { '✗' }));
    }

    fn start_twice(&mut self, client: &Client) -> Outcome<()> {
        let first = client.post("/orders/alice", &chair())?;
        let second = client.post("/orders/alice", &chair())?;
        let same = first.order()?.execution == second.order()?.execution;
        self.check("the same order twice is one execution", [first.status, second.status] == [202, 202] && same);
        let another = client.post("/orders/alice", &json!({ "item": "a table" }))?;
        self.check(&told("another order under that name", &another), another.status == 409);
        Ok(())
    }

    fn be_refused(&mut self, client: &Client) -> Outcome<()> {
        let nobody = client.get("/orders/nobody")?;
        self.check(&told("an order that nobody made", &nobody), nobody.status == 404);
        let large = client.post("/orders/large", &json!({ "item": "x".repeat(MAX_ORDER) }))?;
        self.check(&told("an order that is too large", &large), large.status == 413);
        let forged = client.post("/approvals/AAAA", &json!({ "approved": true }))?;
        self.check("an approval with a forged token: 400", forged.status == 400);
        Ok(())
    }

    /// More orders are under way than the server is built for; those that only wait do not count.
    fn overload(&mut self, client: &Client) -> Outcome<()> {
        let order = json!({ "item": "a lost key", "search_ms": 3_600_000 });
        let path = |number| format!("/orders/search-{number}");
        let mut taken = 0;
        let refused = loop {
            let answer = client.post(&path(taken), &order)?;
            match answer.status {
                202 if taken < 100 => taken += 1,
                _ => break answer,
            }
        };
        let again = refused.retry_after.is_some();
        self.check(&told(&format!("order {}", taken + 1), &refused), refused.status == 503 && again);
        for number in 0..taken {
            let cancelled = client.delete(&path(number))?;
            if cancelled.status != 202 {
                self.check(&told("the end of a search", &cancelled), false);
            }
        }
        for number in 0..taken {
            until(|| Ok(client.get(&path(number))?.order()?.status == "stopped"))?;
        }
        until(|| Ok(client.post(&path(taken), &order)?.status == 202))?;
        self.check("once the others were cancelled, it is taken", true);
        client.delete(&path(taken))?;
        until(|| Ok(client.get(&path(taken))?.order()?.status == "stopped"))?;
        Ok(())
    }

    fn approve(&mut self, client: &Client) -> Outcome<()> {
        let mut asked = None;
        until(|| {
            let progress = client.get("/orders/alice")?.order()?.progress;
            asked = progress.and_then(|progress| Some((progress.stage, progress.approval?)));
            Ok(asked.is_some())
        })?;
        let (stage, token) = asked.ok_or("it asks for no approval")?;
        self.check("the order shows its progress: waiting for approval", stage == "waiting for approval");
        let path = format!("/approvals/{token}");
        let first = client.post(&path, &json!({ "approved": true }))?;
        self.check("it is approved by the token it gave out", first.status == 204);
        let second = client.post(&path, &json!({ "approved": false }))?;
        self.check(&told("a second answer", &second), second.status == 409);
        Ok(())
    }

    /// Follows the order until it is being packed, ends the server then, and reads what still comes.
    fn end_while_packing(&mut self, server: &ServerProcess, events: Events, seen: &mut Vec<Sent>) -> Outcome<()> {
        for event in events {
            let event = event?;
            self.show(&event);
            if event.kind == "StepStarted" && event.data.name.as_deref() == Some("pack") {
                self.say("SIGTERM, in the middle of a step");
                server.terminate()?;
            }
            seen.push(event);
        }
        let ended = seen.iter().any(|event| event.kind == "ExecutionSucceeded");
        self.check("the stream of events was ended by the server, not by the order", !ended);
        Ok(())
    }

    fn finish(&mut self, client: &Client, seen: &mut Vec<Sent>) -> Outcome<()> {
        let last = seen.last().map_or(0, |event| event.id);
        self.say(&format!("the stream goes on behind event {last}"));
        for event in client.events("alice", last)? {
            let event = event?;
            self.show(&event);
            seen.push(event);
        }
        self.check("no event is missing, none came twice", seen.iter().map(|event| event.id).eq(1..=seen.len() as u64));
        let finished = seen.last().is_some_and(|event| event.kind == "ExecutionSucceeded");
        self.check("the last one is the end of the order", finished);
        let order = client.get("/orders/alice")?.order()?;
        let sent = order.status == "succeeded" && order.parcel.as_deref() == Some("parcel with a chair");
        let shipped = order.progress.is_some_and(|progress| progress.stage == "shipped");
        self.check("the order has succeeded, and is shipped", sent && shipped);
        Ok(())
    }

    fn show(&self, event: &Sent) {
        let text: String = event.data.text.chars().take(80).collect();
        self.say(&format!("   {:>3}  {text}", event.id));
    }
}

fn chair() -> Value {
    json!({ "item": "a chair" })
}

/// What was asked, and how it was answered.
fn told(what: &str, answer: &Answer) -> String {
    let error = answer.error();
    let cut: String = error.chars().take(60).collect();
    let rest = if cut == error { "" } else { "…" };
    format!("{what}: {} {cut}{rest}", answer.status)
}

/// Asks until it is so.
fn until(mut is_so: impl FnMut() -> Outcome<bool>) -> Outcome<()> {
    let since = Instant::now();
    while !is_so()? {
        if since.elapsed() > PATIENCE {
            return Err("what was waited for does not come".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}
