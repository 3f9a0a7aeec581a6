//! How text is written in YAML: as it is, in quotes of either kind, or as a block.

use crate::syntax::libyaml::{Meaning, resolve};

/// Bytes that a key may have without `?`.
const MAX_KEY: usize = 128;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// Whether a key stands on one line, before its colon.
pub(super) fn is_simple(text: &str) -> bool {
    text.len() <= MAX_KEY && !text.chars().any(is_break)
}

/// How text is written, in the key of a map or elsewhere.
///
/// `whole`: a block would be indented by a whole step, which it says if its text begins with a blank.
pub(super) fn style(text: &str, key: bool, whole: bool) -> Style {
    let looks = Looks::of(text);
    if text.contains('\n') {
        let said = text.starts_with([' ', '\n', '\u{2028}', '\u{2029}']);
        // A tab cannot be told from a bad indent.
        let tab = text.starts_with('\t');
        return if looks.block && !key && !tab && (whole || !said) { Style::Literal } else { Style::Double };
    }
    if key && text.chars().any(is_break) || reads_as_other(text) {
        return Style::Double;
    }
    match looks {
        Looks { plain: true, .. } => Style::Plain,
        Looks { single: true, .. } => Style::Single,
        _ => Style::Double,
    }
}

/// Whether a reader of YAML 1.1 or 1.2 would take the text for something else.
fn reads_as_other(text: &str) -> bool {
    let old = matches!(
        text,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF"
    );
    old || text == "<<" || !matches!(resolve(text), Meaning::Text) || is_base_60(text)
}

/// `[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?`
fn is_base_60(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut any = false;
    let sixties = parts.all(|part| {
        any = true;
        matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9'])
    });
    any && sixties && first.starts_with(|c: char| c.is_ascii_digit()) && digits(first) && digits(fraction)
}

/// What a text may be written as.
struct Looks {
    plain: bool,
    single: bool,
    block: bool,
}

impl Looks {
    fn of(text: &str) -> Looks {
        if text.is_empty() {
            return Looks { plain: true, single: true, block: false };
        }
        let chars: Vec<char> = text.chars().collect();
        let (mut indicators, mut breaks, mut special, mut tabs) = (false, false, false, false);
        let (mut break_space, mut space_break) = (false, false);
        indicators |= text.starts_with("---") || text.starts_with("...");
        let mut before = '\n';
        for (at, c) in chars.iter().copied().enumerate() {
            let blank_follows = chars.get(at + 1).is_none_or(|c| matches!(c, ' ' | '\t'));
            indicators |= match c {
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
                    if at == 0 =>
                {
                    true
                }
                '?' | '-' if at == 0 => blank_follows,
                ':' => blank_follows,
                '#' => matches!(before, ' ' | '\t' | '\0') || is_break(before) || before == '\u{85}' || before == '\r',
                _ => false,
            };
            tabs |= c == '\t';
            special |= c != '\t' && !is_printable(c) && c != '\n';
            breaks |= is_break(c);
            if c == ' ' {
                break_space |= at > 0 && is_break(before);
            } else if is_break(c) {
                space_break |= before == ' ';
            }
            before = c;
        }
        let ends = |c: Option<&char>| c.is_some_and(|c| *c == ' ' || is_break(*c));
        let blank_ends = ends(chars.first()) || ends(chars.last());
        let trailing_space = chars.last() == Some(&' ');
        let strange = space_break || special;
        Looks {
            plain: !blank_ends && !break_space && !strange && !tabs && !breaks && !indicators,
            single: !break_space && !strange && !tabs,
            block: !trailing_space && !strange,
        }
    }
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Written as it is. Beyond U+FFFF nothing is.
pub(super) fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}
