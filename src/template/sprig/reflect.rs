//! What type a value is of.

use super::{any, equal, of, text};
use crate::template::Function;
use crate::template::Param::{Any, Text};
use crate::template::Value;

pub static FUNCTIONS: &[Function] = &[
    of("typeOf", &[Any], |_, args| Ok(Value::text(any(args, 0).type_name()))),
    of("typeIs", &[Text, Any], |_, args| Ok(Value::Bool(text(args, 0)? == any(args, 1).type_name()))),
    of("typeIsLike", &[Text, Any], |_, args| {
        let (wanted, is) = (text(args, 0)?, any(args, 1).type_name());
        Ok(Value::Bool(wanted == is || is.strip_prefix('*') == Some(wanted)))
    }),
    of("kindOf", &[Any], |_, args| Ok(Value::text(any(args, 0).kind()))),
    of("kindIs", &[Text, Any], |_, args| Ok(Value::Bool(text(args, 0)? == any(args, 1).kind()))),
    of("deepEqual", &[Any, Any], |call, args| Ok(Value::Bool(equal::equal(call, any(args, 0), any(args, 1))?))),
];

#[cfg(test)]
mod tests {
    use crate::template::sprig::tests::agrees;

    #[test]
    fn types_have_the_names_that_they_have_in_goss() {
        agrees(&[
            ("typeOf 1", Some("int")),
            (r#"typeOf "a""#, Some("string")),
            ("typeOf 1.5", Some("float64")),
            ("typeOf true", Some("bool")),
            ("typeOf nil", Some("<nil>")),
            ("typeOf (list 1)", Some("[]interface {}")),
            ("typeOf (until 1)", Some("[]int")),
            (r#"typeOf (splitList "," "a")"#, Some("[]string")),
            ("typeOf (dict)", Some("map[string]interface {}")),
            (r#"typeOf (split "," "a")"#, Some("map[string]string")),
            (r#"typeOf (semver "1.2.3")"#, Some("*semver.Version")),
            (r#"typeOf (toDate "x" "y")"#, Some("time.Time")),
            (r#"typeIs "int" 1"#, Some("true")),
            (r#"typeIsLike "semver.Version" (semver "1.2.3")"#, Some("true")),
            ("kindOf nil", Some("invalid")),
            ("kindOf (dict)", Some("map")),
            ("kindOf (list)", Some("slice")),
            (r#"kindOf (semver "1.2.3")"#, Some("ptr")),
            (r#"kindOf (toDate "x" "y")"#, Some("struct")),
            (r#"kindIs "slice" (list)"#, Some("true")),
            (r#"deepEqual (list 1 "a") (list 1 "a")"#, Some("true")),
            ("deepEqual 1 1.0", Some("false")),
            ("deepEqual (list 1) (until 2 | rest)", Some("true")),
            (r#"deepEqual (dict "a" (list 1)) (dict "a" (list 1))"#, Some("true")),
            (r#"deepEqual (splitList "," "a") (list "a")"#, Some("false")),
            ("deepEqual nil nil", Some("true")),
        ]);
    }
}
