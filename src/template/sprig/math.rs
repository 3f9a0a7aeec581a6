//! Arithmetic on `int64` and `float64`, and rows of numbers.

use super::decimal::Decimal;
use super::{Made, any, cast, charge_items, int, many, of, rest};
use crate::template::Param::{Any, Float, Int};
use crate::template::{Call, Elem, Function, List, Value};
use std::rc::Rc;

pub static FUNCTIONS: &[Function] = &[
    of("add1", &[Any], |_, args| Ok(Value::Int64(whole(args, 0).wrapping_add(1)))),
    many("add", &[], Any, |_, args| fold(0, args, i64::wrapping_add)),
    of("sub", &[Any, Any], |_, args| Ok(Value::Int64(whole(args, 0).wrapping_sub(whole(args, 1))))),
    of("div", &[Any, Any], |_, args| divided(args, i64::wrapping_div)),
    of("mod", &[Any, Any], |_, args| divided(args, i64::wrapping_rem)),
    many("mul", &[Any], Any, |_, args| fold(1, args, i64::wrapping_mul)),
    many("max", &[Any], Any, |_, args| fold(whole(args, 0), rest(args, 1), i64::max)),
    many("biggest", &[Any], Any, |_, args| fold(whole(args, 0), rest(args, 1), i64::max)),
    many("min", &[Any], Any, |_, args| fold(whole(args, 0), rest(args, 1), i64::min)),
    of("add1f", &[Any], |call, args| decimal(call, any(args, 0), &[Value::Int(1)], Decimal::add)),
    many("addf", &[], Any, |call, args| decimal(call, &Value::Int(0), args, Decimal::add)),
    many("subf", &[Any], Any, |call, args| decimal(call, any(args, 0), rest(args, 1), Decimal::subtract)),
    many("mulf", &[Any], Any, |call, args| decimal(call, any(args, 0), rest(args, 1), Decimal::multiply)),
    many("divf", &[Any], Any, |call, args| decimal(call, any(args, 0), rest(args, 1), Decimal::divide)),
    many("maxf", &[Any], Any, |_, args| extreme(args, f64::max)),
    many("minf", &[Any], Any, |_, args| extreme(args, f64::min)),
    of("ceil", &[Any], |_, args| Ok(Value::Float(cast::float64(any(args, 0)).ceil()))),
    of("floor", &[Any], |_, args| Ok(Value::Float(cast::float64(any(args, 0)).floor()))),
    many("round", &[Any, Int], Float, |_, args| {
        let up_from = args.get(2).and_then(Value::as_float).unwrap_or(0.5);
        Ok(Value::Float(rounded(cast::float64(any(args, 0)), int(args, 1)?, up_from)))
    }),
    of("until", &[Int], |call, args| {
        let stop = int(args, 0)?;
        row(call, 0, stop, if stop < 0 { -1 } else { 1 })
    }),
    of("untilStep", &[Int, Int, Int], |call, args| row(call, int(args, 0)?, int(args, 1)?, int(args, 2)?)),
    many("seq", &[], Int, sequence),
];

fn whole(args: &[Value], at: usize) -> i64 {
    cast::int64(any(args, at))
}

fn fold(start: i64, values: &[Value], with: fn(i64, i64) -> i64) -> Made {
    Ok(Value::Int64(values.iter().map(cast::int64).fold(start, with)))
}

fn divided(args: &[Value], with: fn(i64, i64) -> i64) -> Made {
    match whole(args, 1) {
        0 => Err("runtime error: integer divide by zero".to_owned()),
        by => Ok(Value::Int64(with(whole(args, 0), by))),
    }
}

fn decimal(call: &Call, first: &Value, rest: &[Value], with: fn(Decimal, Decimal) -> Result<Decimal, String>) -> Made {
    let mut made = Decimal::new(cast::float64(first))?;
    for value in rest {
        made = with(made, Decimal::new(cast::float64(value))?)?;
        call.charge(64 + made.size())?;
    }
    Ok(Value::Float(made.float()))
}

fn extreme(args: &[Value], with: fn(f64, f64) -> f64) -> Made {
    let either = |one: f64, other: f64| if one.is_nan() || other.is_nan() { f64::NAN } else { with(one, other) };
    Ok(Value::Float(args.iter().map(cast::float64).reduce(either).unwrap_or(0.0)))
}

/// To so many decimal places; a fraction behind them rounds up from `up_from` on, negative ones never.
fn rounded(float: f64, places: i64, up_from: f64) -> f64 {
    let power = power_of_ten(places);
    let digits = power * float;
    (if digits.fract() >= up_from { digits.ceil() } else { digits.floor() }) / power
}

/// As Go's `math.Pow` comes to it, to the last bit.
fn power_of_ten(exponent: i64) -> f64 {
    if exponent == 1 {
        return 10.0;
    }
    let (mut mantissa, mut binary) = (1.0_f64, 0_i32);
    // 10 is 0.625 · 2⁴.
    let (mut square, mut power) = (0.625_f64, 4_i32);
    let mut left = exponent.unsigned_abs();
    while left != 0 {
        if power > 1 << 12 {
            binary += power;
            break;
        }
        if left & 1 == 1 {
            mantissa *= square;
            binary += power;
        }
        square *= square;
        power <<= 1;
        if square < 0.5 {
            square += square;
            power -= 1;
        }
        left >>= 1;
    }
    if exponent < 0 {
        (mantissa, binary) = (1.0 / mantissa, -binary);
    }
    // In two steps: the power alone may be out of bounds.
    mantissa * 2_f64.powi(binary / 2) * 2_f64.powi(binary - binary / 2)
}

/// The numbers from `start` to before `stop`.
fn numbers(call: &Call, start: i64, stop: i64, step: i64) -> Result<impl Iterator<Item = i64>, String> {
    let count = match step {
        1.. if start < stop => (i128::from(stop) - i128::from(start) - 1) / i128::from(step) + 1,
        ..=-1 if start > stop => (i128::from(start) - i128::from(stop) - 1) / -i128::from(step) + 1,
        _ => 0,
    };
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    charge_items(call, count)?;
    Ok((0..count as i64).map(move |at| start.wrapping_add(at.wrapping_mul(step))))
}

/// `[]int`.
fn row(call: &Call, start: i64, stop: i64, step: i64) -> Made {
    let items = numbers(call, start, stop, step)?.map(Value::Int).collect();
    Ok(Value::List(Rc::new(List { of: Elem::Int, items })))
}

/// As the command `seq` writes it: the last number counts.
fn sequence(call: &Call, args: &[Value]) -> Made {
    let (start, step, end) = match args.len() {
        1 => (1, None, int(args, 0)?),
        2 => (int(args, 0)?, None, int(args, 1)?),
        3 => (int(args, 0)?, Some(int(args, 1)?), int(args, 2)?),
        _ => return Ok(Value::text("")),
    };
    let past = if end < start { -1 } else { 1 };
    if past < 0 && step.is_some_and(|step| step > 0) {
        return Ok(Value::text(""));
    }
    let numbers = numbers(call, start, end.wrapping_add(past), step.unwrap_or(past))?;
    Ok(Value::text(numbers.map(|number| number.to_string()).collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn numbers_come_out_as_in_goss() {
        agrees(&[
            (r#"add 1 "2" 3.9"#, Some("6")),
            ("add", Some("0")),
            (r#"add1 "0x10""#, Some("17")),
            ("sub 5 10", Some("-5")),
            ("div 7 2", Some("3")),
            ("div -7 2", Some("-3")),
            ("div 1 0", None),
            ("mod -7 3", Some("-1")),
            ("mod 7 0", None),
            ("mul 2 3 4", Some("24")),
            (r#"mul "x""#, Some("0")),
            ("max 1 5 3", Some("5")),
            (r#"min 1 -5 "x""#, Some("-5")),
            ("biggest 1 2", Some("2")),
            ("add1f 0.1", Some("1.1")),
            ("addf 0.1 0.2", Some("0.3")),
            ("addf 1e300 1e-300", Some("1e+300")),
            ("subf 0.3 0.1", Some("0.2")),
            ("mulf 1.1 1.1", Some("1.21")),
            ("divf 10 3", Some("3.3333333333333335")),
            ("divf 2 3", Some("0.6666666666666667")),
            ("divf -2 3", Some("-0.6666666666666667")),
            ("divf 1 0", None),
            ("divf 1e-20 3", Some("0")),
            (r#"addf "nan" 1"#, None),
            (r#"maxf 1.5 2 "nan""#, Some("NaN")),
            ("minf 3 2.5 4", Some("2.5")),
            ("ceil 1.1", Some("2")),
            ("floor -1.1", Some("-2")),
            ("round 123.5555 3", Some("123.556")),
            ("round 123.5555 3 .5", Some("123.556")),
            ("round 1.255 2", Some("1.25")),
            ("round -1.5 0", Some("-2")),
            ("round 123.456 -1", Some("120")),
            ("round 2.5 0 0.6", Some("2")),
            ("round 0.1 22", Some("0.1")),
            ("until 4", Some("[0 1 2 3]")),
            ("until -3", Some("[0 -1 -2]")),
            ("until 0", Some("[]")),
            ("untilStep 3 9 2", Some("[3 5 7]")),
            ("untilStep 9 3 -2", Some("[9 7 5]")),
            ("untilStep 1 5 0", Some("[]")),
            ("untilStep 5 1 1", Some("[]")),
            ("seq 4", Some("1 2 3 4")),
            ("seq -2", Some("1 0 -1 -2")),
            ("seq 2 5", Some("2 3 4 5")),
            ("seq 5 2", Some("5 4 3 2")),
            ("seq 0 2 7", Some("0 2 4 6")),
            ("seq 7 -2 0", Some("7 5 3 1")),
            ("seq 0 2 -3", Some("")),
            ("seq", Some("")),
            ("seq 1 2 3 4", Some("")),
        ]);
    }
}
