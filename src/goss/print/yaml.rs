//! YAML as yaml.v3 writes it: blocks, by four spaces.

use super::style::{Style, is_break, is_printable, is_simple, style};
use crate::go;
use crate::value::{Bytes, Value};
use time::OffsetDateTime;

/// Spaces that a block is indented by.
const STEP: usize = 4;
pub(super) fn print(value: &Value) -> String {
    let mut writer = Writer { out: String::new(), column: 0, blank: true, fresh: true };
    writer.node(value, At::ROOT);
    if writer.column > 0 {
        writer.line();
    }
    writer.out
}

/// Where a node stands: how far what holds it is indented, and whether that is a list.
#[derive(Clone, Copy)]
struct At {
    indent: Option<usize>,
    item: bool,
}

impl At {
    const ROOT: At = At { indent: None, item: false };

    fn value(indent: usize) -> At {
        At { indent: Some(indent), item: false }
    }

    fn item(indent: usize) -> At {
        At { indent: Some(indent), item: true }
    }

    /// How far what stands here is indented, if it is a block.
    fn inner(self) -> usize {
        match self.indent {
            None => 0,
            Some(indent) if self.item => indent + 2,
            Some(indent) => (indent / STEP + 1) * STEP,
        }
    }
}

/// As yaml.v3's emitterc.go keeps it.
struct Writer {
    out: String,
    /// In characters.
    column: usize,
    /// What is written last lets a word follow: a space, or the beginning of a line.
    blank: bool,
    /// Nothing but indentation and the indicators of blocks stands on the line.
    fresh: bool,
}

impl Writer {
    fn node(&mut self, value: &Value, at: At) {
        match value {
            Value::Map(map) => {
                self.map(map.iter().map(|(key, value)| (Key::Text(key), value)), at, map.is_empty());
            }
            Value::Pairs(pairs) => {
                self.map(pairs.iter().map(|(key, value)| (Key::Any(key), value)), at, pairs.is_empty());
            }
            Value::List(list) if list.is_empty() => self.flow("[]"),
            Value::List(list) => {
                let indent = at.inner();
                for one in list {
                    self.indent(indent);
                    self.indicator("-", true, true);
                    self.node(one, At::item(indent));
                }
            }
            Value::Text(text) => self.text(text, at, false),
            Value::Bool(b) => self.plain(if *b { "true" } else { "false" }),
            Value::Int(n) => self.plain(&n.to_string()),
            Value::Size(Bytes(n)) => self.plain(&n.to_string()),
            Value::Number(n) => self.plain(&float(*n)),
            Value::Time(moment) => self.plain(&time(*moment)),
            _ => self.plain("null"),
        }
    }

    fn map<'v>(&mut self, entries: impl Iterator<Item = (Key<'v>, &'v Value)>, at: At, empty: bool) {
        if empty {
            return self.flow("{}");
        }
        let indent = at.inner();
        for (key, value) in entries {
            self.indent(indent);
            if key.is_simple() {
                match key {
                    Key::Text(text) => self.text(text, At::value(indent), true),
                    Key::Any(Value::Text(text)) => self.text(text, At::value(indent), true),
                    Key::Any(other) => self.node(other, At::value(indent)),
                }
                self.indicator(":", false, false);
            } else {
                self.indicator("?", true, true);
                match key {
                    Key::Text(text) => self.text(text, At::value(indent), false),
                    Key::Any(other) => self.node(other, At::value(indent)),
                }
                self.indent(indent);
                self.indicator(":", true, true);
            }
            self.node(value, At::value(indent));
        }
    }

    fn text(&mut self, text: &str, at: At, key: bool) {
        // Blocks say that they are indented by a whole step, which goss says also where it is not so.
        let whole = at.indent.is_none_or(|indent| at.inner() == indent + STEP);
        match style(text, key, whole) {
            Style::Plain => self.plain(text),
            Style::Single => self.single(text, at),
            Style::Double => self.double(text),
            Style::Literal => self.literal(text, at),
        }
    }

    fn flow(&mut self, brackets: &str) {
        self.indicator(brackets, true, false);
    }

    fn plain(&mut self, text: &str) {
        if !text.is_empty() && !self.blank {
            self.put(' ');
        }
        text.chars().for_each(|c| self.put(c));
        self.blank = self.blank && text.is_empty();
        self.fresh = false;
    }

    fn single(&mut self, text: &str, at: At) {
        self.indicator("'", true, false);
        let mut broken = false;
        for c in text.chars() {
            if matches!(c, '\u{2028}' | '\u{2029}') {
                self.put(c);
                (self.column, self.fresh, broken) = (0, true, true);
                continue;
            }
            if broken {
                self.indent(at.inner());
            }
            if c == '\'' {
                self.put('\'');
            }
            self.put(c);
            (self.fresh, broken) = (false, false);
        }
        self.indicator("'", false, false);
    }

    fn double(&mut self, text: &str) {
        self.indicator("\"", true, false);
        // yaml.v3 looks for it at the beginning of the text, and escapes whatever it comes to then.
        let marked = text.starts_with('\u{feff}');
        for c in text.chars() {
            let short = match c {
                '\0' => '0',
                '\x07' => 'a',
                '\x08' => 'b',
                '\t' => 't',
                '\n' => 'n',
                '\x0b' => 'v',
                '\x0c' => 'f',
                '\r' => 'r',
                '\x1b' => 'e',
                '"' => '"',
                '\\' => '\\',
                '\u{85}' => 'N',
                '\u{2028}' => 'L',
                '\u{2029}' => 'P',
                _ => '\0',
            };
            let code = u32::from(c);
            let escape = match short {
                '\0' if c != '\0' && is_printable(c) && !marked => {
                    self.put(c);
                    continue;
                }
                '\0' if c != '\0' && code <= 0xff => format!("\\x{code:02X}"),
                '\0' if c != '\0' && code <= 0xffff => format!("\\u{code:04X}"),
                '\0' if c != '\0' => format!("\\U{code:08X}"),
                short => format!("\\{short}"),
            };
            escape.chars().for_each(|c| self.put(c));
        }
        self.indicator("\"", false, false);
    }

    fn literal(&mut self, text: &str, at: At) {
        self.indicator("|", true, false);
        if text.starts_with([' ', '\n', '\u{2028}', '\u{2029}']) {
            self.indicator(&STEP.to_string(), false, false);
        }
        let mut ends = text.chars().rev();
        let (last, before) = (ends.next(), ends.next());
        match last {
            Some(last) if !is_break(last) => self.indicator("-", false, false),
            _ if before.is_none_or(is_break) => self.indicator("+", false, false),
            _ => {}
        }
        self.line();
        self.blank = true;
        let mut broken = true;
        for c in text.chars() {
            if c == '\n' {
                self.line();
                broken = true;
            } else if is_break(c) {
                self.put(c);
                (self.column, self.fresh, broken) = (0, true, true);
            } else {
                if broken {
                    self.indent(at.indent.map_or(STEP, |_| at.inner()));
                }
                self.put(c);
                (self.fresh, broken) = (false, false);
            }
        }
    }

    /// Begins a line where one is due, and indents it.
    fn indent(&mut self, indent: usize) {
        if !self.fresh || self.column > indent || (self.column == indent && !self.blank) {
            self.line();
        }
        while self.column < indent {
            self.put(' ');
        }
        self.blank = true;
    }

    /// `fresh`: a block may begin on the line behind it.
    fn indicator(&mut self, what: &str, spaced: bool, fresh: bool) {
        if spaced && !self.blank {
            self.put(' ');
        }
        what.chars().for_each(|c| self.put(c));
        self.blank = false;
        self.fresh = self.fresh && fresh;
    }

    fn line(&mut self) {
        self.out.push('\n');
        self.column = 0;
        self.fresh = true;
    }

    fn put(&mut self, c: char) {
        self.out.push(c);
        self.column += 1;
    }
}

enum Key<'v> {
    Text(&'v str),
    Any(&'v Value),
}

impl Key<'_> {
    fn is_simple(&self) -> bool {
        match self {
            Key::Text(text) => is_simple(text),
            Key::Any(Value::Text(text)) => is_simple(text),
            Key::Any(_) => true,
        }
    }
}

fn float(n: f64) -> String {
    match go::float(n, 6) {
        infinite if infinite == "+Inf" => ".inf".into(),
        infinite if infinite == "-Inf" => "-.inf".into(),
        nan if nan == "NaN" => ".nan".into(),
        number => number,
    }
}

/// RFC 3339, with as many digits of the second as it has.
pub(super) fn time(time: OffsetDateTime) -> String {
    let mut text = format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}",
        time.year(),
        u8::from(time.month()),
        time.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    if time.nanosecond() > 0 {
        text += format!(".{:09}", time.nanosecond()).trim_end_matches('0');
    }
    let (hours, minutes, _) = time.offset().as_hms();
    if (hours, minutes) == (0, 0) {
        return text + "Z";
    }
    let sign = if hours < 0 || minutes < 0 { '-' } else { '+' };
    text + &format!("{sign}{:02}:{:02}", hours.abs(), minutes.abs())
}
