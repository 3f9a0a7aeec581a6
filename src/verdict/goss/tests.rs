use super::*;
use crate::goss::{Config, Entry, SECTIONS, Said, Section, lower};
use crate::host::{Host, TreeFiles};
use crate::matcher::Test;
use crate::syntax::{Format, Key, Node, Span, parse};
use crate::verdict::{judge, skipped};
use std::sync::Arc;
use time::OffsetDateTime;

fn config(yaml: &str) -> Config {
    let span = Span { file: 0, start: 0, end: 0 };
    let mut config = Config::default();
    for (section, entries) in parse(yaml, 0, Format::Yaml).0.unwrap().map().unwrap() {
        let index = Section::index(&section.text).unwrap();
        for (name, body) in entries.map().unwrap() {
            let said = |(key, value): &(Key, Node)| {
                let field = SECTIONS[index].field(&key.text).unwrap();
                Said { field, value: Value::from(value), span }
            };
            let fields = body.map().unwrap().iter().map(said).collect();
            config.sections.entry(index).or_default().insert(name.text.to_string(), Entry { span, fields });
        }
    }
    config
}

fn claims(yaml: &str) -> Vec<Claim> {
    lower(&config(yaml))
}

/// `id: key word, key word` of each entry.
fn verdicts(yaml: &str) -> Vec<String> {
    let files = TreeFiles::parse("-- /etc/motd 0640 0:0\nhello\n-- /etc/folder/ 0755 0:0\n").unwrap();
    let host = Host::offline(Arc::new(files), OffsetDateTime::UNIX_EPOCH);
    let entry = |claim: &Claim| {
        let verdicts = match claim.skip() {
            Some(_) => skipped(claim),
            None => judge(claim, (claim.probe)(&host, claim)),
        };
        let words: Vec<_> = verdicts.iter().map(|v| format!("{} {}", v.key, v.outcome.word())).collect();
        format!("{}: {}", claim.id, words.join(", "))
    };
    claims(yaml).iter().map(entry).collect()
}

#[test]
fn entries_come_in_gosss_order_under_gosss_ids() {
    let yaml = "file: {b: {path: /x, exists: true}, /a: {path: /a, exists: true}}\n\
        command: {say: {exec: echo, exit-status: 0}}\nmatching: {m: {matches: 1}}\nhttp: {web: {url: 'http://h/', status: 200}}";
    let ids: Vec<_> = claims(yaml).iter().map(|claim| claim.id.to_string()).collect();
    assert_eq!(ids, ["say", "web: http://h/", "/a", "b: /x", "m"]);
}

#[test]
fn the_first_test_decides_whether_the_rest_is_looked_at() {
    assert_eq!(
        verdicts(
            "file:\n  /etc/motd: {exists: true, mode: '0640', linked-to: x, contains: [hello], contents: ['!hello']}\n  \
             /no: {exists: false, mode: '0640'}\n  /etc/./folder/: {exists: false, mode: '0640'}\n  \
             /bad: {exists: 'yes', mode: '0640', contents: []}\n  /none: {mode: '0640'}\n  /skip: {exists: true, skip: true}"
        ),
        [
            "/bad: exists fail, mode skip",
            "/etc/./folder/: exists fail, mode skip",
            "/etc/motd: exists pass, mode pass, linkedto fail, contains pass, contents fail",
            "/no: exists pass, mode skip",
            "/none: exists fail, mode skip",
            "/skip: exists skip",
        ]
    );
}

#[test]
fn what_no_probe_can_be_made_of_is_unknown_and_leaves_the_other_entries_alone() {
    assert_eq!(
        verdicts(
            "port: {http: {listening: false}, '80': {listening: {}}}\nuser: {'a:b': {exists: false, uid: '5x'}}\n\
             addr: {'h:1': {reachable: false, timeout: -1}}\n\
             http: {'http://h/': {status: 200, request-headers: ['bare']}, 'http://i/': {status: 200, method: 'A B'}}"
        ),
        [
            "http://h/: status unknown",
            "http://i/: status unknown",
            "h:1: reachable unknown",
            "a:b: exists unknown, uid skip",
            "80: listening unknown",
            "http: listening unknown",
        ]
    );
}

#[test]
fn whole_numbers_may_be_text_where_goss_once_took_text() {
    let yaml = "user: {u: {exists: true, uid: '0', gid: 'x'}}\nfile: {/f: {exists: true, uid: '0'}}";
    let claims = claims(yaml);
    let [file, user] = claims.as_slice() else { panic!("two claims") };
    let holds = |test: &Test| test.holds(&Value::Int(0)).unwrap_or(false);
    assert!(holds(&user.tests[0].test) && !holds(&user.tests[1].test), "an id that is no number fails");
    assert!(holds(&file.tests[0].test), "what it prints as");
}

#[test]
fn what_is_said_of_looking_is_gosss() {
    let claim = |yaml: &str| claims(yaml).remove(0);
    let timeout = |yaml: &str| claim(yaml).common.and_then(|common| common.timeout).map(|t| t.as_millis());
    assert_eq!(timeout("addr: {'a:1': {reachable: true, timeout: 0}}"), Some(500));
    assert_eq!(timeout("addr: {'a:1': {reachable: true, timeout: 70}}"), Some(70));
    assert_eq!(timeout("dns: {a: {resolvable: true}}"), Some(1_500));
    assert_eq!(timeout("file: {/a: {exists: true}}"), None);
    let retry = |yaml: &str| claim(yaml).common.unwrap().retry.unwrap();
    let entry =
        |delay: &str| retry(&format!("package: {{a: {{installed: true, retry_count: 2, retry_delay: {delay}}}}}"));
    assert_eq!(entry("200").every.as_millis(), 200);
    assert_eq!(entry("2s").every.as_secs(), 2);
    assert_eq!((entry("0").every.as_secs(), entry("0").within.as_millis()), (1, 2_500));
    let titled = claim("file: {/a: {exists: true, title: T, meta: {k: 1}}}").common.unwrap();
    assert_eq!((titled.title.as_deref(), titled.meta.is_some()), (Some("T"), true));
}

#[test]
fn an_entrys_secrets_are_kept() {
    let claim = claims("http: {x: {url: 'http://u:pw-1@h/', status: 200, username: u, password: pw-2, title: 'pw-2'}}")
        .remove(0);
    assert_eq!(&*claim.id, "x: http://u:***@h/");
    assert_eq!(claim.common.unwrap().title.unwrap(), "***");
    let secrets = claim.secrets.unwrap();
    assert!(secrets.are_written_in("pw-2"));
    let headers = "http: {'http://h/': {status: 200, request-headers: ['Accept: text/plain', 'Cookie: canary']}}";
    let secrets = claims(headers).remove(0).secrets.unwrap();
    assert!(secrets.are_written_in("canary") && !secrets.are_written_in("text/plain"));
}

#[test]
fn data_in_the_file_is_matched_as_it_is_or_as_what_it_prints() {
    assert_eq!(
        verdicts(
            "matching:\n  a: {content: [x, y], matches: [y]}\n  b: {content: [x, y], as-reader: true, matches: ['/^.x y.$/']}\n  \
             c: {matches: '<nil>'}\n  d: {content: 5}"
        ),
        ["a: matches pass", "b: matches pass", "c: matches pass", "d: matches fail"]
    );
}

#[test]
fn headers_of_the_connection_are_not_the_answers() {
    let lines = "Connection: close\nContent-Type: a\nTransfer-Encoding: chunked\nX: b";
    assert_eq!(forwarded(lines), "Content-Type: a\nX: b");
    assert_eq!(forwarded("Connection: upgrade\nX: b"), "Connection: upgrade\nX: b");
}

#[test]
fn values_are_what_goss_has() {
    let text = |t: &str| Value::Text(t.into());
    for (kind, key, value, plainly) in [
        ("file", "mode", Value::Mode(crate::value::Mode(0o44)), text("0044")),
        ("file", "size", Value::Size(crate::value::Bytes(5)), Value::Int(5)),
        ("file", "owner", text("1234"), Value::Unfit("the id 1234 has no name".into())),
        ("mount", "usage", Value::Percent(Percent(41.0)), Value::Int(41)),
        ("user", "groups", Value::List(vec![text("b"), text("a")]), Value::List(vec![text("a"), text("b")])),
        ("port", "ip", Value::List(vec![text("fe80::1")]), Value::List(vec![text("FE80::1")])),
    ] {
        assert_eq!(plain(kind, key, value), Ok(plainly));
    }
}
