//! What a spec can say, as text: from the same tables that the reader uses.

use crate::matcher::OPERATORS;
use crate::resource::{KINDS, KeyInfo, Kind, SettingInfo, Shape};
use crate::spec::COMMON;
use crate::syntax::Code;
use crate::value::Type;
use std::fmt::Write;

/// Every kind with its first sentence.
pub fn overview() -> String {
    let mut page = String::new();
    let width = KINDS.iter().map(|k| k.name.len()).max().unwrap_or(0);
    for kind in KINDS {
        let first = kind.about.split_inclusive(". ").next().unwrap_or_default();
        let _ = writeln!(page, "{:width$}  {}", kind.name, first.trim_end());
    }
    page.push_str("\n`verispec kinds KIND` shows a kind's keys.\n");
    page
}

/// Everything about one kind, for a terminal.
pub fn kind(kind: &Kind) -> String {
    let mut page = format!("{}\n{}\n\n", kind.name, kind.about);
    for (title, rows) in [("Keys", keys(kind)), ("Settings", settings(kind))] {
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(page, "{title}");
        let width = rows.iter().map(|r| r.name.chars().count()).max().unwrap_or(0);
        for Row { name, about, holds } in rows {
            let _ = writeln!(page, "  {name:width$}  {about}\n  {:width$}  {holds}", "");
        }
        page.push('\n');
    }
    let names: Vec<_> = COMMON.iter().map(|k| k.name).collect();
    let _ = writeln!(page, "Every entry may also say {}.\n\nExample", names.join(", "));
    for line in kind.example.trim().lines() {
        let _ = writeln!(page, "{}", format!("  {line}").trim_end());
    }
    page
}

/// The whole language as a Markdown page.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Reference\n\nGenerated from the tables that the reader uses; `verispec kinds KIND` shows the same.\n\n\
         A spec is a map: kind → entry → keys. An entry claims that the thing is there unless it says otherwise.\n",
    );
    for kind in KINDS {
        let _ = writeln!(page, "\n## {}\n\n{}\n\n```toml\n{}\n```", kind.name, kind.about, kind.example.trim());
        for (title, rows) in [("key", keys(kind)), ("setting", settings(kind))] {
            if rows.is_empty() {
                continue;
            }
            let _ = writeln!(page, "\n| {title} | what it is | what it holds |\n|---|---|---|");
            for Row { name, about, holds } in rows {
                let _ = writeln!(page, "| `{name}` | {} | {} |", cell(&about), cell(&holds));
            }
        }
    }
    let _ = writeln!(page, "\n## What every entry may say\n\n| key | what it is |\n|---|---|");
    for key in COMMON {
        let _ = writeln!(page, "| `{}` | {} |", key.name, cell(key.about));
    }
    let _ = writeln!(page, "\n## Matchers\n\n| matcher | holds when | applies to |\n|---|---|---|");
    for operator in OPERATORS {
        let _ = writeln!(page, "| `{}` | {} | {} |", operator.name, cell(operator.about), cell(&operator.subjects()));
    }
    let _ = writeln!(page, "\n## What can be wrong with a spec\n\n| code | meaning |\n|---|---|");
    for code in Code::ALL {
        let _ = writeln!(page, "| `{}` | {} |", code.word(), cell(code.about().trim()));
    }
    page
}

/// Text that may stand in a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// A key or setting as the reference shows it.
struct Row {
    name: String,
    about: String,
    holds: String,
}

fn keys(kind: &Kind) -> Vec<Row> {
    let presence = kind.presence.map(|presence| Row {
        name: presence.name.into(),
        about: format!("{} Taken as true where it is not said.", presence.about),
        holds: Type::Bool.name(),
    });
    let key = |key: KeyInfo| match (key.argument, key.input) {
        (Some(argument), _) => Row {
            name: format!("{}.{}", key.name, argument.noun.to_uppercase()),
            about: key.about.into(),
            holds: key.ty.name(),
        },
        (_, Some(input)) => Row { name: key.name.into(), about: key.about.into(), holds: input.noun.into() },
        _ => Row { name: key.name.into(), about: key.about.into(), holds: key.ty.name() },
    };
    presence.into_iter().chain((kind.keys)().into_iter().map(key)).collect()
}

fn settings(kind: &Kind) -> Vec<Row> {
    let target = kind.target.map(|(name, about)| Row {
        name: name.into(),
        about: format!("{about} The entry's own name where it is not said."),
        holds: Shape::Text.name().into(),
    });
    let setting = |s: SettingInfo| Row { name: s.name.into(), about: s.about.into(), holds: s.shape.name().into() };
    target.into_iter().chain((kind.settings)().into_iter().map(setting)).collect()
}
