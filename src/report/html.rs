//! `html`: a page of its own for a browser, what needs somebody on top; as a file, or of a server that looks again.

use super::place::Places;
use super::{Context, Reporter};
use crate::quantity::{duration, time};
use crate::verdict::{Judged, Summary};
use ::time::OffsetDateTime;
use entry::{WORDS, plural, rank};
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::io::{self, Write};
use text::{short, text};

mod entry;
mod history;
mod policy;
mod text;

pub use policy::policy;

/// Bytes of what failed or is unknown, and of all else: a browser on a telephone has to take them.
const ROOM: [usize; 2] = [4 << 20, 3 << 20];
/// Tags that can be chosen, and bytes of one.
const TAGS: usize = 500;
const TAG: usize = 80;

/// What a server knows beside the verdicts.
#[derive(Clone, Copy, Default)]
pub struct Served<'a> {
    /// The last runs, oldest first, with the one that is shown.
    pub history: &'a [Summary],
    /// What stands under the verdict, a line each: that the run is old, that a new spec was refused.
    pub notices: &'a [String],
    /// Whether the page listens to `events`, beside it, and renews itself.
    pub live: bool,
}

pub struct Html<'a> {
    places: Places<'a>,
    spec: &'a str,
    host: &'a str,
    served: Served<'a>,
    /// By the worst outcome of an entry, in the order of the page.
    groups: [Group; 4],
    room: [usize; 2],
    /// Results that it was handed, with those that there is no room for.
    results: usize,
    kinds: BTreeMap<&'static str, usize>,
    /// Each with its number on the page and its entries.
    tags: BTreeMap<String, (usize, usize)>,
}

#[derive(Default)]
struct Group {
    markup: String,
    entries: usize,
    /// Entries and results that there is no room for.
    left_out: (usize, usize),
}

impl<'a> Html<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Html::of_server(context, Served::default())
    }

    pub fn of_server(context: &Context<'a>, served: Served<'a>) -> Self {
        Html {
            places: Places::new(context.sources),
            spec: context.sources.files.first().map_or("", |f| &f.name),
            host: context.host,
            served,
            groups: Default::default(),
            room: ROOM,
            results: 0,
            kinds: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    fn add(&mut self, judged: &Judged) -> fmt::Result {
        let mut counts = [0; 4];
        for verdict in &judged.verdicts {
            if let Some(count) = counts.get_mut(rank(&verdict.outcome)) {
                *count += 1;
            }
        }
        self.results += judged.verdicts.len();
        let worst = counts.iter().position(|count| *count > 0);
        let Some((worst, group)) = worst.and_then(|at| Some((at, self.groups.get_mut(at)?))) else { return Ok(()) };
        group.entries += 1;
        let Some(room) = self.room.get_mut(worst / 2).filter(|room| **room > 0) else {
            group.left_out.0 += 1;
            group.left_out.1 += counts.iter().sum::<usize>();
            return Ok(());
        };
        *self.kinds.entry(judged.claim.kind.name).or_default() += 1;
        let marks = marks(judged, &mut self.tags);
        let markup = entry::entry(judged, counts, &marks, &self.places)?;
        *room = room.saturating_sub(markup.len());
        group.markup.push_str(&markup);
        Ok(())
    }

    fn head(&self, summary: &Summary) -> Result<String, fmt::Error> {
        let mut out = String::with_capacity(16 << 10);
        let (class, name) = (worst(summary), self.name());
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{} {name}</title>\n<link rel=\"icon\" href=\"{}\">\n<style>{}</style>\n</head>\n",
            policy::within(),
            brief(summary),
            icon(class),
            policy::STYLE,
        )?;
        let notices = self.served.notices.len();
        let live = if self.served.live { format!(" data-live=\"{notices}\"") } else { String::new() };
        writeln!(out, "<body{live}>\n<header>\n<h1>{name}</h1>")?;
        writeln!(out, "<p class=\"verdict {class}\"><b>{}</b> <span>{}</span></p>", headline(class), told(summary))?;
        for notice in self.served.notices {
            writeln!(out, "<p class=\"notice\"><b>Note:</b> {}</p>", text(notice))?;
        }
        write!(
            out,
            "<p class=\"dim\">Looked at <time id=\"started\" datetime=\"{}\">{}</time><span id=\"age\"></span>; it took {}.",
            time(summary.started),
            moment(summary.started),
            duration(summary.elapsed)
        )?;
        if !self.spec.is_empty() {
            write!(out, " Spec: {}.", text(self.spec))?;
        }
        out.push_str("</p>\n");
        if self.served.live {
            out.push_str(
                "<p id=\"live\" class=\"shown\" hidden=\"\"><span id=\"news\" role=\"status\"></span> \
                 <button type=\"button\" hidden=\"\">Reload</button></p>\n",
            );
        }
        history::history(self.served.history, &mut out)?;
        out.push_str("</header>\n");
        self.form(summary, &mut out)?;
        Ok(out)
    }

    /// The host's name, if it has one.
    fn name(&self) -> text::Text<'a> {
        if self.host.is_empty() { text("this host") } else { short(self.host, 255) }
    }

    /// The counts; a script makes them filters, and shows the search. Without one they are counts.
    fn form(&self, summary: &Summary, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "<form name=\"find\" role=\"search\" aria-label=\"Results\" autocomplete=\"off\" data-total=\"{}\">\n<div class=\"counts\" role=\"group\" aria-label=\"By outcome\">",
            summary.total()
        )?;
        for (word, count) in WORDS.into_iter().zip(ranked(summary)) {
            writeln!(
                out,
                "<label class=\"{word}\"><b>{count}</b> {} <input type=\"checkbox\" name=\"show\" value=\"{word}\" \
                 data-count=\"{count}\" checked=\"\" data-script=\"\" hidden=\"\"/></label>",
                title(word),
            )?;
        }
        out.push_str(
            "</div>\n<div class=\"tools\" data-script=\"\" hidden=\"\">\n<label class=\"wide\">Search \
             <input type=\"search\" name=\"q\" maxlength=\"200\" placeholder=\"a name, a value, a reason\"/></label>\n\
             <label>Kind <select name=\"kind\"><option value=\"\">all kinds</option>",
        );
        for (kind, entries) in &self.kinds {
            write!(out, "<option value=\"{0}\" data-name=\"{0}\">{0} ({entries})</option>", text(kind))?;
        }
        let none = if self.tags.is_empty() { " hidden=\"\"" } else { "" };
        write!(out, "</select></label>\n<label{none}>Tag <select name=\"tag\"><option value=\"\">all tags</option>")?;
        for (tag, (number, entries)) in &self.tags {
            let tag = text(tag);
            write!(out, "<option value=\"{number}\" data-name=\"{tag}\">{tag} ({entries})</option>")?;
        }
        out.push_str(
            "</select></label>\n</div>\n<p class=\"shown\" data-script=\"\" hidden=\"\"><span id=\"count\" role=\"status\"></span> \
             <button type=\"reset\" hidden=\"\">Show all</button></p>\n</form>\n",
        );
        Ok(())
    }
}

impl Reporter for Html<'_> {
    fn entry(&mut self, judged: &Judged, _: &mut dyn Write) -> io::Result<()> {
        self.add(judged).map_err(io::Error::other)
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.head(summary).map_err(io::Error::other)?.as_bytes())?;
        out.write_all(b"<main>\n")?;
        for (at, (word, group)) in WORDS.into_iter().zip(&mut self.groups).enumerate() {
            if group.entries == 0 {
                continue;
            }
            let entries = plural(group.entries, "entry", "entries");
            writeln!(out, "<section class=\"{word}\"><h2>{} <small>{entries}</small></h2>", title(word))?;
            let (open, close) = if at < 2 { ("", "") } else { ("<ul>\n", "</ul>\n") };
            let markup = std::mem::take(&mut group.markup);
            write!(out, "{open}{markup}{close}")?;
            if let (1.., results) = group.left_out {
                let more = plural(group.left_out.0, "more entry", "more entries");
                let results = plural(results, "result", "results");
                writeln!(
                    out,
                    "<p class=\"left\">{more} with {results} left out: the page has no room for them. The format json has all.</p>"
                )?;
            }
            out.write_all(b"</section>\n")?;
        }
        // A server may tell how many there are and not which.
        if let hidden @ 1.. = summary.total().saturating_sub(self.results) {
            let (results, are) = (plural(hidden, "result", "results"), if hidden == 1 { "is" } else { "are" });
            writeln!(out, "<p class=\"left\">{results} {are} counted and not shown.</p>")?;
        }
        write!(out, "</main>\n<script>{}</script>\n</body>\n</html>\n", policy::SCRIPT)
    }
}

/// What the script finds an entry's tags by: their numbers.
fn marks(judged: &Judged, tags: &mut BTreeMap<String, (usize, usize)>) -> String {
    let mut numbers: Vec<usize> = vec![];
    for tag in judged.claim.tags() {
        let (next, name) = (tags.len(), super::printable::bounded(tag, TAG).into_owned());
        if next >= TAGS && !tags.contains_key(&name) {
            continue;
        }
        let (number, entries) = tags.entry(name).or_insert((next, 0));
        if !numbers.contains(number) {
            numbers.push(*number);
            *entries += 1;
        }
    }
    let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
    if numbers.is_empty() { String::new() } else { format!(" data-tags=\"{}\"", numbers.join(" ")) }
}

/// The counts as [`WORDS`] has them.
fn ranked(summary: &Summary) -> [usize; 4] {
    [summary.fail, summary.unknown, summary.pass, summary.skip]
}

/// The worst outcome of a run, by its word. What skips everything has checked nothing.
fn worst(summary: &Summary) -> &'static str {
    WORDS.into_iter().zip(ranked(summary)).find(|(_, count)| *count > 0).map_or("skip", |(word, _)| word)
}

fn title(word: &str) -> &'static str {
    match word {
        "fail" => "Failed",
        "unknown" => "Unknown",
        "pass" => "Passed",
        _ => "Skipped",
    }
}

/// The verdict on the host.
fn headline(worst: &str) -> &'static str {
    match worst {
        "skip" => "Nothing was checked",
        word => title(word),
    }
}

/// What the results come to, in a sentence.
fn told(summary: &Summary) -> String {
    let Summary { pass, fail, unknown, skip, .. } = *summary;
    let (total, of) = (summary.total(), plural(summary.total(), "result", "results"));
    let others = |count: usize, what: &str| match count {
        0 => String::new(),
        1 => format!(", 1 is {what}"),
        _ => format!(", {count} are {what}"),
    };
    match worst(summary) {
        "fail" => format!("{fail} of {of} failed{}{}.", others(unknown, "unknown"), others(skip, "skipped")),
        "unknown" => format!("{unknown} of {of} could not be observed{}. None failed.", others(skip, "skipped")),
        "pass" => format!("{pass} of {of} passed{}.", others(skip, "skipped")),
        _ if total == 0 => "There are no results.".into(),
        _ => format!("{skip} of {of} skipped."),
    }
}

/// What a tab has room for.
fn brief(summary: &Summary) -> String {
    match worst(summary) {
        "fail" => format!("✗ {} failed:", summary.fail),
        "unknown" => format!("? {} unknown:", summary.unknown),
        "pass" => "✓ passed:".into(),
        _ => "– nothing checked:".into(),
    }
}

/// A picture for the tab, in the page itself: browsers ask the server for one otherwise.
fn icon(worst: &str) -> String {
    let (colour, path) = match worst {
        "fail" => ("b1221b", "M5 5l6 6m0-6l-6 6"),
        "unknown" => ("855000", "M6 6a2 2 0 1 1 2 2v1.500M8 11v1"),
        "pass" => ("176b35", "M4.500 8l2.500 3 4.500-6"),
        _ => ("4b5b76", "M4.500 8h7"),
    };
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E\
         %3Ccircle cx='8' cy='8' r='8' fill='%23{colour}'/%3E\
         %3Cpath d='{path}' stroke='%23fff' stroke-width='2' fill='none'/%3E%3C/svg%3E"
    )
}

/// `2026-11-22 10:00:00 UTC`.
fn moment(at: OffsetDateTime) -> String {
    time(at).replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests;
