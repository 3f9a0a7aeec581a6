//! Those at the other end.

pub mod lines;
