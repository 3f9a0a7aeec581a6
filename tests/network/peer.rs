//! Those at the other end.

pub mod http;
pub mod lines;
pub mod proxy;
