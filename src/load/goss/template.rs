//! Each file as its template leaves it.

use super::vars;
use crate::syntax::{Code, Diagnostic, Span};
use crate::template;
use crate::value::Value;
use std::collections::BTreeMap;

/// What templates are rendered with, the same for every file.
#[derive(Default)]
pub(super) struct Templates {
    #[expect(dead_code, reason = "until templates are")]
    vars: Option<template::Value>,
}

impl Templates {
    pub fn new(vars: BTreeMap<String, Value>) -> Templates {
        Templates { vars: Some(vars::values(vars)) }
    }

    /// The text that the template makes, or nothing where that is the text itself.
    pub fn render(&self, text: &str, file: u32) -> Result<Option<String>, Box<Diagnostic>> {
        let Some(at) = text.find("{{") else { return Ok(None) };
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let span = Span { file, start: at, end: at + 2 };
        Err(Box::new(Diagnostic::new(Code::Syntax, span, "templates are not rendered yet")))
    }
}
