//! Whether data is valid against a JSON Schema.

use crate::host::Host;
use crate::query;
use crate::resource::Argument;
use crate::value::Fault;
use serde_json::Value as Json;

/// Problems looked for at most: the rest follow from the first ones, or are too many to read.
const MAX_ERRORS: usize = 20;
/// Characters of one problem that are told.
const MAX_TEXT: usize = 200;

pub const INPUT: Argument = Argument { noun: "the path of a JSON Schema, or the schema itself", check: readable };

fn readable(schema: &str) -> Result<(), String> {
    match schema.trim_start().chars().next() {
        Some('/') => Ok(()),
        Some('{') => {
            let schema = serde_json::from_str(schema).map_err(|e| format!("the schema is not JSON: {e}"))?;
            compile(&schema).map(|_| ())
        }
        _ => Err(format!("`{schema}` is neither the absolute path of a schema nor one written out")),
    }
}

/// What speaks against the JSON text `document`; empty if nothing does.
pub fn problems(host: &Host, document: &str, schema: &str) -> Result<Vec<String>, Fault> {
    let (name, text) = match schema.starts_with('/') {
        true => (schema, from_file(host, schema)?),
        false => ("the schema", schema.to_owned()),
    };
    let schema = serde_json::from_str(&text).map_err(|e| Fault::Malformed(format!("{name} is not JSON: {e}")))?;
    let validator = compile(&schema).map_err(|e| Fault::Malformed(format!("{name}: {e}")))?;
    // That of two equal keys the last counts is no more than what this reader makes of them.
    query::Json::parse(document).map_err(query::fault)?;
    let document: Json = serde_json::from_str(document).map_err(|e| Fault::Unfit(format!("it is not JSON: {e}")))?;
    let told = validator.iter_errors(&document).take(MAX_ERRORS).map(|error| {
        let place = error.instance_path().as_str();
        let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
        shortened(format!("{place}{error}"))
    });
    Ok(told.collect())
}

fn from_file(host: &Host, path: &str) -> Result<String, Fault> {
    match host.whole(path) {
        Ok(Some(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Ok(None) => Err(Fault::Failed(format!("the schema {path} is not there"))),
        // It is the schema that cannot be read: that says nothing of the file.
        Err(Fault::Unfit(why)) => Err(Fault::Failed(format!("the schema {why}"))),
        Err(fault) => Err(fault),
    }
}

fn compile(schema: &Json) -> Result<jsonschema::Validator, String> {
    jsonschema::validator_for(schema).map_err(|e| format!("the schema cannot be used: {}", shortened(e.to_string())))
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    const PORT: &str = r#"{"required": ["port"], "properties": {"port": {"type": "integer", "maximum": 65535}}}"#;

    fn host() -> Host {
        let tree = format!(
            "-- /s.json\n{PORT}\n-- /bad.json\n{{\"type\": 5}}\n-- /remote.json\n{{\"$ref\": \"https://example.org/x\"}}\n-- /no denied\n"
        );
        Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH)
    }

    #[test]
    fn data_that_is_valid_passes_and_other_data_is_told_what_is_wrong_and_where() {
        assert_eq!(problems(&host(), r#"{"port": 80}"#, "/s.json"), Ok(vec![]));
        assert_eq!(problems(&host(), r#"{"port": 80}"#, PORT), Ok(vec![]));
        let wrong = problems(&host(), r#"{"port": 70000}"#, "/s.json").unwrap();
        assert!(wrong.len() == 1 && wrong[0].starts_with("/port: "), "{wrong:?}");
        assert_eq!(problems(&host(), "{}", PORT).unwrap().len(), 1);
    }

    #[test]
    fn a_schema_that_cannot_be_used_says_nothing_of_the_file() {
        assert!(matches!(problems(&host(), "{}", "/none.json"), Err(Fault::Failed(_))));
        assert!(matches!(problems(&host(), "{}", "/"), Err(Fault::Failed(_))));
        assert!(matches!(problems(&host(), "{}", "/no"), Err(Fault::Denied(_))));
        assert!(matches!(problems(&host(), "{}", "/bad.json"), Err(Fault::Malformed(_))));
        assert!(matches!(problems(&host(), "{}", "/remote.json"), Err(Fault::Malformed(_))));
    }

    #[test]
    fn data_that_is_no_json_is_observed_wrong() {
        for wrong in ["{", "", r#"{"port": 70000, "port": 80}"#] {
            assert!(matches!(problems(&host(), wrong, PORT), Err(Fault::Unfit(_))), "{wrong}");
        }
    }

    #[test]
    fn a_schema_written_out_is_checked_before_anything_runs() {
        assert!(readable(PORT).is_ok() && readable("/etc/s.json").is_ok());
        for wrong in ["s.json", "", "{", r#"{"type": 5}"#] {
            assert!(readable(wrong).is_err(), "{wrong}");
        }
    }
}
