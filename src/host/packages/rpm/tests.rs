use super::*;
use crate::host::TreeFiles;
use crate::host::fuzz::Memory;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

fn host(files: &[(&str, &[u8])]) -> Host {
    let files = files.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect::<BTreeMap<_, _>>();
    Host::offline(Arc::new(Memory(files)), time::OffsetDateTime::UNIX_EPOCH)
}

fn listed(host: &Host) -> Result<Vec<String>, Fault> {
    let told = |p: &Package| format!("{} {} {}", p.name, p.version, p.architecture);
    let mut all: Vec<_> = read(host)?.unwrap_or_default().installed.iter().map(told).collect();
    all.sort();
    Ok(all)
}

const SQLITE: (&str, &[u8]) =
    ("/var/lib/rpm/rpmdb.sqlite", include_bytes!("../../../../fuzz/seeds/rpm-sqlite/rpmdb.sqlite"));
const LOG: (&str, &[u8]) =
    ("/var/lib/rpm/rpmdb.sqlite-wal", include_bytes!("../../../../fuzz/seeds/rpm-log/rpmdb.sqlite-wal"));
const NDB: (&str, &[u8]) = ("/var/lib/rpm/Packages.db", include_bytes!("../../../../fuzz/seeds/rpm-ndb/Packages.db"));
const BDB: (&str, &[u8]) = ("/var/lib/rpm/Packages", include_bytes!("../../../../fuzz/seeds/rpm-bdb/Packages"));
const SMALL: [&str; 7] = [
    "bash 5.1.8-6.el9 x86_64",
    "glibc 2.34-100.el9 i686",
    "glibc 2.34-100.el9 x86_64",
    "gpg-pubkey 8483c65d-5ccc5b19 ",
    "kernel-core 5.14.0-427.el9 x86_64",
    "kernel-core 5.14.0-503.el9 x86_64",
    "openssl-libs 1:3.0.7-27.el9 x86_64",
];

#[test]
fn every_form_of_the_database_is_read() {
    for form in [SQLITE, NDB, BDB] {
        assert_eq!(listed(&host(&[form])).unwrap(), SMALL, "{}", form.0);
    }
    assert_eq!(listed(&host(&[])), Ok(vec![]));
    assert_eq!(listed(&host(&[(NDB.0, b"")])), Ok(vec![]), "nothing is in it");
}

/// By the tool's own listings, of databases that were made by rpm itself.
#[test]
fn real_databases_hold_what_rpm_says_is_in_them() {
    let fixtures = std::env::var("VERISPEC_FIXTURES").unwrap_or_else(|_| "../shared/fixtures".into());
    let archive = format!("{fixtures}/rpmdb/databases.tar.xz");
    let folder = tempfile::tempdir().unwrap();
    let unpacked = Command::new("tar").arg("xf").arg(&archive).arg("-C").arg(folder.path()).output();
    if !unpacked.is_ok_and(|ran| ran.status.success()) {
        eprintln!("SKIPPED: real databases of rpm, for want of {archive}; VERISPEC_FIXTURES says where it is");
        return;
    }
    for (form, file) in [("sqlite", "rpmdb.sqlite"), ("ndb", "Packages.db"), ("bdb", "Packages")] {
        let bytes = std::fs::read(folder.path().join(form).join(file)).unwrap();
        let list = std::fs::read_to_string(format!("{fixtures}/rpmdb/{form}.tsv")).unwrap();
        let mut expected: Vec<_> = list.lines().map(|line| line.replace('\t', " ").replace("(none)", "")).collect();
        expected.sort();
        let path = format!("/usr/lib/sysimage/rpm/{file}");
        assert_eq!(listed(&host(&[(&path, &bytes)])).unwrap(), expected, "{form}");
        for size in (0..bytes.len()).step_by(bytes.len() / 23).skip(1) {
            let cut = listed(&host(&[(&path, &bytes[..size])]));
            assert!(matches!(cut, Err(Fault::Malformed(_))), "{form} cut at {size}: {cut:?}");
        }
    }
}

#[test]
fn what_is_committed_to_the_log_is_part_of_the_database() {
    let path = format!("{}/golden/hosts/package-rpm.host", env!("CARGO_MANIFEST_DIR"));
    let tree = TreeFiles::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let with_log = listed(&Host::offline(Arc::new(tree), time::OffsetDateTime::UNIX_EPOCH)).unwrap();
    let mut expected = SMALL.map(str::to_owned).to_vec();
    expected.retain(|package| !package.contains("-427"));
    expected.extend(["basesystem 11-13.el9 noarch".to_owned(), "zsh 5.8-9.el9 x86_64".to_owned()]);
    expected.sort();
    assert_eq!(with_log, expected);
    // Of a log that was not written to its end only whole transactions count.
    let changed = SQLITE;
    let mut seen = std::collections::BTreeSet::new();
    for size in 32..=LOG.1.len() {
        let read = listed(&host(&[changed, (LOG.0, &LOG.1[..size])]));
        seen.insert(read.unwrap().len());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [7, 8, 9]);
    for log in [&LOG.1[..31], &[b"x", &LOG.1[1..]].concat(), &[0; 64]] {
        assert!(matches!(listed(&host(&[changed, (LOG.0, log)])), Err(Fault::Malformed(_))));
    }
}

#[test]
fn a_transaction_that_has_to_be_rolled_back_is_a_fault() {
    let hot = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7, 0, 0];
    let journal = |bytes: &[u8]| listed(&host(&[SQLITE, ("/var/lib/rpm/rpmdb.sqlite-journal", bytes)]));
    assert!(matches!(journal(&hot), Err(Fault::Failed(_))));
    assert!(journal(&[0; 512]).is_ok() && journal(b"").is_ok());
}

#[test]
fn two_databases_are_not_one() {
    let other = ("/usr/lib/sysimage/rpm/Packages.db", NDB.1);
    for files in [[SQLITE, BDB], [SQLITE, other]] {
        assert!(matches!(listed(&host(&files)), Err(Fault::Unsupported(why)) if why.contains("both there")));
    }
}

#[test]
fn a_database_cut_anywhere_is_a_fault() {
    for (path, bytes) in [SQLITE, NDB, BDB] {
        for size in 1..bytes.len() {
            let read = listed(&host(&[(path, &bytes[..size])]));
            // Behind the last record of an ndb there may be less than a block.
            assert!(matches!(read, Err(Fault::Malformed(_))), "{path} cut at {size}: {read:?}");
        }
    }
}

#[test]
fn pages_that_lead_to_themselves_are_found_out() {
    // Each number of a page, wherever it may stand, becomes that of two others.
    for (path, bytes) in [SQLITE, BDB] {
        let pages = bytes.len() / 512;
        for at in (0..bytes.len() - 4).step_by(2) {
            for number in [at / 512 + 1, (at / 2) % pages] {
                let mut looped = bytes.to_vec();
                let word = if path == SQLITE.0 { [0, 0, 0, number as u8] } else { [number as u8, 0, 0, 0] };
                looped[at..at + 4].copy_from_slice(&word);
                let _ = listed(&host(&[(path, &looped)]));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        form in prop::sample::select(vec![SQLITE, NDB, BDB]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        noise in prop::collection::vec(any::<u8>(), 0..2000),
    ) {
        let (path, bytes) = form;
        let mut changed = bytes.to_vec();
        for (at, byte) in &changes {
            let at = at.index(changed.len());
            changed[at] = *byte;
        }
        let _ = listed(&host(&[(path, &changed)]));
        let _ = listed(&host(&[(path, &noise)]));
        let _ = listed(&host(&[SQLITE, (LOG.0, &noise)]));
    }
}

/// `VERISPEC_RPMDB=/tmp/rpmdb.sqlite cargo test --release --lib how_long_a_database -- --ignored --nocapture`
#[test]
#[ignore = "a measurement"]
fn how_long_a_database_of_rpm_takes() {
    let path = std::env::var("VERISPEC_RPMDB").unwrap();
    let (_, form) = *FORMS.iter().find(|(name, _)| path.ends_with(name)).unwrap();
    for _ in 0..5 {
        let began = (std::time::Instant::now(), rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime));
        let host = Host::local();
        let count = packages(&host, host.open_at(&path).unwrap().unwrap(), form).unwrap().len();
        let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        let cpu = (cpu.tv_sec - began.1.tv_sec) * 1000 + (cpu.tv_nsec - began.1.tv_nsec) / 1_000_000;
        eprintln!("{count} packages in {:?}, {cpu} ms of CPU", began.0.elapsed());
    }
}
