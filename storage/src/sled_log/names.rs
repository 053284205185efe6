//! Who holds a name.

use super::key;
use super::records::fault;
use super::store::Store;
use crate::codec;
use crate::frame::{self, Fault, Frame};
use crate::{Error, ExecutionId, Name, Version};

pub(super) fn holder(store: &Store, name: &Name) -> Result<Option<ExecutionId>, Error> {
    let key = key::name(name);
    let Some(value) = store.call("reading a name", |db| db.get(&key))? else { return Ok(None) };
    let holder = match frame::open(&key, &value) {
        Ok(Frame::Whole { kind, payload }) => codec::decode_holder(kind, payload),
        Ok(Frame::Chunked(_)) => Err(Fault::damaged("it is in chunks")),
        Err(how) => Err(how),
    };
    // Of a damaged row the holder is not known.
    holder.map(Some).map_err(|how| fault(ExecutionId::from_bytes([0; 16]), Version::NONE, "name", how))
}
