//! What is said before TLS where a protocol begins in the clear.

use super::unreached::Unreached;
use super::wire::Wire;
use crate::value::Fault;
use std::io::{self, Read, Write};
use std::time::Instant;

mod binary;
mod lines;

crate::choice! {
    /// A protocol that changes to TLS when asked.
    pub enum Protocol {
        Smtp = "smtp",
        Imap = "imap",
        Pop3 = "pop3",
        Ftp = "ftp",
        Ldap = "ldap",
        Postgres = "postgres",
        Mysql = "mysql",
        Xmpp = "xmpp",
        Sieve = "sieve",
        Nntp = "nntp",
    }
}

/// Why a server does not change to TLS.
#[derive(Debug)]
pub(super) enum Refusal {
    /// What was waited for, and what came in its place.
    Cut(&'static str, io::Error),
    /// It speaks the protocol and has no TLS, or not now. What it said, where it gave a reason.
    NotOffered(Option<String>),
    /// It does not speak the protocol: what came, and what was to come.
    Strange { wanted: &'static str, found: String },
}

impl Protocol {
    /// The port that it has where TLS comes later.
    pub fn port(self) -> u16 {
        match self {
            Protocol::Smtp => 25,
            Protocol::Imap => 143,
            Protocol::Pop3 => 110,
            Protocol::Ftp => 21,
            Protocol::Ldap => 389,
            Protocol::Postgres => 5432,
            Protocol::Mysql => 3306,
            Protocol::Xmpp => 5222,
            Protocol::Sieve => 4190,
            Protocol::Nntp => 119,
        }
    }

    /// Brings a fresh connection to where TLS begins. `name` is whom the client looks for.
    pub fn start(self, wire: &mut Wire, name: &str) -> Result<(), Unreached> {
        let (began, word) = (Instant::now(), self.word());
        let whom = wire.peer().map_or_else(|| name.to_owned(), |peer| peer.to_string());
        self.talk(wire, name).map_err(|refusal| match refusal {
            Refusal::Cut(what, error) => match error.kind() {
                io::ErrorKind::TimedOut => Unreached::Silent(format!("{what} of {word} at {whom}"), began.elapsed()),
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                    Unreached::Refused(format!("{whom} hung up before {what} of {word}"))
                }
                _ => Unreached::Fault(Fault::from_io(format!("{what} of {word} at {whom}"), &error)),
            },
            Refusal::NotOffered(None) => Unreached::Refused(format!("{whom} does not offer STARTTLS")),
            Refusal::NotOffered(Some(said)) => {
                Unreached::Refused(format!("{whom} does not offer STARTTLS: it says `{said}`"))
            }
            Refusal::Strange { wanted, found } => {
                Unreached::Refused(format!("{whom} speaks no {word}: expected {wanted}, found `{found}`"))
            }
        })
    }

    pub(super) fn talk(self, wire: &mut (impl Read + Write), name: &str) -> Result<(), Refusal> {
        match self {
            Protocol::Smtp => lines::smtp(wire),
            Protocol::Imap => lines::imap(wire),
            Protocol::Pop3 => lines::pop3(wire),
            Protocol::Ftp => lines::ftp(wire),
            Protocol::Sieve => lines::sieve(wire),
            Protocol::Nntp => lines::nntp(wire),
            Protocol::Xmpp => lines::xmpp(wire, name),
            Protocol::Ldap => binary::ldap(wire),
            Protocol::Postgres => binary::postgres(wire),
            Protocol::Mysql => binary::mysql(wire),
        }
    }
}

fn say(wire: &mut impl Write, bytes: &[u8]) -> Result<(), Refusal> {
    wire.write_all(bytes).and_then(|()| wire.flush()).map_err(|e| Refusal::Cut("the request", e))
}

/// As much of what a server said as belongs into a message.
fn quoted(said: &[u8]) -> String {
    let cut = said.get(..QUOTED).unwrap_or(said);
    format!("{}{}", cut.escape_ascii(), if cut.len() < said.len() { "…" } else { "" })
}

const QUOTED: usize = 60;

#[cfg(test)]
mod tests;
