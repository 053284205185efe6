//! Programs that show duramen.
