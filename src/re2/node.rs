//! An expression taken apart, and written anew for the `regex` crate.

use super::class::NOTHING;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Go's bound on how deep an expression nests.
pub(super) const MAX_HEIGHT: u32 = 1000;

/// A part of an expression.
#[derive(Debug)]
pub(super) struct Node {
    pub kind: Kind,
    /// How many nodes deep it is.
    pub height: u32,
    /// Copies of its innermost part, once repetitions are counted out.
    pub copies: u32,
}

#[derive(Debug)]
pub(super) enum Kind {
    Empty,
    Char {
        char: char,
        /// Whether case is ignored.
        fold: bool,
    },
    /// In the syntax of the `regex` crate, brackets and all.
    Class {
        written: String,
        fold: bool,
    },
    /// In the syntax of the `regex` crate.
    Assertion(&'static str),
    Capture {
        name: Option<String>,
        of: Box<Node>,
    },
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    Repeat {
        of: Box<Node>,
        min: u32,
        /// `None`: without end.
        max: Option<u32>,
        lazy: bool,
    },
}

impl Node {
    pub fn leaf(kind: Kind) -> Node {
        Node { kind, height: 1, copies: 1 }
    }

    pub fn capture(name: Option<String>, of: Node) -> Node {
        Node { height: of.height + 1, copies: of.copies, kind: Kind::Capture { name, of: Box::new(of) } }
    }

    pub fn repeat(of: Node, min: u32, max: Option<u32>, lazy: bool) -> Node {
        let copies = match max {
            // Whatever is in it, none is left.
            Some(0) => 1,
            most => of.copies.saturating_mul(most.unwrap_or(min).max(1)),
        };
        Node { height: of.height + 1, copies, kind: Kind::Repeat { of: Box::new(of), min, max, lazy } }
    }

    pub fn concat(mut parts: Vec<Node>) -> Node {
        let text = |part: &Node| match part.kind {
            Kind::Char { fold, .. } => Some(fold),
            _ => None,
        };
        match parts.len() {
            0 => Node::leaf(Kind::Empty),
            1 => parts.remove(0),
            _ => {
                let first = parts.first().and_then(text);
                let plain = first.is_some() && parts.iter().all(|part| text(part) == first);
                let (height, copies) = span(&parts);
                Node { height: if plain { 1 } else { height }, copies, kind: Kind::Concat(parts) }
            }
        }
    }

    pub fn alternate(mut choices: Vec<Node>) -> Node {
        if choices.len() == 1 {
            return choices.remove(0);
        }
        let (height, copies) = span(&choices);
        Node { height, copies, kind: Kind::Alternate(choices) }
    }

    /// The expression in the syntax of the `regex` crate.
    pub fn written(&self) -> String {
        let mut names = BTreeMap::new();
        self.count_names(&mut names);
        let mut out = String::new();
        self.write(&mut out, &mut names);
        out
    }

    fn count_names<'n>(&'n self, names: &mut BTreeMap<&'n str, usize>) {
        match &self.kind {
            Kind::Capture { name, of } => {
                if let Some(name) = name {
                    *names.entry(name).or_default() += 1;
                }
                of.count_names(names);
            }
            Kind::Concat(parts) | Kind::Alternate(parts) => parts.iter().for_each(|part| part.count_names(names)),
            Kind::Repeat { of, .. } => of.count_names(names),
            _ => {}
        }
    }

    fn write(&self, out: &mut String, names: &mut BTreeMap<&str, usize>) {
        match &self.kind {
            Kind::Empty => {}
            Kind::Char { fold: true, .. } | Kind::Class { fold: true, .. } => {
                out.push_str("(?i:");
                self.write_bare(out);
                out.push(')');
            }
            Kind::Char { .. } | Kind::Class { .. } => self.write_bare(out),
            Kind::Assertion(written) => out.push_str(written),
            Kind::Capture { name, of } => {
                out.push('(');
                // Go lets several groups have one name, the `regex` crate does not: the last one has it.
                if let Some(name) = name
                    && let Some(left) = names.get_mut(&**name)
                {
                    *left -= 1;
                    if *left == 0 {
                        _ = write!(out, "?P<{name}>");
                    }
                }
                of.write(out, names);
                out.push(')');
            }
            Kind::Concat(parts) => write_concat(parts, out, names),
            Kind::Alternate(choices) => {
                for (nth, choice) in choices.iter().enumerate() {
                    if nth > 0 {
                        out.push('|');
                    }
                    choice.write(out, names);
                }
            }
            Kind::Repeat { of, max: Some(0), .. } => {
                // Its groups count, though nothing is ever in them: the `regex` crate forgets those of `(a){0}`.
                out.push_str("(?:");
                out.push_str(NOTHING);
                out.push_str("(?:");
                of.write(out, names);
                out.push_str("))?");
            }
            Kind::Repeat { of, min, max, lazy } => {
                let whole = matches!(of.kind, Kind::Char { .. } | Kind::Class { .. } | Kind::Capture { .. });
                out.push_str(if whole { "" } else { "(?:" });
                of.write(out, names);
                out.push_str(if whole { "" } else { ")" });
                _ = match (min, max) {
                    (0, None) => write!(out, "*"),
                    (1, None) => write!(out, "+"),
                    (0, Some(1)) => write!(out, "?"),
                    (min, None) => write!(out, "{{{min},}}"),
                    (min, Some(max)) => write!(out, "{{{min},{max}}}"),
                };
                out.push_str(if *lazy { "?" } else { "" });
            }
        }
    }

    fn write_bare(&self, out: &mut String) {
        match &self.kind {
            Kind::Char { char, .. } => write_char(*char, out),
            Kind::Class { written, .. } => out.push_str(written),
            _ => {}
        }
    }

    fn folds(&self) -> bool {
        matches!(self.kind, Kind::Char { fold: true, .. } | Kind::Class { fold: true, .. })
    }
}

/// Those whose case does not matter share a group where they stand beside one another.
fn write_concat(parts: &[Node], out: &mut String, names: &mut BTreeMap<&str, usize>) {
    for run in parts.chunk_by(|a, b| a.folds() && b.folds()) {
        if run.first().is_some_and(Node::folds) {
            out.push_str("(?i:");
            run.iter().for_each(|part| part.write_bare(out));
            out.push(')');
            continue;
        }
        for part in run {
            let loose = matches!(part.kind, Kind::Alternate(_) | Kind::Concat(_));
            out.push_str(if loose { "(?:" } else { "" });
            part.write(out, names);
            out.push_str(if loose { ")" } else { "" });
        }
    }
}

/// A character that stands for itself, in a class and outside.
pub(super) fn write_char(char: char, out: &mut String) {
    if char.is_ascii_alphanumeric() || !char.is_ascii() {
        out.push(char);
    } else {
        _ = write!(out, "\\x{:02X}", u32::from(char));
    }
}

fn span(parts: &[Node]) -> (u32, u32) {
    parts.iter().fold((1, 1), |(height, copies), part| (height.max(part.height + 1), copies.max(part.copies)))
}
