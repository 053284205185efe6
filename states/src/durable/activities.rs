//! Activities: tasks that workers come and take.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use duramen_actors::{Address, Error as ActorError, System};
use duramen_storage::ExecutionId;
use futures::future::join_all;
use tokio::time::Instant;

use super::arns::Arns;
use super::behavior::StateMachine;
use super::command::{Command, Reply};
use super::offers::Offer;
use super::{Error, StateMachines};
use crate::payload::Payload;

/// How long a worker waits for a task.
const LONG_POLL: Duration = Duration::from_secs(60);
/// How many sleeping executions are asked at once what they offer.
const AT_ONCE: usize = 64;

/// An activity: a name under which workers ask for tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Activity {
    /// The name.
    pub name: String,
    /// The ARN.
    pub arn: String,
    /// When it was created, in ms since the Unix epoch.
    pub created_ms: u64,
}

/// A task that a worker has taken.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActivityTask {
    /// With this it is answered: [`StateMachines::answer_task`], [`StateMachines::heartbeat`].
    pub token: String,
    /// What is to be worked on.
    pub input: Payload,
}

/// The activities that there are, and the names of those that were deleted.
#[derive(Default)]
pub(crate) struct Activities(Mutex<BTreeMap<String, Option<Activity>>>);

impl Activities {
    fn hold(&self) -> MutexGuard<'_, BTreeMap<String, Option<Activity>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn list(&self) -> Vec<Activity> {
        self.hold().values().flatten().cloned().collect()
    }

    fn delete(&self, named: &str) -> Result<(), Error> {
        self.hold().entry(name_in(named)?.to_owned()).and_modify(|activity| *activity = None);
        Ok(())
    }

    pub(super) fn was_deleted(&self, name: &str) -> bool {
        matches!(self.hold().get(name), Some(None))
    }

    /// The activity of that name or ARN; made, if there is none.
    pub(super) fn create(&self, named: &str, arns: &Arns, now_ms: u64) -> Result<Activity, Error> {
        let name = name_in(named)?;
        if !is_name(name) {
            return Err(Error::InvalidName { name: name.to_owned() });
        }
        let mut activities = self.hold();
        let activity = activities.entry(name.to_owned()).or_default().get_or_insert_with(|| Activity {
            name: name.to_owned(),
            arn: match named == name {
                true => arns.activity(name),
                false => named.to_owned(),
            },
            created_ms: now_ms,
        });
        Ok(activity.clone())
    }

    fn find(&self, named: &str) -> Result<Activity, Error> {
        let found = self.hold().get(name_in(named)?).cloned().flatten();
        found.ok_or_else(|| Error::ActivityDoesNotExist { activity: named.to_owned() })
    }
}

/// The name in what is a name or an ARN.
fn name_in(named: &str) -> Result<&str, Error> {
    if !named.starts_with("arn:") {
        return Ok(named);
    }
    let name = named.splitn(6, ':').nth(5).and_then(|last| last.strip_prefix("activity:"));
    name.ok_or_else(|| Error::InvalidArn { arn: named.to_owned() })
}

/// Whether AWS would take it for a name.
fn is_name(name: &str) -> bool {
    let bad =
        |letter: char| letter.is_whitespace() || letter.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(letter);
    (1..=80).contains(&name.chars().count()) && !name.contains(bad)
}

impl StateMachines {
    /// Creates an activity, by its name or its ARN; the one that has the name, if there is one. Activities live as long as
    /// the program: a name is enough to ask for all tasks that wait under it in the log. What `Resource` names an activity by
    /// is an ARN, of which the name counts, and not the region or the account.
    ///
    /// # Errors
    /// [`Error::InvalidName`], [`Error::InvalidArn`].
    pub fn create_activity(&self, activity: &str) -> Result<Activity, Error> {
        let behavior = self.system.behavior();
        behavior.activities.create(activity, &behavior.registry.arns, self.system.now_ms())
    }

    /// The activity of that name or ARN.
    ///
    /// # Errors
    /// [`Error::ActivityDoesNotExist`], [`Error::InvalidArn`].
    pub fn describe_activity(&self, activity: &str) -> Result<Activity, Error> {
        self.system.behavior().activities.find(activity)
    }

    /// All activities, by name.
    #[must_use]
    pub fn list_activities(&self) -> Vec<Activity> {
        self.system.behavior().activities.list()
    }

    /// Deletes the activity of that name or ARN, if there is one. What waits for a worker goes on waiting; a task that comes to
    /// it from now on fails with `ActivityDoesNotExist`.
    ///
    /// # Errors
    /// [`Error::InvalidArn`].
    pub fn delete_activity(&self, activity: &str) -> Result<(), Error> {
        self.system.behavior().activities.delete(activity)
    }

    /// Takes a task of an activity, which is named by its name or ARN, for a worker, who may give itself a name. Waits for
    /// up to 60 s; nothing, if there is no task until then. That it has begun is durable before the worker has it; a task
    /// whose worker is never heard of again ends by its `TimeoutSeconds` or `HeartbeatSeconds`, which count from here.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// use duramen_states::definition::Definition;
    /// use duramen_states::{End, StateMachines};
    /// use duramen_storage::MemoryLog;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let text = r#"{"StartAt": "Paint", "States": {"Paint": {
    ///     "Type": "Task", "Resource": "arn:aws:states:us-east-1:111111111111:activity:paint", "TimeoutSeconds": 300, "End": true}}}"#;
    /// let builder = StateMachines::builder(Arc::new(MemoryLog::new()));
    /// let machines = builder.machine("painter", &Definition::parse(text).unwrap())?.activity("paint")?.open().await?;
    /// let execution = machines.start("painter", "first", json!({"door": "red"})).await?;
    ///
    /// let task = machines.poll("paint", "Ada").await?.unwrap();
    /// assert_eq!(task.input["door"], "red");
    /// machines.answer_task(&task.token, Ok(json!("painted"))).await?;
    /// assert_eq!(machines.result(execution).await?, End::Succeeded(json!("painted").into()));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::ActivityDoesNotExist`]; [`Error::Execution`] when overloaded or shutting down, and for errors of the log.
    pub async fn poll<'w>(
        &self,
        activity: &str,
        worker: impl Into<Option<&'w str>>,
    ) -> Result<Option<ActivityTask>, Error> {
        self.poll_for(activity, worker, LONG_POLL).await
    }

    /// As [`poll`](Self::poll), waiting for up to that long.
    ///
    /// # Errors
    /// As `poll`.
    pub async fn poll_for<'w>(
        &self,
        activity: &str,
        worker: impl Into<Option<&'w str>>,
        wait: Duration,
    ) -> Result<Option<ActivityTask>, Error> {
        let ask = |execution, take| async move { self.system.address(execution).ask(take).await };
        take(self.system.behavior(), activity, worker.into(), wait, ask).await
    }
}

/// Takes a task that is offered, asking its execution for it in that manner.
async fn take<F>(
    behavior: &StateMachine,
    activity: &str,
    worker: Option<&str>,
    wait: Duration,
    ask: impl Fn(ExecutionId, Command) -> F,
) -> Result<Option<ActivityTask>, Error>
where
    F: Future<Output = Result<Reply, ActorError>>,
{
    let name = behavior.activities.find(activity)?.name;
    let deadline = Instant::now() + wait;
    loop {
        let Some(offer) = behavior.offers.until(deadline, &name).await? else { return Ok(None) };
        let take = Command::Take { call: offer.call, worker: worker.map(str::to_owned) };
        let reply = ask(offer.execution, take).await;
        if let Some(task) = taken(offer, reply)? {
            return Ok(Some(task));
        }
    }
}

/// What came of asking for what is offered; nothing, if it is not to be had any more.
fn taken(offer: Offer, reply: Result<Reply, ActorError>) -> Result<Option<ActivityTask>, Error> {
    match reply {
        Ok(Reply::Taken { token, input }) => {
            offer.settle();
            Ok(Some(ActivityTask { token, input }))
        }
        // It has ended meanwhile; or it offers again what it offers when it is resumed.
        Ok(_) | Err(ActorError::Paused { .. }) => {
            offer.settle();
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// As [`StateMachines::poll`], for a task that does it.
pub(super) async fn take_from_inside(
    me: &Address<StateMachine>,
    activity: &str,
    worker: Option<&str>,
) -> Result<Option<ActivityTask>, Error> {
    let ask = |execution, take| async move { me.of(execution).ask_from_inside(take).await };
    take(me.behavior(), activity, worker, LONG_POLL, ask).await
}

/// Asks the executions that sleep, and wait for a worker, what they offer. Looking at them is enough: they come in, and
/// leave at once.
pub(super) async fn gather(system: Weak<System<StateMachine>>) {
    let mut after: Option<ExecutionId> = None;
    loop {
        let looks: Vec<_> = {
            let Some(system) = system.upgrade() else { return };
            let found = match system.beacons(after, AT_ONCE).await {
                Ok(found) => found,
                Err(error) => {
                    return tracing::error!(%error, "the tasks that wait for workers are not all found");
                }
            };
            let Some(last) = found.last() else { return };
            after = Some(*last);
            found.into_iter().map(|execution| system.address(execution)).collect()
        };
        let looks = looks.into_iter().map(|address| async move {
            if let Err(error) = address.ask_from_inside(Command::Look).await {
                tracing::warn!(execution = %address.execution(), %error, "what it offers to workers is not known");
            }
        });
        join_all(looks).await;
    }
}

/// Begins to gather what is offered.
pub(super) fn spawn_gather(system: &Arc<System<StateMachine>>) {
    tokio::spawn(gather(Arc::downgrade(system)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_activity_is_found_by_its_name_and_by_its_arn() {
        let (activities, arns) = (Activities::default(), Arns::default());
        let arn = "arn:aws:states:us-east-1:111111111111:activity:paint";
        let created = activities.create(arn, &arns, 7).unwrap();
        assert_eq!((created.name.as_str(), created.arn.as_str(), created.created_ms), ("paint", arn, 7));
        assert_eq!(activities.create("paint", &arns, 8).unwrap(), created);
        assert_eq!(activities.find("paint").unwrap(), created);
        let local = activities.create("dry", &arns, 9).unwrap();
        assert_eq!(activities.find(&local.arn).unwrap(), local);
    }

    #[test]
    fn what_aws_refuses_is_refused_in_its_words() {
        let (activities, arns) = (Activities::default(), Arns::default());
        let said = |result: Result<Activity, Error>| result.unwrap_err().to_string();
        assert_eq!(said(activities.create("a b", &arns, 0)), "Invalid Name: 'a b'");
        assert_eq!(said(activities.create("", &arns, 0)), "Invalid Name: ''");
        assert_eq!(said(activities.create(&"a".repeat(81), &arns, 0)), format!("Invalid Name: '{}'", "a".repeat(81)));
        assert_eq!(said(activities.find("arn:x")), "Invalid Arn: 'Invalid ARN prefix: arn:x'");
        assert_eq!(said(activities.find("none")), "Activity Does Not Exist: 'none'");
    }
}
