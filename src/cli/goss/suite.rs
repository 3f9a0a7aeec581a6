//! What `validate` and `serve` run, and how much of it at once.

use super::Common;
use super::line::Line;
use crate::goss::lower;
use crate::load::Rejected;
use crate::load::goss::{Loaded, Request, load};
use crate::plan::Limits;
use crate::report::printable::line as shown;
use crate::spec::Claim;
use crate::syntax::Sources;
use crate::value::Fault;

/// A goss file's tests.
pub(super) struct Suite {
    pub sources: Sources,
    pub claims: Vec<Claim>,
    /// Not yet told.
    pub warnings: Vec<String>,
}

impl Suite {
    pub(super) fn read(common: &Common) -> Result<Suite, Rejected> {
        let Loaded { sources, config, warnings, .. } = load(&common.request, &mut |_| {})?;
        let mut claims = lower(&config);
        name_packages(&mut claims, &common.package);
        Ok(Suite { sources, claims, warnings })
    }
}

/// goss's words for a file without tests.
pub(super) fn no_tests(request: &Request) -> String {
    let source = if request.gossfile == "-" { "STDIN" } else { &request.gossfile };
    format!("found 0 tests, source: {}", shown(source))
}

/// What `--max-concurrent` comes to, if it is said.
pub(super) fn limits(line: &Line) -> Result<Limits, &'static str> {
    let said = line.says("max-concurrent").then(|| line.int("max-concurrent"));
    match said.map(usize::try_from) {
        None => Ok(Limits::default()),
        Some(Ok(concurrent @ 1..)) => Ok(Limits { concurrent, spare: 0, ..Limits::default() }),
        Some(_) => Err("--max-concurrent has to be 1 or more: with none at work nothing would be tested"),
    }
}

/// Makes packages of a manager that is not read unknown: that there are none would be a guess.
fn name_packages(claims: &mut [Claim], manager: &str) {
    if !matches!(manager, "apk" | "pacman" | "rpm") {
        return;
    }
    for claim in claims.iter_mut().filter(|claim| claim.kind.name == "package") {
        let why = format!("`--package {manager}`: only dpkg's packages can be looked up");
        claim.probe = Box::new(move |_, _| Err(Fault::Unsupported(why.clone())));
    }
}
