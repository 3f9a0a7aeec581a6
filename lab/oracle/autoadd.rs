//! `autoadd` against what dpkg-query(1), systemctl(1), ss(8), ps(1), stat(1) and openssl(1) say of a word.

use crate::desk::{Desk, Faults, at_least};
use crate::tool::{says, shell, table};
use libtest_mimic::Failed;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// A word, and what belongs to it on this host.
pub struct Word {
    pub word: &'static str,
    /// What the names of its packages begin with.
    packages: &'static [&'static str],
    pub services: &'static [&'static str],
    pub processes: &'static [&'static str],
    users: &'static [&'static str],
    /// Certificates that its configuration names.
    certificates: &'static [&'static str],
}

pub const WORDS: [Word; 4] = [
    Word {
        word: "nginx",
        packages: &["nginx", "libnginx"],
        services: &["nginx"],
        processes: &["nginx"],
        users: &["www-data"],
        certificates: &[
            "/etc/ssl/lab/chain.pem",
            "/etc/nginx/tls/relative.pem",
            "/etc/ssl/lab/web site.pem",
            "/etc/ssl/lab/over.pem",
            "/etc/ssl/lab/root.pem",
        ],
    },
    Word {
        word: "ssh",
        packages: &["openssh", "ssh"],
        services: &["ssh"],
        processes: &["sshd"],
        users: &[],
        certificates: &[],
    },
    Word {
        word: "postgresql",
        packages: &["postgresql"],
        services: &["postgresql", "postgresql@15-main"],
        processes: &["postgres"],
        users: &["postgres"],
        certificates: &["/etc/ssl/certs/ssl-cert-snakeoil.pem"],
    },
    Word {
        word: "apache2",
        packages: &["apache2"],
        services: &["apache2"],
        processes: &["apache2"],
        users: &["www-data"],
        certificates: &["/etc/ssl/lab/ec.pem"],
    },
];

/// The addresses that processes of these names listen on, by family (`4`, `6`) and port.
fn listening(processes: &[&str]) -> BTreeMap<(char, String), BTreeSet<String>> {
    let mut ports = BTreeMap::<_, BTreeSet<String>>::new();
    for line in says(&["ss", "-H", "-n", "-l", "-t", "-p"]).lines() {
        if !processes.iter().any(|name| line.contains(&format!("((\"{name}\""))) {
            continue;
        }
        let (ip, port) = line.split_whitespace().nth(3).and_then(|local| local.rsplit_once(':')).unwrap();
        let ip = if ip == "*" { "::" } else { ip.trim_matches(['[', ']']) };
        let family = if ip.contains(':') { '6' } else { '4' };
        ports.entry((family, port.to_owned())).or_default().insert(ip.to_owned());
    }
    ports
}

/// Paths of the unix sockets that they listen on.
fn sockets(processes: &[&str]) -> BTreeSet<String> {
    let all = says(&["ss", "-H", "-n", "-l", "-x", "-p"]);
    let own = |line: &&str| processes.iter().any(|name| line.contains(&format!("((\"{name}\"")));
    all.lines().filter(own).filter_map(|l| l.split_whitespace().nth(4)).map(str::to_owned).collect()
}

/// Installed packages whose names begin so, with their versions.
fn packages(prefixes: &[&str]) -> BTreeMap<String, String> {
    let rows = table(r"dpkg-query -W -f '${Package}\t${Version}\t${db:Status-Status}\n'");
    let own = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let there = rows.into_iter().filter(|row| own(&row[0]) && row[2] == "installed");
    there.map(|row| (row[0].clone(), row[1].clone())).collect()
}

/// A package's configuration files that are there and in use: what is only available is not, and what is hidden is not for
/// people.
fn conffiles(package: &str) -> Vec<String> {
    let all = says(&["dpkg-query", "-W", "-f", "${Conffiles}", package]);
    let paths = all.lines().filter(|l| !l.ends_with(" obsolete")).filter_map(|l| l.split_whitespace().next());
    let linked: BTreeSet<String> =
        shell("find /etc -path '*-enabled/*' -type l -exec realpath {} +").lines().map(str::to_owned).collect();
    let used = |path: &&str| !path.contains("/.") && (!path.contains("-available/") || linked.contains(*path));
    paths.filter(|path| used(path) && std::fs::symlink_metadata(path).is_ok()).map(str::to_owned).collect()
}

/// The entries of a kind.
pub fn entries<'s>(spec: &'s Json, kind: &str) -> &'s Map<String, Json> {
    static NONE: LazyLock<Map<String, Json>> = LazyLock::new(Map::new);
    spec[kind].as_object().unwrap_or(&NONE)
}

/// An entry, under its name with its suffix or without.
pub fn unit<'s>(spec: &'s Json, name: &str) -> Option<&'s Json> {
    let all = entries(spec, "service");
    all.get(name).or_else(|| all.get(&format!("{name}.service")))
}

/// That an entry is there and says these keys.
fn wants(faults: &mut Faults, entry: Option<&Json>, name: &str, due: &Json) {
    let Some(entry) = entry else { return faults.unless(false, || format!("{name} is missing")) };
    for (key, due) in due.as_object().unwrap() {
        let said = entry.get(key).unwrap_or(&Json::Null);
        faults.unless(at_least(said, due), || format!("{name}: {key} is {said} and not {due}"));
    }
}

fn complete(faults: &mut Faults, word: &Word, spec: &Json) {
    let packages = packages(word.packages);
    let named = entries(spec, "package");
    faults.unless(named.keys().any(|name| packages.contains_key(name)), || "no package".into());
    for (name, entry) in named {
        let Some(version) = packages.get(name) else {
            faults.unless(false, || format!("the package {name} is nobody's business"));
            continue;
        };
        let exact = |key: &str| entry.get(key).is_some_and(|said| at_least(said, &json!(version)));
        faults.unless(exact("version") || exact("versions"), || format!("{name} is {version}, not {entry}"));
    }
    for name in word.services {
        wants(faults, unit(spec, name), name, &json!({"enabled": is_enabled(name), "running": true}));
    }
    for name in word.processes {
        wants(faults, entries(spec, "process").get(*name), name, &json!({}));
    }
    for name in word.users {
        let id: u32 = says(&["id", "-u", name]).trim().parse().unwrap();
        wants(faults, entries(spec, "user").get(*name), name, &json!({"uid": id}));
    }
    let ports = entries(spec, "port");
    let all = listening(word.processes);
    assert!(!all.is_empty(), "{}", word.word);
    for ((family, port), ips) in &all {
        let name = format!("tcp{family}:{port}");
        let entry = ports.get(&name).or_else(|| ports.get(&format!("tcp:{port}")));
        wants(faults, entry, &name, &json!({ "ip": ips }));
    }
    for path in sockets(word.processes) {
        let name = format!("unix:{path}");
        wants(faults, ports.get(&name), &name, &json!({}));
    }
    for path in named.keys().flat_map(|name| conffiles(name)) {
        let stat = says(&["stat", "-c", "%a\t%U\t%G", &path]);
        let fields: Vec<&str> = stat.trim().split('\t').collect();
        let due = json!({"mode": format!("{:0>4}", fields[0]), "owner": fields[1], "group": fields[2]});
        wants(faults, entries(spec, "file").get(&path), &path, &due);
    }
    certificates(faults, word, spec);
}

fn is_enabled(unit: &str) -> bool {
    crate::tool::ends(&["systemctl", "--quiet", "is-enabled", "--", unit]).0 == 0
}

/// Each certificate is there; of one that is good, how long it must be.
fn certificates(faults: &mut Faults, word: &Word, spec: &Json) {
    for path in word.certificates {
        let good = crate::tool::ends(&["openssl", "x509", "-noout", "-checkend", "0", "-in", path]).0 == 0;
        let entry = entries(spec, "certificate").get(*path);
        wants(faults, entry, path, &json!({}));
        let expires = entry.and_then(|entry| entry.get("expires-in"));
        faults.unless(!good || expires.is_some(), || format!("{path}: no expires-in in {entry:?}"));
    }
}

/// Nothing is written that belongs to something else.
fn nothing_else(faults: &mut Faults, word: &Word, spec: &Json) {
    let mut only = |kind: &str, own: &dyn Fn(&str) -> bool| {
        for name in entries(spec, kind).keys().filter(|name| !own(name)) {
            faults.unless(false, || format!("{}: {kind} {name} is nobody's business", word.word));
        }
    };
    let ports: BTreeSet<String> = listening(word.processes).into_keys().map(|(_, port)| port).collect();
    only("process", &|name| word.processes.contains(&name));
    only("service", &|name| name.starts_with(word.word) || word.services.contains(&name.trim_end_matches(".service")));
    only("user", &|name| name == "root" || word.users.contains(&name) || name == "sshd");
    only("certificate", &|path| word.certificates.contains(&path));
    only("port", &|name| name.starts_with("unix:") || name.rsplit(':').next().is_some_and(|n| ports.contains(n)));
}

/// What belongs to a word is written, and nothing else; it holds at once, and a second run changes nothing.
pub fn words() -> Result<(), Failed> {
    let mut faults = Faults::default();
    for word in &WORDS {
        let desk = Desk::new();
        desk.ends(0, &["autoadd", "--spec", "a.json", word.word])?;
        let spec = desk.spec("a.json");
        complete(&mut faults, word, &spec);
        nothing_else(&mut faults, word, &spec);
        for file in ["a.json", "a.toml", "a.yaml"] {
            if file != "a.json" {
                desk.ends(0, &["autoadd", "--spec", file, word.word])?;
            }
            faults.also(desk.holds(file));
            let before = desk.text(file);
            let again = desk.runs(&["autoadd", "--spec", file, word.word]);
            faults.unless(before == desk.text(file), || format!("a second autoadd changes {file}: {}", again.told()));
        }
        faults.unless(desk.spec("a.toml") == spec, || format!("TOML and JSON differ: {}", desk.text("a.toml")));
    }
    faults.told()
}

/// The same by somebody who sees less: nothing is wrong, and what cannot be seen is not claimed. Of what root has written
/// nothing is wrong to them.
pub fn as_nobody() -> Result<(), Failed> {
    let mut faults = Faults::default();
    for word in &WORDS {
        let desk = Desk::of("nobody");
        desk.ends(0, &["autoadd", "--spec", "a.json", word.word])?;
        let spec = desk.spec("a.json");
        for name in word.services {
            wants(&mut faults, unit(&spec, name), name, &json!({"enabled": is_enabled(name), "running": true}));
        }
        faults.also(desk.holds("a.json"));
        let root = Desk::new();
        root.lay("theirs.json", &desk.text("a.json"));
        faults.also(root.holds("theirs.json"));
        root.ends(0, &["autoadd", "--spec", "a.json", word.word])?;
        desk.lay("theirs.json", &root.text("a.json"));
        let wrong = desk.wrong("theirs.json")?;
        faults.unless(wrong.values().all(|outcome| outcome == "unknown"), || format!("{}: {wrong:?}", word.word));
    }
    faults.told()
}

/// Certificates whose paths have blanks and quotes in them, as nginx reads them; beside them what a part of each names.
pub fn odd_paths() -> Result<(), Failed> {
    let written = ["/etc/ssl/lab/o'brien.pem", r#"/etc/ssl/lab/the "new" one.pem"#, "/etc/ssl/lab/a b/c.pem"];
    let parts = ["/etc/ssl/lab/o", "/etc/nginx/brien.pem", "/etc/ssl/lab/the", "/etc/nginx/one.pem", "/etc/ssl/lab/a"];
    let quoted = [r#""/etc/ssl/lab/o'brien.pem""#, r#""/etc/ssl/lab/the \"new\" one.pem""#, "'/etc/ssl/lab/a b/c.pem'"];
    let server = |name: &str| {
        format!(
            "server {{ listen 127.0.0.1:8446 ssl; ssl_certificate {name}; ssl_certificate_key /etc/ssl/lab/ec.key; }}\n"
        )
    };
    std::fs::create_dir("/etc/ssl/lab/a b")?;
    for path in written.iter().chain(&parts) {
        std::fs::copy("/etc/ssl/lab/ec.pem", path)?;
    }
    std::fs::write("/etc/nginx/conf.d/odd paths.conf", quoted.map(server).concat())?;
    says(&["nginx", "-t", "-q"]);
    let desk = Desk::new();
    let said = desk.ends(0, &["autoadd", "--spec", "a.json", "nginx"]);
    for path in written.iter().chain(&parts).chain(&["/etc/nginx/conf.d/odd paths.conf"]) {
        std::fs::remove_file(path)?;
    }
    std::fs::remove_dir("/etc/ssl/lab/a b")?;
    let (said, spec) = (said?, desk.spec("a.json"));
    let mut faults = Faults::default();
    let found = entries(&spec, "certificate");
    for path in written {
        faults.unless(found.contains_key(path), || format!("{path} is missing: {}", said.told()));
    }
    for path in parts {
        faults.unless(!found.contains_key(path), || format!("{path} is named by nobody: {}", said.told()));
    }
    faults.told()
}

/// What a spec says already stays: comments, layout, line ends, other entries, what is said of the same thing.
pub fn into_a_spec() -> Result<(), Failed> {
    let toml = "# what stands here\r\n\r\n[service.nginx]  # its state is\tlooked at\r\nrunning   =   true\r\n\r\n\r\n\
                [ file . '/etc/passwd' ]\r\n  mode='0644'   # odd\r\n\towner = \"root\"\r\n\r\n[package]\r\nbash = { installed = true }\r\n\
                # the last word";
    let yaml = "# what stands here\n---\nservice:\n    nginx:   # its state is looked at\n        running:   true\n\n\nfile:\n  \"/etc/passwd\": \
                {mode: '0644',   owner: root} # odd\n\n\npackage:\n    bash:\n        installed: true\n    # the last of them\n# the last word\n";
    let json = "{ \"service\" : { \"nginx\" : {\"running\":true} },\n\n\n   \"file\": {\"/etc/passwd\": {\n\"mode\":\"0644\", \"owner\":\"root\"} } }";
    let mut faults = Faults::default();
    for (file, text) in [("a.toml", toml), ("a.yaml", yaml), ("a.json", json)] {
        let desk = Desk::new();
        desk.lay(file, text);
        shell(&format!("chown 4001:4000 '{0}' && chmod 640 '{0}'", desk.path(file)));
        desk.ends(0, &["autoadd", "--spec", file, "nginx"])?;
        let written = desk.text(file);
        // A comma may have to stand behind what was the last.
        let mut rest =
            written.split_inclusive('\n').map(|l| if file == "a.json" { l.trim_end_matches([',', '\n']) } else { l });
        for line in text.split_inclusive('\n') {
            let line = if file == "a.json" { line.trim_end_matches(['}', ',', ' ', '\n']) } else { line };
            let due = |one: &str| {
                if line.ends_with('\n') || file == "a.json" { one.starts_with(line) } else { one.trim_end() == line }
            };
            faults.unless(rest.any(due), || format!("{file}: {line:?} is gone or moved:\n{written}"));
        }
        if file != "a.yaml" {
            let spec = desk.spec(file);
            faults.unless(spec["service"]["nginx"] == json!({"running": true}), || format!("{file}: {written}"));
            faults.unless(entries(&spec, "process").contains_key("nginx"), || format!("{file}: {written}"));
        }
        faults.also(desk.holds(file));
        let stat = says(&["stat", "-c", "%u:%g %a", &desk.path(file)]);
        faults.unless(stat.trim() == "4001:4000 640", || format!("{file} is {stat} now"));
        desk.ends(0, &["autoadd", "--spec", file, "nginx"])?;
        faults.unless(desk.text(file) == written, || format!("a second autoadd changes {file}"));
        let left = shell(&format!("ls -A '{}'", desk.path("")));
        faults.unless(left.trim() == file, || format!("more is left than {file}: {left}"));
    }
    faults.told()
}

/// A spec that is no spec is left alone, and nothing is written where nothing is found.
pub fn refused() -> Result<(), Failed> {
    let desk = Desk::new();
    let mut faults = Faults::default();
    for (file, text) in [("a.toml", "[service.nginx\n"), ("a.yaml", "service: [\n"), ("a.json", "{\"service\": {}")] {
        desk.lay(file, text);
        let said = desk.ends(78, &["autoadd", "--spec", file, "nginx"])?;
        faults.unless(desk.text(file) == text && said.errors.contains(file), || format!("{file}: {}", said.told()));
    }
    let said = desk.ends(1, &["autoadd", "--spec", "new.toml", "nonesuch-of-all"])?;
    faults.unless(said.errors.contains("nonesuch-of-all"), || said.told());
    faults.unless(!std::fs::exists(desk.path("new.toml")).unwrap(), || "new.toml is written".into());
    let said = desk.ends(0, &["autoadd", "--spec", "-", "--depth", "0", "nginx"])?;
    let spec: Json = toml::from_str(&said.out)?;
    faults.unless(unit(&spec, "nginx").is_some() && entries(&spec, "user").is_empty(), || said.told());
    faults.told()
}

/// `--explain` says by which way each entry was reached; keys are left out by globs; digests are written if asked for.
pub fn options() -> Result<(), Failed> {
    let desk = Desk::new();
    let mut faults = Faults::default();
    let said = desk.ends(0, &["autoadd", "--explain", "--spec", "a.json", "nginx"])?;
    let told = format!("{}{}", said.out, said.errors);
    for (kind, name) in desk
        .spec("a.json")
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(kind, all)| all.as_object().unwrap().keys().map(move |name| (kind, name)))
    {
        faults.unless(told.contains(name.as_str()), || format!("--explain says nothing of {kind} {name}"));
    }
    faults.unless(told.contains("/etc/nginx"), || told.clone());
    desk.ends(0, &["autoadd", "--spec", "b.json", "--exclude-key", "file.m*", "--exclude-key", "uid", "nginx"])?;
    let spec = desk.spec("b.json");
    faults.unless(entries(&spec, "file").values().all(|e| e.get("mode").is_none()), || desk.text("b.json"));
    faults.unless(spec["user"]["www-data"].get("uid").is_none(), || desk.text("b.json"));
    desk.ends(0, &["autoadd", "--spec", "c.json", "--hashes", "nginx"])?;
    let sum = says(&["sha256sum", "/etc/nginx/nginx.conf"]);
    let file = &desk.spec("c.json")["file"]["/etc/nginx/nginx.conf"];
    faults.unless(file["sha256"] == json!(sum[..64]), || format!("{file} and not {sum}"));
    faults.also(desk.holds("c.json"));
    faults.told()
}
