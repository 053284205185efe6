//! Names that nothing else has.

use serde_json::Value;

use super::Arguments;

pub(super) fn uuid(arguments: &mut Arguments<'_>) -> Result<Value, String> {
    Ok(arguments.moment.uuid().into())
}
