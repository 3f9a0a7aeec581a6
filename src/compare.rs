//! What differs between two specs, or between a spec and a host, key by key.
