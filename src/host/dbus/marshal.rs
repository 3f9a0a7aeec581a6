//! D-Bus data to bytes, by the D-Bus specification ("Marshaling"): pure.

use super::item::Item;
use super::signature::{Garbled, MAX_DEPTH, alignment, split_first};

/// Appends `items` in little-endian order; `out` begins at a multiple of 8. They must be of the types that `signature`
/// names.
pub fn encode(signature: &str, items: &[Item], out: &mut Vec<u8>) -> Result<(), Garbled> {
    let mut rest = signature.as_bytes();
    for item in items {
        let (ty, after) = split_first(rest)?;
        put(ty, item, out, 0)?;
        rest = after;
    }
    if rest.is_empty() { Ok(()) } else { Err(Garbled("fewer values than its signature names")) }
}

fn put(ty: &[u8], item: &Item, out: &mut Vec<u8>, depth: usize) -> Result<(), Garbled> {
    if depth > MAX_DEPTH {
        return Err(Garbled("it nests too deep"));
    }
    pad(out, alignment(ty));
    match (ty, item) {
        (b"y", Item::Byte(n)) => out.push(*n),
        (b"b", Item::Bool(b)) => out.extend(u32::from(*b).to_le_bytes()),
        (b"n", Item::Int16(n)) => out.extend(n.to_le_bytes()),
        (b"q", Item::Uint16(n)) => out.extend(n.to_le_bytes()),
        (b"i", Item::Int32(n)) => out.extend(n.to_le_bytes()),
        (b"u" | b"h", Item::Uint32(n)) => out.extend(n.to_le_bytes()),
        (b"x", Item::Int64(n)) => out.extend(n.to_le_bytes()),
        (b"t", Item::Uint64(n)) => out.extend(n.to_le_bytes()),
        (b"d", Item::Double(n)) => out.extend(n.to_le_bytes()),
        (b"s", Item::Text(text)) | (b"o", Item::Path(text)) => {
            put_length(text.len(), out)?;
            put_text(text, out)?;
        }
        (b"g", Item::Signature(text)) => put_signature(text, out)?,
        (b"v", Item::Variant(signature, item)) => {
            put_signature(signature, out)?;
            put(signature.as_bytes(), item, out, depth + 1)?;
        }
        (b"ay", Item::Bytes(bytes)) => {
            put_length(bytes.len(), out)?;
            out.extend(bytes);
        }
        ([b'a', b'{', key, value @ .., b'}'], Item::Dict(pairs)) => put_array(8, out, |out| {
            pairs.iter().try_for_each(|(k, v)| {
                pad(out, 8);
                put(&[*key], k, out, depth + 1)?;
                put(value, v, out, depth + 1)
            })
        })?,
        ([b'a', of @ ..], Item::Array(items)) => {
            put_array(alignment(of), out, |out| items.iter().try_for_each(|item| put(of, item, out, depth + 1)))?;
        }
        ([b'(', fields @ .., b')'], Item::Struct(items)) => {
            let mut rest = fields;
            for item in items {
                let (ty, after) = split_first(rest)?;
                put(ty, item, out, depth + 1)?;
                rest = after;
            }
            if !rest.is_empty() {
                return Err(Garbled("a structure lacks a field"));
            }
        }
        _ => return Err(Garbled("a value is not of the type that its signature names")),
    }
    Ok(())
}

/// An array's length does not count the padding before its first element.
fn put_array(
    alignment: usize,
    out: &mut Vec<u8>,
    elements: impl FnOnce(&mut Vec<u8>) -> Result<(), Garbled>,
) -> Result<(), Garbled> {
    let place = out.len();
    out.extend([0; 4]);
    pad(out, alignment);
    let start = out.len();
    elements(out)?;
    let length = u32::try_from(out.len() - start).map_err(|_| Garbled("an array is too long"))?;
    if let Some(field) = out.get_mut(place..place + 4) {
        field.copy_from_slice(&length.to_le_bytes());
    }
    Ok(())
}

fn put_length(length: usize, out: &mut Vec<u8>) -> Result<(), Garbled> {
    out.extend(u32::try_from(length).map_err(|_| Garbled("a text is too long"))?.to_le_bytes());
    Ok(())
}

fn put_text(text: &str, out: &mut Vec<u8>) -> Result<(), Garbled> {
    if text.contains('\0') {
        return Err(Garbled("a text has a NUL in it"));
    }
    out.extend(text.as_bytes());
    out.push(0);
    Ok(())
}

fn put_signature(text: &str, out: &mut Vec<u8>) -> Result<(), Garbled> {
    out.push(u8::try_from(text.len()).map_err(|_| Garbled("a signature is too long"))?);
    put_text(text, out)
}

pub fn pad(out: &mut Vec<u8>, alignment: usize) {
    out.resize(out.len().next_multiple_of(alignment), 0);
}
