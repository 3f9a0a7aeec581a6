//! Messages of DNS: RFC 1035, section 4, with RFC 6891's larger sizes and codes.
//!
//! A reply is read only as far as it matters, which is hostile bytes' own business: every name ends, every loop is
//! bounded by the message.

use super::reader::Unread::{self, Malformed};
use super::reader::{LONGEST, Reader};
use super::record::text;
use super::{Question, Rcode, RecordType, Reply};
use std::time::Duration;

/// Bytes of a reply over UDP that we take: what goes through every network whole (RFC 9715, section 3.1).
pub const UDP_SIZE: u16 = 1232;
/// Bytes of a message without its sections.
const HEADER: usize = 12;
/// Aliases followed from one name.
const MAX_ALIASES: usize = 16;

const OPT: u16 = 41;
const INTERNET: u16 = 1;

/// A question on its way.
pub struct Query<'q> {
    pub id: u16,
    pub question: &'q Question,
    /// Says that larger replies are welcome: RFC 6891.
    pub edns: bool,
}

impl Query<'_> {
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEADER + LONGEST + 16);
        let additional = u16::from(self.edns);
        // Recursion desired.
        for word in [self.id, 0x0100, 1, 0, 0, additional] {
            out.extend(word.to_be_bytes());
        }
        out.extend(self.question.wire());
        if self.edns {
            out.push(0);
            for word in [OPT, UDP_SIZE, 0, 0, 0] {
                out.extend(word.to_be_bytes());
            }
        }
        out
    }

    /// Reads the reply.
    pub fn read(&self, message: &[u8]) -> Result<Reply, Unread> {
        let mut at = Reader { message, at: 0 };
        let header = at.words::<6>().map_err(|_| Unread::Other)?;
        let [id, flags, questions, answers, authorities, additional] = header;
        let is_reply = flags & 0x8000 != 0 && flags & 0x7800 == 0;
        if id != self.id || !is_reply {
            return Err(Unread::Other);
        }
        let code = flags & 15;
        match questions {
            // A server that could not read the question cannot repeat it.
            0 if code != 0 && code != 3 => {}
            1 => {
                let asked = at.question().map_err(|_| Unread::Other)?;
                if !asked.eq_ignore_ascii_case(&self.question.wire()) {
                    return Err(Unread::Other);
                }
            }
            _ => return Err(Unread::Other),
        }
        if flags & 0x0200 != 0 {
            return Err(Unread::Truncated);
        }
        let sections = Sections::read(&mut at, self.question.record, [answers, authorities, additional])?;
        let (records, ttl, aliases) = sections.answer(self.question)?;
        if code == 3 && !records.is_empty() {
            return Err(Malformed("it says that there is no such name, and has records of it"));
        }
        let (authoritative, recursive) = (flags & 0x0400 != 0, flags & 0x0080 != 0);
        Ok(Reply {
            rcode: Rcode::from_code(code | u16::from(sections.extended) << 4)
                .ok_or(Malformed("its response code is unknown"))?,
            records,
            ttl,
            // RFC 2308, section 2.2. Of a name that is an alias, "authoritative" speaks of the first name alone.
            conclusive: recursive || sections.soa || (authoritative && aliases == 0),
        })
    }
}

impl Question {
    /// Name, type and class as they stand in a message.
    fn wire(&self) -> Vec<u8> {
        let mut out = wire_name(&self.name);
        out.extend(self.record.code().to_be_bytes());
        out.extend(INTERNET.to_be_bytes());
        out
    }
}

/// A name as it stands in a message. One that [`super::check_name`] accepts fits.
fn wire_name(name: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 2);
    for label in name.split('.').filter(|l| !l.is_empty()) {
        out.push(u8::try_from(label.len()).unwrap_or(u8::MAX));
        out.extend(label.bytes());
    }
    out.push(0);
    out
}

/// What matters of the records of a reply.
#[derive(Default)]
struct Sections<'m> {
    aliases: Vec<Row<'m>>,
    found: Vec<Row<'m>>,
    /// There is a start of authority among the authorities.
    soa: bool,
    /// The upper eight bits of the code.
    extended: u8,
}

struct Row<'m> {
    owner: Vec<u8>,
    ttl: u32,
    data: Reader<'m>,
}

impl<'m> Sections<'m> {
    fn read(at: &mut Reader<'m>, wanted: RecordType, counts: [u16; 3]) -> Result<Self, Unread> {
        let mut all = Sections::default();
        for (section, count) in counts.into_iter().enumerate() {
            for _ in 0..count {
                let owner = at.name()?;
                let [code, class] = at.words()?;
                let ttl = at.long()?;
                let [length] = at.words()?;
                let data = at.part(usize::from(length))?;
                let row = Row { owner, ttl, data };
                match section {
                    0 if class == INTERNET && code == wanted.code() => all.found.push(row),
                    0 if class == INTERNET && code == RecordType::Cname.code() => all.aliases.push(row),
                    1 if class == INTERNET && code == RecordType::Soa.code() => all.soa = true,
                    2 if code == OPT => all.extended = ttl.to_be_bytes()[0],
                    _ => {}
                }
            }
        }
        Ok(all)
    }

    /// The records at the end of the aliases, the smallest time to live, and how many aliases led there.
    fn answer(&self, question: &Question) -> Result<(Vec<String>, Option<Duration>, usize), Unread> {
        let mut name = wire_name(&question.name);
        let (mut ttl, mut steps) = (u32::MAX, 0);
        while let Some(alias) = self.aliases.iter().find(|row| row.owner.eq_ignore_ascii_case(&name)) {
            name = alias.data.clone().name()?;
            ttl = ttl.min(alias.ttl);
            steps += 1;
            if steps > MAX_ALIASES {
                return Err(Malformed("its aliases do not end"));
            }
        }
        let mut records = Vec::new();
        for row in self.found.iter().filter(|row| row.owner.eq_ignore_ascii_case(&name)) {
            ttl = ttl.min(row.ttl);
            records.extend(text(question.record, row.data.clone())?);
        }
        // RFC 2181, section 8: one with its highest bit set is zero.
        let ttl = if ttl > i32::MAX as u32 { 0 } else { ttl };
        let ttl = (!records.is_empty()).then(|| Duration::from_secs(ttl.into()));
        Ok((records, ttl, steps))
    }
}

#[cfg(test)]
mod tests;
