//! Go's text/template over plain data. Knows nothing of specs: text, data and a table of functions in, text out.

pub mod function;
pub mod print;
pub mod value;

pub use function::{Call, Function, Param, World};
pub use value::{Elem, Float, Key, List, Map, Object, Value};

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use time::OffsetDateTime;

    struct Nowhere;

    impl World for Nowhere {
        fn env(&self) -> Vec<(String, String)> {
            vec![]
        }
        fn read_file(&self, path: &str) -> Result<String, String> {
            Err(format!("open {path}: no such file or directory"))
        }
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH
        }
        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    /// A call that may make so many bytes.
    pub fn call<T>(bytes: usize, run: impl FnOnce(&Call) -> T) -> T {
        run(&Call { world: &Nowhere, left: &Cell::new(bytes) })
    }
}
