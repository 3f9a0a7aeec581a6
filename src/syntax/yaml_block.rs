//! The YAML that most long specs are made of, maps of plain words in block style, read without the parser for all of
//! YAML, which takes five times as long.
//!
//! Invariant: whatever is read here is read alike there, places included; a property test holds the two together. At the
//! first line that is anything else, nothing is read here at all.

use super::build::{Fields, Tree};
use super::plain::{Plain, resolve};
use super::{Data, Key, MAX_DEPTH, Node, Span};
use std::borrow::Cow;

/// Longer texts might come to more values than a spec may have, which is for the other parser to say.
const MAX_TEXT: usize = 4 << 20;
/// Plain keys may not be longer in YAML.
const MAX_KEY: usize = 1000;

/// A map whose last key may still wait for what is indented below it.
struct Open<'s> {
    indent: usize,
    start: usize,
    fields: Fields<'s, Node<'s>>,
    waiting: Option<Key<'s>>,
}

/// The whole tree, or `None` where there is anything but block maps of words.
pub(super) fn read<'s>(text: &'s str, tree: &mut Tree) -> Option<Node<'s>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut open: Vec<Open<'s>> = Vec::new();
    let (mut at, mut end) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        let len = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let line = &rest[..len];
        let from = at;
        at += len + 1;
        let words = line.trim_start_matches(' ');
        if words.is_empty() || (words.starts_with('#') && words.bytes().all(|b| b == b' ' || b.is_ascii_graphic())) {
            continue;
        }
        let indent = line.len() - words.len();
        // What is less indented closes the maps inside.
        while open.last().is_some_and(|map| map.indent > indent) {
            close(&mut open, end, tree)?;
        }
        match open.last() {
            Some(map) if map.indent == indent && map.waiting.is_none() => {}
            Some(map) if map.indent < indent && map.waiting.is_some() && open.len() + 2 < MAX_DEPTH => {
                open.push(Open { indent, start: from + indent, fields: Fields::new(), waiting: None });
            }
            None if end == 0 => open.push(Open { indent, start: from + indent, fields: Fields::new(), waiting: None }),
            _ => return None,
        }
        let map = open.last_mut()?;
        let (written, name, after) = token(words, true)?;
        let value = after.strip_prefix(':')?;
        let start = from + indent;
        let key = Key { span: tree.span(start, start + written.len()), text: Cow::Borrowed(name) };
        end = start + written.len() + 1;
        let word = value.trim_start_matches(' ');
        if value.is_empty() {
            map.waiting = Some(key);
            continue;
        }
        if word.len() == value.len() {
            return None;
        }
        let start = from + len - word.len();
        let (written, name, after) = token(word, false)?;
        if !after.is_empty() {
            return None;
        }
        end = start + written.len();
        let data = if written.len() == name.len() { plain(name)? } else { Data::Text(Cow::Borrowed(name)) };
        let node = tree.node(tree.span(start, end), data).ok()?;
        map.fields.insert(key, node).ok()?;
    }
    while open.len() > 1 {
        close(&mut open, end, tree)?;
    }
    let root = open.pop()?;
    finish(root, end, tree)
}

/// Ends the innermost map, which is the value that the one around it waits for.
fn close<'s>(open: &mut Vec<Open<'s>>, end: usize, tree: &mut Tree) -> Option<()> {
    let inner = open.pop()?;
    let node = finish(inner, end, tree)?;
    let outer = open.last_mut()?;
    let key = outer.waiting.take()?;
    outer.fields.insert(key, node).ok()
}

fn finish<'s>(map: Open<'s>, end: usize, tree: &mut Tree) -> Option<Node<'s>> {
    if map.waiting.is_some() {
        return None;
    }
    let span: Span = tree.span(map.start, end);
    tree.node(span, Data::Map(map.fields.into_entries())).ok()
}

/// A word at the beginning of `text`: as it is written, what it says, and what follows. Only what no rule of YAML has
/// a second look at: letters, digits and a few signs, or the like in double quotes.
fn token(text: &str, key: bool) -> Option<(&str, &str, &str)> {
    let bytes = text.as_bytes();
    if let Some(inner) = text.strip_prefix('"') {
        let len = inner.bytes().position(|b| b == b'"' || b == b'\\' || !(b == b' ' || b.is_ascii_graphic()))?;
        let rest = inner[len..].strip_prefix('"')?;
        return (len <= MAX_KEY).then(|| (&text[..len + 2], &inner[..len], rest));
    }
    if !bytes.first().is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'_')) {
        return None;
    }
    let is_word = |(at, b): (usize, &u8)| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'/' | b'_' | b'.' | b'-' | b'+' | b'@')
            // A colon inside a word, as in `tcp:22`.
            || (*b == b':' && bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric))
    };
    let len = bytes.iter().enumerate().position(|one| !is_word(one)).unwrap_or(bytes.len());
    let word = &text[..len];
    (len <= MAX_KEY && !(key && word.is_empty())).then(|| (word, word, &text[len..]))
}

fn plain(word: &str) -> Option<Data<'_>> {
    Some(match resolve(word) {
        Plain::Text => Data::Text(Cow::Borrowed(word)),
        Plain::Bool(b) => Data::Bool(b),
        Plain::Int(n) => Data::Int(n, word),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::yaml::parse_all;
    use super::*;
    use proptest::prelude::*;

    /// What is read here, which the other parser must read alike.
    fn agreed(text: &str) -> Option<Node<'_>> {
        let read = read(text, &mut Tree::new(0))?;
        let (all, wrong) = parse_all(text, 0);
        assert_eq!(wrong, [], "{text:?}");
        assert_eq!(all.as_ref(), Some(&read), "{text:?}");
        Some(read)
    }

    #[test]
    fn what_goss_writes_is_read_here() {
        let text = "# a comment\nfile:\n  /etc/passwd:\n    exists: true\n    mode: \"0644\"\n\n    owner: root\nport:\n    tcp:22:\n        listening: true\n    \"tcp6:22\":\n        listening: false\npackage:\n  a:\n    installed: true\n";
        assert!(agreed(text).is_some());
    }

    #[test]
    fn anything_else_is_left_to_the_other_parser() {
        for text in [
            "",
            "a",
            "a:",
            "a: b: c",
            "a: [b]",
            "a:\n- b",
            "a: |\n  b",
            "a: b # c",
            "a: 'b'",
            "a: *b",
            "a: &b c",
            "a: !c d",
            "<<: b",
            "a: b\n  c",
            "a: b\n  c: d",
            "a:\n  b: c\n d: e",
            "a: b\na: c",
            "---\na: b",
            "a: b\n---\nc: d",
            "a: b\r\n",
            "a:\tb",
            "\ta: b",
            "a: \"b\\n\"",
            "a: \"b",
            "a: b\n...",
            "a: ä",
            "a: 1.5",
            "a: ~",
            "a: null",
            "a:b",
            "? a\n: b",
            "a: b ",
            "a: \"b\" c",
            "- a: b",
            "a: http://b",
            "a: b,c",
            "%YAML 1.2",
            "a: -b",
            "a: .5",
            " a: b\nc: d",
            "a: #b",
        ] {
            assert!(agreed(text).is_none(), "{text:?}");
        }
    }

    fn word() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => "[a-zA-Z0-9/_][a-zA-Z0-9/_.+@:-]{0,8}",
            2 => "\"[ -~]{0,8}\"",
            2 => prop::sample::select(vec!["true", "no", "null", "0644", "0o7", "1_0", "1e3", "12:30:45", "2001-12-14", "0x1F", "<<", "~", "a: b", "#c", "- a", "y"]).prop_map(str::to_owned),
        ]
    }

    fn line() -> impl Strategy<Value = String> {
        let indent = prop::sample::select(vec!["", "", " ", "  ", "  ", "    ", "    ", "      ", "\t"]);
        let tail = prop::sample::select(vec!["", "", "", "", " ", " # c", "\r"]);
        (indent, word(), prop::option::of(word()), tail).prop_map(|(indent, key, value, tail)| match value {
            Some(value) => format!("{indent}{key}: {value}{tail}\n"),
            None => format!("{indent}{key}:{tail}\n"),
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn both_parsers_read_lines_alike(lines in prop::collection::vec(line(), 1..8)) {
            agreed(&lines.concat());
        }

        #[test]
        fn both_parsers_read_maps_alike(words in prop::collection::vec((word(), word(), 0..4_usize), 1..10), step in 1..4_usize) {
            let mut text = String::new();
            let mut depth = 0;
            for (at, (key, value, deeper)) in words.iter().enumerate() {
                text += &" ".repeat(depth * step);
                if *deeper == 0 && at + 1 < words.len() {
                    text += &format!("{key}{at}:\n");
                    depth += 1;
                } else {
                    text += &format!("{key}: {value}\n");
                    depth = depth.saturating_sub(deeper.saturating_sub(1));
                }
            }
            agreed(&text);
        }

        #[test]
        fn both_parsers_read_broken_text_alike(at in any::<prop::sample::Index>(), put in "[ -~\n\t]{0,3}") {
            let text = "file:\n  /etc/passwd:\n    exists: true\n    mode: \"0644\"\nport:\n  tcp:22:\n    listening: true\n";
            let at = at.index(text.len() + 1);
            agreed(&format!("{}{put}{}", &text[..at], &text[at..]));
            agreed(&format!("{}{put}", &text[..at]));
        }
    }
}
