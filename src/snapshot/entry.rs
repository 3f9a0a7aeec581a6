//! The entry that says of a thing what was seen of it, and holds of that.

use super::{How, Snapshot, Subject, look, range};
use crate::edit::Entry;
use crate::host::Host;
use crate::matcher::{self, Test};
use crate::quantity::{self, cut};
use crate::resource::{Hold, Observed, Pin, Seen};
use crate::secret;
use crate::spec::Claim;
use crate::syntax::{Format, parse};
use crate::value::{Fault, Type, Value};
use crate::verdict::{Outcome, judge};

/// Values that a remark tells, and bytes of each.
const TOLD: usize = 12;
const LONG: usize = 80;

/// What to write of `subject` after these looks, in which `claim` asked for `pins`. The error is why nothing can be said.
pub(super) fn write(
    subject: &Subject,
    claim: &Claim,
    pins: &[(Pin, Type)],
    looks: &[Observed],
    host: &Host,
    how: &How,
) -> Result<Snapshot, Fault> {
    let Subject { kind, name, settings, remarks } = subject;
    let there = is_there(looks)?;
    let mut entry =
        Entry { kind: kind.name.into(), name: name.clone(), body: settings.clone(), remarks: remarks.clone() };
    if let (false, Some(presence)) = (there, kind.presence) {
        entry.body.push((presence.name.into(), Value::Bool(false)));
    }
    // What the entry and the environment keep to themselves may come back in what was seen.
    let mut secrets = host.secrets()?.clone();
    claim.secrets.iter().for_each(|own| secrets.extend(own));
    let hide = |text: String| secret::mask(&secrets.scrub(&text)).into_owned();
    let (mut unfit, mut doubts) = (None, Vec::new());
    let unlasting = |pin: &Pin| (kind.unlasting)(subject.target(), pin.key);
    let unasked = how.pins(subject).filter_map(|pin| Some((pin.key, Fault::Unsupported(unlasting(pin)?.into()))));
    let mut unseen: Vec<_> = if there { unasked.collect() } else { Vec::new() };
    let bare = entry.body.len();
    for (index, (pin, ty)) in pins.iter().enumerate() {
        let values: Result<Vec<Value>, Fault> = looks.iter().map(|look| value(look, index)).collect();
        let said = values.and_then(|values| {
            let data = match said(pin, *ty, &values, host) {
                Ok(None) => return Ok(None),
                // The reason tells what was seen.
                _ if values.iter().any(secret::may_tell_secret) => Err(secret()),
                Ok(Some(data)) if secrets.scrub_value(&data) != data => Err(secret()),
                said => said,
            }?;
            Ok(data.map(|data| (data, values)))
        });
        match said {
            Ok(Some((data, values))) => {
                if took_several(pin, *ty, &values, &data, host) {
                    entry.remarks.push(hide(remark(pin, &values, how)));
                }
                let doubt = values.iter().find_map(|value| (kind.doubt)(pin.key, value));
                doubts.extend(doubt.map(|doubt| (pin.key, doubt)));
                entry.body.push((pin.key.to_owned(), data));
            }
            Ok(None) => {}
            // It is not what this key reads, as a server without TLS has no certificate.
            Err(fault @ Fault::Unfit(_)) => {
                let told = unseen.iter().any(|(_, other)| *other == fault);
                if matches!(pin.hold, Hold::Exact) && !told {
                    unseen.push((pin.key, fault.clone().map(hide)));
                }
                unfit.get_or_insert(fault);
            }
            Err(fault) => unseen.push((pin.key, fault.map(hide))),
        }
    }
    if kind.presence.is_none() && entry.body.len() == bare {
        let told = unfit.or_else(|| unseen.into_iter().next().map(|(_, fault)| fault));
        return Err(told.unwrap_or_else(|| nothing(subject, pins, how)));
    }
    check(subject, claim, &entry, looks)?;
    Ok(Snapshot { entry, there, unseen, doubts })
}

/// Why there is nothing to say of a thing of a kind that cannot say that it is not there.
fn nothing(subject: &Subject, pins: &[(Pin, Type)], how: &How) -> Fault {
    let moves = |pin: &Pin| matches!(pin.hold, Hold::Moving | Hold::Drifting);
    let all = (subject.kind.pins_of)(subject.target());
    let mut asked = all.iter().filter(|pin| !how.excludes(subject.kind, pin));
    match pins.first() {
        _ if how.samples < 2 && asked.any(moves) => {
            Fault::Unsupported("it moves by itself: several looks (`--samples 10`) tell how far".into())
        }
        Some((pin, _)) => Fault::Unsupported(format!("it has no `{}` here", pin.key)),
        None if all.iter().any(|pin| how.excludes(subject.kind, pin)) => {
            Fault::Unsupported("`--exclude-key` leaves nothing of it to write down".into())
        }
        None => Fault::Unsupported("nothing of it is to be written down".into()),
    }
}

/// Whether it was there, each time.
fn is_there(looks: &[Observed]) -> Result<bool, Fault> {
    let mut there = None;
    for look in looks {
        let is = match look.as_ref().map_err(Clone::clone)? {
            None => false,
            Some(seen) => seen.present.clone()? == Value::Bool(true),
        };
        if *there.get_or_insert(is) != is {
            return Err(Fault::Failed("it was there at one look and not at another".into()));
        }
    }
    there.ok_or_else(|| Fault::Failed("it was not looked at".into()))
}

/// What one look saw under the key with this index.
fn value(look: &Observed, index: usize) -> Result<Value, Fault> {
    match look.as_ref().map_err(Clone::clone)?.as_ref().and_then(|seen| seen.values.get(index)) {
        Some(value) => value.clone(),
        None => Ok(Value::Absent),
    }
}

/// What the entry says of a key after these values; `None` if it says nothing of it.
fn said(pin: &Pin, ty: Type, values: &[Value], host: &Host) -> Result<Option<Value>, Fault> {
    if values.iter().all(|value| *value == Value::Absent) {
        return Ok(None);
    }
    let candidates = match pin.hold {
        Hold::As(write) | Hold::Bound(write) => match values.iter().map(|value| write(host, value)).collect() {
            None if matches!(pin.hold, Hold::Bound(_)) => {
                let was = listed(values);
                return Err(Fault::Unsupported(format!(
                    "too little is left for a bound with room to spare: it was {was}"
                )));
            }
            None => return Ok(None),
            Some::<Vec<Value>>(said) => range::shared(&said).map_or(said, |shared| vec![shared]),
        },
        Hold::Stayed(write) => match values.iter().map(|value| write(host, value)).collect::<Option<Vec<_>>>() {
            None => return Ok(None),
            Some(said) if said.len() < 2 => {
                let once = "it was looked at once, and may be another each time: pass `--samples 2`";
                return Err(Fault::Unsupported(once.into()));
            }
            Some(said) => match range::shared(&said) {
                Some(shared) => vec![shared],
                None => return Err(Fault::Failed(format!("nothing of it stayed: it was {}", listed(values)))),
            },
        },
        Hold::Drifting if values.iter().all(|value| Some(value) == values.first()) => {
            let chance = "which may be chance: look more often, or further apart";
            let was = listed(values.get(..1).unwrap_or_default());
            return Err(Fault::Unsupported(format!("it was {was} each time, {chance}")));
        }
        Hold::Exact | Hold::Digest | Hold::Moving | Hold::Drifting => match values {
            [first @ Value::Partial(part), rest @ ..] if rest.iter().all(|value| value == first) => {
                Value::List(part.0.clone()).as_data().into_iter().collect()
            }
            [first, rest @ ..] if rest.iter().all(|value| value == first) => {
                let unsayable = || Fault::Unsupported("a spec cannot say what it is".into());
                vec![first.exactly(ty).ok_or_else(unsayable)?]
            }
            _ => {
                let moved = match pin.hold {
                    Hold::Moving | Hold::Drifting => range::over(values),
                    _ => range::any_of(values),
                };
                vec![moved.map_err(|why| Fault::Failed(format!("{why}: it was {}", listed(values))))?]
            }
        },
    };
    // What does not hold at once is not written.
    let held = |data: &Value| holds(data, ty, values);
    if let Some(data) = candidates.into_iter().find(held) {
        return Ok(Some(data));
    }
    let why = match range::over(values) {
        Ok(data) if values.len() > 1 && held(&data) => return Ok(Some(data)),
        Err(why) if values.len() > 1 => why,
        _ => "nothing that could be said of it holds",
    };
    Err(Fault::Unsupported(format!("{why}: it was {}", listed(values))))
}

fn secret() -> Fault {
    Fault::Unsupported("there may be a secret in it".into())
}

/// Whether it took all the looks to say `data`: no rule and no single look says it.
fn took_several(pin: &Pin, ty: Type, values: &[Value], data: &Value, host: &Host) -> bool {
    let alone = |value| said(pin, ty, std::slice::from_ref(value), host).is_ok_and(|one| one.as_ref() == Some(data));
    let moved = values.iter().any(|value| Some(value) != values.first());
    moved
        && match data {
            Value::List(_) => !values.iter().all(alone),
            _ => !values.iter().any(alone),
        }
}

/// Whether `data` under a key of type `ty` holds of all these values.
fn holds(data: &Value, ty: Type, values: &[Value]) -> bool {
    let text = data.to_json().to_string();
    let (node, mut wrong) = parse(&text, u32::MAX, Format::Json);
    let test = node.and_then(|node| matcher::lower(&node, ty, &mut wrong));
    let of = |test: &Test, value: &Value| match value {
        Value::Partial(part) => test.holds_of_part(&Value::List(part.0.clone())) == Some(true),
        value => test.holds(value) == Ok(true),
    };
    wrong.is_empty() && test.is_some_and(|test| values.iter().all(|value| of(&test, value)))
}

/// What the looks saw of a key that moves.
fn remark(pin: &Pin, values: &[Value], how: &How) -> String {
    let looks = format!("{} looks, {} apart", values.len(), quantity::duration(how.every));
    format!("{} was {} ({looks})", pin.key, listed(values))
}

fn listed(values: &[Value]) -> String {
    let shown: Vec<String> = values.iter().take(TOLD).map(|value| cut(&value.to_string(), &mut { LONG })).collect();
    let more = values.len().saturating_sub(TOLD);
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Whether the whole entry, read back, passes after each look.
fn check(subject: &Subject, asked: &Claim, entry: &Entry, looks: &[Observed]) -> Result<(), Fault> {
    let failed = |why: String| Err(Fault::Unsupported(format!("a spec cannot say what it is: {why}")));
    let claim = match look::read(subject.kind, &entry.name, &entry.body) {
        Ok((claim, wrong)) if wrong.is_empty() => claim,
        Ok((_, wrong)) | Err(wrong) => {
            return failed(wrong.into_iter().next().map(|one| one.message).unwrap_or_default());
        }
    };
    for look in looks {
        let answer = |ask| asked.asks.iter().position(|one| one == ask).map_or(Ok(Value::Absent), |at| value(look, at));
        let observed = look.clone().map(|seen| {
            seen.map(|Seen { present, .. }| Seen { present, values: claim.asks.iter().map(answer).collect() })
        });
        let verdicts = judge(&claim, observed);
        if let Some(verdict) = verdicts.iter().find(|verdict| verdict.outcome != Outcome::Pass) {
            return failed(format!("`{}` would not pass", verdict.key));
        }
    }
    Ok(())
}
