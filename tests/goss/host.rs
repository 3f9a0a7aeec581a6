//! Entries about what is on this host: expectations made of what is seen there, and of something else.

use crate::matching::expectation;
use crate::peer::{Case, observed};
use crate::random::Random;
use serde_json::{Map, Value as Json, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use verispec::goss::Section;
use verispec::host::Host;
use verispec::value::Value;

/// How many entries a section gets.
const EACH: usize = 30;

pub fn entries(random: &mut Random, folder: &Path) -> Vec<Case> {
    files(folder);
    let (mut cases, host) = (Vec::new(), Host::local());
    for (section, names) in names(folder) {
        for nth in 0..EACH.min(names.len() * 3) {
            let name = random.pick(&names).clone();
            cases.push(with((random, &host), section, &name, nth, Map::new()));
        }
    }
    cases
}

/// Files of every kind, but for a pipe, whose end goss waits for without end.
fn files(folder: &Path) {
    let at = |name: &str| folder.join(name);
    if at("text").exists() {
        return;
    }
    fs::write(at("text"), "foo\nbar 5\r\n!bang\n/slash\n").unwrap();
    fs::write(at("number"), " 42\n").unwrap();
    fs::write(at("json"), r#"{"a": 1, "b": [1, "x"], "d": {"e": true}}"#).unwrap();
    fs::write(at("version"), "1.2.3").unwrap();
    fs::write(at("empty"), "").unwrap();
    fs::write(at("bytes"), b"foo\xff\xfebar\n").unwrap();
    fs::write(at("long"), format!("foo\n{}\n", "line of text 5\n".repeat(20_000))).unwrap();
    fs::create_dir(at("folder")).unwrap();
    symlink("text", at("link")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink(at("folder"), at("to-folder")).unwrap();
    symlink("loop", at("loop")).unwrap();
    drop(UnixListener::bind(at("socket")).unwrap());
    for (name, mode) in [("text", 0o640), ("number", 0o4755), ("json", 0o7), ("folder", 0o1777)] {
        fs::set_permissions(at(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    rustix::fs::chown(at("version"), Some(rustix::fs::Uid::from_raw(54_321)), Some(rustix::fs::Gid::from_raw(54_321)))
        .unwrap_or_default();
}

fn names(folder: &Path) -> Vec<(&'static str, Vec<String>)> {
    let own = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
    let below = |path: &str| {
        let mut names: Vec<_> = fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    };
    let here = folder.to_str().unwrap();
    let mut files: Vec<String> = below(here).iter().map(|name| format!("{here}/{name}")).collect();
    files.extend(own(&[
        "/etc/",
        "/etc/passwd",
        "//etc/./passwd/",
        "/usr/bin/../bin/sh",
        "/dev/null",
        "Cargo.toml",
        "~root",
        ".",
    ]));
    files.extend(own(&["/nowhere", "~/nowhere", "~nobody/", "~nosuchuser/x", "src", "/bin", "/etc/shadow", ""]));
    let lines = |path: &str, nth: usize| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().filter_map(|line| line.split([':', ' ']).nth(nth).map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut users = lines("/etc/passwd", 0);
    users.extend(own(&["nosuchuser", "0"]));
    let mut groups = lines("/etc/group", 0);
    groups.extend(own(&["nosuchgroup"]));
    let mut mounts = lines("/proc/self/mountinfo", 5);
    mounts.sort();
    // Of mounts on one another goss sees the one that is hidden.
    let stacked: Vec<_> = mounts.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0].clone()).collect();
    mounts.retain(|mount| !stacked.contains(mount) && !mount.contains('\\'));
    let mut links = below("/sys/class/net");
    links.extend(own(&["nosuch0", "bonding_masters"]));
    // Such as live as long as this test.
    let mut processes: Vec<String> = ["1", "2", "self"]
        .iter()
        .filter_map(|pid| Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned()))
        .collect();
    processes.extend(own(&["nosuchprocess", "sshd"]));
    let parameters = own(&[
        "kernel.ostype",
        "kernel.pid_max",
        "kernel/hostname",
        "kernel.random.boot_id",
        "net.ipv4.ip_local_port_range",
        "net.ipv4.conf/lo.mtu",
        "vm.nosuch",
        "fs.file-max",
        "kernel",
    ]);
    let mut packages = own(&["dpkg", "libc6", "libc6:amd64", "nosuchpackage", "bash", "lib*", "libgcc-s1:i386"]);
    packages.extend(
        below("/var/lib/dpkg/info").iter().filter_map(|name| name.strip_suffix(".list")).step_by(40).map(str::to_owned),
    );
    let commands = own(&[
        "echo foo",
        "printf 'a\\nb'",
        "echo bar >&2; exit 3",
        "true",
        "false",
        "nosuchcommand",
        "printf ' 5 '",
        "cat /etc/passwd",
        "echo '{\"a\": 1, \"b\": [1, \"x\"]}'",
        "exit 255",
        "seq 1 100000",
    ]);
    let ports =
        own(&["22", "tcp:22", "tcp6:22", "udp:53", "udp6:53", "tcp:18999", "2024", "tcp:2024", "tcp6:2024", "tcp:1"]);
    let services = own(&["nosuch", "a/b"]);
    let dns = own(&["localhost", "127.0.0.1", "::1", "MX:localhost"]);
    let addresses = own(&[
        "tcp://127.0.0.1:2024",
        "127.0.0.1:1",
        "tcp://localhost:2024",
        "tcp6://[::1]:1",
        "tcp4://127.0.0.1:2024",
    ]);
    vec![
        ("file", files),
        ("user", users),
        ("group", groups),
        ("mount", mounts),
        ("interface", links),
        ("process", processes),
        ("kernel-param", parameters),
        ("package", packages),
        ("command", commands),
        ("port", ports),
        ("dns", dns),
        ("addr", addresses),
        ("service", services.into_iter().filter(|_| systemd()).collect()),
    ]
    .into_iter()
    .filter(|(_, names)| !names.is_empty())
    .collect()
}

fn systemd() -> bool {
    Path::new("/run/systemd/system").exists()
}

/// An entry with settings.
fn with(
    (random, host): (&mut Random, &Host),
    section: &'static str,
    name: &str,
    nth: usize,
    settings: Map<String, Json>,
) -> Case {
    let table = Section::find(section).unwrap();
    // Everything is asked for once, so that there is something to expect.
    let anything = json!({"and": []});
    let first = table.tests[0].field;
    let mut all = settings.clone();
    all.extend(table.tests.iter().map(|t| (t.field.to_owned(), anything.clone())));
    let seen = observed(host, &[Case { section, name: name.to_owned(), fields: all }], false);
    let present = seen.first().and_then(|(_, _, found)| found.as_ref()).map_or(Json::Null, data);
    let mut fields = settings;
    for tested in table.tests {
        let found = seen.iter().find(|((_, _, property), ..)| property == tested.property);
        let found = found.and_then(|(_, _, found)| found.as_ref()).map_or(json!("x"), data);
        // What is no text to us is none to compare either: a device's, and bytes that are no characters.
        let unread = name == "/dev/null" || name.ends_with("/bytes");
        if ["contains", "contents", "md5", "sha256", "sha512"].contains(&tested.field) && unread {
            continue;
        }
        // Of a file system without blocks goss says a share that is none.
        if tested.field == "usage" && found == json!(0) {
            continue;
        }
        if tested.field == first {
            let expected = match random.below(10) {
                0..7 => present.clone(),
                7 => json!(random.one_in(2)),
                8 => expectation(random, &found, 2),
                _ => continue,
            };
            fields.insert(first.to_owned(), expected);
        } else if random.one_in(2) {
            let expected = if random.one_in(3) { found.clone() } else { expectation(random, &found, 2) };
            fields.insert(tested.field.to_owned(), expected);
        }
    }
    if random.one_in(40) {
        fields.insert("skip".into(), json!(true));
    }
    // A name of its own, so that one thing may have several entries.
    let (field, id) = (table.target.unwrap(), format!("{section} {nth:02}"));
    let name = match name.is_empty() {
        true => String::new(),
        false => {
            fields.insert(field.to_owned(), json!(name));
            id
        }
    };
    Case { section, name, fields }
}

pub fn web(random: &mut Random, urls: &[String], count: usize) -> Vec<Case> {
    let settings = |random: &mut Random| {
        let mut settings = Map::new();
        let mut set = |name: &str, value: Json| settings.insert(name.to_owned(), value);
        match random.below(10) {
            0 => set("no-follow-redirects", json!(true)),
            1 => set("method", json!(random.pick(&["HEAD", "POST", "PUT", ""]))),
            2 => set("request-headers", json!(["X-One: 1", "x-two: 2"])),
            3 => set("username", json!("me")),
            4 => set("password", json!("pw")),
            5 => set("ca-file", json!("")),
            6 => set("cert-file", json!("/nowhere")),
            _ => None,
        };
        settings
    };
    let host = Host::local();
    let mut case = |nth| {
        let (settings, url) = (settings(random), random.pick(urls));
        with((random, &host), "http", url, nth, settings)
    };
    (0..count).map(&mut case).collect()
}

fn data(value: &Value) -> Json {
    match value {
        Value::Content(content) => json!(content.text),
        Value::Excerpt(excerpt) => json!(excerpt.text),
        Value::Unfit(_) | Value::Absent => Json::Null,
        other => other.to_json(),
    }
}
