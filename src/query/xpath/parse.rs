//! XPath text to an expression.

/// Levels of brackets, and steps, that a path may have.
const MAX_DEPTH: usize = 64;
const MAX_STEPS: usize = 256;

#[derive(Clone, Debug)]
pub enum Expr {
    Or(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    Negative(Box<Expr>),
    Union(Box<Expr>, Box<Expr>),
    Number(f64),
    Text(String),
    Call(Function, Vec<Expr>),
    /// Steps from the document's root, or from the node at hand.
    Path {
        absolute: bool,
        steps: Vec<Step>,
    },
    /// Predicates and steps behind a bracket or a call.
    Filter {
        from: Box<Expr>,
        predicates: Vec<Expr>,
        steps: Vec<Step>,
    },
}

#[derive(Clone, Debug)]
pub struct Step {
    pub axis: Axis,
    pub test: NodeTest,
    pub predicates: Vec<Expr>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axis {
    Child,
    Descendant,
    DescendantOrSelf,
    This,
    Parent,
    Ancestor,
    AncestorOrSelf,
    FollowingSibling,
    PrecedingSibling,
    Attribute,
}

#[derive(Clone, Debug)]
pub enum NodeTest {
    /// Any element, or any attribute.
    Any,
    /// As it is written, with its prefix.
    Name(String),
    /// `prefix:*`
    Prefix(String),
    Text,
    Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

macro_rules! functions {
    ($($variant:ident = $name:literal, $least:literal..=$most:literal;)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Function { $($variant),* }
        /// Name, and how few and how many arguments it takes.
        const FUNCTIONS: &[(&str, Function, usize, usize)] = &[$(($name, Function::$variant, $least, $most)),*];
    };
}

functions! {
    Last = "last", 0..=0;
    Position = "position", 0..=0;
    Count = "count", 1..=1;
    LocalName = "local-name", 0..=1;
    Name = "name", 0..=1;
    String = "string", 0..=1;
    Concat = "concat", 2..=64;
    StartsWith = "starts-with", 2..=2;
    EndsWith = "ends-with", 2..=2;
    Contains = "contains", 2..=2;
    SubstringBefore = "substring-before", 2..=2;
    SubstringAfter = "substring-after", 2..=2;
    Substring = "substring", 2..=3;
    StringLength = "string-length", 0..=1;
    NormalizeSpace = "normalize-space", 0..=1;
    Translate = "translate", 3..=3;
    Boolean = "boolean", 1..=1;
    Not = "not", 1..=1;
    True = "true", 0..=0;
    False = "false", 0..=0;
    Number = "number", 0..=1;
    Sum = "sum", 1..=1;
    Floor = "floor", 1..=1;
    Ceiling = "ceiling", 1..=1;
    Round = "round", 1..=1;
}

const AXES: &[(&str, Axis)] = &[
    ("child", Axis::Child),
    ("descendant", Axis::Descendant),
    ("descendant-or-self", Axis::DescendantOrSelf),
    ("self", Axis::This),
    ("parent", Axis::Parent),
    ("ancestor", Axis::Ancestor),
    ("ancestor-or-self", Axis::AncestorOrSelf),
    ("following-sibling", Axis::FollowingSibling),
    ("preceding-sibling", Axis::PrecedingSibling),
    ("attribute", Axis::Attribute),
];

pub fn parse(path: &str) -> Result<Expr, String> {
    if path.trim().is_empty() {
        return Err("the path is empty; `/*` is the whole document".into());
    }
    let mut parser = Parser { rest: path, depth: 0, steps: 0 };
    let expr = parser.or()?;
    parser.space();
    match parser.rest.is_empty() {
        true => Ok(expr),
        false => Err(format!("`{}` does not belong there", shown(parser.rest))),
    }
}

struct Parser<'p> {
    rest: &'p str,
    depth: usize,
    steps: usize,
}

type Parsed = Result<Expr, String>;

impl<'p> Parser<'p> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// An operator that is a word, such as `and`.
    fn eat_word(&mut self, word: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(is_name) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    fn need(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) {
            return Ok(());
        }
        Err(match self.rest.is_empty() {
            true => format!("`{token}` is missing at its end"),
            false => format!("`{token}` is missing before `{}`", shown(self.rest)),
        })
    }

    fn deeper(&mut self, inner: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("it has more than {MAX_DEPTH} levels of brackets"));
        }
        let expr = inner(self);
        self.depth -= 1;
        expr
    }

    /// Both operands and the operator count as a step, so that a chain cannot nest without bound.
    fn pair(&mut self, make: fn(Box<Expr>, Box<Expr>) -> Expr, a: Expr, b: Expr) -> Parsed {
        self.step()?;
        Ok(make(Box::new(a), Box::new(b)))
    }

    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MAX_STEPS { Err(format!("it has more than {MAX_STEPS} steps")) } else { Ok(()) }
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.eat_word("or") {
            let right = self.and()?;
            left = self.pair(Expr::Or, left, right)?;
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.compare()?;
        while self.eat_word("and") {
            let right = self.compare()?;
            left = self.pair(Expr::And, left, right)?;
        }
        Ok(left)
    }

    fn compare(&mut self) -> Parsed {
        use Comparison::*;
        let mut left = self.add()?;
        loop {
            let signs = [
                ("!=", NotEqual),
                ("<=", LessOrEqual),
                (">=", GreaterOrEqual),
                ("=", Equal),
                ("<", Less),
                (">", Greater),
            ];
            let Some((_, sign)) = signs.into_iter().find(|(token, _)| self.eat(token)) else { return Ok(left) };
            let right = self.add()?;
            self.step()?;
            left = Expr::Compare(sign, Box::new(left), Box::new(right));
        }
    }

    fn add(&mut self) -> Parsed {
        let mut left = self.multiply()?;
        loop {
            let sign = match () {
                () if self.eat("+") => Arithmetic::Add,
                () if self.eat("-") => Arithmetic::Subtract,
                () => return Ok(left),
            };
            let right = self.multiply()?;
            self.step()?;
            left = Expr::Arithmetic(sign, Box::new(left), Box::new(right));
        }
    }

    fn multiply(&mut self) -> Parsed {
        let mut left = self.unary()?;
        loop {
            let sign = match () {
                () if self.eat("*") => Arithmetic::Multiply,
                () if self.eat_word("div") => Arithmetic::Divide,
                () if self.eat_word("mod") => Arithmetic::Modulo,
                () => return Ok(left),
            };
            let right = self.unary()?;
            self.step()?;
            left = Expr::Arithmetic(sign, Box::new(left), Box::new(right));
        }
    }

    fn unary(&mut self) -> Parsed {
        if self.eat("-") {
            return Ok(Expr::Negative(Box::new(self.deeper(Self::unary)?)));
        }
        let mut left = self.path()?;
        while self.eat("|") {
            let right = self.path()?;
            left = self.pair(Expr::Union, left, right)?;
        }
        Ok(left)
    }

    fn path(&mut self) -> Parsed {
        self.space();
        let Some(first) = self.rest.chars().next() else { return Err("it ends where a path should follow".into()) };
        let from = match first {
            '(' => {
                self.eat("(");
                let inner = self.deeper(Self::or)?;
                self.need(")")?;
                inner
            }
            '\'' | '"' => self.literal(first)?,
            '0'..='9' => self.number()?,
            '$' => return Err("variables have no meaning here".into()),
            '/' => {
                let mut steps = Vec::new();
                if self.eat("//") {
                    steps.push(anywhere());
                } else {
                    self.eat("/");
                    if !self.at_step() {
                        return Ok(Expr::Path { absolute: true, steps });
                    }
                }
                self.relative(&mut steps)?;
                return Ok(Expr::Path { absolute: true, steps });
            }
            _ => match self.call()? {
                Some(call) => call,
                None => {
                    let mut steps = Vec::new();
                    self.relative(&mut steps)?;
                    return Ok(Expr::Path { absolute: false, steps });
                }
            },
        };
        let predicates = self.predicates()?;
        let mut steps = Vec::new();
        if self.eat("//") {
            steps.push(anywhere());
            self.relative(&mut steps)?;
        } else if self.eat("/") {
            self.relative(&mut steps)?;
        }
        match predicates.is_empty() && steps.is_empty() {
            true => Ok(from),
            false => Ok(Expr::Filter { from: Box::new(from), predicates, steps }),
        }
    }

    fn literal(&mut self, quote: char) -> Parsed {
        let inner = &self.rest[quote.len_utf8()..];
        let end = inner.find(quote).ok_or_else(|| format!("a {quote} is not closed"))?;
        self.rest = &inner[end + quote.len_utf8()..];
        Ok(Expr::Text(inner[..end].to_owned()))
    }

    fn number(&mut self) -> Parsed {
        let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits.parse().map(Expr::Number).map_err(|_| format!("`{digits}` is no number"))
    }

    /// A function's call; `None` where a step stands.
    fn call(&mut self) -> Result<Option<Expr>, String> {
        let end = self.rest.find(|c| !is_name(c)).unwrap_or(self.rest.len());
        let (name, after) = self.rest.split_at(end);
        let Some(inner) = after.trim_start().strip_prefix('(') else { return Ok(None) };
        if matches!(name, "text" | "node") || name.is_empty() {
            return Ok(None);
        }
        let Some((_, function, least, most)) = FUNCTIONS.iter().find(|(n, ..)| *n == name).copied() else {
            return Err(match crate::syntax::nearest(name, FUNCTIONS.iter().map(|(n, ..)| *n)) {
                Some(near) => format!("there is no function `{name}`; `{near}` is near"),
                None => format!("there is no function `{name}`"),
            });
        };
        self.rest = inner;
        let mut arguments = Vec::new();
        if !self.eat(")") {
            loop {
                arguments.push(self.deeper(Self::or)?);
                if !self.eat(",") {
                    break;
                }
            }
            self.need(")")?;
        }
        if !(least..=most).contains(&arguments.len()) {
            return Err(format!("`{name}` takes {least}{} arguments", if most > least { " or more" } else { "" }));
        }
        Ok(Some(Expr::Call(function, arguments)))
    }

    fn at_step(&mut self) -> bool {
        self.space();
        self.rest.starts_with(|c: char| is_name(c) || matches!(c, '@' | '*' | '.'))
    }

    fn relative(&mut self, steps: &mut Vec<Step>) -> Result<(), String> {
        loop {
            self.step()?;
            let step = self.one_step()?;
            steps.push(step);
            if self.eat("//") {
                steps.push(anywhere());
            } else if !self.eat("/") {
                return Ok(());
            }
        }
    }

    fn one_step(&mut self) -> Result<Step, String> {
        if self.eat("..") {
            return Ok(Step { axis: Axis::Parent, test: NodeTest::Node, predicates: vec![] });
        }
        if self.eat(".") {
            return Ok(Step { axis: Axis::This, test: NodeTest::Node, predicates: vec![] });
        }
        let mut axis = if self.eat("@") { Axis::Attribute } else { Axis::Child };
        self.space();
        if let Some((name, after)) = self.rest.split_once("::").filter(|(name, _)| name.trim_end().chars().all(is_name))
        {
            let name = name.trim_end();
            axis = AXES
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, a)| *a)
                .ok_or_else(|| format!("there is no axis `{name}`"))?;
            self.rest = after;
        }
        let test = self.node_test()?;
        Ok(Step { axis, test, predicates: self.predicates()? })
    }

    fn node_test(&mut self) -> Result<NodeTest, String> {
        if self.eat("*") {
            return Ok(NodeTest::Any);
        }
        let end = self.rest.find(|c| !is_name(c) && c != ':').unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return Err(match self.rest.is_empty() {
                true => "it ends where a name should follow".into(),
                false => format!("a name should stand where `{}` does", shown(self.rest)),
            });
        }
        self.rest = rest;
        if let Some(prefix) = name.strip_suffix(':') {
            return if self.eat("*") {
                Ok(NodeTest::Prefix(prefix.into()))
            } else {
                Err(format!("`{name}` has no name"))
            };
        }
        if matches!(name, "text" | "node") && self.eat("(") {
            self.need(")")?;
            return Ok(if name == "text" { NodeTest::Text } else { NodeTest::Node });
        }
        Ok(NodeTest::Name(name.to_owned()))
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, String> {
        let mut predicates = Vec::new();
        while self.eat("[") {
            predicates.push(self.deeper(Self::or)?);
            self.need("]")?;
            self.step()?;
        }
        Ok(predicates)
    }
}

/// What `//` stands for.
fn anywhere() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: NodeTest::Node, predicates: vec![] }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn shown(rest: &str) -> String {
    rest.chars().take(20).collect()
}
