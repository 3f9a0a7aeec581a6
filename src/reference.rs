//! What a spec can say, as text: from the same tables that the reader uses.

use crate::resource::{KINDS, Kind};
use crate::spec::COMMON;
use std::fmt::Write;

/// Every kind with its sentence.
pub fn overview() -> String {
    let mut page = String::new();
    let width = KINDS.iter().map(|k| k.name.len()).max().unwrap_or(0);
    for kind in KINDS {
        let _ = writeln!(page, "{:width$}  {}", kind.name, kind.about);
    }
    page.push_str("\n`verispec kinds KIND` shows a kind's keys.\n");
    page
}

/// Everything about one kind.
pub fn kind(kind: &Kind) -> String {
    let mut page = format!("{}\n{}\n\n", kind.name, kind.about);
    let mut rows: Vec<(String, String, String)> = Vec::new();
    if let Some(presence) = kind.presence {
        rows.push((
            presence.name.into(),
            "true or false".into(),
            format!("{} Taken as true where it is not said.", presence.about),
        ));
    }
    for key in (kind.keys)() {
        let (name, ty) = match (key.argument, key.input) {
            (Some(argument), _) => (format!("{}.{}", key.name, argument.noun.to_uppercase()), key.ty.name()),
            (_, Some(input)) => (key.name.to_owned(), input.noun.to_owned()),
            _ => (key.name.to_owned(), key.ty.name()),
        };
        rows.push((name, ty, key.about.into()));
    }
    table(&mut page, "Keys", &rows);
    let mut rows: Vec<(String, String, String)> = Vec::new();
    if let Some((name, about)) = kind.target {
        rows.push((name.into(), "text".into(), format!("{about} The entry's own name where it is not said.")));
    }
    for setting in (kind.settings)() {
        rows.push((setting.name.into(), setting.shape.name().into(), setting.about.into()));
    }
    table(&mut page, "Settings", &rows);
    let names: Vec<_> = COMMON.iter().map(|k| k.name).collect();
    let _ = writeln!(page, "Every entry may also say {}.\n", names.join(", "));
    let _ = writeln!(page, "Example");
    for line in kind.example.trim().lines() {
        let _ = writeln!(page, "{}", if line.is_empty() { String::new() } else { format!("  {line}") });
    }
    page
}

fn table(page: &mut String, title: &str, rows: &[(String, String, String)]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "{title}");
    let width = rows.iter().map(|r| r.0.len()).max().unwrap_or(0);
    for (name, ty, about) in rows {
        let _ = writeln!(page, "  {name:width$}  {about}\n  {:width$}  {ty}", "");
    }
    page.push('\n');
}
