//! What is wrong with a spec, and where: pages of errors with a caret under the text.

use super::Span;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};
use std::borrow::Cow;
use std::ops::Range;

/// Something wrong with a spec, pointing at its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub code: Code,
    pub span: Span,
    /// One line: what is wrong, a lower-case fragment with backticks around what was written.
    pub message: String,
    /// A few words under the caret; may be empty.
    pub label: String,
    /// Other places that belong to it, such as the first of two equal keys.
    pub also: Vec<(Span, String)>,
    pub help: Option<Help>,
}

/// What would mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Help {
    Say(String),
    /// What to write in place of what stands at the span.
    Replace(Span, String),
}

impl Diagnostic {
    pub fn new(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { code, span, message: message.into(), label: String::new(), also: vec![], help: None }
    }
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }
    pub fn say(mut self, help: impl Into<String>) -> Self {
        self.help = Some(Help::Say(help.into()));
        self
    }
    pub fn replace(mut self, span: Span, with: impl Into<String>) -> Self {
        self.help = Some(Help::Replace(span, with.into()));
        self
    }
}

macro_rules! codes {
    ($($(#[doc = $about:literal])+ $variant:ident = $word:literal,)+) => {
        /// The stable name of a mistake.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $about])+ $variant),+ }
        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$variant),+];
            pub fn word(self) -> &'static str {
                match self { $(Code::$variant => $word),+ }
            }
            pub fn about(self) -> &'static str {
                match self { $(Code::$variant => concat!($($about),+)),+ }
            }
        }
    };
}

codes! {
    /// The file is missing, is a directory, or may not be read.
    Unreadable = "unreadable",
    /// The file is not UTF-8 text.
    NotUtf8 = "not-utf8",
    /// The file has no entries, so it would pass whatever the host is like.
    Empty = "empty",
    /// The file is one of goss's, which the strict profile does not read.
    GossFile = "goss-file",
    /// The text is not TOML, YAML or JSON.
    Syntax = "syntax",
    /// Lists and maps, or files, stand inside one another too deeply.
    TooDeep = "too-deep",
    /// The file, or what its aliases expand to, is too large.
    TooLarge = "too-large",
    /// A key stands twice in one map.
    DuplicateKey = "duplicate-key",
    /// No kind of thing has this name.
    UnknownKind = "unknown-kind",
    /// The kind has no key or setting of this name.
    UnknownKey = "unknown-key",
    /// The entry lacks what entries of its kind need.
    MissingKey = "missing-key",
    /// Another type of value belongs here.
    WrongType = "wrong-type",
    /// The entry's name cannot name a thing of this kind.
    BadId = "bad-id",
    /// The setting cannot have this value, though one of its type.
    BadSetting = "bad-setting",
    /// No matcher has this name.
    UnknownMatcher = "unknown-matcher",
    /// The matcher does not apply to what this key holds.
    MatcherType = "matcher-type",
    /// The matcher cannot take this operand.
    MatcherOperand = "matcher-operand",
    /// A matcher is a map with one key.
    OneMatcher = "one-matcher",
    /// The expectation can never hold.
    CannotHold = "cannot-hold",
    /// The expectation holds whatever the host is like.
    AssertsNothing = "asserts-nothing",
    /// The regular expression does not compile.
    BadRegex = "bad-regex",
    /// The size, duration, mode, version or time does not read as one.
    BadQuantity = "bad-quantity",
    /// The pattern does not read as what was probably meant.
    BadPattern = "bad-pattern",
    /// The path into JSON, XML or the like does not read as one.
    BadPath = "bad-path",
    /// The glob does not read as one.
    BadGlob = "bad-glob",
    /// Specs include one another in a circle.
    IncludeCycle = "include-cycle",
    /// The glob of an include matches no file.
    IncludeNone = "include-none",
    /// The template of a goss file does not read as one, or failed.
    Template = "template",
}

/// A text that spans point into, and the name to show for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    pub name: String,
    pub text: String,
}

/// Every source of one spec; a [`Span`] names its file by index.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub files: Vec<Source>,
}

/// A line number and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

/// Characters that a message is shown of.
const MAX_SAID: usize = 4_000;
/// Bytes of what is wrong that are shown and underlined.
const MAX_UNDERLINED: usize = 4_000;
/// Characters up to which a line is shown with what would mend it; a longer one is told in words.
const MAX_PATCHED: usize = 160;
const BOM: char = '\u{feff}';

impl Sources {
    pub fn name(&self, span: Span) -> &str {
        self.files.get(span.file as usize).map_or("", |f| &f.name)
    }

    pub fn place(&self, span: Span) -> Place {
        let (text, range) = self.slice(span).unwrap_or_default();
        let upto = text.get(..range.start).unwrap_or_default();
        let line_start = upto.rfind('\n').map_or(0, |at| at + 1);
        Place {
            line: memchr::memchr_iter(b'\n', upto.as_bytes()).count() + 1,
            column: upto.get(line_start..).unwrap_or_default().chars().count() + 1,
        }
    }

    /// The line that `span` begins on, without its end.
    pub fn line(&self, span: Span) -> &str {
        let (text, range) = self.slice(span).unwrap_or_default();
        let start = text.get(..range.start).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
        text.get(start..).and_then(|t| t.lines().next()).unwrap_or("")
    }

    /// The page a person reads: every diagnostic with its source line and a caret.
    pub fn render(&self, wrong: &[Diagnostic], colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let mut page = String::new();
        for one in wrong {
            page.push_str(&self.render_one(one, &renderer));
            page.push_str("\n\n");
        }
        page
    }

    fn render_one(&self, one: &Diagnostic, renderer: &Renderer) -> String {
        let message: Cow<str> = match one.message.char_indices().nth(MAX_SAID) {
            Some((end, _)) => format!("{}…", one.message.get(..end).unwrap_or_default()).into(),
            None => one.message.as_str().into(),
        };
        let mut group = Group::with_title(Level::ERROR.primary_title(message).id(one.code.word()));
        let mut files: Vec<u32> = vec![one.span.file];
        for (span, _) in &one.also {
            if !files.contains(&span.file) {
                files.push(span.file);
            }
        }
        for file in files {
            let Some(source) = self.files.get(file as usize) else { continue };
            let mut snippet = Snippet::source(plain(&source.text)).path(source.name.as_str());
            // All that lies between two places in one line would be shown.
            let near = |span: &Span| span.file != one.span.file || !self.far_in_one_line(*span, one.span);
            let places = one.also.iter().filter(|(span, _)| near(span));
            let places = places.map(|(span, label)| (*span, label, AnnotationKind::Context));
            for (span, label, kind) in std::iter::once((one.span, &one.label, AnnotationKind::Primary)).chain(places) {
                if let Some((text, range)) = self.slice(span).filter(|_| span.file == file) {
                    // All that is underlined would be shown.
                    let range = range.start..range.end.min(text.floor_char_boundary(range.start + MAX_UNDERLINED));
                    snippet = snippet.annotation(kind.span(range).label(label.as_str()));
                }
            }
            group = group.element(snippet);
        }
        match &one.help {
            Some(Help::Say(text)) => renderer.render(&[group.element(Level::HELP.message(text.as_str()))]).to_string(),
            Some(Help::Replace(span, with)) => match self.slice(*span) {
                Some((text, range)) => self.render_patch(group, *span, text, range, with, renderer),
                None => renderer.render(&[group]).to_string(),
            },
            None => renderer.render(&[group]).to_string(),
        }
    }

    fn render_patch(
        &self,
        group: Group<'_>,
        span: Span,
        text: &str,
        range: Range<usize>,
        with: &str,
        renderer: &Renderer,
    ) -> String {
        let old = text.get(range.clone()).unwrap_or_default();
        let short = |text: &str| text.chars().nth(MAX_PATCHED).is_none() && !text.contains('\n');
        let cut = |text: &str| match short(text) {
            true => text.to_owned(),
            false => text.lines().next().unwrap_or_default().chars().take(MAX_PATCHED).chain(['…']).collect(),
        };
        let said = match with {
            "" => format!("remove `{}`", cut(old)),
            _ => format!("write `{}`", cut(with)),
        };
        if short(self.line(span)) && short(old) && short(with) {
            let snippet = Snippet::source(text).patch(Patch::new(range, with));
            let help = Level::HELP.secondary_title(said).element(snippet);
            return renderer.render(&[group, help]).to_string();
        }
        renderer.render(&[group.element(Level::HELP.message(said))]).to_string()
    }

    fn far_in_one_line(&self, a: Span, b: Span) -> bool {
        let (Some((text, a)), Some((_, b))) = (self.slice(a), self.slice(b)) else { return false };
        let between = text.get(a.start.min(b.start)..a.start.max(b.start)).unwrap_or_default();
        between.len() > MAX_UNDERLINED && !between.contains('\n')
    }

    /// The text of the span's file without its byte order mark, and the span as a range in it on character boundaries
    /// that does not end in a line's end.
    fn slice(&self, span: Span) -> Option<(&str, Range<usize>)> {
        let whole = &self.files.get(span.file as usize)?.text;
        let text = plain(whole);
        let at =
            |at: u32| text.floor_char_boundary((at as usize).saturating_sub(whole.len() - text.len()).min(text.len()));
        let start = at(span.start);
        let spanned = text.get(start..at(span.end)).unwrap_or_default();
        Some((text, start..start + spanned.trim_end_matches(['\n', '\r']).len()))
    }
}

fn plain(text: &str) -> &str {
    text.strip_prefix(BOM).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(texts: &[(&str, &str)]) -> Sources {
        let source = |(name, text): &(&str, &str)| Source { name: (*name).into(), text: (*text).into() };
        Sources { files: texts.iter().map(source).collect() }
    }

    fn find(sources: &Sources, file: u32, what: &str) -> Span {
        let start = sources.files[file as usize].text.find(what).unwrap();
        Span { file, start: start as u32, end: (start + what.len()) as u32 }
    }

    fn page(sources: &Sources, one: Diagnostic) -> String {
        sources.render(&[one], false)
    }

    fn wrong(span: Span) -> Diagnostic {
        Diagnostic::new(Code::WrongType, span, "text belongs here").label("a number")
    }

    #[test]
    fn the_caret_stands_under_the_text_behind_tabs_and_wide_letters_and_a_byte_order_mark() {
        let s = sources(&[("é.toml", "\u{feff}a = 1\r\n\tname = \"日本語\" # 2\r\n")]);
        assert_eq!(
            page(&s, wrong(find(&s, 0, "# 2"))),
            "error[wrong-type]: text belongs here
 --> é.toml:2:15
  |
2 |     name = \"日本語\" # 2
  |                     ^^^ a number\n\n"
        );
        assert_eq!(s.place(find(&s, 0, "# 2")), Place { line: 2, column: 15 });
        let page = page(&s, wrong(find(&s, 0, "1")));
        assert!(page.contains("é.toml:1:5\n") && page.contains("1 | a = 1\n  |     ^ a number"), "{page}");
        assert_eq!((s.place(find(&s, 0, "1")).column, s.line(find(&s, 0, "1"))), (5, "a = 1"));
    }

    #[test]
    fn the_end_of_the_file_can_be_pointed_at() {
        for text in ["a = [1", "a = [1\n", "a = [1\r\n"] {
            let s = sources(&[("x", text)]);
            let end = text.len() as u32;
            let page = page(&s, wrong(Span { file: 0, start: end - 1, end: end + 7 }));
            assert!(page.contains("1 | a = [1\n  |      "), "{page}");
            assert!(page.trim_end().ends_with("^ a number"), "{page}");
        }
        let s = sources(&[("empty.toml", "")]);
        let page = page(&s, Diagnostic::new(Code::Empty, Span { file: 0, start: 0, end: 0 }, "no entries"));
        assert!(page.starts_with("error[empty]: no entries\n --> empty.toml:1:1\n"), "{page}");
    }

    #[test]
    fn a_span_over_lines_shows_its_ends_and_stops_before_the_last_line_end() {
        let s = sources(&[("x.yaml", "a:\n  b: 1\n  c: 2\nd: 3\n")]);
        let page = page(&s, wrong(find(&s, 0, "b: 1\n  c: 2\n")));
        assert_eq!(
            page,
            "error[wrong-type]: text belongs here
 --> x.yaml:2:3
  |
2 | /   b: 1
3 | |   c: 2
  | |______^ a number\n\n"
        );
        let many: String = (0..300).map(|n| format!("k{n}: 1\n")).collect();
        let s = sources(&[("x.yaml", &many)]);
        let page = super::tests::page(&s, wrong(find(&s, 0, &many)));
        assert!(page.lines().count() < 15, "{page}");
    }

    #[test]
    fn other_places_are_shown_in_their_files() {
        let s = sources(&[("a.toml", "x = 1\ny = 2\n"), ("b.toml", "z = 3\n"), ("c.toml", "")]);
        let nowhere = Span { file: 9, start: 1, end: 2 };
        let one = wrong(find(&s, 0, "y")).also(find(&s, 0, "x"), "first").also(find(&s, 1, "3"), "second");
        let page = page(&s, one.also(Span { file: 2, start: 0, end: 0 }, "third").also(nowhere, "fourth"));
        assert_eq!(
            page,
            "error[wrong-type]: text belongs here
 --> a.toml:2:1
  |
1 | x = 1
  | - first
2 | y = 2
  | ^ a number
  |
 ::: b.toml:1:5
  |
1 | z = 3
  |     - second
  |
 ::: c.toml:1:1
  |
1 |
  | - third\n\n"
        );
        let page = super::tests::page(&s, wrong(nowhere).replace(nowhere, "x"));
        assert_eq!(page, "error[wrong-type]: text belongs here\n\n");
    }

    #[test]
    fn what_would_mend_it_is_shown_in_its_line_or_told_where_the_line_is_long() {
        let s = sources(&[("x.toml", "mode = 0644\nold = 1\n")]);
        let value = find(&s, 0, "0644");
        let shown = page(&s, wrong(value).replace(value, "\"0644\""));
        assert!(
            shown.ends_with("help: write `\"0644\"`\n  |\n1 - mode = 0644\n1 + mode = \"0644\"\n  |\n\n"),
            "{shown}"
        );
        let old = find(&s, 0, "old = 1");
        let shown = page(&s, wrong(old).replace(old, ""));
        assert!(shown.ends_with("help: remove `old = 1`\n  |\n2 - old = 1\n  |\n\n"), "{shown}");
        let said = page(&s, wrong(value).say("write it as text"));
        assert!(said.ends_with("\n  |\n  = help: write it as text\n\n"), "{said}");

        let long = format!("{{\"a\":[{}0],\"b\":x}}", "1,".repeat(100_000));
        let s = sources(&[("x.json", &long)]);
        let x = find(&s, 0, "x}");
        let shown = page(&s, wrong(x).replace(x, "\"x\"}"));
        assert!(shown.contains("= help: write `\"x\"}`\n") && shown.len() < 1_000, "{shown}");
        let all = Span { start: 0, ..x };
        let shown = page(&s, wrong(x).replace(all, ""));
        assert!(shown.contains("= help: remove `{\"a\":[1,") && shown.len() < 1_000, "{shown}");
    }

    #[test]
    fn codes_of_a_terminal_in_a_spec_do_not_reach_it() {
        let s = sources(&[("x", "a = \u{1b}[31m\u{202e} 5\r9")]);
        let page = page(&s, wrong(find(&s, 0, "5")));
        assert!(!page.contains(['\u{1b}', '\u{202e}', '\r']), "{page:?}");
    }
}
