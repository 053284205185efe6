//! The content of objects, unpacked.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::ObjectError;

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The content as it was before it was packed by gzip, if it was; at most so many bytes of it.
pub(super) fn unpacked(body: Vec<u8>, most_bytes: u64) -> Result<Vec<u8>, ObjectError> {
    if !body.starts_with(&GZIP) {
        return Ok(body);
    }
    let mut plain = Vec::new();
    let read = MultiGzDecoder::new(&*body).take(most_bytes.saturating_add(1)).read_to_end(&mut plain);
    read.map_err(|error| ObjectError::Failed(format!("The content cannot be unpacked: {error}.")))?;
    super::within(plain.len() as u64, most_bytes)?;
    Ok(plain)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use std::io::Write;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(plain).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn what_is_packed_is_unpacked_all_of_it_and_the_rest_is_left_alone() {
        assert_eq!(unpacked(b"plain".to_vec(), 0), Ok(b"plain".to_vec()));
        let two = [packed(b"one "), packed(b"two")].concat();
        assert_eq!(unpacked(two, 7), Ok(b"one two".to_vec()));
        assert!(matches!(unpacked(vec![0x1f, 0x8b, 8], 9), Err(ObjectError::Failed(_))));
    }

    #[test]
    fn a_small_object_does_not_become_a_huge_one() {
        let bomb = packed(&vec![0; 1 << 20]);
        assert!(bomb.len() < 1 << 14);
        assert_eq!(unpacked(bomb, 1000), Err(ObjectError::TooLarge { bytes: 1001, most_bytes: 1000 }));
    }
}
