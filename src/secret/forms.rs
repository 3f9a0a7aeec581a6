//! The secrets of one entry, and every form in which they may come back.

use super::text::{STARS, credentials, exposed, handed, is_scheme, mask, replace};
use crate::quantity::quoted;
use crate::value::{Content, Excerpt, Secret, Value};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

/// Bytes that a secret has at least if it is hidden wherever it comes back: a password of one letter would leave
/// nothing of a report.
pub const SHORTEST: usize = 4;
/// Bytes of base64 that are taken for a secret's: fewer come up by chance.
const SHORTEST_BASE64: usize = 6;
/// Bytes of a line of a secret of several lines that is hidden by itself.
const SHORTEST_LINE: usize = 8;
/// Bytes of one text that are looked through for what reports show of it, which is less.
const MOST_SHOWN: usize = 24 << 10;
/// Words too common to be hidden wherever they stand.
const COMMON: [&str; 5] = ["true", "false", "null", "none", "http"];
/// What a cookie's header says beside the cookie (RFC 6265).
const ATTRIBUTES: [&str; 5] = ["expires", "max-age", "domain", "path", "samesite"];
/// RFC 3986's unreserved characters are never escaped.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What one entry keeps to itself, to be hidden wherever it comes back: as it is, in base64, escaped for a URL, for JSON
/// or XML, or cut.
#[derive(Clone, Default)]
pub struct Secrets {
    values: BTreeSet<String>,
    users: BTreeSet<String>,
    /// The longest first, made when first needed.
    forms: OnceLock<Vec<String>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} hidden)", self.values.len())
    }
}

impl Secrets {
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A secret; of an `Authorization` header or a cookie also what it is made of.
    pub fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.len() < SHORTEST || COMMON.contains(&value) || !self.values.insert(value.to_owned()) {
            return;
        }
        self.forms = OnceLock::new();
        let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
        self.values.extend(lines.map(str::to_owned));
        if let Some((scheme, token)) = value.split_once(' ')
            && is_scheme(scheme)
        {
            self.add(token);
            if let Some(plain) = STANDARD.decode(token.trim()).ok().and_then(|plain| String::from_utf8(plain).ok()) {
                self.add(&plain);
                self.add(plain.split_once(':').map_or("", |(_, password)| password));
            }
        }
        // `sid=5f3a; Path=/`
        for (name, cookie) in value.split(';').filter_map(|part| part.split_once('=')) {
            if !ATTRIBUTES.contains(&name.trim().to_ascii_lowercase().as_str()) {
                self.add(cookie);
            }
        }
    }

    /// Who logs in with one of the secrets.
    pub fn add_user(&mut self, user: &str) {
        if self.users.insert(user.to_owned()) {
            self.forms = OnceLock::new();
        }
    }

    /// The values of those lines of headers, `Name: value`, whose names announce a secret, and what is secret in the URLs
    /// of the others: `Location`.
    pub fn add_headers(&mut self, text: &str) {
        for line in text.lines() {
            match line.split_once(':') {
                Some((name, value)) if super::is_secret_name(name) => self.add(value),
                _ => self.add_exposed(line),
            }
        }
    }

    /// What anybody can tell to be a secret in `text`.
    pub fn add_exposed(&mut self, text: &str) {
        for range in exposed(text) {
            self.add(text.get(range).unwrap_or_default());
        }
        for (user, password) in credentials(text) {
            self.add(&password);
            self.add_user(&user);
        }
    }

    /// What is probably a secret in text that is handed over: a form, a line for the shell.
    pub fn add_handed(&mut self, text: &str) {
        handed(text).into_iter().for_each(|value| self.add(value));
    }

    pub fn extend(&mut self, other: &Secrets) {
        self.values.extend(other.values.iter().cloned());
        self.users.extend(other.users.iter().cloned());
        self.forms = OnceLock::new();
    }

    /// Whether one stands in `text` as it is.
    pub fn are_written_in(&self, text: &str) -> bool {
        self.values.iter().any(|value| text.contains(value.as_str()))
    }

    /// `text` with stars in place of every secret.
    pub fn scrub<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut places = self.places(text);
        for (at, _) in text.match_indices('…') {
            let end = text[..at].strip_suffix(['"', '/']).map_or(at, str::len);
            places.extend(self.begun(text, end));
        }
        replace(text, places)
    }

    pub fn scrub_mut(&self, text: &mut String) {
        if let Cow::Owned(scrubbed) = self.scrub(text) {
            *text = scrubbed;
        }
    }

    /// A value as reports may show it: its texts are scrubbed, and so is what anybody can tell to be a secret in them.
    /// Keys stay, so that data keeps its shape. Of long text there is the beginning.
    pub fn scrub_value(&self, value: &Value) -> Value {
        let told = |text: &str| mask(&self.scrub(text)).into_owned();
        match value {
            Value::Text(t) => Value::Text(self.beginning(t, false).0),
            Value::Unfit(t) => Value::Unfit(told(t)),
            Value::No(t) => Value::No(told(t)),
            Value::Content(c) => {
                let (text, clipped) = self.beginning(&c.text, c.cut.is_some());
                Value::Content(Box::new(Content { text, cut: c.cut.or(clipped) }))
            }
            Value::Excerpt(e) => Value::Excerpt(Box::new(Excerpt {
                text: self.beginning(&e.text, false).0,
                numbers: e.numbers.clone(),
                size: e.size,
            })),
            Value::List(list) => Value::List(list.iter().map(|one| self.scrub_value(one)).collect()),
            Value::Map(map) => Value::Map(map.iter().map(|(k, one)| (k.clone(), self.scrub_value(one))).collect()),
            Value::Partial(part) => {
                let (list, fault) = &**part;
                let list = list.iter().map(|one| self.scrub_value(one)).collect();
                Value::Partial(Box::new((list, fault.clone().map(|why| told(&why)))))
            }
            // A password may be a number.
            Value::Int(_) | Value::Number(_) if self.values.contains(&value.to_string()) => Value::Text(STARS.into()),
            Value::Version(version) if self.are_written_in(&version.text) => Value::Secret(Secret::new("")),
            other => other.clone(),
        }
    }

    /// As much of what a host said as reports show, scrubbed, and where it was clipped if it was. What the report makes of
    /// it later has an ellipsis; one in the text is the host's.
    fn beginning(&self, text: &str, cut: bool) -> (String, Option<u64>) {
        let end = text.floor_char_boundary(MOST_SHOWN);
        let shown = text.get(..end).unwrap_or(text);
        let mut places = self.places(shown);
        if cut || shown.len() < text.len() {
            places.extend(self.begun(shown, shown.len()));
        }
        let clipped = (shown.len() < text.len()).then_some(end as u64);
        (mask(&replace(shown, places)).into_owned(), clipped)
    }

    /// Where in `text` a secret stands.
    fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = vec![];
        for form in self.forms() {
            let (mut from, own) = (0, found.len());
            // Not only those that do not overlap.
            while let Some(at) =
                text.get(from..).and_then(|rest| memchr::memmem::find(rest.as_bytes(), form.as_bytes()))
            {
                let (start, end) = (from + at, from + at + form.len());
                match found.get_mut(own..).and_then(<[_]>::last_mut).filter(|last| last.end >= start) {
                    Some(last) => last.end = end,
                    None => found.push(start..end),
                }
                from = text.ceil_char_boundary(start + 1);
            }
        }
        found
    }

    /// The longest beginning of a secret that ends at `end`.
    fn begun(&self, text: &str, end: usize) -> Option<Range<usize>> {
        let text = text.get(..end)?;
        let begun = |form: &String| {
            let lengths = (SHORTEST..form.len().min(end + 1)).rev();
            lengths.into_iter().find(|len| form.get(..*len).is_some_and(|begin| text.ends_with(begin)))
        };
        self.forms().iter().filter_map(begun).max().map(|len| end - len..end)
    }

    fn forms(&self) -> &[String] {
        self.forms.get_or_init(|| {
            let mut forms = BTreeSet::new();
            for value in &self.values {
                forms.insert(value.clone());
                spelled(value, &mut forms);
                for user in &self.users {
                    encoded(format!("{user}:{value}").as_bytes(), 0, &mut forms);
                }
                for before in 0..3 {
                    encoded(value.as_bytes(), before, &mut forms);
                }
            }
            // A report quotes what it shows.
            let shown: Vec<_> = forms.iter().map(|form| inside(&quoted(form)).to_owned()).collect();
            forms.extend(shown);
            let mut forms: Vec<_> = forms.into_iter().collect();
            forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
            forms
        })
    }
}

/// Without its quotes.
fn inside(quoted: &str) -> &str {
    quoted.get(1..quoted.len() - 1).unwrap_or_default()
}

/// As URLs, JSON and XML have it.
fn spelled(value: &str, forms: &mut BTreeSet<String>) {
    let percent = utf8_percent_encode(value, RESERVED).to_string();
    forms.insert(percent.replace("%20", "+"));
    let mut low = String::with_capacity(percent.len());
    for (at, part) in percent.split('%').enumerate() {
        if at == 0 {
            low.push_str(part);
            continue;
        }
        let (digits, rest) = part.split_at(part.floor_char_boundary(2));
        low.push('%');
        low.push_str(&digits.to_ascii_lowercase());
        low.push_str(rest);
    }
    forms.extend([percent, low]);
    let json = serde_json::Value::from(value).to_string();
    forms.insert(inside(&json).replace('/', "\\/"));
    forms.insert(inside(&json).to_owned());
    let xml = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quotes = [("&quot;", "&#39;"), ("&#34;", "&#39;"), ("&quot;", "&apos;"), ("&#34;", "&apos;"), ("\"", "'")];
    forms.extend(quotes.map(|(double, single)| xml.replace('"', double).replace('\'', single)));
}

/// As base64 has it where `before` bytes that are not known stand before it in a group of three: `user:password`.
fn encoded(value: &[u8], before: usize, forms: &mut BTreeSet<String>) {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(value);
    for text in [STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)] {
        // A character that holds bits of what stands before, or of what follows, can be any.
        let start = (before * 8).div_ceil(6);
        for end in [text.len(), bytes.len() * 8 / 6] {
            forms.extend(text.get(start..end).filter(|form| form.len() >= SHORTEST_BASE64).map(str::to_owned));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        values.iter().for_each(|value| secrets.add(value));
        secrets.add_user("bob");
        secrets
    }

    #[test]
    fn a_secret_is_hidden_in_every_form_it_may_come_back_in() {
        let secrets = secrets(&["c<n\"r & y/1"]);
        for (text, shown) in [
            ("a c<n\"r & y/1 b", "a *** b"),
            ("c<n\"r & y/1c<n\"r & y/1", "***"),
            ("c%3Cn%22r%20%26%20y%2F1", "***"),
            ("c%3cn%22r%20%26%20y%2f1", "***"),
            ("c%3Cn%22r+%26+y%2F1", "***"),
            ("{\"a\":\"c<n\\\"r & y/1\"}", "{\"a\":\"***\"}"),
            ("{\"a\":\"c<n\\\"r & y\\/1\"}", "{\"a\":\"***\"}"),
            ("c&lt;n&quot;r &amp; y/1", "***"),
            ("\"c<n\\\\\\\"r & y/1\"", "\"***\""),
            ("shown \"x c<n\\\"r\"… and 9 bytes more", "shown \"x ***\"… and 9 bytes more"),
            ("c<n", "c<n"),
        ] {
            assert_eq!(secrets.scrub(text), shown, "{text}");
        }
        for user in ["bob", "al", "alice", "a"] {
            let basic = STANDARD.encode(format!("{user}:c<n\"r & y/1"));
            let shown = secrets.scrub(&basic).into_owned();
            assert!(shown.contains(STARS) && shown.len() <= basic.len() - 10, "{basic} {shown}");
        }
        assert_eq!(secrets.scrub(&STANDARD.encode("bob:c<n\"r & y/1")).trim_end_matches('='), "***");
    }

    #[test]
    fn what_is_too_short_or_too_common_does_not_garble_a_report() {
        let secrets = secrets(&["abc", "", "true"]);
        assert!(secrets.is_empty());
        assert_eq!(secrets.scrub("true abc"), "true abc");
    }

    #[test]
    fn headers_and_cookies_are_known_by_their_parts() {
        let mut secrets = secrets(&["Basic Ym9iOmNhbmFyeQ=="]);
        assert_eq!(secrets.scrub("it is canary"), "it is ***");
        secrets.add_headers("HTTP/1.1 200 OK\r\nServer: nginx\r\nset-cookie: sid=5f3a9c; Path=/\r\n\r\n");
        assert_eq!(secrets.scrub("nginx Set-Cookie: sid=5f3a9c; Path=/"), "nginx Set-Cookie: ***");
        assert_eq!(secrets.scrub("sid is 5f3a9c"), "sid is ***");
        let mut secrets = Secrets::default();
        secrets.add_headers("Location: http://u:canary1@h/?x=canary0\nLocation: /cb?token=canary2\n");
        assert_eq!(secrets.scrub("canary0 canary1 canary2"), "canary0 *** ***");
        secrets.add_handed("{\"user\": \"canary0\", \"password\": \"canary3\"}\nx=1&pwd=canary4&y=canary0");
        assert_eq!(secrets.scrub("canary0 canary3 canary4"), "canary0 *** ***");
    }

    #[test]
    fn data_keeps_its_shape() {
        let secrets = secrets(&["canary", "12345"]);
        let data = Value::Map(vec![
            ("canary".into(), Value::List(vec![Value::Text("a canary".into()), Value::Int(12345), Value::Int(1)])),
            ("b".into(), Value::Content(Box::new(Content { text: "x cana".into(), cut: Some(6) }))),
            ("c".into(), Value::Excerpt(Box::new(Excerpt { text: "a canary\n".into(), ..Excerpt::default() }))),
        ]);
        let shown = r#"{"canary":["a ***","***",1],"b":"x ***","c":"a ***\n"}"#;
        assert_eq!(secrets.scrub_value(&data).to_json().to_string(), shown);
        assert_eq!(format!("{secrets:?}"), "Secrets(2 hidden)");
        let lines = Excerpt { text: "a canary\nhttp://u:p4ss@h/\n".into(), numbers: vec![1, 9], size: 90_000 };
        let shown = secrets.scrub_value(&Value::Excerpt(Box::new(lines)));
        assert_eq!(shown.to_json(), "a ***\nhttp://u:***@h/\n");
    }

    #[test]
    fn text_that_is_made_to_look_like_secrets_takes_no_time() {
        let secrets = secrets(&[&"aaaaaaaa-bbbbbbb\n".repeat(40)]);
        let began = std::time::Instant::now();
        for text in ["…", "a", "Authorization: ", "x://u:p@", "?token="] {
            let text = text.repeat((2 << 20) / text.len());
            let shown = secrets.scrub_value(&Value::Content(Box::new(Content { text, cut: None })));
            assert!(matches!(shown, Value::Content(c) if c.cut.is_some()));
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }

    proptest::proptest! {
        #[test]
        fn no_secret_is_left_in_any_text(secret in "\\PC{4,12}", before in "\\PC{0,6}", after in "\\PC{0,6}") {
            let secret = secret.trim();
            let mut secrets = Secrets::default();
            secrets.add(secret);
            if !secrets.is_empty() && !STARS.contains(secret) {
                let json = serde_json::Value::from(secret).to_string();
                for text in [secret, json.trim_matches('"'), &STANDARD.encode(secret), &quoted(secret)] {
                    let shown = secrets.scrub(&format!("{before}{text}{after}")).into_owned();
                    proptest::prop_assert!(!shown.contains(secret), "{shown}");
                }
            }
        }
    }
}
