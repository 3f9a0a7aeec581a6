use super::*;
use crate::host::TreeFiles;
use std::sync::Arc;
use time::OffsetDateTime;

fn tree(text: &str) -> Host {
    Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH)
}

const HOSTS: &str = "-- /etc/hosts\n127.0.0.1 localhost\n192.0.2.7 db.example.com db\n2001:db8::7 db\n";

fn texts(addresses: Vec<IpAddr>) -> Vec<String> {
    addresses.iter().map(IpAddr::to_string).collect()
}

#[test]
fn names_in_files_need_no_machine_and_others_do() {
    let host = tree(HOSTS);
    assert_eq!(texts(host.resolve("db").unwrap()), ["192.0.2.7", "2001:db8::7"]);
    assert_eq!(texts(host.resolve("DB.").unwrap()), ["192.0.2.7", "2001:db8::7"]);
    let found = host.look_up("db", Family::V6);
    assert_eq!(texts(found.addresses.unwrap()), ["2001:db8::7"]);
    assert_eq!((found.dns, found.elsewhere.as_deref()), (None, Some("/etc/hosts")));
    assert!(matches!(host.resolve("web"), Err(Unreached::Fault(Fault::Unsupported(_)))));
    assert!(host.resolve("db.example.com").is_ok() && host.resolve("example.com").is_err());
}

#[test]
fn an_address_is_its_own_and_localhost_is_this_host() {
    let host = tree("");
    assert_eq!(texts(host.resolve("2001:db8::1").unwrap()), ["2001:db8::1"]);
    assert_eq!(texts(host.resolve("192.0.2.1").unwrap()), ["192.0.2.1"]);
    for name in ["localhost", "LocalHost.", "a.b.localhost"] {
        assert_eq!(texts(host.resolve(name).unwrap()), ["::1", "127.0.0.1"], "{name}");
    }
    assert!(host.resolve("notlocalhost").is_err());
}

#[test]
fn a_name_that_cannot_be_one_is_certainly_none() {
    for name in ["", "a..b", "a b", "b\u{fc}cher"] {
        assert!(matches!(tree("").resolve(name), Err(Unreached::Refused(_))), "{name}");
    }
}

#[test]
fn a_table_that_cannot_be_read_leaves_names_open() {
    for broken in ["-- /etc/hosts denied\n", "-- /etc/nsswitch.conf denied\n"] {
        assert!(matches!(tree(broken).resolve("db"), Err(Unreached::Fault(Fault::Denied(_)))), "{broken}");
    }
}

#[test]
fn the_machines_own_tables_are_read_as_the_c_library_reads_them() {
    let host = Host::local().until(Instant::now() + Duration::from_secs(5));
    let names = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names = names.lines().filter_map(|l| l.split('#').next()).flat_map(|l| l.split_whitespace().skip(1));
    for name in names.chain(["localhost", "127.0.0.1", "::1"]) {
        let getent = std::process::Command::new("getent").args(["ahosts", name]).output();
        let Ok(getent) = getent else { return };
        let mut theirs: Vec<_> = String::from_utf8(getent.stdout)
            .unwrap()
            .lines()
            .filter_map(|l| Some(l.split_whitespace().next()?.to_owned()))
            .collect();
        theirs.sort_unstable();
        theirs.dedup();
        let mut ours = texts(host.resolve(name).unwrap_or_default());
        ours.sort_unstable();
        assert_eq!(ours, theirs, "{name}");
    }
}
