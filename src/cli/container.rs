//! `verispec container`: the run is inside a container, the specs and the report are here.

use super::{NOT_OK, OK, Paint, say};
use crate::container::{self, Asked, Errand, FOLDER, Voices};
use crate::host::engine::Engine;
use crate::host::{Host, guest};
use crate::report::printable::line as shown;
use clap::Subcommand;
use looking::{Looking, here, wrong};
use std::io;

mod looking;

const RUN: &str = "Examples:
  verispec container run web:1 -- web.toml               what the image runs by itself
  verispec container run web:1 nginx -g 'daemon off;' -- web.toml roles/*.toml
  verispec container run --wait up.toml -e MODE=test web:1 -- web.toml
  verispec container run --idle tools:1 -- tools.toml    nothing of the image runs

What the container writes is the file /.verispec/container.log for specs.";

const EXEC: &str = "Examples:
  verispec container exec web host.toml
  verispec container exec --user root --format json web host.toml > web.json

What the container writes is the file /.verispec/container.log for specs.
Nothing of verispec stays in it.";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts a container of an image, looks from inside, and takes it away
    Run(Box<Run>),
    /// Looks from inside a container that runs
    Exec(Box<Exec>),
    /// Does nothing until it is killed: what a container runs that is to be looked at only
    #[command(hide = true)]
    Idle,
    /// Ends the other runs of this program
    #[command(hide = true)]
    End,
    #[command(hide = true, about = guest::MARK)]
    Leave,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = RUN,
    override_usage = "verispec container run [OPTIONS] IMAGE [COMMAND]... [-- SPEC...]",
    next_help_heading = "Options of `docker run`"
)]
struct Run {
    /// The image, what to run in it instead of its own command, and behind `--` specs [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "IMAGE", help_heading = "Arguments", required = true, trailing_var_arg = true, allow_hyphen_values = true, num_args = 1..)]
    rest: Vec<String>,
    /// A variable of its environment; with its name alone, the value that it has here (again for more)
    #[arg(short, long, value_name = "NAME[=VALUE]")]
    env: Vec<String>,
    /// A file of such lines (again for more)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    env_file: Vec<String>,
    /// A directory of the daemon's host, or a volume, that it sees (again for more)
    #[arg(short, long, value_name = "[SOURCE:]PATH[:OPTIONS]")]
    volume: Vec<String>,
    /// A port of it that is reached from outside (again for more)
    #[arg(short, long, value_name = "[[ADDRESS:]PORT:]PORT")]
    publish: Vec<String>,
    /// The network it is in: `none`, `host`, `bridge`, `container:NAME` or one that was made
    #[arg(long, visible_alias = "net", value_name = "NETWORK")]
    network: Option<String>,
    /// As whom it runs
    #[arg(short, long, value_name = "USER[:GROUP]")]
    user: Option<String>,
    /// The working directory of its command
    #[arg(short, long, value_name = "PATH")]
    workdir: Option<String>,
    /// What its command is given to, instead of the image's
    #[arg(long, value_name = "PROGRAM")]
    entrypoint: Option<String>,
    /// A capability that it has more (again for more)
    #[arg(long, value_name = "CAPABILITY")]
    cap_add: Vec<String>,
    /// A capability that it has not (again for more)
    #[arg(long, value_name = "CAPABILITY")]
    cap_drop: Vec<String>,
    /// Gives it all that root of the daemon's host has
    #[arg(long)]
    privileged: bool,
    /// A directory in memory (again for more)
    #[arg(long, value_name = "PATH[:OPTIONS]")]
    tmpfs: Vec<String>,
    /// Its root may not be written to
    #[arg(long)]
    read_only: bool,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    hostname: Option<String>,
    /// A line of its hosts file (again for more)
    #[arg(long, value_name = "NAME:ADDRESS")]
    add_host: Vec<String>,
    /// A process of the daemon's is the first, and reaps the others
    #[arg(long)]
    init: bool,
    /// Runs nothing of the image: the container only waits
    #[arg(long, conflicts_with = "entrypoint", help_heading = "Options")]
    idle: bool,
    /// As whom the run inside is [default: as whom the container runs]
    #[arg(long = "as", value_name = "USER", help_heading = "Options")]
    as_user: Option<String>,
    #[command(flatten, next_help_heading = "Options")]
    looking: Looking,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EXEC)]
struct Exec {
    /// The container, by its name or number
    #[arg(value_name = "NAME")]
    container: String,
    /// Specs in TOML, YAML or JSON, `-` for standard input [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    specs: Vec<String>,
    /// As whom the run inside is [default: as whom the container runs]
    #[arg(short = 'u', long = "user", visible_alias = "as", value_name = "USER")]
    as_user: Option<String>,
    #[command(flatten)]
    looking: Looking,
}

pub(super) fn run(args: Args, paint: Paint) -> io::Result<u8> {
    match args.command {
        Command::Run(args) => in_image(*args, paint),
        Command::Exec(args) => in_container(*args, paint),
        Command::Idle => loop {
            std::thread::park();
        },
        Command::End => {
            guest::end();
            Ok(OK)
        }
        Command::Leave => match guest::leave(FOLDER) {
            Ok(()) => Ok(OK),
            Err(why) => {
                say(why);
                Ok(NOT_OK)
            }
        },
    }
}

fn in_image(args: Run, paint: Paint) -> io::Result<u8> {
    let (image, command, specs) = match parts(&args.rest) {
        Ok(parts) => parts,
        Err(why) => return usage(&why),
    };
    let mut asked = Asked {
        image,
        command,
        env: args.env,
        env_files: vec![],
        volumes: args.volume,
        publish: args.publish,
        network: args.network,
        user: args.user,
        workdir: args.workdir,
        entrypoint: args.entrypoint,
        cap_add: args.cap_add,
        cap_drop: args.cap_drop,
        privileged: args.privileged,
        tmpfs: args.tmpfs,
        read_only: args.read_only,
        hostname: args.hostname,
        add_host: args.add_host,
        init: args.init,
    };
    if args.idle {
        if !asked.command.is_empty() {
            return usage("--idle runs nothing of the image, and a command is named");
        }
        asked.idle();
    }
    for path in &args.env_file {
        match Host::local().text(path) {
            Ok(Some(text)) => asked.env_files.push(text),
            Ok(None) => return usage(&format!("--env-file: there is no file `{path}`")),
            Err(why) => return usage(&format!("--env-file: {why}")),
        }
    }
    let body = match asked.body(&|name| std::env::var(name).ok(), &here()) {
        Ok(body) => body,
        Err(why) => return usage(&why),
    };
    go(&specs, args.looking, args.as_user, paint, |engine, errand, voices| container::run(engine, errand, body, voices))
}

fn in_container(args: Exec, paint: Paint) -> io::Result<u8> {
    let Exec { container, specs, as_user, looking } = args;
    go(&specs, looking, as_user, paint, |engine, errand, voices| container::exec(engine, errand, &container, voices))
}

/// Finds the daemon and sends the errand on its way.
fn go(
    specs: &[String],
    looking: Looking,
    user: Option<String>,
    paint: Paint,
    send: impl FnOnce(&Engine, &Errand, &mut Voices) -> Result<u8, String>,
) -> io::Result<u8> {
    let errand = match looking.errand(specs, user, paint) {
        Ok(errand) => errand,
        Err(status) => return Ok(status),
    };
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let mut voices = Voices { out: &mut out, err: &mut err, say: |what| say(what) };
    let engine = Engine::find(&|name| std::env::var(name).ok());
    engine.and_then(|engine| send(&engine, &errand, &mut voices)).or_else(|why| {
        say(shown(&why));
        Ok(NOT_OK)
    })
}

/// The image, the command, and what stands behind the last `--`.
fn parts(rest: &[String]) -> Result<(String, Vec<String>, Vec<String>), String> {
    let split = rest.iter().rposition(|word| word == "--");
    let (front, specs) = match split {
        Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 1..).unwrap_or_default()),
        None => (rest, &[][..]),
    };
    let Some((image, command)) = front.split_first() else {
        return Err("no image is named: `verispec container run IMAGE -- SPEC`".into());
    };
    if image.starts_with('-') {
        let image = shown(image);
        return Err(format!(
            "`{image}` is no option of `verispec container run`; `verispec container run --help` lists them"
        ));
    }
    let is_spec = |word: &str| crate::syntax::Format::of(word).is_some();
    if is_spec(image) {
        return Err(format!("`{}` stands where the image does: `verispec container run IMAGE -- SPEC`", shown(image)));
    }
    if let (None, Some(spec)) = (split, command.first().filter(|word| is_spec(word))) {
        let spec = shown(spec);
        return Err(format!(
            "`{spec}` would be run in the container: specs stand behind `--`, as in `{image} -- {spec}`"
        ));
    }
    Ok((image.clone(), command.to_vec(), specs.to_vec()))
}

fn usage(why: &str) -> io::Result<u8> {
    Ok(wrong(why))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parted(line: &str) -> Result<(String, String, String), String> {
        let rest: Vec<String> = line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
        parts(&rest).map(|(image, command, specs)| (image, command.join(" "), specs.join(" ")))
    }

    #[test]
    fn specs_stand_behind_the_last_dashes_and_what_stands_before_is_run() {
        let three = |a: &str, b: &str, c: &str| Ok((a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(parted("web:1"), three("web:1", "", ""));
        assert_eq!(parted("web:1 -- a.toml b.yaml"), three("web:1", "", "a.toml b.yaml"));
        assert_eq!(parted("web:1 nginx -g x -- a.toml"), three("web:1", "nginx -g x", "a.toml"));
        assert_eq!(parted("web:1 sh -c x -- y -- a.toml"), three("web:1", "sh -c x -- y", "a.toml"));
        assert_eq!(parted("web:1 nginx -g x"), three("web:1", "nginx -g x", ""));
    }

    #[test]
    fn a_spec_is_not_run_as_a_command() {
        assert!(parted("web:1 host.toml").unwrap_err().contains("would be run in the container"));
        assert!(parted("--gpus all web:1 -- host.toml").unwrap_err().starts_with("`--gpus` is no option"));
        assert!(parted("host.toml").unwrap_err().contains("stands where the image does"));
        assert!(parted("-- host.toml").unwrap_err().contains("no image"));
    }
}
