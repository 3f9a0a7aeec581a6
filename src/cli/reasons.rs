//! What one reason holds of many, told once.

use std::collections::HashMap;

/// Names beside what is to be said of them; those of one reason together, in the order in which they came.
#[derive(Default)]
pub(super) struct Reasons {
    all: Vec<(String, Vec<String>)>,
    /// Where each reason stands.
    at: HashMap<String, usize>,
}

impl Reasons {
    pub fn add(&mut self, why: String, name: String) {
        let at = *self.at.entry(why.clone()).or_insert(self.all.len());
        match self.all.get_mut(at) {
            Some((_, names)) => names.push(name),
            None => self.all.push((why, vec![name])),
        }
    }

    /// Each reason and its names, one of which stands once however often it came in a row.
    pub fn each(self) -> impl Iterator<Item = (String, Vec<String>)> {
        self.all.into_iter().map(|(why, mut names)| {
            names.dedup();
            (why, names)
        })
    }
}
