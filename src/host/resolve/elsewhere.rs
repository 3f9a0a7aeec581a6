//! Names that only the C library's modules know: asked of getent(1).

use super::Family;
use crate::host::Host;
use crate::host::directory;
use crate::host::exec::Job;
use crate::host::unreached::Unreached;
use crate::value::Fault;
use std::net::IpAddr;

/// What getent(1) says where there is no such name.
const NOT_FOUND: i32 = 2;

/// The addresses that `sources` know; none if there is no such name.
pub(super) fn ask(host: &Host, name: &str, family: Family, sources: &[&str]) -> Result<Vec<IpAddr>, Unreached> {
    let sources = sources.join(", ");
    let fault = |why: String| {
        Unreached::Fault(Fault::Failed(format!("only getent(1) can ask `{sources}` for `{name}`: {why}")))
    };
    let database = match family {
        Family::Any => "ahosts",
        Family::V4 => "ahostsv4",
        Family::V6 => "ahostsv6",
    };
    // A name is no option, and not every getent knows `--`.
    let end = name.starts_with('-').then_some("--");
    let argv = ["getent", database].into_iter().chain(end).chain([name]).map(str::to_owned).collect();
    let machine = host.machine().map_err(Unreached::Fault)?;
    let finished = machine.run(&Job { argv, ..Job::default() }, host.deadline()).map_err(|why| match why {
        Fault::TimedOut(_, waited) => Unreached::Silent(format!("getent(1) asking `{sources}` for `{name}`"), waited),
        other => fault(other.to_string()),
    })?;
    match finished.status {
        0 => Ok(parse(&finished.stdout.text)),
        NOT_FOUND => {
            // The C library says the same where a daemon is down.
            directory::daemons_answer(&sources.split(", ").map(str::to_owned).collect::<Vec<_>>())
                .map_err(Unreached::Fault)?;
            match sources.split(", ").find(|source| !knows_all(source)) {
                Some(source) => Err(fault(format!("it finds none, and does not tell whether `{source}` could answer"))),
                None => Ok(vec![]),
            }
        }
        other => Err(fault(format!("it ended with status {other}"))),
    }
}

/// Whether a source that is there has nobody else to ask, or, as mDNS, knows no failure but silence.
fn knows_all(source: &str) -> bool {
    ["files", "mymachines", "myhostname", "sss"].contains(&source) || source.starts_with("mdns")
}

/// One line a socket type: `192.0.2.1  STREAM web1`.
fn parse(text: &str) -> Vec<IpAddr> {
    let mut all = Vec::new();
    for line in text.lines() {
        let address = line.split_whitespace().next().and_then(|word| word.split('%').next()?.parse().ok());
        if let Some(address) = address.filter(|a| !all.contains(a)) {
            all.push(address);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_counts_once() {
        let text =
            "::1             STREAM localhost\n::1             DGRAM  \n127.0.0.1       STREAM \nfe80::1%eth0 RAW\n";
        let all: Vec<_> = parse(text).iter().map(IpAddr::to_string).collect();
        assert_eq!(all, ["::1", "127.0.0.1", "fe80::1"]);
        assert!(parse("\n  \nwhat is this\n").is_empty());
    }
}
