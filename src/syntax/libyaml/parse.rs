//! Tokens to the tree of the first document, by the grammar of yaml.v3's parserc.go.

use super::super::{Code, Diagnostic, MAX_NODES, Span};
use super::scan::{Kind, Scanner, Token, too_deep};
use super::{Body, Document, Id, MAX_DEPTH, Node};
use std::borrow::Cow;
use std::collections::HashMap;

const YAML_ORG: &str = "tag:yaml.org,2002:";

/// The first document of a text; what follows is not looked at, but for its first tokens.
pub fn parse<'s>(text: &'s str, file: u32) -> Result<Document<'s>, Box<Diagnostic>> {
    let scanner = Scanner::new(text, file);
    if let Some((at, c)) = text.char_indices().find(|(_, c)| !is_allowed(*c)) {
        let span = scanner.span(at, at + c.len_utf8());
        let message = format!("the character U+{:04X} may not stand in YAML", u32::from(c));
        return Err(Box::new(Diagnostic::new(Code::Syntax, span, message)));
    }
    let mut parser = Parser {
        scanner,
        nodes: vec![],
        anchors: HashMap::new(),
        tags: vec![("!", Cow::Borrowed("!")), ("!!", Cow::Borrowed(YAML_ORG))],
        end: 0,
    };
    let root = parser.document()?;
    Ok(Document { nodes: parser.nodes, root })
}

/// YAML 1.1, section 5.1.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{fffd}' | '\u{10000}'..)
}

pub(super) struct Parser<'s> {
    pub scanner: Scanner<'s>,
    pub nodes: Vec<Node<'s>>,
    anchors: HashMap<&'s str, Id>,
    /// What tags' handles stand for.
    tags: Vec<(&'s str, Cow<'s, str>)>,
    /// Where the last scalar, alias or bracket ended.
    pub end: usize,
}

pub(super) type Parse<T> = Result<T, Box<Diagnostic>>;

impl<'s> Parser<'s> {
    fn document(&mut self) -> Parse<Option<Id>> {
        self.scanner.take()?;
        self.directives()?;
        let root = match self.scanner.peek()?.kind {
            Kind::StreamEnd => return Ok(None),
            Kind::DocumentStart => {
                let start = self.scanner.take()?;
                match self.scanner.peek()?.kind {
                    Kind::Version(..)
                    | Kind::TagDirective(..)
                    | Kind::DocumentStart
                    | Kind::DocumentEnd
                    | Kind::StreamEnd => self.empty(start.end)?,
                    _ => self.node(true, false, 0)?,
                }
            }
            _ => self.node(true, false, 0)?,
        };
        self.scanner.peek()?;
        Ok(Some(root))
    }

    fn directives(&mut self) -> Parse<()> {
        let (mut version, mut any) = (false, false);
        let mut own: Vec<&'s str> = vec![];
        loop {
            let wrong = match &self.scanner.peek()?.kind {
                Kind::Version(..) if version => "a second `%YAML` stands here",
                Kind::Version(1, 1) => "",
                Kind::Version(..) => "goss reads no YAML but 1.1 where its version is said",
                Kind::TagDirective(handle, _) if own.contains(handle) => "this handle has been given a meaning before",
                Kind::TagDirective(..) => "",
                Kind::DocumentStart => return Ok(()),
                _ if any => "`---` should stand before this",
                _ => return Ok(()),
            };
            let token = self.scanner.take()?;
            if !wrong.is_empty() {
                return Err(self.wrong(token.start, token.end, wrong, "remove the line"));
            }
            any = true;
            match token.kind {
                Kind::TagDirective(handle, prefix) => {
                    own.push(handle);
                    self.tags.retain(|(known, _)| *known != handle);
                    self.tags.push((handle, prefix));
                }
                _ => version = true,
            }
        }
    }

    /// A node of any kind. In a `block` it may be a block; a list may stand at the indent of the key before it only if it
    /// is `indentless`.
    pub fn node(&mut self, block: bool, indentless: bool, depth: usize) -> Parse<Id> {
        let token = self.scanner.peek()?;
        let start = token.start;
        if let Kind::Alias(name) = token.kind {
            let token = self.scanner.take()?;
            self.end = token.end;
            let Some(id) = self.anchors.get(name) else {
                let message = format!("no anchor `&{name}` stands before this alias");
                return Err(self.wrong(start, token.end, &message, "quote it if the `*` belongs to the text"));
            };
            let body = Body::Alias(name, *id);
            return self.push(self.span(start, token.end), None, body);
        }
        let (anchor, tag) = self.properties()?;
        let property = anchor.is_some() || tag.is_some();
        let token = self.scanner.peek()?;
        let (at, end) = (token.start, token.end);
        // What a list's or a map's brackets, or its first element, say of where it begins.
        let begin = if property { start } else { at };
        let list = match token.kind {
            Kind::BlockEntry if indentless => true,
            Kind::FlowSequenceStart => true,
            Kind::BlockSequenceStart if block => true,
            Kind::FlowMappingStart => false,
            Kind::BlockMappingStart if block => false,
            Kind::Scalar(..) => {
                let token = self.scanner.take()?;
                self.end = token.end;
                let Token { kind: Kind::Scalar(text, quoted), .. } = token else { return self.empty(at) };
                // `! x` is what it would be without.
                let body = Body::Scalar { text, quoted };
                let id = self.push(self.span(at, token.end), tag, body)?;
                self.anchor(anchor, id);
                return Ok(id);
            }
            _ if property => {
                let body = Body::Scalar { text: Cow::Borrowed(""), quoted: false };
                let end = self.end;
                let id = self.push(self.span(start, end), tag, body)?;
                self.anchor(anchor, id);
                return Ok(id);
            }
            _ => return Err(self.no_node(at, end)),
        };
        if depth >= MAX_DEPTH {
            return Err(Box::new(too_deep(self.span(at, end))));
        }
        let body = if list { Body::List(vec![]) } else { Body::Map(vec![]) };
        let id = self.push(self.span(begin, end), tag, body)?;
        self.anchor(anchor, id);
        let body = match self.scanner.peek()?.kind {
            Kind::BlockEntry => Body::List(self.indentless_list(depth + 1)?),
            Kind::FlowSequenceStart => Body::List(self.flow_list(depth + 1)?),
            Kind::BlockSequenceStart => Body::List(self.block_list(depth + 1)?),
            Kind::FlowMappingStart => Body::Map(self.flow_map(depth + 1)?),
            _ => Body::Map(self.block_map(depth + 1)?),
        };
        let span = self.span(begin, self.end);
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            (node.body, node.span) = (body, span);
        }
        Ok(id)
    }

    fn properties(&mut self) -> Parse<(Option<&'s str>, Option<Cow<'s, str>>)> {
        let (mut anchor, mut tag) = (None, None);
        // One of each, in either order.
        loop {
            match self.scanner.peek()?.kind {
                Kind::Anchor(name) if anchor.is_none() => {
                    self.end = self.scanner.take()?.end;
                    anchor = Some(name);
                }
                Kind::Tag(..) if tag.is_none() => {
                    let token = self.scanner.take()?;
                    self.end = token.end;
                    tag = Some(self.resolve_tag(token)?);
                }
                // `!` says nothing, but something stands here.
                _ => return Ok((anchor, tag)),
            }
        }
    }

    fn resolve_tag(&self, token: Token<'s>) -> Parse<Cow<'s, str>> {
        let Kind::Tag(handle, suffix) = token.kind else { return Ok(Cow::Borrowed("!")) };
        let tag = match self.tags.iter().find(|(known, _)| *known == handle) {
            _ if handle.is_empty() => suffix,
            Some((_, prefix)) => Cow::Owned(format!("{prefix}{suffix}")),
            None => {
                let message = "this tag's prefix was never declared";
                let help = "quote the whole if the `!` belongs to the text";
                return Err(self.wrong(token.start, token.end, message, help));
            }
        };
        Ok(match tag.strip_prefix(YAML_ORG) {
            Some(word) => Cow::Owned(format!("!!{word}")),
            None => tag,
        })
    }

    fn anchor(&mut self, anchor: Option<&'s str>, id: Id) {
        if let Some(name) = anchor {
            self.anchors.insert(name, id);
        }
    }

    pub fn push(&mut self, span: Span, tag: Option<Cow<'s, str>>, body: Body<'s>) -> Parse<Id> {
        if self.nodes.len() >= MAX_NODES {
            let message = format!("the file comes to more than {MAX_NODES} values");
            return Err(Box::new(Diagnostic::new(Code::TooLarge, span, message)));
        }
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        let tag = tag.filter(|tag| tag != "!" && !tag.is_empty());
        self.nodes.push(Node { span, tag, body });
        Ok(id)
    }

    /// A scalar where nothing is written.
    pub fn empty(&mut self, at: usize) -> Parse<Id> {
        let body = Body::Scalar { text: Cow::Borrowed(""), quoted: false };
        self.push(self.span(at, at), None, body)
    }

    pub fn span(&self, start: usize, end: usize) -> Span {
        self.scanner.span(start, end)
    }

    pub fn wrong(&self, start: usize, end: usize, message: &str, help: &str) -> Box<Diagnostic> {
        Box::new(self.scanner.wrong_at(start, end, message, help))
    }

    fn no_node(&self, start: usize, end: usize) -> Box<Diagnostic> {
        match self.scanner.slice(start, end) {
            "" => self.wrong(start, end, "a value is missing here", ""),
            "-" => {
                let help = "begin it on a line of its own, write `[a, b]`, or quote a `-` that is text";
                self.wrong(start, end, "a list with `-` cannot begin here", help)
            }
            found => {
                let message = format!("`{}` stands where a value should", super::super::build::brief(found));
                self.wrong(start, end, &message, "quote it if it is text")
            }
        }
    }
}
