//! Text that may have been cut: what of it is certain, whatever followed.

use super::Doubt;
use crate::value::{Excerpt, Value};
use regex::Regex;
use std::borrow::Cow;

/// Whether a test holds, as far as that can be told.
pub type Held = Result<bool, Doubt>;

/// What a test is asked of: a value, or text that belongs to none, such as a line.
#[derive(Clone, Copy, Debug)]
pub enum View<'v> {
    Value(&'v Value),
    Text(Text<'v>),
}

#[derive(Clone, Copy, Debug)]
pub struct Text<'v> {
    pub text: &'v str,
    /// Set if this is only the beginning.
    pub cut: Option<Cut>,
    /// Set if these are only the lines that decide.
    pub excerpt: Option<&'v Excerpt>,
}

#[derive(Clone, Copy, Debug)]
pub struct Cut {
    /// Bytes at which reading stopped.
    pub bound: u64,
    /// Something certainly follows. Of a line whose end was not read it is not known.
    pub more: bool,
}

impl<'v> View<'v> {
    pub fn of(value: &'v Value) -> View<'v> {
        match value {
            Value::Text(text) => View::Text(Text::whole(text)),
            Value::Secret(secret) => View::Text(Text::whole(secret.reveal())),
            Value::Content(content) => View::Text(Text {
                // A character of several bytes may have been cut in two, which reads as U+FFFD.
                text: match content.cut {
                    Some(_) => content.text.trim_end_matches('\u{fffd}'),
                    None => &content.text,
                },
                cut: content.cut.map(|bound| Cut { bound, more: true }),
                excerpt: None,
            }),
            Value::Excerpt(excerpt) => View::Text(Text { text: &excerpt.text, cut: None, excerpt: Some(excerpt) }),
            other => View::Value(other),
        }
    }

    /// Its text, if a person would call what it prints as its text.
    pub fn text(self) -> Option<Text<'v>> {
        match self {
            View::Text(text) => Some(text),
            View::Value(Value::Version(version)) => Some(Text::whole(&version.text)),
            View::Value(_) => None,
        }
    }

    /// A noun for messages.
    pub fn noun(self) -> &'static str {
        match self {
            View::Text(_) => "text",
            View::Value(value) => match value {
                Value::Absent | Value::Unfit(_) => "nothing",
                Value::Null => "null",
                Value::Bool(true) => "`true`",
                Value::Bool(false) | Value::No(_) => "`false`",
                Value::Int(_) | Value::Number(_) => "a number",
                Value::Text(_) | Value::Content(_) | Value::Excerpt(_) | Value::Secret(_) => "text",
                Value::List(_) | Value::Partial(_) => "a list",
                Value::Map(_) | Value::Pairs(_) => "a map",
                Value::Mode(_) => "a mode",
                Value::Size(_) => "a size",
                Value::Share(_) | Value::Portion(_) => "a share",
                Value::Percent(_) => "per cent",
                Value::Duration(_) => "a duration",
                Value::Version(_) => "a version",
                Value::Time(_) => "a time",
            },
        }
    }
}

impl<'v> Text<'v> {
    pub fn whole(text: &'v str) -> Text<'v> {
        Text { text, cut: None, excerpt: None }
    }

    /// What was not found in what was read.
    fn not_found(self) -> Held {
        match self.cut {
            Some(cut) => Err(Doubt::Cut(cut.bound)),
            None => Ok(false),
        }
    }

    pub fn equals(self, want: &str) -> Held {
        match self.cut {
            None => Ok(self.text == want),
            Some(cut) => match want.strip_prefix(self.text) {
                None => Ok(false),
                Some("") if cut.more => Ok(false),
                Some(_) => Err(Doubt::Cut(cut.bound)),
            },
        }
    }

    pub fn has_prefix(self, want: &str) -> Held {
        match self.cut {
            _ if self.text.starts_with(want) => Ok(true),
            Some(cut) if want.starts_with(self.text) => Err(Doubt::Cut(cut.bound)),
            _ => Ok(false),
        }
    }

    pub fn has_suffix(self, want: &str) -> Held {
        match self.cut {
            Some(cut) => Err(Doubt::Cut(cut.bound)),
            None => Ok(self.text.ends_with(want)),
        }
    }

    pub fn contains(self, want: &str) -> Held {
        match memchr::memmem::find(self.text.as_bytes(), want.as_bytes()) {
            Some(_) => Ok(true),
            None => self.not_found(),
        }
    }

    /// A match that reaches the cut end might not be one in the whole text: `$`, `\b` and `\z` look at what follows.
    pub fn matches(self, regex: &Regex) -> Held {
        match self.cut {
            None => Ok(regex.is_match(self.text)),
            Some(_) if regex.shortest_match(self.text).is_some_and(|end| end < self.text.len()) => Ok(true),
            Some(_) => self.not_found(),
        }
    }

    /// Lines without their ends, `\n` or `\r\n`. The last may be only the beginning of one.
    pub fn lines(self) -> Lines<'v> {
        Lines { rest: self }
    }
}

#[derive(Clone, Debug)]
pub struct Lines<'v> {
    rest: Text<'v>,
}

impl<'v> Iterator for Lines<'v> {
    type Item = Text<'v>;

    fn next(&mut self) -> Option<Text<'v>> {
        let text = self.rest.text;
        if text.is_empty() {
            return None;
        }
        let (line, cut) = match memchr::memchr(b'\n', text.as_bytes()) {
            Some(at) => {
                self.rest.text = &text[at + 1..];
                (&text[..at], None)
            }
            None => {
                self.rest.text = "";
                (text, self.rest.cut.map(|cut| Cut { more: false, ..cut }))
            }
        };
        Some(Text { text: line.strip_suffix('\r').unwrap_or(line), cut, excerpt: None })
    }
}

/// The elements of a list, the values of a map, or the lines of text.
#[derive(Clone, Debug)]
pub enum Elements<'v> {
    List(std::slice::Iter<'v, Value>),
    Map(std::slice::Iter<'v, (String, Value)>),
    Lines(Lines<'v>),
}

impl<'v> Elements<'v> {
    /// `None` if it has none, being neither list nor map nor text.
    pub fn of(seen: View<'v>) -> Option<Elements<'v>> {
        match seen {
            View::Text(text) => Some(Elements::Lines(text.lines())),
            View::Value(Value::List(list)) => Some(Elements::List(list.iter())),
            View::Value(Value::Map(map)) => Some(Elements::Map(map.iter())),
            View::Value(_) => None,
        }
    }

    /// Where reading stopped, if there may be elements behind.
    pub fn cut(&self) -> Option<u64> {
        match self {
            Elements::Lines(lines) => lines.rest.cut.map(|cut| cut.bound),
            _ => None,
        }
    }
}

impl<'v> Iterator for Elements<'v> {
    type Item = View<'v>;

    fn next(&mut self) -> Option<View<'v>> {
        match self {
            Elements::List(list) => list.next().map(View::of),
            Elements::Map(map) => map.next().map(|(_, value)| View::of(value)),
            Elements::Lines(lines) => lines.next().map(View::Text),
        }
    }
}

/// What goss prints of a value: the text that a text matcher is asked of. `None` of a map, of null, and of a list of such.
pub fn printed<'v>(seen: View<'v>) -> Option<Cow<'v, str>> {
    let value = match seen {
        View::Text(text) => return Some(Cow::Borrowed(text.text)),
        View::Value(value) => value,
    };
    Some(match value {
        Value::Text(text) => Cow::Borrowed(text),
        Value::Version(version) => Cow::Borrowed(&version.text),
        Value::Bool(b) => Cow::Borrowed(if *b { "true" } else { "false" }),
        Value::Int(n) => Cow::Owned(n.to_string()),
        Value::Number(n) => Cow::Owned(super::number::printed(*n)),
        Value::Mode(mode) => Cow::Owned(mode.to_string()),
        Value::List(list) => {
            let parts: Option<Vec<_>> = list.iter().map(|v| printed(View::of(v))).collect();
            Cow::Owned(parts?.join("\n"))
        }
        _ => return None,
    })
}
