//! What goss's names mean in the words of the kinds.

use super::Entry;
use super::field::Section;
use crate::go;
use std::borrow::Cow;

/// The records that goss asks a `server` for; any other capitals before a `:` are dropped.
const RECORDS: [&str; 9] = ["A", "AAAA", "PTR", "CNAME", "MX", "NS", "SRV", "TXT", "CAA"];

/// The name that the kind is asked for.
pub fn of<'n>(section: &Section, entry: &Entry, name: &'n str) -> Result<Cow<'n, str>, String> {
    Ok(match section.name {
        "file" if !name.starts_with('~') => Cow::Owned(absolute(name)?),
        "port" => port(name),
        "dns" => {
            let server = entry.get("server").is_some_and(|said| said.value != crate::value::Value::Text(String::new()));
            Cow::Borrowed(record(name, server))
        }
        // goss knows no other dots than those between parts.
        "kernel-param" => Cow::Owned(name.replace('.', "/")),
        _ => Cow::Borrowed(name),
    })
}

/// Go's filepath.Abs: from the folder that the program runs in, without `.` and `..`, which are taken as they are written.
pub fn absolute(path: &str) -> Result<String, String> {
    let from = match path.starts_with('/') {
        true => String::new(),
        false => match std::env::current_dir().map(|folder| folder.into_os_string().into_string()) {
            Ok(Ok(folder)) => folder,
            _ => return Err(format!("`{path}` begins in the folder that the program runs in, which cannot be told")),
        },
    };
    Ok(go::clean(&format!("{from}/{path}")))
}

/// `tcp` and `udp` are goss's words for IPv4.
fn port(name: &str) -> Cow<'_, str> {
    match name.split_once(':') {
        None => Cow::Owned(format!("tcp4:{name}")),
        Some((network @ ("tcp" | "udp"), port)) => Cow::Owned(format!("{network}4:{port}")),
        Some(_) => Cow::Borrowed(name),
    }
}

/// A record's type counts only where a server is asked.
pub fn record(name: &str, server: bool) -> &str {
    match name.split_once(':') {
        Some((kind, _)) if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_uppercase()) => name,
        Some((kind, _)) if server && RECORDS.contains(&kind) => name,
        Some((_, host)) => host,
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_goss_takes_them_for() {
        assert_eq!(absolute("/a//b/../c/./").unwrap(), "/a/c");
        assert_eq!(absolute("/../..").unwrap(), "/");
        assert!(absolute("a").unwrap().ends_with("/a"));
        for (name, means) in [("80", "tcp4:80"), ("udp:53", "udp4:53"), ("tcp6:80", "tcp6:80")] {
            assert_eq!(port(name), means);
        }
        assert_eq!(record("MX:a", true), "MX:a");
        assert_eq!(record("MX:a", false), "a");
        assert_eq!(record("SOA:a", true), "a");
        assert_eq!(record("fe80::1", false), "fe80::1");
        assert_eq!(record("::1", false), "::1");
    }
}
