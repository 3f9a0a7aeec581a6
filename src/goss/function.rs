//! What goss's templates may call besides sprig's functions, and in place of one of them.

use crate::template::Param::{Any, Text};
use crate::template::sprig::regex::compile;
use crate::template::{Call, Function, Value, letter};

pub static FUNCTIONS: &[Function] = &[
    Function { name: "mkSlice", params: &[], rest: Some(Any), call: slice },
    Function { name: "readFile", params: &[Text], rest: None, call: read_file },
    Function { name: "getEnv", params: &[Text], rest: Some(Text), call: variable },
    Function { name: "regexMatch", params: &[Text, Text], rest: None, call: is_match },
    Function { name: "toUpper", params: &[Text], rest: None, call: |call, args| cased(call, args, letter::upper) },
    Function { name: "toLower", params: &[Text], rest: None, call: |call, args| cased(call, args, letter::lower) },
    Function { name: "findStringSubmatch", params: &[Text, Text], rest: None, call: captures },
];

type Made = Result<Value, String>;

fn text(args: &[Value], at: usize) -> Result<&str, String> {
    args.get(at).and_then(Value::as_text).ok_or_else(|| "an argument is no text".to_owned())
}

fn made(call: &Call, text: &str) -> Made {
    call.charge(text.len())?;
    Ok(Value::from(text))
}

fn slice(call: &Call, args: &[Value]) -> Made {
    call.charge(size_of_val(args))?;
    Ok(Value::list(args.to_vec()))
}

fn read_file(call: &Call, args: &[Value]) -> Made {
    made(call, call.world.read_file(text(args, 0)?)?.trim())
}

/// The variable, or where it is not set or empty, what is given for that.
fn variable(call: &Call, args: &[Value]) -> Made {
    let name = text(args, 0)?;
    // The whole environment is looked through.
    call.charge(1024)?;
    let set = call.world.env().into_iter().find(|(key, value)| key == name && !value.is_empty());
    match set {
        Some((_, value)) => made(call, &value),
        None => Ok(args.get(1).cloned().unwrap_or_else(|| Value::from(""))),
    }
}

fn is_match(call: &Call, args: &[Value]) -> Made {
    Ok(Value::Bool(compile(call, text(args, 0)?)?.is_match(text(args, 1)?)))
}

fn cased(call: &Call, args: &[Value], map: fn(char) -> char) -> Made {
    made(call, &text(args, 0)?.chars().map(map).collect::<String>())
}

/// The groups of the first match by their names or, where none has one, by their numbers. Nothing without a match.
fn captures(call: &Call, args: &[Value]) -> Made {
    let pattern = compile(call, text(args, 0)?)?;
    let Some(captures) = pattern.captures(text(args, 1)?) else { return Ok(Value::map::<&str>([])) };
    let groups = || captures.iter().map(|group| group.map_or("", |group| group.as_str()));
    call.charge(groups().map(|group| group.len() + 2 * size_of::<Value>()).sum())?;
    let named =
        pattern.capture_names().zip(groups()).filter_map(|(name, group)| Some((name?.to_owned(), group.into())));
    let named: Vec<(String, Value)> = named.collect();
    Ok(match named.is_empty() {
        false => Value::map(named),
        true => Value::map(groups().enumerate().map(|(at, group)| (at.to_string(), group.into()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::{Limits, Template, World};
    use time::OffsetDateTime;

    struct Written;

    impl World for Written {
        fn env(&self) -> Vec<(String, String)> {
            vec![("HOME".to_owned(), "/root".to_owned()), ("EMPTY".to_owned(), String::new())]
        }
        fn read_file(&self, path: &str) -> Result<String, String> {
            match path {
                "/etc/version" => Ok(" \n1.2\t\n".to_owned()),
                _ => Err(format!("open {path}: no such file or directory")),
            }
        }
        fn now(&self) -> OffsetDateTime {
            OffsetDateTime::UNIX_EPOCH
        }
        fn random(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    fn rendered(call: &str) -> Option<String> {
        let text = format!("{{{{ {call} }}}}");
        let template = Template::parse("test", &text, &[FUNCTIONS]).unwrap();
        template.execute(&Value::map::<&str>([]), &Written, Limits::default()).ok()
    }

    #[test]
    fn they_answer_as_in_goss() {
        for (call, expected) in [
            ("mkSlice 1 \"a\" nil", Some("[1 a <nil>]")),
            ("mkSlice", Some("[]")),
            ("readFile \"/etc/version\"", Some("1.2")),
            ("readFile \"/nowhere\"", None),
            ("getEnv \"HOME\"", Some("/root")),
            ("getEnv \"HOME\" \"x\"", Some("/root")),
            ("getEnv \"EMPTY\" \"x\"", Some("x")),
            ("getEnv \"NOSUCH\" \"x\" \"y\"", Some("x")),
            ("getEnv \"NOSUCH\"", Some("")),
            ("getEnv \"NOSUCH\" 1", None),
            ("regexMatch \"^a\" \"abc\"", Some("true")),
            ("regexMatch \"[\" \"abc\"", None),
            ("toUpper \"abé\"", Some("ABÉ")),
            ("toLower \"ABÉ\"", Some("abé")),
            ("findStringSubmatch \"a(b)(x)?\" \"ab\"", Some("map[0:ab 1:b 2:]")),
            ("findStringSubmatch \"(?P<n>[0-9]+)(-)?\" \"a12-\"", Some("map[n:12]")),
            ("findStringSubmatch \"x\" \"a\"", Some("map[]")),
            ("findStringSubmatch \"(\" \"a\"", None),
        ] {
            assert_eq!(rendered(call).as_deref(), expected, "{call}");
        }
    }
}
