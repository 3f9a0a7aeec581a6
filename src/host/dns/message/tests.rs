use super::*;
use proptest::prelude::*;
use simple_dns::rdata::{A, CNAME, MX, RData, TXT};
use simple_dns::{CLASS, Name, Packet, PacketFlag, ResourceRecord, TYPE};

const ID: u16 = 0x2a17;

fn question(name: &str, record: RecordType) -> Question {
    Question { name: name.into(), record }
}

fn read(message: &[u8], question: &Question) -> Result<Reply, Unread> {
    Query { id: ID, question, edns: true }.read(message)
}

/// A reply as another implementation writes it.
fn reply<'a>(question: &'a Question, records: impl IntoIterator<Item = (&'a str, RData<'a>)>) -> Packet<'a> {
    let mut packet = Packet::new_reply(ID);
    packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
    let kind = TYPE::from(question.record.code());
    let name = Name::new_unchecked(&question.name);
    packet.questions.push(simple_dns::Question::new(name, kind.into(), CLASS::IN.into(), false));
    let record = |(name, data)| ResourceRecord::new(Name::new_unchecked(name), CLASS::IN, 300, data);
    packet.answers.extend(records.into_iter().map(record));
    packet
}

fn both_ways(packet: &Packet) -> [Vec<u8>; 2] {
    [packet.build_bytes_vec().unwrap(), packet.build_bytes_vec_compressed().unwrap()]
}

fn address(last: u8) -> RData<'static> {
    RData::A(A::from(std::net::Ipv4Addr::new(192, 0, 2, last)))
}

fn alias(to: &str) -> RData<'_> {
    RData::CNAME(CNAME(Name::new_unchecked(to)))
}

#[test]
fn a_question_is_what_another_implementation_reads() {
    let asked = question("_sip._tcp.example.org", RecordType::Srv);
    let bytes = Query { id: ID, question: &asked, edns: true }.bytes();
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!((packet.id(), packet.has_flags(PacketFlag::RECURSION_DESIRED)), (ID, true));
    assert_eq!(packet.questions[0].qname.to_string(), "_sip._tcp.example.org");
    assert_eq!(packet.questions[0].qtype, TYPE::SRV.into());
    assert_eq!(packet.opt().unwrap().udp_packet_size, UDP_SIZE);
    assert!(Packet::parse(&Query { id: ID, question: &asked, edns: false }.bytes()).unwrap().opt().is_none());
}

#[test]
fn records_at_the_end_of_aliases_count_and_others_do_not() {
    let asked = question("www.example.org", RecordType::A);
    let packet = reply(
        &asked,
        [
            ("a.example.net", address(1)),
            ("WWW.example.org", alias("cdn.example.net")),
            ("cdn.example.net", alias("a.example.net")),
            ("other.example.net", address(9)),
            ("A.example.NET", address(2)),
        ],
    );
    for bytes in both_ways(&packet) {
        let read = read(&bytes, &asked).unwrap();
        assert_eq!(read.records, ["192.0.2.1", "192.0.2.2"]);
        assert_eq!((read.rcode, read.ttl, read.conclusive), (Rcode::NoError, Some(Duration::from_secs(300)), true));
    }
}

#[test]
fn the_smallest_time_to_live_is_the_answers() {
    let asked = question("example.org", RecordType::Mx);
    let mx = |preference, exchange| RData::MX(MX { preference, exchange: Name::new_unchecked(exchange) });
    let mut packet =
        reply(&asked, [("example.org", mx(10, "a.example.org")), ("example.org", mx(20, "b.example.org"))]);
    packet.answers[1].ttl = 7;
    let got = read(&packet.build_bytes_vec().unwrap(), &asked).unwrap();
    assert_eq!(
        (got.records, got.ttl),
        (vec!["10 a.example.org.".into(), "20 b.example.org.".into()], Some(Duration::from_secs(7)))
    );
    packet.answers[0].ttl = u32::MAX;
    assert_eq!(read(&packet.build_bytes_vec().unwrap(), &asked).unwrap().ttl, Some(Duration::from_secs(7)));
    packet.answers[1].ttl = u32::MAX;
    assert_eq!(read(&packet.build_bytes_vec().unwrap(), &asked).unwrap().ttl, Some(Duration::ZERO));
}

#[test]
fn what_is_no_reply_to_the_question_is_passed_over() {
    let asked = question("example.org", RecordType::A);
    let bytes = reply(&asked, [("example.org", address(1))]).build_bytes_vec().unwrap();
    assert!(read(&bytes, &asked).is_ok());
    assert!(read(&bytes, &question("Example.ORG", RecordType::A)).is_ok(), "case does not matter");
    assert_eq!(read(&bytes, &question("example.com", RecordType::A)), Err(Unread::Other));
    assert_eq!(read(&bytes, &question("example.org", RecordType::Aaaa)), Err(Unread::Other));
    assert_eq!(read(&Query { id: ID, question: &asked, edns: true }.bytes(), &asked), Err(Unread::Other), "a question");
    for (at, what) in [(0, "id"), (2, "opcode"), (5, "questions")] {
        let mut other = bytes.clone();
        other[at] ^= 0x08;
        assert_eq!(read(&other, &asked), Err(Unread::Other), "{what}");
    }
    for short in 0..HEADER {
        assert_eq!(read(&bytes[..short], &asked), Err(Unread::Other));
    }
}

#[test]
fn a_reply_that_is_cut_off_or_says_so_is_no_empty_answer() {
    let asked = question("example.org", RecordType::A);
    let mut packet = reply(&asked, [("example.org", address(1))]);
    let bytes = packet.build_bytes_vec().unwrap();
    for end in 29..bytes.len() {
        assert!(matches!(read(&bytes[..end], &asked), Err(Unread::Malformed(_))), "{end}");
    }
    packet.set_flags(PacketFlag::TRUNCATION);
    assert_eq!(read(&packet.build_bytes_vec().unwrap(), &asked), Err(Unread::Truncated));
}

/// Header, question and one answer whose owner is written by hand.
fn by_hand(asked: &Question, owner: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = reply(asked, []).build_bytes_vec().unwrap();
    bytes[7] = 1;
    bytes.extend(owner);
    bytes.extend(asked.record.code().to_be_bytes());
    bytes.extend([0, 1, 0, 0, 0, 60]);
    bytes.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn loops_of_names_and_of_aliases_end() {
    let asked = question("example.org", RecordType::A);
    let here = reply(&asked, []).build_bytes_vec().unwrap().len() as u8;
    for owner in [[0xC0, here], [0xC0, here + 1], [0xFF, 0xFF]] {
        let got = read(&by_hand(&asked, &owner, &[192, 0, 2, 1]), &asked);
        assert_eq!(got, Err(Malformed("a name leads back to itself")), "{owner:x?}");
    }
    assert!(matches!(read(&by_hand(&asked, &[0x40, 0], &[1, 2, 3, 4]), &asked), Err(Malformed(_))));
    let ring = reply(&asked, [("example.org", alias("a.example")), ("a.example", alias("example.org"))]);
    assert_eq!(read(&ring.build_bytes_vec().unwrap(), &asked), Err(Malformed("its aliases do not end")));
}

#[test]
fn data_of_the_wrong_length_is_malformed() {
    let owner = [0xC0, 12];
    for (record, data) in [
        (RecordType::A, &[192, 0, 2][..]),
        (RecordType::A, &[192, 0, 2, 1, 1]),
        (RecordType::Aaaa, &[0; 15]),
        (RecordType::Mx, &[0, 10]),
        (RecordType::Txt, &[]),
        (RecordType::Txt, &[5, b'a']),
        (RecordType::Srv, &[0; 6]),
        (RecordType::Caa, &[0, 9, b'i']),
        (RecordType::Sshfp, &[1]),
        (RecordType::Ns, &[1, b'a', 0, 0]),
        (RecordType::Soa, &[0, 0, 1, 2, 3]),
    ] {
        let asked = question("example.org", record);
        let got = read(&by_hand(&asked, &owner, data), &asked);
        assert!(matches!(got, Err(Malformed(_))), "{record:?} {data:?}: {got:?}");
    }
}

#[test]
fn every_type_reads_as_zone_files_have_it() {
    let name = b"\x04mail\xC0\x0C";
    let soa =
        [&name[..], b"\x02a.\xC0\x0C", &[0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 255, 255, 255, 255]].concat();
    for (record, data, text) in [
        (RecordType::A, &b"\xC0\0\x02\x01"[..], &["192.0.2.1"][..]),
        (RecordType::Aaaa, b"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", &["2001:db8::1"]),
        (RecordType::Cname, name, &["mail.example.org."]),
        (RecordType::Ns, b"\0", &["."]),
        (RecordType::Ptr, b"\x04a b\xFF\0", &["a\\ b\\255."]),
        (RecordType::Mx, b"\0\x0A\x04mail\xC0\x0C", &["10 mail.example.org."]),
        (RecordType::Srv, b"\0\x0A\0\x05\x14\x66\x04mail\xC0\x0C", &["10 5 5222 mail.example.org."]),
        (RecordType::Txt, b"\x06v=spf1\0\x05say\"\xE9", &["v=spf1", "", "say\\\"\\233"]),
        (RecordType::Caa, b"\x80\x05issueletsencrypt.org", &["128 issue letsencrypt.org"]),
        (RecordType::Sshfp, b"\x04\x02\xAB\xCD\x0E", &["4 2 ABCD0E"]),
        (RecordType::Tlsa, b"\x03\x01\x01\xAB\xCD", &["3 1 1 ABCD"]),
        (RecordType::Soa, &soa, &["mail.example.org. a\\..example.org. 1 2 3 4 4294967295"]),
    ] {
        let asked = question("example.org", record);
        let got = read(&by_hand(&asked, &[0xC0, 12], data), &asked).unwrap();
        assert_eq!(got.records, text, "{record:?}");
    }
}

#[test]
fn a_code_may_have_its_upper_bits_behind_the_answers() {
    let asked = question("example.org", RecordType::A);
    let mut bytes = reply(&asked, []).build_bytes_vec().unwrap();
    bytes[11] = 1;
    bytes.extend([0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0]);
    assert_eq!(read(&bytes, &asked).unwrap().rcode, Rcode::BadVers);
    bytes[3] |= 13;
    assert!(matches!(read(&bytes, &asked), Err(Malformed(_))), "nobody has assigned 29");
}

#[test]
fn an_empty_answer_is_certain_only_from_who_would_know() {
    let asked = question("example.org", RecordType::A);
    let conclusive = |packet: &Packet| read(&packet.build_bytes_vec().unwrap(), &asked).unwrap().conclusive;
    let mut packet = reply(&asked, []);
    assert!(conclusive(&packet), "a resolver");
    packet.remove_flags(PacketFlag::RECURSION_AVAILABLE);
    assert!(!conclusive(&packet), "a referral");
    packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
    assert!(conclusive(&packet));
    let mut packet = reply(&asked, [("example.org", alias("elsewhere.example"))]);
    packet.remove_flags(PacketFlag::RECURSION_AVAILABLE);
    packet.set_flags(PacketFlag::AUTHORITATIVE_ANSWER);
    assert!(!conclusive(&packet), "of the alias's own zone it knows nothing");
}

#[test]
fn a_server_that_cannot_read_a_question_need_not_repeat_it() {
    let asked = question("example.org", RecordType::A);
    let header = |code: u8| [0x2a, 0x17, 0x81, 0x80 | code, 0, 0, 0, 0, 0, 0, 0, 0];
    assert_eq!(read(&header(1), &asked).unwrap().rcode, Rcode::FormErr);
    for code in [0, 3] {
        assert_eq!(read(&header(code), &asked), Err(Unread::Other), "{code}");
    }
}

fn any_record() -> impl Strategy<Value = RecordType> {
    prop::sample::select(RecordType::ALL)
}

proptest! {
    /// No bytes make the reader panic, run on, or keep more than a message is long.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..600), record in any_record()) {
        let asked = question("example.org", record);
        let _ = read(&bytes, &asked);
        // The same behind a header and a question that fit, which is where hostile bytes would begin.
        let mut whole = reply(&asked, []).build_bytes_vec().unwrap();
        whole[6..12].copy_from_slice(&[0, 9, 0, 2, 0, 2]);
        whole.extend(bytes);
        let _ = read(&whole, &asked);
    }

    #[test]
    fn any_data_of_a_record_is_read_or_refused(data in prop::collection::vec(any::<u8>(), 0..300), record in any_record()) {
        let asked = question("example.org", record);
        if let Ok(reply) = read(&by_hand(&asked, &[0xC0, 12], &data), &asked) {
            let shown: usize = reply.records.iter().map(String::len).sum();
            prop_assert!(shown <= 8 * (data.len() + 300), "{shown} bytes of {}", data.len());
        }
    }

    /// What another implementation writes is read, with and without pointers.
    #[test]
    fn what_others_write_is_read(last in prop::collection::vec(any::<u8>(), 0..20), strings in prop::collection::vec("[ -~]{0,40}", 1..5)) {
        let asked = question("a.example.org", RecordType::A);
        let packet = reply(&asked, last.iter().map(|n| ("a.example.org", address(*n))));
        for bytes in both_ways(&packet) {
            let want: Vec<_> = last.iter().map(|n| format!("192.0.2.{n}")).collect();
            prop_assert_eq!(read(&bytes, &asked).unwrap().records, want);
        }
        let asked = question("a.example.org", RecordType::Txt);
        let mut txt = TXT::new();
        for string in &strings {
            txt.add_string(string).unwrap();
        }
        for bytes in both_ways(&reply(&asked, [("a.example.org", RData::TXT(txt))])) {
            let want: Vec<_> = strings.iter().map(|s| s.replace('\\', "\\\\").replace('"', "\\\"")).collect();
            prop_assert_eq!(read(&bytes, &asked).unwrap().records, want);
        }
    }
}

#[test]
fn a_message_full_of_pointers_costs_no_more_than_its_length() {
    let asked = question("example.org", RecordType::A);
    let mut bytes = reply(&asked, []).build_bytes_vec().unwrap();
    bytes[6..8].copy_from_slice(&[0xFF, 0xFF]);
    // Each name is a pointer to the one before it.
    while bytes.len() < 65_000 {
        let last = bytes.len().saturating_sub(12).clamp(12, 0x3FFF) as u16;
        bytes.extend((0xC000 | last).to_be_bytes());
        bytes.extend([0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    }
    let began = std::time::Instant::now();
    assert!(read(&bytes, &asked).is_err());
    assert!(began.elapsed() < Duration::from_secs(1));
}
