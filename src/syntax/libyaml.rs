//! YAML as libyaml reads it, and yaml.v3 after it, which goss is built on: a tree with tags, anchors and quotes kept, for
//! a decoder that knows what it wants. More lenient than YAML's specification in places, stricter in others.

mod collection;
mod cursor;
mod parse;
mod property;
mod resolve;
mod scalar;
mod scan;

pub use parse::parse;
pub use resolve::{Meaning, resolve};

use super::Span;
use std::borrow::Cow;
use std::ops::Index;

/// Levels of lists and maps inside one another that a text may have.
pub const MAX_DEPTH: usize = 200;

/// The first document of a text. Nodes are named by their index.
#[derive(Debug, Default)]
pub struct Document<'s> {
    nodes: Vec<Node<'s>>,
    /// `None` for a text without a document.
    pub root: Option<Id>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u32);

#[derive(Debug)]
pub struct Node<'s> {
    pub span: Span,
    /// As it is written but for `!` alone, `!!` and `tag:yaml.org,2002:` made one.
    pub tag: Option<Cow<'s, str>>,
    pub body: Body<'s>,
}

#[derive(Debug)]
pub enum Body<'s> {
    Scalar {
        text: Cow<'s, str>,
        /// In quotes or a block: text, whatever it looks like.
        quoted: bool,
    },
    List(Vec<Id>),
    Map(Vec<(Id, Id)>),
    /// The anchor's name, and the node that had it when this was read.
    Alias(&'s str, Id),
}

impl<'s> Index<Id> for Document<'s> {
    type Output = Node<'s>;

    /// Ids are made with the nodes they name, and no node is ever taken away.
    fn index(&self, id: Id) -> &Node<'s> {
        &self.nodes[id.0 as usize]
    }
}

#[cfg(test)]
mod tests;
