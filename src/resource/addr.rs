//! `addr`: an address that answers: a TCP port, a UDP service, a unix socket.

use super::{Id, Keys, Presence, Resource, Settings, key, setting};
use crate::host::Host;
use crate::host::endpoint::Endpoint;
use crate::host::resolve::Family;
use crate::host::unreached::Unreached;
use crate::host::wire::Wire;
use crate::syntax::nearest;
use crate::value::{Content, Fault};
use std::cell::RefCell;
use std::net::IpAddr;
use time::Duration;

mod banner;

pub struct Addr {
    /// Or why not.
    reached: Result<Reached, String>,
}

struct Reached {
    latency: std::time::Duration,
    voice: RefCell<Voice>,
}

/// Where the banner comes from.
enum Voice {
    /// It is still to be read, and this to be said before.
    Wire(Wire, String),
    Heard(Result<Content, Fault>),
}

/// Where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Tcp(Family, Endpoint),
    Udp(Family, Endpoint),
    /// A path, or `@` and a name that is none.
    Unix(String),
}

#[derive(Default)]
pub struct How {
    from: Option<IpAddr>,
    send: Option<String>,
}

impl Resource for Addr {
    const NAME: &'static str = "addr";
    const ABOUT: &'static str = "An address that is connected to from this host: TCP, UDP or a unix socket. A name's \
        addresses are tried side by side, and one that answers is enough. Over UDP a datagram is sent (`send`, else an \
        empty one): one that comes back is an answer, a refusal by ICMP is none, and silence is unknown, since most \
        services say nothing to what they do not understand.";
    const EXAMPLE: &'static str = "[addr.\"tcp://localhost:22\"]\nbanner = [\"SSH-2.0\"]\nlatency = \"< 100ms\"\ntimeout = \"2s\"\n\n[addr.\"unix:/run/docker.sock\"]\n\n[addr.telnet]\naddress = \"localhost:23\"\nreachable = false\n";
    const PRESENCE: Option<Presence> = Some(Presence {
        name: "reachable",
        about: "Whether it answers within the timeout. Refused, no route, no such name and, but for UDP, silence are no.",
    });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "address",
        "`host:port` or `tcp://host:port`, `udp://host:port`, each also with `4` or `6` for one family of addresses \
         (`tcp6://`); `unix:/run/x.sock` or `unix:@name`.",
    ));
    const KEYS: Keys<Self> = &[
        &key("latency", "Time to connect, of UDP until the answer; looking up the name is not in it.", Self::latency)
            .wavering(),
        &key(
            "banner",
            "What it says by itself, or to what `send` says, as text: until it hangs up or pauses behind a line, 64 KiB \
             at most.",
            Self::banner,
        ),
    ];
    type Id = Place;
    type Settings = How;
    const SETTINGS: Settings<How> = &[
        &setting("local-address", "The IP address of this host to connect from.", |how: &mut How| &mut how.from),
        &setting(
            "send",
            "Text to send before `banner` is read, such as `\"PING\\r\\n\"`; over UDP it is the datagram, whatever is \
             asked.",
            |how: &mut How| &mut how.send,
        ),
    ];

    fn probe(host: &Host, place: &Place, how: &How) -> Result<Option<Self>, Fault> {
        let reached = match reach(host, place, how) {
            Ok(reached) => Ok(reached),
            Err(Unreached::Silent(what, waited)) if matches!(place, Place::Udp(..)) => {
                return Err(Fault::TimedOut(format!("{what}: {}", mute(how)), waited));
            }
            Err(why) => Err(why.absence()?),
        };
        Ok(Some(Addr { reached }))
    }

    fn present(&self) -> Result<bool, Fault> {
        Ok(self.reached.is_ok())
    }

    fn absence(&self) -> Option<String> {
        self.reached.as_ref().err().cloned()
    }
}

/// What is to be made of silence over UDP.
fn mute(how: &How) -> &'static str {
    if how.send.is_some() {
        "it may not listen, or not answer what `send` says"
    } else {
        "it may not listen, or not answer an empty datagram; let `send` say what it answers"
    }
}

fn reach(host: &Host, place: &Place, how: &How) -> Result<Reached, Unreached> {
    let send = how.send.clone().unwrap_or_default();
    let (latency, voice) = match place {
        Place::Tcp(family, to) => {
            let wire = host.connect_by(*family, to, how.from)?;
            (wire.latency(), Voice::Wire(wire, send))
        }
        Place::Udp(family, to) => {
            let reply = host.exchange(*family, to, how.from, send.as_bytes())?;
            (reply.latency, Voice::Heard(Ok(Content::new(reply.bytes, None))))
        }
        Place::Unix(path) => {
            let began = std::time::Instant::now();
            match host.reach_unix(path)? {
                Some(wire) => (wire.latency(), Voice::Wire(wire, send)),
                None => {
                    let why = format!("{path} is a socket of datagrams, which says nothing to whoever has no address");
                    (began.elapsed(), Voice::Heard(Err(Fault::Unsupported(why))))
                }
            }
        }
    };
    Ok(Reached { latency, voice: RefCell::new(voice) })
}

impl Addr {
    fn latency(&self) -> Option<Duration> {
        let latency = self.reached.as_ref().ok()?.latency;
        Some(Duration::try_from(latency).unwrap_or(Duration::MAX))
    }

    fn banner(&self) -> Result<Option<Content>, Fault> {
        let Ok(reached) = &self.reached else { return Ok(None) };
        let mut voice = reached.voice.borrow_mut();
        if let Voice::Wire(wire, send) = &mut *voice {
            let heard = banner::read(wire, send, reached.latency);
            *voice = Voice::Heard(heard);
        }
        match &*voice {
            Voice::Heard(heard) => heard.clone().map(Some),
            Voice::Wire(..) => Ok(None),
        }
    }
}

const PROTOCOLS: [&str; 7] = ["tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix"];

impl Id for Place {
    fn parse(text: &str) -> Result<Place, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path.strip_prefix("//").unwrap_or(path));
        }
        let Some((protocol, rest)) = text.split_once("://") else {
            // As `port` has it.
            if let Some((protocol, rest)) = text.split_once(':')
                && PROTOCOLS.contains(&protocol)
            {
                return Err(match Endpoint::parse(rest.trim_start_matches('/')) {
                    Ok(to) => format!("`{text}` has too few slashes: write `{protocol}://{to}`"),
                    Err(_) => format!("`{text}` names no host: write `{protocol}://localhost:{rest}`"),
                });
            }
            return Endpoint::parse(text).map(|to| Place::Tcp(Family::Any, to));
        };
        let (transport, family): (fn(_, _) -> Place, _) = match protocol {
            "tcp" => (Place::Tcp, Family::Any),
            "tcp4" => (Place::Tcp, Family::V4),
            "tcp6" => (Place::Tcp, Family::V6),
            "udp" => (Place::Udp, Family::Any),
            "udp4" => (Place::Udp, Family::V4),
            "udp6" => (Place::Udp, Family::V6),
            "http" | "https" => return Err(format!("`{text}` is for the kind `http`; here, write `tcp://host:port`")),
            "tls" => return Err(format!("`{text}` is for the kind `certificate`; here, write `tcp://{rest}`")),
            _ => {
                return Err(match nearest(protocol, PROTOCOLS) {
                    Some(near) => format!("`{protocol}` is not a protocol; did you mean `{near}`?"),
                    None => format!("`{protocol}` is not a protocol: it is one of `{}`", PROTOCOLS.join("`, `")),
                });
            }
        };
        Ok(transport(family, Endpoint::parse(rest)?))
    }
}

/// A `sockaddr_un` has room for this many bytes: unix(7).
const UNIX_PATH: usize = 107;

fn unix(name: &str) -> Result<Place, String> {
    if name.len() > UNIX_PATH {
        return Err(format!("a unix socket's name has at most {UNIX_PATH} bytes"));
    }
    match name.strip_prefix(['/', '@']) {
        Some(rest) if !rest.is_empty() && !name.contains('\0') => Ok(Place::Unix(name.to_owned())),
        _ => Err(format!("`{name}` is not an absolute path or `@` and a name: write `unix:/run/x.sock`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap()
    }

    #[test]
    fn places_are_read() {
        let tcp = |text| Ok(Place::Tcp(Family::Any, to(text)));
        assert_eq!(Place::parse("localhost:22"), tcp("localhost:22"));
        assert_eq!(Place::parse("tcp://[::1]:22"), tcp("[::1]:22"));
        assert_eq!(Place::parse("[fe80::1%eth0]:22"), tcp("[fe80::1%eth0]:22"));
        assert_eq!(Place::parse("udp6://a.example:53"), Ok(Place::Udp(Family::V6, to("a.example:53"))));
        assert_eq!(Place::parse("tcp4://a.example:53"), Ok(Place::Tcp(Family::V4, to("a.example:53"))));
        for unix in ["unix:/run/x.sock", "unix:///run/x.sock"] {
            assert_eq!(Place::parse(unix), Ok(Place::Unix("/run/x.sock".into())));
        }
        assert_eq!(Place::parse("unix:@a:b"), Ok(Place::Unix("@a:b".into())));
    }

    #[test]
    fn a_name_that_is_no_place_says_what_to_write() {
        for (name, words) in [
            ("localhost", "has no port"),
            ("", "has no port"),
            ("tcp:22", "write `tcp://localhost:22`"),
            ("tcp:localhost:80", "write `tcp://localhost:80`"),
            ("udp6:/[::1]:53", "write `udp6://[::1]:53`"),
            (":22", "write `localhost:22`"),
            ("::1:22", "in brackets"),
            ("tcp://localhost:0", "not a port"),
            ("tcp://localhost:+1", "not a port"),
            ("tcp://localhost:80/", "not a port"),
            ("tcp://user@localhost:80", "not the name of a host: it has a `@`"),
            ("tcp://local host:80", "not the name of a host"),
            ("tpc://localhost:80", "did you mean `tcp`?"),
            ("10.0.0.256:80", "four numbers up to 255"),
            ("a..b:80", "empty part"),
            ("10.0.0.1%eth0:80", "only IPv6"),
            ("sctp://localhost:80", "one of `tcp`"),
            ("https://localhost:443", "the kind `http`"),
            ("tls://localhost:443", "the kind `certificate`"),
            ("unix:run/x.sock", "absolute path"),
            ("unix:@", "absolute path"),
        ] {
            let error = Place::parse(name).unwrap_err();
            assert!(error.contains(words), "{name}: {error}");
        }
        assert!(Place::parse(&format!("unix:/{}", "x".repeat(107))).is_err());
    }
}
