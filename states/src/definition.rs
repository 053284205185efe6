//! Definitions: what a state machine is made of, read from JSON.
//!
//! [`Definition::parse`] reads a text in the Amazon States Language into a typed model. It refuses what cannot be
//! represented, all of it at once; [`validate`](crate::validate) finds the rest, and says it as AWS does.
//!
//! # What is promised
//!
//! - A definition never changes and is cheap to clone. [`Definition::id`] is a hash of its content: executions are
//!   pinned to it.
//! - Every state of every nested machine has a [`StateId`]; the same text always gives the same ids.
//! - Expressions are kept as they were written, with a [`Pointer`] to where they stand.
//! - No text makes it panic or overflow the stack: a definition may have 1 MiB, and 120 objects and arrays in each other.

mod catch;
mod choice;
mod expression;
mod fail;
mod fields;
mod flow;
mod format;
mod id;
mod machine;
mod map;
mod parallel;
mod pass;
mod pointer;
mod position;
mod problem;
mod repeats;
mod resource;
mod retry;
mod role;
mod single;
mod state;
mod succeed;
mod syntax;
mod task;
mod tree;
mod variables;
mod wait;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub use catch::Catcher;
pub use choice::{Choice, ChoiceRule, Condition};
pub use expression::{Dynamic, Expression, QueryLanguage, Selection, Template, jsonata_body};
pub use fail::Fail;
pub use flow::Flow;
pub use id::DefinitionId;
pub use machine::{Machine, MachineId};
pub use map::{
    CsvDelimiter, CsvHeaders, ExecutionType, InputType, ItemBatcher, ItemReader, Items, ManifestType, MapState,
    OutputType, ProcessorMode, ReaderConfig, ReaderTransformation, ResultWriter, WriterConfig, WriterTransformation,
};
pub use parallel::Parallel;
pub use pass::Pass;
pub use pointer::{Pointer, Step};
pub use position::{Place, Positions};
pub use problem::Problem;
pub use resource::{Pattern, Resource, ServiceResource};
pub use retry::{Jitter, Retrier};
pub use state::{STATE_TYPES, State, StateId, StateKind, Transition};
pub use succeed::Succeed;
pub use syntax::{SyntaxError, SyntaxErrorKind};
pub use task::Task;
pub use wait::{Wait, WaitFor};

pub(crate) use repeats::{Repeat, repeats};
pub(crate) use state::state_language;
pub(crate) use variables::{assigned, each_expression, each_text, variable_name, variables_in};

use fields::Fields;
use machine::Builder;

/// How many bytes a definition may have.
pub const MAX_BYTES: usize = 1_048_576;

/// A state machine's definition.
///
/// ```
/// use duramen_states::definition::{Definition, StateKind, Transition};
///
/// let text = r#"{"StartAt": "Greet", "States": {"Greet": {"Type": "Pass", "Result": "hello", "End": true}}}"#;
/// let definition = Definition::parse(text).unwrap();
/// let greet = definition.state_named("Greet").unwrap();
/// assert_eq!(definition.root().start, greet.id);
/// assert!(matches!(&greet.kind, StateKind::Pass(pass) if pass.transition == Transition::End));
/// ```
#[derive(Clone)]
pub struct Definition(Arc<Content>);

struct Content {
    text: String,
    id: DefinitionId,
    comment: Option<String>,
    version: Option<String>,
    timeout_seconds: Option<u64>,
    language: QueryLanguage,
    states: Vec<State>,
    machines: Vec<Machine>,
    names: HashMap<String, StateId>,
}

impl Definition {
    /// Reads a definition.
    ///
    /// # Errors
    ///
    /// All that keeps the text from being a definition: it is too long, not JSON, or nested too deeply; a field is
    /// missing, of the wrong type or out of its set of words; a transition names no state of its machine; a name stands
    /// for two states or has more than 80 characters.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let root = Pointer::root();
        if text.len() > MAX_BYTES {
            let message = format!("a definition may have at most {MAX_BYTES} bytes, this has {}", text.len());
            return Err(vec![Problem::at(&root, message)]);
        }
        let positions = Positions::of(text).map_err(|error| vec![error.into()])?;
        let value: Value = read_value(text).map_err(|error| vec![error.into()])?;
        let language = match value.get("QueryLanguage") {
            Some(Value::String(word)) if word == "JSONata" => QueryLanguage::Jsonata,
            _ => QueryLanguage::JsonPath,
        };
        let mut builder = Builder::new(language);
        for repeat in repeats(&positions).into_iter().filter(|repeat| repeat.is_state) {
            builder.problems.push(Problem::at(&repeat.pointer, "there are two states with that name"));
        }
        builder.machine(&value, &root, None);
        let content = Self::finish(text, &value, &mut builder);
        match content {
            Some(content) if builder.problems.is_empty() => Ok(Self(Arc::new(content))),
            _ => {
                let mut problems = std::mem::take(&mut builder.problems);
                if problems.is_empty() {
                    problems.push(Problem::at(&root, "this is no state machine"));
                }
                for problem in &mut problems {
                    if let Some(place) = positions.nearest(&problem.pointer) {
                        (problem.line, problem.column) = (place.line, place.column);
                    }
                }
                problems.sort_by_key(|problem| (problem.line, problem.column));
                Err(problems)
            }
        }
    }

    fn finish(text: &str, value: &Value, builder: &mut Builder) -> Option<Content> {
        let fields = Fields::of(value, &Pointer::root(), builder.language, &mut builder.problems)?;
        fields.word("QueryLanguage", &[("JSONPath", ()), ("JSONata", ())], &mut builder.problems);
        let version = fields.text("Version", &mut builder.problems).map(str::to_owned);
        let timeout_seconds = match fields.amount("TimeoutSeconds", &mut builder.problems) {
            Some(Dynamic::Fixed(seconds)) => Some(seconds),
            None => None,
            Some(_) => {
                let message = "the timeout of a whole definition must be a number";
                builder.problems.push(Problem::at(&fields.at, message));
                None
            }
        };
        let canonical = serde_json::to_vec(value).ok()?;
        Some(Content {
            text: text.to_owned(),
            id: DefinitionId::of(&canonical),
            comment: fields.comment(),
            version,
            timeout_seconds,
            language: builder.language,
            states: std::mem::take(&mut builder.states).into_iter().collect::<Option<_>>()?,
            machines: std::mem::take(&mut builder.machines).into_iter().collect::<Option<_>>()?,
            names: std::mem::take(&mut builder.names),
        })
    }

    /// What this definition is, as a hash of its content.
    #[must_use]
    pub fn id(&self) -> DefinitionId {
        self.0.id
    }

    /// The text it was read from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Its `Comment`.
    #[must_use]
    pub fn comment(&self) -> Option<&str> {
        self.0.comment.as_deref()
    }

    /// Its `Version`.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Its `TimeoutSeconds`: how long an execution may last, in seconds.
    #[must_use]
    pub fn timeout_seconds(&self) -> Option<u64> {
        self.0.timeout_seconds
    }

    /// The query language of states that do not name one.
    #[must_use]
    pub fn language(&self) -> QueryLanguage {
        self.0.language
    }

    /// The outermost machine.
    #[must_use]
    pub fn root(&self) -> &Machine {
        self.machine(MachineId::ROOT)
    }

    /// The machine of that id, which must be one of this definition; the outermost for any other.
    #[must_use]
    #[allow(clippy::indexing_slicing)] // A definition has its outermost machine, and reading one proves it.
    pub fn machine(&self, id: MachineId) -> &Machine {
        self.0.machines.get(id.index()).unwrap_or(&self.0.machines[0])
    }

    /// The state of that id, if it is one of this definition.
    #[must_use]
    pub fn state(&self, id: StateId) -> Option<&State> {
        self.0.states.get(id.index())
    }

    /// The state of that name, in whichever machine it stands.
    #[must_use]
    pub fn state_named(&self, name: &str) -> Option<&State> {
        self.0.names.get(name).and_then(|id| self.state(*id))
    }

    /// All states of all machines, in the order of their ids.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.0.states
    }

    /// All machines, the outermost first.
    #[must_use]
    pub fn machines(&self) -> &[Machine] {
        &self.0.machines
    }
}

impl PartialEq for Definition {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Definition {}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("id", &self.id())
            .field("states", &self.0.states.len())
            .finish_non_exhaustive()
    }
}

/// Decodes a text whose grammar was already looked at.
pub(crate) fn read_value(text: &str) -> Result<Value, SyntaxError> {
    serde_json::from_str(text).map_err(|error| SyntaxError {
        kind: SyntaxErrorKind::Other(error.to_string()),
        line: error.line().max(1),
        column: error.column().max(1),
        offset: 0,
    })
}
