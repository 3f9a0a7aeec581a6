//! Settings: the inputs of a probe, and how each is read from a spec.

use super::SettingInfo;
use crate::quantity;
use crate::syntax::{Code, Data, Diagnostic, Node, Span, nearest};
use crate::value::{Secret, Type, Value};
use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

/// Declares a setting: its name, a sentence, and its place among the kind's settings.
pub const fn setting<S, T: FromNode>(
    name: &'static str,
    about: &'static str,
    place: fn(&mut S) -> &mut T,
) -> Setting<S, T> {
    Setting { name, about, place }
}

pub struct Setting<S, T> {
    name: &'static str,
    about: &'static str,
    place: fn(&mut S) -> &mut T,
}

/// A [`Setting`] of any type.
pub trait Knob<S>: Sync {
    fn info(&self) -> SettingInfo;
    /// See [`FromNode::secrets`].
    fn secrets(&self, from: &Node) -> Vec<Span>;
    fn set(&self, to: &mut S, from: &Node, wrong: &mut Vec<Diagnostic>);
}

impl<S, T: FromNode> Knob<S> for Setting<S, T> {
    fn info(&self) -> SettingInfo {
        SettingInfo { name: self.name, about: self.about, shape: T::SHAPE }
    }
    fn secrets(&self, from: &Node) -> Vec<Span> {
        T::secrets(from)
    }
    fn set(&self, to: &mut S, from: &Node, wrong: &mut Vec<Diagnostic>) {
        match T::from_node(from) {
            Ok(value) => *(self.place)(to) = value,
            Err(one) if one.code == Code::BadSetting => wrong.push(one),
            Err(one) => wrong.push(one.label(format!("`{}` is {}", self.name, T::SHAPE.name()))),
        }
    }
}

/// What may stand behind a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Bool,
    Count,
    Text,
    /// A duration as text, or a whole number of milliseconds.
    Duration,
    TextList,
    TextMap,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `Name: value` texts, or a map of texts.
    Headers,
    /// A line for the shell, or a program and its arguments.
    Exec,
    Any,
}

impl Shape {
    pub fn name(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Shape::Choice(words) => return Cow::Owned(Type::Choice(words).name()),
            Shape::Bool => "true or false",
            Shape::Count => "a whole number, 0 or more",
            Shape::Text => "text",
            Shape::Duration => "a duration, such as `\"10s\"`, or a number of milliseconds",
            Shape::TextList => "a list of texts",
            Shape::TextMap => "a map of texts",
            Shape::Headers => "a list of `Name: value` texts, or a map of texts",
            Shape::Exec => "a line for the shell, or a list: a program and its arguments",
            Shape::Any => "anything",
        })
    }
}

/// A type that a setting may have.
pub trait FromNode: Sized + 'static {
    const SHAPE: Shape;
    fn from_node(node: &Node) -> Result<Self, Diagnostic>;
    /// The places in it that no report may show: passwords, tokens.
    fn secrets(_: &Node) -> Vec<Span> {
        vec![]
    }
}

fn wrong_type<T: FromNode>(node: &Node) -> Diagnostic {
    let message = format!("expected {}, found {}", T::SHAPE.name(), node.describe());
    Diagnostic::new(Code::WrongType, node.span, message)
}

/// Reads a word that must be one of `T`'s.
pub fn choice<T: FromNode>(node: &Node, parse: fn(&str) -> Option<T>) -> Result<T, Diagnostic> {
    let word = node.text().ok_or_else(|| wrong_type::<T>(node))?;
    parse(word).ok_or_else(|| {
        let wrong =
            Diagnostic::new(Code::BadSetting, node.span, format!("expected {}, found `{word}`", T::SHAPE.name()));
        match T::SHAPE {
            Shape::Choice(words) => match nearest(word, words.iter().copied()) {
                Some(near) => wrong.say(format!("did you mean `{near}`?")),
                None => wrong,
            },
            _ => wrong,
        }
    })
}

impl FromNode for bool {
    const SHAPE: Shape = Shape::Bool;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match node.data {
            Data::Bool(b) => Ok(b),
            _ => Err(wrong_type::<Self>(node)),
        }
    }
}

impl FromNode for u32 {
    const SHAPE: Shape = Shape::Count;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match node.data {
            Data::Int(n, _) => n.try_into().map_err(|_| wrong_type::<Self>(node)),
            _ => Err(wrong_type::<Self>(node)),
        }
    }
}

impl FromNode for String {
    const SHAPE: Shape = Shape::Text;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        node.text().map(str::to_owned).ok_or_else(|| wrong_type::<Self>(node))
    }
}

impl FromNode for IpAddr {
    const SHAPE: Shape = Shape::Text;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let text = node.text().ok_or_else(|| wrong_type::<Self>(node))?;
        text.parse().map_err(|_| {
            Diagnostic::new(Code::BadSetting, node.span, format!("`{text}` is not an IP address"))
                .say("write it as `\"192.0.2.1\"` or `\"2001:db8::1\"`")
        })
    }
}

/// Text that no report shows.
impl FromNode for Secret {
    const SHAPE: Shape = Shape::Text;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        String::from_node(node).map(Secret::new)
    }
    fn secrets(node: &Node) -> Vec<Span> {
        vec![node.span]
    }
}

impl FromNode for Duration {
    const SHAPE: Shape = Shape::Duration;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match &node.data {
            Data::Int(ms, _) => {
                let wait = u64::try_from(*ms).ok().map(Duration::from_millis);
                wait.filter(|wait| *wait <= quantity::LONGEST).ok_or_else(|| wrong_type::<Self>(node))
            }
            Data::Text(text) => quantity::parse_wait(text).ok_or_else(|| {
                let message = format!("`{text}` is no time to wait");
                Diagnostic::new(Code::BadQuantity, node.span, message).say("write it as `\"10s\"` or `\"500ms\"`")
            }),
            _ => Err(wrong_type::<Self>(node)),
        }
    }
}

impl<T: FromNode> FromNode for Option<T> {
    const SHAPE: Shape = T::SHAPE;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        T::from_node(node).map(Some)
    }
    fn secrets(node: &Node) -> Vec<Span> {
        T::secrets(node)
    }
}

impl FromNode for Vec<String> {
    const SHAPE: Shape = Shape::TextList;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let list = node.list().ok_or_else(|| wrong_type::<Self>(node))?;
        list.iter().map(|n| n.text().map(str::to_owned).ok_or_else(|| wrong_type::<Self>(n))).collect()
    }
}

/// Pairs in the order written.
impl FromNode for Vec<(String, String)> {
    const SHAPE: Shape = Shape::TextMap;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let map = node.map().ok_or_else(|| wrong_type::<Self>(node))?;
        map.iter()
            .map(|(k, v)| {
                let text = v.scalar().ok_or_else(|| wrong_type::<Self>(v))?;
                Ok((k.text.clone().into_owned(), text.into_owned()))
            })
            .collect()
    }
}

/// A line for the shell, or a program with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exec {
    Shell(String),
    Argv(Vec<String>),
}

impl FromNode for Exec {
    const SHAPE: Shape = Shape::Exec;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        match &node.data {
            Data::Text(line) if !line.trim().is_empty() => Ok(Exec::Shell(line.clone().into_owned())),
            Data::List(list) if !list.is_empty() => Vec::<String>::from_node(node).map(Exec::Argv),
            Data::Text(_) | Data::List(_) => Err(Diagnostic::new(Code::BadSetting, node.span, "it names no command")),
            _ => Err(wrong_type::<Self>(node)),
        }
    }
}

/// Data as it stands in the spec.
impl FromNode for Value {
    const SHAPE: Shape = Shape::Any;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        Ok(node.into())
    }
}
