//! Functions: called by their ARN, or by `arn:aws:states:::lambda:invoke`.

use serde_json::{Map, Value, json};

use super::handler::{Call, Handler};
use super::{Answer, Fault};
use crate::machine::timestamp;
use crate::query::Moment;

/// A function that is invoked is given `Payload`, and what it returns stands in the response of the API.
pub(super) async fn invoke(handler: &Handler, mut call: Call) -> Answer {
    let logs = call.input.get("LogType").and_then(Value::as_str) == Some("Tail");
    let payload = call.input.get("Payload").filter(|payload| !payload.is_null()).cloned();
    call.input = payload.unwrap_or_else(|| json!({})).into();
    let response = Response { id: Moment::new(call.at_ms, call.number).uuid(), at_ms: call.at_ms, logs };
    match handler(call).await {
        Ok(payload) => Ok(response.around(payload).into()),
        Err(fault) => Err(Fault { cause: fault.cause.map(compact), ..fault }),
    }
}

/// What the API answers around the payload of a function.
pub(super) struct Response {
    pub(super) id: String,
    pub(super) at_ms: u64,
    pub(super) logs: bool,
}

impl Response {
    pub(super) fn around(&self, payload: Value) -> Value {
        let trace = format!("root=1-{:08x}-{};sampled=0", self.at_ms / 1000, self.id.replace('-', "").split_off(8));
        let mut headers = vec![
            ("X-Amz-Executed-Version", "$LATEST".to_owned()),
            ("x-amzn-Remapped-Content-Length", "0".to_owned()),
            ("Connection", "keep-alive".to_owned()),
            ("x-amzn-RequestId", self.id.clone()),
            ("Content-Length", spaced_length(&payload).to_string()),
            ("Date", timestamp(self.at_ms)),
            ("X-Amzn-Trace-Id", trace),
            ("Content-Type", "application/json".to_owned()),
        ];
        let mut response = Map::new();
        response.insert("ExecutedVersion".to_owned(), json!("$LATEST"));
        if self.logs {
            let log = format!("START RequestId: {0} Version: $LATEST\nEND RequestId: {0}\n", self.id);
            let log = data_encoding::BASE64.encode(log.as_bytes());
            response.insert("LogResult".to_owned(), json!(log));
            headers.push(("X-Amz-Log-Result", log));
        }
        response.insert("Payload".to_owned(), payload);
        let all: Map<String, Value> = headers.iter().map(|(name, text)| ((*name).to_owned(), json!([text]))).collect();
        let single: Map<String, Value> =
            headers.into_iter().map(|(name, text)| (name.to_owned(), json!(text))).collect();
        let metadata = json!({"AllHttpHeaders": all, "HttpHeaders": single, "HttpStatusCode": 200});
        response.insert("SdkHttpMetadata".to_owned(), metadata);
        response.insert("SdkResponseMetadata".to_owned(), json!({"RequestId": self.id}));
        response.insert("StatusCode".to_owned(), json!(200));
        Value::Object(response)
    }
}

/// How many bytes a value has with a space behind each comma and colon, as the commonest runtime of functions writes it.
fn spaced_length(value: &Value) -> usize {
    fn spaces(value: &Value) -> usize {
        match value {
            Value::Array(items) => items.len().saturating_sub(1) + items.iter().map(spaces).sum::<usize>(),
            Value::Object(fields) => {
                fields.len() + fields.len().saturating_sub(1) + fields.values().map(spaces).sum::<usize>()
            }
            _ => 0,
        }
    }
    value.to_string().len() + spaces(value)
}

/// The API reads what a function says of its error, and writes it without white space.
fn compact(cause: String) -> String {
    serde_json::from_str::<Value>(&cause).map_or(cause, |value| value.to_string())
}

/// What the API says where no function is named.
pub(super) fn nameless() -> Fault {
    fault("Lambda.ValidationException", "The field FunctionName is missing".to_owned())
}

/// What the API says of a function that there is not, in the words of the SDK by which Step Functions calls it. A function that
/// is named without its ARN is one of the account of the execution.
pub(super) fn missing(function: &str, call: &Call) -> Fault {
    let of_execution = || {
        let arn = &call.about.as_ref()?.machine_arn;
        let mut parts = arn.split(':');
        let (region, account) = (parts.nth(3)?, parts.next()?);
        Some(format!("arn:aws:lambda:{region}:{account}:function:{function}"))
    };
    let arn = if function.starts_with("arn:") { None } else { of_execution() };
    let (arn, id) = (arn.unwrap_or_else(|| function.to_owned()), Moment::new(call.at_ms, call.number).uuid());
    let cause = format!(
        "Function not found: {arn} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: {id}; Proxy: null)"
    );
    fault("Lambda.ResourceNotFoundException", cause)
}

fn fault(error: &str, cause: String) -> Fault {
    Fault { error: Some(error.to_owned()), cause: Some(cause) }
}
