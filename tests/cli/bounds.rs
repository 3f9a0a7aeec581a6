//! Hostile input ends soon, in little memory; and the start costs nothing.

use crate::{Lab, Ran, installed};
use std::net::{Ipv4Addr, TcpListener};
use std::time::Duration;

/// Refused within the bounds: virtual memory in MiB, and time.
#[track_caller]
fn refused(lab: &Lab, spec: &str, memory: u64, says: &str) {
    let ran = lab.shell(&format!("ulimit -v {} && exec $V validate {spec}", memory << 10));
    ran.ended(78).says(says).says("nothing was run");
    assert!(ran.took < Duration::from_secs(10), "{spec}: {ran}");
    assert!(ran.err.len() < 100_000, "{spec}: {} bytes of errors", ran.err.len());
}

#[test]
fn nesting_is_bounded_however_it_is_written() {
    const DEPTH: usize = 1_000_000;
    let lab = Lab::empty();
    for (name, text) in [
        ("lists.json", format!("{{\"file\": {}", "[".repeat(DEPTH))),
        ("maps.json", format!("{}1{}", "{\"a\":".repeat(DEPTH), "}".repeat(DEPTH))),
        ("lists.yaml", "[".repeat(DEPTH)),
        ("maps.yaml", "{a: ".repeat(DEPTH)),
        ("dashes.yaml", "- ".repeat(DEPTH)),
        ("lines.yaml", (0..2000).map(|n| format!("{}a:\n", " ".repeat(n))).collect()),
        ("lists.toml", format!("a = {}", "[".repeat(DEPTH))),
        ("tables.toml", format!("a = {}", "{a=".repeat(DEPTH))),
        ("header.toml", format!("[{}a]\n", "a.".repeat(DEPTH))),
        ("dotted.toml", format!("{}a = 1\n", "a.".repeat(DEPTH))),
    ] {
        lab.write(name, text);
        refused(&lab, name, 400, "error[too-deep]: lists and maps stand inside one another more than 64 levels deep");
    }
}

#[test]
fn aliases_cannot_blow_a_spec_up() {
    let mut lists = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    let mut merges = String::from("a0: &a0 {k: v}\n");
    for n in 1..40 {
        let aliases = vec![format!("*a{}", n - 1); 9].join(", ");
        lists.push_str(&format!("a{n}: &a{n} [{aliases}]\n"));
        merges.push_str(&format!("a{n}: &a{n} {{<<: *a{0}, k{n}: *a{0}, j{n}: *a{0}}}\n", n - 1));
    }
    let lab = Lab::with("lists.yaml", lists);
    lab.write("merges.yaml", merges);
    for name in ["lists.yaml", "merges.yaml"] {
        refused(&lab, name, 400, "error[too-large]: aliases make the file come to more than");
    }
}

#[test]
fn a_spec_is_bounded_in_size() {
    let lab = Lab::with("large.toml", "[file.\"/\"]\n");
    let file = std::fs::OpenOptions::new().append(true).open(lab.path("large.toml")).unwrap();
    file.set_len(60 << 20).unwrap();
    refused(&lab, "large.toml", 400, "error[too-large]: `large.toml` is larger than 16 MiB");
    refused(&lab, "/dev/zero", 400, "error[too-large]: `/dev/zero` is larger than 16 MiB");
    refused(&lab, "- < /dev/zero", 400, "error[too-large]: `standard input` is larger than 16 MiB");
    lab.write("part.toml", format!("[file.\"/\"]\ntitle = \"{}\"\n", "x".repeat(5 << 20)));
    lab.write("sum.toml", "include = [\"part.toml\", \"part.toml\", \"part.toml\", \"part.toml\", \"part.toml\"]\n");
    refused(&lab, "sum.toml", 400, "error[too-large]: with `part.toml` the spec is larger than 16 MiB");
}

#[test]
fn mistakes_without_end_are_counted_and_the_first_are_shown() {
    let entry = |n: usize| format!("[command.x{n}]\nexec = \"true\"\nexit-stats = 0\n");
    let lab = Lab::with("many.toml", (0..5000).map(entry).collect::<String>());
    refused(&lab, "many.toml", 400, "verispec: 5000 errors, of which the first 50 are shown; nothing was run");
    lab.write("long.toml", format!("[file.\"/\"]\nmoed = \"{}\"\n", "x".repeat(5 << 20)));
    refused(&lab, "long.toml", 400, "write `mode`");
}

#[test]
fn a_spec_of_no_size_at_all_is_a_spec() {
    let entry = |n: usize| format!("[matching.x{n}]\ncontent = 1\nmatches = 1\n");
    let lab = Lab::with("many.toml", (0..20_000).map(entry).collect::<String>());
    let ran = lab.run(&["validate", "-f", "silent", "many.toml"]);
    ran.ended(0);
    assert!(ran.took < Duration::from_secs(10), "{ran}");
}

#[test]
fn starting_makes_no_thread_and_opens_no_socket() {
    if !installed("strace", "what the start asks of the kernel") {
        return;
    }
    let lab = Lab::with("spec.toml", "[file.\"/\"]\n");
    let traced = |args: &str| {
        let calls = "clone,clone3,fork,vfork,execve,socket,connect,bind";
        let ran = lab.shell(&format!("strace -f -o trace -e trace={calls} $V {args}"));
        if ran.status != 0 {
            eprintln!("skipped: strace may not trace here: {}", ran.err);
            return String::new();
        }
        // The start itself is an execve.
        lab.read("trace").lines().skip(1).filter(|line| !line.contains("+++")).map(str::to_owned).collect()
    };
    assert_eq!(traced("--version"), "");
    assert_eq!(traced("check spec.toml"), "");
}

/// KiB of memory at most that a run of this spec has taken, entry after entry.
fn peak(lab: &Lab, spec: &str) -> (u64, Ran) {
    // It measures itself: the last entry is a command of its own.
    let last = "[command.last]\nexec = 'grep VmHWM /proc/$PPID/status > peak'\nexit-status = 0\n";
    lab.write("spec.toml", format!("{spec}\n{last}"));
    let ran = lab.run(&["validate", "-f", "documentation", "--max-concurrent", "1", "spec.toml"]);
    let peak = lab.read("peak").split_whitespace().nth(1).and_then(|kib| kib.parse().ok());
    (peak.unwrap_or_else(|| panic!("{ran}")), ran)
}

/// Runs a spec and asserts that it takes no more than so many MiB beyond what a run of a few entries takes by itself, which
/// is mostly the program: unoptimized, it is large.
#[track_caller]
fn within(lab: &Lab, mib: u64, spec: &str) -> Ran {
    let small = Lab::with("small", "a\n");
    let (idle, _) = peak(&small, &format!("[file.'{}']\nmd5 = '0'\ncontents = ['a']\n", small.path("small").display()));
    let (peak, ran) = peak(lab, spec);
    eprintln!("peak {peak} KiB, idle {idle} KiB, after {:?}", ran.took);
    assert!(peak < idle + ((ROOM + mib) << 10), "{peak} KiB, where {idle} is idle: {ran}");
    ran
}

/// MiB for what else of the program comes into memory, and its threads.
const ROOM: u64 = 8;

#[test]
fn a_sparse_file_of_50_gigabytes_is_read_in_no_memory_until_the_time_is_up() {
    let lab = Lab::empty();
    let path = lab.path("sparse.json");
    std::fs::File::create(&path).unwrap().set_len(50_000_000_000).unwrap();
    let entry = |n: usize, keys: &str| format!("[file.f{n}]\npath = '{}'\ntimeout = '300ms'\n{keys}\n", path.display());
    let keys = ["md5 = '0'\nsha256 = '0'\nsha512 = '0'", "contents = ['needle']", "contents = ['!needle']"];
    let spec: String = keys.iter().enumerate().map(|(n, keys)| entry(n, keys)).collect();
    let ran = within(&lab, 0, &spec);
    ran.ended(1).says("Unknown: 5");
    let reason = format!(": reading {}", path.display());
    let timed_out = |line: &&str| line.contains(": unknown: timed out after ") && line.ends_with(&reason);
    assert_eq!(ran.out.lines().filter(timed_out).count(), 5, "{ran}");
    // What must see the whole, or whole lines, is told at once that it cannot; it keeps the beginning.
    let keys = ["contents = ['/needle/']", "json.a = 1", "contents = { have-suffix = 'x' }"];
    let spec: String = keys.iter().enumerate().map(|(n, keys)| entry(n, keys)).collect();
    within(&lab, 2 * 8, &spec).ended(1).says("Unknown: 3");
}

#[test]
fn output_without_end_is_kept_up_to_its_bound() {
    let lab = Lab::empty();
    let command = |name: &str, line: &str| format!("[command.{name}]\nexec = \"{line}\"\nexit-status = 0\n");
    let spec = command("yes", "yes") + "timeout = '300ms'\n" + &command("gigabyte", "head -c 1000000000 /dev/zero");
    let ran = within(&lab, 4, &(spec + "stdout = ['!x']\n"));
    ran.ended(1).says("Command: yes: exit-status: unknown: timed out after ");
    ran.says("Command: gigabyte: exit-status: matches").says("only the first 1 MiB was read");
}

#[test]
fn a_folder_of_very_many_files_is_no_trouble() {
    // In memory if there is such a place; a million take seconds to make and to remove.
    const MANY: usize = 200_000;
    let lab = Lab::empty();
    let shm = std::path::Path::new("/dev/shm");
    let folder = if shm.is_dir() { tempfile::tempdir_in(shm) } else { tempfile::tempdir() }.unwrap();
    let path = folder.path().display();
    (0..MANY).for_each(|n| _ = std::fs::File::create(folder.path().join(format!("file-number-{n}"))).unwrap());
    let spec = format!(
        "[file.'{path}']\nfiletype = 'directory'\ncontents = ['x']\n[disk.'{path}']\n[certificate.'{path}']\n\
         exists = {{ not = true }}\n[command.ls]\nexec = 'ls -U | head -n 1'\ncwd = '{path}'\nstdout = ['file-number']\n"
    );
    let ran = within(&lab, 0, &spec);
    ran.ended(1).says("is a directory").says("Command: ls: stdout: matches");
    assert!(ran.took < Duration::from_secs(5), "{ran}");
}

#[test]
fn twenty_thousand_sockets_are_looked_through_for_one() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.map_or(21_000, |most| most.min(21_000));
    setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit }).unwrap();
    let many = most as usize - 1_000;
    if many < 20_000 {
        eprintln!("with {many} sockets only, since a process may not open more");
    }
    // A port of each is free on one address of loopback or another.
    let listen =
        |n: usize| TcpListener::bind((Ipv4Addr::new(127, 1, (n / 250) as u8, (n % 250) as u8 + 1), 0)).unwrap();
    let listeners: Vec<_> = (0..many).map(listen).collect();
    let port = listeners[many / 2].local_addr().unwrap();
    let lab = Lab::empty();
    let spec = format!(
        "[port.'tcp4:{}']\nlistening = true\nip = ['{}']\npids = [{}]\n",
        port.port(),
        port.ip(),
        std::process::id()
    );
    let ran = within(&lab, 24, &spec);
    ran.ended(0);
    assert!(ran.took < Duration::from_secs(5), "{ran}");
}

#[test]
fn the_text_of_many_files_is_not_kept_until_it_is_reported() {
    let lab = Lab::with("log", "all is well\n".repeat(100_000));
    let path = lab.path("log");
    let entry = |n: usize| format!("[file.f{n}]\npath = '{}'\ncontents = ['well', '!error']\n", path.display());
    within(&lab, 0, &(0..200).map(entry).collect::<String>()).ended(0);
}
