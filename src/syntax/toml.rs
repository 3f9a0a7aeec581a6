//! TOML into the tree, in the order written, from the events of `toml_parser`: what the `toml` crate itself is built
//! on, which keeps both places of a duplicate key.

use super::build::{Fields, Stop, Tree, brief};
use super::{Code, Data, Diagnostic, Key, Node, Span, toml_error};
use std::borrow::Cow;
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::parser::{EventReceiver, ValidateWhitespace, parse_document};
use toml_parser::{ErrorSink, ParseError, Raw, Source};

type Place = toml_parser::Span;

pub(super) fn parse<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    let tree = Tree::new(file);
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let whole = tree.span(start, text.len());
    let source = Source::new(text);
    let tokens = source.lex().into_vec();
    let mut errors: Vec<ParseError> = vec![];
    let mut reader = Reader {
        text,
        tree,
        tables: vec![],
        current: ROOT,
        path: vec![],
        open: vec![],
        header: None,
        broken: false,
        stopped: false,
    };
    reader.table(whole, Written::Header, 0);
    parse_document(&tokens, &mut ValidateWhitespace::new(&mut reader, source), &mut errors);

    // What could be read of a broken file would bring follies of its own, such as a kind without entries.
    let sound = errors.is_empty() && !reader.stopped;
    // Where reading stopped the parser sees brackets without end.
    let errors = if reader.stopped { vec![] } else { errors };
    for wrong in toml_error::explain(text, errors) {
        let span = reader.tree.span(wrong.at.start, wrong.at.end);
        let mut said = Diagnostic::new(Code::Syntax, span, wrong.message);
        said.help = wrong.help.map(|help| help.into_help(|at| reader.tree.span(at.start, at.end)));
        reader.tree.say(said);
    }
    let root = if sound { reader.take(ROOT).ok() } else { None };
    (root, reader.tree.into_wrong())
}

const ROOT: usize = 0;

struct Reader<'s> {
    text: &'s str,
    tree: Tree,
    tables: Vec<Table<'s>>,
    /// The table that the last header opened.
    current: usize,
    /// The keys of the header or of the assignment that is being read.
    path: Vec<Key<'s>>,
    /// The arrays and inline tables that are being read.
    open: Vec<Open<'s>>,
    header: Option<Header>,
    /// A key or a value of this assignment is wrong, so that it is left out.
    broken: bool,
    /// Too deep or too large: the rest is passed over.
    stopped: bool,
}

struct Table<'s> {
    span: Span,
    written: Written,
    depth: usize,
    fields: Fields<'s, Item<'s>>,
}

/// How a table came to be, which decides who may add to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    /// `[a]`
    Header,
    /// The `a` of `[a.b]`.
    Implied,
    /// The `a` of `a.b = 1`.
    Dotted,
    /// `{ … }`
    Inline,
}

enum Item<'s> {
    Value(Node<'s>),
    Table(usize),
    /// `[[a]]`
    Tables(Vec<usize>),
}

struct Header {
    start: usize,
    array: bool,
}

struct Open<'s> {
    start: usize,
    depth: usize,
    /// The keys that the array or inline table is assigned to.
    path: Vec<Key<'s>>,
    inside: Inside<'s>,
}

enum Inside<'s> {
    Array(Vec<Node<'s>>),
    Table(usize),
}

impl<'s> Reader<'s> {
    fn span(&self, place: Place) -> Span {
        self.tree.span(place.start(), place.end())
    }

    fn raw(&self, place: Place, encoding: Option<Encoding>) -> Raw<'s> {
        Raw::new_unchecked(self.text.get(place.start()..place.end()).unwrap_or_default(), encoding, place)
    }

    fn table(&mut self, span: Span, written: Written, depth: usize) -> usize {
        self.tables.push(Table { span, written, depth, fields: Fields::new() });
        self.tables.len() - 1
    }

    /// Levels that the value being read stands inside.
    fn depth(&self) -> usize {
        let inside = |table: usize| self.tables.get(table).map_or(0, |t| t.depth) + self.path.len();
        match self.open.last() {
            None => inside(self.current),
            Some(Open { inside: Inside::Table(table), .. }) => inside(*table),
            Some(Open { inside: Inside::Array(_), depth, .. }) => depth + 1,
        }
    }

    fn begin(&mut self, place: Place, array: bool) -> bool {
        let depth = self.depth();
        if self.stopped || self.tree.enter(depth, self.span(place)).is_err() {
            self.stopped = true;
            return false;
        }
        let inside = if array {
            Inside::Array(vec![])
        } else {
            Inside::Table(self.table(self.span(place), Written::Inline, depth))
        };
        let path = std::mem::take(&mut self.path);
        self.open.push(Open { start: place.start(), depth, path, inside });
        true
    }

    fn end(&mut self, place: Place) -> Result<(), Stop> {
        let Some(Open { start, path, inside, .. }) = self.open.pop() else { return Ok(()) };
        self.path = path;
        let span = self.tree.span(start, place.end());
        let data = match inside {
            Inside::Array(items) => Data::List(items),
            Inside::Table(table) => self.take(table)?.data,
        };
        let node = self.tree.node(span, data)?;
        self.put(node)
    }

    fn put(&mut self, node: Node<'s>) -> Result<(), Stop> {
        let table = match self.open.last_mut() {
            Some(Open { inside: Inside::Array(items), .. }) => {
                items.push(node);
                return Ok(());
            }
            Some(Open { inside: Inside::Table(table), .. }) => *table,
            None => self.current,
        };
        let mut path = std::mem::take(&mut self.path);
        let Some(key) = path.pop().filter(|_| !self.broken) else { return Ok(()) };
        let Some(table) = self.descend(table, path, Written::Dotted)? else { return Ok(()) };
        self.add(table, key, Item::Value(node));
        Ok(())
    }

    fn add(&mut self, table: usize, key: Key<'s>, item: Item<'s>) {
        let Some(table) = self.tables.get_mut(table) else { return };
        if let Err((key, first)) = table.fields.insert(key, item) {
            self.tree.duplicate(&key, first);
        }
    }

    /// The table that `path` leads to from `from`, made where it is not there; `None` where it cannot be, which is then said.
    fn descend(&mut self, from: usize, path: Vec<Key<'s>>, by: Written) -> Result<Option<usize>, Stop> {
        let mut at = from;
        for key in path {
            let Some(table) = self.tables.get(at) else { return Ok(None) };
            let depth = table.depth + 1;
            let Some((first, item)) = table.fields.find(&key.text).and_then(|n| table.fields.get(n)) else {
                self.tree.enter(depth, key.span)?;
                let new = self.table(key.span, by, depth);
                self.add(at, key, Item::Table(new));
                at = new;
                continue;
            };
            let first = first.span;
            let (next, what) = match item {
                Item::Table(next) => (Some(*next), "a table"),
                Item::Tables(tables) => (tables.last().copied().filter(|_| by == Written::Implied), "a list"),
                Item::Value(node) => (None, node.describe()),
            };
            match next.and_then(|next| Some((next, self.tables.get_mut(next)?))) {
                // What a header defined, dotted keys elsewhere cannot add to.
                Some((_, table)) if by == Written::Dotted && table.written == Written::Header => {
                    self.tree.duplicate(&key, first);
                    return Ok(None);
                }
                Some((next, table)) => {
                    if by == Written::Dotted {
                        table.written = Written::Dotted;
                    }
                    at = next;
                }
                None => {
                    let message = format!("`{}` is {what} already, and cannot be a table as well", brief(&key.text));
                    let wrong = Diagnostic::new(Code::DuplicateKey, key.span, message).label("a table here");
                    self.tree.say(wrong.also(first, "first written here"));
                    return Ok(None);
                }
            }
        }
        Ok(Some(at))
    }

    /// Opens the table that the header names.
    fn open_table(&mut self, header: Header, end: usize) -> Result<(), Stop> {
        let span = self.tree.span(header.start, end);
        let mut path = std::mem::take(&mut self.path);
        let key = path.pop();
        let parent = self.descend(ROOT, path, Written::Implied)?;
        let (Some(key), Some(parent), false) = (key, parent, self.broken) else {
            self.current = self.stray(span);
            return Ok(());
        };
        let Some(table) = self.tables.get(parent) else { return Ok(()) };
        let depth = table.depth + if header.array { 2 } else { 1 };
        let Some(at) = table.fields.find(&key.text) else {
            self.tree.enter(depth, span)?;
            self.current = self.table(span, Written::Header, depth);
            let item = if header.array { Item::Tables(vec![self.current]) } else { Item::Table(self.current) };
            self.add(parent, key, item);
            return Ok(());
        };
        let new = self.stray(span);
        let first = match self.tables.get_mut(parent).and_then(|t| t.fields.get_mut(at)) {
            Some((_, Item::Tables(tables))) if header.array => {
                tables.push(new);
                if let Some(table) = self.tables.get_mut(new) {
                    table.depth = depth;
                }
                self.current = new;
                return Ok(());
            }
            Some((first, Item::Table(next))) if !header.array => {
                let (first, next) = (first.span, *next);
                if let Some(table) = self.tables.get_mut(next).filter(|t| t.written == Written::Implied) {
                    table.written = Written::Header;
                    table.span = span;
                    self.current = next;
                    return Ok(());
                }
                first
            }
            Some((first, _)) => first.span,
            None => return Ok(()),
        };
        self.current = new;
        self.tree.duplicate(&key, first);
        Ok(())
    }

    /// A table that stands nowhere, for what follows a header that is wrong.
    fn stray(&mut self, span: Span) -> usize {
        self.table(span, Written::Header, 0)
    }

    /// The table and all in it, taken out.
    fn take(&mut self, table: usize) -> Result<Node<'s>, Stop> {
        let Some(table) = self.tables.get_mut(table) else { return Err(Stop) };
        let span = table.span;
        let fields = std::mem::replace(&mut table.fields, Fields::new());
        let mut entries = vec![];
        for (key, item) in fields.into_entries() {
            let node = match item {
                Item::Value(node) => node,
                Item::Table(table) => self.take(table)?,
                Item::Tables(tables) => {
                    let items = tables.into_iter().map(|t| self.take(t)).collect::<Result<Vec<_>, _>>()?;
                    let span = items.first().map_or(key.span, |first| first.span);
                    self.tree.node(span, Data::List(items))?
                }
            };
            entries.push((key, node));
        }
        self.tree.node(span, Data::Map(entries))
    }

    fn scalar(&mut self, place: Place, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) -> Result<(), Stop> {
        let raw = self.raw(place, encoding);
        let span = self.span(place);
        let mut sound = true;
        let mut text = Cow::Borrowed("");
        let kind = raw.decode_scalar(&mut text, &mut |error| {
            sound = false;
            errors.report_error(error);
        });
        if !sound {
            self.broken = true;
            return Ok(());
        }
        let data = match kind {
            ScalarKind::String => Data::Text(text),
            ScalarKind::Boolean(b) => Data::Bool(b),
            ScalarKind::DateTime => {
                if let Err(error) = text.parse::<::toml::value::Datetime>() {
                    self.wrong(span, format!("`{}` is no date or time: {error}", brief(raw.as_str())));
                }
                Data::Text(Cow::Borrowed(raw.as_str()))
            }
            ScalarKind::Integer(radix) => match i64::from_str_radix(&text, radix.value()) {
                Ok(n) => Data::Int(n, raw.as_str()),
                Err(_) => {
                    self.wrong(span, "the number does not fit into 64 bits");
                    return Ok(());
                }
            },
            ScalarKind::Float => match text.parse::<f64>() {
                Ok(n) if n.is_finite() || text.ends_with("inf") || text.ends_with("nan") => {
                    Data::Float(n, raw.as_str())
                }
                _ => {
                    self.wrong(span, "the number is too large");
                    return Ok(());
                }
            },
        };
        let node = self.tree.node(span, data)?;
        self.put(node)
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>) {
        self.broken = true;
        self.tree.say(Diagnostic::new(Code::Syntax, span, message));
    }

    fn check(&mut self, done: Result<(), Stop>) {
        self.stopped |= done.is_err();
    }
}

impl EventReceiver for Reader<'_> {
    fn std_table_open(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.open.clear();
        self.path.clear();
        self.broken = false;
        self.header = Some(Header { start: place.start(), array: false });
    }

    fn array_table_open(&mut self, place: Place, _: &mut dyn ErrorSink) {
        self.open.clear();
        self.path.clear();
        self.broken = false;
        self.header = Some(Header { start: place.start(), array: true });
    }

    fn std_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        if let (Some(header), false) = (self.header.take(), self.stopped) {
            let done = self.open_table(header, place.end());
            self.check(done);
        }
    }

    fn array_table_close(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        self.std_table_close(place, errors);
    }

    fn inline_table_open(&mut self, place: Place, _: &mut dyn ErrorSink) -> bool {
        self.begin(place, false)
    }

    fn inline_table_close(&mut self, place: Place, _: &mut dyn ErrorSink) {
        if !self.stopped {
            let done = self.end(place);
            self.check(done);
        }
    }

    fn array_open(&mut self, place: Place, _: &mut dyn ErrorSink) -> bool {
        self.begin(place, true)
    }

    fn array_close(&mut self, place: Place, errors: &mut dyn ErrorSink) {
        self.inline_table_close(place, errors);
    }

    fn simple_key(&mut self, place: Place, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        if self.stopped {
            return;
        }
        let mut text = Cow::Borrowed("");
        let mut broken = false;
        self.raw(place, encoding).decode_key(&mut text, &mut |error| {
            broken = true;
            errors.report_error(error);
        });
        self.broken |= broken;
        self.path.push(Key { span: self.span(place), text });
        // A key of a thousand dots is refused before its tables are made.
        if self.path.len() > super::MAX_DEPTH {
            self.tree.too_deep(self.span(place));
            self.stopped = true;
        }
    }

    fn scalar(&mut self, place: Place, encoding: Option<Encoding>, errors: &mut dyn ErrorSink) {
        if !self.stopped {
            let done = Reader::scalar(self, place, encoding, errors);
            self.check(done);
        }
    }

    fn newline(&mut self, _: Place, _: &mut dyn ErrorSink) {
        if self.open.is_empty() {
            self.path.clear();
            self.broken = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::MAX_DEPTH;
    use super::*;
    use crate::value::Value;
    use proptest::prelude::*;
    // The crate, not this module.
    use ::toml;

    fn read(text: &str) -> Node<'_> {
        let (root, wrong) = parse(text, 0);
        assert_eq!(wrong, [], "{text}");
        root.unwrap_or_else(|| panic!("no tree of {text}"))
    }

    fn refused(text: &str) -> Vec<(&str, Code)> {
        let (_, wrong) = parse(text, 0);
        wrong.iter().map(|one| (at(text, one.span), one.code)).collect()
    }

    fn at(text: &str, span: Span) -> &str {
        &text[span.start as usize..span.end as usize]
    }

    /// The tree as JSON, which keeps the order.
    fn shown(node: &Node<'_>) -> String {
        super::super::tests::json(&Value::from(node))
    }

    #[test]
    fn spans_are_exact_behind_other_alphabets_and_line_ends() {
        let text =
            "\u{feff}# é\r\n[\"é€\".b]\r\nx = 'ü' # €\r\n\"k\\u0041\".c = [1, {d = 2.50}]\r\n\r\n[[t]]\r\ny = 1\r\n";
        let root = read(text);
        assert_eq!(at(text, root.span), text.trim_start_matches('\u{feff}'));
        let map = root.map().unwrap();
        assert_eq!((at(text, map[0].0.span), &*map[0].0.text), ("\"é€\"", "é€"));
        let b = &map[0].1.map().unwrap()[0];
        assert_eq!((at(text, b.0.span), at(text, b.1.span)), ("b", "[\"é€\".b]"));
        let fields = b.1.map().unwrap();
        assert_eq!((at(text, fields[0].0.span), at(text, fields[0].1.span)), ("x", "'ü'"));
        assert_eq!((at(text, fields[1].0.span), &*fields[1].0.text), ("\"k\\u0041\"", "kA"));
        let c = &fields[1].1.map().unwrap()[0];
        assert_eq!((at(text, c.0.span), at(text, c.1.span)), ("c", "[1, {d = 2.50}]"));
        let d = &c.1.list().unwrap()[1];
        assert_eq!((at(text, d.span), at(text, d.get("d").unwrap().span)), ("{d = 2.50}", "2.50"));
        assert_eq!(at(text, map[1].1.list().unwrap()[0].span), "[[t]]");
    }

    #[test]
    fn scalars_keep_their_spelling() {
        let root = read("a = 0o644\nb = 1_000\nc = 1.10\nd = -0x0\n".trim_end_matches("d = -0x0\n"));
        assert_eq!(root.get("a").unwrap().data, Data::Int(420, "0o644"));
        assert_eq!(root.get("b").unwrap().data, Data::Int(1000, "1_000"));
        assert_eq!(root.get("c").unwrap().data, Data::Float(1.1, "1.10"));
        let root = read("a = +7\nb = 0b11\nc = -inf\nd = 1e3\ne = 0xFF\nf = -9223372036854775808");
        assert_eq!(shown(&root), r#"{"a":7,"b":3,"c":-inf,"d":1000.0,"e":255,"f":-9223372036854775808}"#);
        assert!(matches!(read("a = nan").get("a").unwrap().data, Data::Float(n, "nan") if n.is_nan()));
    }

    #[test]
    fn dates_are_text_as_written() {
        for date in ["1979-05-27T07:32:00Z", "1979-05-27 07:32:00.999-07:00", "1979-05-27", "07:32:00"] {
            let text = format!("a = {date}");
            assert_eq!(read(&text).get("a").unwrap().text(), Some(date));
        }
        assert_eq!(refused("a = 2001-13-40"), [("2001-13-40", Code::Syntax)]);
    }

    #[test]
    fn texts_of_all_four_kinds_are_read() {
        let root = read("a = \"x\\t\\u00e9\"\nb = 'c:\\d'\nc = \"\"\"\none\n  two\\\n   three\"\"\"\nd = '''\n'q' '''");
        assert_eq!(shown(&root), r#"{"a":"x\té","b":"c:\\d","c":"one\n  twothree","d":"'q' "}"#);
    }

    #[test]
    fn tables_and_dotted_keys_merge_in_the_order_written() {
        let root = read(
            "z.y = 1\nz.x = 2\n[b.q]\nk = 1\n[a]\n[b]\nj = 2\ni.h = {g.f = 1, g.e = 2}\n[b.p]\n[[t]]\nn = 1\n[t.u]\n[[t]]\n[[t.v]]",
        );
        assert_eq!(
            shown(&root),
            r#"{"z":{"y":1,"x":2},"b":{"q":{"k":1},"j":2,"i":{"h":{"g":{"f":1,"e":2}}},"p":{}},"a":{},"t":[{"n":1,"u":{}},{"v":[{}]}]}"#
        );
    }

    #[test]
    fn a_key_written_twice_is_shown_in_both_places() {
        for (text, second, first) in [
            ("a = 1\na = 2", 6, 0),
            ("[t]\nk = 1\nk = 2", 10, 4),
            ("[a]\n[a]", 5, 1),
            ("a = {b = 1, b = 2}", 12, 5),
            ("a.b = 1\na.b = 2", 10, 2),
            ("a = 1\na.b = 2", 6, 0),
            ("a.b = 1\na = 2", 8, 0),
            ("a = {}\na.b = 1", 7, 0),
            ("a = {}\n[a.b]", 8, 0),
            ("a = []\n[[a]]", 9, 0),
            ("[[a]]\n[a]", 7, 2),
            ("[a]\n[[a]]", 6, 1),
            ("a.b = 1\n[a]", 9, 0),
            ("[a.b.c]\nz = 1\n[a]\nb.c.t = 2", 20, 5),
            ("[[a]]\n[b]\n[a.c]\n[a.c]", 19, 13),
            ("[a]\nb = 1\n[a.b]", 13, 4),
        ] {
            let (_, wrong) = parse(text, 0);
            assert_eq!(wrong.len(), 1, "{text}");
            assert_eq!(wrong[0].code, Code::DuplicateKey, "{text}");
            assert_eq!((wrong[0].span.start, wrong[0].also[0].0.start), (second, first), "{text}");
        }
        read("[a.b]\n[a]\nc = 1");
        read("a.b = 1\na.c = 2");
        read("[fruit]\napple.colour = 1\n[fruit.apple.taste]\nsweet = true");
    }

    #[test]
    fn every_broken_line_is_shown_once_and_the_confusion_after_it_is_not() {
        assert_eq!(
            refused("a = yes\nb = 1\nc = \"x\nd = 'é' e\n\nf ="),
            [("yes", Code::Syntax), ("\"x", Code::Syntax), ("e", Code::Syntax), ("", Code::Syntax)]
        );
        assert_eq!(refused("a = 1\nb = [\n1,\n2\n\nc = 3\nd = 4\n"), [("[", Code::Syntax)]);
        assert_eq!(refused(&"a = \n".repeat(1_000)).len(), 5);
    }

    #[test]
    fn the_caret_stands_under_what_is_wrong() {
        for (text, caret) in [
            ("a = hello world", "hello world"),
            ("é = 1", "é"),
            ("a = 0644", "0644"),
            ("a = 1.2.3", "1.2.3"),
            ("a = True", "True"),
            ("a = 99999999999999999999", "99999999999999999999"),
            ("a = 1e999", "1e999"),
            ("a = \"x\\d\"", "\\d"),
            ("a = \"x", "\"x"),
            ("a = '''x\ny", "'''x"),
            ("[a", "["),
            ("[[a]", "[["),
            ("a = {b = 1", "{"),
            ("a = ]", "]"),
            ("a: 1", ":"),
            ("= 1", "="),
            ("a = 1 b = 2", "1 b = 2"),
            ("a = 'it's'", "s'"),
            ("a", ""),
            ("a =", ""),
            ("a = 1 # \u{1}", "\u{1}"),
        ] {
            let wrong = refused(text);
            assert_eq!(wrong.first().map(|w| w.0), Some(caret), "{text}");
        }
    }

    #[test]
    fn emptiness_is_for_the_loader_to_judge() {
        for text in ["", "\u{feff}", "# only this\r\n"] {
            assert_eq!(read(text).data, Data::Map(vec![]));
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |n: usize| format!("a = {}{}", "[".repeat(n), "]".repeat(n));
        read(&nested(MAX_DEPTH - 1));
        for text in [
            nested(MAX_DEPTH),
            format!("a = {}", "[".repeat(1 << 20)),
            format!("a = {}", "{a = ".repeat(1 << 16)),
            format!("{}a = 1", "a.".repeat(1 << 18)),
            format!("[{}a]", "a.".repeat(MAX_DEPTH)),
            format!("[{}a]\n{}a = 1", "a.".repeat(40), "a.".repeat(40)),
            format!("a = {{{}b = {{ {}c = 1 }} }}", "a.".repeat(40), "a.".repeat(40)),
        ] {
            let (root, wrong) = parse(&text, 0);
            assert!(root.is_none());
            assert_eq!(wrong.iter().map(|w| w.code).collect::<Vec<_>>(), [Code::TooDeep], "{}", &text[..40]);
        }
    }

    proptest! {
        #[test]
        fn tables_are_accepted_and_merged_as_the_toml_crate_does(
            lines in prop::collection::vec(
                "\\[[abc](\\.[abc]){0,2}\\]|\\[\\[[abc](\\.[abc]){0,2}\\]\\]|[abc](\\.[abc]){0,2} = (1|\\{\\}|\\[\\]|\\[\\{a = 1\\}\\]|\\{[ab](\\.[ab])? = 1, [ab](\\.[ab])? = 2\\})",
                0..7,
            )
        ) {
            let text = lines.join("\n");
            let theirs = toml::from_str::<toml::Table>(&text);
            let (root, wrong) = parse(&text, 0);
            // The crate lets dotted keys reach deep into `[[a]]`, which TOML forbids.
            let stricter = wrong.iter().any(|one| one.message.contains("is a list already"));
            prop_assert!(wrong.is_empty() == theirs.is_ok() || stricter, "{}\n{:?} {:?}", text, wrong, theirs);
            if let (Ok(theirs), false) = (theirs, stricter) {
                let ours: serde_json::Value = serde_json::from_str(&shown(&root.unwrap())).unwrap();
                prop_assert_eq!(ours, serde_json::to_value(theirs).unwrap(), "{}", text);
            }
        }
    }
}
