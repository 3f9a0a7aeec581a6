//! Nodes of a spec to tests, and everything that is wrong with them.

use super::mistake::{asserts_nothing, bad_regex, nothing, noun, operand, several, unknown, wrong_type};
use super::operator::{self, Empty, Of, Operand, Operator};
use super::pattern::{BadPattern, Pattern, compile};
use super::{Constraint, Listed, Relation, Test, Xml, bounds};
use crate::query::{self, XPath};
use crate::syntax::{Code, Data, Diagnostic, Key, Node, nearest};
use crate::value::{Type, Value};
use std::cmp::Ordering;

pub struct Lower<'w> {
    pub wrong: &'w mut Vec<Diagnostic>,
}

type Entry<'n, 's> = (&'n Key<'s>, &'n Node<'s>);

impl Lower<'_> {
    /// What stands where a value of type `ty` is expected: a value, a list or a matcher.
    pub fn expectation(&mut self, node: &Node, ty: Type) -> Option<Test> {
        match &node.data {
            Data::Null => self.fail(nothing(node, ty)),
            Data::Map(map) => self.matcher(node, map, ty),
            Data::List(list) => self.list(node, list, ty),
            _ => match ty {
                // Of a list, a scalar is its only element.
                Type::List(of) => self.only(node, *of),
                ty => self.scalar(node, ty),
            },
        }
    }

    pub fn fail<T>(&mut self, one: Diagnostic) -> Option<T> {
        self.wrong.push(one);
        None
    }

    fn only(&mut self, node: &Node, of: Type) -> Option<Test> {
        let before = self.wrong.len();
        match self.scalar(node, of)? {
            test @ Test::Equal(_) => Some(test),
            _ => {
                self.wrong.truncate(before);
                let message = format!("a list cannot be compared with `{}`", node.scalar().unwrap_or_default());
                self.fail(Diagnostic::new(Code::WrongType, node.span, message).say(format!(
                    "write `each = \"{0}\"` for every element, `contain-element = \"{0}\"` for some",
                    node.scalar().unwrap_or_default()
                )))
            }
        }
    }

    /// A list where no matcher is named.
    fn list(&mut self, node: &Node, list: &[Node], ty: Type) -> Option<Test> {
        if list.is_empty() {
            let one = Diagnostic::new(Code::AssertsNothing, node.span, "an empty list asks for nothing");
            return self.fail(one.say(match ty {
                Type::List(_) => "write `consist-of = []` if it should be empty",
                Type::Content | Type::Text => "write `\"\"` if it should be empty",
                Type::Any => "write `have-len = 0` if it should be empty",
                _ => "write what is expected, or take the key away",
            }));
        }
        match ty {
            Type::List(of) => self.tests(list, *of).map(Test::Elements),
            Type::Content | Type::Text => self.patterns(list).map(Test::Patterns),
            Type::Any => {
                let elements = self.tests(list, Type::Any)?;
                let texts: Result<Vec<_>, _> = list.iter().map(as_pattern).collect();
                Some(Test::Listed(Box::new(Listed { elements, patterns: texts })))
            }
            ty => {
                let one = wrong_type(node, ty).label("this key holds one value");
                self.fail(match ty {
                    Type::Bool => one,
                    _ => one.say("write `one-of = […]` if any of them would do"),
                })
            }
        }
    }

    fn tests(&mut self, list: &[Node], ty: Type) -> Option<Vec<Test>> {
        // Every mistake is told, not only the first.
        let tests: Vec<_> = list.iter().map(|one| self.expectation(one, ty)).collect();
        tests.into_iter().collect()
    }

    fn matcher(&mut self, node: &Node, map: &[(Key, Node)], ty: Type) -> Option<Test> {
        let (key, inner) = match map {
            [] => {
                let one =
                    Diagnostic::new(Code::OneMatcher, node.span, "a matcher is a map with one key, and this has none");
                return self.fail(one.say("write `{ MATCHER = … }`, such as `{ not = … }`"));
            }
            [(key, inner)] => (key, inner),
            [(first, _), rest @ ..] => return self.fail(several(node, first, rest, ty)),
        };
        let Some(operator) = Operator::find(&key.text) else { return self.fail(unknown(key, ty)) };
        if !(operator.fits)(ty) {
            let message = format!("`{}` does not apply to {}", operator.name, noun(ty));
            let one = Diagnostic::new(Code::MatcherType, key.span, message)
                .label(format!("applies to {}", operator.subjects()));
            return self.fail(match operator::instead(operator.name, ty) {
                Some(instead) => one.say(instead),
                None => one.say(format!("this key holds {}", ty.name())),
            });
        }
        self.operand(operator, (key, inner), ty)
    }

    fn operand(&mut self, operator: &'static Operator, entry: Entry, ty: Type) -> Option<Test> {
        let (key, node) = entry;
        let name = operator.name;
        if let Data::Null = node.data {
            return self.fail(nothing(node, Type::Any));
        }
        match &operator.operand {
            Operand::Same(make) => self.same(node, ty).map(make),
            Operand::Bound(relation) => {
                let value = self.bound(name, *relation, node, ty)?;
                Some(Test::Order(*relation, value))
            }
            Operand::Pair => self.pair(name, node, ty),
            Operand::Values => {
                let list = self.some_of(name, node)?;
                let tests: Vec<_> = list.iter().map(|one| self.value(one, ty).map(Test::Equal)).collect();
                tests.into_iter().collect::<Option<_>>().map(Test::OneOf)
            }
            Operand::Text(make) => self.text(name, node).map(|text| make(text.into())),
            Operand::Regex => {
                let text = self.text(name, node)?;
                match compile(text) {
                    Ok(regex) => Some(Test::Regex(regex)),
                    Err(bad) => self.fail(bad_regex(node, text, 0..text.len(), text, bad)),
                }
            }
            Operand::Count => self.count(name, node),
            Operand::Matcher(of, make) => {
                if let (Of::Element, Data::List(_)) = (of, &node.data) {
                    // A list would be `contain-elements` of an element's own elements.
                    if !matches!(of.within(ty), Type::List(_) | Type::Any) {
                        let help =
                            if name == "contain-element" { "write `contain-elements`" } else { "write `one-of`" };
                        return self.fail(operand(node, name, "one value or matcher").say(help));
                    }
                }
                self.expectation(node, of.within(ty)).map(|test| make(Box::new(test)))
            }
            Operand::Matchers(of, empty, make) => {
                let list = self.matchers(name, node, *of, *empty)?;
                let test = make(self.tests(list, of.within(ty))?);
                match &test {
                    Test::And(tests) => match bounds::contradiction(tests, ty) {
                        Some(why) => self
                            .fail(Diagnostic::new(Code::CannotHold, node.span, why).label("these exclude one another")),
                        None => Some(test),
                    },
                    _ => Some(test),
                }
            }
            Operand::Patterns => {
                let list = match &node.data {
                    Data::List(list) => list,
                    _ => return self.fail(operand(node, name, "a list of patterns")),
                };
                if list.is_empty() {
                    return self.fail(asserts_nothing(node, name));
                }
                self.patterns(list).map(Test::Patterns)
            }
            Operand::Paths => self.paths(name, node),
            Operand::Xpath => self.xpath(name, key, node),
            Operand::Semver => {
                let text = self.text(name, node)?;
                match Constraint::parse(text) {
                    Ok(constraint) => Some(Test::Semver(constraint)),
                    Err(why) => {
                        let message = format!("`{text}` is not a semver range: {why}");
                        let one = Diagnostic::new(Code::MatcherOperand, node.span, message);
                        self.fail(one.say("write it as `\">=1.2.0 <2.0.0\"`, `\"1.2.x\"` or `\"^1.2.3\"`"))
                    }
                }
            }
        }
    }

    /// `equal`'s operand.
    fn same(&mut self, node: &Node, ty: Type) -> Option<Value> {
        match (ty, &node.data) {
            (Type::Any, _) => self.whole(node),
            (Type::List(of), Data::List(list)) => {
                let values: Vec<_> = list.iter().map(|one| self.same(one, *of)).collect();
                values.into_iter().collect::<Option<_>>().map(Value::List)
            }
            (_, Data::List(_) | Data::Map(_)) => self.fail(operand(node, "equal", &ty.name())),
            (Type::List(of), _) => self.value(node, *of),
            (ty, _) => self.value(node, ty),
        }
    }

    fn pair(&mut self, name: &str, node: &Node, ty: Type) -> Option<Test> {
        let (low, high) = match node.list() {
            Some([low, high]) => (low, high),
            Some(list) => {
                let message =
                    format!("`{name}` takes a list of two values, the lower first; this one has {}", list.len());
                return self.fail(Diagnostic::new(Code::MatcherOperand, node.span, message));
            }
            None => return self.fail(operand(node, name, "a list of two, the lower first")),
        };
        let from = self.bound(name, Relation::GreaterOrEqual, low, ty);
        let to = self.bound(name, Relation::LessOrEqual, high, ty);
        let (from, to) = (from?, to?);
        if above(&from, &to) {
            let message = format!("nothing lies between {from} and {to}");
            let one = Diagnostic::new(Code::CannotHold, node.span, message).label("the lower comes first");
            return self.fail(one);
        }
        Some(Test::Between(Box::new((from, to))))
    }

    /// A list that has something in it, where having nothing could never hold.
    fn some_of<'n, 's>(&mut self, name: &str, node: &'n Node<'s>) -> Option<&'n [Node<'s>]> {
        match node.list() {
            None => self.fail(operand(node, name, "a list")),
            Some([]) => {
                let message = format!("`{name}` of nothing never holds");
                self.fail(Diagnostic::new(Code::CannotHold, node.span, message).say("write what it may be"))
            }
            Some(list) => Some(list),
        }
    }

    fn text<'n>(&mut self, name: &str, node: &'n Node) -> Option<&'n str> {
        match &node.data {
            Data::Text(text) if text.is_empty() => self.fail(asserts_nothing(node, name)),
            Data::Text(text) => Some(text),
            Data::Int(_, raw) | Data::Float(_, raw) => {
                self.fail(operand(node, name, "text").replace(node.span, format!("\"{raw}\"")))
            }
            _ => self.fail(operand(node, name, "text")),
        }
    }

    fn count(&mut self, name: &str, node: &Node) -> Option<Test> {
        let test = match &node.data {
            Data::Int(n, raw) if *n < 0 => {
                let message = format!("`{raw}` is no length: nothing has fewer than 0");
                return self.fail(Diagnostic::new(Code::CannotHold, node.span, message));
            }
            Data::Text(text) if text.trim().parse::<i64>().is_ok() => {
                return self.fail(operand(node, name, "a whole number").replace(node.span, text.trim()));
            }
            Data::Int(..) | Data::Map(_) => self.expectation(node, Type::Int)?,
            Data::Text(text) if text.trim_start().starts_with(['<', '>', '=', '!', '≤', '≥']) => {
                self.expectation(node, Type::Int)?
            }
            _ => return self.fail(operand(node, name, "a whole number")),
        };
        Some(Test::Len(Box::new(test)))
    }

    fn matchers<'n, 's>(&mut self, name: &str, node: &'n Node<'s>, of: Of, empty: Empty) -> Option<&'n [Node<'s>]> {
        match (node.list(), empty) {
            (Some([]), Empty::NeverHolds) => self.some_of(name, node),
            (Some([]), Empty::AssertsNothing) => self.fail(asserts_nothing(node, name)),
            (Some(list), _) => Some(list),
            (None, _) => {
                let one = operand(node, name, "a list of matchers");
                self.fail(match of {
                    Of::Element => one.say(format!("write `{name} = […]`, or `contain-element` for one")),
                    _ => one,
                })
            }
        }
    }

    fn patterns(&mut self, list: &[Node]) -> Option<Vec<Pattern>> {
        let patterns: Vec<_> = list.iter().map(|one| self.pattern(one)).collect();
        patterns.into_iter().collect()
    }

    fn pattern(&mut self, node: &Node) -> Option<Pattern> {
        let text = match &node.data {
            Data::Text(text) => text,
            Data::Int(_, raw) | Data::Float(_, raw) => {
                let one =
                    Diagnostic::new(Code::WrongType, node.span, format!("a pattern is text, not {}", node.describe()));
                return self.fail(one.replace(node.span, format!("\"{raw}\"")));
            }
            Data::Null => return self.fail(nothing(node, Type::Text)),
            Data::Map(map) => {
                let one = Diagnostic::new(Code::WrongType, node.span, "a pattern is text, not a map");
                let matcher = map.first().is_some_and(|(key, _)| Operator::find(&key.text).is_some());
                return self.fail(if matcher {
                    one.say("write `contain-elements = […]` for matchers of lines")
                } else {
                    one
                });
            }
            _ => {
                let message = format!("a pattern is text, not {}", node.describe());
                return self.fail(Diagnostic::new(Code::WrongType, node.span, message));
            }
        };
        let one = match Pattern::parse(text) {
            Ok(pattern) => return Some(pattern),
            Err(bad) => bad,
        };
        self.fail(match one {
            BadPattern::Nothing => {
                let message = pattern_of_nothing(text);
                Diagnostic::new(Code::AssertsNothing, node.span, message).say(match text.contains('/') {
                    true => "write `'\\//'` for the text `//`, or `'/./'` for a line that is not empty",
                    false => "write the text that a line should have",
                })
            }
            BadPattern::Ambiguous { why, text: plain, regex } => {
                Diagnostic::new(Code::BadPattern, node.span, format!("it cannot be told what `{text}` means: {why}"))
                    .say(format!("write `'{plain}'` for the text, or `'{regex}'` for the regular expression"))
            }
            BadPattern::Lines => Diagnostic::new(
                Code::BadPattern,
                node.span,
                "a pattern is looked for line by line, and no line has a line's end",
            )
            .say("write one pattern for each line, or `contain-substring`"),
            BadPattern::Regex { at, bad } => {
                let source = text.get(at.clone()).unwrap_or(text);
                bad_regex(node, text, at, source, bad)
            }
        })
    }

    fn paths(&mut self, name: &str, node: &Node) -> Option<Test> {
        let Some(map) = node.map() else {
            return self.fail(operand(node, name, "a map of paths to what they lead to"));
        };
        if map.is_empty() {
            return self.fail(asserts_nothing(node, name));
        }
        let mut tests = Vec::new();
        for (path, inner) in map {
            // Both the path and what stands behind it are told if they are wrong.
            let right = match query::check_gjson(&path.text) {
                Ok(()) => Some(()),
                Err(why) => self.fail(Diagnostic::new(Code::BadPath, path.span, format!("`{}`: {why}", path.text))),
            };
            let test = self.expectation(inner, Type::Any);
            tests.push(right.and(test).map(|test| (path.text.as_ref().into(), test)));
        }
        tests.into_iter().collect::<Option<_>>().map(Test::Gjson)
    }

    fn xpath(&mut self, name: &str, key: &Key, node: &Node) -> Option<Test> {
        let Some(map) = node.map() else { return self.fail(operand(node, name, "a map of `xpath` and `result`")) };
        for (key, _) in map {
            if !matches!(key.text.as_ref(), "xpath" | "result") {
                let message = format!("`{name}` takes `xpath` and `result`, not `{}`", key.text);
                let one = Diagnostic::new(Code::MatcherOperand, key.span, message);
                return self.fail(match nearest(&key.text, ["xpath", "result"]) {
                    Some(near) => one.replace(key.span, near),
                    None => one,
                });
            }
        }
        let (Some(path), Some(result)) = (node.get("xpath"), node.get("result")) else {
            let missing = if node.get("xpath").is_some() { "result" } else { "xpath" };
            let one = Diagnostic::new(Code::MatcherOperand, key.span, format!("`{name}` needs `{missing}` too"));
            return self.fail(match missing {
                "result" => one.say("write `result = \"\"` if it only has to be there"),
                _ => one,
            });
        };
        let text = self.text("xpath", path)?;
        let xpath = match XPath::parse(text) {
            Ok(xpath) => xpath,
            Err(why) => return self.fail(Diagnostic::new(Code::BadPath, path.span, format!("`{text}`: {why}"))),
        };
        let result = match &result.data {
            Data::Text(text) if text.trim().is_empty() => None,
            // goss compares what is printed.
            Data::Bool(_) | Data::Int(..) | Data::Float(..) => {
                let text = result.scalar().unwrap_or_default().into_owned();
                Some(Test::Equal(Value::Text(text)))
            }
            _ => Some(self.expectation(result, Type::Any)?),
        };
        Some(Test::Xml(Box::new(Xml { path: text.into(), xpath, result })))
    }
}

fn pattern_of_nothing(text: &str) -> String {
    if text.is_empty() {
        "an empty pattern asks for nothing".into()
    } else {
        format!("the pattern `{text}` asks for nothing")
    }
}

/// A pattern where a list may be one of patterns; else why it is none.
fn as_pattern(node: &Node) -> Result<Pattern, String> {
    let Some(text) = node.scalar().filter(|_| !matches!(node.data, Data::Bool(_))) else {
        return Err(format!("text is compared with a list of patterns, and {} is none", node.describe()));
    };
    Pattern::parse(&text).map_err(|bad| match bad {
        BadPattern::Nothing => pattern_of_nothing(&text),
        BadPattern::Lines => format!("the pattern `{text}` has more than one line"),
        BadPattern::Ambiguous { text: plain, regex, .. } => {
            format!("the pattern `{text}` is either text, `{plain}`, or a regular expression, `{regex}`")
        }
        BadPattern::Regex { bad, .. } => format!("the pattern `{text}` does not compile: {}", bad.why),
    })
}

/// `from` lies above `to`, whoever orders them.
fn above(from: &Value, to: &Value) -> bool {
    match (from, to) {
        (Value::Version(a), Value::Version(b)) => {
            use crate::value::VersionOrder::{Debian, Dotted};
            [Debian, Dotted].into_iter().all(|order| crate::version::compare(order, &a.text, &b.text).is_gt())
        }
        _ => super::holds::compare_values(from, to) == Some(Ordering::Greater),
    }
}
