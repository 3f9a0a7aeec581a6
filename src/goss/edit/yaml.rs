//! An entry into YAML that is written in blocks, as goss and people write it.

use super::lines::{Line, What, is_nothing, key, lines};
use super::{Place, Unplaceable, before, rank};
use crate::goss::print::natural;

/// Spaces that goss indents by.
const STEP: usize = 4;

/// A top-level key.
struct Head {
    name: String,
    /// Its line, and the first line that belongs to the next one.
    line: usize,
    until: usize,
    /// What stands behind it: nothing, or an empty map.
    empty: bool,
}

/// An entry of a section: its name, and its lines without what is blank or said of the next one.
struct Item {
    /// `None` where a template makes it.
    name: Option<String>,
    line: usize,
    until: usize,
}

struct Text<'t> {
    text: &'t str,
    lines: Vec<Line<'t>>,
    heads: Vec<Head>,
}

pub fn put(text: &str, entry: Place) -> Result<String, Unplaceable> {
    let text = Text::read(text)?;
    match text.head(entry.section)? {
        None => text.with_section(entry),
        Some(head) => text.with_entry(head, entry),
    }
}

pub fn find(text: &str, section: &str, name: &str) -> Option<String> {
    let text = Text::read(text).ok()?;
    let head = text.head(section).ok()??;
    let items = text.items(head).ok()?;
    let item = items.iter().find(|item| item.name.as_deref() == Some(name))?;
    let lines = text.lines.get(item.line..item.until)?;
    let indent = lines.first()?.indent;
    let cut = |line: &Line| {
        let line = &text.text[line.start..line.end];
        let spaces = line.len() - line.trim_start_matches(' ').len();
        line[spaces.min(indent)..].to_owned()
    };
    Some(lines.iter().map(cut).collect())
}

fn template(what: impl Into<String>) -> Unplaceable {
    Unplaceable::Template(what.into())
}

impl<'t> Text<'t> {
    fn read(text: &'t str) -> Result<Text<'t>, Unplaceable> {
        let lines = lines(text);
        let mut heads: Vec<Head> = Vec::new();
        for (at, line) in lines.iter().enumerate().filter(|(_, l)| l.what == What::Text && l.indent == 0) {
            let (name, rest) = key(line.text).ok_or(match line.has_template() {
                true => template(format!("`{}` is made by a template", line.text)),
                false => Unplaceable::Layout,
            })?;
            if let Some(last) = heads.last_mut() {
                last.until = at;
            }
            let empty = rest == "{}" || rest.starts_with("{} #") || rest == "null" || rest == "~";
            if !is_nothing(rest) && !empty && rank(&name) < rank("") {
                return Err(Unplaceable::Layout);
            }
            heads.push(Head { name, line: at, until: lines.len(), empty });
        }
        Ok(Text { text, lines, heads })
    }

    fn head(&self, section: &str) -> Result<Option<&Head>, Unplaceable> {
        let mut found = self.heads.iter().filter(|head| head.name == section);
        let Some(head) = found.next() else { return Ok(None) };
        let open = self.lines.get(head.line).is_some_and(|line| line.open > 0);
        if open || found.next().is_some() {
            return Err(template(format!("the section `{section}` stands within a block of a template")));
        }
        Ok(Some(head))
    }

    fn items(&self, head: &Head) -> Result<Vec<Item>, Unplaceable> {
        let mut items: Vec<Item> = Vec::new();
        let lines = self.lines.iter().enumerate().take(head.until).skip(head.line + 1);
        let texts = || lines.clone().filter(|(_, line)| line.what == What::Text);
        let Some(indent) = texts().map(|(_, line)| line.indent).min() else { return Ok(items) };
        for (at, line) in texts().filter(|(_, line)| line.indent == indent) {
            let (name, _) = key(line.text).ok_or(match line.has_template() {
                true => template(format!("`{}` is made by a template", line.text)),
                false => Unplaceable::Layout,
            })?;
            let name = Some(name).filter(|name| !name.contains("{{"));
            items.push(Item { name, line: at, until: at + 1 });
        }
        let starts: Vec<usize> = items.iter().skip(1).map(|item| item.line).chain([head.until]).collect();
        for (item, next) in items.iter_mut().zip(starts) {
            item.until = self.end(item.line, next, indent);
        }
        Ok(items)
    }

    /// The end of what begins on line `from`, of those before `next`: comments at its depth or above are the next one's.
    fn end(&self, from: usize, next: usize, indent: usize) -> usize {
        let depth = self.lines.get(from).map_or(0, |line| line.open);
        let own = |line: &Line| match line.what {
            What::Text => true,
            What::Comment => line.indent > indent,
            What::Control => line.opens >= depth && line.indent > indent,
            What::Blank | What::Mark => false,
        };
        let lines = self.lines.get(from..next).unwrap_or_default();
        from + lines.iter().rposition(own).map_or(1, |last| last + 1)
    }

    /// Spaces that entries stand behind, and those that their fields stand further in.
    fn steps(&self, head: Option<&Head>) -> (usize, usize) {
        let of = |head: &Head| {
            let lines = self.lines.get(head.line + 1..head.until).unwrap_or_default();
            let mut indents = lines.iter().filter(|line| line.what == What::Text).map(|line| line.indent);
            let entry = indents.clone().min()?;
            Some((entry, indents.find(|indent| *indent > entry).map(|field| field - entry)))
        };
        let all = || head.into_iter().chain(&self.heads).filter_map(of);
        let entry = all().next().map_or(STEP, |(entry, _)| entry);
        (entry, all().find_map(|(_, field)| field).unwrap_or(entry))
    }

    fn with_entry(&self, head: &Head, entry: Place) -> Result<String, Unplaceable> {
        let items = self.items(head)?;
        let (indent, step) = self.steps(Some(head));
        let printed = indented(entry.printed, indent, step);
        let mut same = items.iter().filter(|item| item.name.as_deref() == Some(entry.name));
        if let Some(item) = same.next() {
            let lines = self.lines.get(item.line..item.until).unwrap_or_default();
            let made = lines.iter().any(|line| line.has_template() || line.open > 0);
            if made || same.next().is_some() {
                return Err(template(format!("a template makes what stands under `{}`", entry.name)));
            }
            return Ok(self.splice(item.line, item.until, &printed));
        }
        if head.empty {
            let line = format!("{}:\n{printed}", head.name);
            return Ok(self.splice(head.line, head.line + 1, &line));
        }
        let made = |line: &Line| line.has_template();
        if self.lines.get(head.line..head.until).unwrap_or_default().iter().any(made) {
            let at = self.outside(head)?;
            return Ok(self.splice(at, at, &printed));
        }
        let names: Vec<&str> = items.iter().map(|item| item.name.as_deref().unwrap_or_default()).collect();
        let at = match before(&names, entry.name, natural) {
            Some(0) => head.line + 1,
            Some(next) => items.get(next - 1).map_or(head.line + 1, |item| item.until),
            None => items.last().map_or(head.line + 1, |item| item.until),
        };
        Ok(self.splice(at, at, &printed))
    }

    /// A line of the section before which no block of a template is open, and no white space is taken away.
    fn outside(&self, head: &Head) -> Result<usize, Unplaceable> {
        let last = (head.line..head.until).rev().filter(|at| {
            self.lines.get(*at).is_some_and(|line| {
                let stands = matches!(line.what, What::Text | What::Control);
                stands && line.opens == 0 && !line.trims_next()
            })
        });
        // An action alone may belong to what follows, unless it closes what the section opened.
        let inner = |at: &usize| self.lines.get(*at).is_some_and(|line| line.what == What::Text || line.open > 0);
        let made = || template(format!("no place in the section `{}` is outside of templates", head.name));
        last.into_iter().find(inner).map(|at| at + 1).ok_or_else(made)
    }

    fn with_section(&self, entry: Place) -> Result<String, Unplaceable> {
        let (indent, step) = self.steps(None);
        let printed = format!("{}:\n{}", entry.section, indented(entry.printed, indent, step));
        let end = self.lines.len();
        if self.lines.iter().any(Line::has_template) {
            let last = self.lines.iter().rev().find(|line| line.what != What::Blank);
            if last.is_some_and(|line| line.opens > 0 || line.trims_next()) {
                return Err(template("the file ends within a template"));
            }
            return Ok(self.splice(end, end, &printed));
        }
        let ranks: Vec<usize> = self.heads.iter().map(|head| rank(&head.name)).collect();
        let at = match before(&ranks, rank(entry.section), |a, b| a.cmp(&b)) {
            Some(next @ 1..) => {
                let head = self.heads.get(next - 1);
                head.map_or(end, |head| self.end(head.line, head.until, 0))
            }
            // What stands above the first section may be said of the file.
            Some(_) => self.heads.first().map_or(end, |head| head.line),
            None => end,
        };
        Ok(self.splice(at, at, &printed))
    }

    /// The text with other lines in place of some.
    fn splice(&self, from: usize, until: usize, printed: &str) -> String {
        let at = |line: usize| self.lines.get(line).map_or_else(|| self.lines.last().map_or(0, |l| l.end), |l| l.start);
        let (before, after) = (&self.text[..at(from)], &self.text[at(until)..]);
        let end = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let gap = if before.is_empty() || before.ends_with('\n') { "" } else { end };
        format!("{before}{gap}{}{after}", printed.replace('\n', end))
    }
}

/// An entry as it is printed by itself, in by `indent`, its fields in by `step` where that cannot touch its texts.
fn indented(printed: &str, indent: usize, step: usize) -> String {
    let block = |line: &str| matches!(line.rsplit(' ').next(), Some(mark) if mark.starts_with(['|', '>']));
    let step = if printed.lines().any(block) { STEP } else { step };
    let line = |line: &str| {
        let inner = line.trim_start_matches(' ');
        let spaces = line.len() - inner.len();
        match inner {
            "" => "\n".to_owned(),
            _ => format!("{}{inner}\n", " ".repeat(indent + spaces / STEP * step + spaces % STEP)),
        }
    };
    printed.lines().map(line).collect()
}
