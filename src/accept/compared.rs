//! Comparisons, whose bounds move: `">= 30d"`, `ge`, `between`.

use super::bound::{self, Written};
use super::shape::{Done, Fit, test};
use super::{data, holds, operator};
use crate::edit::Step;
use crate::matcher::{Relation, Sign, sign};
use crate::syntax::{Data, Key, Node};
use crate::value::{Type, Value};

/// A comparison in text.
pub struct Compared<'t> {
    pub sign: Sign,
    /// The sign and the white space around it.
    pub lead: &'t str,
    pub rest: &'t str,
}

impl<'t> Compared<'t> {
    pub fn of(text: &'t str) -> Option<Compared<'t>> {
        let inner = text.trim_start();
        let (token, sign) = sign(inner)?;
        let rest = inner.get(token.len()..)?.trim_start();
        let (lead, rest) = text.split_at(text.len() - rest.len());
        Some(Compared { sign, lead, rest: rest.trim_end() })
    }
}

impl Fit<'_> {
    /// A comparison in text: `>= 30d`. `lead` is its sign and the white space around.
    pub(super) fn comparison(&mut self, lead: &str, rest: &str, relation: Relation, ty: Type, seen: &[Value]) -> Done {
        let versions = seen.iter().any(|one| matches!(one, Value::Version(_)));
        let lead = match relation {
            Relation::Greater if versions => lead.replace('>', ">="),
            Relation::Less if versions => lead.replace('<', "<="),
            _ => lead.to_owned(),
        };
        let candidates = bound::candidates(Written::Text(rest), relation, seen)?;
        let candidates = candidates.iter().filter_map(|one| data::spelled(one).ok());
        let candidates = candidates.map(|bound| Value::Text(format!("{lead}{bound}")));
        match candidates.into_iter().find(|one| holds(one, ty, seen)) {
            Some(value) => self.set(value),
            None => Err(no_bound()),
        }
    }

    /// `ge` and the like.
    pub(super) fn bound(&mut self, name: &str, inner: &Node, relation: Relation, ty: Type, seen: &[Value]) -> Done {
        let candidates = bound::candidates(written(inner)?, relation, seen)?;
        let wide = match relation {
            Relation::Greater => "ge",
            Relation::Less => "le",
            _ => name,
        };
        let matcher = |name: &str, bound: &Value| operator(name, bound.clone());
        if let Some(bound) = candidates.iter().find(|one| holds(&matcher(name, one), ty, seen)) {
            let bound = bound.clone();
            return self.within(Step::Key(name.to_owned()), |fit| fit.set(bound));
        }
        match candidates.iter().find(|one| holds(&matcher(wide, one), ty, seen)) {
            Some(bound) if wide != name => self.set(matcher(wide, bound)),
            _ => Err(no_bound()),
        }
    }

    pub(super) fn pair(&mut self, inner: &Node, ty: Type, seen: &[Value]) -> Done {
        let [low, high] = inner.list().unwrap_or_default() else { return Err(no_bound()) };
        for (at, end, name, relation) in
            [(0, low, "ge", Relation::GreaterOrEqual), (1, high, "le", Relation::LessOrEqual)]
        {
            let holds = |bound: &Value| holds(&operator(name, bound.clone()), ty, seen);
            // What no comparison may say may be an end of a range: from 0.
            let is_met = seen.iter().all(|one| {
                let span = end.span;
                let key = Key { span, text: name.into() };
                let test = test(&Node { span, data: Data::Map(vec![(key, end.clone())]) }, ty);
                test.is_none_or(|test| test.holds(one) == Ok(true))
            });
            if is_met {
                continue;
            }
            let candidates = bound::candidates(written(end)?, relation, seen)?;
            let bound = candidates.into_iter().find(holds).ok_or_else(no_bound)?;
            self.within(Step::Index(at), |fit| fit.set(bound))?;
        }
        Ok(())
    }
}

fn written<'n>(node: &'n Node) -> Result<Written<'n>, String> {
    match &node.data {
        Data::Int(_, raw) | Data::Float(_, raw) => Ok(Written::Number(raw)),
        Data::Text(text) => Ok(Written::Text(text)),
        _ => Err(no_bound()),
    }
}

fn no_bound() -> String {
    "no bound of this kind holds of what was found: change it by hand".into()
}
