//! What was found, as it is written in the place of what stands there.

use super::shape::Fit;
use super::{holds, operator};
use crate::edit::Step;
use crate::quantity;
use crate::secret::{is_secret_name, may_tell_secret};
use crate::syntax::{Data, Key, Node};
use crate::value::{Bytes, Share, Type, Value};
use crate::verdict::Verdict;

/// Values that one expectation gains at most.
pub const MOST: usize = 200;
/// Bytes of a text that is written into a spec.
const LONGEST: usize = 16 << 10;

/// Refuses what a spec must not be told.
pub fn guard(verdict: &Verdict, value: &Value) -> Result<(), String> {
    if size(value) > LONGEST {
        return Err(format!("what was found is longer than {}: write it by hand", quantity::size(LONGEST as u64)));
    }
    if verdict.hide(value) != *value || may_tell_secret(value) {
        return Err("there is a secret in what was found, which is never written: change it by hand".into());
    }
    Ok(())
}

fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(list) => list.iter().map(size).sum::<usize>() + list.len(),
        Value::Map(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 1,
    }
}

/// The one value that all of these are.
pub fn same(seen: &[Value]) -> Result<&Value, String> {
    match seen {
        [] => Err("nothing was found".into()),
        [first, rest @ ..] if rest.iter().all(|one| one == first) => Ok(first),
        _ => Err("its elements are not all the same: write it by hand".into()),
    }
}

pub fn unwritable(seen: &[Value]) -> String {
    match seen {
        [Value::Null] => "null was found, which a spec does not say: change it by hand".into(),
        _ => "what was found cannot be written there: change it by hand".into(),
    }
}

/// The elements of a list, the values of a map, the lines of text.
pub fn elements(seen: &Value) -> Option<Vec<Value>> {
    let lines = |text: &str| text.lines().map(|line| Value::Text(line.to_owned())).collect();
    Some(match seen {
        Value::List(list) => list.clone(),
        Value::Map(map) => map.iter().map(|(_, value)| value.clone()).collect(),
        Value::Text(text) => lines(text),
        Value::Content(content) => lines(&content.text),
        _ => return None,
    })
}

/// A value in the text of a comparison.
pub fn spelled(value: &Value) -> Result<String, String> {
    match value.as_data() {
        Some(Value::Text(text)) => Ok(text),
        Some(Value::Int(n)) => Ok(n.to_string()),
        Some(Value::Number(n)) => Ok(n.to_string()),
        _ => Err(unwritable(std::slice::from_ref(value))),
    }
}

/// What may say `seen` where `node` stands, the likest first: a number where there is one, text where that is. Which of it
/// does, whoever asks has to see.
pub fn like(node: &Node, seen: &Value) -> Vec<Value> {
    let Some(data) = seen.as_data() else { return vec![] };
    let mut all = vec![];
    match (&node.data, seen, &data) {
        (Data::Int(..), Value::Size(Bytes(n)) | Value::Share(Share { part: n, .. }), _) => {
            all.extend(i64::try_from(*n).map(Value::Int));
        }
        (Data::Text(_), Value::Size(Bytes(n)) | Value::Share(Share { part: n, .. }), _) => {
            let text = quantity::size(*n);
            let exact = quantity::parse_size(&text) == Some(Bytes(*n));
            all.push(Value::Text(if exact { text } else { n.to_string() }));
        }
        (Data::Int(..) | Data::Float(..), _, Value::Text(text)) => {
            all.extend(text.parse().ok().filter(|n: &i64| n.to_string() == *text).map(Value::Int));
        }
        (Data::Text(text), _, Value::Int(_) | Value::Number(_)) if text.trim().parse::<f64>().is_ok() => {
            all.extend(spelled(&data).map(Value::Text));
        }
        _ => {}
    }
    all.push(data);
    all
}

/// The operand of `equal`, part by part, so that what is the same stays as it is written.
pub fn equal(fit: &mut Fit, node: &Node, ty: Type, seen: &Value) -> Result<(), String> {
    let is = |node: &Node, ty: Type, seen: &Value| {
        let key = Key { span: node.span, text: "equal".into() };
        let whole = Node { span: node.span, data: Data::Map(vec![(key, node.clone())]) };
        let test = crate::matcher::lower(&whole, ty, &mut vec![]);
        test.is_some_and(|test| test.holds(seen) == Ok(true))
    };
    if is(node, ty, seen) {
        return Ok(());
    }
    let of = match ty {
        Type::List(of) => *of,
        ty => ty,
    };
    match (&node.data, seen) {
        (Data::List(items), Value::List(list)) if !items.is_empty() => {
            let stays = |at: usize, one: &Value| items.get(at).is_some_and(|node| is(node, of, one));
            let (mut kept, mut gone) = (0, vec![]);
            for at in 0..items.len() {
                match list.get(kept) {
                    Some(one) if stays(at, one) => kept += 1,
                    _ => gone.push(at),
                }
            }
            let in_place = |at: &usize| list.get(*at).is_some_and(|one| stays(*at, one));
            let by_place = items.len() == list.len() && (0..items.len()).filter(in_place).count() >= kept;
            if by_place {
                gone = (0..items.len()).filter(|at| !in_place(at)).collect();
            } else if kept == 0 {
                return fit.rewrite(node, whole(seen)?);
            }
            if gone.iter().any(|at| list.iter().any(|one| stays(*at, one))) {
                fit.uncommented(node)?;
            }
            if by_place {
                let mut each = items.iter().zip(list).enumerate();
                return each
                    .try_for_each(|(at, (node, one))| fit.within(Step::Index(at), |fit| equal(fit, node, of, one)));
            }
            fit.remove(&gone);
            list.iter().skip(kept).try_for_each(|one| fit.append(whole(one)?))
        }
        (Data::Map(fields), Value::Map(map))
            if fields.len() == map.len()
                && fields.iter().all(|(key, _)| map.iter().any(|(name, _)| *name == key.text)) =>
        {
            for (key, node) in fields {
                let Some((name, one)) = map.iter().find(|(name, _)| *name == key.text) else { continue };
                let changed = fit.changes.len();
                fit.within(Step::Key(name.clone()), |fit| equal(fit, node, Type::Any, one))?;
                if fit.changes.len() > changed && is_secret_name(name) {
                    return Err(format!("`{name}` announces a secret, which is never written from what was found"));
                }
            }
            Ok(())
        }
        (Data::List(_) | Data::Map(_), _) | (_, Value::List(_) | Value::Map(_)) => fit.rewrite(node, whole(seen)?),
        _ => {
            let says = |value: &Value| holds(&operator("equal", value.clone()), of, std::slice::from_ref(seen));
            fit.set(like(node, seen).into_iter().find(says).map_or_else(|| whole(seen), Ok)?)
        }
    }
}

fn whole(seen: &Value) -> Result<Value, String> {
    seen.as_data().ok_or_else(|| unwritable(std::slice::from_ref(seen)))
}
