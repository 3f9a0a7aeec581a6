use super::*;
use crate::host::TreeFiles;
use crate::host::dns;
use simple_dns::rdata::{A, AAAA, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, RCODE, ResourceRecord, TYPE};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Instant;
use time::OffsetDateTime;

fn tree(text: &str) -> Host {
    Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), OffsetDateTime::UNIX_EPOCH)
}

const HOSTS: &str = "-- /etc/hosts\n127.0.0.1 localhost\n192.0.2.7 db.example.com db\n2001:db8::7 db\n";

fn texts(addresses: Vec<IpAddr>) -> Vec<String> {
    addresses.iter().map(IpAddr::to_string).collect()
}

#[test]
fn names_in_files_need_no_machine_and_others_do() {
    let host = tree(HOSTS);
    assert_eq!(texts(host.resolve("db").unwrap()), ["192.0.2.7", "2001:db8::7"]);
    assert_eq!(texts(host.resolve("DB").unwrap()), ["192.0.2.7", "2001:db8::7"]);
    assert!(host.resolve("db.").is_err());
    let found = host.look_up("db", Family::V6);
    assert_eq!(texts(found.addresses.unwrap()), ["2001:db8::7"]);
    assert_eq!((found.dns, found.unasked), (None, Some(Fault::Unfit("DNS was not asked: /etc/hosts has `db`".into()))));
    assert!(matches!(host.resolve("web"), Err(Unreached::Fault(Fault::Unsupported(_)))));
    assert!(host.resolve("db.example.com").is_ok() && host.resolve("example.com").is_err());
}

#[test]
fn an_address_is_its_own() {
    let host = tree("");
    assert_eq!(texts(host.resolve("2001:db8::1").unwrap()), ["2001:db8::1"]);
    assert_eq!(texts(host.resolve("192.0.2.1").unwrap()), ["192.0.2.1"]);
}

#[test]
fn localhost_is_known_to_who_has_it_as_other_names_are() {
    let dns = Dns::start();
    let lookup = |hosts: &str, name: &str| machine(&nsswitch(hosts), &[dns.address]).resolve(name).map(texts);
    let files = |hosts: &str| machine(&format!("-- /etc/hosts\n{hosts}"), &[dns.address]);
    assert_eq!(texts(files("127.0.0.9 localhost\n").resolve("LocalHost").unwrap()), ["127.0.0.9"]);
    assert!(matches!(files("").resolve("localhost"), Err(Unreached::Refused(why)) if why.contains("NXDOMAIN")));
    assert_eq!(dns.asked(), ["localhost"]);
    for name in ["localhost", "a.b.localhost."] {
        let host = machine("-- /etc/nsswitch.conf\nhosts: files myhostname dns\n", &[dns.address]);
        assert_eq!(texts(host.resolve(name).unwrap()), ["::1", "127.0.0.1"], "{name}");
    }
    assert!(lookup("myhostname", "notlocalhost").is_err());
    assert!(matches!(tree("").resolve("localhost"), Err(Unreached::Fault(_))));
    assert!(matches!(tree("-- /etc/hosts denied\n").resolve("localhost"), Err(Unreached::Fault(Fault::Denied(_)))));
}

#[test]
fn a_name_that_cannot_be_one_has_not_been_looked_up() {
    for name in ["", "a..b", "a b", "b\u{fc}cher"] {
        assert!(matches!(tree("").resolve(name), Err(Unreached::Fault(Fault::Unsupported(_)))), "{name}");
    }
}

#[test]
fn a_table_that_cannot_be_read_leaves_names_open() {
    for broken in ["-- /etc/hosts denied\n", "-- /etc/nsswitch.conf denied\n"] {
        assert!(matches!(tree(broken).resolve("db"), Err(Unreached::Fault(Fault::Denied(_)))), "{broken}");
    }
}

#[test]
fn the_machines_own_tables_are_read_as_the_c_library_reads_them() {
    let host = Host::local().until(Instant::now() + Duration::from_secs(5));
    let names = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let names = names.lines().filter_map(|l| l.split('#').next()).flat_map(|l| l.split_whitespace().skip(1));
    for name in names.chain(["localhost", "127.0.0.1", "::1"]) {
        let getent = std::process::Command::new("getent").args(["ahosts", name]).output();
        let Ok(getent) = getent else { return };
        let mut theirs: Vec<_> = String::from_utf8(getent.stdout)
            .unwrap()
            .lines()
            .filter_map(|l| Some(l.split_whitespace().next()?.to_owned()))
            .collect();
        theirs.sort_unstable();
        theirs.dedup();
        let mut ours = texts(host.resolve(name).unwrap_or_default());
        ours.sort_unstable();
        assert_eq!(ours, theirs, "{name}");
    }
}

/// A server that knows `*.known.example` and fails at `*.failing.example`, and what it has been asked, in order.
struct Dns {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Dns {
    fn start() -> Dns {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let dns = Dns { address: socket.local_addr().unwrap(), asked: Arc::default() };
        let asked = dns.asked.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 2048];
            while let Ok((n, from)) = socket.recv_from(&mut buffer) {
                let question = Packet::parse(&buffer[..n]).unwrap();
                let name = question.questions[0].qname.to_string();
                let four = question.questions[0].qtype == TYPE::A.into();
                asked.lock().unwrap().push(format!("{} {name}", if four { "A" } else { "AAAA" }));
                let mut packet = Packet::new_reply(question.id());
                packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
                packet.questions.push(question.questions[0].clone());
                if name.ends_with("known.example") {
                    let data = if four {
                        RData::A(A::from(Ipv4Addr::new(192, 0, 2, 1)))
                    } else {
                        RData::AAAA(AAAA::from(Ipv6Addr::LOCALHOST))
                    };
                    packet.answers.push(ResourceRecord::new(Name::new_unchecked(&name), CLASS::IN, 60, data));
                } else if name.ends_with("failing.example") {
                    *packet.rcode_mut() = RCODE::ServerFailure;
                } else if !name.ends_with("empty.example") {
                    *packet.rcode_mut() = RCODE::NameError;
                }
                socket.send_to(&packet.build_bytes_vec().unwrap(), from).unwrap();
            }
        });
        dns
    }

    fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.dedup_by_key(|line| line.split_once(' ').unwrap().1.to_owned());
        asked.iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }
}

/// A machine with these files, whose name servers are at these ports.
fn machine(files: &str, servers: &[SocketAddr]) -> Host {
    let files = Arc::new(TreeFiles::parse(files).unwrap());
    let host = Host::new(files, Some(crate::host::Machine(())), OffsetDateTime::UNIX_EPOCH);
    let mut names = load(&host).unwrap();
    if let Ok(conf) = &mut names.conf {
        conf.servers.addresses = servers.to_vec();
        conf.servers.patience = Duration::from_millis(100);
    }
    assert!(host.inner.names.set(Ok(names)).is_ok());
    host.until(Instant::now() + Duration::from_secs(5))
}

fn nsswitch(hosts: &str) -> String {
    format!("{HOSTS}-- /etc/nsswitch.conf\nhosts: {hosts}\n-- /etc/resolv.conf\nsearch known.example\n")
}

const BOTH: [&str; 2] = ["::1", "192.0.2.1"];

#[test]
fn dns_is_asked_with_the_search_domains_in_their_turn() {
    let dns = Dns::start();
    let host = machine(&nsswitch("files dns"), &[dns.address]);
    assert_eq!(texts(host.resolve("web").unwrap()), BOTH);
    assert_eq!(dns.asked(), ["web.known.example"]);
    assert_eq!(texts(host.resolve("a.b").unwrap()), BOTH);
    assert_eq!(dns.asked()[1..], ["a.b", "a.b.known.example"]);
    assert!(matches!(host.resolve("none.example."), Err(Unreached::Refused(why)) if why.contains("NXDOMAIN")));
    assert_eq!(dns.asked()[3..], ["none.example"]);
}

#[test]
fn what_was_found_is_not_asked_for_again() {
    let dns = Dns::start();
    let host = machine(&nsswitch("files dns"), &[dns.address]);
    for name in ["x.known.example", "X.Known.Example"].repeat(50) {
        assert_eq!(texts(host.resolve(name).unwrap()), BOTH);
    }
    assert_eq!(dns.asked.lock().unwrap().len(), 2);
    for _ in 0..2 {
        assert!(host.resolve("none.").is_err());
    }
    assert_eq!(dns.asked.lock().unwrap().len(), 6, "what was not found may come");
    assert_eq!(texts(host.look_up("x.known.example", Family::V4).addresses.unwrap()), ["192.0.2.1"]);
    assert_eq!(dns.asked.lock().unwrap().len(), 7, "one family alone");
}

#[test]
fn the_order_of_sources_and_its_rules_are_heeded() {
    let dns = Dns::start();
    let lookup = |hosts: &str, name: &str| machine(&nsswitch(hosts), &[dns.address]).resolve(name).map(texts);
    assert_eq!(lookup("dns files", "db").unwrap(), BOTH, "by its search domain");
    assert_eq!(lookup("files dns", "db").unwrap(), ["192.0.2.7", "2001:db8::7"]);
    assert!(matches!(lookup("files", "x.known.example"), Err(Unreached::Refused(_))));
    assert!(matches!(lookup("files [NOTFOUND=return] dns", "x.known.example"), Err(Unreached::Refused(_))));
    assert_eq!(lookup("files [NOTFOUND=continue] dns", "x.known.example").unwrap(), BOTH);
    // What the C library makes of a name that one source knows and the next does not, it alone can say.
    let files = "-- /etc/hosts\n192.0.2.7 db.invalid\n-- /etc/nsswitch.conf\nhosts: files [SUCCESS=continue] dns\n";
    assert!(machine(files, &[dns.address]).resolve("db.invalid").is_err());
    assert_eq!(lookup("files [SUCCESS=continue] dns", "db").unwrap(), BOTH, "by its search domain");
    // Without its daemon a source is unavailable.
    let fedora = "files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns";
    assert_eq!(lookup(fedora, "x.known.example").unwrap(), BOTH);
    assert_eq!(lookup(fedora, "printer.local").unwrap(), BOTH, "by its search domain");
    assert_eq!(lookup("files mymachines myhostname dns", "x.known.example").unwrap(), BOTH);
}

#[test]
fn a_server_that_fails_or_is_silent_gives_way_to_the_next() {
    let (dns, other) = (Dns::start(), Dns::start());
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let closed = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for first in [silent.local_addr().unwrap(), closed] {
        let host = machine(&nsswitch("dns"), &[first, dns.address]);
        let began = Instant::now();
        assert_eq!(texts(host.resolve("x.known.example").unwrap()), BOTH);
        assert!(began.elapsed() < Duration::from_secs(1));
    }
    let host = machine(&nsswitch("dns"), &[other.address, dns.address]);
    let seen = host.look_up("x.failing.example.", Family::Any);
    assert!(matches!(seen.addresses, Err(Unreached::Fault(Fault::Failed(why))) if why.contains("SERVFAIL")));
    assert_eq!(seen.dns.unwrap().rcode, Ok(Rcode::ServFail));
    assert_eq!((other.asked().len(), dns.asked().len()), (1, 2), "each once");
}

#[test]
fn silence_of_all_servers_leaves_a_name_open_and_ends_on_time() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let began = Instant::now();
    let host = machine(&nsswitch("files dns myhostname"), &[silent.local_addr().unwrap()]);
    assert!(matches!(host.resolve("x.known.example"), Err(Unreached::Silent(..))));
    assert!(began.elapsed() < Duration::from_secs(1), "two rounds of patience, and no other name is tried");
    let late = host.until(Instant::now());
    assert!(matches!(late.resolve("x.known.example"), Err(Unreached::Silent(..))));
}

#[test]
fn what_dns_said_of_a_name_is_told() {
    let dns = Dns::start();
    let host = machine(&nsswitch("files dns"), &[dns.address]);
    let said = |name: &str| host.look_up(name, Family::Any).dns;
    let known = said("web").unwrap();
    assert_eq!((known.rcode, known.ttl), (Ok(Rcode::NoError), Some(Duration::from_secs(60))));
    assert_eq!(said("none.example.").unwrap().rcode, Ok(Rcode::NxDomain));
    let empty = host.look_up("empty.example.", Family::Any);
    assert!(
        matches!(empty.addresses, Err(Unreached::Refused(why)) if why.contains("has no address of `empty.example`"))
    );
    assert_eq!(empty.dns.unwrap().rcode, Ok(Rcode::NoError));
    assert_eq!(said("db"), None);
}

#[test]
fn a_search_domain_that_fails_leaves_a_name_open() {
    let dns = Dns::start();
    let files = "-- /etc/resolv.conf\nsearch failing.example none.example\n";
    let host = machine(files, &[dns.address]);
    assert!(matches!(host.resolve("web"), Err(Unreached::Fault(Fault::Failed(why))) if why.contains("SERVFAIL")));
    assert_eq!(dns.asked(), ["web.failing.example", "web.none.example", "web"]);
}

#[test]
fn an_unreadable_list_of_servers_leaves_a_name_open() {
    let host = machine("-- /etc/resolv.conf denied\n", &[]);
    assert!(matches!(host.resolve("web"), Err(Unreached::Fault(Fault::Denied(_)))));
    assert!(matches!(host.name_servers(), Err(Fault::Denied(_))));
}

#[test]
fn what_an_unreadable_table_may_say_is_not_what_the_next_source_says() {
    let dns = Dns::start();
    for (file, order) in [("hosts", "files dns"), ("resolv.conf", "dns files")] {
        let files = format!(
            "-- /etc/{file} denied\n-- /etc/nsswitch.conf\nhosts: {order}\n{}",
            if file == "hosts" { "" } else { "-- /etc/hosts\n192.0.2.8 x.known.example\n" }
        );
        let got = machine(&files, &[dns.address]).resolve("x.known.example");
        assert!(matches!(got, Err(Unreached::Fault(Fault::Denied(_)))), "{file}: {got:?}");
    }
    assert!(dns.asked().is_empty());
}

#[test]
fn this_hosts_own_name_leads_to_its_own_addresses() {
    let host = machine(&nsswitch("files myhostname"), &[]);
    let own = host.name();
    let addresses = host.resolve(&own).unwrap();
    assert!(!addresses.is_empty());
    assert!(matches!(host.look_up(&own, Family::Any).unasked, Some(Fault::Unfit(why)) if why.contains("`myhostname`")));
    assert!(matches!(host.resolve("other"), Err(Unreached::Refused(_))));
}

#[test]
fn what_only_the_c_library_can_ask_is_asked_of_it() {
    // A name that it knows without asking anybody.
    let own = std::fs::read_to_string("/etc/hosts").unwrap_or_default();
    let own = hosts::parse(&own).unwrap();
    let Some(name) = own.names().find(|name| *name != "localhost" && dns::check_name(name).is_ok()) else { return };
    let addresses = |host: &Host| {
        let mut all = host.resolve(name).unwrap();
        all.sort_unstable();
        all
    };
    let mut want = own.addresses(name);
    want.sort_unstable();
    let host = machine(&nsswitch("files nis"), &[]);
    if std::process::Command::new("getent").arg("--version").output().is_err() {
        assert!(matches!(host.resolve(name), Err(Unreached::Fault(Fault::Failed(why))) if why.contains("getent")));
        return;
    }
    assert_eq!(addresses(&host), want);
    assert!(matches!(host.look_up(name, Family::Any).unasked, Some(Fault::Unsupported(why)) if why.contains("`nis`")));
    let dns = Dns::start();
    let host = machine(&nsswitch("files nis [NOTFOUND=return] dns"), &[dns.address]);
    assert_eq!(addresses(&host), want, "DNS might not be asked");
    assert!(dns.asked().is_empty());
    let host = machine(&nsswitch("files nis dns"), &[dns.address]);
    assert_eq!(texts(host.resolve("x.known.example").unwrap()), BOTH, "DNS knows it");
    // Whether NIS has no such name or nobody answers for it, it does not tell.
    for order in ["files nis", "files nis [NOTFOUND=return] dns", "files nis dns"] {
        let none = machine(&nsswitch(order), &[dns.address]).resolve("none.invalid.");
        assert!(matches!(none, Err(Unreached::Fault(Fault::Failed(why))) if why.contains("could answer")), "{order}");
    }
    let out_of_time = machine(&nsswitch("files nis"), &[]).until(Instant::now());
    assert!(matches!(out_of_time.resolve(name), Err(Unreached::Silent(why, _)) if why.contains("getent")));
}

#[test]
fn half_an_address_is_neither_a_name_nor_certainly_none() {
    for name in ["127.1", "010.0.0.1", "1"] {
        assert!(matches!(tree("").resolve(name), Err(Unreached::Fault(Fault::Unsupported(_)))), "{name}");
    }
}
