//! A folder with specs in it, and verispec at work there.

use crate::tool::shell;
use libtest_mimic::Failed;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use tempfile::TempDir;

pub struct Desk {
    folder: TempDir,
    user: &'static str,
}

/// What a command came to.
pub struct Said {
    pub status: i32,
    pub out: String,
    pub errors: String,
}

impl Desk {
    /// Of root.
    pub fn new() -> Desk {
        Desk::of("root")
    }

    pub fn of(user: &'static str) -> Desk {
        let folder = tempfile::Builder::new().prefix("desk-").tempdir().unwrap();
        let desk = Desk { folder, user };
        shell(&format!("chown {user} '{}'", desk.path("")));
        desk
    }

    pub fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().unwrap().to_owned()
    }

    pub fn lay(&self, file: &str, text: &str) {
        std::fs::write(self.path(file), text).unwrap();
        shell(&format!("chown {} '{}'", self.user, self.path(file)));
    }

    pub fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    /// A spec as data, whatever it is written in; YAML is not read here.
    pub fn spec(&self, file: &str) -> Json {
        let text = self.text(file);
        let read = |text: &str| match file.ends_with(".toml") {
            true => toml::from_str(text).map_err(|e| e.to_string()),
            false => serde_json::from_str(text).map_err(|e| e.to_string()),
        };
        read(&text).unwrap_or_else(|e| panic!("{file}: {e}:\n{text}"))
    }

    /// Runs verispec in the folder; nobody answers its questions.
    pub fn runs(&self, args: &[&str]) -> Said {
        self.runs_program(&crate::verispec(), args)
    }

    pub fn runs_program(&self, program: &str, args: &[&str]) -> Said {
        let mut call = Command::new("runuser");
        call.args(["-u", self.user, "--", program]).args(args).current_dir(&self.folder).stdin(Stdio::null());
        let said = call.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { status: said.status.code().unwrap_or(-1), out: text(&said.stdout), errors: text(&said.stderr) }
    }

    /// The same, where it must come to `status`.
    pub fn ends(&self, status: i32, args: &[&str]) -> Result<Said, Failed> {
        let said = self.runs(args);
        match said.status == status {
            true => Ok(said),
            false => Err(format!("{args:?} as {}: {}", self.user, said.told()).into()),
        }
    }

    /// Each key of a spec, as `service.nginx.running`, with its outcome.
    pub fn outcomes(&self, file: &str) -> Result<BTreeMap<String, String>, Failed> {
        let said = self.runs(&["validate", "-f", "json", "--timeout", "60s", file]);
        let report: Json = serde_json::from_str(&said.out).map_err(|e| format!("{e}: {}", said.told()))?;
        let word = |result: &Json, key: &str| result[key].as_str().unwrap_or_default().to_owned();
        let name = |r: &Json| {
            let kind = word(r, "resource-type").to_lowercase().replace(' ', "-");
            format!("{kind}.{}.{}", word(r, "resource-id"), word(r, "property"))
        };
        let results = report["results"].as_array().ok_or("no results")?;
        let all: BTreeMap<_, _> = results.iter().map(|r| (name(r), word(r, "outcome"))).collect();
        let good = all.values().all(|outcome| matches!(outcome.as_str(), "pass" | "skip"));
        match good == (said.status == 0) && !all.is_empty() {
            true => Ok(all),
            false => Err(format!("{} results: {}", all.len(), said.told()).into()),
        }
    }

    /// The keys that do not pass, with what they come to.
    pub fn wrong(&self, file: &str) -> Result<BTreeMap<String, String>, Failed> {
        let mut all = self.outcomes(file)?;
        all.retain(|_, outcome| !matches!(outcome.as_str(), "pass" | "skip"));
        Ok(all)
    }

    /// All of a spec is so, and all of it was seen.
    pub fn holds(&self, file: &str) -> Result<(), Failed> {
        match self.wrong(file)? {
            wrong if wrong.is_empty() => Ok(()),
            wrong => Err(format!("{file} does not hold as {}: {wrong:?}:\n{}", self.user, self.text(file)).into()),
        }
    }
}

impl Said {
    pub fn told(&self) -> String {
        let some = |text: &str| text.chars().take(3000).collect::<String>();
        format!("exit status {}\n{}\n{}", self.status, some(&self.out), some(&self.errors))
    }
}

/// What a test finds wrong, all of it.
#[derive(Default)]
pub struct Faults(Vec<String>);

impl Faults {
    pub fn unless(&mut self, good: bool, told: impl FnOnce() -> String) {
        if !good {
            self.0.push(told());
        }
    }

    pub fn also(&mut self, result: Result<(), Failed>) {
        if let Err(failed) = result {
            self.0.push(failed.message().unwrap_or("?").to_owned());
        }
    }

    pub fn told(self) -> Result<(), Failed> {
        match self.0.len() {
            0 => Ok(()),
            n => Err(format!("{n} faults:\n{}", self.0.join("\n")).into()),
        }
    }
}

/// Whether what a spec says under a key is at least `due`: the same, or a list that has all of it.
pub fn at_least(said: &Json, due: &Json) -> bool {
    let said = ["equal", "consist-of", "contain-elements"].iter().find_map(|m| said.get(m)).unwrap_or(said);
    match (said, due) {
        (said, due) if said == due => true,
        (Json::Array(said), Json::Array(due)) => due.iter().all(|one| said.contains(one)),
        (said, Json::Array(due)) => due.len() == 1 && at_least(said, &due[0]),
        (Json::Array(said), due) => said.len() == 1 && said[0] == *due,
        _ => false,
    }
}
