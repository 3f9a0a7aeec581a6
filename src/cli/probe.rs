//! `verispec probe`: asks a server whether it is well, for HEALTHCHECK lines, units and scripts.

use super::{NOT_OK, OK, USAGE, print, say, validate};
use crate::host::Host;
use crate::host::http::{Header, Request, Response, Url, Way, check_header};
use crate::report::printable;
use crate::resource::{self, Id};
use crate::secret::Secrets;
use crate::value::{Content, Fault, Secret};
use hyper::StatusCode;
use std::fmt;
use std::io;
use std::time::{Duration, Instant};

/// Bytes of an answer that are read, and that are printed: what Docker keeps of a health check.
const BOUND: usize = 4 << 10;
/// Bytes of the line that says what is wrong.
const LINE: usize = 600;
/// What a socket without a path of its own is asked for, as `verispec serve` answers there.
const USUAL: &str = "/healthz";
const CUT: &str = "…";

const EXAMPLES: &str = "Examples:
  verispec probe http://127.0.0.1:8080/healthz             what `verispec serve` answers for all of its specs
  verispec probe unix:/run/verispec.sock                   over a unix socket, at /healthz
  verispec probe unix:/run/verispec.sock:/healthz/ready    for what has the tag `ready`
  verispec probe --ca ca.pem --token-file token https://web1.example.org:8443/healthz

Exit status: 0 the answer is 2xx; 1 it is another, or there is none in time; 64 wrong usage.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Where to ask: `http://`, `https://`, or `unix:/path/to.sock` and maybe `:/path` of what to ask it for. Redirects
    /// are not followed, and no proxy is used
    #[arg(value_name = "URL", value_hint = clap::ValueHint::Url)]
    url: String,
    /// How long all of it may take: looking up the name, connecting, the answer to its end
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = validate::duration)]
    timeout: Duration,
    /// A file with the bearer token to send
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    token_file: Option<String>,
    /// A file of root certificates in PEM to trust, in place of the system's
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "insecure")]
    ca: Option<String>,
    /// Trusts whoever answers, and sends the token there
    #[arg(long)]
    insecure: bool,
}

/// Where to ask.
#[derive(Debug)]
struct Target {
    url: Url,
    /// Of the socket to connect to, in place of the URL's host.
    socket: Option<String>,
}

impl Target {
    /// Says what is wrong without repeating what may be a password.
    fn parse(text: &str) -> Result<Target, String> {
        let Some(rest) = text.strip_prefix("unix:") else {
            let url = Url::parse(text)?;
            return match url.user {
                None => Ok(Target { url, socket: None }),
                // Whoever may list processes reads it.
                Some(_) => {
                    Err("a command line is no place for a password: write a token into a file and name it with \
                    `--token-file`"
                        .into())
                }
            };
        };
        // As Docker writes it.
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (socket, path) = match rest.find(":/") {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, USUAL),
        };
        if !socket.starts_with(['/', '@']) || socket.len() < 2 {
            return Err(
                "a socket is named from `/` on: `unix:/run/verispec.sock`, or `unix:/run/verispec.sock:/healthz`"
                    .into(),
            );
        }
        Ok(Target { url: Url::parse(&format!("http://localhost{path}"))?, socket: Some(socket.to_owned()) })
    }

    /// What is known of a socket by its URL, by the name that it was given.
    fn named(&self, text: &str) -> String {
        match self.socket {
            Some(_) => text.replace(&self.url.to_string(), &self.to_string()),
            None => text.to_owned(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.socket {
            // What stands behind a `?` may be a secret, as in a URL.
            Some(socket) => write!(f, "unix:{socket}:{}", self.url.target.split('?').next().unwrap_or_default()),
            None => self.url.fmt(f),
        }
    }
}

pub(super) fn run(args: &Args) -> io::Result<u8> {
    let target = match Target::parse(&args.url) {
        Ok(target) => target,
        Err(why) => return Ok(refused(&why)),
    };
    if !target.url.tls && (args.ca.is_some() || args.insecure) {
        let flag = if args.insecure { "--insecure" } else { "--ca" };
        return Ok(refused(&format!("`{flag}` is about certificates, and {target} shows none: write `https://`")));
    }
    let began = Instant::now();
    let host = Host::local().until(began.checked_add(args.timeout).unwrap_or(began));
    let token = match args.token_file.as_deref().map(|path| token(&host, path)).transpose() {
        Ok(token) => token,
        Err(why) => {
            say(why);
            return Ok(NOT_OK);
        }
    };
    let mut secrets = Secrets::default();
    token.iter().for_each(|token| secrets.add(token.reveal()));
    let tell = |why: &str| say(printable::bounded(&secrets.scrub(why), LINE));

    let mut response = match ask(&host, &target, args, token, began) {
        Ok(response) => response,
        Err(fault) => {
            tell(&mended(&target, &fault));
            return Ok(NOT_OK);
        }
    };
    let status = response.status;
    let mut said = Vec::new();
    let read = response.read(&mut said, BOUND);
    let is_well = match (&read, (200..300).contains(&status)) {
        // Its status is an answer by itself.
        (Err(fault @ Fault::Unsupported(_)), true) => {
            tell(&mended(&target, fault));
            true
        }
        (Err(fault), true) => {
            tell(&mended(&target, fault));
            false
        }
        (_, false) => {
            tell(&verdict(&target, &response, args));
            false
        }
        (Ok(_), true) => true,
    };
    print(&shown(said, !matches!(read, Ok(false)), &secrets))?;
    Ok(if is_well { OK } else { NOT_OK })
}

fn refused(why: &str) -> u8 {
    say(why);
    USAGE
}

/// The token in a file, without the line's end.
fn token(host: &Host, path: &str) -> Result<Secret, String> {
    let bytes = match host.whole(path) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(format!("there is no `{path}` to read the token from")),
        Err(fault) => return Err(format!("the token cannot be read: {fault}")),
    };
    let text = String::from_utf8(bytes).map_err(|_| format!("`{path}` holds no token: it is not UTF-8"))?;
    match text.trim() {
        "" => Err(format!("`{path}` holds no token: it is empty")),
        token if token.contains(char::is_whitespace) => {
            Err(format!("`{path}` holds no token: there is a blank or a line break in what it says"))
        }
        token => match check_header("Authorization", token) {
            Ok(()) => Ok(Secret::new(token)),
            Err(why) => Err(format!("`{path}` holds no token that can be sent: {why}")),
        },
    }
}

fn ask(host: &Host, target: &Target, args: &Args, token: Option<Secret>, began: Instant) -> Result<Response, Fault> {
    // An answer that a proxy gives is none of the server's.
    let way = target.socket.as_deref().map_or(Way::Direct, Way::Unix);
    let line = host.dial(&target.url, &way, None)?;
    if let Some(tls) = line.tls()
        && !args.insecure
    {
        let roots = match &args.ca {
            None => None,
            Some(path) => Some(absolute(path)?),
        };
        resource::distrust(host, tls, &target.url, roots.as_ref())?;
    }
    let header = |name: &str, value: &str| Header { name: name.into(), value: Secret::new(value) };
    let mut headers = vec![
        header("Host", &target.url.authority()),
        header("User-Agent", concat!("verispec/", env!("CARGO_PKG_VERSION"))),
        header("Accept", "*/*"),
        header("Connection", "close"),
    ];
    headers.extend(token.map(|token| header("Authorization", &format!("Bearer {}", token.reveal()))));
    line.ask(&Request { method: "GET", url: &target.url, headers: &headers, body: None, began })
}

fn absolute(path: &str) -> Result<resource::Path, Fault> {
    let whole = std::path::absolute(path).map_err(|e| Fault::from_io(path, &e))?;
    resource::Path::parse(&whole.to_string_lossy()).map_err(Fault::Failed)
}

/// Why there is no answer, and what to do about it.
fn mended(target: &Target, fault: &Fault) -> String {
    // A spec has other words for it.
    let why = fault.to_string().replace("`ca-file`", "`--ca`");
    let why = why.replace("set `cert-file` and `key-file`", "a probe has none; it can ask over a unix socket");
    let why = target.named(&why);
    let nobody = why.ends_with("connection refused") || why.ends_with("no such socket");
    let mend = match fault {
        Fault::Unfit(_) if nobody => ": is `verispec serve` running, and is this what its `--listen` says?",
        Fault::Unfit(_) if why.contains("is not trusted") => "; name who is to be trusted with `--ca`",
        Fault::Unfit(_) if why.contains("does not speak HTTP") && !target.url.tls => "; is it `https://`?",
        Fault::Unfit(_) if why.contains("speaks no TLS") => "; is it `http://`?",
        _ => "",
    };
    let shown = target.to_string();
    match why.contains(&shown) {
        true => format!("{why}{mend}"),
        false => format!("{shown}: {why}{mend}"),
    }
}

/// What an answer that is not 2xx means.
fn verdict(target: &Target, response: &Response, args: &Args) -> String {
    let status = response.status;
    let name = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or_default();
    let answer = format!("{target} answers {}", format!("{status} {name}").trim_end());
    match status {
        300..=399 => match response.header("location").map(|at| target.url.join(at)) {
            Some(Ok(to)) => {
                format!("{answer} and leads to {to}, which is not followed: name what is to be asked itself")
            }
            Some(Err(why)) => format!("{answer} and leads nowhere: {why}"),
            None => format!("{answer}, which is not followed"),
        },
        401 | 403 if args.token_file.is_none() => format!("{answer}: name a file with the token by `--token-file`"),
        401 | 403 => format!("{answer}: it does not take this token"),
        404 => format!("{answer}: is the path that of an endpoint? `verispec serve` has /healthz and /healthz/TAG"),
        _ => answer,
    }
}

/// What the server said, fit to print: no more than [`BOUND`] bytes, and nothing that drives a terminal.
fn shown(said: Vec<u8>, cut: bool, secrets: &Secrets) -> String {
    let mut text = Content::new(said, cut.then_some(BOUND as u64)).text;
    if cut && !text.is_empty() {
        // What has begun before it may be a secret's beginning.
        text.push_str(CUT);
    }
    let text = secrets.scrub(&text);
    let mut out = String::new();
    for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
        let line = printable::bounded(line.strip_suffix('\r').unwrap_or(line), BOUND);
        out.push_str(&line);
        out.push('\n');
    }
    if out.trim().is_empty() {
        return String::new();
    }
    if out.len() > BOUND {
        // Escaping makes longer what has to be escaped.
        out.truncate(out.floor_char_boundary(BOUND - CUT.len() - 1));
        out.push_str(CUT);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_target_reads_as_it_is_meant() {
        for (text, socket, path, named) in [
            ("http://h:81/x", None, "/x", "http://h:81/x"),
            ("https://[::1]/healthz", None, "/healthz", "https://[::1]/healthz"),
            ("unix:/run/v.sock", Some("/run/v.sock"), "/healthz", "unix:/run/v.sock:/healthz"),
            ("unix:/run/v.sock:/healthz/live", Some("/run/v.sock"), "/healthz/live", "unix:/run/v.sock:/healthz/live"),
            ("unix:///run/v.sock", Some("/run/v.sock"), "/healthz", "unix:/run/v.sock:/healthz"),
            ("unix:@v:/x?t=secret", Some("@v"), "/x?t=secret", "unix:@v:/x"),
            ("unix:/run/a:b.sock:/x", Some("/run/a:b.sock"), "/x", "unix:/run/a:b.sock:/x"),
        ] {
            let target = Target::parse(text).unwrap();
            assert_eq!((target.socket.as_deref(), &*target.url.target, &*target.to_string()), (socket, path, named));
        }
        for wrong in ["", "127.0.0.1:8080/healthz", "ftp://h/", "unix:", "unix:run.sock", "unix:/", "unix::/healthz"] {
            assert!(Target::parse(wrong).is_err(), "{wrong}");
        }
        let why = Target::parse("http://u:secret@h/").unwrap_err();
        assert!(why.contains("--token-file") && !why.contains("secret"), "{why}");
    }

    #[test]
    fn what_is_printed_is_bounded_and_harmless() {
        let none = Secrets::default();
        assert_eq!(shown(b"ok\r\n3 pass\n".to_vec(), false, &none), "ok\n3 pass\n");
        assert_eq!(shown(b"\x1b[2J\x07\xff".to_vec(), false, &none), "\\u{1b}[2J\\u{7}\u{fffd}\n");
        assert_eq!(shown(vec![], true, &none), "");
        assert_eq!(shown(b"\n".to_vec(), false, &none), "");
        let long = shown(vec![0x1b; BOUND], true, &none);
        assert!(long.len() <= BOUND && long.ends_with("…\n"), "{long}");
    }

    #[test]
    fn a_token_that_comes_back_is_not_shown_nor_its_beginning() {
        let mut secrets = Secrets::default();
        secrets.add("a-long-token");
        assert!(!shown(b"you said a-long-token\n".to_vec(), false, &secrets).contains("token"));
        let cut = shown(b"you said a-long-to".to_vec(), true, &secrets);
        assert!(!cut.contains("a-long"), "{cut}");
    }

    proptest! {
        #[test]
        fn no_answer_gets_through_as_it_is(said: Vec<u8>, cut: bool) {
            let out = shown(said, cut, &Secrets::default());
            prop_assert!(out.len() <= BOUND && !out.chars().any(|c| c.is_control() && c != '\n'));
        }

        #[test]
        fn no_target_panics(text in "(unix:)?[/@:a-z?. ä]{0,30}") {
            let _ = Target::parse(&text).map(|target| target.to_string());
        }
    }
}
