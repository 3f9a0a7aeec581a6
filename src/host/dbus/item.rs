//! Values of D-Bus types, and what they are to a spec.

use crate::value::Value;
use std::fmt;

/// A value of a D-Bus type. A file descriptor (`h`) is its index, [`Item::Uint32`].
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    Byte(u8),
    Bool(bool),
    Int16(i16),
    Uint16(u16),
    Int32(i32),
    Uint32(u32),
    Int64(i64),
    Uint64(u64),
    Double(f64),
    Text(String),
    Path(String),
    Signature(String),
    /// `ay`.
    Bytes(Vec<u8>),
    Array(Vec<Item>),
    /// `a{..}`, in the order sent.
    Dict(Vec<(Item, Item)>),
    Struct(Vec<Item>),
    /// The signature of one complete type, and a value of that type.
    Variant(String, Box<Item>),
}

impl Item {
    pub fn text(&self) -> Option<&str> {
        match self {
            Item::Text(text) | Item::Path(text) | Item::Signature(text) => Some(text),
            Item::Variant(_, item) => item.text(),
            _ => None,
        }
    }

    pub fn bool(&self) -> Option<bool> {
        match self {
            Item::Bool(b) => Some(*b),
            Item::Variant(_, item) => item.bool(),
            _ => None,
        }
    }
}

/// Structures become lists, bytes hexadecimal text, and integers past 63 bits decimal text: a fraction would make
/// different ones equal.
impl From<&Item> for Value {
    fn from(item: &Item) -> Value {
        let list = |items: &[Item]| Value::List(items.iter().map(Value::from).collect());
        match item {
            Item::Byte(n) => Value::Int(i64::from(*n)),
            Item::Bool(b) => Value::Bool(*b),
            Item::Int16(n) => Value::Int(i64::from(*n)),
            Item::Uint16(n) => Value::Int(i64::from(*n)),
            Item::Int32(n) => Value::Int(i64::from(*n)),
            Item::Uint32(n) => Value::Int(i64::from(*n)),
            Item::Int64(n) => Value::Int(*n),
            Item::Uint64(n) => i64::try_from(*n).map_or_else(|_| Value::Text(n.to_string()), Value::Int),
            Item::Double(n) => Value::Number(*n),
            Item::Text(text) | Item::Path(text) | Item::Signature(text) => Value::Text(text.clone()),
            Item::Bytes(bytes) => Value::Text(bytes.iter().map(|b| format!("{b:02x}")).collect()),
            Item::Array(items) | Item::Struct(items) => list(items),
            Item::Dict(pairs) => Value::Map(pairs.iter().map(|(k, v)| (k.to_string(), v.into())).collect()),
            Item::Variant(_, item) => item.as_ref().into(),
        }
    }
}

/// A dictionary's key in plain words.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Byte(n) => n.fmt(f),
            Item::Bool(b) => b.fmt(f),
            Item::Int16(n) => n.fmt(f),
            Item::Uint16(n) => n.fmt(f),
            Item::Int32(n) => n.fmt(f),
            Item::Uint32(n) => n.fmt(f),
            Item::Int64(n) => n.fmt(f),
            Item::Uint64(n) => n.fmt(f),
            Item::Double(n) => n.fmt(f),
            Item::Text(text) | Item::Path(text) | Item::Signature(text) => f.write_str(text),
            _ => write!(f, "{self:?}"),
        }
    }
}
