//! What every entry may say, whatever its kind: `title`, `meta`, `skip`, `tags`, `timeout`, `retry`, `every`.

use super::{Common, Retry};
use crate::resource::{FromNode, Shape};
use crate::syntax::{Code, Data, Diagnostic, Node, nearest};
use std::time::Duration;

/// A key of [`Common`]: its name, a sentence, and what may stand behind it.
pub struct CommonKey {
    pub name: &'static str,
    pub about: &'static str,
    pub shape: CommonShape,
    set: fn(&mut Common, &Node, &mut Vec<Diagnostic>) -> Result<(), Diagnostic>,
}

/// What may stand behind a common key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonShape {
    Plain(Shape),
    /// True, false, or a reason as text.
    Skip,
    /// A map with `for` and, if not every second, `every`.
    Retry,
}

/// Looks again after this long where `retry` does not say.
const RETRY_EVERY: Duration = Duration::from_secs(1);
const RETRY_KEYS: [&str; 2] = ["for", "every"];

pub const COMMON: &[CommonKey] = &[
    CommonKey {
        name: "title",
        about: "A sentence for people; reports show it.",
        shape: CommonShape::Plain(Shape::Text),
        set: |common, node, _| {
            common.title = Some(String::from_node(node)?);
            Ok(())
        },
    },
    CommonKey {
        name: "meta",
        about: "Data of your own, carried into reports.",
        shape: CommonShape::Plain(Shape::Any),
        set: |common, node, _| {
            common.meta = Some(node.into());
            Ok(())
        },
    },
    CommonKey {
        name: "skip",
        about: "Leaves the entry out: true, or the reason as text.",
        shape: CommonShape::Skip,
        set: skip,
    },
    CommonKey {
        name: "tags",
        about: "Words that `--tag` selects by.",
        shape: CommonShape::Plain(Shape::TextList),
        set: |common, node, _| {
            common.tags = Vec::from_node(node)?;
            Ok(())
        },
    },
    CommonKey {
        name: "timeout",
        about: "How long looking may take, such as `\"5s\"`; a bare number is milliseconds.",
        shape: CommonShape::Plain(Shape::Duration),
        set: |common, node, _| {
            common.timeout = positive(Duration::from_node(node)?);
            Ok(())
        },
    },
    CommonKey {
        name: "retry",
        about: "Looks again until it passes: `{ for = \"30s\", every = \"500ms\" }`.",
        shape: CommonShape::Retry,
        set: retry,
    },
    CommonKey {
        name: "every",
        about: "How often `serve` looks at it, such as `\"1h\"`; as often as at the others if it does not say.",
        shape: CommonShape::Plain(Shape::Duration),
        set: |common, node, _| {
            common.every = positive(Duration::from_node(node)?);
            Ok(())
        },
    },
];

/// Sets one common key of `common`. `false` if `name` is none.
pub(super) fn set(common: &mut Option<Box<Common>>, name: &str, node: &Node, wrong: &mut Vec<Diagnostic>) -> bool {
    let Some(key) = COMMON.iter().find(|k| k.name == name) else { return false };
    if let Err(one) = (key.set)(common.get_or_insert_default(), node, wrong) {
        wrong.push(one);
    }
    true
}

/// goss writes `timeout: 0` for "none said".
fn positive(timeout: Duration) -> Option<Duration> {
    (!timeout.is_zero()).then_some(timeout)
}

fn skip(common: &mut Common, node: &Node, _: &mut Vec<Diagnostic>) -> Result<(), Diagnostic> {
    common.skip = match &node.data {
        Data::Bool(true) => Some(String::new()),
        Data::Bool(false) => None,
        Data::Text(reason) => Some(reason.clone().into_owned()),
        _ => {
            let message = format!("expected true, false or a reason as text, found {}", node.describe());
            return Err(Diagnostic::new(Code::WrongType, node.span, message));
        }
    };
    Ok(())
}

fn retry(common: &mut Common, node: &Node, wrong: &mut Vec<Diagnostic>) -> Result<(), Diagnostic> {
    let shape = "a map such as `{ for = \"30s\", every = \"500ms\" }`";
    let Some(map) = node.map() else {
        let message = format!("expected {shape}, found {}", node.describe());
        return Err(Diagnostic::new(Code::WrongType, node.span, message));
    };
    let (mut within, mut every) = (None, RETRY_EVERY);
    for (key, value) in map {
        match &*key.text {
            "for" => within = Some(Duration::from_node(value)?),
            "every" => every = Duration::from_node(value)?,
            other => {
                let mut one = Diagnostic::new(Code::UnknownKey, key.span, format!("`retry` has no key `{other}`"));
                if let Some(near) = nearest(other, RETRY_KEYS) {
                    one = one.replace(key.span, near);
                }
                wrong.push(one);
            }
        }
    }
    let Some(within) = within else {
        return Err(Diagnostic::new(Code::WrongType, node.span, format!("`retry` needs `for`: {shape}")));
    };
    common.retry = Some(Retry { within, every });
    Ok(())
}
