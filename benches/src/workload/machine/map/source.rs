//! Where the items of a map come from.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context;
use clap::ValueEnum;
use serde_json::{Value, json};

/// Where the items of a map come from.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(super) enum Source {
    /// The input of the execution.
    Input,
    /// A file of lines, each an item, that an `ItemReader` reads.
    Jsonl,
    /// A file of rows.
    Csv,
}

impl Source {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
        }
    }

    /// What reads the items.
    pub(super) fn reader(self) -> Option<Value> {
        let config = match self {
            Self::Input => return None,
            Self::Jsonl => json!({"InputType": "JSONL"}),
            Self::Csv => json!({"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}),
        };
        Some(json!({
            "Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config,
            "Parameters": {"Bucket": "bucket", "Key": self.name()},
        }))
    }

    /// Writes so many items, each of about so many bytes, where they are read.
    pub(super) fn write(self, objects: &Path, items: u64, bytes: usize) -> anyhow::Result<()> {
        if self == Self::Input {
            return Ok(());
        }
        let folder = objects.join("bucket");
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let mut file = BufWriter::new(File::create(folder.join(self.name()))?);
        let text = "x".repeat(bytes.saturating_sub(60).max(1));
        if self == Self::Csv {
            writeln!(file, "number,name,place,text")?;
        }
        for number in 0..items {
            match self {
                Self::Csv => writeln!(file, "{number},name {number},place {},{text}", number % 100)?,
                _ => writeln!(
                    file,
                    "{{\"number\":{number},\"name\":\"name {number}\",\"place\":{},\"text\":\"{text}\"}}",
                    number % 100
                )?,
            }
        }
        Ok(file.flush()?)
    }

    /// What the execution is given.
    pub(super) fn input(self, items: u64) -> Value {
        match self {
            Self::Input => (0..items).map(|number| json!({"number": number})).collect(),
            Self::Jsonl | Self::Csv => json!({}),
        }
    }

    /// What it must give.
    pub(super) fn output(self, items: u64) -> Value {
        match self {
            Self::Input => self.input(items),
            Self::Jsonl => (0..items).collect(),
            Self::Csv => (0..items).map(|number| number.to_string()).collect(),
        }
    }
}
