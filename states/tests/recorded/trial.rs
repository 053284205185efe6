//! `TestState`, by the library's own.

use duramen_states::machine::{FieldValidation, InspectionLevel, Mock, TestError, TestState, TestStatus};
use duramen_states::{Fault, Tasks};
use serde_json::{Map, Value, json};

use crate::service::error;

pub(crate) async fn test_state(params: &Value, tasks: &Tasks) -> Value {
    let invalid = |message: &str| error("TestState", "ValidationException", message);
    let json_of = |name: &str| params[name].as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let mut test = TestState::new(params["definition"].as_str().unwrap_or_default());
    if let Some(name) = params["stateName"].as_str() {
        test = test.state(name);
    }
    if let Some(input) = json_of("input") {
        test = test.input(input);
    }
    if let Some(Value::Object(variables)) = json_of("variables") {
        test = test.variables(variables);
    }
    if let Some(context) = json_of("context") {
        test = test.context(context);
    }
    if let Some(role) = params["roleArn"].as_str() {
        test = test.role(role);
    }
    if let Some(mock) = params.get("mock") {
        test = test.mock(mocked(mock));
    }
    if params["revealSecrets"] == true {
        test = test.reveal_secrets();
    }
    let level = match params["inspectionLevel"].as_str() {
        Some("TRACE") => InspectionLevel::Trace,
        Some("DEBUG") => InspectionLevel::Debug,
        _ => InspectionLevel::Info,
    };
    test = test.level(level);
    let configuration = &params["stateConfiguration"];
    if let Some(count) = configuration["retrierRetryCount"].as_u64() {
        test = test.retries(u32::try_from(count).unwrap_or(u32::MAX));
    }
    if let Some(count) = configuration["mapIterationFailureCount"].as_u64() {
        test = test.failed_iterations(count);
    }
    if let Some(name) = configuration["errorCausedByState"].as_str() {
        test = test.caused_by(name);
    }
    if let Some(data) = configuration["mapItemReaderData"].as_str() {
        test = test.reader_data(data);
    }
    let tested = match test.run(tasks).await {
        Ok(tested) => tested,
        Err(TestError::Definition(message)) => return error("TestState", "InvalidDefinition", &message),
        Err(other) => return invalid(&other.to_string()),
    };
    let mut answer = json!({"status": tested.status.as_str()});
    if level != InspectionLevel::Info {
        answer["inspectionData"] = Value::Object(texts(tested.inspection.values()));
    }
    if let Some(output) = &tested.output {
        answer["output"] = json!(output.text());
    }
    if let Some(next) = &tested.next {
        answer["nextState"] = json!(next);
    }
    if let Some(fault) = tested.fault.filter(|_| tested.status != TestStatus::Succeeded) {
        for (name, text) in [("error", fault.error), ("cause", fault.cause)] {
            if let Some(text) = text {
                answer[name] = json!(text);
            }
        }
    }
    answer
}

/// Values are texts of JSON in the API; numbers and the details of an error are not.
fn texts(values: &Map<String, Value>) -> Map<String, Value> {
    let text = |(name, value): (&String, &Value)| {
        let plain = value.is_number() || ["errorDetails", "request", "response"].contains(&name.as_str());
        (name.clone(), if plain { value.clone() } else { json!(value.to_string()) })
    };
    values.iter().map(text).collect()
}

fn mocked(mock: &Value) -> Mock {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut made = Mock::default();
    made.result = text(&mock["result"]);
    made.error =
        mock.get("errorOutput").map(|fault| Fault { error: text(&fault["error"]), cause: text(&fault["cause"]) });
    made.validation(match mock["fieldValidationMode"].as_str() {
        Some("PRESENT") => FieldValidation::Present,
        Some("NONE") => FieldValidation::None,
        _ => FieldValidation::Strict,
    })
}
