//! What goss expects of a field as a strict spec says it.

use super::pattern::pattern;
use super::regex::regex;
use super::{Remark, Source};
use crate::goss::Said;
use crate::matcher::{Operand, Operator};
use crate::quantity;
use crate::syntax::Span;
use crate::value::{Mode, Type, Value};

/// One field on its way.
pub struct Expect<'s> {
    source: Source<'s>,
    field: &'s str,
    span: Span,
    remarks: Vec<Remark>,
}

impl<'s> Expect<'s> {
    pub fn of(source: Source<'s>, field: &'s str, said: &Said) -> Expect<'s> {
        Expect { source, field, span: said.span, remarks: Vec::new() }
    }

    /// What is expected of a key of type `ty`, and what is to be said of that.
    pub fn value(mut self, value: &Value, ty: Type) -> (Value, Vec<Remark>) {
        let value = self.expectation(value, ty);
        (value, self.remarks)
    }

    fn changed(&mut self, what: impl std::fmt::Display) {
        self.remarks.push(Remark::Changed(format!("`{}`: {what}", self.field)));
    }

    fn expectation(&mut self, value: &Value, ty: Type) -> Value {
        match (value, ty) {
            (Value::Map(map), _) => match map.as_slice() {
                [(name, inner)] => Value::Map(vec![(name.clone(), self.operand(name, inner, ty))]),
                _ => value.clone(),
            },
            (Value::List(list), Type::Content) => self.patterns(list),
            (Value::List(list), Type::List(of)) => self.each(list, *of),
            (Value::List(list), Type::Any) => self.each(list, Type::Any),
            (Value::List(list), Type::Text) => {
                self.changed("goss fails a list here; these are read as patterns");
                self.patterns(list)
            }
            (scalar, Type::List(of)) => self.scalar(scalar, *of),
            (scalar, ty) => self.scalar(scalar, ty),
        }
    }

    fn each(&mut self, list: &[Value], ty: Type) -> Value {
        Value::List(list.iter().map(|one| self.expectation(one, ty)).collect())
    }

    fn operand(&mut self, name: &str, inner: &Value, ty: Type) -> Value {
        let Some(operator) = Operator::find(name) else { return inner.clone() };
        match (&operator.operand, inner) {
            (Operand::Same(_), Value::List(list)) => {
                let of = if let Type::List(of) = ty { *of } else { ty };
                Value::List(list.iter().map(|one| self.scalar(one, of)).collect())
            }
            (Operand::Same(_), scalar) => match ty {
                Type::List(of) => self.scalar(scalar, *of),
                ty => self.scalar(scalar, ty),
            },
            (Operand::Bound(_), Value::Text(text)) => number(text).unwrap_or_else(|| inner.clone()),
            (Operand::Count, Value::Number(n)) if n.fract() == 0.0 && n.abs() < 9e15 => Value::Int(*n as i64),
            (Operand::Regex, Value::Text(source)) => Value::Text(self.regex(source)),
            (Operand::Matcher(of, _), inner) => self.expectation(inner, of.within(ty)),
            (Operand::Matchers(of, ..), Value::List(list)) => self.each(list, of.within(ty)),
            (Operand::Patterns, Value::List(list)) => self.patterns(list),
            (Operand::Paths, Value::Map(paths)) => Value::Map(
                paths.iter().map(|(path, inner)| (path.clone(), self.expectation(inner, Type::Any))).collect(),
            ),
            _ => inner.clone(),
        }
    }

    /// A scalar that something is equal to.
    fn scalar(&mut self, value: &Value, ty: Type) -> Value {
        match (value, ty) {
            (Value::Text(text), Type::Bool) => match text.to_ascii_lowercase().as_str() {
                "true" | "false" => Value::Bool(text.eq_ignore_ascii_case("true")),
                yes @ ("yes" | "on" | "y" | "no" | "off" | "n") => {
                    let meant = matches!(yes, "yes" | "on" | "y");
                    self.changed(format!("to goss `{text}` is text, which is never found; `{meant}` is written"));
                    Value::Bool(meant)
                }
                _ => value.clone(),
            },
            (
                Value::Text(text),
                Type::Int | Type::Number | Type::Size | Type::Percent | Type::Portion | Type::Share,
            ) => number(text).unwrap_or_else(|| value.clone()),
            (Value::Int(n), Type::Mode) => match self.meant_mode(*n) {
                Some(mode) => {
                    self.changed(format!("to goss this is the number {n}, which is no mode; `\"{mode}\"` is written"));
                    Value::Text(mode.to_string())
                }
                None => value.clone(),
            },
            (Value::Text(text), Type::Mode) => {
                if let Some(mode) = quantity::parse_mode(text)
                    && mode.to_string() != *text
                {
                    self.changed(format!(
                        "goss finds \"{mode}\" where this says \"{text}\", and fails; here they are one"
                    ));
                }
                value.clone()
            }
            (Value::Int(_) | Value::Number(_), Type::Version | Type::Text) => Value::Text(self.raw(value)),
            _ => value.clone(),
        }
    }

    /// The mode that a number was meant for: written without quotes, YAML reads `0644` as 420.
    fn meant_mode(&self, n: i64) -> Option<Mode> {
        let bits = u32::try_from(n).ok()?;
        let written = (self.source)(self.span).unwrap_or_default().trim();
        let octal =
            written.strip_prefix("0o").or_else(|| written.strip_prefix('0')).filter(|digits| !digits.is_empty());
        let as_octal = octal.and_then(|digits| u32::from_str_radix(digits, 8).ok());
        match (as_octal, written.parse::<i64>()) {
            (Some(read), _) if read == bits => Some(Mode(bits)),
            // 644, as people write it who leave the 0 out.
            (_, Ok(decimal)) if decimal == n => quantity::parse_mode(written),
            _ => Some(Mode(bits)),
        }
        .filter(|mode| mode.0 <= 0o7777)
    }

    /// A number as it was written: of a version `1.10` is not `1.1`.
    fn raw(&self, value: &Value) -> String {
        let printed = value.to_json().to_string();
        let written = (self.source)(self.span).unwrap_or_default();
        let same = |word: &&str| {
            word.parse::<f64>().ok().zip(printed.parse::<f64>().ok()).is_some_and(|(a, b)| a.to_bits() == b.to_bits())
        };
        let words = written.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter(|word| !word.is_empty());
        words.clone().find(same).map_or(printed.clone(), str::to_owned)
    }

    fn patterns(&mut self, list: &[Value]) -> Value {
        let mut patterns = Vec::new();
        for one in list {
            let text = match one {
                Value::Text(text) => text.clone(),
                Value::Int(_) | Value::Number(_) => {
                    let text = self.raw(one);
                    self.changed(format!("goss refuses the number {text} as a pattern; its text is written"));
                    text
                }
                other => {
                    patterns.push(other.clone());
                    continue;
                }
            };
            let (written, remark) = pattern(&text);
            if let Some(remark) = remark {
                self.changed(remark);
            }
            patterns.extend(written.map(Value::Text));
        }
        Value::List(patterns)
    }

    fn regex(&mut self, source: &str) -> String {
        match regex(source) {
            Ok(regex) => regex,
            Err(why) => {
                self.changed(format!("goss refuses this regular expression: {why}"));
                source.to_owned()
            }
        }
    }
}

fn number(text: &str) -> Option<Value> {
    let text = text.trim();
    let whole = text.parse::<i64>().ok().map(Value::Int);
    whole.or_else(|| text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::Number))
}
