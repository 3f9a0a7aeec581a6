//! goss files: the same verdict as goss itself comes to, result by result.

use crate::tool::{ends, says, shell};
use libtest_mimic::Failed;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Where `lab/test` lays the specs of lab/goss, and of other people, if there are any.
const SPECS: &str = "/srv/goss";
const CORPUS: &str = "/srv/conformance/specs";

/// What one result is known by: kind, id, property.
type Name = (String, String, String);

/// Results on which goss is wrong, and why: kind, id, property, its verdict and the right one.
type Fault = (&'static str, &'static [(&'static str, &'static str, &'static str, &'static str, &'static str)]);

/// The differences that there are to be, all of them.
const FAULTS: &[Fault] = &[
    (
        "nobody could be asked, so it is unknown, not that there is no such name",
        &[
            ("DNS", "nosuch.invalid", "resolvable", "pass", "fail"),
            ("DNS", "a server that is not there: one.lab.test", "resolvable", "pass", "fail"),
            ("DNS", "refused.example.org", "resolvable", "pass", "fail"),
            ("DNS", "A:refused.example.org", "resolvable", "pass", "fail"),
            ("Addr", "tcp://nosuch.invalid:80", "reachable", "pass", "fail"),
        ],
    ),
    (
        "a name that can name nothing is a mistake, not something that is not there",
        &[
            ("DNS", "lower case is no type: mx:lab.test", "resolvable", "pass", "fail"),
            ("Port", "sctp:80", "listening", "pass", "fail"),
            ("Port", "tcp:99999", "listening", "pass", "fail"),
            ("Port", "tcp:http", "listening", "pass", "fail"),
            ("Service", "", "enabled", "pass", "fail"),
            ("Service", "", "running", "pass", "fail"),
        ],
    ),
    (
        "it is listened on, whatever the way to write it",
        &[("Port", "tcp4:80", "listening", "pass", "fail"), ("Port", "tcp:080", "listening", "pass", "fail")],
    ),
    (
        "it is certainly not there",
        &[
            ("File", "/etc/passwd/below", "exists", "fail", "pass"),
            ("Mount", "/etc", "exists", "fail", "pass"),
            ("Mount", "/mnt/none", "exists", "fail", "pass"),
        ],
    ),
    ("systemctl takes the name for an option", &[("Service", "-.mount", "running", "fail", "pass")]),
    (
        "it does run: the kernel keeps only the beginning of its name",
        &[("Process", "a-very-long-program-name", "running", "pass", "fail")],
    ),
    (
        "a datagram that nobody answers reaches nobody that one knows of",
        &[
            ("Addr", "udp://127.0.0.1:4713", "reachable", "pass", "fail"),
            ("Addr", "udp://127.0.0.1:9", "reachable", "pass", "fail"),
        ],
    ),
    (
        "a signal's status is 128 and its number, as every shell has it",
        &[
            ("Command", "ended by a signal", "exit-status", "fail", "pass"),
            ("Command", "ended by a signal, as Go has it", "exit-status", "pass", "fail"),
        ],
    ),
    ("a large number is a number", &[("Matching", "large number", "matches", "fail", "pass")]),
];

/// What goss itself does, or none with a loud word where it could not be had.
pub fn goss() -> Option<String> {
    let found = std::env::var("GOSS").ok().filter(|path| Path::new(path).exists());
    if found.is_none() {
        println!("SKIPPED: the environment variable GOSS names no goss to compare with");
    }
    found
}

/// The program under test by the name that makes it goss.
fn own() -> String {
    let (folder, program) = ("/tmp/own", crate::verispec());
    says(&["sh", "-c", &format!("mkdir -p {folder} && ln -sf \"$(command -v {program})\" {folder}/goss")]);
    format!("{folder}/goss")
}

/// One run of `validate`.
struct Run {
    status: Option<i32>,
    summary: BTreeMap<String, Json>,
    /// Each result's verdict, title and meta; of those of one name, all.
    results: BTreeMap<Name, Vec<String>>,
    took: Duration,
}

/// A spec, what it is given, and by whom it is run.
pub struct Case<'a> {
    pub folder: &'a str,
    pub args: Vec<String>,
    pub user: &'a str,
}

impl Case<'_> {
    /// Status, standard output and error of one command of a goss.
    fn says(&self, program: &str, command: &[&str]) -> Result<(Option<i32>, Vec<u8>, String), Failed> {
        let mut call = Command::new("runuser");
        call.args(["-u", self.user, "--", program]).args(&self.args).args(command);
        call.current_dir(self.folder).env("LAB_SAYS", "from outside").env("HOME", "/root").stdin(Stdio::null());
        let out = call.output()?;
        Ok((out.status.code(), out.stdout, String::from_utf8_lossy(&out.stderr).into_owned()))
    }

    fn validate(&self, program: &str) -> Result<Run, Failed> {
        let begin = Instant::now();
        let (status, out, errors) = self.says(program, &["validate", "-f", "json"])?;
        let took = begin.elapsed();
        let start = out.iter().position(|b| *b == b'{').unwrap_or(out.len());
        let report: Json = serde_json::from_slice(&out[start..]).map_err(|e| {
            let said: String = String::from_utf8_lossy(&out).chars().take(600).collect();
            format!(
                "{program}: exit status {status:?}, no report: {e}: {said} {}",
                errors.chars().take(1500).collect::<String>()
            )
        })?;
        let mut results = BTreeMap::<Name, Vec<String>>::new();
        for r in report["results"].as_array().ok_or("no results")? {
            let text = |key: &str| r[key].as_str().unwrap_or_default().to_owned();
            let verdict = ["pass", "fail", "skip"].get(r["result"].as_u64().unwrap_or(9) as usize).unwrap_or(&"?");
            let agrees =
                (r["successful"] == (*verdict == "pass") || *verdict == "skip") && r["skipped"] == (*verdict == "skip");
            let mut seen =
                if agrees { (*verdict).to_owned() } else { format!("{verdict}, but says otherwise of itself") };
            if r["title"].as_str().is_some_and(|t| !t.is_empty()) || !r["meta"].is_null() {
                seen += &format!(" {} {}", r["title"], r["meta"]);
            }
            results.entry((text("resource-type"), text("resource-id"), text("property"))).or_default().push(seen);
        }
        results.values_mut().for_each(|all| all.sort());
        let counts = ["test-count", "failed-count", "skipped-count"];
        let summary = counts.map(|key| (key.to_owned(), report["summary"][key].clone())).into();
        Ok(Run { status, summary, results, took })
    }
}

/// Holds what we say of a spec against what goss says; twice, since what moves between two looks is no difference. Of
/// `faults` goss must be guilty as they stand.
pub fn agree(case: &Case, faults: &[Fault], at_least: usize) -> Result<(), Failed> {
    let faults = faults.iter().flat_map(|(_, results)| results.iter());
    let (Some(goss), own) = (goss(), own()) else { return Ok(()) };
    let (before, mine, after) = (case.validate(&goss)?, case.validate(&own)?, case.validate(&goss)?);
    let (mut wrong, mut held, mut moved, mut known) = (vec![], 0, 0, 0);
    let names = before.results.keys().chain(mine.results.keys().filter(|name| !before.results.contains_key(name)));
    for name in names {
        let (theirs, ours) = (before.results.get(name), mine.results.get(name));
        let fault = faults.clone().find(|f| (f.0, f.1, f.2) == (&*name.0, &*name.1, &*name.2));
        if let Some((.., theirs_is, ours_is)) = fault {
            let as_said = [(theirs, theirs_is), (ours, ours_is)]
                .iter()
                .all(|(is, due)| is.is_some_and(|all| all.len() == 1 && all[0].starts_with(*due)));
            match as_said {
                true => known += 1,
                false => wrong.push(format!("{name:?}: goss {theirs:?}, got {ours:?}, not as it is listed")),
            }
        } else if theirs == ours {
            held += 1;
        } else if theirs != after.results.get(name) {
            moved += 1;
        } else {
            wrong.push(format!("{name:?}: goss {theirs:?}, got {ours:?}"));
        }
    }
    let due = faults.count();
    if known != due {
        wrong.push(format!("{} of {due} listed faults of goss are gone", due - known));
    }
    // Where no verdict is another's, so are the counts and the status.
    if wrong.is_empty() && due == 0 && moved == 0 {
        if before.summary != mine.summary {
            wrong.push(format!("goss counts {:?}, got {:?}", before.summary, mine.summary));
        }
        if before.status != mine.status {
            wrong.push(format!("exit status: goss {:?}, got {:?}", before.status, mine.status));
        }
    }
    let seconds = |run: &Run| run.took.as_secs_f64();
    println!(
        "goss {} {} as {}: {held} verdicts alike, {known} where goss is wrong, {moved} moved; goss {:.3} s, verispec {:.3} s",
        case.folder,
        case.args.first().zip(case.args.get(1)).map(|(_, file)| &**file).unwrap_or_default(),
        case.user,
        seconds(&before).min(seconds(&after)),
        seconds(&mine)
    );
    if held < at_least || moved * 10 > held {
        wrong.push(format!("{held} verdicts were compared, {moved} moved: {at_least} are expected"));
    }
    match wrong.len() {
        0 => Ok(()),
        n => Err(format!("{n} differences:\n{}", wrong[..n.min(60)].join("\n")).into()),
    }
}

fn case<'a>(folder: &'a str, user: &'a str, args: &[&str]) -> Case<'a> {
    Case { folder, user, args: args.iter().map(|&a| a.to_owned()).collect() }
}

/// What the spec asks of the host and cannot know.
fn versions() -> String {
    let of = |name: &str| says(&["dpkg-query", "-W", "-f", "${Version}", name]);
    json!({"versions": {"bash": of("bash"), "nginx": of("nginx-light")}}).to_string()
}

/// The whole of lab/goss: every kind, every matcher, right and wrong, skipped and gated, templates, variables, includes.
pub fn mixed() -> Result<(), Failed> {
    let inline = versions();
    agree(&case(SPECS, "root", &["-g", "goss.yaml", "--vars", "vars.yaml", "--vars-inline", &inline]), &[], 900)
}

/// The same with other variables, from JSON: other branches of the templates.
pub fn other_variables() -> Result<(), Failed> {
    let inline = versions();
    agree(&case(SPECS, "root", &["--gossfile=goss.yaml", "--vars=more.json", "--vars-inline", &inline]), &[], 900)
}

/// The same by somebody whom permissions bind.
pub fn as_nobody() -> Result<(), Failed> {
    let inline = versions();
    agree(&case(SPECS, "nobody", &["-g", "goss.yaml", "--vars", "vars.yaml", "--vars-inline", &inline]), &[], 900)
}

/// Where goss is wrong we are not.
pub fn differences() -> Result<(), Failed> {
    agree(&case(SPECS, "root", &["-g", "differs.yaml"]), FAULTS, 2)
}

/// What goss does not survive fails, one by one, with a reason.
pub fn crashes() -> Result<(), Failed> {
    let run = case(SPECS, "root", &["-g", "crashes.yaml"]).validate(&own())?;
    let failed = run.results.iter().filter(|(_, all)| all.iter().any(|one| one.starts_with("fail"))).count();
    match (failed, run.status) {
        (5, Some(1)) => Ok(()),
        other => Err(format!("{other:?}: {:?}", run.results).into()),
    }
}

/// Each file of lab/goss/rejected is refused with goss's exit status and a word on why.
pub fn rejected() -> Result<(), Failed> {
    let (Some(goss), own) = (goss(), own()) else { return Ok(()) };
    let folder = format!("{SPECS}/rejected");
    let (mut wrong, mut files) = (vec![], 0);
    for file in shell(&format!("cd {folder} && ls -p | grep -v /")).lines() {
        for command in ["validate", "render"] {
            let case = case(&folder, "root", &["-g", file]);
            let ((theirs, ..), (ours, out, errors)) = (case.says(&goss, &[command])?, case.says(&own, &[command])?);
            if theirs != ours {
                wrong.push(format!("{command} {file}: goss ends with {theirs:?}, got {ours:?}: {errors}"));
            } else if theirs != Some(0) && out.is_empty() && errors.is_empty() {
                wrong.push(format!("{command} {file}: not a word on why"));
            }
        }
        files += 1;
    }
    match wrong.is_empty() && files > 30 {
        true => Ok(()),
        false => Err(format!("{} of {files}: {}", wrong.len(), wrong.join("\n")).into()),
    }
}

/// A whole benchmark of other people's, as its run_audit.sh runs it.
pub fn benchmark() -> Result<(), Failed> {
    let folder = format!("{CORPUS}/ansible-lockdown+UBUNTU24-CIS-Audit");
    if !Path::new(&folder).exists() {
        println!("SKIPPED: there is no {folder}: lab/test found no corpus in VERISPEC_CONFORMANCE");
        return Ok(());
    }
    let release = |key: &str| shell(&format!(". /etc/os-release; printf %s \"${key}\""));
    let inline = json!({
        "benchmark_type": "CIS", "benchmark_os": "UBUNTU24", "benchmark_version": "2.0.0", "machine_uuid": "none", "epoch": "1700000000",
        "os_locale": "UTC", "os_release": release("VERSION_ID"), "os_distribution": "Debian", "os_hostname": ends(&["hostname"]).1.trim(),
        "auto_group": "ungrouped", "system_type": "Server",
    });
    agree(
        &case(&folder, "root", &["-g", "goss.yml", "--vars", "vars/CIS.yml", "--vars-inline", &inline.to_string()]),
        &[],
        300,
    )
}
