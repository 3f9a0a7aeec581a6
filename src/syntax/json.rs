//! JSON as RFC 8259 has it, and nothing more: read in one pass straight into the tree, text without escapes borrowed.
//! As Go reads it, two things more: a key may stand twice, and half a character is U+FFFD.

use super::build::{Fields, Stop, Tree, brief};
use super::{Code, Data, Diagnostic, Key, Node, Span};
use std::borrow::Cow;

pub(super) fn parse<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    // RFC 8259, section 8.1: a byte order mark may be ignored.
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut reader = Reader { text, at: start, tree: Tree::new(file), go: false };
    let root = reader.root();
    (root.ok(), reader.tree.into_wrong())
}

/// As Go's encoding/json reads it: every key of a map is there, however often it stands, and there is a value.
pub(super) fn parse_as_go<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    let mut reader = Reader { text, at: 0, tree: Tree::new(file), go: true };
    let root = match reader.peek() {
        None => {
            let end = reader.tree.span(text.len(), text.len());
            Err(reader.wrong(end, "there is no JSON", ""))
        }
        Some(_) => reader.root(),
    };
    (root.ok(), reader.tree.into_wrong())
}

struct Reader<'s> {
    text: &'s str,
    /// Where the next byte to read is; always on a character boundary.
    at: usize,
    tree: Tree,
    /// Whether Go's rules apply.
    go: bool,
}

impl<'s> Reader<'s> {
    fn root(&mut self) -> Result<Node<'s>, Stop> {
        if self.peek().is_none() {
            return self.tree.node(self.tree.span(self.at, self.at), Data::Null);
        }
        let root = self.value(0)?;
        match self.peek() {
            None => Ok(root),
            Some(b',' | b'}' | b']' | b':') => Err(self.unexpected("the end of the file")),
            Some(b'/' | b'#') => Err(self.unexpected("the end of the file")),
            Some(_) => Err(self.wrong(self.token(), "a second value stands after the end of the first", "")),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node<'s>, Stop> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => {
                let text = self.string()?;
                self.tree.node(self.tree.span(start, self.at), Data::Text(text))
            }
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'-' | b'+' | b'.' | b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$') => self.word(),
            _ => Err(self.unexpected("a value")),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Node<'s>, Stop> {
        let open = self.at;
        self.tree.enter(depth, self.tree.span(open, open + 1))?;
        self.at += 1;
        let mut fields = Fields::new();
        let mut again = vec![];
        if self.peek() != Some(b'}') {
            loop {
                let key = self.key(open)?;
                if self.peek() != Some(b':') {
                    return Err(self.missing(open, "`:` behind the key"));
                }
                self.at += 1;
                if self.peek().is_none() {
                    return Err(self.unclosed(open));
                }
                let value = self.value(depth + 1)?;
                if self.go {
                    again.push((key, value));
                } else if let Err((key, first)) = fields.insert(key, value) {
                    self.tree.duplicate(&key, first);
                }
                if self.ends(open, b'}')? {
                    break;
                }
            }
        }
        self.at += 1;
        let entries = if self.go { again } else { fields.into_entries() };
        self.tree.node(self.tree.span(open, self.at), Data::Map(entries))
    }

    fn key(&mut self, open: usize) -> Result<Key<'s>, Stop> {
        match self.peek() {
            Some(b'"') => {
                let start = self.at;
                let text = self.string()?;
                Ok(Key { span: self.tree.span(start, self.at), text })
            }
            None => Err(self.unclosed(open)),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'$' | b'0'..=b'9' | b'-') => {
                let span = self.token();
                let written = self.slice(span);
                let wrong = Diagnostic::new(Code::Syntax, span, "keys stand in double quotes");
                Err(self.tree.stop(wrong.replace(span, format!("\"{written}\""))))
            }
            Some(_) => Err(self.unexpected("a key in double quotes")),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node<'s>, Stop> {
        let open = self.at;
        self.tree.enter(depth, self.tree.span(open, open + 1))?;
        self.at += 1;
        let mut items = vec![];
        match self.peek() {
            Some(b']') => {}
            None => return Err(self.unclosed(open)),
            Some(_) => loop {
                items.push(self.value(depth + 1)?);
                if self.ends(open, b']')? {
                    break;
                }
            },
        }
        self.at += 1;
        self.tree.node(self.tree.span(open, self.at), Data::List(items))
    }

    /// After an element: whether `close` follows, with the comma read where it does not.
    fn ends(&mut self, open: usize, close: u8) -> Result<bool, Stop> {
        match self.peek() {
            Some(b',') => {
                let comma = self.tree.span(self.at, self.at + 1);
                self.at += 1;
                match self.peek() {
                    Some(next) if next == close => {
                        let message = format!("a comma stands before `{}`", close as char);
                        let wrong = Diagnostic::new(Code::Syntax, comma, message);
                        Err(self.tree.stop(wrong.say("remove the comma: JSON has none after the last element")))
                    }
                    None => Err(self.unclosed(open)),
                    Some(_) => Ok(false),
                }
            }
            Some(next) if next == close => Ok(true),
            Some(_) => Err(self.missing(open, if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
            None => Err(self.unclosed(open)),
        }
    }

    /// Text whose opening quote is the next byte.
    fn string(&mut self) -> Result<Cow<'s, str>, Stop> {
        let open = self.at;
        self.at += 1;
        let mut text = Cow::Borrowed("");
        loop {
            let from = self.at;
            let rest = self.text.as_bytes().get(from..).unwrap_or_default();
            let plain = rest.iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20)).unwrap_or(rest.len());
            self.at += plain;
            let run = self.text.get(from..self.at).unwrap_or_default();
            match &mut text {
                Cow::Borrowed("") => text = Cow::Borrowed(run),
                text => text.to_mut().push_str(run),
            }
            match rest.get(plain) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => text.to_mut().push(self.escape()?),
                None | Some(b'\n' | b'\r') => {
                    let span = self.tree.span(open, self.at);
                    return Err(self.wrong(span, "the text has no closing `\"` on its line", ""));
                }
                Some(control) => {
                    let written = if *control == b'\t' { "\\t".into() } else { format!("\\u{control:04x}") };
                    let span = self.tree.span(self.at, self.at + 1);
                    let wrong = Diagnostic::new(Code::Syntax, span, "a control character stands inside text");
                    return Err(self.tree.stop(wrong.replace(span, written)));
                }
            }
        }
    }

    /// The character that an escape stands for; its backslash is the next byte.
    fn escape(&mut self) -> Result<char, Stop> {
        let start = self.at;
        let plain = match self.text.as_bytes().get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => {
                let rest = self.text.get(start + 1..).unwrap_or_default();
                let end = start + 1 + rest.chars().next().filter(|c| !c.is_control()).map_or(0, char::len_utf8);
                let span = self.tree.span(start, end);
                let message = format!("`{}` is no escape in JSON", self.slice(span));
                let wrong = Diagnostic::new(Code::Syntax, span, message);
                return Err(self.tree.stop(wrong.say("write `\\\\` for a backslash")));
            }
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\u` and four hexadecimal digits, twice for what lies beyond U+FFFF.
    fn unicode(&mut self) -> Result<char, Stop> {
        let start = self.at;
        let unit = |at: usize| {
            let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
            let hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
            hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
        };
        let Some(high) = unit(start) else {
            let span = self.tree.span(start, start + 2);
            return Err(self.wrong(span, "`\\u` takes four hexadecimal digits", ""));
        };
        let low = unit(start + 6).filter(|low| (0xdc00..0xe000).contains(low));
        let units = [Some(high), low.filter(|_| (0xd800..0xdc00).contains(&high))];
        match char::decode_utf16(units.into_iter().flatten()).next() {
            Some(Ok(c)) => {
                self.at += 6 * c.len_utf16();
                Ok(c)
            }
            _ if self.go => {
                self.at += 6;
                Ok(char::REPLACEMENT_CHARACTER)
            }
            _ => {
                let span = self.tree.span(start, start + 6);
                Err(self.wrong(span, format!("`{}` is half a character", self.slice(span)), ""))
            }
        }
    }

    fn number(&mut self) -> Result<Node<'s>, Stop> {
        let span = self.token();
        let raw = self.slice(span);
        if !is_number(raw) {
            let wrong = Diagnostic::new(Code::Syntax, span, format!("`{}` is no number in JSON", brief(raw)));
            let wrong = match number_help(raw) {
                Some(help) => wrong.say(help),
                None => wrong,
            };
            return Err(self.tree.stop(wrong));
        }
        self.at += raw.len();
        if let Ok(n) = raw.parse::<i64>() {
            return self.tree.node(span, Data::Int(n, raw));
        }
        match raw.parse::<f64>() {
            Ok(n) if n.is_finite() => self.tree.node(span, Data::Float(n, raw)),
            _ => Err(self.wrong(span, "the number is too large", "")),
        }
    }

    fn word(&mut self) -> Result<Node<'s>, Stop> {
        let span = self.token();
        let word = self.slice(span);
        let data = match word {
            "true" => Data::Bool(true),
            "false" => Data::Bool(false),
            "null" => Data::Null,
            _ => {
                let wrong = Diagnostic::new(Code::Syntax, span, format!("`{}` is no value in JSON", brief(word)));
                let meant = match word.to_ascii_lowercase().as_str() {
                    "true" => "true".to_owned(),
                    "false" => "false".to_owned(),
                    "null" | "none" | "nil" | "undefined" => "null".to_owned(),
                    _ => format!("\"{word}\""),
                };
                return Err(self.tree.stop(wrong.replace(span, meant)));
            }
        };
        self.at += word.len();
        self.tree.node(span, data)
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let blank = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).unwrap_or(rest.len());
        self.at += blank;
        rest.get(blank).copied()
    }

    /// What stands here: a whole word or number, else one character.
    fn token(&self) -> Span {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'.' | b'+' | b'-');
        let len = match rest.bytes().position(|b| !word(&b)).unwrap_or(rest.len()) {
            0 => rest.chars().next().map_or(0, char::len_utf8),
            len => len,
        };
        self.tree.span(self.at, self.at + len)
    }

    fn slice(&self, span: Span) -> &'s str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>, label: &str) -> Stop {
        self.tree.stop(Diagnostic::new(Code::Syntax, span, message).label(label))
    }

    fn unclosed(&mut self, open: usize) -> Stop {
        let span = self.tree.span(open, open + 1);
        let message = format!("this `{}` is never closed", self.slice(span));
        self.wrong(span, message, "")
    }

    /// Points behind what was read last, where `wanted` should have followed.
    fn missing(&mut self, open: usize, wanted: &str) -> Stop {
        if self.at >= self.text.len() {
            return self.unclosed(open);
        }
        if matches!(self.text.as_bytes().get(self.at), Some(b'/' | b'#')) {
            return self.unexpected(wanted);
        }
        let read = self.text.get(..self.at).unwrap_or_default().trim_end().len();
        let at = self.tree.span(read, read);
        self.wrong(at, format!("{wanted} is missing"), "")
    }

    fn unexpected(&mut self, wanted: &str) -> Stop {
        let span = self.token();
        let found = self.slice(span);
        let rest = self.text.get(self.at..).unwrap_or_default();
        if rest.starts_with("//") || rest.starts_with("/*") || found == "#" {
            let line = rest.lines().next().unwrap_or_default().len();
            let span = self.tree.span(self.at, self.at + line);
            return self.wrong(span, "JSON has no comments", "");
        }
        if found == "'" {
            return self.wrong(span, "text stands in double quotes", "");
        }
        self.wrong(span, format!("`{}` stands where {wanted} should", brief(found)), "")
    }
}

/// RFC 8259, section 6: `[-] int [frac] [exp]`.
fn is_number(raw: &str) -> bool {
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    let raw = raw.strip_prefix('-').unwrap_or(raw);
    let (mantissa, exponent) = match raw.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['+', '-']).unwrap_or(e))),
        None => (raw, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((w, f)) => (w, Some(f)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

fn number_help(raw: &str) -> Option<String> {
    let digits = raw.trim_start_matches(['-', '+']);
    if digits.bytes().all(|b| b.is_ascii_digit()) && digits.starts_with('0') && digits.len() > 1 {
        return Some(format!("numbers have no leading zero; write `\"{raw}\"` if it is a mode"));
    }
    if raw.starts_with('+') {
        return Some("numbers have no leading `+`".into());
    }
    if digits.starts_with('.') || digits.ends_with('.') {
        return Some("a digit stands on both sides of the point".into());
    }
    if digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.') && digits.ends_with(|c: char| c.is_alphabetic()) {
        return Some(format!("write `\"{raw}\"` if it is text"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Node<'_> {
        let (root, wrong) = parse(text, 0);
        assert_eq!(wrong, [], "{text}");
        root.unwrap_or_else(|| panic!("no tree of {text}"))
    }

    /// What is under the first diagnostic's caret, and its message.
    fn refused(text: &str) -> (&str, String) {
        let (root, wrong) = parse(text, 0);
        assert!(root.is_none(), "{text}");
        let one = wrong.into_iter().next().unwrap_or_else(|| panic!("nothing wrong with {text}"));
        (&text[one.span.start as usize..one.span.end as usize], one.message)
    }

    #[test]
    fn spans_are_exact_behind_other_alphabets_and_line_ends() {
        let text = "\u{feff}{\r\n  \"é€😀\": [true, null, -1.5e3],\r\n \"k\\u0041\" : {\"\":\"\"}}\r\n";
        let root = read(text);
        let at = |span: Span| &text[span.start as usize..span.end as usize];
        assert_eq!(at(root.span), text.trim_start_matches('\u{feff}').trim_end());
        let map = root.map().unwrap();
        assert_eq!(at(map[0].0.span), "\"é€😀\"");
        let items: Vec<_> = map[0].1.list().unwrap().iter().map(|n| at(n.span)).collect();
        assert_eq!(items, ["true", "null", "-1.5e3"]);
        assert_eq!((at(map[1].0.span), &*map[1].0.text), ("\"k\\u0041\"", "kA"));
        assert_eq!(at(map[1].1.span), "{\"\":\"\"}");
        assert!(matches!(&map[0].0.text, Cow::Borrowed(_)), "text without escapes is not copied");
    }

    #[test]
    fn numbers_keep_their_spelling() {
        assert_eq!(read("-0").data, Data::Int(0, "-0"));
        assert_eq!(read("1.10").data, Data::Float(1.1, "1.10"));
        assert_eq!(read("9223372036854775807").data, Data::Int(i64::MAX, "9223372036854775807"));
        assert_eq!(read("9223372036854775808").data, Data::Float(9223372036854775808.0, "9223372036854775808"));
        assert_eq!(read("1E+2").data, Data::Float(100.0, "1E+2"));
    }

    #[test]
    fn escapes_read_as_what_they_stand_for() {
        assert_eq!(read(r#""\"\\\/\b\f\n\r\tA\u00e9\ud83d\ude00z""#).text(), Some("\"\\/\u{8}\u{c}\n\r\tAé😀z"));
        for (bad, caret) in [
            (r#""\q""#, r"\q"),
            (r#""a\é""#, r"\é"),
            (r#""\u12""#, r"\u"),
            (r#""\u+123""#, r"\u"),
            (r#""\ud800""#, r"\ud800"),
            (r#""\udc00""#, r"\udc00"),
            (r#""\ud800A""#, r"\ud800"),
            ("\"\\", "\\"),
        ] {
            assert_eq!(refused(bad).0, caret, "{bad}");
        }
    }

    #[test]
    fn nothing_but_rfc_8259_is_json() {
        for (text, caret) in [
            ("{\"a\":1,}", ","),
            ("[1,]", ","),
            ("[1 2]", ""),
            ("{\"a\" 1}", ""),
            ("{\"a\":1\n\"b\":2}", ""),
            ("[1", "["),
            ("{\"a\":", "{"),
            ("{a:1}", "a"),
            ("{'a':1}", "'"),
            ("['a']", "'"),
            ("// x\n1", "// x"),
            ("1 /* x */", "/* x */"),
            ("[1, # x\n2]", "# x"),
            ("True", "True"),
            ("NaN", "NaN"),
            ("-Infinity", "-Infinity"),
            ("01", "01"),
            ("-01", "-01"),
            ("+1", "+1"),
            (".5", ".5"),
            ("1.", "1."),
            ("1e", "1e"),
            ("1e+", "1e+"),
            ("-", "-"),
            ("0x1F", "0x1F"),
            ("1_000", "1_000"),
            ("1.2.3", "1.2.3"),
            ("1e999", "1e999"),
            ("\"a\tb\"", "\t"),
            ("\"a\u{1}b\"", "\u{1}"),
            ("\"ab\r\ncd\"", "\"ab"),
            ("\"ab", "\"ab"),
            ("\u{a0}1", "\u{a0}"),
            ("\u{b}1", "\u{b}"),
            ("1 2", "2"),
            ("{}}", "}"),
            ("{\"a\":}", "}"),
            ("[,1]", ","),
            ("[1}", ""),
            ("1\0", "\0"),
            ("é", "é"),
        ] {
            assert_eq!(refused(text).0, caret, "{text:?}");
        }
    }

    #[test]
    fn a_key_written_twice_is_shown_in_both_places() {
        let text = r#"{"é":1,"x":{"b":1,"\u0062":2}}"#;
        let (root, wrong) = parse(text, 0);
        assert_eq!(root.unwrap().get("x").unwrap().get("b").unwrap().data, Data::Int(1, "1"));
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].code, Code::DuplicateKey);
        assert_eq!(&text[wrong[0].span.start as usize..wrong[0].span.end as usize], r#""\u0062""#);
        let first = wrong[0].also[0].0;
        assert_eq!(&text[first.start as usize..first.end as usize], r#""b""#);
    }

    #[test]
    fn emptiness_is_for_the_loader_to_judge() {
        for text in ["", "\u{feff}", " \r\n\t"] {
            assert_eq!(read(text).data, Data::Null);
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        read(&nested(super::super::MAX_DEPTH));
        for text in [nested(super::super::MAX_DEPTH + 1), "[".repeat(1 << 20), "{\"a\":".repeat(1 << 18)] {
            assert_eq!(parse(&text, 0).1[0].code, Code::TooDeep);
        }
        let many = format!("[{}1]", "1,".repeat(super::super::MAX_NODES));
        assert_eq!(parse(&many, 0).1[0].code, Code::TooLarge);
    }

    /// `cargo test --release ten_thousand -- --ignored --nocapture`: 10 ms in a release build.
    #[test]
    #[ignore = "measures"]
    fn ten_thousand_entries_are_read_in_ten_milliseconds() {
        let entry =
            |n| format!(r#""/tmp/x/file-{n:05}":{{"exists":true,"mode":"0644","owner":"root","filetype":"file"}}"#);
        let text = format!(r#"{{"file":{{{}}}}}"#, (0..10_000).map(entry).collect::<Vec<_>>().join(","));
        let once = || {
            let start = std::time::Instant::now();
            let root = read(&text);
            (start.elapsed(), root.map().unwrap()[0].1.map().unwrap().len())
        };
        let (took, entries) = (0..10).map(|_| once()).min().unwrap();
        println!("{} bytes, {entries} entries: {took:?}", text.len());
        assert_eq!(entries, 10_000);
        assert!(cfg!(debug_assertions) || took.as_millis() < 10);
    }

    proptest! {
        #[test]
        fn agrees_with_serde_json_on_what_is_json(text in "[\\[\\]{},:\"\\\\a1.eE+\\-0 tu\n]{0,12}|\\PC{0,20}") {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            let (root, wrong) = parse(&text, 0);
            let ours = root.is_some() && wrong.iter().all(|w| w.code == Code::DuplicateKey);
            prop_assert_eq!(ours, theirs.is_ok() || text.trim_matches([' ', '\n', '\r', '\t']).is_empty(), "{:?}", theirs);
        }
    }
}
