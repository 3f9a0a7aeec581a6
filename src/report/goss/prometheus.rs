//! goss's `prometheus`: metrics in the text exposition format.

use super::result::{Group, Word};
use super::{Options, Output};
use crate::report::printable::line;
use crate::verdict::Summary;
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Default)]
pub struct Prometheus {
    /// Results and milliseconds, by their labels in the order that these are written in.
    tests: BTreeMap<(Word, String, String), (u64, u128)>,
    seen: Vec<Word>,
}

impl Output for Prometheus {
    fn group(&mut self, group: Group, options: Options, _: &mut dyn Write) -> io::Result<()> {
        for result in &group.results {
            let id = if options.verbose { group.id.clone() } else { String::new() };
            let sum = self.tests.entry((result.result, id, group.kind.to_lowercase())).or_default();
            sum.0 += 1;
            sum.1 += result.duration.as_millis();
            self.seen.push(result.result);
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary, options: Options, out: &mut dyn Write) -> io::Result<()> {
        let mut tests: Vec<_> = self.tests.iter().collect();
        tests.sort_by_key(|((word, id, kind), _)| (word.word(), id.as_str(), kind.as_str()));
        let family = |out: &mut dyn Write, name: &str, about: &str, sum: &dyn Fn(&(u64, u128)) -> u128| {
            writeln!(out, "# HELP goss_tests_{name} {about}\n# TYPE goss_tests_{name} counter")?;
            for ((word, id, kind), sums) in &tests {
                let id = if options.verbose { format!(",resource_id=\"{}\"", label(id)) } else { String::new() };
                let outcome = word.word();
                writeln!(out, "goss_tests_{name}{{outcome=\"{outcome}\"{id},type=\"{kind}\"}} {}", sum(sums))?;
            }
            io::Result::Ok(())
        };
        let about = "The duration of tests from this run. Note; tests run concurrently.";
        family(out, "outcomes_duration_milliseconds", about, &|sums| sums.1)?;
        family(out, "outcomes_total", "The number of test-outcomes from this run.", &|sums| sums.0.into())?;
        let whole = [Word::Fail, Word::Pass, Word::Skip].into_iter().find(|word| self.seen.contains(word));
        let whole = whole.map_or("unknown", Word::word);
        for (name, about, value) in [
            ("run_duration_milliseconds", "The end-to-end duration of this run.", summary.elapsed.as_millis()),
            ("run_outcomes_total", "The outcomes of this run as a whole.", 1),
        ] {
            writeln!(out, "# HELP goss_tests_{name} {about}\n# TYPE goss_tests_{name} counter")?;
            writeln!(out, "goss_tests_{name}{{outcome=\"{whole}\"}} {value}")?;
        }
        Ok(())
    }

    /// A collector that throws away what a failed command wrote would never hear of a failure.
    fn status(&self, _: bool) -> u8 {
        0
    }
}

fn label(text: &str) -> String {
    line(&text.replace('\\', "\\\\").replace('"', "\\\"")).into_owned()
}
