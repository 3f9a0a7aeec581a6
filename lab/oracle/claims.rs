//! What a tool said, as claims that verispec is asked about: as they are, with a wrong value each, and turned round.

use libtest_mimic::Failed;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Everything that is claimed of the things of one kind.
pub struct Claims {
    kind: &'static str,
    presence: &'static str,
    entries: BTreeMap<String, Entry>,
    /// Keys that an ordinary user may be kept from seeing.
    hidden: BTreeSet<&'static str>,
}

#[derive(Default, PartialEq)]
struct Entry {
    /// What makes it the same thing in two looks.
    anchor: String,
    settings: Map<String, Json>,
    /// Whether a user sees all of it, whatever is hidden of others.
    open: bool,
    keys: BTreeMap<String, Claim>,
}

#[derive(Clone, PartialEq)]
struct Claim {
    right: Json,
    wrong: Json,
    is: Is,
}

#[derive(Clone, Copy, PartialEq)]
enum Is {
    /// A value that `right` holds of and `wrong` does not.
    Known,
    /// The same, where nothing but text can be written.
    Checked,
    /// Nothing is there to compare, so all fails.
    Nothing,
    /// Nobody can see it, so all is unknown.
    Unseen,
}

/// What has been compared and held, by kind.
static COUNTS: Mutex<BTreeMap<&str, (usize, usize, usize)>> = Mutex::new(BTreeMap::new());

impl Claims {
    pub fn new(kind: &'static str, presence: &'static str) -> Claims {
        Claims { kind, presence, entries: BTreeMap::new(), hidden: BTreeSet::new() }
    }

    /// Keys that an ordinary user may find unknown; no other may be.
    pub fn hidden_from_users(&mut self, keys: &[&'static str]) {
        self.hidden.extend(keys);
    }

    pub fn there(&mut self, entry: &str, there: bool) {
        let presence = self.presence;
        self.is(entry, presence, there);
    }

    pub fn anchor(&mut self, entry: &str, anchor: impl Into<String>) {
        self.entries.entry(entry.to_owned()).or_default().anchor = anchor.into();
    }

    /// The tool shows an ordinary user all of it, if it is claimed anything of.
    pub fn open(&mut self, entry: &str) {
        if let Some(entry) = self.entries.get_mut(entry) {
            entry.open = true;
        }
    }

    pub fn setting(&mut self, entry: &str, name: &str, value: impl Into<Json>) {
        self.entries.entry(entry.to_owned()).or_default().settings.insert(name.to_owned(), value.into());
    }

    /// `key` is `value`, and not another one like it.
    pub fn is(&mut self, entry: &str, key: &str, value: impl Into<Json>) {
        let right = value.into();
        let wrong = match &right {
            Json::Bool(b) => json!(!b),
            Json::Number(n) if n.is_f64() => json!(n.as_f64().unwrap() + 1.0),
            Json::Number(n) => n.as_i64().map_or_else(|| json!(0), |n| json!(n ^ 1)),
            Json::String(text) => json!(format!("{text}x")),
            other => panic!("{entry} {key}: {other}"),
        };
        self.test(entry, key, right, wrong);
    }

    /// `key` holds exactly these, in any order.
    pub fn set<T: Into<Json>>(&mut self, entry: &str, key: &str, all: impl IntoIterator<Item = T>) {
        let all: Vec<Json> = all.into_iter().map(Into::into).collect();
        let number = all.iter().any(Json::is_number);
        if all.is_empty() {
            return self.test(entry, key, json!({"have-len": 0}), json!({"have-len": 1}));
        }
        let mut more = all.clone();
        more.push(if number { json!(4_194_305) } else { json!("no such") });
        self.test(entry, key, json!({"consist-of": all}), json!({"consist-of": more}));
        let less = &all[1..];
        if less.is_empty() {
            return;
        }
        let claim = self.entries.get_mut(entry).unwrap().keys.get_mut(key).unwrap();
        claim.wrong = json!({"or": [claim.wrong, {"consist-of": less}]});
    }

    pub fn test(&mut self, entry: &str, key: &str, right: Json, wrong: Json) {
        self.add(entry, key, Claim { right, wrong, is: Is::Known });
    }

    /// A key under which text is written that the thing is good for, and text that it is not.
    pub fn checked(&mut self, entry: &str, key: &str, right: &str, wrong: &str) {
        self.add(entry, key, Claim { right: right.into(), wrong: wrong.into(), is: Is::Checked });
    }

    /// It has no `key`: no test passes, whichever way round.
    pub fn nothing(&mut self, entry: &str, key: &str, test: impl Into<Json>) {
        let right = test.into();
        let wrong = if key == self.presence { json!(false) } else { json!({"not": right}) };
        self.add(entry, key, Claim { right, wrong, is: Is::Nothing });
    }

    /// Not even root can see it.
    pub fn unseen(&mut self, entry: &str, key: &str, test: impl Into<Json>) {
        let right = test.into();
        let wrong = if key == self.presence { json!(false) } else { json!({"not": right}) };
        self.add(entry, key, Claim { right, wrong, is: Is::Unseen });
    }

    fn add(&mut self, entry: &str, key: &str, claim: Claim) {
        self.entries.entry(entry.to_owned()).or_default().keys.insert(key.to_owned(), claim);
    }

    fn spec(&self, turn: Turn) -> Json {
        let mut entries = Map::new();
        for (name, entry) in &self.entries {
            let mut body = entry.settings.clone();
            for (key, claim) in &entry.keys {
                let test = match (turn, claim.is) {
                    (Turn::Right, _) | (Turn::Round, Is::Checked) => claim.right.clone(),
                    (Turn::Wrong, _) => claim.wrong.clone(),
                    // Presence is true or false and nothing else.
                    (Turn::Round, _) if key == self.presence => claim.wrong.clone(),
                    (Turn::Round, _) => json!({"not": claim.right}),
                };
                match key.split_once('.') {
                    None => body.insert(key.clone(), test),
                    Some((key, argument)) => {
                        let map = body.entry(key).or_insert_with(|| json!({}));
                        map.as_object_mut().unwrap().insert(argument.to_owned(), test)
                    }
                };
            }
            entries.insert(name.clone(), body.into());
        }
        json!({ self.kind: entries })
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Turn {
    Right,
    Wrong,
    /// The right one under `not`.
    Round,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Who {
    Root,
    Nobody,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Line {
    resource_id: String,
    property: String,
    outcome: String,
    summary_line_compact: String,
}

/// Asks the tools, then verispec, then the tools again, and holds verispec to all that has not moved meanwhile. What may
/// have moved to and fro gets three chances: only what is wrong each time is wrong.
pub fn agree(look: impl Fn() -> Claims) -> Result<(), Failed> {
    let mut wrong = compare(&look)?;
    for _ in 0..2 {
        if wrong.is_empty() {
            break;
        }
        let again = compare(&look)?;
        wrong.retain(|what, _| again.contains_key(what));
    }
    if wrong.is_empty() {
        return Ok(());
    }
    let some: Vec<_> = wrong.values().take(40).map(|w| w.chars().take(600).collect::<String>()).collect();
    Err(format!("{} verdicts are wrong:\n{}", wrong.len(), some.join("\n")).into())
}

/// What is wrong, told in full, by what it is wrong about.
fn compare(look: &impl Fn() -> Claims) -> Result<BTreeMap<String, String>, Failed> {
    let before = look();
    let mut runs = Vec::new();
    for who in [Who::Root, Who::Nobody] {
        for turn in [Turn::Right, Turn::Wrong, Turn::Round] {
            runs.push((who, turn, run(&before.spec(turn), who)?));
        }
    }
    let after = look();
    let still = |entry: &str, key: &str| {
        let (was, is) = (&before.entries[entry], after.entries.get(entry));
        is.is_some_and(|is| is.anchor == was.anchor && is.keys.get(key) == was.keys.get(key))
    };
    let open = |entry: &str| before.entries[entry].open;
    let (mut wrong, mut held, mut unknown) = (BTreeMap::new(), 0, 0);
    let total: usize = before.entries.values().map(|e| e.keys.len()).sum();
    let mut moved = BTreeSet::new();
    for (who, turn, lines) in runs {
        if lines.len() != total {
            wrong.insert(format!("{who:?} {turn:?}"), format!("{who:?}: {} results of {total} claims", lines.len()));
        }
        for line in lines {
            let (entry, key) = (line.resource_id, line.property);
            let what = format!("{who:?} {entry}: {key}");
            let Some(claim) = before.entries.get(&entry).and_then(|e| e.keys.get(&key)) else {
                wrong.insert(what.clone(), format!("nobody asked for {what}"));
                continue;
            };
            if !still(&entry, &key) {
                moved.insert((entry, key));
                continue;
            }
            let due = match (claim.is, turn) {
                (Is::Nothing, _) => "fail",
                (Is::Unseen, _) => "unknown",
                (Is::Known, Turn::Right) | (Is::Checked, Turn::Right | Turn::Round) => "pass",
                (Is::Known, _) | (Is::Checked, _) => "fail",
            };
            let name = key.split('.').next().unwrap_or_default();
            if line.outcome == due {
                held += 1;
            } else if who == Who::Nobody && line.outcome == "unknown" && before.hidden.contains(name) && !open(&entry) {
                unknown += 1;
            } else {
                let is = format!("{} instead of {due}", line.outcome);
                let told = format!("{who:?}: {is}: {}: the tool says {}", line.summary_line_compact, claim.right);
                wrong.insert(what, told);
            }
        }
    }
    if moved.len() * 4 > total || held == 0 {
        let told = format!("{} of {total} claims moved between two looks, {held} held", moved.len());
        wrong.insert("too little was compared".into(), told);
    }
    if wrong.is_empty() {
        let mut counts = COUNTS.lock().unwrap();
        let count = counts.entry(before.kind).or_default();
        *count = (count.0 + held, count.1 + unknown, count.2 + moved.len());
    }
    Ok(wrong)
}

fn run(spec: &Json, who: Who) -> Result<Vec<Line>, Failed> {
    let program = super::verispec();
    let argv: &[&str] = match who {
        Who::Root => &[&program],
        Who::Nobody => &["runuser", "-u", "nobody", "--", &program],
    };
    let mut command = Command::new(argv[0]);
    // A file of the spec would show in what is left of the disk.
    command.args(&argv[1..]).args(["validate", "-f", "jsonl", "--timeout", "60s", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (mut stdin, text) = (child.stdin.take().unwrap(), spec.to_string());
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let out = child.wait_with_output()?;
    writer.join().unwrap()?;
    let (status, errors) = (out.status.code(), String::from_utf8_lossy(&out.stderr));
    if !matches!(status, Some(0 | 1)) {
        return Err(
            format!("{who:?}: exit status {status:?}: {}", errors.chars().take(4000).collect::<String>()).into()
        );
    }
    let lines = out.stdout.split(|b| *b == b'\n').filter(|l| l.starts_with(b"{\"event\":\"result\""));
    let lines = lines.map(serde_json::from_slice).collect::<Result<Vec<Line>, _>>()?;
    let ok = lines.iter().all(|l| matches!(l.outcome.as_str(), "pass" | "skip"));
    match ok == (status == Some(0)) {
        true => Ok(lines),
        false => Err(format!("{who:?}: exit status {status:?} for {} results", lines.len()).into()),
    }
}

/// What has been compared, a line a kind.
pub fn summary() -> String {
    let counts = COUNTS.lock().unwrap();
    let total: usize = counts.values().map(|(held, ..)| held).sum();
    let line = |(kind, (held, unknown, moved)): (&&str, &(usize, usize, usize))| {
        format!("{kind:14} {held:>8} verdicts right, {unknown:>6} unknown to a user, {moved:>4} claims moved\n")
    };
    format!("{}{total:>23} in all\n", counts.iter().map(line).collect::<String>())
}
