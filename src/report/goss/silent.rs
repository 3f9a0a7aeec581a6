//! goss's `silent`: nothing but the exit status.

use super::result::Group;
use super::{Options, Output};
use crate::verdict::Summary;
use std::io::{self, Write};

pub struct Silent;

impl Output for Silent {
    fn group(&mut self, _: Group, _: Options, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    fn finish(&mut self, _: &Summary, _: Options, _: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}
