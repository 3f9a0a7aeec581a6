//! Data files as JSON text, which is what paths lead into.

use crate::value::Fault;
use serde_json::{Map, Value as Json};

mod ini;

/// Flow collections inside one another that a YAML file may have: the parser's time grows with their square.
const MAX_FLOW: usize = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    Yaml,
    Toml,
    Ini,
}

impl Format {
    pub const COUNT: usize = 4;

    /// By the name's ending; JSON where that says nothing.
    pub fn of(path: &str) -> Format {
        match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "yaml" | "yml" => Format::Yaml,
            "toml" => Format::Toml,
            _ => Format::Json,
        }
    }

    pub fn to_json(self, text: &str) -> Result<String, Fault> {
        // A byte order mark is no part of any of them, and each parser but YAML's would trip over it.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        match self {
            Format::Json => Ok(text.to_owned()),
            Format::Yaml => yaml(text).map(|json| json.to_string()),
            Format::Toml => match text.parse::<toml::Table>() {
                Ok(table) => Ok(from_toml(toml::Value::Table(table)).to_string()),
                Err(error) => Err(Fault::Unfit(format!("it is not TOML: {}", toml_error(text, &error)))),
            },
            Format::Ini => match ini::parse(text) {
                Ok(json) => Ok(json.to_string()),
                Err(error) => Err(Fault::Unfit(format!("it is not INI: {error}"))),
            },
        }
    }
}

/// A single document as it is, several as a list of them.
fn yaml(text: &str) -> Result<Json, Fault> {
    if flow_depth(text) > MAX_FLOW {
        return Err(Fault::Unsupported(format!("more than {MAX_FLOW} brackets stand inside one another in it")));
    }
    let not_yaml = |error: serde_yaml::Error| Fault::Unfit(format!("it is not YAML: {error}"));
    let mut documents = Vec::new();
    for document in serde_yaml::Deserializer::from_str(text) {
        let mut value = <serde_yaml::Value as serde::Deserialize>::deserialize(document).map_err(not_yaml)?;
        value.apply_merge().map_err(not_yaml)?;
        documents.push(from_yaml(value));
    }
    match documents.len() {
        0 | 1 => Ok(documents.pop().unwrap_or(Json::Null)),
        _ => Ok(Json::Array(documents)),
    }
}

/// At most this deep: brackets in text count too.
fn flow_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        deepest = deepest.max(depth);
    }
    deepest
}

fn from_yaml(value: serde_yaml::Value) -> Json {
    use serde_yaml::Value as Yaml;
    match value {
        Yaml::Null => Json::Null,
        Yaml::Bool(b) => Json::Bool(b),
        Yaml::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(n), ..) => n.into(),
            (_, Some(n), _) => n.into(),
            // JSON has no infinity; its name in YAML is the nearest to it.
            (.., Some(f)) => serde_json::Number::from_f64(f).map_or_else(|| Json::String(n.to_string()), Json::Number),
            _ => Json::String(n.to_string()),
        },
        Yaml::String(s) => Json::String(s),
        Yaml::Sequence(list) => Json::Array(list.into_iter().map(from_yaml).collect()),
        Yaml::Mapping(map) => {
            let key = |key| match from_yaml(key) {
                Json::String(text) => text,
                other => other.to_string(),
            };
            Json::Object(map.into_iter().map(|(k, v)| (key(k), from_yaml(v))).collect::<Map<_, _>>())
        }
        Yaml::Tagged(tagged) => from_yaml(tagged.value),
    }
}

fn from_toml(value: toml::Value) -> Json {
    use toml::Value as Toml;
    match value {
        Toml::String(s) => Json::String(s),
        Toml::Integer(n) => n.into(),
        Toml::Float(f) => serde_json::Number::from_f64(f).map_or_else(|| Json::String(f.to_string()), Json::Number),
        Toml::Boolean(b) => Json::Bool(b),
        Toml::Datetime(at) => Json::String(at.to_string()),
        Toml::Array(list) => Json::Array(list.into_iter().map(from_toml).collect()),
        Toml::Table(table) => Json::Object(table.into_iter().map(|(k, v)| (k, from_toml(v))).collect()),
    }
}

/// The library's message is several lines with a drawing; this is its last line and where.
fn toml_error(text: &str, error: &toml::de::Error) -> String {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map(|before| format!(" at line {}", before.matches('\n').count() + 1));
    format!("{}{}", error.message().replace('\n', ", "), line.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(format: Format, text: &str) -> Json {
        serde_json::from_str(&format.to_json(text).unwrap()).unwrap()
    }

    fn unfit(format: Format, text: &str) -> String {
        match format.to_json(text) {
            Err(Fault::Unfit(why)) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn yaml_keeps_its_types_and_merges_and_keys_become_text() {
        let text = "base: &b {a: 1}\nx:\n  <<: *b\n  80: [yes, 1.5, ~, true]\nt: !Ref name\n";
        let want = serde_json::json!({
            "base": {"a": 1}, "x": {"80": ["yes", 1.5, null, true], "a": 1}, "t": "name",
        });
        assert_eq!(read(Format::Yaml, text), want);
    }

    #[test]
    fn several_yaml_documents_are_a_list_and_none_is_null() {
        assert_eq!(
            read(Format::Yaml, "---\nkind: A\n---\nkind: B\n"),
            serde_json::json!([{"kind": "A"}, {"kind": "B"}])
        );
        assert_eq!(read(Format::Yaml, ""), Json::Null);
    }

    #[test]
    fn what_does_not_parse_says_where() {
        assert!(unfit(Format::Yaml, "a: 1\nb: [\n").starts_with("it is not YAML: "));
        assert!(unfit(Format::Yaml, "a: 1\na: 2\n").contains("duplicate"));
        let toml = unfit(Format::Toml, "a = 1\nb = \n");
        assert!(toml.starts_with("it is not TOML: ") && toml.ends_with(" at line 2"), "{toml}");
    }

    #[test]
    fn deep_brackets_do_not_cost_minutes() {
        let deep = "{a: ".repeat(100_000);
        assert!(matches!(Format::Yaml.to_json(&deep), Err(Fault::Unsupported(_))));
        let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned()
            + &('b'..='m')
                .map(|c| format!("{c}: &{c} [{}]\n", format!("*{},", (c as u8 - 1) as char).repeat(9)))
                .collect::<String>();
        assert!(Format::Yaml.to_json(&bomb).is_err());
    }

    #[test]
    fn toml_dates_are_text() {
        let text = "[server]\nsince = 2020-01-02\nport = 8080\n";
        assert_eq!(read(Format::Toml, text), serde_json::json!({"server": {"since": "2020-01-02", "port": 8080}}));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_json_and_nothing_panics(text in "[ -~\n\t]{0,80}") {
            for format in [Format::Yaml, Format::Toml, Format::Ini] {
                if let Ok(json) = format.to_json(&text) {
                    prop_assert!(serde_json::from_str::<Json>(&json).is_ok());
                }
            }
        }
    }
}
