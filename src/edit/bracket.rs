//! What stands in brackets, `[…]` or `{…}` of any of the formats, with a member more or one less.

use super::splice::{Splice, before, behind, indent, is_blank, line, line_end, line_start, next_line};
use crate::syntax::{Format, Node};
use std::ops::Range;

/// A list or map in brackets.
#[derive(Clone, Debug)]
pub struct Bracket {
    /// Brackets included.
    pub at: Range<usize>,
    /// From the key, where it has one, to the end of the value.
    pub members: Vec<Range<usize>>,
}

/// Where a further member comes to stand.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// On the line of the others.
    Row,
    /// On lines of its own, behind this.
    Line(String),
}

impl Bracket {
    pub fn of(text: &str, node: &Node) -> Option<Bracket> {
        let at = node.span.start as usize..node.span.end as usize;
        let written = text.get(at.clone())?;
        let mut members: Vec<Range<usize>> = match (node.map(), node.list()) {
            (Some(map), _) if written.starts_with('{') && written.ends_with('}') => {
                let member = |(key, value): &(crate::syntax::Key, Node)| {
                    key.span.start as usize..(value.span.end.max(key.span.end)) as usize
                };
                map.iter().map(member).collect()
            }
            (_, Some(list)) if written.starts_with('[') && written.ends_with(']') => {
                list.iter().map(|one| one.span.start as usize..one.span.end as usize).collect()
            }
            _ => return None,
        };
        // What a merge brings stands elsewhere.
        members.retain(|member| at.start < member.start && member.end < at.end);
        Some(Bracket { at, members })
    }

    /// Where the last bracket stands.
    fn close(&self) -> usize {
        self.at.end - 1
    }

    fn is_map(&self, text: &str) -> bool {
        text.as_bytes().get(self.at.start) == Some(&b'{')
    }

    /// Where another member comes to stand; `None` where there is none that it could stand like.
    pub fn place(&self, text: &str) -> Option<Place> {
        let Some(last) = self.members.last() else {
            let inner = text.get(self.at.start + 1..self.close())?.trim_end();
            // Below a comment there is no place but the next line.
            return (!is_blank(inner))
                .then(|| Place::Line(indent(line(text, self.at.start + 1 + inner.len())).to_owned()));
        };
        let alone = is_blank(before(text, last.start)) && line_start(text, last.start) > self.at.start;
        Some(if alone { Place::Line(before(text, last.start).to_owned()) } else { Place::Row })
    }

    /// Puts members in behind the last one.
    pub fn insert(&self, text: &str, place: &Place, members: &[String]) -> Vec<Splice> {
        let Some(last) = self.members.last() else { return self.fill(text, place, members) };
        let trail = text.get(last.end..self.close()).unwrap_or_default();
        let comma = comma(trail);
        if !is_trail(trail) {
            return self.insert_at_end(text, members);
        }
        match place {
            Place::Row => {
                let between = self.between(text);
                let put: String = members.iter().map(|one| format!("{between}{one}")).collect();
                vec![Splice::insert(last.end, put)]
            }
            Place::Line(indent) if !trail.contains('\n') => {
                let put: String = members.iter().map(|one| format!(",\n{indent}{one}")).collect();
                vec![Splice::insert(last.end, put)]
            }
            Place::Line(indent) => {
                let mut put = members.iter().map(|one| format!("\n{indent}{one}")).collect::<Vec<_>>().join(",");
                let mut splices = vec![];
                match comma {
                    Some(_) => put.push(','),
                    None => splices.push(Splice::insert(last.end, ",")),
                }
                splices.push(Splice::insert(last.end + trail.trim_end().len(), put));
                splices
            }
        }
    }

    /// Puts members in before the closing bracket, whatever stands there.
    pub fn insert_at_end(&self, text: &str, members: &[String]) -> Vec<Splice> {
        let inner = text.get(self.at.start + 1..self.close()).unwrap_or_default();
        let end = inner.trim_end();
        let comma = if end.is_empty() {
            ""
        } else if end.ends_with(',') {
            " "
        } else {
            ", "
        };
        vec![Splice::insert(self.at.start + 1 + end.len(), format!("{comma}{}", members.join(", ")))]
    }

    fn fill(&self, text: &str, place: &Place, members: &[String]) -> Vec<Splice> {
        let inner = self.at.start + 1..self.close();
        let written = text.get(inner.clone()).unwrap_or_default();
        match place {
            Place::Row if is_blank(written) => {
                let space = if self.is_map(text) { " " } else { "" };
                vec![Splice::replace(inner, format!("{space}{}{space}", members.join(", ")))]
            }
            Place::Row => self.insert_at_end(text, members),
            Place::Line(at) => {
                let put = members.iter().map(|one| format!("\n{at}{one}")).collect::<Vec<_>>().join(",");
                let kept = inner.start + written.trim_end().len();
                let close = match written.contains('\n') {
                    true => text.get(kept..inner.end).unwrap_or_default().to_owned(),
                    false => format!("\n{}", indent(line(text, self.at.start))),
                };
                vec![Splice::replace(kept..inner.end, format!("{put}{}", close.replace('\r', "")))]
            }
        }
    }

    /// A comma as it stands between the others.
    fn between<'t>(&self, text: &'t str) -> &'t str {
        let mut ends = self.members.iter().rev();
        let gap = match (ends.next(), ends.next()) {
            (Some(last), Some(before)) => text.get(before.end..last.start),
            _ => None,
        };
        gap.filter(|gap| !gap.contains('\n') && gap.trim() == ",").unwrap_or(", ")
    }

    /// Takes a member out, with the comment behind it if it has its lines for itself.
    pub fn remove(&self, text: &str, at: usize) -> Vec<Vec<Splice>> {
        let Some(member) = self.members.get(at) else { return vec![] };
        let previous = at.checked_sub(1).and_then(|at| self.members.get(at));
        let next = self.members.get(at + 1);
        let gap = text.get(member.end..next.map_or(self.close(), |next| next.start)).unwrap_or_default();
        let comma_behind = comma(gap).map(|at| member.end + at);
        let comma_before = previous.and_then(|one| Some(one.end + comma(text.get(one.end..member.start)?)?));
        let end = comma_behind.map_or(member.end, |comma| comma + 1);
        let rest = behind(text, end).trim();
        let mut layouts = vec![];
        if is_blank(before(text, member.start))
            && line_start(text, member.start) > self.at.start
            && (rest.is_empty() || rest.starts_with('#'))
            && line_end(text, end) < self.close()
        {
            let lines = Splice::replace(line_start(text, member.start)..next_line(text, end), "");
            match comma_before.filter(|_| comma_behind.is_none()) {
                Some(comma) => layouts.push(vec![Splice::replace(comma..comma + 1, ""), lines]),
                None => layouts.push(vec![lines]),
            }
        }
        let (row, between) = match (previous, next) {
            (_, Some(next)) => (member.start..next.start, member.end..next.start),
            (Some(previous), None) => (previous.end..member.end, previous.end..member.start),
            (None, None) => (self.at.start + 1..self.close(), self.at.start + 1..member.start),
        };
        let commented = |piece: Option<&str>| piece.is_none_or(|piece| piece.contains('#'));
        let alone = previous.is_none() && next.is_none();
        if !(commented(text.get(between)) || alone && commented(Some(gap))) {
            layouts.push(vec![Splice::replace(row, "")]);
        }
        let mut plain = vec![Splice::replace(member.clone(), "")];
        plain.extend(comma_behind.or(comma_before).map(|comma| Splice::replace(comma..comma + 1, "")));
        layouts.push(plain);
        layouts
    }
}

/// Where a comma stands that is in no comment.
pub fn comma(gap: &str) -> Option<usize> {
    let mut comment = false;
    for (at, c) in gap.char_indices() {
        match c {
            '\n' => comment = false,
            '#' => comment = true,
            ',' if !comment => return Some(at),
            _ => {}
        }
    }
    None
}

/// Whether there is nothing but a comma, comments and white space.
fn is_trail(gap: &str) -> bool {
    let code = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
    matches!(&*gap.lines().map(code).collect::<String>(), "" | ",")
}

/// How much deeper than its brackets' line a member on a line of its own stands.
pub fn step(format: Format) -> &'static str {
    if format == Format::Toml { "    " } else { "  " }
}
