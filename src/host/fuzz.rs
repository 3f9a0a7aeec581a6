//! What machines and servers send, for fuzzing: readers of bytes that no file holds, and files made of any bytes.

use super::dns::message::Query;
use super::dns::{Question, RecordType};
use super::endpoint::Endpoint;
use super::http::{Proxy, Url};
use super::icmp::packet::Mark;
use super::netlink::{self, End, Request, u16_at};
use super::sockets::Family;
use super::starttls::Protocol;
use super::{FileType, Files, Stat, dbus, interfaces, sock_diag};
use crate::value::Fault;
use std::collections::BTreeMap;
use std::io::{Cursor, Read, Write};

/// Files of any bytes, and the directories they lie in.
#[derive(Default)]
pub struct Memory(pub BTreeMap<String, Vec<u8>>);

impl Files for Memory {
    fn lstat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        self.stat(path)
    }
    fn stat(&self, path: &str) -> Result<Option<Stat>, Fault> {
        let stat = |file_type, size: usize, inode| {
            let (mode, size) = (0o755, size as u64);
            Stat { file_type, mode, uid: 0, gid: 0, size, mtime: 0, links: 1, device: 1, inode }
        };
        let file = self.0.keys().zip(2..).find(|(name, _)| *name == path);
        if let Some((name, inode)) = file {
            return Ok(Some(stat(FileType::File, self.0.get(name).map_or(0, Vec::len), inode)));
        }
        Ok(self.list(path)?.map(|_| stat(FileType::Directory, 4096, 1)))
    }
    fn open(&self, path: &str) -> Result<Option<Box<dyn Read + Send>>, Fault> {
        Ok(self.0.get(path).map(|bytes| Box::new(Cursor::new(bytes.clone())) as Box<dyn Read + Send>))
    }
    fn list(&self, path: &str) -> Result<Option<Vec<String>>, Fault> {
        let inside =
            |name: &String| name.strip_prefix(path.trim_end_matches('/'))?.strip_prefix('/').map(str::to_owned);
        let mut names: Vec<_> =
            self.0.keys().filter_map(inside).filter_map(|rest| rest.split('/').next().map(str::to_owned)).collect();
        names.dedup();
        Ok(Some(names).filter(|names| !names.is_empty()))
    }
    fn link(&self, _: &str) -> Result<Option<String>, Fault> {
        Ok(None)
    }
}

/// One datagram of rtnetlink(7) or sock_diag(7): its messages, and what stands in each.
pub fn netlink(datagram: &[u8]) {
    let request =
        Request { what: "things", protocol: None, ask: 22, answer: u16_at(datagram, 4).unwrap_or(20), body: &[] };
    let _ = netlink::read(&request, datagram, &mut End::Whole, &mut |body| {
        let _ = (interfaces::link(body), interfaces::address(body));
        let _ = (sock_diag::inet_socket(body, Family::V4), sock_diag::inet_socket(body, Family::V6));
        let _ = sock_diag::unix_socket(body);
        Ok(())
    });
}

/// A message on a bus.
pub fn dbus(bytes: &[u8]) {
    let _ = bytes.first_chunk().map(dbus::message::length);
    let _ = dbus::message::parse(bytes).map(|message| message.body());
}

/// The number of a type of record, then a reply to a question about `example.test`.
pub fn dns(bytes: &[u8]) {
    let Some((record, message)) = bytes.split_first() else { return };
    let records = RecordType::WORDS;
    let word = records.get(usize::from(*record) % records.len()).copied().unwrap_or_default();
    let Some(record) = RecordType::parse(word) else { return };
    let question = Question { name: "example.test".into(), record };
    let id = message.first_chunk().copied().map_or(0, u16::from_be_bytes);
    let _ = Query { id, question: &question, edns: true }.read(message);
}

/// The number of a protocol, then all that a server of it says before TLS begins.
pub fn starttls(bytes: &[u8]) {
    let Some((protocol, said)) = bytes.split_first() else { return };
    let protocols = Protocol::WORDS;
    let word = protocols.get(usize::from(*protocol) % protocols.len()).copied().unwrap_or_default();
    if let Some(protocol) = Protocol::parse(word) {
        let _ = protocol.talk(&mut Says(said), "example.test");
    }
}

/// What answers an echo request: an IP packet, or what one carries.
pub fn icmp(packet: &[u8]) {
    for target in ["127.0.0.1", "::1"] {
        let Ok(target) = target.parse() else { return };
        let mark = Mark { target, id: Some(7), nonce: [1; 16] };
        let _ = (mark.read_ipv4(packet), mark.read(packet));
    }
}

/// A `Location` on the first line and the URL that it comes from below; a proxy.
pub fn url(text: &str) {
    let (location, url) = text.split_once('\n').unwrap_or((text, "http://u:p@a.test/b/c?d"));
    if let Ok(url) = Url::parse(url) {
        let _ = url.join(location).map(|to| to.to_string());
    }
    let _ = Proxy::parse(location).map(|proxy| proxy.endpoint());
}

/// Where to connect to, as a spec has it.
pub fn endpoint(text: &str) {
    let _ = Endpoint::parse(text);
}

/// A server that says the same whatever it hears.
struct Says<'b>(&'b [u8]);

impl Read for Says<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(to)
    }
}

impl Write for Says<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
