//! `verispec add`: things as they are now, into a spec.

use super::write::{Writing, write};
use super::{Paint, USAGE, kinds, say};
use crate::report::printable::line as shown;
use crate::resource::{Kind, Shape};
use crate::secret::mask;
use crate::snapshot::Subject;
use crate::syntax::{Format, parse};
use crate::value::Value;
use std::io;

const EXAMPLES: &str = "Examples:
  verispec add file /etc/nginx/nginx.conf /etc/hosts      into the verispec.toml of this directory, or a new one
  verispec add --spec web.yaml package nginx              into another spec
  verispec add --spec - user www-data                     only shows it
  verispec add port tcp:80 tcp:23                         of what is not there, that it is not
  verispec add --hashes file /usr/sbin/nginx              with its SHA-256
  verispec add --samples 10 --every 1m system this        what moves, as the range it moved in
  verispec add --set user=postgres command 'pg_isready'   with a setting of the kind
  verispec add --set name=nginx service web               under another name

What the spec speaks of already is left as it is.

Exit status: 0 all of it is in the spec; 1 something could not be observed; 64 wrong usage; 78 the spec is wrong and was not
touched.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The kind of thing
    #[arg(value_name = "KIND", value_parser = kinds::Named, hide_possible_values = true)]
    kind: String,
    /// What they are called
    #[arg(value_name = "ID", required = true, allow_hyphen_values = false)]
    names: Vec<String>,
    /// What their entries say of how to look, as TOML has it or as plain text (again for more): `verispec kinds KIND` lists it
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    #[command(flatten)]
    writing: Writing,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("a setting is written as `KEY=VALUE`, such as `user=postgres`".into()),
    }
}

pub(super) fn run(args: &Args, paint: Paint) -> io::Result<u8> {
    let kind = match kinds::find(&args.kind) {
        Ok(kind) => kind,
        Err(status) => return Ok(status),
    };
    let mut settings: Vec<(String, Value)> = Vec::new();
    for (key, text) in &args.set {
        settings.retain(|(other, _)| other != key);
        settings.push((key.clone(), setting(kind, key, text)));
    }
    let mut subjects = Vec::new();
    for name in &args.names {
        let subject = Subject { kind, name: name.clone(), settings: settings.clone(), remarks: Vec::new() };
        if let Err(why) = subject.check() {
            say(format_args!("{} `{}`: {}", kind.name, shown(&mask(name)), shown(&why)));
            return Ok(USAGE);
        }
        subjects.push(subject);
    }
    match args.writing.how() {
        Ok(how) => write(&how, args.writing.spec(), &subjects, true, paint),
        Err(status) => Ok(status),
    }
}

/// What the command line says of a setting: TOML where it reads as such, else text. Where text is wanted, `80` is text, too.
fn setting(kind: &Kind, key: &str, text: &str) -> Value {
    let wants_text = match (kind.settings)().iter().find(|one| one.name == key) {
        Some(one) => matches!(one.shape, Shape::Text | Shape::Choice(_)),
        None => kind.target.is_some_and(|(target, _)| target == key),
    };
    match toml(text) {
        Some(value) if !wants_text || matches!(value, Value::Text(_)) => value,
        _ => Value::Text(text.to_owned()),
    }
}

/// One value of TOML and nothing beside it.
fn toml(text: &str) -> Option<Value> {
    let line = format!("it = {text}");
    let (root, wrong) = parse(&line, 0, Format::Toml);
    match root?.map()? {
        [(_, value)] if wrong.is_empty() && !text.contains('#') => Some(value.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_read_as_what_its_kind_wants() {
        let text = |t: &str| Value::Text(t.into());
        let read = |kind, key, text| setting(Kind::find(kind).unwrap(), key, text);
        assert_eq!(read("ping", "count", "5"), Value::Int(5));
        assert_eq!(read("http", "password", "12345"), text("12345"));
        assert_eq!(read("http", "password", "\"a b\""), text("a b"));
        assert_eq!(read("http", "password", "a # b"), text("a # b"));
        assert_eq!(read("http", "allow-insecure", "true"), Value::Bool(true));
        assert_eq!(read("command", "exec", "[\"ls\", \"/\"]"), Value::List(vec![text("ls"), text("/")]));
        assert_eq!(read("command", "exec", "ls /"), text("ls /"));
        assert_eq!(read("command", "env", "{A = \"b\"}"), Value::Map(vec![("A".into(), text("b"))]));
        assert_eq!(read("command", "timeout", "30s"), text("30s"));
        assert_eq!(read("service", "name", "1"), text("1"));
        assert_eq!(read("file", "title", "1\ntags = []"), text("1\ntags = []"));
    }
}
