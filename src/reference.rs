//! What a spec can say, as text: from the same tables that the reader uses.

use crate::matcher::OPERATORS;
use crate::resource::{Hold, KINDS, KeyInfo, Kind, SettingInfo, Shape};
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
        entry(&mut page, kind.name, width, &[first.trim_end()]);
    }
    page.push_str("\n`verispec kinds KIND` shows a kind's keys, `verispec matchers` what may be\nexpected of them.\n");
    page
}

/// Everything about one kind, for a terminal.
pub fn kind(kind: &Kind) -> String {
    let mut page = format!("{}\n", kind.name);
    for line in wrapped(kind.about, COLUMNS) {
        let _ = writeln!(page, "{line}");
    }
    page.push('\n');
    for (title, verb, rows) in [("Keys", "Holds", keys(kind)), ("Settings", "Takes", settings(kind))] {
        if rows.is_empty() {
            continue;
        }
        let _ = writeln!(page, "{title}");
        let width = rows.iter().map(|r| r.name.chars().count()).max().unwrap_or(0);
        for Row { name, about, holds } in rows {
            entry(&mut page, &name, width, &[&about, &format!("{verb} {holds}.")]);
        }
        page.push('\n');
    }
    if let Some(added) = added(kind) {
        for line in wrapped(&added, COLUMNS) {
            let _ = writeln!(page, "{line}");
        }
        page.push('\n');
    }
    page.push_str("Example\n");
    for line in kind.example.trim().lines() {
        let _ = writeln!(page, "{}", format!("  {line}").trim_end());
    }
    let names: Vec<_> = COMMON.iter().map(|k| k.name).collect();
    let _ = writeln!(page, "\nEvery entry may also say {}.", names.join(", "));
    page.push_str("`verispec matchers` shows what may be expected of a key.\n");
    page
}

/// What `add` writes of the things of a kind; `None` where it writes nothing.
fn added(kind: &Kind) -> Option<String> {
    let keys = |wanted: fn(&Hold) -> bool| {
        let names = kind.pins.iter().filter(|pin| wanted(&pin.hold)).map(|pin| format!("`{}`", pin.key));
        names.collect::<Vec<_>>().join(", ")
    };
    let at_once = keys(|hold| matches!(hold, Hold::Exact | Hold::As(_) | Hold::Bound(_)));
    let digests = keys(|hold| matches!(hold, Hold::Digest));
    let samples = keys(|hold| matches!(hold, Hold::Moving | Hold::Drifting | Hold::Stayed(_)));
    let ways = [("", at_once), ("with `--hashes` ", digests), ("with `--samples` ", samples)];
    let ways: Vec<String> =
        ways.iter().filter(|(_, keys)| !keys.is_empty()).map(|(how, keys)| format!("{how}{keys}")).collect();
    match (ways.is_empty(), kind.presence) {
        (false, _) => Some(format!("`verispec add` writes {}.", ways.join("; "))),
        (true, Some(presence)) => Some(format!("`verispec add` writes whether `{}` holds.", presence.name)),
        (true, None) => None,
    }
}

/// How an expectation is written: what stands behind a key, and what that means.
const EXPECTATIONS: &[(&str, &str)] = &[
    ("`mode = \"0644\"`", "A value: it is this."),
    (
        "`size = \">= 1 MiB\"`",
        "A comparison with `<`, `<=`, `>`, `>=`, `=` or `!=`, as text, for numbers, sizes, shares, durations, versions and times.",
    ),
    (
        "`groups = [\"adm\", \"sudo\"]`",
        "A list where the key holds one: these are among its elements, and others may be.",
    ),
    (
        "`contents = [\"user www\", \"!/^#/\"]`",
        "A list where the key holds text: patterns of its lines, as for `have-patterns`.",
    ),
    ("`uid = { lt = 1000 }`", "A map with one key: a matcher."),
];

/// How a quantity is written.
const QUANTITIES: &[(&str, &str)] = &[
    ("mode", "Octal digits as text: `\"0644\"`."),
    ("size", "`\"10 GiB\"`, `\"512K\"`, or a number of bytes. K and KiB are 1024 bytes, kB is 1000."),
    ("share", "`\"5%\"`, or a size or number where the key holds one."),
    ("duration", "`\"30d\"`, `\"1h30m\"`, `\"500ms\"`: ns, us, ms, s, m, h, d (24 hours), w (7 days) or y (365 days)."),
    ("version", "`\"1.22\"`, ordered as whoever packaged it orders versions."),
    ("time", "`\"2030-01-31T12:00:00Z\"`, or `\"2030-01-31\"` for midnight in UTC."),
];

/// What may be expected of a key, for a terminal.
pub fn matchers() -> String {
    let mut page = String::new();
    let operators = OPERATORS.iter().map(|o| (format!("{} = {}", o.name, o.operand.takes()), o.about)).collect();
    let rows = |rows: &[(&str, &'static str)]| {
        rows.iter().map(|(name, about)| (name.trim_matches('`').to_owned(), *about)).collect::<Vec<_>>()
    };
    for (title, rows) in
        [("Expectations", rows(EXPECTATIONS)), ("Matchers", operators), ("Quantities", rows(QUANTITIES))]
    {
        let _ = writeln!(page, "{title}");
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, about) in &rows {
            entry(&mut page, name, width, &[about]);
        }
        page.push('\n');
    }
    page.push_str("MATCHER is a map with one of these, or a value. What could not be observed is\nunknown, whichever way round the expectation is written.\n");
    page
}

/// Columns that a page takes.
const COLUMNS: usize = 80;

/// A name, and paragraphs beside it.
fn entry(page: &mut String, name: &str, width: usize, paragraphs: &[&str]) {
    let mut name = name;
    for paragraph in paragraphs {
        for line in wrapped(paragraph, COLUMNS.saturating_sub(width + 4)) {
            let _ = writeln!(page, "  {name:width$}  {line}");
            name = "";
        }
    }
}

/// Lines of at most `columns`, broken between words.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
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
        if let Some(added) = added(kind) {
            let _ = writeln!(page, "\n{added}");
        }
    }
    let _ = writeln!(page, "\n## What every entry may say\n\n| key | what it is |\n|---|---|");
    for key in COMMON {
        let _ = writeln!(page, "| `{}` | {} |", key.name, cell(key.about));
    }
    let _ = writeln!(page, "\n## Expectations\n\n| written | meaning |\n|---|---|");
    for (written, meaning) in EXPECTATIONS {
        let _ = writeln!(page, "| {} | {} |", cell(written), cell(meaning));
    }
    let _ = writeln!(page, "\n| quantity | how it is written |\n|---|---|");
    for (quantity, written) in QUANTITIES {
        let _ = writeln!(page, "| {quantity} | {} |", cell(written));
    }
    let _ = writeln!(
        page,
        "\n## Matchers\n\nWhere a key holds anything, every matcher applies.\n\n\
         | matcher | holds when | applies to |\n|---|---|---|"
    );
    for operator in OPERATORS {
        let (name, takes) = (operator.name, operator.operand.takes());
        let _ = writeln!(page, "| `{name} = {takes}` | {} | {} |", cell(operator.about), cell(&operator.subjects()));
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
