//! Numbers, characters and strings as Go's source writes them.

use super::tree::Number;

/// Go's words for what it cannot read.
const INVALID: &str = "invalid syntax";

/// A number or, if it begins with a quote, a character.
pub fn number(text: &str) -> Result<Number<'_>, String> {
    if let Some(inside) = text.strip_prefix('\'') {
        let (char, rest) = match inside.strip_prefix('\\') {
            Some(rest) => escape(rest, '\'').map(|(escaped, rest)| (escaped.number(), rest)),
            None => inside
                .chars()
                .next()
                .filter(|char| *char != '\'')
                .map(|char| (u32::from(char), inside.get(char.len_utf8()..).unwrap_or_default())),
        }
        .ok_or(INVALID)?;
        if rest != "'" {
            return Err(format!("malformed character constant: {text}"));
        }
        return Ok(Number { text, int: Some(char.into()), float: char.into(), fraction: false });
    }
    if text.ends_with('i') {
        return Err(format!("imaginary numbers are not supported: {text:?}"));
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if let Some(whole) = whole(digits) {
        let int = if negative { 0i64.checked_sub_unsigned(whole) } else { i64::try_from(whole).ok() };
        // Go reads no sign before what only an unsigned number holds.
        if int.is_none() && text.starts_with(['-', '+']) {
            return Err(format!("integer overflow: {text:?}"));
        }
        let float = whole as f64;
        return Ok(Number { text, int, float: if negative { -float } else { float }, fraction: false });
    }
    let illegal = || format!("illegal number syntax: {text:?}");
    let float = float(digits).filter(|float| float.is_finite()).ok_or_else(illegal)?;
    let float = if negative { -float } else { float };
    if !text.contains(['.', 'e', 'E', 'p', 'P']) {
        return Err(format!("integer overflow: {text:?}"));
    }
    // An `int64` of Go's holds so many, and the first that it does not converts to the least.
    let int = (float.trunc() == float && (-(2f64.powi(63))..2f64.powi(63)).contains(&float)).then_some(float as i64);
    Ok(Number { text, int, float, fraction: true })
}

/// A whole number without a sign: decimal, or with its base in front.
fn whole(text: &str) -> Option<u64> {
    let lower = text.get(..2).map(str::to_ascii_lowercase);
    let (radix, digits) = match lower.as_deref() {
        Some("0x") => (16, text.get(2..)?),
        Some("0o") => (8, text.get(2..)?),
        Some("0b") => (2, text.get(2..)?),
        _ if text.len() > 1 && text.starts_with('0') => (8, text.get(1..)?),
        _ => (10, text),
    };
    let digits = without_underscores(digits, radix != 10)?;
    (!digits.starts_with(['+', '-'])).then(|| u64::from_str_radix(&digits, radix).ok())?
}

/// One underscore may stand between two digits, and behind a base.
fn without_underscores(digits: &str, based: bool) -> Option<String> {
    if !digits.contains('_') {
        return Some(digits.to_owned());
    }
    let wrong = digits.ends_with('_') || digits.contains("__") || (digits.starts_with('_') && !based);
    let beside = |sign| digits.contains(&format!("_{sign}")) || digits.contains(&format!("{sign}_"));
    (!wrong && !beside('.') && !beside('e') && !beside('E')).then(|| digits.replace('_', ""))
}

fn float(text: &str) -> Option<f64> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return hex_float(hex);
    }
    let text = without_underscores(text, false)?;
    text.starts_with(|first: char| first.is_ascii_digit() || first == '.').then(|| text.parse().ok())?
}

/// `1.8p1`, an exponent of two being required.
fn hex_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = without_underscores(whole, true)? + fraction;
    if digits.is_empty() || digits.len() > 13 {
        return None;
    }
    let digits = u64::from_str_radix(&digits, 16).ok()? as f64;
    let exponent: i32 = exponent.parse().ok()?;
    let places = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    Some(digits * 2f64.powi(exponent.checked_sub(places)?))
}

/// A string in its quotes, `"` or `` ` ``. Bytes that are not UTF-8 become U+FFFD.
pub fn string(quoted: &str) -> Result<String, String> {
    if let Some(raw) = quoted.strip_prefix('`') {
        return Ok(raw.strip_suffix('`').ok_or(INVALID)?.replace('\r', ""));
    }
    let inside = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or(INVALID)?;
    if !inside.contains('\\') {
        return Ok(inside.to_owned());
    }
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        let (before, after) = rest.split_at(at);
        bytes.extend_from_slice(before.as_bytes());
        let (escaped, left) = after.get(1..).and_then(|after| escape(after, '"')).ok_or(INVALID)?;
        match escaped {
            Escaped::Char(char) => bytes.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
            Escaped::Byte(byte) => bytes.push(byte),
        }
        rest = left;
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(String::from_utf8(bytes).unwrap_or_else(|wrong| String::from_utf8_lossy(wrong.as_bytes()).into_owned()))
}

enum Escaped {
    Char(char),
    Byte(u8),
}

impl Escaped {
    fn number(&self) -> u32 {
        match self {
            Escaped::Char(char) => (*char).into(),
            Escaped::Byte(byte) => (*byte).into(),
        }
    }
}

/// What stands behind a backslash, and the rest. Of the two quotes only the one around it may be escaped.
fn escape(text: &str, quote: char) -> Option<(Escaped, &str)> {
    let first = text.chars().next()?;
    let rest = text.get(first.len_utf8()..)?;
    let number = |digits: &str, radix| {
        digits
            .bytes()
            .all(|digit| char::from(digit).is_digit(radix))
            .then(|| u32::from_str_radix(digits, radix).ok())?
    };
    let simple = match first {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' => '\\',
        'x' => return Some((Escaped::Byte(number(rest.get(..2)?, 16)?.try_into().ok()?), rest.get(2..)?)),
        'u' => return Some((Escaped::Char(char::from_u32(number(rest.get(..4)?, 16)?)?), rest.get(4..)?)),
        'U' => return Some((Escaped::Char(char::from_u32(number(rest.get(..8)?, 16)?)?), rest.get(8..)?)),
        '0'..='7' => return Some((Escaped::Byte(number(text.get(..3)?, 8)?.try_into().ok()?), text.get(3..)?)),
        _ if first == quote => quote,
        _ => return None,
    };
    Some((Escaped::Char(simple), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        for (text, int, float) in [
            ("1_000", Some(1000), 1000.0),
            ("0x_1F", Some(31), 31.0),
            ("0b11", Some(3), 3.0),
            ("0o17", Some(15), 15.0),
            ("017", Some(15), 15.0),
            ("1e3", Some(1000), 1000.0),
            ("-5", Some(-5), -5.0),
            (".5", None, 0.5),
            ("1.", Some(1), 1.0),
            ("0x1.8p1", Some(3), 3.0),
            ("0x1p-2", None, 0.25),
            ("1_000.5", None, 1000.5),
            ("'a'", Some(97), 97.0),
            ("'\\x41'", Some(65), 65.0),
            ("'\\''", Some(39), 39.0),
            ("-9223372036854775808", Some(i64::MIN), -9223372036854775808.0),
            ("18446744073709551615", None, 18446744073709551615.0),
        ] {
            let number = number(text).unwrap();
            assert_eq!((number.int, number.float), (int, float), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_said_in_gos_words() {
        for (text, expected) in [
            ("08", "integer overflow: \"08\""),
            ("99999999999999999999", "integer overflow: \"99999999999999999999\""),
            ("1__0", "illegal number syntax: \"1__0\""),
            ("0x", "illegal number syntax: \"0x\""),
            ("1e400", "illegal number syntax: \"1e400\""),
            (".", "illegal number syntax: \".\""),
            ("'ab'", "malformed character constant: 'ab'"),
            ("''", "invalid syntax"),
            ("'\\\"'", "invalid syntax"),
        ] {
            assert_eq!(number(text).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn strings_lose_their_escapes() {
        assert_eq!(string(r#""a\n\x41\101\u00e9\\\"""#).unwrap(), "a\nAAé\\\"");
        assert_eq!(string("`a\\n\r\n`").unwrap(), "a\\n\n");
        assert_eq!(string(r#""\xff""#).unwrap(), "\u{fffd}");
        for wrong in [r#""\q""#, r#""\'""#, r#""\x4""#, r#""\ud800""#, r#""\400""#] {
            assert_eq!(string(wrong).unwrap_err(), "invalid syntax", "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_literal_panics(text in "\\PC*") {
            let _ = (number(&text), string(&text), number(&format!("'{text}'")), string(&format!("\"{text}\"")));
        }
    }
}
