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

/// Characters of the template that a message shows.
const LONGEST_PART: usize = 200;

/// Variables between one and its use that cost a step.
const SEARCHED: usize = 32;

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
        let mut part = part.to_string();
        if let Some((cut, _)) = part.char_indices().nth(LONGEST_PART) {
            part.truncate(cut);
            part.push('…');
        }
        error.executing = Some((self.executing.to_owned(), part));
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
        match self.variables.iter_mut().rev().enumerate().find(|(_, (known, _))| *known == name) {
            Some((passed, (_, held))) => {
                *held = value;
                self.steps = self.steps.saturating_sub(passed / SEARCHED);
            }
            None => return self.error(pipe.at, pipe, format!("undefined variable: {name}")),
        }
        Ok(())
    }

    pub fn variable(&mut self, name: &str, node: &Operand<'t>) -> Executed<Held> {
        match self.variables.iter().rev().enumerate().find(|(_, (known, _))| *known == name) {
            Some((passed, (_, held))) => {
                self.steps = self.steps.saturating_sub(passed / SEARCHED);
                Ok(held.clone())
            }
            None => self.error(node.at, node, format!("undefined variable: {name}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{render, render_with, wrong};
    use super::*;

    #[test]
    fn each_action_does_what_go_does() {
        for (text, expected) in [
            ("a {{- 1 -}} b", "a1b"),
            ("{{range $i, $v := .Vars.l}}{{$i}}={{$v}};{{end}}", "0=1;1=two;2=<no value>;"),
            ("{{range $k, $v := .Vars.m}}{{$k}}={{$v}};{{end}}", "x=1;y=map[z:w];"),
            ("{{range .Vars.n}}x{{else}}e{{end}}{{range .Vars.e}}x{{else}}e{{end}}", "ee"),
            ("{{range $i := 3}}{{$i}}{{end}}{{range -3}}x{{else}}e{{end}}", "012e"),
            ("{{range wide}}{{printf \"%T\" .}}{{break}}{{end}}", "int64"),
            ("{{range list 1 2 3 4}}{{if eq . 2}}{{continue}}{{end}}{{if eq . 4}}{{break}}{{end}}{{.}}{{end}}", "13"),
            ("{{range list 1 2}}{{with .}}{{continue}}{{end}}x{{end}}", ""),
            ("{{$i := 5}}{{range $i = .Vars.words}}{{$i}}{{end}}{{$i}}", "abb"),
            ("{{$i := 5}}{{$j := 6}}{{range $i, $j = .Vars.words}}{{$i}}{{end}}{{$i}}{{$j}}", "011b"),
            ("{{with 0}}a{{else with 1}}b{{.}}{{else}}c{{end}}", "b1"),
            ("{{with $x := 0}}a{{else with $y := 2}}b{{$x}}{{$y}}{{end}}", "b02"),
            ("{{if 0}}a{{else if 0}}b{{else}}c{{end}}", "c"),
            ("{{$x := 1}}{{if 1}}{{$x = 2}}{{$x := 3}}{{$x}}{{end}}{{$x}}", "32"),
            ("{{$x := 1}}{{range list 1 2}}{{$x = .}}{{end}}{{$x}}", "2"),
            ("{{define \"t\"}}[{{.}}{{$}}]{{end}}{{template \"t\" 5}}{{template \"t\"}}", "[55][<no value><no value>]"),
            ("{{block \"b\" 7}}<{{.}}>{{end}}{{template \"b\" 8}}", "<7><8>"),
            (
                "{{.}}",
                "{map[b:true e:[] f:1.5 i:5 l:[1 two <nil>] m:map[x:1 y:map[z:w]] n:<nil> s:text u:18446744073709551615 words:[a b]]}",
            ),
        ] {
            assert_eq!(render(text), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_run_is_said_in_gos_words() {
        for (text, expected) in [
            ("{{range $i,$j := 3}}{{end}}", "can't use 3 to iterate over more than one variable"),
            ("{{range 1.5}}{{end}}", "range can't iterate over 1.5"),
            ("{{range \"aé\"}}{{end}}", "range can't iterate over aé"),
            ("{{range $i = .Vars.l}}{{$i}}{{end}}", "undefined variable: $i"),
            ("{{$x = 1}}{{$x}}", "undefined variable: $x"),
            ("{{template \"x\" 1}}", "template \"x\" not defined"),
        ] {
            assert!(wrong(text).ends_with(&format!(": {expected}")), "{text}: {}", wrong(text));
        }
        assert_eq!(
            wrong("{{template \"y\" 1}}"),
            "template: test:1:11: executing \"test\" at <{{template \"y\" 1}}>: template \"y\" not defined"
        );
    }

    #[test]
    fn what_has_no_end_ends() {
        let limits = Limits { steps: 100_000, bytes: 1 << 20, ..Limits::default() };
        for text in [
            "{{range 9223372036854775807}}{{end}}",
            "{{range 1000000}}{{range 1000000}}{{end}}{{end}}",
            "{{range 1000000000}}aaaaaaaaaaaaaaaaaaaaaa{{end}}",
            "{{define \"a\"}}{{template \"a\" .}}{{template \"a\" .}}{{end}}{{template \"a\"}}",
            "{{define \"a\"}}{{if 1}}{{with 1}}{{range 1}}{{template \"a\"}}{{end}}{{end}}{{end}}{{end}}{{template \"a\"}}",
            "{{$x := \"a\"}}{{range 100}}{{$x = print $x $x}}{{end}}",
            "{{$x := list 1}}{{range 100}}{{$x = list $x $x}}{{end}}{{$x}}",
            "{{$x := list 1}}{{range 1000000}}{{$x = list $x}}{{end}}{{$x}}",
            "{{range 1000000}}{{printf \"%9999999d\" 1}}{{end}}",
            "{{range 1000000}}{{range list 1 2 3 4 5 6 7}}{{end}}{{end}}",
        ] {
            assert!(render_with(text, limits).is_err(), "{text}");
        }
    }

    #[test]
    fn messages_do_not_repeat_a_whole_template() {
        assert!(wrong(&format!("{{{{.Vars{}}}}}", ".a".repeat(100_000))).len() < 500);
    }
}
