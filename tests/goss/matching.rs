//! Random entries of `matching`: content of every type, expectations that are often near it and now and then nonsense.

use crate::peer::Case;
use crate::random::Random;
use serde_json::{Map, Value as Json, json};

const TEXTS: [&str; 40] = [
    "",
    "a",
    "b",
    "ab",
    "A",
    "foo",
    "foo bar",
    "5",
    " 5 ",
    "5.0",
    "-3",
    "1e3",
    "inf",
    "nan",
    "1.2.3",
    "v1.2.3",
    "1.2.3-rc.1",
    "2.0.0+b.1",
    "0.1.0",
    "true",
    "false",
    "<nil>",
    "a\nb",
    "a\r\nfoo\r\n",
    "foo\n\nbar\n",
    "\n",
    "map[a:1]",
    "[a b]",
    "é",
    "!a",
    "/a/",
    "\\a",
    "//",
    "{\"a\": 1, \"b\": [1, \"x\", {\"c\": null}], \"d\": {\"e\": true}, \"f\": \"5\"}",
    "[1, 2, 3]",
    "{\"a\": ",
    "\"a\"",
    "5\n",
    "a b c",
    "1000",
];
const PATTERNS: [&str; 28] = [
    "a",
    "b",
    "foo",
    "!a",
    "!zzz",
    "",
    "!",
    "/a/",
    "!/a/",
    "/^a$/",
    "/^foo.*r$/",
    "/(?i)A/",
    "/a",
    "a/",
    "\\a",
    "\\!a",
    "\\/a/",
    "//",
    "!//",
    "/^$/",
    "!!a",
    "zzz",
    "/zzz/",
    "/(/",
    "/",
    "a\nb",
    "foo\r",
    "/\\d+/",
];
const REGEXES: [&str; 16] = [
    "a",
    "^a$",
    "^foo",
    "bar$",
    "(?m)^bar$",
    "(?s)a.b",
    "\\d+",
    "(",
    "[",
    "a|b",
    "",
    ".",
    "^$",
    "\\bfoo\\b",
    "x{2}",
    "(?i)A",
];
const RANGES: [&str; 24] = [
    ">1.0.0",
    ">=1.2.3 <2.0.0",
    "1.2.3",
    "!1.2.3",
    "<1.0.0 || >1.2.0",
    "1.2.x",
    "1.x",
    ">1.x",
    "<=1.2.x",
    "!=1.x",
    "!=1.2.x || 1.2.3",
    "=1.2.3",
    "> 1.0.0",
    ">1.0.0 x",
    "1.2",
    "",
    "a",
    "1.2.3 ||",
    "|| 1.2.3",
    ">=1.2.3-rc.1",
    "~1.2.3",
    "1.x.x",
    "==1.2.3",
    "  >1.0.0   <3.0.0 ",
];
const PATHS: [&str; 14] =
    ["a", "b", "b.0", "b.#", "b.1", "b.2.c", "d", "d.e", "f", "zzz", "0", "@this", "b.#.c", "d.zzz"];

pub fn entry(random: &mut Random, nth: u64) -> Case {
    let mut fields = Map::new();
    let content = value(random, 2);
    if !random.one_in(30) {
        fields.insert("content".into(), content.clone());
    }
    if random.one_in(4) {
        fields.insert("as-reader".into(), json!(!random.one_in(4)));
    }
    if !random.one_in(60) {
        fields.insert("matches".into(), expectation(random, &content, 3));
    }
    if random.one_in(50) {
        fields.insert("skip".into(), json!(random.one_in(2)));
    }
    Case { section: "matching", name: format!("case-{nth:05}"), fields }
}

fn scalar(random: &mut Random) -> Json {
    match random.below(12) {
        0..6 => json!(random.pick(&TEXTS)),
        6 | 7 => json!(random.pick(&[0i64, 1, 2, 3, 5, -1, 1000, 9_007_199_254_740_993])),
        8 => json!(random.pick(&[0.5, 5.0, 1.5, 1e21, 1e-7, -2.25])),
        9 | 10 => json!(random.one_in(2)),
        _ => Json::Null,
    }
}

pub fn value(random: &mut Random, depth: usize) -> Json {
    match random.below(if depth == 0 { 5 } else { 10 }) {
        0..5 => scalar(random),
        5..8 => {
            let deeper = if random.one_in(3) { depth - 1 } else { 0 };
            (0..random.below(4)).map(|_| value(random, deeper)).collect()
        }
        _ => {
            let pairs = (0..random.below(4)).map(|_| (*random.pick(&["a", "b", "5", "foo"]), value(random, depth - 1)));
            Json::Object(pairs.map(|(key, one)| (key.to_owned(), one)).collect())
        }
    }
}

/// What could be expected of `seen`, and often holds.
pub fn expectation(random: &mut Random, seen: &Json, depth: usize) -> Json {
    if random.one_in(3) || depth == 0 {
        return match random.below(6) {
            0 => seen.clone(),
            1 => part(random, seen),
            2 => json!(text(random, seen)),
            3 => random.pick(&PATTERNS).to_owned().into(),
            _ => scalar(random),
        };
    }
    if random.one_in(6) {
        return list(random, seen, depth);
    }
    if random.one_in(60) {
        return json!({});
    }
    if random.one_in(60) {
        return json!({"have-prefix": "a", "have-suffix": "a"});
    }
    let (name, value) = matcher(random, seen, depth);
    // Now and then what stands behind a matcher is of any type.
    let value = if random.one_in(15) { self::value(random, 1) } else { value };
    json!({ name: value })
}

fn matcher(random: &mut Random, seen: &Json, depth: usize) -> (&'static str, Json) {
    let inner = |random: &mut Random| expectation(random, seen, depth - 1);
    match random.below(22) {
        0 => ("equal", if random.one_in(2) { seen.clone() } else { scalar(random) }),
        1 => ("have-prefix", json!(text(random, seen))),
        2 => ("have-suffix", json!(text(random, seen))),
        3 => ("contain-substring", json!(text(random, seen))),
        4 => ("match-regexp", json!(random.pick(&REGEXES))),
        5 => {
            let len = seen.as_str().map(str::len).or(seen.as_array().map(Vec::len)).or(seen.as_object().map(Map::len));
            ("have-len", json!(len.unwrap_or(1) + usize::from(random.one_in(4))))
        }
        6 => ("have-patterns", (0..random.below(4)).map(|_| json!(random.pick(&PATTERNS))).collect()),
        7 => {
            let key = json!(random.pick(&["a", "b", "5"]));
            ("have-key", expectation(random, &key, depth - 1))
        }
        8 | 9 => {
            let one = part(random, seen);
            ("contain-element", expectation(random, &one, depth - 1))
        }
        10 | 11 => ("contain-elements", list(random, seen, depth)),
        12 => ("consist-of", list(random, seen, depth)),
        13 | 14 => ("not", inner(random)),
        15 => ("and", (0..random.below(4)).map(|_| inner(random)).collect()),
        16 => ("or", (0..random.below(4)).map(|_| inner(random)).collect()),
        17 => (*random.pick(&["gt", "ge", "lt", "le"]), json!(random.pick(&[0.5, 5.0, 3.0, -3.0, 1000.0]))),
        18 => (*random.pick(&["gt", "ge", "lt", "le"]), json!(random.pick(&[0i64, 5, 2, 9_007_199_254_740_992]))),
        19 => ("semver-constraint", json!(random.pick(&RANGES))),
        20 => {
            let path = *random.pick(&PATHS);
            let found = json!(random.pick(&[json!(1), json!("x"), json!(true), json!([1, "x"]), Json::Null]));
            ("gjson", json!({ path: expectation(random, &found, depth - 1) }))
        }
        _ => (*random.pick(&["nonsense", "have-prefixes", "equals"]), scalar(random)),
    }
}

/// An element, or the whole where there is none.
fn part(random: &mut Random, seen: &Json) -> Json {
    match seen {
        Json::Array(list) if !list.is_empty() => random.pick(list).clone(),
        Json::Object(map) if !map.is_empty() => map.values().nth(random.below(map.len())).unwrap().clone(),
        Json::String(text) if text.contains('\n') => {
            let lines: Vec<_> = text.split('\n').collect();
            json!(random.pick(&lines))
        }
        other => other.clone(),
    }
}

fn list(random: &mut Random, seen: &Json, depth: usize) -> Json {
    (0..random.below(4))
        .map(|_| {
            let one = part(random, seen);
            if random.one_in(2) { one } else { expectation(random, &one, depth - 1) }
        })
        .collect()
}

/// Some text of what is seen, or other text.
fn text(random: &mut Random, seen: &Json) -> String {
    let whole = match seen {
        Json::String(text) => text.clone(),
        Json::Array(list) if random.one_in(2) => list
            .iter()
            .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
            .collect::<Vec<_>>()
            .join("\n"),
        other => other.to_string(),
    };
    if random.one_in(4) {
        return (*random.pick(&TEXTS)).to_owned();
    }
    let chars: Vec<char> = whole.chars().collect();
    let from = if random.one_in(2) { 0 } else { random.below(chars.len() + 1) };
    let to = if random.one_in(2) { chars.len() } else { from + random.below(chars.len() - from + 1) };
    chars[from..to.max(from)].iter().collect()
}
