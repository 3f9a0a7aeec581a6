//! INI, as the many programs that read some form of it agree: line by line.
//!
//! A library would be the usual choice; the one at hand joins a line without `=` to the next, and lets a quotation
//! mark run over the end of its line, so that keys which are there would not be found.

use serde_json::{Map, Value as Json};

/// `{key: text, section: {key: text}}`. A key that stands several times in a section is a list; a key without `=` is
/// empty text. Comments are lines of their own.
pub fn parse(text: &str) -> Result<Json, String> {
    let (mut above, mut sections) = (Map::new(), Map::new());
    let mut section: Option<String> = None;
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let Some((name, _)) = name.rsplit_once(']') else {
                return Err(format!("the section's `[` is not closed at line {}", at + 1));
            };
            sections.entry(name.trim()).or_insert_with(|| Map::new().into());
            section = Some(name.trim().to_owned());
            continue;
        }
        let mut line = line.to_owned();
        // systemd.syntax(7): a backslash at the end of a line stands for a space, and the next line follows.
        while line.ends_with('\\')
            && let Some((_, next)) = lines.next()
        {
            line.pop();
            line.push(' ');
            line.push_str(next.trim());
        }
        let (key, value) = line.split_once(['=', ':']).unwrap_or((&line, ""));
        let into = match section.as_ref().and_then(|name| sections.get_mut(name)) {
            Some(Json::Object(map)) => map,
            _ => &mut above,
        };
        put(into, key.trim(), unquoted(value.trim()));
    }
    // A section and a key above all sections that share a name: the section, whose keys would not be found else.
    above.extend(sections);
    Ok(Json::Object(above))
}

fn put(into: &mut Map<String, Json>, key: &str, value: &str) {
    let value = Json::String(value.to_owned());
    match into.get_mut(key) {
        None => {
            into.insert(key.to_owned(), value);
        }
        Some(Json::Array(list)) => list.push(value),
        Some(one) => *one = Json::Array(vec![one.take(), value]),
    }
}

/// Without the quotation marks, if a pair of them encloses all of it.
fn unquoted(value: &str) -> &str {
    let inner = ['"', '\''].iter().find_map(|q| value.strip_prefix(*q)?.strip_suffix(*q).filter(|v| !v.contains(*q)));
    inner.unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_unit_of_systemd_reads_with_repeats_and_continued_lines() {
        let unit = "[Unit]\nDescription=A \"b\" c\n\n[Service]\nEnvironment=\"A=1\" \"B=2\"\nExecStart=/bin/x \\\n  --port=80\n\
                    ExecStartPre=a\nExecStartPre=b\n[Service]\nExecStartPre=c\n";
        let want = json!({
            "Unit": {"Description": "A \"b\" c"},
            "Service": {
                "Environment": "\"A=1\" \"B=2\"", "ExecStart": "/bin/x  --port=80", "ExecStartPre": ["a", "b", "c"],
            },
        });
        assert_eq!(parse(unit), Ok(want));
    }

    #[test]
    fn keys_without_a_value_and_quotes_do_not_swallow_the_next_line() {
        let cnf = "[mysqld] # server\nskip-networking\nmotto = 'tis\nbind-address = \"127.0.0.1\"\r\n; user = x\npath = C:\\x\n";
        let want = json!({"mysqld": {
            "skip-networking": "", "motto": "'tis", "bind-address": "127.0.0.1", "path": "C:\\x",
        }});
        assert_eq!(parse(cnf), Ok(want));
    }

    #[test]
    fn keys_above_all_sections_stand_at_the_top() {
        assert_eq!(parse("root = true\n[*]\nindent: 4\n"), Ok(json!({"root": "true", "*": {"indent": "4"}})));
        assert!(parse("a = 1\n[b\n").unwrap_err().ends_with("line 2"));
    }
}
