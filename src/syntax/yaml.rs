//! YAML as Go's yaml.v3 reads it, anchors and merges expanded, from the events of `granit_parser`.

use super::build::{Fields, Stop, Tree, brief};
use super::plain::{Plain, resolve};
use super::{Code, Data, Diagnostic, Key, MAX_DEPTH, Node, Span, yaml_block, yaml_error};
use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScalarStyle, StrInput, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// Nodes that anchors and aliases may add; long text counts for more than one.
const MAX_COPIED: usize = 200_000;
const YAML_ORG: &str = "tag:yaml.org,2002:";

pub(super) fn parse<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    match yaml_block::read(text, &mut Tree::new(file)) {
        Some(root) => (Some(root), vec![]),
        None => parse_all(text, file),
    }
}

/// Like [`parse`], by the parser for all of YAML.
pub(super) fn parse_all<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    let mut reader = Reader {
        text,
        events: Parser::new_from_str_with_options(text, options),
        tree: Tree::new(file),
        end: 0,
        anchors: HashMap::new(),
        open: vec![],
        brackets: vec![],
        aliased: text.contains('*'),
        copied: 0,
    };
    let root = reader.stream();
    (root.ok().flatten(), reader.tree.into_wrong())
}

struct Reader<'s> {
    text: &'s str,
    events: Parser<'s, StrInput<'s>>,
    tree: Tree,
    /// Where the last scalar, alias or bracket ended: block maps and lists have no end of their own.
    end: u32,
    anchors: HashMap<usize, Anchored<'s>>,
    /// Anchors of what is being read.
    open: Vec<usize>,
    /// The brackets that are not closed yet.
    brackets: Vec<Span>,
    /// Whether there can be an alias, so that anchored nodes must be kept.
    aliased: bool,
    copied: usize,
}

struct Anchored<'s> {
    node: Node<'s>,
    weight: usize,
    height: usize,
}

/// Where an event stands, and its tag.
#[derive(Clone, Copy)]
struct At {
    span: Span,
    tag: Span,
}

impl<'s> Reader<'s> {
    fn stream(&mut self) -> Result<Option<Node<'s>>, Stop> {
        let mut root = None;
        let mut documents = 0;
        loop {
            let (event, at) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(..) if documents > 0 => {
                    let wrong = Diagnostic::new(Code::Syntax, at.span, "a second document begins here");
                    return Err(self
                        .tree
                        .stop(wrong.say("a spec is one document: put the others in files of their own")));
                }
                Event::DocumentStart(..) => documents += 1,
                Event::StreamEnd if documents == 0 => return self.tree.node(at.span, Data::Null).map(Some),
                Event::StreamEnd => return Ok(root),
                event => root = self.node(event, at, 0)?,
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'s>, At), Stop> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let spanned = |span: granit_parser::Span| {
                    self.tree.span(offset(self.text, &span.start), offset(self.text, &span.end))
                };
                let own = spanned(span);
                Ok((event, At { span: own, tag: span.tag_span().map_or(own, spanned) }))
            }
            Some(Err(error)) => {
                let at = offset(self.text, error.marker());
                if *error.kind() == ErrorKind::RecursionLimitExceeded {
                    return Err(self.tree.too_deep(self.tree.span(at, at)));
                }
                let wrong = yaml_error::explain(self.text, at, error.kind());
                let span = self.tree.span(wrong.at.start, wrong.at.end);
                let mut said = Diagnostic::new(Code::Syntax, span, wrong.message);
                if let Some(help) = wrong.help {
                    said = said.say(help);
                }
                if let Some(bracket) = self.brackets.last().filter(|b| b.start != span.start) {
                    said = said.also(*bracket, "opened here, and not closed yet");
                }
                Err(self.tree.stop(said))
            }
            None => {
                let end = self.tree.span(self.text.len(), self.text.len());
                Err(self.tree.stop(Diagnostic::new(Code::Syntax, end, "the file ends too early")))
            }
        }
    }

    /// The node that `event` begins; `None` where it is wrong and has been said to be.
    fn node(&mut self, event: Event<'s>, at: At, depth: usize) -> Result<Option<Node<'s>>, Stop> {
        let (anchor, node) = match event {
            Event::Scalar(value, style, anchor, tag) => (anchor, self.scalar(value, style, tag.as_deref(), at)?),
            Event::SequenceStart(_, anchor, tag) => {
                let at = At { span: self.with_dash(at.span), ..at };
                self.begin(at, depth, anchor, tag.as_deref(), "seq")?;
                let items = self.list(depth)?;
                // What is behind the first `-` may begin with another one.
                let within = items.first().is_some_and(|first| first.span.start == at.span.start);
                let span = if within { self.behind_dash(at.span) } else { at.span };
                (anchor, Some(self.tree.node(Span { end: self.end.max(at.span.end), ..span }, Data::List(items))?))
            }
            Event::MappingStart(_, anchor, tag) => {
                self.begin(at, depth, anchor, tag.as_deref(), "map")?;
                let entries = self.map(depth)?;
                (anchor, Some(self.tree.node(Span { end: self.end.max(at.span.end), ..at.span }, Data::Map(entries))?))
            }
            Event::Alias(anchor) => return self.alias(anchor, at.span, depth),
            Event::UnresolvedAlias(name) => {
                self.end = at.span.end;
                let message = format!("no anchor `&{}` stands before this alias", brief(&name));
                let wrong = Diagnostic::new(Code::Syntax, at.span, message);
                self.tree.say(wrong.say("quote it if the `*` belongs to the text"));
                return Ok(None);
            }
            _ => return Ok(None),
        };
        if anchor != 0 {
            self.open.retain(|open| *open != anchor);
            if let (Some(node), true) = (&node, self.aliased) {
                let (weight, height) = measure(node);
                self.copy(weight, node.span)?;
                self.anchors.insert(anchor, Anchored { node: node.clone(), weight, height });
            }
        }
        Ok(node)
    }

    fn begin(&mut self, at: At, depth: usize, anchor: usize, tag: Option<&Tag>, core: &str) -> Result<(), Stop> {
        self.tree.enter(depth, at.span)?;
        self.end = at.span.end;
        if at.span.start < at.span.end {
            self.brackets.push(at.span);
        }
        if anchor != 0 {
            self.open.push(anchor);
        }
        if tag.is_some_and(|tag| !matches!(tag_word(tag).as_deref(), Some(word) if word.is_empty() || word == core)) {
            self.foreign(at.tag);
        }
        Ok(())
    }

    /// A list that is not indented is said to begin behind its first `-`.
    fn with_dash(&self, span: Span) -> Span {
        let block =
            span.start == span.end && !self.text.get(span.start as usize..).is_some_and(|rest| rest.starts_with('-'));
        if block { self.behind_dash(span) } else { span }
    }

    fn behind_dash(&self, span: Span) -> Span {
        let before = self.text.get(..span.start as usize).unwrap_or_default().trim_end_matches([' ', '\t']);
        match before.strip_suffix('-') {
            Some(before) => self.tree.span(before.len(), before.len()),
            None => span,
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Node<'s>>, Stop> {
        let mut items = vec![];
        loop {
            match self.next()? {
                (Event::SequenceEnd, at) => {
                    self.close(at.span);
                    return Ok(items);
                }
                (event, at) => items.extend(self.node(event, at, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Key<'s>, Node<'s>)>, Stop> {
        let mut fields = Fields::new();
        let mut merged: Option<Merge<'s>> = None;
        loop {
            let (event, at) = match self.next()? {
                (Event::MappingEnd, at) => {
                    self.close(at.span);
                    break;
                }
                key => key,
            };
            let merges = is_merge(&event, at.span);
            let key = self.key(event, at, depth)?;
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth + 1)?;
            let (Some(key), Some(value)) = (key, value) else { continue };
            if !merges {
                if let Err((key, first)) = fields.insert(key, value) {
                    self.tree.duplicate(&key, first);
                }
                continue;
            }
            match &merged {
                Some(first) => self.tree.duplicate(&key, first.span),
                None => merged = Some(Merge { span: key.span, at: fields.len(), maps: self.maps_to_merge(value) }),
            }
        }
        Ok(match merged {
            Some(merge) => merge.into(fields),
            None => fields.into_entries(),
        })
    }

    fn key(&mut self, event: Event<'s>, at: At, depth: usize) -> Result<Option<Key<'s>>, Stop> {
        let empty = matches!(&event, Event::Scalar(_, ScalarStyle::Plain, ..)) && at.span.start == at.span.end;
        let written = match &event {
            Event::Scalar(value, ..) if !empty => Some(value.clone()),
            _ => None,
        };
        let Some(node) = self.node(event, at, depth + 1)? else { return Ok(None) };
        let text = match (written, node.data) {
            _ if empty => {
                self.tree.say(Diagnostic::new(Code::Syntax, at.span, "no key stands before this `:`"));
                return Ok(None);
            }
            (Some(text), _) | (None, Data::Text(text)) => text,
            (None, Data::Int(_, raw) | Data::Float(_, raw)) => Cow::Borrowed(raw),
            (None, Data::Bool(b)) => Cow::Borrowed(if b { "true" } else { "false" }),
            (None, Data::Null) => Cow::Borrowed("null"),
            (None, data @ (Data::List(_) | Data::Map(_))) => {
                let node = Node { span: node.span, data };
                let message = format!("{} stands where a key should", node.describe());
                let wrong = Diagnostic::new(Code::Syntax, node.span, message);
                self.tree.say(wrong.say("quote it if it is a value of a template or text"));
                return Ok(None);
            }
        };
        Ok(Some(Key { span: at.span, text }))
    }

    fn scalar(
        &mut self,
        value: Cow<'s, str>,
        style: ScalarStyle,
        tag: Option<&Tag>,
        At { mut span, tag: tag_span }: At,
    ) -> Result<Option<Node<'s>>, Stop> {
        let written = self.text.get(span.start as usize..span.end as usize).unwrap_or_default();
        // The parser's word for nothing is `~`.
        let empty = style == ScalarStyle::Plain && written.is_empty();
        let value = if empty { Cow::Borrowed("") } else { value };
        if empty && self.text.get(span.start as usize..).is_some_and(|rest| rest.starts_with(':')) {
            span = Span { start: span.start + 1, end: span.start + 1, ..span };
        }
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            span = self.tree.span(span.start as usize, span.start as usize + written.trim_end().len());
        }
        self.end = span.end;
        let raw = match &value {
            Cow::Borrowed(value) => *value,
            Cow::Owned(_) => written,
        };
        let plain = match style {
            ScalarStyle::Plain => resolve(&value),
            _ => Plain::Text,
        };
        let word = tag.map(tag_word);
        let meant = match word.as_ref().map(|w| w.as_deref()) {
            None | Some(Some("")) => Some(plain),
            Some(Some("str" | "timestamp")) => Some(Plain::Text),
            Some(Some(word @ ("int" | "float" | "bool" | "null"))) => match (word, resolve(&value)) {
                ("float", Plain::Int(n)) => Some(Plain::Float(n as f64)),
                ("int", n @ Plain::Int(_)) | ("float", n @ Plain::Float(_)) => Some(n),
                ("bool", b @ Plain::Bool(_)) | ("null", b @ Plain::Null) => Some(b),
                _ => {
                    let message = format!("`{}` does not read as `!!{word}`", brief(&value));
                    self.tree.say(Diagnostic::new(Code::Syntax, span, message));
                    return Ok(None);
                }
            },
            Some(_) => None,
        };
        let data = match meant {
            Some(Plain::Null) => Data::Null,
            Some(Plain::Bool(b)) => Data::Bool(b),
            Some(Plain::Int(n)) => Data::Int(n, raw),
            Some(Plain::Float(n)) => Data::Float(n, raw),
            Some(Plain::Text) => Data::Text(value),
            None => {
                self.foreign(tag_span);
                return Ok(None);
            }
        };
        self.tree.node(span, data).map(Some)
    }

    /// What an alias names, at the alias's place; what stands inside keeps the places where it was written.
    fn alias(&mut self, anchor: usize, span: Span, depth: usize) -> Result<Option<Node<'s>>, Stop> {
        self.end = span.end;
        if self.open.contains(&anchor) {
            self.tree.say(Diagnostic::new(Code::Syntax, span, "this alias stands inside what it names"));
            return Ok(None);
        }
        let Some((weight, height)) = self.anchors.get(&anchor).map(|a| (a.weight, a.height)) else {
            return Ok(None);
        };
        if depth + height > MAX_DEPTH {
            return Err(self.tree.too_deep(span));
        }
        self.copy(weight, span)?;
        Ok(self.anchors.get(&anchor).map(|a| Node { span, data: a.node.data.clone() }))
    }

    fn copy(&mut self, weight: usize, span: Span) -> Result<(), Stop> {
        self.copied = self.copied.saturating_add(weight);
        if self.copied > MAX_COPIED {
            let message = format!("aliases make the file come to more than {MAX_COPIED} values");
            return Err(self.tree.stop(Diagnostic::new(Code::TooLarge, span, message)));
        }
        self.tree.take(weight, span)
    }

    fn maps_to_merge(&mut self, value: Node<'s>) -> Vec<Node<'s>> {
        let candidates = match value.data {
            Data::List(items) => items,
            data => vec![Node { span: value.span, data }],
        };
        let (maps, others): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|c| c.map().is_some());
        for other in others {
            let message = format!("`<<` merges a map or a list of maps, and this is {}", other.describe());
            self.tree.say(Diagnostic::new(Code::Syntax, other.span, message));
        }
        maps
    }

    fn foreign(&mut self, tag: Span) {
        let written = self.text.get(tag.start as usize..tag.end as usize).unwrap_or_default();
        let wrong = Diagnostic::new(Code::Syntax, tag, format!("the tag `{}` means nothing in a spec", brief(written)));
        self.tree.say(wrong.say("quote the whole if the `!` belongs to the text"));
    }

    fn close(&mut self, bracket: Span) {
        if bracket.start < bracket.end {
            self.end = bracket.end;
            self.brackets.pop();
        }
    }
}

/// A map's `<<`: where it stands among the other keys, and what it merges, the strongest first.
struct Merge<'s> {
    span: Span,
    at: usize,
    maps: Vec<Node<'s>>,
}

impl<'s> Merge<'s> {
    /// The map's own keys win, wherever they stand.
    fn into(self, own: Fields<'s, Node<'s>>) -> Vec<(Key<'s>, Node<'s>)> {
        let mut merged = Fields::new();
        for map in self.maps {
            let Data::Map(entries) = map.data else { continue };
            for (key, value) in entries {
                if own.find(&key.text).is_none() {
                    // An earlier map of the list has it already.
                    let _ = merged.insert(key, value);
                }
            }
        }
        let mut entries = own.into_entries();
        let at = self.at.min(entries.len());
        entries.splice(at..at, merged.into_entries());
        entries
    }
}

fn is_merge(event: &Event<'_>, span: Span) -> bool {
    match event {
        Event::Scalar(value, ScalarStyle::Plain, _, tag) => {
            value == "<<"
                && span.start < span.end
                && tag.as_deref().map(tag_word).is_none_or(|word| matches!(word.as_deref(), Some("" | "merge")))
        }
        _ => false,
    }
}

/// `str` of `!!str`, nothing of `!`; `None` for a tag of one's own.
fn tag_word(tag: &Tag) -> Option<Cow<'_, str>> {
    match tag.parts() {
        ("", "!") | ("!", "") => Some(Cow::Borrowed("")),
        _ => tag.suffix_in_namespace(YAML_ORG),
    }
}

/// How many nodes a copy comes to, its owned text counted by the line, and how many levels deep it is.
fn measure(node: &Node<'_>) -> (usize, usize) {
    let owned = |text: &Cow<'_, str>| if let Cow::Owned(text) = text { text.len() / 64 } else { 0 };
    let mut weight = 1;
    let mut height = 0;
    let mut add = |child: &Node<'_>| {
        let (w, h) = measure(child);
        weight += w;
        height = height.max(h);
    };
    match &node.data {
        Data::Text(text) => weight += owned(text),
        Data::List(items) => {
            items.iter().for_each(&mut add);
            height += 1;
        }
        Data::Map(entries) => {
            entries.iter().for_each(|(_, value)| add(value));
            weight += entries.iter().map(|(key, _)| owned(&key.text)).sum::<usize>();
            height += 1;
        }
        _ => {}
    }
    (weight, height)
}

/// A marker as an offset in bytes, on a character boundary.
fn offset(text: &str, marker: &Marker) -> usize {
    let at =
        marker.byte_offset().unwrap_or_else(|| text.char_indices().nth(marker.index()).map_or(text.len(), |(n, _)| n));
    text.floor_char_boundary(at.min(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn read(text: &str) -> Node<'_> {
        let (root, wrong) = parse(text, 0);
        assert_eq!(wrong, [], "{text}");
        root.unwrap_or_else(|| panic!("no tree of {text}"))
    }

    fn refused(text: &str) -> (&str, Code) {
        let (_, wrong) = parse(text, 0);
        let one = wrong.first().unwrap_or_else(|| panic!("nothing wrong with {text}"));
        (at(text, one.span), one.code)
    }

    fn at(text: &str, span: Span) -> &str {
        &text[span.start as usize..span.end as usize]
    }

    fn shown(text: &str) -> String {
        super::super::tests::json(&Value::from(&read(text)))
    }

    #[test]
    fn a_list_begins_at_its_first_dash() {
        for text in ["- -1\n- 2", "- - a\n- b", "-\n- a", "- &x -1", "- a: 1\n  b: 2", "- [a]"] {
            for (head, indent) in [("", ""), ("k:\n", ""), ("k:\n", "  ")] {
                let text = format!("{head}{indent}{}", text.replace('\n', &format!("\n{indent}")));
                let root = read(&text);
                let list = root.get("k").unwrap_or(&root);
                assert_eq!(list.span.start as usize, head.len() + indent.len(), "{text:?}");
            }
        }
    }

    #[test]
    fn spans_are_exact_behind_other_alphabets_and_line_ends() {
        let text = "\u{feff}# é\r\né€:\r\n  b: ü # €\r\n  \"c\\u0041\":\r\n    - 'x'\r\n    - [1, {d: 2.50}]\r\n  e: |\r\n    ö\r\n    two\r\n\r\n  n:\r\nz: 0644\r\n";
        let root = read(text);
        let map = root.map().unwrap();
        assert_eq!(at(text, root.span), text.trim_start_matches("\u{feff}# é\r\n").trim_end());
        assert_eq!(at(text, map[0].0.span), "é€");
        let fields = map[0].1.map().unwrap();
        assert_eq!((at(text, fields[0].0.span), at(text, fields[0].1.span)), ("b", "ü"));
        assert_eq!((at(text, fields[1].0.span), &*fields[1].0.text), ("\"c\\u0041\"", "cA"));
        let c = fields[1].1.list().unwrap();
        assert_eq!((at(text, c[0].span), at(text, c[1].span)), ("'x'", "[1, {d: 2.50}]"));
        assert_eq!(at(text, fields[1].1.span), "- 'x'\r\n    - [1, {d: 2.50}]");
        assert_eq!((at(text, fields[2].1.span), fields[2].1.text()), ("ö\r\n    two", Some("ö\ntwo\n")));
        assert_eq!((fields[3].1.span.start as usize, &fields[3].1.data), (text.find("n:").unwrap() + 2, &Data::Null));
        assert_eq!((at(text, map[1].1.span), &map[1].1.data), ("0644", &Data::Int(420, "0644")));
        let text = "a:\n- b\n- - c\n";
        let list = read(text).get("a").unwrap().clone();
        assert_eq!((at(text, list.span), at(text, list.list().unwrap()[1].span)), ("- b\n- - c", "- c"));
    }

    #[test]
    fn quotes_make_text_and_plain_words_mean_what_goss_takes_them_for() {
        assert_eq!(
            shown(
                "[yes, no, on, y, true, FALSE, ~, '~', 'true', \"5\", 5, 0644, 1_000, 0o17, 1.50, 2001-12-14, .inf, 12:30]"
            ),
            r#"["yes","no","on","y",true,false,null,"~","true","5",5,420,1000,15,1.5,"2001-12-14",inf,"12:30"]"#
        );
        assert_eq!(shown("a:\nb: ''\nc: |\n  5\nd: >-\n  true\n"), r#"{"a":null,"b":"","c":"5\n","d":"true"}"#);
        assert_eq!(shown("1: a\ntrue: b\n~: c\n0644: d\n"), r#"{"1":"a","true":"b","~":"c","0644":"d"}"#);
    }

    #[test]
    fn core_tags_decide_and_other_tags_are_refused() {
        assert_eq!(
            shown(
                "[!!str 5, !!int '5', !!float 1, !!str, !!null '', !!bool \"true\", ! 5, !!map {}, !!seq [], !<tag:yaml.org,2002:int> 7]"
            ),
            r#"["5",5,1.0,"",null,true,5,{},[],7]"#
        );
        for (text, caret) in [
            ("a: !'text'", "!'text'"),
            ("a: !foo bar", "!foo"),
            ("a: !/re/", "!/re/"),
            ("a: !!binary eA==", "!!binary"),
            ("a: !!int x", "x"),
            ("a: !!bool 1", "1"),
            ("a: !!seq {}", "!!seq"),
            ("a: !foo [1]", "!foo"),
            ("!foo a: 1", "!foo"),
        ] {
            assert_eq!(refused(text), (caret, Code::Syntax), "{text}");
        }
    }

    #[test]
    fn aliases_stand_where_they_are_written_and_what_is_in_them_where_it_was() {
        let text = "base: &b {k: [1, é]}\nname: &n web\ncopy: *b\nlist: [*b, *n]\n*n : x\n";
        let root = read(text);
        assert_eq!(
            shown(text),
            r#"{"base":{"k":[1,"é"]},"name":"web","copy":{"k":[1,"é"]},"list":[{"k":[1,"é"]},"web"],"web":"x"}"#
        );
        let copy = root.get("copy").unwrap();
        assert_eq!(at(text, copy.span), "*b");
        assert_eq!(copy.get("k").unwrap().span, root.get("base").unwrap().get("k").unwrap().span);
        assert_eq!(shown("a: &a 1\nb: &a 2\nc: *a\n"), r#"{"a":1,"b":2,"c":2}"#);
    }

    #[test]
    fn merges_give_way_to_the_maps_own_keys_and_the_first_of_a_list_wins() {
        let base = "a: &a {k: 1, l: 1}\nb: &b {l: 2, m: 2}\n";
        let merged = |x: &str| {
            let text = format!("{base}x: {x}\n");
            let (root, wrong) = parse(&text, 0);
            assert_eq!(wrong, [], "{text}");
            super::super::tests::json(&Value::from(root.unwrap().get("x").unwrap()))
        };
        assert_eq!(merged("{<<: *a, l: 9}"), r#"{"k":1,"l":9}"#);
        assert_eq!(merged("{l: 9, <<: *a, z: 0}"), r#"{"l":9,"k":1,"z":0}"#);
        assert_eq!(merged("{<<: [*a, *b]}"), r#"{"k":1,"l":1,"m":2}"#);
        assert_eq!(merged("{<<: {q: 1}}"), r#"{"q":1}"#);
        assert_eq!(merged("{'<<': 1}"), r#"{"<<":1}"#);
        assert_eq!(merged("{<<: []}"), "{}");
        assert_eq!(refused("x: {<<: 5}"), ("5", Code::Syntax));
        assert_eq!(refused("x: {<<: [{}, 5]}"), ("5", Code::Syntax));
        assert_eq!(refused("x: {<<: {}, <<: {}}"), ("<<", Code::DuplicateKey));
    }

    #[test]
    fn a_key_written_twice_is_shown_in_both_places() {
        let text = "file:\n  é: {a: 1}\n  b:\n    k: 1\n    l: 2\n    'k': 3\n  \"b\": 4\n";
        let (root, wrong) = parse(text, 0);
        assert!(root.is_some());
        let places: Vec<_> = wrong.iter().map(|w| (w.code, at(text, w.span), w.also[0].0.start as usize)).collect();
        let (b, k) = (text.find("b:").unwrap(), text.find("k: 1").unwrap());
        assert_eq!(places, [(Code::DuplicateKey, "'k'", k), (Code::DuplicateKey, "\"b\"", b)]);
    }

    #[test]
    fn the_caret_stands_under_what_is_wrong() {
        for (text, caret) in [
            ("a: [1, 2", "["),
            ("a: {b: 1]", "{"),
            ("a: \"x", "\"x"),
            ("é: b: c", ":"),
            ("a:\n\tb: 1", "\t"),
            ("a: 1\n b: 2", ":"),
            ("a: 1\nfoo\nb: 2", "foo"),
            ("a:\n  b: 1\n c: 2", "c: 2"),
            ("é: @x", "@"),
            ("a: `x`", "`"),
            ("a: \"x \\d+\"", "\\d"),
            ("a: - b", "-"),
            ("k: \"abc\" def", "def"),
            ("a: *", "*"),
            ("a: *.conf", "*.conf"),
            ("a: |x", "|x"),
            ("a: }", "}"),
            ("? [a]\n: b", "[a]"),
            ("{a: 1}: b", "{a: 1}"),
            (": x", ""),
            ("&a [*a]", "*a"),
            ("---\na: 1\n---\nb: 2", "---"),
            ("a: 1\n---\n", "---"),
            ("a: x\u{0}", "\u{0}"),
        ] {
            assert_eq!(refused(text), (caret, Code::Syntax), "{text:?}");
        }
    }

    #[test]
    fn two_mistakes_that_do_not_stop_the_parser_are_both_shown() {
        let (root, wrong) = parse("a: *x\nb: !y z\nb: 1\nc: 2\n", 0);
        assert_eq!(wrong.len(), 2);
        assert_eq!(
            Value::from(&root.unwrap()),
            Value::Map(vec![("b".into(), Value::Int(1)), ("c".into(), Value::Int(2))])
        );
    }

    #[test]
    fn emptiness_is_for_the_loader_to_judge() {
        for text in ["", "\u{feff}", "# only this\r\n", "---\n", "---\n...\n", "%YAML 1.1\n---\n"] {
            assert_eq!(read(text).data, Data::Null, "{text:?}");
        }
    }

    #[test]
    fn depth_is_bounded_however_it_is_written() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        read(&nested(MAX_DEPTH));
        let block = |n: usize| (0..n).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>();
        read(&block(MAX_DEPTH));
        let chain = (1..200).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect::<String>();
        for text in [
            nested(MAX_DEPTH + 1),
            block(MAX_DEPTH + 1),
            block(500),
            "[".repeat(200_000),
            "{a: ".repeat(50_000),
            "- ".repeat(100_000),
            "? ".repeat(100_000),
            format!("a0: &a0 [x]\n{chain}"),
        ] {
            let (root, wrong) = parse(&text, 0);
            assert!(root.is_none());
            assert_eq!(wrong[0].code, Code::TooDeep, "{}", &text[..20]);
        }
    }

    #[test]
    fn aliases_cannot_blow_the_tree_up() {
        let line = |n: usize| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","));
        let laughs = format!("a0: &a0 [x]\n{}", (1..40).map(line).collect::<String>());
        let long = format!("a: &a \"{}\"\nb: [{}]\n", "x\\n".repeat(10_000), vec!["*a"; 50_000].join(","));
        let keys = format!("a: &a {{\"{}\": 1}}\nb: [{}]\n", "x\\n".repeat(250), vec!["*a"; 100_000].join(","));
        for text in [laughs, long, keys] {
            let (root, wrong) = parse(&text, 0);
            assert!(root.is_none());
            assert_eq!(wrong.last().unwrap().code, Code::TooLarge);
        }
    }
}
