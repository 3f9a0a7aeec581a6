//! Whether a file that is no spec of ours is one of goss's, and what to do with it then.

use crate::syntax::{Code, Diagnostic, Format, Span};
use std::path::Path;

/// Keys that goss's kinds have and ours have not, where nothing else has them.
const KEYS: [(&str, &str); 5] = [
    ("file", "contains"),
    ("dns", "resolveable"),
    ("matching", "as-reader"),
    ("command", "retry_count"),
    ("package", "retry_count"),
];
/// Words that an action of a goss file has and other double braces (Docker's, Jinja's) seldom.
const WORDS: [&str; 12] = [
    ".Vars",
    ".Env",
    "getEnv",
    "readFile",
    "mkSlice",
    "regexMatch",
    "if ",
    "else",
    "end",
    "range ",
    "with ",
    "define ",
];

/// What gives a goss file away.
enum Sign {
    Template,
    Spelling(&'static str),
    Name,
}

/// Says of a file that is refused that it looks like one of goss's, if it does. What is `wrong` with it begins at `from`;
/// what a template makes of YAML or JSON is told once, not line by line.
pub fn recognise(name: &str, text: &str, file: u32, format: Format, wrong: &mut Vec<Diagnostic>, from: usize) {
    let mistakes = wrong.get(from..).unwrap_or_default();
    if mistakes.is_empty() || format == Format::Toml {
        return;
    }
    let Some((sign, span)) = sign(name, text, file, mistakes) else { return };
    let why = match sign {
        Sign::Template => "templates are goss's: a strict spec has none",
        Sign::Spelling(what) => what,
        Sign::Name => "it is called as goss's files are",
    };
    if let Sign::Template = sign {
        let kept = wrong.split_off(from).into_iter().filter(|one| one.code != Code::Syntax);
        wrong.extend(kept.collect::<Vec<_>>());
    }
    let path = if name.starts_with('<') { "goss.yaml" } else { name };
    let path = quoted(path);
    wrong.push(Diagnostic::new(Code::GossFile, span, format!("`{name}` looks like a goss file")).label(why).say(
        format!(
            "read it as goss does, with `verispec --profile goss -g {path} validate` or through a link called `goss`; \
             or write it anew as a strict spec: `verispec migrate {path}`"
        ),
    ));
}

fn sign(name: &str, text: &str, file: u32, wrong: &[Diagnostic]) -> Option<(Sign, Span)> {
    let span = |start: usize, len: usize| {
        let at = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span { file, start: at(start), end: at(start + len) }
    };
    if let Some((start, len)) = template(text) {
        return Some((Sign::Template, span(start, len)));
    }
    if let Some((what, span)) = wrong.iter().find_map(|one| spelling(text, one)) {
        return Some((Sign::Spelling(what), span));
    }
    is_goss_name(name).then(|| (Sign::Name, span(0, 0)))
}

/// Where the first action of a template stands, and how long it is.
///
/// Braces within quotes may be anything's: only words of goss's templates tell. In front of a value or a line they are
/// an action, whatever stands in them.
fn template(text: &str) -> Option<(usize, usize)> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let begins = offset;
        offset += line.len();
        let mut at = 0;
        while let Some(open) = line.get(at..).and_then(|rest| rest.find("{{")).map(|open| open + at) {
            let (before, rest) = line.split_at(open);
            let body = rest.get(2..).unwrap_or_default();
            let inner = body.split("}}").next().unwrap_or_default();
            let len = if inner.len() < body.len() { inner.len() + 4 } else { 2 };
            let stands = before.trim();
            let leads = stands.is_empty() || stands == "-" || stands.ends_with(':') || stands.ends_with(": -");
            let says = inner.trim_start_matches(['-', ' ', '\t', '(']).trim_start();
            let keyword = WORDS.iter().any(|word| match word.trim_end() {
                word if word.starts_with('.') => inner.contains(word),
                trimmed => says.starts_with(word) || says.trim_end_matches(['-', ' ']) == trimmed,
            });
            // Of a comment, only what a person may have meant as one is passed over.
            if keyword && !before.trim_start().starts_with('#') || leads && is_action(says) {
                return Some((begins + open, len));
            }
            at = open + 2;
        }
    }
    None
}

/// Whether what follows `{{` can be an action: YAML's `{{a: 1}: 2}` and JSON's `{{` cannot.
fn is_action(says: &str) -> bool {
    let first = says.chars().next();
    first.is_some_and(|c| c.is_alphabetic() || ".$/_".contains(c)) && !says.starts_with("a:") && !says.contains(": ")
}

/// What goss accepts and we do not, of one mistake.
fn spelling(text: &str, one: &Diagnostic) -> Option<(&'static str, Span)> {
    let said = text.get(one.span.start as usize..one.span.end as usize).unwrap_or_default();
    let said = said.trim_matches(['"', '\'']);
    match one.code {
        Code::UnknownKey => {
            let kind = one.message.strip_prefix('`')?.split('`').next()?;
            let ours = |(section, key): &&(&str, &str)| *section == kind && *key == said;
            KEYS.iter().find(ours).map(|_| ("a key of goss's", one.span))
        }
        Code::AssertsNothing if said == "[]" && written_by_goss(text, one.span.start as usize) => {
            Some(("as `goss add` writes it", one.span))
        }
        _ => None,
    }
}

/// Whether the entry around `at` says what only `goss add` says together: that it exists, and `contents: []`.
fn written_by_goss(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let line = before.lines().next_back().unwrap_or_default();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let key = line.trim().trim_matches(['"', ':', ' ']);
    let entry = before.lines().rev().skip(1).take_while(|other| indent(other) >= indent(line));
    let exists = |line: &str| matches!(line.trim().trim_end_matches(','), "exists: true" | "\"exists\": true");
    matches!(key, "contents") && entry.take(40).any(exists)
}

/// goss.yaml, goss_wait.yaml, web_goss.json and the like.
fn is_goss_name(name: &str) -> bool {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_ascii_lowercase();
    stem.split(['_', '-', '.']).any(|part| part == "goss")
}

/// As a shell takes it.
fn quoted(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    match !path.is_empty() && path.chars().all(plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_text;

    fn codes(name: &str, text: &str) -> Vec<&'static str> {
        let format = Format::of(name).unwrap();
        match load_text(name, text.to_owned(), format) {
            Ok(_) => vec![],
            Err(rejected) => rejected.wrong.iter().map(|one| one.code.word()).collect(),
        }
    }

    #[test]
    fn a_template_is_told_once_and_first() {
        let looped =
            "file:\n{{ range $f := .Vars.files }}\n  {{ $f }}:\n    exists: true\n    mode: {{ .Vars.m }}\n{{ end }}\n";
        assert_eq!(codes("web.yaml", looped), ["goss-file"]);
        assert_eq!(codes("web.yaml", "{{ if true }}\nfile:\n  /a: {}\n{{end}}\n"), ["goss-file"]);
        assert_eq!(codes("web.json", "{\"file\": {\"/a\": {\"mode\": {{ .Vars.mode }} }}}"), ["goss-file"]);
        assert_eq!(codes("web.yaml", "port:\n  x{{ .Vars.n }}:\n    listening: true\n"), ["goss-file", "bad-id"]);
        assert_eq!(codes("web.yaml", "user:\n  a:\n    uid: \"{{ .Vars.n }}\"\n"), ["goss-file", "wrong-type"]);
    }

    #[test]
    fn goss_s_names_and_spellings_are_known() {
        assert_eq!(codes("a/goss.yaml", "files:\n  /a: {}\n")[0], "goss-file");
        assert_eq!(codes("web_goss.yml", "files:\n  /a: {}\n")[0], "goss-file");
        assert_eq!(codes("web.yaml", "file:\n  /a:\n    contains: [x]\n"), ["goss-file", "unknown-key"]);
        assert_eq!(codes("web.yaml", "dns:\n  a:\n    resolveable: true\n")[0], "goss-file");
        let added = "file:\n    /a:\n        exists: true\n        mode: \"0644\"\n        contents: []\n";
        assert_eq!(codes("web.yaml", added), ["goss-file", "asserts-nothing"]);
    }

    #[test]
    fn an_ordinary_spec_with_a_mistake_is_not_called_goss_s() {
        for (name, text) in [
            ("web.yaml", "command:\n  docker inspect -f '{{.State.Running}}' db:\n    stdot: [\"true\"]\n"),
            ("web.yaml", "command:\n  x:\n    exec: docker ps --format {{.Names}}\n    stdot: [db]\n"),
            ("web.yaml", "# was {{ .Vars.mode }}\nfile:\n  /a:\n    mod: \"0644\"\n"),
            ("web.yaml", "file:\n  /a:\n    contents: []\n"),
            ("web.yaml", "file:\n  /a: [\n"),
            ("web.yaml", "file:\n  /a: {{a: 1}: 2}\n"),
            ("goss.toml", "[file.\"/a\"]\ncontains = [\"x\"]\n"),
            ("gossip.yaml", "files:\n  /a: {}\n"),
            ("web.json", "{\"file\": {\"/a\": {\"contents\": [\"{{ x }}\"], \"x\": 1}}}"),
        ] {
            let codes = codes(name, text);
            assert!(!codes.is_empty() && !codes.contains(&"goss-file"), "{text}: {codes:?}");
        }
        assert_eq!(codes("goss.yaml", "file:\n  /a: {}\n"), [""; 0]);
    }
}
