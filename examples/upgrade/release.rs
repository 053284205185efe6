//! The releases of the program: which code each of them has.

use duramen::Builder;

use crate::order;

/// What a program sets up before it opens its folder.
pub(crate) type Release = fn(Builder) -> Builder;

pub(crate) fn one(builder: Builder) -> Builder {
    builder.workflow("order", order::first)
}

/// New orders run the newest version; those under way stay with theirs.
pub(crate) fn two(builder: Builder) -> Builder {
    builder.workflow("order", order::first).version("order", 2, order::second)
}

pub(crate) fn three(builder: Builder) -> Builder {
    builder.workflow("order", order::first).version("order", 2, order::patched)
}

/// Version 1 was taken out although it is in use, and version 2 was changed without a patch.
pub(crate) fn four(builder: Builder) -> Builder {
    builder.version("order", 2, order::careless)
}
