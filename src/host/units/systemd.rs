//! Units by systemd's D-Bus interface: org.freedesktop.systemd1(5).

use super::Unit;
use crate::host::dbus::{self, Address, Bus, Call, Endpoint, Item, Refusal};
use crate::value::{Fault, Value};
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// systemd's own socket, on which it answers root without a bus.
pub const PRIVATE: &str = "/run/systemd/private";

const NAME: &str = "org.freedesktop.systemd1";
const MANAGER: (&str, &str) = ("/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager");
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

pub struct Systemd {
    bus: Bus,
    listing: Listing,
}

/// By name, without aliases.
type Loaded = HashMap<String, Row>;

/// A row of `ListUnits`.
struct Row {
    load: String,
    active: String,
    path: String,
}

/// Where systemd answers. As systemctl does, root goes past the bus, so that a bus which hangs does not matter.
pub fn bus(private: bool) -> Bus {
    let mut endpoints = dbus::system_bus();
    if private && dbus::configured().is_none() && rustix::process::geteuid().is_root() {
        endpoints.insert(0, Endpoint { address: Address::Path(PRIVATE.into()), greets: false });
    }
    Bus::new(endpoints)
}

impl Systemd {
    pub fn new(bus: Bus) -> Systemd {
        Systemd { bus, listing: Listing::default() }
    }

    pub fn unit(&self, name: &str, deadline: Instant) -> Result<Option<Unit>, Fault> {
        let unit = |id: &str, load: &str, active: &str, path: &str| Unit {
            asked: name.to_owned(),
            id: id.to_owned(),
            active: active.to_owned(),
            masked: load == "masked",
            path: Some(path.to_owned()),
        };
        // systemd loads instances of a template, never the template.
        if !is_template(name) {
            let loaded = self.listing.get(deadline, || self.list(deadline))?;
            let found = match loaded.get(name) {
                Some(row) if !is_there(&row.load, &row.active) => None,
                Some(row) => Some(unit(name, &row.load, &row.active, &row.path)),
                None => {
                    // Asking for its object loads it, and leads from an alias to the unit.
                    let path = object_path(name);
                    let properties = self.get_all(&path, "org.freedesktop.systemd1.Unit", deadline)?;
                    let text = |name: &str| {
                        let property = properties.iter().find(|(n, _)| n == name);
                        property.and_then(|(_, value)| value.text()).unwrap_or_default()
                    };
                    let (id, load, active) = (text("Id"), text("LoadState"), text("ActiveState"));
                    if id.is_empty() || load.is_empty() || active.is_empty() {
                        return Err(malformed("GetAll"));
                    }
                    // Slices and devices are made up for whoever asks.
                    let made_up = load == "loaded"
                        && id == name
                        && active == "inactive"
                        && text("FragmentPath").is_empty()
                        && text("SourcePath").is_empty();
                    (is_there(load, active) && !made_up).then(|| unit(id, load, active, &path))
                }
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        // A template, or a file that came since systemd last looked.
        let file = self.file_state(name, deadline)?;
        Ok(file.map(|_| Unit { path: None, ..unit(name, "", "inactive", "") }))
    }

    pub fn loaded(&self, deadline: Instant) -> Result<Vec<String>, Fault> {
        let loaded = self.listing.get(deadline, || self.list(deadline))?;
        let there = loaded.iter().filter(|(_, row)| is_there(&row.load, &row.active));
        let mut names: Vec<String> = there.map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        Ok(names)
    }

    pub fn file_state(&self, name: &str, deadline: Instant) -> Result<Option<String>, Fault> {
        let name = [Item::Text(name.to_owned())];
        match self.manager("GetUnitFileState", "s", &name, deadline)? {
            Ok(items) => match items.as_slice() {
                [Item::Text(state)] => Ok(Some(state.clone()).filter(|s| s != "not-found")),
                _ => Err(malformed("GetUnitFileState")),
            },
            Err(refusal) => match refusal.name.as_str() {
                "org.freedesktop.DBus.Error.FileNotFound" | "org.freedesktop.systemd1.NoSuchUnit" => Ok(None),
                _ => Err(fault(refusal)),
            },
        }
    }

    pub fn properties(&self, unit: &Unit, deadline: Instant) -> Result<Vec<(String, Value)>, Fault> {
        let Some(path) = &unit.path else {
            let why = if is_template(&unit.asked) {
                format!("`{}` is a template: only its instances have properties", unit.asked)
            } else {
                format!("systemd has not read `{}` yet; run `systemctl daemon-reload`", unit.asked)
            };
            return Err(Fault::Unsupported(why));
        };
        let properties = self.get_all(path, "", deadline)?;
        Ok(properties
            .into_iter()
            .map(|(name, item)| {
                let value = property(&name, &item);
                (name, value)
            })
            .collect())
    }

    fn list(&self, deadline: Instant) -> Result<Loaded, Fault> {
        let items = self.manager("ListUnits", "", &[], deadline)?.map_err(fault)?;
        rows(items).ok_or_else(|| malformed("ListUnits"))
    }

    /// The properties of an object; of all its interfaces where `interface` is empty.
    fn get_all(&self, path: &str, interface: &str, deadline: Instant) -> Result<Vec<(String, Item)>, Fault> {
        let arguments = [Item::Text(interface.to_owned())];
        let call = Call {
            destination: NAME,
            path,
            interface: PROPERTIES,
            member: "GetAll",
            signature: "s",
            arguments: &arguments,
        };
        let mut items = self.bus.call(&call, deadline)?.map_err(fault)?;
        let Some(Item::Dict(pairs)) = items.pop() else { return Err(malformed("GetAll")) };
        let pair = |pair| match pair {
            (Item::Text(name), Item::Variant(_, value)) => Ok((name, *value)),
            _ => Err(malformed("GetAll")),
        };
        pairs.into_iter().map(pair).collect()
    }

    fn manager(
        &self,
        member: &str,
        signature: &str,
        arguments: &[Item],
        deadline: Instant,
    ) -> Result<Result<Vec<Item>, Refusal>, Fault> {
        let (path, interface) = MANAGER;
        self.bus.call(&Call { destination: NAME, path, interface, member, signature, arguments }, deadline)
    }
}

fn fault(refusal: Refusal) -> Fault {
    match refusal.name.as_str() {
        "org.freedesktop.DBus.Error.ServiceUnknown" | "org.freedesktop.DBus.Error.NameHasNoOwner" => {
            Fault::Unsupported(format!("systemd does not run here: nobody on the bus answers for `{NAME}`"))
        }
        _ => refusal.fault("systemd"),
    }
}

fn malformed(member: &str) -> Fault {
    Fault::Malformed(format!("systemd: what `{member}` returned is not what systemd documents"))
}

/// What `ListUnits` returns, `a(ssssssouso)`: name, description, load, active and sub state, followed, object, job.
fn rows(items: Vec<Item>) -> Option<Loaded> {
    let Ok([Item::Array(rows)]) = <[Item; 1]>::try_from(items) else { return None };
    rows.into_iter()
        .map(|row| match row {
            Item::Struct(fields) => match <[Item; 10]>::try_from(fields) {
                Ok([Item::Text(name), _, Item::Text(load), Item::Text(active), _, _, Item::Path(path), ..]) => {
                    Some((name, Row { load, active, path }))
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}

/// A unit whose file was taken away is `not-found`, and goes on running all the same.
fn is_there(load: &str, active: &str) -> bool {
    load != "not-found" || !matches!(active, "inactive" | "failed")
}

fn is_template(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with('@'))
}

/// The object of a unit: its name, with all but letters and digits written as `_2e`.
fn object_path(name: &str) -> String {
    let mut path = String::from("/org/freedesktop/systemd1/unit/");
    for (at, byte) in name.bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit()) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("_{byte:02x}"));
        }
    }
    path
}

/// A property's value. What is more than D-Bus says is as systemctl prints it: the largest number is nothing in what is
/// measured or not chosen, and no bound in a limit; modes are octal.
fn property(name: &str, item: &Item) -> Value {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|s| name.ends_with(s));
    match item {
        Item::Uint64(u64::MAX)
            if ends(&[
                "Current",
                "Peak",
                "NSec",
                "Bytes",
                "Packets",
                "Operations",
                "Weight",
                "Shares",
                "Timestamp",
            ]) || matches!(name, "NextElapseUSecRealtime" | "LastTriggerUSec") =>
        {
            Value::Absent
        }
        Item::Uint64(u64::MAX)
            if ends(&["TasksMax"]) || name.contains("USec") || name.starts_with("Limit") || name.contains("Memory") =>
        {
            Value::Number(f64::INFINITY)
        }
        Item::Uint32(u32::MAX) if ends(&["UID", "GID"]) => Value::Absent,
        Item::Uint32(mode) if ends(&["UMask", "Mode"]) => Value::Text(format!("{mode:04o}")),
        _ => item.into(),
    }
}

/// The loaded units, listed once for all that ask. Nobody waits for another's listing past his own deadline, and one
/// that came too late for who asked is made again for the next.
#[derive(Default)]
struct Listing {
    state: Mutex<Option<Listed>>,
    changed: Condvar,
}

enum Listed {
    Awaited,
    Known(Result<Arc<Loaded>, Fault>),
}

impl Listing {
    fn get(&self, deadline: Instant, list: impl FnOnce() -> Result<Loaded, Fault>) -> Result<Arc<Loaded>, Fault> {
        let began = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match &*state {
                Some(Listed::Known(result)) => return result.clone(),
                Some(Listed::Awaited) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(Fault::TimedOut("systemd: `ListUnits`".into(), began.elapsed()));
                    }
                    state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                None => break,
            }
        }
        *state = Some(Listed::Awaited);
        drop(state);
        let result = list().map(Arc::new);
        let known = (!matches!(result, Err(Fault::TimedOut(..)))).then(|| Listed::Known(result.clone()));
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = known;
        self.changed.notify_all();
        result
    }
}

#[cfg(test)]
pub mod tests;
