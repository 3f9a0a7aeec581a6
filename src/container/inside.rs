//! A program that runs in a container, and how it ended.

use super::frames;
use crate::host::engine::{Content, Engine, PROMPT, Refused, escaped};
use crate::value::Fault;
use serde_json::{Value, json};
use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::{Duration, Instant};

/// How long the daemon may take to know how a program ended whose output has.
const KNOWN: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(10);

/// What is to run; no shell has a part in it.
pub struct Command<'a> {
    pub argv: Vec<String>,
    /// The container's own if there is none.
    pub user: Option<&'a str>,
    pub cwd: String,
}

/// Runs to the end, or until `until`: then it is left running. Its exit status, which the daemon makes 126 or 127 where
/// the program could not be started.
pub fn run(
    engine: &Engine,
    container: &str,
    command: &Command,
    outputs: (&mut dyn Write, &mut dyn Write),
    until: Instant,
) -> Result<i64, Refused> {
    let mut asked = json!({
        "AttachStdout": true,
        "AttachStderr": true,
        "Tty": false,
        "Cmd": command.argv,
        "WorkingDir": command.cwd,
    });
    if let (Some(user), Some(asked)) = (command.user, asked.as_object_mut()) {
        asked.insert("User".into(), user.into());
    }
    let target = format!("/containers/{}/exec", escaped(container));
    let made = engine.ask("POST", &target, Content::Json(&asked), PROMPT)?;
    let odd = |message: &str| Refused { status: None, message: message.into() };
    let id = made.get("Id").and_then(Value::as_str).ok_or_else(|| odd("the daemon does not say what it has made"))?;
    let (start, state) = (format!("/exec/{}/start", escaped(id)), format!("/exec/{}/json", escaped(id)));
    let attached = json!({"Detach": false, "Tty": false});
    let mut stream = engine.stream("POST", &start, Content::Json(&attached), until)?;
    frames::split(&mut stream, outputs.0, outputs.1).map_err(|e| broken(engine, &e))?;
    let known = Instant::now() + KNOWN;
    loop {
        let state = engine.get(&state)?;
        let running = state.get("Running").and_then(Value::as_bool).unwrap_or(true);
        if let (false, Some(status)) = (running, state.get("ExitCode").and_then(Value::as_i64)) {
            return Ok(status);
        }
        if Instant::now() > known {
            return Err(odd("the daemon does not say how what ran in the container ended"));
        }
        thread::sleep(TICK);
    }
}

fn broken(engine: &Engine, error: &io::Error) -> Refused {
    let message = match error.kind() {
        ErrorKind::TimedOut => "what runs in the container has not ended in time".into(),
        ErrorKind::InvalidData => Fault::from_io("the output from the container", error).to_string(),
        _ => return engine.broken(error),
    };
    Refused { status: None, message }
}
