//! `ResultWriter`: where a distributed map writes what came of its iterations.

use crate::definition::expression::Template;
use crate::definition::fields::Fields;
use crate::definition::problem::Problem;
use crate::definition::resource::Resource;

/// The writer of a map state.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultWriter {
    /// `Resource`: what is called, such as `arn:aws:states:::s3:putObject`. Without it the results are only
    /// transformed, and stay the result of the state.
    pub resource: Option<Resource>,
    /// `Parameters` (JSONPath) or `Arguments` (JSONata): what it is given.
    pub parameters: Option<Template>,
    /// `WriterConfig`: how the results are written.
    pub config: WriterConfig,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriterConfig {
    /// `Transformation`. `NONE` when absent.
    pub transformation: WriterTransformation,
    /// `OutputType`. `JSON` when absent.
    pub output_type: OutputType,
}

/// The values of `Transformation` in a `WriterConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriterTransformation {
    /// `NONE`: the outputs with what is known of their executions.
    #[default]
    None,
    /// `COMPACT`: the outputs alone.
    Compact,
    /// `FLATTEN`: the outputs alone, and the elements of those that are arrays.
    Flatten,
}

/// The values of `OutputType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum OutputType {
    #[default]
    Json,
    Jsonl,
}

impl ResultWriter {
    pub(super) fn read(state: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = state.get("ResultWriter")?;
        let fields = Fields::of(value, &state.pointer("ResultWriter"), state.language, problems)?;
        Some(Self {
            resource: fields.text("Resource", problems).map(Resource::parse),
            parameters: fields.template("Parameters").or_else(|| fields.template("Arguments")),
            config: WriterConfig::read(&fields, problems).unwrap_or_default(),
        })
    }
}

impl WriterConfig {
    fn read(writer: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = writer.get("WriterConfig")?;
        let fields = Fields::of(value, &writer.pointer("WriterConfig"), writer.language, problems)?;
        let transformations = [
            ("NONE", WriterTransformation::None),
            ("COMPACT", WriterTransformation::Compact),
            ("FLATTEN", WriterTransformation::Flatten),
        ];
        let types = [("JSON", OutputType::Json), ("JSONL", OutputType::Jsonl)];
        Some(Self {
            transformation: fields.word("Transformation", &transformations, problems).unwrap_or_default(),
            output_type: fields.word("OutputType", &types, problems).unwrap_or_default(),
        })
    }
}
