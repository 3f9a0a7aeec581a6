//! What an entry keeps to itself, and everywhere that it says it.

use super::Common;
use crate::resource::Kind;
use crate::secret::{Secrets, is_secret_name, mask};
use crate::syntax::{Data, Diagnostic, Help, Key, Node, Span};
use std::borrow::Cow;

/// Settings that say who logs in.
const USERS: [&str; 3] = ["username", "user", "login"];

/// Settings with text that is handed over, in which there may be a secret and much that is none.
const SENT: [&str; 3] = ["request-body", "stdin", "exec"];

/// The secrets of one entry and the places where they stand.
#[derive(Default)]
pub struct Kept {
    pub spans: Vec<Span>,
    pub secrets: Secrets,
}

impl Kept {
    /// `spans` are places that are known to be secret; `target` is what the entry is about.
    pub fn of(
        kind: &Kind,
        target: &str,
        (id, body): (&Key, &Node),
        settings: &[(&str, &Node)],
        mut spans: Vec<Span>,
    ) -> Kept {
        let mut secrets = Secrets::default();
        secrets.add_exposed(target);
        // Other names may have a `:` behind what sounds like a secret: `libsecret-1-0:amd64`.
        if kind.name == "command" {
            secrets.add_handed(target);
        }
        if !settings.is_empty() {
            spans.extend((kind.secrets)(settings));
            for (name, node) in settings {
                each_text(node, &mut |text, _| secrets.add_exposed(text));
                if SENT.contains(name) {
                    each_text(node, &mut |text, _| secrets.add_handed(text));
                }
            }
        }
        if !spans.is_empty() {
            each_text(body, &mut |text, span| {
                if spans.iter().any(|s| s.file == span.file && s.start < span.end && span.start < s.end) {
                    // A proxy may be named without its scheme.
                    if text.contains('@') && !text.contains("://") {
                        secrets.add_exposed(&format!("http://{text}"));
                    }
                    match text.split_once(':') {
                        Some((name, value)) if is_secret_name(name) => secrets.add(value),
                        _ => secrets.add(text),
                    }
                }
            });
        }
        if !secrets.is_empty() {
            let users = settings.iter().filter(|(name, _)| USERS.contains(name));
            users.filter_map(|(_, node)| node.scalar()).for_each(|user| secrets.add_user(&user));
            let mut also = |text: &str, span| {
                if secrets.are_written_in(text) {
                    spans.push(span);
                }
            };
            also(&id.text, id.span);
            each_text(body, &mut also);
        }
        Kept { spans, secrets }
    }

    /// An entry's name as reports show it.
    pub fn show(&self, id: &str) -> Box<str> {
        let masked = mask(id);
        match self.secrets.are_written_in(&masked) {
            true => self.secrets.scrub(&masked).into(),
            false => masked.into(),
        }
    }

    /// What an entry says of itself goes into reports as it is, but for this.
    pub fn scrub(&self, common: &mut Common) {
        common.title.iter_mut().chain(&mut common.skip).for_each(|text| self.secrets.scrub_mut(text));
        if let Some(meta) = &mut common.meta {
            *meta = self.secrets.scrub_value(meta);
        }
    }

    /// Messages that tell of the entry quote what was written.
    pub fn censor(&self, wrong: &mut [Diagnostic]) {
        for one in wrong {
            censor(one, &self.secrets);
        }
    }
}

/// Hides secrets in the words of a diagnostic.
pub fn censor(one: &mut Diagnostic, secrets: &Secrets) {
    let hide = |text: &mut String| {
        secrets.scrub_mut(text);
        if let Cow::Owned(masked) = mask(text) {
            *text = masked;
        }
    };
    hide(&mut one.message);
    hide(&mut one.label);
    one.also.iter_mut().for_each(|(_, label)| hide(label));
    match &mut one.help {
        Some(Help::Say(text) | Help::Replace(_, text)) => hide(text),
        None => {}
    }
}

/// Every scalar.
fn each_text(node: &Node, then: &mut impl FnMut(&str, Span)) {
    match &node.data {
        Data::List(list) => list.iter().for_each(|one| each_text(one, then)),
        Data::Map(map) => map.iter().for_each(|(_, one)| each_text(one, then)),
        _ => then(&node.scalar().unwrap_or_default(), node.span),
    }
}
