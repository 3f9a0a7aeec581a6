//! A DNS server of the tests' own on a port of loopback, over UDP and TCP, that answers as its handler says.

use simple_dns::{CLASS, Name, Packet, PacketFlag, RCODE, ResourceRecord, TYPE, rdata::RData};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// How a question came.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Udp,
    Tcp,
}

/// What is done with a question's bytes: the bytes that go back, if any do.
pub type Handler = dyn Fn(&[u8], Way) -> Option<Vec<u8>> + Send + Sync;

pub struct Server {
    pub address: SocketAddr,
    /// Questions that have come.
    pub asked: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(handler: impl Fn(&[u8], Way) -> Option<Vec<u8>> + Send + Sync + 'static) -> Server {
        Server::start_with(handler, |stream, reply| {
            let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
            let _ = stream.write_all(&[&length, reply].concat());
        })
    }

    /// Where what is sent over TCP is up to `write`.
    pub fn start_with(
        handler: impl Fn(&[u8], Way) -> Option<Vec<u8>> + Send + Sync + 'static,
        write: impl Fn(&mut TcpStream, &[u8]) + Send + Sync + 'static,
    ) -> Server {
        let (udp, tcp) = pair();
        let (address, asked) = (udp.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let handler: Arc<Handler> = Arc::new(handler);
        let (count, answer) = (asked.clone(), handler.clone());
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok((n, from)) = udp.recv_from(&mut buffer) {
                count.fetch_add(1, Ordering::SeqCst);
                if let Some(reply) = answer(&buffer[..n], Way::Udp) {
                    let _ = udp.send_to(&reply, from);
                }
            }
        });
        thread::spawn(move || {
            for mut stream in tcp.incoming().filter_map(Result::ok) {
                let mut length = [0; 2];
                let mut question = vec![];
                if stream.read_exact(&mut length).is_ok() {
                    question.resize(u16::from_be_bytes(length).into(), 0);
                    let _ = stream.read_exact(&mut question);
                }
                match handler(&question, Way::Tcp) {
                    Some(reply) => write(&mut stream, &reply),
                    None => thread::sleep(Duration::from_secs(3)),
                }
            }
        });
        Server { address, asked }
    }

    /// Answers with what `zone` has of a name and a type, and else that there is none.
    pub fn zone(zone: impl Fn(&str, TYPE) -> Vec<RData<'static>> + Send + Sync + 'static) -> Server {
        Server::start(move |question, _| Some(reply(question, |name, kind| (RCODE::NoError, zone(name, kind)))))
    }

    /// Answers everything with `rcode` and nothing else.
    pub fn saying(rcode: RCODE) -> Server {
        Server::start(move |question, _| Some(reply(question, |_, _| (rcode, vec![]))))
    }

    pub fn questions(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

/// The same port for both.
fn pair() -> (UdpSocket, TcpListener) {
    loop {
        let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            return (udp, tcp);
        }
    }
}

/// A reply to `question` with what `answer` says of its name and type, each record for five minutes.
pub fn reply(question: &[u8], answer: impl Fn(&str, TYPE) -> (RCODE, Vec<RData<'static>>)) -> Vec<u8> {
    // The library does not know these two, and so cannot read a question for them.
    let mut bytes = question.to_vec();
    let end = 12 + bytes[12..].iter().position(|b| *b == 0).unwrap() + 1;
    let kind = u16::from_be_bytes([bytes[end], bytes[end + 1]]);
    bytes[end..end + 2].copy_from_slice(&[0, 1]);
    let asked = Packet::parse(&bytes).unwrap();
    let name = asked.questions[0].qname.to_string();
    let mut packet = Packet::new_reply(asked.id());
    packet.set_flags(PacketFlag::RECURSION_AVAILABLE);
    let (rcode, records) = answer(&name, TYPE::from(kind));
    *packet.rcode_mut() = rcode;
    packet.questions.push(asked.questions[0].clone());
    for record in records {
        packet.answers.push(ResourceRecord::new(Name::new_unchecked(&name), CLASS::IN, 300, record));
    }
    let mut bytes = packet.build_bytes_vec().unwrap();
    bytes[end..end + 2].copy_from_slice(&kind.to_be_bytes());
    bytes
}

/// The same reply without its records, and the word that it did not fit.
pub fn truncated(question: &[u8]) -> Vec<u8> {
    let mut bytes = reply(question, |_, _| (RCODE::NoError, vec![]));
    bytes[2] |= 2;
    bytes
}
