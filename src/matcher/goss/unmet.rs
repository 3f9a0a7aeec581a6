//! Which parts of a matcher do not hold, for reports that show it as the file has it.

use super::{Matcher, all_hold, ask, elements};
use crate::matcher::contains::Pairs;
use crate::matcher::text::View;
use crate::query::Json;
use crate::value::Value;
use std::collections::HashSet;

/// What of a list nothing that was seen meets, and what of the elements that were seen nothing asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// Indices into the matcher's list.
    pub missing: Vec<usize>,
    /// Indices into the list that was seen.
    pub extra: Vec<usize>,
}

impl Unmet {
    /// Of a list of matchers that have an element each.
    pub(super) fn of(each: &[Matcher], all: &[View<'_>]) -> Unmet {
        let pairs = Pairs::by(each, &all.iter().copied(), &|matcher, element| ask(matcher, element, false).held());
        let own = pairs.matched();
        let taken: HashSet<usize> = own.iter().flatten().copied().collect();
        let missing = own.iter().enumerate().filter(|(_, own)| own.is_none()).map(|(index, _)| index).collect();
        let extra = (0..all.len()).filter(|index| !taken.contains(index)).collect();
        Unmet { missing, extra }
    }
}

impl Matcher {
    /// Whether it certainly holds.
    pub fn holds(&self, seen: &Value, strings: bool) -> bool {
        ask(self, View::of(seen), strings).held() == Ok(true)
    }

    /// `None` for what is not a list of matchers with an element each, nor of patterns.
    pub fn unmet(&self, seen: &Value) -> Option<Unmet> {
        let seen = View::of(seen);
        let (each, lines) = match self {
            Matcher::Patterns(patterns) => {
                let text = seen.text()?;
                let holds = patterns.iter().map(|one| all_hold(std::slice::from_ref(one), text) == Ok(true));
                let missing = holds.enumerate().filter(|(_, holds)| !holds).map(|(index, _)| index).collect();
                return Some(Unmet { missing, extra: vec![] });
            }
            Matcher::Elements { each, lines } => (each, *lines),
            Matcher::ConsistOf(each) => (each, false),
            _ => return None,
        };
        Some(Unmet::of(each, &elements(seen, lines).ok()?.all))
    }

    /// Of paths into JSON the first that does not lead to what its matcher says, or with `not` the first that does, and
    /// where it leads; `None` if it leads nowhere.
    pub fn astray(&self, seen: &Value, not: bool) -> Option<(&str, &Matcher, Option<Value>)> {
        let Matcher::Gjson(paths) = self else { return None };
        let json = View::of(seen).text().and_then(|text| Json::goss(text.text).ok());
        paths.iter().find_map(|(path, matcher)| {
            let led = json.as_ref().and_then(|json| json.get_as_go(path).ok().flatten());
            match led {
                Some(value) if matcher.holds(&value, false) != not => None,
                led => Some((&**path, matcher, led)),
            }
        })
    }
}
