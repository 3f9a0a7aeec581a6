use super::*;
use proptest::prelude::*;
use std::io::Cursor;

/// Whoever has said all that it will ever say.
struct Peer {
    says: Cursor<Vec<u8>>,
    heard: Vec<u8>,
}

impl Read for Peer {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.says.read(buffer)
    }
}

impl Write for Peer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.heard.extend(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What comes of it, what was said to it, and how much of what it says was read.
fn talk(protocol: Protocol, says: &[u8]) -> (Result<(), Refusal>, Vec<u8>, usize) {
    let mut peer = Peer { says: Cursor::new(says.to_vec()), heard: Vec::new() };
    let result = protocol.talk(&mut peer, "www.example.org");
    let read = peer.says.position() as usize;
    (result, peer.heard, read)
}

const RIGHT: &[(Protocol, &[u8])] = &[
    (Protocol::Smtp, b"220-a\r\n220 b\r\n250-x\r\n250 starttls\r\n220 go\r\n"),
    (Protocol::Smtp, b"220\n250-x\n250-STARTTLS\n250\n220\n"),
    (Protocol::Imap, b"* ok hello\r\n* CAPABILITY x\r\na ok go\r\n"),
    (Protocol::Pop3, b"+OK\r\n+OK go\r\n"),
    (Protocol::Ftp, b"120 soon\r\n220-x\r\n  221 of them\r\n221-y\r\n220 b\r\n234 go\r\n"),
    (Protocol::Nntp, b"201 a\r\n382 go\r\n"),
    (Protocol::Sieve, b"\"StartTLS\"\r\n\"X\" \"OK\"\r\nOK (x) \"y\"\r\nOK\r\n"),
    (Protocol::Xmpp, b"<stream:stream><stream:features><starttls></starttls></stream:features><proceed ></proceed>"),
    (Protocol::Postgres, b"S"),
    (Protocol::Ldap, b"\x30\x81\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"),
    (Protocol::Ldap, b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"),
];

#[test]
fn not_a_byte_of_what_follows_is_taken() {
    for (protocol, says) in RIGHT {
        let (result, _, read) = talk(*protocol, &[says, &b"\x16\x03\x03"[..]].concat());
        assert!(result.is_ok(), "{protocol:?}: {result:?}");
        assert_eq!(read, says.len(), "{protocol:?}");
    }
}

#[test]
fn a_server_that_hangs_up_is_no_server_that_agrees() {
    for (protocol, says) in RIGHT {
        for cut in 0..says.len() {
            let (result, ..) = talk(*protocol, &says[..cut]);
            assert!(result.is_err(), "{protocol:?}: {}", says[..cut].escape_ascii());
        }
    }
}

#[test]
fn nothing_is_asked_of_a_server_that_does_not_offer_it() {
    for (protocol, says, word) in [
        (Protocol::Smtp, &b"220 a\r\n250-NOSTARTTLS\r\n250 STARTTLSX\r\n"[..], &b"STARTTLS"[..]),
        (Protocol::Sieve, b"\"SIEVE\" \"STARTTLS\"\r\nOK\r\n", b"STARTTLS"),
        (Protocol::Xmpp, b"<stream:stream><stream:features><x/></stream:features>", b"<starttls"),
    ] {
        let (result, heard, _) = talk(protocol, says);
        assert!(matches!(result, Err(Refusal::NotOffered(None))), "{result:?}");
        assert!(!heard.windows(word.len()).any(|w| w == word));
    }
}

#[test]
fn every_word_is_a_protocol_with_a_port() {
    for word in Protocol::WORDS {
        assert_eq!(Protocol::parse(word).map(Protocol::word), Some(*word));
    }
    assert_eq!(Protocol::ALL.len(), Protocol::WORDS.len());
    assert_eq!(Protocol::parse("SMTP"), None);
}

#[test]
fn what_never_ends_is_read_no_further_than_its_bound() {
    for (protocol, unit) in [
        (Protocol::Smtp, &b"220-x\r\n"[..]),
        (Protocol::Ftp, b"220-x\r\n"),
        (Protocol::Imap, b"x"),
        (Protocol::Sieve, b"\"x\"\r\n"),
        (Protocol::Xmpp, b"<stream:stream>"),
        (Protocol::Xmpp, b"<?xml"),
    ] {
        let (result, _, read) = talk(protocol, &unit.repeat(1 << 20 >> 2));
        assert!(matches!(result, Err(Refusal::Strange { .. })), "{protocol:?}: {result:?}");
        assert!(read <= 16 << 10, "{protocol:?}: {read}");
    }
    // Packets that claim to be long.
    for (protocol, says) in [(Protocol::Ldap, &b"\x30\x84\xff\xff\xff\xff"[..]), (Protocol::Mysql, b"\xff\xff\xff\x00")]
    {
        let (result, _, read) = talk(protocol, &[says, &[0; 1 << 16]].concat());
        assert!(matches!(result, Err(Refusal::Strange { .. })), "{protocol:?}: {result:?}");
        assert_eq!(read, says.len());
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_talk_panic(at in 0..RIGHT.len(), bytes in proptest::collection::vec(any::<u8>(), 0..60), cut in 0usize..60) {
        let (protocol, right) = RIGHT[at];
        let _ = talk(protocol, &bytes);
        let _ = talk(protocol, &[&right[..cut.min(right.len())], &bytes].concat());
        let _ = talk(Protocol::Mysql, &[&[60, 0, 0, 0, 10, b'8', 0][..], &bytes].concat());
    }
}
