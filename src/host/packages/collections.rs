//! Packages beside those of the host's own managers, asked for by their manager's name: `pip:requests`.
//!
//! Each is looked for where it stands for all users; what one user, one project or one virtual environment has is theirs.

use super::{Manager, Package, Selector};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};

mod flatpak;
mod gem;
mod npm;
mod pip;
mod snap;

pub use gem::Gems;
pub(in crate::host) use gem::load as load_gems;
pub use pip::Sites;
pub(in crate::host) use pip::load as load_sites;

/// `None` where `selector` is of the host's own managers.
pub(super) fn find(host: &Host, selector: &Selector) -> Option<Result<Vec<Package>, Fault>> {
    Some(match selector.manager? {
        Manager::Pip => pip::find(host, selector),
        Manager::Npm => npm::find(host, selector),
        Manager::Gem => gem::find(host, selector),
        Manager::Snap => snap::find(host, selector),
        Manager::Flatpak => flatpak::find(host, selector),
        Manager::Dpkg | Manager::Rpm | Manager::Apk | Manager::Pacman | Manager::Opkg => return None,
    })
}

/// A package of a manager that keeps several versions, none of which it says it holds.
fn package(manager: Manager, order: VersionOrder, name: &str, version: &str, place: &str) -> Package {
    Package {
        name: name.into(),
        version: version.into(),
        order,
        architecture: Box::default(),
        held: Err(Fault::Unsupported(format!("what `{}` holds is not read here", manager.word()))),
        manager,
        place: place.into(),
    }
}

/// What is written in a file that is text, and short.
fn text(host: &Host, path: &str) -> Result<Option<String>, Fault> {
    Ok(host.whole(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// A name or a version as it may stand in a report.
fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}
