//! Upper and lower case, and words written in one another's manner.

use super::{made, of, text};
use crate::template::Param::Text;
use crate::template::{Function, letter};

pub static FUNCTIONS: &[Function] = &[
    of("upper", &[Text], |call, args| made(call, each(text(args, 0)?, letter::upper))),
    of("lower", &[Text], |call, args| made(call, each(text(args, 0)?, letter::lower))),
    of("title", &[Text], |call, args| made(call, title(text(args, 0)?))),
    of("untitle", &[Text], |call, args| made(call, untitle(text(args, 0)?))),
    of("swapcase", &[Text], |call, args| made(call, swap(text(args, 0)?))),
    of("initials", &[Text], |call, args| made(call, initials(text(args, 0)?))),
    of("camelcase", &[Text], |call, args| made(call, pascal(text(args, 0)?))),
    of("snakecase", &[Text], |call, args| made(call, joined(text(args, 0)?, '_'))),
    of("kebabcase", &[Text], |call, args| made(call, joined(text(args, 0)?, '-'))),
];

pub fn each(text: &str, map: fn(char) -> char) -> String {
    text.chars().map(map).collect()
}

/// `strings.Title`.
fn title(text: &str) -> String {
    let inside = |c: char| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '_',
        false => letter::is_letter(c) || letter::is_digit(c) || !c.is_whitespace(),
    };
    let mut before = ' ';
    let titled = |c| if inside(std::mem::replace(&mut before, c)) { c } else { letter::title(c) };
    text.chars().map(titled).collect()
}

/// Each word's first letter in lower case.
fn untitle(text: &str) -> String {
    let mut first = true;
    let lowered = |c: char| {
        if c.is_whitespace() {
            first = true;
            c
        } else if std::mem::take(&mut first) {
            letter::lower(c)
        } else {
            c
        }
    };
    text.chars().map(lowered).collect()
}

fn swap(text: &str) -> String {
    let mut first = true;
    let swapped = |c: char| {
        if letter::is_upper(c) || letter::is_title(c) {
            first = false;
            letter::lower(c)
        } else if letter::is_lower(c) {
            if std::mem::take(&mut first) { letter::title(c) } else { letter::upper(c) }
        } else {
            first = c.is_whitespace();
            c
        }
    };
    text.chars().map(swapped).collect()
}

/// The words' first bytes, each as a character of its own: so goutils has it.
fn initials(text: &str) -> String {
    let mut first = true;
    let keep = |c: &char| match c.is_whitespace() {
        true => {
            first = true;
            false
        }
        false => std::mem::take(&mut first),
    };
    text.bytes().map(char::from).filter(keep).collect()
}

fn is_connector(c: char) -> bool {
    c == '-' || c == '_' || c.is_whitespace()
}

/// `xstrings.ToPascalCase`: `http_server` is `HttpServer`.
fn pascal(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut last = loop {
        match rest.next() {
            // Of connectors alone the last is written twice.
            None => {
                made.extend(text.chars().last());
                return made;
            }
            Some(c) if is_connector(c) => made.push(c),
            Some(c) => break c,
        }
    };
    let mut capitals = letter::is_upper(last);
    last = letter::upper(last);
    for next in rest {
        let before = std::mem::replace(&mut last, next);
        if is_connector(before) && is_connector(next) {
            made.push(before);
        } else if is_connector(before) {
            capitals = letter::is_upper(next);
            last = letter::upper(next);
        } else {
            if capitals && letter::is_upper(next) {
                last = letter::lower(next);
            } else {
                capitals = false;
            }
            made.push(before);
        }
    }
    made.push(last);
    made
}

#[derive(Clone, Copy, PartialEq)]
enum Word {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// A letter of a script that has words: not Chinese.
fn is_alphabet(c: char) -> bool {
    letter::is_letter(c) && !matches!(c, '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}')
}

/// The first word and what is behind it.
fn word(text: &[char]) -> (Word, &[char], &[char]) {
    let (kind, length) = match text {
        [] => (Word::None, 0),
        [first, behind @ ..] => {
            let run = |of: fn(char) -> bool| 1 + behind.iter().take_while(|c| of(**c)).count();
            match *first {
                c if is_connector(c) => (Word::Connector, run(is_connector)),
                c if letter::is_punctuation(c) => (Word::Punctuation, run(letter::is_punctuation)),
                c if letter::is_upper(c) => {
                    let capitals = run(letter::is_upper);
                    let after = text.get(capitals).is_some_and(|c| is_alphabet(*c));
                    let small = |c: char| is_alphabet(c) && !letter::is_upper(c);
                    (
                        Word::Upper,
                        match capitals {
                            1 => run(small),
                            // `HTTPStatus` is `HTTP` and `Status`.
                            _ if after => capitals - 1,
                            _ => capitals,
                        },
                    )
                }
                c if is_alphabet(c) => (Word::Alphabet, run(|c| is_alphabet(c) && !letter::is_upper(c))),
                c if letter::is_number(c) => (Word::Number, run(letter::is_number)),
                _ => (
                    Word::Other,
                    run(|c| !is_connector(c) && !is_alphabet(c) && !letter::is_number(c) && !letter::is_punctuation(c)),
                ),
            }
        }
    };
    let (word, rest) = text.split_at_checked(length).unwrap_or((text, &[]));
    (kind, word, rest)
}

/// `xstrings.ToSnakeCase` and `ToKebabCase`: `HTTPServer2x` is `http_server_2x`.
fn joined(text: &str, connector: char) -> String {
    let text: Vec<char> = text.chars().collect();
    let mut made = String::with_capacity(text.len());
    let write = |made: &mut String, kind: Word, word: &[char]| {
        made.extend(word.iter().map(|c| match kind {
            Word::Upper | Word::Connector if is_connector(*c) => connector,
            Word::Upper | Word::Connector if letter::is_upper(*c) => letter::lower(*c),
            _ => *c,
        }));
    };
    let apart = |kind: Word| kind != Word::Connector && kind != Word::Punctuation;
    let (mut kind, mut current, mut rest) = word(&text);
    while !rest.is_empty() {
        if kind != Word::Connector {
            write(&mut made, kind, current);
        }
        let (before, last) = (kind, current);
        (kind, current, rest) = word(rest);
        match before {
            Word::Connector => write(&mut made, before, last),
            Word::Punctuation => {}
            Word::Number => {
                while kind == Word::Alphabet || kind == Word::Number {
                    write(&mut made, kind, current);
                    (kind, current, rest) = word(rest);
                }
                if kind != Word::None && apart(kind) {
                    made.push(connector);
                }
            }
            _ if kind != Word::Number => {
                if apart(kind) {
                    made.push(connector);
                }
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = current;
                (kind, current, rest) = word(rest);
                if kind != Word::Alphabet {
                    // `Bld4Floor` is `bld4_floor`.
                    write(&mut made, Word::Number, number);
                    if apart(kind) {
                        made.push(connector);
                    }
                    continue;
                }
                // `HTTP2xx` is `http_2xx`.
                made.push(connector);
                write(&mut made, Word::Number, number);
                while kind == Word::Alphabet || kind == Word::Number {
                    write(&mut made, kind, current);
                    (kind, current, rest) = word(rest);
                }
                if kind != Word::None && apart(kind) {
                    made.push(connector);
                }
            }
        }
    }
    write(&mut made, kind, current);
    made
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn letters_and_words_change_case_as_in_goss() {
        agrees(&[
            (r#"upper "héllo ß""#, Some("HÉLLO ß")),
            (r#"lower "ÀB ΑΣ""#, Some("àb ασ")),
            (r#"title "hello wORLD foo_bar x-y""#, Some("Hello WORLD Foo_bar X-Y")),
            (r#"title "ǆ 1st""#, Some("ǅ 1st")),
            (r#"untitle "Hello World""#, Some("hello world")),
            (r#"swapcase "This Is A.Test""#, Some("tHIS iS a.tEST")),
            (r#"initials "First Try  again""#, Some("FTa")),
            (r#"initials "é x""#, Some("Ãx")),
            (r#"snakecase "FirstName""#, Some("first_name")),
            (r#"snakecase "HTTPServer2xx""#, Some("http_server_2xx")),
            (r#"snakecase "Duration2m3s""#, Some("duration_2m3s")),
            (r#"snakecase "Bld4Floor3rd""#, Some("bld4_floor_3rd")),
            (r#"snakecase "GO PATH-x__y""#, Some("go_path_x__y")),
            (r#"snakecase "日本 Text""#, Some("日本_text")),
            (r#"kebabcase "NoHTTPS""#, Some("no-https")),
            (r#"kebabcase "a.b!C""#, Some("a.b!c")),
            ("upper 1", None),
            ("upper nil", None),
        ]);
    }
    #[test]
    fn words_are_joined_with_capitals() {
        agrees(&[
            (r#"camelcase "http_server""#, Some("HttpServer")),
            (r#"camelcase "no_https""#, Some("NoHttps")),
            (r#"camelcase "_complex__case_""#, Some("_Complex_Case_")),
            (r#"camelcase "some words-here""#, Some("SomeWordsHere")),
            (r#"camelcase "GOLANG_IS_GREAT""#, Some("GolangIsGreat")),
            (r#"camelcase "FirstName""#, Some("FirstName")),
            (r#"camelcase "_""#, Some("__")),
            (r#"camelcase """#, Some("")),
        ]);
    }
}
