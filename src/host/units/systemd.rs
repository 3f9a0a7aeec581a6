//! Units by systemd's D-Bus interface: org.freedesktop.systemd1(5).

use super::enabled::{self, Enabled};
use super::files::{UnitFiles, is_template};
use super::ties::{self, Standing, Ties};
use super::{Init, State, at_rest, sysv, there};
use crate::host::Host;
use crate::host::dbus::{self, Address, Bus, Call, Endpoint, Item, Refusal};
use crate::value::{Fault, Known, Value};
use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// systemd's own socket, on which it answers root without a bus.
const PRIVATE: &str = "/run/systemd/private";

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

/// A unit that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// As it was asked for, which may be an alias.
    asked: String,
    /// Its own name, which an alias leads to.
    id: String,
    /// `ActiveState`.
    active: String,
    /// `LoadState` is `masked`.
    masked: bool,
    /// Its D-Bus object; `None` of a unit that systemd has not loaded: a template, a new file.
    path: Option<String>,
}

/// sd_booted(3), or somebody has said where it is to be asked.
pub fn runs(host: &Host) -> Result<bool, Fault> {
    let lent = host.machine().is_ok() && dbus::configured().is_some();
    Ok(lent || there(host, "/run/systemd/system")?)
}

/// Whether this is a container that is lent the bus of its host.
pub fn is_lent(host: &Host) -> Result<bool, Fault> {
    Ok(host.machine().is_ok() && there(host, dbus::SYSTEM_BUS)?)
}

/// Files alone tell of units where there is no bus.
pub fn open(host: &Host, runs: bool) -> Result<Box<dyn Init>, Fault> {
    let private = there(host, PRIVATE)?;
    let may_be_asked = dbus::configured().is_some() || private || there(host, dbus::SYSTEM_BUS)?;
    if !runs || host.machine().is_err() || !may_be_asked {
        return at_rest::open(host);
    }
    Ok(Box::new(Arc::new(Systemd::new(bus(private)))))
}

/// Where systemd answers. As systemctl does, root goes past the bus, so that a bus which hangs does not matter.
fn bus(private: bool) -> Bus {
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

impl Init for Arc<Systemd> {
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn super::Unit>>, Fault> {
        let unit = Systemd::unit(self, name, host.deadline())?;
        let live = |unit| {
            let (systemd, file, properties) = (self.clone(), OnceCell::new(), OnceCell::new());
            Box::new(Live { systemd, unit, file, properties }) as Box<dyn super::Unit>
        };
        Ok(unit.map(live))
    }

    fn names(&self, host: &Host) -> Result<Vec<String>, Fault> {
        self.loaded(host.deadline())
    }

    fn enabled(&self, host: &Host) -> Result<Known<Enabled>, Fault> {
        enabled::enabled(host, &UnitFiles::read(host)?)
    }
}

/// A unit, and what has been asked of it.
struct Live {
    systemd: Arc<Systemd>,
    unit: Unit,
    /// systemd's word for its unit file.
    file: OnceCell<Result<Option<String>, Fault>>,
    properties: OnceCell<Result<Vec<(String, Value)>, Fault>>,
}

impl Live {
    fn file(&self, host: &Host) -> Result<Option<&str>, Fault> {
        let file = self.file.get_or_init(|| self.systemd.file_state(&self.unit.asked, host.deadline()));
        file.as_ref().map(Option::as_deref).map_err(Clone::clone)
    }
}

impl super::Unit for Live {
    fn id(&self) -> &str {
        &self.unit.id
    }

    fn state(&self, _: &Host) -> Result<State, Fault> {
        let word = &self.unit.active;
        let unknown = || Fault::Unsupported(format!("systemd says `{word}`, a state that is not known here"));
        State::parse(word).ok_or_else(unknown)
    }

    fn enabled(&self, host: &Host) -> Result<bool, Fault> {
        match self.file(host)? {
            // systemctl leaves a unit that was only generated from an init script to the links of that script.
            None | Some("generated") if sysv::has_script(host, &self.unit.id)? => {
                sysv::starts_by_itself(host, &self.unit.id)
            }
            Some(word) => at_rest::starts_with(&self.unit.asked, word),
            None => Ok(false),
        }
    }

    fn masked(&self, host: &Host) -> Result<bool, Fault> {
        Ok(self.unit.masked || matches!(self.file(host)?, Some("masked" | "masked-runtime")))
    }

    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault> {
        sysv::runlevels(host, &self.unit.id)
    }

    fn restarts(&self, host: &Host) -> Result<Option<u64>, Fault> {
        if !self.unit.id.ends_with(".service") {
            return Ok(None);
        }
        match self.properties(host)?.iter().find(|(name, _)| name == "NRestarts") {
            Some((_, Value::Int(count))) => Ok(u64::try_from(*count).ok()),
            Some(_) => Err(Fault::Malformed("systemd: `NRestarts` is not a number".into())),
            None => Err(Fault::Unsupported("this systemd does not count restarts".into())),
        }
    }

    fn properties(&self, host: &Host) -> Result<&[(String, Value)], Fault> {
        let properties = self.properties.get_or_init(|| self.systemd.properties(&self.unit, host.deadline()));
        properties.as_deref().map_err(Clone::clone)
    }

    fn standing(&self, host: &Host) -> Result<Standing, Fault> {
        let id = self.unit.id.clone();
        if State::parse(&self.unit.active).is_some_and(State::runs) {
            return Ok(Standing { id, active: true, used: true, is_static: false });
        }
        // systemd looks through all of its directories for that.
        let state = self.systemd.file_state(&id, host.deadline())?;
        let used = matches!(state.as_deref(), Some("enabled" | "enabled-runtime" | "generated"));
        Ok(Standing { id, active: false, used, is_static: state.as_deref() == Some("static") })
    }

    fn ties(&self, host: &Host) -> Result<Option<Ties>, Fault> {
        if self.unit.path.is_none() {
            return Ok(None);
        }
        Ok(Some(ties::of(&self.unit.id, self.properties(host)?)))
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
