//! The words of a line of configuration, whatever its language.

use std::borrow::Cow;

/// The words of a line, whatever marks them off; what stands in quotes is one, as a path with blanks does.
pub(super) fn words(line: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let mut rest = line.split(" #").next().unwrap_or_default();
    let (mut before, mut unpaired) = (' ', String::new());
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            if is_quote(first) && !before.is_alphanumeric() && !unpaired.contains(first) {
                match quoted(rest) {
                    Some((text, after)) => {
                        (before, rest) = (first, after);
                        if !text.is_empty() {
                            return Some(Cow::Owned(text));
                        }
                        continue;
                    }
                    // Looked for once, or a line of many would take for ever.
                    None => unpaired.push(first),
                }
            }
            let (word, after) = rest.split_at(rest.find(is_mark).unwrap_or(rest.len()));
            before = word.chars().last().unwrap_or(first);
            rest = if word.is_empty() { after.strip_prefix(first)? } else { after };
            if !word.is_empty() {
                return Some(Cow::Borrowed(word));
            }
        }
    })
}

/// What stands in the quotes that `text` begins with, and what comes after them. A backslash keeps a quote from ending it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut chars = text.chars();
    let quote = chars.next()?;
    let mut within = String::new();
    loop {
        match chars.next()? {
            '\\' => match chars.next()? {
                escaped if is_quote(escaped) || escaped == '\\' => within.push(escaped),
                other => within.extend(['\\', other]),
            },
            end if end == quote => return Some((within, chars.as_str())),
            other => within.push(other),
        }
    }
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\'')
}

/// Whether it stands between words.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || is_quote(c) || ";=,(){}<>".contains(c)
}

/// What quotes hold, marked off as if there were none.
pub(super) fn pieces(word: &str) -> impl Iterator<Item = &str> {
    word.split(is_mark).filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<Cow<'_, str>> {
        words(line).collect()
    }

    #[test]
    fn what_stands_in_quotes_is_one_word() {
        assert_eq!(found(r#"ssl_certificate "/etc/web site.pem";"#), ["ssl_certificate", "/etc/web site.pem"]);
        assert_eq!(found("key='/etc/a b.key' # 'x y"), ["key", "/etc/a b.key"]);
        assert_eq!(found(r#"c "/etc/o'brien.pem" '/etc/"x".pem'"#), ["c", "/etc/o'brien.pem", r#"/etc/"x".pem"#]);
        assert_eq!(found(r#"c "/etc/a\"b\\c\d.pem";"#), ["c", r#"/etc/a"b\c\d.pem"#]);
        assert_eq!(found("name \"/etc/plain.pem\" \"\" '';"), ["name", "/etc/plain.pem"]);
    }

    #[test]
    fn a_quote_without_another_is_none() {
        assert_eq!(found("don't /etc/a.pem can't"), ["don", "t", "/etc/a.pem", "can", "t"]);
        assert_eq!(found("x 'y \"/etc/a b.pem\""), ["x", "y", "/etc/a b.pem"]);
        assert_eq!(found("x \"y /etc/a.pem\\"), ["x", "y", "/etc/a.pem\\"]);
        let started = std::time::Instant::now();
        assert_eq!(found(&"\\\" ".repeat(200_000)).len(), 200_000);
        assert!(started.elapsed().as_secs() < 5);
    }
}
