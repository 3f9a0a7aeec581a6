//! What a service manager is told of the service: sd_notify(3).

use rustix::time::{ClockId, clock_gettime};
use std::env;
use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// How long a manager that takes no messages is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of a status.
const LONGEST: usize = 512;

/// The manager that started this process, if it wants to hear anything. What it does not take is lost: none of it is
/// worth the service.
pub struct Notify(Option<(UnixDatagram, SocketAddr)>);

impl Notify {
    /// Goes by the environment.
    pub fn from_environment() -> Notify {
        Notify(env::var_os("NOTIFY_SOCKET").and_then(|name| open(&name)))
    }

    /// Whether anybody hears.
    pub fn is_heard(&self) -> bool {
        self.0.is_some()
    }

    /// It serves: it has started, or has reloaded.
    pub fn ready(&self, status: &str) {
        self.send(&format!("READY=1\n{}", shown(status)));
    }

    /// It reads its spec again, and says [`Notify::ready`] when that is done.
    pub fn reloading(&self) {
        let now = clock_gettime(ClockId::Monotonic);
        let micros = i128::from(now.tv_sec) * 1_000_000 + i128::from(now.tv_nsec) / 1_000;
        self.send(&format!("RELOADING=1\nMONOTONIC_USEC={micros}\n"));
    }

    /// It ends.
    pub fn stopping(&self) {
        self.send("STOPPING=1\n");
    }

    /// A line for people.
    pub fn status(&self, status: &str) {
        self.send(&shown(status));
    }

    /// It is alive.
    pub fn watchdog(&self) {
        self.send("WATCHDOG=1\n");
    }

    fn send(&self, message: &str) {
        if let Some((socket, manager)) = &self.0 {
            _ = socket.send_to_addr(message.as_bytes(), manager);
        }
    }
}

/// How long this process may be silent before its manager takes it for dead: [`Notify::watchdog`] is due twice as often.
/// `None` if it may for ever.
pub fn watchdog_interval() -> Option<Duration> {
    interval(env::var("WATCHDOG_USEC").ok()?.as_str(), env::var("WATCHDOG_PID").ok().as_deref())
}

fn interval(micros: &str, pid: Option<&str>) -> Option<Duration> {
    let meant = pid.is_none_or(|pid| pid == std::process::id().to_string());
    micros.parse().ok().filter(|micros| meant && *micros > 0).map(Duration::from_micros)
}

fn open(name: &OsString) -> Option<(UnixDatagram, SocketAddr)> {
    let manager = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        // vsock(7), from the inside of a virtual machine to the outside.
        _ => return None,
    };
    let socket = UnixDatagram::unbound().ok()?;
    socket.set_write_timeout(Some(PATIENCE)).ok()?;
    Some((socket, manager.ok()?))
}

/// A line of it, as each line of a message is an assignment.
fn shown(status: &str) -> String {
    let line: String = status.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!("STATUS={}\n", &line[..line.floor_char_boundary(LONGEST)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 4096];
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn a_manager_hears_over_paths_and_abstract_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("@verispec-notify-{}", std::process::id());
        let abstract_name = SocketAddr::from_abstract_name(&name[1..]).unwrap();
        for (manager, name) in [
            (UnixDatagram::bind(&path).unwrap(), path.into_os_string()),
            (UnixDatagram::bind_addr(&abstract_name).unwrap(), name.into()),
        ] {
            let notify = Notify(open(&name));
            assert!(notify.is_heard());
            notify.ready("12 pass");
            assert_eq!(heard(&manager), "READY=1\nSTATUS=12 pass\n");
            notify.reloading();
            let reloading = heard(&manager);
            let micros = reloading.strip_prefix("RELOADING=1\nMONOTONIC_USEC=").unwrap().trim_end();
            assert!(micros.parse::<u64>().unwrap() > 0);
            notify.stopping();
            assert_eq!(heard(&manager), "STOPPING=1\n");
            notify.watchdog();
            assert_eq!(heard(&manager), "WATCHDOG=1\n");
        }
    }

    #[test]
    fn a_status_says_nothing_else() {
        assert_eq!(shown("a\nMAINPID=1\r\0b"), "STATUS=a MAINPID=1  b\n");
        assert_eq!(shown(&"é".repeat(1000)).len(), "STATUS=\n".len() + LONGEST);
    }

    #[test]
    fn without_a_manager_nothing_happens() {
        for name in ["", "relative", "vsock:2:1234", "/nonexistent/socket"] {
            Notify(open(&name.into())).ready("x");
        }
        Notify(None).watchdog();
    }

    #[test]
    fn the_watchdog_is_for_the_process_that_it_names() {
        let own = std::process::id().to_string();
        assert_eq!(interval("30000000", Some(&own)), Some(Duration::from_secs(30)));
        assert_eq!(interval("30000000", None), Some(Duration::from_secs(30)));
        assert_eq!(interval("30000000", Some("1")), None);
        for micros in ["", "0", "-1", "x"] {
            assert_eq!(interval(micros, None), None, "{micros}");
        }
    }
}
