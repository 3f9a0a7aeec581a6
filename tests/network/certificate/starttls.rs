//! Behind STARTTLS, of every protocol.

use super::{Lab, fault, observed_wrong};
use crate::outcome;
use crate::peer::lines::listener;
use crate::peer::tls;
use std::io::{Read, Write};
use std::net::TcpStream;
use verispec::value::Fault;

/// What a server says first, and then each of what it waits for and what it answers.
type Talk = (&'static [u8], &'static [(&'static [u8], &'static [u8])]);

const LDAP: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
const MYSQL: &[u8] = b"\x33\x00\x00\x00\x0a8.0.36\x00\x01\x00\x00\x0012345678\x00\xff\xff\x08\x02\x00\xff\xdf\x15\
    \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00123456789012";

#[rustfmt::skip] // one line of talk each
const TALKS: &[(&str, Talk)] = &[
    ("smtp", (b"220-mail.example.org\r\n220 ESMTP ready\r\n", &[
        (b"EHLO [127.0.0.1]\r\n", b"250-mail.example.org\r\n250-PIPELINING\r\n250-STARTTLS\r\n250 8BITMIME\r\n"),
        (b"STARTTLS\r\n", b"220 2.0.0 Ready to start TLS\r\n"),
    ])),
    ("imap", (b"* OK [CAPABILITY IMAP4rev1 STARTTLS] ready.\r\n", &[
        (b"a STARTTLS\r\n", b"* something else\r\na OK Begin TLS negotiation now.\r\n"),
    ])),
    ("pop3", (b"+OK Dovecot ready.\r\n", &[(b"STLS\r\n", b"+OK Begin TLS negotiation now.\r\n")])),
    ("ftp", (b"220-Welcome\r\n  to this server\r\n220 ready\r\n", &[(b"AUTH TLS\r\n", b"234 AUTH TLS OK.\r\n")])),
    ("nntp", (b"200 ready\r\n", &[(b"STARTTLS\r\n", b"382 Continue with TLS negotiation\r\n")])),
    ("sieve", (b"\"IMPLEMENTATION\" \"Dovecot\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n", &[
        (b"STARTTLS\r\n", b"OK \"Begin TLS negotiation now.\"\r\n"),
    ])),
    ("xmpp", (b"", &[
        (b"version='1.0'>", b"<?xml version='1.0'?><stream:stream from='www.example.org' version='1.0'><stream:features>\
            <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"),
        (b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"),
    ])),
    ("ldap", (b"", &[(LDAP, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00")])),
    ("postgres", (b"", &[(&[0, 0, 0, 8, 4, 210, 22, 47], b"S")])),
    ("mysql", (MYSQL, &[(&[0; 23], b"")])),
];

/// Waits until what was said ends with `end`.
fn hear(peer: &mut TcpStream, end: &[u8]) -> bool {
    let mut heard = Vec::new();
    let mut byte = [0];
    while !heard.ends_with(end) {
        match peer.read(&mut byte) {
            Ok(1) => heard.push(byte[0]),
            _ => return false,
        }
    }
    true
}

fn talk(peer: &mut TcpStream, (greeting, steps): Talk) -> bool {
    peer.write_all(greeting).unwrap();
    for (end, answer) in steps {
        if !hear(peer, end) {
            return false;
        }
        peer.write_all(answer).unwrap();
    }
    true
}

#[test]
fn every_protocol_leads_to_the_certificate() {
    let lab = Lab::new();
    let config = lab.good().config();
    for (word, script) in TALKS {
        let at = tls::serve_after(config.clone(), |peer| talk(peer, *script));
        println!("{word}");
        lab.passes(at, &format!("starttls = '{word}'\nchain = true"));
    }
}

#[test]
fn a_server_that_does_not_offer_it_is_wrong_whichever_way_round_it_is_asked() {
    #[rustfmt::skip] // one line of talk each
    const REFUSALS: &[(&str, Talk)] = &[
        ("smtp", (b"220 ready\r\n", &[(b"EHLO [127.0.0.1]\r\n", b"250-hello\r\n250 PIPELINING\r\n")])),
        ("smtp", (b"554 go away\r\n", &[])),
        ("smtp", (b"220 ready\r\n", &[(b"\r\n", b"250-hello\r\n250 STARTTLS\r\n"), (b"STARTTLS\r\n", b"454 not now\r\n")])),
        ("imap", (b"* OK ready\r\n", &[(b"a STARTTLS\r\n", b"a BAD unknown\r\n")])),
        ("imap", (b"* BYE too many\r\n", &[])),
        ("pop3", (b"+OK ready\r\n", &[(b"STLS\r\n", b"-ERR unknown\r\n")])),
        ("ftp", (b"220 ready\r\n", &[(b"AUTH TLS\r\n", b"502 no\r\n")])),
        ("nntp", (b"200 ready\r\n", &[(b"STARTTLS\r\n", b"580 no\r\n")])),
        ("sieve", (b"\"SIEVE\" \"x\"\r\nOK\r\n", &[])),
        ("xmpp", (b"", &[(b">", b"<stream:stream><stream:features/>")])),
        ("ldap", (b"", &[(LDAP, b"\x30\x0f\x02\x01\x01\x78\x0a\x0a\x01\x02\x04\x00\x04\x03no!")])),
        ("postgres", (b"", &[(&[0, 0, 0, 8, 4, 210, 22, 47], b"N")])),
        ("mysql", (b"\x10\x00\x00\x00\xff\x6a\x04Host blocked..", &[])),
        // What speaks another protocol.
        ("smtp", (b"* OK ready\r\n", &[])),
        ("imap", (b"220 ready\r\n", &[])),
        ("pop3", (b"220 ready\r\n", &[])),
        ("ldap", (b"HTTP/1.1 400\r\n", &[])),
        ("postgres", (b"HTTP/1.1 400\r\n", &[])),
        ("mysql", (b"HTTP/1.1 400\r\n", &[])),
        ("sieve", (b"HTTP/1.1 400\r\n", &[])),
        ("xmpp", (b"HTTP/1.1 400\r\n<html>", &[])),
    ];
    let config = Lab::new().good().config();
    for (word, script) in REFUSALS {
        let at = tls::serve_after(config.clone(), |peer| {
            talk(peer, *script);
            let _ = peer.read_to_end(&mut Vec::new());
            false
        });
        println!("{word}");
        observed_wrong(at, &format!("starttls = '{word}'"));
    }
}

#[test]
fn one_who_never_comes_to_the_point_is_given_up() {
    let silent = fault(tls::says(b""), "starttls = 'imap'");
    assert!(
        matches!(&silent, Fault::TimedOut(what, _) if what.starts_with("the greeting of imap at 127.0.0.1:")),
        "{silent}"
    );
    let half = fault(tls::says(b"220-half a greeting"), "starttls = 'smtp'");
    assert!(matches!(half, Fault::TimedOut(..)), "{half}");
    // Those that talk without end, in lines or in none.
    for (word, line) in [
        ("smtp", &b"220-more\r\n"[..]),
        ("ftp", b"x"),
        ("imap", b"* more\r\n"),
        ("sieve", b"\"X\"\r\n"),
        ("xmpp", b"<x>"),
    ] {
        let at = listener(move |mut peer| while peer.write_all(line).is_ok() {});
        observed_wrong(at, &format!("starttls = '{word}'"));
    }
}

#[test]
fn a_word_that_is_no_protocol_is_refused_before_anything_runs() {
    let refused =
        std::panic::catch_unwind(|| outcome("[certificate.'tls://h']\nstarttls = 'smpt'\nis-ca = false", "is-ca"));
    let why = *refused.unwrap_err().downcast::<String>().unwrap();
    assert!(why.contains("`smtp`, `imap`, `pop3`, `ftp`, `ldap`, `postgres`"), "{why}");
    assert!(why.contains("did you mean `smtp`?"), "{why}");
}
