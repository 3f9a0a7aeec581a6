use super::*;
use crate::syntax::{Code, Diagnostic};

/// A document as one line: tags, quotes and anchors shown.
fn shown(text: &str) -> String {
    let document = parse(text, 0).unwrap_or_else(|wrong| panic!("{text:?}: {wrong:?}"));
    document.root.map_or("nothing".into(), |root| node(&document, root))
}

fn node(document: &Document<'_>, id: Id) -> String {
    let Node { tag, body, .. } = &document[id];
    let tag = tag.as_deref().map(|tag| format!("{tag} ")).unwrap_or_default();
    let body = match body {
        Body::Scalar { text, quoted: true } => format!("{text:?}"),
        Body::Scalar { text, quoted: false } => text.replace('\n', "\\n"),
        Body::List(items) => {
            format!("[{}]", items.iter().map(|item| node(document, *item)).collect::<Vec<_>>().join(", "))
        }
        Body::Map(entries) => {
            let entries =
                entries.iter().map(|(key, value)| format!("{}: {}", node(document, *key), node(document, *value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Body::Alias(name, _) => format!("*{name}"),
    };
    tag + &body
}

fn wrong(text: &str) -> Diagnostic {
    *parse(text, 0).err().unwrap_or_else(|| panic!("{text:?} is read"))
}

#[test]
fn what_libyaml_reads_is_read_alike() {
    for (text, tree) in [
        ("", "nothing"),
        ("# c\n", "nothing"),
        ("---\n...\n", ""),
        ("a: b\nc:\n- d\n- - e\n  -\n", "{a: b, c: [d, [e, ]]}"),
        ("a:\n  b: c\n    d\n\n    e\nf: 'g\n\n  h'\n", "{a: {b: c d\\ne}, f: \"g\\nh\"}"),
        ("? a\n? [b]\n: c\n", "{a: , [b]: c}"),
        ("{a, b: , c: d, \"e\":f, ? g : h, ? }", "{a: , b: , c: d, \"e\": f, g: h, : }"),
        ("[a: b, ? c, d, [], {}, ]", "[{a: b}, {c: }, d, [], {}]"),
        ("a: |\n  x\n   y\n\nb: >-\n  x\n  y\n\n  z\n", "{a: \"x\\n y\\n\", b: \"x y\\nz\"}"),
        ("a: |2+\n   x\n\n", "{a: \" x\\n\\n\"}"),
        ("\"a\\\n  b \\x41\\u00e9\\\n \"", "\"ab Aé\""),
        ("&a x: &b [*a]\ny: *b\n", "{x: [*a], y: *b}"),
        ("!!str 5", "!!str 5"),
        ("! 5", "5"),
        ("!'text'", "!'text' "),
        ("!<tag:yaml.org,2002:int> 5", "!!int 5"),
        ("%TAG !e! tag:e,\n--- !e!x%41 y", "tag:e,xA y"),
        ("%YAML 1.1\n---\na\n---\nb\n", "a"),
        ("# c\n\t# d\na: b\n", "{a: b}"),
        ("\"a\"#c", "\"a\""),
        ("\u{feff}a: b\r\nc: d\re: f\n", "{a: b, c: d, e: f}"),
        ("a:b: c:d\n", "{a:b: c:d}"),
        ("[a\n  ,b]", "[a, b]"),
    ] {
        assert_eq!(shown(text), tree, "{text:?}");
    }
}

#[test]
fn the_caret_stands_under_what_is_wrong() {
    for (text, caret, message) in [
        ("a: [1, 2", "[", "this `[` is never closed"),
        ("a: {b: 1]", "]", "`,` or `}` should stand before this"),
        ("a: \"x", "\"x", "this text has no closing quote"),
        ("é: b: c", ":", "a key and its value cannot stand here"),
        ("a:\n\tb: 1", "\t", "a tab stands where YAML wants spaces"),
        ("a: 1\nfoo\nb: 2", "foo", "this is neither `key: value` nor an element of a list"),
        ("a:\n  b: 1\n c: 2", "c: 2", "this line belongs to nothing above it"),
        ("é: @x", "@", "text cannot begin with `@`"),
        ("a: \"x \\d+\"", "\\d", "`\\d` is no escape in double quotes"),
        ("a: \"\\ud83d\\ude00\"", "\\ud83d", "this escape names no character"),
        ("a: - b", "-", "a list with `-` cannot begin here"),
        ("a: *", "*", "`*` takes the name of an anchor"),
        ("a: *x", "*x", "no anchor `&x` stands before this alias"),
        ("a: |x", "|x", "text in a block begins on the line after `|` or `>`"),
        ("a: !x{}", "!x{}", "this does not read as a tag"),
        ("%YAML 1.2\n---\na: 1", "%YAML 1.2", "goss reads no YAML but 1.1 where its version is said"),
        ("a: x\u{0}", "\u{0}", "the character U+0000 may not stand in YAML"),
    ] {
        let wrong = wrong(text);
        let span = wrong.span;
        let at = &text[span.start as usize..span.end as usize];
        assert_eq!((at, &*wrong.message, wrong.code), (caret, message, Code::Syntax), "{text:?}");
    }
}

#[test]
fn spans_are_exact_behind_other_alphabets() {
    let text = "é:\r\n  - ü # c\r\n  - [a, {b: \"c\"}]\r\n  - |\r\n    d\r\n";
    let document = parse(text, 0).unwrap();
    let at = |id: Id| &text[document[id].span.start as usize..document[id].span.end as usize];
    let Body::Map(entries) = &document[document.root.unwrap()].body else { panic!() };
    assert_eq!(at(entries[0].0), "é");
    let Body::List(items) = &document[entries[0].1].body else { panic!() };
    let items: Vec<_> = items.iter().map(|item| at(*item)).collect();
    assert_eq!(items, ["ü", "[a, {b: \"c\"}]", "|\r\n    d"]);
}

#[test]
fn depth_is_bounded_however_it_is_written() {
    for text in [
        "[".repeat(100_000),
        "{a: ".repeat(50_000),
        "- ".repeat(100_000),
        "? ".repeat(100_000),
        (0..1_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect(),
        "[? ".repeat(50_000),
    ] {
        assert_eq!(wrong(&text).code, Code::TooDeep, "{}", &text[..20]);
    }
}

#[test]
fn scalars_mean_what_yaml_v3_takes_them_for() {
    use time::macros::datetime;
    for (text, meaning) in [
        ("9223372036854775807", Meaning::Int(i64::MAX)),
        ("9223372036854775808", Meaning::Large(1 << 63)),
        ("0x8000000000000000", Meaning::Large(1 << 63)),
        ("+9223372036854775808", Meaning::Float(9223372036854775808.0)),
        ("18446744073709551616", Meaning::Float(18446744073709551616.0)),
        ("2001-12-14", Meaning::Time(datetime!(2001-12-14 0:00 UTC))),
        ("2001-1-2 3:4:5.5", Meaning::Time(datetime!(2001-01-02 3:04:05.5 UTC))),
        ("2001-12-14t21:59:43.10-05:00", Meaning::Time(datetime!(2001-12-14 21:59:43.1 -5))),
        ("2001-12-14 21:59:43 -5", Meaning::Text),
        ("2001-02-30", Meaning::Text),
        ("2001-12-14T21:59:43", Meaning::Text),
        ("12:30:45", Meaning::Text),
        ("yes", Meaning::Text),
        ("", Meaning::Null),
    ] {
        assert_eq!(resolve(text), meaning, "{text}");
    }
}
