//! `/metrics`: the text exposition format of Prometheus. Of the run what the report says, and of the server what it counts.

use super::kept::Sort;
use super::{Desk, Page, Show, seen};
use crate::monitor::{Health, Histogram, Moment, State};
use crate::report::Reporter;
use crate::report::prometheus::{Label, Prometheus, metric};
use crate::serve::{Answer, Asked, Counters};
use procfs::process::Process;
use std::fmt::Write;
use std::sync::Arc;

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// Tags that have a series; as many as results have.
const TAGS: usize = 1_000;

pub(super) async fn answer(desk: &Arc<Desk>, asked: &Asked) -> Answer {
    let show = match desk.sees(asked).await {
        Ok(show) => show,
        Err(answer) => return answer,
    };
    let (state, page) = match desk.page(show, |_| Sort::Metrics).await {
        Ok(made) => made,
        Err(answer) => return answer,
    };
    let mut now = String::new();
    // Memory takes whatever it is given.
    _ = of_now(&mut now, desk, &state, &page.vitals);
    Answer::new(200, page.content_type, [&page.body, now.as_bytes()].concat())
}

pub(super) fn page(desk: &Desk, state: &State, show: Show) -> Page {
    Page {
        content_type: CONTENT_TYPE,
        body: of_run(desk, state, show).into(),
        vitals: vitals(desk, state, show).into(),
    }
}

/// The endpoints' series. What tags there are is for those who see more than counts.
fn vitals(desk: &Desk, state: &State, show: Show) -> Vec<(String, Health)> {
    let tags = state.book.tags().take(if show == Show::Counts { 0 } else { TAGS });
    let tags = tags.map(|tag| (format!("{}/{tag}", desk.endpoint), state.book.tagged(tag)));
    let all = std::iter::once((desk.endpoint.clone(), None)).chain(tags);
    let series = |path: &str| format!("verispec_healthy{{endpoint=\"{}\"}}", Label(path));
    all.map(|(path, which)| (series(&path), state.health_of(which))).collect()
}

/// What is the same until the next run.
fn of_run(desk: &Desk, state: &State, show: Show) -> Vec<u8> {
    let mut out = vec![];
    let mut reporter = Prometheus::of_server(&desk.context(state), show > Show::Counts, show == Show::All);
    let mut entries: Vec<_> = seen(state, None, Show::All).collect();
    // There are only so many series, and what is wrong comes first.
    entries.sort_by_key(|judged| judged.verdicts.iter().all(|verdict| verdict.outcome.ok()));
    _ = entries.iter().try_for_each(|judged| reporter.entry(judged, &mut out));
    _ = reporter.finish(&state.summary, &mut out);
    let mut text = String::new();
    _ = counted(&mut text, state);
    let left_out = state.book.tags().count().saturating_sub(TAGS);
    if show > Show::Counts && left_out > 0 {
        _ = untold(&mut text, left_out);
    }
    out.extend_from_slice(text.as_bytes());
    out
}

fn untold(out: &mut String, left_out: usize) -> std::fmt::Result {
    let name = "verispec_healthy_left_out";
    metric(out, name, "gauge", "Tags whose endpoints have no series because there are too many.")?;
    writeln!(out, "{name} {left_out}")
}

fn counted(out: &mut String, state: &State) -> std::fmt::Result {
    let tally = &state.tally;
    metric(out, "verispec_runs_total", "counter", "Runs that have ended.")?;
    writeln!(out, "verispec_runs_total {}", tally.runs.count)?;
    metric(out, "verispec_run_seconds", "histogram", "How long runs took.")?;
    histogram(out, "verispec_run_seconds", "", &tally.runs)?;
    metric(out, "verispec_probe_seconds", "histogram", "How long looking at an entry took, by its kind.")?;
    for (kind, probes) in &tally.probes {
        histogram(out, "verispec_probe_seconds", &format!("kind=\"{}\"", Label(kind)), probes)?;
    }
    metric(out, "verispec_spec_reloads_total", "counter", "Specs that took the place of another, and that were to.")?;
    writeln!(out, "verispec_spec_reloads_total{{result=\"loaded\"}} {}", tally.loaded)?;
    writeln!(out, "verispec_spec_reloads_total{{result=\"refused\"}} {}", tally.refused)?;
    let name = "verispec_spec_last_reload_successful";
    metric(out, name, "gauge", "Whether the spec in use is the one that was read last.")?;
    writeln!(out, "{name} {}", u8::from(state.refused.is_none()))
}

fn histogram(out: &mut String, name: &str, labels: &str, histogram: &Histogram) -> std::fmt::Result {
    let comma = if labels.is_empty() { "" } else { "," };
    for (bound, count) in histogram.cumulated() {
        writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}")?;
    }
    writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {}", histogram.count)?;
    let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
    writeln!(out, "{name}_sum{braced} {:.6}", histogram.sum.as_secs_f64())?;
    writeln!(out, "{name}_count{braced} {}", histogram.count)
}

/// What each request sees anew.
fn of_now(out: &mut String, desk: &Desk, state: &State, vitals: &[(String, Health)]) -> std::fmt::Result {
    let now = Moment::now();
    metric(out, "verispec_healthy", "gauge", "Whether this endpoint answers 200.")?;
    for (series, health) in vitals {
        writeln!(out, "{series} {}", u8::from(health.up && !health.is_stale(now)))?;
    }
    metric(out, "verispec_run_age_seconds", "gauge", "How long it is since the last run ended.")?;
    writeln!(out, "verispec_run_age_seconds {:.3}", now.since(state.ended).as_secs_f64())?;
    metric(out, "verispec_build_info", "gauge", "The version, as a label.")?;
    writeln!(out, "verispec_build_info{{version=\"{}\"}} 1", Label(env!("CARGO_PKG_VERSION")))?;
    http(out, &desk.counters)?;
    process(out, desk)
}

fn http(out: &mut String, counters: &Counters) -> std::fmt::Result {
    metric(out, "verispec_http_requests_total", "counter", "Answers by status code.")?;
    for (code, count) in counters.answers() {
        writeln!(out, "verispec_http_requests_total{{code=\"{code}\"}} {count}")?;
    }
    for (name, kind, about, count) in [
        ("verispec_http_connections", "gauge", "Connections that are open.", counters.open()),
        ("verispec_http_connections_total", "counter", "Connections that were taken.", counters.accepted()),
        ("verispec_http_turned_away_total", "counter", "Connections without a place.", counters.turned_away()),
        ("verispec_http_failed_handshakes_total", "counter", "Without TLS agreed on.", counters.failed_handshakes()),
        ("verispec_http_event_streams", "gauge", "Connections that get events.", counters.streams()),
    ] {
        metric(out, name, kind, about)?;
        writeln!(out, "{name} {count}")?;
    }
    Ok(())
}

/// What Prometheus's clients tell of their process. Where /proc does not tell it, neither does this.
fn process(out: &mut String, desk: &Desk) -> std::fmt::Result {
    let Ok(own) = Process::myself() else { return Ok(()) };
    if let Ok(stat) = own.statm() {
        metric(out, "process_resident_memory_bytes", "gauge", "Resident memory size in bytes.")?;
        writeln!(out, "process_resident_memory_bytes {}", stat.resident * procfs::page_size())?;
    }
    if let Ok(count) = own.fd_count() {
        metric(out, "process_open_fds", "gauge", "Number of open file descriptors.")?;
        writeln!(out, "process_open_fds {count}")?;
    }
    metric(out, "process_start_time_seconds", "gauge", "Start time of the process since unix epoch in seconds.")?;
    writeln!(out, "process_start_time_seconds {}", desk.started.unix_timestamp())
}
