//! The calls of the service that cases make, answered by the library.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use duramen_actors::TokioClock;
use duramen_states::definition::Definition;
use duramen_states::validate::{self, MachineType, invalid_definition};
use duramen_states::{End, Error, Fault, Limits, Registration, StateMachines, Tasks};
use duramen_storage::{ExecutionId, MemoryLog};
use serde_json::{Value, json};

use crate::case::Lambda;
use crate::functions;
use crate::map_runs;
use crate::stored::Stored;

const REGION: &str = "us-east-1";
const ACCOUNT: &str = "111111111111";
/// When all cases begin, in ms since the Unix epoch.
const BEGIN_MS: u64 = 1_764_000_000_000;

pub(crate) struct Service {
    tasks: Tasks,
    objects: Stored,
    machines: StateMachines,
    executions: BTreeMap<String, ExecutionId>,
    /// The name of the worker that takes tasks of the activities of the case, if one does.
    worker: Option<&'static str>,
}

impl Service {
    pub(crate) async fn new(lambdas: &[Lambda], fixtures: &[String]) -> Self {
        let objects = Stored::default();
        let tasks = functions::tasks(lambdas).objects(objects.clone());
        let builder = StateMachines::builder(Arc::new(MemoryLog::new()));
        let builder = builder.clock(Arc::new(TokioClock::starting_at(BEGIN_MS))).limits(Limits::aws());
        let builder = builder.region(REGION).account(ACCOUNT).tasks(tasks.clone());
        let worker = fixtures.iter().any(|name| name == "sfn_activity_consumer");
        Self {
            tasks,
            objects,
            machines: builder.open().await.expect("it opens"),
            executions: BTreeMap::new(),
            worker: worker.then_some("BASE_ID_ACTIVITY_CONSUMER"),
        }
    }

    /// Answers a call. An error says that there is no such call here.
    pub(crate) async fn call(&mut self, op: &str, params: &Value) -> Result<Value, String> {
        let text = |name: &str| params[name].as_str().unwrap_or_default().to_owned();
        match op {
            "create_state_machine" => Ok(self.create(params)),
            "create_activity" => Ok(self.create_activity(&text("name"))),
            "validate_state_machine_definition" => Ok(validate(params)),
            "start_execution" => self.start(params).await,
            "start_sync_execution" => self.start_sync(params).await,
            "stop_execution" => {
                let fault = Fault { error: owned(&params["error"]), cause: owned(&params["cause"]) };
                let execution = self.execution(&text("executionArn"))?;
                self.machines.stop(execution, fault).await.map_err(said)?;
                Ok(json!({"stopDate": 0}))
            }
            "describe_execution" => self.describe(&text("executionArn")).await,
            "get_execution_history" => self.history(&text("executionArn"), params["reverseOrder"] == true).await,
            "list_map_runs" => {
                let runs = self.machines.map_runs(self.execution(&text("executionArn"))?).await.map_err(said)?;
                Ok(json!({"mapRuns": runs.iter().map(map_runs::listed).collect::<Vec<_>>()}))
            }
            "describe_map_run" => {
                let run = self.machines.map_run(&text("mapRunArn")).await.map_err(said)?;
                Ok(map_runs::described(&run))
            }
            "test_state" => Ok(crate::trial::test_state(params, &self.tasks).await),
            "put_object" => {
                self.objects.keep(&text("Bucket"), &text("Key"), &text("Body"));
                Ok(json!({}))
            }
            "delete_state_machine" => Ok(json!({})),
            op if op.starts_with("@await_execution") => {
                let execution = self.execution(&text("execution_arn"))?;
                self.machines.result(execution).await.map_err(said)?;
                Ok(json!({}))
            }
            op if op.starts_with('@') => Ok(json!({})),
            op => Err(format!(": the call {op} is not made here")),
        }
    }

    fn create(&self, params: &Value) -> Value {
        let text = |name: &str| params[name].as_str().unwrap_or_default();
        let express = text("type") == "EXPRESS";
        let refused = |message: &str| error("CreateStateMachine", "InvalidDefinition", message);
        if let Some(message) = invalid_definition(&validate::validate(text("definition"), &options(express))) {
            return refused(&message);
        }
        let definition = match Definition::parse(text("definition")) {
            Ok(definition) => definition,
            Err(problems) => return refused(&problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        let registration =
            if express { Registration::express(&definition) } else { Registration::standard(&definition) };
        let registry = self.machines.registry();
        if let Err(problem) = registry.create(text("name"), registration.role(text("roleArn"))) {
            return refused(&problem.to_string());
        }
        let arn = registry.get(text("name")).map(|registered| registered.arn);
        json!({"stateMachineArn": arn, "creationDate": 0})
    }

    /// Creates an activity. Where the case has a worker, it takes its tasks, works for a while, and gives back their input.
    fn create_activity(&self, name: &str) -> Value {
        let activity = match self.machines.create_activity(name) {
            Ok(activity) => activity,
            Err(problem) => return error("CreateActivity", "InvalidName", &problem.to_string()),
        };
        if let Some(worker) = self.worker {
            let (machines, arn) = (self.machines.clone(), activity.arn.clone());
            tokio::spawn(async move {
                while let Ok(Some(task)) = machines.poll(&arn, worker).await {
                    for _ in 0..10 {
                        tokio::time::sleep(Duration::from_secs(1)).await;
                        // A task that has ended meanwhile wants to hear nothing.
                        let _ = machines.heartbeat(&task.token).await;
                    }
                    let _ = machines.answer_task(&task.token, Ok((*task.input).clone())).await;
                }
            });
        }
        json!({"activityArn": activity.arn, "creationDate": 0})
    }

    fn execution(&self, arn: &str) -> Result<ExecutionId, String> {
        self.executions.get(arn).copied().ok_or_else(|| format!(": there is no execution {arn}"))
    }

    async fn start(&mut self, params: &Value) -> Result<Value, String> {
        let arn = params["stateMachineArn"].as_str().unwrap_or_default();
        let name = params["name"].as_str().map_or_else(|| format!("run-{}", self.executions.len()), str::to_owned);
        let execution = self.machines.start(arn, &name, input(params)?).await.map_err(said)?;
        let about = self.machines.describe(execution).await.map_err(said)?.about;
        self.executions.insert(about.execution_arn.clone(), execution);
        Ok(json!({"executionArn": about.execution_arn, "startDate": 0}))
    }

    async fn start_sync(&self, params: &Value) -> Result<Value, String> {
        let arn = params["stateMachineArn"].as_str().unwrap_or_default();
        let name = params["name"].as_str().unwrap_or("express");
        let finished = self.machines.start_sync(arn, name, input(params)?).await.map_err(said)?;
        let mut answer = json!({
            "executionArn": finished.about.execution_arn, "stateMachineArn": finished.about.machine_arn, "name": name,
            "startDate": 0, "stopDate": 0, "input": finished.input.text(), "inputDetails": {"included": true},
            "billingDetails": {"billedDurationInMilliseconds": finished.billed_ms, "billedMemoryUsedInMB": 64},
        });
        ended(&mut answer, &finished.end);
        Ok(answer)
    }

    async fn describe(&self, arn: &str) -> Result<Value, String> {
        let Ok(execution) = self.execution(arn) else {
            let message = format!("Execution Does Not Exist: '{arn}'");
            return Ok(error("DescribeExecution", "ExecutionDoesNotExist", &message));
        };
        let known = self.machines.describe(execution).await.map_err(said)?;
        let redrivable = !matches!(known.end, None | Some(End::Succeeded(_)));
        let mut answer = json!({
            "executionArn": arn, "stateMachineArn": known.about.machine_arn, "name": known.about.execution_name,
            "startDate": 0, "input": known.input.text(), "inputDetails": {"included": true}, "redriveCount": 0,
            "redriveStatus": if redrivable { "REDRIVABLE" } else { "NOT_REDRIVABLE" }, "status": known.status(),
        });
        if let Some(end) = &known.end {
            answer["stopDate"] = json!(0);
            ended(&mut answer, end);
        }
        Ok(answer)
    }

    async fn history(&self, arn: &str, reverse: bool) -> Result<Value, String> {
        let Ok(execution) = self.execution(arn) else {
            let message = format!("Execution Does Not Exist: '{arn}'");
            return Ok(error("GetExecutionHistory", "ExecutionDoesNotExist", &message));
        };
        let history = self.machines.history(execution).await.map_err(said)?;
        let mut events: Vec<Value> = history.iter().map(|event| event.to_json()).collect();
        if reverse {
            events.reverse();
        }
        Ok(json!({"events": events}))
    }
}

fn owned(text: &Value) -> Option<String> {
    text.as_str().map(str::to_owned)
}

#[allow(clippy::needless_pass_by_value, reason = "so it maps an error")]
fn said(error: Error) -> String {
    format!(": {error}")
}

fn input(params: &Value) -> Result<Value, String> {
    let text = params["input"].as_str().unwrap_or("{}");
    serde_json::from_str(text).map_err(|error| format!(": the input is not JSON: {error}"))
}

fn ended(answer: &mut Value, end: &End) {
    let (status, fault) = match end {
        End::Succeeded(output) => {
            answer["output"] = json!(output.text());
            answer["outputDetails"] = json!({"included": true});
            return answer["status"] = json!("SUCCEEDED");
        }
        End::Failed(fault) => ("FAILED", fault),
        End::TimedOut(fault) => ("TIMED_OUT", fault),
        End::Aborted(fault) => ("ABORTED", fault),
        _ => return,
    };
    answer["status"] = json!(status);
    for (name, text) in [("error", &fault.error), ("cause", &fault.cause)] {
        if let Some(text) = text {
            answer[name] = json!(text);
        }
    }
}

fn options(express: bool) -> validate::Options<'static> {
    let machine_type = if express { MachineType::Express } else { MachineType::Standard };
    validate::Options::default().without_lints().machine_type(machine_type)
}

fn validate(params: &Value) -> Value {
    let text = |name: &str| params[name].as_str().unwrap_or_default();
    let said = validate::validate(text("definition"), &options(text("type") == "EXPRESS"));
    let failed = said.iter().any(|one| one.is_error());
    let diagnostics: Vec<Value> = said.iter().map(diagnostic).collect();
    json!({"result": if failed { "FAIL" } else { "OK" }, "diagnostics": diagnostics, "truncated": false})
}

fn diagnostic(said: &validate::Diagnostic) -> Value {
    let mut fields = json!({"severity": said.severity.as_str(), "code": said.code.as_str(), "message": said.message});
    if let Some(location) = &said.location {
        fields["location"] = json!(location);
    }
    fields
}

pub(crate) fn error(operation: &str, code: &str, message: &str) -> Value {
    json!({
        "Error": {"Code": code, "Message": message}, "message": message, "operation": operation,
        "ResponseMetadata": {"HTTPStatusCode": 400},
    })
}
