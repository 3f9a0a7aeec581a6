//! A comparison for a person: entry by entry, `-` what the first says, `+` what the second says or the host has.

use super::notation::inline;
use super::{Comparison, Counts, Difference, Key, Part, Party, Said, Side};
use crate::matcher::{Meaning, unified};
use crate::report::printable::{block, bounded, line};
use crate::resource::address;
use crate::value::Value;
use anstyle::{AnsiColor, Style};
use std::collections::HashMap;
use std::fmt::Write;

/// Bytes of a value that are shown.
const LONGEST: usize = 600;
/// Bytes of a text of several lines that are shown on one.
const LINES: usize = 100;
/// Bytes of a list that is shown whole; of a longer one, what differs.
const LIST: usize = 60;
/// Elements of a list that are shown of either side.
const ELEMENTS: usize = 20;
/// Columns that names take at most so that what stands behind them is in one column.
const NAMES: usize = 50;

const MINUS: Style = AnsiColor::Red.on_default();
const PLUS: Style = AnsiColor::Green.on_default();
const QUESTION: Style = AnsiColor::Yellow.on_default();
const HEAD: Style = Style::new().bold();

/// The whole page.
pub fn text(comparison: &Comparison, colour: bool) -> String {
    Page { comparison, colour, out: String::new() }.write()
}

struct Page<'c> {
    comparison: &'c Comparison,
    colour: bool,
    out: String,
}

impl Page<'_> {
    fn write(mut self) -> String {
        let Comparison { a, b, entries, .. } = self.comparison;
        if !entries.is_empty() {
            let (minus, plus) = (format!("--- {}", a.called()), format!("+++ {}", b.called()));
            self.line("", HEAD, &minus);
            self.line("", HEAD, &plus);
            self.out.push('\n');
        }
        let alone = entries.iter().filter(|entry| entry.side != Side::Both);
        let wide =
            alone.map(|entry| called(entry).chars().count()).filter(|wide| *wide <= NAMES).max().unwrap_or_default();
        for entry in entries {
            match entry.side {
                Side::Both => self.entry(entry),
                Side::OnlyA => self.alone(entry, wide, a, MINUS),
                Side::OnlyB => self.alone(entry, wide, b, PLUS),
            }
        }
        if !entries.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(&summary(self.comparison));
        self.out.push('\n');
        self.out
    }

    fn alone(&mut self, entry: &Difference, wide: usize, party: &Party, style: Style) {
        let text = format!("{:wide$}  only in {}", called(entry), party.called());
        self.line("", style, &text);
    }

    fn entry(&mut self, entry: &Difference) {
        let other = entry.other_name.as_ref().map(|other| format!(" → {}", line(other))).unwrap_or_default();
        self.line("", HEAD, &(called(entry) + &other));
        let wide = entry.keys.iter().map(|key| line(&key.name).chars().count()).filter(|wide| *wide <= NAMES).max();
        let mut keys = entry.keys.iter().peekable();
        while let Some(key) = keys.next() {
            let mut names = vec![line(&key.name)];
            // What keeps one key from being known keeps others.
            while let Some(next) = keys.next_if(|next| next.unknown.is_some() && next.unknown == key.unknown) {
                names.push(line(&next.name));
            }
            self.key(&names.join(", "), key, wide.unwrap_or_default());
        }
    }

    fn key(&mut self, name: &str, key: &Key, wide: usize) {
        if let Some(fault) = &key.unknown {
            return self.line(&format!("  {name}: "), QUESTION, &format!("? {}", line(&fault.to_string())));
        }
        let mut lines = self.lines(key).into_iter();
        let (blank, name) = (" ".repeat(wide + 3), format!("{name}:"));
        let first = match name.chars().count() > wide + 1 {
            false => format!("  {name:width$} ", width = wide + 1),
            true => {
                let _ = writeln!(self.out, "  {name}");
                format!("{blank} ")
            }
        };
        if let Some((style, text)) = lines.next() {
            self.line(&first, style, &text);
        }
        for (style, text) in lines {
            self.line(&format!("{blank} "), style, &text);
        }
    }

    /// What differs under a key, line by line.
    fn lines(&self, key: &Key) -> Vec<(Style, String)> {
        let mut lines = match (&key.a, &key.b) {
            (Some(a), Some(b)) => texts(&a.said, &b.said).or_else(|| self.lists(&a.said, &b.said)),
            _ => None,
        };
        let lines = lines.get_or_insert_with(|| {
            let of = |part: &Option<Part>, sign, style| {
                part.as_ref().map(|part| (style, format!("{sign} {}", self.said(&part.said))))
            };
            of(&key.a, '-', MINUS).into_iter().chain(of(&key.b, '+', PLUS)).collect()
        });
        let mut lines = std::mem::take(lines);
        lines.extend(key.note.as_ref().map(|note| (Style::new(), format!("  ({})", line(note)))));
        lines
    }

    fn said(&self, said: &Said) -> String {
        match said {
            Said::Data(value) | Said::Incomplete(value) => self.value(value),
            Said::Words(words) if words.starts_with('(') => line(words).into_owned(),
            Said::Words(words) => format!("({})", line(words)),
        }
    }

    fn value(&self, value: &Value) -> String {
        let most = match value {
            Value::Text(text) if text.contains('\n') => LINES,
            _ => LONGEST,
        };
        bounded(&inline(value, self.comparison.notation), most).into_owned()
    }

    /// Of two specs' lists of which one is long, the elements that the other has not. What a host has is shown whole: it may
    /// be taken over.
    fn lists(&self, a: &Said, b: &Said) -> Option<Vec<(Style, String)>> {
        let (Value::List(a), Value::List(b)) = (a.data()?, b.data()?) else { return None };
        let long = |list: &[Value]| inline(&Value::List(list.to_vec()), self.comparison.notation).len() > LIST;
        if matches!(self.comparison.b, Party::Host(_)) || !long(a) && !long(b) {
            return None;
        }
        let mut left: HashMap<Meaning, usize> = HashMap::new();
        for one in b {
            *left.entry(Meaning::of_value(one)).or_default() += 1;
        }
        let mut take = |one: &&Value| match left.get_mut(&Meaning::of_value(one)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                false
            }
            _ => true,
        };
        let minus: Vec<&Value> = a.iter().filter(&mut take).collect();
        let same = a.len() - minus.len();
        // The last of equal elements are the ones too many.
        let mut plus: Vec<&Value> = b
            .iter()
            .rev()
            .filter(|one| {
                left.get_mut(&Meaning::of_value(one)).filter(|count| **count > 0).map(|count| *count -= 1).is_some()
            })
            .collect();
        plus.reverse();
        if minus.is_empty() && plus.is_empty() {
            // They differ in their order.
            return None;
        }
        let mut lines = vec![];
        if same > 0 {
            lines.push((Style::new(), format!("  ({same} of {} are the same)", a.len().max(b.len()))));
        }
        for (all, sign, style) in [(minus, '-', MINUS), (plus, '+', PLUS)] {
            let more = all.len().saturating_sub(ELEMENTS);
            lines.extend(all.iter().take(ELEMENTS).map(|one| (style, format!("{sign} {}", self.value(one)))));
            if more > 0 {
                lines.push((style, format!("{sign} … and {more} more")));
            }
        }
        Some(lines)
    }

    fn line(&mut self, before: &str, style: Style, text: &str) {
        self.out.push_str(before);
        match self.colour && !style.is_plain() {
            true => _ = writeln!(self.out, "{style}{text}{style:#}"),
            false => _ = writeln!(self.out, "{text}"),
        }
    }
}

/// Two texts of which one has several lines: the lines that differ.
fn texts(a: &Said, b: &Said) -> Option<Vec<(Style, String)>> {
    let (Value::Text(a), Value::Text(b)) = (a.data()?, b.data()?) else { return None };
    let diff = unified(a, b)?;
    let style = |line: &str| match line.chars().next() {
        Some('-') => MINUS,
        Some('+') => PLUS,
        _ => Style::new(),
    };
    // Which is which stands at the top of the page.
    let lines = block(&diff).skip(2).map(|line| (style(&line), line.into_owned()));
    Some(lines.collect())
}

impl Party {
    fn called(&self) -> String {
        match self {
            Party::Spec(name) => line(name).into_owned(),
            Party::Host(name) if name.is_empty() => "this host".into(),
            Party::Host(name) => format!("this host, {}", line(name)),
        }
    }
}

fn called(entry: &Difference) -> String {
    line(&address(entry.kind, &entry.name)).into_owned()
}

/// `2 entries differ in 5 keys, 1 is only in a.toml; 12 are the same`.
fn summary(comparison: &Comparison) -> String {
    let Comparison { a, b, same, skipped, .. } = comparison;
    let Counts { differ, keys, unknown, only_a, only_b } = comparison.counts();
    let many = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let mut parts = vec![];
    if differ > 0 {
        let entries = many(differ, "entry differs", "entries differ");
        let renamed = if keys == 0 { "name only".to_owned() } else { many(keys, "key", "keys") };
        parts.push(format!("{entries} in {renamed}"));
    }
    for (count, party) in [(only_a, a), (only_b, b)] {
        if count > 0 {
            parts.push(format!("{} only in {}", many(count, "entry is", "entries are"), party.called()));
        }
    }
    if unknown > 0 {
        parts.push(many(unknown, "key is unknown", "keys are unknown"));
    }
    if parts.is_empty() {
        parts.push("no difference".into());
    }
    let told = match b {
        Party::Spec(_) => many(*same, "entry is the same", "entries are the same"),
        Party::Host(_) => many(*same, "entry is as it should be", "entries are as they should be"),
    };
    let skipped = if *skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    format!("{}; {told}{skipped}", parts.join(", "))
}
