//! The configuration of a package, what configuration includes, and the certificates and keys that it names.

use super::words::{pieces, words};
use super::{Thing, Walk, certificate, folder, is_passing, joined};
use crate::host::bundle::Holds;
use crate::host::{FileType, Host};
use crate::value::Fault;
use globset::GlobBuilder;
use std::borrow::Cow;

/// Configuration files that are read for one word.
const MOST_READ: usize = 300;
/// Bytes of one that are read; a larger one is data.
const BOUND: u64 = 1 << 20;
/// Files in the directories of one package beyond which they are data.
const MOST_FILES: usize = 300;
/// Directories below one of a package's.
const DEEPEST: usize = 5;
/// Paths that one file may name, and as many that it may include.
const MOST_NAMED: usize = 200;

/// Directories below /etc that many packages put files into, and that are none's own; so is every `*.d` there.
const SHARED: [&str; 35] = [
    "X11",
    "alternatives",
    "apparmor",
    "apt",
    "bash_completion",
    "ca-certificates",
    "cron",
    "dbus-1",
    "default",
    "dhcp",
    "dpkg",
    "emacs",
    "environment",
    "fonts",
    "gss",
    "init",
    "kernel",
    "logcheck",
    "modprobe",
    "network",
    "opt",
    "perl",
    "polkit-1",
    "ppp",
    "python3",
    "resolvconf",
    "runit",
    "security",
    "selinux",
    "skel",
    "ssl",
    "sv",
    "systemd",
    "ufw",
    "xdg",
];

/// Adds the configuration files of a package: those that it came with, and what else is in its own directories.
pub(super) fn of_package(walk: &mut Walk<'_>, at: usize, package: &str, conffiles: &[String], files: &[String]) {
    let host = walk.host;
    for path in conffiles.iter().filter(|path| !is_available(path) && !path.contains("/.")) {
        let there = host.files().lstat(path).map(|stat| stat.is_some());
        if walk.ask(path.clone(), there) {
            walk.lead(at, of(path.clone()), "its configuration file");
        }
    }
    for directory in own_directories(host, package, conffiles, files) {
        let mut found = Vec::new();
        let listed = below(host, &directory, DEEPEST, &mut found);
        walk.ask(directory.clone(), listed);
        if found.len() > MOST_FILES {
            let why =
                format!("more than {MOST_FILES} files are in it: only those that the package came with are followed");
            walk.miss(directory, Fault::Unsupported(why));
            continue;
        }
        found.sort_unstable();
        for path in found {
            walk.lead(at, of(path), format!("it is in its directory {directory}"));
        }
    }
}

/// What stands in `snippets` says something only where another file includes it.
fn of(path: String) -> Thing {
    if path.contains("/snippets/") { Thing::File(path) } else { Thing::Configuration(path) }
}

/// Adds a configuration file that is there and stays.
pub(super) fn lead(walk: &mut Walk<'_>, at: usize, path: &str, because: &str) {
    if !is_passing(path) {
        walk.lead(at, Thing::Configuration(path.to_owned()), because);
    }
}

pub(super) fn follow(walk: &mut Walk<'_>, at: usize, path: &str) {
    let host = walk.host;
    link(walk, at, path);
    walk.read += 1;
    if walk.read > MOST_READ {
        let why = format!("only the first {MOST_READ} configuration files are read");
        return walk.miss(format!("`{}`", walk.word), Fault::Unsupported(why));
    }
    let text = text(host, path);
    let Some(text) = walk.ask(path, text) else { return };
    let (mut named, mut includes) = (Vec::<String>::new(), 0);
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']) && !line.starts_with("//")) {
        match included(line) {
            Some(patterns) => {
                includes += patterns.len();
                patterns.iter().take(MOST_NAMED).for_each(|pattern| include(walk, at, path, pattern));
            }
            None => {
                for word in words(line).flat_map(certificates) {
                    // One beyond the bound tells that there are more.
                    if named.len() <= MOST_NAMED && !named.contains(&word) {
                        named.push(word);
                    }
                }
            }
        }
        if named.len() > MOST_NAMED || includes > MOST_NAMED {
            too_many(walk, path);
            break;
        }
    }
    for word in named.iter().take(MOST_NAMED) {
        certificate(walk, at, path, word);
    }
}

/// Debian's way to switch a part of a configuration on: what a link in `*-enabled` leads to counts.
fn link(walk: &mut Walk<'_>, at: usize, path: &str) {
    let target = walk.host.files().link(path);
    let Some(target) = walk.ask(path, target) else { return };
    let Some(target) = joined(folder(path), &target).filter(|target| target.starts_with("/etc/")) else { return };
    if is_file(walk.host, &target) {
        walk.lead(at, Thing::Configuration(target), format!("{path} leads to it"));
    }
}

/// The text of a configuration file; `None` if it is none, or no text.
fn text(host: &Host, path: &str) -> Result<Option<String>, Fault> {
    let stat = host.files().stat(path)?;
    if !stat.is_some_and(|stat| stat.file_type == FileType::File && stat.size <= BOUND) {
        return Ok(None);
    }
    let bytes = host.files().read(path, BOUND)?.unwrap_or_default();
    Ok(Some(bytes).filter(|bytes| !bytes.contains(&0)).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// What a line includes: `include /etc/nginx/conf.d/*.conf;`, `!include_try x`, `$IncludeConfig /etc/rsyslog.d/*.conf`.
fn included(line: &str) -> Option<Vec<Cow<'_, str>>> {
    let mut words = words(line);
    let first = words.next()?.trim_start_matches(['!', '$', '%', '@']).to_ascii_lowercase();
    first.starts_with("include").then(|| words.filter(|word| word.contains(['/', '.'])).collect())
}

/// The word, if it may name a certificate; else what of it may, as in a command line in quotes.
fn certificates(word: Cow<'_, str>) -> Vec<String> {
    if may_be_certificate(&word) {
        return vec![word.into_owned()];
    }
    pieces(&word).filter(|piece| may_be_certificate(piece)).map(str::to_owned).collect()
}

/// Adds the files that a pattern names: below the directory of the file that includes them, or one above it.
fn include(walk: &mut Walk<'_>, at: usize, path: &str, pattern: &str) {
    for place in places(path, pattern) {
        let is_directory =
            walk.host.files().stat(&place).is_ok_and(|s| s.is_some_and(|s| s.file_type == FileType::Directory));
        let place = if is_directory { format!("{place}/*") } else { place };
        let (directory, last) = (folder(&place).to_owned(), place.rsplit('/').next().unwrap_or_default());
        if is_passing(&place) {
            continue;
        }
        let miss = |walk: &mut Walk<'_>, why: String| {
            walk.miss(format!("what {path} includes"), Fault::Unsupported(format!("`{pattern}`: {why}")));
        };
        if directory.contains(['*', '?', '[']) {
            miss(walk, "a pattern of directories is not followed".into());
            continue;
        }
        let names = if last.contains(['*', '?', '[']) {
            let glob = match GlobBuilder::new(last).build() {
                Ok(glob) => glob.compile_matcher(),
                Err(wrong) => {
                    miss(walk, format!("it is no pattern: {}", wrong.kind()));
                    continue;
                }
            };
            let listed = walk.host.files().list(&directory);
            let mut names = walk.ask(directory.clone(), listed).unwrap_or_default();
            names.retain(|name| glob.is_match(name) && !name.starts_with('.') && !is_left_over(name));
            names.sort_unstable();
            if names.len() > MOST_FILES {
                miss(walk, format!("only the first {MOST_FILES} of its {} files are followed", names.len()));
                names.truncate(MOST_FILES);
            }
            names
        } else {
            vec![last.to_owned()]
        };
        let before = walk.trail.found.len();
        for name in names {
            let file = format!("{directory}/{name}");
            if is_file(walk.host, &file) {
                walk.lead(at, Thing::Configuration(file), format!("{path} includes it"));
            }
        }
        if walk.trail.found.len() > before {
            return;
        }
    }
}

/// Adds what a word of a configuration file names, if that is a certificate or a private key.
fn certificate(walk: &mut Walk<'_>, at: usize, path: &str, word: &str) {
    for place in places(path, word) {
        if is_passing(&place) {
            continue;
        }
        match certificate::look(walk.host, &place) {
            Ok(None) => continue,
            Ok(Some(Holds::Chain(_) | Holds::Broken)) => {
                walk.lead(at, Thing::Certificate(place), format!("{path} names it"));
            }
            Ok(Some(Holds::Key)) => walk.lead(at, Thing::File(place), format!("{path} names it, a private key")),
            Err(fault) => walk.miss(format!("what `{path}` names"), fault),
        }
        return;
    }
    // A path has blanks in it if a file of that name is there; else it was several.
    let several: Vec<&str> = pieces(word).filter(|piece| *piece != word && may_be_certificate(piece)).collect();
    if several.len() > MOST_NAMED {
        return too_many(walk, path);
    }
    for piece in several {
        certificate(walk, at, path, piece);
    }
}

fn too_many(walk: &mut Walk<'_>, path: &str) {
    let why = format!("it names more than {MOST_NAMED} files, which are not all followed");
    walk.miss(path, Fault::Unsupported(why));
}

/// Where a name in a configuration file may lead: servers read it from the file's directory or from one above it.
fn places(path: &str, name: &str) -> Vec<String> {
    if name.starts_with('/') {
        return joined("", name).into_iter().collect();
    }
    let mut above = folder(path);
    let mut places = Vec::new();
    while above.len() > "/etc".len() && above.starts_with("/etc") {
        places.extend(joined(above, name).filter(|place| place.starts_with("/etc/")));
        above = folder(above);
    }
    places
}

fn may_be_certificate(word: &str) -> bool {
    let ends = [".pem", ".crt", ".cer", ".cert", ".der", ".key"].iter().any(|ending| word.ends_with(ending));
    let is_path = word.starts_with('/') && word.len() > 1 && !word.ends_with('/') && word.len() < 4096;
    (ends || is_path) && !word.contains(['*', '?', '$', '%'])
}

fn is_file(host: &Host, path: &str) -> bool {
    host.files().stat(path).is_ok_and(|stat| stat.is_some_and(|stat| stat.file_type == FileType::File))
}

/// Whether it is what Debian keeps for whoever wants to switch it on.
fn is_available(path: &str) -> bool {
    path.split('/').any(|part| part.ends_with("-available"))
}

/// What editors and package managers leave beside a file.
fn is_left_over(name: &str) -> bool {
    let ends = [
        "~",
        ".bak",
        ".swp",
        ".orig",
        ".dpkg-old",
        ".dpkg-dist",
        ".dpkg-new",
        ".dpkg-tmp",
        ".ucf-old",
        ".ucf-dist",
        ".ucf-new",
    ];
    ends.iter().any(|ending| name.ends_with(ending)) || name.starts_with(".#")
}

/// The topmost directories below /etc that are a package's own: it came with a file in them, or they are called as it is.
fn own_directories(host: &Host, package: &str, conffiles: &[String], files: &[String]) -> Vec<String> {
    let mut own: Vec<String> = Vec::new();
    for path in files {
        let Some(rest) = path.strip_prefix("/etc/") else { continue };
        let top = rest.split('/').next().unwrap_or_default();
        let last = rest.rsplit('/').next().unwrap_or_default();
        let is_shared = top.ends_with(".d") || top.starts_with("cron.") || SHARED.contains(&top);
        let is_below = |other: &String| path.strip_prefix(other.as_str()).is_some_and(|rest| rest.starts_with('/'));
        let is_called_so = package.strip_prefix(last).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        if is_shared || is_available(path) || own.iter().any(is_below) {
            continue;
        }
        if (is_called_so || conffiles.iter().any(|file| folder(file) == path))
            && host.files().lstat(path).is_ok_and(|s| s.is_some_and(|s| s.file_type == FileType::Directory))
        {
            own.push(path.clone());
        }
    }
    own
}

/// The files below a directory, without those that are only there to be switched on.
fn below(host: &Host, directory: &str, deepest: usize, found: &mut Vec<String>) -> Result<(), Fault> {
    for name in host.files().list(directory)?.unwrap_or_default() {
        let path = format!("{directory}/{name}");
        if is_left_over(&name) || found.len() > MOST_FILES {
            continue;
        }
        match host.files().lstat(&path)?.map(|stat| stat.file_type) {
            Some(FileType::Directory) if deepest > 0 && !name.ends_with("-available") => {
                below(host, &path, deepest - 1, found)?;
            }
            Some(FileType::File | FileType::Symlink) => found.push(path),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::follow;
    use crate::host::TreeFiles;
    use std::sync::Arc;

    /// What is not followed in a configuration of this text, and how much is.
    fn misses(text: &str, more: &str) -> (Vec<String>, usize) {
        let files = TreeFiles::parse(&format!("-- /etc/a/b.conf\n{text}\n{more}")).unwrap();
        let trail = follow(&Host::offline(Arc::new(files), time::OffsetDateTime::UNIX_EPOCH), "/etc/a/b.conf", 6);
        let told = trail.faults.iter().map(|(what, why)| format!("{what}: {why}"));
        // A socket may have any path.
        let is_of_it = |line: &String| line.contains("/etc/a/b.conf") && !line.starts_with("port ");
        (told.filter(is_of_it).collect(), trail.found.len())
    }

    #[test]
    fn what_a_pattern_leaves_out_is_said() {
        let told = |pattern: &str, why: &str| vec![format!("what /etc/a/b.conf includes: `{pattern}`: {why}")];
        for pattern in ["/etc/a/*/x.conf", "s?te/x.conf"] {
            let (said, found) = misses(&format!("include {pattern};"), "-- /etc/a/site/x.conf\n");
            assert_eq!((said, found), (told(pattern, "a pattern of directories is not followed"), 1));
        }
        let (said, _) = misses("include /etc/a/[z-a].conf;", "");
        assert!(matches!(&said[..], [one] if one.contains("`/etc/a/[z-a].conf`: it is no pattern: ")), "{said:?}");
        let many: String = (0..301).map(|n| format!("-- /etc/a/d/{n}.conf\n")).collect();
        let (said, found) = misses("include d/*.conf;", &many);
        assert_eq!(
            (&said[..1], found),
            (&told("d/*.conf", "only the first 300 of its 301 files are followed")[..], 301)
        );
        assert_eq!(misses("include /etc/a/d/*.conf;", "-- /etc/a/d/1.conf\n"), (vec![], 2));
    }

    #[test]
    fn one_long_line_names_no_more_than_many_lines_may() {
        let told = [format!("/etc/a/b.conf: it names more than {MOST_NAMED} files, which are not all followed")];
        let long: String = (0..40_000).map(|n| format!("/c{n}.pem ")).collect();
        assert_eq!(misses(&long, "").0, told);
        let long: String = (0..20_000).map(|n| format!("x{n}.conf ")).collect();
        assert_eq!(misses(&format!("include {long}"), "").0, told);
        let within: String = (0..MOST_NAMED).map(|n| format!("/c{n}.pem /c{n}.pem ")).collect();
        assert_eq!(misses(&within, "").0, [""; 0]);
        let quoted: String = (0..300).map(|n| format!("/c{n} ")).collect();
        assert_eq!(misses(&format!("x \"{quoted}\""), "").0, told);
    }

    #[test]
    fn a_pattern_with_blanks_is_included_whole() {
        assert_eq!(included("include '/etc/my sites/*.conf';").unwrap(), ["/etc/my sites/*.conf"]);
    }
}
