//! `verispec completions` and `verispec man`: what other programs want to know of the command line.

use super::validate::EXAMPLES;
use super::{EXIT_STATUS, command, print};
use clap::Arg;
use clap_complete::Shell;
use clap_mangen::Man;
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
    let top = Man::new(whole.clone());
    top.render_title(&mut page)?;
    top.render_name_section(&mut page)?;
    top.render_synopsis_section(&mut page)?;
    top.render_options_section(&mut page)?;
    page.extend(b".SH COMMANDS\n");
    for sub in whole.get_subcommands().filter(|c| !c.is_hide_set()) {
        // What every command takes has been told above.
        let own = |arg: Arg| if arg.is_global_set() || arg.get_id() == "help" { arg.hide(true) } else { arg };
        let man = Man::new(sub.clone().mut_args(own));
        let mut text = Vec::new();
        man.render_synopsis_section(&mut text)?;
        man.render_description_section(&mut text)?;
        man.render_options_section(&mut text)?;
        page.extend(format!(".SS \"verispec {}\"\n", sub.get_name()).bytes());
        for line in String::from_utf8_lossy(&text).lines() {
            page.extend(if line.starts_with(".SH") { b".PP" } else { line.as_bytes() });
            page.push(b'\n');
        }
    }
    page.extend(b".SH EXAMPLES\n.nf\n");
    page.extend(
        EXAMPLES.lines().skip(1).map(|line| format!("{}\n", line.replace('-', "\\-"))).collect::<String>().bytes(),
    );
    let status = EXIT_STATUS.strip_prefix("Exit status: ").unwrap_or(EXIT_STATUS);
    page.extend(format!(".fi\n.SH \"EXIT STATUS\"\n{status}\n").bytes());
    print(&String::from_utf8_lossy(&page))
}
