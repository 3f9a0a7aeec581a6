//! What is wrong with an expectation, in words, with what to write instead.

use super::operator::{self, Operator};
use super::pattern::BadRegex;
use super::{OPERATORS, words};
use crate::quantity;
use crate::syntax::{Code, Data, Diagnostic, Key, Node, Span, nearest};
use crate::value::{Mode, Type};

/// Where nothing stands.
pub fn nothing(node: &Node, ty: Type) -> Diagnostic {
    let message = if ty == Type::Any {
        "nothing stands here".into()
    } else {
        format!("nothing stands here, where {} belongs", ty.name())
    };
    Diagnostic::new(Code::WrongType, node.span, message).say("write what is expected, or take the key away")
}

/// An operand of the wrong kind.
pub fn operand(node: &Node, name: &str, takes: &str) -> Diagnostic {
    let message = format!("`{name}` takes {takes}, not {}", node.describe());
    Diagnostic::new(Code::MatcherOperand, node.span, message)
}

/// Another type than the key's, with what to write where that can be told.
pub fn wrong_type(node: &Node, ty: Type) -> Diagnostic {
    let message = format!("expected {}, found {}", ty.name(), node.describe());
    let one = Diagnostic::new(Code::WrongType, node.span, message);
    match (ty, &node.data) {
        (Type::Bool, Data::Text(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "y" | "1" => one.replace(node.span, "true"),
            "false" | "no" | "off" | "n" | "0" => one.replace(node.span, "false"),
            _ => one,
        },
        (Type::Bool, Data::Int(0, _)) => one.replace(node.span, "false"),
        (Type::Bool, Data::Int(1, _)) => one.replace(node.span, "true"),
        (Type::Text | Type::Choice(_), Data::Bool(b)) => one.replace(node.span, format!("\"{b}\"")),
        (Type::Mode, Data::Int(n, raw)) => match mode_of(*n, raw) {
            Some(mode) => one.label("a number loses what its first 0 says").replace(node.span, format!("\"{mode}\"")),
            None => one,
        },
        (Type::Time | Type::Size | Type::Share, Data::Int(..) | Data::Float(..)) => one.say("write it as text"),
        _ => one,
    }
}

/// The mode that a number's digits spell: `644`, `0o644`, `0644`, which YAML reads as 420.
fn mode_of(n: i64, raw: &str) -> Option<Mode> {
    let digits = raw.strip_prefix("0o").unwrap_or(raw);
    let padded = format!("{digits:0>3}");
    quantity::parse_mode(&padded).or_else(|| {
        let octal = u32::try_from(n).ok().filter(|n| *n <= 0o7777)?;
        Some(Mode(octal))
    })
}

pub fn bad_mode(node: &Node, text: &str) -> Diagnostic {
    let one = Diagnostic::new(Code::BadQuantity, node.span, format!("`{text}` is not a file mode"));
    match symbolic(text) {
        Some(mode) => one.replace(node.span, quote_like(node, node.span, &mode.to_string())),
        None => one.say("write its octal digits as text, such as `\"0644\"`"),
    }
}

/// `rw-r--r--`, with or without `ls`'s first letter.
fn symbolic(text: &str) -> Option<Mode> {
    let bits = match text.len() {
        9 => text,
        10 => text.get(1..)?,
        _ => return None,
    };
    let mut mode = 0;
    for (index, (c, letter)) in bits.chars().zip("rwxrwxrwx".chars()).enumerate() {
        let bit = 1 << (8 - index);
        let special = 1 << (11 - index / 3);
        mode |= match (c, index) {
            ('-', _) => 0,
            (c, _) if c == letter => bit,
            ('s', 2 | 5) | ('t', 8) => bit | special,
            ('S', 2 | 5) | ('T', 8) => special,
            _ => return None,
        };
    }
    Some(Mode(mode))
}

pub fn no_word(node: &Node, text: &str, words: &'static [&'static str]) -> Diagnostic {
    let one = Diagnostic::new(Code::CannotHold, node.span, format!("`{text}` is never found here"));
    match nearest(text, words.iter().copied()) {
        Some(near) => one.label(Type::Choice(words).name()).replace(node.span, quote_like(node, node.span, near)),
        None => one.say(format!("it is {}", Type::Choice(words).name())),
    }
}

pub fn bad_size(span: Span, text: &str) -> Diagnostic {
    let one = Diagnostic::new(Code::BadQuantity, span, format!("`{text}` is not a size"));
    // Only the letters' case is wrong.
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "kB", "MB", "GB", "TB", "PB", "B", "K", "M", "G", "T", "P"];
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    match units.iter().find(|u| u.eq_ignore_ascii_case(unit)) {
        Some(right) if quantity::parse_size(&format!("{number}{right}")).is_some() => {
            one.say(format!("write `{number}{right}`"))
        }
        _ => one.say("write it as `\"10 GiB\"`, `\"512K\"` or a number of bytes"),
    }
}

pub fn no_unit(span: Span, text: &str) -> Diagnostic {
    Diagnostic::new(Code::BadQuantity, span, format!("`{text}` is not a duration: a duration needs a unit"))
        .say(format!("write `\"{text}s\"`, `\"{text}m\"`, `\"{text}h\"` or `\"{text}d\"`"))
}

/// `text` in quotes if what stands at `span` has them.
pub fn quote_like(node: &Node, span: Span, text: &str) -> String {
    let bare = node.text().is_some_and(|t| t.len() == (node.span.end - node.span.start) as usize);
    if bare || span != node.span { text.to_owned() } else { format!("\"{text}\"") }
}

/// The span of part of a node's text, if the source has the text as it is, in quotes or without; else the node's.
pub fn inside(node: &Node, text: &str, part: std::ops::Range<usize>) -> Span {
    let len = node.span.end.saturating_sub(node.span.start) as usize;
    let skip = match len.checked_sub(text.len()) {
        Some(0) => 0,
        Some(2) if !text.contains(['\n', '\\', '"']) => 1,
        _ => return node.span,
    };
    let at = |n: usize| node.span.start + u32::try_from(n + skip).unwrap_or(0);
    Span { start: at(part.start), end: at(part.end), ..node.span }
}

pub fn asserts_nothing(node: &Node, name: &str) -> Diagnostic {
    let (message, help) = match name {
        "have-prefix" | "have-suffix" | "contain-substring" => {
            ("every text has the empty text in it", "write `equal = \"\"` if it should be empty")
        }
        "match-regexp" => {
            ("an empty regular expression matches any text", "write `equal = \"\"` if it should be empty")
        }
        "contain-elements" => {
            ("an empty list asks for nothing", "write `consist-of = []` or `have-len = 0` if it should be empty")
        }
        "have-patterns" => ("an empty list asks for nothing", "write `equal = \"\"` if it should be empty"),
        "gjson" => ("no path is asked about", "write `{ \"a.b\" = … }`, or `{ \"@this\" = … }` for the whole document"),
        "semver-constraint" => ("an empty range asks for nothing", "write it as `\">=1.2.0 <2.0.0\"`"),
        "xpath" => ("the path is empty", "write `/*` for the whole document"),
        _ => ("an empty list asks for nothing", "write what is expected, or take it away"),
    };
    Diagnostic::new(Code::AssertsNothing, node.span, format!("`{name}`: {message}")).say(help)
}

/// `at` is the regular expression's place in the node's text.
pub fn bad_regex(node: &Node, text: &str, at: std::ops::Range<usize>, source: &str, bad: BadRegex) -> Diagnostic {
    let part = bad.at.map_or(at.clone(), |b| at.start + b.start..at.start + b.end);
    let message = format!("`{}` does not compile: {}", words::clip(source, 80), bad.why);
    let one = Diagnostic::new(Code::BadRegex, inside(node, text, part), message);
    match bad.why.as_str() {
        "look-around is not supported" => {
            one.say("write it without `(?=`, `(?!`, `(?<`, such as a pattern and one with `!`")
        }
        why if why.contains("repetition quantifier") && source.contains('{') => {
            one.say("write `\\{` for the character itself")
        }
        _ => one,
    }
}

pub fn unknown(key: &Key, ty: Type) -> Diagnostic {
    let one = Diagnostic::new(Code::UnknownMatcher, key.span, format!("there is no matcher `{}`", key.text));
    let near = operator::alias(&key.text, ty)
        .or_else(|| nearest(&key.text, OPERATORS.iter().filter(|o| (o.fits)(ty)).map(|o| o.name)))
        .or_else(|| nearest(&key.text, OPERATORS.iter().map(|o| o.name)));
    match near {
        Some(near) => one.replace(key.span, near),
        None if ty == Type::Any => one.say("to compare with a map, write `{ equal = { … } }`"),
        None => {
            let names: Vec<_> = OPERATORS.iter().filter(|o| (o.fits)(ty)).map(|o| format!("`{}`", o.name)).collect();
            one.say(format!("here it may be {}", names.join(", ")))
        }
    }
}

/// Several matchers in one map.
pub fn several(node: &Node, first: &Key, rest: &[(Key, Node)], ty: Type) -> Diagnostic {
    let keys = || std::iter::once(first).chain(rest.iter().map(|(key, _)| key));
    if let (Some(stranger), true) = (keys().find(|k| Operator::find(&k.text).is_none()), ty == Type::Any) {
        return Diagnostic::new(Code::OneMatcher, node.span, "a matcher is a map with one key")
            .label(format!("and `{}` is no matcher", stranger.text))
            .say("to compare with a map, write `{ equal = { … } }`");
    }
    let second = rest.first().map_or(first, |(key, _)| key);
    let parts: Vec<_> = keys().take(5).map(|key| format!("{{ {} = … }}", key.text)).collect();
    let names: Vec<&str> = keys().map(|k| k.text.as_ref()).collect();
    let range = names.len() == 2 && names.contains(&"ge") && names.contains(&"le");
    let help = match range {
        true => "write `between = […, …]`".to_owned(),
        false => format!("write `and = [{}]`", parts.join(", ")),
    };
    Diagnostic::new(Code::OneMatcher, second.span, format!("`{}` and `{}` stand in one map", first.text, second.text))
        .label("a map has one matcher")
        .also(first.span, "the first")
        .say(help)
}

/// A type's name without its example.
pub fn noun(ty: Type) -> String {
    match ty {
        Type::List(_) => return "a list".into(),
        Type::Choice(_) => return "a word".into(),
        _ => {}
    }
    let name = ty.name();
    let short = name.split(", such as").next().unwrap_or(&name).split(" as octal").next().unwrap_or(&name);
    short.to_owned()
}
