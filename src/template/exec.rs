//! Runs a template's tree over a value.

use super::print;
use super::tree::{Body, Choice, Invocation, Node, Operand, Pipe, Range};
use super::{Call, Error, Key, Template, Value, World};
use std::cell::Cell;
use std::fmt::Display;

/// What a rendering may use. No real template comes near.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes that are made: output, and every value on the way there.
    pub bytes: usize,
    /// Actions, commands and rounds of `range`.
    pub steps: usize,
    /// How deeply templates, blocks and parentheses may be in one another while they run.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 64 << 20, steps: 10_000_000, depth: 400 }
    }
}

/// Boxed, because a result is passed through every level of the tree.
pub type Executed<T> = Result<T, Box<Error>>;

/// A value, and whether Go sees it through an interface: an element of a list of anything is, a variable's value is not.
/// Messages tell them apart, and a nil of the one kind is not what a nil of the other is.
#[derive(Clone, Debug)]
pub struct Held {
    pub value: Value,
    pub boxed: bool,
}

impl Held {
    pub fn bare(value: Value) -> Held {
        Held { value, boxed: false }
    }
}

pub struct Run<'a, 't> {
    pub template: &'a Template<'t>,
    pub call: Call<'a>,
    pub out: String,
    pub variables: Vec<(&'a str, Held)>,
    steps: usize,
    depth: usize,
    /// The name of the template that runs.
    executing: &'a str,
}

/// What a body asks of the `range` around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// Renders the template.
pub fn execute(template: &Template, data: &Value, world: &dyn World, limits: Limits) -> Executed<String> {
    let Some(body) = template.defined.get(template.name) else { return Ok(String::new()) };
    let left = Cell::new(limits.bytes);
    let mut run = Run {
        template,
        call: Call { world, left: &left },
        out: String::with_capacity(template.text.len()),
        variables: vec![("$", Held::bare(data.clone()))],
        steps: limits.steps,
        depth: limits.depth,
        executing: template.name,
    };
    run.body(&Held::bare(data.clone()), body)?;
    Ok(run.out)
}

impl<'a, 't> Run<'a, 't> {
    /// An error at a part of the template.
    #[cold]
    pub fn error<T>(&self, at: usize, part: &dyn Display, message: impl Into<String>) -> Executed<T> {
        let mut error = Error::new(self.template.name, self.template.text, at, message.into());
        error.executing = Some((self.executing.to_owned(), part.to_string()));
        Err(Box::new(error))
    }

    /// Turns what went wrong into an error at a part of the template.
    pub fn at<T>(&self, at: usize, part: &dyn Display, result: Result<T, String>) -> Executed<T> {
        match result {
            Ok(value) => Ok(value),
            Err(message) => self.error(at, part, message),
        }
    }

    pub fn step(&mut self, at: usize, part: &dyn Display) -> Executed<()> {
        match self.steps.checked_sub(1) {
            Some(left) => self.steps = left,
            None => return self.error(at, part, "the template takes too many steps"),
        }
        Ok(())
    }

    /// Runs something a level deeper.
    pub fn deeper<T>(
        &mut self,
        at: usize,
        part: &dyn Display,
        run: impl FnOnce(&mut Self) -> Executed<T>,
    ) -> Executed<T> {
        match self.depth.checked_sub(1) {
            Some(left) => self.depth = left,
            None => return self.error(at, part, "templates, blocks or parentheses are nested too deeply"),
        }
        let result = run(self)?;
        self.depth += 1;
        Ok(result)
    }

    fn body(&mut self, dot: &Held, body: &'a Body<'t>) -> Executed<Flow> {
        for node in body {
            let flow = match node {
                Node::Text(text) => {
                    self.text(text)?;
                    continue;
                }
                Node::Action(pipe) => {
                    self.action(dot, pipe)?;
                    continue;
                }
                Node::If(choice) => self.choice(dot, choice, false)?,
                Node::With(choice) => self.choice(dot, choice, true)?,
                Node::Range(range) => self.range(dot, range)?,
                Node::Template(invocation) => self.invoke(dot, invocation)?,
                Node::Break => Flow::Break,
                Node::Continue => Flow::Continue,
            };
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    fn text(&mut self, text: &'t str) -> Executed<()> {
        let start = text.as_ptr() as usize - self.template.text.as_ptr() as usize;
        self.at(start, &"text", self.call.charge(text.len()))?;
        self.out.push_str(text);
        Ok(())
    }

    fn action(&mut self, dot: &Held, pipe: &'a Pipe<'t>) -> Executed<()> {
        let value = self.pipe(dot, pipe)?;
        if !pipe.variables.is_empty() {
            return Ok(());
        }
        let printed = print::action(&mut self.out, &value, &self.call);
        self.at(pipe.at, pipe, printed)
    }

    fn choice(&mut self, dot: &Held, choice: &'a Choice<'t>, with: bool) -> Executed<Flow> {
        let known = self.variables.len();
        let mut chosen = (&choice.otherwise, None);
        for (pipe, body) in &choice.branches {
            let value = self.pipe(dot, pipe)?;
            if value.truth() {
                chosen = (body, with.then(|| Held::bare(value)));
                break;
            }
        }
        let (body, own) = chosen;
        let at = choice.branches.first().map_or(0, |(pipe, _)| pipe.at);
        let flow = self.deeper(at, &"if", |run| run.body(own.as_ref().unwrap_or(dot), body))?;
        self.variables.truncate(known);
        Ok(flow)
    }

    fn range(&mut self, dot: &Held, range: &'a Range<'t>) -> Executed<Flow> {
        let known = self.variables.len();
        let value = self.pipe(dot, &range.pipe)?;
        let mark = self.variables.len();
        let mut any = false;
        let boxed = |any: bool, value: &Value| Held { value: value.clone(), boxed: any };
        match &value {
            Value::Nil => {}
            Value::List(list) => {
                let of_any = list.of == super::Elem::Any;
                for (at, item) in list.items.iter().enumerate() {
                    any = true;
                    let index = Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
                    if !self.round(range, mark, index, boxed(of_any, item))? {
                        break;
                    }
                }
            }
            Value::Map(map) => {
                let of_any = map.of == super::Elem::Any;
                // The body may change the map.
                let entries: Vec<(Key, Value)> =
                    map.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                let bytes = entries.len().saturating_mul(size_of::<(Key, Value)>());
                self.at(range.pipe.at, &range.pipe, self.call.charge(bytes))?;
                for (key, item) in entries {
                    any = true;
                    if !self.round(range, mark, key.into(), Held { value: item, boxed: of_any })? {
                        break;
                    }
                }
            }
            Value::Int(_) | Value::Int64(_) | Value::Uint64(_) | Value::Byte(_) => {
                if range.pipe.variables.len() > 1 {
                    let shown = self.at(range.pipe.at, &range.pipe, self.call.print(&value))?;
                    let message = format!("can't use {shown} to iterate over more than one variable");
                    return self.error(range.pipe.at, &range.pipe, message);
                }
                let (count, of): (i64, fn(i64) -> Value) = match value {
                    Value::Int64(int) => (int, Value::Int64),
                    Value::Uint64(int) => {
                        (i64::try_from(int).unwrap_or(i64::MAX), |at| Value::Uint64(at.unsigned_abs()))
                    }
                    Value::Byte(byte) => (byte.into(), |at| Value::Byte(at as u8)),
                    _ => (value.as_int().unwrap_or(0), Value::Int),
                };
                for at in 0..count {
                    any = true;
                    if !self.round(range, mark, of(at), Held::bare(of(at)))? {
                        break;
                    }
                }
            }
            _ => {
                let mut shown = String::new();
                let printed = print::action(&mut shown, &value, &self.call);
                self.at(range.pipe.at, &range.pipe, printed)?;
                return self.error(range.pipe.at, &range.pipe, format!("range can't iterate over {shown}"));
            }
        }
        let mut flow = Flow::On;
        if !any {
            flow = self.deeper(range.pipe.at, &"range", |run| run.body(dot, &range.otherwise))?;
        }
        self.variables.truncate(known);
        Ok(flow)
    }

    /// One time through a `range`; whether there may be another.
    fn round(&mut self, range: &'a Range<'t>, mark: usize, index: Value, item: Held) -> Executed<bool> {
        self.step(range.pipe.at, &range.pipe)?;
        match (range.pipe.variables.as_slice(), range.pipe.assigns) {
            ([], _) => {}
            ([element], true) => self.assign(element, item.clone(), &range.pipe)?,
            ([position, element, ..], true) => {
                self.assign(position, Held::bare(index), &range.pipe)?;
                self.assign(element, item.clone(), &range.pipe)?;
            }
            (declared, false) => {
                let mut own = self.variables.iter_mut().take(mark).rev();
                if let Some((_, held)) = own.next() {
                    *held = item.clone();
                }
                if let Some((_, held)) = own.next().filter(|_| declared.len() > 1) {
                    *held = Held::bare(index);
                }
            }
        }
        let flow = self.deeper(range.pipe.at, &"range", |run| run.body(&item, &range.body))?;
        self.variables.truncate(mark);
        Ok(flow != Flow::Break)
    }

    fn invoke(&mut self, dot: &Held, invocation: &'a Invocation<'t>) -> Executed<Flow> {
        let Invocation { at, name, pipe } = invocation;
        self.step(*at, &"template")?;
        let Some((name, body)) = self.template.defined.get_key_value(name) else {
            let shown = super::quote::quoted(name);
            let part = match pipe {
                Some(pipe) => format!("{{{{template {shown} {pipe}}}}}"),
                None => format!("{{{{template {shown}}}}}"),
            };
            return self.error(*at, &part, format!("template {shown} not defined"));
        };
        let dot = match pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Value::Nil,
        };
        // A template knows no variables but its own.
        let variables = std::mem::replace(&mut self.variables, vec![("$", Held::bare(dot.clone()))]);
        let executing = std::mem::replace(&mut self.executing, name);
        let dot = Held::bare(dot);
        self.deeper(*at, &"template", |run| run.body(&dot, body))?;
        self.executing = executing;
        self.variables = variables;
        Ok(Flow::On)
    }

    /// A pipeline's value, which its variables get, too.
    pub fn pipe(&mut self, dot: &Held, pipe: &'a Pipe<'t>) -> Executed<Value> {
        let mut last = None;
        for command in &pipe.commands {
            self.step(command.at, command)?;
            last = Some(self.command(dot, command, last)?.value);
        }
        let value = last.unwrap_or(Value::Nil);
        for variable in &pipe.variables {
            let held = Held::bare(value.clone());
            match pipe.assigns {
                true => self.assign(variable, held, pipe)?,
                false => self.variables.push((variable, held)),
            }
        }
        Ok(value)
    }

    fn assign(&mut self, name: &str, value: Held, pipe: &Pipe<'t>) -> Executed<()> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, held)) => *held = value,
            None => return self.error(pipe.at, pipe, format!("undefined variable: {name}")),
        }
        Ok(())
    }

    pub fn variable(&self, name: &str, node: &Operand<'t>) -> Executed<Held> {
        match self.variables.iter().rev().find(|(known, _)| *known == name) {
            Some((_, held)) => Ok(held.clone()),
            None => self.error(node.at, node, format!("undefined variable: {name}")),
        }
    }
}
