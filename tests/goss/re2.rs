//! Expressions made at random find what they find in goss, group by group, or are refused with the same words.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use verispec::re2::compile;

/// How many a run of goss takes, and how many runs there are.
const CASES: usize = 4_000;
const RUNS: u64 = 4;

/// What expressions are made of.
const PARTS: &[&str] = &[
    "a",
    "b",
    "k",
    "K",
    "s",
    "é",
    "É",
    "ſ",
    "\u{212a}",
    "1",
    " ",
    "\n",
    "_",
    "-",
    "ß",
    "Σ",
    "ς",
    "Ω",
    "#",
    "/",
    ",",
    "(",
    "(",
    "(",
    ")",
    ")",
    ")",
    "(?:",
    "(?:",
    "(?i)",
    "(?i:",
    "(?-i)",
    "(?m)",
    "(?s)",
    "(?U)",
    "(?-s:",
    "(?im-s)",
    "(?P<n>",
    "(?<m>",
    "(?P<n",
    "(?P<>",
    "(?P<é>",
    "(?=",
    "(?!",
    "(?<=",
    "(?x)",
    "(?-u)",
    "(?",
    "(?i-",
    "(?i-)",
    "(?#",
    "[",
    "[",
    "[^",
    "[^",
    "[]",
    "[^]",
    "]",
    "]",
    "]",
    "-",
    "[[",
    "[a-",
    "[k-s]",
    "[^a-b]",
    "^",
    "$",
    ".",
    ".",
    "*",
    "*",
    "+",
    "?",
    "*?",
    "??",
    "{2}",
    "{,3}",
    "{1",
    "{2,}",
    "{1,3}",
    "{0}",
    "{0,}",
    "{3,1}",
    "{01}",
    "{1001}",
    "{40}",
    "{30}",
    "{99999999999}",
    "{",
    "}",
    "|",
    "|",
    "|",
    "||",
    "\\d",
    "\\D",
    "\\w",
    "\\W",
    "\\s",
    "\\S",
    "\\b",
    "\\B",
    "\\A",
    "\\z",
    "\\Z",
    "\\C",
    "\\Q",
    "\\E",
    "\\Qa.b\\E",
    "\\012",
    "\\0",
    "\\7",
    "\\18",
    "\\x4B",
    "\\x",
    "\\x4",
    "\\x{e9}",
    "\\x{}",
    "\\x{110000}",
    "\\x{D800}",
    "\\x{212A}",
    "\\x{zz}",
    "[:alpha:]",
    "[[:word:]]",
    "[[:^space:]]",
    "[[:foo:]]",
    "[[:upper:]",
    "[[:punct:]]",
    "\\pL",
    "\\PL",
    "\\p{Greek}",
    "\\P{^Lu}",
    "\\p{Lu}",
    "\\p{^Lu}",
    "\\p{lower-case letter}",
    "\\p{No_Such}",
    "\\p{",
    "\\p",
    "\\pN",
    "\\p{Any}",
    "\\p{Cs}",
    "\\p{ascii}",
    "\\p{Zs}",
    "&&",
    "--",
    "~~",
    "\\<",
    "\\>",
    "\\u00e9",
    "\\-",
    "\\_",
    "\\.",
    "\\é",
    "\\a",
    "\\n",
    "\\t",
    "\\v",
    "\\",
    "\\\\",
    "<",
    ">",
    "&",
    "~",
    "=",
    "!",
    "'",
    "\"",
    "`",
];

/// What texts are made of.
const LETTERS: &[&str] = &[
    "a", "b", "k", "K", "s", "S", "é", "É", "ſ", "\u{212a}", "1", "2", " ", "\n", "_", "-", "ß", "Σ", "ς", "Ω", "#",
    ",", "(", ")", "{", "}", "[", "]", "&", "~", "<", ">", "\\", "/", ".", "^", "$", "|", "*", "+", "?", "\t",
    "\u{0b}", "\0", "٣", "\u{a0}", "😀", "\u{fffd}", "Q", "E", "E", "ab", "aab", "kK", ":", "=", "!", "\"", "`", "'",
];

/// A generator of numbers that always gives the same ones.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn some_of(&mut self, parts: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| parts[self.below(parts.len())]).collect()
    }

    fn expression(&mut self) -> String {
        let mut expression = self.some_of(PARTS, 9);
        // Most would be refused for a group without an end, all alike.
        if self.below(3) > 0 {
            let open = expression.matches('(').count();
            let closed = expression.matches(')').count();
            expression.push_str(&")".repeat(open.saturating_sub(closed)));
        }
        expression
    }
}

/// Writes JSON that goss's templates leave alone.
fn write(path: &Path, value: &Value) {
    let mut text = String::new();
    let mut inside = false;
    let mut escaped = false;
    for char in value.to_string().chars() {
        match char {
            '"' if !escaped => inside = !inside,
            '{' if inside => {
                text.push_str("\\u007b");
                escaped = false;
                continue;
            }
            _ => {}
        }
        escaped = char == '\\' && !escaped;
        text.push(char);
    }
    fs::write(path, text).unwrap();
}

/// What goss says of each expression on its text: whether it matches, or why it does not compile.
fn matched(goss: &Path, folder: &Path, cases: &[(String, String)]) -> Vec<Result<bool, String>> {
    let entries: Map<String, Value> = cases
        .iter()
        .enumerate()
        .map(|(nth, (expression, text))| {
            (nth.to_string(), json!({"content": text, "matches": {"match-regexp": expression}}))
        })
        .collect();
    let spec = folder.join("goss.json");
    write(&spec, &json!({"matching": entries}));
    let ran =
        Command::new(goss).args(["-g".as_ref(), spec.as_os_str()]).args(["validate", "-f", "json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let mut said = BTreeMap::new();
    for result in report["results"].as_array().unwrap() {
        let nth: usize = result["resource-id"].as_str().unwrap().parse().unwrap();
        let verdict = match result["err"].as_str() {
            Some(err) => Err(err.rsplit_once("error:\n\t").map_or(err, |(_, why)| why).to_owned()),
            None => Ok(result["result"] == 0),
        };
        said.insert(nth, verdict);
    }
    said.into_values().collect()
}

/// What goss's `findStringSubmatch` gives for each: by group, or by name where a group has one.
fn groups(goss: &Path, folder: &Path, cases: &[(String, String)]) -> Vec<Value> {
    let (spec, vars) = (folder.join("groups.yaml"), folder.join("vars.json"));
    let template =
        "{{ range .Vars.cases }}#>{{ findStringSubmatch (index . 0) (index . 1) | toJson }}\n{{ end }}command: {}\n";
    fs::write(&spec, template).unwrap();
    fs::write(&vars, json!({"cases": cases}).to_string()).unwrap();
    let ran = Command::new(goss)
        .args(["-g".as_ref(), spec.as_os_str(), "--vars".as_ref(), vars.as_os_str()])
        .args(["render", "--debug"])
        .output()
        .unwrap();
    let out = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    out.lines().filter_map(|line| line.strip_prefix("#>")).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The same by our own means.
fn own_groups(expression: &str, text: &str) -> Value {
    let regex = compile(expression).unwrap();
    let mut by_number = Map::new();
    let mut by_name = Map::new();
    if let Some(found) = regex.captures(text) {
        for (nth, name) in regex.capture_names().enumerate() {
            let text = found.get(nth).map_or("", |group| group.as_str());
            by_number.insert(nth.to_string(), json!(text));
            if let Some(name) = name {
                by_name.insert(name.to_owned(), json!(text));
            }
        }
    }
    Value::Object(if by_name.is_empty() { by_number } else { by_name })
}

#[test]
fn random_expressions_mean_what_they_mean_in_goss() {
    let Some(goss) = super::goss("random expressions") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (mut wrong, mut compiled) = (vec![], 0);
    let runs = std::env::var("RE2_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(RUNS);
    for run in 1..=runs {
        let mut dice = Dice(run.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let cases: Vec<(String, String)> = (0..CASES).map(|_| (dice.expression(), dice.some_of(LETTERS, 12))).collect();
        let mut both = vec![];
        for (case, theirs) in cases.iter().zip(matched(goss.as_ref(), folder.path(), &cases)) {
            let ours = compile(&case.0).map(|regex| regex.is_match(&case.1));
            if ours != theirs {
                wrong.push(format!("{case:?}: goss {theirs:?}, we {ours:?}"));
            } else if ours.is_ok() {
                both.push(case.clone());
            }
        }
        compiled += both.len();
        for ((expression, text), theirs) in both.iter().zip(groups(goss.as_ref(), folder.path(), &both)) {
            let ours = own_groups(expression, text);
            if ours != theirs {
                wrong.push(format!("{expression:?} in {text:?}: goss finds {theirs}, we {ours}"));
            }
        }
    }
    eprintln!("{compiled} of {} compile", runs as usize * CASES);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(60)].join("\n"));
}
