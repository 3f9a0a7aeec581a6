//! Where secrets stand in text that nothing tells the meaning of.

use super::{is_secret_name, shape};
use memchr::memmem;
use std::borrow::Cow;
use std::ops::Range;

/// What stands in a secret's place.
pub const STARS: &str = "***";

/// Bytes behind a `://` in which user info is looked for.
const MOST_USERINFO: usize = 1 << 10;

/// A user and a password.
pub type Credentials = (String, String);

/// Whoever may read `text` may not read these parts: the password in a URL (`https://user:PASSWORD@host/`), what its query
/// says of a secret (`?token=TOKEN`), the value of an `Authorization` header, the hash of a password and a private key.
/// In order.
pub fn exposed(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<_> = shape::hashes(text).chain(shape::private_keys(text)).collect();
    // One of the two stands in each of the others, and in few names and values: this is asked of every entry of a spec.
    if memchr::memchr2(b':', b'=', text.as_bytes()).is_some() {
        found.extend(urls(text).map(|userinfo| userinfo.secret));
        found.extend(outside(memchr::memchr_iter(b'=', text.as_bytes()), |at| parameter(text, at)));
        found.extend(outside(memmem::find_iter(text.as_bytes(), "uthorization"), |at| authorization(text, at)));
    }
    found.sort_by_key(|range| range.start);
    found
}

/// What is found at each of `places` but for those inside what is found already: text that is made to look like secrets
/// all over is looked through once, and not from each of them to its end.
fn outside(
    places: impl Iterator<Item = usize>,
    find: impl Fn(usize) -> Option<Range<usize>>,
) -> impl Iterator<Item = Range<usize>> {
    let mut end = 0;
    places.filter_map(move |at| {
        let range = if at < end { None } else { find(at) }?;
        end = range.end;
        Some(range)
    })
}

/// What is probably secret in a line for the shell, a form or other text that is handed to a program: the values, without
/// their quotes.
pub fn handed(text: &str) -> Vec<&str> {
    let ends = |c: char| c.is_whitespace() || "&;|,\"'`".contains(c);
    let value = |range: Range<usize>| {
        let value = text.get(range).unwrap_or_default();
        match value.chars().next() {
            Some('"' | '\'' | '[' | '{') => value.trim_matches(['"', '\'']),
            // `Authorization: Bearer …` is one, a scheme and a token.
            _ => match value.split_once(' ') {
                Some((scheme, rest)) if is_scheme(scheme) => {
                    &value[..scheme.len() + 1 + rest.find(ends).unwrap_or(rest.len())]
                }
                _ => &value[..value.find(ends).unwrap_or(value.len())],
            },
        }
    };
    suspicious(text).into_iter().map(value).collect()
}

/// Of an `Authorization` header.
pub(super) fn is_scheme(word: &str) -> bool {
    ["basic", "bearer", "digest", "negotiate", "token", "apikey"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// [`exposed`] parts as stars.
pub fn mask(text: &str) -> Cow<'_, str> {
    replace(text, exposed(text))
}

/// The users and passwords of the URLs in `text`, as they are written and as they are meant.
pub fn credentials(text: &str) -> Vec<Credentials> {
    let mut all = vec![];
    if !text.contains(':') {
        return all;
    }
    for Userinfo { user, secret } in urls(text) {
        let (user, secret) = (&text[user], &text[secret]);
        all.push((user.to_owned(), secret.to_owned()));
        let plain = |text| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        if secret.contains('%') || user.contains('%') {
            all.push((plain(user), plain(secret)));
        }
    }
    all
}

/// `text` with stars in place of each of `ranges`.
pub(super) fn replace(text: &str, mut ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_by_key(|range| range.start);
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        if range.end <= at {
            continue;
        }
        // What overlaps or touches what is hidden already is hidden with it.
        if range.start > at || out.is_empty() {
            out.push_str(text.get(at..range.start).unwrap_or_default());
            out.push_str(STARS);
        }
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

struct Userinfo {
    user: Range<usize>,
    secret: Range<usize>,
}

/// What stands before the `@` of each URL.
fn urls(text: &str) -> impl Iterator<Item = Userinfo> {
    memmem::find_iter(text.as_bytes(), "://").filter_map(move |at| {
        let start = at + "://".len();
        let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '<' | '>' | '`');
        let rest = text.get(start..)?;
        let rest = &rest[..rest.floor_char_boundary(MOST_USERINFO)];
        let (rest, behind) = rest.split_at(rest.find(ends).unwrap_or(rest.len()));
        let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
        let end = match authority.rfind('@') {
            Some(end) => end,
            // A `/` in a password ought to be escaped and is not always; what follows a colon is no port then.
            None => {
                let (_, port) = authority.rsplit_once(':')?;
                // What was cut for a report may have lost its `@`.
                let cut = || behind.strip_prefix('"').is_some_and(|b| b.starts_with('…')).then_some(rest.len());
                let end = rest.rfind('@').or_else(|| authority.find('…')).or_else(cut)?;
                (!port.is_empty() && !port.bytes().all(|b| b.is_ascii_digit())).then_some(end)?
            }
        };
        let (user, secret) = match rest[..end].split_once(':') {
            Some((user, _)) => (start..start + user.len(), start + user.len() + 1..start + end),
            // Of HTTP a name without a password is a token; of others, such as ssh, it is who logs in.
            None if text[..at].ends_with("http") || text[..at].ends_with("https") => (start..start, start..start + end),
            None => return None,
        };
        (!secret.is_empty()).then_some(Userinfo { user, secret })
    })
}

/// The password before the `@` of what may be a URL whose scheme is missing or wrong: `user:PASSWORD@host`.
fn schemeless(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text.get(text.ceil_char_boundary(at.saturating_sub(MOST_USERINFO))..at)?;
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'<>`/\\,[]{}()".contains(c);
    let word =
        &before[before.rfind(ends).map_or(0, |end| end + before[end..].chars().next().map_or(1, char::len_utf8))..];
    let (_, password) = word.split_once(':')?;
    (!password.is_empty()).then_some(at - password.len()..at)
}

/// The value of the parameter of a query, or of a form, whose `=` stands at `at`.
fn parameter(text: &str, at: usize) -> Option<Range<usize>> {
    let name = |c: char| c.is_alphanumeric() || "-_.~%[]".contains(c);
    let before = text.get(..at)?.trim_end_matches(name);
    let name = text.get(before.len()..at)?;
    // No query says where a process is.
    if !before.ends_with(['?', '&', '#']) || !(is_secret_name(name) || name == "pwd") {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || c.is_control() || "\"'<>`&#".contains(c);
    let rest = text.get(at + 1..)?;
    let len = rest.find(ends).unwrap_or(rest.len());
    (len > 0).then_some(at + 1..at + 1 + len)
}

/// The value of the header whose name ends in what stands at `at`.
fn authorization(text: &str, at: usize) -> Option<Range<usize>> {
    let name = at.checked_sub(1).filter(|start| matches!(text.as_bytes().get(*start), Some(b'a' | b'A')))?;
    let name = name..at + "uthorization".len();
    value(text, name)
}

/// The parts of a source that are probably secrets, where it cannot be told for certain: what stands behind a name that
/// announces one, behind `Bearer` and `Basic`, and before the `@` of a URL. Hides too much rather than too little.
pub fn suspicious(text: &str) -> Vec<Range<usize>> {
    let mut found = exposed(text);
    found.extend(memchr::memchr_iter(b'@', text.as_bytes()).filter_map(|at| schemeless(text, at)));
    let name = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'_' | b'-' | b'.') || !c.is_ascii();
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(skip) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| name(*b))) {
        let start = at + skip;
        let end = bytes[start..].iter().position(|b| !name(*b)).map_or(bytes.len(), |len| start + len);
        at = end;
        let word = text.get(start..end).unwrap_or_default();
        let value = if is_secret_name(word) { value(text, start..end) } else { None };
        // The body of an entry on `/etc/passwd` is no password.
        let of_path = text.get(..start).is_some_and(|before| before.ends_with('/'));
        let value = value.filter(|value| !(of_path && text.get(value.start..).is_some_and(is_body)));
        if let Some(value) = value {
            at = at.max(value.end);
            found.push(value);
        } else if is_scheme(word) && bytes.get(end) == Some(&b' ') {
            let rest = text.get(end + 1..).unwrap_or_default();
            let token = rest.find(|c: char| c.is_whitespace() || "\"'`".contains(c)).unwrap_or(rest.len());
            if token > 0 {
                found.push(end + 1..end + 1 + token);
            }
        }
    }
    found.sort_by_key(|range| range.start);
    found
}

/// Whether a map begins here: keys behind a brace, or on the next line.
fn is_body(text: &str) -> bool {
    let inner = text.trim_start_matches(['{', ' ', '\t', '\r', '\n']);
    let opens =
        inner.len() < text.len() && (text.starts_with('{') || text.trim_start_matches([' ', '\r']).starts_with('\n'));
    let line = inner.lines().next().unwrap_or_default();
    let key = line
        .trim_start_matches(['"', '\''])
        .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
    let key = key.trim_start_matches(['"', '\'', ' ']);
    opens && key.len() < line.len() && (key == ":" || key.starts_with(": ") || key.starts_with(":\t"))
}

/// What stands behind a name and its `:` or `=`, in any of the three languages, in a header or in a line for the shell.
fn value(text: &str, name: Range<usize>) -> Option<Range<usize>> {
    let before = text.get(..name.start)?.chars().next_back();
    let quote = before.filter(|c| matches!(c, '"' | '\''));
    let closed = quote.is_some_and(|q| text.get(name.end..).is_some_and(|rest| rest.starts_with(q)));
    let after = name.end + usize::from(closed);
    let rest = text.get(after..)?;
    let blank = [' ', '\t'];
    let sign = after + rest.len() - rest.trim_start_matches(blank).len();
    let rest = text.get(sign..)?;
    let colon = rest.starts_with(':');
    if !colon && !rest.starts_with('=') {
        return None;
    }
    let rest = text.get(sign + 1..)?;
    let start = sign + 1 + rest.len() - rest.trim_start_matches(blank).len();
    let rest = text.get(start..)?;
    let line = rest.find('\n').unwrap_or(rest.len());
    for fence in ["\"\"\"", "'''"] {
        if let Some(inner) = rest.strip_prefix(fence) {
            return Some(start..inner.find(fence).map_or(text.len(), |end| start + end + 2 * fence.len()));
        }
    }
    let within = |range: Range<usize>| (!range.is_empty()).then_some(range);
    match rest.chars().next() {
        // The name begins the text in these quotes, or stands in it: `"Authorization: …"`.
        _ if !closed && open_quote(text, name.start).is_some() => {
            let quote = open_quote(text, name.start)?;
            within(start..start + closing(rest.get(..line)?, quote).unwrap_or(line))
        }
        Some(quote @ ('"' | '\'')) => match closing(rest.get(1..line)?, quote) {
            Some(end) => {
                // What stands between the quotes' end and the next mark belongs to nothing, unless to the secret.
                let behind = rest.get(end + 2..line)?;
                let garbage = behind.find([',', '}', ']', ' ', '\t', '#', '\r']).unwrap_or(behind.len());
                within(start..start + end + 2 + garbage)
            }
            None => within(start..start + line + deeper(text, name.start, start + line)),
        },
        Some(open @ ('[' | '{')) => {
            let end = matching(rest, open).unwrap_or(rest.len());
            within(start..start + end)
        }
        // YAML goes on below in lines that are indented more.
        _ if colon => within(start..start + line + deeper(text, name.start, start + line)),
        _ => within(start..start + line),
    }
}

/// The quote that is open at `at` on its line.
fn open_quote(text: &str, at: usize) -> Option<char> {
    let line = text.get(..at)?;
    let line = &line[line.rfind('\n').map_or(0, |n| n + 1)..];
    let mut open = None;
    let mut escaped = false;
    for c in line.chars() {
        match (open, c) {
            _ if escaped => escaped = false,
            (Some('"'), '\\') => escaped = true,
            (None, '"' | '\'') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            _ => {}
        }
    }
    open
}

/// Where `quote` ends what `text` begins with.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// Behind the bracket that closes the first.
fn matching(text: &str, open: char) -> Option<usize> {
    let close = if open == '[' { ']' } else { '}' };
    let mut depth = 0usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

/// How many bytes from `end`, the end of a line, on are lines that belong to the line of `at`: blank ones, ones that are
/// indented more, and ones that begin nothing of their own.
fn deeper(text: &str, at: usize, end: usize) -> usize {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t', '-']).len();
    let own = text.get(..at).map_or(0, |before| indent(&text[before.rfind('\n').map_or(0, |n| n + 1)..]));
    let mut len = 0;
    let mut rest = text.get(end..).unwrap_or_default();
    while let Some(next) = rest.strip_prefix('\n') {
        let line = &next[..next.find('\n').unwrap_or(next.len())];
        let begins = line.contains([':', '=']) || line.trim_start().starts_with(['#', '[', ']', '{', '}', '-', '.']);
        if !line.trim().is_empty() && indent(line) <= own && begins {
            break;
        }
        len += 1 + line.len();
        rest = &next[line.len()..];
    }
    len
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_of_an_entry_on_a_file_of_passwords_is_told_about() {
        for text in [
            "file:\n  /etc/passwd:\n    exists: true\n    contian: [root]\n",
            "{\"file\": {\"/etc/passwd\": {\"exists\": true}}}",
            "file:\n  /etc/passwd: {exists: true}\n",
        ] {
            assert!(suspicious(text).is_empty(), "{text}");
        }
        assert_eq!(suspicious("/run/db/password: hunter2\n"), vec![18..26]);
        for text in ["/run/db/token:\n  s3cr3t\n", "/api/password: {hunter2}", "/a/password: {}: x"] {
            assert!(!suspicious(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn a_line_that_is_all_secrets_is_looked_through_once() {
        let began = std::time::Instant::now();
        for part in ["Authorization: ", "?token=", "x://u:p@", "password: ", "a:@", "Bearer "] {
            let found = suspicious(&part.repeat((128 << 10) / part.len()));
            assert!(!found.is_empty(), "{part}");
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    }

    #[test]
    fn the_password_of_a_url_is_found_and_nothing_else_of_it() {
        for (text, shown) in [
            ("https://user:canary@host/a", "https://user:***@host/a"),
            ("x http://u:c@n@ry@[::1]:8/?q=a@b y", "x http://u:***@[::1]:8/?q=a@b y"),
            ("http://ghp_canary@host/", "http://***@host/"),
            ("http://h/?a=b&token=canary&c=d#e", "http://h/?a=b&token=***&c=d#e"),
            ("'http://h/?api_key=canary' x", "'http://h/?api_key=***' x"),
            ("ssh://git@host/", "ssh://git@host/"),
            ("redis://:canary@host", "redis://:***@host"),
            ("http://user:can/ary@host/", "http://user:***@host/"),
            ("http://host:80/a:b@c", "http://host:80/a:b@c"),
            ("http://host/a@b", "http://host/a@b"),
            ("http://u:@host http://v:canary@h", "http://u:@host http://v:***@h"),
            ("curl -H \"Authorization: Bearer canary\" http://h", "curl -H \"Authorization: ***\" http://h"),
            ("curl -H 'proxy-authorization: Basic canary=='", "curl -H 'proxy-authorization: ***'"),
            ("no authorization needed", "no authorization needed"),
            ("://", "://"),
            ("https://h/a?access_token=canary&x=1#t", "https://h/a?access_token=***&x=1#t"),
            ("/a?x=1&X-Amz-Signature=canary", "/a?x=1&X-Amz-Signature=***"),
            ("\"/cb#id_token=canary\"", "\"/cb#id_token=***\""),
            ("found \"a http://u:cana\"… and 9 bytes more", "found \"a http://u:***\"… and 9 bytes more"),
            ("a http://u:cana…", "a http://u:***…"),
            ("a http://u:cana…ry@h/", "a http://u:***@h/"),
            ("found \"a http://h:80\"… and 9 bytes more", "found \"a http://h:80\"… and 9 bytes more"),
            ("/a?token=&x=token=b&y?=c", "/a?token=&x=token=b&y?=c"),
        ] {
            assert_eq!(mask(text), shown);
        }
        let pair = |user: &str, password: &str| (user.to_owned(), password.to_owned());
        assert_eq!(credentials("https://u:a%40b@h/"), [pair("u", "a%40b"), pair("u", "a@b")]);
    }

    #[test]
    fn what_is_probably_a_secret_is_found_in_text_that_is_no_spec() {
        for (text, shown) in [
            ("password = \"canary\" # x", "password = *** # x"),
            ("password = canary", "password = ***"),
            ("password = \"can\\\"ary", "password = ***"),
            ("password: \"a\"canary\nuid: 0", "password: ***\nuid: 0"),
            ("{\"password\":\"canary\",\"uid\":5", "{\"password\":***,\"uid\":5"),
            ("{\"password\":canary,\"uid\":5", "{\"password\":***"),
            ("  password: |\n    canary\n    canary\n  uid: 0", "  password: ***\n  uid: 0"),
            ("password:\n  canary\nuid: 0", "password:***\nuid: 0"),
            ("password = \"\"\"\ncanary\n\"\"\"\nuid = 0", "password = ***\nuid = 0"),
            ("password = '''\ncanary\nuid = 0", "password = ***"),
            ("password-hash = { not = \"canary\" }\nuid = 0", "password-hash = ***\nuid = 0"),
            ("password-hash = [\n\"canary\"\nuid = 0", "password-hash = ***"),
            ("env: {PGPASSWORD: canary, A: b}", "env: {PGPASSWORD: ***"),
            ("request-headers: [\"X-Api-Key: canary\", \"A: b\"]", "request-headers: [\"X-Api-Key: ***\", \"A: b\"]"),
            ("say Bearer canary\" x", "say Bearer ***\" x"),
            ("exec: PGPASSWORD=canary psql", "exec: PGPASSWORD=***"),
            ("url = \"http://u:canary@h/\"", "url = \"http://u:***@h/\""),
            ("[user.root]\nuid = 0\n", "[user.root]\nuid = 0\n"),
            ("[http.\"bob:canary@h/\"]", "[http.\"bob:***@h/\"]"),
            ("url = \"https:/bob:canary@h/\"", "url = \"https:/bob:***@h/\""),
            ("a@h b: @c x:@d git@h:a/b", "a@h b: @c x:@d git@h:a/b"),
        ] {
            assert_eq!(replace(text, suspicious(text)), shown, "{text}");
        }
    }

    #[test]
    fn what_is_handed_to_a_program_is_found_without_what_follows() {
        for (text, values) in [
            ("PGPASSWORD=canary psql -c x", vec!["canary"]),
            ("PGPASSWORD='can ary' psql", vec!["can ary"]),
            ("grant_type=password&client_secret=canary&x=y", vec!["canary"]),
            ("{\"password\": \"canary\", \"x\": 1}", vec!["canary"]),
            ("curl -H 'Authorization: Bearer canary' -d x", vec!["Bearer canary"]),
            ("echo x", vec![]),
        ] {
            assert!(values.iter().all(|value| handed(text).contains(value)), "{text}: {:?}", handed(text));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics_and_what_is_found_lies_in_it(
            text in "(password|Authorization|://|Bearer |a|é|[ \\n\\t\"'`:=@/\\[\\]{},#|\\\\-]){0,30}"
        ) {
            for range in suspicious(&text) {
                proptest::prop_assert!(text.get(range.clone()).is_some_and(|t| !t.is_empty()), "{range:?}");
            }
            let _ = (mask(&text), credentials(&text), handed(&text));
        }
    }
}
