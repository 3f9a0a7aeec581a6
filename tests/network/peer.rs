//! Peers of the tests' own on loopback.

pub mod dns;
pub mod http;
pub mod lines;
pub mod network;
pub mod proxy;
pub mod tls;
