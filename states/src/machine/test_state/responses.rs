//! What services answer: the shapes with which mocked results are compared.

use std::collections::HashMap;
use std::str::Chars;
use std::sync::LazyLock;

use serde_json::Value;

use super::FieldValidation;
use crate::definition::{Pattern, ServiceResource};

static TABLE: LazyLock<HashMap<&'static str, Service>> = LazyLock::new(|| read(include_str!("responses.txt")));

/// The operations of a service, and the shapes that they share.
#[derive(Debug, Default)]
struct Service {
    shared: HashMap<String, Shape>,
    operations: HashMap<String, Shape>,
}

#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Any,
    /// The least and the most characters it has.
    Text(usize, Option<usize>),
    Number(Option<f64>, Option<f64>),
    Boolean,
    OneOf(Vec<String>),
    List(Box<Shape>),
    Map(Box<Shape>),
    /// Whether a field is always there, and its shape.
    Object(Vec<(String, bool, Shape)>),
    Shared(String),
}

/// Compares a mocked result with what a service can answer.
///
/// # Errors
/// The first difference. There is none where the answers of the service are not known here.
pub(super) fn compare(service: &ServiceResource, result: &Value, validation: FieldValidation) -> Result<(), String> {
    // What is waited for by a token is the answer of who has it.
    if validation == FieldValidation::None || service.pattern == Pattern::WaitForTaskToken {
        return Ok(());
    }
    let (name, optimised) = match service.service.as_str() {
        "states" => ("sfn", true),
        "events" => ("eventbridge", true),
        name => name.strip_prefix("aws-sdk:").map_or((name, true), |name| (name, false)),
    };
    let waits = service.pattern.waits_for_end();
    let operation = match service.api.as_str() {
        "startExecution" if waits => "describeExecution",
        // What others answer in the end is not what the API answers that begins it.
        _ if waits => return Ok(()),
        api => api,
    };
    let Some((known, shape)) = TABLE.get(name).and_then(|known| Some((known, known.operations.get(operation)?))) else {
        return Ok(());
    };
    // These integrations give as JSON what the API gives as text.
    let parsed: &[&str] = match (name, operation) {
        ("lambda", "invoke") if optimised => &["Payload"],
        ("sfn", "describeExecution") if waits => &["Input", "Output", "StartDate", "StopDate"],
        _ => &[],
    };
    Comparing { known, strict: validation == FieldValidation::Strict, parsed }.value(result, shape, "")
}

struct Comparing<'a> {
    known: &'a Service,
    strict: bool,
    /// Fields that may be anything.
    parsed: &'a [&'a str],
}

impl Comparing<'_> {
    fn value(&self, value: &Value, shape: &Shape, field: &str) -> Result<(), String> {
        let must = |holds: bool, what: &str| match holds {
            true => Ok(()),
            false => Err(format!("Field '{field}' must be {what}")),
        };
        match shape {
            Shape::Any => Ok(()),
            Shape::Text(least, most) => {
                must(value.is_string(), "a string")?;
                let length = value.as_str().unwrap_or_default().chars().count();
                if length < *least {
                    return Err(format!("Field '{field}' is smaller than the minimum length"));
                }
                match most.is_some_and(|most| length > most) {
                    true => Err(format!("Field '{field}' exceeds the maximum length")),
                    false => Ok(()),
                }
            }
            Shape::Number(least, most) => {
                must(value.is_number(), "a number")?;
                let number = value.as_f64().unwrap_or_default();
                if least.is_some_and(|least| number < least) {
                    return Err(format!("Field '{field}' is less than the minimum value"));
                }
                match most.is_some_and(|most| number > most) {
                    true => Err(format!("Field '{field}' exceeds the maximum value")),
                    false => Ok(()),
                }
            }
            Shape::Boolean => must(value.is_boolean(), "a boolean"),
            Shape::OneOf(texts) => {
                must(value.is_string(), "a string")?;
                match texts.iter().any(|text| value.as_str() == Some(text)) {
                    true => Ok(()),
                    false => Err(format!("Field '{field}' is not an expected value")),
                }
            }
            Shape::List(inner) => {
                must(value.is_array(), "an array")?;
                value.as_array().into_iter().flatten().try_for_each(|item| self.value(item, inner, field))
            }
            Shape::Map(inner) => {
                must(value.is_object(), "an object")?;
                let mut values = value.as_object().into_iter().flatten();
                values.try_for_each(|(_, item)| self.value(item, inner, field))
            }
            Shape::Object(fields) => {
                if let Some((name, ..)) =
                    fields.iter().find(|(name, always, _)| self.strict && *always && value.get(name).is_none())
                {
                    return Err(format!("Required field '{name}' is missing"));
                }
                must(field.is_empty() || value.is_object(), "an object")?;
                // What the API does not know may be new in it.
                let shapes =
                    fields.iter().filter(|(name, ..)| !(field.is_empty() && self.parsed.contains(&name.as_str())));
                let mut given = shapes.filter_map(|(name, _, shape)| Some((name, value.get(name)?, shape)));
                given.try_for_each(|(name, value, shape)| self.value(value, shape, name))
            }
            Shape::Shared(name) => match self.known.shared.get(name) {
                Some(shape) => self.value(value, shape, field),
                None => Ok(()),
            },
        }
    }
}

/// Reads the table. A line that is not understood is passed over; a test holds that there is none.
fn read(text: &'static str) -> HashMap<&'static str, Service> {
    let mut services: HashMap<&'static str, Service> = HashMap::new();
    let mut current = "";
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split_once(' ') {
            Some(("service", name)) => current = name,
            Some((name, shape)) => {
                let service = services.entry(current).or_default();
                let Some(shape) = parsed(shape) else { continue };
                match name.strip_prefix('%') {
                    Some(name) => service.shared.insert(name.to_owned(), shape),
                    None => service.operations.insert(name.to_owned(), shape),
                };
            }
            None => {}
        }
    }
    services
}

fn parsed(text: &str) -> Option<Shape> {
    let mut rest = text.chars();
    let shape = shape(&mut rest)?;
    rest.next().is_none().then_some(shape)
}

fn shape(rest: &mut Chars<'_>) -> Option<Shape> {
    Some(match rest.next()? {
        '*' => Shape::Any,
        'b' => Shape::Boolean,
        's' => {
            let bounds = word(rest);
            let (least, most) = bounds.split_once("..").unwrap_or((&bounds, ""));
            Shape::Text(least.parse().unwrap_or(0), most.parse().ok())
        }
        'n' => {
            let bounds = word(rest);
            let (least, most) = bounds.split_once("..").unwrap_or_default();
            Shape::Number(least.parse().ok(), most.parse().ok())
        }
        '%' => Shape::Shared(word(rest)),
        '(' => {
            let texts = rest.as_str().split_once(')')?.0.to_owned();
            skip(rest, texts.len() + 1);
            Shape::OneOf(texts.split('|').map(str::to_owned).collect())
        }
        '[' => {
            let inner = Box::new(shape(rest)?);
            (rest.next()? == ']').then_some(Shape::List(inner))?
        }
        '<' => {
            let inner = Box::new(shape(rest)?);
            (rest.next()? == '>').then_some(Shape::Map(inner))?
        }
        '{' => {
            let mut fields = Vec::new();
            loop {
                match rest.as_str().chars().next()? {
                    '}' => break skip(rest, 1),
                    ' ' => skip(rest, 1),
                    _ => {
                        let name = word(rest);
                        let always = rest.as_str().starts_with('!');
                        skip(rest, usize::from(always));
                        (rest.next()? == ':').then_some(())?;
                        fields.push((name, always, shape(rest)?));
                    }
                }
            }
            Shape::Object(fields)
        }
        _ => return None,
    })
}

/// The letters, digits and points that follow.
fn word(rest: &mut Chars<'_>) -> String {
    let word: String =
        rest.as_str().chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '.').collect();
    skip(rest, word.len());
    word
}

fn skip(rest: &mut Chars<'_>, letters: usize) {
    rest.by_ref().take(letters).for_each(drop);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition::Resource;

    fn said(resource: &str, result: &Value, validation: FieldValidation) -> Result<(), String> {
        let Resource::Service(service) = Resource::parse(&format!("arn:aws:states:::{resource}")) else {
            unreachable!()
        };
        compare(&service, result, validation)
    }

    fn strictly(resource: &str, result: &Value) -> Result<(), String> {
        said(resource, result, FieldValidation::Strict)
    }

    fn shared(shape: &Shape, found: &mut Vec<String>) {
        match shape {
            Shape::Shared(name) => found.push(name.clone()),
            Shape::List(inner) | Shape::Map(inner) => shared(inner, found),
            Shape::Object(fields) => fields.iter().for_each(|(_, _, shape)| shared(shape, found)),
            _ => {}
        }
    }

    #[test]
    fn every_line_of_the_table_is_understood() {
        let text = include_str!("responses.txt");
        let lines =
            text.lines().filter(|line| !line.starts_with('#') && !line.starts_with("service ") && !line.is_empty());
        for line in lines {
            let (_, text) = line.split_once(' ').unwrap();
            assert!(parsed(text).is_some(), "{line}");
        }
        for (name, service) in &*TABLE {
            let mut named = Vec::new();
            service.operations.values().chain(service.shared.values()).for_each(|shape| shared(shape, &mut named));
            assert!(named.iter().all(|shape| service.shared.contains_key(shape)), "{name}: {named:?}");
        }
        assert!(TABLE.values().map(|service| service.operations.len()).sum::<usize>() > 60);
    }

    #[test]
    fn what_is_there_is_of_its_type() {
        for (resource, result, expected) in [
            ("events:putEvents", json!({"Entries": 1}), "Field 'Entries' must be an array"),
            (
                "aws-sdk:eventbridge:putEvents",
                json!({"Entries": [{}, {"EventId": []}]}),
                "Field 'EventId' must be a string",
            ),
            ("sqs:sendMessage", json!({"MessageId": 1}), "Field 'MessageId' must be a string"),
            (
                "dynamodb:putItem",
                json!({"ConsumedCapacity": {"CapacityUnits": "1"}}),
                "Field 'CapacityUnits' must be a number",
            ),
            ("dynamodb:getItem", json!({"Item": {"a": {"M": {"b": {"BOOL": "x"}}}}}), "Field 'BOOL' must be a boolean"),
            ("dynamodb:getItem", json!({"Item": []}), "Field 'Item' must be an object"),
            (
                "aws-sdk:lambda:getFunction",
                json!({"Configuration": {"Timeout": 0}}),
                "Field 'Timeout' is less than the minimum value",
            ),
            (
                "aws-sdk:kms:encrypt",
                json!({"CiphertextBlob": ""}),
                "Field 'CiphertextBlob' is smaller than the minimum length",
            ),
            (
                "aws-sdk:kms:encrypt",
                json!({"CiphertextBlob": "a".repeat(6145)}),
                "Field 'CiphertextBlob' exceeds the maximum length",
            ),
            (
                "aws-sdk:secretsmanager:getSecretValue",
                json!({"Name": ""}),
                "Field 'Name' is smaller than the minimum length",
            ),
            ("ecs:runTask", json!({"Tasks": [{"Cpu": 1}]}), "Field 'Cpu' must be a string"),
            ("aws-sdk:sfn:startSyncExecution", json!({"Status": "X"}), "Field 'Status' is not an expected value"),
        ] {
            assert_eq!(said(resource, &result, FieldValidation::Present), Err(expected.to_owned()), "{resource}");
        }
        let large = json!({"Configuration": {"MemorySize": 1_000_000}});
        assert_eq!(
            strictly("aws-sdk:lambda:getFunction", &large).unwrap_err(),
            "Field 'MemorySize' exceeds the maximum value"
        );
        assert_eq!(said("aws-sdk:lambda:getFunction", &large, FieldValidation::None), Ok(()));
    }

    #[test]
    fn what_is_always_there_may_not_be_missing() {
        let missing = |name: &str| Err(format!("Required field '{name}' is missing"));
        assert_eq!(strictly("states:startExecution", &json!({})), missing("ExecutionArn"));
        assert_eq!(said("states:startExecution", &json!({}), FieldValidation::Present), Ok(()));
        let failed = json!({"Successful": [], "Failed": [{"Id": "1", "Code": "x"}]});
        assert_eq!(strictly("aws-sdk:sqs:sendMessageBatch", &failed), missing("SenderFault"));
        assert_eq!(strictly("events:putEvents", &json!({"random": 1})), Ok(()));
    }

    #[test]
    fn what_an_integration_parses_may_be_anything() {
        assert_eq!(strictly("lambda:invoke", &json!({"Payload": {"a": 1}})), Ok(()));
        assert!(strictly("aws-sdk:lambda:invoke", &json!({"Payload": {"a": 1}})).is_err());
        let described = json!({
            "ExecutionArn": "e", "StateMachineArn": "m", "Status": "SUCCEEDED", "StartDate": 1, "Output": {"a": 1},
        });
        assert_eq!(strictly("states:startExecution.sync:2", &described), Ok(()));
        assert_eq!(strictly("sqs:sendMessage.waitForTaskToken", &json!({"MessageId": 1})), Ok(()));
        assert_eq!(strictly("ecs:runTask.sync", &json!({"Tasks": 1})), Ok(()));
        assert_eq!(strictly("aws-sdk:ec2:describeInstances", &json!({"Reservations": 1})), Ok(()));
    }
}
