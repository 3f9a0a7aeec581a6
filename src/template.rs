//! Go's text/template over plain data. Knows nothing of specs: text, data and a table of functions in, text out.

mod builtin;
mod compare;
mod error;
mod escape;
mod eval;
mod exec;
mod expression;
pub mod function;
mod layout;
pub mod letter;
mod lex;
mod literal;
mod method;
mod parse;
pub mod print;
mod printf;
mod quote;
pub mod sprig;
mod tree;
pub mod value;
mod verb;

pub use error::Error;
pub use exec::Limits;
#[cfg(any(test, fuzzing))]
pub use function::Nowhere;
pub use function::{Call, Function, Param, World};
pub use value::{Elem, Float, Key, List, Map, Object, Value};

/// A text that was read and can be rendered any number of times.
#[derive(Debug)]
pub struct Template<'t> {
    name: &'t str,
    text: &'t str,
    defined: parse::Defined<'t>,
}

impl<'t> Template<'t> {
    /// Reads a text whose functions are in these tables; of two of a name the one in the later table is meant, and Go's
    /// own are behind them all. `name` is the template's, which messages begin with.
    pub fn parse(name: &'t str, text: &'t str, functions: &[&'t [Function]]) -> Result<Template<'t>, Error> {
        Ok(Template { name, text, defined: parse::parse(name, text, functions)? })
    }

    /// Renders it with `data` as what `.` is. A field that a map does not have is an error (`missingkey=error`).
    pub fn execute(&self, data: &Value, world: &dyn World, limits: Limits) -> Result<String, Error> {
        exec::execute(self, data, world, limits).map_err(|error| *error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    static FUNCTIONS: &[Function] = &[
        Function {
            name: "list",
            params: &[],
            rest: Some(Param::Any),
            call: |call, args| {
                call.charge(size_of_val(args))?;
                Ok(Value::list(args.to_vec()))
            },
        },
        Function {
            name: "upper",
            params: &[Param::Text],
            rest: None,
            call: |_, args| Ok(args[0].as_text().unwrap().to_uppercase().into()),
        },
        Function { name: "whole", params: &[Param::Int], rest: None, call: |_, args| Ok(args[0].clone()) },
        Function { name: "broken", params: &[Param::Float], rest: None, call: |_, args| Ok(args[0].clone()) },
        Function { name: "either", params: &[Param::Bool], rest: None, call: |_, args| Ok(args[0].clone()) },
        Function { name: "entries", params: &[Param::Map], rest: None, call: |_, args| Ok(args[0].clone()) },
        Function {
            name: "texts",
            params: &[],
            rest: Some(Param::Text),
            call: |_, args| Ok(Value::list(args.to_vec())),
        },
        Function { name: "moment", params: &[], rest: None, call: |call, _| Ok(Value::Time(call.world.now())) },
        Function { name: "wide", params: &[], rest: None, call: |_, _| Ok(Value::Int64(7)) },
        Function {
            name: "fail",
            params: &[Param::Text],
            rest: None,
            call: |_, args| Err(args[0].as_text().unwrap().to_owned()),
        },
    ];

    /// `.Vars` with something of each type, and `.Env`.
    fn data() -> Value {
        let map = Value::map([("x", Value::Int(1)), ("y", Value::map([("z", Value::from("w"))]))]);
        let vars = Value::map([
            ("m", map),
            ("n", Value::Nil),
            ("l", Value::list(vec![Value::Int(1), Value::from("two"), Value::Nil])),
            ("e", Value::list(vec![])),
            ("s", Value::from("text")),
            ("i", Value::Int(5)),
            ("f", Value::Float(1.5)),
            ("b", Value::Bool(true)),
            ("u", Value::Uint64(u64::MAX)),
            ("words", Value::texts(["a", "b"])),
        ]);
        Value::Object(std::rc::Rc::new(Object {
            type_name: "*goss.TmplVars",
            fields: vec![("Vars", vars)],
            methods: vec![("Env", Value::text_map([("HOME", "/root")]))],
            ..Object::default()
        }))
    }

    pub fn render_with(text: &str, limits: Limits) -> Result<String, Error> {
        Template::parse("test", text, &[FUNCTIONS])?.execute(&data(), &Nowhere, limits)
    }

    pub fn render(text: &str) -> String {
        render_with(text, Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    /// The whole of what Go says.
    pub fn wrong(text: &str) -> String {
        match render_with(text, Limits::default()) {
            Ok(text) => panic!("{text:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn an_error_knows_its_place() {
        let error = render_with("a\né {{ upper 1 }}", Limits::default()).unwrap_err();
        assert_eq!((error.line, error.column, error.at), (2, 13, 14));
        assert_eq!(error.message, "expected string; found 1");
    }

    /// A call that may make so many bytes.
    pub fn call<T>(bytes: usize, run: impl FnOnce(&Call) -> T) -> T {
        run(&Call { world: &Nowhere, left: &Cell::new(bytes) })
    }
}
