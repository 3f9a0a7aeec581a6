//! What differs at every rendering.

use super::{Made, int, made, of, text};
use crate::template::Param::{Int, Text};
use crate::template::{Call, Function, Value};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const NUMBERS: &[u8] = b"0123456789";

pub static FUNCTIONS: &[Function] = &[
    of("randAlpha", &[Int], |call, args| chosen(call, int(args, 0)?, LETTERS)),
    of("randNumeric", &[Int], |call, args| chosen(call, int(args, 0)?, NUMBERS)),
    of("randAlphaNum", &[Int], |call, args| chosen(call, int(args, 0)?, &[LETTERS, NUMBERS].concat())),
    of("randAscii", &[Int], |call, args| chosen(call, int(args, 0)?, &(b' '..=b'~').collect::<Vec<_>>())),
    of("randBytes", &[Int], |call, args| {
        let count = usize::try_from(int(args, 0)?).map_err(|_| "runtime error: makeslice: len out of range")?;
        call.charge(count.saturating_mul(3))?;
        let mut bytes = vec![0; count];
        call.world.random(&mut bytes);
        Ok(Value::text(STANDARD.encode(bytes)))
    }),
    of("randInt", &[Int, Int], |call, args| {
        let (least, end) = (int(args, 0)?, int(args, 1)?);
        match u64::try_from(end.wrapping_sub(least)) {
            Ok(choices @ 1..) => Ok(Value::Int(least.wrapping_add_unsigned(below(call, choices)))),
            _ => Err("invalid argument to Intn".to_owned()),
        }
    }),
    of("shuffle", &[Text], |call, args| {
        let mut letters: Vec<char> = text(args, 0)?.chars().collect();
        call.charge(letters.len().saturating_mul(8))?;
        for last in (1..letters.len()).rev() {
            let other = usize::try_from(below(call, last as u64 + 1)).unwrap_or(last);
            letters.swap(last, other);
        }
        made(call, letters.into_iter().collect::<String>())
    }),
    of("uuidv4", &[], |call, _| {
        let mut bytes = [0; 16];
        call.world.random(&mut bytes);
        let bits = u128::from_be_bytes(bytes) & !(0xf << 76 | 0x3 << 62) | 4 << 76 | 2 << 62;
        let digits = format!("{bits:032x}");
        let part = |from, to| digits.get(from..to).unwrap_or_default();
        let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
        Ok(Value::text(parts.join("-")))
    }),
];

/// So many of these characters; fewer than none is none.
fn chosen(call: &Call, count: i64, from: &[u8]) -> Made {
    let count = usize::try_from(count).unwrap_or(0);
    call.charge(count.saturating_mul(8))?;
    let choose = |_| from.get(usize::try_from(below(call, from.len() as u64)).unwrap_or(0)).copied().map(char::from);
    Ok(Value::text((0..count).filter_map(choose).collect::<String>()))
}

/// A number below another, each as likely.
fn below(call: &Call, choices: u64) -> u64 {
    let mut bytes = [0; 8];
    let fair = u64::MAX - u64::MAX % choices;
    loop {
        call.world.random(&mut bytes);
        let number = u64::from_ne_bytes(bytes);
        if number < fair {
            return number % choices;
        }
    }
}
