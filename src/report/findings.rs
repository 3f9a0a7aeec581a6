//! What failed and what is unknown, in full: the page under the dots.

use super::place::Places;
use super::printable::{block, line, some_of};
use super::sentence::{advice, entry, extras, gap, gap_word};
use super::{Context, sentence};
use crate::matcher::Evidence;
use crate::quantity::drives;
use crate::spec::Claim;
use crate::syntax::{Sources, Span};
use crate::value::Value;
use crate::verdict::{Judged, Outcome, Summary, Verdict};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet, Title};
use anstyle::{AnsiColor, Style};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::{self, Write};

/// Columns that an expectation and what was found may take under the caret; what is longer stands below.
const LABEL: usize = 100;
/// Bytes between two keys of an entry that are still shown in one piece of source.
const NEAR: usize = 2_000;
/// Bytes of a line that is too long to be shown: a spec that is all on one line.
const LONG_LINE: usize = 1_000;
/// Entries that are named where many have the same reason.
const NAMED: usize = 5;
/// Keys that are named where many of an entry are unknown.
const KEYS: usize = 6;

/// Collects while a run goes on, so that nothing but text is kept of it.
pub struct Findings<'a> {
    sources: &'a Sources,
    places: Places<'a>,
    renderer: Renderer,
    colour: bool,
    failures: String,
    /// In the order met.
    reasons: Vec<Reason>,
    by_text: HashMap<String, usize>,
    entries: usize,
    /// What was advised: of hundreds of things that are not there, it is told once.
    advised: HashSet<String>,
}

/// Why something is unknown, and all that is for that reason.
struct Reason {
    text: String,
    results: usize,
    entries: usize,
    /// The entry it was last met in.
    last: usize,
    named: Vec<Doubtful>,
}

struct Doubtful {
    entry: String,
    keys: Vec<String>,
    span: Span,
    about: Vec<(&'static str, String)>,
}

impl<'a> Findings<'a> {
    pub fn new(context: &Context<'a>) -> Self {
        Findings {
            sources: context.sources,
            places: Places::new(context.sources),
            renderer: if context.colour { Renderer::styled() } else { Renderer::plain() },
            colour: context.colour,
            failures: String::new(),
            reasons: vec![],
            by_text: HashMap::new(),
            entries: 0,
            advised: HashSet::new(),
        }
    }

    pub fn places(&self) -> &Places<'a> {
        &self.places
    }

    pub fn add(&mut self, judged: &Judged) {
        self.entries += 1;
        let mut failed = vec![];
        for verdict in &judged.verdicts {
            match &verdict.outcome {
                Outcome::Fail => failed.push(verdict),
                Outcome::Unknown(fault) => self.unknown(verdict, fault.to_string()),
                Outcome::Pass | Outcome::Skip(_) => {}
            }
        }
        if !failed.is_empty() {
            self.failed(judged.claim, &failed);
        }
    }

    /// Keys that fail for one reason share its telling, and keys whose evidence fits under a caret one piece of source; any
    /// other has a heading of its own.
    fn failed(&mut self, claim: &Claim, failed: &[&Verdict]) {
        let all: Vec<(&Verdict, Evidence)> = failed.iter().map(|v| (*v, v.evidence())).collect();
        let mut about = about(claim);
        let unfit = |v: &Verdict, e: &Evidence| e.told && matches!(v.found, Some(Value::Unfit(_)));
        let (unfit, mut all): (Vec<_>, Vec<_>) = all.into_iter().partition(|(v, e)| unfit(v, e));
        for same in by_reason(unfit) {
            match same.as_slice() {
                [(first, evidence), _, ..] => {
                    let keys: Vec<String> = same.iter().map(|(v, _)| v.key.clone().into_owned()).collect();
                    let title = Level::ERROR.with_name("fail");
                    let title = title.primary_title(format!("{}: {}", entry(claim), some_of(&keys, KEYS)));
                    let notes = std::mem::take(&mut about);
                    let page = self.for_a_reason(title, &evidence.found, first.expectation.span, notes);
                    self.failures.push_str(&page);
                }
                _ => all.extend(same),
            }
        }
        let (short, long): (Vec<_>, Vec<_>) = all.into_iter().partition(|(v, e)| self.fits(v, e));
        if let [(verdict, evidence)] = short.as_slice() {
            self.one(verdict, evidence, std::mem::take(&mut about));
        } else if !short.is_empty() {
            let marks = short.iter().map(|(v, e)| (v.expectation.span, format!("{}: {}", line(&v.key), gap(e))));
            let title = Level::ERROR.with_name("fail").primary_title(entry(claim));
            let notes = std::mem::take(&mut about);
            let page = self.render(Group::with_title(title), marks.collect(), notes);
            self.failures.push_str(&page);
        }
        for (verdict, evidence) in &long {
            self.one(verdict, evidence, std::mem::take(&mut about));
        }
    }

    fn fits(&self, verdict: &Verdict, evidence: &Evidence) -> bool {
        extras(evidence).is_empty()
            && evidence.diff.is_none()
            && self.advice(verdict).is_none()
            && gap(evidence).len() <= LABEL
            && self.shown_line(verdict.expectation.span).is_some()
    }

    fn advice(&self, verdict: &Verdict) -> Option<String> {
        advice(verdict, &self.places).filter(|text| !self.advised.contains(text))
    }

    fn one(&mut self, verdict: &Verdict, evidence: &Evidence, about: Vec<(&'static str, String)>) {
        let title = Level::ERROR.with_name("fail").primary_title(sentence::heading(verdict));
        let (mut label, mut notes) = (gap(evidence), vec![]);
        let shown = self.shown_line(verdict.expectation.span).is_some();
        let told = evidence.diff.is_some() || !evidence.missing.is_empty() || !evidence.extra.is_empty();
        if label.len() > LABEL && shown && told {
            // The source says what was expected. Of a list it helps to see what is there, of text the rest says it better.
            label.clear();
            if matches!(verdict.found, Some(Value::List(_))) {
                notes.push(("found", line(&evidence.found).into_owned()));
            }
        } else if label.len() > LABEL || !shown {
            label.clear();
            notes.push(("expected", line(&evidence.expected).into_owned()));
            if !evidence.found.is_empty() {
                notes.push((gap_word(evidence), line(&evidence.found).into_owned()));
            }
        }
        notes.extend(extras(evidence));
        if let Some(diff) = &evidence.diff {
            notes.push(("diff", self.diff(diff)));
        }
        notes.extend(about);
        if let Some(text) = self.advice(verdict) {
            self.advised.insert(text.clone());
            notes.push(("help", text));
        }
        let page = self.render(Group::with_title(title), vec![(verdict.expectation.span, label)], notes);
        self.failures.push_str(&page);
    }

    fn diff(&self, diff: &str) -> String {
        let mut out = String::new();
        for shown in block(diff) {
            let style = match shown.as_bytes().first() {
                Some(b'+') => AnsiColor::Green.on_default(),
                Some(b'-') => AnsiColor::Red.on_default(),
                _ => Style::new(),
            };
            let style = if self.colour { style } else { Style::new() };
            let end = if out.is_empty() { "" } else { "\n" };
            let _ = write!(out, "{end}{style}{shown}{style:#}");
        }
        out
    }

    fn unknown(&mut self, verdict: &Verdict, reason: String) {
        let at = match self.by_text.get(&reason) {
            Some(at) => *at,
            None => {
                self.by_text.insert(reason.clone(), self.reasons.len());
                self.reasons.push(Reason { text: reason, results: 0, entries: 0, last: 0, named: vec![] });
                self.reasons.len() - 1
            }
        };
        let Some(reason) = self.reasons.get_mut(at) else { return };
        reason.results += 1;
        if reason.last != self.entries {
            reason.last = self.entries;
            reason.entries += 1;
            if reason.named.len() < NAMED {
                let (entry, about) = (entry(verdict.claim), about(verdict.claim));
                reason.named.push(Doubtful { entry, keys: vec![], span: verdict.expectation.span, about });
            }
        }
        if reason.entries <= NAMED
            && let Some(last) = reason.named.last_mut()
        {
            last.keys.push(verdict.key.clone().into_owned());
        }
    }

    fn doubt(&self, reason: &Reason) -> String {
        let level = || Level::WARNING.with_name("unknown");
        if let [only] = reason.named.as_slice() {
            let title = level().primary_title(format!("{}: {}", only.entry, some_of(&only.keys, KEYS)));
            return self.for_a_reason(title, &reason.text, only.span, only.about.clone());
        }
        let title = level().primary_title(line(&reason.text).into_owned());
        let mut page = self.renderer.render(&[Group::with_title(title)]).to_string();
        page.push('\n');
        for one in &reason.named {
            let _ = write!(page, "  {}: {}", one.entry, some_of(&one.keys, KEYS));
            if let Some(place) = self.places.of(one.span) {
                let _ = write!(page, " ({}:{}:{})", line(place.file), place.line, place.column);
            }
            page.push('\n');
        }
        if reason.entries > reason.named.len() {
            let more = reason.entries - reason.named.len();
            let _ = writeln!(page, "  and {more} more entries, {} results in all", reason.results);
        }
        page.push('\n');
        page
    }

    /// What fails or is unknown for a reason, which stands under the caret if there is room.
    fn for_a_reason(&self, title: Title<'_>, why: &str, span: Span, about: Vec<(&'static str, String)>) -> String {
        let mut label = line(why).into_owned();
        let mut notes = vec![];
        if label.len() > LABEL || self.shown_line(span).is_none() {
            notes.push(("reason", std::mem::take(&mut label)));
        }
        notes.extend(about);
        self.render(Group::with_title(title), vec![(span, label)], notes)
    }

    /// The heading, the source with a caret under each mark, and the notes.
    fn render(&self, heading: Group<'_>, mut marks: Vec<(Span, String)>, notes: Vec<(&str, String)>) -> String {
        marks.sort_by_key(|(span, _)| (span.file, span.start));
        let mut group = heading;
        for piece in marks.chunk_by(|(a, _), (b, _)| a.file == b.file && b.start.saturating_sub(a.start) < NEAR as u32)
        {
            group = self.piece(group, piece);
        }
        for (name, text) in &notes {
            let level = if *name == "help" { Level::HELP } else { Level::NOTE.with_name(*name) };
            group = group.element(level.message(text.as_str()));
        }
        let mut page = self.renderer.render(&[group]).to_string();
        page.push_str("\n\n");
        page
    }

    fn piece<'s>(&'s self, group: Group<'s>, marks: &'s [(Span, String)]) -> Group<'s> {
        let Some((first, place)) = marks.first().and_then(|(s, _)| Some((*s, self.places.of(*s)?))) else {
            return group;
        };
        let path = line(place.file);
        let lines: Vec<_> = marks.iter().filter_map(|(s, l)| Some((self.shown_line(*s)?, s, l))).collect();
        let (Some(((start, _), ..)), Some(((_, end), ..))) = (lines.first(), lines.last()) else {
            return group.element(Origin::path(path).line(place.line).char_column(place.column));
        };
        let (start, end) = (*start, *end);
        let text = self.text(first).get(start..end).unwrap_or("");
        let mut snippet = Snippet::source(still(text)).path(path).line_start(place.line);
        for ((_, line_end), span, label) in &lines {
            let at = |n: usize| text.floor_char_boundary(n.saturating_sub(start));
            let (from, to) = (at(span.start as usize), at((span.end as usize).min(*line_end)));
            // What is drawn may be longer than what stands there.
            let drawn = |n: usize| still(text.get(..n).unwrap_or("")).len();
            let label = Some(label.as_str()).filter(|l| !l.is_empty());
            let span = drawn(from)..drawn(to.max(from));
            snippet = snippet.annotation(AnnotationKind::Primary.span(span).label(label));
        }
        group.element(snippet)
    }

    fn text(&self, span: Span) -> &'a str {
        self.sources.files.get(span.file as usize).map_or("", |f| &f.text)
    }

    /// The range of the line that `span` begins on, unless it is too long to be shown.
    fn shown_line(&self, span: Span) -> Option<(usize, usize)> {
        let text = self.text(span);
        let at = text.floor_char_boundary(span.start as usize);
        let start = memchr::memrchr(b'\n', text.get(..at)?.as_bytes()).map_or(0, |n| n + 1);
        let end = memchr::memchr(b'\n', text.get(at..)?.as_bytes()).map_or(text.len(), |n| at + n);
        (!text.is_empty() && end - start <= LONG_LINE).then_some((start, end))
    }

    /// Everything collected, then the two lines that end a run.
    pub fn finish(&self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.failures.as_bytes())?;
        for reason in &self.reasons {
            out.write_all(self.doubt(reason).as_bytes())?;
        }
        writeln!(out, "Total Duration: {:.3}s", summary.elapsed.as_secs_f64())?;
        let style = match summary {
            _ if !self.colour => Style::new(),
            Summary { fail: 1.., .. } => AnsiColor::Red.on_default(),
            Summary { unknown: 1.., .. } => AnsiColor::Yellow.on_default(),
            _ => AnsiColor::Green.on_default(),
        };
        writeln!(out, "{style}{}{style:#}", sentence::count(summary))
    }
}

/// Source with nothing in it that drives a terminal; most has nothing.
fn still(text: &str) -> Cow<'_, str> {
    let loud = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || drives(c);
    if text.contains(loud) { Cow::Owned(text.replace(loud, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Those that failed for one and the same reason, together.
fn by_reason<'v>(unfit: Vec<(&'v Verdict<'v>, Evidence)>) -> Vec<Vec<(&'v Verdict<'v>, Evidence)>> {
    let mut groups: Vec<Vec<(&Verdict, Evidence)>> = vec![];
    for one in unfit {
        match groups.iter_mut().find(|group| group.first().is_some_and(|(_, e)| e.found == one.1.found)) {
            Some(group) => group.push(one),
            None => groups.push(vec![one]),
        }
    }
    groups
}

/// What an entry says of itself.
fn about(claim: &Claim) -> Vec<(&'static str, String)> {
    let Some(common) = &claim.common else { return vec![] };
    let title = common.title.as_ref().map(|t| ("title", line(t).into_owned()));
    let meta = common.meta.as_ref().map(|m| ("meta", line(&m.to_string()).into_owned()));
    title.into_iter().chain(meta).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;
    use std::time::Duration;

    fn page(colour: bool, add: impl Fn(&mut Findings)) -> String {
        let (sources, _) = sample::plain();
        let mut findings = Findings::new(&Context { colour, ..sample::context(&sources, false) });
        add(&mut findings);
        let mut out = vec![];
        findings.finish(&sample::summary(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn keys_that_fail_share_a_heading_and_what_is_unknown_whole_is_told_once() {
        let (_, claims) = sample::plain();
        let text = page(false, |f| sample::judged(&claims).iter().for_each(|j| f.add(j)));
        let want = r#"fail: File: /etc/passwd
 --> host.toml:4:8
  |
4 | mode = "0644"
  |        ^^^^^^ mode: expected "0644", found "seen"
5 | owner = "root"
  |         ^^^^^^ owner: expected "root", found "seen"
  |
  = title: Accounts
  = meta: {"team": "ops"}

fail: File: /etc/gone: exists
 --> host.toml:7:7
  |
7 | [file."/etc/gone"]
  |       ^^^^^^^^^^^ expected true, found false
  |
  = help: if it should not be there, write `exists = false`

fail: File: /etc/app.json: json.a.b
  --> host.toml:15:14
   |
15 | json."a.b" = 1
   |              ^ expected 1, found "two"
   |
   = note: "two" is not a number

unknown: File: /etc/shadow: exists, mode, owner
  --> host.toml:10:7
   |
10 | [file."/etc/shadow"]
   |       ^^^^^^^^^^^^^ /etc/shadow: permission denied

Total Duration: 0.014s
Count: 0, Failed: 0, Unknown: 0, Skipped: 0
"#;
        assert_eq!(text, want);
    }

    #[test]
    fn keys_that_fail_for_one_reason_share_its_telling() {
        let (_, claims) = sample::plain();
        let unfit = |at, why: &str| Verdict {
            found: Some(Value::Unfit(why.into())),
            ..sample::verdict(&claims[0], at, Outcome::Fail, Some("x"))
        };
        let page = |whys: [&str; 2]| {
            let verdicts = whys.iter().enumerate().map(|(at, why)| unfit(at, why)).collect();
            let judged = Judged { claim: &claims[0], verdicts, elapsed: Duration::ZERO };
            page(false, |f| f.add(&judged))
        };
        let same = page(["it is gone"; 2]);
        assert!(
            same.starts_with("fail: File: /etc/passwd: mode, owner\n") && same.contains("^ it is gone\n"),
            "{same}"
        );
        assert_eq!(same.matches("it is gone").count(), 1, "{same}");
        let two = page(["it is gone", "it is torn"]);
        assert!(two.contains("mode: expected \"0644\", but it is gone") && two.contains("but it is torn"), "{two}");
    }

    #[test]
    fn evidence_of_many_parts_stands_below_its_source() {
        let (_, claims) = sample::plain();
        let verdict = sample::verdict(&claims[1], 0, Outcome::Fail, Some("x"));
        let text = page(false, |f| f.one(&verdict, &sample::evidence(), vec![("title", "Gone".into())]));
        let want = r#"fail: File: /etc/gone: size
 --> host.toml:8:8
  |
8 | size = 10
  |        ^^ expected ["a", "b"], found ["b", "c"]
  |
  = missing: "a"
  = extra: "c"
  = note: the text was cut at 1 KiB
  = diff: --- expected
          +++ found
          @@ -1,2 +1,2 @@
          -a
           b
          +c
  = title: Gone
"#;
        assert_eq!(text.split("\n\n").next().unwrap(), want.trim_end());
    }

    #[test]
    fn a_table_that_cannot_be_read_is_told_once_however_many_entries_it_leaves_unknown() {
        let (_, claims) = sample::plain();
        let many: Vec<_> = (0..700)
            .map(|_| Judged {
                claim: &claims[2],
                verdicts: vec![sample::verdict(&claims[2], 0, sample::denied("/var/lib/dpkg/status: denied"), None)],
                elapsed: Duration::ZERO,
            })
            .collect();
        let text = page(false, |f| many.iter().for_each(|j| f.add(j)));
        assert!(
            text.starts_with("unknown: /var/lib/dpkg/status: denied\n  File: /etc/shadow: mode (host.toml:11:8)\n"),
            "{text}"
        );
        assert!(text.contains("\n  and 695 more entries, 700 results in all\n"), "{text}");
        assert!(text.lines().count() < 12, "{text}");
    }

    #[test]
    fn a_spec_on_one_long_line_is_named_and_not_shown() {
        let text = format!("{{\"file\": {{\"/etc/a\": {{\"mode\": \"0644\"}}, \"{}\": {{}}}}}}", "x".repeat(1 << 20));
        let sources = sample::sources(&text);
        let claims = [sample::claim(
            "/etc/a",
            sample::span(&text, "\"/etc/a\"", ""),
            vec![("mode", crate::value::Value::Int(1), sample::span(&text, "\"0644\"", ""))],
        )];
        let verdicts = vec![sample::verdict(&claims[0], 0, Outcome::Fail, Some("x"))];
        let judged = [Judged { claim: &claims[0], verdicts, elapsed: Duration::ZERO }];
        let page = sample::report("rspecish", &sources, &judged, false);
        assert!(page.contains("--> host.toml:1:30\n"), "{page}");
        assert!(page.contains("= expected: 1\n") && page.contains("= found: \"x\"\n"), "{page}");
        assert!(page.len() < 500, "{}", page.len());
    }

    #[test]
    fn escape_sequences_are_written_only_for_colour() {
        let (sources, claims) = sample::plain();
        for format in ["rspecish", "documentation"] {
            for colour in [false, true] {
                let context = Context { colour, ..sample::context(&sources, false) };
                let text = sample::render(format, context, &sample::judged(&claims));
                assert_eq!(text.contains('\u{1b}'), colour, "{format}");
            }
        }
    }
}
