//! Files, and the certificates in them.

use crate::{Break, Row, check};

#[test]
fn contents_that_may_not_be_read_have_no_value() {
    const PATH: &str = "/etc/app/app.json";
    const ASKED: &[(&str, &str)] = &[
        ("contents", "[\"8080\"]"),
        ("contents", "{ not = { contain-substring = \"secret\" } }"),
        ("sha256", "\"00\""),
        ("sha512", "\"00\""),
        ("md5", "\"00\""),
        ("json.debug", "false"),
        ("json-schema", "\"/etc/app/schema.json\""),
    ];
    check(&[Row {
        host: "file",
        broken: &[Break::Denied(PATH)],
        entry: "file.\"/etc/app/app.json\"",
        asked: ASKED,
        names: "/etc/app/app.json: permission denied",
    }]);
    for (entry, path, key) in [
        ("file.\"/etc/app/app.yaml\"", "/etc/app/app.yaml", "yaml.\"server.port\""),
        ("file.\"/etc/app/app.toml\"", "/etc/app/app.toml", "toml.\"server.port\""),
        ("file.\"/etc/app/app.ini\"", "/etc/app/app.ini", "ini.\"server.port\""),
        ("file.\"/etc/app/app.xml\"", "/etc/app/app.xml", "xml.\"/server/@port\""),
    ] {
        let asked = vec![(key, "\"8080\"")].leak();
        check(&[Row { host: "file", broken: vec![Break::Denied(path)].leak(), entry, asked, names: path }]);
    }
}

#[test]
fn a_schema_that_cannot_be_read_finds_nothing_right() {
    const SCHEMA: &str = "/etc/app/schema.json";
    for broken in
        [&[Break::Denied(SCHEMA)][..], &[Break::Gone(SCHEMA)], &[Break::Garbage(SCHEMA)], &[Break::Empty(SCHEMA)]]
    {
        let asked = &[("json-schema", "\"/etc/app/schema.json\"")];
        check(&[Row { host: "file", broken, entry: "file.\"/etc/app/app.json\"", asked, names: SCHEMA }]);
    }
}

#[test]
fn owners_have_no_names_where_there_is_no_list_of_them() {
    const ASKED: &[(&str, &str)] = &[("owner", "\"www-data\""), ("owner", "\"33\"")];
    for broken in [
        &[Break::Denied("/etc/passwd")][..],
        &[Break::Gone("/etc/passwd")],
        &[Break::Empty("/etc/passwd")],
        &[Break::Is("/etc/passwd", "root:x:0:0:::\nwww-da\n")],
    ] {
        check(&[Row { host: "file", broken, entry: "file.\"/var/www\"", asked: ASKED, names: "/etc/passwd" }]);
    }
    const GROUPS: &[(&str, &str)] = &[("group", "\"www-data\""), ("group", "\"33\"")];
    for broken in [&[Break::Denied("/etc/group")][..], &[Break::Is("/etc/group", "root:x:0:\nwww-da\n")]] {
        check(&[Row { host: "file", broken, entry: "file.\"/var/www\"", asked: GROUPS, names: "/etc/group" }]);
    }
    let asked = &[("exists", "true")];
    let broken = &[Break::Denied("/etc/passwd")];
    check(&[Row { host: "file", broken, entry: "file.\"~www-data\"", asked, names: "/etc/passwd" }]);
}

#[test]
fn a_circle_of_links_leads_neither_to_something_nor_to_nothing() {
    const LOOP: &[Break] =
        &[Break::Gone("/usr/bin/mawk"), Break::Gone("/usr/bin/awk"), Break::Is("/usr/bin/awk -> awk", "")];
    let asked = &[("contents", "[\"mawk\"]"), ("sha256", "\"00\""), ("age", "\"> 1s\"")];
    let names = "too many levels of symbolic links";
    check(&[Row { host: "file", broken: LOOP, entry: "file.\"/usr/bin/awk\"", asked, names }]);
    const BELOW: &[Break] = &[Break::Gone("/etc/app"), Break::Is("/etc/app -> app", "")];
    let asked = &[("exists", "true"), ("mode", "\"0640\""), ("contents", "[\"8080\"]")];
    check(&[Row { host: "file", broken: BELOW, entry: "file.\"/etc/app/app.json\"", asked, names }]);
}

#[test]
fn a_certificate_that_may_not_be_read_is_neither_there_nor_not_there() {
    const PATH: &str = "/etc/ssl/site.pem";
    const ASKED: &[(&str, &str)] = &[
        ("exists", "true"),
        ("expires-in", "\">= 30d\""),
        ("not-after", "\"> 2090-01-01\""),
        ("subject", "\"x\""),
        ("sans", "[\"www.example.org\"]"),
        ("key-type", "\"rsa\""),
        ("self-signed", "true"),
        ("is-ca", "true"),
        ("chain-expires-in", "\"> 90d\""),
        ("fingerprint-sha256", "\"00\""),
        ("hostname", "\"www.example.org\""),
        ("matches-key", "\"/etc/ssl/private/site.key\""),
    ];
    check(&[Row {
        host: "certificate",
        broken: &[Break::Denied(PATH)],
        entry: "certificate.\"/etc/ssl/site.pem\"",
        asked: ASKED,
        names: PATH,
    }]);
}

#[test]
fn a_key_that_may_not_be_read_is_neither_the_right_one_nor_a_wrong_one() {
    const KEY: &str = "/etc/ssl/private/site.key";
    const ENCRYPTED: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
    for broken in [&[Break::Denied(KEY)][..], &[Break::Is(KEY, ENCRYPTED)]] {
        let asked = &[("matches-key", "\"/etc/ssl/private/site.key\"")];
        check(&[Row { host: "certificate", broken, entry: "certificate.\"/etc/ssl/site.pem\"", asked, names: KEY }]);
    }
}

#[test]
fn without_roots_nobody_is_trusted_or_mistrusted() {
    const ROOTS: &str = "/etc/ssl/root.pem";
    for broken in [
        &[Break::Denied(ROOTS)][..],
        &[Break::Gone(ROOTS)],
        &[Break::Empty(ROOTS)],
        &[Break::Garbage(ROOTS)],
        &[Break::Cut(ROOTS)],
    ] {
        let asked = &[("chain", "true;roots = \"/etc/ssl/root.pem\"")];
        check(&[Row { host: "certificate", broken, entry: "certificate.\"/etc/ssl/site.pem\"", asked, names: ROOTS }]);
    }
}
