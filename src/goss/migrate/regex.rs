//! RE2's regular expressions as a strict spec writes them: as they are, wherever they mean the same to both.

use crate::re2;
use regex_syntax::Parser;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// What means the same to the regex crate; the error is why goss refuses it.
pub fn regex(source: &str) -> Result<String, String> {
    let translated = re2::compile(source)?.as_str().to_owned();
    let tree = |source: &str| Parser::new().parse(source).ok();
    Ok(match tree(source).zip(tree(&translated)) {
        Some((ours, theirs)) if alike(&ours, &theirs) => source.to_owned(),
        _ => translated,
    })
}

/// Whether two expressions take the same ASCII texts: that `\s`, `\d` and `\w` know more letters here is let pass, for
/// written without them nobody could read what they are for.
fn alike(a: &Hir, b: &Hir) -> bool {
    match (a.kind(), b.kind()) {
        (HirKind::Class(a), HirKind::Class(b)) => ascii(a) == ascii(b),
        (HirKind::Look(a), HirKind::Look(b)) => of_ascii(*a) == of_ascii(*b),
        (HirKind::Repetition(a), HirKind::Repetition(b)) => {
            (a.min, a.max, a.greedy) == (b.min, b.max, b.greedy) && alike(&a.sub, &b.sub)
        }
        (HirKind::Capture(a), HirKind::Capture(b)) => a.name == b.name && alike(&a.sub, &b.sub),
        (HirKind::Concat(a), HirKind::Concat(b)) | (HirKind::Alternation(a), HirKind::Alternation(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b))
        }
        (a, b) => a == b,
    }
}

/// The ASCII characters of a class, but for the vertical tab, which is white space here alone.
fn ascii(class: &Class) -> Vec<u8> {
    let has = |byte: u8| match class {
        Class::Unicode(class) => class.iter().any(|r| (r.start()..=r.end()).contains(&char::from(byte))),
        Class::Bytes(class) => class.iter().any(|r| (r.start()..=r.end()).contains(&byte)),
    };
    (0..128).filter(|byte| *byte != 0x0b && has(*byte)).collect()
}

fn of_ascii(look: Look) -> Look {
    match look {
        Look::WordUnicode => Look::WordAscii,
        Look::WordUnicodeNegate => Look::WordAsciiNegate,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_the_same_stays_as_it_is() {
        for same in [
            "^a$",
            r"^\s*(net|foo)\.x\s*=\s*1\b(\s+#.*)?$",
            r"[\s\d]+",
            r"[^\w]",
            "(?i)Permit",
            r"a\-b\/",
            "é+",
            "(?m)^x$",
            "a{2,}",
        ] {
            assert_eq!(regex(same).as_deref(), Ok(same));
        }
        for other in [r"\Qa.b\E", "a{,2}", "[[0-1]|x", "{x}"] {
            let written = regex(other).unwrap();
            assert_ne!(written, other);
            regex::Regex::new(&written).unwrap();
        }
        assert!(regex("(?=a)").is_err() && regex("(").is_err());
    }
}
