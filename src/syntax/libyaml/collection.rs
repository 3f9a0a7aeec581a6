//! Lists and maps, in blocks and in brackets.

use super::super::Diagnostic;
use super::parse::{Parse, Parser};
use super::scan::{Kind, too_deep};
use super::{Body, Id, MAX_DEPTH};

impl<'s> Parser<'s> {
    pub(super) fn block_list(&mut self, depth: usize) -> Parse<Vec<Id>> {
        let open = self.scanner.take()?.start;
        let mut items = vec![];
        loop {
            let token = self.scanner.take()?;
            match token.kind {
                Kind::BlockEntry => {
                    self.end = self.end.max(token.end);
                    items.push(match self.scanner.peek()?.kind {
                        Kind::BlockEntry | Kind::BlockEnd => self.empty(token.end)?,
                        _ => self.node(true, false, depth)?,
                    });
                }
                Kind::BlockEnd => return Ok(items),
                _ => return Err(self.stray(open, token.start, "begin each element of a list with `- `")),
            }
        }
    }

    pub(super) fn indentless_list(&mut self, depth: usize) -> Parse<Vec<Id>> {
        let mut items = vec![];
        while self.scanner.peek()?.kind == Kind::BlockEntry {
            let token = self.scanner.take()?;
            self.end = self.end.max(token.end);
            items.push(match self.scanner.peek()?.kind {
                Kind::BlockEntry | Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(token.end)?,
                _ => self.node(true, false, depth)?,
            });
        }
        Ok(items)
    }

    pub(super) fn block_map(&mut self, depth: usize) -> Parse<Vec<(Id, Id)>> {
        let open = self.scanner.take()?.start;
        let mut entries = vec![];
        loop {
            let token = self.scanner.take()?;
            match token.kind {
                Kind::Key => {
                    let key = self.block_part(token.end, depth)?;
                    let token = self.scanner.peek()?;
                    let value = match token.kind {
                        Kind::Value => {
                            let token = self.scanner.take()?;
                            self.end = self.end.max(token.end);
                            self.block_part(token.end, depth)?
                        }
                        _ => {
                            let at = token.start;
                            self.empty(at)?
                        }
                    };
                    entries.push((key, value));
                }
                Kind::BlockEnd => return Ok(entries),
                _ => {
                    return Err(self.stray(open, token.start, "indent it like the keys of the map that it belongs to"));
                }
            }
        }
    }

    /// A key or value of a block map, behind its indicator.
    pub(super) fn block_part(&mut self, at: usize, depth: usize) -> Parse<Id> {
        match self.scanner.peek()?.kind {
            Kind::Key | Kind::Value | Kind::BlockEnd => self.empty(at),
            _ => self.node(true, true, depth),
        }
    }

    pub(super) fn flow_list(&mut self, depth: usize) -> Parse<Vec<Id>> {
        let open = self.scanner.take()?.start;
        let mut items = vec![];
        while self.another(open, !items.is_empty(), Kind::FlowSequenceEnd)? {
            items.push(match self.scanner.peek()?.kind {
                Kind::Key => self.pair(depth)?,
                _ => self.node(false, false, depth)?,
            });
        }
        Ok(items)
    }

    /// Whether another element stands before `close`, with the comma before it read; else `close` is read.
    pub(super) fn another(&mut self, open: usize, comma: bool, close: Kind<'s>) -> Parse<bool> {
        let mut token = self.scanner.peek()?;
        if token.kind != close && comma {
            if token.kind != Kind::FlowEntry {
                let at = token.start;
                return Err(self.unclosed(open, at, &close));
            }
            self.scanner.take()?;
            token = self.scanner.peek()?;
        }
        if token.kind == Kind::StreamEnd {
            let at = token.start;
            return Err(self.unclosed(open, at, &close));
        }
        if token.kind != close {
            return Ok(true);
        }
        self.end = self.scanner.take()?.end;
        Ok(false)
    }

    /// A map of one pair, without braces, in a list.
    pub(super) fn pair(&mut self, depth: usize) -> Parse<Id> {
        let start = self.scanner.take()?.start;
        if depth >= MAX_DEPTH {
            return Err(Box::new(too_deep(self.span(start, start))));
        }
        let id = self.push(self.span(start, start), None, Body::Map(vec![]))?;
        let key = match self.scanner.peek()?.kind {
            Kind::Value | Kind::FlowEntry | Kind::FlowSequenceEnd => {
                // The indicator is lost where there is no key.
                let token = self.scanner.take()?;
                self.empty(token.end)?
            }
            _ => self.node(false, false, depth + 1)?,
        };
        let token = self.scanner.peek()?;
        let (value, at) = (token.kind == Kind::Value, token.start);
        let value = if value {
            self.scanner.take()?;
            let token = self.scanner.peek()?;
            let at = token.start;
            match token.kind {
                Kind::FlowEntry | Kind::FlowSequenceEnd => self.empty(at)?,
                _ => self.node(false, false, depth + 1)?,
            }
        } else {
            self.empty(at)?
        };
        let span = self.span(start, self.end);
        if let Some(node) = self.nodes.get_mut(id.0 as usize) {
            (node.body, node.span) = (Body::Map(vec![(key, value)]), span);
        }
        Ok(id)
    }

    pub(super) fn flow_map(&mut self, depth: usize) -> Parse<Vec<(Id, Id)>> {
        let open = self.scanner.take()?.start;
        let mut entries = vec![];
        while self.another(open, !entries.is_empty(), Kind::FlowMappingEnd)? {
            if self.scanner.peek()?.kind != Kind::Key {
                let key = self.node(false, false, depth)?;
                let at = self.scanner.peek()?.start;
                entries.push((key, self.empty(at)?));
                continue;
            }
            self.scanner.take()?;
            let token = self.scanner.peek()?;
            let at = token.start;
            let key = match token.kind {
                Kind::Value | Kind::FlowEntry | Kind::FlowMappingEnd => self.empty(at)?,
                _ => self.node(false, false, depth)?,
            };
            let token = self.scanner.peek()?;
            let (value, mut at) = (token.kind == Kind::Value, token.start);
            let mut empty = !value;
            if value {
                self.scanner.take()?;
                let token = self.scanner.peek()?;
                at = token.start;
                empty = matches!(token.kind, Kind::FlowEntry | Kind::FlowMappingEnd);
            }
            let value = if empty { self.empty(at)? } else { self.node(false, false, depth)? };
            entries.push((key, value));
        }
        Ok(entries)
    }

    /// A line that belongs to no block around it.
    pub(super) fn stray(&self, open: usize, at: usize, help: &str) -> Box<Diagnostic> {
        let before = self.scanner.slice(0, at);
        let begun = at - before.rsplit('\n').next().unwrap_or_default().trim_start().len();
        let line = self.scanner.slice(begun, self.scanner.text.len()).lines().next().unwrap_or_default().trim_end();
        let wrong = self.scanner.wrong_at(begun, begun + line.len(), "this line belongs to nothing above it", help);
        Box::new(if open < begun { wrong.also(self.span(open, open), "inside what begins here") } else { wrong })
    }

    pub(super) fn unclosed(&self, open: usize, at: usize, close: &Kind<'s>) -> Box<Diagnostic> {
        let bracket = self.scanner.slice(open, open + 1);
        if at >= self.scanner.text.len() {
            return self.wrong(open, open + 1, &format!("this `{bracket}` is never closed"), "");
        }
        let close = if *close == Kind::FlowMappingEnd { "}" } else { "]" };
        let wrong = self.scanner.wrong(at, &format!("`,` or `{close}` should stand before this"), "");
        Box::new(wrong.also(self.span(open, open + 1), "opened here, and not closed yet"))
    }
}
