//! Items in Parquet: each row is an object with a field for each column.

use bytes::Bytes;
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::Value;

/// The rows, at most so many, of a file whose content has at most so many bytes when it is unpacked.
pub(super) fn rows(body: &[u8], most: usize, most_bytes: u64) -> Result<Vec<Value>, String> {
    let said = |error| format!("The content is not Parquet: {error}");
    let file = SerializedFileReader::new(Bytes::copy_from_slice(body)).map_err(said)?;
    let groups = file.metadata().row_groups();
    let bytes: i64 = groups.iter().map(|group| group.total_byte_size().max(0)).fold(0, i64::saturating_add);
    super::within(u64::try_from(bytes).unwrap_or(0), most_bytes).map_err(|error| error.to_string())?;
    let rows = file.get_row_iter(None).map_err(said)?;
    rows.take(most).map(|row| row.map(|row| row.to_json_value()).map_err(said)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use std::sync::Arc;

    use parquet::basic::{Compression, GzipLevel};
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use serde_json::json;

    use super::*;

    fn file(compression: Compression) -> Vec<u8> {
        let schema = parse_message_type("message row { required int64 n; optional binary text (UTF8); }").unwrap();
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties)).unwrap();
        let mut group = file.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[1, 1 << 60], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&[ByteArray::from("a")], Some(&[1, 0]), None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        file.into_inner().unwrap()
    }

    #[test]
    fn rows_are_objects_whatever_they_are_packed_with() {
        let gzip = Compression::GZIP(GzipLevel::default());
        for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::LZ4_RAW, gzip] {
            let body = file(compression);
            let expected = [json!({"n": 1, "text": "a"}), json!({"n": 1_i64 << 60, "text": null})];
            assert_eq!(rows(&body, 9, 1 << 20).unwrap(), expected, "{compression}");
            assert_eq!(rows(&body, 1, 1 << 20).unwrap(), expected[..1]);
        }
    }

    #[test]
    fn what_is_too_much_or_damaged_is_an_error() {
        let body = file(Compression::UNCOMPRESSED);
        assert!(rows(&body, 9, 10).unwrap_err().contains("10 may be read at most"));
        assert!(rows(b"PAR1 no more", 9, 1 << 20).unwrap_err().starts_with("The content is not Parquet"));
        for at in 0..body.len() {
            let mut damaged = body.clone();
            damaged[at] ^= 0x55;
            // Whatever it gives, it comes back.
            let _ = std::panic::catch_unwind(|| rows(&damaged, 9, 1 << 20));
        }
    }
}
