//! `command`: runs a command and says how it ended.

use super::setting::{Exec, FromNode};
use super::{Keys, Pin, Presence, Resource, Settings, Shape, key, setting};
use crate::host::Host;
use crate::host::exec::{Credentials, Finished, Job};
use crate::secret::is_secret_name;
use crate::syntax::{Code, Diagnostic, Node, Span};
use crate::value::{Content, Fault, Value};

pub struct Command(Finished);

#[derive(Default)]
pub struct How {
    exec: Option<Exec>,
    env: Environment,
    cwd: Option<String>,
    user: Option<String>,
    stdin: Option<String>,
}

/// Variables to add to the environment.
#[derive(Default)]
struct Environment(Vec<(String, String)>);

impl Resource for Command {
    const NAME: &'static str = "command";
    const ABOUT: &'static str = "A command that is run on this machine, to its end or until the entry's time is up, when it \
        is killed with all that it has started. It inherits the environment.";
    const EXAMPLE: &'static str = "[command.\"nginx -t\"]\nexit-status = 0\n\n\
        [command.replication]\nexec = [\"psql\", \"-Atc\", \"select pg_is_in_recovery()\"]\nuser = \"postgres\"\n\
        exit-status = 0\nstdout = \"t\\n\"\n";
    const PRESENCE: Option<Presence> = None;
    const TARGET: Option<(&'static str, &'static str)> = None;
    const KEYS: Keys<Self> = &[
        &key("exit-status", "Its exit status; 128 + n where signal n ended it.", |c: &Self| c.0.status),
        &key("stdout", "What it wrote to standard output, up to 1 MiB.", |c: &Self| -> Content { c.0.stdout.clone() }),
        &key("stderr", "What it wrote to standard error, up to 1 MiB.", |c: &Self| -> Content { c.0.stderr.clone() }),
        &key("duration", "How long it ran.", Self::duration).wavering(),
    ];
    const PINS: &[Pin] = &[Pin::exact("exit-status"), Pin::stayed("stdout", patterns)];
    type Id = String;
    type Settings = How;
    const SETTINGS: Settings<How> = &[
        &setting(
            "exec",
            "A line for `/bin/sh -c`, or a list: a program and its arguments, with no shell. The entry's name where it is left out.",
            |how: &mut How| &mut how.exec,
        ),
        &setting("env", "Variables to add to the environment.", |how: &mut How| &mut how.env),
        &setting("cwd", "The directory to run it in.", |how: &mut How| &mut how.cwd),
        &setting(
            "user",
            "Whom to run it as, with their groups, `HOME`, `USER` and `LOGNAME`. Only root may.",
            |how: &mut How| &mut how.user,
        ),
        &setting("stdin", "Its standard input. Nothing where it is left out.", |how: &mut How| &mut how.stdin),
    ];

    fn doubt(key: &str, seen: &Value) -> Option<&'static str> {
        match (key, seen) {
            ("exit-status", Value::Int(127)) => {
                Some("127 is what the shell ends with where it does not find the command")
            }
            ("exit-status", Value::Int(126)) => {
                Some("126 is what the shell ends with where it may not run the command")
            }
            _ => None,
        }
    }

    fn probe(host: &Host, name: &String, how: &How) -> Result<Option<Self>, Fault> {
        let machine = host.machine()?;
        let command = match &how.exec {
            None => Job::shell(name),
            Some(Exec::Shell(line)) => Job::shell(line),
            Some(Exec::Argv(argv)) => Job { argv: argv.clone(), ..Job::default() },
        };
        let job = Job {
            env: how.env.0.clone(),
            cwd: how.cwd.clone(),
            user: how.user.as_ref().map(|user| Credentials::of(host, user)).transpose()?,
            stdin: how.stdin.clone(),
            ..command
        };
        machine.run(&job, host.deadline()).map(|finished| Some(Command(finished)))
    }
}

impl Command {
    fn duration(&self) -> time::Duration {
        self.0.duration.try_into().unwrap_or(time::Duration::MAX)
    }
}

/// Lines of output that are written down at most, and bytes of one.
const LINES: usize = 10;
const LINE: usize = 200;

/// Each line of short output as a pattern; `None` where there is nothing, or too much.
fn patterns(_: &Host, seen: &Value) -> Option<Value> {
    let Value::Content(content) = seen else { return None };
    let Content { text, cut: None } = &**content else { return None };
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_odd = |line: &&str| line.len() > LINE || line.contains(|c: char| c.is_control() || c == '\u{fffd}');
    if lines.is_empty() || lines.len() > LINES || lines.iter().any(is_odd) {
        return None;
    }
    let pattern = |line: &&str| match line.starts_with(['!', '/', '\\']) {
        true => Value::Text(format!("\\{line}")),
        false => Value::Text((*line).to_owned()),
    };
    Some(Value::List(lines.iter().map(pattern).collect()))
}

impl FromNode for Environment {
    const SHAPE: Shape = Shape::TextMap;
    fn from_node(node: &Node) -> Result<Self, Diagnostic> {
        let wrong =
            node.map().unwrap_or_default().iter().find(|(k, _)| k.text.is_empty() || k.text.contains(['=', '\0']));
        match wrong {
            None => Vec::from_node(node).map(Environment),
            Some((key, _)) => {
                let message = format!("`{}` cannot name an environment variable", key.text.escape_debug());
                Err(Diagnostic::new(Code::WrongType, key.span, message))
            }
        }
    }
    fn secrets(node: &Node) -> Vec<Span> {
        match node.map() {
            Some(map) => map.iter().filter(|(k, _)| is_secret_name(&k.text)).map(|(_, v)| v.span).collect(),
            None => vec![node.span],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use crate::syntax::{Data, Key};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    const SPAN: Span = Span { file: 0, start: 0, end: 0 };

    fn node(data: Data<'static>) -> Node<'static> {
        Node { span: SPAN, data }
    }

    fn text(text: &'static str) -> Node<'static> {
        node(Data::Text(text.into()))
    }

    fn map(name: &'static str, value: Node<'static>) -> Node<'static> {
        node(Data::Map(vec![(Key { span: SPAN, text: name.into() }, value)]))
    }

    #[test]
    fn the_name_is_the_command_unless_exec_says_one() {
        let host = Host::local().until(Instant::now() + Duration::from_secs(60));
        let run = |how: How| Command::probe(&host, &"echo name".into(), &how).unwrap().unwrap().0.stdout.text;
        assert_eq!(run(How::default()), "name\n");
        assert_eq!(run(How { exec: Some(Exec::Shell("echo line".into())), ..How::default() }), "line\n");
        assert_eq!(run(How { exec: Some(Exec::Argv(vec!["echo".into(), "$0".into()])), ..How::default() }), "$0\n");
    }

    #[test]
    fn a_tree_of_files_runs_nothing() {
        let files = TreeFiles::parse("-- /bin/sh\n").unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let fault = Command::probe(&host, &"true".into(), &How::default()).err().unwrap();
        assert_eq!(fault.code(), "unsupported");
    }

    #[test]
    fn a_command_ends_by_the_probes_deadline() {
        let host = Host::local().until(Instant::now() + Duration::from_millis(100));
        let fault = Command::probe(&host, &"sleep 300".into(), &How::default()).err().unwrap();
        assert_eq!(fault.code(), "timed-out");
    }

    #[test]
    fn a_variable_that_cannot_be_one_is_a_mistake_in_the_spec() {
        let read = |name| Environment::from_node(&map(name, text("x"))).map_err(|e| e.message).map(|env| env.0);
        assert_eq!(read("A"), Ok(vec![("A".to_owned(), "x".to_owned())]));
        for name in ["", "A=B", "A\0"] {
            assert!(read(name).is_err_and(|e| e.contains("cannot name an environment variable")), "{name:?}");
        }
        assert!(Environment::from_node(&text("A=B")).is_err());
    }
}
