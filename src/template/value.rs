//! What a template computes with: Go's values as far as templates can tell them apart.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;
use time::OffsetDateTime;

/// A value of Go's. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Value {
    /// An interface that holds nothing; prints as `<no value>`.
    Nil,
    Bool(bool),
    /// `int`.
    Int(i64),
    /// `int64`, which no function that takes an `int` accepts.
    Int64(i64),
    /// `uint64`: a whole number of YAML's that is too big for an `int`.
    Uint64(u64),
    /// `uint8`: what indexing a string gives.
    Byte(u8),
    Float(f64),
    /// Go's strings are bytes; those that are not UTF-8 are kept with U+FFFD in their place.
    Text(Rc<str>),
    List(Rc<List>),
    /// Shared: `set` and `unset` change what every holder sees.
    Map(Rc<Map>),
    /// `time.Time`.
    Time(OffsetDateTime),
    /// `time.Duration`, in nanoseconds.
    Duration(i64),
    /// A struct.
    Object(Rc<Object>),
}

/// What a list's or a map's type says of its elements: a missing one of `map[string]string` is `""` and not nil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elem {
    /// `interface {}`.
    Any,
    /// `string`.
    Text,
    /// `int`.
    Int,
    /// `[]interface {}`.
    List,
}

#[derive(Debug)]
pub struct List {
    pub of: Elem,
    pub items: Vec<Value>,
}

#[derive(Debug)]
pub struct Map {
    /// [`Elem::Text`], or [`Elem::Any`] for what YAML makes of a mapping whose keys are not all text.
    pub keys: Elem,
    pub of: Elem,
    /// In the order that Go ranges over and prints them.
    pub entries: RefCell<BTreeMap<Key, Value>>,
}

/// A map's key. YAML's keys need not be text. Ordered as goss orders keys of different types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Nil,
    Text(Rc<str>),
    Uint64(u64),
    Int(i64),
    Float(Float),
    Bool(bool),
    Time(OffsetDateTime),
}

/// A number that is ordered, NaN first.
#[derive(Clone, Copy, Debug)]
pub struct Float(pub f64);

/// A struct: what a template is given to begin with, a version, a certificate.
#[derive(Debug, Default)]
pub struct Object {
    /// With a `*` in front if templates see a pointer to it.
    pub type_name: &'static str,
    /// What its `String` method says, if it has one.
    pub text: Option<Rc<str>>,
    /// It is no struct, but a number with a name: a month.
    pub number: Option<i64>,
    /// Fields, which are printed.
    pub fields: Vec<(&'static str, Value)>,
    /// What its methods without parameters answer.
    pub methods: Vec<(&'static str, Value)>,
}

impl Value {
    pub fn text(text: impl Into<Rc<str>>) -> Value {
        Value::Text(text.into())
    }

    /// `[]interface{}`.
    pub fn list(items: Vec<Value>) -> Value {
        Value::List(Rc::new(List { of: Elem::Any, items }))
    }

    /// `[]string`.
    pub fn texts<T: Into<Rc<str>>>(items: impl IntoIterator<Item = T>) -> Value {
        let items = items.into_iter().map(Value::text).collect();
        Value::List(Rc::new(List { of: Elem::Text, items }))
    }

    /// `map[string]interface{}`.
    pub fn map<T: Into<Rc<str>>>(entries: impl IntoIterator<Item = (T, Value)>) -> Value {
        let entries = entries.into_iter().map(|(key, value)| (Key::Text(key.into()), value)).collect();
        Value::Map(Rc::new(Map { keys: Elem::Text, of: Elem::Any, entries: RefCell::new(entries) }))
    }

    /// `map[string]string`.
    pub fn text_map<K: Into<Rc<str>>, V: Into<Rc<str>>>(entries: impl IntoIterator<Item = (K, V)>) -> Value {
        let entries = entries.into_iter().map(|(key, value)| (Key::Text(key.into()), Value::text(value))).collect();
        Value::Map(Rc::new(Map { keys: Elem::Text, of: Elem::Text, entries: RefCell::new(entries) }))
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// A whole number of any width that an `int64` can hold.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(int) | Value::Int64(int) | Value::Duration(int) => Some(*int),
            Value::Uint64(int) => i64::try_from(*int).ok(),
            Value::Byte(byte) => Some((*byte).into()),
            Value::Object(object) => object.number,
            _ => None,
        }
    }

    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(float) => Some(*float),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Value::List(list) => Some(&list.items),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// What `if` makes of it.
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(bool) => *bool,
            Value::Int(int) | Value::Int64(int) | Value::Duration(int) => *int != 0,
            Value::Uint64(int) => *int != 0,
            Value::Byte(byte) => *byte != 0,
            Value::Float(float) => *float != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(list) => !list.items.is_empty(),
            Value::Map(map) => !map.entries.borrow().is_empty(),
            Value::Object(object) => object.number != Some(0),
            Value::Time(_) => true,
        }
    }

    /// Its type as Go writes it; `<nil>` for nil.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Int64(_) => "int64",
            Value::Uint64(_) => "uint64",
            Value::Byte(_) => "uint8",
            Value::Float(_) => "float64",
            Value::Text(_) => "string",
            Value::List(list) => match list.of {
                Elem::Any => "[]interface {}",
                Elem::Text => "[]string",
                Elem::Int => "[]int",
                Elem::List => "[][]interface {}",
            },
            Value::Map(map) => match (map.keys, map.of) {
                (Elem::Text, Elem::Any) => "map[string]interface {}",
                (Elem::Text, Elem::Text) => "map[string]string",
                (Elem::Text, Elem::Int) => "map[string]int",
                (Elem::Text, Elem::List) => "map[string][]interface {}",
                _ => "map[interface {}]interface {}",
            },
            Value::Time(_) => "time.Time",
            Value::Duration(_) => "time.Duration",
            Value::Object(object) => object.type_name,
        }
    }

    /// What `reflect` calls the kind of its type.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Nil => "invalid",
            Value::List(_) => "slice",
            Value::Map(_) => "map",
            Value::Time(_) => "struct",
            Value::Duration(_) => "int64",
            Value::Object(object) if object.number.is_some() => "int",
            Value::Object(object) => {
                if object.type_name.starts_with('*') {
                    "ptr"
                } else {
                    "struct"
                }
            }
            _ => self.type_name(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Value {
        Value::text(text)
    }
}

impl From<bool> for Value {
    fn from(bool: bool) -> Value {
        Value::Bool(bool)
    }
}

impl Map {
    pub fn get(&self, key: &str) -> Option<Value> {
        self.entries.borrow().get(&Key::Text(key.into())).cloned()
    }
}

impl From<Key> for Value {
    fn from(key: Key) -> Value {
        match key {
            Key::Nil => Value::Nil,
            Key::Text(text) => Value::Text(text),
            Key::Uint64(int) => Value::Uint64(int),
            Key::Int(int) => Value::Int(int),
            Key::Float(float) => Value::Float(float.0),
            Key::Bool(bool) => Value::Bool(bool),
            Key::Time(time) => Value::Time(time),
        }
    }
}

impl Elem {
    /// The type as Go writes it.
    pub fn type_name(self) -> &'static str {
        match self {
            Elem::Any => "interface {}",
            Elem::Text => "string",
            Elem::Int => "int",
            Elem::List => "[]interface {}",
        }
    }

    /// What Go gives for an element that is not there.
    pub fn zero(self) -> Value {
        match self {
            Elem::Any => Value::Nil,
            Elem::Text => Value::text(""),
            Elem::Int => Value::Int(0),
            Elem::List => Value::list(vec![]),
        }
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Float) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Float) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Float) -> std::cmp::Ordering {
        let nan = |float: f64| !float.is_nan();
        self.0.partial_cmp(&other.0).unwrap_or_else(|| nan(self.0).cmp(&nan(other.0)))
    }
}

impl Drop for List {
    fn drop(&mut self) {
        take_apart(&mut self.items);
    }
}

impl Drop for Map {
    fn drop(&mut self) {
        if self.entries.get_mut().values().any(Value::is_nest) {
            take_apart(&mut mem::take(self.entries.get_mut()).into_values().collect());
        }
    }
}

impl Value {
    fn is_nest(&self) -> bool {
        matches!(self, Value::List(_) | Value::Map(_))
    }
}

/// Drops without a call for each level: values nest as deeply as a loop in a template likes.
fn take_apart(values: &mut Vec<Value>) {
    if !values.iter().any(Value::is_nest) {
        return;
    }
    while let Some(value) = values.pop() {
        match value {
            Value::List(list) => _ = Rc::into_inner(list).map(|mut list| values.append(&mut list.items)),
            Value::Map(map) => {
                _ = Rc::into_inner(map).map(|mut map| values.extend(mem::take(map.entries.get_mut()).into_values()))
            }
            _ => {}
        }
    }
}
