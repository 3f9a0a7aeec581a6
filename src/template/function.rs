//! What a template may call: named functions over [`Value`]s, and what they may ask of the world.

use super::Value;
use super::print;
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

/// The type of a parameter in Go. What is given to `call` is of this type, and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Param {
    /// `interface{}`.
    Any,
    Text,
    /// `int`: an `int64` is refused.
    Int,
    Int64,
    Float,
    Bool,
    /// `[]interface{}`, or nil. A list of anything else is refused.
    List,
    /// `map[string]interface{}`, or nil. A map of anything else is refused.
    Map,
    /// `time.Time`.
    Time,
    /// A struct of this type.
    Object(&'static str),
}

/// What a call may use besides its arguments.
pub struct Call<'w> {
    pub world: &'w dyn World,
    /// Bytes that the rendering may still make.
    pub left: &'w Cell<usize>,
}

impl Call<'_> {
    /// Takes `bytes` from what the rendering may still make. To be asked before they are made, and for every element of
    /// a value that is walked: a list that holds one list twice, and that one another twice, has no end.
    pub fn charge(&self, bytes: usize) -> Result<(), String> {
        let left = self.left.get().checked_sub(bytes).ok_or("the template makes too much text")?;
        self.left.set(left);
        Ok(())
    }

    /// As `fmt.Sprint` writes the value. Charged for.
    pub fn print(&self, value: &Value) -> Result<String, String> {
        let mut text = String::new();
        print::value(&mut text, value, self)?;
        Ok(text)
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

/// A world in which nothing is.
#[cfg(any(test, fuzzing))]
#[derive(Debug)]
pub struct Nowhere;

#[cfg(any(test, fuzzing))]
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
