//! What a spec calls a package.

use super::{Manager, Package};
use globset::{Glob, GlobMatcher};

/// `libc6` (of any architecture), `libc6:amd64`, a glob(7) such as `xserver-xorg*`, each maybe behind its manager:
/// `rpm:glibc`, `pip:requests`.
#[derive(Clone, Debug)]
pub struct Selector {
    /// Who is asked; every manager of this host's own where it does not say.
    pub(super) manager: Option<Manager>,
    pub(super) name: String,
    architecture: Option<String>,
    glob: Option<GlobMatcher>,
}

/// Words that behind a `:` are an architecture and no package's name, for there are packages of Debian's called `gem`,
/// `npm`, `flatpak` and so on. None has a `_` in it.
const ARCHITECTURES: &[&str] = &[
    "all",
    "noarch",
    "amd64",
    "i386",
    "i486",
    "i586",
    "i686",
    "x86_64",
    "x86",
    "x32",
    "arm64",
    "aarch64",
    "armel",
    "armhf",
    "armv7",
    "armv7hl",
    "loong64",
    "loongarch64",
    "mips",
    "mipsel",
    "mips64el",
    "ppc64",
    "ppc64el",
    "ppc64le",
    "riscv64",
    "s390x",
    "sparc64",
];

impl Selector {
    /// Says in a lower-case fragment why `text` names no package.
    pub fn parse(text: &str) -> Result<Selector, String> {
        if let Some(odd) = text.chars().find(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!("a package's name has no {odd:?} in it"));
        }
        let manager = text.split_once(':').and_then(|(manager, rest)| Some((Manager::parse(manager)?, rest)));
        let (manager, name) = match manager.filter(|(_, rest)| !ARCHITECTURES.contains(rest)) {
            Some((manager, rest)) => (Some(manager), rest),
            None => (None, text),
        };
        let (name, architecture) = match name.rsplit_once(':') {
            Some((name, architecture)) if !manager.is_some_and(Manager::is_beside) => (name, Some(architecture)),
            _ => (name, None),
        };
        if name.is_empty() {
            return Err("the name is empty".into());
        }
        let is_scoped = manager == Some(Manager::Npm) && name.starts_with('@');
        let parts = name.split('/').count();
        let is_path =
            parts > if is_scoped { 2 } else { 1 } || name.split('/').any(|part| matches!(part, "" | "." | ".."));
        if is_path && manager.is_some_and(Manager::is_beside) {
            return Err(format!("`{name}` is a path, and no package is called so"));
        }
        if architecture.is_some_and(|a| a.is_empty() || a.contains(['*', '?', '['])) {
            return Err(format!("`{text}` ends in no architecture: write a name such as `libc6`, or `libc6:amd64`"));
        }
        let glob = match name.contains(['*', '?', '[']) {
            true => Some(Glob::new(name).map_err(|e| format!("`{name}` is no glob: {}", e.kind()))?.compile_matcher()),
            false => None,
        };
        Ok(Selector { manager, name: name.to_owned(), architecture: architecture.map(str::to_owned), glob })
    }

    /// Whether packages of this manager are meant. Those beside the host's own only by its name.
    pub(super) fn asks(&self, manager: Manager) -> bool {
        self.manager.map_or(!manager.is_beside(), |own| own == manager)
    }

    pub fn is_glob(&self) -> bool {
        self.glob.is_some()
    }

    /// Whether it is of packages of this name, whatever their architecture.
    pub(super) fn is_of(&self, name: &str) -> bool {
        match &self.glob {
            Some(glob) => glob.is_match(name),
            None => *name == *self.name,
        }
    }

    /// Whether it selects whatever `other`, which is no glob, selects.
    pub fn includes(&self, other: &Selector) -> bool {
        let manager = self.manager == other.manager
            || other.manager.is_some_and(|manager| self.asks(manager))
            || (self.manager.is_some_and(|manager| !manager.is_beside()) && other.manager.is_none());
        let architecture = self.architecture.is_none() || self.architecture == other.architecture;
        manager && architecture && other.glob.is_none() && self.is_of(&other.name)
    }

    /// What selects whatever this, which is no glob, selects, each in the one spelling that all of its spellings share, and
    /// this first: with and without its manager and its architecture.
    pub fn includers(&self) -> Vec<String> {
        let own = || Manager::ALL.iter().copied().filter(|manager| !manager.is_beside());
        let mut managers = vec![self.manager];
        match self.manager {
            None => managers.extend(own().map(Some)),
            Some(manager) if !manager.is_beside() => managers.push(None),
            Some(_) => {}
        }
        let mut architectures = vec![self.architecture.as_deref().unwrap_or_default()];
        architectures.extend(self.architecture.as_ref().map(|_| ""));
        let spelled = |manager: &Option<Manager>, architecture: &str| {
            let manager = manager.map_or("", Manager::word);
            format!("{manager}:{}:{architecture}", self.name)
        };
        let all = managers.iter().flat_map(|manager| architectures.iter().map(|one| spelled(manager, one)));
        all.collect()
    }

    pub(super) fn matches(&self, package: &Package) -> bool {
        self.asks(package.manager)
            && self.is_of(&package.name)
            && self.architecture.as_ref().is_none_or(|a| **a == *package.architecture)
    }

    /// The parts before and behind the last dot.
    pub(super) fn dotted(&self) -> Option<(&str, &str)> {
        self.name.rsplit_once('.').filter(|_| self.architecture.is_none())
    }
}

impl Manager {
    /// Whether it stands beside the host's own package managers: asked only by its name.
    fn is_beside(self) -> bool {
        matches!(self, Manager::Snap | Manager::Flatpak | Manager::Pip | Manager::Npm | Manager::Gem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_can_name_no_package_is_refused() {
        for text in [
            "",
            "a b",
            "vim\n",
            ":amd64",
            "libc6:",
            "libc6:*",
            "lib[",
            "pip:",
            "rpm:",
            "npm:../../etc",
            "npm:a/b",
            "npm:@a//b",
            "snap:..",
        ] {
            assert!(Selector::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_managers_name_goes_first_unless_an_architecture_follows() {
        let parsed = |text: &str| {
            let Selector { manager, name, architecture, .. } = Selector::parse(text).unwrap();
            (manager, name, architecture)
        };
        let amd64 = Some("amd64".to_owned());
        assert_eq!(parsed("pip:requests"), (Some(Manager::Pip), "requests".into(), None));
        assert_eq!(parsed("npm:@types/node"), (Some(Manager::Npm), "@types/node".into(), None));
        assert_eq!(parsed("gem:a:b"), (Some(Manager::Gem), "a:b".into(), None));
        assert_eq!(parsed("npm:amd64"), (None, "npm".into(), amd64.clone()));
        assert_eq!(parsed("dpkg:amd64"), (None, "dpkg".into(), amd64.clone()));
        assert_eq!(parsed("dpkg:libc6:amd64"), (Some(Manager::Dpkg), "libc6".into(), amd64.clone()));
        assert_eq!(parsed("libc6:amd64"), (None, "libc6".into(), amd64));
        assert_eq!(parsed("rpm"), (None, "rpm".into(), None));
    }
}
