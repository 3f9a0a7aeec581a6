//! What a scalar means by its tag, its quotes and its words.

use super::wrong_type;
use super::yaml::{Decoder, Stop};
use crate::syntax::libyaml::{Body, Id, MAX_DEPTH, Meaning, Node, resolve};
use crate::syntax::{Code, Diagnostic, brief};
use crate::value::{Bytes, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

impl<'s> Decoder<'_, 's> {
    /// `string`; `None` for what is null.
    pub fn text(&mut self, id: Id) -> Result<Option<String>, Stop> {
        self.followed(id, |this, id| {
            let document = this.document;
            let node = &document[id];
            let Body::Scalar { text, quoted } = &node.body else {
                this.say(wrong_type("what stands here", "text", this.describe(id), node.span));
                return Ok(None);
            };
            if node.tag.is_none() && (*quoted || !matches!(resolve(text), Meaning::Null)) {
                return Ok(Some(text.clone().into_owned()));
            }
            Ok(match this.scalar(node, text, *quoted)? {
                Value::Null => None,
                Value::Text(binary) if node.tag.as_deref() == Some("!!binary") => Some(binary),
                _ => Some(text.clone().into_owned()),
            })
        })
    }

    pub fn scalar(&mut self, node: &Node<'s>, text: &str, quoted: bool) -> Result<Value, Stop> {
        let tag = node.tag.as_deref();
        match tag {
            None if quoted => return Ok(Value::Text(text.to_owned())),
            None => return Ok(value(text, resolve(text))),
            Some("!!str") => return Ok(Value::Text(text.to_owned())),
            Some("!!binary") => {
                let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
                if let Ok(bytes) = STANDARD.decode(compact) {
                    return Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()));
                }
            }
            Some("!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp") => {
                let meaning = resolve(text);
                let means = of(meaning);
                match meaning {
                    Meaning::Int(n) if tag == Some("!!float") => return Ok(Value::Number(n as f64)),
                    Meaning::Time(_) if tag != Some("!!timestamp") => {}
                    _ if Some(means) == tag => return Ok(value(text, meaning)),
                    _ => {}
                }
            }
            // What goss's decoder knows nothing of is text.
            Some(_) => return Ok(Value::Text(text.to_owned())),
        }
        let message = format!("`{}` does not read as `{}`", brief(text), tag.unwrap_or_default());
        Err(self.stop(Diagnostic::new(Code::Syntax, node.span, message)))
    }

    /// The tag that a node has or is taken to have.
    pub fn short_tag(&self, id: Id) -> &str {
        let document = self.document;
        let node = &document[id];
        match (&node.tag, &node.body) {
            (_, Body::Alias(_, to)) if self.open.len() <= MAX_DEPTH => match document[*to].body {
                Body::Alias(..) => "",
                _ => self.short_tag(*to),
            },
            (Some(tag), _) => tag,
            (None, Body::Map(_)) => "!!map",
            (None, Body::List(_)) => "!!seq",
            (None, Body::Scalar { quoted: true, .. }) => "!!str",
            (None, Body::Scalar { text, .. }) if text == "<<" => "!!merge",
            (None, Body::Scalar { text, .. }) => of(resolve(text)),
            (None, Body::Alias(..)) => "",
        }
    }

    pub fn is_null(&self, id: Id) -> bool {
        self.short_tag(id) == "!!null"
    }

    /// What a person would call what stands here.
    pub fn describe(&self, id: Id) -> &'static str {
        match (&self.document[id].body, self.short_tag(id)) {
            (Body::Map(_), _) | (_, "!!map") => "a map",
            (Body::List(_), _) | (_, "!!seq") => "a list",
            (_, "!!null") => "nothing",
            (_, "!!bool") => "`true` or `false`",
            (_, "!!int") => "a whole number",
            (_, "!!float") => "a number",
            (_, "!!timestamp") => "a time",
            _ => "text",
        }
    }
}

fn value(text: &str, meaning: Meaning) -> Value {
    match meaning {
        Meaning::Null => Value::Null,
        Meaning::Bool(b) => Value::Bool(b),
        Meaning::Int(n) => Value::Int(n),
        Meaning::Large(n) => Value::Size(Bytes(n)),
        Meaning::Float(n) => Value::Number(n),
        Meaning::Time(time) => Value::Time(time),
        Meaning::Text => Value::Text(text.to_owned()),
    }
}

fn of(meaning: Meaning) -> &'static str {
    match meaning {
        Meaning::Null => "!!null",
        Meaning::Bool(_) => "!!bool",
        Meaning::Int(_) | Meaning::Large(_) => "!!int",
        Meaning::Float(_) => "!!float",
        Meaning::Time(_) => "!!timestamp",
        Meaning::Text => "!!str",
    }
}
