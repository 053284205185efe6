//! The query layer from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod assigning;
mod choices;
mod filters;
mod intrinsics;
mod jsonata;
mod jsonata_functions;
mod jsonata_limits;
mod jsonata_reference;
mod paths;
mod properties;
mod templates;
