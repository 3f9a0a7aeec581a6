//! What is asked of a thing.

use super::{How, Subject};
use crate::resource::{Ask, Hold, Kind, Pin};
use crate::spec::{self, Claim};
use crate::syntax::{Code, Diagnostic, Format, parse};
use crate::value::{Type, Value};

/// The claim that asks for all that is worth writing down, and nothing of which is expected.
pub(super) struct Question {
    pub claim: Claim,
    /// What the claim asks for, in its order, and what such a key holds.
    pub pins: Vec<(Pin, Type)>,
}

impl Question {
    /// The error is why nothing can be asked.
    pub fn of(subject: &Subject, how: &How) -> Result<Question, String> {
        let Subject { kind, name, settings, .. } = subject;
        if kind.pins.is_empty() && kind.presence.is_none() {
            return Err(format!("a host has nothing of the kind `{}` that could be written down", kind.name));
        }
        let told = |wrong: Vec<Diagnostic>| wrong.into_iter().next().map(sentence);
        let (mut claim, mut wrong) = read(kind, name, settings)
            .map_err(|wrong| told(wrong).unwrap_or_else(|| "it does not read as an entry of a spec".into()))?;
        // Without a key it says nothing yet.
        wrong.retain(|one| (one.code, one.span) != (Code::AssertsNothing, claim.span));
        if let Some(why) = told(wrong) {
            return Err(why);
        }
        if let Some(ask) = claim.asks.first() {
            return Err(format!("`{}` is a key: it is looked at, and not set", (kind.key_name)(ask.key)));
        }
        if let Some((presence, _)) = kind.presence.zip(claim.presence.as_ref()).filter(|(_, said)| !said.implied) {
            return Err(format!("`{}` is a key: it is looked at, and not set", presence.name));
        }
        let keys = (kind.keys)();
        let mut pins = Vec::new();
        for pin in how.pins(subject).filter(|pin| (kind.unlasting)(subject.target(), pin.key).is_none()) {
            if let Some((index, key)) = keys.iter().enumerate().find(|(_, key)| key.name == pin.key) {
                claim.asks.push(Ask { key: index, argument: "".into() });
                pins.push((*pin, key.ty));
            }
        }
        Ok(Question { claim, pins })
    }
}

fn sentence(wrong: Diagnostic) -> String {
    match wrong.label.as_str() {
        "" => wrong.message,
        // It has the name of the setting.
        label => format!("{}: {label}", wrong.message),
    }
}

impl How {
    /// What is to be written of a thing.
    pub(super) fn pins<'h>(&'h self, subject: &'h Subject) -> impl Iterator<Item = &'static Pin> + 'h {
        (subject.kind.pins_of)(subject.target()).iter().filter(|pin| self.asks_for(subject.kind, pin))
    }

    /// Whether a key is not to be written.
    pub(super) fn excludes(&self, kind: &Kind, pin: &Pin) -> bool {
        self.exclude.is_match(pin.key) || self.exclude.is_match(format!("{}.{}", kind.name, pin.key))
    }

    fn asks_for(&self, kind: &Kind, pin: &Pin) -> bool {
        !self.excludes(kind, pin)
            && match pin.hold {
                Hold::Exact | Hold::As(_) | Hold::Bound(_) | Hold::Stayed(_) => true,
                Hold::Digest => self.digests,
                Hold::Moving | Hold::Drifting => self.samples > 1,
            }
    }
}

/// An entry as a spec has it, beside what is wrong with it; or, where it is none at all, why.
pub(super) fn read(
    kind: &Kind,
    name: &str,
    body: &[(String, Value)],
) -> Result<(Claim, Vec<Diagnostic>), Vec<Diagnostic>> {
    let map = |key: &str, value| Value::Map(vec![(key.to_owned(), value)]);
    let text = map(kind.name, map(name, Value::Map(body.to_vec()))).to_json().to_string();
    let (root, mut wrong) = parse(&text, u32::MAX, Format::Json);
    let parts = root.map(|root| spec::lower(root, &mut wrong)).unwrap_or_default();
    match parts.claims.into_iter().next() {
        Some(claim) => Ok((claim, wrong)),
        None => Err(wrong),
    }
}
