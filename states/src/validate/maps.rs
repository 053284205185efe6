//! What the fields of a map state say about each other.

use serde_json::{Map, Value};

use super::Validator;
use super::diagnostic::Code;
use super::options::{Handlers, MachineType};
use crate::definition::Pointer;

/// Fields that only a distributed map looks at.
const DISTRIBUTED: [&str; 4] = ["ItemReader", "ItemBatcher", "ResultWriter", "Label"];

impl Validator<'_> {
    pub(super) fn map(&self, state: &Map<String, Value>, at: &Pointer) {
        let mut distributed = false;
        for key in ["ItemProcessor", "Iterator"] {
            if let Some(config) = state.get(key).and_then(|processor| processor.get("ProcessorConfig")) {
                distributed |= self.processor_config(config, &at.field(key).field("ProcessorConfig"));
            }
        }
        if !distributed {
            for name in DISTRIBUTED.into_iter().filter(|name| state.contains_key(*name)) {
                let message = format!("Field '{name}' has an effect only in 'DISTRIBUTED' mode");
                self.warning(Code::FieldHasNoEffect, &at.field(name), message);
            }
        }
        if let Some(reader) = state.get("ItemReader") {
            self.item_reader(reader, &at.field("ItemReader"));
        }
        if let Some(Value::Object(batcher)) = state.get("ItemBatcher") {
            let bounds =
                ["MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"];
            if !bounds.iter().any(|name| batcher.contains_key(*name)) {
                let message = format!("Batches have no bound without one of these fields: [{}]", bounds.join(", "));
                self.warning(Code::DoubtfulValue, &at.field("ItemBatcher"), message);
            }
        }
        if let Some(Value::String(label)) = state.get("Label") {
            self.label(label, &at.field("Label"));
        }
    }

    /// Gives whether the map is distributed.
    fn processor_config(&self, config: &Value, at: &Pointer) -> bool {
        let distributed = config.get("Mode").is_some_and(|mode| mode == "DISTRIBUTED");
        let typed = config.get("ExecutionType").is_some();
        if distributed && !typed {
            self.schema(at, "These fields are required: [ExecutionType]");
        }
        if !distributed && typed {
            self.schema(at, "Field 'ExecutionType' is not supported");
        }
        if distributed && self.options.machine_type == MachineType::Express {
            let message = "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines";
            self.schema(&at.field("Mode"), message);
        }
        distributed
    }

    fn item_reader(&self, reader: &Value, at: &Pointer) {
        if let Some(Value::String(resource)) = reader.get("Resource") {
            let known = ["states:::s3:getObject", "states:::s3:listObjectsV2"];
            let own = self.options.handlers != Handlers::None && !resource.starts_with("arn:");
            let known = known.iter().any(|known| {
                let partition = resource.strip_prefix("arn:").and_then(|rest| rest.strip_suffix(known));
                partition.is_some_and(|partition| partition.ends_with(':'))
            });
            if !known && !own {
                let message = "The field 'Resource' does not match any of the allowed values";
                self.schema(&at.field("Resource"), message);
            }
        }
        let Some(Value::Object(config)) = reader.get("ReaderConfig") else { return };
        let at = at.field("ReaderConfig");
        let is = |name: &str, word: &str| config.get(name).is_some_and(|value| value == word);
        if is("InputType", "CSV") && !config.contains_key("CSVHeaderLocation") {
            self.schema(&at, "The field 'CSVHeaderLocation' is required");
        }
        if is("InputType", "JSON") && config.contains_key("CSVHeaderLocation") {
            self.schema(&at, "Field 'CSVHeaderLocation' is not supported");
        }
        if is("CSVHeaderLocation", "GIVEN") && !config.contains_key("CSVHeaders") {
            self.schema(&at, "These fields are required: [CSVHeaders]");
        }
    }

    fn label(&self, label: &str, at: &Pointer) {
        let forbidden = |c: char| c.is_whitespace() || c.is_control() || "?*<>{}[]:;,\\|^~$#%&`\"".contains(c);
        if label.chars().count() > 40 {
            self.error(Code::InvalidLabelName, at, "Label must have length less than or equal to 40");
        } else if label.chars().any(forbidden) {
            self.error(Code::InvalidLabelName, at, format!("Invalid label name: {label}"));
        }
    }
}
