//! URLs taken apart and put together, as Go's `net/url` reads and writes them.

use super::{Made, made, map, of, text};
use crate::template::Param::{Map as Dict, Text};
use crate::template::{Call, Function, Map, Value};

pub static FUNCTIONS: &[Function] = &[
    of("urlParse", &[Text], |call, args| {
        let source = text(args, 0)?;
        call.charge(source.len().saturating_mul(3))?;
        let url = parse(source).map_err(|why| format!("unable to parse url: parse \"{source}\": {why}"))?;
        let userinfo = url.user.map(|user| user.written()).unwrap_or_default();
        let parts = [
            ("scheme", url.scheme),
            ("hostname", host_name(&url.host).to_owned()),
            ("host", url.host),
            ("path", url.path),
            ("query", url.query),
            ("opaque", url.opaque),
            ("fragment", url.fragment),
            ("userinfo", userinfo),
        ];
        Ok(Value::map(parts.map(|(name, part)| (name, Value::from(part)))))
    }),
    of("urlJoin", &[Dict], |call, args| match map(args, 0)? {
        Some(parts) => join(call, parts),
        None => made(call, ""),
    }),
];

#[derive(Default)]
struct Url {
    scheme: String,
    user: Option<User>,
    host: String,
    path: String,
    query: String,
    opaque: String,
    fragment: String,
}

struct User {
    name: String,
    password: Option<String>,
}

impl User {
    fn written(&self) -> String {
        let name = escape(&self.name, Part::User);
        match &self.password {
            Some(password) => format!("{name}:{}", escape(password, Part::User)),
            None => name,
        }
    }
}

fn parse(source: &str) -> Result<Url, String> {
    let (rest, fragment) = source.split_once('#').unwrap_or((source, ""));
    if rest.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
        return Err("net/url: invalid control character in URL".to_owned());
    }
    let mut url = Url { fragment: unescape(fragment, Part::Fragment)?, ..Url::default() };
    if rest == "*" {
        url.path = rest.to_owned();
        return Ok(url);
    }
    let (scheme, rest) = scheme(rest)?;
    url.scheme = scheme.to_ascii_lowercase();
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    url.query = query.to_owned();
    let mut path = rest;
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            url.opaque = rest.to_owned();
            return Ok(url);
        }
        if rest.split('/').next().is_some_and(|first| first.contains(':')) {
            return Err("first path segment in URL cannot contain colon".to_owned());
        }
    } else if let Some(behind) = rest.strip_prefix("//").filter(|_| !scheme.is_empty() || !rest.starts_with("///")) {
        let (authority, behind) =
            behind.split_at_checked(behind.find('/').unwrap_or(behind.len())).unwrap_or((behind, ""));
        path = behind;
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user), host),
            None => (None, authority),
        };
        url.host = parse_host(host)?;
        url.user = user.map(parse_user).transpose()?;
    }
    url.path = unescape(path, Part::Path)?;
    Ok(url)
}

fn scheme(text: &str) -> Result<(&str, &str), String> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))).unwrap_or(text.len());
    match text.split_at_checked(end) {
        Some(("", behind)) if behind.starts_with(':') => Err("missing protocol scheme".to_owned()),
        Some((scheme, behind)) if behind.starts_with(':') && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            Ok((scheme, behind.get(1..).unwrap_or_default()))
        }
        _ => Ok(("", text)),
    }
}

fn parse_user(text: &str) -> Result<User, String> {
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b)) {
        return Err("net/url: invalid userinfo".to_owned());
    }
    let (name, password) = match text.split_once(':') {
        Some((name, password)) => (name, Some(unescape(password, Part::User)?)),
        None => (text, None),
    };
    Ok(User { name: unescape(name, Part::User)?, password })
}

fn parse_host(text: &str) -> Result<String, String> {
    let port = match text.starts_with('[') {
        true => text.rsplit_once(']').ok_or("missing ']' in host")?.1,
        false => text.rfind(':').and_then(|at| text.get(at..)).unwrap_or_default(),
    };
    let digits = port.strip_prefix(':').or(port.is_empty().then_some(""));
    if !digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_digit())) {
        return Err(format!("invalid port \"{port}\" after host"));
    }
    unescape(text, Part::Host)
}

/// The host without its port and brackets.
fn host_name(host: &str) -> &str {
    if let Some((name, _)) = host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        return name;
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn join(call: &Call, parts: &Map) -> Made {
    let part = |name: &str| match parts.get(name) {
        None => Ok(String::new()),
        Some(Value::Text(text)) => Ok(text.to_string()),
        Some(other) => Err(format!("unable to parse {name} key, must be of type string, but {} found", other.kind())),
    };
    let (scheme, host, path) = (part("scheme")?, part("host")?, part("path")?);
    let (query, opaque, fragment) = (part("query")?, part("opaque")?, part("fragment")?);
    let userinfo = part("userinfo")?;
    let user = match userinfo.is_empty() {
        true => None,
        false => {
            parse(&format!("proto://{userinfo}@host"))
                .map_err(|why| format!("unable to parse userinfo in dict: {why}"))?
                .user
        }
    };
    let mut url = String::new();
    if !scheme.is_empty() {
        url += &format!("{scheme}:");
    }
    if !opaque.is_empty() {
        url += &opaque;
    } else {
        let has_authority = !host.is_empty() || user.is_some();
        if has_authority || !scheme.is_empty() && !path.is_empty() {
            url += "//";
        }
        if let Some(user) = user {
            url += &format!("{}@", user.written());
        }
        url += &escape(&host, Part::Host);
        let path = if path == "*" { path } else { escape(&path, Part::Path) };
        if !path.is_empty() && !path.starts_with('/') && !host.is_empty() {
            url.push('/');
        }
        if url.is_empty() && path.split('/').next().is_some_and(|first| first.contains(':')) {
            url += "./";
        }
        url += &path;
    }
    if !query.is_empty() {
        url += &format!("?{query}");
    }
    if !fragment.is_empty() {
        url += &format!("#{}", escape(&fragment, Part::Fragment));
    }
    made(call, url)
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Host,
    User,
    Path,
    Fragment,
}

fn is_plain(byte: u8, part: Part) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => true,
        _ if part == Part::Host && b"!$&'()*+,;=:[]<>\"".contains(&byte) => true,
        b'$' | b'&' | b'+' | b',' | b'/' | b':' | b';' | b'=' | b'?' | b'@' => match part {
            Part::Path => byte != b'?',
            Part::User => !matches!(byte, b'@' | b'/' | b'?' | b':'),
            Part::Fragment => true,
            Part::Host => false,
        },
        b'!' | b'(' | b')' | b'*' => part == Part::Fragment,
        _ => false,
    }
}

fn escape(text: &str, part: Part) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match is_plain(byte, part) {
            true => escaped.push(byte.into()),
            false => escaped += &format!("%{byte:02X}"),
        }
    }
    escaped
}

fn unescape(text: &str, part: Part) -> Result<String, String> {
    let mut bytes = vec![];
    let mut rest = text.as_bytes();
    while let [byte, behind @ ..] = rest {
        rest = behind;
        if *byte != b'%' {
            if part == Part::Host && byte.is_ascii() && !is_plain(*byte, part) {
                return Err(format!("invalid character {:?} in host name", char::from(*byte).to_string()));
            }
            bytes.push(*byte);
            continue;
        }
        let digit = |at: usize| behind.get(at).and_then(|digit| char::from(*digit).to_digit(16));
        let code = digit(0).zip(digit(1)).and_then(|(high, low)| u8::try_from(high << 4 | low).ok());
        match code {
            // A host's name has what is not ASCII escaped and nothing else.
            Some(code) if part != Part::Host || !code.is_ascii() => bytes.push(code),
            _ => {
                let shown = behind.get(..behind.len().min(2)).unwrap_or_default();
                return Err(format!("invalid URL escape \"%{}\"", super::lossy(shown)));
            }
        }
        rest = behind.get(2..).unwrap_or_default();
    }
    Ok(super::lossy(bytes))
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn urls_are_taken_apart_and_joined_as_in_goss() {
        agrees(&[
            (
                r#"urlParse "http://user:p%20w@host.com:8080/a%20b?q=1#f%20g""#,
                Some(
                    "map[fragment:f g host:host.com:8080 hostname:host.com opaque: path:/a b query:q=1 scheme:http userinfo:user:p%20w]",
                ),
            ),
            (
                r#"urlParse "mailto:a@b""#,
                Some("map[fragment: host: hostname: opaque:a@b path: query: scheme:mailto userinfo:]"),
            ),
            (r#"urlParse "//h/p""#, Some("map[fragment: host:h hostname:h opaque: path:/p query: scheme: userinfo:]")),
            (
                r#"urlParse "http://[::1]:80/""#,
                Some("map[fragment: host:[::1]:80 hostname:::1 opaque: path:/ query: scheme:http userinfo:]"),
            ),
            (r#"urlParse "a:b:c""#, Some("map[fragment: host: hostname: opaque:b:c path: query: scheme:a userinfo:]")),
            (r#"urlParse "1a:b""#, None),
            (r#"urlParse "http://h:x/""#, None),
            (r#"urlParse "http://h/%zz""#, None),
            (r#"urlParse "http://a b/""#, None),
            (r#"urlParse ":x""#, None),
            (
                r#"urlJoin (dict "scheme" "http" "host" "h:80" "path" "a b" "query" "q=1" "fragment" "f" "userinfo" "u:p")"#,
                Some("http://u:p@h:80/a%20b?q=1#f"),
            ),
            (r#"urlJoin (dict "scheme" "mailto" "opaque" "a@b")"#, Some("mailto:a@b")),
            (r#"urlJoin (dict "path" "a:b")"#, Some("./a:b")),
            (r#"urlJoin (dict "host" 1)"#, None),
            (r#"urlJoin (dict "userinfo" "a b")"#, None),
        ]);
    }
}
