//! The reader and the published JSON Schema accept and reject the same, entry by entry.

use crate::{files, is_spec, trial};
use libtest_mimic::{Failed, Trial};
use std::path::Path;
use std::sync::OnceLock;
use verispec::syntax::{Data, Diagnostic, Format, Key, Node, parse};
use verispec::value::Value;
use verispec::{schema, spec};

pub fn trials() -> Vec<Trial> {
    let folders = ["golden/resource", "golden/matcher", "golden/diagnostic", "golden/report", "golden/add", "specs"];
    let specs = folders.into_iter().flat_map(files).filter(|p| is_spec(p));
    specs.map(|path| trial(format!("schema agrees: {}", path.display()), move || agrees(&path))).collect()
}

fn validator() -> &'static jsonschema::Validator {
    static VALIDATOR: OnceLock<jsonschema::Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| jsonschema::validator_for(&schema::schema()).expect("the schema is one"))
}

fn agrees(path: &Path) -> Result<(), Failed> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(()) };
    let (tree, syntax) = parse(&text, 0, Format::of(&path.display().to_string()).unwrap_or(Format::Yaml));
    // What is no tree is nothing that a schema could be asked about.
    let (Some(tree), true) = (tree, syntax.is_empty()) else { return Ok(()) };
    let mut differ = Vec::new();
    for (name, entry) in entries(&tree) {
        let mut wrong = Vec::new();
        let json = Value::from(&entry).to_json();
        spec::lower(entry, &mut wrong);
        let refused: Vec<_> = validator().iter_errors(&json).map(|e| format!("{}: {e}", e.instance_path())).collect();
        let beyond = |one: &Diagnostic| schema::BEYOND.contains(&one.code);
        if wrong.is_empty() && !refused.is_empty() {
            differ.push(format!("{name}: the reader accepts it, the schema does not: {}", refused.join("; ")));
        }
        if refused.is_empty() && wrong.iter().any(|one| !beyond(one)) {
            let said: Vec<_> = wrong.iter().map(|one| format!("[{}] {}", one.code.word(), one.message)).collect();
            differ.push(format!("{name}: the schema accepts it, the reader does not: {}", said.join("; ")));
        }
    }
    if differ.is_empty() { Ok(()) } else { Err(differ.join("\n").into()) }
}

/// Every entry of a spec as a spec of its own.
fn entries<'s>(tree: &Node<'s>) -> Vec<(String, Node<'s>)> {
    let Some(sections) = tree.map() else { return vec![("the whole".into(), tree.clone())] };
    let mut all = Vec::new();
    let alone = |key: &Key<'s>, value: Node<'s>| Node { span: tree.span, data: Data::Map(vec![(key.clone(), value)]) };
    for (section, body) in sections {
        match body.map() {
            Some(entries) => {
                for (id, entry) in entries {
                    let name = format!("{}.{}", section.text, id.text);
                    let one = Node { span: body.span, data: Data::Map(vec![(id.clone(), entry.clone())]) };
                    all.push((name, alone(section, one)));
                }
            }
            None => all.push((section.text.to_string(), alone(section, body.clone()))),
        }
    }
    all
}
