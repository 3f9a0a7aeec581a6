//! The JSON Schema of specs, from the same tables that the reader uses.
//!
//! Reader and schema accept the same trees, but for the codes in [`BEYOND`]; a golden test holds them together.

use crate::matcher::{Empty, OPERATORS, Operand, Operator, is_quantity};
use crate::quantity;
use crate::resource::{KINDS, KeyInfo, Kind, Shape};
use crate::spec::{COMMON, CommonShape, INCLUDE};
use crate::syntax::Code;
use crate::value::Type;
use serde_json::{Map, Value as Json, json};

/// Mistakes that a schema cannot see: what a name or a pattern means, how two values relate, which files there are.
pub const BEYOND: &[Code] = &[
    Code::BadId,
    Code::BadSetting,
    Code::BadRegex,
    Code::BadPath,
    Code::BadPattern,
    Code::CannotHold,
    Code::AssertsNothing,
    Code::IncludeCycle,
    Code::IncludeNone,
    Code::Unreadable,
];

/// The schema as text, as it stands in schema/.
pub fn text() -> String {
    format!("{:#}\n", schema())
}

/// JSON Schema, draft 2020-12.
pub fn schema() -> Json {
    let mut types = Types::default();
    let mut sections = Map::new();
    sections
        .insert("$schema".into(), json!({"type": "string", "description": "The schema of this file, for editors."}));
    for name in INCLUDE {
        sections.insert(name.into(), json!({"$ref": "#/$defs/include"}));
    }
    for kind in KINDS {
        sections.insert(kind.name.into(), section(kind, &mut types));
    }
    let mut defs = types.finish();
    defs.insert("include".into(), include());
    defs.insert("data".into(), data());
    for key in COMMON {
        defs.insert(format!("common-{}", key.name), described(common(key.shape), key.about));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A verispec spec",
        "description": "What a host should be: kind, then entry, then keys.",
        "type": "object",
        "properties": sections,
        "additionalProperties": false,
        "$defs": defs,
    })
}

/// A schema with a sentence for editors to show.
fn described(mut schema: Json, about: &str) -> Json {
    if let Json::Object(map) = &mut schema {
        map.insert("description".into(), json!(about.trim()));
    }
    schema
}

fn section(kind: &'static Kind, types: &mut Types) -> Json {
    let mut keys = Map::new();
    if let Some(presence) = kind.presence {
        let about = format!("{} Taken as true where it is not said.", presence.about);
        keys.insert(presence.name.into(), described(types.of(Type::Bool), &about));
    }
    for info in (kind.keys)() {
        let holds = match (info.argument, info.input) {
            (Some(argument), _) => format!("a map of each {} to what is expected there", argument.noun),
            (_, Some(input)) => input.noun.into(),
            _ => info.ty.name(),
        };
        keys.insert(info.name.into(), described(key(&info, types), &format!("{} Holds {holds}.", info.about)));
    }
    if let Some((name, about)) = kind.target {
        keys.insert(
            name.into(),
            described(
                json!({"type": ["string", "number", "boolean"]}),
                &format!("{about} The entry's own name where it is not said."),
            ),
        );
    }
    for setting in (kind.settings)() {
        keys.insert(
            setting.name.into(),
            described(shape(setting.shape), &format!("{} Takes {}.", setting.about, setting.shape.name())),
        );
    }
    for common in COMMON.iter().filter(|c| !(kind.keys)().iter().any(|k| k.name == c.name)) {
        keys.insert(common.name.into(), json!({"$ref": format!("#/$defs/common-{}", common.name)}));
    }
    let mut entry = json!({"type": ["object", "null"], "properties": keys, "additionalProperties": false});
    if !kind.required.is_empty() {
        entry["required"] = json!(kind.required);
        entry["type"] = json!("object");
    }
    json!({"description": kind.about, "type": ["object", "null"], "additionalProperties": entry})
}

fn key(info: &KeyInfo, types: &mut Types) -> Json {
    if info.input.is_some() {
        let one = json!({"type": ["string", "object"]});
        return json!({"anyOf": [one, {"type": "array", "minItems": 1, "items": one}]});
    }
    let value = types.of(info.ty);
    match info.argument {
        None => value,
        Some(_) => json!({"type": "object", "minProperties": 1, "additionalProperties": value}),
    }
}

/// What may stand behind a setting.
fn shape(of: Shape) -> Json {
    match of {
        Shape::Bool => json!({"type": "boolean"}),
        Shape::Count => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Shape::Text => json!({"type": "string"}),
        Shape::Duration => json!({"anyOf": [
            {"type": "integer", "minimum": 0, "maximum": quantity::LONGEST.as_millis() as u64},
            {"type": "string", "pattern": format!("^\\s*{DURATION}\\s*$")},
        ]}),
        Shape::TextList => json!({"type": "array", "items": {"type": "string"}}),
        Shape::TextMap => {
            json!({"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}})
        }
        Shape::Headers => json!({"anyOf": [shape(Shape::TextList), shape(Shape::TextMap)]}),
        Shape::Exec => json!({"anyOf": [
            {"type": "string", "pattern": "\\S"},
            {"type": "array", "minItems": 1, "items": {"type": "string"}},
        ]}),
        Shape::Choice(words) => json!({"enum": words}),
        Shape::Any => json!({}),
    }
}

fn common(of: CommonShape) -> Json {
    match of {
        CommonShape::Plain(plain) => shape(plain),
        CommonShape::Skip => json!({"type": ["boolean", "string"]}),
        CommonShape::Retry => json!({
            "type": "object",
            "properties": {"for": shape(Shape::Duration), "every": shape(Shape::Duration)},
            "required": ["for"],
            "additionalProperties": false,
        }),
    }
}

fn include() -> Json {
    let entry = json!({
        "type": ["object", "null"],
        "properties": {"file": {"type": "string"}, "skip": {"type": "boolean"}},
        "additionalProperties": false,
    });
    json!({
        "description": "Other specs to read in, by path or glob, relative to this file.",
        "anyOf": [
            {"type": "string"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "object", "additionalProperties": entry},
            {"type": "null"},
        ],
    })
}

/// Anything but null, at any depth.
fn data() -> Json {
    let inner = json!({"$ref": "#/$defs/data"});
    json!({
        "type": ["string", "number", "boolean", "array", "object"],
        "items": inner,
        "additionalProperties": inner,
    })
}

const NUMBER: &str = r"[0-9]+(\.[0-9]*)?";
const SIGNED: &str = r"[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?";
const INT: &str = r"[+-]?[0-9]+";
const MODE: &str = "(0o)?[0-7]{3,4}";
const SIZE: &str = r"[0-9]+(\.[0-9]*)?\s*(B|[KMGTP]iB|[kKMGTP]B|[KMGTP])?";
const DURATION: &str = r"(-?0|-?([0-9]+(\.[0-9]*)?\s*(ns|us|µs|ms|s|min|m|h|d|w|y)\s*)+)";
const PERCENT: &str = r"[0-9]+(\.[0-9]*)?\s*%";
const TIME: &str = r"[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9:.]+([Zz]|[+-][0-9:]+))?";
const VERSION: &str = r"[^\s<>=!*|,]+";
const COMPARISON: &str = r"\s*(>=|<=|==|!=|=|>|<|≥|≤|≠)\s*";

/// The definitions of types that are in use, each written once.
#[derive(Default)]
struct Types(Vec<(String, Option<Json>)>);

impl Types {
    /// A reference to what may stand under a key of type `ty`.
    fn of(&mut self, ty: Type) -> Json {
        let ty = if ty == Type::Secret { Type::Text } else { ty };
        let name = name(ty);
        if !self.0.iter().any(|(n, _)| *n == name) {
            self.0.push((name.clone(), None));
            let schema = self.define(ty);
            if let Some((_, slot)) = self.0.iter_mut().find(|(n, _)| *n == name) {
                *slot = Some(schema);
            }
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }

    fn finish(self) -> Map<String, Json> {
        self.0.into_iter().filter_map(|(name, schema)| Some((name, schema?))).collect()
    }

    fn define(&mut self, ty: Type) -> Json {
        let mut forms = scalar(ty);
        match ty {
            Type::List(of) => {
                let element = self.of(*of);
                forms.extend(scalar(*of));
                forms.push(json!({"type": "array", "minItems": 1, "items": element}));
            }
            Type::Text | Type::Content => forms.push(patterns()),
            Type::Any => {
                let element = self.of(Type::Any);
                forms.push(json!({"type": "array", "minItems": 1, "items": element}));
            }
            _ => {}
        }
        let operators: Map<String, Json> = OPERATORS
            .iter()
            .filter(|operator| (operator.fits)(ty))
            .map(|operator| (operator.name.to_owned(), described(self.operand(operator, ty), operator.about)))
            .collect();
        forms.push(json!({
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "properties": operators,
            "additionalProperties": false,
        }));
        json!({"anyOf": forms})
    }

    fn operand(&mut self, operator: &Operator, ty: Type) -> Json {
        let list = |of: Json, least: usize| json!({"type": "array", "minItems": least, "items": of});
        match &operator.operand {
            Operand::Same(_) => match ty {
                Type::List(of) => list(any_of(values(*of)), 0),
                Type::Any => json!({"$ref": "#/$defs/data"}),
                ty => any_of(values(ty)),
            },
            Operand::Bound(_) => any_of(bounds(ty)),
            Operand::Pair => json!({"type": "array", "minItems": 2, "maxItems": 2, "items": any_of(bounds(ty))}),
            Operand::Values if ty == Type::Any => list(json!({"$ref": "#/$defs/data"}), 1),
            Operand::Values => list(any_of(values(ty)), 1),
            Operand::Text(_) | Operand::Regex | Operand::Semver => json!({"type": ["string", "number"]}),
            Operand::Count => self.of(Type::Int),
            Operand::Matcher(of, _) => self.of(of.within(ty)),
            Operand::Matchers(of, empty, _) => {
                let inner = self.of(of.within(ty));
                list(inner, usize::from(*empty != Empty::Fine))
            }
            Operand::Patterns => patterns(),
            Operand::Paths => {
                let inner = self.of(Type::Any);
                json!({"type": "object", "minProperties": 1, "additionalProperties": inner})
            }
            Operand::Xpath => {
                let result = self.of(Type::Any);
                json!({
                    "type": "object",
                    "properties": {"xpath": {"type": "string"}, "result": result},
                    "required": ["xpath", "result"],
                    "additionalProperties": false,
                })
            }
        }
    }
}

fn any_of(mut forms: Vec<Json>) -> Json {
    if forms.len() == 1 { forms.remove(0) } else { json!({"anyOf": forms}) }
}

fn patterns() -> Json {
    json!({"type": "array", "minItems": 1, "items": {"type": ["string", "number"]}})
}

/// The name of a type's definition.
fn name(ty: Type) -> String {
    match ty {
        Type::List(of) => format!("list-of-{}", name(*of)),
        Type::Choice(words) => words.join("-or-"),
        ty => format!("{ty:?}").to_ascii_lowercase(),
    }
}

/// How a value of the type may be written, comparisons in a string included.
fn scalar(ty: Type) -> Vec<Json> {
    let mut forms = if matches!(ty, Type::List(_)) { vec![] } else { values(ty) };
    if is_quantity(ty) {
        let text = match ty {
            Type::Int => INT.to_owned(),
            Type::Number => SIGNED.to_owned(),
            ty => written(ty).unwrap_or_default(),
        };
        forms.push(json!({"type": "string", "pattern": format!("^{COMPARISON}({text})\\s*$")}));
    }
    forms
}

/// The text of a quantity.
fn written(ty: Type) -> Option<String> {
    Some(match ty {
        Type::Mode => MODE.to_owned(),
        Type::Size => SIZE.to_owned(),
        Type::Share => format!("({SIZE}|{PERCENT})"),
        Type::Portion => format!("({NUMBER}|{PERCENT})"),
        Type::Percent => format!("{NUMBER}\\s*%?"),
        Type::Duration => DURATION.to_owned(),
        Type::Time => TIME.to_owned(),
        Type::Version => VERSION.to_owned(),
        _ => return None,
    })
}

/// How a plain value of the type may be written.
fn values(ty: Type) -> Vec<Json> {
    let text = written(ty).map(|pattern| json!({"type": "string", "pattern": format!("^\\s*{pattern}\\s*$")}));
    let number = match ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::Int => json!({"type": "integer"}),
        Type::Number => json!({"type": "number"}),
        Type::Text | Type::Secret | Type::Content => json!({"type": ["string", "number"]}),
        Type::Choice(words) => json!({"enum": words}),
        Type::Any => json!({"type": ["string", "number", "boolean"]}),
        Type::Size | Type::Share | Type::Portion => json!({"type": "integer", "minimum": 0}),
        Type::Percent => json!({"type": "number", "minimum": 0, "maximum": 100}),
        Type::Version => json!({"type": "number"}),
        Type::Duration => json!({"const": 0}),
        Type::Mode | Type::Time | Type::List(_) => return text.into_iter().collect(),
    };
    text.into_iter().chain([number]).collect()
}

/// How a bound of the type may be written: where the key holds text, its text is read as a number.
fn bounds(ty: Type) -> Vec<Json> {
    match ty {
        Type::Text | Type::Content | Type::Any => vec![json!({"type": "number"})],
        ty => values(ty),
    }
}
