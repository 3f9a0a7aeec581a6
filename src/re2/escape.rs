//! Escapes that stand for one character.

use super::parse::before;
use super::{Refusal, Wrong};

/// The code point that an escape stands for, which may be a surrogate's, and what is behind it.
pub(super) fn character(from: &str) -> Result<(u32, &str), Refusal<'_>> {
    let mut chars = from.chars();
    chars.next();
    let Some(escaped) = chars.next() else {
        return Err((Wrong::TrailingBackslash, ""));
    };
    let behind = chars.as_str();
    let code = match escaped {
        '0'..='7' => {
            let digits = behind.bytes().take(2).take_while(|b| matches!(b, b'0'..=b'7')).count();
            if escaped != '0' && digits == 0 {
                // What others take for a reference back.
                return Err((Wrong::Escape, before(from, behind)));
            }
            let from = &from[1..];
            let (octal, behind) = from.split_at(1 + digits);
            return Ok((u32::from_str_radix(octal, 8).unwrap_or_default(), behind));
        }
        'x' => return hexadecimal(from, behind),
        'a' => '\x07',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        other if other.is_ascii() && !other.is_ascii_alphanumeric() => other,
        _ => return Err((Wrong::Escape, before(from, behind))),
    };
    Ok((code.into(), behind))
}

/// Two digits, or any number of them in braces.
fn hexadecimal<'s>(from: &'s str, digits: &'s str) -> Result<(u32, &'s str), Refusal<'s>> {
    let mut chars = digits.chars();
    let mut code: u32 = 0;
    if let Some(inside) = digits.strip_prefix('{') {
        chars = inside.chars();
        let mut any = false;
        while let Some(char) = chars.next() {
            match char.to_digit(16) {
                Some(digit) if code <= 0x10_FFFF >> 4 => code = code * 16 + digit,
                None if char == '}' && any => return Ok((code, chars.as_str())),
                _ => break,
            }
            if code > 0x10_FFFF {
                break;
            }
            any = true;
        }
    } else {
        let (high, low) = (chars.next(), chars.next());
        if let (Some(high), Some(low)) = (high.and_then(|c| c.to_digit(16)), low.and_then(|c| c.to_digit(16))) {
            return Ok((high * 16 + low, chars.as_str()));
        }
    }
    Err((Wrong::Escape, before(from, chars.as_str())))
}
