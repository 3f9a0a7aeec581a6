//! A list of wanted elements: it loses those that are not there any more, and gains others only where it names them all.

use super::shape::Fit;
use super::{data, holds};
use crate::edit::{Change, Step};
use crate::matcher::{Of, Test};
use crate::syntax::Node;
use crate::value::{Type, Value};

impl Fit<'_> {
    /// `items` of a list of type `ty` that `test` comes from; `exact` if they are to be all that there is.
    pub(super) fn elements(
        &mut self,
        test: &Test,
        items: &[Node],
        ty: Type,
        seen: &[Value],
        exact: bool,
    ) -> Result<(), String> {
        let seen = data::same(seen)?;
        let Some(unmet) = test.unmet(seen) else {
            return Err(
                "which patterns were meant cannot be told from the text that was found: write them by hand".into()
            );
        };
        let of = Of::Element.within(ty);
        let all = data::elements(seen).unwrap_or_default();
        let extra: Vec<&Value> = unmet.extra.iter().filter_map(|at| all.get(*at)).collect();
        let plain = |at: &usize| items.get(*at).is_some_and(|node| node.scalar().is_some());
        if unmet.missing.len() == extra.len() && (exact || unmet.missing.iter().all(plain)) {
            let pairs = unmet.missing.into_iter().zip(extra);
            return pairs.into_iter().try_for_each(|(at, one)| self.replace(items, at, one, of));
        }
        let kept = items.len() - unmet.missing.len();
        if !exact {
            if kept == 0 {
                let what = if items.len() == 1 { "it is" } else { "they are" };
                return Err(format!("{what} not there any more, and the list would be empty: write it by hand"));
            }
            self.remove(&unmet.missing);
            return Ok(());
        }
        if extra.len() > data::MOST {
            return Err(format!("{} elements would be added: write it by hand", extra.len()));
        }
        if kept + extra.len() == 0 {
            return self.set(Value::List(vec![]));
        }
        self.remove(&unmet.missing);
        extra.into_iter().try_for_each(|one| self.append(said(items.last(), one, of)?))
    }

    fn replace(&mut self, items: &[Node], at: usize, one: &Value, of: Type) -> Result<(), String> {
        let value = said(items.get(at), one, of)?;
        self.within(Step::Index(at), |fit| fit.set(value))
    }

    /// The last first, so that each still is where it was.
    pub(super) fn remove(&mut self, missing: &[usize]) {
        for at in missing.iter().rev() {
            let path = [self.path.as_slice(), &[Step::Index(*at)]].concat();
            self.changes.push(Change::Remove(path));
        }
    }
}

/// What says an element, written as the one that stands there.
fn said(like: Option<&Node>, one: &Value, of: Type) -> Result<Value, String> {
    let slice = std::slice::from_ref(one);
    let candidates = like.map(|node| data::like(node, one)).unwrap_or_default();
    let value = candidates.into_iter().chain(one.exactly(of)).find(|value| holds(value, of, slice));
    value.ok_or_else(|| data::unwritable(slice))
}
