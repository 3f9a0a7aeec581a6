use super::*;
use crate::goss::print;
use proptest::prelude::*;

fn yaml(text: &str) -> Decoded {
    decode(text, 0, Format::Yaml).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

fn json(text: &str) -> Decoded {
    decode(text, 0, Format::Json).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"))
}

/// What is under the first caret, and the message.
fn refused(text: &str, format: Format) -> (&str, Code, String) {
    let wrong = decode(text, 0, format).err().unwrap_or_else(|| panic!("{text} is read"));
    let one = wrong.into_iter().next().unwrap();
    (&text[one.span.start as usize..one.span.end as usize], one.code, one.message)
}

/// The field of the one entry, as data.
fn one(decoded: &Decoded, field: &str) -> Value {
    let entry = decoded.config.sections.values().next().unwrap().values().next().unwrap();
    entry.get(field).map_or(Value::Absent, |said| said.value.clone())
}

fn content(written: &str) -> Value {
    one(&yaml(&format!("matching:\n  a:\n    content: {written}\n")), "content")
}

#[test]
fn scalars_have_the_types_that_yaml_v3_gives_them() {
    for (written, value) in [
        ("yes", Value::Text("yes".into())),
        ("True", Value::Bool(true)),
        ("'true'", Value::Text("true".into())),
        ("0644", Value::Int(420)),
        ("0o17", Value::Int(15)),
        ("1_000", Value::Int(1000)),
        ("18446744073709551615", Value::Size(crate::value::Bytes(u64::MAX))),
        ("1e400", Value::Text("1e400".into())),
        (".inf", Value::Number(f64::INFINITY)),
        ("!!str 5", Value::Text("5".into())),
        ("!!int '5'", Value::Int(5)),
        ("!!float 5", Value::Number(5.0)),
        ("! 5", Value::Int(5)),
        ("!foo 5", Value::Text("5".into())),
        ("!'text'", Value::Text(String::new())),
        ("!!binary aGVsbG8=", Value::Text("hello".into())),
        ("<<", Value::Text("<<".into())),
    ] {
        assert_eq!(content(written), value, "{written}");
    }
    assert!(matches!(content("2001-12-14t21:59:43.10-05:00"), Value::Time(_)));
    assert!(matches!(content("{1: a}"), Value::Pairs(pairs) if pairs[0].0 == Value::Int(1)));
    for written in ["!!int x", "!!bool yes", "!!null x", "!!binary x", "!!int 2001-01-01"] {
        let text = format!("matching: {{a: {{content: {written}}}}}");
        assert_eq!(refused(&text, Format::Yaml).1, Code::Syntax, "{written}");
    }
}

#[test]
fn fields_take_what_go_converts_and_refuse_the_rest() {
    let field = |body: &str, field: &str| one(&yaml(&format!("http: {{a: {{{body}}}}}")), field);
    assert_eq!(field("title: 0x1F", "title"), Value::Text("0x1F".into()));
    assert_eq!(field("title: ~", "title"), Value::Absent);
    assert_eq!(field("allow-insecure: yes", "allow-insecure"), Value::Bool(true));
    assert_eq!(field("skip: \"off\"", "skip"), Value::Bool(false));
    assert_eq!(field("timeout: 5.7", "timeout"), Value::Int(5));
    assert_eq!(field("timeout: 0644", "timeout"), Value::Int(420));
    let list = Value::List(vec![Value::Text("1".into()), Value::Text("true".into())]);
    assert_eq!(field("request-headers: [1, ~, true]", "request-headers"), list);
    for (body, caret) in [
        ("title: [a]", "[a]"),
        ("skip: 1", "1"),
        ("skip: 'true'", "'true'"),
        ("timeout: '5'", "'5'"),
        ("timeout: .nan", ".nan"),
        ("meta: x", "x"),
        ("request-headers: a", "a"),
    ] {
        let text = format!("http: {{a: {{{body}}}}}");
        let (found, code, _) = refused(&text, Format::Yaml);
        assert_eq!((found, code), (caret, Code::WrongType), "{body}");
    }
}

#[test]
fn what_goss_does_not_know_is_refused_in_an_entry_and_passed_over_as_a_section() {
    let (caret, code, message) = refused("file:\n  /a:\n    exist: true\n", Format::Yaml);
    assert_eq!((caret, code), ("exist", Code::UnknownKey));
    assert_eq!(message, "a `file` entry has no attribute `exist`");
    assert_eq!(refused("{\"file\": {\"/a\": {\"Exists\": true}}}", Format::Json).0, "\"Exists\"");
    let decoded = yaml("files:\n  /a: {a: 1, a: 2}\nfile: {}\n");
    assert_eq!(decoded.warnings.len(), 1);
    assert!(decoded.warnings[0].1.contains("`file` is probably meant"), "{:?}", decoded.warnings);
    assert_eq!(refused("file:\n  /a:\n", Format::Yaml).0, "/a");
    assert_eq!(refused("file: []\n", Format::Yaml).0, "[]");
    assert_eq!(refused("- a\n", Format::Yaml).0, "- a");
}

#[test]
fn tests_that_hold_of_everything_are_told_but_not_what_goss_add_writes() {
    let decoded = yaml("file:\n  /a: {exists: true, mode: [], contents: []}\n");
    assert_eq!(decoded.warnings.len(), 1);
    assert_eq!(decoded.warnings[0].1, "`file: /a: mode: []` asserts nothing");
}

#[test]
fn merges_give_way_to_what_is_there() {
    let decoded = yaml(
        "x: &a {mode: '1', owner: a}\ny: &b {owner: b, group: b}\nfile:\n  /f: {<<: [*a, *b], mode: '2', exists: true}\n",
    );
    let text = |field| one(&decoded, field).to_string();
    assert_eq!(["mode", "owner", "group"].map(text), ["\"2\"", "\"a\"", "\"b\""]);
    let whole = yaml("x: &x {user: {a: {exists: true}}}\n<<: *x\n");
    assert_eq!(whole.config.sections.len(), 1);
    for text in ["x: {}\nfile: {<<: 5}\n", "file: &a {<<: *a}\n", "file:\n  /a: &a {exists: {x: *a}}\n"] {
        assert_eq!(refused(text, Format::Yaml).1, Code::Syntax, "{text}");
    }
}

#[test]
fn a_key_written_twice_is_shown_in_both_places() {
    let many: String = (0..30).map(|n| format!("  /{n}: {{exists: true}}\n")).collect();
    for text in [
        "file:\n  /7: {exists: true}\n  /7: {exists: false}\n".to_owned(),
        format!("file:\n{many}  /7: {{exists: false}}\n"),
        "file: {}\nfile: {}\n".to_owned(),
        "matching: {a: {content: {1: a, '1': b}}}".to_owned(),
    ] {
        let wrong = decode(&text, 0, Format::Yaml).unwrap_err();
        assert_eq!((wrong[0].code, wrong[0].also.len()), (Code::DuplicateKey, 1), "{text}");
    }
}

#[test]
fn only_the_first_document_counts() {
    assert_eq!(yaml("file: {}\n---\n- [\n").config.sections.len(), 1);
    assert!(yaml("").config.sections.is_empty());
    assert!(yaml("--- ~\n").config.sections.is_empty());
}

#[test]
fn json_is_read_as_go_reads_it() {
    let decoded =
        json(r#"{"FILE": {"/a": {"exists": true, "exists": false, "size": 420, "meta": {"a": 1}, "meta": {"b": 2}}}}"#);
    assert_eq!(one(&decoded, "exists"), Value::Bool(false));
    assert_eq!(one(&decoded, "size"), Value::Number(420.0));
    assert_eq!(one(&decoded, "meta").to_json().to_string(), r#"{"a":1.0,"b":2.0}"#);
    assert_eq!(one(&json(r#"{"file":{"/a":{"exists":1},"/a":{"exists":2}}}"#), "exists"), Value::Number(2.0));
    for (text, caret) in [
        (r#"{"command":{"a":{"timeout":5.0}}}"#, "5.0"),
        (r#"{"command":{"a":{"timeout":"5"}}}"#, "\"5\""),
        (r#"{"file":{"/a":null}}"#, "\"/a\""),
        (r#"{"file":{"/a":{"title":5}}}"#, "5"),
        (r#"{"file":{}},"#, ","),
        ("", ""),
    ] {
        assert_eq!(refused(text, Format::Json).0, caret, "{text}");
    }
}

#[test]
fn aliases_cannot_blow_the_data_up() {
    let line = |n: usize| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 9].join(","));
    let laughs = format!("a0: &a0 [x]\n{}", (1..12).map(line).collect::<String>());
    let text = format!("{laughs}matching: {{a: {{content: *a11}}}}\n");
    assert_eq!(decode(&text, 0, Format::Yaml).unwrap_err()[0].code, Code::TooLarge);
    let chain: String = (1..1000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
    let text = format!("a0: &a0 [x]\n{chain}matching: {{a: {{content: *a999}}}}\n");
    assert_eq!(decode(&text, 0, Format::Yaml).unwrap_err()[0].code, Code::TooDeep);
}

fn source() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[\\[\\]{}:,=#&*!|>'\"%@`?.<~+\\\\-]",
        6 => prop::sample::select(vec![
            " ", "\n", "\r\n", "\t", "  ", ": ", "- ", "? ", "\n- ", "\n  ", "\n    ", "a", "&a ", "*a", "<<: ", "---\n", "...\n",
            "file:\n", "  /a:\n", "    exists: true\n", "matching: ", "content: ", "x: &a {", "}", "!!int ", "!!str ", "!x ",
            "%YAML 1.1\n---\n", "%TAG !e! tag:x,\n---\n", "é", "😀", "\u{feff}", "\u{2028}", "true", "0x1f", "1_0", "1.5e3",
            "2001-12-14T01:02:03Z", "\\u00e9", "|\n", ">-\n", "|2+\n", "# c\n", "\r", "\u{0}", "\u{85}", "\"a\\\n b\"", "{\"file\":", "null",
        ]).prop_map(String::from),
        1 => "\\PC{0,3}",
    ];
    prop_oneof![prop::collection::vec(word, 0..40).prop_map(|words| words.concat()), any::<String>()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_no_span_leaves_it(text in source()) {
        let inside = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
        for format in [Format::Yaml, Format::Json] {
            match decode(&text, 0, format) {
                Err(wrong) => {
                    prop_assert!(!wrong.is_empty());
                    for one in wrong {
                        prop_assert!(inside(one.span), "{one:?}");
                        prop_assert!(one.also.iter().all(|(span, _)| inside(*span)), "{one:?}");
                    }
                }
                Ok(decoded) => {
                    for entry in decoded.config.sections.values().flat_map(|entries| entries.values()) {
                        prop_assert!(inside(entry.span) && entry.fields.iter().all(|said| inside(said.span)));
                    }
                    let printed = print(&decoded.config, format);
                    match decode(&printed, 0, format) {
                        Ok(again) => prop_assert_eq!(print(&again.config, format), printed),
                        // What aliases and merges bring together may not be written out.
                        Err(wrong) => {
                            let known = [Code::DuplicateKey, Code::TooDeep, Code::TooLarge];
                            prop_assert!(wrong.iter().all(|one| known.contains(&one.code)), "{wrong:?} of {printed}");
                        }
                    }
                }
            }
        }
        let _ = decode_vars(&text, 0);
    }
}
