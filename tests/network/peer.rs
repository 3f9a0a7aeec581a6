//! Those at the other end.

pub mod lines;
pub mod network;
