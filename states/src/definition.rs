//! Definitions: what a state machine is made of, read from JSON and checked.
