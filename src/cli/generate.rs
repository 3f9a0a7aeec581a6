//! `verispec completions` and `verispec man`: what other programs want to know of the command line.

use super::{command, print};
use clap_complete::Shell;
use std::io;

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell to complete in
    shell: Shell,
}

pub(super) fn completions(args: &Completions) -> io::Result<u8> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "verispec", &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// One page with every command on it.
pub(super) fn man() -> io::Result<u8> {
    let mut page = Vec::new();
    let mut whole = command();
    whole.build();
    clap_mangen::Man::new(whole.clone()).render(&mut page)?;
    for sub in whole.get_subcommands().filter(|c| !c.is_hide_set()) {
        let man = clap_mangen::Man::new(sub.clone());
        page.extend(format!(".SH \"VERISPEC {}\"\n", sub.get_name().to_uppercase()).bytes());
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    print(&String::from_utf8_lossy(&page))
}
