//! An XPath expression over a document.

use super::Found;
use super::parse::{Arithmetic, Axis, Comparison, Expr, Function, NodeTest, Step};
use crate::value::Value;
use roxmltree::{Attribute, Document, Node, NodeType};
use std::cell::Cell;

/// Nodes that may be looked at before a path counts as too costly.
const BUDGET: u64 = 10_000_000;

pub fn find(document: &Document, expr: &Expr) -> Result<Found, String> {
    let eval = Eval { document, left: Cell::new(BUDGET) };
    let here = Here { item: Item::Node(document.root()), position: 1, size: 1 };
    Ok(match eval.expr(expr, here)? {
        Seen::Nodes(items) => Found {
            markup: items.iter().map(|item| item.markup()).collect(),
            nodes: true,
            value: match items.as_slice() {
                [] => None,
                [one] => Some(Value::Text(one.text())),
                many => Some(Value::List(many.iter().map(|i| Value::Text(i.text())).collect())),
            },
        },
        other => Found {
            markup: other.text(),
            nodes: false,
            value: Some(match other {
                Seen::Number(n) if n.fract() == 0.0 && n.abs() < 9e15 => Value::Int(n as i64),
                Seen::Number(n) => Value::Number(n),
                Seen::Truth(b) => Value::Bool(b),
                other => Value::Text(other.text()),
            }),
        },
    })
}

struct Eval<'d, 'i> {
    document: &'d Document<'i>,
    left: Cell<u64>,
}

#[derive(Clone, Copy)]
enum Item<'d, 'i> {
    Node(Node<'d, 'i>),
    /// An element and one of its attributes, by index.
    Attribute(Node<'d, 'i>, u32),
}

#[derive(Clone, Copy)]
struct Here<'d, 'i> {
    item: Item<'d, 'i>,
    position: usize,
    size: usize,
}

enum Seen<'d, 'i> {
    Nodes(Vec<Item<'d, 'i>>),
    Number(f64),
    Truth(bool),
    Text(String),
}

impl<'d, 'i: 'd> Eval<'d, 'i> {
    fn spend(&self, nodes: usize) -> Result<(), String> {
        match self.left.get().checked_sub(nodes as u64 + 1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err("the path is too costly for a document of this size".into()),
        }
    }

    fn expr(&self, expr: &Expr, here: Here<'d, 'i>) -> Result<Seen<'d, 'i>, String> {
        self.spend(0)?;
        Ok(match expr {
            Expr::Or(a, b) => Seen::Truth(self.expr(a, here)?.truth() || self.expr(b, here)?.truth()),
            Expr::And(a, b) => Seen::Truth(self.expr(a, here)?.truth() && self.expr(b, here)?.truth()),
            Expr::Compare(sign, a, b) => {
                let (a, b) = (self.expr(a, here)?, self.expr(b, here)?);
                Seen::Truth(self.compare(*sign, &a, &b)?)
            }
            Expr::Arithmetic(sign, a, b) => {
                let (a, b) = (self.expr(a, here)?.number(), self.expr(b, here)?.number());
                Seen::Number(match sign {
                    Arithmetic::Add => a + b,
                    Arithmetic::Subtract => a - b,
                    Arithmetic::Multiply => a * b,
                    Arithmetic::Divide => a / b,
                    Arithmetic::Modulo => a % b,
                })
            }
            Expr::Negative(a) => Seen::Number(-self.expr(a, here)?.number()),
            Expr::Union(a, b) => {
                let mut items = self.nodes(a, here)?;
                items.extend(self.nodes(b, here)?);
                Seen::Nodes(sorted(items))
            }
            Expr::Number(n) => Seen::Number(*n),
            Expr::Text(t) => Seen::Text(t.clone()),
            Expr::Call(function, arguments) => self.call(*function, arguments, here)?,
            Expr::Path { absolute, steps } => {
                let start = if *absolute { Item::Node(self.document.root()) } else { here.item };
                Seen::Nodes(self.walk(vec![start], steps)?)
            }
            Expr::Filter { from, predicates, steps } => {
                let items = self.filter(self.nodes(from, here)?, predicates)?;
                Seen::Nodes(self.walk(items, steps)?)
            }
        })
    }

    fn nodes(&self, expr: &Expr, here: Here<'d, 'i>) -> Result<Vec<Item<'d, 'i>>, String> {
        match self.expr(expr, here)? {
            Seen::Nodes(items) => Ok(items),
            _ => Err("a path should stand where a number, text or truth does".into()),
        }
    }

    fn walk(&self, mut items: Vec<Item<'d, 'i>>, steps: &[Step]) -> Result<Vec<Item<'d, 'i>>, String> {
        for step in steps {
            let mut next = Vec::new();
            for item in items {
                let mut reached = Vec::new();
                self.axis(item, step, &mut reached)?;
                next.extend(self.filter(reached, &step.predicates)?);
            }
            items = sorted(next);
        }
        Ok(items)
    }

    /// What the step's axis reaches from `item`, nearest first.
    fn axis(&self, item: Item<'d, 'i>, step: &Step, out: &mut Vec<Item<'d, 'i>>) -> Result<(), String> {
        let mut take = |node: Node<'d, 'i>| {
            self.spend(0)?;
            if fits(node, &step.test) {
                out.push(Item::Node(node));
            }
            Ok::<(), String>(())
        };
        let node = match (item, step.axis) {
            (Item::Attribute(element, _), Axis::Parent) => return take(element),
            (Item::Attribute(..), Axis::This | Axis::DescendantOrSelf | Axis::AncestorOrSelf) => {
                if matches!(step.test, NodeTest::Node) {
                    out.push(item);
                }
                return Ok(());
            }
            (Item::Attribute(..), _) => return Ok(()),
            (Item::Node(node), _) => node,
        };
        match step.axis {
            Axis::Child => node.children().try_for_each(take),
            Axis::Descendant => node.descendants().skip(1).try_for_each(take),
            Axis::DescendantOrSelf => node.descendants().try_for_each(take),
            Axis::This => take(node),
            Axis::Parent => node.parent().into_iter().try_for_each(take),
            Axis::Ancestor => node.ancestors().skip(1).try_for_each(take),
            Axis::AncestorOrSelf => node.ancestors().try_for_each(take),
            Axis::FollowingSibling => node.next_siblings().skip(1).try_for_each(take),
            Axis::PrecedingSibling => node.prev_siblings().skip(1).try_for_each(take),
            Axis::Attribute => {
                for (index, attribute) in (0..).zip(node.attributes()) {
                    self.spend(0)?;
                    let name = attribute_name(node, &attribute);
                    if name_fits(name, &step.test) {
                        out.push(Item::Attribute(node, index));
                    }
                }
                Ok(())
            }
        }
    }

    fn filter(&self, mut items: Vec<Item<'d, 'i>>, predicates: &[Expr]) -> Result<Vec<Item<'d, 'i>>, String> {
        for predicate in predicates {
            let size = items.len();
            let mut kept = Vec::new();
            for (index, item) in items.into_iter().enumerate() {
                let keep = match self.expr(predicate, Here { item, position: index + 1, size })? {
                    Seen::Number(n) => n == (index + 1) as f64,
                    other => other.truth(),
                };
                if keep {
                    kept.push(item);
                }
            }
            items = kept;
        }
        Ok(items)
    }

    /// XPath 1.0, section 3.4: a set of nodes compares as any of its nodes does.
    fn compare(&self, sign: Comparison, a: &Seen<'d, 'i>, b: &Seen<'d, 'i>) -> Result<bool, String> {
        Ok(match (a, b) {
            (Seen::Truth(_), _) | (_, Seen::Truth(_)) if is_equality(sign) => {
                (a.truth() == b.truth()) == (sign == Comparison::Equal)
            }
            (Seen::Nodes(left), Seen::Nodes(right)) => {
                self.spend(left.len().saturating_mul(right.len()))?;
                let right: Vec<_> = right.iter().map(|item| item.text()).collect();
                left.iter().any(|l| {
                    let l = l.text();
                    right.iter().any(|r| compare_text(sign, &l, r))
                })
            }
            (Seen::Nodes(items), other) => {
                self.spend(items.len())?;
                items.iter().any(|item| compare_with(sign, &item.text(), other, false))
            }
            (other, Seen::Nodes(items)) => {
                self.spend(items.len())?;
                items.iter().any(|item| compare_with(sign, &item.text(), other, true))
            }
            (Seen::Text(a), Seen::Text(b)) => compare_text(sign, a, b),
            _ => compare_numbers(sign, a.number(), b.number()),
        })
    }

    fn call(&self, function: Function, arguments: &[Expr], here: Here<'d, 'i>) -> Result<Seen<'d, 'i>, String> {
        let argument = |index: usize| match arguments.get(index) {
            Some(expr) => self.expr(expr, here),
            None => Ok(Seen::Nodes(vec![here.item])),
        };
        let text = |index: usize| argument(index).map(|seen| seen.text());
        let number = |index: usize| argument(index).map(|seen| seen.number());
        let name = |local: bool| -> Result<String, String> {
            let items = match arguments.first() {
                Some(expr) => self.nodes(expr, here)?,
                None => vec![here.item],
            };
            let full = items.first().map_or("", |item| item.name());
            Ok(if local { full.rsplit(':').next().unwrap_or(full) } else { full }.to_owned())
        };
        Ok(match function {
            Function::Last => Seen::Number(here.size as f64),
            Function::Position => Seen::Number(here.position as f64),
            Function::Count => match arguments.first() {
                Some(expr) => Seen::Number(self.nodes(expr, here)?.len() as f64),
                None => Seen::Number(0.0),
            },
            Function::LocalName => Seen::Text(name(true)?),
            Function::Name => Seen::Text(name(false)?),
            Function::String => Seen::Text(text(0)?),
            Function::Concat => {
                let mut all = String::new();
                for index in 0..arguments.len() {
                    all.push_str(&text(index)?);
                }
                Seen::Text(all)
            }
            Function::StartsWith => Seen::Truth(text(0)?.starts_with(&text(1)?)),
            Function::EndsWith => Seen::Truth(text(0)?.ends_with(&text(1)?)),
            Function::Contains => Seen::Truth(text(0)?.contains(&text(1)?)),
            Function::SubstringBefore => {
                Seen::Text(text(0)?.split_once(&text(1)?).map_or_else(String::new, |(before, _)| before.to_owned()))
            }
            Function::SubstringAfter => {
                Seen::Text(text(0)?.split_once(&text(1)?).map_or_else(String::new, |(_, after)| after.to_owned()))
            }
            Function::Substring => {
                let from = number(1)?.round();
                let end = if arguments.len() > 2 { from + number(2)?.round() } else { f64::INFINITY };
                let inside = |at: usize| (at + 1) as f64 >= from && ((at + 1) as f64) < end;
                Seen::Text(text(0)?.chars().enumerate().filter(|(at, _)| inside(*at)).map(|(_, c)| c).collect())
            }
            Function::StringLength => Seen::Number(text(0)?.chars().count() as f64),
            Function::NormalizeSpace => Seen::Text(text(0)?.split_whitespace().collect::<Vec<_>>().join(" ")),
            Function::Translate => {
                let (from, to): (Vec<char>, Vec<char>) = (text(1)?.chars().collect(), text(2)?.chars().collect());
                let swap = |c: char| match from.iter().position(|f| *f == c) {
                    Some(at) => to.get(at).copied(),
                    None => Some(c),
                };
                Seen::Text(text(0)?.chars().filter_map(swap).collect())
            }
            Function::Boolean => Seen::Truth(argument(0)?.truth()),
            Function::Not => Seen::Truth(!argument(0)?.truth()),
            Function::True => Seen::Truth(true),
            Function::False => Seen::Truth(false),
            Function::Number => Seen::Number(number(0)?),
            Function::Sum => match arguments.first() {
                Some(expr) => Seen::Number(self.nodes(expr, here)?.iter().map(|item| to_number(&item.text())).sum()),
                None => Seen::Number(0.0),
            },
            Function::Floor => Seen::Number(number(0)?.floor()),
            Function::Ceiling => Seen::Number(number(0)?.ceil()),
            Function::Round => Seen::Number(number(0)?.round()),
        })
    }
}

impl<'d, 'i: 'd> Item<'d, 'i> {
    /// XPath 1.0, section 5: of an element, all the text inside it.
    fn text(&self) -> String {
        match self {
            Item::Node(node) if node.is_text() => node.text().unwrap_or("").to_owned(),
            Item::Node(node) => node.descendants().filter(|n| n.is_text()).filter_map(|n| n.text()).collect(),
            Item::Attribute(..) => self.attribute().map_or_else(String::new, |a| a.value().to_owned()),
        }
    }

    fn attribute(&self) -> Option<Attribute<'d, 'i>> {
        match self {
            Item::Attribute(element, index) => element.attributes().nth(*index as usize),
            Item::Node(_) => None,
        }
    }

    fn name(&self) -> &'d str {
        match self {
            Item::Node(node) => element_name(*node),
            Item::Attribute(element, _) => self.attribute().map_or("", |a| attribute_name(*element, &a)),
        }
    }

    fn markup(&self) -> String {
        match self {
            Item::Node(node) => node.document().input_text().get(node.range()).unwrap_or("").to_owned(),
            Item::Attribute(..) => {
                let name = self.name();
                format!("<{name}>{}</{name}>", self.text())
            }
        }
    }

    /// Where it stands in the document.
    fn place(&self) -> (u32, u32) {
        match self {
            Item::Node(node) => (node.id().get(), 0),
            Item::Attribute(element, index) => (element.id().get(), index + 1),
        }
    }
}

impl Seen<'_, '_> {
    fn truth(&self) -> bool {
        match self {
            Seen::Nodes(items) => !items.is_empty(),
            Seen::Number(n) => *n != 0.0 && !n.is_nan(),
            Seen::Truth(b) => *b,
            Seen::Text(t) => !t.is_empty(),
        }
    }

    fn number(&self) -> f64 {
        match self {
            Seen::Number(n) => *n,
            Seen::Truth(b) => f64::from(u8::from(*b)),
            other => to_number(&other.text()),
        }
    }

    fn text(&self) -> String {
        match self {
            Seen::Nodes(items) => items.first().map_or_else(String::new, Item::text),
            Seen::Number(n) => n.to_string(),
            Seen::Truth(b) => b.to_string(),
            Seen::Text(t) => t.clone(),
        }
    }
}

/// In the document's order, each once.
fn sorted<'d, 'i: 'd>(mut items: Vec<Item<'d, 'i>>) -> Vec<Item<'d, 'i>> {
    items.sort_by_key(Item::place);
    items.dedup_by_key(|item| item.place());
    items
}

fn fits(node: Node, test: &NodeTest) -> bool {
    match test {
        NodeTest::Node => matches!(node.node_type(), NodeType::Element | NodeType::Text | NodeType::Root),
        NodeTest::Text => node.is_text(),
        _ => node.is_element() && name_fits(element_name(node), test),
    }
}

fn name_fits(name: &str, test: &NodeTest) -> bool {
    match test {
        NodeTest::Any | NodeTest::Node => true,
        NodeTest::Name(want) => name == want,
        NodeTest::Prefix(want) => name.split_once(':').is_some_and(|(prefix, _)| prefix == want),
        NodeTest::Text => false,
    }
}

/// As it is written, with its prefix: what a prefix stands for is not looked up, as goss does not.
fn element_name<'d>(node: Node<'d, '_>) -> &'d str {
    let written = node.document().input_text().get(node.range().start + 1..).unwrap_or("");
    let end = written.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/').unwrap_or(written.len());
    if node.is_element() { &written[..end] } else { "" }
}

fn attribute_name<'d>(element: Node<'d, '_>, attribute: &Attribute) -> &'d str {
    element.document().input_text().get(attribute.range_qname()).unwrap_or("")
}

fn is_equality(sign: Comparison) -> bool {
    matches!(sign, Comparison::Equal | Comparison::NotEqual)
}

fn compare_text(sign: Comparison, a: &str, b: &str) -> bool {
    match sign {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        _ => compare_numbers(sign, to_number(a), to_number(b)),
    }
}

/// A node's text with a number or text; `swapped` if the node stands on the right.
fn compare_with(sign: Comparison, node: &str, other: &Seen, swapped: bool) -> bool {
    if let (Seen::Text(text), true) = (other, is_equality(sign)) {
        return compare_text(sign, node, text);
    }
    let (a, b) = (to_number(node), other.number());
    if swapped { compare_numbers(sign, b, a) } else { compare_numbers(sign, a, b) }
}

fn compare_numbers(sign: Comparison, a: f64, b: f64) -> bool {
    match sign {
        Comparison::Equal => a == b,
        Comparison::NotEqual => a != b,
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Greater => a > b,
        Comparison::GreaterOrEqual => a >= b,
    }
}

fn to_number(text: &str) -> f64 {
    let text = text.trim();
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    if plain { text.parse().unwrap_or(f64::NAN) } else { f64::NAN }
}
