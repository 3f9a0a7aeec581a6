//! Paths with slashes, by their text alone.

use super::{made, of, text};
use crate::go::clean;
use crate::template::Param::Text;
use crate::template::{Function, Value};

pub static FUNCTIONS: &[Function] = &[
    of("base", &[Text], |call, args| made(call, base(text(args, 0)?))),
    of("osBase", &[Text], |call, args| made(call, base(text(args, 0)?))),
    of("dir", &[Text], |call, args| made(call, folder(text(args, 0)?))),
    of("osDir", &[Text], |call, args| made(call, folder(text(args, 0)?))),
    of("clean", &[Text], |call, args| made(call, clean(text(args, 0)?))),
    of("osClean", &[Text], |call, args| made(call, clean(text(args, 0)?))),
    of("ext", &[Text], |call, args| made(call, extension(text(args, 0)?))),
    of("osExt", &[Text], |call, args| made(call, extension(text(args, 0)?))),
    of("isAbs", &[Text], |_, args| Ok(Value::Bool(text(args, 0)?.starts_with('/')))),
    of("osIsAbs", &[Text], |_, args| Ok(Value::Bool(text(args, 0)?.starts_with('/')))),
];

fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    let path = path.trim_end_matches('/');
    match path.rsplit('/').next() {
        None | Some("") => "/",
        Some(base) => base,
    }
}

fn folder(path: &str) -> String {
    clean(path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default())
}

fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.rfind('.').and_then(|at| name.get(at..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn paths_are_cleaned_as_in_goss() {
        agrees(&[
            (r#"base "/a/b/""#, Some("b")),
            (r#"base """#, Some(".")),
            (r#"base "//""#, Some("/")),
            (r#"dir "/a/b""#, Some("/a")),
            (r#"dir "a""#, Some(".")),
            (r#"dir "/a/b/""#, Some("/a/b")),
            (r#"clean "/../a/./b//../c/""#, Some("/a/c")),
            (r#"clean """#, Some(".")),
            (r#"clean "../../a/..""#, Some("../..")),
            (r#"ext "a/b.tar.gz""#, Some(".gz")),
            (r#"ext "a.b/c""#, Some("")),
            (r#"isAbs "/a""#, Some("true")),
            (r#"osIsAbs "a""#, Some("false")),
            (r#"osBase "a/b""#, Some("b")),
            (r#"osDir """#, Some(".")),
        ]);
    }
}
