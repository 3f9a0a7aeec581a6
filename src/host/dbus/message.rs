//! D-Bus messages: a header around a body, by the D-Bus specification ("Message Format"): pure functions.

use super::item::Item;
use super::marshal::{encode, pad};
use super::signature::Garbled;
use super::unmarshal::{Reader, decode};

/// Bytes in a message at most. The specification allows 128 MiB; a listing of 10,000 units has 3 MiB.
pub const MAX_MESSAGE: usize = 16 << 20;
/// The part of the header whose length is known.
pub const FIXED: usize = 16;

/// A method to call and what to hand to it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Whose object: `org.freedesktop.systemd1`.
    pub destination: &'a str,
    pub path: &'a str,
    pub interface: &'a str,
    pub member: &'a str,
    /// The types of `arguments`, one after the other.
    pub signature: &'a str,
    pub arguments: &'a [Item],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Return,
    Error,
    /// A signal, or a call to us.
    Other,
}

/// A message whose body is not yet read.
#[derive(Debug)]
pub struct Message<'b> {
    pub kind: Kind,
    /// The serial of the call that it answers.
    pub reply_to: Option<u32>,
    /// The error's name, of an error.
    pub error: Option<String>,
    signature: String,
    body: &'b [u8],
    big_endian: bool,
}

impl Call<'_> {
    pub fn encode(&self, serial: u32) -> Result<Vec<u8>, Garbled> {
        let mut body = Vec::new();
        encode(self.signature, self.arguments, &mut body)?;
        let field = |code, signature: &str, item| {
            Item::Struct(vec![Item::Byte(code), Item::Variant(signature.to_owned(), Box::new(item))])
        };
        let mut fields = vec![
            field(1, "o", Item::Path(self.path.to_owned())),
            field(2, "s", Item::Text(self.interface.to_owned())),
            field(3, "s", Item::Text(self.member.to_owned())),
            field(6, "s", Item::Text(self.destination.to_owned())),
        ];
        if !self.signature.is_empty() {
            fields.push(field(8, "g", Item::Signature(self.signature.to_owned())));
        }
        let length = u32::try_from(body.len()).map_err(|_| Garbled("it is too long"))?;
        let mut bytes = Vec::with_capacity(256 + body.len());
        let header = [
            Item::Byte(b'l'),
            Item::Byte(1),
            Item::Byte(0),
            Item::Byte(1),
            Item::Uint32(length),
            Item::Uint32(serial),
            Item::Array(fields),
        ];
        encode("yyyyuua(yv)", &header, &mut bytes)?;
        pad(&mut bytes, 8);
        bytes.extend(body);
        Ok(bytes)
    }
}

/// The length in bytes of the message that begins so.
pub fn length(start: &[u8; FIXED]) -> Result<usize, Garbled> {
    let [order, _, _, version, b0, b1, b2, b3, _, _, _, _, f0, f1, f2, f3] = *start;
    let number: fn([u8; 4]) -> u32 = if big_endian(order)? { u32::from_be_bytes } else { u32::from_le_bytes };
    if version != 1 {
        return Err(Garbled("its protocol version is not 1"));
    }
    let (body, fields) = (number([b0, b1, b2, b3]), number([f0, f1, f2, f3]));
    let total = (FIXED as u64 + u64::from(fields)).next_multiple_of(8) + u64::from(body);
    match usize::try_from(total) {
        Ok(total) if total <= MAX_MESSAGE => Ok(total),
        _ => Err(Garbled("it is longer than 16 MiB")),
    }
}

/// Reads a whole message's header.
pub fn parse(bytes: &[u8]) -> Result<Message<'_>, Garbled> {
    let big_endian = big_endian(bytes.first().copied().unwrap_or_default())?;
    let mut reader = Reader::new(bytes, big_endian);
    let header = reader.items("yyyyuua(yv)")?;
    reader.pad(8)?;
    let body = bytes.get(reader.at..).unwrap_or_default();
    let [_, Item::Byte(kind), _, _, Item::Uint32(length), _, Item::Array(fields)] = header.as_slice() else {
        return Err(Garbled("its header is none"));
    };
    if *length as usize != body.len() {
        return Err(Garbled("its body is not as long as it says"));
    }
    let kind = match kind {
        0 => return Err(Garbled("it is of no type")),
        2 => Kind::Return,
        3 => Kind::Error,
        _ => Kind::Other,
    };
    let mut message = Message { kind, reply_to: None, error: None, signature: String::new(), body, big_endian };
    for field in fields {
        let Item::Struct(field) = field else { continue };
        let [Item::Byte(code), Item::Variant(_, value)] = field.as_slice() else { continue };
        match (code, value.as_ref()) {
            (4, Item::Text(name)) => message.error = Some(name.clone()),
            (5, Item::Uint32(serial)) => message.reply_to = Some(*serial),
            (8, Item::Signature(signature)) => message.signature.clone_from(signature),
            (4 | 5 | 8, _) => return Err(Garbled("a header field is of the wrong type")),
            _ => {}
        }
    }
    match (kind, &message) {
        (Kind::Return | Kind::Error, Message { reply_to: None, .. }) => Err(Garbled("it answers no call")),
        (Kind::Error, Message { error: None, .. }) => Err(Garbled("it is an error without a name")),
        _ => Ok(message),
    }
}

impl Message<'_> {
    pub fn body(&self) -> Result<Vec<Item>, Garbled> {
        decode(&self.signature, self.body, self.big_endian)
    }
}

fn big_endian(order: u8) -> Result<bool, Garbled> {
    match order {
        b'l' => Ok(false),
        b'B' => Ok(true),
        _ => Err(Garbled("it is not a D-Bus message")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello() -> Vec<u8> {
        let (path, interface) = ("/org/freedesktop/DBus", "org.freedesktop.DBus");
        let call = Call { destination: interface, path, interface, member: "Hello", signature: "", arguments: &[] };
        call.encode(1).unwrap()
    }

    #[test]
    fn a_call_is_laid_out_as_the_specification_has_it() {
        let bytes = hello();
        assert_eq!(bytes[..12], *b"l\x01\0\x01\0\0\0\0\x01\0\0\0");
        assert_eq!(bytes[16..24], *b"\x01\x01o\0\x15\0\0\0");
        assert_eq!(length(bytes.first_chunk().unwrap()), Ok(bytes.len()));
        assert_eq!(bytes.len() % 8, 0);
    }

    #[test]
    fn lengths_past_the_bound_are_refused() {
        let mut start = *hello().first_chunk::<FIXED>().unwrap();
        start[4..8].copy_from_slice(&(MAX_MESSAGE as u32).to_le_bytes());
        assert!(length(&start).is_err());
        start[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
        start[12..].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(length(&start).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>, at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
            let _ = parse(&bytes).map(|m| m.body());
            let mut bytes = hello();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = parse(&bytes).map(|m| m.body());
            bytes.truncate(cut.index(bytes.len()));
            prop_assert!(parse(&bytes).is_err());
        }
    }
}
