//! What belongs to map states alone.

use crate::validate::shape::{Object, Shape, at_most_one_of, field, jsonata_field, path_field};

pub(in crate::validate) const PROCESSOR_CONFIG: Object = Object {
    fields: &[&[
        field("Mode", Shape::Word(&["INLINE", "DISTRIBUTED"])),
        field("ExecutionType", Shape::Word(&["STANDARD", "EXPRESS"])),
    ]],
    required: &[],
    alternatives: &[],
};

pub(super) const ITEM_READER: Object = Object {
    fields: &[&[
        field("Resource", Shape::Text),
        path_field("Parameters", Shape::Template),
        jsonata_field("Arguments", Shape::Expressions),
        field("ReaderConfig", Shape::Object(&READER_CONFIG)),
    ]],
    required: &["Resource"],
    alternatives: &[],
};

const READER_CONFIG: Object = Object {
    fields: &[&[
        field("InputType", Shape::Word(&["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"])),
        field("CSVHeaderLocation", Shape::Word(&["FIRST_ROW", "GIVEN"])),
        field("CSVHeaders", Shape::Texts),
        field("CSVDelimiter", Shape::Word(&["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"])),
        field("ItemsPointer", Shape::Text),
        field("MaxItems", Shape::Whole(0, 100_000_000)),
        path_field("MaxItemsPath", Shape::ReferencePath),
        field("ManifestType", Shape::Word(&["S3_INVENTORY", "ATHENA_DATA"])),
        field("Transformation", Shape::Word(&["NONE", "LOAD_AND_FLATTEN"])),
    ]],
    required: &[],
    alternatives: &[at_most_one_of(&["MaxItems", "MaxItemsPath"])],
};

pub(super) const ITEM_BATCHER: Object = Object {
    fields: &[&[
        field("MaxItemsPerBatch", Shape::Whole(1, u64::MAX)),
        path_field("MaxItemsPerBatchPath", Shape::ReferencePath),
        field("MaxInputBytesPerBatch", Shape::Whole(1, 262_144)),
        path_field("MaxInputBytesPerBatchPath", Shape::ReferencePath),
        field("BatchInput", Shape::Template),
    ]],
    required: &[],
    alternatives: &[
        at_most_one_of(&["MaxItemsPerBatch", "MaxItemsPerBatchPath"]),
        at_most_one_of(&["MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"]),
    ],
};

pub(super) const RESULT_WRITER: Object = Object {
    fields: &[&[
        field("Resource", Shape::Text),
        path_field("Parameters", Shape::Template),
        jsonata_field("Arguments", Shape::Expressions),
        field("WriterConfig", Shape::Object(&WRITER_CONFIG)),
    ]],
    required: &[],
    alternatives: &[],
};

const WRITER_CONFIG: Object = Object {
    fields: &[&[
        field("Transformation", Shape::Word(&["NONE", "COMPACT", "FLATTEN"])),
        field("OutputType", Shape::Word(&["JSON", "JSONL"])),
    ]],
    required: &[],
    alternatives: &[],
};
