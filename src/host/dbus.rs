//! A small blocking D-Bus client: enough to call methods and to read properties of services on the system bus.

use super::Host;
use crate::value::Fault;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

mod address;
mod connection;
mod item;
mod marshal;
mod message;
mod signature;
mod unmarshal;

pub use address::Address;
pub use connection::Connection;
pub use item::Item;
pub use message::Call;

/// Where the system bus is unless `DBUS_SYSTEM_BUS_ADDRESS` says otherwise.
pub const SYSTEM_BUS: &str = "/run/dbus/system_bus_socket";

/// A bus, or a peer that is none, and its connections. Each call has a connection to itself, so that one which hangs
/// holds up no other.
pub struct Bus {
    addresses: Vec<Address>,
    /// Whether a daemon stands between, which wants to be greeted.
    bus: bool,
    idle: Mutex<Vec<Connection>>,
}

/// The error that a method answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub member: String,
    /// `org.freedesktop.DBus.Error.AccessDenied`.
    pub name: String,
    /// What it says to people.
    pub message: String,
}

/// The system bus of this machine. Nothing is connected until the first call.
pub(super) fn load(host: &Host) -> Result<Bus, Fault> {
    host.machine()?;
    match configured() {
        None => Ok(Bus::new(vec![Address::Path(SYSTEM_BUS.into())], true)),
        Some(text) => match Address::parse_list(&text) {
            none if none.is_empty() => {
                Err(Fault::Unsupported(format!("`DBUS_SYSTEM_BUS_ADDRESS` is `{text}`, which names no Unix socket")))
            }
            addresses => Ok(Bus::new(addresses, true)),
        },
    }
}

/// `DBUS_SYSTEM_BUS_ADDRESS`, if it says anything.
pub(super) fn configured() -> Option<String> {
    std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok().filter(|text| !text.is_empty())
}

impl Bus {
    pub fn new(addresses: Vec<Address>, bus: bool) -> Bus {
        Bus { addresses, bus, idle: Mutex::default() }
    }

    /// Calls a method; the inner error is the service's own answer.
    pub fn call(&self, call: &Call<'_>, deadline: Instant) -> Result<Result<Vec<Item>, Refusal>, Fault> {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let unused = idle().pop();
        let mut connection = match unused {
            Some(connection) => connection,
            None => self.connect(deadline)?,
        };
        let answer = connection.call(call, deadline)?;
        idle().push(connection);
        Ok(answer)
    }

    fn connect(&self, deadline: Instant) -> Result<Connection, Fault> {
        let mut fault = Fault::Unsupported("the bus has no address".into());
        for address in &self.addresses {
            match Connection::open(address, self.bus, deadline) {
                Ok(connection) => return Ok(connection),
                Err(why) => fault = why,
            }
        }
        Err(fault)
    }

    /// Reads one property of an object: `org.freedesktop.DBus.Properties.Get`. A service that is not running is started
    /// by the bus if it can be.
    pub fn property(
        &self,
        destination: &str,
        path: &str,
        interface: &str,
        name: &str,
        deadline: Instant,
    ) -> Result<Item, Fault> {
        let arguments = [Item::Text(interface.to_owned()), Item::Text(name.to_owned())];
        let call = Call {
            destination,
            path,
            interface: "org.freedesktop.DBus.Properties",
            member: "Get",
            signature: "ss",
            arguments: &arguments,
        };
        let returned = self.call(&call, deadline)?.map_err(|refusal| refusal.fault(destination))?;
        match returned.into_iter().next() {
            Some(Item::Variant(_, value)) => Ok(*value),
            _ => Err(Fault::Malformed(format!("{destination}: its property `{name}` is no variant"))),
        }
    }
}

impl Refusal {
    /// The fault that this answer of `who` is, where it means no more than that.
    pub fn fault(self, who: &str) -> Fault {
        let Refusal { member, name, message } = self;
        let short = name.strip_prefix("org.freedesktop.DBus.Error.").unwrap_or(&name);
        let said = if message.is_empty() { short } else { message.trim_end_matches(['.', '\n']) };
        let text = format!("{who}: `{member}`: {said}");
        match short {
            "AccessDenied" | "AuthFailed" | "InteractiveAuthorizationRequired" => Fault::Denied(text),
            "ServiceUnknown" | "NameHasNoOwner" | "UnknownMethod" | "UnknownObject" | "UnknownInterface"
            | "UnknownProperty" => Fault::Unsupported(text),
            _ => Fault::Failed(text),
        }
    }
}

#[cfg(test)]
mod tests;
