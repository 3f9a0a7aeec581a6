//! Peers of the tests' own on loopback.

pub mod dns;
pub mod http;
pub mod lines;
pub mod proxy;
pub mod tls;
pub mod network;
