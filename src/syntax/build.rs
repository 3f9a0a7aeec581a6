//! What the three parsers share: bounds on depth and size, maps that know their keys, and the list of what is wrong.

use super::{Code, Data, Diagnostic, Key, MAX_DEPTH, MAX_NODES, Node, Span};
use hashbrown::{DefaultHashBuilder, HashTable};
use std::borrow::Cow;
use std::hash::BuildHasher;

/// Mistakes that one source is shown for; what comes after them is seldom news.
const MAX_WRONG: usize = 100;
/// Keys up to which a map is searched from end to end, which is faster than hashing.
const FEW: usize = 16;
/// Keys that room is made for at first: as many as most entries have.
const USUAL: usize = 3;

/// The source could not be read further; why is among the diagnostics.
#[derive(Debug)]
pub(super) struct Stop;

/// One source's tree while it grows.
pub(super) struct Tree {
    file: u32,
    room: usize,
    wrong: Vec<Diagnostic>,
}

impl Tree {
    pub fn new(file: u32) -> Tree {
        Tree { file, room: MAX_NODES, wrong: vec![] }
    }

    /// `parse` has refused texts whose length does not fit.
    pub fn span(&self, start: usize, end: usize) -> Span {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { file: self.file, start: at(start), end: at(end.max(start)) }
    }

    pub fn node<'s>(&mut self, span: Span, data: Data<'s>) -> Result<Node<'s>, Stop> {
        self.take(1, span)?;
        Ok(Node { span, data })
    }

    /// Leaves room for `nodes` fewer.
    pub fn take(&mut self, nodes: usize, span: Span) -> Result<(), Stop> {
        match self.room.checked_sub(nodes) {
            Some(room) => {
                self.room = room;
                Ok(())
            }
            None => Err(self.stop(Diagnostic::new(
                Code::TooLarge,
                span,
                format!("the file comes to more than {MAX_NODES} values"),
            ))),
        }
    }

    /// Called before a list or map is read that stands inside `depth` others.
    pub fn enter(&mut self, depth: usize, span: Span) -> Result<(), Stop> {
        if depth < MAX_DEPTH {
            return Ok(());
        }
        Err(self.too_deep(span))
    }

    pub fn too_deep(&mut self, span: Span) -> Stop {
        let message = format!("lists and maps stand inside one another more than {MAX_DEPTH} levels deep");
        self.stop(Diagnostic::new(Code::TooDeep, span, message))
    }

    pub fn duplicate(&mut self, key: &Key<'_>, first: Span) {
        let message = format!("the key `{}` stands twice", brief(&key.text));
        self.say(
            Diagnostic::new(Code::DuplicateKey, key.span, message)
                .label("here again")
                .also(first, "first written here"),
        );
    }

    /// Something is wrong, but reading can go on.
    pub fn say(&mut self, wrong: Diagnostic) {
        if self.wrong.len() < MAX_WRONG {
            self.wrong.push(wrong);
        }
    }

    /// Something is wrong, and what follows cannot be read.
    pub fn stop(&mut self, wrong: Diagnostic) -> Stop {
        self.wrong.truncate(MAX_WRONG);
        self.wrong.push(wrong);
        Stop
    }

    /// Every diagnostic, in the order of the text.
    pub fn into_wrong(mut self) -> Vec<Diagnostic> {
        self.wrong.sort_by_key(|one| one.span);
        self.wrong
    }
}

/// A map's fields in the order written, found by key in constant time.
pub(super) struct Fields<'s, V> {
    entries: Vec<(Key<'s>, V)>,
    /// Where each key stands; empty until there are more than `FEW`.
    places: HashTable<Place>,
    hasher: DefaultHashBuilder,
}

/// A key's index among the entries, and half of its hash, so that a table that grows need not hash it again.
struct Place {
    at: u32,
    hash: u32,
}

impl Place {
    fn hash(&self) -> u64 {
        u64::from(self.hash) << 32 | u64::from(self.hash)
    }
}

impl<'s, V> Fields<'s, V> {
    pub fn new() -> Self {
        Fields { entries: vec![], places: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    pub fn find(&self, key: &str) -> Option<usize> {
        if self.entries.len() <= FEW {
            return self.entries.iter().position(|(k, _)| k.text == key);
        }
        self.placed(&self.place(0, key), key)
    }

    fn place(&self, at: usize, key: &str) -> Place {
        // A source has fewer than 2³² bytes, so a map has fewer keys. Of the hash, the lower half is taken.
        Place { at: u32::try_from(at).unwrap_or(u32::MAX), hash: self.hasher.hash_one(key) as u32 }
    }

    fn placed(&self, place: &Place, key: &str) -> Option<usize> {
        let is_it =
            |p: &Place| p.hash == place.hash && self.entries.get(p.at as usize).is_some_and(|(k, _)| k.text == key);
        self.places.find(place.hash(), is_it).map(|p| p.at as usize)
    }

    /// Adds a field, or tells where its key was written before.
    pub fn insert(&mut self, key: Key<'s>, value: V) -> Result<(), (Key<'s>, Span)> {
        let at = self.entries.len();
        if at == FEW {
            for at in 0..at {
                if let Some(place) = self.entries.get(at).map(|(k, _)| self.place(at, &k.text)) {
                    self.places.insert_unique(place.hash(), place, Place::hash);
                }
            }
        }
        let place = (at >= FEW).then(|| self.place(at, &key.text));
        let before = match &place {
            Some(place) => self.placed(place, &key.text),
            None => self.find(&key.text),
        };
        if let Some((first, _)) = before.and_then(|at| self.entries.get(at)) {
            return Err((key, first.span));
        }
        if let Some(place) = place {
            self.places.insert_unique(place.hash(), place, Place::hash);
        }
        if at == 0 {
            self.entries.reserve_exact(USUAL);
        }
        self.entries.push((key, value));
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn get(&self, at: usize) -> Option<&(Key<'s>, V)> {
        self.entries.get(at)
    }

    pub fn get_mut(&mut self, at: usize) -> Option<&mut (Key<'s>, V)> {
        self.entries.get_mut(at)
    }

    pub fn into_entries(self) -> Vec<(Key<'s>, V)> {
        self.entries
    }
}

/// What was written, cut where it would fill a line.
pub fn brief(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", text[..end].escape_debug())),
        None if text.chars().any(char::is_control) => Cow::Owned(text.escape_debug().to_string()),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(tree: &Tree, n: usize) -> Key<'static> {
        Key { span: tree.span(n, n + 1), text: format!("k{n}").into() }
    }

    #[test]
    fn a_second_key_is_found_in_small_maps_and_in_large_ones() {
        let tree = Tree::new(0);
        for size in [1, FEW - 1, FEW, FEW + 1, 1_000] {
            let mut fields = Fields::new();
            for n in 0..size {
                assert!(fields.insert(key(&tree, n), ()).is_ok(), "{n} of {size}");
            }
            for n in 0..size {
                assert_eq!(fields.find(&format!("k{n}")), Some(n));
                let (_, first) = fields.insert(key(&tree, n), ()).unwrap_err();
                assert_eq!(first.start as usize, n);
            }
            assert_eq!(fields.len(), size);
        }
    }

    #[test]
    fn mistakes_are_bounded_and_the_one_that_stops_is_kept() {
        let mut tree = Tree::new(0);
        for n in 0..10 * MAX_WRONG {
            let key = key(&tree, n);
            tree.duplicate(&key, key.span);
        }
        tree.too_deep(tree.span(5_000, 5_001));
        let wrong = tree.into_wrong();
        assert_eq!(wrong.len(), MAX_WRONG + 1);
        assert_eq!(wrong.last().unwrap().code, Code::TooDeep);
    }

    #[test]
    fn a_long_or_strange_key_stays_on_one_line() {
        assert_eq!(brief("a key"), "a key");
        assert_eq!(brief("a\nb"), "a\\nb");
        assert_eq!(brief(&"é".repeat(1_000)), format!("{}…", "é".repeat(60)));
    }
}
