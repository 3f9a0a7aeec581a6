//! Each file as its template leaves it.

use super::vars;
use super::world::Machine;
use crate::goss::function;
use crate::syntax::{Code, Diagnostic, Span};
use crate::template::sprig;
use crate::template::{Function, Limits, Object, Template, Value as Seen, World};
use crate::value::Value;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What all templates of a spec may take together, beyond which none is begun. Each is bounded by [`Limits`].
const MAX_TIME: Duration = Duration::from_secs(60);
/// goss's name for every template, which messages begin with and templates may define anew.
const NAME: &str = "test";

/// What templates are rendered with, the same for every file: what one sets in `.Vars`, the next sees.
pub(super) struct Templates {
    data: Seen,
    functions: Vec<&'static [Function]>,
    taken: Duration,
}

impl Templates {
    pub fn new(vars: BTreeMap<String, Value>) -> Templates {
        let data = Object {
            type_name: "*goss.TmplVars",
            fields: vec![("Vars", vars::values(vars))],
            methods: vec![("Env", Seen::text_map(Machine.env()))],
            ..Object::default()
        };
        let functions = sprig::FAMILIES.iter().copied().chain([function::FUNCTIONS]).collect();
        Templates { data: Seen::Object(Rc::new(data)), functions, taken: Duration::ZERO }
    }

    /// The text that the template makes, or nothing where that is the text itself.
    pub fn render(&mut self, text: &str, file: u32) -> Result<Option<String>, Box<Diagnostic>> {
        if !text.contains("{{") {
            return Ok(None);
        }
        let start = Instant::now();
        if self.taken > MAX_TIME {
            let span = Span { file, start: 0, end: 0 };
            let message = format!("the templates before this took more than {} s", MAX_TIME.as_secs());
            return Err(Box::new(Diagnostic::new(Code::TooLarge, span, message)));
        }
        let rendered = Template::parse(NAME, text, &self.functions)
            .and_then(|template| template.execute(&self.data, &Machine, Limits::default()));
        self.taken += start.elapsed();
        match rendered {
            Ok(rendered) => Ok(Some(rendered)),
            Err(error) => {
                let part = error.executing.as_ref().map_or("", |(_, part)| part.as_str());
                let range = place(text, error.at, part);
                let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
                let span = Span { file, start: at(range.start), end: at(range.end) };
                let wrong = Diagnostic::new(Code::Template, span, error.message);
                Err(Box::new(if part.is_empty() { wrong } else { wrong.label(format!("at <{part}>")) }))
            }
        }
    }
}

/// The part of a template that failed, of which Go says only a place somewhere in it; a character where it is not found.
fn place(text: &str, at: usize, part: &str) -> Range<usize> {
    let from = text.floor_char_boundary((at + 1).saturating_sub(part.len()));
    let until = text.ceil_char_boundary((at + part.len()).min(text.len()));
    let found = text.get(from..until).and_then(|around| around.find(part)).filter(|_| !part.is_empty());
    match found {
        Some(found) => from + found..from + found + part.len(),
        None => {
            let next = text.get(at..).and_then(|rest| rest.chars().next()).filter(|c| *c != '\n');
            at..at + next.map_or(0, char::len_utf8)
        }
    }
}
