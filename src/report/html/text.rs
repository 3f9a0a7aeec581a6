//! Text between tags and between the quotes of an attribute.

use crate::report::printable::{bounded, line};
use std::borrow::Cow;
use std::fmt::{self, Display, Write};

/// Text of a host or a spec, fit to print and with nothing in it that is markup.
pub struct Text<'a>(Cow<'a, str>);

/// One line of it.
pub fn text(text: &str) -> Text<'_> {
    Text(line(text))
}

/// Not more than `bound` bytes of it.
pub fn short(text: &str, bound: usize) -> Text<'_> {
    Text(bounded(text, bound))
}

/// What is fit to print already.
pub fn printed<'a>(text: impl Into<Cow<'a, str>>) -> Text<'a> {
    Text(text.into())
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = &*self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            let (before, after) = rest.split_at(at);
            f.write_str(before)?;
            let mut chars = after.chars();
            match chars.next() {
                Some('&') => f.write_str("&amp;")?,
                Some('<') => f.write_str("&lt;")?,
                Some('>') => f.write_str("&gt;")?,
                Some('"') => f.write_str("&quot;")?,
                Some('\'') => f.write_str("&#39;")?,
                Some(c) => f.write_char(c)?,
                None => {}
            }
            rest = chars.as_str();
        }
        f.write_str(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_nothing_is_lost() {
        assert_eq!(text("a<b>&\"c'\n</p>").to_string(), "a&lt;b&gt;&amp;&quot;c&#39;\\n&lt;/p&gt;");
        assert_eq!(short("<ä", 1).to_string(), "&lt;… and 2 more bytes");
    }

    proptest::proptest! {
        #[test]
        fn what_a_browser_reads_is_what_was_meant(said in "[ -~äß]{0,40}") {
            let escaped = text(&said).to_string();
            let read = roxmltree::Document::parse(&format!("<p t=\"{escaped}\">{escaped}</p>")).unwrap()
                .root_element().text().unwrap_or("").to_owned();
            proptest::prop_assert_eq!(read, said);
        }
    }
}
