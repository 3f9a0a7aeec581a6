//! Units of the init system: what is there, what state it is in, and whether it starts by itself.

use super::{Host, dbus};
use crate::value::{Fault, Value};
use std::time::Instant;
use systemd::Systemd;

pub mod enabled;
mod files;
mod systemd;
mod ties;

#[cfg(test)]
pub use systemd::tests::lab;
pub use ties::{Standing, Ties};

/// The units of whichever init system runs.
pub enum Units {
    Systemd(Box<Systemd>),
}

/// A unit that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// As it was asked for, which may be an alias.
    pub asked: String,
    /// Its own name, which an alias leads to.
    pub id: String,
    /// systemd's `ActiveState`.
    pub active: String,
    /// systemd's `LoadState` is `masked`.
    pub masked: bool,
    /// Its D-Bus object; `None` of a unit that the init system has not loaded: a template, a new file.
    path: Option<String>,
}

/// Nothing is connected until something is asked.
pub(super) fn load(host: &Host) -> Result<Units, Fault> {
    host.machine()?;
    let there = |path: &str| host.files().lstat(path).map(|stat| stat.is_some());
    // sd_booted(3). A container that is lent only the bus of its host has no such directory.
    let bus = dbus::configured().is_some() || there(dbus::SYSTEM_BUS)?;
    if !bus && !there("/run/systemd/system")? {
        return Err(Fault::Unsupported("systemd does not run here: /run/systemd/system is missing".into()));
    }
    Ok(Units::Systemd(Box::new(Systemd::new(systemd::bus(there(systemd::PRIVATE)?)))))
}

impl Units {
    /// Looks up a unit by its full name, such as `ssh.service`. `None` if there is neither a unit nor a file for one.
    pub fn unit(&self, name: &str, deadline: Instant) -> Result<Option<Unit>, Fault> {
        let Units::Systemd(systemd) = self;
        systemd.unit(name, deadline)
    }

    /// The names of the units that are loaded and there.
    pub fn loaded(&self, deadline: Instant) -> Result<Vec<String>, Fault> {
        let Units::Systemd(systemd) = self;
        systemd.loaded(deadline)
    }

    /// systemd's word for the unit's file, as `systemctl is-enabled` prints it; `None` if there is no file.
    pub fn file_state(&self, name: &str, deadline: Instant) -> Result<Option<String>, Fault> {
        let Units::Systemd(systemd) = self;
        systemd.file_state(name, deadline)
    }

    /// Everything that the init system says of the unit, as `systemctl show` does: names and values.
    pub fn properties(&self, unit: &Unit, deadline: Instant) -> Result<Vec<(String, Value)>, Fault> {
        let Units::Systemd(systemd) = self;
        systemd.properties(unit, deadline)
    }
}
