use super::*;
use crate::host::TreeFiles;
use crate::host::packages::Selector;
use proptest::prelude::*;
use std::sync::Arc;
use time::OffsetDateTime;

/// One stanza as dpkg 1.21 writes it.
fn stanza(name: &str, status: &str, version: &str, architecture: &str) -> String {
    format!(
        "Package: {name}\nStatus: {status}\nPriority: optional\nSection: web\nInstalled-Size: 1310\n\
         Maintainer: Debian Nginx Maintainers <pkg-nginx-maintainers@alioth-lists.debian.net>\n\
         Architecture: {architecture}\nVersion: {version}\nReplaces: nginx-full (<< 1.22.1-7)\n\
         Conffiles:\n /etc/default/{name} e86b0ee3e2b5f1c6ab1d0e5f4b30a3b9\n /etc/{name}.conf newconffile\n\
         Description: small, powerful, scalable web/proxy server\n Nginx (\"engine X\") is a high-performance web\n .\n \
         Status: this is prose\nHomepage: https://nginx.org\n\n"
    )
}

fn names(packages: &[Package]) -> Vec<String> {
    packages.iter().map(|p| format!("{}:{} {}", p.name, p.architecture, p.version)).collect()
}

/// In pieces that end where they like, which must not matter.
fn played(status: &[u8], journal: &[(String, Vec<u8>)]) -> Result<Database, Fault> {
    let read = |size: usize| {
        let mut reader = Reader::new();
        status.chunks(size).for_each(|piece| reader.feed(piece));
        installed(reader, journal)
    };
    let whole = read(usize::MAX);
    for size in [1, 7, 64] {
        assert_eq!(read(size), whole, "pieces of {size}");
    }
    whole
}

fn read_names(status: &str) -> Result<Vec<String>, Fault> {
    played(status.as_bytes(), &[]).map(|p| names(&p.installed))
}

fn host(tree: &str) -> Host {
    Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH)
}

#[test]
fn only_what_is_wholly_installed_counts() {
    for (status, want) in [
        ("install ok installed", true),
        ("hold ok installed", true),
        // Chosen for removal, and still there.
        ("deinstall ok installed", true),
        ("install reinstreq installed", false),
        ("install reinstreq half-installed", false),
        ("install ok unpacked", false),
        ("install ok half-configured", false),
        ("install ok triggers-awaited", false),
        ("install ok triggers-pending", false),
        ("deinstall ok config-files", false),
        ("purge ok not-installed", false),
    ] {
        let found = read_names(&stanza("nginx", status, "1.22.1-9", "amd64")).unwrap();
        assert_eq!(!found.is_empty(), want, "{status}");
    }
    let held = played(stanza("nginx", "hold ok installed", "1.22.1-9", "amd64").as_bytes(), &[]).unwrap().installed;
    assert_eq!(held[0].held, Ok(true));
}

#[test]
fn a_package_never_installed_needs_no_version_and_no_architecture() {
    let status = stanza("a", "install ok installed", "1", "all")
        + "Package: xmail\nStatus: unknown ok not-installed\nPriority: optional\nSection: mail\n\n";
    assert_eq!(read_names(&status).unwrap(), ["a:all 1"]);
}

#[test]
fn a_damaged_database_is_a_fault_and_says_where() {
    let good = stanza("a", "install ok installed", "1", "amd64");
    let lines = good.lines().count() + 1;
    for (bad, why) in [
        ("\n\n".into(), "it has no package in it".into()),
        ("garbage\n\n".into(), "line 1: `garbage` is no field".into()),
        (format!("{good}Package: b\nfoo\n\n"), format!("line {}: `foo` is no field", lines + 1)),
        (format!("{good} continued\n\n"), format!("line {lines}: ` continued` is no field")),
        (format!("{good}{good}"), "`a:amd64` stands there twice".into()),
        (format!("{good}Package: b\nVersion: 1\n\n"), format!("line {}: `b` has no `Status`", lines + 2)),
        (format!("{good}Version: 1\n\n"), format!("line {}: the stanza above names no `Package`", lines + 1)),
        (
            format!("{good}Package: b\nStatus: install ok installed\n\n"),
            format!("line {}: `b` is installed but has no `Version`", lines + 2),
        ),
        (
            format!("{good}Package: b\nStatus: install ok instaled\n\n"),
            format!("line {}: `install ok instaled` is no status of a package", lines + 1),
        ),
        (
            format!("{good}Package: b\nPackage: c\n\n"),
            format!("line {}: `Package` stands twice in one stanza", lines + 1),
        ),
        (format!("{good}Package: b\0\n\n"), "it has NUL bytes in it".into()),
        (format!("{good}Package:\n\n"), format!("line {lines}: `Package` is empty")),
        (good.trim_end().into(), "cut short: it does not end with a blank line".into()),
    ] {
        let fault = played(bad.as_bytes(), &[]).unwrap_err();
        assert_eq!(fault, Fault::Malformed(format!("{STATUS}: {why}")), "{bad}");
    }
    let latin = [good.as_bytes(), b"Package: caf\xe9\nStatus: install ok installed\nVersion: 1\n\n"].concat();
    assert!(played(&latin, &[]).is_err());
    let latin = [b"Maintainer: Ren\xe9\n", good.as_bytes()].concat();
    assert!(played(&latin, &[]).is_ok());
}

#[test]
fn the_journal_replaces_what_the_status_file_says() {
    let status = stanza("a", "install ok installed", "1", "amd64") + &stanza("b", "install ok installed", "1", "amd64");
    let journal = |entries: &[String]| {
        let files: Vec<_> =
            entries.iter().map(|e| (format!("{JOURNAL}/0000"), e.trim_end().as_bytes().to_vec())).collect();
        let files: Vec<_> = files.into_iter().map(|(p, b)| (p, [b, b"\n".to_vec()].concat())).collect();
        played(status.as_bytes(), &files).map(|p| names(&p.installed))
    };
    assert_eq!(
        journal(&[
            stanza("b", "install ok half-configured", "2", "amd64"),
            stanza("c", "install ok installed", "3", "all")
        ]),
        Ok(vec!["a:amd64 1".into(), "c:all 3".into()])
    );
    assert_eq!(
        journal(&[
            stanza("b", "install ok half-configured", "2", "amd64"),
            stanza("b", "install ok installed", "2", "amd64")
        ]),
        Ok(vec!["a:amd64 1".into(), "b:amd64 2".into()])
    );
    assert_eq!(journal(&["Package: b\nStatus: purge ok not-installed\n".into()]), Ok(vec!["a:amd64 1".into()]));
    assert!(journal(&["Package: b\n".into()]).is_err());
    assert!(journal(&[String::new()]).is_err());
}

#[test]
fn the_journal_is_read_from_its_files_in_order() {
    let with = |extra: &str| {
        let status = stanza("a", "install ok installed", "1", "amd64");
        host(&format!("-- {STATUS}\n{status}{extra}"))
    };
    let entry = |number: &str, version: &str| {
        let stanza = stanza("a", "install ok installed", version, "amd64");
        format!("-- {JOURNAL}/{number}\n{}\n", stanza.trim_end())
    };
    let versions = |host: Host| {
        let found: Vec<_> = read(&host).unwrap().unwrap().installed.iter().map(|p| p.version.to_string()).collect();
        found
    };
    assert_eq!(
        versions(with(&(entry("0009", "3") + &entry("0010", "4") + "-- /var/lib/dpkg/updates/tmp.i\nx\n"))),
        ["4"]
    );
    assert_eq!(versions(with("-- /var/lib/dpkg/updates/\n")), ["1"]);
    assert!(matches!(read(&with("-- /var/lib/dpkg/updates/ denied\n")), Err(Fault::Denied(_))));
    assert!(matches!(read(&with("-- /var/lib/dpkg/updates/0001 denied\n")), Err(Fault::Denied(_))));
    assert!(matches!(read(&with("-- /var/lib/dpkg/updates/0001\n")), Err(Fault::Malformed(_))));
}

#[test]
fn a_database_that_may_not_be_read_or_was_lost_is_not_an_empty_one() {
    assert!(matches!(read(&host(&format!("-- {STATUS} denied\n"))), Err(Fault::Denied(_))));
    assert_eq!(read(&host(&format!("-- {STATUS}\n"))), Ok(None));
    assert_eq!(read(&host("-- /etc/hostname\nx\n")), Ok(None));
    for lost in [format!("-- {STATUS}\n-- {INFO}/bash.list\n/.\n"), format!("-- {INFO}/bash.list\n/.\n")] {
        assert!(matches!(read(&host(&lost)), Err(Fault::Malformed(_))));
    }
}

fn state() -> impl Strategy<Value = String> {
    (0..WANTS.len(), 0..STATES.len()).prop_map(|(w, s)| format!("{} ok {}", WANTS[w], STATES[s]))
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = played(&bytes, &[]);
    }

    #[test]
    fn any_lines_are_read_without_a_panic(text in "((Package|Status|Version| )?(: ?)?[a-z ]{0,20}\n){0,12}") {
        let _ = played((text + "\n").as_bytes(), &[]);
    }

    #[test]
    fn a_cut_database_is_a_fault_unless_cut_between_stanzas(states in prop::collection::vec(state(), 1..5), cut in any::<prop::sample::Index>()) {
        let stanzas: Vec<_> = states.iter().enumerate().map(|(i, s)| stanza(&format!("p{i}"), s, "1:2-3", "amd64")).collect();
        let whole = stanzas.concat();
        let at = cut.index(whole.len());
        let mut between = stanzas.iter().scan(0, |sum, s| { *sum += s.len(); Some(*sum) });
        match played(&whole.as_bytes()[..at], &[]) {
            Ok(_) => prop_assert!(between.any(|b| b == at), "cut at {at}"),
            Err(fault) => prop_assert_eq!(fault.code(), "malformed"),
        }
    }
}

/// dpkg-query is the oracle: every package of this machine, and in the same words.
#[test]
fn this_machine_has_what_dpkg_query_says() {
    let format = "${Package}\t${Architecture}\t${Version}\t${db:Status-Abbrev}\n";
    let Ok(output) = std::process::Command::new("dpkg-query").args(["-W", "-f", format]).output() else {
        eprintln!("skipped: this machine has no dpkg-query");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let mut expected: Vec<_> = text
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|fields| fields[3].as_bytes()[1..] == *b"i ")
        .map(|fields| (format!("{}:{} {}", fields[0], fields[1], fields[2]), fields[3].starts_with('h')))
        .collect();
    let host = Host::local();
    let Some(Database { installed: packages, .. }) = read(&host).unwrap() else {
        assert!(expected.is_empty());
        return;
    };
    let mut found: Vec<_> = names(&packages).into_iter().zip(packages.iter().map(|p| p.held == Ok(true))).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    for package in &packages {
        let selector = Selector::parse(&format!("{}:{}", package.name, package.architecture)).unwrap();
        assert_eq!(host.packages().unwrap().find(&host, &selector).unwrap(), [package]);
    }
}

/// `cargo test --release -- --ignored --nocapture how_long_the_status`
#[test]
#[ignore = "a measurement"]
fn how_long_the_status_file_of_this_machine_takes() {
    let bytes = std::fs::read(STATUS).unwrap();
    let mut times: Vec<_> = (0..200)
        .map(|_| {
            let start = std::time::Instant::now();
            std::hint::black_box(played(std::hint::black_box(&bytes), &[]).unwrap());
            start.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("{} bytes: median {:?}, best {:?}", bytes.len(), times[100], times[0]);
}
