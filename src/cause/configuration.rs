//! The configuration of a package, what configuration includes, and the certificates and keys that it names.

use super::certificate::{self, Holds};
use super::{Thing, Walk, folder, is_passing, joined};
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
/// Paths that one file may name.
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
    let mut named = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']) && !line.starts_with("//")) {
        if named.len() > MOST_NAMED {
            walk.miss(
                path,
                Fault::Unsupported(format!("it names more than {MOST_NAMED} files, which are not all followed")),
            );
            break;
        }
        match included(line) {
            Some(patterns) => patterns.iter().for_each(|pattern| include(walk, at, path, pattern)),
            None => {
                let words = words(line).flat_map(certificates);
                named.extend(words);
            }
        }
    }
    named.dedup();
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

/// The words of a line, whatever marks them off; what stands in quotes is one, as a path with blanks does.
fn words(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = line.split(" #").next().unwrap_or_default();
    let (mut before, mut unpaired) = (' ', String::new());
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            if is_quote(first) && !before.is_alphanumeric() && !unpaired.contains(first) {
                match quoted(rest) {
                    Some((text, after)) => {
                        (before, rest) = (first, after);
                        if !text.is_empty() {
                            return Some(Cow::Owned(text));
                        }
                        continue;
                    }
                    // Looked for once, or a line of many would take for ever.
                    None => unpaired.push(first),
                }
            }
            let (word, after) = rest.split_at(rest.find(is_mark).unwrap_or(rest.len()));
            before = word.chars().last().unwrap_or(first);
            rest = if word.is_empty() { after.strip_prefix(first)? } else { after };
            if !word.is_empty() {
                return Some(Cow::Borrowed(word));
            }
        }
    })
}

/// What stands in the quotes that `text` begins with, and what comes after them. A backslash keeps a quote from ending it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.chars();
    let quote = chars.next()?;
    let mut within = String::new();
    loop {
        match chars.next()? {
            '\\' => match chars.next()? {
                escaped if is_quote(escaped) || escaped == '\\' => within.push(escaped),
                other => within.extend(['\\', other]),
            },
            end if end == quote => return Some((within, chars.as_str())),
            other => within.push(other),
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// Whether it stands between words.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || ";=,(){}<>".contains(c)
}

fn pieces(word: &str) -> impl Iterator<Item = &str> {
    word.split(is_mark).filter(|piece| !piece.is_empty())
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
        if directory.contains(['*', '?', '[']) || is_passing(&place) {
            continue;
        }
        let names = if last.contains(['*', '?', '[']) {
            let Ok(glob) = GlobBuilder::new(last).build() else { continue };
            let glob = glob.compile_matcher();
            let listed = walk.host.files().list(&directory);
            let mut names = walk.ask(directory.clone(), listed).unwrap_or_default();
            names.retain(|name| glob.is_match(name) && !name.starts_with('.') && !is_left_over(name));
            names.sort_unstable();
            names.truncate(MOST_FILES);
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
            Ok(Some(Holds::Certificate)) => walk.lead(at, Thing::Certificate(place), format!("{path} names it")),
            Ok(Some(Holds::Key)) => walk.lead(at, Thing::File(place), format!("{path} names it, a private key")),
            Err(fault) => walk.miss(format!("what `{path}` names"), fault),
        }
        return;
    }
    // A path has blanks in it if a file of that name is there; else it was several.
    for piece in pieces(word).filter(|piece| *piece != word && may_be_certificate(piece)).take(MOST_NAMED) {
        certificate(walk, at, path, piece);
    }
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

    fn found(line: &str) -> Vec<Cow<'_, str>> {
        words(line).collect()
    }

    #[test]
    fn what_stands_in_quotes_is_one_word() {
        assert_eq!(found(r#"ssl_certificate "/etc/web site.pem";"#), ["ssl_certificate", "/etc/web site.pem"]);
        assert_eq!(found("key='/etc/a b.key' # 'x y"), ["key", "/etc/a b.key"]);
        assert_eq!(found(r#"c "/etc/o'brien.pem" '/etc/"x".pem'"#), ["c", "/etc/o'brien.pem", r#"/etc/"x".pem"#]);
        assert_eq!(found(r#"c "/etc/a\"b\\c\d.pem";"#), ["c", r#"/etc/a"b\c\d.pem"#]);
        assert_eq!(found("name \"/etc/plain.pem\" \"\" '';"), ["name", "/etc/plain.pem"]);
        assert_eq!(included("include '/etc/my sites/*.conf';").unwrap(), ["/etc/my sites/*.conf"]);
    }

    #[test]
    fn a_quote_without_another_is_none() {
        assert_eq!(found("don't /etc/a.pem can't"), ["don", "t", "/etc/a.pem", "can", "t"]);
        assert_eq!(found("x 'y \"/etc/a b.pem\""), ["x", "y", "/etc/a b.pem"]);
        assert_eq!(found("x \"y /etc/a.pem\\"), ["x", "y", "/etc/a.pem\\"]);
        let started = std::time::Instant::now();
        assert_eq!(found(&"\\\" ".repeat(200_000)).len(), 200_000);
        assert!(started.elapsed().as_secs() < 5);
    }
}
