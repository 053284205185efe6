//! Trying one state alone, as AWS's `TestState` does.

mod mock;
mod responses;
mod wrap;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::event::Event;
use super::failure::matches;
use super::frame::{Phase, Stage, Worker};
use super::inspection::{Inspection, InspectionLevel};
use super::run::wall_ms;
use super::state::{FrameId, State};
use super::turn::Turn;
use super::{About, Machine, Owed};
use crate::definition::{Definition, Pattern, Resource, Retrier, StateKind};
use crate::history::Fault;
use crate::objects::items_in;
use crate::payload::Payload;
use crate::query::Moment;
use crate::task::Tasks;

pub(crate) use mock::compare;
pub use mock::{FieldValidation, Mock};

/// What is to be tried: one state, with its input and all that it may see.
///
/// ```
/// use duramen_states::machine::{Mock, TestState, TestStatus};
/// use duramen_states::Tasks;
/// use serde_json::json;
///
/// let state = r#"{"Type": "Task", "Resource": "shop", "ResultPath": "$.order", "Next": "Ship"}"#;
/// let test = TestState::new(state).input(json!({"id": 7})).mock(Mock::result(r#"{"paid": true}"#));
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let tested = test.run(&Tasks::new()).await.unwrap();
/// assert_eq!(tested.status, TestStatus::Succeeded);
/// assert_eq!(tested.output.unwrap().text(), r#"{"id":7,"order":{"paid":true}}"#);
/// assert_eq!(tested.next.unwrap(), "Ship");
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct TestState {
    definition: String,
    state: Option<String>,
    input: Value,
    variables: Map<String, Value>,
    context: Option<Value>,
    mock: Option<Mock>,
    role_arn: Option<String>,
    retries: u32,
    failed_iterations: Option<u64>,
    caused_by: Option<String>,
    reader_data: Option<String>,
    level: InspectionLevel,
    reveal_secrets: bool,
}

/// How a state that was tried has come out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestStatus {
    /// It was left as it should be.
    Succeeded,
    /// It failed.
    Failed,
    /// It failed, and would be tried again.
    Retriable,
    /// It failed, and goes on elsewhere.
    CaughtError,
}

impl TestStatus {
    /// Its name in AWS's API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Retriable => "RETRIABLE",
            Self::CaughtError => "CAUGHT_ERROR",
        }
    }
}

/// What came of a state that was tried.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Tested {
    /// How it came out.
    pub status: TestStatus,
    /// What it put out, unless it failed.
    pub output: Option<Payload>,
    /// The state that follows, if one does.
    pub next: Option<String>,
    /// The error, if it failed.
    pub fault: Option<Fault>,
    /// What data was on its way.
    pub inspection: Inspection,
}

/// Why a state was not tried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The definition is none.
    #[error("{0}")]
    Definition(String),
    /// What is asked for does not go together.
    #[error("{0}")]
    Request(String),
}

impl TestState {
    /// A state, or a whole state machine of which [one](Self::state) is tried.
    #[must_use]
    pub fn new(definition: impl Into<String>) -> Self {
        Self {
            definition: definition.into(),
            state: None,
            input: Value::Object(Map::new()),
            variables: Map::new(),
            context: None,
            mock: None,
            role_arn: None,
            retries: 0,
            failed_iterations: None,
            caused_by: None,
            reader_data: None,
            level: InspectionLevel::default(),
            reveal_secrets: false,
        }
    }

    /// The state of that name, in a definition of a state machine.
    #[must_use]
    pub fn state(mut self, name: impl Into<String>) -> Self {
        self.state = Some(name.into());
        self
    }

    /// With that input; an empty object otherwise.
    #[must_use]
    pub fn input(mut self, input: Value) -> Self {
        self.input = input;
        self
    }

    /// With those variables.
    #[must_use]
    pub fn variables(mut self, variables: Map<String, Value>) -> Self {
        self.variables = variables;
        self
    }

    /// With that context object.
    #[must_use]
    pub fn context(mut self, context: Value) -> Self {
        self.context = Some(context);
        self
    }

    /// With that in place of what the state would call or run.
    #[must_use]
    pub fn mock(mut self, mock: Mock) -> Self {
        self.mock = Some(mock);
        self
    }

    /// In the name of that role.
    #[must_use]
    pub fn role(mut self, arn: impl Into<String>) -> Self {
        self.role_arn = Some(arn.into());
        self
    }

    /// As if it had been tried again so many times already.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// As if so many iterations of the map had failed.
    #[must_use]
    pub fn failed_iterations(mut self, count: u64) -> Self {
        self.failed_iterations = Some(count);
        self
    }

    /// As if the mocked error of a parallel or map state came from the state of that name inside of it.
    #[must_use]
    pub fn caused_by(mut self, state: impl Into<String>) -> Self {
        self.caused_by = Some(state.into());
        self
    }

    /// With that text in place of what the `ItemReader` of a distributed map would read: the content of the object as it is
    /// in the store, or a listing as an array of JSON.
    #[must_use]
    pub fn reader_data(mut self, data: impl Into<String>) -> Self {
        self.reader_data = Some(data.into());
        self
    }

    /// With that much shown of it.
    #[must_use]
    pub fn level(mut self, level: InspectionLevel) -> Self {
        self.level = level;
        self
    }

    /// With what a connection adds to a request shown too.
    #[must_use]
    pub fn reveal_secrets(mut self) -> Self {
        self.reveal_secrets = true;
        self
    }

    /// Tries the state. A task without a mock is done by those handlers; a wait is over at once.
    ///
    /// # Errors
    /// The definition is none; the mock does not go with the state; a parallel or map state has no mock.
    pub async fn run(&self, tasks: &Tasks) -> Result<Tested, TestError> {
        let text = wrap::wrapped(&self.definition, self.state.as_deref())?;
        let problems = |problems: Vec<crate::definition::Problem>| {
            TestError::Definition(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
        };
        let definition = Definition::parse(&text).map_err(problems)?;
        let machine = Machine::new(&definition).map_err(problems)?;
        let Some(tried) = definition.state(definition.root().start) else {
            return Err(TestError::Definition("State not found in definition".to_owned()));
        };
        self.check_context(&tried.kind)?;
        self.check_settings(&definition, tried)?;
        let mocked = self.mocked(&tried.kind)?;
        let inspection = RefCell::new(Inspection::default());
        inspection.borrow_mut().put("input", &self.input);
        let now_ms = wall_ms();
        let mut state = State::default();
        let mut turn = Turn::new(&machine.plan, &mut state, &machine.limits, Moment::new(now_ms, now_ms))
            .inspected(&inspection, self.context.as_ref());
        turn.emit(Event::Started { about: self.about(now_ms), input: self.input.clone().into() });
        let variables: BTreeMap<_, _> =
            self.variables.iter().map(|(name, value)| (name.clone(), Payload::from(value.clone()))).collect();
        turn.visit(FrameId::ROOT);
        let retries = self.used(&tried.kind, mocked.as_ref());
        turn.change(FrameId::ROOT, |frame| {
            frame.variables = Arc::new(variables);
            if let Some(place) = &mut frame.place {
                place.retries = retries;
            }
        });
        while turn.outcome().is_none() {
            if let (Some(answer), StateKind::Parallel(_)) = (&mocked, &tried.kind) {
                turn.set_phase(FrameId::ROOT, answered(answer.clone()));
            }
            turn.visit(FrameId::ROOT);
            match turn.phase(FrameId::ROOT) {
                Some(Phase::Waiting { .. }) => turn.set_phase(FrameId::ROOT, Phase::Woken),
                Some(Phase::Distributed(_, Stage::Reading(call, ..))) if self.reader_data.is_some() => {
                    let number = call.id;
                    let owed = machine.calls(turn.state(), 0, now_ms).into_iter().next();
                    if let (Some((_, Owed::Read(order))), Some(data)) = (owed, &self.reader_data) {
                        let items = items_in(data, &order);
                        if let (Ok(items), Some(_)) = (&items, &order.pointer) {
                            inspection.borrow_mut().put("afterItemsPointer", items);
                        }
                        turn.answer(number, items.map(Into::into));
                    }
                }
                Some(phase @ (Phase::Branching(_) | Phase::Distributed(..))) => {
                    let exceeds = |failed| match phase {
                        Phase::Branching(map) => map.tolerance.is_exceeded(failed, map.length() as u64),
                        other => {
                            let run = other.run().and_then(|run| turn.state().map_run(run));
                            run.is_some_and(|run| run.exceeds(failed))
                        }
                    };
                    let answer = match (self.failed_iterations, &mocked) {
                        (Some(failed), _) if exceeds(failed) => Err(super::turn::threshold_exceeded()),
                        (_, Some(answer)) => answer.clone(),
                        (_, None) => {
                            let name = tried.kind.name();
                            let why = format!("State type '{name}' is not supported when a mock is not specified");
                            return Err(TestError::Request(why));
                        }
                    };
                    turn.set_phase(FrameId::ROOT, answered(answer));
                }
                Some(Phase::Task(call)) => {
                    let number = call.id;
                    let answer = match &mocked {
                        // It stands for the answer of whoever has the token, too.
                        Some(answer) => {
                            turn.take(number);
                            turn.reply(number, answer.clone());
                            continue;
                        }
                        None if call.token.is_some() && call.worker == Worker::None => {
                            let why = "A task that waits for its token can be tried with a mock only";
                            return Err(TestError::Request(why.to_owned()));
                        }
                        None => {
                            let owed = machine.calls(turn.state(), 0, now_ms).into_iter().next();
                            match owed {
                                Some((_, owed)) => self.settle(tasks, owed, &inspection).await,
                                None => Err(Fault::default()),
                            }
                        }
                    };
                    turn.take(number);
                    turn.answer(number, answer);
                }
                _ => {}
            }
        }
        let (status, output, next) = turn.outcome().unwrap_or((TestStatus::Failed, None, None));
        let fault = turn.failed.take();
        let next = next.and_then(|id| definition.state(id)).map(|state| state.name.clone());
        let mut variables = self.variables.clone();
        variables.extend(turn.assigned().iter().map(|(name, value)| (name.clone(), (**value).clone())));
        drop(turn);
        if !variables.is_empty() {
            inspection.borrow_mut().put("variables", &Value::Object(variables));
        }
        let inspection = match self.level {
            InspectionLevel::Info => Inspection::default(),
            _ => inspection.into_inner(),
        };
        Ok(Tested { status, output, next, fault, inspection })
    }

    /// How often each retrier was used. Where the error is mocked, that is told of the one that applies to it.
    fn used(&self, kind: &StateKind, mocked: Option<&Result<Payload, Fault>>) -> Vec<u32> {
        let retriers: &[Retrier] = match kind {
            StateKind::Task(task) => &task.retry,
            StateKind::Parallel(parallel) => &parallel.retry,
            StateKind::Map(map) => &map.retry,
            _ => &[],
        };
        let Some(Err(fault)) = mocked else { return vec![self.retries; retriers.len()] };
        let applies = retriers.iter().position(|retrier| matches(&retrier.errors, fault));
        (0..retriers.len()).map(|index| if Some(index) == applies { self.retries } else { 0 }).collect()
    }

    /// What is set of a state goes with what the state is.
    fn check_settings(&self, definition: &Definition, tried: &crate::definition::State) -> Result<(), TestError> {
        let refuse = |message: String| Err(TestError::Request(message));
        if self.reader_data.is_some() {
            match &tried.kind {
                StateKind::Map(map) if map.item_reader.is_some() => {}
                _ => return refuse("The state has no ItemReader, whose data is given".to_owned()),
            }
        }
        let Some(name) = &self.caused_by else { return Ok(()) };
        if self.mock.is_none() {
            return refuse("TestState does not support ErrorCausedByState when a mock is not specified.".to_owned());
        }
        if self.mock.as_ref().is_none_or(|mock| mock.error.is_none()) {
            return refuse("The state that an error comes from is given, and no error is mocked".to_owned());
        }
        let mut around = definition.state_named(name).map(|state| state.machine);
        while let Some(machine) = around {
            match definition.machine(machine).parent {
                Some(parent) if parent == definition.root().start => return Ok(()),
                parent => around = parent.and_then(|parent| definition.state(parent)).map(|state| state.machine),
            }
        }
        refuse(format!("There is no state '{name}' inside of the state that is tried, for the error to come from"))
    }

    /// A token is in the context object of those tasks alone that wait for something else than the answer of a service.
    fn check_context(&self, kind: &StateKind) -> Result<(), TestError> {
        let waits = match kind {
            StateKind::Task(task) => match &task.resource {
                Resource::Service(service) => service.pattern != Pattern::RequestResponse,
                _ => false,
            },
            _ => false,
        };
        if waits || self.context.as_ref().is_none_or(|context| context.get("Task").is_none()) {
            return Ok(());
        }
        let message = "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a \
                       '.sync' or '.waitForTaskToken' service integration pattern";
        Err(TestError::Request(message.to_owned()))
    }

    /// Does what the state calls, and shows what went to and fro.
    #[cfg(feature = "http")]
    async fn settle(&self, tasks: &Tasks, owed: Owed, inspection: &RefCell<Inspection>) -> Result<Payload, Fault> {
        let trace = Arc::new(crate::http::Trace::revealing(self.reveal_secrets));
        let owed = match owed {
            Owed::Task(resource, mut call) if self.level == InspectionLevel::Trace => {
                call.trace = Some(Arc::clone(&trace));
                Owed::Task(resource, call)
            }
            other => other,
        };
        let answer = tasks.settle(owed).await;
        let (request, response) = trace.take();
        for (name, shown) in [("request", request), ("response", response)] {
            if let Some(shown) = shown {
                inspection.borrow_mut().put(name, &shown);
            }
        }
        answer
    }

    #[cfg(not(feature = "http"))]
    async fn settle(&self, tasks: &Tasks, owed: Owed, _: &RefCell<Inspection>) -> Result<Payload, Fault> {
        tasks.settle(owed).await
    }

    fn about(&self, now_ms: u64) -> About {
        let mut moment = Moment::new(now_ms, now_ms);
        let (machine, execution) = (moment.uuid(), moment.uuid());
        // It is in the account of its role.
        let account = self.role_arn.as_deref().and_then(|role| role.split(':').nth(4)).unwrap_or("000000000000");
        let arn = |kind: &str| format!("arn:aws:states:us-east-1:{account}:{kind}:{machine}");
        let about = About::new(&machine, &execution).express();
        let about = about.arns(format!("{}:{execution}", arn("express")), arn("stateMachine"));
        match &self.role_arn {
            Some(role) => about.role(role),
            None => about,
        }
    }
}

fn answered(answer: Result<Payload, Fault>) -> Phase {
    match answer {
        Ok(result) => Phase::Joined(result),
        Err(fault) => Phase::Failing(fault),
    }
}
