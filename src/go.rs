//! What Go's standard library reads and writes, where a goss file, a template or a report must come out the same.

use std::fmt::Write;

/// `strconv.FormatFloat(n, 'g', -1, 64)`, with an exponent from `exponent` on, or below 1e-4: `fmt`'s `%v` has it from 6 on.
pub fn float(n: f64, exponent: i32) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let shortest = format!("{n:e}");
    let (digits, power) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    match power.parse::<i32>() {
        Ok(power) if power < -4 || power >= exponent => format!("{digits}e{power:+03}"),
        _ => n.to_string(),
    }
}

/// `strconv.ParseFloat`; `None` also for what is out of range.
pub fn parse_float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1.0 } else { 1.0 };
    let lower = digits.to_ascii_lowercase();
    match &*lower {
        "nan" => return (digits.len() == text.len()).then_some(f64::NAN),
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        _ => {}
    }
    if let Some(digits) = lower.strip_prefix("0x") {
        return Some(sign * hexadecimal(&without_underscores(digits.strip_prefix('_').unwrap_or(digits))?)?);
    }
    if !lower.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let float: f64 = without_underscores(&lower)?.parse().ok()?;
    // What is too big is an error, which sprig drops together with the number.
    float.is_finite().then_some(sign * float)
}

/// `1f.8p-2`.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let mantissa = u64::from_str_radix(&digits, 16).ok()?;
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.checked_sub(i32::try_from(fraction.len()).ok()?.checked_mul(4)?)?;
    let float = mantissa as f64 * 2f64.powi(shift);
    float.is_finite().then_some(float)
}

/// Underscores stand between digits.
pub fn without_underscores(digits: &str) -> Option<String> {
    let bytes = digits.as_bytes();
    let between = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_hexdigit);
        digit(at.checked_sub(1)) && digit(at.checked_add(1))
    };
    if bytes.iter().enumerate().any(|(at, b)| *b == b'_' && !between(at)) {
        return None;
    }
    Some(digits.replace('_', ""))
}

/// A finite number as `encoding/json` writes it: as ECMAScript does, without an exponent from 1e-6 up to 1e21.
pub fn json_number(n: f64) -> String {
    let size = n.abs();
    if size == 0.0 || (1e-6..1e21).contains(&size) {
        return n.to_string();
    }
    let text = format!("{n:e}");
    if size >= 1e21 { text.replace('e', "e+") } else { text }
}

/// Text as `encoding/json` writes it, in quotes; `escaped` are the characters beyond quotes, `\` and those with a letter of
/// their own that are written by their numbers.
pub fn json_text(text: &str, escaped: impl Fn(char) -> bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if escaped(c) => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}")),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// What `encoding/json` escapes by number; with `html` what would end a script, too.
pub fn is_escaped(c: char, html: bool) -> bool {
    matches!(c, '\0'..' ' | '\u{2028}' | '\u{2029}') || html && matches!(c, '<' | '>' | '&')
}

/// `filepath.Clean`: the shortest path that says the same, by its words alone.
pub fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = vec![];
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => _ = parts.pop(),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_written_as_go_writes_them() {
        for (n, plain, json) in [
            (5.0, "5", "5"),
            (-2.25, "-2.25", "-2.25"),
            (999_999.0, "999999", "999999"),
            (1e6, "1e+06", "1000000"),
            (1e-5, "1e-05", "0.00001"),
            (1.5e-7, "1.5e-07", "1.5e-7"),
            (1.2345678901234568e22, "1.2345678901234568e+22", "1.2345678901234568e+22"),
            (1e121, "1e+121", "1e+121"),
        ] {
            assert_eq!((float(n, 6), json_number(n)), (plain.to_owned(), json.to_owned()));
        }
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|n| float(n, 6)), ["NaN", "+Inf", "-Inf"]);
    }
}
