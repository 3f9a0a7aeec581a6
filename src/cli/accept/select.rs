//! Which expectations the words of the command line mean.

use crate::resource::{Kind, address};
use crate::spec::Claim;
use crate::syntax::{Format, nearest};
use globset::{GlobBuilder, GlobMatcher};
use std::path::Path;

/// Names that are listed where none is near.
const LISTED: usize = 10;

/// The spec, if the first word is one, and the others.
pub fn split(words: &[String]) -> (Option<&str>, &[String]) {
    match words.split_first() {
        Some((first, rest)) if is_spec(first) => (Some(first), rest),
        _ => (None, words),
    }
}

/// `file/etc/app.toml` is a file's entry, unless there is such a spec.
fn is_spec(word: &str) -> bool {
    let selects = word.split_once('/').is_some_and(|(kind, _)| Kind::find(kind).is_some());
    word == "-" || is_file(word) || (Format::of(word).is_some() && !selects)
}

fn is_file(word: &str) -> bool {
    Path::new(word).symlink_metadata().is_ok_and(|meta| !meta.is_dir())
}

/// What was asked for; without words, everything.
pub struct Chosen(Vec<Word>);

struct Word {
    text: String,
    glob: Option<GlobMatcher>,
}

impl Chosen {
    /// The error says of a word that means nothing in this spec what may have been meant.
    pub fn among(words: &[String], claims: &[Claim], spec: &str) -> Result<Chosen, String> {
        let mut all = vec![];
        for text in words {
            let glob = GlobBuilder::new(text).literal_separator(false).build();
            let word = Word { text: text.clone(), glob: glob.as_ref().ok().map(|glob| glob.compile_matcher()) };
            if claims.iter().any(|claim| keys(claim).any(|key| word.means(claim, &key))) {
                all.push(word);
                continue;
            }
            return Err(match glob {
                Err(why) => format!("`{text}` is not a glob: {}", why.kind()),
                Ok(_) if is_file(text) => {
                    format!("`{text}` is a file: name one spec, before what is to be accepted of it")
                }
                Ok(_) => format!("nothing in `{spec}` is called `{text}`{}", meant(text, claims)),
            });
        }
        Ok(Chosen(all))
    }

    pub fn has(&self, claim: &Claim, key: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|word| word.means(claim, key))
    }

    /// Whether anything was named.
    pub fn is_named(&self) -> bool {
        !self.0.is_empty()
    }

    pub fn has_any_of(&self, claim: &Claim) -> bool {
        keys(claim).any(|key| self.has(claim, &key))
    }
}

impl Word {
    fn means(&self, claim: &Claim, key: &str) -> bool {
        let entry = claim.address();
        // `file/etc/passwd` is `file//etc/passwd`.
        let short = claim.id.strip_prefix('/').map(|id| address(claim.kind.name, id));
        [Some(entry), short].into_iter().flatten().any(|entry| {
            let whole = format!("{entry}/{key}");
            let is = |name: &str| self.text == name || self.glob.as_ref().is_some_and(|glob| glob.is_match(name));
            is(&entry) || is(&whole)
        })
    }
}

/// What the expectations of an entry are called, as its verdicts are.
fn keys(claim: &Claim) -> impl Iterator<Item = String> {
    let presence = claim.kind.presence.map(|presence| presence.name.to_owned());
    presence.into_iter().chain((0..claim.tests.len()).map(|index| claim.key_name(index).into_owned()))
}

fn meant(text: &str, claims: &[Claim]) -> String {
    let mut names: Vec<String> = claims.iter().map(Claim::address).collect();
    let entries = names.len();
    names.extend(claims.iter().flat_map(|claim| keys(claim).map(move |key| format!("{}/{key}", claim.address()))));
    if let Some(near) = nearest(text, names.iter().map(String::as_str)) {
        return format!("; did you mean `{near}`?");
    }
    let listed: Vec<String> = names.iter().take(entries.min(LISTED)).map(|name| format!("`{name}`")).collect();
    let more = if entries > LISTED { format!(" and {} more", entries - LISTED) } else { String::new() };
    format!("; it has {}{more}", listed.join(", "))
}
