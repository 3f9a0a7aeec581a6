//! Regular expressions, as Go's `regexp` applies them.

use super::{Made, Output, int, of, text, texts};
use crate::re2;
use crate::template::Param::{Int, Text};
use crate::template::{Call, Function, Value};
use regex::{Captures, Regex};

pub static FUNCTIONS: &[Function] = &[
    of("regexMatch", &[Text, Text], |call, args| {
        let (pattern, text) = (text(args, 0)?, text(args, 1)?);
        Ok(Value::Bool(compile(call, pattern).is_ok_and(|pattern| pattern.is_match(text))))
    }),
    of("mustRegexMatch", &[Text, Text], |call, args| {
        Ok(Value::Bool(compile(call, text(args, 0)?)?.is_match(text(args, 1)?)))
    }),
    of("regexFind", &[Text, Text], find),
    of("mustRegexFind", &[Text, Text], find),
    of("regexFindAll", &[Text, Text, Int], find_all),
    of("mustRegexFindAll", &[Text, Text, Int], find_all),
    of("regexReplaceAll", &[Text, Text, Text], |call, args| replaced(call, args, expand)),
    of("mustRegexReplaceAll", &[Text, Text, Text], |call, args| replaced(call, args, expand)),
    of("regexReplaceAllLiteral", &[Text, Text, Text], |call, args| replaced(call, args, literally)),
    of("mustRegexReplaceAllLiteral", &[Text, Text, Text], |call, args| replaced(call, args, literally)),
    of("regexSplit", &[Text, Text, Int], split),
    of("mustRegexSplit", &[Text, Text, Int], split),
    of("regexQuoteMeta", &[Text], |call, args| {
        let mut quoted = String::new();
        for c in text(args, 0)?.chars() {
            if "\\.+*?()|[]{}^$".contains(c) {
                quoted.push('\\');
            }
            quoted.push(c);
        }
        super::made(call, quoted)
    }),
];

/// Compiling takes longer than anything else that a call does, and longer for what is to be found a hundred times over.
pub fn compile(call: &Call, pattern: &str) -> Result<Regex, String> {
    let counts = pattern.split('{').skip(1).filter_map(|behind| behind.split_once('}'));
    let counts = counts.filter_map(|(counts, _)| counts.split(',').filter_map(|count| count.parse().ok()).max());
    let copies = counts.fold(0_usize, |copies, count: usize| copies.max(1).saturating_mul(count.max(1)));
    call.charge(copies.saturating_mul(2048).saturating_add(4096 + pattern.len().saturating_mul(64)))?;
    re2::compile(pattern)
}

fn find(call: &Call, args: &[Value]) -> Made {
    let found = compile(call, text(args, 0)?)?.find(text(args, 1)?).map_or("", |found| found.as_str());
    super::made(call, found)
}

/// Takes the time for that a search from `from` on may look at all that is left, however little it finds.
fn looked(call: &Call, text: &str, from: usize) -> Result<(), String> {
    call.charge(size_of::<Value>() + text.len().saturating_sub(from) / 64)
}

/// At most so many; fewer than none is all.
fn most(args: &[Value]) -> Result<usize, String> {
    Ok(usize::try_from(int(args, 2)?).unwrap_or(usize::MAX))
}

fn find_all(call: &Call, args: &[Value]) -> Made {
    let (pattern, text) = (compile(call, text(args, 0)?)?, text(args, 1)?);
    let mut all = vec![];
    for found in pattern.find_iter(text).take(most(args)?) {
        looked(call, text, found.end())?;
        all.push(found.as_str());
    }
    texts(call, all)
}

fn split(call: &Call, args: &[Value]) -> Made {
    let (pattern, text, most) = (text(args, 0)?, text(args, 1)?, most(args)?);
    let compiled = compile(call, pattern)?;
    if most == 0 {
        return texts::<&str>(call, []);
    }
    if !pattern.is_empty() && text.is_empty() {
        return texts(call, [""]);
    }
    let (mut parts, mut start, mut end) = (vec![], 0, 0);
    for found in compiled.find_iter(text).take(most) {
        looked(call, text, found.end())?;
        if parts.len() + 1 == most {
            break;
        }
        end = found.start();
        // An empty match at the beginning parts nothing from nothing.
        if found.end() != 0 {
            call.charge(size_of::<Value>())?;
            parts.push(text.get(start..end).unwrap_or_default());
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(text.get(start..).unwrap_or_default());
    }
    texts(call, parts)
}

type Replace = fn(&mut Output, &str, &Captures) -> Result<(), String>;

fn replaced(call: &Call, args: &[Value], with: Replace) -> Made {
    let (text, replacement) = (text(args, 1)?, text(args, 2)?);
    let pattern = compile(call, super::text(args, 0)?)?;
    let mut output = Output::new(call);
    let mut done = 0;
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        looked(call, text, whole.end())?;
        output.push(text.get(done..whole.start()).unwrap_or_default())?;
        with(&mut output, replacement, &captures)?;
        done = whole.end();
    }
    output.push(text.get(done..).unwrap_or_default())?;
    output.done()
}

fn literally(output: &mut Output, replacement: &str, _: &Captures) -> Result<(), String> {
    output.push(replacement)
}

/// `$1`, `${1}`, `$name`, `$$`; a `$` that begins none of these stays.
fn expand(output: &mut Output, template: &str, captures: &Captures) -> Result<(), String> {
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('$') {
        output.push(before)?;
        if let Some(behind) = behind.strip_prefix('$') {
            output.push("$")?;
            rest = behind;
            continue;
        }
        let Some((name, behind)) = reference(behind) else {
            output.push("$")?;
            rest = behind;
            continue;
        };
        let found = match number(name) {
            Some(number) => captures.get(number),
            None => captures.name(name),
        };
        output.push(found.map_or("", |found| found.as_str()))?;
        rest = behind;
    }
    output.push(rest)
}

/// The name behind a `$`, and what is behind it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('{');
    let text = inner.unwrap_or(text);
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, behind) = text.split_at_checked(end).filter(|(name, _)| !name.is_empty())?;
    match inner {
        Some(_) => Some((name, behind.strip_prefix('}')?)),
        None => Some((name, behind)),
    }
}

/// A name that is a number: digits, without a nought before them.
fn number(name: &str) -> Option<usize> {
    let written = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
    written.then(|| name.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn patterns_find_and_replace_as_in_goss() {
        agrees(&[
            (r#"regexMatch "^[a-z]+$" "abc""#, Some("true")),
            (r#"mustRegexMatch "[" "a""#, None),
            (r#"regexFind "[a-z]+" "12abc3def""#, Some("abc")),
            (r#"regexFind "x" "abc" | quote"#, Some(r#""""#)),
            (r#"regexFind "[" "a""#, None),
            (r#"regexFindAll "[2,4,6,8]" "123456789" -1"#, Some("[2 4 6 8]")),
            (r#"regexFindAll "[2,4,6,8]" "123456789" 2"#, Some("[2 4]")),
            (r#"regexFindAll "a*" "baac" -1 | len"#, Some("3")),
            (r#"regexReplaceAll "a(x*)b" "-ab-axxb-" "${1}W""#, Some("-W-xxW-")),
            (r#"regexReplaceAll "a(x*)b" "-ab-axxb-" "$1W""#, Some("---")),
            (r#"regexReplaceAll "(?P<n>b)" "abc" "[$n$0$$$]""#, Some("a[bb$$]c")),
            (r#"regexReplaceAll "(b)" "abc" "${1""#, Some("a${1c")),
            (r#"regexReplaceAll "(b)" "abc" "$01""#, Some("ac")),
            (r#"regexReplaceAll "x*" "abc" "-""#, Some("-a-b-c-")),
            (r#"regexReplaceAll "(b)" "abc" "$é""#, Some("ac")),
            (r#"regexReplaceAllLiteral "a(x*)b" "-ab-axxb-" "${1}""#, Some("-${1}-${1}-")),
            (r#"regexSplit "z+" "pizza" -1"#, Some("[pi a]")),
            (r#"regexSplit "z+" "pizza" 1"#, Some("[pizza]")),
            (r#"regexSplit "a*" "abaabaccadaaae" 5"#, Some("[ b b c cadaaae]")),
            (r#"regexSplit "x" "" -1 | len"#, Some("1")),
            (r#"regexSplit "" "abc" -1"#, Some("[a b c]")),
            (r#"regexSplit "x" "axb" 0"#, Some("[]")),
            (r#"mustRegexReplaceAll "[" "a" "b""#, None),
            (r#"regexQuoteMeta "a.b*c[d]$""#, Some(r#"a\.b\*c\[d\]\$"#)),
        ]);
    }
}
