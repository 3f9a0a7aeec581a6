//! A small blocking D-Bus client: enough to call methods and to read properties of services on the system bus.

use super::Host;
use crate::value::Fault;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

mod address;
mod connection;
mod item;
mod marshal;
pub(super) mod message;
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
    /// The first that lets us in is it.
    endpoints: Vec<Endpoint>,
    idle: Mutex<Vec<Connection>>,
}

/// Where a bus, or a peer, is met.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub address: Address,
    /// Whether a bus daemon stands there, which wants to be greeted.
    pub greets: bool,
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
    Ok(Bus::new(system_bus()))
}

/// Where the system bus is met.
pub(super) fn system_bus() -> Vec<Endpoint> {
    let addresses = match configured() {
        None => vec![Address::Path(SYSTEM_BUS.into())],
        Some(text) => Address::parse_list(&text),
    };
    addresses.into_iter().map(|address| Endpoint { address, greets: true }).collect()
}

/// `DBUS_SYSTEM_BUS_ADDRESS`, if it says anything.
pub(super) fn configured() -> Option<String> {
    std::env::var("DBUS_SYSTEM_BUS_ADDRESS").ok().filter(|text| !text.is_empty())
}

impl Bus {
    pub fn new(endpoints: Vec<Endpoint>) -> Bus {
        Bus { endpoints, idle: Mutex::default() }
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
        let mut fault = Fault::Unsupported("`DBUS_SYSTEM_BUS_ADDRESS` names no Unix socket".into());
        for endpoint in &self.endpoints {
            match Connection::open(endpoint, deadline) {
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
pub(super) mod tests;
