//! What an unquoted YAML scalar means to yaml.v3, Go's reader: YAML 1.2 with octal `0644` and underscores.

/// The meaning; what is none of the others is text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Plain {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text,
}

/// As `resolve` of yaml.v3's resolve.go, but that timestamps stay text and integers beyond `i64` become floats.
pub(super) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Plain::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Plain::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.as_bytes().first() {
        Some(b'.') => float(text),
        Some(b'0'..=b'9' | b'+' | b'-') if text.contains('_') => number(&text.replace('_', "")),
        Some(b'0'..=b'9' | b'+' | b'-') => number(text),
        _ => Plain::Text,
    }
}

fn number(text: &str) -> Plain {
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let radix = |prefixes: [&str; 2]| prefixes.iter().find_map(|p| digits.strip_prefix(p));
    let whole = if let Some(hex) = radix(["0x", "0X"]) {
        magnitude(hex, 16)
    } else if let Some(octal) = radix(["0o", "0O"]) {
        magnitude(octal, 8)
    } else if let Some(binary) = radix(["0b", "0B"]) {
        magnitude(binary, 2)
    } else if digits.len() > 1 && digits.starts_with('0') {
        magnitude(digits, 8)
    } else {
        magnitude(digits, 10)
    };
    let Some(whole) = whole else { return float(text) };
    match i64::try_from(if negative { -i128::from(whole) } else { i128::from(whole) }) {
        Ok(n) => Plain::Int(n),
        Err(_) if negative => float(text),
        Err(_) => Plain::Float(whole as f64),
    }
}

fn magnitude(digits: &str, radix: u32) -> Option<u64> {
    // from_str_radix would take another sign.
    digits.chars().all(|c| c.is_digit(radix)).then(|| u64::from_str_radix(digits, radix).ok()).flatten()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn float(text: &str) -> Plain {
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.strip_prefix(['-', '+']).unwrap_or(e)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let shaped = digits(whole)
        && digits(fraction)
        && digits(exponent)
        && !exponent.is_empty()
        && !(whole.is_empty() && fraction.is_empty());
    match text.parse::<f64>() {
        Ok(n) if shaped && n.is_finite() => Plain::Float(n),
        _ => Plain::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_scalars_mean_what_goss_takes_them_for() {
        let text = [
            "yes",
            "Yes",
            "no",
            "on",
            "off",
            "y",
            "n",
            "N",
            "tRUE",
            "nul",
            "nan",
            "inf",
            "Infinity",
            "0x",
            "0xg",
            "0o8",
            "0b2",
            "1.2.3",
            "12:30:45",
            "2001-12-14",
            "2001-12-14T21:59:43Z",
            "1e400",
            "-",
            "+",
            "--1",
            "+-1",
            ".",
            "..",
            ".e3",
            "_1",
            "._5",
            ".5_0",
            "1e",
            "1e+",
            "0x1ffffffffffffffff",
            "0x-1",
            "1 2",
            "١",
            "<<",
            "=",
            "/",
            "10GiB",
            "+.nan",
        ];
        for t in text {
            assert_eq!(resolve(t), Plain::Text, "{t}");
        }
        let whole = [
            ("0", 0),
            ("-0", 0),
            ("0644", 420),
            ("-0644", -420),
            ("0o644", 420),
            ("0O17", 15),
            ("0x1F", 31),
            ("0X1f", 31),
            ("-0x1F", -31),
            ("0b11", 3),
            ("-0b11", -3),
            ("+12", 12),
            ("1_000", 1000),
            ("1__0_", 10),
            ("0_7", 7),
            ("0x_1F", 31),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (t, n) in whole {
            assert_eq!(resolve(t), Plain::Int(n), "{t}");
        }
        let fraction = [
            ("1.5", 1.5),
            ("-1.5", -1.5),
            (".5", 0.5),
            ("-.5", -0.5),
            ("1.", 1.0),
            ("1e3", 1000.0),
            ("1E-3", 0.001),
            ("1_0.5", 10.5),
            ("08", 8.0),
            ("09.5", 9.5),
            ("9223372036854775808", 9223372036854775808.0),
            ("-9223372036854775809", -9223372036854775809.0),
            ("18446744073709551616", 18446744073709551616.0),
            ("0xffffffffffffffff", 18446744073709551615.0),
        ];
        for (t, n) in fraction {
            assert_eq!(resolve(t), Plain::Float(n), "{t}");
        }
        for t in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(t), Plain::Null, "{t}");
        }
        for (t, b) in
            [("true", true), ("True", true), ("TRUE", true), ("false", false), ("False", false), ("FALSE", false)]
        {
            assert_eq!(resolve(t), Plain::Bool(b), "{t}");
        }
        assert!(matches!(resolve(".NaN"), Plain::Float(n) if n.is_nan()));
        assert_eq!(resolve("+.Inf"), Plain::Float(f64::INFINITY));
        assert_eq!(resolve("-.inf"), Plain::Float(f64::NEG_INFINITY));
    }

    proptest! {
        #[test]
        fn no_scalar_panics(text in "\\PC*|[-+0-9._eExXoObB]{0,24}") {
            resolve(&text);
        }

        #[test]
        fn every_whole_number_reads_as_itself(n: i64) {
            prop_assert_eq!(resolve(&n.to_string()), Plain::Int(n));
        }
    }
}
