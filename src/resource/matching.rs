//! `matching`: data that stands in the spec itself, such as what a template put there.

use super::{Keys, Presence, Resource, Settings, key, setting};
use crate::host::Host;
use crate::value::{Fault, Value};

pub struct Matching {
    content: Value,
}

/// What is matched.
#[derive(Default)]
pub struct How {
    content: Option<Value>,
}

impl Resource for Matching {
    const NAME: &'static str = "matching";
    const ABOUT: &'static str =
        "Data that stands in the spec itself, so that what a template made of it can be checked.";
    const EXAMPLE: &'static str = "[matching.\"the primary is one of the nodes\"]\ncontent = [\"a\", \"b\"]\nmatches = { contain-element = \"a\" }\n";
    const PRESENCE: Option<Presence> = None;
    const TARGET: Option<(&'static str, &'static str)> = None;
    const KEYS: Keys<Self> = &[&key("matches", "The content.", |m: &Self| m.content.clone())];
    type Id = String;
    type Settings = How;
    const SETTINGS: Settings<How> = &[&setting("content", "What is matched.", |h: &mut How| &mut h.content)];
    const REQUIRED: &[&str] = &["content"];

    fn probe(_: &Host, _: &String, how: &How) -> Result<Option<Self>, Fault> {
        Ok(how.content.clone().map(|content| Matching { content }))
    }
}

#[cfg(test)]
mod tests {
    use crate::host::{Host, TreeFiles};
    use crate::resource::{Ask, Kind};
    use crate::syntax::{Data, Node, Span};
    use crate::value::Value;
    use std::sync::Arc;
    use time::OffsetDateTime;

    #[test]
    fn the_content_is_what_is_matched_and_must_be_there() {
        let kind = Kind::find("matching").unwrap();
        let mut wrong = vec![];
        assert_eq!(kind.required, ["content"]);
        let node = Node { span: Span { file: 0, start: 0, end: 0 }, data: Data::List(vec![]) };
        let probe = (kind.bind)("x", &[("content", &node)], &mut wrong).unwrap();
        let host = Host::offline(Arc::new(TreeFiles::parse("").unwrap()), OffsetDateTime::UNIX_EPOCH);
        let seen = probe(&host, &[Ask { key: 0, argument: "".into() }]).unwrap().unwrap();
        assert_eq!(seen.values[..], [Ok(Value::List(vec![]))]);
        assert!(wrong.is_empty());
    }
}
