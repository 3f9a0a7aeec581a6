//! Signatures, the types of D-Bus data, by the D-Bus specification ("Type System").

use std::fmt;

/// Containers within each other in one value, variants included; the specification's bound.
pub const MAX_DEPTH: usize = 64;
/// Arrays within arrays, and structures within structures, in one signature; the specification's bound.
const MAX_NESTING: usize = 32;

/// Why bytes are not the data that they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Garbled(pub &'static str);

impl fmt::Display for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What is cut off.
pub const SHORT: Garbled = Garbled("it ends too early");

/// Splits the first complete type off a signature.
pub fn split_first(signature: &[u8]) -> Result<(&[u8], &[u8]), Garbled> {
    let length = complete(signature, 0, 0)?;
    signature.split_at_checked(length).ok_or(SHORT)
}

/// The length of the first complete type.
fn complete(signature: &[u8], arrays: usize, structs: usize) -> Result<usize, Garbled> {
    if arrays > MAX_NESTING || structs > MAX_NESTING {
        return Err(Garbled("its signature nests too deep"));
    }
    match signature {
        [b'a', b'{', key, value @ ..] if is_basic(*key) => {
            let length = complete(value, arrays + 1, structs + 1)?;
            match value.get(length) {
                Some(b'}') => Ok(length + 4),
                _ => Err(Garbled("its signature has an open dictionary")),
            }
        }
        [b'a', of @ ..] => Ok(1 + complete(of, arrays + 1, structs)?),
        [b'(', fields @ ..] => {
            let mut length = 0;
            loop {
                match fields.get(length..) {
                    Some([b')', ..]) if length > 0 => return Ok(length + 2),
                    Some(rest) => length += complete(rest, arrays, structs + 1)?,
                    None => return Err(SHORT),
                }
            }
        }
        [b'v', ..] => Ok(1),
        [basic, ..] if is_basic(*basic) => Ok(1),
        _ => Err(Garbled("its signature is none")),
    }
}

fn is_basic(code: u8) -> bool {
    b"ybnqiuxtdsogh".contains(&code)
}

/// What a value of type `ty` begins at a multiple of.
pub fn alignment(ty: &[u8]) -> usize {
    match ty.first() {
        Some(b'n' | b'q') => 2,
        Some(b'b' | b'i' | b'u' | b'h' | b's' | b'o' | b'a') => 4,
        Some(b'x' | b't' | b'd' | b'(') => 8,
        _ => 1,
    }
}
