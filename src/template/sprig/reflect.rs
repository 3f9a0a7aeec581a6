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
