//! YAML as Go's yaml.v3 reads it, anchors and merges expanded, from the events of `granit_parser`.

use super::build::{Fields, Stop, Tree, brief};
use super::plain::{Plain, resolve};
use super::{Code, Data, Diagnostic, Key, MAX_DEPTH, Node, Span, yaml_error};
use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScalarStyle, StrInput, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// Nodes that anchors and aliases may add; long text counts for more than one.
const MAX_COPIED: usize = 200_000;
const YAML_ORG: &str = "tag:yaml.org,2002:";

pub(super) fn parse<'s>(text: &'s str, file: u32) -> (Option<Node<'s>>, Vec<Diagnostic>) {
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
                Ok((event, At { span: spanned(span), tag: spanned(span.tag_span().unwrap_or(span)) }))
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
                self.begin(at, depth, anchor, tag.as_deref(), "seq")?;
                let items = self.list(depth)?;
                (anchor, Some(self.tree.node(Span { end: self.end.max(at.span.end), ..at.span }, Data::List(items))?))
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
        if anchor != 0 {
            self.open.push(anchor);
        }
        match tag {
            Some(tag) if tag_word(tag).is_some_and(|word| word != core && !word.is_empty()) => self.foreign(at.tag),
            _ => {}
        }
        Ok(())
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
