//! The items that stand in the content of an object.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::definition::{CsvHeaders, InputType, ReaderConfig};
use crate::packed::Pieces;

/// Why content has no items that can be read.
#[derive(Debug, PartialEq)]
pub(super) enum Unreadable {
    /// In the words of Step Functions.
    Known(String),
    /// In our own, to which is added where it is.
    Here(String),
}

/// Adds the items to those that are there, until there are so many, or says why there are none. Without an `InputType` the
/// content is JSON. What is packed inside of the content may have so many bytes.
pub(super) fn items(
    body: &[u8],
    config: &ReaderConfig,
    pointer: Option<&str>,
    most: usize,
    most_bytes: u64,
    into: &mut Pieces,
) -> Result<(), Unreadable> {
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let most = most.saturating_sub(into.len());
    match config.input_type {
        None | Some(InputType::Json) => json(text, pointer, most, into),
        Some(InputType::Jsonl) => lines(text, most, into),
        Some(InputType::Csv) => rows(text, config, most, into),
        Some(InputType::Parquet) => parquet(body, most, most_bytes).map(|rows| into.extend(rows)),
        Some(InputType::Manifest) => Err(Unreadable::Here("A manifest cannot name manifests.".to_owned())),
    }
}

fn json(body: &[u8], pointer: Option<&str>, most: usize, into: &mut Pieces) -> Result<(), Unreadable> {
    let document: Value =
        serde_json::from_slice(body).map_err(|error| Unreadable::Here(format!("The content is not JSON: {error}.")))?;
    match pointer.map_or(Some(&document), |pointer| document.pointer(pointer)) {
        Some(Value::Array(items)) => {
            items.iter().take(most).for_each(|item| into.push(item));
            Ok(())
        }
        _ => Err(Unreadable::Known("Attempting to map over non-iterable node.".to_owned())),
    }
}

fn lines(body: &[u8], most: usize, into: &mut Pieces) -> Result<(), Unreadable> {
    let lines = body.split(|byte| *byte == b'\n').enumerate();
    let full = lines.filter(|(_, line)| !line.trim_ascii().is_empty()).take(most);
    for (index, line) in full {
        let item: Value = serde_json::from_slice(line)
            .map_err(|error| Unreadable::Here(format!("Line {} is not JSON: {error}.", index + 1)))?;
        into.push(&item);
    }
    Ok(())
}

/// Rows as objects of texts. What a row lacks is empty, and what has no header is dropped.
fn rows(body: &[u8], config: &ReaderConfig, most: usize, into: &mut Pieces) -> Result<(), Unreadable> {
    let delimiter = u8::try_from(config.csv_delimiter.char()).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(body);
    let mut rows = reader.records();
    let headers: Vec<String> = match &config.csv_headers {
        Some(CsvHeaders::Given(headers)) => headers.clone(),
        Some(CsvHeaders::FirstRow) | None => match rows.next() {
            Some(row) => row.map_err(|error| not_csv(&error))?.iter().map(str::to_owned).collect(),
            None => return Err(Unreadable::Here("The CSV file is empty.".to_owned())),
        },
    };
    if headers.iter().collect::<BTreeSet<_>>().len() < headers.len() {
        return Err(Unreadable::Known("CSV headers cannot contain duplicates.".to_owned()));
    }
    for row in rows.take(most) {
        let row = row.map_err(|error| not_csv(&error))?;
        let field = |(index, header): (usize, &String)| (header.clone(), row.get(index).unwrap_or_default().into());
        into.push(&Value::Object(headers.iter().enumerate().map(field).collect::<Map<_, _>>()));
    }
    Ok(())
}

fn not_csv(error: &csv::Error) -> Unreadable {
    Unreadable::Here(match error.position() {
        Some(position) => format!("Line {} is not CSV: {error}.", position.line()),
        None => format!("The content is not CSV: {error}."),
    })
}

#[cfg(feature = "parquet")]
fn parquet(body: &[u8], most: usize, most_bytes: u64) -> Result<Vec<Value>, Unreadable> {
    super::parquet::rows(body, most, most_bytes).map_err(Unreadable::Here)
}

#[cfg(not(feature = "parquet"))]
fn parquet(_: &[u8], _: usize, _: u64) -> Result<Vec<Value>, Unreadable> {
    Err(Unreadable::Here("This program was built without the feature `parquet`.".to_owned()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::definition::CsvDelimiter;

    fn of(input_type: InputType) -> ReaderConfig {
        ReaderConfig { input_type: Some(input_type), ..ReaderConfig::default() }
    }

    fn csv(headers: &[&str], delimiter: CsvDelimiter) -> ReaderConfig {
        let given = CsvHeaders::Given(headers.iter().map(|header| (*header).to_owned()).collect());
        let headers = if headers.is_empty() { CsvHeaders::FirstRow } else { given };
        ReaderConfig { csv_headers: Some(headers), csv_delimiter: delimiter, ..of(InputType::Csv) }
    }

    fn read(body: &str, config: &ReaderConfig) -> Result<Value, String> {
        at(body, config, None, usize::MAX)
    }

    fn at(body: &str, config: &ReaderConfig, pointer: Option<&str>, most: usize) -> Result<Value, String> {
        let mut read = Pieces::default();
        match items(body.as_bytes(), config, pointer, most, u64::MAX, &mut read) {
            Ok(()) => Ok(read.into_value()),
            Err(Unreadable::Known(cause) | Unreadable::Here(cause)) => Err(cause),
        }
    }

    #[test]
    fn json_is_an_array_at_the_pointer() {
        let config = of(InputType::Json);
        assert_eq!(read("[1, {\"a\": 2}]", &config), Ok(json!([1, {"a": 2}])));
        assert_eq!(at("[1, 2, 3]", &config, None, 2), Ok(json!([1, 2])));
        assert_eq!(read("{}", &config), Err("Attempting to map over non-iterable node.".to_owned()));
        assert!(read("[1", &config).is_err());
        assert_eq!(at("{\"a\": {\"b\": [1]}}", &config, Some("/a/b"), 9), Ok(json!([1])));
        let none = Err("Attempting to map over non-iterable node.".to_owned());
        assert_eq!(at("{\"a\": 1}", &config, Some("/a/b"), 9), none);
    }

    #[test]
    fn lines_are_values_of_json_and_empty_ones_none() {
        let config = of(InputType::Jsonl);
        assert_eq!(read("{\"a\": 1}\r\n\n[2]\n", &config), Ok(json!([{"a": 1}, [2]])));
        assert_eq!(at("1\n2\n3", &config, None, 2), Ok(json!([1, 2])));
        assert!(read("1\n{", &config).unwrap_err().starts_with("Line 2 is not JSON"));
        assert_eq!(read("", &config), Ok(json!([])));
    }

    #[test]
    fn rows_have_the_names_of_the_first_one_or_those_given() {
        assert_eq!(read("a,b\n1,\"x, y\"\n", &csv(&[], CsvDelimiter::Comma)), Ok(json!([{"a": "1", "b": "x, y"}])));
        assert_eq!(read("1|2", &csv(&["a", "b"], CsvDelimiter::Pipe)), Ok(json!([{"a": "1", "b": "2"}])));
        for delimiter in [CsvDelimiter::Tab, CsvDelimiter::Semicolon, CsvDelimiter::Space, CsvDelimiter::Comma] {
            let text = "a,b\n1,2".replace(',', &delimiter.char().to_string());
            assert_eq!(read(&text, &csv(&[], delimiter)), Ok(json!([{"a": "1", "b": "2"}])), "{delimiter:?}");
        }
    }

    #[test]
    fn rows_may_be_short_or_long_but_headers_not_the_same() {
        let config = csv(&["a", "b"], CsvDelimiter::Comma);
        assert_eq!(read("1\n1,2,3\n", &config), Ok(json!([{"a": "1", "b": ""}, {"a": "1", "b": "2"}])));
        assert!(read("a,a\n1,2", &csv(&[], CsvDelimiter::Comma)).unwrap_err().contains("duplicates"));
        assert!(read("", &csv(&[], CsvDelimiter::Comma)).is_err());
        let config = csv(&["a"], CsvDelimiter::Comma);
        let no_text = items(b"1\n\xff\n", &config, None, 9, 9, &mut Pieces::default()).unwrap_err();
        assert!(matches!(no_text, Unreadable::Here(cause) if cause.starts_with("Line 2 is not CSV")));
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_content() {
        assert_eq!(read("\u{feff}[1]", &of(InputType::Json)), Ok(json!([1])));
        assert_eq!(read("\u{feff}a\n1", &csv(&[], CsvDelimiter::Comma)), Ok(json!([{"a": "1"}])));
    }
}
