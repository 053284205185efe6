//! What is compiled of one state.

use std::sync::Arc;

use serde_json::Value;

use super::context::{Asks, asks};
use super::expressions::{Amount, Compiler, Form, Items, Number, Select, Text};
use crate::definition::{
    Catcher, Condition, Flow, Items as ItemsField, Pointer, Problem, State, StateId, StateKind, Step, WaitFor,
};
use crate::query::{JsonataTemplate, Rule};

/// The compiled expressions of a state; a state has those that its type and language have.
#[derive(Debug)]
pub(crate) struct StatePlan {
    pub(crate) name: Arc<str>,
    /// How much of the context object something in it may read.
    pub(crate) context: Asks,
    pub(crate) input_path: Select,
    pub(crate) output_path: Select,
    pub(crate) result_path: Select,
    /// `Parameters` or `Arguments`.
    pub(crate) arguments: Option<Form>,
    pub(crate) result_selector: Option<Form>,
    pub(crate) output: Option<JsonataTemplate>,
    pub(crate) assign: Option<Form>,
    pub(crate) catch: Vec<CatchPlan>,
    pub(crate) rules: Vec<RulePlan>,
    pub(crate) timeout: Option<Amount>,
    pub(crate) heartbeat: Option<Amount>,
    pub(crate) credentials: Option<Form>,
    pub(crate) seconds: Option<Amount>,
    pub(crate) until: Option<Text>,
    pub(crate) error: Option<Text>,
    pub(crate) cause: Option<Text>,
    pub(crate) items: Option<Items>,
    pub(crate) item_selector: Option<Form>,
    pub(crate) max_concurrency: Option<Amount>,
    pub(crate) tolerated_count: Option<Amount>,
    pub(crate) tolerated_percentage: Option<Number>,
    pub(crate) batch_items: Option<Amount>,
    pub(crate) batch_bytes: Option<Amount>,
    pub(crate) batch_input: Option<Form>,
    /// What the reader of a map is given, and how many items it reads at most.
    pub(crate) reader: Option<Form>,
    pub(crate) reader_most: Option<Amount>,
    /// Where its items stand in the document, if an expression says it.
    pub(crate) reader_pointer: Option<Text>,
    /// What the writer of a map is given.
    pub(crate) writer: Option<Form>,
}

#[derive(Debug)]
pub(crate) struct CatchPlan {
    pub(crate) result_path: Select,
    pub(crate) output: Option<JsonataTemplate>,
    pub(crate) assign: Option<Form>,
}

#[derive(Debug)]
pub(crate) struct RulePlan {
    pub(crate) when: When,
    pub(crate) next: StateId,
    pub(crate) assign: Option<Form>,
    pub(crate) output: Option<JsonataTemplate>,
}

#[derive(Debug)]
pub(crate) enum When {
    Rule(Rule),
    Jsonata(JsonataTemplate),
}

impl StatePlan {
    pub(super) fn compile(state: &State, text: &Value, problems: &mut Vec<Problem>) -> Self {
        let mut compiler = Compiler { language: state.language, problems };
        let nothing = Flow::default();
        let flow = match &state.kind {
            StateKind::Pass(pass) => &pass.flow,
            StateKind::Task(task) => &task.flow,
            StateKind::Choice(choice) => &choice.flow,
            StateKind::Wait(wait) => &wait.flow,
            StateKind::Succeed(succeed) => &succeed.flow,
            StateKind::Fail(_) => &nothing,
            StateKind::Parallel(parallel) => &parallel.flow,
            StateKind::Map(map) => &map.flow,
        };
        let mut plan = Self {
            name: state.name.as_str().into(),
            context: value_at(text, &state.pointer).map_or(Asks::All, asks),
            input_path: compiler.select(&flow.input_path),
            output_path: compiler.select(&flow.output_path),
            result_path: compiler.select(&flow.result_path),
            arguments: compiler.form(flow.parameters.as_ref().or(flow.arguments.as_ref())),
            result_selector: compiler.form(flow.result_selector.as_ref()),
            output: compiler.jsonata(flow.output.as_ref()),
            assign: compiler.form(flow.assign.as_ref()),
            catch: Vec::new(),
            rules: Vec::new(),
            timeout: None,
            heartbeat: None,
            credentials: None,
            seconds: None,
            until: None,
            error: None,
            cause: None,
            items: None,
            item_selector: None,
            max_concurrency: None,
            tolerated_count: None,
            tolerated_percentage: None,
            batch_items: None,
            batch_bytes: None,
            batch_input: None,
            reader: None,
            reader_most: None,
            reader_pointer: None,
            writer: None,
        };
        plan.compile_kind(state, &mut compiler);
        plan
    }

    fn compile_kind(&mut self, state: &State, compiler: &mut Compiler<'_>) {
        match &state.kind {
            StateKind::Pass(_) | StateKind::Succeed(_) => {}
            StateKind::Task(task) => {
                self.timeout = compiler.lookup(task.timeout.as_ref(), "TimeoutSeconds", "TimeoutSecondsPath");
                self.heartbeat = compiler.lookup(task.heartbeat.as_ref(), "HeartbeatSeconds", "HeartbeatSecondsPath");
                self.credentials = compiler.form(task.credentials.as_ref());
                self.catch = catchers(&task.catch, compiler);
            }
            StateKind::Choice(choice) => {
                for rule in &choice.rules {
                    let Some(when) = when(&rule.condition, compiler) else { continue };
                    self.rules.push(RulePlan {
                        when,
                        next: rule.next,
                        assign: compiler.form(rule.assign.as_ref()),
                        output: compiler.jsonata(rule.output.as_ref()),
                    });
                }
            }
            StateKind::Wait(wait) => match &wait.duration {
                WaitFor::Seconds(seconds) => self.seconds = compiler.lookup(Some(seconds), "Seconds", "SecondsPath"),
                WaitFor::Until(until) => self.until = compiler.lookup(Some(until), "Timestamp", "TimestampPath"),
            },
            StateKind::Fail(fail) => {
                self.error = compiler.lookup(fail.error.as_ref(), "Error", "ErrorPath");
                self.cause = compiler.lookup(fail.cause.as_ref(), "Cause", "CausePath");
            }
            StateKind::Parallel(parallel) => self.catch = catchers(&parallel.catch, compiler),
            StateKind::Map(map) => {
                self.catch = catchers(&map.catch, compiler);
                self.items = match &map.items {
                    Some(ItemsField::Path(expression)) => compiler.path(expression).map(Items::Path),
                    Some(ItemsField::Template(template)) => compiler.jsonata(Some(template)).map(Items::Jsonata),
                    None => None,
                };
                self.item_selector = compiler.form(map.item_selector.as_ref());
                self.max_concurrency =
                    compiler.lookup(map.max_concurrency.as_ref(), "MaxConcurrency", "MaxConcurrencyPath");
                self.tolerated_count = compiler.lookup(
                    map.tolerated_failure_count.as_ref(),
                    "ToleratedFailureCount",
                    "ToleratedFailureCountPath",
                );
                self.tolerated_percentage = compiler.lookup(
                    map.tolerated_failure_percentage.as_ref(),
                    "ToleratedFailurePercentage",
                    "ToleratedFailurePercentagePath",
                );
                if let Some(reader) = &map.item_reader {
                    self.reader = compiler.form(reader.parameters.as_ref());
                    self.reader_most = compiler.lookup(reader.config.max_items.as_ref(), "MaxItems", "MaxItemsPath");
                    self.reader_pointer = compiler.expression(reader.config.items_pointer.as_ref(), "ItemsPointer");
                }
                self.writer = compiler.form(map.result_writer.as_ref().and_then(|writer| writer.parameters.as_ref()));
                if let Some(batcher) = &map.item_batcher {
                    self.batch_items =
                        compiler.lookup(batcher.max_items.as_ref(), "MaxItemsPerBatch", "MaxItemsPerBatchPath");
                    self.batch_bytes = compiler.lookup(
                        batcher.max_input_bytes.as_ref(),
                        "MaxInputBytesPerBatch",
                        "MaxInputBytesPerBatchPath",
                    );
                    self.batch_input = compiler.form(batcher.batch_input.as_ref());
                }
            }
        }
    }
}

fn catchers(catchers: &[Catcher], compiler: &mut Compiler<'_>) -> Vec<CatchPlan> {
    let plan = |catcher: &Catcher| CatchPlan {
        result_path: compiler.select(&catcher.result_path),
        output: compiler.jsonata(catcher.output.as_ref()),
        assign: compiler.form(catcher.assign.as_ref()),
    };
    catchers.iter().map(plan).collect()
}

fn when(condition: &Condition, compiler: &mut Compiler<'_>) -> Option<When> {
    match condition {
        Condition::Comparison(template) => match Rule::compile(&template.value) {
            Ok(rule) => Some(When::Rule(rule)),
            Err(problems) => {
                let said = problems.iter().map(|problem| Problem::at(&template.pointer, problem.to_string()));
                compiler.problems.extend(said);
                None
            }
        },
        Condition::Jsonata(template) => compiler.jsonata(Some(template)).map(When::Jsonata),
    }
}

fn value_at<'v>(root: &'v Value, pointer: &Pointer) -> Option<&'v Value> {
    pointer.steps().into_iter().try_fold(root, |value, step| match step {
        Step::Field(name) => value.get(&**name),
        Step::Index(index) => value.get(*index),
    })
}
