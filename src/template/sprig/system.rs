//! The environment, and the network that is left alone.

use super::{Output, of, text};
use crate::template::Param::Text;
use crate::template::{Call, Function};

pub static FUNCTIONS: &[Function] = &[
    of("env", &[Text], |call, args| super::made(call, variable(call, text(args, 0)?)?)),
    of("expandenv", &[Text], |call, args| {
        let mut output = Output::new(call);
        let mut rest = text(args, 0)?;
        while let Some((before, behind)) = rest.split_once('$').filter(|(_, behind)| !behind.is_empty()) {
            output.push(before)?;
            let (name, length) = name(behind);
            match name {
                // `${` and `${}` are bad and go; a `$` with no name behind it stays.
                "" if length == 0 => output.push("$")?,
                "" => {}
                name => output.push(variable(call, name)?)?,
            }
            rest = behind.get(length..).unwrap_or_default();
        }
        output.push(rest)?;
        output.done()
    }),
    of("getHostByName", &[Text], |_, args| {
        Err(format!("`{}` is not looked up while a spec is read: write its address, or ask with `dns`", text(args, 0)?))
    }),
];

fn variable(call: &Call, name: &str) -> Result<String, String> {
    // The whole environment is looked through.
    call.charge(1024)?;
    let found = call.world.env().into_iter().find(|(key, _)| key == name);
    Ok(found.map(|(_, value)| value).unwrap_or_default())
}

/// The name behind a `$`, and how much of the text it takes.
fn name(text: &str) -> (&str, usize) {
    let is_special = |c: char| matches!(c, '*' | '#' | '$' | '@' | '!' | '?' | '-' | '0'..='9');
    if let Some(inner) = text.strip_prefix('{') {
        return match inner.split_once('}') {
            Some((name, _)) => (name, name.len() + 2),
            None => ("", 1),
        };
    }
    let length = match text.starts_with(is_special) {
        true => 1,
        false => text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count(),
    };
    (text.get(..length).unwrap_or_default(), length)
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn variables_are_put_in_as_in_goss() {
        agrees(&[
            (r#"env "NOSUCH" | quote"#, Some(r#""""#)),
            (r#"expandenv "$HOME/x""#, Some("/root/x")),
            (r#"expandenv "a$""#, Some("a$")),
            (r#"expandenv "${HOME}y ${NO} ${} ${x""#, Some("/rooty   x")),
            (r#"expandenv "$$ $1a $-b""#, Some(" a b")),
        ]);
    }
}
