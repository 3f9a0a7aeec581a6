//! Values of one type as those of another, as spf13/cast and strconv convert them.

use super::{any, charge_items, made, of, text};
use crate::go::{parse_float, without_underscores};
use crate::template::Param::{Any, Text};
use crate::template::{Call, Function, Value};

pub static FUNCTIONS: &[Function] = &[
    of("atoi", &[Text], |_, args| Ok(Value::Int(nearest(text(args, 0)?)))),
    of("int", &[Any], |_, args| Ok(Value::Int(int64(any(args, 0))))),
    of("int64", &[Any], |_, args| Ok(Value::Int64(int64(any(args, 0))))),
    of("float64", &[Any], |_, args| Ok(Value::Float(float64(any(args, 0))))),
    of("toDecimal", &[Any], |call, args| {
        let printed = call.print(any(args, 0))?;
        Ok(Value::Int64(parse_int(&printed, 8).unwrap_or(0)))
    }),
    of("toString", &[Any], |call, args| made(call, string(call, any(args, 0))?)),
    of("toStrings", &[Any], |call, args| super::texts(call, strings(call, any(args, 0))?)),
];

/// As `cast.ToInt64`: 0 for what is no number.
pub fn int64(value: &Value) -> i64 {
    match value {
        Value::Int(int) | Value::Int64(int) | Value::Duration(int) => *int,
        Value::Uint64(int) => int.cast_signed(),
        Value::Byte(byte) => (*byte).into(),
        Value::Float(float) => truncate(*float),
        Value::Bool(bool) => (*bool).into(),
        Value::Text(text) => parse_int(whole(text), 0).unwrap_or(0),
        Value::Nil | Value::List(_) | Value::Map(_) | Value::Time(_) | Value::Object(_) => 0,
    }
}

/// As `cast.ToFloat64`: 0 for what is no number.
pub fn float64(value: &Value) -> f64 {
    match value {
        Value::Uint64(int) => *int as f64,
        Value::Float(float) => *float,
        Value::Text(text) => parse_float(text).unwrap_or(0.0),
        other => int64(other) as f64,
    }
}

/// Go's conversion on x86-64: what does not fit is the least number.
pub fn truncate(float: f64) -> i64 {
    if float >= -(2f64.powi(63)) && float < 2f64.powi(63) { float as i64 } else { i64::MIN }
}

/// sprig's `strval`.
pub fn string(call: &Call, value: &Value) -> Result<String, String> {
    match value {
        Value::Text(text) => Ok(text.to_string()),
        other => call.print(other),
    }
}

/// sprig's `strslice`: lists lose their nils, anything else is a list of one.
pub fn strings(call: &Call, value: &Value) -> Result<Vec<String>, String> {
    match value {
        Value::Nil => Ok(vec![]),
        Value::List(list) => {
            charge_items(call, list.items.len())?;
            list.items.iter().filter(|item| !matches!(item, Value::Nil)).map(|item| string(call, item)).collect()
        }
        other => Ok(vec![string(call, other)?]),
    }
}

/// The part before the point of what is a number with a point in it.
fn whole(text: &str) -> &str {
    let Some((before, after)) = text.split_once('.') else { return text };
    let digits = before.strip_prefix(['-', '+']).unwrap_or(before);
    match digits.bytes().chain(after.bytes()).all(|b| b.is_ascii_digit()) {
        true if digits.is_empty() => "0",
        true => before,
        false => text,
    }
}

/// `strconv.Atoi` and `ParseInt` without their error: the nearest number where it does not fit, 0 where it is none.
pub fn nearest(text: &str) -> i64 {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return 0;
    }
    text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX })
}

/// `strconv.ParseInt`. Base 0 is told by the text: `0x1F`, `0b1`, `0o17`, `017`, `1_000`.
pub fn parse_int(text: &str, base: u32) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(digits) => (text.get(..1)?, digits),
        None => ("", text),
    };
    if !digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return None;
    }
    if base != 0 {
        return i64::from_str_radix(&format!("{sign}{digits}"), base).ok();
    }
    let lower = digits.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0b", 2), ("0o", 8)].into_iter().find_map(|(p, b)| Some((lower.strip_prefix(p)?, b)));
    let (digits, base) = match prefixed {
        Some((digits, base)) => (digits.strip_prefix('_').unwrap_or(digits), base),
        None if lower.len() > 1 && lower.starts_with('0') => {
            (lower.strip_prefix("0_").or(lower.strip_prefix('0')).unwrap_or(&lower), 8)
        }
        None => (&*lower, 10),
    };
    i64::from_str_radix(&format!("{sign}{}", without_underscores(digits)?), base).ok()
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn values_are_converted_as_in_goss() {
        agrees(&[
            (r#"atoi "12""#, Some("12")),
            (r#"atoi "0x1""#, Some("0")),
            (r#"atoi "99999999999999999999""#, Some("9223372036854775807")),
            (r#"atoi " 1""#, Some("0")),
            (r#"int "0x1F""#, Some("31")),
            (r#"int "08""#, Some("0")),
            (r#"int "010""#, Some("8")),
            (r#"int "1_000""#, Some("1000")),
            (r#"int "1.9""#, Some("1")),
            (r#"int "-.5""#, Some("0")),
            (r#"int "1e3""#, Some("0")),
            ("int 3.99", Some("3")),
            ("int -3.99", Some("-3")),
            ("int 1e30", Some("-9223372036854775808")),
            ("int true", Some("1")),
            ("int nil", Some("0")),
            ("int (list 1)", Some("0")),
            (r#"int64 "0b101""#, Some("5")),
            (r#"int64 "0x+1""#, Some("0")),
            (r#"float64 "1.5e3""#, Some("1500")),
            (r#"float64 "0x1p4""#, Some("16")),
            (r#"float64 "1_0.5""#, Some("10.5")),
            (r#"float64 "1e999""#, Some("0")),
            (r#"float64 "-Inf""#, Some("-Inf")),
            (r#"float64 "x""#, Some("0")),
            ("float64 true", Some("1")),
            ("toDecimal 777", Some("511")),
            (r#"toDecimal "0755""#, Some("493")),
            (r#"toDecimal "8""#, Some("0")),
            ("toString nil", Some("<nil>")),
            ("toString 1.0", Some("1")),
            (r#"toString (list 1 "a")"#, Some("[1 a]")),
            (r#"toStrings "a""#, Some("[a]")),
            ("toStrings nil", Some("[]")),
            (r#"printf "%T %T %T" (int 1) (int64 1) (float64 1)"#, Some("int int64 float64")),
            ("until (add 1 2)", None),
        ]);
    }
}
