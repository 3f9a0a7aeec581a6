//! One tree with places, which TOML, YAML and JSON all parse into.

use crate::value::Value;
use std::borrow::Cow;

mod build;
mod diagnostic;
mod json;
pub mod libyaml;
mod plain;
mod suggest;
mod toml;
mod toml_error;
mod yaml;
mod yaml_block;
mod yaml_error;

pub use build::brief;
pub use diagnostic::{Code, Diagnostic, Help, Source, Sources};
pub use suggest::{nearest, related};

/// Levels of lists and maps inside one another that a spec may have.
pub const MAX_DEPTH: usize = 64;
/// Nodes that a spec may come to once its aliases are expanded.
pub const MAX_NODES: usize = 2_000_000;

/// A range of bytes in one of the [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Index into [`Sources`].
    pub file: u32,
    pub start: u32,
    pub end: u32,
}

/// A value in a spec and where it stands. `'s` is the source's text.
#[derive(Clone, Debug, PartialEq)]
pub struct Node<'s> {
    pub span: Span,
    pub data: Data<'s>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Data<'s> {
    Null,
    Bool(bool),
    /// The number, and how it was written (so that `1.10` stays a version).
    Int(i64, &'s str),
    Float(f64, &'s str),
    Text(Cow<'s, str>),
    List(Vec<Node<'s>>),
    /// In the order written; a key stands once.
    Map(Vec<(Key<'s>, Node<'s>)>),
}

/// A map's key. Numbers and booleans are kept as they were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key<'s> {
    pub span: Span,
    pub text: Cow<'s, str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Toml,
    Yaml,
    Json,
}

impl Format {
    /// By the name's ending, if that says it.
    pub fn of(name: &str) -> Option<Format> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Some(Format::Toml),
            "json" => Some(Format::Json),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }

    /// By the ending of a goss file's name, whose case counts.
    pub fn of_goss(name: &str) -> Option<Format> {
        let (_, ending) = name.rsplit('/').next()?.rsplit_once('.')?;
        match ending {
            "json" => Some(Format::Json),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }
}

/// Parses one source. Where anything is wrong the tree is `None` or what could be read, beside every diagnostic.
pub fn parse<'s>(text: &'s str, file: u32, format: Format) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    if let Some(wrong) = too_large(text.len(), file) {
        return (None, vec![wrong]);
    }
    match format {
        Format::Toml => toml::parse(text, file),
        Format::Yaml => yaml::parse(text, file),
        Format::Json => json::parse(text, file),
    }
}

/// Parses JSON as Go does: every key of a map is there, however often it stands.
pub fn parse_json_as_go<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    json::parse_as_go(text, file)
}

/// Spans count bytes in 32 bits.
fn too_large(bytes: usize, file: u32) -> Option<Diagnostic> {
    let span = Span { file, start: 0, end: 0 };
    let wrong = || Diagnostic::new(Code::TooLarge, span, "the file is larger than 4 GiB");
    u32::try_from(bytes).is_err().then(wrong)
}

impl<'s> Node<'s> {
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Text(s) => Some(s),
            _ => None,
        }
    }

    /// A scalar as it was written: text as it is, numbers and booleans by their spelling.
    pub fn scalar(&self) -> Option<Cow<'_, str>> {
        match &self.data {
            Data::Text(s) => Some(Cow::Borrowed(s)),
            Data::Int(_, raw) | Data::Float(_, raw) => Some(Cow::Borrowed(raw)),
            Data::Bool(b) => Some(Cow::Borrowed(if *b { "true" } else { "false" })),
            _ => None,
        }
    }

    pub fn map(&self) -> Option<&[(Key<'s>, Node<'s>)]> {
        match &self.data {
            Data::Map(m) => Some(m),
            _ => None,
        }
    }

    pub fn list(&self) -> Option<&[Node<'s>]> {
        match &self.data {
            Data::List(l) => Some(l),
            _ => None,
        }
    }

    /// The value under `key`.
    pub fn get(&self, key: &str) -> Option<&Node<'s>> {
        self.map()?.iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
    }

    /// What a person would call what stands here.
    pub fn describe(&self) -> &'static str {
        match &self.data {
            Data::Null => "nothing",
            Data::Bool(_) => "true or false",
            Data::Int(..) => "a whole number",
            Data::Float(..) => "a number",
            Data::Text(_) => "text",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }
}

/// Data as it stands in the spec, without its places.
impl From<&Node<'_>> for Value {
    fn from(node: &Node<'_>) -> Value {
        match &node.data {
            Data::Null => Value::Null,
            Data::Bool(b) => Value::Bool(*b),
            Data::Int(n, _) => Value::Int(*n),
            Data::Float(n, _) => Value::Number(*n),
            Data::Text(t) => Value::Text(t.clone().into_owned()),
            Data::List(l) => Value::List(l.iter().map(Value::from).collect()),
            Data::Map(m) => Value::Map(m.iter().map(|(k, v)| (k.text.clone().into_owned(), v.into())).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Data as JSON, maps in their order; what JSON cannot say as Rust prints it.
    pub(super) fn json(value: &Value) -> String {
        // YAML and TOML want some escaped that JSON takes as they are.
        let strange = |c: char| {
            !c.is_ascii_control() && (c.is_control() || "\u{feff}\u{fffe}\u{ffff}".contains(c)) || c == '\u{7f}'
        };
        let escaped = |c: char| if strange(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
        let text = |t: &str| serde_json::to_string(t).unwrap().chars().map(escaped).collect::<String>();
        match value {
            Value::Null => "null".into(),
            Value::Bool(b) => b.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Number(n) => format!("{n:?}"),
            Value::Text(t) => text(t),
            Value::List(l) => format!("[{}]", l.iter().map(json).collect::<Vec<_>>().join(",")),
            Value::Map(m) => {
                let fields = m.iter().map(|(k, v)| format!("{}:{}", text(k), json(v)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
            }
            other => panic!("{other:?} is not data of a spec"),
        }
    }

    /// TOML writes a map in a list or map inline, and has no null and no escape `\/`.
    fn toml(value: &Value) -> String {
        match value {
            Value::List(l) => format!("[{}]", l.iter().map(toml).collect::<Vec<_>>().join(", ")),
            Value::Map(m) => {
                let fields = m.iter().map(|(k, v)| format!("{} = {}", json(&Value::Text(k.clone())), toml(v)));
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            Value::Null => "\"null\"".into(),
            scalar => json(scalar),
        }
    }

    fn without_null(value: &Value) -> Value {
        match value {
            Value::Null => Value::Text("null".into()),
            Value::List(l) => Value::List(l.iter().map(without_null).collect()),
            Value::Map(m) => Value::Map(m.iter().map(|(k, v)| (k.clone(), without_null(v))).collect()),
            other => other.clone(),
        }
    }

    fn data() -> impl Strategy<Value = Value> {
        let text =
            || prop_oneof!["[a-z]{0,8}", "\\PC{0,12}", any::<String>(), "true|null|~|0644|<<|!x|\\*a|- a|a: b|1.5|yes"];
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(Value::Int),
            (-1e15f64..1e15).prop_map(Value::Number),
            text().prop_map(Value::Text),
        ];
        scalar.prop_recursive(5, 60, 20, move |inner| {
            let fields = prop::collection::vec((text(), inner.clone()), 0..20).prop_map(|mut fields| {
                let mut seen = std::collections::HashSet::new();
                fields.retain(|(key, _)| seen.insert(key.clone()));
                Value::Map(fields)
            });
            prop_oneof![prop::collection::vec(inner, 0..6).prop_map(Value::List), fields]
        })
    }

    /// Every span is on character boundaries within the text and inside what holds it, unless an alias brought it.
    fn check_spans(text: &str, node: &Node<'_>, aliases: bool) {
        check_span(text, node.span);
        let inside = |span: Span| aliases || (node.span.start <= span.start && span.end <= node.span.end);
        match &node.data {
            Data::List(l) => l.iter().for_each(|item| {
                assert!(inside(item.span), "{node:?}");
                check_spans(text, item, aliases);
            }),
            Data::Map(m) => m.iter().for_each(|(key, value)| {
                check_span(text, key.span);
                assert!(inside(key.span), "{node:?}");
                check_spans(text, value, aliases);
            }),
            _ => {}
        }
    }

    fn check_span(text: &str, span: Span) {
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} of {text:?}");
    }

    /// Text of the characters and words that the three languages are made of.
    fn source() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            4 => "[\\[\\]{}:,=#&*!|>'\"%@`?.<~+\\\\-]",
            3 => prop::sample::select(vec![
                " ", "\n", "\r\n", "\t", "  ", ": ", "- ", "? ", "\n- ", "\n  ", "a", "b: ", "&a ", "*a", "<<: ", "---\n", "...\n",
                "\"\"\"", "\'\'\'", "[[", "]]", "a = ", "[a.b]\n", "!!int ", "!!str ", "%YAML 1.2\n", "é", "😀", "\u{feff}", "\u{2028}",
                "true", "0x1f", "1_0", "1.5e3", "2001-12-14T01:02:03Z", "\\u00e9", "\\ud83d", "|\n", ">-\n", "# c\n", "\r", "\u{0}", "\u{85}",
            ]).prop_map(String::from),
            1 => "\\PC{0,3}",
        ];
        prop_oneof![prop::collection::vec(word, 0..40).prop_map(|words| words.concat()), any::<String>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

        #[test]
        fn no_text_panics_and_no_span_leaves_the_text(text in source()) {
            for format in [Format::Toml, Format::Yaml, Format::Json] {
                let (root, wrong) = parse(&text, 0, format);
                prop_assert!(root.is_some() || !wrong.is_empty(), "{format:?} says nothing of {text:?}");
                if let Some(root) = &root {
                    check_spans(&text, root, format != Format::Json);
                }
                for one in &wrong {
                    check_span(&text, one.span);
                    one.also.iter().for_each(|(span, _)| check_span(&text, *span));
                    if let Some(Help::Replace(span, _)) = &one.help {
                        check_span(&text, *span);
                    }
                }
                let sources = Sources { files: vec![Source { name: "spec".into(), text: text.clone() }] };
                sources.render(&wrong, false);
            }
        }
    }

    proptest! {
        #[test]
        fn a_tree_printed_as_json_reads_the_same_in_every_format(value in data()) {
            let text = json(&value);
            for format in [Format::Json, Format::Yaml] {
                let (root, wrong) = parse(&text, 0, format);
                prop_assert_eq!(&wrong, &[], "{:?} {}", format, text);
                let root = root.unwrap();
                check_spans(&text, &root, false);
                prop_assert_eq!(&Value::from(&root), &value, "{:?} {}", format, text);
            }
            let value = without_null(&value);
            let text = format!("a = {}", toml(&value));
            let (root, wrong) = parse(&text, 0, Format::Toml);
            prop_assert_eq!(&wrong, &[], "{}", text);
            prop_assert_eq!(Value::from(root.unwrap().get("a").unwrap()), value, "{}", text);
        }
    }

    #[test]
    fn a_text_that_spans_cannot_reach_is_refused() {
        assert_eq!(too_large(u32::MAX as usize, 0), None);
        assert_eq!(too_large(u32::MAX as usize + 1, 0).unwrap().code, Code::TooLarge);
    }
}
