//! goss's help: a page for the program and one for each command, from the tables that parsing reads.

use super::commands::{Command, Flag, Shape};
use crate::report::goss::FORMATS;
use std::fmt::Write;

/// The page of the last command of `path`.
pub fn help(path: &[&'static Command]) -> String {
    let Some(command) = path.last() else { return String::new() };
    let whole = path.iter().map(|one| one.name()).collect::<Vec<_>>().join(" ");
    let mut page = format!("{whole}: {}\n\nUsage:\n  {whole}", command.about);
    let more = if command.commands.is_empty() { command.takes } else { "COMMAND" };
    let _ = writeln!(page, " [flags]{}{more}", if more.is_empty() { "" } else { " " });
    if !command.commands.is_empty() {
        let rows = command.commands.iter().map(|one| (one.names.join(", "), one.about.to_owned()));
        let help = (path.len() == 1).then(|| ("help, h".to_owned(), "This page, or that of a command".to_owned()));
        table(&mut page, "Commands", rows.chain(help).collect());
    }
    table(&mut page, "Flags", command.flags.iter().map(row).chain([last(path.len() == 1)]).collect());
    let above: Vec<_> = path.iter().rev().skip(1).flat_map(|one| one.flags.iter().map(row)).collect();
    table(&mut page, "Flags of every command", above);
    if command.flags.iter().any(|flag| flag.is("format")) {
        table(&mut page, "Formats", FORMATS.iter().map(|f| (f.name.to_owned(), f.about.to_owned())).collect());
    }
    if path.len() == 1 {
        page.push_str(
            "\nThis is verispec, which reads goss's files and speaks goss 0.4.10's command line.\n\
             Exit status: 0 nothing failed; 1 something failed or the command line is wrong; 2 with -f nagios\n\
             something failed; 3 retrying did not help; 78 the goss file is wrong or has no tests.\n",
        );
    }
    page
}

fn last(root: bool) -> (String, String) {
    match root {
        true => ("-h, --help; -v, --version".into(), "This page; the version of goss whose files are read".into()),
        false => ("-h, --help".into(), "This page".into()),
    }
}

fn row(flag: &Flag) -> (String, String) {
    let short = flag.names.iter().filter(|name| name.len() == 1).map(|name| format!("-{name}"));
    let long = flag.names.iter().filter(|name| name.len() > 1).map(|name| format!("--{name}"));
    let names: Vec<_> = short.chain(long).collect();
    let takes = match flag.shape {
        Shape::Text | Shape::Texts => " TEXT",
        Shape::List => " LIST",
        Shape::Int => " N",
        Shape::Wait => " TIME",
        Shape::Bool => "",
    };
    let mut about = flag.about.to_owned();
    if !matches!(flag.default, "" | "false") {
        let _ = write!(about, " [default: {}]", flag.default);
    }
    if !flag.variable.is_empty() {
        let _ = write!(about, " [${}]", flag.variable);
    }
    (names.join(", ") + takes, about)
}

fn table(page: &mut String, heading: &str, rows: Vec<(String, String)>) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(page, "\n{heading}:");
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, about) in rows {
        let _ = writeln!(page, "  {name:width$}  {about}");
    }
}
