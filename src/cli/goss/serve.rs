//! `goss serve`: answers to HTTP with the report.

use super::line::Line;
use super::log::Log;
use super::suite::{self, Suite};
use super::validate::Look;
use super::value::span;
use super::{Common, NOT_OK, refused};
use crate::cli::{Colour, OK, Paint};
use crate::gather;
use crate::host::{Host, exec};
use crate::plan::Limits;
use crate::report::goss::Format;
use crate::report::printable::line as shown;
use crate::report::whole;
use crate::run;
use crate::serve::{self, Address, Answer, Asked, Bounds, Endpoint, Latest, Route, Stop};
use crate::spec::Claim;
use crate::syntax::Sources;
use crate::verdict::{Judged, Summary};
use hyper::body::Bytes;
use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Hanging probes of earlier runs beside which no further run is begun.
const STUCK: usize = 512;
/// Before the name of a format, as goss has it.
const MEDIA_TYPE: &str = "application/vnd.goss-";

/// What the command's own flags say.
pub(super) struct Args {
    format: String,
    format_options: Vec<String>,
    /// How long a report is good for.
    cache: Duration,
    /// `[ip]:port`.
    listen: String,
    endpoint: String,
    limits: Result<Limits, &'static str>,
}

impl Args {
    pub(super) fn of(line: &Line) -> Args {
        Args {
            format: line.text("format"),
            format_options: line.list("format-options"),
            cache: span(line.wait("cache")),
            listen: line.text("listen-addr"),
            endpoint: line.text("endpoint"),
            limits: suite::limits(line),
        }
    }
}

/// Serves until a signal ends it. What is wrong before ends with 1, unlike goss's other commands.
pub(super) fn run(common: Common, args: Args) -> io::Result<u8> {
    let log = common.log;
    let Suite { sources, claims, warnings } = match Suite::read(&common) {
        Ok(suite) => suite,
        Err(rejected) => return refused(&rejected, NOT_OK),
    };
    if claims.is_empty() {
        return fatal(log, &suite::no_tests(&common.request));
    }
    let limits = match args.limits {
        Ok(limits) => limits,
        Err(why) => return fatal(log, why),
    };
    let look = Lens { sources, options: args.format_options };
    if look.render(&args.format, &[], &Summary::new(Host::local().now())).is_none() {
        return fatal(log, &format!("bad output format: {}", shown(&args.format)));
    }
    if !args.endpoint.starts_with('/') {
        return fatal(log, &format!("--endpoint `{}` has to begin with `/`", shown(&args.endpoint)));
    }
    let listener = match Address::tcp(&args.listen).and_then(|address| serve::listen(&address)) {
        Ok(listener) => listener,
        Err(why) => return fatal(log, &format!("listen tcp {}: {why}", shown(&args.listen))),
    };
    warnings.iter().for_each(|warning| log.warn(warning));
    let (stop, stopped) = Stop::new();
    if let Err(why) = stop.with_signals() {
        return fatal(log, &format!("cannot wait for signals: {why}"));
    }
    let at = match listener.address() {
        Some(at) if args.listen.ends_with(":0") => at.to_string(),
        _ => args.listen,
    };
    log.info(&format!("Starting to listen on: {at}"));
    let health = health(claims, look, &args.format, args.cache, limits, log);
    let routes = vec![Route { path: args.endpoint, endpoint: health }];
    let done = serve::serve(vec![listener], routes, Bounds::default(), Arc::default(), stopped, Box::pin(async {}));
    exec::end_commands();
    match done {
        Ok(()) => Ok(OK),
        Err(why) => fatal(log, &format!("it cannot serve: {why}")),
    }
}

/// goss's line for what keeps it from serving.
fn fatal(log: Log, why: &str) -> io::Result<u8> {
    log.error(why);
    Ok(NOT_OK)
}

/// Answers with the latest run's report in the format that is asked for.
fn health(claims: Vec<Claim>, look: Lens, format: &str, good: Duration, limits: Limits, log: Log) -> Endpoint {
    // The spec is read once: runs may look back at it as long as this process lives.
    let claims: &'static Arc<Vec<Claim>> = Box::leak(Box::new(Arc::new(claims)));
    let look = Arc::new(look);
    let runs = move || {
        log.debug(|| "Stale cache, running tests".to_owned());
        let (judged, summary) = run::once(claims, &Host::local(), limits);
        Seen { judged, summary, reports: Mutex::default() }
    };
    let latest = Latest::new(good, Box::new(runs));
    let own: Arc<str> = format.into();
    Arc::new(move |asked| {
        let (latest, look, own) = (latest.clone(), look.clone(), own.clone());
        Box::pin(async move {
            let format = negotiated(&asked.accept).filter(|_| &*own != "silent").unwrap_or(&own);
            let stuck = gather::stuck();
            let answer = if stuck > STUCK {
                // Each run would leave as many threads again.
                Answer::text(503, &format!("{stuck} probes of earlier runs still hang"))
            } else {
                match latest.get().await {
                    Ok(seen) => seen.answer(format, &look).await,
                    Err(why) => Answer::text(503, &why.to_string()),
                }
            };
            tell(log, &asked, &answer);
            answer
        })
    })
}

fn tell(log: Log, asked: &Asked, answer: &Answer) {
    log.debug(|| match answer.status {
        200 => format!("{}: status 200", asked.peer),
        status => format!("{}: status {status} - {}", asked.peer, String::from_utf8_lossy(answer.body.bytes())),
    });
}

/// The format that the last `Accept` header names, if that is one of goss's. A client cannot ask for another.
fn negotiated(accept: &[String]) -> Option<&'static str> {
    let last = accept.last()?.trim();
    let json = ["application/json", "text/json"].iter().any(|known| known.eq_ignore_ascii_case(last));
    let name = if json { "json" } else { last.strip_prefix(MEDIA_TYPE)? };
    Format::find(name).map(|format| format.name)
}

fn content_type(format: &str) -> String {
    match format {
        "json" => "application/json".to_owned(),
        "prometheus" => "text/plain; version=0.0.4".to_owned(),
        other => format!("{MEDIA_TYPE}{other}"),
    }
}

/// What a report is made with.
struct Lens {
    sources: Sources,
    options: Vec<String>,
}

impl Lens {
    /// The report and its exit status.
    fn render(&self, format: &str, judged: &[Judged], summary: &Summary) -> Option<io::Result<(Vec<u8>, u8)>> {
        let paint = Paint { choice: Colour::Never };
        let look = Look { sources: &self.sources, options: &self.options, paint };
        let mut reporter = look.reporter(format)?;
        let report = whole(&mut *reporter, judged, summary);
        Some(report.map(|bytes| (bytes, reporter.exit_status(summary))))
    }
}

/// A run, and the reports that were made of it.
struct Seen {
    judged: Vec<Judged<'static>>,
    summary: Summary,
    reports: Mutex<HashMap<String, Report>>,
}

/// A report, and the status that goes with it.
#[derive(Clone)]
struct Report {
    status: u16,
    bytes: Bytes,
}

impl Seen {
    async fn answer(self: Arc<Self>, format: &str, look: &Arc<Lens>) -> Answer {
        let known = self.reports.lock().unwrap_or_else(PoisonError::into_inner).get(format).cloned();
        let made = match known {
            Some(report) => Some(report),
            None => {
                // The report of thousands of entries takes a while, in which others are answered.
                let (look, format) = (look.clone(), format.to_owned());
                tokio::task::spawn_blocking(move || self.made(&format, &look)).await.ok().flatten()
            }
        };
        match made {
            Some(report) => Answer::new(report.status, content_type(format), report.bytes),
            None => Answer::text(503, "no report could be made of what was found"),
        }
    }

    fn made(&self, format: &str, look: &Lens) -> Option<Report> {
        let (bytes, status) = look.render(format, &self.judged, &self.summary)?.ok()?;
        let report = Report { status: if status == 0 { 200 } else { 503 }, bytes: bytes.into() };
        self.reports.lock().unwrap_or_else(PoisonError::into_inner).insert(format.to_owned(), report.clone());
        Some(report)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_accept_header_names_the_format_or_nothing_does() {
        for (accept, format) in [
            (&["application/vnd.goss-json"][..], Some("json")),
            (&[" APPLICATION/json "], Some("json")),
            (&["text/json"], Some("json")),
            (&["application/vnd.goss-junit"], Some("junit")),
            (&["application/vnd.goss-silent"], Some("silent")),
            (&["text/html", "application/vnd.goss-tap"], Some("tap")),
            (&["application/vnd.goss-tap", "text/html"], None),
            (&["application/vnd.goss-nope"], None),
            (&["application/vnd.goss-"], None),
            (&["application/vnd.goss-jsonl"], None),
            (&["text/html, application/json"], None),
            (&["application/json; q=0.9"], None),
            (&["*/*"], None),
            (&[], None),
        ] {
            let accept: Vec<String> = accept.iter().map(|header| (*header).to_owned()).collect();
            assert_eq!(negotiated(&accept), format, "{accept:?}");
        }
    }
}
