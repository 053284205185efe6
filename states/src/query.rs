//! The languages in which a definition picks and makes values: paths, intrinsic functions, JSONata, and the rules of a Choice state.
//!
//! All of it is pure: the time and the randomness an expression may ask for come in with a [`Moment`], values come in with [`Roots`]. Everything is
//! compiled once, when a definition is read, and may be shared between threads. Every evaluation is bounded: an expression that would run for ever or
//! make a value without end fails.

pub mod choice;
pub mod error;
pub mod intrinsic;
mod java_random;
mod java_text;
pub mod jsonata;
mod moment;
pub mod path;
mod roots;
pub mod template;
pub mod timestamp;
mod tree;
mod value;

pub use choice::Rule;
pub use error::QueryError;
pub use intrinsic::Intrinsic;
pub(crate) use java_text::java_text;
pub use jsonata::{Expression, JsonataTemplate};
pub use moment::Moment;
pub use path::Path;
pub use roots::{NoVariables, Roots, Variables};
pub use template::{Expr, Template};
pub(crate) use tree::twice;
pub(crate) use value::{MAX_DEPTH, kind};
