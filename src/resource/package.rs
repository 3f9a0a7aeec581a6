//! `package`: what a package manager has installed.

use super::{Id, Keys, Presence, Resource, key};
use crate::host::Host;
use crate::host::packages::{self, Selector};
use crate::value::{Fault, Version};

/// The installed packages that the entry's name stands for, at least one.
pub struct Package(Vec<packages::Package>);

impl Resource for Package {
    const NAME: &'static str = "package";
    const ABOUT: &'static str = "An installed package, by the package manager's own database (dpkg's `/var/lib/dpkg/status`). \
        What is only unpacked, half-configured or removed but for its configuration is not installed.";
    const EXAMPLE: &'static str = "[package.nginx]\nversion = \">= 1.22\"\n";
    const PRESENCE: Option<Presence> =
        Some(Presence { name: "installed", about: "Whether it is installed, wholly and not only in part." });
    const TARGET: Option<(&'static str, &'static str)> = Some((
        "name",
        "A package's name: `libc6` of any architecture, `libc6:amd64` of one, `xserver-xorg*` any that matches.",
    ));
    const KEYS: Keys<Self> = &[
        &key("versions", "The version of each that is installed, in its manager's words.", Self::versions),
        &key(
            "version",
            "The installed version, ordered as its manager orders versions. Unknown where different ones are installed.",
            Self::version,
        ),
        &key("arch", "The architecture it was built for. Unknown where it is installed for several.", Self::arch),
        &key("held", "Whether the manager is told to keep it at its version. Unknown where that differs.", Self::held),
    ];
    type Id = Selector;
    type Settings = ();

    fn probe(host: &Host, name: &Selector, (): &()) -> Result<Option<Self>, Fault> {
        let found: Vec<_> = host.packages()?.find(name).into_iter().cloned().collect();
        Ok((!found.is_empty()).then_some(Package(found)))
    }
}

impl Id for Selector {
    fn parse(text: &str) -> Result<Self, String> {
        Selector::parse(text)
    }
}

impl Package {
    fn versions(&self) -> Vec<String> {
        self.0.iter().map(|p| p.version.to_string()).collect()
    }

    fn version(&self) -> Result<Option<Version>, Fault> {
        self.same(packages::Package::version)
    }

    fn arch(&self) -> Result<Option<String>, Fault> {
        let arch = |p: &packages::Package| p.architecture.to_string();
        Ok(self.same(arch)?.filter(|arch| !arch.is_empty()))
    }

    fn held(&self) -> Result<Option<bool>, Fault> {
        self.same(|p| p.held)
    }

    /// What all of them have in common.
    fn same<T: PartialEq>(&self, read: impl Fn(&packages::Package) -> T) -> Result<Option<T>, Fault> {
        let mut values = self.0.iter().map(read);
        let first = values.next();
        if values.all(|value| Some(&value) == first.as_ref()) {
            return Ok(first);
        }
        let name = |p: &packages::Package| format!("`{}:{}` {}", p.name, p.architecture, p.version);
        let mut names: Vec<_> = self.0.iter().take(4).map(name).collect();
        if self.0.len() > names.len() {
            names.push("…".into());
        }
        Err(Fault::Unsupported(format!("several are installed and differ: name one of {}", names.join(", "))))
    }
}
