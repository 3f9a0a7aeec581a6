//! Random specs in odd layouts, edited: the data as meant, every other line as it was.

use super::*;
use proptest::prelude::*;

/// Decisions that a layout is made of.
struct Dice {
    bytes: Vec<u8>,
    at: usize,
    comments: usize,
}

impl Dice {
    fn new(bytes: Vec<u8>) -> Dice {
        Dice { bytes, at: 0, comments: 0 }
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.at += 1;
        let byte = self.bytes.get(self.at % self.bytes.len().max(1)).copied().unwrap_or_default();
        (usize::from(byte) + self.at / self.bytes.len().max(1) * 7) % sides
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    /// A comment unlike all others.
    fn comment(&mut self) -> String {
        self.comments += 1;
        format!("# c{}.", self.comments)
    }

    /// Lines between others: blank ones and comments.
    fn between(&mut self, indent: &str) -> String {
        match self.roll(8) {
            0 => "\n".into(),
            1 => format!("{indent}{}\n", self.comment()),
            2 => format!("\n{indent}{}\n", self.comment()),
            3 => format!("{indent}{}\n\n", self.comment()),
            _ => String::new(),
        }
    }

    fn behind(&mut self) -> String {
        if self.one_in(5) { format!(" {}", self.comment()) } else { String::new() }
    }
}

fn text_quoted(text: &str, format: Format, flow: bool, dice: &mut Dice) -> String {
    let hand = Hand { flow, ..Hand::new(format) };
    let single = text.chars().all(|c| matches!(c, ' '..='~') && c != '\'');
    match (format, dice.roll(3)) {
        (Format::Toml | Format::Yaml, 0) if single => format!("'{text}'"),
        (_, 1) => hand.quoted().value(&Value::Text(text.into())),
        _ => hand.value(&Value::Text(text.into())),
    }
}

fn scalar(value: &Value, format: Format, flow: bool, dice: &mut Dice) -> String {
    match value {
        Value::Text(text) => text_quoted(text, format, flow, dice),
        other => Hand::new(format).value(other),
    }
}

/// In brackets: on one line, or over several with comments.
fn brackets(value: &Value, format: Format, indent: &str, dice: &mut Dice) -> String {
    let hand = Hand::new(format).inside();
    let sign = [" = ", "=", ": "][if format == Format::Toml { dice.roll(2) } else { 2 }];
    let lines = dice.one_in(3);
    let inner = format!("{indent}{}", ["  ", "    ", "\t", " "][dice.roll(if format == Format::Yaml { 2 } else { 4 })]);
    let (open, close, items): (_, _, Vec<String>) = match value {
        Value::List(list) => ("[", "]", list.iter().map(|one| brackets(one, format, &inner, dice)).collect()),
        Value::Map(map) => {
            let pair = |(key, one): &(String, Value), dice: &mut Dice| {
                format!("{}{sign}{}", hand.key(key), brackets(one, format, &inner, dice))
            };
            ("{", "}", map.iter().map(|one| pair(one, dice)).collect())
        }
        other => return scalar(other, format, true, dice),
    };
    let comments = format != Format::Json;
    let trailing = comments && dice.one_in(3) && !items.is_empty();
    if !lines {
        let pad = [" ", ""][dice.roll(2)];
        let comma = [", ", ","][if format == Format::Yaml { 0 } else { dice.roll(2) }];
        let end = if trailing { "," } else { "" };
        return format!("{open}{pad}{}{end}{pad}{close}", items.join(comma));
    }
    let mut out = format!("{open}\n");
    for (at, item) in items.iter().enumerate() {
        if comments {
            out += &dice.between(&inner);
        }
        let comma = if at + 1 < items.len() || trailing { "," } else { "" };
        let behind = if comments { dice.behind() } else { String::new() };
        out += &format!("{inner}{item}{comma}{behind}\n");
    }
    if comments {
        out += &dice.between(&inner);
    }
    let close_indent = if format == Format::Yaml { format!("{indent} ") } else { indent.to_owned() };
    format!("{out}{close_indent}{close}")
}

fn yaml_value(value: &Value, indent: &str, dice: &mut Dice) -> String {
    let anchor = if dice.one_in(8) { format!(" &a{}", dice.roll(100)) } else { String::new() };
    anchor + &yaml_bare(value, indent, dice)
}

fn yaml_bare(value: &Value, indent: &str, dice: &mut Dice) -> String {
    let step = [2, 4, 1, 3][dice.roll(4)];
    let inner = format!("{indent}{}", " ".repeat(step));
    match value {
        Value::Map(map) if !map.is_empty() && !dice.one_in(4) => {
            format!("{}\n{}", dice.behind(), yaml_map(map, &inner, dice))
        }
        Value::List(list) if !list.is_empty() && !dice.one_in(3) => {
            let inner = if dice.one_in(2) { indent.to_owned() } else { inner };
            let mut out = format!("{}\n", dice.behind());
            for one in list {
                out += &dice.between(&inner);
                out += &match one {
                    Value::Map(map) if !map.is_empty() && dice.one_in(2) => {
                        let block = yaml_map(map, &format!("{inner}  "), dice);
                        match block.starts_with(&format!("{inner}  ")) && !block.trim_start().starts_with('#') {
                            true => format!("{inner}- {}", block.trim_start()),
                            false => format!("{inner}-\n{block}"),
                        }
                    }
                    one => format!(
                        "{inner}- {}{}{}\n",
                        if dice.one_in(9) { "&b " } else { "" },
                        brackets(one, Format::Yaml, &format!("{inner}  "), dice),
                        dice.behind()
                    ),
                };
            }
            out
        }
        Value::Text(text) if word::suits_block(text) && dice.one_in(2) => {
            let lines: String = text.split('\n').map(|line| format!("{inner}{line}\n")).collect();
            let lines: String = lines.lines().map(|line| format!("{}\n", line.trim_end())).collect();
            match text.ends_with('\n') {
                true => format!(" |\n{}\n", lines.trim_end_matches('\n')),
                false => format!(" |-\n{lines}"),
            }
        }
        Value::Null if dice.one_in(2) => "\n".to_string(),
        other => format!(" {}{}\n", brackets(other, Format::Yaml, indent, dice), dice.behind()),
    }
}

fn yaml_map(map: &[(String, Value)], indent: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    for (key, value) in map {
        out += &dice.between(indent);
        let key = text_quoted(key, Format::Yaml, false, dice);
        out += &format!("{indent}{key}:{}", yaml_value(value, indent, dice));
    }
    out + &dice.between(indent)
}

fn toml_body(prefix: &str, table: &[(String, Value)], indent: &str, dice: &mut Dice) -> String {
    let mut out = String::new();
    for (key, value) in table {
        out += &dice.between(indent);
        let key = format!("{prefix}{}", Hand::new(Format::Toml).key(key));
        match value {
            Value::Map(map) if !map.is_empty() && dice.one_in(3) => {
                out += &toml_body(&format!("{key}."), map, indent, dice)
            }
            value => {
                let sign = [" = ", "=", "  =   "][dice.roll(3)];
                out +=
                    &format!("{indent}{key}{sign}{}{}\n", brackets(value, Format::Toml, indent, dice), dice.behind());
            }
        }
    }
    out
}

fn toml(root: &[(String, Value)], dice: &mut Dice) -> String {
    let hand = Hand::new(Format::Toml);
    let (mut first, mut tables) = (String::new(), vec![]);
    for (kind, section) in root {
        let key = hand.key(kind);
        let Value::Map(entries) = section else {
            first += &format!("{key} = {}\n", brackets(section, Format::Toml, "", dice));
            continue;
        };
        match dice.roll(6) {
            0 => first += &format!("{key} = {}\n", brackets(section, Format::Toml, "", dice)),
            1 => first += &toml_body("", &[(kind.clone(), section.clone())], "", dice),
            2 => tables.push(format!("[{key}]\n{}", toml_body("", entries, ["", "  "][dice.roll(2)], dice))),
            _ if entries.is_empty() => tables.push(format!("[{key}]\n")),
            _ => {
                for (name, body) in entries {
                    let indent = ["", "", "  "][dice.roll(3)];
                    let name = format!("{key}.{}", hand.key(name));
                    let Value::Map(body) = body else { continue };
                    let (sub, own): (Vec<_>, Vec<_>) =
                        body.iter().cloned().partition(|(_, one)| matches!(one, Value::Map(_)) && dice.one_in(4));
                    let mut table = format!("{indent}[{name}]{}\n", dice.behind());
                    table += &toml_body("", &own, indent, dice);
                    for (key, one) in sub {
                        let Value::Map(one) = one else { continue };
                        table +=
                            &format!("{indent}  [{name}.{}]\n{}", hand.key(&key), toml_body("", &one, "    ", dice));
                    }
                    tables.push(table);
                }
            }
        }
    }
    if dice.one_in(3) && tables.len() > 2 {
        tables.swap(0, 2);
    }
    tables.into_iter().fold(first, |all, table| all + &dice.between("") + &table) + &dice.between("")
}

/// The data in a layout, and whether line ends and the file's beginning and end are odd.
fn lay_out(root: &[(String, Value)], format: Format, dice: &mut Dice) -> String {
    let mut text = match format {
        Format::Toml => toml(root, dice),
        Format::Json => brackets(&Value::Map(root.to_vec()), Format::Json, "", dice) + ["\n", ""][dice.roll(2)],
        Format::Yaml => {
            let head = ["", "", "---\n", "# c0.\n---\n"][dice.roll(4)];
            let foot = ["", "", "...\n"][dice.roll(3)];
            let indent = ["", "", "", "  "][dice.roll(4)];
            match dice.one_in(8) {
                true => format!("{head}{}\n{foot}", brackets(&Value::Map(root.to_vec()), Format::Yaml, "", dice)),
                false => format!("{head}{}{foot}", yaml_map(root, indent, dice)),
            }
        }
    };
    if dice.one_in(3) {
        text = text.replace('\n', "\r\n");
    }
    if dice.one_in(4) {
        text = text.trim_end().to_owned();
    }
    if dice.one_in(5) {
        text.insert(0, '\u{feff}');
    }
    text
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => "[a-z]{1,6}",
        2 => prop::sample::select(vec![
            "/etc/a b", "tcp:80", "yes", "0644", "12:30", "<<", "a.b", "a#b", "a: b", "it's", "\"q\"", "x\\y", "-", "~", ">= 1", "é",
            "null", "1_000", "[a]", "{b}", "a, b", "# no", "!x", "*x", "&x", "|", "a\nb\n", "a\nb", "\ta", " a", "a ", "\u{85}", "\u{feff}",
        ]).prop_map(String::from),
        1 => "\\PC{0,6}",
        1 => any::<String>(),
    ]
}

fn scalars() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => words().prop_map(Value::Text),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i64>().prop_map(Value::Int),
        1 => (-1e15f64..1e15).prop_map(Value::Number),
    ]
}

fn map_of(
    values: impl Strategy<Value = Value>,
    size: std::ops::Range<usize>,
) -> impl Strategy<Value = Vec<(String, Value)>> {
    prop::collection::vec((words(), values), size).prop_map(|mut map| {
        let mut seen = std::collections::HashSet::new();
        map.retain(|(key, _)| seen.insert(key.clone()));
        map
    })
}

fn data() -> impl Strategy<Value = Value> {
    scalars().prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
            map_of(inner, 0..4).prop_map(Value::Map),
        ]
    })
}

fn bodies() -> impl Strategy<Value = Vec<(String, Value)>> {
    map_of(data(), 0..4)
}

const KINDS: &[&str] = &["file", "package", "service", "port", "user", "x y"];

fn specs() -> impl Strategy<Value = Vec<(String, Value)>> {
    let section = map_of(bodies().prop_map(Value::Map), 0..4).prop_map(Value::Map);
    let sections = prop::sample::subsequence(KINDS.to_vec(), 0..5).prop_shuffle();
    (sections, prop::collection::vec(section, 5))
        .prop_map(|(kinds, sections)| kinds.into_iter().map(String::from).zip(sections).collect())
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    let entry = (prop::sample::select(KINDS.to_vec()), words(), bodies(), prop::collection::vec("\\PC{0,5}", 0..2));
    let entry = entry.prop_map(|(kind, name, body, remarks)| Entry { kind: kind.into(), name, body, remarks });
    prop::collection::vec(entry, 1..4)
}

fn formats() -> impl Strategy<Value = Format> {
    prop_oneof![Just(Format::Toml), Just(Format::Yaml), Just(Format::Json)]
}

/// Maps sorted by their keys.
fn sorted(value: &Value) -> Value {
    match value {
        Value::List(list) => Value::List(list.iter().map(sorted).collect()),
        Value::Map(map) => {
            let mut map: Vec<_> = map.iter().map(|(key, one)| (key.clone(), sorted(one))).collect();
            map.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(map)
        }
        other => other.clone(),
    }
}

fn data_of(text: &str, format: Format) -> Value {
    let (root, wrong) = syntax::parse(text, 0, format);
    assert!(wrong.is_empty(), "{wrong:?}\n{text}");
    root.as_ref().map_or(Value::Null, Value::from)
}

fn child<'v>(value: &'v mut Value, key: &str) -> &'v mut Value {
    if !matches!(value, Value::Map(_)) {
        *value = Value::Map(vec![]);
    }
    let Value::Map(map) = value else { unreachable!() };
    let at = map.iter().position(|(other, _)| other == key).unwrap_or_else(|| {
        map.push((key.into(), Value::Null));
        map.len() - 1
    });
    &mut map[at].1
}

fn at<'v>(value: &'v mut Value, path: &[Step]) -> &'v mut Value {
    path.iter().fold(value, |value, step| match (step, value) {
        (Step::Key(key), value) => child(value, key),
        (Step::Index(at), Value::List(list)) => &mut list[*at],
        _ => unreachable!(),
    })
}

/// Every path that leads to something.
fn paths(value: &Value, path: Vec<Step>, all: &mut Vec<Vec<Step>>) {
    let mut go = |step: Step, one: &Value| {
        let path: Vec<Step> = path.iter().cloned().chain([step]).collect();
        paths(one, path.clone(), all);
        all.push(path);
    };
    match value {
        Value::List(list) => list.iter().enumerate().for_each(|(at, one)| go(Step::Index(at), one)),
        Value::Map(map) => map.iter().for_each(|(key, one)| go(Step::Key(key.clone()), one)),
        _ => {}
    }
}

/// Whether the lines of one that have no brackets are among those of the other in their order, but for a comma.
fn keeps_lines(old: &str, new: &str) -> Result<(), String> {
    let (old, new) = (old.trim_start_matches('\u{feff}'), new.trim_start_matches('\u{feff}'));
    let mut lines = new.split('\n').map(|line| line.trim_end_matches('\r'));
    let same = |line: &str, other: &str| {
        let gains =
            |at: usize| other.get(..at) == line.get(..at) && other.get(at..) == Some(&format!(",{}", &line[at..]));
        line == other || line.char_indices().any(|(at, _)| gains(at)) || gains(line.len())
    };
    let bare = |line: &&str| !line.contains(['{', '[', '}', ']']) && !line.trim().is_empty();
    for line in old.split('\n').map(|line| line.trim_end_matches('\r')).filter(bare) {
        if !lines.any(|other| same(line, other)) {
            return Err(format!("{line:?} is lost"));
        }
    }
    Ok(())
}

/// Comments in their order: `# c1.`.
fn comments(text: &str) -> Vec<&str> {
    text.split("# c").skip(1).map(|rest| rest.split('.').next().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(600), ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_printed_reads_as_it_was(entry in entries(), format in formats()) {
        for entry in entry {
            let printed = print(&entry, format);
            let mut meant = Value::Map(vec![]);
            *child(child(&mut meant, &entry.kind), &entry.name) = Value::Map(entry.body.clone());
            prop_assert_eq!(sorted(&data_of(&printed, format)), sorted(&meant), "{}", printed);
        }
    }

    #[test]
    fn entries_go_into_any_layout_and_nothing_else_moves(
        spec in specs(), format in formats(), bytes in prop::collection::vec(any::<u8>(), 8..64), new in entries(),
    ) {
        let text = lay_out(&spec, format, &mut Dice::new(bytes));
        let mut meant = data_of(&text, format);
        if meant == Value::Null {
            meant = Value::Map(vec![]);
        }
        prop_assert_eq!(sorted(&meant), sorted(&Value::Map(spec)), "the layout is wrong: {}", text);
        let mut put_in: Vec<Entry> = vec![];
        for entry in new {
            let there = child(child(&mut meant, &entry.kind), &entry.name);
            if *there == Value::Null {
                *there = Value::Map(entry.body.clone());
                put_in.push(entry);
            }
        }
        let done = put(&text, format, &put_in);
        let done = done.map_err(|why| TestCaseError::fail(format!("{why}: {put_in:?}\n{text}")))?;
        prop_assert_eq!(sorted(&data_of(&done, format)), sorted(&meant), "{}\n{}", text, done);
        let kept = keeps_lines(&text, &done);
        prop_assert!(kept.is_ok(), "{:?}\n{}\n{}", kept, text, done);
        let (old, new) = (comments(&text), comments(&done));
        prop_assert!(old.iter().all(|one| new.contains(one)), "{}\n{}", text, done);
        let mut rest = done.chars();
        let all = text.chars().filter(|c| !"{} \r\n".contains(*c)).all(|c| rest.any(|other| other == c));
        prop_assert!(all, "something is lost\n{}\n{}", text, done);
    }

    #[test]
    fn values_change_in_any_layout_and_comments_stay(
        spec in specs(), format in formats(), bytes in prop::collection::vec(any::<u8>(), 8..64),
        new in data(), which: prop::sample::Index, how in 0..4, key in words(),
    ) {
        let text = lay_out(&spec, format, &mut Dice::new(bytes));
        let mut meant = data_of(&text, format);
        let mut all = vec![];
        paths(&meant, vec![], &mut all);
        if all.is_empty() {
            return Ok(());
        }
        let path = all[which.index(all.len())].clone();
        let old = at(&mut meant, &path).clone();
        let by = match (how, old) {
            (0, Value::List(mut list)) => {
                list.push(new.clone());
                *at(&mut meant, &path) = Value::List(list);
                Change::Append(path, new)
            }
            (1, Value::Map(_)) => {
                *child(at(&mut meant, &path), &key) = new.clone();
                Change::Set([&*path, &[Step::Key(key)]].concat(), new)
            }
            (2, _) => {
                let (last, above) = path.split_last().unwrap();
                match (at(&mut meant, above), last) {
                    (Value::Map(map), Step::Key(key)) => map.retain(|(other, _)| other != key),
                    (Value::List(list), Step::Index(at)) => _ = list.remove(*at),
                    _ => unreachable!(),
                }
                Change::Remove(path)
            }
            _ => {
                *at(&mut meant, &path) = new.clone();
                Change::Set(path, new)
            }
        };
        let done = change(&text, format, std::slice::from_ref(&by));
        let done = match done {
            Ok(done) => done,
            // A table with a header of its own becomes nothing else.
            Err(why) if format == Format::Toml && !matches!(&by, Change::Append(..)) && !matches!(&by, Change::Set(_, Value::Map(map)) if !map.is_empty()) => {
                prop_assert!(why.contains("by hand"), "{}", why);
                return Ok(());
            }
            Err(why) => return Err(TestCaseError::fail(format!("{why}: {by:?}\n{text}"))),
        };
        prop_assert_eq!(sorted(&data_of(&done, format)), sorted(&meant), "{:?}\n{}\n{}", by, text, done);
        if let Change::Append(..) = by {
            prop_assert_eq!(comments(&text), comments(&done), "{}\n{}", text, done);
        }
    }

    #[test]
    fn changes_at_once_are_changes_one_after_another(
        spec in specs(), format in formats(), bytes in prop::collection::vec(any::<u8>(), 8..64),
        some in prop::collection::vec((any::<prop::sample::Index>(), data(), 0..4, words()), 2..5),
    ) {
        let text = lay_out(&spec, format, &mut Dice::new(bytes));
        let mut all = vec![];
        paths(&data_of(&text, format), vec![], &mut all);
        if all.is_empty() {
            return Ok(());
        }
        let change_at = |(at, value, how, key): (prop::sample::Index, Value, i32, String)| {
            let path = all[at.index(all.len())].clone();
            match how {
                0 => Change::Append(path, value),
                1 => Change::Remove(path),
                2 => Change::Set([&*path, &[Step::Key(key)]].concat(), value),
                _ => Change::Set(path, value),
            }
        };
        let changes: Vec<Change> = some.into_iter().map(change_at).collect();
        let one = |text: String, by: &Change| change(&text, format, std::slice::from_ref(by));
        let slow = changes.iter().try_fold(text.clone(), one);
        match (slow, change(&text, format, &changes)) {
            (Ok(slow), Ok(quick)) => {
                prop_assert_eq!(sorted(&data_of(&slow, format)), sorted(&data_of(&quick, format)), "{}", text);
            }
            (Err(_), _) => {}
            (Ok(_), Err(why)) => prop_assert!(false, "{}", why),
        }
    }

    #[test]
    fn no_text_panics_and_what_comes_of_it_is_meant(
        text in source(), format in formats(), new in entries(), value in data(), which: prop::sample::Index,
    ) {
        if let Ok(done) = put(&text, format, &new) {
            for entry in &new {
                let again = put(&done, format, std::slice::from_ref(entry));
                prop_assert!(again.unwrap_err().contains("stands there already"));
            }
        }
        let (root, wrong) = syntax::parse(&text, 0, format);
        let Some(root) = root.filter(|_| wrong.is_empty()) else { return Ok(()) };
        let mut all = vec![vec![Step::Key("a".into())]];
        paths(&Value::from(&root), vec![], &mut all);
        let path = all[which.index(all.len())].clone();
        for by in [Change::Set(path.clone(), value.clone()), Change::Append(path.clone(), value), Change::Remove(path)] {
            if let Ok(done) = change(&text, format, &[by]) {
                data_of(&done, format);
            }
        }
    }
}

/// Text of the characters and words that the three languages are made of.
fn source() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => "[\\[\\]{}:,=#&*!|>'\"%@`?.<~+\\\\-]",
        4 => prop::sample::select(vec![
            " ", "\n", "\r\n", "\t", "  ", ": ", "- ", "? ", "\n- ", "\n  ", "a", "b: ", "&a ", "*a", "<<: ", "---\n", "...\n", "file:\n  ",
            "\"\"\"", "\'\'\'", "[[", "]]", "a = ", "[a.b]\n", "[file.a]\n", "!!int ", "!!str ", "é", "\u{feff}", "{\"file\": {", "}}", "file: ",
            "true", "1_0", "|\n", ">-\n", "# c\n", "\r", "\u{85}", "a: 1\n", "a = 1\n", "b = {", "}\n", "]\n", "[", "\"a\": ",
        ]).prop_map(String::from),
        1 => "\\PC{0,3}",
    ];
    prop::collection::vec(word, 0..24).prop_map(|words| words.concat())
}
