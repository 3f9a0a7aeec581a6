//! Verdicts as goss reports them: one file a format.

/// A format by name.
pub struct Format {
    pub name: &'static str,
    pub about: &'static str,
}

pub static FORMATS: &[Format] = &[Format { name: "rspecish", about: "x" }];
