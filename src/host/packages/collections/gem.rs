//! Ruby's gems, from the specification of each that RubyGems keeps (`Gem::Specification`, `Gem::StubSpecification`).

use super::{Manager, Package, Selector, is_word, package, text};
use crate::host::Host;
use crate::value::{Fault, VersionOrder};

/// Directories with one for each version of Ruby, and those that are for all; each has `specifications`.
const BY_VERSION: &[&str] = &[
    "/var/lib/gems",
    "/usr/share/rubygems-integration",
    "/usr/lib/ruby/gems",
    "/usr/lib64/ruby/gems",
    "/usr/local/lib/ruby/gems",
];
const ROOTS: &[&str] = &["/usr/share/gems", "/usr/local/share/gems", "/usr/local/bundle"];

/// Every specification: the name of its file without the ending, and its directory; sorted.
pub struct Gems(Vec<(String, String)>);

pub fn load(host: &Host) -> Result<Gems, Fault> {
    let list = |path: &str| host.files().list(path);
    let mut roots: Vec<String> = ROOTS.iter().copied().map(str::to_owned).collect();
    let mut by_version: Vec<String> = BY_VERSION.iter().copied().map(str::to_owned).collect();
    // Debian's, of gems that are not of one architecture.
    let triplets = list("/usr/lib")?.unwrap_or_default().into_iter().filter(|name| name.contains("-linux-"));
    by_version.extend(triplets.map(|triplet| format!("/usr/lib/{triplet}/rubygems-integration")));
    for root in &by_version {
        roots.extend(list(root)?.unwrap_or_default().iter().map(|version| format!("{root}/{version}")));
    }
    let (mut all, mut any) = (Vec::new(), false);
    for root in &roots {
        for directory in [format!("{root}/specifications"), format!("{root}/specifications/default")] {
            let Some(names) = list(&directory)? else { continue };
            any = true;
            let stems = names.iter().filter_map(|name| name.strip_suffix(".gemspec"));
            all.extend(stems.map(|stem| (stem.to_owned(), directory.clone())));
        }
    }
    if !any {
        let why =
            format!("no gems found: looked for specifications in {}, {}", BY_VERSION.join(", "), ROOTS.join(", "));
        return Err(Fault::Unsupported(why));
    }
    all.sort_unstable();
    Ok(Gems(all))
}

pub(super) fn find(host: &Host, selector: &Selector) -> Result<Vec<Package>, Fault> {
    let Gems(all) = host.gems()?;
    let begins = format!("{}-", selector.name);
    let candidates: Vec<_> = match selector.is_glob() {
        true => all.iter().collect(),
        false => {
            let start = all.partition_point(|(stem, _)| *stem < begins);
            all.iter().skip(start).take_while(|(stem, _)| stem.starts_with(&begins)).collect()
        }
    };
    let mut found: Vec<Package> = Vec::new();
    for (stem, directory) in candidates {
        let path = format!("{directory}/{stem}.gemspec");
        let Some(text) = text(host, &path)? else { continue };
        // `foo-2` may begin the name of another gem, `foo-2x-1.0`.
        let Some((name, version)) = specification(&text) else {
            return Err(Fault::Malformed(format!("{path}: it has no name, or no version")));
        };
        let is_known = found.iter().any(|p| *p.name == *name && *p.version == *version);
        if selector.is_of(name) && !is_known {
            found.push(package(Manager::Gem, VersionOrder::Gem, name, version, directory));
        }
    }
    Ok(found)
}

/// `# stub: NAME VERSION PLATFORM DIRECTORIES`, or what it says of itself.
fn specification(text: &str) -> Option<(&str, &str)> {
    let stub = text.lines().take(3).find_map(|line| line.strip_prefix("# stub: "));
    let said = |what: &str| {
        let value =
            text.lines().find_map(|line| line.trim_start().split_once(what).map(|(_, value)| value.trim_start()))?;
        let value = value.strip_prefix("Gem::Version.new(").unwrap_or(value);
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value.get(1..)?.split(quote).next()
    };
    let (name, version) = match stub {
        Some(stub) => {
            let mut words = stub.split(' ');
            (words.next()?, words.next()?)
        }
        None => (said(".name = ")?, said(".version = ")?),
    };
    (is_word(name) && is_word(version)).then_some((name, version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    fn look(tree: &str, name: &str) -> Result<Vec<String>, Fault> {
        let files = TreeFiles::parse(tree).unwrap();
        let host = Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH);
        let found = find(&host, &Selector::parse(&format!("gem:{name}")).unwrap())?;
        Ok(found.iter().map(|p| format!("{} {}", p.name, p.version)).collect())
    }

    const TREE: &str = "-- /var/lib/gems/3.1.0/specifications/rack-3.0.8.gemspec\n# -*- encoding: utf-8 -*-\n# stub: rack 3.0.8 ruby lib\n\
        -- /var/lib/gems/3.1.0/specifications/rack-2-tools-1.0.gemspec\n# -*- encoding: utf-8 -*-\n# stub: rack-2-tools 1.0 ruby lib\n\
        -- /usr/share/rubygems-integration/all/specifications/rake-13.0.6.gemspec\nGem::Specification.new do |s|\n  s.name = \"rake\".freeze\n  s.version = \"13.0.6\"\n\
        -- /usr/lib/ruby/gems/3.1.0/specifications/default/json-2.6.1.gemspec\n# -*- encoding: utf-8 -*-\n# stub: json 2.6.1 ruby lib\n\
        -- /usr/lib/x86_64-linux-gnu/rubygems-integration/3.1.0/specifications/json-2.6.3.gemspec\n# stub: json 2.6.3 ruby lib\n\
        -- /usr/local/bundle/specifications/cut-1.0.gemspec\n# -*- encoding\n";

    #[test]
    fn gems_are_found_by_name_in_all_their_versions() {
        assert_eq!(look(TREE, "rack").unwrap(), ["rack 3.0.8"]);
        assert_eq!(look(TREE, "rack-2-tools").unwrap(), ["rack-2-tools 1.0"]);
        assert_eq!(look(TREE, "rake").unwrap(), ["rake 13.0.6"]);
        assert_eq!(look(TREE, "json").unwrap(), ["json 2.6.1", "json 2.6.3"]);
        assert!(look(TREE, "rac").unwrap().is_empty() && look(TREE, "rails").unwrap().is_empty());
    }

    #[test]
    fn a_specification_that_is_cut_and_a_host_without_any_are_faults() {
        assert_eq!(look(TREE, "cut").unwrap_err().code(), "malformed");
        assert_eq!(look("-- /usr/lib/x\n", "rake").unwrap_err().code(), "unsupported");
    }
}
