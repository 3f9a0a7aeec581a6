//! Numbers as Go writes them.

/// Go's `FormatFloat(n, 'g', -1, 64)`, with an exponent from `exponent` on, or below 1e-4.
pub fn go_float(n: f64, exponent: i32) -> String {
    if n.is_nan() {
        return "NaN".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let (digits, power) = scientific(n);
    if power < -4 || power >= exponent {
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", power.abs());
    }
    format!("{n}")
}

/// The shortest digits that read back as the number, and the power of ten of the first.
pub(super) fn scientific(n: f64) -> (String, i32) {
    let text = format!("{n:e}");
    match text.split_once('e') {
        Some((digits, power)) => (digits.to_owned(), power.parse().unwrap_or_default()),
        None => (text, 0),
    }
}
