//! The services that s6-rc has compiled, and which of them are up: s6-rc-compile, s6-rc-init.

use crate::host::Host;
use crate::value::Fault;

/// Where the database is that s6-rc works with, and beside it what is up.
const LIVE: &str = "/run/s6-rc";
const BEGINS: &[u8] = b"s6rc-db: start\n";
const ENDS: &[u8] = b"\ns6rc-db: end\n";

/// What is up by name, in the order of the database.
#[derive(Debug, PartialEq, Eq)]
pub struct Database(Vec<(String, bool)>);

impl Database {
    /// `None` where s6-rc does not run.
    pub fn read(host: &Host) -> Result<Option<Database>, Fault> {
        let file = |name: &str| host.read(&format!("{LIVE}/{name}"));
        let Some(sizes) = file("compiled/n")? else { return Ok(None) };
        let missing =
            |name: &str| Fault::Malformed(format!("{LIVE}/{name} is missing, though {LIVE}/compiled/n is there"));
        let services = file("compiled/db")?.ok_or_else(|| missing("compiled/db"))?;
        let states = file("state")?.ok_or_else(|| missing("state"))?;
        let malformed = || Fault::Malformed(format!("{LIVE}/compiled/db is not a database of s6-rc, or is cut short"));
        let names = names(&sizes, &services).ok_or_else(malformed)?;
        if states.len() < names.len() {
            return Err(Fault::Malformed(format!(
                "{LIVE}/state is cut short: it is about fewer services than there are"
            )));
        }
        Ok(Some(Database(names.into_iter().zip(states.iter().map(|state| state & 1 != 0)).collect())))
    }

    /// Whether the service of this name is up; `None` if it has not been compiled.
    pub fn is_up(&self, name: &str) -> Option<bool> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, is_up)| *is_up)
    }
}

/// The names of the services: `n` has six sizes, `db` the strings, the needs, the producers and the services.
fn names(sizes: &[u8], services: &[u8]) -> Option<Vec<String>> {
    let mut sizes = Reader(sizes);
    let (short, long, strings) = (sizes.number()?, sizes.number()?, sizes.number()?);
    let (_, needs, producers) = (sizes.number()?, sizes.number()?, sizes.number()?);
    if !sizes.0.is_empty() {
        return None;
    }
    let mut rest = Reader(services.strip_prefix(BEGINS)?.strip_suffix(ENDS)?);
    let strings = rest.take(strings)?;
    rest.take(needs.checked_mul(8)?)?;
    rest.take(producers.checked_mul(4)?)?;
    let mut names = Vec::new();
    for at in 0..long.checked_add(short)? {
        let name = strings.get(rest.number()?..)?.split(|byte| *byte == 0).next()?;
        names.push(String::from_utf8_lossy(name).into_owned());
        // Flags, time limits and needs; then its pipeline, or three command lines of what ends.
        let numbers = if at < long { 7 + 3 } else { 7 + 6 };
        rest.take(numbers * 4)?;
        (rest.take(1)? == [0o376]).then_some(())?;
    }
    rest.0.is_empty().then_some(names)
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.first_chunk::<4>()?;
        usize::try_from(u32::from_be_bytes(*bytes)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
    }

    /// A daemon that needs a mount: as s6rc_db_read.c reads it.
    fn compiled() -> (Vec<u8>, Vec<u8>) {
        let parts = [
            BEGINS.to_vec(),
            b"web\0mount\0".to_vec(),
            numbers(&[1, 0]),
            numbers(&[0, 0, 0, 0, 0, 1, 0, 0, u32::MAX, 0, 0]),
            vec![0o376],
            numbers(&[4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            vec![0o376],
            ENDS.to_vec(),
        ];
        (numbers(&[1, 1, 10, 3, 1, 0]), parts.concat())
    }

    #[test]
    fn services_are_named_in_the_order_of_their_states() {
        let (sizes, services) = compiled();
        assert_eq!(names(&sizes, &services).unwrap(), ["web", "mount"]);
    }

    #[test]
    fn a_database_that_is_cut_short_has_no_names() {
        let (sizes, services) = compiled();
        for end in 0..services.len() {
            assert_eq!(names(&sizes, &services[..end]), None, "{end}");
        }
        for end in 0..sizes.len() {
            assert_eq!(names(&sizes[..end], &services), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(sizes: [u32; 6], bytes: Vec<u8>) {
            let _ = names(&numbers(&sizes), &[BEGINS, &bytes, ENDS].concat());
        }
    }
}
