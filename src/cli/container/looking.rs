//! What is looked at in a container, whichever, and how: specs are read here and judged there.

use crate::cli::chosen::Chosen;
use crate::cli::validate::{duration, formats, named};
use crate::cli::{BAD_SPEC, NOT_OK, Paint, USAGE, refuse, say};
use crate::container::{Errand, LOG, Luggage, relative};
use crate::host::program::Program;
use crate::load::{self, load_with_texts};
use crate::plan::{Selection, select};
use crate::report;
use crate::report::printable::line as shown;
use crate::run::Rounds;
use crate::secret::mask;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How long is waited for a spec that is to come to pass, as dgoss does.
const WAIT: Duration = Duration::from_secs(30);
/// What standard input is called in messages is the name of its text inside.
const STDIN: &str = "<standard input>";

/// How to look, in any container. What `verispec validate` has too means the same.
#[derive(Debug, clap::Args)]
pub(super) struct Looking {
    /// A spec that has to pass before the others are looked at (again for more)
    #[arg(long, value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    wait: Vec<String>,
    /// How long that may take [default: 30s]; without --wait, how long to look again at the specs themselves [default: 0]
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    retry_timeout: Option<Duration>,
    /// How long to wait before looking again
    #[arg(short, long, value_name = "TIME", default_value = "1s", value_parser = duration)]
    sleep: Duration,
    /// The program that runs inside: a static build of this version [default: this one]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    program: Option<String>,
    /// How long the run inside may take
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    within: Duration,
    /// How to report
    #[arg(short, long, value_name = "FORMAT", default_value = report::DEFAULT, value_parser = formats(), hide_possible_values = false)]
    format: String,
    /// Shows what passed too, where the format leaves it out
    #[arg(long)]
    verbose: bool,
    /// Specs are goss files, one to look at and one to wait for [default: goss.yaml]
    #[arg(long, conflicts_with_all = ["tag", "kind", "only", "verbose"])]
    goss: bool,
    /// A file with variables for templates of goss files (again for more)
    #[arg(long, value_name = "FILE", requires = "goss", value_hint = clap::ValueHint::FilePath)]
    vars: Vec<String>,
    /// Such variables; they go before those of files
    #[arg(long, value_name = "TEXT", requires = "goss")]
    vars_inline: Option<String>,
    #[command(flatten)]
    chosen: Chosen,
}

/// Files by name, as they are written.
type Texts = Vec<(String, String)>;

impl Looking {
    /// Reads what is to be looked at; of what is wrong with it, says so.
    pub(super) fn errand(self, specs: &[String], user: Option<String>, paint: Paint) -> Result<Errand, u8> {
        let here = here();
        let from_here = |paths: &[String]| paths.iter().map(|path| relative(path, &here)).collect::<Vec<_>>();
        let specs = match self.goss && specs.is_empty() {
            true => vec!["goss.yaml".to_owned()],
            false => from_here(&named(specs)?),
        };
        let (wait, vars) = (from_here(&self.wait), from_here(&self.vars));
        if wait.iter().any(|name| name == "-") && specs.iter().any(|name| name == "-") {
            return Err(wrong("standard input is named twice and can be read once"));
        }
        if self.goss && [&specs, &wait].into_iter().flatten().any(|name| name == "-") {
            return Err(wrong("goss files are taken along by their names: standard input has none"));
        }
        let texts = match self.goss {
            true => self.goss_files(&specs, &wait, &vars, paint)?,
            false => self.strict(&specs, &wait, paint)?,
        };
        let log = texts.iter().any(|(_, text)| text.contains(LOG));
        let luggage = Luggage::pack(texts).map_err(|why| {
            say(shown(&why));
            BAD_SPEC
        })?;
        let chosen = self.program.is_some();
        let program = self.program.as_deref().map_or_else(Program::own, Program::at).map_err(|why| {
            say(shown(&why));
            NOT_OK
        })?;
        let timeout = self.retry_timeout.unwrap_or(if wait.is_empty() { Duration::ZERO } else { WAIT });
        let colour = paint.on(&io::stdout());
        Ok(Errand {
            program,
            chosen,
            luggage,
            look: self.command(&specs, &vars, true, &self.format, colour),
            settle: match wait.is_empty() {
                true => self.command(&specs, &vars, true, "silent", false),
                false => self.command(&wait, &vars, false, "silent", false),
            },
            wait: (!wait.is_empty()).then(|| self.command(&wait, &vars, false, report::DEFAULT, false)),
            rounds: Rounds { timeout, sleep: self.sleep },
            log,
            user,
            within: self.within,
        })
    }

    fn strict(&self, specs: &[String], wait: &[String], paint: Paint) -> Result<Texts, u8> {
        let selection = self.chosen.selection();
        let mut texts = vec![];
        for (paths, selection) in [(specs, &selection), (wait, &Selection::default())] {
            if paths.is_empty() {
                continue;
            }
            let (spec, written) = load_with_texts(paths).map_err(|rejected| refuse(&rejected, UNTOUCHED, paint))?;
            select(spec.claims, selection).map_err(|why| wrong(&mask(&why)))?;
            let names = spec.sources.files.into_iter().map(|file| file.name);
            texts.extend(names.zip(written).map(|(name, (text, _))| (name, text)));
        }
        Ok(texts)
    }

    fn goss_files(&self, specs: &[String], wait: &[String], vars: &[String], paint: Paint) -> Result<Texts, u8> {
        let mut texts = vec![];
        for files in [specs, wait] {
            let [file] = files else {
                if files.is_empty() {
                    continue;
                }
                return Err(wrong("goss reads one file: let it include the others"));
            };
            let request = load::goss::Request {
                gossfile: file.clone(),
                vars: vars.to_vec(),
                vars_inline: self.vars_inline.clone(),
            };
            texts.extend(load::goss::written(&request).map_err(|rejected| refuse(&rejected, UNTOUCHED, paint))?);
        }
        Ok(texts)
    }

    /// The arguments of a run inside over `specs`; of those that are looked at, by what is `selected`.
    fn command(&self, specs: &[String], vars: &[String], selected: bool, format: &str, colour: bool) -> Vec<String> {
        let flag = |name: &str, value: &str| format!("--{name}={value}");
        let each = |name: &str, values: &[String]| values.iter().map(|value| flag(name, value)).collect::<Vec<_>>();
        let named = |name: &String| if name == "-" { STDIN.to_owned() } else { name.clone() };
        let most = self.chosen.max_concurrent.map(|most| flag("max-concurrent", &most.to_string()));
        let format = flag("format", format);
        let mut args = vec![];
        if self.goss {
            args.extend(["--profile=goss".to_owned()]);
            args.extend(specs.iter().map(|name| flag("gossfile", &named(name))));
            args.extend(each("vars", vars));
            args.extend(self.vars_inline.as_ref().map(|text| flag("vars-inline", text)));
            args.extend(["validate".into(), format]);
            args.push(if colour { "--color" } else { "--no-color" }.to_owned());
            args.extend(most);
            return args;
        }
        args.extend([flag("color", if colour { "always" } else { "never" }), "validate".into(), format]);
        args.push(flag("timeout", &format!("{}ms", self.chosen.timeout.as_millis())));
        args.extend(most);
        if selected {
            args.extend(self.verbose.then(|| "--verbose".to_owned()));
            args.extend(
                [each("tag", &self.chosen.tag), each("kind", &self.chosen.kind), each("only", &self.chosen.only)]
                    .concat(),
            );
        }
        args.push("--".into());
        args.extend(specs.iter().map(named));
        args
    }
}

/// What it means for the run that a spec is wrong.
const UNTOUCHED: &str = "; no container was touched";

pub(super) fn here() -> PathBuf {
    // Without one, only absolute paths lead anywhere, and they are taken from the root.
    std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"))
}

pub(super) fn wrong(why: &str) -> u8 {
    say(shown(why));
    USAGE
}
