//! What must be so of every test and every value.
