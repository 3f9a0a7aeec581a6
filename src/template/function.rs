//! What a template may call: named functions over [`Value`]s, and what they may ask of the world.

use super::Value;
use std::cell::Cell;
use time::OffsetDateTime;

/// A function that templates know by name. A family of them is a table in a file of its own.
pub struct Function {
    pub name: &'static str,
    /// What it takes, in order. Number and types are checked before `call`, with Go's words.
    pub params: &'static [Param],
    /// What further arguments are, if it takes any number of them.
    pub rest: Option<Param>,
    /// The error is what the function says (`error calling NAME: …` is put before it).
    pub call: fn(&Call, &[Value]) -> Result<Value, String>,
}

/// The type of a parameter in Go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// `interface{}`.
    Any,
    Text,
    Int,
    Float,
    Bool,
    /// `[]interface{}` or a list of any elements.
    List,
    /// `map[string]interface{}`.
    Map,
}

/// What a call may use besides its arguments.
pub struct Call<'w> {
    pub world: &'w dyn World,
    /// Bytes that the rendering may still make.
    pub left: &'w Cell<usize>,
}

impl Call<'_> {
    /// Takes `bytes` from what the rendering may still make. To be asked before they are made.
    pub fn charge(&self, bytes: usize) -> Result<(), String> {
        let left = self.left.get().checked_sub(bytes).ok_or("the template makes too much text")?;
        self.left.set(left);
        Ok(())
    }
}

/// What lies outside of a template.
pub trait World {
    fn env(&self) -> Vec<(String, String)>;
    fn read_file(&self, path: &str) -> Result<String, String>;
    /// The time, in the local time zone.
    fn now(&self) -> OffsetDateTime;
    fn random(&self, bytes: &mut [u8]);
}
