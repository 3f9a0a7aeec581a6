//! `prometheus`: metrics in the text exposition format, for node_exporter's textfile collector or a scrape.

use super::printable::line;
use super::{Context, Reporter};
use crate::verdict::{Judged, Outcome, Summary};
use std::collections::BTreeMap;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

/// Results that have a series of their own; each is a time series for as long as the server keeps data.
const SERIES: usize = 1_000;

pub struct Prometheus {
    verbose: bool,
    /// Whether results have series of their own.
    serial: bool,
    kinds: BTreeMap<&'static str, [usize; 4]>,
    /// The labels of each series and how many results it stands for: a series may be written once only.
    series: BTreeMap<String, usize>,
    left_out: usize,
}

impl Prometheus {
    pub fn new(context: &Context) -> Self {
        let (kinds, series) = (BTreeMap::new(), BTreeMap::new());
        Prometheus { verbose: context.verbose, serial: true, kinds, series, left_out: 0 }
    }

    /// For a server that tells of results one by one, or only how many there are.
    pub fn of_server(context: &Context, serial: bool, verbose: bool) -> Self {
        Prometheus { serial, verbose, ..Prometheus::new(context) }
    }
}

/// A label's value between its quotes.
pub struct Label<'a>(pub &'a str);

impl Display for Label<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in line(self.0).chars() {
            if matches!(c, '"' | '\\') {
                f.write_char('\\')?;
            }
            f.write_char(c)?;
        }
        Ok(())
    }
}

/// What stands before the series of a metric.
pub fn metric(out: &mut dyn fmt::Write, name: &str, kind: &str, help: &str) -> fmt::Result {
    writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}")
}

fn gauge(out: &mut dyn Write, name: &str, help: &str) -> io::Result<()> {
    let mut head = String::new();
    // A string takes whatever it is given.
    _ = metric(&mut head, name, "gauge", help);
    out.write_all(head.as_bytes())
}

impl Reporter for Prometheus {
    fn entry(&mut self, judged: &Judged, _: &mut dyn Write) -> io::Result<()> {
        let kind = judged.claim.kind.name;
        let counts = self.kinds.entry(kind).or_default();
        for verdict in &judged.verdicts {
            let word = verdict.outcome.word();
            for (count, _) in counts.iter_mut().zip(Outcome::WORDS).filter(|(_, w)| *w == word) {
                *count += 1;
            }
            let wanted = self.verbose || matches!(verdict.outcome, Outcome::Fail | Outcome::Unknown(_));
            if !(wanted && self.serial) {
                continue;
            }
            let (id, key) = (Label(&verdict.claim.id), Label(&verdict.key));
            let labels = format!("kind=\"{kind}\",id=\"{id}\",key=\"{key}\",outcome=\"{word}\"");
            let full = self.series.len() >= SERIES;
            match self.series.get_mut(&labels) {
                Some(count) => *count += 1,
                None if full => self.left_out += 1,
                None => drop(self.series.insert(labels, 1)),
            }
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, out: &mut dyn Write) -> io::Result<()> {
        gauge(out, "verispec_success", "Whether nothing failed and nothing is unknown.")?;
        writeln!(out, "verispec_success {}", u8::from(summary.ok()))?;

        gauge(out, "verispec_results", "Results of the run by outcome; unknown is what could not be observed.")?;
        for (word, count) in Outcome::WORDS.into_iter().zip([summary.pass, summary.fail, summary.unknown, summary.skip])
        {
            writeln!(out, "verispec_results{{outcome=\"{word}\"}} {count}")?;
        }

        gauge(out, "verispec_kind_results", "Results of the run by kind of thing and outcome.")?;
        for (kind, counts) in &self.kinds {
            for (word, count) in Outcome::WORDS.into_iter().zip(counts) {
                writeln!(out, "verispec_kind_results{{kind=\"{kind}\",outcome=\"{word}\"}} {count}")?;
            }
        }

        gauge(
            out,
            "verispec_result",
            "How many results of this key have this outcome, for what failed or is unknown.",
        )?;
        for (labels, count) in &self.series {
            writeln!(out, "verispec_result{{{labels}}} {count}")?;
        }

        gauge(
            out,
            "verispec_results_left_out",
            "Results that have no series of their own because there are too many.",
        )?;
        writeln!(out, "verispec_results_left_out {}", self.left_out)?;

        gauge(out, "verispec_run_duration_seconds", "How long the run took.")?;
        writeln!(out, "verispec_run_duration_seconds {:.6}", summary.elapsed.as_secs_f64())?;

        gauge(out, "verispec_run_timestamp_seconds", "When the run began, in seconds since the epoch.")?;
        writeln!(out, "verispec_run_timestamp_seconds {}", summary.started.unix_timestamp())
    }
}

#[cfg(test)]
mod tests {
    use crate::report::sample;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn a_series_stands_once_and_unknown_is_seen() {
        for (sources, claims) in [sample::plain(), sample::hostile()] {
            let twice: Vec<_> = sample::judged(&claims).into_iter().chain(sample::judged(&claims)).collect();
            let text = sample::report("prometheus", &sources, &twice, true);
            let mut series: Vec<&str> =
                text.lines().filter(|l| !l.starts_with('#')).map(|l| l.rsplit_once(' ').unwrap().0).collect();
            let all = series.len();
            series.sort_unstable();
            series.dedup();
            assert_eq!(series.len(), all, "{text}");
        }
        let (sources, claims) = sample::plain();
        let text = sample::report("prometheus", &sources, &sample::judged(&claims), false);
        assert!(text.contains("verispec_results{outcome=\"unknown\"} 3\n"), "{text}");
        assert!(
            text.contains("verispec_result{kind=\"file\",id=\"/etc/shadow\",key=\"mode\",outcome=\"unknown\"} 1\n"),
            "{text}"
        );
    }

    #[test]
    fn promtool_has_nothing_to_say() {
        for (sources, claims) in [sample::plain(), sample::hostile()] {
            let text = sample::report("prometheus", &sources, &sample::judged(&claims), true);
            let child = Command::new("promtool")
                .args(["check", "metrics"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn();
            let Ok(mut child) = child else {
                eprintln!("skipped: there is no promtool here (Debian package prometheus)");
                return;
            };
            child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.is_empty(), "{said}\n{text}");
        }
    }
}
