//! What a template computes with: Go's values as far as templates can tell them apart.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use time::OffsetDateTime;

/// A value of Go's. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Value {
    /// An interface that holds nothing; prints as `<no value>`.
    Nil,
    Bool(bool),
    /// `int` and `int64`.
    Int(i64),
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
}

/// What a list's or a map's type says of its elements: a missing one of `map[string]string` is `""` and not nil.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elem {
    Any,
    Text,
    Int,
}

#[derive(Debug)]
pub struct List {
    pub of: Elem,
    pub items: Vec<Value>,
}

#[derive(Debug)]
pub struct Map {
    pub of: Elem,
    /// In the order that Go ranges over and prints them.
    pub entries: RefCell<BTreeMap<Key, Value>>,
}

/// A map's key. YAML's keys need not be text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Nil,
    Int(i64),
    Bool(bool),
    Text(Rc<str>),
}
