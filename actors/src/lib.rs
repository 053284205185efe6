//! The event-sourced entities of duramen.
