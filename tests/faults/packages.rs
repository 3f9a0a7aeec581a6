//! The package database.

use crate::{Break, Row, check};

const STATUS: &str = "/var/lib/dpkg/status";
const ASKED: &[(&str, &str)] = &[
    ("installed", "true"),
    ("version", "\">= 1\""),
    ("versions", "{ have-len = 1 }"),
    ("held", "true"),
    ("arch", "\"amd64\""),
];
const PRESENCE: &[(&str, &str)] = &[("installed", "true")];

#[test]
fn a_broken_package_database_says_nothing_of_any_package() {
    let broken: [(&[Break], &str); 10] = [
        (&[Break::Cut(STATUS)], STATUS),
        (&[Break::Denied(STATUS)], STATUS),
        (&[Break::Garbage(STATUS)], STATUS),
        (&[Break::Empty(STATUS)], "no package database found: looked for /var/lib/dpkg/status"),
        (&[Break::Gone(STATUS)], "no package database found"),
        (&[Break::Gone("/var")], "no package database found"),
        (&[Break::Empty(STATUS), Break::Is("/var/lib/dpkg/info/openssl.list", "/.")], "missing or empty, but"),
        (&[Break::Gone(STATUS), Break::Is("/var/lib/dpkg/info/openssl.list", "/.")], "missing or empty, but"),
        (&[Break::Garbage("/var/lib/dpkg/updates/0001")], "/var/lib/dpkg/updates/0001"),
        (&[Break::Denied("/var/lib/dpkg/updates/0000")], "/var/lib/dpkg/updates/0000"),
    ];
    for (broken, names) in broken {
        let row = |entry, asked| Row { host: "package", broken, entry, asked, names };
        check(&[row("package.openssl", ASKED), row("package.nginx", PRESENCE), row("package.'*'", PRESENCE)]);
        check(&[row("package.no-such-package", PRESENCE)]);
    }
}

#[test]
fn a_database_cut_between_two_packages_is_found_out_by_the_files_of_those_it_lost() {
    const LOST: &[Break] = &[
        Break::Before(STATUS, "Package: openssl\n"),
        Break::Is("/var/lib/dpkg/info/openssl.list", "/.\n"),
        Break::Is("/var/lib/dpkg/info/bash.list", "/.\n"),
    ];
    let names = "/var/lib/dpkg/status does not tell of `openssl`, whose files are here: is it cut short?";
    let row = |entry, asked| Row { host: "package", broken: LOST, entry, asked, names };
    check(&[
        row("package.openssl", ASKED),
        row("package.'opens*'", PRESENCE),
        row("package.'openssl:amd64'", PRESENCE),
    ]);
}
