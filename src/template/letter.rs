//! Letters as Go's `unicode` package sees them: one for one, whatever language they are of.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

/// `unicode.ToUpper`.
pub fn upper(letter: char) -> char {
    let mut mapped = letter.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        // Unicode writes it as two letters, but there is one too: Greek with an iota below.
        _ => match letter {
            '\u{1f80}'..='\u{1faf}' => char::from_u32(u32::from(letter) | 8).unwrap_or(letter),
            '\u{1fb3}' => '\u{1fbc}',
            '\u{1fc3}' => '\u{1fcc}',
            '\u{1ff3}' => '\u{1ffc}',
            _ => letter,
        },
    }
}

/// `unicode.ToLower`.
pub fn lower(letter: char) -> char {
    letter.to_lowercase().next().unwrap_or(letter)
}

/// `unicode.ToTitle`.
pub fn title(letter: char) -> char {
    match letter {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // Georgian has capitals and does not begin words with them.
        '\u{10d0}'..='\u{10ff}' => letter,
        _ => upper(letter),
    }
}

pub fn is_upper(letter: char) -> bool {
    get_general_category(letter) == Category::UppercaseLetter
}

pub fn is_lower(letter: char) -> bool {
    get_general_category(letter) == Category::LowercaseLetter
}

pub fn is_title(letter: char) -> bool {
    get_general_category(letter) == Category::TitlecaseLetter
}

pub fn is_letter(letter: char) -> bool {
    use Category::{LowercaseLetter, ModifierLetter, OtherLetter, TitlecaseLetter, UppercaseLetter};
    matches!(
        get_general_category(letter),
        UppercaseLetter | LowercaseLetter | TitlecaseLetter | ModifierLetter | OtherLetter
    )
}

pub fn is_digit(letter: char) -> bool {
    get_general_category(letter) == Category::DecimalNumber
}

pub fn is_number(letter: char) -> bool {
    matches!(get_general_category(letter), Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber)
}

pub fn is_punctuation(letter: char) -> bool {
    use Category::{
        ClosePunctuation, ConnectorPunctuation, DashPunctuation, FinalPunctuation, InitialPunctuation, OpenPunctuation,
        OtherPunctuation,
    };
    matches!(
        get_general_category(letter),
        ClosePunctuation
            | ConnectorPunctuation
            | DashPunctuation
            | FinalPunctuation
            | InitialPunctuation
            | OpenPunctuation
            | OtherPunctuation
    )
}
