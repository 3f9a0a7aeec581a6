//! Single values as a verb of `printf` and its flags write them.

use super::Value;
use super::print::{self, TOO_DEEP};
use super::printf::Printer;
use super::quote::{is_print, quoted, quoted_ascii, quoted_char};
use std::fmt::Write;

/// Digits behind the point that a number may need; further ones are zeros.
const LONGEST: usize = 1_100;

impl Printer<'_> {
    pub fn value(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), String> {
        let deeper = depth.checked_sub(1).ok_or(TOO_DEEP);
        match value {
            Value::Nil => self.out.push_str(if self.flags.syntax { "interface {}(nil)" } else { "<nil>" }),
            Value::Bool(bool) if matches!(verb, 'v' | 't') => self.pad(if *bool { "true" } else { "false" }),
            Value::Int(int) | Value::Int64(int) => {
                return self.integer(value, int.unsigned_abs(), *int < 0, verb);
            }
            Value::Uint64(int) => return self.unsigned(value, *int, verb),
            Value::Byte(int) => return self.unsigned(value, (*int).into(), verb),
            Value::Float(float) => return self.float(value, *float, verb),
            Value::Text(text) => return self.text(value, text, verb),
            Value::Time(_) if self.flags.syntax => {
                let text = self.call.print(value)?;
                self.pad(&text);
            }
            Value::Duration(int) if self.flags.syntax || !matches!(verb, 'v' | 's' | 'q' | 'x' | 'X') => {
                return self.integer(value, int.unsigned_abs(), *int < 0, verb);
            }
            Value::Time(_) | Value::Duration(_) => {
                let text = self.call.print(value)?;
                return self.text(value, &text, verb);
            }
            Value::Object(object) if object.number.is_some() && !matches!(verb, 'v' | 's' | 'q' | 'x' | 'X') => {
                let number = object.number.unwrap_or(0);
                return self.integer(value, number.unsigned_abs(), number < 0, verb);
            }
            Value::Object(object) if object.text.is_some() && !self.flags.syntax => {
                return self.text(value, object.text.as_deref().unwrap_or_default(), verb);
            }
            Value::Object(object) => {
                self.out.push_str(if object.type_name.starts_with('*') { "&{" } else { "{" });
                for (at, (_, field)) in object.fields.iter().enumerate() {
                    self.out.push_str(if at > 0 { " " } else { "" });
                    self.value(field, verb, deeper?)?;
                }
                self.out.push('}');
            }
            Value::List(list) => {
                let (open, between, close) = match self.flags.syntax {
                    true => (value.type_name(), ", ", '}'),
                    false => ("", " ", ']'),
                };
                self.out.push_str(open);
                self.out.push(if self.flags.syntax { '{' } else { '[' });
                for (at, item) in list.items.iter().enumerate() {
                    self.out.push_str(if at > 0 { between } else { "" });
                    self.value(item, verb, deeper?)?;
                }
                self.out.push(close);
            }
            Value::Map(map) => {
                let (open, between, close) = match self.flags.syntax {
                    true => (value.type_name(), ", ", '}'),
                    false => ("map", " ", ']'),
                };
                self.out.push_str(open);
                self.out.push(if self.flags.syntax { '{' } else { '[' });
                for (at, (key, item)) in map.entries.borrow().iter().enumerate() {
                    self.out.push_str(if at > 0 { between } else { "" });
                    self.value(&key.clone().into(), verb, deeper?)?;
                    self.out.push(':');
                    self.value(item, verb, deeper?)?;
                }
                self.out.push(close);
            }
            Value::Bool(_) => return self.bad_verb(value, verb),
        }
        self.charge()
    }

    /// Text in the field's width.
    pub fn pad(&mut self, text: &str) {
        self.pad_with(text, if self.flags.zero && !self.flags.minus { '0' } else { ' ' });
    }

    fn pad_with(&mut self, text: &str, fill: char) {
        let missing = self.flags.width.map_or(0, |width| width.saturating_sub(text.chars().count()));
        if !self.flags.minus {
            self.out.extend(std::iter::repeat_n(fill, missing));
        }
        self.out.push_str(text);
        if self.flags.minus {
            self.out.extend(std::iter::repeat_n(fill, missing));
        }
    }

    /// As much of text as the precision leaves.
    fn cut<'v>(&self, text: &'v str) -> &'v str {
        match self.flags.precision {
            Some(most) => text.char_indices().nth(most).and_then(|(at, _)| text.get(..at)).unwrap_or(text),
            None => text,
        }
    }

    pub fn text(&mut self, value: &Value, text: &str, verb: char) -> Result<(), String> {
        let cut = self.cut(text);
        match verb {
            'v' if self.flags.syntax => self.pad(&quoted(text)),
            'v' | 's' => self.pad(cut),
            'q' if self.flags.sharp && can_backquote(cut) => self.pad(&format!("`{cut}`")),
            'q' if self.flags.plus => self.pad(&quoted_ascii(cut)),
            'q' => self.pad(&quoted(cut)),
            'x' | 'X' => self.hex(text.as_bytes(), verb == 'X'),
            _ => return self.bad_verb(value, verb),
        }
        self.charge()
    }

    fn hex(&mut self, bytes: &[u8], upper: bool) {
        let bytes = bytes.get(..self.flags.precision.unwrap_or(bytes.len())).unwrap_or(bytes);
        let prefix = match (self.flags.sharp, upper) {
            (false, _) => "",
            (true, false) => "0x",
            (true, true) => "0X",
        };
        let mut text = String::with_capacity(bytes.len() * 2);
        for (at, byte) in bytes.iter().enumerate() {
            if at > 0 && self.flags.space {
                text.push(' ');
            }
            if at == 0 || self.flags.space {
                text.push_str(prefix);
            }
            _ = if upper { write!(text, "{byte:02X}") } else { write!(text, "{byte:02x}") };
        }
        self.pad(&text);
    }

    fn unsigned(&mut self, value: &Value, int: u64, verb: char) -> Result<(), String> {
        if verb != 'v' || !self.flags.syntax {
            return self.integer(value, int, false, verb);
        }
        let flags = self.flags;
        self.flags.sharp = true;
        self.integer(value, int, false, 'x')?;
        self.flags = flags;
        Ok(())
    }

    fn integer(&mut self, value: &Value, int: u64, negative: bool, verb: char) -> Result<(), String> {
        let char = || (!negative).then(|| u32::try_from(int).ok().and_then(char::from_u32)).flatten();
        let digits = match verb {
            'v' | 'd' => int.to_string(),
            'b' => format!("{int:b}"),
            'o' | 'O' => format!("{int:o}"),
            'x' => format!("{int:x}"),
            'X' => format!("{int:X}"),
            'c' => {
                self.pad(char().unwrap_or('\u{fffd}').encode_utf8(&mut [0; 4]));
                return self.charge();
            }
            'q' => {
                self.pad(&quoted_char(char().unwrap_or('\u{fffd}'), self.flags.plus));
                return self.charge();
            }
            'U' => {
                let int = if negative { 0u64.wrapping_sub(int) } else { int };
                let digits = format!("{int:X}");
                let missing = self.flags.precision.unwrap_or(0).max(4).saturating_sub(digits.len());
                let mut text = format!("U+{}{digits}", zeros(missing));
                if let Some(char) = char().filter(|char| self.flags.sharp && is_print(*char)) {
                    _ = write!(text, " '{char}'");
                }
                self.pad_with(&text, ' ');
                return self.charge();
            }
            _ => return self.bad_verb(value, verb),
        };
        if self.flags.precision == Some(0) && int == 0 {
            self.pad_with("", ' ');
            return self.charge();
        }
        let sign = match (negative, self.flags.plus, self.flags.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let least = match (self.flags.precision, self.flags.width) {
            (Some(precision), _) => precision,
            (None, Some(width)) if self.flags.zero && !self.flags.minus => width.saturating_sub(sign.len()),
            _ => 0,
        };
        let digits = zeros(least.saturating_sub(digits.len())) + &digits;
        let prefix = match verb {
            'O' if self.flags.sharp && !digits.starts_with('0') => "0o0",
            'O' => "0o",
            'b' if self.flags.sharp => "0b",
            'o' if self.flags.sharp && !digits.starts_with('0') => "0",
            'x' if self.flags.sharp => "0x",
            'X' if self.flags.sharp => "0X",
            _ => "",
        };
        self.pad_with(&format!("{sign}{prefix}{digits}"), ' ');
        self.charge()
    }

    fn float(&mut self, value: &Value, float: f64, verb: char) -> Result<(), String> {
        let precision = self.flags.precision;
        let absolute = float.abs();
        let mut digits = String::new();
        match verb {
            _ if !float.is_finite() => digits.push_str(print::infinite(absolute).trim_start_matches('+')),
            'v' | 'g' | 'G' => print::general(&mut digits, absolute, precision),
            'f' | 'F' => {
                let precision = precision.unwrap_or(6);
                _ = write!(digits, "{absolute:.*}{}", precision.min(LONGEST), zeros(precision.saturating_sub(LONGEST)));
            }
            'e' | 'E' => {
                let precision = precision.unwrap_or(6);
                let text = format!("{absolute:.*e}", precision.min(LONGEST));
                let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
                digits.push_str(mantissa);
                digits.push_str(&zeros(precision.saturating_sub(LONGEST)));
                print::power(&mut digits, power.parse().unwrap_or(0));
            }
            'b' => {
                let bits = absolute.to_bits();
                let (power, mantissa) = (bits >> 52, bits & ((1 << 52) - 1));
                let (power, mantissa) = if power == 0 { (1, mantissa) } else { (power, mantissa | 1 << 52) };
                _ = write!(digits, "{mantissa}p{:+}", power as i64 - 1075);
            }
            'x' | 'X' => digits.push_str(&hex_float(absolute, precision)),
            _ => return self.bad_verb(value, verb),
        }
        if verb.is_ascii_uppercase() && float.is_finite() {
            digits.make_ascii_uppercase();
        }
        if self.flags.sharp && float.is_finite() && verb != 'b' {
            let all = if matches!(verb, 'v' | 'g' | 'G' | 'x') { precision.unwrap_or(6) } else { 0 };
            digits = with_point(&digits, all);
        }
        let sign = match (float.is_sign_negative() && !float.is_nan(), self.flags.plus, self.flags.space) {
            (true, ..) => "-",
            (_, true, _) if !float.is_nan() => "+",
            (_, _, true) => " ",
            // What is infinite always has one.
            _ if float.is_infinite() => "+",
            _ => "",
        };
        if !float.is_finite() {
            // Not filled with zeros.
            self.pad_with(&format!("{sign}{digits}"), ' ');
        } else if self.flags.zero && !self.flags.minus && !sign.is_empty() {
            let width = self.flags.width;
            self.out.push_str(sign);
            self.flags.width = width.map(|width| width.saturating_sub(1));
            self.pad(&digits);
            self.flags.width = width;
        } else {
            self.pad(&format!("{sign}{digits}"));
        }
        self.charge()
    }
}

/// What `#` makes of a number: it always has a point and, if so many digits are asked for, all of them.
fn with_point(number: &str, all: usize) -> String {
    let powers: &[char] = if number.starts_with("0x") { &['p'] } else { &['e', 'E', 'p', 'P'] };
    let (number, power) = number.find(powers).map_or((number, ""), |at| number.split_at(at));
    let mut counted = number.chars().filter(|char| *char != '.').skip_while(|char| *char == '0').count();
    let mut number = number.to_owned();
    if !number.contains('.') {
        // A zero alone counts as a digit.
        counted += usize::from(number == "0");
        number.push('.');
    }
    number.extend(std::iter::repeat_n('0', all.saturating_sub(counted)));
    number + power
}

/// `0x1.8p+01`, with so many digits behind the point or as many as there are.
fn hex_float(float: f64, precision: Option<usize>) -> String {
    let (mut power, mut fraction) = (0i32, if float == 0.0 { 1.0 } else { float });
    while fraction >= 2.0 {
        (power, fraction) = (power + 1, fraction / 2.0);
    }
    while fraction < 1.0 {
        (power, fraction) = (power - 1, fraction * 2.0);
    }
    let mut mantissa = fraction.to_bits() & ((1 << 52) - 1) | 1 << 52;
    if let Some(dropped) = precision.and_then(|digits| 13usize.checked_sub(digits)).filter(|dropped| *dropped > 0) {
        let unit = 1u64 << (4 * dropped);
        let (rest, odd) = (mantissa % unit, mantissa / unit % 2 == 1);
        mantissa -= rest;
        if rest > unit / 2 || (rest == unit / 2 && odd) {
            mantissa += unit;
        }
        if mantissa >> 53 > 0 {
            (mantissa, power) = (mantissa >> 1, power + 1);
        }
    }
    if float == 0.0 {
        (mantissa, power) = (0, 0);
    }
    let digits = format!("{:013x}", mantissa & ((1 << 52) - 1));
    let digits = match precision {
        Some(count) => digits.get(..count).unwrap_or(&digits).to_owned() + &zeros(count.saturating_sub(digits.len())),
        None => digits.trim_end_matches('0').to_owned(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    format!("0x{}{point}{digits}p{}{:02}", mantissa >> 52, if power < 0 { '-' } else { '+' }, power.abs())
}

/// Rust's own `format!` fills no more than 65,535.
fn zeros(count: usize) -> String {
    "0".repeat(count)
}

/// Whether text can stand between backquotes as it is.
fn can_backquote(text: &str) -> bool {
    !text.chars().any(|char| char == '`' || char == '\u{feff}' || char == '\u{7f}' || (char < ' ' && char != '\t'))
}
