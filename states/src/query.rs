//! The languages in which a definition picks and makes values: paths, intrinsic functions, JSONata.
