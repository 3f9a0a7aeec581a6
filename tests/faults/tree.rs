//! Written-down hosts, and how they are broken.

use crate::Break;
use std::fmt;

/// The entries of a host as src/host/tree.rs has them: what stands behind `-- `, and the text.
#[derive(Clone)]
pub struct Tree(Vec<(String, String)>);

impl Tree {
    pub fn named(host: &str) -> Tree {
        let path = format!("{}/golden/hosts/{host}.host", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).unwrap();
        let text = text.split_once("-- ").unwrap().1;
        let entry = |entry: &str| {
            let (head, body) = entry.split_once('\n').map_or((entry, String::new()), |(h, b)| (h, format!("{b}\n")));
            (head.to_owned(), body)
        };
        Tree(text.strip_suffix('\n').unwrap_or(text).split("\n-- ").map(entry).collect())
    }

    pub fn broken(mut self, breaks: &[Break]) -> Tree {
        breaks.iter().for_each(|one| self.suffer(*one));
        self
    }

    fn suffer(&mut self, how: Break) {
        let (Break::Gone(path)
        | Break::Denied(path)
        | Break::Cut(path)
        | Break::Empty(path)
        | Break::Garbage(path)
        | Break::Before(path, _)
        | Break::Is(path, _)) = how;
        let below = format!("{path}/");
        let is = |head: &str| head.split(' ').next().is_some_and(|p| p.trim_end_matches('/') == path);
        let is_below = |head: &str| head.starts_with(&below);
        let there = self.0.iter().any(|(head, _)| is(head) || is_below(head));
        assert!(there || matches!(how, Break::Is(..)), "{path} is not there to be broken");
        match how {
            Break::Gone(_) => self.0.retain(|(head, _)| !is(head) && !is_below(head)),
            // What is below a folder that may not be listed cannot be opened through it either.
            Break::Denied(_) => match self.0.iter_mut().find(|(head, _)| is(head)) {
                Some((head, _)) => head.push_str(" denied"),
                None => self.0.push((format!("{below} denied"), String::new())),
            },
            Break::Is(_, text) => self.write(path, text.to_owned()),
            Break::Empty(_) => self.write(path, String::new()),
            Break::Garbage(_) => self.write(path, "\u{1}\u{7f}ELF\u{0}\u{2}\u{fffd}\u{fffd}\u{0}:::\n\u{3}".into()),
            Break::Before(_, what) => {
                let (_, text) = self.0.iter().find(|(head, _)| is(head)).unwrap();
                let cut = text[..text.find(what).unwrap()].to_owned();
                self.write(path, cut);
            }
            Break::Cut(_) => {
                let (_, text) = self.0.iter().find(|(head, _)| is(head)).unwrap();
                let end = text.trim_end().len() * 2 / 3;
                let end = (1..end).rev().find(|at| text.is_char_boundary(*at) && !text[..*at].ends_with('\n'));
                let cut = text[..end.unwrap()].to_owned();
                self.write(path, cut);
            }
        }
    }

    fn write(&mut self, path: &str, text: String) {
        let is = |head: &str| head.split(' ').next() == Some(path);
        match self.0.iter_mut().find(|(head, _)| is(head)) {
            Some((head, old)) => {
                *head = head.replace(" base64", "");
                *old = text;
            }
            None => self.0.push((path.to_owned(), text)),
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (head, text) in &self.0 {
            write!(f, "-- {head}\n{text}")?;
            if !text.is_empty() && !text.ends_with('\n') {
                writeln!(f)?;
            }
        }
        Ok(())
    }
}
