//! Verdicts that outlive the run that they are of.

use super::{Outcome, Verdict};
use crate::spec::Claim;
use crate::value::{Content, Value};
use std::borrow::Cow;

/// Bytes of what has passed that are kept: more than any report shows of it.
const BOUND: usize = 64 << 10;

/// Which of an entry's expectations.
#[derive(Clone, Copy, Debug)]
enum Of {
    Presence,
    /// The test with this index.
    Test(usize),
}

/// A verdict without what it can have back from its claim.
#[derive(Clone, Debug)]
pub struct Kept {
    of: Of,
    pub outcome: Outcome,
    found: Option<Value>,
}

impl Kept {
    /// `None` of a verdict over something that its entry does not say.
    pub fn new(verdict: Verdict) -> Option<Kept> {
        let Verdict { claim, key: _, expectation, outcome, found } = verdict;
        let of = match &claim.presence {
            Some(presence) if std::ptr::eq(presence, expectation) => Of::Presence,
            _ => Of::Test(claim.tests.iter().position(|test| std::ptr::eq(test, expectation))?),
        };
        // Of what failed the whole is needed to say why.
        let found = found.map(|found| if outcome == Outcome::Pass { shortened(found) } else { found });
        Some(Kept { of, outcome, found })
    }

    /// The verdict over `claim`, of which it was kept. `None` over another that has no such key.
    pub fn verdict<'c>(&self, claim: &'c Claim) -> Option<Verdict<'c>> {
        let (key, expectation) = match self.of {
            Of::Presence => (Cow::Borrowed(claim.kind.presence?.name), claim.presence.as_ref()?),
            Of::Test(index) => (claim.key_name(index), claim.tests.get(index)?),
        };
        Some(Verdict { claim, key, expectation, outcome: self.outcome.clone(), found: self.found.clone() })
    }
}

fn shortened(found: Value) -> Value {
    match found {
        Value::Content(content) if content.text.len() > BOUND => {
            let Content { text, .. } = *content;
            let text = text[..text.floor_char_boundary(BOUND)].to_owned();
            Value::Content(Box::new(Content { text, cut: Some(BOUND as u64) }))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_text;
    use crate::resource::{Observed, Seen};
    use crate::syntax::Format;
    use crate::verdict::judge;

    const SPEC: &str = "[file.\"/a\"]\nmode = \"0644\"\ncontents = [\"x\"]\n[command.\"true\"]\nexit-status = 0\n";

    fn seen(values: Vec<Value>) -> Observed {
        Ok(Some(Seen { present: Ok(Value::Bool(true)), values: values.into_iter().map(Ok).collect() }))
    }

    #[test]
    fn a_verdict_that_was_kept_says_the_same() {
        let Ok(spec) = load_text("a.toml", SPEC.into(), Format::Toml) else { panic!("it is refused") };
        let big = Value::Content(Box::new(Content { text: "x\n".repeat(BOUND), cut: None }));
        let values = [vec![Value::Text("0600".into()), big], vec![Value::Int(0)]];
        for (claim, values) in spec.claims.iter().zip(values) {
            let (before, again) = (judge(claim, seen(values.clone())), judge(claim, seen(values)));
            assert!(!before.is_empty());
            for (before, again) in before.into_iter().zip(again) {
                let kept = Kept::new(again).unwrap();
                let after = kept.verdict(claim).unwrap();
                assert_eq!((&after.key, &after.outcome), (&before.key, &before.outcome));
                assert!(std::ptr::eq(after.expectation, before.expectation));
                assert_eq!(format!("{:?}", after.evidence()), format!("{:?}", before.evidence()));
                if let Some(Value::Content(content)) = &after.found {
                    assert_eq!(content.text.len(), BOUND);
                }
            }
        }
    }
}
