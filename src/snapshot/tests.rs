use super::*;
use crate::edit;
use crate::host::TreeFiles;
use crate::load::load_text;
use crate::resource::{Hold, KINDS, Seen};
use crate::syntax::Format;
use crate::value::{Bytes, Content, Known, Share};
use crate::verdict::{Outcome, judge};
use globset::{Glob, GlobSetBuilder};
use std::collections::BTreeSet;
use time::macros::datetime;

fn written_down(name: &str) -> Host {
    let text = std::fs::read_to_string(format!("golden/hosts/{name}.host")).unwrap();
    tree(&text)
}

fn tree(text: &str) -> Host {
    Host::offline(Arc::new(TreeFiles::parse(text).unwrap()), datetime!(2026-01-01 00:00 UTC))
}

fn subject(kind: &str, name: &str) -> Subject {
    let kind = Kind::find(kind).unwrap_or_else(|| panic!("{kind} is no kind"));
    Subject { kind, name: name.into(), settings: vec![], remarks: vec![] }
}

/// Every path of a host.
fn paths(host: &Host) -> Vec<String> {
    let (mut all, mut folders) = (vec![], vec![String::new()]);
    while let Some(folder) = folders.pop() {
        for name in host.files().list(&format!("{folder}/")).ok().flatten().unwrap_or_default() {
            let path = format!("{folder}/{name}");
            if host.files().lstat(&path).is_ok_and(|stat| stat.is_some_and(|s| s.file_type.word() == "directory")) {
                folders.push(path.clone());
            }
            all.push(path);
        }
    }
    all.sort();
    all
}

/// Whatever a host might have of any kind, and of each something that it has not.
fn everything(host: &Host) -> Vec<Subject> {
    let text = |path: &str| host.text(path).ok().flatten().unwrap_or_default();
    let mut all = BTreeSet::new();
    let first = |line: &str, at: char| line.split(at).next().unwrap_or_default().to_owned();
    all.extend(text("/etc/passwd").lines().map(|line| ("user", first(line, ':'))));
    all.extend(text("/etc/group").lines().map(|line| ("group", first(line, ':'))));
    let status = text("/var/lib/dpkg/status");
    all.extend(status.lines().filter_map(|line| line.strip_prefix("Package: ")).map(|name| ("package", name.into())));
    let mounts = text("/proc/self/mountinfo") + &text("/etc/fstab");
    all.extend(mounts.split_whitespace().filter(|word| word.starts_with('/')).map(|word| ("mount", word.into())));
    all.extend(text("/proc/modules").lines().map(|line| ("kernel-module", first(line, ' '))));
    for (table, protocol) in [("tcp", "tcp"), ("tcp6", "tcp6"), ("udp", "udp"), ("udp6", "udp6")] {
        for line in text(&format!("/proc/net/{table}")).lines().skip(1) {
            let port = line.split_whitespace().nth(1).and_then(|local| local.rsplit(':').next());
            let port = port.and_then(|hex| u16::from_str_radix(hex, 16).ok());
            all.extend(port.map(|port| ("port", format!("{protocol}:{port}"))));
        }
    }
    all.extend(text("/proc/net/unix").split_whitespace().map(|word| ("port", format!("unix:{word}"))));
    for path in paths(host) {
        all.insert(("file", path.clone()));
        all.insert(("disk", path.clone()));
        if path.contains("cert") || path.ends_with(".pem") {
            all.insert(("certificate", path.clone()));
        }
        if let Some(name) = path.strip_prefix("/sys/class/net/") {
            all.insert(("interface", name.to_owned()));
        }
        if let Some(name) = path.strip_prefix("/proc/sys/") {
            all.insert(("kernel-param", name.to_owned()));
        }
        if path.starts_with("/proc/") && path.ends_with("/stat") {
            let name = text(&path).split_once('(').and_then(|(_, rest)| Some(rest.rsplit_once(')')?.0.to_owned()));
            all.extend(name.map(|name| ("process", name)));
        }
        if let Some(name) = path.strip_prefix("/lib/systemd/system/") {
            all.insert(("service", name.to_owned()));
        }
    }
    for kind in KINDS {
        for name in
            ["nothing-like-it", "/nothing-like-it", "tcp:9", "http://localhost:9/", "a\"b'c\\d e#[x]: \u{202e}é"]
        {
            all.insert((kind.name, name.to_owned()));
        }
    }
    all.into_iter().map(|(kind, name)| subject(kind, &name)).filter(|subject| subject.check().is_ok()).collect()
}

fn entries(host: &Host, subjects: &[Subject], how: &How) -> Vec<Entry> {
    snapshot(host, subjects, how).into_iter().flatten().map(|seen| seen.entry).collect()
}

fn put(text: &str, format: Format, entries: &[Entry]) -> String {
    edit::put(text, format, entries).unwrap()
}

/// Every verdict on a spec that is not a pass.
fn not_passed(host: &Host, text: &str, format: Format) -> Vec<String> {
    let spec = load_text("spec", text.to_owned(), format).unwrap_or_else(|rejected| {
        panic!("{}\n{text}", rejected.sources.render(&rejected.wrong, false));
    });
    let claims = Arc::new(spec.claims);
    let seen = gather::all(&claims, |_| true, &host.fresh(), Duration::from_secs(10));
    let verdicts = claims.iter().zip(seen).flat_map(|(claim, seen)| judge(claim, seen.expect("answered")));
    let wrong = verdicts.filter(|verdict| verdict.outcome != Outcome::Pass);
    wrong.map(|v| format!("{} {} {}: {:?} of {:?}", v.claim.kind.name, v.claim.id, v.key, v.outcome, v.found)).collect()
}

const FORMATS: [Format; 3] = [Format::Toml, Format::Yaml, Format::Json];

#[test]
fn what_is_written_of_any_host_passes_on_it_and_is_the_same_again() {
    let how = How { digests: true, ..How::default() };
    let (mut hosts, mut kinds) = (0, BTreeSet::new());
    for path in std::fs::read_dir("golden/hosts").unwrap() {
        let host = written_down(path.unwrap().path().file_stem().unwrap().to_str().unwrap());
        let subjects = everything(&host);
        let all = entries(&host, &subjects, &how);
        kinds.extend(all.iter().map(|entry| entry.kind.clone()));
        for format in FORMATS {
            let text = put("", format, &all);
            if !all.is_empty() {
                assert_eq!(not_passed(&host, &text, format), [""; 0]);
            }
            assert_eq!(put("", format, &entries(&host.fresh(), &subjects, &how)), text);
        }
        hosts += 1;
    }
    let looked_at = ["file", "package", "port", "process", "user", "group", "certificate", "mount", "interface"];
    let looked_at = looked_at.into_iter().chain(["kernel-param", "kernel-module", "system"]);
    assert!(hosts > 20 && looked_at.clone().all(|kind| kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn a_spec_with_comments_keeps_its_lines_and_what_it_says() {
    const TOML: &str = "#:schema x\n\n# the web server\n[file.\"/etc/passwd\"] # theirs\nmode='0644'   \n\n\n[ user . root ]\nuid =   0\n# the end";
    const YAML: &str = "# ours\nuser:\n    root: {uid: 0}   # him\n\nfile:\n    # here\n    '/etc/passwd':\n        mode: \"0644\"\n# the end";
    const JSON: &str = "{\n    \"file\": {\"/etc/passwd\": {\"mode\": \"0644\"}},\n\n\t\"user\": {}\n}";
    for name in ["accounts", "package", "process", "kernel", "port"] {
        let host = written_down(name);
        let mut all = entries(&host, &everything(&host), &How::default());
        all.retain(|entry| (&*entry.kind, &*entry.name) != ("file", "/etc/passwd") && entry.name != "root");
        for (before, format) in [(TOML, Format::Toml), (YAML, Format::Yaml), (JSON, Format::Json)] {
            let after = put(before, format, &all);
            let mut lines = after.lines();
            for line in before.lines().filter(|line| format != Format::Json || line.contains('#')) {
                assert!(lines.any(|kept| kept == line), "{line:?} of {name} is gone from:\n{after}");
            }
            let count = |text: &str| load_text("x", text.into(), format).map_or(0, |spec| spec.claims.len());
            assert_eq!(count(&after), count(before) + all.len());
        }
    }
}

#[test]
fn what_is_not_there_is_written_as_such_and_what_cannot_be_seen_is_not() {
    let host =
        tree("-- /etc/passwd\nroot:x:0:0:root:/root:/bin/bash\n-- /etc/group\nroot:x:0:\n-- /proc/7/stat denied\n");
    let subjects = [
        subject("user", "nobody"),
        subject("process", "app"),
        subject("package", "bash"),
        subject("file", "y"),
        subject("matching", "x"),
        subject("user", "root"),
    ];
    let seen = snapshot(&host, &subjects, &How::default());
    let body = |at: usize| seen[at].as_ref().map(|seen| (seen.there, seen.entry.body.clone())).map_err(Clone::clone);
    assert_eq!(body(0), Ok((false, vec![("exists".into(), Value::Bool(false))])));
    assert!(matches!(body(1), Err(Fault::Denied(_))), "{:?}", seen[1]);
    assert!(matches!(body(2), Err(Fault::Unsupported(_))), "{:?}", seen[2]);
    assert!(matches!(body(3), Err(Fault::Unfit(why)) if why.contains("relative")), "{:?}", seen[3]);
    assert!(matches!(body(4), Err(Fault::Unfit(_))), "{:?}", seen[4]);
    let root = seen[5].as_ref().unwrap();
    let text = edit::print(&root.entry, Format::Toml);
    let want = "[user.root]\nuid = 0\ngid = 0\ngroups = \"root\"\nhome = \"/root\"\nshell = \"/bin/bash\"\n";
    assert_eq!(text, want);
    assert!(matches!(&root.unseen[..], [("locked", Fault::Unsupported(_) | Fault::Failed(_))]), "{:?}", root.unseen);
}

#[test]
fn keys_are_left_out_by_name_or_by_kind_and_name() {
    let host = tree("-- /etc/motd 0600 0:0\nhello\n-- /etc/passwd\nroot:x:0:0:::\n-- /etc/group\nroot:x:0:\n");
    let keys = |globs: &[&str], digests| {
        let mut set = GlobSetBuilder::new();
        globs.iter().for_each(|glob| _ = set.add(Glob::new(glob).unwrap()));
        let how = How { exclude: set.build().unwrap(), digests, ..How::default() };
        let seen = snapshot(&host, &[subject("file", "/etc/motd")], &how).remove(0).unwrap();
        seen.entry.body.into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&[], false), "filetype mode owner group");
    assert_eq!(keys(&[], true), "filetype mode owner group sha256");
    assert_eq!(keys(&["mode", "file.g*", "user.owner"], true), "filetype owner sha256");
    assert_eq!(keys(&["*"], true), "");
}

#[test]
fn a_setting_is_written_and_one_that_is_none_is_refused() {
    let host = tree("-- /etc/motd 0600 0:0\nhello\n-- /etc/passwd\nroot:x:0:0:::\n-- /etc/group\nroot:x:0:\n");
    let with = |key: &str, value: &str| Subject {
        settings: vec![(key.into(), Value::Text(value.into()))],
        ..subject("file", "/greeting")
    };
    let seen = snapshot(&host, &[with("path", "/etc/motd")], &How::default()).remove(0).unwrap();
    assert!(
        edit::print(&seen.entry, Format::Toml).starts_with("[file.\"/greeting\"]\npath = \"/etc/motd\"\nfiletype = ")
    );
    for (key, value, words) in [
        ("paths", "/etc/motd", "no key `paths`"),
        ("mode", "0644", "`mode` is a key"),
        ("path", "etc/motd", "relative"),
        ("timeout", "soon", "no time to wait"),
    ] {
        let why = with(key, value).check().unwrap_err();
        assert!(why.contains(words), "{key}: {why}");
    }
    let why = Subject { settings: vec![("exists".into(), Value::Bool(false))], ..subject("file", "/x") };
    assert!(why.check().unwrap_err().contains("`exists` is a key"));
}

#[test]
fn an_entry_says_at_least_what_goss_writes_of_its_kind() {
    for (kind, keys) in [
        ("file", &["mode", "owner", "group", "linked-to", "filetype"][..]),
        ("package", &["versions"]),
        ("port", &["ip"]),
        ("process", &[]),
        ("service", &["enabled", "running"]),
        ("user", &["uid", "gid", "groups", "home", "shell"]),
        ("group", &["gid"]),
    ] {
        let kind = Kind::find(kind).unwrap();
        assert!(kind.presence.is_some());
        for key in keys {
            let pin = kind.pins.iter().find(|pin| pin.key == *key);
            let moves = pin.is_none_or(|pin| matches!(pin.hold, Hold::Moving | Hold::Drifting | Hold::Digest));
            assert!(!moves, "{}.{key}", kind.name);
        }
    }
}

#[test]
fn a_secret_of_the_entry_does_not_come_back_in_a_remark() {
    let secret = ("env".to_owned(), Value::Map(vec![("TOKEN".into(), Value::Text("hunter22".into()))]));
    let subject = Subject { settings: vec![secret], ..subject("command", "x") };
    let how = How { samples: 2, ..How::default() };
    let Question { claim, pins } = Question::of(&subject, &how).unwrap();
    let look = |line: &str| {
        let text = format!("it was hunter22 {line}\nend\n");
        let stdout = Value::Content(Box::new(Content { text, cut: None }));
        Ok(Some(Seen::from(vec![Ok(Value::Int(0)), Ok(stdout)])))
    };
    let seen = entry::write(&subject, &claim, &pins, &[look("a"), look("b")], &tree(""), &how).unwrap();
    let text = seen.entry.remarks.join("\n") + &edit::print(&Entry { body: vec![], ..seen.entry }, Format::Toml);
    assert!(text.contains("stdout was") && !text.contains("hunter22"), "{text}");
}

/// What is written after looks in which the pins of a thing had these values.
fn after(kind: &str, name: &str, looks: &[&[(&str, Value)]]) -> Result<Snapshot, Fault> {
    let how = How { samples: looks.len(), ..How::default() };
    let subject = subject(kind, name);
    let Question { claim, pins } = Question::of(&subject, &how).unwrap();
    let looks: Vec<Observed> = looks
        .iter()
        .map(|values| {
            let value = |key| values.iter().find(|(name, _)| *name == key).map_or(Value::Absent, |(_, v)| v.clone());
            let value = |key| match value(key) {
                Value::Unfit(why) => Err(Fault::Denied(why)),
                value => Ok(value),
            };
            Ok(Some(Seen {
                present: Ok(Value::Bool(true)),
                values: pins.iter().map(|(pin, _)| value(pin.key)).collect(),
            }))
        })
        .collect();
    entry::write(&subject, &claim, &pins, &looks, &tree(""), &how)
}

fn printed(seen: &Snapshot) -> String {
    edit::print(&seen.entry, Format::Toml)
}

#[test]
fn what_stayed_becomes_exact_and_what_moved_a_range_over_what_was_seen() {
    let load = |n: f64| [("os", Value::Text("debian".into())), ("load-1", Value::Number(n))];
    let share = |part: u64| ("memory-available", Value::Share(Share { part: part << 20, whole: 8 << 30 }));
    let looks: Vec<Vec<_>> = [(0.4, 1000), (0.7, 1100), (0.5, 1050)]
        .iter()
        .map(|(n, free)| load(*n).into_iter().chain([share(*free), ("swap-used", Value::Size(Bytes(0)))]).collect())
        .collect();
    let seen = after("system", "this", &looks.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    let want = "\
# load-1 was 0.4, 0.7, 0.5 (3 looks, 5s apart)
# memory-available was 1000 MiB (12.2%), 1.1 GiB (13.4%), 1.0 GiB (12.8%) (3 looks, 5s apart)
[system.this]
os = \"debian\"
load-1 = { between = [0.1, 1.0] }
memory-available = { between = [\"896 MiB\", \"1216 MiB\"] }
";
    assert_eq!(printed(&seen), want);
    assert!(matches!(&seen.unseen[..], [("swap-used", Fault::Unsupported(why))] if why.contains("chance")));
}

#[test]
fn texts_take_turns_lists_keep_what_was_always_there_and_truth_values_are_left_out() {
    let text = |t: &str| Value::Text(t.into());
    let list = |items: &[&str]| Value::List(items.iter().map(|t| text(t)).collect());
    let look = |mode: &str, groups: &[&str]| [("home", text(mode)), ("groups", list(groups))];
    let (one, two) = (look("/a", &["x", "y", "y"]), look("/b", &["y", "z"]));
    let seen = after("user", "u", &[&one, &two, &one]).unwrap();
    assert_eq!(
        printed(&seen),
        "# groups was [\"x\", \"y\", \"y\"], [\"y\", \"z\"], [\"x\", \"y\", \"y\"] (3 looks, 5s apart)\n\
         # home was \"/a\", \"/b\", \"/a\" (3 looks, 5s apart)\n\
         [user.u]\ngroups = [\"y\"]\nhome = { one-of = [\"/a\", \"/b\"] }\n"
    );
    let state = |running| [("enabled", Value::Bool(true)), ("running", Value::Bool(running))];
    let seen = after("service", "s", &[&state(true), &state(false)]).unwrap();
    assert_eq!(printed(&seen), "[service.s]\nenabled = true\n");
    let told: Vec<_> = seen.unseen.iter().map(|(key, fault)| format!("{key}: {fault}")).collect();
    assert_eq!(told, ["running: it moved: it was true, false"]);
}

#[test]
fn a_key_that_could_not_be_seen_in_one_look_is_left_out_and_says_why() {
    let (seen, denied) = ([("gid", Value::Int(1))], [("gid", Value::Unfit("not for you".into()))]);
    let group = after("group", "g", &[&seen, &denied, &seen]).unwrap();
    assert_eq!(printed(&group), "[group.g]\n");
    assert_eq!(group.unseen, [("gid", Fault::Denied("not for you".into()))]);
}

#[test]
fn what_came_or_went_between_two_looks_is_not_written() {
    let how = How { samples: 2, ..How::default() };
    let subject = subject("file", "/x");
    let Question { claim, pins } = Question::of(&subject, &how).unwrap();
    let there = Ok(Some(Seen::from(pins.iter().map(|_| Ok(Value::Absent)).collect::<Vec<_>>())));
    let write = |looks: &[Observed]| entry::write(&subject, &claim, &pins, looks, &tree(""), &how);
    assert!(matches!(write(&[there.clone(), Ok(None)]), Err(Fault::Failed(why)) if why.contains("not at another")));
    assert!(matches!(write(&[there.clone(), Err(Fault::Denied("x".into()))]), Err(Fault::Denied(_))));
    assert!(write(&[there.clone(), there]).is_ok_and(|seen| seen.there));
    assert!(write(&[Ok(None), Ok(None)]).is_ok_and(|seen| !seen.there));
}

#[test]
fn of_a_list_that_is_known_in_part_what_is_known_is_written() {
    let text = |t: &str| Value::Text(t.into());
    let known = Value::Partial(Box::new((vec![text("a"), text("b")], Fault::Denied("more".into()))));
    let seen = after("group", "g", &[&[("members", known)]]).unwrap();
    assert_eq!(printed(&seen), "[group.g]\nmembers = [\"a\", \"b\"]\n");
    let known = Value::Partial(Box::new((vec![text("nginx")], Fault::Denied("more".into()))));
    let seen = after("port", "80", &[&[("process", known)]]).unwrap();
    assert_eq!(printed(&seen), "[port.80]\nprocess = [\"nginx\"]\n");
    let seen = after("group", "g", &[&[("members", Value::List(vec![]))]]).unwrap();
    assert_eq!(printed(&seen), "[group.g]\nmembers = { consist-of = [] }\n");
}

#[test]
fn bounds_hold_with_room_to_spare_and_the_expired_has_none() {
    let left = |days: i64| ("expires-in", Value::Duration(time::Duration::days(days)));
    let expires = |days| printed(&after("certificate", "/c.pem", &[&[left(days)]]).unwrap());
    assert_eq!(expires(400), "[certificate.\"/c.pem\"]\nexpires-in = \">= 30d\"\n");
    assert_eq!(expires(20), "[certificate.\"/c.pem\"]\nexpires-in = \">= 14d\"\n");
    assert_eq!(expires(-1), "[certificate.\"/c.pem\"]\n");
    let told = |days| {
        let seen = after("certificate", "/c.pem", &[&[left(days)]]).unwrap();
        seen.unseen.iter().map(|(key, fault)| format!("{key}: {fault}")).collect::<Vec<_>>()
    };
    assert_eq!(told(-2150), ["expires-in: too little is left for a bound with room to spare: it was -2150d"]);
    assert_eq!(told(400), [""; 0]);
    let free = |part| ("free", Value::Share(Share { part, whole: 100 }));
    let room = |part| printed(&after("disk", "/", &[&[free(part)]]).unwrap());
    assert_eq!(
        [room(25), room(15), room(7)],
        ["[disk.\"/\"]\nfree = \">= 10%\"\n", "[disk.\"/\"]\nfree = \">= 5%\"\n", "[disk.\"/\"]\n"]
    );
}

#[test]
fn output_is_written_as_patterns_that_hold_and_never_with_a_secret_in_it() {
    let output = |text: &str| {
        let stdout = Value::Content(Box::new(Content { text: text.into(), cut: None }));
        let look = [("exit-status", Value::Int(0)), ("stdout", stdout)];
        printed(&after("command", "x", &[&look, &look]).unwrap())
    };
    assert_eq!(
        output("!a\n /var/log/ \n\\s\n\nplain\n"),
        "[command.x]\nexit-status = 0\nstdout = ['\\!a', '\\/var/log/', '\\\\s', \"plain\"]\n"
    );
    let none = "[command.x]\nexit-status = 0\n";
    for text in ["", "\n", &"x\n".repeat(11), &"x".repeat(201), "\u{1b}[1mx\n", "password=hunter22\n", "\u{fffd}"] {
        assert_eq!(output(text), none, "{text:?}");
    }
}

#[test]
fn of_output_only_the_lines_that_stayed_are_written() {
    let look = |text: &str| {
        [("exit-status", Value::Int(0)), ("stdout", Value::Content(Box::new(Content { text: text.into(), cut: None })))]
    };
    let told = |looks: &[&str]| {
        let looks: Vec<_> = looks.iter().map(|text| look(text)).collect();
        let seen = after("command", "x", &looks.iter().map(<[_; 2]>::as_slice).collect::<Vec<_>>()).unwrap();
        let body = Entry { remarks: vec![], ..seen.entry };
        let unseen: Vec<_> = seen.unseen.iter().map(|(key, fault)| format!("{key}: {fault}")).collect();
        (edit::print(&body, Format::Toml), unseen.join("\n"))
    };
    let status = "[command.x]\nexit-status = 0\n";
    let (text, why) = told(&["1795388400\n"]);
    assert_eq!(text, status);
    assert_eq!(why, "stdout: it was looked at once, and may be another each time: pass `--samples 2`");
    // The first is within the second: that is chance.
    let (text, why) = told(&["17\n", "178\n"]);
    assert!(text == status && why.starts_with("stdout: nothing of it stayed: it was"), "{text}{why}");
    assert_eq!(told(&["up\n17\n", "up\n18\n", "up\n"]), (format!("{status}stdout = [\"up\"]\n"), String::new()));
    assert_eq!(told(&["\n"]), (status.into(), String::new()), "there is nothing to look at twice");
}

#[test]
fn a_parameter_that_moves_by_itself_is_written_only_after_several_looks() {
    let host = tree("-- /proc/sys/kernel/random/entropy_avail\n256\n-- /proc/sys/kernel/threads-max\n100\n");
    let names = ["kernel.random.entropy_avail", "kernel.threads-max", "kernel.nonexistent"];
    let seen = snapshot(&host, &names.map(|name| subject("kernel-param", name)), &How::default());
    assert!(matches!(&seen[0], Err(Fault::Unsupported(why)) if why.contains("--samples")), "{:?}", seen[0]);
    assert_eq!(printed(seen[1].as_ref().unwrap()), "[kernel-param.\"kernel.threads-max\"]\nvalue = 100\n");
    assert!(matches!(&seen[2], Err(Fault::Unsupported(why)) if why.contains("no `value`")), "{:?}", seen[2]);
}

#[test]
fn what_knows_more_than_it_tells_is_no_list() {
    // A list of which nothing is known is a fault, not an empty list that a spec could assert.
    let none = Known::<String> { all: vec![], more: Some(Fault::Denied("x".into())) };
    assert!(crate::value::Fact::observe(none).is_err());
}

#[test]
fn a_secret_that_the_host_shows_is_neither_written_nor_told() {
    let text = |t: &str| Value::Text(t.into());
    let key = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49canary\n-----END PRIVATE KEY-----\n";
    let hash = "root:$6$rGXrTBnC$N4s0mYh3Vq7Jx2kPz5Lw8Rt1Ub6Ic9canary:19000:0:::";
    for secret in [key, hash, "PGPASSWORD=canary1", "postgres://bob:canary@db/x"] {
        for looks in [vec![secret, secret], vec!["a", secret, "a"]] {
            let looks: Vec<_> = looks.iter().map(|line| [("home", text(line)), ("shell", text("/bin/sh"))]).collect();
            let seen = after("user", "u", &looks.iter().map(<[_; 2]>::as_slice).collect::<Vec<_>>()).unwrap();
            assert_eq!(printed(&seen), "[user.u]\nshell = \"/bin/sh\"\n");
            let told: Vec<_> = seen.unseen.iter().map(|(key, fault)| format!("{key}: {fault}")).collect();
            assert_eq!(told, ["home: there may be a secret in it"], "{secret}");
        }
    }
}

#[test]
fn a_status_that_took_several_values_is_one_of_them() {
    let looks = |key: &'static str, all: &[i64]| all.iter().map(|n| [(key, Value::Int(*n))]).collect::<Vec<_>>();
    let text = |kind, name, key, all: &[i64]| {
        let looks = looks(key, all);
        let seen = after(kind, name, &looks.iter().map(<[_; 1]>::as_slice).collect::<Vec<_>>());
        seen.map(|seen| edit::print(&Entry { remarks: vec![], ..seen.entry }, Format::Toml)).map_err(|f| f.to_string())
    };
    let http = text("http", "http://h/", "status", &[200, 503, 200]).unwrap();
    assert_eq!(http, "[http.\"http://h/\"]\nstatus = { one-of = [200, 503] }\n");
    let command = text("command", "x", "exit-status", &[0, 1]).unwrap();
    assert_eq!(command, "[command.x]\nexit-status = { one-of = [0, 1] }\n");
    let random = text("command", "x", "exit-status", &[17, 250, 99]).unwrap_err();
    assert!(random.contains("another at every look"), "{random}");
}

#[test]
fn what_was_seen_stands_above_an_entry_only_where_a_matcher_comes_of_it() {
    let share = |part: u64| [("free", Value::Share(Share { part, whole: 100 }))];
    let seen = after("disk", "/", &[&share(40), &share(30)]).unwrap();
    assert_eq!(printed(&seen), "[disk.\"/\"]\nfree = \">= 10%\"\n");
    let size = [("size", Value::Size(Bytes(5)))];
    assert_eq!(printed(&after("file", "/x", &[&size, &size]).unwrap()), "[file.\"/x\"]\nsize = 5\n");
    let grew = [1, 2, 3].map(|n| [("size", Value::Size(Bytes(n)))]);
    let seen = after("file", "/x", &grew.each_ref().map(<[_; 1]>::as_slice)).unwrap();
    assert_eq!(printed(&seen), "[file.\"/x\"]\n");
    assert!(
        matches!(&seen.unseen[..], [("size", Fault::Failed(why))] if why.contains("only grew")),
        "{:?}",
        seen.unseen
    );
}

#[test]
fn versions_of_a_package_are_a_plain_list_and_of_a_pattern_for_many_none() {
    let package = |versions: &[&str]| {
        let all = Value::List(versions.iter().map(|v| Value::Text((*v).into())).collect());
        printed(&after("package", "x", &[&[("versions", all)]]).unwrap())
    };
    assert_eq!(package(&["1.0"]), "[package.x]\nversions = [\"1.0\"]\n");
    assert_eq!(package(&["1.0", "1.0"]), "[package.x]\nversions = [\"1.0\"]\n");
    assert_eq!(package(&["1", "2", "3", "4"]), "[package.x]\nversions = [\"1\", \"2\", \"3\", \"4\"]\n");
    assert_eq!(package(&["1", "2", "3", "4", "5"]), "[package.x]\n");
}

#[test]
fn a_key_that_does_not_suit_the_thing_is_told_where_it_ought_to() {
    let left = Value::Duration(time::Duration::days(90));
    let subject = subject("http", "https://h/");
    let Question { claim, pins } = Question::of(&subject, &How::default()).unwrap();
    let write = |status: Result<Value, Fault>, left: Result<Value, Fault>| {
        let values = pins.iter().map(|(pin, _)| if pin.key == "status" { status.clone() } else { left.clone() });
        let look = Ok(Some(Seen::from(values.collect::<Vec<_>>())));
        entry::write(&subject, &claim, &pins, &[look], &tree(""), &How::default()).unwrap()
    };
    let untrusted = Fault::Unfit("the certificate is not trusted".into());
    assert_eq!(write(Err(untrusted.clone()), Ok(left)).unseen, [("status", untrusted)]);
    // A server without TLS has no certificate to speak of.
    assert_eq!(write(Ok(Value::Int(200)), Err(Fault::Unfit("no TLS".into()))).unseen, []);
}

#[test]
fn what_leaves_nothing_is_told_as_it_is() {
    let nothing = |globs: &[&str], kind, name| {
        let mut set = GlobSetBuilder::new();
        globs.iter().for_each(|glob| _ = set.add(Glob::new(glob).unwrap()));
        let how = How { exclude: set.build().unwrap(), ..How::default() };
        let seen = snapshot(&tree("-- /proc/sys/kernel/random/entropy_avail\n256\n"), &[subject(kind, name)], &how);
        seen.into_iter().next().unwrap().unwrap_err().to_string()
    };
    assert_eq!(nothing(&["*"], "system", "this"), "`--exclude-key` leaves nothing of it to write down");
    assert_eq!(nothing(&["value"], "kernel-param", "kernel.random.entropy_avail"), "it has no `configured` here");
}

#[test]
fn what_the_kernel_makes_up_has_no_digest_and_odd_statuses_are_told() {
    let host = tree("-- /proc/version\nLinux\n-- /etc/passwd\nroot:x:0:0:::\n-- /etc/group\nroot:x:0:\n");
    let how = How { digests: true, ..How::default() };
    for name in ["/proc/version", "/proc//./version"] {
        let seen = snapshot(&host, &[subject("file", name)], &how).remove(0).unwrap();
        assert!(!printed(&seen).contains("sha256"), "{}", printed(&seen));
        assert!(matches!(&seen.unseen[..], [("sha256", Fault::Unsupported(_))]), "{:?}", seen.unseen);
    }
    let absent = snapshot(&host, &[subject("file", "/proc/nothing")], &how).remove(0).unwrap();
    assert_eq!(absent.unseen, []);
    let status = |n| after("command", "x", &[&[("exit-status", Value::Int(n))]]).unwrap();
    assert_eq!(printed(&status(127)), "[command.x]\nexit-status = 127\n");
    assert_eq!(status(0).doubts, []);
    assert!(matches!(status(127).doubts[..], [("exit-status", why)] if why.contains("does not find the command")));
}
