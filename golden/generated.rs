//! Files that are generated from the tables: they are checked in, and drift fails.

use crate::{Bless, expect, trial};
use clap::CommandFactory;
use libtest_mimic::Trial;
use std::path::Path;
use verispec::{cli, compare, coverage, reference, report, schema};

pub fn trials(bless: Bless) -> Vec<Trial> {
    let file = |path: &'static str, make: fn() -> String| trial(path, move || expect(Path::new(path), &make(), bless));
    vec![
        file("schema/verispec.schema.json", schema::text),
        file("schema/report.schema.json", || pretty(&report::json::schema())),
        file("schema/events.schema.json", || pretty(&report::jsonl::schema())),
        file("schema/diff.schema.json", || pretty(&compare::json::schema())),
        file("schema/coverage.schema.json", || pretty(&coverage::json::schema())),
        file("schema/reference.md", reference::markdown),
        file("golden/help/command-line.txt", help),
    ]
}

fn pretty(json: &serde_json::Value) -> String {
    serde_json::to_string_pretty(json).unwrap() + "\n"
}

/// The help of every command on one page.
fn help() -> String {
    let mut whole = cli::Cli::command().term_width(100);
    whole.build();
    let mut page = format!("{}\n", whole.render_long_help());
    let names: Vec<_> = whole.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    for name in names {
        let sub = whole.find_subcommand_mut(&name).unwrap();
        page += &format!("\n=== verispec {name}\n\n{}\n", sub.clone().term_width(100).render_long_help());
    }
    page
}
