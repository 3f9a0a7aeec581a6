//! What a host has that no entry of a spec speaks of.
