//! A template's text to its tree.

use super::builtin::{self, BUILTINS};
use super::lex::{Kind, Lexer, Token};
use super::tree::{Body, Callee, Choice, Command, Invocation, Node, Operand, Pipe, Range, Term, is_empty};
use super::{Error, Function, Key, Value, literal};
use std::collections::HashMap;
use std::rc::Rc;

/// How deeply actions and parentheses may stand in one another.
const DEEPEST: usize = 200;

/// Variables that may be known at once.
const MOST_VARIABLES: usize = 1_000;

/// The templates that a text defines, by name.
pub type Defined<'t> = HashMap<Rc<str>, Body<'t>>;

/// Reads a template of this name and all that it defines.
pub fn parse<'t>(name: &str, text: &'t str, functions: &[&'t [Function]]) -> Result<Defined<'t>, Error> {
    let mut parser = Parser {
        functions,
        lexer: Lexer::new(text),
        ahead: Vec::new(),
        last: 0,
        action: None,
        variables: vec!["$"],
        ranges: 0,
        depth: DEEPEST,
        defined: HashMap::new(),
        text,
        name,
    };
    match parser.whole(name) {
        Ok(()) => Ok(parser.defined),
        Err(message) => Err(Error::new(name, text, parser.last, message)),
    }
}

struct Parser<'t, 'p> {
    functions: &'p [&'t [Function]],
    lexer: Lexer<'t>,
    /// Tokens put back, the next one last.
    ahead: Vec<Token<'t>>,
    /// Where the last token stands.
    last: usize,
    /// Where the action that is being read begins.
    action: Option<usize>,
    /// Variables that are known here.
    variables: Vec<&'t str>,
    /// `range`s around here.
    ranges: usize,
    depth: usize,
    defined: Defined<'t>,
    text: &'t str,
    name: &'p str,
}

/// What ends a body.
enum Closing {
    End,
    Else,
    ElseIf,
    ElseWith,
}

impl Closing {
    fn shown(&self) -> &'static str {
        match self {
            Closing::End => "{{end}}",
            _ => "{{else}}",
        }
    }
}

enum Item<'t> {
    Node(Node<'t>),
    Closing(Closing),
}

type Parsed<T> = Result<T, String>;

impl<'t> Parser<'t, '_> {
    fn next(&mut self) -> Token<'t> {
        self.ahead.pop().unwrap_or_else(|| {
            let token = self.lexer.next();
            self.last = token.at;
            token
        })
    }

    fn back(&mut self, token: Token<'t>) {
        self.ahead.push(token);
    }

    fn peek(&mut self) -> Token<'t> {
        let token = self.next();
        self.back(token);
        token
    }

    fn next_word(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    fn peek_word(&mut self) -> Token<'t> {
        let token = self.next_word();
        self.back(token);
        token
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<()> {
        let token = self.next_word();
        if token.kind == kind { Ok(()) } else { Err(self.unexpected(token, context)) }
    }

    fn unexpected(&self, token: Token, context: &str) -> String {
        let shown = match token.kind {
            Kind::Error => return self.wrong_token(token),
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{}>", token.text),
            _ => match token.text.char_indices().nth(10) {
                Some((at, _)) if token.text.len() > 10 => {
                    format!("{}...", super::quote::quoted(token.text.get(..at).unwrap_or_default()))
                }
                _ => super::quote::quoted(token.text),
            },
        };
        format!("unexpected {shown} in {context}")
    }

    fn wrong_token(&self, token: Token) -> String {
        let wrong = &self.lexer.wrong;
        let line = |at| Error::new(self.name, self.text, at, String::new()).line;
        match self.action.map(line) {
            Some(begun) if begun != line(token.at) => match wrong.strip_suffix(" action") {
                Some(_) => format!("{wrong} started at {}:{begun}", self.name),
                None => format!("{wrong} in action started at {}:{begun}", self.name),
            },
            _ => wrong.clone(),
        }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth = self.depth.checked_sub(1).ok_or("actions or parentheses are nested too deeply")?;
        let read = read(self);
        self.depth += 1;
        read
    }

    fn define(&mut self, name: &str, body: Body<'t>) -> Parsed<()> {
        if self.defined.get(name).is_some_and(|other| !is_empty(other)) {
            // Of an empty one and another, the other stands.
            return match is_empty(&body) {
                true => Ok(()),
                false => Err(format!("template: multiple definition of template {}", super::quote::quoted(name))),
            };
        }
        self.defined.insert(name.into(), body);
        Ok(())
    }

    fn whole(&mut self, name: &str) -> Parsed<()> {
        let mut body = Body::new();
        loop {
            let token = self.peek();
            if token.kind == Kind::Eof {
                return self.define(name, body);
            }
            if token.kind == Kind::LeftDelim {
                self.next();
                let word = self.next_word();
                if word.kind == Kind::Define {
                    self.definition()?;
                    continue;
                }
                self.back(word);
                self.back(token);
            }
            match self.item()? {
                Item::Node(node) => body.push(node),
                Item::Closing(end) => return Err(format!("unexpected {}", end.shown())),
            }
        }
    }

    fn definition(&mut self) -> Parsed<()> {
        let token = self.next_word();
        let name = self.template_name(token, "define clause")?;
        self.expect(Kind::RightDelim, "define clause")?;
        self.template(&name, "define clause")
    }

    /// A body of its own, which knows no variables of what stands around it.
    fn template(&mut self, name: &str, context: &str) -> Parsed<()> {
        let variables = std::mem::replace(&mut self.variables, vec!["$"]);
        let ranges = std::mem::take(&mut self.ranges);
        let (body, end) = self.body()?;
        if !matches!(end, Closing::End) {
            return Err(format!("unexpected {} in {context}", end.shown()));
        }
        (self.variables, self.ranges) = (variables, ranges);
        self.define(name, body)
    }

    fn template_name(&mut self, token: Token<'t>, context: &str) -> Parsed<String> {
        match token.kind {
            Kind::String | Kind::RawString => literal::string(token.text),
            _ => Err(self.unexpected(token, context)),
        }
    }

    fn body(&mut self) -> Parsed<(Body<'t>, Closing)> {
        self.deeper(|parser| {
            let mut body = Body::new();
            while parser.peek_word().kind != Kind::Eof {
                match parser.item()? {
                    Item::Node(node) => body.push(node),
                    Item::Closing(end) => return Ok((body, end)),
                }
            }
            Err("unexpected EOF".to_owned())
        })
    }

    fn item(&mut self) -> Parsed<Item<'t>> {
        let token = self.next_word();
        match token.kind {
            Kind::Text => Ok(Item::Node(Node::Text(token.text))),
            Kind::LeftDelim => {
                self.action = Some(token.at);
                let item = self.action()?;
                self.action = None;
                Ok(item)
            }
            _ => Err(self.unexpected(token, "input")),
        }
    }

    fn action(&mut self) -> Parsed<Item<'t>> {
        let token = self.next_word();
        let node = match token.kind {
            Kind::Block => self.block()?,
            Kind::Break | Kind::Continue => {
                let (shown, node) = match token.kind {
                    Kind::Break => ("{{break}}", Node::Break),
                    _ => ("{{continue}}", Node::Continue),
                };
                self.expect(Kind::RightDelim, shown)?;
                if self.ranges == 0 {
                    return Err(format!("{shown} outside {{{{range}}}}"));
                }
                node
            }
            Kind::Else => {
                let next = self.peek_word();
                return Ok(Item::Closing(match next.kind {
                    Kind::If => Closing::ElseIf,
                    Kind::With => Closing::ElseWith,
                    _ => {
                        self.expect(Kind::RightDelim, "else")?;
                        Closing::Else
                    }
                }));
            }
            Kind::End => {
                self.expect(Kind::RightDelim, "end")?;
                return Ok(Item::Closing(Closing::End));
            }
            Kind::If => Node::If(Box::new(self.choice("if")?)),
            Kind::With => Node::With(Box::new(self.choice("with")?)),
            Kind::Range => Node::Range(Box::new(self.range()?)),
            Kind::Template => self.invocation()?,
            _ => {
                self.back(token);
                Node::Action(self.pipe("command", Kind::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn choice(&mut self, word: &str) -> Parsed<Choice<'t>> {
        let known = self.variables.len();
        let mut branches = Vec::new();
        let otherwise = loop {
            let pipe = self.pipe(word, Kind::RightDelim)?;
            let (body, end) = self.body()?;
            branches.push((pipe, body));
            match end {
                Closing::End => break Body::new(),
                Closing::ElseIf if word == "if" => _ = self.next_word(),
                Closing::ElseWith if word == "with" => _ = self.next_word(),
                _ => break self.otherwise()?,
            }
        };
        self.variables.truncate(known);
        Ok(Choice { branches, otherwise })
    }

    fn range(&mut self) -> Parsed<Range<'t>> {
        let known = self.variables.len();
        let pipe = self.pipe("range", Kind::RightDelim)?;
        self.ranges += 1;
        let (body, end) = self.body()?;
        self.ranges -= 1;
        let otherwise = match end {
            Closing::End => Body::new(),
            _ => self.otherwise()?,
        };
        self.variables.truncate(known);
        Ok(Range { pipe, body, otherwise })
    }

    /// What stands behind an `else`, to its end.
    fn otherwise(&mut self) -> Parsed<Body<'t>> {
        match self.body()? {
            (body, Closing::End) => Ok(body),
            (_, end) => Err(format!("expected end; found {}", end.shown())),
        }
    }

    fn block(&mut self) -> Parsed<Node<'t>> {
        let token = self.next_word();
        let name = self.template_name(token, "block clause")?;
        let pipe = self.pipe("block clause", Kind::RightDelim)?;
        self.template(&name, "block clause")?;
        Ok(Node::Template(Box::new(Invocation { at: token.at, name: name.into(), pipe: Some(pipe) })))
    }

    fn invocation(&mut self) -> Parsed<Node<'t>> {
        let token = self.next_word();
        let name = self.template_name(token, "template clause")?;
        let next = self.next_word();
        let pipe = match next.kind {
            Kind::RightDelim => None,
            _ => {
                self.back(next);
                Some(self.pipe("template clause", Kind::RightDelim)?)
            }
        };
        Ok(Node::Template(Box::new(Invocation { at: token.at, name: name.into(), pipe })))
    }

    fn pipe(&mut self, context: &str, end: Kind) -> Parsed<Pipe<'t>> {
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
                return Err(format!("unexpected . after term {}", super::quote::quoted(&operand.to_string())));
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
            Kind::Variable => return Err(format!("undefined variable {}", super::quote::quoted(text))),
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

#[cfg(test)]
mod tests {
    use super::super::tests::{render, wrong};
    use proptest::prelude::*;

    #[test]
    fn what_is_no_template_is_said_in_gos_words() {
        for (text, expected) in [
            ("{{x.}}", "function \"x\" not defined"),
            ("{{ break }}", "{{break}} outside {{range}}"),
            ("{{range 1}}{{else}}{{continue}}{{end}}", "{{continue}} outside {{range}}"),
            ("{{range 1}}{{block \"x\" .}}{{break}}{{end}}{{end}}", "{{break}} outside {{range}}"),
            ("{{1.5.6}}", "unexpected \".6\" in operand"),
            ("{{\"a\".x}}", "unexpected . after term \"\\\"a\\\"\""),
            ("{{1 | 2}}", "non executable command in pipeline stage 2"),
            ("{{}}", "missing value for command"),
            ("{{()}}", "missing value for parenthesized pipeline"),
            ("{{if}}{{end}}", "missing value for if"),
            ("{{end}}", "unexpected {{end}}"),
            ("{{else}}", "unexpected {{else}}"),
            ("{{if 1}}", "unexpected EOF"),
            ("{{if 1}}{{else}}{{else}}{{end}}", "expected end; found {{else}}"),
            ("{{range $a,$b,$c := .}}{{end}}", "too many declarations in range"),
            ("{{$x, $y := 1}}", "too many declarations in command"),
            ("{{range $i, 3 := .}}{{end}}", "range can only initialize variables"),
            ("{{$x}}", "undefined variable \"$x\""),
            ("{{if $x := 1}}{{$x}}{{end}}{{$x}}", "undefined variable \"$x\""),
            ("{{$x := 1}}{{define \"t\"}}{{$x}}{{end}}", "undefined variable \"$x\""),
            ("{{template x}}", "unexpected \"x\" in template clause"),
            ("{{define \"x\"}}", "unexpected EOF"),
            ("{{define x}}{{end}}", "unexpected \"x\" in define clause"),
            ("{{if 1}}{{define \"x\"}}{{end}}{{end}}", "unexpected <define> in command"),
            ("{{ | print}}", "unexpected \"|\" in command"),
            ("{{print 1 , 2}}", "unexpected \",\" in operand"),
            ("{{print(1)}}", "unexpected \"(\" in operand"),
            ("{{print 1\"a\"}}", "unexpected \"\\\"a\\\"\" in operand"),
            ("{{range 3}}{{else with 1}}{{end}}", "unexpected <with> in input"),
            ("{{if 1}}{{else with 1}}{{end}}", "unexpected <with> in input"),
            ("{{with 1}}{{else if 1}}{{end}}", "unexpected <if> in input"),
            ("{{define \"x\"}}a{{end}}{{define \"x\"}}b{{end}}", "template: multiple definition of template \"x\""),
            ("z{{define \"test\"}}a{{end}}", "template: multiple definition of template \"test\""),
            ("{{1i}}", "imaginary numbers are not supported: \"1i\""),
        ] {
            assert_eq!(wrong(text), format!("template: test:1: {expected}"), "{text}");
        }
        assert_eq!(wrong("a\n{{if\n1"), "template: test:3: unclosed action started at test:2");
        assert_eq!(
            wrong("a\n{{print\n\"x"),
            "template: test:3: unterminated quoted string in action started at test:2"
        );
    }

    #[test]
    fn an_empty_definition_yields_to_another() {
        assert_eq!(render("{{define \"x\"}}a{{end}}{{define \"x\"}} {{end}}{{template \"x\"}}"), "a");
        assert_eq!(render("{{define \"test\"}}x{{end}}"), "x");
    }

    #[test]
    fn nesting_ends_in_an_error_and_not_in_a_crash() {
        let nested = |open: &str, close: &str| [&*open.repeat(10_000), &close.repeat(10_000)].concat();
        for text in [
            nested("{{if 1}}", "{{end}}"),
            nested("{{with 1}}", "{{end}}"),
            nested("{{range 1}}", "{{end}}"),
            nested("{{block \"x\" 1}}", "{{end}}"),
            format!("{{{{{}}}}}", nested("(", ")")),
            format!("{{{{print {}}}}}", nested("(print ", ")")),
        ] {
            assert!(wrong(&text).contains("nested too deeply"));
        }
        let fits = 150;
        assert_eq!(render(&format!("{}x{}", "{{if 1}}".repeat(fits), "{{end}}".repeat(fits))), "x");
        assert_eq!(render(&format!("{{{{{}1{}}}}}", "print (".repeat(fits), ")".repeat(fits))), "1");
        assert_eq!(render(&format!("{{{{if 0}}}}{}x{{{{end}}}}", "{{else if 0}}".repeat(10_000))), "");
    }

    #[test]
    fn more_variables_than_anyone_has_are_refused() {
        let text: String = (0..2_000).map(|n| format!("{{{{$v{n} := 1}}}}")).collect();
        assert!(wrong(&text).ends_with("too many variables"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn no_text_panics(words in prop::collection::vec(prop::sample::select(WORDS), 0..30)) {
            let text = words.concat();
            let limits = super::super::Limits { bytes: 1 << 16, steps: 10_000, depth: 100 };
            if let Err(error) = super::super::tests::render_with(&text, limits) {
                prop_assert!(error.at <= text.len());
            }
        }
    }

    const WORDS: &[&str] = &[
        "{{",
        "}}",
        "{{- ",
        " -}}",
        "if ",
        "else ",
        "end",
        "{{end}}",
        "{{else}}",
        "range ",
        "with ",
        "define \"x\"",
        "template \"x\" ",
        "block \"x\" ",
        "break",
        "continue",
        "$x",
        "$y",
        " := ",
        " = ",
        ", ",
        "|",
        "(",
        ")",
        ".",
        ".Vars",
        ".m",
        ".l",
        ".n",
        ".Env",
        " ",
        "print ",
        "printf \"%v %5d\" ",
        "index ",
        "eq ",
        "and ",
        "list ",
        "slice ",
        "1",
        "-2",
        "1.5",
        "'a'",
        "\"a\"",
        "`r`",
        "nil",
        "true",
        "text",
        "\n",
        "/*",
        "*/",
        "é",
        "\"",
        "upper ",
        "len ",
        "html ",
        "{{range 3}}",
        "{{$x := 1}}",
        "{{if 1}}",
        "{{with .Vars}}",
    ];
}
