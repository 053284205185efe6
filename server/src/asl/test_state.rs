//! `duramen asl test-state FILE`

use std::fmt::Write as _;
use std::io::{Write as _, stderr};

use anyhow::{Context, Result, anyhow};
use clap::{Args, ValueEnum};
use duramen_states::definition::{Definition, StateKind};
use duramen_states::machine::{FieldValidation, InspectionLevel, Mock, TestError, TestStatus, Tested};
use duramen_states::rehearsal::Reply;
use duramen_states::validate::{Handlers, Options, validate, validate_state};
use duramen_states::{Fault, Tasks, machine};
use serde_json::{Value, json};

use super::http::{self, Apis};
use crate::argument::Argument;
use crate::output::{Outcome, Output, has_colour, only_one_stdin, usage, visible};
use crate::report;
use crate::source::Source;

/// What is said of exit codes in `--help`.
const EXIT_CODES: &str = "\
The exit code is 0 if the state succeeded, would be tried again or had its error caught, and 3 if it failed.";

#[derive(Args)]
#[command(after_help = EXIT_CODES, after_long_help = format!("{EXIT_CODES}\n\n{}", http::HELP))]
pub(crate) struct TestState {
    /// The definition of a state machine, or of one state alone; `-` is the standard input.
    file: Source,
    /// Which state, in the definition of a state machine.
    #[arg(long, value_name = "NAME")]
    state: Option<String>,
    /// The input: JSON, `@` and the name of a file, or `-` for the standard input.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    input: Argument,
    /// The variables: an object, in the same forms.
    #[arg(long, value_name = "JSON")]
    variables: Option<Argument>,
    /// The context object, in the same forms.
    #[arg(long, value_name = "JSON")]
    context: Option<Argument>,
    /// What the state's task, branches or iterations result in, in the same forms.
    #[arg(long, value_name = "JSON", conflicts_with = "mock_error")]
    mock_result: Option<Argument>,
    /// The error that they end with: its name, or an object with `error` and `cause`.
    #[arg(long, value_name = "ERROR")]
    mock_error: Option<String>,
    /// A file of mocks as of `duramen asl run`, of which the first answer to the state counts.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["mock_result", "mock_error"], requires = "state")]
    mock: Option<Source>,
    /// Which test case of a file for Step Functions Local.
    #[arg(long, value_name = "NAME", requires = "mock")]
    case: Option<String>,
    /// How the mocked result is compared with what the service can answer.
    #[arg(long, value_enum, value_name = "MODE", default_value_t)]
    validation: Validation,
    /// How much to tell of the data on its way.
    #[arg(long, value_enum, ignore_case = true, default_value_t)]
    inspection: Level,
    /// As if it had been tried again so many times already.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    retries: u32,
    /// As if so many iterations of the map had failed.
    #[arg(long, value_name = "COUNT")]
    failed_iterations: Option<u64>,
    /// As if the mocked error of a parallel or map state came from that state inside of it.
    #[arg(long, value_name = "STATE")]
    error_caused_by: Option<String>,
    /// What the reader of a distributed map reads: a text, or `@` and the name of a file.
    #[arg(long, value_name = "TEXT")]
    reader_data: Option<String>,
    #[command(flatten)]
    apis: Apis,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Validation {
    #[default]
    Strict,
    Present,
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, ValueEnum)]
enum Level {
    /// How it came out.
    #[default]
    Info,
    /// And each value that data has on its way.
    Debug,
    /// And what is sent over HTTP and comes back.
    Trace,
}

impl TestState {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        let others = [self.variables.as_ref(), self.context.as_ref(), self.mock_result.as_ref()];
        let others = others.into_iter().flatten().chain([&self.input]).map(Argument::is_stdin);
        let files = [self.file == Source::Stdin, self.mock == Some(Source::Stdin), self.apis.is_stdin()];
        only_one_stdin(&others.chain(files).collect::<Vec<_>>());
        if self.apis.reveal_secrets && self.inspection != Level::Trace {
            usage("--reveal-secrets goes with --inspection trace, which shows requests");
        }
        let text = self.file.read()?;
        let names = names(&text).map(|names| visible(&names.join(", ")));
        match (&self.state, names, Definition::parse(&text)) {
            (None, Some(names), _) => {
                let file = &self.file;
                return Err(anyhow!("{file} is a state machine: say with --state which of its states to try: {names}"));
            }
            (Some(state), _, Ok(definition)) if definition.state_named(state).is_none() => {
                let names: Vec<&str> = definition.states().iter().map(|state| state.name.as_str()).collect();
                return Err(anyhow!("{} has no state '{state}', but {}", self.file, visible(&names.join(", "))));
            }
            _ => {}
        }
        let mock = self.mock()?;
        let is_mocked = mock.is_some();
        let tested = self.test(&text, mock)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let tested = match runtime.block_on(tested.run(&Tasks::new().http(self.apis.http()?))) {
            Ok(tested) => tested,
            Err(TestError::Definition(message)) => {
                let options = Options::default().handlers(Handlers::Any);
                let mut found =
                    if self.state.is_some() { validate(&text, &options) } else { validate_state(&text, &options) };
                found.retain(duramen_states::validate::Diagnostic::is_error);
                if found.is_empty() {
                    return Err(anyhow!("{}: {message}", self.file));
                }
                let said = report::text(&text, &self.file, &found, has_colour(&std::io::stdout()))?;
                output.write(&said, &report::object(&found))?;
                return Ok(Outcome::Faulty);
            }
            Err(error) if is_mocked => return Err(anyhow!("{}: {error}", self.file)),
            Err(error) => return Err(anyhow!("{}: {error}; {NO_MOCK}", self.file)),
        };
        let help = tested.fault.as_ref().filter(|_| !is_mocked).and_then(|fault| self.help(&text, fault));
        if output == Output::Text
            && let Some(fault) = &tested.fault
        {
            let _ = writeln!(stderr(), "error: {}", super::run::words(fault));
            if let Some(help) = help {
                let _ = writeln!(stderr(), "help: {help}");
            }
        }
        output.write(&Self::text(&tested), &self.object(&tested, help))?;
        Ok(match tested.status {
            TestStatus::Succeeded | TestStatus::CaughtError | TestStatus::Retriable => Outcome::Done,
            _ => Outcome::Failed,
        })
    }

    fn test(&self, text: &str, mock: Option<Mock>) -> Result<machine::TestState> {
        let mut test = machine::TestState::new(text).input(self.input.value("input")?).retries(self.retries);
        test = test.level(match self.inspection {
            Level::Info => InspectionLevel::Info,
            Level::Debug => InspectionLevel::Debug,
            Level::Trace => InspectionLevel::Trace,
        });
        if self.apis.reveal_secrets {
            test = test.reveal_secrets();
        }
        if let Some(state) = &self.state {
            test = test.state(state);
        }
        if let Some(variables) = &self.variables {
            let Value::Object(variables) = variables.value("variables")? else {
                return Err(anyhow!("the variables must be an object"));
            };
            test = test.variables(variables);
        }
        if let Some(context) = &self.context {
            test = test.context(context.value("context")?);
        }
        if let Some(failed) = self.failed_iterations {
            test = test.failed_iterations(failed);
        }
        if let Some(state) = &self.error_caused_by {
            test = test.caused_by(state);
        }
        if let Some(data) = &self.reader_data {
            test = test.reader_data(match data.strip_prefix('@') {
                Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?,
                None => data.clone(),
            });
        }
        Ok(match mock {
            Some(mock) => test.mock(mock.validation(match self.validation {
                Validation::Strict => FieldValidation::Strict,
                Validation::Present => FieldValidation::Present,
                Validation::None => FieldValidation::None,
            })),
            None => test,
        })
    }

    /// What stands for what the state would call or run.
    fn mock(&self) -> Result<Option<Mock>> {
        let (Some(source), Some(state)) = (&self.mock, &self.state) else {
            return Ok(match (&self.mock_result, &self.mock_error) {
                (Some(result), _) => Some(Mock::result(result.value("mocked result")?.to_string())),
                (None, Some(error)) => Some(Mock::error(fault(error)?)),
                (None, None) => None,
            });
        };
        let mocks = super::mocks::read(source)?.mocks(None, self.case.as_deref());
        let mocks = mocks.map_err(|error| anyhow!("{source}: {error}"))?;
        match mocks.replies(state, None).first().map(Reply::told) {
            Some(Ok(result)) => Ok(Some(Mock::result(result.to_string()))),
            Some(Err(fault)) => Ok(Some(Mock::error(fault.clone()))),
            None => Err(anyhow!("{source} has no answer for the state '{state}'")),
        }
    }

    fn text(tested: &Tested) -> String {
        let mut text = format!("{}\n", tested.status.as_str());
        if let Some(next) = &tested.next {
            let _ = writeln!(text, "next: {next}");
        }
        if let Some(output) = &tested.output {
            let _ = writeln!(text, "output: {:#}", **output);
        }
        for (name, value) in tested.inspection.values() {
            let _ = writeln!(text, "{name}: {value:#}");
        }
        text
    }

    fn object(&self, tested: &Tested, help: Option<&str>) -> Value {
        let mut object = json!({
            "status": tested.status.as_str(),
            "output": tested.output.as_deref(),
            "error": tested.fault.as_ref().and_then(|fault| fault.error.as_deref()),
            "cause": tested.fault.as_ref().and_then(|fault| fault.cause.as_deref()),
            "nextState": tested.next,
        });
        if let Some(fields) = object.as_object_mut() {
            if let Some(help) = help {
                fields.insert("help".to_owned(), json!(help));
            }
            if self.inspection > Level::Info {
                fields.insert("inspectionData".to_owned(), Value::Object(tested.inspection.values().clone()));
            }
        }
        object
    }

    /// What can be done about a failure, if it lies with the command line.
    fn help(&self, text: &str, fault: &Fault) -> Option<&'static str> {
        match resource(text, self.state.as_deref())?.ends_with(":http:invoke") {
            true => http::help(fault),
            false => Some(NO_MOCK),
        }
    }
}

const NO_MOCK: &str = "with --mock-result or --mock-error something stands for what the state calls";

/// The names of the states, if it is a state machine.
fn names(text: &str) -> Option<Vec<String>> {
    let value: Value = serde_json::from_str(text).ok()?;
    let states = value.get("States").filter(|_| value.get("Type").is_none())?.as_object()?;
    Some(states.keys().cloned().collect())
}

/// What the state calls, if it is a task.
fn resource(text: &str, state: Option<&str>) -> Option<String> {
    let Some(name) = state else {
        let state: Value =
            serde_json::from_str(text).ok().filter(|state: &Value| state.get("Type") == Some(&json!("Task")))?;
        return state.get("Resource").and_then(Value::as_str).map(str::to_owned);
    };
    match &Definition::parse(text).ok()?.state_named(name)?.kind {
        StateKind::Task(task) => Some(task.resource.text().to_owned()),
        _ => None,
    }
}

/// The name of an error, or an object that says more.
fn fault(text: &str) -> Result<Fault> {
    if !text.trim_start().starts_with('{') {
        return Ok(Fault { error: Some(text.to_owned()), cause: None });
    }
    let Value::Object(fields) = Argument::from(text).value("mocked error")? else {
        return Err(anyhow!("the mocked error must be a name or an object"));
    };
    let part = |name: &str, as_aws: &str| {
        let value = fields.get(name).or_else(|| fields.get(as_aws));
        value.and_then(Value::as_str).map(str::to_owned)
    };
    if let Some(other) = fields.keys().find(|name| !matches!(name.to_lowercase().as_str(), "error" | "cause")) {
        return Err(anyhow!("the mocked error has `error` and `cause`, but not `{other}`"));
    }
    Ok(Fault { error: part("error", "Error"), cause: part("cause", "Cause") })
}
