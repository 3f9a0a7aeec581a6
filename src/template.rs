//! Go's text/template over plain data. Knows nothing of specs: text, data and a table of functions in, text out.

pub mod function;
pub mod value;

pub use function::{Call, Function, Param, World};
pub use value::{Elem, Key, List, Map, Value};
