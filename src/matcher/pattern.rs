//! Line patterns: `text`, `!text`, `/regex/`, `!/regex/`, and `\` before a first `!`, `/` or `\` that is meant as text.

use super::text::{Held, Text};
use regex::{Regex, RegexBuilder};

/// Bytes that one compiled regular expression may take.
const REGEX_BYTES: usize = 10 << 20;

/// Something that some line must have, or none.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As the spec has it.
    pub written: Box<str>,
    /// No line may have it.
    pub inverse: bool,
    look: Look,
}

#[derive(Clone, Debug)]
enum Look {
    Plain(Box<str>),
    /// Plain text that must be looked for line by line: it is empty, or has what a line's end has.
    Line(Box<str>),
    Regex(Regex),
    /// goss's empty pattern, which holds of anything, even of no line at all.
    Nothing,
}

/// What is wrong with a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadPattern {
    /// It would hold of any text.
    Nothing,
    /// It cannot be told what was meant: why, and how to write each of the two.
    Ambiguous { why: &'static str, text: String, regex: String },
    /// A line has no end in it.
    Lines,
    /// The regular expression, the bytes that it takes in the pattern, and what is wrong with it.
    Regex { at: std::ops::Range<usize>, bad: BadRegex },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadRegex {
    pub why: String,
    /// Where in it, if that is known.
    pub at: Option<std::ops::Range<usize>>,
}

impl Pattern {
    pub fn parse(written: &str) -> Result<Pattern, BadPattern> {
        let core = written.strip_prefix('!').unwrap_or(written);
        let inverse = core.len() < written.len();
        let look = match core.strip_prefix('/').and_then(|body| body.rsplit_once('/')) {
            Some((body, flags)) if flags.is_empty() || is_flags(flags) => {
                if body.is_empty() && flags.is_empty() {
                    return Err(BadPattern::Nothing);
                }
                let mark = if inverse { "!" } else { "" };
                let text = format!("{mark}\\{core}");
                if !flags.is_empty() {
                    let why = "letters behind the last `/` are no flags here";
                    return Err(BadPattern::Ambiguous { why, text, regex: format!("{mark}/(?{flags}){body}/") });
                }
                if looks_like_path(body) {
                    let why = "it reads as a regular expression, but looks like a path";
                    let regex = format!("{mark}/{}/", body.replace('/', "\\/"));
                    return Err(BadPattern::Ambiguous { why, text, regex });
                }
                let start = written.len() - core.len() + 1;
                let bad = |bad| BadPattern::Regex { at: start..start + body.len(), bad };
                Look::Regex(compile(body).map_err(bad)?)
            }
            _ => {
                let plain = match core.strip_prefix('\\') {
                    Some(rest) if rest.starts_with(['!', '/', '\\']) => rest,
                    Some(rest) => {
                        let mark = if inverse { "!" } else { "" };
                        return Err(BadPattern::Ambiguous {
                            why: "a `\\` at the beginning stands before `!`, `/` or `\\`",
                            text: format!("{mark}\\{core}"),
                            regex: format!("{mark}/\\{}/", rest.replace('/', "\\/")),
                        });
                    }
                    None => core,
                };
                if plain.is_empty() {
                    return Err(BadPattern::Nothing);
                }
                if plain.contains(['\n', '\r']) {
                    return Err(BadPattern::Lines);
                }
                Look::Plain(plain.into())
            }
        };
        Ok(Pattern { written: written.into(), inverse, look })
    }

    /// As goss reads it: between slashes a regular expression of RE2; of anything else every leading `\`, `/` and `!` is
    /// dropped, and a first `!` makes it inverse.
    pub fn goss(written: &str) -> Result<Pattern, String> {
        let inverse = written.starts_with('!');
        let core = written.strip_prefix('!').unwrap_or(written);
        let look = if core.starts_with('/') && written.ends_with('/') {
            let body = core.strip_prefix('/').and_then(|body| body.strip_suffix('/'));
            let body =
                body.ok_or_else(|| format!("the pattern `{written}` is one slash: nothing is between slashes"))?;
            Look::Regex(crate::re2::compile(body)?)
        } else {
            match written.trim_start_matches(['\\', '/', '!']) {
                _ if written.is_empty() => Look::Nothing,
                plain if plain.is_empty() || plain.contains(['\n', '\r']) => Look::Line(plain.into()),
                plain => Look::Plain(plain.into()),
            }
        };
        Ok(Pattern { written: written.into(), inverse, look })
    }

    pub fn plain(&self) -> Option<&str> {
        match &self.look {
            Look::Plain(plain) => Some(plain),
            Look::Line(_) | Look::Regex(_) | Look::Nothing => None,
        }
    }

    /// Whether it holds of every text.
    pub fn is_nothing(&self) -> bool {
        matches!(self.look, Look::Nothing)
    }

    /// The regular expression as it is written, if it is one.
    pub fn regex(&self) -> Option<&str> {
        match &self.look {
            Look::Regex(_) => {
                self.written.strip_prefix('!').unwrap_or(&self.written).strip_prefix('/')?.strip_suffix('/')
            }
            Look::Plain(_) | Look::Line(_) | Look::Nothing => None,
        }
    }

    /// Whether a line has it, inverse or not.
    pub fn found(&self, line: Text<'_>) -> Held {
        match &self.look {
            Look::Plain(plain) | Look::Line(plain) => line.contains(plain),
            Look::Regex(regex) => line.matches(regex),
            Look::Nothing => Ok(true),
        }
    }
}

/// Compiles a regular expression of bounded size.
pub fn compile(source: &str) -> Result<Regex, BadRegex> {
    RegexBuilder::new(source).size_limit(REGEX_BYTES).build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            BadRegex { why: "it grows too large once its repetitions are counted out".into(), at: None }
        }
        regex::Error::Syntax(page) => reason(source, &page),
        other => BadRegex { why: other.to_string(), at: None },
    })
}

/// The last line of the regex crate's page, and the place its carets point at where it shows one line.
fn reason(source: &str, page: &str) -> BadRegex {
    let why = page.lines().rev().find_map(|line| line.strip_prefix("error: ")).unwrap_or("it does not compile").trim();
    let why = match why {
        "look-around, including look-ahead and look-behind, is not supported" => "look-around is not supported",
        why => why,
    };
    let carets = page.lines().find(|line| line.trim_start().starts_with('^')).filter(|_| !source.contains('\n'));
    let at = carets.and_then(|line| {
        // The page shows the expression behind four spaces.
        let start = line.find('^')?.checked_sub(4)?;
        let count = line.trim().chars().take_while(|c| *c == '^').count();
        let byte = |nth: usize| source.char_indices().nth(nth).map_or(source.len(), |(at, _)| at);
        Some(byte(start)..byte(start + count))
    });
    BadRegex { why: why.to_owned(), at }
}

fn is_flags(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| matches!(b, b'i' | b'm' | b's'))
}

/// Whether what stands between two slashes has a further one and nothing that only a regular expression has.
fn looks_like_path(body: &str) -> bool {
    let bare = body.replace("\\/", "");
    let regex = bare.contains(['[', ']', '(', ')', '{', '}', '|', '\\'])
        || bare.starts_with('^')
        || bare.ends_with('$')
        || [".*", ".+", ".?"].iter().any(|r| bare.contains(r));
    bare.contains('/') && !regex
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap_or_else(|e| panic!("{pattern}: {e:?}")).holds(Text::whole(text)).unwrap()
    }

    #[test]
    fn patterns_look_line_by_line() {
        let text = "root:x:0\r\n!bang /var/log\n\\back";
        for pattern in [
            "root",
            "!toor",
            "\\!bang",
            "/^root:.*0$/",
            "!/^bang/",
            "\\/var/log",
            "/var/log",
            "!\\!root",
            "\\\\back",
            "/^!bang \\/var\\/log$/",
            "!root!",
            "/bang.*/var/",
        ] {
            assert!(holds(pattern, text), "{pattern}");
        }
        for pattern in ["!root", "toor", "/^bang/", "!/^root/", "/0.!bang/", "!\\!bang", "!/bang.*/var/"] {
            assert!(!holds(pattern, text), "{pattern}");
        }
        assert!(holds("!x", ""));
        assert!(!holds("x", ""));
        assert!(holds("/^$/", "a\n\nb"));
        assert!(!holds("/^$/", "a\n"));
    }

    #[test]
    fn real_patterns_with_slashes_in_them_are_regexes_and_paths_are_asked_about() {
        for pattern in ["/dir.*/bitnami/redis/data/", "/root\\s+/opt/bitnami/drupal/", "/^a:/bin/sh/", "/:/bin/sh$/"] {
            assert!(Pattern::parse(pattern).is_ok_and(|p| p.regex().is_some()), "{pattern}");
        }
        let ambiguous = |pattern: &str| match Pattern::parse(pattern) {
            Err(BadPattern::Ambiguous { text, regex, .. }) => (text, regex),
            other => panic!("{pattern}: {other:?}"),
        };
        assert_eq!(ambiguous("/var/log/"), ("\\/var/log/".into(), "/var\\/log/".into()));
        assert_eq!(ambiguous("!/etc/cron.d/"), ("!\\/etc/cron.d/".into(), "!/etc\\/cron.d/".into()));
        assert_eq!(ambiguous("/foo/i"), ("\\/foo/i".into(), "/(?i)foo/".into()));
        assert_eq!(ambiguous("\\s+foo"), ("\\\\s+foo".into(), "/\\s+foo/".into()));
        for (text, regex) in ["/var/log/", "!/etc/cron.d/", "/foo/i", "\\s+foo"].map(ambiguous) {
            assert!(Pattern::parse(&text).is_ok_and(|p| p.plain().is_some()), "{text}");
            assert!(Pattern::parse(&regex).is_ok_and(|p| p.regex().is_some()), "{regex}");
        }
    }

    #[test]
    fn goss_reads_any_text_as_a_pattern() {
        let holds = |pattern: &str, text: &str| Pattern::goss(pattern).unwrap().holds(Text::whole(text)).unwrap();
        for (pattern, text) in [
            ("", ""),
            ("", "a"),
            ("\\!/a", "a"),
            ("!\\/a", "b"),
            ("/var/log/", "var/log"),
            ("/var/log", "x var/log"),
            ("/a/i", "a/i"),
            ("//", "a"),
            ("\\", "a"),
            ("!", ""),
            ("!a\nb", "a\nb"),
            ("a\rb", "a\rb\r\n"),
        ] {
            assert!(holds(pattern, text), "{pattern:?} {text:?}");
        }
        for (pattern, text) in
            [("//", ""), ("\\", ""), ("!", "a"), ("a\nb", "a\nb"), ("b\r", "b\r\n"), ("!/a/", "xay"), ("/a/i", "A")]
        {
            assert!(!holds(pattern, text), "{pattern:?} {text:?}");
        }
        for wrong in ["/", "!/", "/(/", "!/[/"] {
            assert!(Pattern::goss(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn patterns_that_hold_of_anything_are_told() {
        for pattern in ["", "!", "//", "!//"] {
            assert_eq!(Pattern::parse(pattern).unwrap_err(), BadPattern::Nothing, "{pattern}");
        }
        assert_eq!(Pattern::parse("a\nb").unwrap_err(), BadPattern::Lines);
    }

    #[test]
    fn a_bad_regex_says_where_and_does_not_eat_memory() {
        let bad = compile("aé(b").unwrap_err();
        assert_eq!((bad.why.as_str(), bad.at), ("unclosed group", Some(3..4)));
        assert_eq!(compile("a(?=b)").unwrap_err().why, "look-around is not supported");
        assert!(compile("((a{1000}){1000}){1000}").is_err());
        assert!(compile(&"(".repeat(10_000)).is_err());
    }
}
