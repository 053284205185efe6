//! How snapshots, and turns of older schemas, stand as bytes.

/// A guard against lengths in damaged bytes, above what one record may have.
const LARGEST: usize = 1 << 31;

const LAYOUT: bincode::config::Configuration<
    bincode::config::LittleEndian,
    bincode::config::Varint,
    bincode::config::Limit<LARGEST>,
> = bincode::config::standard().with_limit::<LARGEST>();

pub(crate) fn encode<T: bincode::Encode>(value: &T) -> Result<Vec<u8>, String> {
    bincode::encode_to_vec(value, LAYOUT).map_err(|error| error.to_string())
}

pub(crate) fn decode<T: bincode::Decode<()>>(body: &[u8]) -> Result<T, String> {
    let (value, read) = bincode::decode_from_slice(body, LAYOUT).map_err(|error| error.to_string())?;
    if read == body.len() { Ok(value) } else { Err(format!("{} bytes stand behind it", body.len() - read)) }
}

/// The first value of what follows one another, and the bytes behind it.
pub(super) fn decode_first<T: bincode::Decode<()>>(body: &[u8]) -> Result<(T, &[u8]), String> {
    let (value, read) = bincode::decode_from_slice(body, LAYOUT).map_err(|error| error.to_string())?;
    Ok((value, body.get(read..).unwrap_or_default()))
}
