//! Evaluates commands and their operands: fields, variables, calls, and what of Go's types a call takes.

use super::exec::{Executed, Held, Run};
use super::method::method;
use super::tree::{Callee, Command, Number, Operand, Term, field_name};
use super::{Elem, Function, Key, Param, Value};
use smallvec::SmallVec;
use std::fmt::Display;

/// Bytes that a list or map takes besides its elements.
const NEST: usize = 64;

/// What a call is given: operands to evaluate, and what the pipeline's last command gave.
struct Given<'a, 't> {
    /// A method's own value.
    receiver: Option<Value>,
    args: &'a [Operand<'t>],
    last: Option<Value>,
}

impl<'a, 't> Run<'a, 't> {
    pub fn command(&mut self, dot: &Held, command: &'a Command<'t>, last: Option<Value>) -> Executed<Held> {
        let head = &command.head;
        let given = Given { receiver: None, args: &command.args, last };
        match &head.term {
            Term::Field(fields) => self.fields(dot, dot.clone(), fields, head, given),
            Term::Chain(of, fields) => {
                let of = self.operand(dot, of)?;
                self.fields(dot, of, fields, head, given)
            }
            Term::Function(_, callee) => self.function(dot, *callee, head, command, given),
            Term::Variable(name, fields) => {
                let held = self.variable(name, head)?;
                if fields.is_empty() {
                    self.no_arguments(head, head, &given)?;
                    return Ok(held);
                }
                self.fields(dot, held, fields, head, given)
            }
            Term::Pipe(pipe) => {
                self.no_arguments(command, &Bare(head), &given)?;
                let value = self.deeper(pipe.at, &**pipe, |run| run.pipe(dot, pipe))?;
                Ok(Held::bare(value))
            }
            Term::Nil => self.error(head.at, head, "nil is not a command"),
            Term::Dot | Term::Bool(_) | Term::Number(_) | Term::Text { .. } => {
                self.no_arguments(head, head, &given)?;
                self.operand(dot, head)
            }
        }
    }

    fn no_arguments(&self, part: &(impl Display + At), head: &dyn Display, given: &Given) -> Executed<()> {
        if given.args.is_empty() && given.last.is_none() {
            return Ok(());
        }
        self.error(part.at(), part, format!("can't give argument to non-function {head}"))
    }

    /// An operand where anything will do.
    fn operand(&mut self, dot: &Held, node: &'a Operand<'t>) -> Executed<Held> {
        let none = Given { receiver: None, args: &[], last: None };
        Ok(Held::bare(match &node.term {
            Term::Dot => return Ok(dot.clone()),
            Term::Field(fields) => return self.fields(dot, dot.clone(), fields, node, none),
            Term::Variable(name, fields) => {
                let held = self.variable(name, node)?;
                return if fields.is_empty() { Ok(held) } else { self.fields(dot, held, fields, node, none) };
            }
            Term::Chain(of, fields) => {
                let of = self.operand(dot, of)?;
                return self.fields(dot, of, fields, node, none);
            }
            Term::Function(_, callee) => return self.function(dot, *callee, node, node, none),
            Term::Pipe(pipe) => self.deeper(pipe.at, &**pipe, |run| run.pipe(dot, pipe))?,
            Term::Nil => Value::Nil,
            Term::Bool(bool) => Value::Bool(*bool),
            Term::Number(number) => self.at(node.at, node, ideal(number))?,
            Term::Text { value, .. } => value.clone(),
        }))
    }

    /// Follows fields; the last one may be a method with arguments.
    fn fields(
        &mut self,
        dot: &Held,
        receiver: Held,
        fields: &[Key],
        node: &'a Operand<'t>,
        given: Given<'a, 't>,
    ) -> Executed<Held> {
        let Some((last, before)) = fields.split_last() else { return Ok(receiver) };
        let mut receiver = receiver;
        for field in before {
            let none = Given { receiver: None, args: &[], last: None };
            receiver = self.field(dot, receiver, field, node, none)?;
        }
        self.field(dot, receiver, last, node, given)
    }

    fn field(
        &mut self,
        dot: &Held,
        receiver: Held,
        field: &Key,
        node: &'a Operand<'t>,
        given: Given<'a, 't>,
    ) -> Executed<Held> {
        let called = !given.args.is_empty() || given.last.is_some();
        match &receiver.value {
            Value::Map(map) => {
                if called {
                    let message = format!("{} is not a method but has arguments", field_name(field));
                    return self.error(node.at, node, message);
                }
                if let Some(value) = map.entries.borrow().get(field) {
                    return Ok(Held { value: value.clone(), boxed: map.of == Elem::Any });
                }
                self.error(node.at, node, format!("map has no entry for key {:?}", field_name(field)))
            }
            Value::Object(object) => {
                let name = field_name(field);
                let named = |(known, _): &&(&str, Value)| *known == name;
                if let Some((_, value)) = object.methods.iter().find(named) {
                    let count = given.args.len() + usize::from(given.last.is_some());
                    if count > 0 {
                        let message = format!("wrong number of args for {name}: want 0 got {count}");
                        return self.error(node.at, node, message);
                    }
                    return Ok(Held::bare(value.clone()));
                }
                match object.fields.iter().find(named) {
                    Some(_) if called => {
                        let message = format!("{name} has arguments but cannot be invoked as function");
                        self.error(node.at, node, message)
                    }
                    Some((_, value)) => Ok(Held::bare(value.clone())),
                    None => self.method(dot, receiver, name, node, given),
                }
            }
            Value::Time(_) | Value::Duration(_) => self.method(dot, receiver, field_name(field), node, given),
            Value::Nil if receiver.boxed => {
                self.error(node.at, node, format!("nil pointer evaluating interface {{}}.{}", field_name(field)))
            }
            Value::Nil => self.error(node.at, node, format!("nil data; no entry for key {:?}", field_name(field))),
            _ => self.no_field(&receiver, field_name(field), node),
        }
    }

    fn method(
        &mut self,
        dot: &Held,
        receiver: Held,
        name: &str,
        node: &'a Operand<'t>,
        given: Given<'a, 't>,
    ) -> Executed<Held> {
        match method(&receiver.value, name) {
            Some(method) => {
                let given = Given { receiver: Some(receiver.value), ..given };
                self.call(dot, method, node, node, given)
            }
            None => self.no_field(&receiver, name, node),
        }
    }

    fn no_field<T>(&self, receiver: &Held, name: &str, node: &Operand<'t>) -> Executed<T> {
        let of = if receiver.boxed { Elem::Any.type_name() } else { receiver.value.type_name() };
        self.error(node.at, node, format!("can't evaluate field {name} in type {of}"))
    }

    fn function<N: Display + At>(
        &mut self,
        dot: &Held,
        callee: Callee<'t>,
        head: &'a Operand<'t>,
        node: &N,
        given: Given<'a, 't>,
    ) -> Executed<Held> {
        let (name, or) = match callee {
            Callee::Function(function) => return self.call(dot, function, head, node, given),
            Callee::And => ("and", false),
            Callee::Or => ("or", true),
        };
        if given.args.is_empty() && given.last.is_none() {
            return self.error(head.at, head, format!("wrong number of args for {name}: want at least 1 got 0"));
        }
        let mut value = Value::Nil;
        for arg in given.args {
            value = self.operand(dot, arg)?.value;
            if value.truth() == or {
                return Ok(Held::bare(value));
            }
        }
        Ok(Held::bare(given.last.unwrap_or(value)))
    }

    fn call<N: Display + At>(
        &mut self,
        dot: &Held,
        function: &Function,
        head: &'a Operand<'t>,
        node: &N,
        given: Given<'a, 't>,
    ) -> Executed<Held> {
        let Function { name, params, rest, .. } = function;
        let count = given.args.len() + usize::from(given.last.is_some());
        if count < params.len() || (rest.is_none() && count > params.len()) {
            let (least, got) = match rest {
                // Go counts what the pipeline gives here and not there.
                Some(_) => ("at least ", given.args.len()),
                None => ("", count),
            };
            let message = format!("wrong number of args for {name}: want {least}{} got {got}", params.len());
            return self.error(head.at, head, message);
        }
        let mut values: SmallVec<[Value; 4]> = SmallVec::with_capacity(count + 1);
        values.extend(given.receiver);
        // Those that no parameter is left for are of the rest; where there is none, there are no such arguments.
        let param = |at: usize| params.get(at).copied().or(*rest).unwrap_or(Param::Any);
        for (at, arg) in given.args.iter().enumerate() {
            values.push(self.argument(dot, param(at), arg)?);
        }
        if let Some(last) = given.last {
            let fitted = fit(Held::bare(last), param(given.args.len()));
            values.push(self.at(head.at, head, fitted)?);
        }
        // Looking at text takes time, as making it does.
        let seen = values.iter().filter_map(Value::as_text).map(|text| text.len() / 64).sum();
        let called = self.call.charge(seen).and_then(|()| (function.call)(&self.call, &values));
        let result = called.and_then(|value| {
            // What nests is kept by what holds it, and nothing else counts how much there is.
            self.call.charge(if matches!(value, Value::List(_) | Value::Map(_)) { NEST } else { 0 })?;
            Ok(value)
        });
        match result {
            Ok(value) => Ok(Held::bare(value)),
            Err(message) => self.error(node.at(), node, format!("error calling {name}: {message}")),
        }
    }

    /// An operand for a parameter of this type, which decides what a number may be.
    fn argument(&mut self, dot: &Held, param: Param, node: &'a Operand<'t>) -> Executed<Value> {
        let expected = match (&node.term, param) {
            (Term::Nil, Param::Any | Param::List | Param::Map) => return Ok(Value::Nil),
            (Term::Nil, _) => {
                return self.error(node.at, node, format!("cannot assign nil to {}", type_name(param)));
            }
            (Term::Bool(_) | Term::Number(_) | Term::Text { .. }, Param::Any) => {
                return Ok(self.operand(dot, node)?.value);
            }
            (Term::Text { value, .. }, Param::Text) => return Ok(value.clone()),
            (Term::Bool(bool), Param::Bool) => return Ok(Value::Bool(*bool)),
            (Term::Number(Number { int: Some(int), .. }), Param::Int) => return Ok(Value::Int(*int)),
            (Term::Number(Number { int: Some(int), .. }), Param::Int64) => return Ok(Value::Int64(*int)),
            (Term::Number(number), Param::Float) => return Ok(Value::Float(number.float)),
            (Term::Bool(_) | Term::Number(_) | Term::Text { .. }, _) => match param {
                Param::Text => "expected string; found",
                Param::Bool => "expected bool; found",
                Param::Int | Param::Int64 => "expected integer; found",
                Param::Float => "expected float; found",
                _ => {
                    let message = format!("can't handle {node} for arg of type {}", type_name(param));
                    return self.error(node.at, node, message);
                }
            },
            _ => {
                let held = self.operand(dot, node)?;
                return self.at(node.at, &Bare(node), fit(held, param));
            }
        };
        self.error(node.at, node, format!("{expected} {node}"))
    }
}

/// What a part of the template begins with.
trait At {
    fn at(&self) -> usize;
}

impl At for Operand<'_> {
    fn at(&self) -> usize {
        self.at
    }
}

impl At for Command<'_> {
    fn at(&self) -> usize {
        self.at
    }
}

/// An operand without the parentheses around it.
struct Bare<'a, 't>(&'a Operand<'t>);

impl Display for Bare<'_, '_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.term {
            Term::Pipe(pipe) => pipe.fmt(f),
            _ => self.0.fmt(f),
        }
    }
}

/// What a number is where nothing says of which type it should be.
fn ideal(number: &Number) -> Result<Value, String> {
    match number.int {
        _ if number.fraction => Ok(Value::Float(number.float)),
        Some(int) => Ok(Value::Int(int)),
        None => Err(format!("{} overflows int", number.text)),
    }
}

fn type_name(param: Param) -> &'static str {
    match param {
        Param::Any => "interface {}",
        Param::Text => "string",
        Param::Int => "int",
        Param::Int64 => "int64",
        Param::Float => "float64",
        Param::Bool => "bool",
        Param::List => "[]interface {}",
        Param::Map => "map[string]interface {}",
        Param::Time => "time.Time",
        Param::Object(name) => name,
    }
}

/// The value, if Go would assign it to this type.
fn fit(held: Held, param: Param) -> Result<Value, String> {
    let Held { value, boxed } = held;
    let fits = match (param, &value) {
        (Param::Any, _)
        | (Param::Text, Value::Text(_))
        | (Param::Int, Value::Int(_))
        | (Param::Int64, Value::Int64(_))
        | (Param::Float, Value::Float(_))
        | (Param::Bool, Value::Bool(_))
        | (Param::Time, Value::Time(_)) => true,
        (Param::List, Value::List(list)) => list.of == Elem::Any,
        (Param::Map, Value::Map(map)) => map.keys == Elem::Text && map.of == Elem::Any,
        (Param::List | Param::Map, Value::Nil) => !boxed,
        (Param::Object(name), Value::Object(object)) => object.type_name == name,
        _ => false,
    };
    if fits {
        return Ok(value);
    }
    let expected = type_name(param);
    Err(match value {
        Value::Nil if boxed => format!("wrong type for value; expected {expected}; got interface {{}}"),
        Value::Nil => format!("invalid value; expected {expected}"),
        _ => format!("wrong type for value; expected {expected}; got {}", value.type_name()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{render, wrong};

    #[test]
    fn fields_and_calls_find_what_go_finds() {
        for (text, expected) in [
            (".Vars.m.y.z", "w"),
            ("(index .Vars \"m\").y.z", "w"),
            ("((.Vars).m).x", "1"),
            ("$.Vars.s", "text"),
            (".Env.HOME", "/root"),
            (".Vars.n", "<no value>"),
            ("\"a\" | printf \"%s-%s\" \"b\"", "b-a"),
            ("and 1 0 (fail \"x\")", "0"),
            ("or 1 (fail \"x\")", "1"),
            ("or 0 \"\" nil false", "false"),
            ("and .Vars.b", "true"),
            ("0 | and 1", "0"),
            ("whole 3.0", "3"),
            ("broken 3", "3"),
            ("entries nil", "<no value>"),
            ("entries (.Vars.n)", "<no value>"),
            ("texts .Vars.s \"b\"", "[text b]"),
            ("moment.Year", "1970"),
            ("moment.Month", "January"),
            ("printf \"%d\" moment.Month", "1"),
            ("(moment.Sub moment).Hours", "0"),
            ("1_000", "1000"),
            ("'a'", "97"),
            ("1e3", "1000"),
        ] {
            assert_eq!(render(&format!("{{{{{text}}}}}")), expected, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said_in_gos_words() {
        for (text, expected) in [
            (".Vars.i.b", "can't evaluate field b in type interface {}"),
            ("(.Vars.i).b", "can't evaluate field b in type int"),
            (".Vars.n.b", "nil pointer evaluating interface {}.b"),
            ("(.Vars.n).b", "nil data; no entry for key \"b\""),
            (".Vars.nope", "map has no entry for key \"nope\""),
            (".Env.NOPE", "map has no entry for key \"NOPE\""),
            (".Nope", "can't evaluate field Nope in type *goss.TmplVars"),
            ("moment.Nope", "can't evaluate field Nope in type time.Time"),
            (".Vars.m 1", "m is not a method but has arguments"),
            (".Vars 1", "Vars has arguments but cannot be invoked as function"),
            (".Env 1", "wrong number of args for Env: want 0 got 1"),
            ("\"x\" 1", "can't give argument to non-function \"x\""),
            ("(1) 2", "can't give argument to non-function 1"),
            ("nil", "nil is not a command"),
            ("upper", "wrong number of args for upper: want 1 got 0"),
            ("upper 1 2", "wrong number of args for upper: want 1 got 2"),
            ("and", "wrong number of args for and: want at least 1 got 0"),
            ("upper nil", "cannot assign nil to string"),
            ("upper 1", "expected string; found 1"),
            ("upper (1)", "wrong type for value; expected string; got int"),
            ("1 | upper", "wrong type for value; expected string; got int"),
            ("upper .", "wrong type for value; expected string; got *goss.TmplVars"),
            ("upper .Vars.n", "wrong type for value; expected string; got interface {}"),
            (".Vars.n | upper", "invalid value; expected string"),
            ("entries .Vars.n", "wrong type for value; expected map[string]interface {}; got interface {}"),
            ("entries .Env", "wrong type for value; expected map[string]interface {}; got map[string]string"),
            ("entries 1", "can't handle 1 for arg of type map[string]interface {}"),
            ("whole \"a\"", "expected integer; found \"a\""),
            ("whole 3.5", "expected integer; found 3.5"),
            ("whole wide", "wrong type for value; expected int; got int64"),
            ("broken \"a\"", "expected float; found \"a\""),
            ("either 3", "expected bool; found 3"),
            ("fail \"x\"", "error calling fail: x"),
            ("18446744073709551615", "18446744073709551615 overflows int"),
        ] {
            let said = wrong(&format!("{{{{{text}}}}}"));
            assert!(said.ends_with(&format!(": {expected}")), "{text}: {said}");
        }
        assert_eq!(
            wrong("{{eq 1 1.0}}"),
            "template: test:1:2: executing \"test\" at <eq 1 1.0>: error calling eq: incompatible types for comparison: int and float64"
        );
    }
}
