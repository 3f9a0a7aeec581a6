//! Specs run against written-down hosts.

use crate::{Bless, cases, expect, is_spec, trial};
use libtest_mimic::{Failed, Trial};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use time::macros::datetime;
use verispec::gather;
use verispec::host::{Host, TreeFiles};
use verispec::load::goss::Request;
use verispec::load::{Rejected, Spec, load};
use verispec::plan::Limits;
use verispec::report::{Context, FORMATS, Reporter, goss};
use verispec::resource::Observed;
use verispec::spec::Claim;
use verispec::syntax::Sources;
use verispec::verdict::{Judged, Summary, Verdict, judge, skipped};

/// The format of every case that is not about formats.
const CANONICAL: &str = "documentation";

/// Cases of kinds and matchers in the canonical format, of reports in every format, of diagnostics as their page.
pub fn trials(bless: Bless) -> Vec<Trial> {
    let mut trials = Vec::new();
    for folder in ["golden/resource", "golden/matcher"] {
        for spec in cases(folder, is_spec) {
            trials.push(case(spec, CANONICAL, bless));
        }
    }
    for spec in cases("golden/report", is_spec) {
        for format in FORMATS {
            trials.push(case(spec.clone(), format.name, bless));
        }
    }
    for spec in cases("golden/goss", |p| is_spec(p) && !is_part(p)) {
        if spec.starts_with(REFUSED) {
            let (name, want) = (spec.display().to_string(), spec.with_extension("page"));
            trials.push(trial(name, move || expect(&want, &goss_page(&spec)?, bless)));
            continue;
        }
        for format in goss::FORMATS {
            let (spec, want) = (spec.clone(), spec.with_extension(format.name));
            let name = want.display().to_string();
            trials.push(trial(name, move || expect(&want, &goss_report(&spec, format)?, bless)));
        }
    }
    for spec in cases("golden/diagnostic", |p| is_spec(p) && !is_part(p)) {
        let name = spec.display().to_string();
        trials.push(trial(name, move || {
            let (want, path) = (spec.with_extension("page"), spec.display().to_string());
            match load(std::slice::from_ref(&path)) {
                Ok(_) => Err(format!("{path} is accepted").into()),
                Err(Rejected { sources, wrong }) => expect(&want, &sources.render(&wrong, false), bless),
            }
        }));
    }
    trials
}

/// goss files that are refused.
const REFUSED: &str = "golden/goss/refused";

/// Files that other cases include are no cases.
pub fn is_part(path: &Path) -> bool {
    path.components().any(|c| c.as_os_str() == "part")
}

fn case(spec: PathBuf, format: &'static str, bless: Bless) -> Trial {
    let want = spec.with_extension(format);
    trial(want.display().to_string(), move || expect(&want, &report(&spec, format)?, bless))
}

/// What `format` says of a spec on the host that its first line names.
fn report(path: &Path, format: &str) -> Result<String, Failed> {
    let (sources, claims) = claims(path)?;
    let format = FORMATS.iter().find(|f| f.name == format).ok_or("no such format")?;
    let context = Context { sources: &sources, host: "host.example", colour: false, verbose: false };
    written(&mut *(format.make)(context), &claims, &host(path)?)
}

/// What one of goss's formats says of a goss file, with all that its options add.
fn goss_report(path: &Path, format: &goss::Format) -> Result<String, Failed> {
    let request = Request { gossfile: path.display().to_string(), ..Request::default() };
    let refused = |Rejected { sources, wrong }| Failed::from(sources.render(&wrong, false));
    let loaded = verispec::load::goss::load(&request, &mut |_| {}).map_err(refused)?;
    let claims = Arc::new(verispec::goss::lower(&loaded.config));
    let options = ["perfdata", "pretty", "verbose"].map(str::to_owned);
    let context = goss::Context { options: &options, colour: false };
    written(&mut *(format.make)(context), &claims, &host(path)?)
}

/// What is wrong with a goss file.
fn goss_page(path: &Path) -> Result<String, Failed> {
    let request = Request { gossfile: path.display().to_string(), ..Request::default() };
    match verispec::load::goss::load(&request, &mut |_| {}) {
        Ok(_) => Err(format!("{} is accepted", path.display()).into()),
        Err(Rejected { sources, wrong }) => Ok(sources.render(&wrong, false)),
    }
}

fn written(reporter: &mut dyn Reporter, claims: &Arc<Vec<Claim>>, host: &Host) -> Result<String, Failed> {
    let (mut out, mut summary) = (Vec::new(), Summary::new(datetime!(2026-01-01 00:00 UTC)));
    reporter.begin(claims.len(), &mut out)?;
    for (claim, verdicts) in claims.iter().zip(verdicts(claims, host)) {
        verdicts.iter().for_each(|v| summary.count(&v.outcome));
        reporter.entry(&Judged { claim, verdicts, elapsed: Duration::from_millis(1) }, &mut out)?;
    }
    summary.elapsed = Duration::from_millis(20);
    reporter.finish(&summary, &mut out)?;
    Ok(String::from_utf8(out)?)
}

/// The kind, key and outcome of every verdict on a spec.
pub fn outcomes(path: &Path) -> Result<Vec<(&'static str, &'static str, &'static str)>, Failed> {
    let (_, claims) = claims(path)?;
    let mut all = Vec::new();
    for (claim, verdicts) in claims.iter().zip(verdicts(&claims, &host(path)?)) {
        let presence = claim.presence.as_ref().and(claim.kind.presence).map(|p| p.name);
        let keys = presence.into_iter().chain(claim.asks.iter().map(|ask| (claim.kind.key_name)(ask.key)));
        all.extend(keys.zip(verdicts).map(|(key, verdict)| (claim.kind.name, key, verdict.outcome.word())));
    }
    Ok(all)
}

/// What does not pass of a spec.
pub fn not_passed(path: &Path) -> Result<Vec<String>, Failed> {
    let wrong = |(kind, key, outcome): &(_, _, &str)| (*outcome != "pass").then(|| format!("{kind}.{key}: {outcome}"));
    Ok(outcomes(path)?.iter().filter_map(wrong).collect())
}

pub fn claims(path: &Path) -> Result<(Sources, Arc<Vec<Claim>>), Failed> {
    match load(&[path.display().to_string()]) {
        Ok(Spec { sources, claims }) => Ok((sources, claims.into())),
        Err(Rejected { sources, wrong }) => Err(sources.render(&wrong, false).into()),
    }
}

/// What came of each claim, but for those that are skipped.
pub fn observed(claims: &Arc<Vec<Claim>>, host: &Host) -> Vec<Option<Observed>> {
    gather::all(claims, |claim| claim.skip().is_none(), host, Limits::default().timeout)
}

/// The verdicts of each claim.
fn verdicts<'c>(claims: &'c Arc<Vec<Claim>>, host: &Host) -> Vec<Vec<Verdict<'c>>> {
    let judged = |(claim, slot): (&'c Claim, Option<_>)| match slot {
        Some(observed) => judge(claim, observed),
        None => skipped(claim),
    };
    claims.iter().zip(observed(claims, host)).map(judged).collect()
}

/// The host that a case's first line names: `# host: debian`.
pub fn host(case: &Path) -> Result<Host, Failed> {
    let text = std::fs::read_to_string(case)?;
    let first = text.lines().next().unwrap_or_default();
    let name = first.strip_prefix("# host: ").ok_or("the first line is not `# host: NAME`")?;
    if name == "local" {
        return Ok(Host::local());
    }
    let tree = TreeFiles::parse(&std::fs::read_to_string(format!("golden/hosts/{name}.host"))?)?;
    Ok(Host::offline(Arc::new(tree), datetime!(2026-01-01 00:00 UTC)))
}
