//! Nodes from flow-style text with true spans, for tests.

use super::{Test, lower};
use crate::syntax::{Data, Diagnostic, Key, Node, Source, Sources, Span};
use crate::value::Type;
use std::borrow::Cow;

/// JSON whose keys, and words that are no number, need no quotes.
pub fn node(text: &str) -> Node<'_> {
    let mut reader = Reader { text, at: 0 };
    let node = reader.node();
    assert_eq!(text[reader.at..].trim(), "", "{text}");
    node
}

pub fn lowered(text: &str, ty: Type) -> Result<Test, Vec<Diagnostic>> {
    let mut wrong = Vec::new();
    let test = lower(&node(text), ty, &mut wrong);
    match test {
        Some(test) if wrong.is_empty() => Ok(test),
        _ => {
            assert!(!wrong.is_empty(), "refused without a word: {text}");
            Err(wrong)
        }
    }
}

/// The test that `text` spells.
pub fn test(text: &str, ty: Type) -> Test {
    lowered(text, ty).unwrap_or_else(|wrong| panic!("{}", page(text, &wrong)))
}

pub fn page(text: &str, wrong: &[Diagnostic]) -> String {
    Sources { files: vec![Source { name: "spec".into(), text: text.into() }] }.render(wrong, false)
}

struct Reader<'s> {
    text: &'s str,
    at: usize,
}

impl<'s> Reader<'s> {
    fn peek(&mut self) -> char {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.chars().next().unwrap_or('\0')
    }

    fn span(&self, from: usize) -> Span {
        Span { file: 0, start: from as u32, end: self.at as u32 }
    }

    fn word(&mut self) -> (Cow<'s, str>, bool, Span) {
        let quoted = self.peek() == '"';
        let from = self.at;
        if quoted {
            let inner = &self.text[from + 1..];
            let mut escaped = false;
            let len = inner
                .find(|c| match (escaped, c) {
                    (true, _) => {
                        escaped = false;
                        false
                    }
                    (false, '\\') => {
                        escaped = true;
                        false
                    }
                    (false, c) => c == '"',
                })
                .expect("a closing quote");
            self.at = from + len + 2;
            let body = &inner[..len];
            let text = match body.contains('\\') {
                true => Cow::Owned(serde_json::from_str(&self.text[from..self.at]).expect("an escaped text")),
                false => Cow::Borrowed(body),
            };
            return (text, true, self.span(from));
        }
        let rest = &self.text[from..];
        self.at += rest.find([',', ':', ']', '}', ' ']).unwrap_or(rest.len());
        (Cow::Borrowed(&self.text[from..self.at]), false, self.span(from))
    }

    fn node(&mut self) -> Node<'s> {
        let first = self.peek();
        let from = self.at;
        let data = match first {
            '[' => {
                let mut list = Vec::new();
                self.at += 1;
                while self.peek() != ']' {
                    list.push(self.node());
                    if self.peek() == ',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Data::List(list)
            }
            '{' => {
                let mut map = Vec::new();
                self.at += 1;
                while self.peek() != '}' {
                    let (text, _, span) = self.word();
                    assert_eq!(self.peek(), ':', "{}", self.text);
                    self.at += 1;
                    map.push((Key { span, text }, self.node()));
                    if self.peek() == ',' {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Data::Map(map)
            }
            _ => {
                let (text, quoted, _) = self.word();
                let raw = &self.text[from..self.at];
                match raw {
                    _ if quoted => Data::Text(text),
                    "null" => Data::Null,
                    "true" | "false" => Data::Bool(raw == "true"),
                    _ => match (raw.strip_prefix("0o"), raw.parse(), raw.parse()) {
                        (Some(octal), ..) => Data::Int(i64::from_str_radix(octal, 8).expect("octal"), raw),
                        (_, Ok(int), _) => Data::Int(int, raw),
                        (_, _, Ok(float)) => Data::Float(float, raw),
                        _ => Data::Text(text),
                    },
                }
            }
        };
        Node { span: self.span(from), data }
    }
}
