//! What the log is put through when its process is killed: a writer that says what is durable, and a check of that.

mod stream;
mod verify;
mod writer;

pub(crate) use verify::Verify;
pub(crate) use writer::Writer;
