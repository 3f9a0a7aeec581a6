//! `printf`: Go's format verbs and flags, and what Go writes where they do not fit.

use super::print::DEEPEST;
use super::{Call, Value};
use std::fmt::Write;

/// The widest field that an argument may ask for; one that the format writes may have one digit more.
const WIDEST: usize = 1_000_000;

/// `fmt.Sprintf`.
pub fn printf(call: &Call, format: &str, args: &[Value]) -> Result<String, String> {
    let mut printer = Printer { out: String::with_capacity(format.len()), call, charged: 0, flags: Flags::default() };
    printer.format(format, args)?;
    printer.charge()?;
    Ok(printer.out)
}

#[derive(Clone, Copy, Default)]
pub struct Flags {
    pub sharp: bool,
    pub zero: bool,
    pub plus: bool,
    pub minus: bool,
    pub space: bool,
    pub width: Option<usize>,
    pub precision: Option<usize>,
    /// `%#v`.
    pub syntax: bool,
}

/// What is written, and how the next value is to be.
pub struct Printer<'c> {
    pub out: String,
    pub call: &'c Call<'c>,
    /// Bytes of `out` that are paid for.
    charged: usize,
    pub flags: Flags,
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
    pub fn charge(&mut self) -> Result<(), String> {
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

    pub fn bad_verb(&mut self, arg: &Value, verb: char) -> Result<(), String> {
        _ = write!(self.out, "%!{verb}(");
        self.typed(arg)?;
        self.out.push(')');
        Ok(())
    }
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
            ("%05.1f", Float(f64::INFINITY), " +Inf"),
            ("%v", Float(f64::INFINITY), "+Inf"),
            ("%+v", Float(f64::NAN), "NaN"),
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
