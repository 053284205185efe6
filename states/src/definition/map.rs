//! Map states: one machine runs for each item, in the same execution or in executions of its own.

mod item_batcher;
mod item_reader;
mod result_writer;

pub use item_batcher::ItemBatcher;
pub use item_reader::{
    CsvDelimiter, CsvHeaders, InputType, ItemReader, ManifestType, ReaderConfig, ReaderTransformation,
};
pub use result_writer::{OutputType, ResultWriter, WriterConfig, WriterTransformation};

use super::catch::Catcher;
use super::expression::{Dynamic, Expression, QueryLanguage, Template};
use super::fields::{Fields, Targets};
use super::flow::Flow;
use super::machine::{Builder, MachineId};
use super::problem::Problem;
use super::retry::Retrier;
use super::state::{StateId, Transition};

/// A map state.
#[derive(Debug, Clone, PartialEq)]
pub struct MapState {
    /// How data comes in and leaves. `Parameters`, the old name of `ItemSelector`, is in `item_selector`.
    pub flow: Flow,
    /// `ItemProcessor`, or `Iterator`, its old name: the machine that runs for each item.
    pub processor: MachineId,
    /// `ProcessorConfig`: where the iterations run.
    pub mode: ProcessorMode,
    /// Where the items come from. Absent, they are the state's input.
    pub items: Option<Items>,
    /// `ItemSelector`: what an iteration is given instead of its item.
    pub item_selector: Option<Template>,
    /// `ItemReader`: reads the items from elsewhere.
    pub item_reader: Option<ItemReader>,
    /// `ItemBatcher`: gives an iteration several items.
    pub item_batcher: Option<ItemBatcher>,
    /// `ResultWriter`: writes the results elsewhere.
    pub result_writer: Option<ResultWriter>,
    /// `MaxConcurrency` or `MaxConcurrencyPath`: how many iterations at a time; 0 is as many as possible.
    pub max_concurrency: Option<Dynamic<u64>>,
    /// `ToleratedFailureCount` or `ToleratedFailureCountPath`: how many iterations may fail.
    pub tolerated_failure_count: Option<Dynamic<u64>>,
    /// `ToleratedFailurePercentage` or `ToleratedFailurePercentagePath`: which part of them, from 0 to 100.
    pub tolerated_failure_percentage: Option<Dynamic<f64>>,
    /// `Label`: names the executions of a distributed map; at most 40 characters.
    pub label: Option<String>,
    /// `Retry`, in order.
    pub retry: Vec<Retrier>,
    /// `Catch`, in order.
    pub catch: Vec<Catcher>,
    /// Where it goes on.
    pub transition: Transition,
}

/// Where the iterations of a map state run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProcessorMode {
    /// `INLINE`: in the execution itself.
    #[default]
    Inline,
    /// `DISTRIBUTED`: each in an execution of its own, of that type.
    Distributed(ExecutionType),
}

/// The values of `ExecutionType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExecutionType {
    /// `STANDARD`.
    #[default]
    Standard,
    /// `EXPRESS`.
    Express,
}

/// Where the items of a map state come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Items {
    /// `ItemsPath` (JSONPath).
    Path(Expression),
    /// `Items` (JSONata): an array, or a JSONata string that gives one.
    Template(Template),
}

impl MapState {
    pub(super) fn read(id: StateId, fields: &Fields<'_>, targets: &Targets, builder: &mut Builder) -> Option<Self> {
        let key = if fields.get("ItemProcessor").is_some() { "ItemProcessor" } else { "Iterator" };
        let Some(processor) = fields.get(key) else {
            builder.problems.push(Problem::at(&fields.at, "the field `ItemProcessor` is missing"));
            return None;
        };
        if key == "ItemProcessor" && fields.get("Iterator").is_some() {
            let message = "there may be only one of `ItemProcessor` and `Iterator`";
            builder.problems.push(Problem::at(&fields.at, message));
        }
        let processor_at = fields.pointer(key);
        let machine = builder.machine(processor, &processor_at, Some(id));
        let problems = &mut builder.problems;
        let mut flow = Flow::read(fields, problems);
        let parameters = flow.parameters.take();
        let items = match fields.language {
            QueryLanguage::JsonPath => fields.expression("ItemsPath", problems).map(Items::Path),
            QueryLanguage::Jsonata => fields.template("Items").map(Items::Template),
        };
        let transition = fields.transition(targets, problems);
        let map = Self {
            flow,
            processor: machine?,
            mode: ProcessorMode::read(&Fields::of(processor, &processor_at, fields.language, problems)?, problems),
            items,
            item_selector: fields.template("ItemSelector").or(parameters),
            item_reader: ItemReader::read(fields, problems),
            item_batcher: ItemBatcher::read(fields, problems),
            result_writer: ResultWriter::read(fields, problems),
            max_concurrency: fields.amount("MaxConcurrency", problems),
            tolerated_failure_count: fields.amount("ToleratedFailureCount", problems),
            tolerated_failure_percentage: fields.number("ToleratedFailurePercentage", problems),
            label: fields.text("Label", problems).map(str::to_owned),
            retry: Retrier::read_all(fields, problems),
            catch: Catcher::read_all(fields, targets, problems),
            transition: transition?,
        };
        Some(map)
    }
}

impl ProcessorMode {
    fn read(processor: &Fields<'_>, problems: &mut Vec<Problem>) -> Self {
        let Some(value) = processor.get("ProcessorConfig") else { return Self::Inline };
        let at = processor.pointer("ProcessorConfig");
        let Some(config) = Fields::of(value, &at, processor.language, problems) else { return Self::Inline };
        let types = [("STANDARD", ExecutionType::Standard), ("EXPRESS", ExecutionType::Express)];
        let execution = config.word("ExecutionType", &types, problems).unwrap_or_default();
        let modes = [("INLINE", Self::Inline), ("DISTRIBUTED", Self::Distributed(execution))];
        config.word("Mode", &modes, problems).unwrap_or_default()
    }
}
