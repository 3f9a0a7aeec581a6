//! What is accepted holds then, in the shape that it had, and what is not is left as it was.

use super::*;

mod properties;
mod table;
