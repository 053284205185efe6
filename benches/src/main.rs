//! The workloads that measure duramen.

fn main() {}
