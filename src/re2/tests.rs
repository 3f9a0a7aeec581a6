use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Expressions that goss 0.4.10, built with Go 1.26, refuses, and what it says.
#[rustfmt::skip]
const REFUSED: &[(&str, &str)] = &[
    (r#"("#, r#"missing closing ): `(`"#),
    (r#")"#, r#"unexpected ): `)`"#),
    (r#"a)"#, r#"unexpected ): `a)`"#),
    (r#"(a"#, r#"missing closing ): `(a`"#),
    (r#"[a"#, r#"missing closing ]: `[a`"#),
    (r#"[]"#, r#"missing closing ]: `[]`"#),
    (r#"[]a"#, r#"missing closing ]: `[]a`"#),
    (r#"a**"#, r#"invalid nested repetition operator: `**`"#),
    (r#"a*+"#, r#"invalid nested repetition operator: `*+`"#),
    (r#"a++"#, r#"invalid nested repetition operator: `++`"#),
    (r#"a{2}{3}"#, r#"invalid nested repetition operator: `{2}{3}`"#),
    (r#"a???"#, r#"invalid nested repetition operator: `???`"#),
    (r#"*"#, r#"missing argument to repetition operator: `*`"#),
    (r#"+a"#, r#"missing argument to repetition operator: `+`"#),
    (r#"(*)"#, r#"missing argument to repetition operator: `*`"#),
    (r#"|*"#, r#"missing argument to repetition operator: `*`"#),
    (r#"a|?"#, r#"missing argument to repetition operator: `?`"#),
    (r#"(?i)*"#, r#"missing argument to repetition operator: `*`"#),
    (r#"a{1001}"#, r#"invalid repeat count: `{1001}`"#),
    (r#"a{2,1}"#, r#"invalid repeat count: `{2,1}`"#),
    (r#"((a{10}){10}){11}"#, r#"invalid repeat count: `{11}`"#),
    (r#"(a{0}){1001}"#, r#"invalid repeat count: `{1001}`"#),
    (r#"(?x)a"#, r#"invalid or unsupported Perl syntax: `(?x`"#),
    (r#"(?-u)a"#, r#"invalid or unsupported Perl syntax: `(?-u`"#),
    (r#"(?P<n>a"#, r#"missing closing ): `(?P<n>a`"#),
    (r#"(?P<>a)"#, r#"invalid named capture: `(?P<>`"#),
    (r#"(?P<n"#, r#"invalid named capture: `(?P<n`"#),
    (r#"(?P<é>a)"#, r#"invalid named capture: `(?P<é>`"#),
    (r#"(?P=n)"#, r#"invalid or unsupported Perl syntax: `(?P`"#),
    (r#"(?=a)"#, r#"invalid or unsupported Perl syntax: `(?=`"#),
    (r#"(?!a)"#, r#"invalid or unsupported Perl syntax: `(?!`"#),
    (r#"(?<=a)"#, r#"invalid named capture: `(?<=a)`"#),
    (r#"(?#a)"#, r#"invalid or unsupported Perl syntax: `(?#`"#),
    (r#"(?i-)a"#, r#"invalid or unsupported Perl syntax: `(?i-)`"#),
    (r#"(?"#, r#"invalid or unsupported Perl syntax: `(?`"#),
    (r#"(?i"#, r#"invalid or unsupported Perl syntax: `(?i`"#),
    (r#"\u00e9"#, r#"invalid escape sequence: `\u`"#),
    (r#"\Z"#, r#"invalid escape sequence: `\Z`"#),
    (r#"\C"#, r#"invalid escape sequence: `\C`"#),
    (r#"\8"#, r#"invalid escape sequence: `\8`"#),
    (r#"\1"#, r#"invalid escape sequence: `\1`"#),
    (r#"\x{110000}"#, r#"invalid escape sequence: `\x{110000`"#),
    (r#"\x{}"#, r#"invalid escape sequence: `\x{}`"#),
    (r#"\x4"#, r#"invalid escape sequence: `\x4`"#),
    (r#"\e"#, r#"invalid escape sequence: `\e`"#),
    (r#"\é"#, r#"invalid escape sequence: `\é`"#),
    (r#"\p{None}"#, r#"invalid character class range: `\p{None}`"#),
    (r#"\pX"#, r#"invalid character class range: `\pX`"#),
    (r#"\p{L"#, r#"invalid character class range: `\p{L`"#),
    (r#"[z-a]"#, r#"invalid character class range: `z-a`"#),
    (r#"[a-\d]"#, r#"invalid escape sequence: `\d`"#),
    (r#"[[:foo:]]"#, r#"invalid character class range: `[:foo:]`"#),
    (r#"[[:alpha:]"#, r#"missing closing ]: `[[:alpha:]`"#),
    (r#"[a--b]"#, r#"invalid character class range: `a--`"#),
    (r#"\Q\E*"#, r#"missing argument to repetition operator: `*`"#),
    (r#"\"#, r#"trailing backslash at end of expression: ``"#),
    (r#"[\"#, r#"trailing backslash at end of expression: ``"#),
    (r#"x{99999999999}"#, r#"invalid repeat count: `{99999999999}`"#),
    (r#"x{2,99999999999}"#, r#"invalid repeat count: `{2,99999999999}`"#),
    (r#"[\p{None}]"#, r#"invalid character class range: `\p{None}`"#),
    (r#"[\x{zz}]"#, r#"invalid escape sequence: `\x{z`"#),
    (r#"(?--i:a)"#, r#"invalid or unsupported Perl syntax: `(?--`"#),
];

type Groups = &'static [(&'static str, &'static str)];

/// Expressions that it takes, each on a text, and what its `findStringSubmatch` finds there: by number, or by name where
/// a group has one.
#[rustfmt::skip]
const FOUND: &[(&str, &str, Groups)] = &[
    ("\\d", "٣", &[]),
    ("\\w", "é", &[]),
    ("\\s", "\u{a0}", &[]),
    ("\\s", "\u{b}", &[]),
    ("[[:space:]]", "\u{b}", &[("0", "\u{b}")]),
    ("\\bb", "éb", &[("0", "b")]),
    ("é\\B", " é ", &[("0", "é")]),
    ("\\D+", "a٣1", &[("0", "a٣")]),
    ("[[a]]", "a]", &[("0", "a]")]),
    ("[[a]]", "a", &[]),
    ("[a&&b]+", "b&a", &[("0", "b&a")]),
    ("[+--]+", "-,+", &[("0", "-,+")]),
    ("[~~]", "~", &[("0", "~")]),
    ("\\<a", "<a", &[("0", "<a")]),
    ("\\<a", "a", &[]),
    ("\\Qa.b*\\E+", "a.b**", &[("0", "a.b**")]),
    ("a\\Q\\E*", "aaa", &[("0", "aaa")]),
    ("a{,3}", "a{,3}", &[("0", "a{,3}")]),
    ("{a{1", "{a{1", &[("0", "{a{1")]),
    ("\\012", "\n", &[("0", "\n")]),
    ("\\0", "\u{0}", &[("0", "\u{0}")]),
    ("[\\w-.]+", "a-.", &[("0", "a-.")]),
    ("[]a]+", "a]", &[("0", "a]")]),
    ("[^]a]", "a]b", &[("0", "b")]),
    ("[a-]+", "a-", &[("0", "a-")]),
    ("a$", "a\n", &[]),
    ("(?m)a$", "a\nb", &[("0", "a")]),
    ("(?m)^b", "a\nb", &[("0", "b")]),
    ("^b", "a\nb", &[]),
    ("a.b", "a\nb", &[]),
    ("(?s)a.b", "a\nb", &[("0", "a\nb")]),
    ("[^a]", "\n", &[("0", "\n")]),
    ("a\\z", "a\n", &[]),
    ("(?i)k", "K", &[("0", "K")]),
    ("(?i)[k]", "K", &[("0", "K")]),
    ("(?i)s", "ſ", &[("0", "ſ")]),
    ("(?i)\\w", "ſ", &[("0", "ſ")]),
    ("(?i)\\W", "ſ", &[]),
    ("(?i)ς", "Σ", &[("0", "Σ")]),
    ("(?i)ß", "ẞ", &[("0", "ẞ")]),
    ("(?i)[[:lower:]]+", "AB", &[("0", "AB")]),
    ("(?i)[^k]", "K", &[]),
    ("(?i)\\p{Lu}+", "ab", &[("0", "ab")]),
    ("(?i)\\P{Lu}", "a", &[]),
    ("(?U)a+", "aaa", &[("0", "a")]),
    ("(?U)a+?", "aaa", &[("0", "aaa")]),
    ("a(?i)b|c", "aB", &[("0", "aB")]),
    ("a(?i)b|c", "C", &[("0", "C")]),
    ("(?:(?i)a)b", "AB", &[]),
    ("a(?i)*", "aa", &[("0", "aa")]),
    ("(?i:a)b", "Ab", &[("0", "Ab")]),
    ("\\pL+", "éa1", &[("0", "éa")]),
    ("\\p{Greek}", "Ω", &[("0", "Ω")]),
    ("\\P{^Greek}", "Ω", &[("0", "Ω")]),
    ("\\p{greek}", "Ω", &[("0", "Ω")]),
    ("\\p{^L}", "a1", &[("0", "1")]),
    ("[\\PL\\d]+", "a1-", &[("0", "1-")]),
    ("\\p{Any}", "\n", &[("0", "\n")]),
    ("\\p{Lower-case letter}", "Aa", &[("0", "a")]),
    ("\\p{C}", "\u{378}", &[("0", "\u{378}")]),
    ("[^\\x00-\\x{10FFFF}]", "a", &[]),
    ("\\x{D800}|b", "ab", &[("0", "b")]),
    ("[^\\x{D800}-\\x{DFFF}]", "a", &[("0", "a")]),
    ("[\\x{D7FF}-\\x{E000}]", "\u{e000}", &[("0", "\u{e000}")]),
    ("(|a)+", "aa", &[("0", ""), ("1", "")]),
    ("(a|ab)(c|bcd)", "abcd", &[("0", "abcd"), ("1", "a"), ("2", "bcd")]),
    ("(a*)*", "b", &[("0", ""), ("1", "")]),
    ("(a*)+", "aab", &[("0", "aa"), ("1", "aa")]),
    ("a||b", "b", &[("0", "")]),
    ("x{0}", "x", &[("0", "")]),
    ("(a|b){2,3}?", "abab", &[("0", "ab"), ("1", "b")]),
    ("(){0}(b)", "b", &[("0", "b"), ("1", ""), ("2", "b")]),
    ("(?P<n>a)(?P<n>b)", "ab", &[("n", "b")]),
    ("(?<x>a)|(?P<y>b)", "b", &[("x", ""), ("y", "b")]),
];

/// What it takes and the `regex` crate alone would not, or would read as something else.
const TAKEN: &[&str] = &[
    "a??",
    "^*",
    "a{01}",
    "{",
    "a{",
    "a{1",
    "a{1,2",
    "((a{10}){10}){10}",
    "(((a{100}){0}){100}){10}",
    "\\_",
    "[\\d-z]",
    "()",
    "(?:)",
    "x{1000}",
    "(?mi-sU:a)",
    "(?s-s:a)",
];

#[test]
fn what_go_refuses_is_refused_in_its_words() {
    for (expression, why) in REFUSED {
        assert_eq!(compile(expression).unwrap_err(), format!("error parsing regexp: {why}"), "{expression}");
    }
}

#[test]
fn what_go_takes_finds_what_it_finds_in_go() {
    for (expression, text, groups) in FOUND {
        let regex = compile(expression).unwrap_or_else(|why| panic!("{expression}: {why}"));
        let named = regex.capture_names().flatten().next().is_some();
        let mut found: Vec<(String, &str)> = vec![];
        if let Some(captures) = regex.captures(text) {
            for (nth, name) in regex.capture_names().enumerate() {
                let text = captures.get(nth).map_or("", |group| group.as_str());
                if let Some(name) = name {
                    found.push((name.to_owned(), text));
                } else if !named {
                    found.push((nth.to_string(), text));
                }
            }
        }
        let said: Vec<(String, &str)> = groups.iter().map(|(name, text)| (name.to_string(), *text)).collect();
        assert_eq!(found, said, "{expression} in {text:?}");
    }
    for expression in TAKEN {
        assert!(compile(expression).is_ok(), "{expression}");
    }
}

#[test]
fn scripts_of_several_words_are_known_as_go_spelled_them_before_it_lost_them() {
    assert!(compile("\\p{Old_Italic}").unwrap().is_match("\u{10300}"));
    assert!(compile("\\p{OldItalic}").is_err());
}

#[test]
fn a_group_whose_name_begins_with_a_digit_is_refused_rather_than_lost() {
    assert!(compile("(?P<1a>x)").unwrap_err().contains("`(?P<1a>`"));
}

#[test]
fn expressions_that_explode_are_refused_soon() {
    let nested = |open: &str, close: &str, n: usize| open.repeat(n) + "a" + &close.repeat(n);
    let started = Instant::now();
    for expression in [
        "\\pL{1000}".to_owned(),
        "(.{1,30}){1,30}".repeat(200),
        "[\\pL\\d-z]".repeat(20_000),
        "\\W".repeat(120_000),
        "(?i:a|b)*".repeat(40_000),
        "a".repeat(1 << 20),
        nested("(", ")", 1_100),
        nested("(", ")", 100_000),
        nested("(?:b", ")*", 2_000),
        "(".repeat(200_000),
        "[".repeat(200_000),
    ] {
        let why = compile(&expression).unwrap_err();
        assert!(why.starts_with("error parsing regexp: ") && why.len() < 4 << 10, "{}", why.len());
    }
    for expression in
        [nested("(", ")", 900), nested("(?:b?", ")+", 450), "(?i)abc".repeat(10_000), "a|".repeat(100_000)]
    {
        assert!(compile(&expression).is_ok(), "{}", &expression[..20]);
    }
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(expression in "\\PC{0,40}") {
        _ = compile(&expression);
    }

    #[test]
    fn what_is_written_anew_is_never_what_the_regex_crate_refuses(
        expression in "([a-cK1é .^$|*+?(){},:<>\\[\\]\\\\&~^-]|\\(\\?|\\\\[dDsSwWbBAzQExpP]|\\[:\\^?alpha:\\]|\\{[0-3],?\\}|\\(\\?i:){0,24}"
    ) {
        if let Err(why) = compile(&expression) {
            prop_assert!(!why.contains("too large"), "{expression}: {why}");
        }
    }

    #[test]
    fn a_quoted_text_is_found_as_it_stands(text in "[^\\\\]{0,20}") {
        let regex = compile(&format!("^\\Q{text}\\E$")).unwrap();
        prop_assert!(regex.is_match(&text));
    }
}
