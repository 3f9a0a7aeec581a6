//! What is wrong with a spec, and where: pages of errors with a caret under the text.

use super::Span;
use annotate_snippets::{AnnotationKind, Group, Level, Patch, Renderer, Snippet};

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
    /// The text is not TOML, YAML or JSON.
    Syntax = "syntax",
    /// Lists and maps stand inside one another too deeply.
    TooDeep = "too-deep",
    /// The file, or what its aliases expand to, is too large.
    TooLarge = "too-large",
    /// A key stands twice in one map.
    DuplicateKey = "duplicate-key",
    /// No kind of thing has this name.
    UnknownKind = "unknown-kind",
    /// The kind has no key or setting of this name.
    UnknownKey = "unknown-key",
    /// Another type of value belongs here.
    WrongType = "wrong-type",
    /// The entry's name cannot name a thing of this kind.
    BadId = "bad-id",
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

impl Sources {
    pub fn name(&self, span: Span) -> &str {
        self.files.get(span.file as usize).map_or("", |f| &f.name)
    }

    pub fn place(&self, span: Span) -> Place {
        let text = self.files.get(span.file as usize).map_or("", |f| &f.text);
        let upto = text.get(..span.start as usize).unwrap_or(text);
        let line_start = upto.rfind('\n').map_or(0, |at| at + 1);
        Place {
            line: memchr::memchr_iter(b'\n', upto.as_bytes()).count() + 1,
            column: upto[line_start..].chars().count() + 1,
        }
    }

    /// The line that `span` begins on, without its end.
    pub fn line(&self, span: Span) -> &str {
        let text = self.files.get(span.file as usize).map_or("", |f| &f.text);
        let at = (span.start as usize).min(text.len());
        let start = text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
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
        let title = Level::ERROR.primary_title(one.message.as_str()).id(one.code.word());
        let Some(source) = self.files.get(one.span.file as usize) else {
            return renderer.render(&[Group::with_title(title)]).to_string();
        };
        let mut group = Group::with_title(title);
        let mut files: Vec<u32> = vec![one.span.file];
        for (span, _) in &one.also {
            if !files.contains(&span.file) {
                files.push(span.file);
            }
        }
        if source.text.is_empty() {
            group = group.element(annotate_snippets::Origin::path(source.name.as_str()));
        } else {
            for file in files {
                let Some(source) = self.files.get(file as usize) else { continue };
                let mut snippet = Snippet::source(source.text.as_str()).path(source.name.as_str());
                if one.span.file == file {
                    snippet = snippet.annotation(
                        AnnotationKind::Primary.span(range(one.span, &source.text)).label(one.label.as_str()),
                    );
                }
                for (span, label) in one.also.iter().filter(|(s, _)| s.file == file) {
                    snippet = snippet
                        .annotation(AnnotationKind::Context.span(range(*span, &source.text)).label(label.as_str()));
                }
                group = group.element(snippet);
            }
        }
        let mut report = vec![group];
        match &one.help {
            Some(Help::Say(text)) => {
                let last = report.remove(0).element(Level::HELP.message(text.as_str()));
                report.push(last);
            }
            Some(Help::Replace(span, with)) => {
                let text = &self.files[span.file as usize].text;
                report.push(
                    Level::HELP
                        .secondary_title(format!("write `{with}`"))
                        .element(Snippet::source(text.as_str()).patch(Patch::new(range(*span, text), with.as_str()))),
                );
            }
            None => {}
        }
        renderer.render(&report).to_string()
    }
}

/// The span as a range on character boundaries inside `text`.
fn range(span: Span, text: &str) -> std::ops::Range<usize> {
    let floor = |at: u32| text.floor_char_boundary((at as usize).min(text.len()));
    let start = floor(span.start);
    start..floor(span.end).max(start)
}
