//! What a turn brings: what is due and what was asked, decided and applied, and what the behaviour makes of it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use ractor::{ActorProcessingErr, ActorRef};

use super::Resident;
use super::outcome::{Then, UnderWay};
use crate::entity::Signal;
use crate::slot::{Input, ReplyTo};
use crate::{Behavior, Error, Fault, Moment, Turn};

/// What commands and timers brought.
struct Brought<B: Behavior> {
    given: Vec<B::Event>,
    replies: Vec<(ReplyTo<B::Reply>, B::Reply)>,
    told_to_sleep: bool,
}

impl<B: Behavior> Resident<B> {
    pub(super) fn take_turn(
        &mut self,
        inputs: VecDeque<Input<B>>,
        myself: &ActorRef<Signal>,
    ) -> Result<(), ActorProcessingErr> {
        // What was told to go on while it was paused is first read from the log again.
        let goes_on = self.paused.is_none();
        let at = Moment { now_ms: self.shared.clock.now_ms(), entropy: fastrand::u64(..) };
        let revived = self.shared.behavior.revives(&self.state);
        let Brought { given, replies, told_to_sleep } = self.decide(inputs, at);
        let freed = revived && self.end_pause();
        self.reopen();
        let (asked, then) = self.advance(&given, at)?;
        let polled = matches!(then, Then::GoOn) && self.live.is_some();
        let turn = Turn { at_ms: at.now_ms, given, asked, polled };
        // That a missed advance was made up for is recorded even if nothing followed from it: replay must poll there too.
        let happened = turn.events().next().is_some() || (self.unpolled && polled);
        let made_up = self.unpolled && polled;
        self.unpolled = self.paused.is_none() && !polled && (self.unpolled || happened);

        let behavior = &self.shared.behavior;
        if happened {
            behavior.turned(&mut self.state, &turn);
        }
        let mut effects: Vec<_> = match freed {
            true => Vec::new(),
            false => turn.events().filter_map(|event| behavior.effect(&self.state, event)).collect(),
        };
        if freed || made_up {
            // What is owed could not all be performed before the behaviour had advanced.
            effects.extend(behavior.pending(&self.state));
        }
        let written = self.write(&turn, happened, told_to_sleep)?;
        self.slot.touched_ms.store(at.now_ms, Ordering::Relaxed);
        let resumed = if goes_on { std::mem::take(&mut self.resume) } else { Vec::new() };
        let (filed, logged_timer_ms, logged_beacon) = (written.filed, written.logged_timer_ms, written.logged_beacon);
        let turn = happened.then_some(turn);
        let under_way = UnderWay { turn, replies, resumed, effects, filed, logged_timer_ms, logged_beacon, then };
        if written.batch.is_empty() {
            return self.conclude(under_way);
        }
        self.under_way = Some(under_way);
        let actor = myself.clone();
        self.shared.log.submit(
            written.batch,
            Box::new(move |outcome| {
                // An actor that has ended meanwhile is followed by one that reads the log.
                let _ = actor.send_message(Signal::Committed(outcome));
            }),
        );
        Ok(())
    }

    /// Decides and applies what is due and what was asked.
    fn decide(&mut self, inputs: VecDeque<Input<B>>, at: Moment) -> Brought<B> {
        let behavior = &self.shared.behavior;
        let mut given = Vec::new();
        let mut replies = Vec::new();
        let mut told_to_sleep = false;
        let mut fault = None;
        if self.paused.is_none() {
            given = behavior.due(&self.state, at.now_ms);
            for event in &given {
                behavior.apply(&mut self.state, event, at.now_ms);
            }
        }
        for input in inputs {
            match input {
                Input::Command(command, reply_to) => {
                    if let Some(reason) = &self.paused
                        && !behavior.accepts_while_paused(&command)
                    {
                        if let Some(reply_to) = reply_to {
                            let (execution, reason) = (self.slot.execution, reason.clone());
                            reply_to.send(Err(Error::Paused { execution, reason }));
                        }
                        continue;
                    }
                    let decision = behavior.decide(&self.state, command, at);
                    for event in decision.events {
                        behavior.apply(&mut self.state, &event, at.now_ms);
                        given.push(event);
                    }
                    fault = fault.or(decision.fault);
                    replies.extend(reply_to.map(|reply_to| (reply_to, decision.reply)));
                }
                // The timer has fired: if nothing was due, because the clock was set back, it has to fire again.
                Input::Wake => self.armed_ms = None,
                Input::Sleep => told_to_sleep = true,
                Input::Resume(reply_to) => self.resume.push(reply_to),
            }
        }
        if let Some(fault) = fault {
            self.pause(&fault);
        }
        Brought { given, replies, told_to_sleep }
    }

    /// Ends the pause of an entity that has come to where nothing is left that could not go on, and says whether it did.
    /// What it owes is performed, which was not begun while it was paused.
    fn end_pause(&mut self) -> bool {
        let freed = self.paused.is_some() && !self.shared.behavior.revives(&self.state);
        if freed {
            self.paused = None;
            self.live = Some(self.shared.behavior.animate(&self.me));
        }
        freed
    }

    /// Gives an entity that came in closed, and now goes on again, its live part.
    fn reopen(&mut self) {
        let behavior = &self.shared.behavior;
        if self.live.is_none() && self.paused.is_none() && !behavior.standing(&self.state).status.is_closed() {
            self.live = Some(behavior.animate(&self.me));
        }
    }

    /// Lets the behaviour go on from what was given. A panic or a fault must not lose it: it is recorded all the same.
    fn advance(&mut self, given: &[B::Event], at: Moment) -> Result<(Vec<B::Event>, Then), ActorProcessingErr> {
        if let Some(reason) = &self.paused {
            return Ok((Vec::new(), Then::Pause(reason.clone())));
        }
        let Some(live) = &mut self.live else { return Ok((Vec::new(), Then::GoOn)) };
        if given.is_empty() && !self.unpolled {
            return Ok((Vec::new(), Then::GoOn));
        }
        let behavior = &self.shared.behavior;
        let asked = match B::PROCEEDS {
            true => catch_unwind(AssertUnwindSafe(|| behavior.proceed(&mut self.state, live, given, at))),
            false => catch_unwind(AssertUnwindSafe(|| behavior.advance(&self.state, live, given, at))),
        };
        Ok(match asked {
            Ok(Ok(asked)) => {
                if !B::PROCEEDS {
                    asked.iter().for_each(|event| behavior.apply(&mut self.state, event, at.now_ms));
                }
                (asked, Then::GoOn)
            }
            Ok(Err(fault)) => {
                self.pause(&fault);
                (Vec::new(), Then::Pause(fault.reason().to_owned()))
            }
            // Nothing is known of the state: it is read from the log again, and what was given is given again or refused.
            Err(panic) if B::PROCEEDS => return Err(panic_text(panic.as_ref()).into()),
            Err(panic) => {
                self.live = None;
                (Vec::new(), Then::Fail(panic_text(panic.as_ref())))
            }
        })
    }

    /// Takes the entity out of its course. Its next turn records that.
    pub(crate) fn pause(&mut self, fault: &Fault) {
        tracing::error!(execution = %self.slot.execution, reason = fault.reason(), "an execution is paused: mend the cause, then resume it");
        self.live = None;
        self.paused = Some(fault.reason().to_owned());
    }
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("with a value that is not a text"))
}
