//! Go's text/template over plain data. Knows nothing of specs: text, data and a table of functions in, text out.

mod builtin;
mod compare;
mod error;
mod escape;
mod eval;
mod exec;
pub mod function;
mod lex;
mod literal;
mod method;
mod parse;
pub mod print;
mod printf;
mod quote;
mod tree;
pub mod value;

pub use error::Error;
pub use exec::Limits;
pub use function::{Call, Function, Param, World};
pub use value::{Elem, Float, Key, List, Map, Object, Value};

/// A text that was read and can be rendered any number of times.
#[derive(Debug)]
pub struct Template<'t> {
    name: &'t str,
    text: &'t str,
    defined: parse::Defined<'t>,
}

impl<'t> Template<'t> {
    /// Reads a text whose functions are in these tables; of two of a name the one in the later table is meant, and Go's
    /// own are behind them all. `name` is the template's, which messages begin with.
    pub fn parse(name: &'t str, text: &'t str, functions: &[&'t [Function]]) -> Result<Template<'t>, Error> {
        Ok(Template { name, text, defined: parse::parse(name, text, functions)? })
    }

    /// Renders it with `data` as what `.` is. A field that a map does not have is an error (`missingkey=error`).
    pub fn execute(&self, data: &Value, world: &dyn World, limits: Limits) -> Result<String, Error> {
        exec::execute(self, data, world, limits).map_err(|error| *error)
    }
}

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
