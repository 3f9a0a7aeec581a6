//! Every mistake with a matcher: its code, its place and its help.

use super::written::{lowered, page};
use crate::syntax::{Code, Help};
use crate::value::Type;

const WORDS: &[&str] = &["file", "directory", "symlink"];
const TEXTS: Type = Type::List(&Type::Text);

/// The code, what the caret stands under, and what the help says or writes.
#[track_caller]
fn refused(spec: &str, ty: Type, code: Code, under: &str, help: &str) {
    let wrong = match lowered(spec, ty) {
        Err(wrong) => wrong,
        Ok(test) => panic!("{spec} lowers to {test:?}"),
    };
    let page = page(spec, &wrong);
    let one = &wrong[0];
    assert_eq!((one.code, wrong.len()), (code, 1), "{page}");
    assert_eq!(&spec[one.span.start as usize..one.span.end as usize], under, "{page}");
    let said = match &one.help {
        Some(Help::Say(text)) => text.as_str(),
        Some(Help::Replace(_, with)) => with.as_str(),
        None => "",
    };
    assert!(said.contains(help) && (help.is_empty() == said.is_empty()), "{page}");
}

#[test]
fn a_matcher_that_is_none_is_told_with_the_one_that_was_meant() {
    use Code::{MatcherType, OneMatcher, UnknownMatcher};
    refused("{have-prefx: a}", Type::Text, UnknownMatcher, "have-prefx", "have-prefix");
    refused("{contains: a}", Type::Text, UnknownMatcher, "contains", "contain-substring");
    refused("{contains: a}", TEXTS, UnknownMatcher, "contains", "contain-element");
    refused("{\">=\": 5}", Type::Int, UnknownMatcher, "\">=\"", "ge");
    refused("{foo: a}", Type::Duration, UnknownMatcher, "foo", "`between`");
    refused("{foo: a}", Type::Any, UnknownMatcher, "foo", "equal");
    refused("{gt: 1, lt: 2}", Type::Int, OneMatcher, "lt", "and = [{ gt = … }, { lt = … }]");
    refused("{ge: 1, le: 2}", Type::Int, OneMatcher, "le", "between");
    refused("{}", Type::Int, OneMatcher, "{}", "MATCHER");
    refused("{a: 1, b: 2}", Type::Any, OneMatcher, "{a: 1, b: 2}", "equal");
    refused("{gt: 1}", Type::Mode, MatcherType, "gt", "one-of");
    refused("{gt: 1}", Type::Bool, MatcherType, "gt", "`true` or `false`");
    refused("{have-prefix: a}", TEXTS, MatcherType, "have-prefix", "contain-element = { have-prefix");
    refused("{have-len: 3}", Type::Duration, MatcherType, "have-len", "a duration");
    refused("{not: {contain-element: a}}", Type::Choice(WORDS), MatcherType, "contain-element", "one-of");
}

#[test]
fn an_operand_of_the_wrong_kind_is_told_with_the_right_one() {
    use Code::{BadPath, MatcherOperand};
    refused("{have-prefix: [a]}", Type::Text, MatcherOperand, "[a]", "");
    refused("{have-prefix: 5}", Type::Text, MatcherOperand, "5", "\"5\"");
    refused("{contain-elements: a}", TEXTS, MatcherOperand, "a", "contain-element");
    refused("{have-len: \"3\"}", Type::Any, MatcherOperand, "\"3\"", "3");
    refused("{have-len: many}", Type::Any, MatcherOperand, "many", "");
    refused("{gt: \"5\"}", Type::Content, MatcherOperand, "\"5\"", "5");
    refused("{gt: [5]}", Type::Int, MatcherOperand, "[5]", "");
    refused("{between: [5]}", Type::Int, MatcherOperand, "[5]", "");
    refused("{equal: [1]}", Type::Int, MatcherOperand, "[1]", "");
    refused("{semver-constraint: nope}", Type::Text, MatcherOperand, "nope", "1.2.x");
    refused("{gjson: a}", Type::Any, MatcherOperand, "a", "");
    refused("{gjson: {\"a.#(\": 1}}", Type::Any, BadPath, "\"a.#(\"", "");
    refused("{xml: {xpath: a}}", Type::Any, MatcherOperand, "xml", "result");
    refused("{xml: {xpat: a}}", Type::Any, MatcherOperand, "xpat", "xpath");
    refused("{xml: {xpath: \"a[\", result: 1}}", Type::Any, BadPath, "\"a[\"", "");
}

#[test]
fn a_value_of_another_type_is_told_with_how_to_write_it() {
    use Code::WrongType;
    refused("\"yes\"", Type::Bool, WrongType, "\"yes\"", "true");
    refused("0", Type::Bool, WrongType, "0", "false");
    refused("644", Type::Mode, WrongType, "644", "\"0644\"");
    refused("0o4755", Type::Mode, WrongType, "0o4755", "\"4755\"");
    refused("[644]", Type::Mode, WrongType, "[644]", "one-of");
    refused("\"80\"", Type::Int, WrongType, "\"80\"", "80");
    refused("{one-of: [80, \"81\"]}", Type::Int, WrongType, "\"81\"", "81");
    refused("true", Type::Text, WrongType, "true", "\"true\"");
    refused("null", Type::Int, WrongType, "null", "take the key away");
    refused("{equal: {a: null}}", Type::Any, WrongType, "null", "take the key away");
    refused("[5]", Type::Content, WrongType, "5", "\"5\"");
    refused("\">= 1\"", Type::List(&Type::Version), WrongType, "\">= 1\"", "each");
}

#[test]
fn what_can_never_hold_or_always_does_is_told() {
    use Code::{AssertsNothing, CannotHold};
    refused("directry", Type::Choice(WORDS), CannotHold, "directry", "directory");
    refused("{or: [file, \"sock\"]}", Type::Choice(WORDS), CannotHold, "\"sock\"", "symlink");
    refused("{between: [5, 3]}", Type::Int, CannotHold, "[5, 3]", "");
    refused("{between: [\"1.10\", \"1.9\"]}", Type::Version, CannotHold, "[\"1.10\", \"1.9\"]", "");
    refused("{have-len: -1}", Type::Any, CannotHold, "-1", "");
    refused("{and: [\"> 5\", {lt: 6}]}", Type::Int, CannotHold, "[\"> 5\", {lt: 6}]", "");
    refused("\"> 100%\"", Type::Percent, CannotHold, "\"> 100%\"", "");
    refused("\"150%\"", Type::Share, CannotHold, "\"150%\"", "");
    refused("{one-of: []}", Type::Int, CannotHold, "[]", "what it may be");
    refused("{or: []}", Type::Int, CannotHold, "[]", "what it may be");
    refused("2.5", Type::Int, CannotHold, "2.5", "");
    for (spec, ty, under, help) in [
        ("[]", TEXTS, "[]", "consist-of"),
        ("[]", Type::Content, "[]", "`\"\"`"),
        ("[]", Type::Any, "[]", "have-len"),
        ("{and: []}", Type::Int, "[]", "take it away"),
        ("{contain-elements: []}", TEXTS, "[]", "consist-of"),
        ("{have-patterns: []}", Type::Text, "[]", "equal"),
        ("{have-prefix: \"\"}", Type::Text, "\"\"", "equal"),
        ("{contain-substring: \"\"}", Type::Any, "\"\"", "equal"),
        ("{match-regexp: \"\"}", Type::Any, "\"\"", "equal"),
        ("{gjson: {}}", Type::Any, "{}", "@this"),
        ("[\"\"]", Type::Content, "\"\"", "a line should have"),
        ("[\"!//\"]", Type::Content, "\"!//\"", "/./"),
    ] {
        refused(spec, ty, AssertsNothing, under, help);
    }
    refused("\">= 0%\"", Type::Percent, AssertsNothing, "\">= 0%\"", "");
}

#[test]
fn regexes_patterns_and_quantities_are_told_to_the_letter() {
    use Code::{BadPattern, BadQuantity, BadRegex};
    refused("{match-regexp: \"a(b\"}", Type::Text, BadRegex, "(", "");
    refused("[\"!/a(?=b)/\"]", Type::Content, BadRegex, "(?=", "(?=");
    refused("{match-regexp: \"a{b\"}", Type::Text, BadRegex, "b", "\\{");
    refused("[\"/var/log/\"]", Type::Content, BadPattern, "\"/var/log/\"", "'\\/var/log/'");
    refused("[\"a\\nb\"]", Type::Text, BadPattern, "\"a\\nb\"", "contain-substring");
    for (spec, ty, under, help) in [
        ("30", Type::Duration, "30", "\"30d\""),
        ("\">= 30\"", Type::Duration, "30", "\"30d\""),
        ("\"5 parsecs\"", Type::Duration, "\"5 parsecs\"", "1h30m"),
        ("\"10 gib\"", Type::Size, "\"10 gib\"", "10 GiB"),
        ("{lt: ten}", Type::Size, "ten", "512K"),
        ("\"=> 5 GiB\"", Type::Size, "\"=> 5 GiB\"", ">= 5 GiB"),
        ("\"~> 5\"", Type::Version, "\"~> 5\"", ">= 1.22"),
        ("\">= 1 GiB, < 2 GiB\"", Type::Size, "\">= 1 GiB, < 2 GiB\"", "and = [\">= 1 GiB\", \"< 2 GiB\"]"),
        ("\"1.22.*\"", Type::Version, "\"1.22.*\"", "have-prefix = \"1.22.\""),
        ("\"2030-01-01 10:00:00\"", Type::Time, "\"2030-01-01 10:00:00\"", "2030-01-01T10:00:00Z"),
        ("0.8", Type::Percent, "0.8", "80%"),
        ("\"80\"", Type::Percent, "\"80\"", "80%"),
        ("\"rw-r-s--t\"", Type::Mode, "\"rw-r-s--t\"", "3651"),
        ("\"0888\"", Type::Mode, "\"0888\"", "0644"),
    ] {
        refused(spec, ty, BadQuantity, under, help);
    }
}

#[test]
fn every_mistake_of_a_list_is_told() {
    let wrong = lowered("{and: [{gt: [1]}, {foo: 2}, {one-of: [true, null]}]}", Type::Int).unwrap_err();
    let codes: Vec<_> = wrong.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::MatcherOperand, Code::UnknownMatcher, Code::WrongType, Code::WrongType]);
}
