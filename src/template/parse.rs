//! A template's text to its tree.

use super::lex::{Kind, Lexer, Token};
use super::quote::quoted;
use super::tree::{Body, Choice, Invocation, Node, Range, is_empty};
use super::{Error, Function, literal};
use std::collections::HashMap;
use std::rc::Rc;

/// How deeply actions and parentheses may stand in one another.
const DEEPEST: usize = 150;

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

/// Reads a text from its front to its end; pipelines are read in a file of their own.
pub struct Parser<'t, 'p> {
    pub functions: &'p [&'t [Function]],
    lexer: Lexer<'t>,
    /// Tokens put back, the next one last.
    ahead: Vec<Token<'t>>,
    /// Where the last token stands.
    last: usize,
    /// Where the action that is being read begins.
    action: Option<usize>,
    /// Variables that are known here.
    pub variables: Vec<&'t str>,
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

pub type Parsed<T> = Result<T, String>;

impl<'t> Parser<'t, '_> {
    pub fn next(&mut self) -> Token<'t> {
        self.ahead.pop().unwrap_or_else(|| {
            let token = self.lexer.next();
            self.last = token.at;
            token
        })
    }

    pub fn back(&mut self, token: Token<'t>) {
        self.ahead.push(token);
    }

    pub fn peek(&mut self) -> Token<'t> {
        let token = self.next();
        self.back(token);
        token
    }

    pub fn next_word(&mut self) -> Token<'t> {
        loop {
            let token = self.next();
            if token.kind != Kind::Space {
                return token;
            }
        }
    }

    pub fn peek_word(&mut self) -> Token<'t> {
        let token = self.next_word();
        self.back(token);
        token
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<()> {
        let token = self.next_word();
        if token.kind == kind { Ok(()) } else { Err(self.unexpected(token, context)) }
    }

    pub fn unexpected(&self, token: Token, context: &str) -> String {
        let shown = match token.kind {
            Kind::Error => return self.wrong_token(token),
            Kind::Eof => "EOF".to_owned(),
            kind if kind.is_keyword() => format!("<{}>", token.text),
            _ => match token.text.char_indices().nth(10) {
                Some((at, _)) if token.text.len() > 10 => {
                    format!("{}...", quoted(token.text.get(..at).unwrap_or_default()))
                }
                _ => quoted(token.text),
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

    pub fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
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
                false => Err(format!("template: multiple definition of template {}", quoted(name))),
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
        let fits = 120;
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
