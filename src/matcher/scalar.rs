//! Scalars in a spec to values of a key's type, and comparisons written in a string: `">= 30d"`.

use super::lower::Lower;
use super::mistake::{bad_mode, bad_size, inside, no_unit, no_word, nothing, operand, quote_like, wrong_type};
use super::operator::is_quantity;
use super::{Relation, Test};
use crate::quantity;
use crate::query::is_large;
use crate::syntax::{Code, Data, Diagnostic, Node, Span};
use crate::value::{Bytes, Percent, Type, Value, Version, VersionOrder};

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Is,
    IsNot,
    Order(Relation),
}

const SIGNS: &[(&str, Sign)] = &[
    (">=", Sign::Order(Relation::GreaterOrEqual)),
    ("<=", Sign::Order(Relation::LessOrEqual)),
    ("≥", Sign::Order(Relation::GreaterOrEqual)),
    ("≤", Sign::Order(Relation::LessOrEqual)),
    ("==", Sign::Is),
    ("!=", Sign::IsNot),
    (">", Sign::Order(Relation::Greater)),
    ("<", Sign::Order(Relation::Less)),
    ("=", Sign::Is),
];

/// The sign that a comparison in text begins with, and what it means. White space before it is the caller's.
pub fn sign(text: &str) -> Option<(&'static str, Sign)> {
    SIGNS.iter().find(|(token, _)| text.starts_with(token)).copied()
}

/// Text of a quantity and where it stands, which may be only part of what a node's span covers.
#[derive(Clone, Copy)]
struct Written<'n> {
    text: &'n str,
    span: Span,
    node: &'n Node<'n>,
}

impl Lower<'_> {
    /// A scalar that stands for a test: equality, or the comparison that its text spells.
    pub fn scalar(&mut self, node: &Node, ty: Type) -> Option<Test> {
        let Some((text, true)) = node.text().map(|text| (text, is_quantity(ty))) else {
            return self.value(node, ty).map(Test::Equal);
        };
        let trimmed = text.trim();
        let Some((token, sign)) = sign(trimmed) else {
            return self.value(node, ty).map(Test::Equal);
        };
        let rest = trimmed[token.len()..].trim();
        let at = rest.as_ptr() as usize - text.as_ptr() as usize;
        let span = inside(node, text, at..at + rest.len());
        if let Some(next @ ('<' | '>' | '=' | '!' | '~')) = rest.chars().next() {
            let mixed = format!("{token}{next}");
            let one = Diagnostic::new(Code::BadQuantity, node.span, format!("`{mixed}` is no comparison"));
            let right = match mixed.as_str() {
                "=>" | ">=" => ">=",
                "=<" | "<=" => "<=",
                _ => return self.fail(one.say("the comparisons are `=`, `!=`, `<`, `<=`, `>` and `>=`")),
            };
            let meant = format!("{right} {}", rest[1..].trim());
            return self.fail(one.replace(node.span, quote_like(node, node.span, &meant)));
        }
        if let Some(second) = rest.find(['<', '>']) {
            let first = rest[..second].trim_end().trim_end_matches([',', '&']).trim_end();
            let help = format!("write `and = [\"{token} {first}\", \"{}\"]`", rest[second..].trim());
            let one = Diagnostic::new(Code::BadQuantity, node.span, format!("`{text}` is more than one comparison"));
            return self.fail(one.say(help));
        }
        let value = self.quantity(Written { text: rest, span, node }, ty)?;
        self.checked(sign, &value, ty, node.span)?;
        Some(match sign {
            Sign::Is => Test::Equal(value),
            Sign::IsNot => Test::Not(Box::new(Test::Equal(value))),
            Sign::Order(relation) => Test::Order(relation, value),
        })
    }

    /// A value of type `ty`.
    pub fn value(&mut self, node: &Node, ty: Type) -> Option<Value> {
        if let Data::Float(n, raw) = &node.data
            && !n.is_finite()
            && ty != Type::Text
        {
            return self.fail(Diagnostic::new(Code::WrongType, node.span, format!("`{raw}` is not a finite number")));
        }
        let value = match (ty, &node.data) {
            (_, Data::Null) => return self.fail(nothing(node, ty)),
            (Type::List(of), _) => return self.value(node, *of),
            (Type::Any, _) => self.whole(node)?,
            (Type::Bool, Data::Bool(b)) => Value::Bool(*b),
            (Type::Int | Type::Number | Type::Content, Data::Int(n, _)) => Value::Int(*n),
            (Type::Number | Type::Content, Data::Float(n, _)) => Value::Number(*n),
            (Type::Int, Data::Float(n, _)) if n.fract() == 0.0 && n.abs() < 9e15 => Value::Int(*n as i64),
            (Type::Int, Data::Float(_, raw)) => {
                let message = format!("`{raw}` is never found here: this is a whole number");
                return self.fail(Diagnostic::new(Code::CannotHold, node.span, message));
            }
            (Type::Text | Type::Content, Data::Text(text)) => Value::Text(text.clone().into_owned()),
            (Type::Text, Data::Int(_, raw) | Data::Float(_, raw)) => Value::Text((*raw).to_owned()),
            (Type::Choice(words), Data::Text(text)) => {
                if !words.contains(&text.as_ref()) {
                    return self.fail(no_word(node, text, words));
                }
                Value::Text(text.clone().into_owned())
            }
            (Type::Mode, Data::Text(text)) => match quantity::parse_mode(text) {
                Some(mode) => Value::Mode(mode),
                None => return self.fail(bad_mode(node, text)),
            },
            (Type::Size | Type::Share, Data::Int(n, _)) => match u64::try_from(*n) {
                Ok(n) => Value::Size(Bytes(n)),
                Err(_) => {
                    let message = format!("`{n}` is never found here: a size is not negative");
                    return self.fail(Diagnostic::new(Code::CannotHold, node.span, message));
                }
            },
            (Type::Portion, Data::Int(n @ 0.., _)) => Value::Int(*n),
            (Type::Percent, Data::Int(n, raw)) => self.percent(*n as f64, raw, node.span)?,
            (Type::Percent, Data::Float(n, raw)) if *n > 0.0 && *n < 1.0 => {
                let message = format!("`{raw}` is less than one per cent");
                let one = Diagnostic::new(Code::BadQuantity, node.span, message);
                return self.fail(one.say(format!(
                    "write `\"{}%\"` if a fraction was meant, else `\"{raw}%\"`",
                    quantity_text(n * 100.0)
                )));
            }
            (Type::Percent, Data::Float(n, raw)) => self.percent(*n, raw, node.span)?,
            (Type::Duration, Data::Int(0, _)) => Value::Duration(time::Duration::ZERO),
            (Type::Duration, Data::Int(_, raw) | Data::Float(_, raw)) => {
                return self.fail(no_unit(node.span, raw));
            }
            (Type::Version, Data::Int(_, raw) | Data::Float(_, raw)) => {
                self.quantity(Written { text: raw, span: node.span, node }, ty)?
            }
            (ty, Data::Text(text)) if is_quantity(ty) => {
                self.quantity(Written { text: text.trim(), span: node.span, node }, ty)?
            }
            _ => return self.fail(wrong_type(node, ty)),
        };
        self.checked(Sign::Is, &value, ty, node.span).map(|()| value)
    }

    /// What a value of type `ty` is ordered against under `gt` and the like.
    pub fn bound(&mut self, name: &str, relation: Relation, node: &Node, ty: Type) -> Option<Value> {
        let number = matches!(ty, Type::Text | Type::Content | Type::Any | Type::Int | Type::Number);
        let value = match &node.data {
            Data::Int(n, _) if number => Value::Int(*n),
            Data::Float(n, _) if number && n.is_finite() => Value::Number(*n),
            Data::List(_) | Data::Map(_) | Data::Bool(_) => {
                let takes = if number { "a number".into() } else { ty.name() };
                return self.fail(operand(node, name, &takes));
            }
            Data::Text(text) if number && ty != Type::Int && ty != Type::Number => {
                let one = operand(node, name, "a number");
                return self.fail(match text.trim().parse::<f64>() {
                    Ok(n) if n.is_finite() => one.replace(node.span, text.trim()),
                    _ => one,
                });
            }
            _ => self.value(node, ty)?,
        };
        self.checked(Sign::Order(relation), &value, ty, node.span).map(|()| value)
    }

    /// Text of a quantity.
    fn quantity(&mut self, written: Written, ty: Type) -> Option<Value> {
        let Written { text, span, node } = written;
        let bad = |what: &str| Diagnostic::new(Code::BadQuantity, span, format!("`{text}` is not {what}"));
        let one = match ty {
            Type::Int | Type::Number => {
                let whole = text.parse::<i64>().ok().map(Value::Int);
                let number = whole.or_else(|| text.parse().ok().filter(|n: &f64| n.is_finite()).map(Value::Number));
                match number {
                    // A bare number in quotes: only a comparison needs them.
                    Some(_) if node.text().is_some_and(|t| t.trim() == text) => {
                        wrong_type(node, ty).replace(node.span, text)
                    }
                    Some(Value::Number(n)) if ty == Type::Int && n.fract() == 0.0 && n.abs() < 9e15 => {
                        return Some(Value::Int(n as i64));
                    }
                    Some(value) => return Some(value),
                    None if node.text().is_some_and(|t| t.trim() == text) => wrong_type(node, ty),
                    None => bad("a number"),
                }
            }
            Type::Size => match quantity::parse_size(text) {
                Some(size) => return Some(Value::Size(size)),
                None => bad_size(span, text),
            },
            Type::Share => match quantity::parse_size(text) {
                Some(size) => return Some(Value::Size(size)),
                None if text.ends_with('%') => return self.percent_text(text, span),
                None => bad_size(span, text),
            },
            Type::Portion => match text.parse::<u32>() {
                Ok(n) => return Some(Value::Int(n.into())),
                Err(_) if text.ends_with('%') => return self.percent_text(text, span),
                Err(_) => bad("a number or a share").say("write it as `100000` or `\"5%\"`"),
            },
            Type::Percent => match text.parse::<f64>() {
                Ok(n) if (0.0..=100.0).contains(&n) => {
                    let one = bad("per cent").label("`%` is missing");
                    one.replace(span, quote_like(node, span, &format!("{text}%")))
                }
                _ => return self.percent_text(text, span),
            },
            Type::Duration => match quantity::parse_duration(text) {
                Some(duration) => return Some(Value::Duration(duration)),
                None if text.parse::<f64>().is_ok() => no_unit(span, text),
                None => bad("a duration").say(
                    "write it as `\"30d\"`, `\"1h30m\"` or `\"500ms\"`; the units are ns, us, ms, s, m, h, d, w and y",
                ),
            },
            Type::Time => match quantity::parse_time(text) {
                Some(time) => return Some(Value::Time(time)),
                None => {
                    let one = bad("a time");
                    match quantity::parse_time(&format!("{}Z", text.replacen(' ', "T", 1))) {
                        Some(_) => one
                            .label("the zone is missing")
                            .say(format!("write `\"{}Z\"` for UTC", text.replacen(' ', "T", 1))),
                        None => one.say("write it as `\"2030-01-31T12:00:00Z\"` or `\"2030-01-31\"`"),
                    }
                }
            },
            Type::Version => {
                let stray = |c: char| c.is_whitespace() || matches!(c, '*' | '<' | '>' | '=' | '|' | ',' | '!');
                match text.find(stray) {
                    _ if text.is_empty() => bad("a version").say("write it as `\"1.22\"` or `\">= 1.22\"`"),
                    None => {
                        let version = Version { text: text.to_owned(), order: VersionOrder::Dotted };
                        return Some(Value::Version(Box::new(version)));
                    }
                    Some(at) if text[at..].starts_with('*') => {
                        bad("a version").say(format!("write `have-prefix = \"{}\"`", &text[..at]))
                    }
                    Some(_) => bad("a version").say("write it as `\"1.22\"` or `\">= 1.22\"`"),
                }
            }
            _ => wrong_type(node, ty),
        };
        self.fail(one)
    }

    fn percent_text(&mut self, text: &str, span: Span) -> Option<Value> {
        let number = text.trim().strip_suffix('%').and_then(|n| n.trim_end().parse::<f64>().ok());
        match number.filter(|n| n.is_finite()) {
            Some(n) => self.percent(n, text, span),
            None => {
                let one = Diagnostic::new(Code::BadQuantity, span, format!("`{text}` is not per cent"));
                self.fail(one.say("write it as `\"80%\"`"))
            }
        }
    }

    fn percent(&mut self, n: f64, written: &str, span: Span) -> Option<Value> {
        if (0.0..=100.0).contains(&n) {
            return Some(Value::Percent(Percent(n)));
        }
        let message = format!("`{written}` is outside of 0% to 100%");
        self.fail(Diagnostic::new(Code::CannotHold, span, message).label("no share is this"))
    }

    /// Refuses a comparison with the end of what a quantity can be, where that leaves nothing or says nothing.
    fn checked(&mut self, sign: Sign, value: &Value, ty: Type, span: Span) -> Option<()> {
        use Relation::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let lowest = matches!((ty, value), (Type::Size | Type::Share, Value::Size(Bytes(0))))
            || matches!(value, Value::Percent(p) if p.0 == 0.0);
        let highest = matches!(value, Value::Percent(p) if p.0 == 100.0);
        let (code, message) = match sign {
            Sign::Order(Less) if lowest => (Code::CannotHold, format!("nothing is less than {value}")),
            Sign::Order(Greater) if highest => (Code::CannotHold, format!("nothing is more than {value}")),
            Sign::Order(GreaterOrEqual) if lowest => (Code::AssertsNothing, format!("everything is at least {value}")),
            Sign::Order(LessOrEqual) if highest => (Code::AssertsNothing, format!("everything is at most {value}")),
            Sign::Is if ty == Type::Int && matches!(value, Value::Number(_)) => {
                (Code::CannotHold, format!("{value} is never found here: this is a whole number"))
            }
            _ => return Some(()),
        };
        self.fail(Diagnostic::new(code, span, message))
    }

    /// A whole tree of data.
    pub fn whole(&mut self, node: &Node) -> Option<Value> {
        match &node.data {
            Data::Null => self.fail(nothing(node, Type::Any)),
            Data::List(list) => {
                // Every mistake in it is told.
                let values: Vec<_> = list.iter().map(|one| self.whole(one)).collect();
                values.into_iter().collect::<Option<_>>().map(Value::List)
            }
            Data::Map(map) => {
                let pairs: Vec<_> =
                    map.iter().map(|(key, one)| Some((key.text.clone().into_owned(), self.whole(one)?))).collect();
                pairs.into_iter().collect::<Option<_>>().map(Value::Map)
            }
            Data::Float(_, raw) if is_large(raw) => Some(Value::Text((*raw).to_owned())),
            _ => Some(node.into()),
        }
    }
}

/// A number without needless digits.
fn quantity_text(n: f64) -> String {
    format!("{}", (n * 1e6).round() / 1e6)
}
