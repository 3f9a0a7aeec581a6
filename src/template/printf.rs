//! `printf`: Go's format verbs and flags, and what Go writes where they do not fit.

use super::print::{self, DEEPEST, TOO_DEEP};
use super::quote::{is_print, quoted, quoted_ascii, quoted_char};
use super::{Call, Value};
use std::fmt::Write;

/// The widest field that an argument may ask for; one that the format writes may have one digit more.
const WIDEST: usize = 1_000_000;

/// Digits behind the point that a number may need; further ones are zeros.
const LONGEST: usize = 1_100;

/// `fmt.Sprintf`.
pub fn printf(call: &Call, format: &str, args: &[Value]) -> Result<String, String> {
    let mut printer = Printer { out: String::with_capacity(format.len()), call, charged: 0, flags: Flags::default() };
    printer.format(format, args)?;
    printer.charge()?;
    Ok(printer.out)
}

#[derive(Clone, Copy, Default)]
struct Flags {
    sharp: bool,
    zero: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
    /// `%#v`.
    syntax: bool,
}

struct Printer<'c> {
    out: String,
    call: &'c Call<'c>,
    /// Bytes of `out` that are paid for.
    charged: usize,
    flags: Flags,
}

/// What stands behind a `%`, as far as it is read.
struct Reader<'f> {
    rest: &'f str,
    /// The next argument.
    next: usize,
    reordered: bool,
    /// An index such as `[3]` was just read.
    after_index: bool,
    good_index: bool,
}

impl Reader<'_> {
    fn accept(&mut self, sign: char) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// One that is far too long takes all that stands behind it along.
    fn number(&mut self) -> Option<usize> {
        let mut number = None;
        while let Some(digit) = self.rest.bytes().next().filter(u8::is_ascii_digit) {
            if number.is_some_and(|number| number > WIDEST) {
                self.rest = "";
                return None;
            }
            number = Some(number.unwrap_or(0) * 10 + usize::from(digit - b'0'));
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        number
    }

    /// `[n]`, counted from one.
    fn index(&mut self, count: usize) {
        if !self.rest.starts_with('[') {
            return;
        }
        self.reordered = true;
        let Some(end) = self.rest.find(']') else {
            self.good_index = false;
            self.rest = self.rest.get(1..).unwrap_or_default();
            return;
        };
        let number = self.rest.get(1..end).and_then(|digits| digits.parse::<usize>().ok());
        self.rest = self.rest.get(end + 1..).unwrap_or_default();
        match number.and_then(|number| number.checked_sub(1)).filter(|number| *number < count) {
            Some(index) => {
                self.next = index;
                self.after_index = true;
            }
            None => self.good_index = false,
        }
    }

    /// A `*`'s number.
    fn argument(&mut self, args: &[Value]) -> Option<i64> {
        let number = args.get(self.next).and_then(|arg| match arg {
            Value::Duration(_) => None,
            _ => arg.as_int(),
        });
        self.next += usize::from(self.next < args.len());
        number.filter(|number| number.unsigned_abs() <= WIDEST as u64)
    }
}

impl Printer<'_> {
    fn charge(&mut self) -> Result<(), String> {
        self.call.charge(self.out.len() - self.charged + 1)?;
        self.charged = self.out.len();
        Ok(())
    }

    fn format(&mut self, format: &str, args: &[Value]) -> Result<(), String> {
        let mut reader = Reader { rest: format, next: 0, reordered: false, after_index: false, good_index: true };
        loop {
            let text = reader.rest.find('%').unwrap_or(reader.rest.len());
            self.out.push_str(reader.rest.get(..text).unwrap_or_default());
            let Some(rest) = reader.rest.get(text + 1..) else { break };
            reader.rest = rest;
            self.charge()?;
            self.directive(&mut reader, args)?;
        }
        self.flags = Flags::default();
        let extra = args.get(reader.next..).unwrap_or_default();
        if !reader.reordered && !extra.is_empty() {
            self.out.push_str("%!(EXTRA ");
            for (at, arg) in extra.iter().enumerate() {
                if at > 0 {
                    self.out.push_str(", ");
                }
                self.typed(arg)?;
            }
            self.out.push(')');
        }
        Ok(())
    }

    fn directive(&mut self, reader: &mut Reader, args: &[Value]) -> Result<(), String> {
        let mut flags = Flags::default();
        loop {
            match reader.rest.as_bytes().first() {
                Some(b'#') => flags.sharp = true,
                Some(b'0') => flags.zero = true,
                Some(b'+') => flags.plus = true,
                Some(b'-') => flags.minus = true,
                Some(b' ') => flags.space = true,
                _ => break,
            }
            reader.rest = reader.rest.get(1..).unwrap_or_default();
        }
        (reader.good_index, reader.after_index) = (true, false);
        reader.index(args.len());
        if reader.accept('*') {
            match reader.argument(args) {
                Some(width) => {
                    flags.minus |= width < 0;
                    flags.width = usize::try_from(width.unsigned_abs()).ok();
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
            reader.after_index = false;
        } else if let Some(width) = reader.number() {
            flags.width = Some(width);
            reader.good_index &= !reader.after_index;
        }
        if reader.accept('.') {
            reader.good_index &= !reader.after_index;
            reader.after_index = false;
            reader.index(args.len());
            if reader.accept('*') {
                match reader.argument(args).and_then(|precision| usize::try_from(precision).ok()) {
                    Some(precision) => flags.precision = Some(precision),
                    None => self.out.push_str("%!(BADPREC)"),
                }
                reader.after_index = false;
            } else {
                flags.precision = Some(reader.number().unwrap_or(0));
            }
        }
        if !reader.after_index {
            reader.index(args.len());
        }
        let Some(verb) = reader.rest.chars().next() else {
            self.out.push_str("%!(NOVERB)");
            return Ok(());
        };
        reader.rest = reader.rest.get(verb.len_utf8()..).unwrap_or_default();
        self.flags = flags;
        self.call.charge(flags.width.unwrap_or(0).max(flags.precision.unwrap_or(0)))?;
        if verb == '%' {
            self.out.push('%');
        } else if !reader.good_index {
            _ = write!(self.out, "%!{verb}(BADINDEX)");
        } else if let Some(arg) = args.get(reader.next) {
            reader.next += 1;
            if verb == 'v' {
                // `%#v` and `%+v` say how to write structs, not numbers.
                self.flags.syntax = flags.sharp;
                (self.flags.sharp, self.flags.plus) = (false, false);
            }
            self.arg(arg, verb)?;
        } else {
            _ = write!(self.out, "%!{verb}(MISSING)");
        }
        self.charge()
    }

    fn arg(&mut self, arg: &Value, verb: char) -> Result<(), String> {
        match (arg, verb) {
            (Value::Nil, 'T') => {
                self.pad("<nil>");
                Ok(())
            }
            (_, 'T') => self.text(arg, arg.type_name(), 's'),
            (Value::Nil, 'v') => {
                self.pad("<nil>");
                Ok(())
            }
            (Value::Nil, _) => {
                _ = write!(self.out, "%!{verb}(<nil>)");
                Ok(())
            }
            _ => self.value(arg, verb, DEEPEST),
        }
    }

    /// `type=value`, as Go writes arguments that it has no use for.
    fn typed(&mut self, arg: &Value) -> Result<(), String> {
        if matches!(arg, Value::Nil) {
            self.out.push_str("<nil>");
            return Ok(());
        }
        self.out.push_str(arg.type_name());
        self.out.push('=');
        self.arg(arg, 'v')
    }

    fn bad_verb(&mut self, arg: &Value, verb: char) -> Result<(), String> {
        _ = write!(self.out, "%!{verb}(");
        self.typed(arg)?;
        self.out.push(')');
        Ok(())
    }

    fn value(&mut self, value: &Value, verb: char, depth: usize) -> Result<(), String> {
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
            Value::Object(_) => {
                let text = self.call.print(value)?;
                self.pad(&text);
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
    fn pad(&mut self, text: &str) {
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

    fn text(&mut self, value: &Value, text: &str, verb: char) -> Result<(), String> {
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
            (_, true, _) => "+",
            (_, _, true) => " ",
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

#[cfg(test)]
mod tests {
    use super::super::tests::call;
    use super::*;
    use proptest::prelude::*;

    fn printed(format: &str, args: &[Value]) -> String {
        call(1 << 24, |call| printf(call, format, args)).unwrap()
    }

    #[test]
    fn verbs_and_flags_write_what_go_writes() {
        use Value::{Byte, Float, Int};
        let text = |text: &str| Value::from(text);
        let nested = || Value::list(vec![Int(1), text("a"), Value::Nil]);
        for (format, arg, expected) in [
            (
                "%[1]d|%+[1]d|%5[1]d|%-5[1]d|% [1]d|%[1]x|%#[1]X|%#[1]o|%[1]O|%[1]b|%[1]c|%[1]q|%#[1]U",
                Int(65),
                "65|+65|   65|65   | 65|41|0X41|0101|0o101|1000001|A|'A'|U+0041 'A'",
            ),
            ("%05d", Int(-5), "-0005"),
            ("%8.3d", Int(-5), "    -005"),
            ("%.0d", Int(0), ""),
            ("%#v", Byte(97), "0x61"),
            ("%+v", Int(5), "5"),
            ("%c", Int(-1), "\u{fffd}"),
            ("%5.2f", Float(1.005), " 1.00"),
            ("%+08.2f", Float(1.5), "+0001.50"),
            ("%e", Float(123456.789), "1.234568e+05"),
            ("%G", Float(1e-7), "1E-07"),
            ("%.3g", Float(1234.5), "1.23e+03"),
            ("%.10g", Float(1000.0), "1000"),
            ("%#g", Float(1.5), "1.50000"),
            ("%x", Float(1.5), "0x1.8p+00"),
            ("%.0x", Float(1.5), "0x1p+01"),
            ("%b", Float(1.5), "6755399441055744p-52"),
            ("%05.1f", Float(f64::INFINITY), "  Inf"),
            ("%d", Float(3.0), "%!d(float64=3)"),
            ("%-10s|", text("é"), "é         |"),
            ("%05s", text("ab"), "000ab"),
            ("%.1s", text("éa"), "é"),
            ("% x", text("hello"), "68 65 6c 6c 6f"),
            ("%#q", text("ab"), "`ab`"),
            ("%+q", text("é"), "\"\\u00e9\""),
            ("%d", text("x"), "%!d(string=x)"),
            ("%t", Value::Bool(true), "true"),
            ("%s", Value::Bool(true), "%!s(bool=true)"),
            ("%v", Value::Nil, "<nil>"),
            ("%s", Value::Nil, "%!s(<nil>)"),
            ("%d", nested(), "[1 %!d(string=a) <nil>]"),
            ("%#v", nested(), "[]interface {}{1, \"a\", interface {}(nil)}"),
            ("%03v", Value::map([("k", Int(1))]), "map[00k:001]"),
            ("%T", Value::map([("k", Int(1))]), "map[string]interface {}"),
            ("%v|%d", Value::Duration(1_500_000_000), "1.5s|%!d(MISSING)"),
        ] {
            assert_eq!(printed(format, std::slice::from_ref(&arg)), expected, "{format}");
        }
    }

    #[test]
    fn arguments_are_found_and_missed_as_go_does() {
        let ints = |ints: &[i64]| ints.iter().copied().map(Value::Int).collect::<Vec<_>>();
        for (format, args, expected) in [
            ("%d %d", vec![1], "1 %!d(MISSING)"),
            ("%d", vec![1, 2, 3], "1%!(EXTRA int=2, int=3)"),
            ("%[2]d %[1]d", vec![1, 2], "2 1"),
            ("%[3]d", vec![1, 2], "%!d(BADINDEX)"),
            ("%[x]d", vec![1, 2], "%!d(BADINDEX)"),
            ("%*d|%-*d|", vec![3, 1, 3, 2], "  1|2  |"),
            ("%*d|", vec![-3, 1], "1  |"),
            ("%.*d|", vec![-3, 1], "%!(BADPREC)1|"),
            ("%", vec![], "%!(NOVERB)"),
            ("%z", vec![1], "%!z(int=1)"),
            ("%%|%5%", vec![], "%|%"),
        ] {
            assert_eq!(printed(format, &ints(&args)), expected, "{format}");
        }
    }

    #[test]
    fn a_wide_field_is_filled_as_wide_as_go_fills_it() {
        let wide = printed(
            "%.70000f|%.70000e|%.70000x|%70000d|%.70000U",
            &[Value::Float(1.5), Value::Float(1.5), Value::Float(1.5), Value::Int(1), Value::Int(1)],
        );
        let lengths: Vec<usize> = wide.split('|').map(str::len).collect();
        assert_eq!(lengths, [70_002, 70_006, 70_008, 70_000, 70_002]);
        assert!(call(1 << 20, |call| printf(call, "%9999999d", &[Value::Int(1)])).is_err());
    }

    proptest! {
        #[test]
        fn no_format_panics(format in "(%[-+# 0]{0,3}[0-9*]{0,4}(\\.[0-9*]{0,4})?(\\[[0-9]\\])?[a-zA-Z%é!]|[a-z%])*") {
            let args = [Value::Int(-1), Value::Float(0.1), Value::from("é"), Value::Nil, Value::list(vec![Value::Byte(1)])];
            let _ = call(1 << 20, |call| printf(call, &format, &args));
        }
    }
}
