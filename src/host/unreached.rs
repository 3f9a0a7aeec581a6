//! Why nobody was reached, told apart by what it says of the other end.

use crate::quantity;
use crate::value::Fault;
use rustix::io::Errno;
use std::fmt;
use std::time::Duration;

/// Why no connection came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreached {
    /// Certainty: refused, no such name.
    Refused(String),
    /// From this host no way leads there, which says nothing of the other end.
    NoRoute(String),
    /// What was asked, and for how long nothing came back.
    Silent(String, Duration),
    /// It could not be tried.
    Fault(Fault),
}

impl Unreached {
    /// For a kind that asks whether somebody answers: why nobody does, unless that could not be tried.
    pub fn absence(self) -> Result<String, Fault> {
        match self {
            Unreached::Refused(why) | Unreached::NoRoute(why) => Ok(why),
            Unreached::Silent(what, waited) => Ok(format!("{what}: no answer in {}", quantity::waited(waited))),
            Unreached::Fault(fault) => Err(fault),
        }
    }
}

/// For a kind that reads what a connection yields: who refuses it has been observed and has nothing to read.
impl From<Unreached> for Fault {
    fn from(why: Unreached) -> Fault {
        match why {
            Unreached::Refused(why) => Fault::Unfit(why),
            Unreached::NoRoute(why) => Fault::Failed(why),
            Unreached::Silent(what, waited) => Fault::TimedOut(what, waited),
            Unreached::Fault(fault) => fault,
        }
    }
}

/// What an error of connect(2), send(2) or recv(2) says of the other end.
pub(super) fn lost(to: impl fmt::Display, error: Errno) -> Unreached {
    match error {
        Errno::CONNREFUSED => Unreached::Refused(format!("{to}: connection refused")),
        Errno::CONNRESET | Errno::PIPE => Unreached::Refused(format!("{to}: connection reset")),
        Errno::HOSTUNREACH | Errno::HOSTDOWN => Unreached::NoRoute(format!("{to}: no route to host")),
        Errno::NETUNREACH => Unreached::NoRoute(format!("{to}: network unreachable")),
        Errno::NETDOWN => Unreached::NoRoute(format!("{to}: network down")),
        // A firewall of this host's own says so, too: of the other end it says nothing.
        Errno::PERM | Errno::ACCESS => Unreached::Fault(Fault::Denied(format!(
            "{to}: this host does not permit it: a firewall, a route that prohibits it, or a sandbox"
        ))),
        other => Unreached::Fault(Fault::from_io(to, &other.into())),
    }
}
