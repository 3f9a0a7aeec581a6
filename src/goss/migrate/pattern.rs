//! goss's line patterns as a strict spec writes them.

use crate::matcher::Pattern;

/// The pattern as a strict spec has it, `None` if it asks for nothing, and what is to be said of it.
pub fn pattern(goss: &str) -> (Option<String>, Option<String>) {
    let (mark, core) = match goss.strip_prefix('!') {
        Some(core) => ("!", core),
        None => ("", goss),
    };
    if goss.is_empty() {
        return (None, Some("the pattern `` holds of anything; it is left out".into()));
    }
    if core.starts_with('/') && goss.ends_with('/') && core.len() > 1 {
        let body = core.strip_prefix('/').and_then(|body| body.strip_suffix('/')).unwrap_or(core);
        return regex(mark, body, goss);
    }
    let looked_for = core.trim_start_matches(['\\', '/', '!']);
    if looked_for.is_empty() {
        // Every line has it: what is asked is whether there is one.
        return (Some(format!("{mark}/^/")), Some(format!("the pattern `{goss}` is any line at all to goss")));
    }
    let text = match core.strip_prefix('\\') {
        Some(rest) if rest.starts_with(['!', '/', '\\']) => rest,
        _ => core,
    };
    let written = plain(mark, text);
    let remark = (text != looked_for)
        .then(|| format!("goss looks for `{looked_for}` by the pattern `{goss}`; here it is `{text}`"));
    (Some(written), remark)
}

/// A pattern that is this text, whatever it begins with.
fn plain(mark: &str, text: &str) -> String {
    let bare = format!("{mark}{text}");
    let is = |pattern: &Pattern| pattern.plain() == Some(text) && pattern.inverse != mark.is_empty();
    match Pattern::parse(&bare) {
        Ok(pattern) if is(&pattern) => bare,
        _ => format!("{mark}\\{text}"),
    }
}

fn regex(mark: &str, body: &str, goss: &str) -> (Option<String>, Option<String>) {
    let source = match super::regex::regex(body) {
        Ok(regex) => regex,
        Err(why) => return (Some(goss.to_owned()), Some(format!("goss refuses the pattern `{goss}`: {why}"))),
    };
    if source.is_empty() {
        return (Some(format!("{mark}/^/")), Some(format!("the pattern `{goss}` is any line at all to goss")));
    }
    let written = format!("{mark}/{source}/");
    match Pattern::parse(&written) {
        Ok(pattern) if pattern.regex() == Some(source.as_str()) => (Some(written), None),
        _ => {
            let written = format!("{mark}/{}/", source.replace('/', "\\/"));
            let text = plain(mark, &format!("/{body}/"));
            let remark = format!(
                "`{goss}` is a regular expression to goss, and stays one; write `{text}` if the text was meant"
            );
            (Some(written), Some(remark))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stay_what_they_are() {
        for same in ["a", "!a", "/a/", "!/^a$/", "a/", "/etc/passwd", "a\\b", "!x!"] {
            assert_eq!(pattern(same).0.as_deref(), Some(same));
        }
        for (goss, strict) in [
            ("/var/log/", "/var\\/log/"),
            ("!/var/log/", "!/var\\/log/"),
            ("\\!a", "\\!a"),
            ("\\/a/", "\\/a/"),
            ("/a/i", "\\/a/i"),
            ("\\d+", "\\\\d+"),
            ("!!a", "!!a"),
            ("//", "/^/"),
            ("\\", "/^/"),
        ] {
            assert_eq!(pattern(goss).0.as_deref(), Some(strict), "{goss}");
            Pattern::parse(strict).unwrap();
        }
        assert_eq!(pattern("").0, None);
        for told in ["/var/log/", "\\!a", "/var/log", "\\d+", ""] {
            assert!(pattern(told).1.is_some(), "{told}");
        }
        for silent in ["a", "/a/", "!a", "!/a/"] {
            assert_eq!(pattern(silent).1, None);
        }
    }
}
