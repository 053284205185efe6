//! `ItemReader`: where a map state reads its items, and how they are written there.

use crate::definition::expression::{Dynamic, Expression, Template};
use crate::definition::fields::Fields;
use crate::definition::problem::Problem;
use crate::definition::resource::Resource;

/// The reader of a map state.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemReader {
    /// `Resource`: what is called, such as `arn:aws:states:::s3:getObject`.
    pub resource: Resource,
    /// `Parameters` (JSONPath) or `Arguments` (JSONata): what it is given.
    pub parameters: Option<Template>,
    /// `ReaderConfig`: how the items are written there.
    pub config: ReaderConfig,
}

/// How items are written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReaderConfig {
    /// `InputType`.
    pub input_type: Option<InputType>,
    /// `CSVHeaderLocation` and `CSVHeaders`.
    pub csv_headers: Option<CsvHeaders>,
    /// `CSVDelimiter`. A comma when absent.
    pub csv_delimiter: CsvDelimiter,
    /// `ItemsPointer`: a JSON pointer to the array inside the document.
    pub items_pointer: Option<Expression>,
    /// `MaxItems` or `MaxItemsPath`: how many items are read at most.
    pub max_items: Option<Dynamic<u64>>,
    /// `ManifestType`.
    pub manifest_type: Option<ManifestType>,
    /// `Transformation`. `NONE` when absent.
    pub transformation: ReaderTransformation,
}

/// The values of `InputType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum InputType {
    Csv,
    Json,
    Jsonl,
    Parquet,
    Manifest,
}

/// Where the names of the columns come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CsvHeaders {
    /// `FIRST_ROW`.
    FirstRow,
    /// `GIVEN`: those of `CSVHeaders`.
    Given(Vec<String>),
}

/// The values of `CSVDelimiter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[allow(missing_docs)]
pub enum CsvDelimiter {
    #[default]
    Comma,
    Pipe,
    Semicolon,
    Space,
    Tab,
}

impl CsvDelimiter {
    /// The character.
    #[must_use]
    pub fn char(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Pipe => '|',
            Self::Semicolon => ';',
            Self::Space => ' ',
            Self::Tab => '\t',
        }
    }
}

/// The values of `ManifestType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ManifestType {
    S3Inventory,
    AthenaData,
}

/// The values of `Transformation` in a `ReaderConfig`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReaderTransformation {
    /// `NONE`: the items are what is listed.
    #[default]
    None,
    /// `LOAD_AND_FLATTEN`: each listed object is read, and its items are the items.
    LoadAndFlatten,
}

impl ItemReader {
    pub(super) fn read(state: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = state.get("ItemReader")?;
        let fields = Fields::of(value, &state.pointer("ItemReader"), state.language, problems)?;
        let resource = Resource::parse(fields.required_text("Resource", problems)?);
        Some(Self {
            resource,
            parameters: fields.template("Parameters").or_else(|| fields.template("Arguments")),
            config: ReaderConfig::read(&fields, problems).unwrap_or_default(),
        })
    }
}

impl ReaderConfig {
    fn read(reader: &Fields<'_>, problems: &mut Vec<Problem>) -> Option<Self> {
        let value = reader.get("ReaderConfig")?;
        let fields = Fields::of(value, &reader.pointer("ReaderConfig"), reader.language, problems)?;
        let given = CsvHeaders::Given(fields.texts("CSVHeaders", problems));
        let first = fields.word("CSVHeaderLocation", &[("FIRST_ROW", true), ("GIVEN", false)], problems);
        let input_types = [
            ("CSV", InputType::Csv),
            ("JSON", InputType::Json),
            ("JSONL", InputType::Jsonl),
            ("PARQUET", InputType::Parquet),
            ("MANIFEST", InputType::Manifest),
        ];
        let delimiters = [
            ("COMMA", CsvDelimiter::Comma),
            ("PIPE", CsvDelimiter::Pipe),
            ("SEMICOLON", CsvDelimiter::Semicolon),
            ("SPACE", CsvDelimiter::Space),
            ("TAB", CsvDelimiter::Tab),
        ];
        let manifests = [("S3_INVENTORY", ManifestType::S3Inventory), ("ATHENA_DATA", ManifestType::AthenaData)];
        let transformations =
            [("NONE", ReaderTransformation::None), ("LOAD_AND_FLATTEN", ReaderTransformation::LoadAndFlatten)];
        Some(Self {
            input_type: fields.word("InputType", &input_types, problems),
            csv_headers: first.map(|first| if first { CsvHeaders::FirstRow } else { given }),
            csv_delimiter: fields.word("CSVDelimiter", &delimiters, problems).unwrap_or_default(),
            items_pointer: fields.expression("ItemsPointer", problems),
            max_items: fields.amount("MaxItems", problems),
            manifest_type: fields.word("ManifestType", &manifests, problems),
            transformation: fields.word("Transformation", &transformations, problems).unwrap_or_default(),
        })
    }
}
