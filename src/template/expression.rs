//! The part of a template's parser that reads pipelines: commands, their operands, and variables that are set.

use super::builtin::{self, BUILTINS};
use super::lex::Kind;
use super::parse::{Parsed, Parser};
use super::quote::quoted;
use super::tree::{Callee, Command, Operand, Pipe, Term};
use super::{Key, Value, literal};

/// Variables that may be known at once.
const MOST_VARIABLES: usize = 1_000;

impl<'t> Parser<'t, '_> {
    pub fn pipe(&mut self, context: &str, end: Kind) -> Parsed<Pipe<'t>> {
        let mut pipe = Pipe { at: self.peek_word().at, variables: vec![], assigns: false, commands: vec![] };
        self.declarations(&mut pipe, context)?;
        loop {
            let token = self.next_word();
            match token.kind {
                _ if token.kind == end => break,
                Kind::Bool | Kind::CharConstant | Kind::Complex | Kind::Number | Kind::String | Kind::RawString => {}
                Kind::Dot | Kind::Nil | Kind::Field | Kind::Identifier | Kind::Variable | Kind::LeftParen => {}
                _ => return Err(self.unexpected(token, context)),
            }
            self.back(token);
            pipe.commands.push(self.command()?);
        }
        if pipe.commands.is_empty() {
            return Err(format!("missing value for {context}"));
        }
        for (at, command) in pipe.commands.iter().enumerate().skip(1) {
            if matches!(command.head.term, Term::Bool(_) | Term::Dot | Term::Nil | Term::Number(_) | Term::Text { .. })
            {
                return Err(format!("non executable command in pipeline stage {}", at + 1));
            }
        }
        Ok(pipe)
    }

    fn declarations(&mut self, pipe: &mut Pipe<'t>, context: &str) -> Parsed<()> {
        while self.peek_word().kind == Kind::Variable {
            let variable = self.next_word();
            let after = self.next();
            let sign = if after.kind == Kind::Space { self.next_word() } else { after };
            match sign.kind {
                Kind::Assign | Kind::Declare => {
                    pipe.assigns = sign.kind == Kind::Assign;
                    pipe.variables.push(variable.text);
                    self.know(variable.text)?;
                    return Ok(());
                }
                Kind::Char if sign.text == "," => {
                    pipe.variables.push(variable.text);
                    self.know(variable.text)?;
                    if context != "range" || pipe.variables.len() > 1 {
                        return Err(format!("too many declarations in {context}"));
                    }
                    if !matches!(self.peek_word().kind, Kind::Variable | Kind::RightDelim | Kind::RightParen) {
                        return Err("range can only initialize variables".to_owned());
                    }
                }
                _ => {
                    self.back(sign);
                    if after.kind == Kind::Space {
                        self.back(after);
                    }
                    self.back(variable);
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn know(&mut self, variable: &'t str) -> Parsed<()> {
        // Go knows one as often as it is assigned.
        if !self.variables.contains(&variable) {
            self.variables.push(variable);
        }
        if self.variables.len() > MOST_VARIABLES { Err("too many variables".to_owned()) } else { Ok(()) }
    }

    fn command(&mut self) -> Parsed<Command<'t>> {
        let at = self.peek_word().at;
        let mut operands = Vec::new();
        loop {
            self.peek_word();
            operands.extend(self.operand()?);
            let token = self.next();
            match token.kind {
                Kind::Space => continue,
                Kind::RightDelim | Kind::RightParen => self.back(token),
                Kind::Pipe => {}
                _ => return Err(self.unexpected(token, "operand")),
            }
            break;
        }
        let mut operands = operands.into_iter();
        let head = operands.next().ok_or("empty command")?;
        Ok(Command { at, head, args: operands.collect() })
    }

    fn operand(&mut self) -> Parsed<Option<Operand<'t>>> {
        let Some(operand) = self.term()? else { return Ok(None) };
        let token = self.peek();
        if token.kind != Kind::Field {
            return Ok(Some(operand));
        }
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(field(self.next().text));
        }
        let at = token.at;
        Ok(Some(match operand.term {
            Term::Field(mut names) => {
                names.append(&mut fields);
                Operand { at, term: Term::Field(names) }
            }
            Term::Variable(name, mut names) => {
                names.append(&mut fields);
                Operand { at, term: Term::Variable(name, names) }
            }
            Term::Bool(_) | Term::Text { .. } | Term::Number(_) | Term::Nil | Term::Dot => {
                return Err(format!("unexpected . after term {}", quoted(&operand.to_string())));
            }
            _ => Operand { at, term: Term::Chain(Box::new(operand), fields) },
        }))
    }

    fn term(&mut self) -> Parsed<Option<Operand<'t>>> {
        let token = self.next_word();
        let text = token.text;
        let term = match token.kind {
            Kind::Identifier => Term::Function(text, self.callee(text)?),
            Kind::Dot => Term::Dot,
            Kind::Nil => Term::Nil,
            Kind::Variable if self.variables.contains(&text) => Term::Variable(text, vec![]),
            Kind::Variable => return Err(format!("undefined variable {}", quoted(text))),
            Kind::Field => Term::Field(vec![field(text)]),
            Kind::Bool => Term::Bool(text == "true"),
            Kind::CharConstant | Kind::Complex | Kind::Number => Term::Number(literal::number(text)?),
            Kind::LeftParen => {
                let pipe = self.deeper(|parser| parser.pipe("parenthesized pipeline", Kind::RightParen))?;
                let at = pipe.at;
                return Ok(Some(Operand { at, term: Term::Pipe(Box::new(pipe)) }));
            }
            Kind::String | Kind::RawString => Term::Text { quoted: text, value: Value::text(literal::string(text)?) },
            _ => {
                self.back(token);
                return Ok(None);
            }
        };
        Ok(Some(Operand { at: token.at, term }))
    }

    /// The function of this name: a later table's before an earlier one's, and Go's own last.
    fn callee(&self, name: &str) -> Parsed<Callee<'t>> {
        let given = self.functions.iter().rev().find_map(|table| table.iter().find(|function| function.name == name));
        let own = || BUILTINS.iter().find(|function| function.name == name);
        match (given, name) {
            (Some(function), _) => Ok(Callee::Function(function)),
            (None, "and") => Ok(Callee::And),
            (None, "or") => Ok(Callee::Or),
            _ => own().map(Callee::Function).ok_or_else(|| builtin::unknown(name)),
        }
    }
}

fn field(text: &str) -> Key {
    Key::Text(text.strip_prefix('.').unwrap_or(text).into())
}
