//! Decimal numbers of any length: what sprig's arithmetic on floats is done in, so that 0.1 and 0.2 make 0.3.

use num_bigint::BigInt;

/// Digits after the point that a quotient has.
const PRECISION: i64 = 16;

/// `digits · 10^exponent`.
pub struct Decimal {
    digits: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest number that is no other float.
    pub fn new(float: f64) -> Result<Decimal, String> {
        if !float.is_finite() {
            let name = if float.is_nan() { "NaN" } else { "an infinite number" };
            return Err(format!("Cannot create a Decimal from {name}"));
        }
        let shortest = format!("{float:e}");
        let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let exponent: i64 = exponent.parse().unwrap_or(0);
        Ok(Decimal {
            digits: format!("{whole}{fraction}").parse().unwrap_or_default(),
            exponent: exponent - i64::try_from(fraction.len()).unwrap_or(0),
        })
    }

    pub fn float(&self) -> f64 {
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        usize::try_from(self.digits.bits() / 8).unwrap_or(usize::MAX)
    }

    pub fn add(self, other: Decimal) -> Result<Decimal, String> {
        let (one, other, exponent) = aligned(self, other)?;
        Ok(Decimal { digits: one + other, exponent })
    }

    pub fn subtract(self, other: Decimal) -> Result<Decimal, String> {
        let (one, other, exponent) = aligned(self, other)?;
        Ok(Decimal { digits: one - other, exponent })
    }

    pub fn multiply(self, other: Decimal) -> Result<Decimal, String> {
        Ok(Decimal { digits: self.digits * other.digits, exponent: self.exponent + other.exponent })
    }

    /// Rounded at the last digit, a half away from nought.
    pub fn divide(self, other: Decimal) -> Result<Decimal, String> {
        let nought = BigInt::default();
        if other.digits == nought {
            return Err("decimal division by 0".to_owned());
        }
        let shift = self.exponent - other.exponent + PRECISION;
        let (above, below) = match shift < 0 {
            true => (self.digits, other.digits * ten(-shift)?),
            false => (self.digits * ten(shift)?, other.digits),
        };
        let (quotient, left) = (&above / &below, &above % &below);
        let same_sign = (above < nought) == (below < nought);
        let digits = match (left * BigInt::from(2)).magnitude() < below.magnitude() {
            true => quotient,
            false if same_sign => quotient + BigInt::from(1),
            false => quotient - BigInt::from(1),
        };
        Ok(Decimal { digits, exponent: -PRECISION })
    }
}

/// Both sets of digits, to the smaller exponent.
fn aligned(one: Decimal, other: Decimal) -> Result<(BigInt, BigInt, i64), String> {
    let exponent = one.exponent.min(other.exponent);
    let to = |decimal: Decimal| Ok::<_, String>(decimal.digits * ten(decimal.exponent - exponent)?);
    Ok((to(one)?, to(other)?, exponent))
}

fn ten(power: i64) -> Result<BigInt, String> {
    // A float's exponents are within ±330; what is further off is a product of many.
    let power = u32::try_from(power).ok().filter(|power| *power < 100_000).ok_or("the numbers are too far apart")?;
    Ok(BigInt::from(10).pow(power))
}
