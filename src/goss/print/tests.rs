use super::*;
use crate::goss::decode::decode;
use proptest::prelude::*;

fn printed(text: &str, format: Format) -> String {
    print(&decode(text, 0, format).unwrap().config, format)
}

#[test]
fn yaml_is_printed_as_yaml_v3_prints_it() {
    let text = r##"
port: {"tcp:22": {listening: true, ip: [0.0.0.0]}, tcp:8: {listening: false}}
matching:
  a:
    matches: {and: [{gt: 1.5}, [], {}, [x, [y]]]}
    content: ["yes", 'a: b', "a\tb", "#", "1:30", "", "'", "a\nb\n", " a\nb", "\u00e9\U0001F600", 1000000.0, ~, 2001-01-01]
  b: {content: {1: a, 2.5: b, x: "\n\n a\n"}, matches: "x\ny\n\n"}
command:
  ? |
    a
    b
  : exit-status: 0
file: {/a: {exists: true, title: "", meta: {}, skip: false, mode: []}}
"##;
    let expected = r#"file:
    /a:
        exists: true
        mode: []
        contents: null
port:
    tcp:8:
        listening: false
    tcp:22:
        listening: true
        ip:
            - 0.0.0.0
command:
    ? |
        a
        b
    :   exit-status: 0
        stdout: null
        stderr: null
        timeout: 0
matching:
    a:
        content:
            - "yes"
            - 'a: b'
            - "a\tb"
            - '#'
            - "1:30"
            - ""
            - ''''
            - |
              a
              b
            - " a\nb"
            - "é\U0001F600"
            - 1e+06
            - null
            - 2001-01-01T00:00:00Z
        matches:
            and:
                - gt: 1.5
                - []
                - {}
                - - x
                  - - "y"
    b:
        content:
            1: a
            2.5: b
            x: |4


                 a
        matches: |+
            x
            y

"#;
    assert_eq!(printed(text, Format::Yaml), expected);
    assert_eq!(printed("", Format::Yaml), "{}\n");
}

#[test]
fn json_is_printed_as_gos_marshal_indent_prints_it() {
    let text = r#"{"file": {"/a": {"exists": "<&>\u2028\u0001\"\\é", "size": 5, "uid": 1e21, "gid": 1e-7, "mode": [], "owner": {}}}}"#;
    let expected = r#"{
    "file": {
        "/a": {
            "exists": "\u003c\u0026\u003e\u2028\u0001\"\\é",
            "mode": [],
            "size": 5,
            "owner": {},
            "uid": 1e+21,
            "gid": 1e-7,
            "contents": null
        }
    }
}"#;
    assert_eq!(printed(text, Format::Json), expected);
    assert_eq!(printed("{}", Format::Json), "{}");
}

/// Text of what YAML has a second look at.
fn text() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        3 => "[a-zA-Z0-9]{1,3}",
        3 => "[\\[\\]{}:,=#&*!|>'\"%@`?.<~+\\\\/ -]",
        2 => prop::sample::select(vec!["\n", "\n\n", " ", "  ", "\t", "\r", "\u{85}", "\u{2028}", "é", "😀", "\u{feff}", "\u{0}", "\u{7f}", ": ", " #", "- ", "---", "..."]).prop_map(String::from),
    ];
    prop_oneof![
        5 => prop::collection::vec(bit, 0..8).prop_map(|bits| bits.concat()),
        1 => prop::sample::select(vec!["yes", "null", "~", "0644", "1e3", ".inf", "2001-01-01", "1:30", "<<", "0x1", "1_0", "true"]).prop_map(String::from),
        1 => "\\PC{0,200}",
    ]
}

fn data() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("equal to itself", |n| !n.is_nan()).prop_map(Value::Number),
        (i64::MAX as u64 + 1..).prop_map(|n| Value::Size(crate::value::Bytes(n))),
        text().prop_map(Value::Text),
    ];
    scalar.prop_recursive(4, 40, 6, |inner| {
        let map = prop::collection::btree_map(text(), inner.clone(), 0..6);
        let pairs = prop::collection::btree_map(any::<i64>(), inner.clone(), 1..4);
        prop_oneof![
            prop::collection::vec(inner, 0..6).prop_map(Value::List),
            map.prop_map(|map| Value::Map(map.into_iter().collect())),
            pairs.prop_map(|map| Value::Pairs(map.into_iter().map(|(key, value)| (Value::Int(key), value)).collect())),
        ]
    })
}

/// The number as YAML has it: whole ones without a point are whole.
fn as_read(value: &Value, format: Format) -> Value {
    match value {
        Value::Number(n) if format == Format::Yaml => {
            match crate::syntax::libyaml::resolve(yaml::print(value).trim_end()) {
                crate::syntax::libyaml::Meaning::Int(n) => Value::Int(n),
                _ => Value::Number(*n),
            }
        }
        Value::List(list) => Value::List(list.iter().map(|one| as_read(one, format)).collect()),
        Value::Map(map) => Value::Map(map.iter().map(|(key, one)| (key.clone(), as_read(one, format))).collect()),
        Value::Pairs(map) => {
            let mut map: Vec<_> = map.iter().map(|(key, one)| (key.clone(), as_read(one, format))).collect();
            map.sort_by_key(|(key, _)| if let Value::Int(n) = key { *n } else { 0 });
            Value::Pairs(map)
        }
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(1_000), ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back_the_same(value in data(), name in text()) {
        let tree = Value::Map(vec![("matching".into(), Value::Map(vec![(name, Value::Map(vec![("matches".into(), value.clone())]))]))]);
        let text = print_value(&order::sorted(&tree, Format::Yaml), Format::Yaml);
        let decoded = decode(&text, 0, Format::Yaml).map_err(|wrong| TestCaseError::fail(format!("{wrong:?} of {text}")))?;
        let read = decoded.config.sections.values().next().unwrap().values().next().unwrap();
        let read = &read.get("matches").unwrap().value;
        prop_assert_eq!(as_read(read, Format::Yaml), as_read(&value, Format::Yaml), "{}", text);
    }
}

#[test]
fn keys_are_in_yaml_v3s_order() {
    let text =
        "file: {/a10: {}, /a9: {}, /a: {}, /A: {}, /a-b: {}, /a/b: {}, '/1': {}, '/01': {}, /a.b: {}, /aa: {}}\n";
    let names: Vec<_> = printed(text, Format::Yaml)
        .lines()
        .filter_map(|line| line.strip_prefix("    ").filter(|line| !line.starts_with(' ')).map(str::to_owned))
        .collect();
    assert_eq!(names, ["/1:", "/01:", "/A:", "/a:", "/a-b:", "/a.b:", "/a/b:", "/a9:", "/a10:", "/aa:"]);
}
