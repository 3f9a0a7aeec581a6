//! `verispec migrate`: a goss file as a strict spec.

use super::{BAD_SPEC, NOT_OK, OK, Paint, USAGE, print, refuse, say};
use crate::goss::migrate::{self, Migrated, Remark};
use crate::load::goss::{Loaded, Request, load};
use crate::load::gossfile::template_in;
use crate::load::load_text;
use crate::load::replace::{create, failed};
use crate::syntax::{Format, Span};
use clap::ValueEnum;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

const EXAMPLES: &str = "Examples:
  verispec migrate goss.yaml                              to standard output, as TOML
  verispec migrate goss.yaml -o host.toml                 to a file
  verispec migrate goss.yaml --vars prod.yaml -o prod.yaml   as its templates render with these variables

All that goss.yaml includes is written into one spec: in goss the entry of a later file replaces that of an earlier one, and
between strict specs both would run. What reads otherwise or could not be carried over is said on standard error, and in
the spec as a comment.

Exit status: 0 every expectation is in the spec; 1 not all of them; 64 wrong usage; 78 nothing was written.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// A goss file, `-` for standard input
    #[arg(value_name = "GOSSFILE", value_hint = clap::ValueHint::FilePath)]
    gossfile: String,
    /// Where to write the spec, a file that is not there yet [default: standard output]
    #[arg(short, long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    output: Option<String>,
    /// The language to write [default: by the ending of --output, else toml]
    #[arg(long, value_name = "LANGUAGE")]
    to: Option<Language>,
    /// Variables for its templates, YAML or JSON (again for more): what they render to now is written
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    vars: Vec<String>,
    /// Variables as text; they go before those of files
    #[arg(long, value_name = "TEXT")]
    vars_inline: Option<String>,
    /// Writes what its templates render to now, without variables
    #[arg(long)]
    render: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Language {
    Toml,
    Yaml,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let Some(language) = language(args) else {
        say("the ending of --output says no language: write .toml or .yaml, or `--to`");
        return Ok(USAGE);
    };
    if let Some(output) = args.output.as_deref().filter(|output| Path::new(output).symlink_metadata().is_ok()) {
        say(format_args!("`{output}` is there already, and is left as it is"));
        return Ok(USAGE);
    }
    let freezes = args.render || !args.vars.is_empty() || args.vars_inline.is_some();
    if !freezes && let Some(line) = template_in(&args.gossfile) {
        return Ok(frozen(&args.gossfile, Some(line)));
    }
    let request =
        Request { gossfile: args.gossfile.clone(), vars: args.vars.clone(), vars_inline: args.vars_inline.clone() };
    let loaded = match load(&request, &mut |_| {}) {
        Ok(loaded) => loaded,
        Err(rejected) => return Ok(refuse(&rejected, "; nothing was written", paint)),
    };
    if let (false, Some(name)) = (freezes, loaded.templates.first()) {
        return Ok(frozen(name, None));
    }
    written(args, language, &loaded)
}

fn language(args: &Args) -> Option<Language> {
    if let Some(language) = args.to {
        return Some(language);
    }
    match args.output.as_deref().map(Format::of) {
        None | Some(Some(Format::Toml)) => Some(Language::Toml),
        Some(Some(Format::Yaml)) => Some(Language::Yaml),
        Some(_) => None,
    }
}

fn frozen(name: &str, line: Option<usize>) -> u8 {
    let line = line.map(|line| format!(" on line {line}")).unwrap_or_default();
    say(format_args!(
        "`{name}` has a template{line}, which a strict spec cannot have; nothing was written.\n  \
         --vars FILE, --vars-inline TEXT or --render write down what it renders to on this host, now\n  \
         `verispec --profile goss -g {name} validate` goes on reading it as it is"
    ));
    BAD_SPEC
}

fn written(args: &Args, language: Language, loaded: &Loaded) -> io::Result<u8> {
    let source = |span: Span| {
        let text = &loaded.sources.files.get(span.file as usize)?.text;
        text.get(span.start as usize..span.end as usize)
    };
    let mut config = loaded.config.clone();
    migrate::make_whole(&mut config);
    let migrated = migrate::migrate(&config, &source);
    loaded.warnings.iter().for_each(say);
    if migrated.entries.iter().all(|entry| entry.lost.is_some()) {
        told(&migrated);
        let none = if migrated.entries.is_empty() { "no entries" } else { "no entry that a strict spec can have" };
        say(format_args!("`{}` has {none}; nothing was written", args.gossfile));
        return Ok(BAD_SPEC);
    }
    let head = head(args, loaded, &migrated);
    let (text, format) = match language {
        Language::Toml => (migrate::toml(&migrated, &head), Format::Toml),
        Language::Yaml => (migrate::yaml(&migrated, &head), Format::Yaml),
    };
    if let Err(rejected) = load_text("migrated spec", text.clone(), format) {
        say("a bug: what was written is refused");
        return Ok(refuse(&rejected, "; nothing was written", Paint { choice: super::Colour::Never }));
    }
    told(&migrated);
    match &args.output {
        None => _ = print(&text)?,
        Some(output) => {
            if let Err(why) = create(Path::new(output), &text).map_err(|e| failed(output, &e)) {
                say(why);
                return Ok(NOT_OK);
            }
        }
    }
    Ok(if migrated.is_whole() { OK } else { NOT_OK })
}

/// What stands above the spec.
fn head(args: &Args, loaded: &Loaded, migrated: &Migrated) -> Vec<String> {
    let name = if args.gossfile == "-" { "a goss file" } else { &args.gossfile };
    let frozen = match loaded.templates.is_empty() {
        true => "",
        false => ", as its templates rendered then",
    };
    let first = format!("From {name} by verispec migrate{frozen}.");
    [first].into_iter().chain(migrated.notes.iter().map(|note| format!("{note}."))).collect()
}

/// Entries that one line of what is told names at most.
const NAMED: usize = 3;

/// What reads otherwise or is lost, each once, with the entries that it is about.
fn told(migrated: &Migrated) {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in &migrated.entries {
        let name = format!("{} {}", entry.kind, entry.name);
        let remarks = entry.remarks.iter().filter_map(|remark| match remark {
            Remark::Changed(what) => Some(what.clone()),
            Remark::Lost(what) => Some(format!("not carried over: {what}")),
            Remark::Plain(_) => None,
        });
        let lost = entry.lost.iter().map(|why| format!("the whole entry is not carried over: {why}"));
        for what in remarks.chain(lost) {
            all.entry(what).or_default().push(name.clone());
        }
    }
    for (what, names) in all {
        let more = match names.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let names: Vec<&str> = names.iter().take(NAMED).map(String::as_str).collect();
        say(format_args!("{}{more}: {what}", names.join(", ")));
    }
    migrated.notes.iter().for_each(say);
}
