//! Whether each test of a list has an element of its own.

use super::Test;
use super::holds::{holds, worse};
use super::text::{Elements, Held, View};
use std::collections::{HashMap, HashSet};

/// Which elements, by index, each test holds of or might hold of.
///
/// Of `n` tests one with `n` elements to choose from is never in another's way, so no more than that are kept.
pub struct Pairs {
    sure: Vec<Vec<usize>>,
    /// With those where it is in doubt.
    perhaps: Vec<Vec<usize>>,
    doubt: Option<super::Doubt>,
}

impl Pairs {
    pub fn new(tests: &[Test], elements: &Elements<'_>) -> Pairs {
        Pairs::by(tests, elements, &holds)
    }

    /// Where `ask` says whether a test holds of an element.
    pub fn by<'v, T>(
        tests: &[T],
        elements: &(impl Iterator<Item = View<'v>> + Clone),
        ask: &dyn Fn(&T, View<'v>) -> Held,
    ) -> Pairs {
        let mut pairs = Pairs { sure: Vec::new(), perhaps: Vec::new(), doubt: None };
        for test in tests {
            let (mut sure, mut perhaps) = (Vec::new(), Vec::new());
            for (index, element) in elements.clone().enumerate() {
                match ask(test, element) {
                    Ok(true) => sure.push(index),
                    Ok(false) => continue,
                    Err(doubt) => pairs.doubt = worse(pairs.doubt.take(), doubt),
                }
                if perhaps.len() < tests.len() {
                    perhaps.push(index);
                }
                if sure.len() >= tests.len() {
                    break;
                }
            }
            pairs.sure.push(sure);
            pairs.perhaps.push(perhaps);
        }
        pairs
    }

    /// Whether each test has an element of its own; in doubt where that depends on what is in doubt of one.
    pub fn all_have_one(self) -> Held {
        let all = |edges: &[Vec<usize>]| assign(edges).iter().all(Option::is_some);
        if all(&self.sure) {
            return Ok(true);
        }
        match self.doubt {
            Some(doubt) if all(&self.perhaps) => Err(doubt),
            _ => Ok(false),
        }
    }

    /// For each test the element that is its own, as many as can have one.
    pub fn matched(&self) -> Vec<Option<usize>> {
        assign(&self.sure)
    }
}

/// What stands against tests that want an element each, by index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// Tests that have no element of their own.
    pub missing: Vec<usize>,
    /// Elements that are no test's own, where these are asked for.
    pub extra: Vec<usize>,
}

impl Unmet {
    pub fn of(tests: &[Test], elements: Elements<'_>, extra: bool) -> Unmet {
        let own = Pairs::new(tests, &elements).matched();
        let missing = own.iter().enumerate().filter(|(_, own)| own.is_none()).map(|(index, _)| index).collect();
        if !extra {
            return Unmet { missing, extra: vec![] };
        }
        let taken: HashSet<usize> = own.iter().flatten().copied().collect();
        Unmet { missing, extra: (0..elements.count()).filter(|index| !taken.contains(index)).collect() }
    }
}

/// `contain-elements`; with `exact`, `consist-of`.
pub fn contains(tests: &[Test], elements: Elements<'_>, exact: bool) -> Held {
    if exact && elements.cut().is_none() && elements.clone().count() != tests.len() {
        return Ok(false);
    }
    let cut = elements.cut();
    match (Pairs::new(tests, &elements).all_have_one(), cut) {
        (held, None) => held,
        (Ok(true), Some(_)) if !exact => Ok(true),
        (_, Some(bound)) => Err(super::Doubt::Cut(bound)),
    }
}

/// A largest matching of tests with elements, by augmenting paths.
fn assign(edges: &[Vec<usize>]) -> Vec<Option<usize>> {
    let mut owner: HashMap<usize, usize> = HashMap::new();
    let mut own: Vec<Option<usize>> = vec![None; edges.len()];
    for start in 0..edges.len() {
        // Breadth first; `reached` tells from which test an element was reached.
        let mut reached: HashMap<usize, usize> = HashMap::new();
        let mut queue = vec![start];
        let mut free = None;
        let mut at = 0;
        'search: while let Some(&test) = queue.get(at) {
            at += 1;
            for &element in edges.get(test).into_iter().flatten() {
                if reached.contains_key(&element) {
                    continue;
                }
                reached.insert(element, test);
                match owner.get(&element) {
                    Some(&other) => queue.push(other),
                    None => {
                        free = Some(element);
                        break 'search;
                    }
                }
            }
        }
        while let Some(element) = free {
            let Some(&test) = reached.get(&element) else { break };
            free = own[test].replace(element);
            owner.insert(element, test);
            if test == start {
                break;
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::text::View;
    use crate::value::Value;

    fn list(words: &[&str]) -> Value {
        Value::List(words.iter().map(|w| Value::Text((*w).into())).collect())
    }

    fn has(tests: &[Test], words: &[&str], exact: bool) -> bool {
        let list = list(words);
        contains(tests, Elements::of(View::of(&list)).unwrap(), exact).unwrap()
    }

    fn word(w: &str) -> Test {
        Test::Equal(Value::Text(w.into()))
    }

    #[test]
    fn two_equal_expectations_need_two_elements() {
        assert!(!has(&[word("a"), word("a")], &["a", "b"], false));
        assert!(has(&[word("a"), word("a")], &["a", "b", "a"], false));
        assert!(!has(&[word("a"), word("a")], &["a", "b", "a"], true));
    }

    #[test]
    fn a_greedy_test_gives_way_to_a_choosy_one() {
        let any = || Test::Prefix("a".into());
        assert!(has(&[any(), word("a")], &["a", "ab"], true));
        assert!(has(&[any(), any(), word("a")], &["a", "ab", "ac"], true));
        assert!(!has(&[any(), any(), word("a")], &["a", "ab", "c"], true));
    }

    #[test]
    fn long_lists_of_equal_elements_take_no_time() {
        let words = vec!["a"; 2_000];
        let tests: Vec<Test> = words.iter().map(|w| word(w)).collect();
        assert!(has(&tests, &words, true));
    }
}
