//! Manifests: objects that name the objects in which the items are.

use data_encoding::HEXLOWER;
use md5::{Digest, Md5};
use serde::Deserialize;

use crate::definition::{CsvDelimiter, CsvHeaders, InputType, ReaderConfig};

/// An object that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) bucket: String,
    pub(super) key: String,
    /// The MD5 of its content in hexadecimal, if the manifest says it.
    pub(super) md5: Option<String>,
}

impl Part {
    /// Whether that may be its content.
    pub(super) fn is(&self, body: &[u8]) -> bool {
        self.md5.as_ref().is_none_or(|md5| md5.eq_ignore_ascii_case(&HEXLOWER.encode(&Md5::digest(body))))
    }
}

/// The manifest of an inventory of S3.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inventory {
    destination_bucket: Option<String>,
    file_format: Option<String>,
    file_schema: Option<String>,
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    key: String,
    #[serde(rename = "MD5checksum")]
    md5: Option<String>,
}

/// The parts of an inventory of S3 whose manifest stands in that bucket, and how items are written in them.
pub(super) fn inventory(body: &[u8], bucket: &str) -> Result<(Vec<Part>, ReaderConfig), String> {
    let said = |error| format!("The content is no manifest of an inventory: {error}");
    let inventory: Inventory = serde_json::from_slice(body).map_err(said)?;
    let config = match inventory.file_format.as_deref().unwrap_or("CSV") {
        format if format.eq_ignore_ascii_case("CSV") => {
            let schema = inventory.file_schema.as_deref().unwrap_or_default();
            let columns = schema.split(',').map(|column| column.trim().to_owned()).filter(|column| !column.is_empty());
            ReaderConfig {
                input_type: Some(InputType::Csv),
                csv_headers: Some(CsvHeaders::Given(columns.collect())),
                csv_delimiter: CsvDelimiter::Comma,
                ..ReaderConfig::default()
            }
        }
        format if format.eq_ignore_ascii_case("Parquet") => {
            ReaderConfig { input_type: Some(InputType::Parquet), ..ReaderConfig::default() }
        }
        other => return Err(format!("An inventory in the format {other} cannot be read.")),
    };
    let destination = inventory.destination_bucket.as_deref().unwrap_or(bucket);
    let bucket = destination.rsplit(':').next().unwrap_or(destination).to_owned();
    let part = |file: File| Part { bucket: bucket.clone(), key: file.key, md5: file.md5 };
    Ok((inventory.files.into_iter().map(part).collect(), config))
}

/// The parts that a manifest of Athena names: a URI of S3 on each line.
pub(super) fn athena(body: &[u8]) -> Result<Vec<Part>, String> {
    let text = std::str::from_utf8(body).map_err(|error| format!("The manifest is no text: {error}"))?;
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim().trim_matches('"')));
    lines
        .filter(|(_, line)| !line.is_empty())
        .map(|(number, line)| {
            let (bucket, key) = line
                .strip_prefix("s3://")
                .and_then(|rest| rest.split_once('/'))
                .ok_or_else(|| format!("Line {number} of the manifest names no object: {line}"))?;
            Ok(Part { bucket: bucket.to_owned(), key: key.to_owned(), md5: None })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_names_parts_and_columns() {
        let body = br#"{"sourceBucket": "source", "destinationBucket": "arn:aws:s3:::kept", "version": "2016-11-30",
            "fileFormat": "CSV", "fileSchema": "Bucket, Key, Size",
            "files": [{"key": "data/1.csv.gz", "size": 3, "MD5checksum": "900150983CD24FB0D6963F7D28E17F72"}]}"#;
        let (parts, config) = inventory(body, "own").unwrap();
        assert_eq!((parts[0].bucket.as_str(), parts[0].key.as_str()), ("kept", "data/1.csv.gz"));
        assert!(parts[0].is(b"abc") && !parts[0].is(b"abd"));
        let columns = ["Bucket", "Key", "Size"].map(str::to_owned).to_vec();
        assert_eq!(config.csv_headers, Some(CsvHeaders::Given(columns)));
        let bare = br#"{"fileFormat": "Parquet", "files": [{"key": "1"}]}"#;
        let (parts, config) = inventory(bare, "own").unwrap();
        assert_eq!((parts[0].bucket.as_str(), config.input_type), ("own", Some(InputType::Parquet)));
        assert!(parts[0].is(b"anything"));
        assert!(inventory(br#"{"fileFormat": "ORC", "files": []}"#, "own").unwrap_err().contains("ORC"));
        assert!(inventory(b"[]", "own").is_err());
    }

    #[test]
    fn a_manifest_of_athena_is_a_list_of_uris() {
        let parts = athena(b"s3://bucket/a/1.gz\r\n\n\"s3://bucket/b\"\n").unwrap();
        assert_eq!(parts.iter().map(|part| part.key.as_str()).collect::<Vec<_>>(), ["a/1.gz", "b"]);
        assert_eq!(athena(b"s3://b/k\nnothing"), Err("Line 2 of the manifest names no object: nothing".to_owned()));
    }
}
