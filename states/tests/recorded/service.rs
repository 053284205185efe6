//! The calls of the service that cases make, answered by the library.

use std::collections::BTreeMap;

use duramen_states::definition::Definition;
use duramen_states::validate::{self, MachineType, invalid_definition};
use duramen_states::{About, End, Limits, Machine, Options, Run, Tasks};
use serde_json::{Value, json};

use crate::case::Lambda;
use crate::functions;
use crate::stored::Stored;

const REGION: &str = "arn:aws:states:us-east-1:111111111111";

pub(crate) struct Service {
    tasks: Tasks,
    objects: Stored,
    machines: BTreeMap<String, Created>,
    runs: BTreeMap<String, (String, Run)>,
}

struct Created {
    name: String,
    role: String,
    express: bool,
    machine: Machine,
}

impl Service {
    pub(crate) fn new(lambdas: &[Lambda]) -> Self {
        let objects = Stored::default();
        Self {
            tasks: functions::tasks(lambdas).objects(objects.clone()),
            objects,
            machines: BTreeMap::new(),
            runs: BTreeMap::new(),
        }
    }

    /// Answers a call; `next` is the one that follows. An error says that there is no such call here.
    pub(crate) async fn call(&mut self, op: &str, params: &Value, next: &str) -> Result<Value, String> {
        let text = |name: &str| params[name].as_str().unwrap_or_default().to_owned();
        match op {
            "create_state_machine" => Ok(self.create(params)),
            "validate_state_machine_definition" => Ok(validate(params)),
            "start_execution" => self.start(params, next == "stop_execution").await,
            "start_sync_execution" => self.start_sync(params).await,
            "stop_execution" => Ok(json!({"stopDate": 0})),
            "describe_execution" => Ok(self.describe(&text("executionArn"))),
            "get_execution_history" => Ok(self.history(&text("executionArn"), params["reverseOrder"] == true)),
            "test_state" => Ok(crate::trial::test_state(params, &self.tasks).await),
            "put_object" => {
                self.objects.keep(&text("Bucket"), &text("Key"), &text("Body"));
                Ok(json!({}))
            }
            "delete_state_machine" => Ok(json!({})),
            op if op.starts_with('@') => Ok(json!({})),
            op => Err(format!(": the call {op} is not made here")),
        }
    }

    fn create(&mut self, params: &Value) -> Value {
        let text = |name: &str| params[name].as_str().unwrap_or_default();
        let express = text("type") == "EXPRESS";
        let refused = |message: &str| error("CreateStateMachine", "InvalidDefinition", message);
        if let Some(message) = invalid_definition(&validate::validate(text("definition"), &options(express))) {
            return refused(&message);
        }
        let machine = Definition::parse(text("definition")).and_then(|definition| Machine::new(&definition));
        let machine = match machine {
            Ok(machine) => machine.limits(Limits::aws()),
            Err(problems) => return refused(&problems.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        };
        let (name, role) = (text("name").to_owned(), text("roleArn").to_owned());
        let arn = format!("{REGION}:stateMachine:{name}");
        self.machines.insert(arn.clone(), Created { name, role, express, machine });
        json!({"stateMachineArn": arn, "creationDate": 0})
    }

    async fn run(&self, arn: &str, execution: &str, params: &Value, stop: bool) -> Result<Run, String> {
        let created = self.machines.get(arn).ok_or_else(|| format!(": there is no state machine {arn}"))?;
        let name = execution.rsplit(':').nth(usize::from(created.express)).unwrap_or_default();
        let about = About::new(&created.name, name).arns(execution, arn).role(&created.role);
        let about = if created.express { about.express() } else { about };
        let input = params["input"].as_str().unwrap_or("{}");
        let input: Value = serde_json::from_str(input).map_err(|error| format!(": the input is not JSON: {error}"))?;
        let options = Options::default().about(about).skip_waits();
        let options = if stop { options.stop_after_ms(0) } else { options };
        Ok(created.machine.run(input, &self.tasks, options).await)
    }

    async fn start(&mut self, params: &Value, stop: bool) -> Result<Value, String> {
        let arn = params["stateMachineArn"].as_str().unwrap_or_default().to_owned();
        let name = params["name"].as_str().map_or_else(|| format!("run-{}", self.runs.len()), str::to_owned);
        let execution = format!("{}:{name}", arn.replace(":stateMachine:", ":execution:"));
        let run = self.run(&arn, &execution, params, stop).await?;
        self.runs.insert(execution.clone(), (params["input"].as_str().unwrap_or("{}").to_owned(), run));
        Ok(json!({"executionArn": execution, "startDate": 0}))
    }

    async fn start_sync(&mut self, params: &Value) -> Result<Value, String> {
        let arn = params["stateMachineArn"].as_str().unwrap_or_default().to_owned();
        let execution = format!("{}:express:0a1b", arn.replace(":stateMachine:", ":express:"));
        let run = self.run(&arn, &execution, params, false).await?;
        let mut answer = json!({
            "executionArn": execution, "stateMachineArn": arn, "name": "express", "startDate": 0, "stopDate": 0,
            "input": params["input"], "inputDetails": {"included": true},
            "billingDetails": {"billedDurationInMilliseconds": 100, "billedMemoryUsedInMB": 64},
        });
        ended(&mut answer, &run.end);
        Ok(answer)
    }

    fn describe(&self, arn: &str) -> Value {
        let Some((input, run)) = self.runs.get(arn) else {
            return error("DescribeExecution", "ExecutionDoesNotExist", &format!("Execution Does Not Exist: '{arn}'"));
        };
        let (machine, name) = arn.rsplit_once(':').unwrap_or_default();
        let redrivable = !matches!(run.end, End::Succeeded(_));
        let mut answer = json!({
            "executionArn": arn, "stateMachineArn": machine.replace(":execution:", ":stateMachine:"), "name": name,
            "startDate": 0, "stopDate": 0, "input": input, "inputDetails": {"included": true}, "redriveCount": 0,
            "redriveStatus": if redrivable { "REDRIVABLE" } else { "NOT_REDRIVABLE" },
        });
        ended(&mut answer, &run.end);
        answer
    }

    fn history(&self, arn: &str, reverse: bool) -> Value {
        let Some((_, run)) = self.runs.get(arn) else {
            let message = format!("Execution Does Not Exist: '{arn}'");
            return error("GetExecutionHistory", "ExecutionDoesNotExist", &message);
        };
        let mut events: Vec<Value> = run.history.iter().map(|event| event.to_json()).collect();
        if reverse {
            events.reverse();
        }
        json!({"events": events})
    }
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
    validate::Options::default().machine_type(machine_type)
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
