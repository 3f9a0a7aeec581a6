//! An entry into JSON.

use super::{Place, Unplaceable, before, rank};
use crate::goss::print_value;
use crate::syntax::{self, Data, Format, Key, Node, Span};
use crate::value::Value;

/// Spaces that goss indents by.
const STEP: usize = 4;

pub fn put(text: &str, entry: Place) -> Result<String, Unplaceable> {
    let (tree, wrong) = syntax::parse(text, 0, Format::Json);
    if !wrong.is_empty() {
        return Err(match text.contains("{{") {
            true => Unplaceable::Template("templates stand in its JSON".into()),
            false => Unplaceable::Layout,
        });
    }
    let root = tree.as_ref().and_then(|tree| Some((tree, tree.map()?))).ok_or(Unplaceable::Layout)?;
    let step = step(text, root.1);
    let Some((_, node)) = root.1.iter().find(|(key, _)| key.text == entry.section) else {
        let printed = format!("{{\n{}{}: {}\n}}", pad(STEP), name(entry.name), inner(entry.printed, STEP));
        let ranks: Vec<usize> = root.1.iter().map(|(key, _)| rank(&key.text)).collect();
        let at = before(&ranks, rank(entry.section), |a, b| a.cmp(&b));
        return inserted(text, root, at, (entry.section, &printed), step);
    };
    let map = node.map().ok_or(Unplaceable::Layout)?;
    match map.iter().find(|(key, _)| key.text == entry.name) {
        Some((key, old)) => {
            let depth = column(text, key.span);
            Ok(replaced(text, old.span, &scaled(entry.printed, depth, step)))
        }
        None => {
            let names: Vec<&str> = map.iter().map(|(key, _)| &*key.text).collect();
            let at = before(&names, entry.name, |a, b| a.cmp(b));
            inserted(text, (node, map), at, (entry.name, entry.printed), step)
        }
    }
}

pub fn find(text: &str, section: &str, entry: &str) -> Option<String> {
    let (tree, _) = syntax::parse(text, 0, Format::Json);
    let node = tree.as_ref()?.get(section)?.get(entry)?;
    Some(format!("{{{}: {}}}", name(entry), text.get(node.span.start as usize..node.span.end as usize)?))
}

fn name(text: &str) -> String {
    print_value(&Value::Text(text.to_owned()), Format::Json).trim_end().to_owned()
}

fn pad(spaces: usize) -> String {
    " ".repeat(spaces)
}

/// Every line but the first further in.
fn inner(printed: &str, by: usize) -> String {
    printed.trim_end().replace('\n', &format!("\n{}", pad(by)))
}

/// Lines that goss would indent by fours by `step` instead, and all but the first behind `depth` spaces.
fn scaled(printed: &str, depth: usize, step: usize) -> String {
    let line = |line: &str| {
        let inner = line.trim_start_matches(' ');
        format!("{}{inner}", pad((line.len() - inner.len()) / STEP * step))
    };
    let lines: Vec<String> = printed.trim_end().lines().map(line).collect();
    lines.join(&format!("\n{}", pad(depth)))
}

/// Spaces between the beginning of a line and what stands first on it.
fn column(text: &str, span: Span) -> usize {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.len() - line.trim_start_matches(' ').len()
}

fn step(text: &str, root: &[(Key, Node)]) -> usize {
    root.first().map(|(key, _)| column(text, key.span)).filter(|step| *step > 0).unwrap_or(STEP)
}

fn lies_flat(text: &str, node: &Node) -> bool {
    !text.get(node.span.start as usize..node.span.end as usize).unwrap_or_default().contains('\n')
}

fn replaced(text: &str, span: Span, with: &str) -> String {
    let (start, end) = (span.start as usize, span.end as usize);
    format!("{}{with}{}", text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default())
}

/// The text with another member in a map: before the one at `at`, or behind all.
fn inserted(
    text: &str,
    (node, map): (&Node, &[(Key, Node)]),
    at: Option<usize>,
    (key, printed): (&str, &str),
    step: usize,
) -> Result<String, Unplaceable> {
    let Data::Map(_) = node.data else { return Err(Unplaceable::Layout) };
    let flat = lies_flat(text, node) && !map.is_empty();
    let depth = map.first().map_or(column(text, node.span) + step, |(key, _)| column(text, key.span));
    let member = match flat {
        true => format!("{}: {}", name(key), printed.split('\n').map(str::trim_start).collect::<String>()),
        false => format!("{}: {}", name(key), scaled(printed, depth, step)),
    };
    let gap = if flat { " ".to_owned() } else { format!("\n{}", pad(depth)) };
    let point = |at: u32| Span { file: 0, start: at, end: at };
    Ok(match (at.and_then(|at| map.get(at)), map.last()) {
        (Some((next, _)), _) => replaced(text, point(next.span.start), &format!("{member},{gap}")),
        (None, Some((_, last))) => replaced(text, point(last.span.end), &format!(",{gap}{member}")),
        (None, None) => {
            let close = pad(depth.saturating_sub(step));
            replaced(text, node.span, &format!("{{{gap}{member}\n{close}}}"))
        }
    })
}
