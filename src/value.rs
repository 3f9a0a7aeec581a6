//! What can be observed: values, their types, and why nothing could be observed.

mod data;
mod json;

use std::fmt;
use std::time::Duration as Elapsed;
use time::{Duration, OffsetDateTime};

/// What a probe saw under one key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The thing is there but has nothing under this key (a file without an owner's name, a JSON path that leads nowhere).
    /// No matcher holds of it, whichever way round it is written.
    Absent,
    /// The thing was looked at and is not what its key reads: a file that is not JSON, a file without a certificate in
    /// it. No test holds of it, whichever way round it is written; the text says why.
    Unfit(String),
    /// JSON's and YAML's null.
    Null,
    Bool(bool),
    /// `false`, and why. To every test it is `Bool(false)`; to a person, the reason is the better half.
    No(String),
    Int(i64),
    Number(f64),
    Text(String),
    /// Text that may be compared and is never shown.
    Secret(Secret),
    Content(Box<Content>),
    /// Of text that was too long to be kept, the lines that decide what is expected of it. Stands only where that was known
    /// when it was read.
    Excerpt(Box<Excerpt>),
    List(Vec<Value>),
    /// What is known of a list, and why there may be more of it. Judging takes it apart: it is in no other value.
    Partial(Box<(Vec<Value>, Fault)>),
    Map(Vec<(String, Value)>),
    /// A map of YAML's whose keys are not all text. In specs alone.
    Pairs(Vec<(Value, Value)>),
    Mode(Mode),
    Size(Bytes),
    Share(Share),
    Portion(Portion),
    Percent(Percent),
    Duration(Duration),
    Version(Box<Version>),
    Time(OffsetDateTime),
}

/// What a key holds, known before anything runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    /// A whole number.
    Int,
    /// A number with a fraction.
    Number,
    /// A name or a line of text.
    Text,
    /// Text that may be compared and is never shown: a password's hash. Neither what was found nor, where they would
    /// give it away, what was expected.
    Secret,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Text of many lines, maybe cut at a bound: a file, a command's output.
    Content,
    List(&'static Type),
    /// Data whose shape is known only when it is seen: JSON, YAML, a scalar of a sysctl.
    Any,
    /// Permission bits, written as octal text.
    Mode,
    /// Bytes.
    Size,
    /// Bytes out of a whole: compared as bytes or as per cent.
    Share,
    /// A count out of a whole (inodes, slots): compared as a whole number or as per cent.
    Portion,
    /// Per cent, from 0 to 100.
    Percent,
    /// A span of time, which may be negative.
    Duration,
    /// A version, ordered as whoever packaged it orders versions.
    Version,
    /// A moment.
    Time,
}

/// Permission bits, `0o7777` at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mode(pub u32);

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// `part` bytes (or other units) of `whole`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub part: u64,
    pub whole: u64,
}

/// A [`Share`] that counts things rather than bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Portion(pub Share);

/// Per cent, from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Percent(pub f64);

/// Text that no report and no `{:?}` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// For comparing; whoever calls this must not show it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Text of many lines, read up to a bound.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Content {
    pub text: String,
    /// The bound in bytes at which reading stopped, if there was more.
    pub cut: Option<u64>,
}

impl Content {
    /// Bytes that are not UTF-8 become U+FFFD; a character that the bound cut in two is left out.
    pub fn new(mut bytes: Vec<u8>, cut: Option<u64>) -> Content {
        if cut.is_some()
            && let Err(e) = std::str::from_utf8(&bytes)
            && e.error_len().is_none()
        {
            bytes.truncate(e.valid_up_to());
        }
        let text = String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned());
        Content { text, cut }
    }
}

/// Some lines of a long text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The lines, each with its end.
    pub text: String,
    /// Their numbers in the whole text, from 1.
    pub numbers: Vec<u64>,
    /// Bytes of the whole text.
    pub size: u64,
}

/// A version and the order it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub text: String,
    pub order: VersionOrder,
}

/// Whose rules say which of two versions is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VersionOrder {
    /// deb-version(7); opkg's, too.
    Debian,
    /// rpm-version(7).
    Rpm,
    /// apk-package(5).
    Apk,
    /// vercmp(8).
    Pacman,
    /// Python's.
    Pep440,
    /// semver.org: npm's.
    Semver,
    /// `Gem::Version`.
    Gem,
    /// Numbers separated by anything else, compared one by one: kernels, distributions.
    Dotted,
}

impl VersionOrder {
    pub const ALL: [VersionOrder; 8] = {
        use VersionOrder::*;
        [Debian, Rpm, Apk, Pacman, Pep440, Semver, Gem, Dotted]
    };
}

/// Why nothing could be observed. An entry that meets one is *unknown*, but for [`Fault::Unfit`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Permission was refused: what was, and by whom it may be seen.
    Denied(String),
    /// What was waited for, and how long.
    TimedOut(String, Elapsed),
    /// This host, or this build, cannot answer: no such tool, not a live machine.
    Unsupported(String),
    /// Only a running machine could tell, this is none, and nobody insists on an answer: judged as a skip.
    Offline(String),
    /// A table or reply is there but does not read as what it should be.
    Malformed(String),
    /// The system answered with another error.
    Failed(String),
    /// It could be looked at, and is not what its kind or key reads: judged as [`Value::Unfit`], which fails.
    /// Only for what a spec is about (a certificate, a JSON file), never for a table that should have told of it.
    Unfit(String),
}

impl Fault {
    /// The word that reports carry.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Denied(_) => "denied",
            Fault::TimedOut(..) => "timed-out",
            Fault::Unsupported(_) => "unsupported",
            Fault::Offline(_) => "offline",
            Fault::Malformed(_) => "malformed",
            Fault::Failed(_) => "failed",
            Fault::Unfit(_) => "unfit",
        }
    }

    /// The same with other words.
    pub fn map(self, words: impl FnOnce(String) -> String) -> Fault {
        match self {
            Fault::Denied(why) => Fault::Denied(words(why)),
            Fault::TimedOut(what, after) => Fault::TimedOut(words(what), after),
            Fault::Unsupported(why) => Fault::Unsupported(words(why)),
            Fault::Offline(why) => Fault::Offline(words(why)),
            Fault::Malformed(why) => Fault::Malformed(words(why)),
            Fault::Failed(why) => Fault::Failed(words(why)),
            Fault::Unfit(why) => Fault::Unfit(words(why)),
        }
    }

    /// What the system said when it was asked for `what`.
    pub fn from_io(what: impl fmt::Display, error: &std::io::Error) -> Fault {
        use std::io::ErrorKind::{PermissionDenied, TimedOut};
        match error.kind() {
            PermissionDenied => Fault::Denied(format!("{what}: permission denied")),
            TimedOut => Fault::Failed(format!("{what}: timed out")),
            _ => Fault::Failed(format!("{what}: {}", plain_error(error))),
        }
    }
}

/// An error's words without Rust's ` (os error 2)`.
fn plain_error(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(at) => text[..at].to_ascii_lowercase(),
        None => text,
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::TimedOut(what, after) => {
                write!(f, "timed out after {}: {what}", crate::quantity::waited(*after))
            }
            Fault::Denied(why)
            | Fault::Unsupported(why)
            | Fault::Offline(why)
            | Fault::Malformed(why)
            | Fault::Failed(why)
            | Fault::Unfit(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Fault {}

/// A Rust type that a key may hold.
pub trait Fact {
    const TYPE: Type;
    fn observe(self) -> Result<Value, Fault>;
}

macro_rules! facts {
    ($($rust:ty => $ty:ident, $value:expr;)*) => {$(
        impl Fact for $rust {
            const TYPE: Type = Type::$ty;
            fn observe(self) -> Result<Value, Fault> {
                Ok($value(self))
            }
        }
    )*};
}

facts! {
    bool => Bool, Value::Bool;
    u16 => Int, |n| Value::Int(i64::from(n));
    u32 => Int, |n| Value::Int(i64::from(n));
    i32 => Int, |n| Value::Int(i64::from(n));
    u64 => Int, |n| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    usize => Int, |n| Value::Int(i64::try_from(n).unwrap_or(i64::MAX));
    i64 => Int, Value::Int;
    f64 => Number, Value::Number;
    String => Text, Value::Text;
    &str => Text, |s: &str| Value::Text(s.to_owned());
    Secret => Secret, Value::Secret;
    Content => Content, |c| Value::Content(Box::new(c));
    Mode => Mode, Value::Mode;
    Bytes => Size, Value::Size;
    Share => Share, Value::Share;
    Portion => Portion, Value::Portion;
    Percent => Percent, Value::Percent;
    Duration => Duration, Value::Duration;
    Version => Version, |v| Value::Version(Box::new(v));
    OffsetDateTime => Time, Value::Time;
    Value => Any, |v| v;
}

impl<T: Fact> Fact for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    fn observe(self) -> Result<Value, Fault> {
        self.into_iter().map(Fact::observe).collect::<Result<_, _>>().map(Value::List)
    }
}

/// A list of which there may be more than is known, and why.
pub struct Known<T> {
    pub all: Vec<T>,
    pub more: Option<Fault>,
}

impl<T: Fact> Fact for Known<T> {
    const TYPE: Type = Vec::<T>::TYPE;
    fn observe(self) -> Result<Value, Fault> {
        match (self.all.observe()?, self.more) {
            (Value::List(list), Some(fault)) if !list.is_empty() => Ok(Value::Partial(Box::new((list, fault)))),
            (_, Some(fault)) => Err(fault),
            (list, None) => Ok(list),
        }
    }
}

impl<T: Fact> Fact for Option<T> {
    const TYPE: Type = T::TYPE;
    fn observe(self) -> Result<Value, Fault> {
        self.map_or(Ok(Value::Absent), Fact::observe)
    }
}

/// True, or false and why.
impl Fact for Result<(), String> {
    const TYPE: Type = Type::Bool;
    fn observe(self) -> Result<Value, Fault> {
        Ok(self.map_or_else(Value::No, |()| Value::Bool(true)))
    }
}

impl<T: Fact> Fact for Result<T, Fault> {
    const TYPE: Type = T::TYPE;
    fn observe(self) -> Result<Value, Fault> {
        self?.observe()
    }
}

/// Declares a fact that is one of a few words.
#[macro_export]
macro_rules! choice {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name { $($variant),+ }
        impl $name {
            #[allow(dead_code, reason = "not every choice is read")]
            pub const ALL: &'static [Self] = &[$($name::$variant),+];
            pub const WORDS: &'static [&'static str] = &[$($word),+];
            #[allow(dead_code, reason = "not every choice is read")]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.word() == word)
            }
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }
        }
        impl $crate::value::Fact for $name {
            const TYPE: $crate::value::Type = $crate::value::Type::Choice(Self::WORDS);
            fn observe(self) -> Result<$crate::value::Value, $crate::value::Fault> {
                Ok($crate::value::Value::Text(self.word().to_owned()))
            }
        }
    };
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

impl Share {
    /// Per cent of the whole; nothing of nothing is 0.
    pub fn percent(self) -> f64 {
        if self.whole == 0 { 0.0 } else { self.part as f64 * 100.0 / self.whole as f64 }
    }
}

impl Type {
    /// What a person would call it.
    pub fn name(self) -> String {
        match self {
            Type::Bool => "true or false".into(),
            Type::Int => "a whole number".into(),
            Type::Number => "a number".into(),
            Type::Text | Type::Secret => "text".into(),
            Type::Choice(words) => {
                let quoted: Vec<_> = words.iter().map(|w| format!("`{w}`")).collect();
                format!("one of {}", quoted.join(", "))
            }
            Type::Content => "text of many lines".into(),
            Type::List(Type::Int) => "a list of whole numbers".into(),
            Type::List(Type::Text) => "a list of texts".into(),
            Type::List(of) => format!("a list, each {}", of.name()),
            Type::Any => "anything".into(),
            Type::Mode => "a file mode as octal text, such as `\"0644\"`".into(),
            Type::Size => "a size, such as `\"10 GiB\"`".into(),
            Type::Share => "a size or a share, such as `\"10 GiB\"` or `\"5%\"`".into(),
            Type::Portion => "a number or a share, such as `100000` or `\"5%\"`".into(),
            Type::Percent => "per cent, such as `\"80%\"`".into(),
            Type::Duration => "a duration, such as `\"30d\"`".into(),
            Type::Version => "a version, as text".into(),
            Type::Time => "a time, such as `\"2030-01-31T12:00:00Z\"`".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown() {
        let value = Value::List(vec![Value::Secret(Secret::new("$y$j9T$abc"))]);
        assert_eq!(value.to_string(), "[(hidden)]");
        assert!(!format!("{value:?}").contains("abc"));
    }
}
