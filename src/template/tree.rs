//! What a template is made of, and how Go writes its parts in messages.

use super::{Function, Key, Value};
use std::fmt;
use std::rc::Rc;

/// What stands between an opening and its `end`.
pub type Body<'t> = Vec<Node<'t>>;

#[derive(Debug)]
pub enum Node<'t> {
    Text(&'t str),
    Action(Pipe<'t>),
    If(Box<Choice<'t>>),
    With(Box<Choice<'t>>),
    Range(Box<Range<'t>>),
    Template(Box<Invocation<'t>>),
    Break,
    Continue,
}

/// The first branch whose pipeline is true, or else.
#[derive(Debug)]
pub struct Choice<'t> {
    pub branches: Vec<(Pipe<'t>, Body<'t>)>,
    pub otherwise: Body<'t>,
}

#[derive(Debug)]
pub struct Range<'t> {
    pub pipe: Pipe<'t>,
    pub body: Body<'t>,
    pub otherwise: Body<'t>,
}

/// `{{template "name" pipe}}`.
#[derive(Debug)]
pub struct Invocation<'t> {
    pub at: usize,
    pub name: Rc<str>,
    pub pipe: Option<Pipe<'t>>,
}

/// Commands, each of which gets what the one before it gave.
#[derive(Debug)]
pub struct Pipe<'t> {
    pub at: usize,
    /// Variables that get its value.
    pub variables: Vec<&'t str>,
    /// They are there already (`=`).
    pub assigns: bool,
    pub commands: Vec<Command<'t>>,
}

#[derive(Debug)]
pub struct Command<'t> {
    pub at: usize,
    pub head: Operand<'t>,
    pub args: Vec<Operand<'t>>,
}

#[derive(Debug)]
pub struct Operand<'t> {
    pub at: usize,
    pub term: Term<'t>,
}

#[derive(Debug)]
pub enum Term<'t> {
    Dot,
    Nil,
    Bool(bool),
    Number(Number<'t>),
    Text {
        quoted: &'t str,
        value: Value,
    },
    Field(Vec<Key>),
    Variable(&'t str, Vec<Key>),
    /// Fields of what is no field or variable itself.
    Chain(Box<Operand<'t>>, Vec<Key>),
    Function(&'t str, Callee<'t>),
    Pipe(Box<Pipe<'t>>),
}

#[derive(Clone, Copy)]
pub enum Callee<'t> {
    Function(&'t Function),
    /// `and`, which evaluates no more than it must.
    And,
    Or,
}

/// A number of any syntax.
#[derive(Clone, Copy, Debug)]
pub struct Number<'t> {
    pub text: &'t str,
    /// Its value, if that is a whole number.
    pub int: Option<i64>,
    pub float: f64,
    /// Written with a point or an exponent.
    pub fraction: bool,
}

impl fmt::Debug for Callee<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Callee::Function(function) => function.name,
            Callee::And => "and",
            Callee::Or => "or",
        })
    }
}

fn separated<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T], by: &str) -> fmt::Result {
    for (at, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if at > 0 { by } else { "" })?;
    }
    Ok(())
}

impl fmt::Display for Pipe<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        separated(f, &self.variables, ", ")?;
        if !self.variables.is_empty() {
            f.write_str(if self.assigns { " = " } else { " := " })?;
        }
        separated(f, &self.commands, " | ")
    }
}

impl fmt::Display for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.head)?;
        self.args.iter().try_for_each(|arg| write!(f, " {arg}"))
    }
}

impl fmt::Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = |f: &mut fmt::Formatter<'_>, fields: &[Key]| {
            fields.iter().try_for_each(|field| write!(f, ".{}", field_name(field)))
        };
        match &self.term {
            Term::Dot => f.write_str("."),
            Term::Nil => f.write_str("nil"),
            Term::Bool(bool) => write!(f, "{bool}"),
            Term::Number(number) => f.write_str(number.text),
            Term::Text { quoted, .. } => f.write_str(quoted),
            Term::Field(names) => fields(f, names),
            Term::Variable(name, names) => {
                f.write_str(name)?;
                fields(f, names)
            }
            Term::Chain(of, names) => {
                write!(f, "{of}")?;
                fields(f, names)
            }
            Term::Function(name, _) => f.write_str(name),
            Term::Pipe(pipe) => write!(f, "({pipe})"),
        }
    }
}

/// A field's name; fields are keys so that maps can be asked for them as they are.
pub fn field_name(field: &Key) -> &str {
    match field {
        Key::Text(name) => name,
        _ => "",
    }
}

/// Whether nothing but space would be printed: such a definition yields to another of its name.
pub fn is_empty(body: &Body) -> bool {
    body.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}
