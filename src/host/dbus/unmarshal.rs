//! D-Bus data from bytes, by the D-Bus specification ("Marshaling"): pure, and bounded on any bytes.

use super::item::Item;
use super::signature::{Garbled, MAX_DEPTH, SHORT, alignment, split_first};

/// Values in one message, all levels together: bounds what a few hostile bytes can grow into.
const MAX_ITEMS: usize = 1 << 20;

/// Reads one value for each complete type in `signature`, and nothing but these. `bytes` begin at a multiple of 8.
pub fn decode(signature: &str, bytes: &[u8], big_endian: bool) -> Result<Vec<Item>, Garbled> {
    let mut reader = Reader::new(bytes, big_endian);
    let items = reader.items(signature)?;
    if reader.at == bytes.len() { Ok(items) } else { Err(Garbled("it is longer than its signature says")) }
}

/// Reads values one after the other; [`Reader::at`] counts from where alignment does.
pub struct Reader<'b> {
    bytes: &'b [u8],
    pub at: usize,
    big_endian: bool,
    items_left: usize,
}

macro_rules! number {
    ($reader:expr, $ty:ty) => {{
        let bytes = $reader.take_array()?;
        if $reader.big_endian { <$ty>::from_be_bytes(bytes) } else { <$ty>::from_le_bytes(bytes) }
    }};
}

impl<'b> Reader<'b> {
    pub fn new(bytes: &'b [u8], big_endian: bool) -> Reader<'b> {
        Reader { bytes, at: 0, big_endian, items_left: MAX_ITEMS }
    }

    pub fn items(&mut self, signature: &str) -> Result<Vec<Item>, Garbled> {
        let (mut rest, mut items) = (signature.as_bytes(), Vec::new());
        while !rest.is_empty() {
            let (ty, after) = split_first(rest)?;
            items.push(self.item(ty, 0)?);
            rest = after;
        }
        Ok(items)
    }

    /// Reads a value of `ty`, which is one complete type.
    fn item(&mut self, ty: &[u8], depth: usize) -> Result<Item, Garbled> {
        self.items_left = self.items_left.checked_sub(1).ok_or(Garbled("it holds too many values"))?;
        if depth > MAX_DEPTH {
            return Err(Garbled("it nests too deep"));
        }
        self.pad(alignment(ty))?;
        Ok(match ty {
            b"y" => Item::Byte(number!(self, u8)),
            b"b" => Item::Bool(match number!(self, u32) {
                0 => false,
                1 => true,
                _ => return Err(Garbled("a boolean is neither 0 nor 1")),
            }),
            b"n" => Item::Int16(number!(self, i16)),
            b"q" => Item::Uint16(number!(self, u16)),
            b"i" => Item::Int32(number!(self, i32)),
            b"u" | b"h" => Item::Uint32(number!(self, u32)),
            b"x" => Item::Int64(number!(self, i64)),
            b"t" => Item::Uint64(number!(self, u64)),
            b"d" => Item::Double(number!(self, f64)),
            b"s" => Item::Text(self.string()?),
            b"o" => Item::Path(self.string().and_then(path)?),
            b"g" => Item::Signature(self.signature()?),
            b"v" => {
                let signature = self.signature()?;
                let (ty, rest) = split_first(signature.as_bytes())?;
                if !rest.is_empty() {
                    return Err(Garbled("a variant holds more than one type"));
                }
                let item = self.item(ty, depth + 1)?;
                Item::Variant(signature, Box::new(item))
            }
            b"ay" => {
                let end = self.array_end(1)?;
                let length = end - self.at;
                Item::Bytes(self.take(length)?.to_vec())
            }
            [b'a', b'{', key, value @ .., b'}'] => {
                let (end, mut pairs) = (self.array_end(8)?, Vec::new());
                while self.at < end {
                    self.pad(8)?;
                    let key = self.item(&[*key], depth + 1)?;
                    pairs.push((key, self.item(value, depth + 1)?));
                }
                self.ended_at(end)?;
                Item::Dict(pairs)
            }
            [b'a', of @ ..] => {
                let (end, mut items) = (self.array_end(alignment(of))?, Vec::new());
                while self.at < end {
                    items.push(self.item(of, depth + 1)?);
                }
                self.ended_at(end)?;
                Item::Array(items)
            }
            [b'(', fields @ .., b')'] => {
                let (mut rest, mut items) = (fields, Vec::new());
                while !rest.is_empty() {
                    let (ty, after) = split_first(rest)?;
                    items.push(self.item(ty, depth + 1)?);
                    rest = after;
                }
                Item::Struct(items)
            }
            _ => return Err(Garbled("its signature is none")),
        })
    }

    /// Where an array ends, by its length; the reader then stands at its first element.
    fn array_end(&mut self, alignment: usize) -> Result<usize, Garbled> {
        let length = number!(self, u32) as usize;
        self.pad(alignment)?;
        let end = self.at.checked_add(length).ok_or(SHORT)?;
        if end > self.bytes.len() { Err(SHORT) } else { Ok(end) }
    }

    fn ended_at(&self, end: usize) -> Result<(), Garbled> {
        if self.at == end { Ok(()) } else { Err(Garbled("an array's length cuts an element")) }
    }

    fn string(&mut self) -> Result<String, Garbled> {
        let length = number!(self, u32) as usize;
        self.text(length)
    }

    fn signature(&mut self) -> Result<String, Garbled> {
        let length = usize::from(number!(self, u8));
        let text = self.text(length)?;
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            rest = split_first(rest)?.1;
        }
        Ok(text)
    }

    fn text(&mut self, length: usize) -> Result<String, Garbled> {
        let text = std::str::from_utf8(self.take(length)?).map_err(|_| Garbled("a text is not UTF-8"))?;
        if text.contains('\0') || self.take(1)? != [0] {
            return Err(Garbled("a text does not end in its only NUL"));
        }
        Ok(text.to_owned())
    }

    /// Steps over padding to a multiple of `alignment`.
    pub fn pad(&mut self, alignment: usize) -> Result<(), Garbled> {
        let gap = self.at.next_multiple_of(alignment) - self.at;
        if self.take(gap)?.iter().all(|b| *b == 0) { Ok(()) } else { Err(Garbled("padding is not zero")) }
    }

    fn take(&mut self, length: usize) -> Result<&'b [u8], Garbled> {
        let end = self.at.checked_add(length).ok_or(SHORT)?;
        let bytes = self.bytes.get(self.at..end).ok_or(SHORT)?;
        self.at = end;
        Ok(bytes)
    }

    fn take_array<const N: usize>(&mut self) -> Result<[u8; N], Garbled> {
        self.take(N)?.try_into().map_err(|_| SHORT)
    }
}

fn path(text: String) -> Result<String, Garbled> {
    let good = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    match text.strip_prefix('/') {
        Some(rest) if rest.is_empty() || rest.split('/').all(good) => Ok(text),
        _ => Err(Garbled("an object path is none")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::marshal::encode;
    use super::*;
    use proptest::prelude::*;

    /// A signature of one complete type and a value of it.
    fn typed() -> impl Strategy<Value = (String, Item)> {
        let basic = prop_oneof![
            any::<u8>().prop_map(|n| ("y".to_owned(), Item::Byte(n))),
            any::<bool>().prop_map(|b| ("b".to_owned(), Item::Bool(b))),
            any::<i16>().prop_map(|n| ("n".to_owned(), Item::Int16(n))),
            any::<u16>().prop_map(|n| ("q".to_owned(), Item::Uint16(n))),
            any::<i32>().prop_map(|n| ("i".to_owned(), Item::Int32(n))),
            any::<u32>().prop_map(|n| ("u".to_owned(), Item::Uint32(n))),
            any::<i64>().prop_map(|n| ("x".to_owned(), Item::Int64(n))),
            any::<u64>().prop_map(|n| ("t".to_owned(), Item::Uint64(n))),
            any::<i32>().prop_map(|n| ("d".to_owned(), Item::Double(f64::from(n) / 8.0))),
            "[^\0]{0,9}".prop_map(|t| ("s".to_owned(), Item::Text(t))),
            "(/[a-zA-Z0-9_]{1,4}){1,3}".prop_map(|t| ("o".to_owned(), Item::Path(t))),
            Just(("g".to_owned(), Item::Signature("a{sv}(ii)".into()))),
            proptest::collection::vec(any::<u8>(), 0..9).prop_map(|b| ("ay".to_owned(), Item::Bytes(b))),
        ];
        basic.prop_recursive(6, 40, 4, |inner| {
            prop_oneof![
                inner.clone().prop_map(|(s, i)| ("v".to_owned(), Item::Variant(s, Box::new(i)))),
                (inner.clone(), 0..4usize)
                    .prop_filter("`ay` is not an array of items", |((s, _), _)| s != "y")
                    .prop_map(|((s, i), n)| (format!("a{s}"), Item::Array(vec![i; n]))),
                (inner.clone(), "[a-z]{0,5}", 0..4usize)
                    .prop_map(|((s, i), k, n)| { (format!("a{{s{s}}}"), Item::Dict(vec![(Item::Text(k), i); n])) }),
                proptest::collection::vec(inner, 1..4).prop_map(|fields| {
                    let (types, items): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
                    (format!("({})", types.concat()), Item::Struct(items))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(values in proptest::collection::vec(typed(), 0..5)) {
            let (types, items): (Vec<_>, Vec<_>) = values.into_iter().unzip();
            let signature = types.concat();
            prop_assume!(signature.len() < 256);
            let mut bytes = Vec::new();
            encode(&signature, &items, &mut bytes).unwrap();
            prop_assert_eq!(decode(&signature, &bytes, false), Ok(items));
            prop_assert!(bytes.is_empty() || decode(&signature, &bytes[..bytes.len() - 1], false).is_err());
        }

        #[test]
        fn no_bytes_panic(signature in "[ybnqiuxtdsogva(){}]{0,12}", bytes: Vec<u8>, big: bool) {
            let _ = decode(&signature, &bytes, big);
        }

        #[test]
        fn bytes_that_were_data_once_do_not_panic(
            (signature, item) in typed(), at: prop::sample::Index, byte: u8, big: bool,
        ) {
            let mut bytes = Vec::new();
            encode(&signature, &[item], &mut bytes).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = decode(&signature, &bytes, big);
        }
    }

    #[test]
    fn big_endian_is_read() {
        let bytes = [0, 5, 0, 0, 0, 0, 0, 2, b'h', b'i', 0];
        assert_eq!(decode("qs", &bytes, true), Ok(vec![Item::Uint16(5), Item::Text("hi".into())]));
        assert!(decode("qs", &bytes, false).is_err());
    }

    #[test]
    fn broken_data_is_refused() {
        let bad: &[(&str, &[u8])] = &[
            ("s", b"\x02\0\0\0h\0\0"),
            ("s", b"\x01\0\0\0\xff\0"),
            ("s", b"\xff\xff\xff\xffh\0"),
            ("b", b"\x02\0\0\0"),
            ("o", b"\x02\0\0\0a/\0"),
            ("yu", b"\x01\x01\0\0\0\0\0\0"),
            ("ay", b"\xff\xff\xff\xff"),
            ("aq", b"\x03\0\0\0\0\0\0\0"),
            ("v", b"\x02ii\0\0\0\0\0\0\0\0\0"),
            ("v", b"\0\0"),
            ("g", b"\x01(\0"),
            ("()", b""),
            ("a{vs}", b"\0\0\0\0\0\0\0\0"),
            ("y", b"\0\0"),
        ];
        for (signature, bytes) in bad {
            assert!(decode(signature, bytes, false).is_err(), "{signature} {bytes:?}");
        }
    }

    #[test]
    fn few_bytes_do_not_grow_into_much() {
        let deep = b"\x01v\0".repeat(100);
        assert!(decode("v", &deep, false).is_err());
        assert!(decode(&format!("{}y", "a".repeat(40)), &[0; 200], false).is_err());
        assert!(decode(&format!("{}y{}", "(".repeat(40), ")".repeat(40)), &[0], false).is_err());
        let mut many = (MAX_ITEMS as u32 * 2).to_le_bytes().to_vec();
        many.resize(4 + MAX_ITEMS * 2, 0);
        assert_eq!(decode("an", &many, false), Err(Garbled("it holds too many values")));
    }
}
