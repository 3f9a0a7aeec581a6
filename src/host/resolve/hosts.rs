//! hosts(5).

use crate::value::Fault;
use std::collections::HashMap;
use std::net::IpAddr;

/// Names, in lower case, and their addresses in the order of the file. A dot at the end is part of a name, as the C
/// library has it.
#[derive(Default)]
pub struct Hosts(HashMap<String, Vec<IpAddr>>);

impl Hosts {
    pub fn addresses(&self, name: &str) -> Vec<IpAddr> {
        self.0.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default()
    }

    #[cfg(test)]
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// Lines that do not begin with an address, or with one that has a zone, are left out, as the C library does.
pub fn parse(text: &str) -> Result<Hosts, Fault> {
    if text.contains('\0') {
        return Err(Fault::Malformed("/etc/hosts is not text".into()));
    }
    let mut hosts = Hosts::default();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let address = words.next().and_then(|word| word.parse::<IpAddr>().ok());
        let Some(address) = address else { continue };
        for name in words {
            let known = hosts.0.entry(name.to_ascii_lowercase()).or_default();
            if !known.contains(&address) {
                known.push(address);
            }
        }
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(text: &str, name: &str) -> Vec<String> {
        parse(text).unwrap().addresses(name).iter().map(IpAddr::to_string).collect()
    }

    /// As the installer of Debian writes it.
    const DEBIAN: &str = "127.0.0.1\tlocalhost\n127.0.1.1\tweb1.example.com\tweb1\n\n\
        # The following lines are desirable for IPv6 capable hosts\n\
        ::1     localhost ip6-localhost ip6-loopback\nff02::1 ip6-allnodes\nff02::2 ip6-allrouters\n";

    #[test]
    fn a_name_has_the_addresses_of_all_its_lines() {
        assert_eq!(addresses(DEBIAN, "localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(addresses(DEBIAN, "ip6-loopback"), ["::1"]);
        assert_eq!(addresses(DEBIAN, "web1"), ["127.0.1.1"]);
        assert!(addresses(DEBIAN, "web2").is_empty());
    }

    #[test]
    fn case_comments_and_doubles_do_not_matter_and_dots_do() {
        let text = "10.0.0.1 Db.Example.com db # the old one: db2\n10.0.0.1 db\n#10.0.0.9 db\n10.0.0.2 db.\n";
        assert_eq!(addresses(text, "DB"), ["10.0.0.1"]);
        assert_eq!(addresses(text, "db."), ["10.0.0.2"]);
        assert_eq!(addresses(text, "db.example.COM"), ["10.0.0.1"]);
        assert!(addresses(text, "db.example.com.").is_empty());
        assert!(addresses(text, "db2").is_empty());
    }

    #[test]
    fn what_is_no_address_names_nothing() {
        let text = "db 10.0.0.1\n300.0.0.1 db\n10.0.0.1\nfe80::1%eth0 router\n";
        assert!(addresses(text, "db").is_empty() && addresses(text, "10.0.0.1").is_empty());
        assert!(addresses(text, "router").is_empty());
    }

    #[test]
    fn bytes_that_are_no_text_are_no_empty_file() {
        assert!(matches!(parse("127.0.0.1 localhost\n\0\0\0\0"), Err(Fault::Malformed(_))));
    }
}
