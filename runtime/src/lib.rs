//! Durable functions on an embedded log.
