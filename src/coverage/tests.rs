//! Specs against lists of things.

use super::*;
use crate::load::load_text;
use crate::syntax::Format;

fn claims(spec: &str) -> Vec<Claim> {
    match load_text("x.toml", spec.to_owned(), Format::Toml) {
        Ok(spec) => spec.claims,
        Err(rejected) => panic!("{}", rejected.sources.render(&rejected.wrong, false)),
    }
}

fn missing(spec: &str, kind: &str, things: &[Thing]) -> Vec<String> {
    let listed = Ok(Known { all: things.to_vec(), more: None });
    let coverage = coverage(&claims(spec), vec![(Kind::find(kind).unwrap(), listed)]);
    let [one] = &coverage.kinds[..] else { panic!("one kind") };
    assert_eq!(one.ratio, Ratio { part: things.len() - one.missing.len(), all: things.len() });
    one.missing.iter().map(|thing| thing.name.clone()).collect()
}

fn things(names: &[&str]) -> Vec<Thing> {
    names.iter().map(|name| Thing::new(*name, "")).collect()
}

#[test]
fn an_entry_for_a_thing_covers_it_whatever_it_says() {
    let spec = "[user.root]\nuid = 0\n[user.ann]\nexists = false\n[user.bob]\nskip = \"later\"\n[user.db]\nusername = \"postgres\"\n\
                [group.carl]\n";
    assert_eq!(
        missing(spec, "user", &things(&["root", "ann", "bob", "carl", "postgres", "db"])),
        ["bob", "carl", "db"]
    );
}

#[test]
fn any_name_of_a_thing_will_do() {
    let ssh = Thing { aliases: vec!["sshd.service".into()], ..Thing::new("ssh", "") };
    for (entry, expected) in [("ssh", 0), ("ssh.service", 0), ("sshd", 0), ("ssh.socket", 1), ("ssh@", 1)] {
        assert_eq!(
            missing(&format!("[service.\"{entry}\"]\n"), "service", std::slice::from_ref(&ssh)).len(),
            expected,
            "{entry}"
        );
    }
    let libc = Thing { aliases: vec!["libc6:amd64".into()], ..Thing::new("libc6", "") };
    for (entry, expected) in [("libc6", 0), ("libc6:amd64", 0), ("libc*", 0), ("libc6:i386", 1), ("libc6-dev", 1)] {
        assert_eq!(
            missing(&format!("[package.\"{entry}\"]\n"), "package", std::slice::from_ref(&libc)).len(),
            expected,
            "{entry}"
        );
    }
}

#[test]
fn a_port_of_both_families_is_covered_by_entries_for_both() {
    let both = Thing { parts: vec!["tcp4:80".into(), "tcp6:80".into()], ..Thing::new("tcp:80", "") };
    for (entries, expected) in [
        (&["80"][..], None),
        (&["tcp:80"], None),
        (&["tcp4:80"], Some("tcp6:80")),
        (&["tcp6:80"], Some("tcp4:80")),
        (&["tcp4:80", "tcp6:80"], None),
        (&["udp:80"], Some("tcp:80")),
        (&["tcp:81"], Some("tcp:80")),
    ] {
        let spec: String = entries.iter().map(|entry| format!("[port.\"{entry}\"]\n")).collect();
        assert_eq!(
            missing(&spec, "port", std::slice::from_ref(&both)).first().map(String::as_str),
            expected,
            "{entries:?}"
        );
    }
}

#[test]
fn what_a_skipped_entry_is_for_is_missing_and_gets_no_second_one() {
    let ssh = Thing { aliases: vec!["sshd.service".into()], ..Thing::new("ssh", "") };
    let both = Thing { parts: vec!["tcp4:80".into(), "tcp6:80".into()], ..Thing::new("tcp:80", "") };
    let names = |things: &[Thing]| things.iter().map(|thing| thing.name.clone()).collect::<Vec<_>>();
    let none: [&str; 0] = [];
    for (kind, thing, entries, missing, free, held) in [
        ("service", &ssh, "[service.sshd]\nskip = \"later\"\n", &["ssh"][..], &none[..], &["ssh"][..]),
        ("service", &ssh, "[service.sshd]\nskip = \"later\"\n[service.ssh]\n", &[], &[], &[]),
        ("port", &both, "[port.80]\nskip = \"later\"\n", &["tcp:80"], &[], &["tcp:80"]),
        ("port", &both, "[port.\"tcp4:80\"]\nskip = \"later\"\n", &["tcp:80"], &["tcp6:80"], &[]),
        ("port", &both, "[port.\"tcp4:80\"]\nskip = \"later\"\n[port.\"tcp6:80\"]\n", &["tcp4:80"], &[], &["tcp4:80"]),
        ("port", &both, "", &["tcp:80"], &["tcp:80"], &[]),
    ] {
        let listed = Ok(Known { all: vec![thing.clone()], more: None });
        let claims = if entries.is_empty() { vec![] } else { claims(entries) };
        let coverage = coverage(&claims, vec![(Kind::find(kind).unwrap(), listed)]);
        let [one] = &coverage.kinds[..] else { panic!("one kind") };
        assert_eq!(names(&one.missing), missing, "{entries}");
        assert_eq!(names(&one.free), free, "{entries}");
        assert_eq!(names(&one.held), held, "{entries}");
    }
}

#[test]
fn what_could_not_be_listed_is_never_covered() {
    let fault = || Fault::Denied("no".into());
    let user = Kind::find("user").unwrap();
    let of = |listed| coverage(&claims("[user.root]\n"), vec![(user, listed)]);
    let whole = of(Ok(Known { all: things(&["root"]), more: None }));
    assert!(whole.reaches(100) && whole.is_known());
    let partial = of(Ok(Known { all: things(&["root"]), more: Some(fault()) }));
    assert!(!partial.reaches(0) && !partial.is_known());
    assert!(!of(Err(fault())).reaches(0));
    assert!(of(Ok(Known { all: vec![], more: None })).reaches(100), "of nothing all is covered");
}

#[test]
fn an_entry_speaks_of_a_thing_that_is_called_otherwise() {
    for (kind, entry, thing, expected) in [
        ("port", "80", "tcp:80", true),
        ("port", "80", "tcp6:80", true),
        ("port", "tcp:80", "tcp4:80", true),
        ("port", "tcp4:80", "tcp:80", false),
        ("port", "tcp4:80", "tcp6:80", false),
        ("port", "080", "80", true),
        ("port", "udp:80", "tcp:80", false),
        ("port", "unix:/run/x.sock", "unix:/run//x.sock", true),
        ("port", "unix:@x", "unix:@x", true),
        ("port", "unix:@x", "unix:/x", false),
        ("port", "unix:/run/80", "80", false),
        ("port", "nonsense", "tcp:80", false),
        ("service", "ssh", "ssh.service", true),
        ("service", "ssh.socket", "ssh", false),
        ("service", "getty@tty1", "getty@tty1.service", true),
        ("service", "getty@", "getty@tty1", false),
        ("package", "libc6", "libc6:amd64", true),
        ("package", "libc6:amd64", "libc6", false),
        ("package", "libc6:amd64", "libc6:amd64", true),
        ("package", "libc[0-9]*", "libc6:i386", true),
        ("package", "libc*:amd64", "libc6:i386", false),
        ("package", "lib", "libc6", false),
        ("package", "libc*", "libc*", true),
        ("file", "/etc/x/", "/etc//x", true),
        ("file", "~root/x", "~root/x", true),
        ("file", "/etc/X", "/etc/x", false),
        ("certificate", "/etc/ssl//a.pem", "/etc/ssl/a.pem", true),
        ("certificate", "tls://example.org:443", "tls://example.org:443", true),
        ("certificate", "tls://example.org:443", "tls://example.org:444", false),
        ("mount", "/srv/", "/srv", true),
        ("mount", "/", "/srv", false),
        ("disk", "/srv//data", "/srv/data/", true),
        ("user", "root", "root", true),
        ("user", "Root", "root", false),
        ("group", "adm", "adm", true),
        ("command", "id -u", "id -u", true),
        ("command", "id  -u", "id -u", false),
        ("kernel-param", "net/ipv4/ip_forward", "net.ipv4.ip_forward", true),
        ("kernel-module", "dm-crypt", "dm_crypt", true),
    ] {
        let kind = Kind::find(kind).unwrap();
        assert_eq!(kind.speaks_of(entry, thing), expected, "{}: {entry} of {thing}", kind.name);
        let mut names = Names::new(kind);
        names.insert(entry);
        assert_eq!(names.speak_of(thing), expected, "{}: {entry} of {thing}", kind.name);
    }
}

/// What a host may be called that wants to drive a terminal.
fn hostile() -> Coverage {
    let user = Kind::find("user").unwrap();
    let name = "a\u{1b}[31m\n\u{202e}b";
    let listed = Known { all: vec![Thing::new(name, name)], more: Some(Fault::Denied(name.into())) };
    coverage(&[], vec![(user, Ok(listed))])
}

#[test]
fn nothing_that_a_host_says_drives_a_terminal() {
    let coverage = hostile();
    for text in [page(&coverage, false), String::from_utf8(json(&coverage).unwrap()).unwrap()] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    assert_eq!(page(&coverage, false).lines().count(), 5, "no name makes a line");
    assert!(page(&coverage, true).contains('\u{1b}'));
}

#[test]
fn what_is_written_as_json_is_what_the_schema_says() {
    let validator = jsonschema::draft202012::new(&json::schema()).unwrap();
    let whole = coverage(&[], vec![(Kind::find("user").unwrap(), Ok(Known { all: things(&["a"]), more: None }))]);
    for coverage in [hostile(), whole, Coverage { kinds: vec![] }] {
        let document: serde_json::Value = serde_json::from_slice(&json(&coverage).unwrap()).unwrap();
        let wrong: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{wrong:?}\n{document}");
    }
    assert!(jsonschema::meta::is_valid(&json::schema()));
}

#[test]
fn every_kind_that_is_counted_is_listed_and_none_hangs() {
    let listed = list(&Host::local(), Duration::from_secs(30));
    let names: Vec<_> = listed.iter().map(|(kind, _)| kind.name).collect();
    assert_eq!(names, ["package", "service", "port", "user", "certificate", "mount"]);
}
