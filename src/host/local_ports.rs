//! Ports that the kernel gives to sockets that ask for none: ip_local_port_range of its ip-sysctl, ip(7).

use super::Host;
use crate::value::Fault;
use std::ops::RangeInclusive;

/// Where it takes them from.
const RANGE: &str = "/proc/sys/net/ipv4/ip_local_port_range";
/// Ports of that range that no socket gets so.
const RESERVED: &str = "/proc/sys/net/ipv4/ip_local_reserved_ports";
/// The kernel's own default.
const DEFAULT: RangeInclusive<u16> = 32_768..=60_999;
/// Processes whose command lines are looked at, and arguments of each.
const MOST: usize = 16;
const ARGUMENTS: usize = 256;

pub struct LocalPorts {
    range: RangeInclusive<u16>,
    reserved: Vec<RangeInclusive<u16>>,
}

pub(super) fn load(host: &Host) -> Result<LocalPorts, Fault> {
    let malformed = |path: &str| Fault::Malformed(format!("{path}: these are no ports"));
    let range = match host.text(RANGE)? {
        Some(text) => range(&text).ok_or_else(|| malformed(RANGE))?,
        None => DEFAULT,
    };
    let reserved = host.text(RESERVED)?.unwrap_or_default();
    let reserved = ranges(&reserved).ok_or_else(|| malformed(RESERVED))?;
    Ok(LocalPorts { range, reserved })
}

impl Host {
    /// The range that the kernel may have drawn the port of a socket from which these processes hold; `None` where it
    /// cannot have, or where the command line of one of them has the number.
    pub fn drawn(&self, port: u16, pids: &[u32]) -> Result<Option<&RangeInclusive<u16>>, Fault> {
        let ports = self.local_ports()?;
        let may_be = ports.range.contains(&port) && !ports.reserved.iter().any(|range| range.contains(&port));
        let asked_for = || pids.iter().take(MOST).any(|pid| names(&arguments(self, *pid), port));
        Ok((may_be && !asked_for()).then_some(&ports.range))
    }
}

/// Of a process whose command line may not be seen, none.
fn arguments(host: &Host, pid: u32) -> Vec<String> {
    let process = host.process(pid).ok().flatten();
    process.and_then(|process| process.arguments(host).ok().flatten()).unwrap_or_default()
}

/// Whether a command line has the number of the port.
fn names(arguments: &[String], port: u16) -> bool {
    let has = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|word| word.parse() == Ok(port));
    arguments.iter().take(ARGUMENTS).any(|argument| has(argument))
}

/// Two numbers with white space between them: `32768 60999`.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let mut words = text.split_ascii_whitespace().map(|word| word.parse().ok());
    let range = words.next()??..=words.next()??;
    (words.next().is_none() && !range.is_empty()).then_some(range)
}

/// `8080,9148-9150`
fn ranges(text: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let parse = |one: &str| {
        let (first, last) = one.split_once('-').unwrap_or((one, one));
        Some(first.parse().ok()?..=last.parse().ok()?).filter(|range| !range.is_empty())
    };
    text.trim().split(',').filter(|one| !one.is_empty()).map(parse).collect()
}

#[cfg(test)]
mod tests {
    use super::super::TreeFiles;
    use super::*;
    use std::sync::Arc;

    fn drawn(tree: &str, port: u16) -> Result<bool, Fault> {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        host.drawn(port, &[7]).map(|range| range.is_some())
    }

    #[test]
    fn ports_are_read_as_the_kernel_writes_them() {
        assert_eq!(range("32768\t60999\n"), Some(32_768..=60_999));
        for wrong in ["", "1", "1 2 3", "1 70000", "a b", "60999 32768"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
        assert_eq!(ranges("\n"), Some(vec![]));
        assert_eq!(ranges("8080,9148-9150\n"), Some(vec![8080..=8080, 9148..=9150]));
        for wrong in ["8080-", "9-8", "x", "1-2-3"] {
            assert_eq!(ranges(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_a_port_of_the_range_that_nobody_keeps_free_is_drawn() {
        let reserved = format!("-- {RESERVED}\n8080,50000-50001\n");
        for (tree, port, is) in [
            ("", 32_767, false),
            ("", 32_768, true),
            ("", 60_999, true),
            ("", 61_000, false),
            (&*reserved, 50_001, false),
        ] {
            assert_eq!(drawn(tree, port), Ok(is), "{port}");
        }
        let range = format!("-- {RANGE}\n1024\t2000\n");
        assert_eq!((drawn(&range, 1500), drawn(&range, 40_000)), (Ok(true), Ok(false)));
    }

    #[test]
    fn a_range_that_cannot_be_read_is_not_the_usual_one() {
        for path in [RANGE, RESERVED] {
            assert!(matches!(drawn(&format!("-- {path}\nx y\n"), 80), Err(Fault::Malformed(_))), "{path}");
            assert!(matches!(drawn(&format!("-- {path} denied\n"), 80), Err(Fault::Denied(_))), "{path}");
        }
    }

    #[test]
    fn a_port_on_the_command_line_was_chosen() {
        let stat = "7 (x) S 1 7 7 0 -1 0 0 0 0 0 1 2 0 0 20 0 1 0 1234 50 30 0 1 1 0 0 0 0 0 0 0 0 0 0";
        let tree = format!("-- /proc/7/stat\n{stat}\n-- /proc/7/cmdline\nserve\0--listen=0.0.0.0:50051\n");
        assert_eq!((drawn(&tree, 50_051), drawn(&tree, 50_052)), (Ok(false), Ok(true)));
        let names = |argument: &str| names(&["serve".into(), argument.into()], 50_051);
        assert!(names("--listen=0.0.0.0:50051") && names("50051") && !names("150051") && !names(""));
    }
}
