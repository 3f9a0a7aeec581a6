//! What stands under a key, moved so that it holds of what was found: a scalar becomes it, a bound moves, a list gains and
//! loses elements.

use super::compared::Compared;
use super::{Page, data, holds, operator};
use crate::edit::{Change, Step};
use crate::matcher::{self, Of, Operand, Operator, Sign, Test, is_quantity};
use crate::query::{Json, XPath};
use crate::secret::is_secret_name;
use crate::syntax::{Data, Key, Node};
use crate::value::{Type, Value};
use crate::verdict::Verdict;

/// Changes to the node at `path`, under a key of type `ty`, after which it holds of `found`.
pub fn fit(
    verdict: &Verdict,
    page: &Page,
    path: Vec<Step>,
    node: &Node,
    ty: Type,
    found: &Value,
) -> Result<Vec<Change>, String> {
    let mut fit = Fit { verdict, page, path, changes: vec![] };
    fit.expectation(node, ty, std::slice::from_ref(found))?;
    Ok(fit.changes)
}

/// What is being changed. Everywhere `seen` is all that is to be what the node says: one value, but for elements of a list.
pub(super) struct Fit<'v> {
    verdict: &'v Verdict<'v>,
    page: &'v Page<'v>,
    /// To where this is.
    pub path: Vec<Step>,
    pub changes: Vec<Change>,
}

pub type Done = Result<(), String>;

/// What the test of a node comes to; `None` where it says nothing right.
pub fn test(node: &Node, ty: Type) -> Option<Test> {
    matcher::lower(node, ty, &mut vec![])
}

fn holds_of_all(test: &Test, seen: &[Value]) -> bool {
    seen.iter().all(|one| test.holds(one) == Ok(true))
}

impl Fit<'_> {
    pub fn within(&mut self, step: Step, then: impl FnOnce(&mut Self) -> Done) -> Done {
        self.path.push(step);
        let done = then(self);
        self.path.pop();
        done
    }

    /// Puts `value` where this is.
    pub fn set(&mut self, value: Value) -> Done {
        data::guard(self.verdict, &value)?;
        self.changes.push(Change::Set(self.path.clone(), value));
        Ok(())
    }

    /// Puts `value` where all of `node` is.
    pub fn rewrite(&mut self, node: &Node, value: Value) -> Done {
        self.uncommented(node)?;
        self.set(value)
    }

    /// Refuses what would part a comment from what it speaks of.
    pub fn uncommented(&self, node: &Node) -> Done {
        match self.page.has_comment(node) {
            true => Err("a comment in it would be lost: change it by hand".into()),
            false => Ok(()),
        }
    }

    pub fn append(&mut self, value: Value) -> Done {
        data::guard(self.verdict, &value)?;
        self.changes.push(Change::Append(self.path.clone(), value));
        Ok(())
    }

    /// A value, a list or a matcher.
    pub fn expectation(&mut self, node: &Node, ty: Type, seen: &[Value]) -> Done {
        let test = test(node, ty).ok_or("it says nothing that could be moved")?;
        if holds_of_all(&test, seen) {
            return Ok(());
        }
        match &node.data {
            Data::Map(map) => match map.as_slice() {
                [(key, inner)] => self.matcher(node, key, inner, ty, seen),
                _ => Err("it says nothing that could be moved".into()),
            },
            Data::List(items) => self.elements(&test, items, ty, seen, false),
            _ => match node.text().filter(|_| is_quantity(ty)).and_then(Compared::of) {
                Some(Compared { sign: Sign::IsNot, .. }) => Err(not()),
                Some(Compared { sign: Sign::Order(relation), lead, rest }) => {
                    self.comparison(lead, rest, relation, ty, seen)
                }
                Some(Compared { sign: Sign::Is, lead, .. }) => {
                    let value = data::spelled(data::same(seen)?)?;
                    self.first([Value::Text(format!("{lead}{value}"))], ty, seen)
                }
                None => self.scalar(node, ty, seen),
            },
        }
    }

    /// Puts the first of these that holds where this is.
    fn first(&mut self, candidates: impl IntoIterator<Item = Value>, ty: Type, seen: &[Value]) -> Done {
        match candidates.into_iter().find(|one| holds(one, ty, seen)) {
            Some(value) => self.set(value),
            None => Err(data::unwritable(seen)),
        }
    }

    fn scalar(&mut self, node: &Node, ty: Type, seen: &[Value]) -> Done {
        let one = data::same(seen)?;
        let candidates = match (ty, one) {
            (Type::List(_), Value::List(list)) => match list.as_slice() {
                [only] => data::like(node, only),
                _ => vec![],
            },
            _ => data::like(node, one),
        };
        self.first(candidates.into_iter().chain(one.exactly(ty)), ty, seen)
    }

    fn matcher(&mut self, node: &Node, key: &Key, inner: &Node, ty: Type, seen: &[Value]) -> Done {
        let name = &*key.text;
        let Some(operator) = Operator::find(name) else { return Err("it says nothing that could be moved".into()) };
        let step = Step::Key(name.to_owned());
        match (&operator.operand, name) {
            (Operand::Same(_), _) => {
                let one = data::same(seen)?;
                self.within(step, |fit| data::equal(fit, inner, ty, one))
            }
            (Operand::Bound(relation), _) => self.bound(name, inner, *relation, ty, seen),
            (Operand::Pair, _) => self.within(step, |fit| fit.pair(inner, ty, seen)),
            (Operand::Values, _) => self.within(step, |fit| fit.one_of(inner, ty, seen)),
            (Operand::Count, _) => self.within(step, |fit| fit.expectation(inner, Type::Int, &lengths(seen)?)),
            (Operand::Matcher(Of::Element, _), "each") => {
                let all = elements_of_all(seen)?;
                self.within(step, |fit| fit.expectation(inner, Of::Element.within(ty), &all))
            }
            (Operand::Matcher(Of::Element, _), _) => {
                match data::same(seen)? {
                    Value::List(list) if list.len() == 1 => {
                        self.within(step, |fit| fit.expectation(inner, Of::Element.within(ty), list))
                    }
                    _ => Err("no element is that any more, and which other was meant cannot be told: write it by hand"
                        .into()),
                }
            }
            (Operand::Matcher(Of::Itself, _), _) => Err(not()),
            (Operand::Matchers(Of::Itself, ..), "and") => {
                let parts = inner.list().unwrap_or_default();
                self.within(step, |fit| {
                    let mut each = parts.iter().enumerate();
                    each.try_for_each(|(at, part)| fit.within(Step::Index(at), |fit| fit.expectation(part, ty, seen)))
                })
            }
            (Operand::Matchers(Of::Itself, ..), _) => self.within(step, |fit| fit.any(inner, ty, seen)),
            (Operand::Matchers(..), name) => {
                let test = test(node, ty).ok_or("it says nothing that could be moved")?;
                let items = inner.list().unwrap_or_default();
                self.within(step, |fit| fit.elements(&test, items, ty, seen, name == "consist-of"))
            }
            (Operand::Paths, _) => self.within(step, |fit| fit.paths(inner, seen)),
            (Operand::Xpath, _) => self.within(step, |fit| fit.xpath(inner, ty, seen)),
            (Operand::Text(_) | Operand::Regex | Operand::Patterns | Operand::Semver, _)
            | (Operand::Matcher(Of::Key, _), _) => {
                Err(format!("which `{name}` was meant cannot be told from what was found: write it by hand"))
            }
        }
    }

    fn one_of(&mut self, inner: &Node, ty: Type, seen: &[Value]) -> Done {
        let mut added: Vec<Value> = vec![];
        for one in seen {
            let said = |value: &Value| operator("one-of", Value::List(vec![value.clone()]));
            let known = inner.list().unwrap_or_default().iter().any(|node| {
                let key = Key { span: node.span, text: "equal".into() };
                let test = test(&Node { span: node.span, data: Data::Map(vec![(key, node.clone())]) }, ty);
                test.is_some_and(|test| test.holds(one) == Ok(true))
            });
            let slice = std::slice::from_ref(one);
            if known || added.iter().any(|value| holds(&said(value), ty, slice)) {
                continue;
            }
            let like = inner.list().and_then(<[Node]>::last);
            let candidates = like.map(|node| data::like(node, one)).unwrap_or_default();
            let value = candidates.into_iter().find(|value| holds(&said(value), ty, slice));
            let value = value.ok_or_else(|| data::unwritable(slice))?;
            if added.len() == data::MOST {
                return Err(format!("more than {} values would be added: write it by hand", data::MOST));
            }
            self.append(value.clone())?;
            added.push(value);
        }
        Ok(())
    }

    /// `or`: the alternative that is a plain value moves; where all are, there is one more.
    fn any(&mut self, inner: &Node, ty: Type, seen: &[Value]) -> Done {
        let items = inner.list().unwrap_or_default();
        let plain = |node: &Node| {
            let compares = is_quantity(ty) && node.text().is_some_and(|text| Compared::of(text).is_some());
            node.scalar().is_some() && !compares
        };
        let plains: Vec<usize> = items.iter().enumerate().filter(|(_, node)| plain(node)).map(|(at, _)| at).collect();
        match (items, plains.as_slice()) {
            ([only], _) => self.within(Step::Index(0), |fit| fit.expectation(only, ty, seen)),
            (_, [at]) => {
                let Some(node) = items.get(*at) else { return Err(not()) };
                self.within(Step::Index(*at), |fit| fit.scalar(node, ty, seen))
            }
            (_, plains) if plains.len() == items.len() => {
                let one = data::same(seen)?;
                let candidates = items.last().map(|node| data::like(node, one)).unwrap_or_default();
                let value = candidates.into_iter().find(|value| holds(value, ty, seen));
                self.append(value.ok_or_else(|| data::unwritable(seen))?)
            }
            _ => Err("which alternative of `or` was meant cannot be told: write it by hand".into()),
        }
    }

    fn paths(&mut self, inner: &Node, seen: &[Value]) -> Done {
        let seen = data::same(seen)?;
        let json = match text_of(seen) {
            Some(text) => Json::parse(text)?,
            None => Json::of(seen),
        };
        for (path, node) in inner.map().unwrap_or_default() {
            let Some(value) = json.get(&path.text)? else { return Err(format!("there is nothing at `{}`", path.text)) };
            let step = Step::Key(path.text.clone().into_owned());
            let changed = self.changes.len();
            self.within(step, |fit| fit.expectation(node, Type::Any, std::slice::from_ref(&value)))?;
            if self.changes.len() > changed && is_secret_name(&path.text) {
                return Err(format!("`{}` announces a secret, which is never written from what was found", path.text));
            }
        }
        Ok(())
    }

    fn xpath(&mut self, inner: &Node, ty: Type, seen: &[Value]) -> Done {
        let (Some(path), Some(result)) = (inner.get("xpath").and_then(Node::text), inner.get("result")) else {
            return Err("it says nothing that could be moved".into());
        };
        let text = text_of(data::same(seen)?).ok_or("what was found is not XML")?;
        let value = XPath::parse(path)?.find(text)?.value.ok_or_else(|| format!("there is nothing at `{path}`"))?;
        self.within(Step::Key("result".into()), |fit| {
            if result.scalar().is_none() {
                return fit.expectation(result, Type::Any, &[value]);
            }
            let whole = |value: &Value| {
                let fields = [("xpath", Value::Text(path.to_owned())), ("result", value.clone())];
                operator("xml", Value::Map(fields.map(|(name, value)| (name.to_owned(), value)).into()))
            };
            let candidates = data::like(result, &value).into_iter().chain(value.exactly(Type::Any));
            let found = candidates.into_iter().find(|one| holds(&whole(one), ty, seen));
            fit.set(found.ok_or_else(|| data::unwritable(&[value]))?)
        })
    }
}

fn text_of(seen: &Value) -> Option<&str> {
    match seen {
        Value::Text(text) => Some(text),
        Value::Content(content) => Some(&content.text),
        _ => None,
    }
}

fn lengths(seen: &[Value]) -> Result<Vec<Value>, String> {
    let length = |one: &Value| {
        let length = match one {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            other => text_of(other)?.len(),
        };
        i64::try_from(length).ok().map(Value::Int)
    };
    let lengths: Option<Vec<Value>> = seen.iter().map(length).collect();
    lengths.ok_or_else(|| "what was found has no length".into())
}

fn elements_of_all(seen: &[Value]) -> Result<Vec<Value>, String> {
    let mut all = vec![];
    for one in seen {
        all.extend(data::elements(one).ok_or("what was found has no elements")?);
    }
    Ok(all)
}

fn not() -> String {
    "it says what must not be, and that is what was found: change it by hand".into()
}
