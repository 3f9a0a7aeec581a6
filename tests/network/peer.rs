//! Peers of the tests' own on loopback.

pub mod dns;
pub mod lines;
