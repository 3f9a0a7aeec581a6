//! `verispec accept`: what was found, into the expectations that failed.

mod file;
mod select;
mod show;

use super::reasons::Reasons;
use super::validate::{duration, named};
use super::{NOT_OK, OK, Paint, USAGE, print, refuse, say};
use crate::gather;
use crate::host::Host;
use crate::load::book::Unopened;
use crate::load::{Rejected, Spec, load};
use crate::report::printable::{line, some_of};
use crate::resource::Observed;
use crate::secret::mask;
use crate::spec::Claim;
use crate::syntax::Sources;
use crate::verdict::{Outcome, judge, skipped};
use file::{Failing, Moved, open};
use select::Chosen;
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  verispec accept                                 all that failed in the verispec.toml of this directory
  verispec accept web.toml file//etc/passwd/mode  this key of this entry
  verispec accept web.toml service/nginx          all that failed of an entry
  verispec accept web.toml '*/version' --yes      the versions of all packages, without asking
  verispec accept web.toml -n                     only shows what would change

Each expectation keeps its shape: a value becomes what was found, a bound moves just far enough in its own unit, one-of
gains a value, a list loses what is not there any more, and what is gone is expected to be. What cannot be told from what
was found (patterns, `not`, checks, secrets), what could not be observed and what an alias brought are left, with the reason.

Exit status: 0 all that was asked for is accepted, or nothing had failed; 1 something is left, or nothing was written;
64 wrong usage; 78 the spec is wrong, nothing was run.";

/// Expectations that one line names at most.
const NAMED: usize = 10;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The spec, in TOML, YAML or JSON, and kind/name or kind/name/key of what to accept, in which * stands for anything
    /// [default: verispec.toml, .yaml, .yml or .json, and all that failed]
    #[arg(value_name = "SPEC|KIND/ID/KEY", value_hint = clap::ValueHint::FilePath)]
    what: Vec<String>,
    /// Writes without asking
    #[arg(long, short)]
    yes: bool,
    /// Shows what would change, and writes nothing
    #[arg(long, short = 'n', conflicts_with = "yes")]
    dry_run: bool,
    /// How long one probe may take where its entry does not say
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    timeout: Duration,
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let (spec, words) = select::split(&args.what);
    let name = match spec {
        Some("-") => {
            say("a spec on standard input cannot be written to: name a file");
            return Ok(USAGE);
        }
        Some(spec) => spec.to_owned(),
        None => match named(&[]) {
            Ok(names) => names.concat(),
            Err(status) => return Ok(status),
        },
    };
    let Spec { sources, claims } = match load(std::slice::from_ref(&name)) {
        Ok(spec) => spec,
        Err(rejected) => return Ok(refuse(&rejected, "; nothing was run", paint)),
    };
    let chosen = match Chosen::among(words, &claims, &name) {
        Ok(chosen) => chosen,
        Err(why) => {
            say(mask(&line(&why)));
            return Ok(USAGE);
        }
    };
    let host = Host::local();
    let mut claims = claims;
    if let Ok(secrets) = host.secrets()
        && !secrets.is_empty()
    {
        // Commands inherit the environment, and may print it.
        claims.iter_mut().for_each(|claim| claim.secrets.get_or_insert_default().extend(secrets));
    }
    let claims = Arc::new(claims);
    let seen = look(&claims, &host, &chosen, args.timeout);
    let mut failing = failing(&claims, &seen, &chosen);
    if failing.is_empty() {
        say("nothing of it has failed: there is nothing to accept");
        unseen(&claims, &seen, &chosen);
        return Ok(OK);
    }
    let done = accept(args, paint, &sources, &mut failing);
    // Threads may still hang in the kernel, and hold claims: the process ends as it is.
    drop(failing);
    std::mem::forget(claims);
    done
}

/// Looks at every entry that has something to be accepted.
fn look(claims: &Arc<Vec<Claim>>, host: &Host, chosen: &Chosen, timeout: Duration) -> Vec<Option<Observed>> {
    let wanted = |claim: &Claim| claim.skip().is_none() && chosen.has_any_of(claim);
    gather::all(claims, wanted, host, timeout)
}

/// What failed or is unknown, in spec order.
fn failing<'c>(claims: &'c [Claim], seen: &'c [Option<Observed>], chosen: &Chosen) -> Vec<Failing<'c>> {
    let mut failing = vec![];
    let mut entries: HashMap<u32, usize> = HashMap::new();
    for (claim, seen) in claims.iter().zip(seen) {
        let count = entries.entry(claim.span.file).or_default();
        let entry = *count;
        *count += 1;
        let Some(seen) = seen else { continue };
        for (index, verdict) in judge(claim, seen.clone()).into_iter().enumerate() {
            if !verdict.outcome.ok() && chosen.has(claim, &verdict.key) {
                failing.push(Failing { verdict, index, entry, seen, left: None });
            }
        }
    }
    failing
}

/// Says what was named and not looked at.
fn unseen(claims: &[Claim], seen: &[Option<Observed>], chosen: &Chosen) {
    if !chosen.is_named() {
        return;
    }
    for (claim, seen) in claims.iter().zip(seen).filter(|(claim, _)| chosen.has_any_of(claim)) {
        let verdicts = seen.as_ref().map_or_else(|| skipped(claim), |seen| judge(claim, seen.clone()));
        for verdict in verdicts.iter().filter(|verdict| chosen.has(claim, &verdict.key)) {
            if let Outcome::Skip(why) = &verdict.outcome {
                let name = format!("{}/{}", claim.address(), verdict.key);
                say(format_args!("{} was not looked at: {}", line(&name), line(why)));
            }
        }
    }
}

fn accept(args: &Args, paint: Paint, sources: &Sources, failing: &mut [Failing]) -> io::Result<u8> {
    let mut files = match open_all(sources, failing) {
        Ok(files) => files,
        Err(rejected) => return Ok(refuse(&rejected, "; nothing was written", paint)),
    };
    for moved in &mut files {
        let here = |one: &&mut Failing| one.left.is_none() && moved.files.contains(&one.file());
        let mut here: Vec<_> = failing.iter_mut().filter(here).collect();
        moved.take(&mut here);
    }
    files.retain(|moved| moved.book.text != moved.book.old);
    let colour = paint.on(&io::stdout());
    let shown: String =
        files.iter().map(|moved| show::diff(&moved.book.name, &moved.old, &moved.new, colour)).collect();
    print(&shown)?;
    let written = match files.is_empty() {
        true => false,
        false => agreed(args, files.len())? && write(&mut files, failing),
    };
    told(sources, &files, failing);
    let all = failing.iter().all(|one| one.left.is_none());
    Ok(if all && (written || args.dry_run) { OK } else { NOT_OK })
}

/// The files that something is to change in, each once. What stands in one that cannot be written to is left.
fn open_all(sources: &Sources, failing: &mut [Failing]) -> Result<Vec<Moved>, Box<Rejected>> {
    let mut files: Vec<Moved> = vec![];
    let mut closed: HashMap<u32, String> = HashMap::new();
    for one in failing {
        if let Outcome::Unknown(fault) = &one.verdict.outcome {
            one.left = Some(format!("it could not be observed: {fault}"));
            continue;
        }
        let file = one.file();
        let known = files.iter().any(|moved| moved.files.contains(&file)) || closed.contains_key(&file);
        if let (false, Some(source)) = (known, sources.files.get(file as usize)) {
            match open(source, file) {
                Ok(moved) => match files.iter_mut().find(|other| other.book.is_same(&moved.book)) {
                    Some(same) => same.files.push(file),
                    None => files.push(moved),
                },
                Err(Unopened::Because(why)) => _ = closed.insert(file, why),
                Err(Unopened::Rejected(rejected)) => return Err(rejected),
            }
        }
        one.left = closed.get(&file).cloned();
    }
    Ok(files)
}

/// Whether to write. Where nobody can be asked, not without `--yes`.
fn agreed(args: &Args, files: usize) -> io::Result<bool> {
    if args.yes || args.dry_run {
        return Ok(args.yes);
    }
    if !io::stdin().is_terminal() {
        say("nothing was written: pass `--yes` to write this");
        return Ok(false);
    }
    let what = if files == 1 { "this" } else { "these files" };
    let mut asking = io::stderr();
    let _ = write!(asking, "write {what}? [y/N] ").and_then(|()| asking.flush());
    let mut answer = String::new();
    // A terminal that is gone has not agreed.
    let read = io::stdin().read_line(&mut answer);
    let yes = read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if !yes {
        say("nothing was written");
    }
    Ok(yes)
}

/// Writes every file and says what it then accepts; whether all could be written.
fn write(files: &mut [Moved], failing: &[Failing]) -> bool {
    let mut all = true;
    for moved in files {
        if let Err(why) = moved.book.write() {
            say(line(&why));
            all = false;
            continue;
        }
        moved.written();
        let here = failing.iter().filter(|one| one.left.is_none() && moved.files.contains(&one.file()));
        let mut names: Vec<String> = here.map(Failing::name).collect();
        // A file that is included twice accepts once.
        names.dedup();
        say(format_args!("`{}` accepts {}", line(&moved.book.name), some_of(&names, NAMED)));
    }
    all
}

/// What is left and why, each reason once.
fn told(sources: &Sources, files: &[Moved], failing: &[Failing]) {
    let mut reasons = Reasons::default();
    for one in failing {
        if let Some(why) = &one.left {
            reasons.add(why.clone(), format!("{}{}", one.name(), place(sources, files, one)));
        }
    }
    for (why, names) in reasons.each() {
        let are = if names.len() == 1 { "is left as it is" } else { "are left as they are" };
        say(format_args!("{} {are}: {}", some_of(&names, NAMED), line(&mask(&why))));
    }
}

/// Where an expectation stands, in what was written if that is: ` (web.toml:12)`.
fn place(sources: &Sources, files: &[Moved], one: &Failing) -> String {
    let Some(source) = sources.files.get(one.file() as usize) else { return String::new() };
    let here = files.iter().find(|moved| moved.files.contains(&one.file()));
    let at = match here.and_then(|moved| moved.after.as_ref()) {
        Some(after) => file::line_in(after, one),
        None => Some(file::line(&source.text, one.verdict.expectation.span)),
    };
    let at = at.map_or(String::new(), |at| format!(":{at}"));
    format!(" ({}{at})", line(&source.name))
}
