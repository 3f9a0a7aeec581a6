//! What is wrong with TOML, in words for whoever wrote it: the first mistake of each line, a few lines at most.

use super::build::brief;
use super::{Help, Span};
use std::ops::Range;
use toml_parser::{Expected, ParseError};

/// Lines that are shown: what follows is mostly the parser's confusion.
const MAX_LINES: usize = 5;

/// One mistake: the bytes that are wrong, what about them, and what would mend it.
pub(super) struct Wrong {
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<Mend>,
}

pub(super) enum Mend {
    Say(String),
    Replace(Range<usize>, String),
}

impl Mend {
    pub fn into_help(self, span: impl Fn(Range<usize>) -> Span) -> Help {
        match self {
            Mend::Say(text) => Help::Say(text),
            Mend::Replace(at, text) => Help::Replace(span(at), text),
        }
    }
}

pub(super) fn explain(text: &str, errors: Vec<ParseError>) -> Vec<Wrong> {
    let inside = |at: usize| text.floor_char_boundary(at.min(text.len()));
    let range = |span: toml_parser::Span| inside(span.start())..inside(span.end().max(span.start()));
    let unclosed = |e: &ParseError| matches!(e.description(), "unclosed array" | "unclosed inline table");
    let place = |e: &ParseError| {
        let stumbled = e.unexpected().or(e.context());
        if unclosed(e) { e.context() } else { stumbled }.map_or(0, |span| inside(span.start()))
    };
    // All that stands behind a bracket that is never closed was taken for its content.
    let last = errors.iter().filter(|e| unclosed(e)).map(place).min().unwrap_or(text.len());
    let mut errors: Vec<_> = errors.into_iter().map(|e| (place(&e), e)).filter(|(at, _)| *at <= last).collect();
    errors.sort_by_key(|(at, _)| *at);

    let mut shown: Vec<Wrong> = vec![];
    let mut next_line = 0;
    for (start, error) in errors {
        if start < next_line {
            continue;
        }
        let about = error.context().or(error.unexpected()).map_or(0..0, range);
        let at = error.unexpected().map_or(about.clone(), range);
        shown.push(Mistake { text, at, about }.explain(&error));
        let rest = text.get(start..).unwrap_or_default();
        next_line = rest.find('\n').map_or(usize::MAX, |end| start + end + 1);
        if shown.len() == MAX_LINES {
            break;
        }
    }
    shown
}

/// Where the parser stumbled, and the whole number, text or table that it was reading.
struct Mistake<'t> {
    text: &'t str,
    at: Range<usize>,
    about: Range<usize>,
}

impl Mistake<'_> {
    fn explain(self, error: &ParseError) -> Wrong {
        let written = self.text.get(self.about.clone()).unwrap_or_default();
        let rest = self.text.get(self.at.start..).unwrap_or_default();
        let line = rest.lines().next().unwrap_or_default();
        let next = line.chars().next().map_or(0, char::len_utf8);
        // A point is widened to the character that stands there.
        let at = self.at.start..self.at.end.max(self.at.start + next);
        let rest_of_line = self.at.start..self.at.start + line.trim_end().len();
        let about = self.about.clone();
        let opening = |len: usize| about.start..about.start + len.min(about.len());
        let say = |at: Range<usize>, message: String, help: &str| Wrong {
            at,
            message,
            help: (!help.is_empty()).then(|| Mend::Say(help.into())),
        };
        match error.description() {
            "string values must be quoted" if written.trim().is_empty() => {
                say(self.at, "a value is missing".into(), "")
            }
            "string values must be quoted" if self.next_is('=') => say(
                rest_of_line,
                "a second assignment stands on this line".into(),
                "write each assignment on a line of its own",
            ),
            "invalid boolean" if ["true", "false"].iter().any(|b| written.eq_ignore_ascii_case(b)) => Wrong {
                message: format!("`{written}` is no value in TOML"),
                help: Some(Mend::Replace(about.clone(), written.to_ascii_lowercase())),
                at: about,
            },
            "invalid boolean" | "string values must be quoted" => self.unquoted(written, "value"),
            "invalid integer number"
            | "invalid hexadecimal number"
            | "invalid octal number"
            | "invalid binary number"
            | "invalid float"
            | "invalid mantissa"
            | "invalid fraction"
            | "invalid exponent"
            | "redundant numeric sign"
            | "redundant integer number prefix"
            | "integers with a radix cannot be signed"
            | "radix must be lowercase"
            | "unexpected sign" => self.unquoted(written, "number"),
            "unexpected leading zero" => {
                let digits = written.trim_start_matches('0');
                let octal = !digits.is_empty() && written.bytes().all(|b| matches!(b, b'0'..=b'7'));
                let help = match octal {
                    true => format!("write `\"{written}\"` for a mode, `0o{digits}` for an octal number"),
                    false => format!("write `\"{written}\"` if it is text"),
                };
                say(about, format!("`{}` is no number in TOML: it begins with a zero", brief(written)), &help)
            }
            "unquoted keys cannot be empty" => say(at, "a key is missing".into(), ""),
            "invalid unquoted key" if written.ends_with(':') => say(
                about.end - 1..about.end,
                "`:` stands where `=` should".into(),
                "a file is read as YAML if its name ends in `.yaml`",
            ),
            "invalid unquoted key" => self.unquoted(written, "bare key"),
            "key with no value" | "missing value for key" if line.contains('=') => say(
                at,
                "`=` should stand here, behind the key".into(),
                "put a key that holds more than letters, digits, `-` and `_` in quotes",
            ),
            "key with no value" | "missing value for key" => say(at, "`=` and a value should stand here".into(), ""),
            "missing assignment between key-value pairs" => say(at, "`=` should stand here, behind the key".into(), ""),
            "missing value" => say(at, "a value is missing".into(), ""),
            "extra `=`" => say(at, "a second `=` stands here".into(), ""),
            "unclosed array" | "unclosed inline table" => {
                say(opening(1), format!("this `{}` is never closed", written.get(..1).unwrap_or("[")), "")
            }
            "unclosed table" => say(opening(1), "this `[` is never closed on its line".into(), ""),
            "unclosed array table" => say(opening(2), "this `[[` is never closed by `]]` on its line".into(), ""),
            "missing array opening" | "missing inline table opening" => {
                say(at, format!("`{}` closes nothing", line.get(..next).unwrap_or_default()), "")
            }
            "missing comma between array elements" | "missing comma between key-value pairs" => {
                say(at, "a comma should stand before this".into(), "")
            }
            "extra comma in array" | "extra comma in inline table" => say(at, "one comma too many".into(), ""),
            "unexpected key or value" | "unexpected content" => say(
                rest_of_line,
                "this stands behind the end of the value".into(),
                "write each assignment on a line of its own, and a quote inside text as `\\\"`",
            ),
            "missing escaped value" | "too few unicode value digits" | "invalid value" => {
                let back = self.text.get(about.start..self.at.start).and_then(|t| t.rfind('\\')).unwrap_or(0);
                let at = about.start + back..at.end;
                let message =
                    format!("`{}` is no escape in TOML", brief(self.text.get(at.clone()).unwrap_or_default()));
                say(at, message, "write `\\\\` for a backslash, or put the text in single quotes")
            }
            told if told.starts_with("invalid ") && told.ends_with(" string") && self.at.start >= self.about.end => {
                let line = written.lines().next().unwrap_or_default().trim_end().len();
                say(opening(line), "this text has no closing quote".into(), "")
            }
            told if told.starts_with("invalid ") && told.ends_with(" string") => {
                say(at, "a control character stands inside text".into(), "write it as an escape such as `\\u0007`")
            }
            "carriage return must be followed by newline" => {
                say(at, "a carriage return stands without a line feed".into(), "")
            }
            told => {
                let wanted = error.expected().into_iter().flatten().map(|e| match e {
                    Expected::Literal("\n") => "the end of the line".to_owned(),
                    Expected::Literal(text) => format!("`{text}`"),
                    Expected::Description(text) => (*text).to_owned(),
                    _ => "something else".to_owned(),
                });
                let wanted = wanted.collect::<Vec<_>>().join(" or ");
                let message = if wanted.is_empty() { told.to_owned() } else { format!("{told}; expected {wanted}") };
                say(at, message, "")
            }
        }
    }

    /// What has to stand in quotes to be anything.
    fn unquoted(self, written: &str, what: &str) -> Wrong {
        let message = format!("`{}` is no {what} in TOML", brief(written));
        let plain = !written.contains(['"', '\'', '\\']) && !written.contains(char::is_control);
        let help = plain.then(|| Mend::Replace(self.about.clone(), format!("\"{written}\"")));
        Wrong { at: self.about, message, help }
    }

    fn next_is(&self, wanted: char) -> bool {
        self.text.get(self.about.end..).is_some_and(|rest| rest.trim_start_matches([' ', '\t']).starts_with(wanted))
    }
}
