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

#[test]
fn a_broken_database_of_another_manager_says_nothing_of_any_package() {
    const SQLITE: &str = "/usr/lib/sysimage/rpm/rpmdb.sqlite";
    const LOG: &str = "/usr/lib/sysimage/rpm/rpmdb.sqlite-wal";
    const NDB: &str = "/usr/lib/sysimage/rpm/Packages.db";
    const BDB: &str = "/var/lib/rpm/Packages";
    const APK: &str = "/lib/apk/db/installed";
    const DESC: &str = "/var/lib/pacman/local/bash-5.2.037-1/desc";
    const OPKG: &str = "/usr/lib/opkg/status";
    const CONTROL: &str = "/var/lib/dpkg/status.d/libssl3";
    const ASKED: &[(&str, &str)] = &[
        ("installed", "true"),
        ("version", "\">= 1\""),
        ("versions", "{ have-len = 1 }"),
        ("arch", "\"x86_64\""),
        ("manager", "\"rpm\""),
    ];
    let rows: [(&'static str, &'static str, &'static [Break], &'static str); 21] = [
        ("package-rpm", "bash", &[Break::Garbage(SQLITE), Break::Empty(LOG)], "/var/lib/rpm/rpmdb.sqlite:"),
        ("package-rpm", "bash", &[Break::Denied(SQLITE)], "/var/lib/rpm/rpmdb.sqlite:"),
        ("package-rpm", "bash", &[Break::Denied(LOG)], "/var/lib/rpm/rpmdb.sqlite-wal:"),
        ("package-rpm", "bash", &[Break::Garbage(LOG)], "/var/lib/rpm/rpmdb.sqlite-wal:"),
        ("package-rpm", "bash", &[Break::Gone(SQLITE)], "no package database found"),
        ("package-rpm", "bash", &[Break::Is("/usr/lib/sysimage/rpm/Packages", "x")], "are both there"),
        ("package-rpm-ndb", "bash", &[Break::Garbage(NDB)], NDB),
        ("package-rpm-ndb", "bash", &[Break::Denied(NDB)], NDB),
        ("package-rpm-bdb", "bash", &[Break::Garbage(BDB)], BDB),
        ("package-rpm-bdb", "bash", &[Break::Denied(BDB)], BDB),
        ("package-apk", "busybox", &[Break::Cut(APK)], APK),
        ("package-apk", "busybox", &[Break::Denied(APK)], APK),
        ("package-apk", "busybox", &[Break::Empty(APK)], APK),
        ("package-apk", "busybox", &[Break::Gone(APK)], APK),
        ("package-pacman", "bash", &[Break::Cut(DESC)], DESC),
        (
            "package-pacman",
            "bash",
            &[Break::Gone(DESC), Break::Is("/var/lib/pacman/local/bash-5.2.037-1/files", "")],
            DESC,
        ),
        ("package-pacman", "bash", &[Break::Denied("/var/lib/pacman/local")], "/var/lib/pacman/local"),
        ("package-opkg", "busybox", &[Break::Cut(OPKG)], OPKG),
        ("package-opkg", "busybox", &[Break::Empty(OPKG)], OPKG),
        ("package-distroless", "libssl3", &[Break::Before(CONTROL, "Version: ")], CONTROL),
        ("package-distroless", "libssl3", &[Break::Denied("/var/lib/dpkg/status.d")], "/var/lib/dpkg/status.d"),
    ];
    for (host, package, broken, names) in rows {
        let entry: &'static str = format!("package.{package}").leak();
        check(&[Row { host, broken, entry, asked: ASKED, names }]);
        check(&[Row { host, broken, entry: "package.no-such-package", asked: PRESENCE, names }]);
    }
}

#[test]
fn a_database_of_apk_cut_between_two_packages_is_found_out_by_what_is_asked_for() {
    const LOST: &[Break] = &[Break::Before("/lib/apk/db/installed", "C:Q1pcfTfDNEbNKQc2s1tia7da05M8Q=\nP:musl")];
    let names = "/lib/apk/db/installed does not tell of `musl`, which /etc/apk/world asks for: is it cut short?";
    check(&[Row { host: "package-apk", broken: LOST, entry: "package.musl", asked: PRESENCE, names }]);
}

#[test]
fn broken_packages_of_other_kinds_are_not_called_absent() {
    const ASKED: &[(&str, &str)] = &[("installed", "true"), ("version", "\">= 1\"")];
    const METADATA: &str = "/usr/local/lib/python3.11/dist-packages/requests-2.32.0rc1.dist-info/METADATA";
    const NPM: &str = "/usr/lib/node_modules/npm/package.json";
    const GEM: &str = "/var/lib/gems/3.1.0/specifications/rails-8.0.0.beta1.gemspec";
    const FLATPAK: &str =
        "/var/lib/flatpak/app/org.gimp.GIMP/x86_64/stable/0123/files/share/metainfo/org.gimp.GIMP.metainfo.xml";
    let rows: [(&'static str, &'static [Break], &'static str); 9] = [
        ("pip:requests", &[Break::Garbage(METADATA)], METADATA),
        ("pip:requests", &[Break::Denied(METADATA)], METADATA),
        ("pip:requests", &[Break::Denied("/usr/lib/python3/dist-packages")], "/usr/lib/python3/dist-packages"),
        ("npm:npm", &[Break::Garbage(NPM)], NPM),
        ("npm:npm", &[Break::Denied(NPM)], NPM),
        ("gem:rails", &[Break::Garbage(GEM)], GEM),
        ("gem:rails", &[Break::Denied("/var/lib/gems/3.1.0/specifications")], "/var/lib/gems/3.1.0/specifications"),
        ("snap:hello-world", &[Break::Denied("/var/lib/snapd/snaps")], "/var/lib/snapd/snaps"),
        (
            "flatpak:org.gimp.GIMP",
            &[Break::Denied("/var/lib/flatpak/app/org.gimp.GIMP")],
            "/var/lib/flatpak/app/org.gimp.GIMP",
        ),
    ];
    for (package, broken, names) in rows {
        let entry: &'static str = format!("package.\"{package}\"").leak();
        check(&[Row { host: "package-several", broken, entry, asked: ASKED, names }]);
    }
    // That one is there does not hang on what it says of itself.
    let row =
        |broken, entry| Row { host: "package-several", broken, entry, asked: &ASKED[1..], names: "cannot be read" };
    check(&[
        row(&[Break::Garbage(FLATPAK)], "package.\"flatpak:org.gimp.GIMP\""),
        row(&[Break::Denied("/snap/hello-world/29/meta/snap.yaml")], "package.\"snap:hello-world\""),
    ]);
}
