//! What a value must be to be recorded.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A value that is written to the history as JSON and read from it again: the result of a step, of a child context, of a
/// branch.
///
/// Every type that is [`Serialize`] and [`DeserializeOwned`] is one, by derive:
///
/// ```
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Label {
///     parcel: String,
/// }
/// ```
///
/// It has no other use than to let the compiler say so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be recorded",
    label = "its result is recorded as JSON, and read from it after a crash",
    note = "derive both for the type: `#[derive(serde::Serialize, serde::Deserialize)]`",
    note = "what borrows cannot be read again: return a `String`, not a `&str`"
)]
pub trait Recordable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Recordable for T {}
