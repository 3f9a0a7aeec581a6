//! A goss file that entries are added to: read once, edited in place, written whole.

use super::written::Written;
use super::{MAX_BYTES, hide_what_may_be, text_of};
use crate::goss::edit::{self, Place, Unplaceable};
use crate::goss::snapshot::{Snapshot, Subject};
use crate::goss::{self, Config, Entry, Section};
use crate::syntax::{Format, Source, Sources};
use std::fs::{self, File, Metadata};
use std::io::Read;

pub struct Gossfile {
    /// As the command line has it.
    name: String,
    file: Written,
    format: Format,
    /// What stood in it when it was read; empty where there is no such file yet.
    old: String,
    /// What is to stand in it by now.
    text: String,
    /// What it says by now; `None` where only its templates know.
    config: Option<Config>,
    changed: bool,
    /// Whether an entry had no place, so that all of it is printed anew.
    pub anew: bool,
}

impl Gossfile {
    /// Reads what there is. The error is a sentence for a person, maybe a page.
    pub fn open(name: &str) -> Result<Gossfile, String> {
        let Some(format) = Format::of_goss(name) else {
            return Err(format!("`{name}` must end in .yaml, .yml or .json to be written to"));
        };
        let file = Written::at(name)?;
        let text = text_of(name, file.read()?).map_err(|rejected| {
            let why: String = rejected.wrong.into_iter().map(|one| one.message).collect();
            format!("{why}; it is left as it is")
        })?;
        let config = match read(&text, format) {
            Ok(config) => Some(config),
            // Only with its variables could it be told what such a file says.
            Err(_) if text.contains("{{") => None,
            Err(page) => return Err(format!("`{name}` is left as it is, for it is not right:\n{page}")),
        };
        let (name, old) = (name.to_owned(), text.clone());
        Ok(Gossfile { name, file, format, old, text, config, changed: false, anew: false })
    }

    /// Puts a snapshot among the entries, and returns how it is printed. The file itself is not touched yet.
    pub fn put(&mut self, subject: &Subject, snapshot: Snapshot) -> Result<String, String> {
        let section = subject.section;
        let entry = self.kept(section, &subject.name, snapshot.entry);
        let printed = self.printed(section, &subject.name, &entry);
        let place = Place { section: section.name, name: &subject.name, printed: &body(&printed, self.format) };
        let edited = edit::put(&self.text, self.format, place);
        let whole = self.config.as_ref().map(|config| with(config, section, &subject.name, entry));
        self.text = match (edited, &whole) {
            (Ok(text), None) => text,
            (Ok(text), Some(whole)) if says(&text, self.format, whole) => text,
            (Err(Unplaceable::Template(why)), None) => {
                return Err(format!("`{}` is left as it is: {why}; write the entry into it by hand", self.name));
            }
            (_, Some(whole)) => {
                self.anew |= !self.text.trim().is_empty();
                goss::print(whole, self.format)
            }
            (Err(Unplaceable::Layout), None) => {
                return Err(format!(
                    "`{}` is left as it is: it has templates, and is not written in blocks",
                    self.name
                ));
            }
        };
        self.config = whole;
        self.changed = true;
        // Go ends what it prints as YAML with a newline, and not what it prints as JSON.
        Ok(if self.format == Format::Json { printed.trim_end().to_owned() } else { printed })
    }

    /// The new entry with the title and the meta of the one that stood there.
    fn kept(&self, section: &Section, name: &str, mut entry: Entry) -> Entry {
        let snippet = || {
            let text = edit::find(&self.text, self.format, section.name, name).filter(|text| !text.contains("{{"))?;
            let text = match self.format {
                Format::Json => format!("{{\"{}\": {text}}}", section.name),
                _ => format!("{}:\n{}", section.name, indented(&text)),
            };
            read(&text, self.format).ok()
        };
        let made;
        let config = match &self.config {
            Some(config) => config,
            None => match snippet() {
                Some(config) => {
                    made = config;
                    &made
                }
                None => return entry,
            },
        };
        if let Some(old) = Section::index(section.name).and_then(|at| config.sections.get(&at)?.get(name)) {
            let kept = ["title", "meta"].into_iter().filter_map(|field| old.get(field)).cloned();
            entry.fields.splice(0..0, kept.collect::<Vec<_>>());
        }
        entry
    }

    /// An entry by itself, as goss prints it: under its name, without its section.
    fn printed(&self, section: &Section, name: &str, entry: &Entry) -> String {
        let whole = goss::print(&with(&Config::default(), section, name, entry.clone()), self.format);
        let lines = whole.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
        let lines: Vec<&str> = match self.format {
            Format::Json => {
                let inner: Vec<&str> = lines.skip(2).collect();
                let end = inner.len().saturating_sub(2);
                ["{"].into_iter().chain(inner.into_iter().take(end)).chain(["}"]).collect()
            }
            _ => lines.skip(1).collect(),
        };
        lines.into_iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// Writes it whole; whether there was anything to write. What somebody else has written meanwhile is not lost.
    pub fn write(&self) -> Result<bool, String> {
        if !self.changed {
            return Ok(false);
        }
        self.file.write(&self.old, &self.text).map(|()| true)
    }
}

/// The line of a file on which its first template stands, if it can be read twice and has one.
pub fn template_in(name: &str) -> Option<usize> {
    let mut text = String::new();
    fs::metadata(name).ok().filter(Metadata::is_file)?;
    File::open(name).ok()?.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    text.lines().position(|line| line.contains("{{")).map(|at| at + 1)
}

/// What a text says where it has no templates; else a page of what is wrong with it.
fn read(text: &str, format: Format) -> Result<Config, String> {
    if text.trim().is_empty() {
        return Ok(Config::default());
    }
    goss::decode(text, 0, format).map(|decoded| decoded.config).map_err(|mut wrong| {
        let mut sources = Sources { files: vec![Source { name: "goss file".into(), text: text.to_owned() }] };
        hide_what_may_be(&mut sources, vec![], &mut wrong);
        sources.render(&wrong, false)
    })
}

/// Whether a text says what it is to say, and nothing else.
fn says(text: &str, format: Format, whole: &Config) -> bool {
    let data = |config: &Config| goss::print(config, Format::Json);
    read(text, format).is_ok_and(|config| data(&config) == data(whole))
}

fn with(config: &Config, section: &Section, name: &str, entry: Entry) -> Config {
    let mut config = config.clone();
    if let Some(at) = Section::index(section.name) {
        config.sections.entry(at).or_default().insert(name.to_owned(), entry);
    }
    config
}

/// What is put into the file: of JSON, the value alone.
fn body(printed: &str, format: Format) -> String {
    if format != Format::Json {
        return printed.to_owned();
    }
    let inner: Vec<&str> = printed.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    let lines = inner.get(1..inner.len().saturating_sub(1)).unwrap_or_default().join("\n");
    lines.find("\": ").map_or_else(|| "{}".to_owned(), |_| value(&lines).to_owned())
}

/// What stands behind the key that a text begins with.
fn value(member: &str) -> &str {
    let mut escaped = false;
    let end = member.char_indices().skip(1).find(|(_, c)| {
        let end = *c == '"' && !escaped;
        escaped = *c == '\\' && !escaped;
        end
    });
    let rest = end.and_then(|(at, _)| member.get(at + 1..)).unwrap_or_default();
    rest.trim_start_matches([':', ' '])
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_meanwhile_is_not_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("goss.yaml");
        let (old, theirs) = ("user:\n  root:\n    exists: true\n", "# theirs\n");
        fs::write(&path, old).unwrap();
        let mut file = Gossfile::open(path.to_str().unwrap()).unwrap();
        (file.text, file.changed) = (old.replace("root", "daemon"), true);
        fs::write(&path, theirs).unwrap();
        assert!(file.write().unwrap_err().ends_with("has changed since it was read, and is left as it is"));
        assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
        fs::write(&path, old).unwrap();
        assert_eq!(file.write(), Ok(true));
        assert_eq!(fs::read_to_string(&path).unwrap(), old.replace("root", "daemon"));
    }
}
