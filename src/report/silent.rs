//! `silent`: nothing, only the exit status.

use super::Reporter;
use crate::verdict::{Judged, Summary};
use std::io::{self, Write};

pub struct Silent;

impl Reporter for Silent {
    fn entry(&mut self, _: &Judged, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
    fn finish(&mut self, _: &Summary, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
