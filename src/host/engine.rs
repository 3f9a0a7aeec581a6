//! The daemon that runs containers, Docker's or Podman's, over the unix socket of its API.
//!
//! Both speak Docker's API. Requests name no version of it: each daemon answers by its own newest.

use super::Host;
use super::http::config;
use super::http::transport::{Endless, Given, Link, Nowhere, Stream};
use crate::quantity;
use crate::value::Fault;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::fmt;
use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{self, Response};

/// How long an answer may take that takes no work.
pub const PROMPT: Duration = Duration::from_secs(30);
/// How long one may take for which the daemon unpacks, starts or kills something.
pub const PATIENT: Duration = Duration::from_secs(120);
/// Bytes of an answer that are read.
const ANSWER_BOUND: u64 = 8 << 20;
/// Bytes that are sent at once.
const SENT: usize = 64 << 10;
/// What of a name need not be escaped in a path; `/` and `:` are parts of an image's.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'/').remove(b':').remove(b'@');

/// Where the daemon listens.
#[derive(Clone)]
pub struct Engine {
    socket: String,
    host: Host,
}

/// Why the daemon did not do what it was asked for.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its answer; `None` where there is none, so that it may have been done all the same.
    pub status: Option<u16>,
    /// In the daemon's own words, if there are any. They may have anything in them.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// What is sent along.
pub enum Content<'a> {
    Nothing,
    Json(&'a Value),
    Tar(&'a [u8]),
}

/// A name as a part of a path.
pub fn escaped(name: &str) -> impl fmt::Display {
    utf8_percent_encode(name, PLAIN)
}

impl Engine {
    /// The daemon that the environment names, else the first whose socket stands where it belongs.
    pub fn find(env: &dyn Fn(&str) -> Option<String>) -> Result<Engine, String> {
        let host = Host::local();
        for name in ["DOCKER_HOST", "CONTAINER_HOST"] {
            let Some(value) = env(name).filter(|value| !value.is_empty()) else { continue };
            return match value.strip_prefix("unix://") {
                Some(path) if path.starts_with('/') => Ok(Engine { socket: path.to_owned(), host }),
                _ => Err(format!(
                    "{name} is `{value}`: only unix sockets are spoken to, such as unix:///run/docker.sock"
                )),
            };
        }
        let places = places(env("XDG_RUNTIME_DIR"));
        // Of one that is there and cannot be asked, asking says why.
        let found = places.iter().find(|path| host.files().stat(path).is_ok_and(|stat| stat.is_some()));
        match found {
            Some(socket) => Ok(Engine { socket: socket.clone(), host }),
            None => Err(format!(
                "no Docker and no Podman listens here: there is none of {}; name its socket in DOCKER_HOST",
                places.join(", ")
            )),
        }
    }

    /// Asks for something whose answer is JSON; `Null` where it is empty.
    pub fn ask(&self, method: &str, target: &str, content: Content, within: Duration) -> Result<Value, Refused> {
        let until = Instant::now() + within;
        let response = self.send(method, target, content, until)?;
        let mut body = response.into_body().into_reader().take(ANSWER_BOUND + 1);
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(|e| self.broken(&e))?;
        if bytes.len() as u64 > ANSWER_BOUND {
            return Err(self.odd(&format!("an answer of more than {}", quantity::size(ANSWER_BOUND))));
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|e| self.odd(&format!("an answer that is no JSON: {e}")))
    }

    pub fn get(&self, target: &str) -> Result<Value, Refused> {
        self.ask("GET", target, Content::Nothing, PROMPT)
    }

    /// Whether there is something to be had at `target`.
    pub fn has(&self, target: &str) -> Result<bool, Refused> {
        match self.send("HEAD", target, Content::Nothing, Instant::now() + PROMPT) {
            Ok(_) => Ok(true),
            Err(Refused { status: Some(404), .. }) => Ok(false),
            Err(refused) => Err(refused),
        }
    }

    /// Asks for something whose answer comes in pieces until `until`.
    pub fn stream(
        &self,
        method: &str,
        target: &str,
        content: Content,
        until: Instant,
    ) -> Result<impl Read + use<>, Refused> {
        Ok(self.send(method, target, content, until)?.into_body().into_reader())
    }

    fn send(
        &self,
        method: &str,
        target: &str,
        content: Content,
        until: Instant,
    ) -> Result<Response<ureq::Body>, Refused> {
        let unsent = |e: http::Error| self.odd(&format!("a request that cannot be sent: {e}"));
        let wire = self.host.until(until).connect_unix(&self.socket).map_err(|why| Refused {
            status: None,
            message: format!("no Docker and no Podman answers: {}", Fault::from(why)),
        })?;
        let link = Link::new(Stream::Plain(wire), SENT.max(target.len() + 64), None);
        let agent = Agent::with_parts(config(), Given::new(link), Nowhere);
        let request = http::Request::builder().method(method).uri(format!("http://localhost{target}"));
        let answer = match content {
            Content::Nothing if method == "POST" => agent.run(request.body(&[][..]).map_err(unsent)?),
            Content::Nothing => agent.run(request.body(()).map_err(unsent)?),
            Content::Json(value) => {
                let request = request.header("content-type", "application/json");
                agent.run(request.body(value.to_string()).map_err(unsent)?)
            }
            Content::Tar(bytes) => {
                agent.run(request.header("content-type", "application/x-tar").body(bytes).map_err(unsent)?)
            }
        };
        let answer = answer.map_err(|e| match e {
            ureq::Error::Io(e) => self.broken(&e),
            other => self.odd(&other.to_string()),
        })?;
        match answer.status().as_u16() {
            status if status < 400 => Ok(answer),
            status => Err(self.refusal(status, answer)),
        }
    }

    fn refusal(&self, status: u16, answer: Response<ureq::Body>) -> Refused {
        let mut bytes = Vec::new();
        // What came before it broke off is better than nothing.
        let _ = answer.into_body().into_reader().take(SENT as u64).read_to_end(&mut bytes);
        let said = serde_json::from_slice::<Value>(&bytes).ok();
        let said = said.as_ref().and_then(|said| said.get("message")).and_then(Value::as_str).map(str::trim);
        let message = match said.filter(|said| !said.is_empty()) {
            Some(said) => said.to_owned(),
            None => format!("{} answers with status {status}", self.socket),
        };
        Refused { status: Some(status), message }
    }

    /// What it means that an answer broke off.
    pub fn broken(&self, error: &io::Error) -> Refused {
        let why = match error.kind() {
            ErrorKind::TimedOut => "no answer in time".to_owned(),
            ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
                "it hung up before it had answered".to_owned()
            }
            _ if error.get_ref().is_some_and(|e| e.is::<Endless>()) => error.to_string(),
            _ => return Refused { status: None, message: Fault::from_io(&self.socket, error).to_string() },
        };
        Refused { status: None, message: format!("{}: {why}", self.socket) }
    }

    fn odd(&self, why: &str) -> Refused {
        Refused { status: None, message: format!("{}: {why}", self.socket) }
    }
}

/// Where the sockets stand: dockerd(8), rootless Docker's documentation, podman-system-service(1).
fn places(runtime: Option<String>) -> Vec<String> {
    let own = runtime.filter(|folder| folder.starts_with('/'));
    let of = |name: &str| own.as_ref().map(|folder| format!("{folder}/{name}"));
    let docker = [Some("/run/docker.sock".to_owned()), of("docker.sock")];
    let podman = [Some("/run/podman/podman.sock".to_owned()), of("podman/podman.sock")];
    docker.into_iter().chain(podman).flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    /// An engine that gives one answer, and what it was asked.
    fn answering(answer: &'static [u8]) -> (Engine, std::thread::JoinHandle<Vec<u8>>, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s").display().to_string();
        let listener = UnixListener::bind(&socket).unwrap();
        let asked = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut head, mut byte) = (vec![], [0]);
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() > 0 {
                head.push(byte[0]);
            }
            let body = std::str::from_utf8(&head).unwrap().lines().find_map(|l| l.strip_prefix("content-length: "));
            let mut body = vec![0; body.map_or(0, |length| length.parse().unwrap())];
            stream.read_exact(&mut body).unwrap();
            stream.write_all(answer).unwrap();
            head
        });
        (Engine { socket, host: Host::local() }, asked, folder)
    }

    #[test]
    fn the_words_of_the_daemon_are_the_reason() {
        let (engine, asked, _folder) =
            answering(b"HTTP/1.1 404 Not Found\r\nContent-Length: 37\r\n\r\n{\"message\":\"No such image: nosuch:1\"}");
        let refused = engine.get("/images/nosuch:1/json").unwrap_err();
        assert_eq!((refused.status, &*refused.message), (Some(404), "No such image: nosuch:1"));
        assert!(asked.join().unwrap().starts_with(b"GET /images/nosuch:1/json HTTP/1.1\r\n"));
    }

    #[test]
    fn what_breaks_off_is_no_answer() {
        for answer in [&b""[..], b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", b"HTTP/1.1 200 OK\r\n\r\n{\"a\":"] {
            let (engine, _, _folder) = answering(answer);
            let refused = engine.get("/version").unwrap_err();
            assert!(refused.status.is_none(), "{refused:?}");
        }
    }

    #[test]
    fn a_daemon_that_is_silent_is_not_waited_for_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s").display().to_string();
        let _listener = UnixListener::bind(&socket).unwrap();
        let engine = Engine { socket, host: Host::local() };
        let refused = engine.ask("GET", "/version", Content::Nothing, Duration::from_millis(50)).unwrap_err();
        assert!(refused.message.ends_with("no answer in time"), "{refused}");
    }

    #[test]
    fn an_answer_that_ends_with_the_connection_is_read_as_it_comes() {
        let (engine, asked, _folder) =
            answering(b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\nreport");
        let until = Instant::now() + PROMPT;
        let mut stream = engine.stream("POST", "/exec/1/start", Content::Json(&Value::Null), until).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert_eq!(text, "report");
        assert!(String::from_utf8(asked.join().unwrap()).unwrap().contains("content-length: 4\r\n"));
    }

    #[test]
    fn the_environment_names_the_socket() {
        let env =
            |name: &str| (name == "CONTAINER_HOST").then(|| "unix:///run/user/1000/podman/podman.sock".to_owned());
        assert_eq!(Engine::find(&env).unwrap().socket, "/run/user/1000/podman/podman.sock");
        for remote in ["tcp://192.0.2.1:2375", "ssh://root@build.example.org", "unix://docker.sock"] {
            let env = |name: &str| (name == "DOCKER_HOST").then(|| remote.to_owned());
            let Err(why) = Engine::find(&env) else { panic!("{remote}") };
            assert!(why.starts_with(&format!("DOCKER_HOST is `{remote}`")), "{why}");
        }
    }

    #[test]
    fn no_name_leads_to_another_path() {
        assert_eq!(
            escaped("reg.example.org:5000/a/b@sha256:1?x=1 #").to_string(),
            "reg.example.org:5000/a/b@sha256:1%3Fx%3D1%20%23"
        );
    }
}
