//! The functions that cases call, by what the last part of their file's name says.

use std::time::Duration;

use duramen_states::{Call, Fault, Tasks};
use serde_json::{Value, json};

use crate::case::Lambda;

pub(crate) fn tasks(lambdas: &[Lambda]) -> Tasks {
    lambdas.iter().fold(Tasks::new(), |tasks, lambda| {
        let file = lambda.file.clone().unwrap_or_default();
        let behaviour = file.rsplit('/').next().unwrap_or_default().to_owned();
        tasks.handler(lambda.name.clone(), move |call| answer(behaviour.clone(), call))
    })
}

async fn answer(behaviour: String, call: Call) -> Result<Value, Fault> {
    match behaviour.as_str() {
        "id_function.py" => Ok((*call.input).clone()),
        "echo_function.py" => Ok(json!({"Return": "HelloWorld"})),
        "return_bytes_str.py" => Ok(json!("HelloWorld!")),
        "return_decorated_input.py" => Ok(json!(format!("input-event-{}", *call.input))),
        "large_output_string.py" => Ok(json!("a".repeat(257 * 1024))),
        "wait_60_seconds.py" => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok((*call.input).clone())
        }
        "raise_exception.py" => Err(exception("Exception", "Some exception was raised.")),
        "raise_custom_exception.py" => Err(exception("CustomException", "CustomException message")),
        other => Err(Fault { error: Some("UnknownFunction".to_owned()), cause: Some(other.to_owned()) }),
    }
}

/// An exception as Python's runtime reports it, with white space.
fn exception(kind: &str, message: &str) -> Fault {
    let trace = format!("  File \"/var/task/handler.py\", line 2, in handler\n    raise {kind}(\"{message}\")\n");
    let cause = format!(
        "{{\"errorMessage\": {}, \"errorType\": {}, \"requestId\": \"0aa2c1c7-3f0b-4b0e-8a7a-1d2f3b4c5d6e\", \"stackTrace\": [{}]}}",
        json!(message),
        json!(kind),
        json!(trace)
    );
    Fault { error: Some(kind.to_owned()), cause: Some(cause) }
}
