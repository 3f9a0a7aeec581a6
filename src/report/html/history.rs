//! The last runs as small bars, and as a table for who cannot see bars.

use super::entry::plural;
use super::{moment, worst};
use crate::quantity::duration;
use crate::verdict::Summary;
use std::fmt::{self, Write};
use std::time::Duration;

/// Runs that are drawn: as many as a telephone has room for.
const RUNS: usize = 60;
/// Units from one bar to the next, and of a bar.
const STEP: usize = 6;
const BAR: usize = 4;
/// Units above the line, for how long a run took, and below it, for what was wrong.
const ABOVE: usize = 36;
const BELOW: usize = 10;

/// What is known of the runs, oldest first; nothing of a single one.
pub fn history(runs: &[Summary], out: &mut String) -> fmt::Result {
    let runs = runs.get(runs.len().saturating_sub(RUNS)..).unwrap_or(runs);
    let (Some(last), 2..) = (runs.last(), runs.len()) else { return Ok(()) };
    let longest = runs.iter().map(|run| run.elapsed).max().unwrap_or_default();
    let alike = runs.iter().rev().take_while(|run| worst(run) == worst(last));
    if let Some(first) = alike.clone().last() {
        let (since, count) = (moment(first.started), alike.count());
        let at_least = if count == runs.len() { "at least " } else { "" };
        let (class, word, count) = (worst(last), word(last), plural(count, "run", "runs"));
        writeln!(out, "<p class=\"since {class}\"><b>{word}</b> since {at_least}{since} ({count}).</p>")?;
    }
    bars(runs, longest, out)?;
    writeln!(
        out,
        "<details><summary>The last {} runs</summary>\n<p class=\"dim\">A bar's height is how long the run took, {} at most. \
         A mark below says that something failed (long) or is unknown (short). The last run is on the right, and on top here.</p>",
        runs.len(),
        duration(longest)
    )?;
    table(runs, out)?;
    out.push_str("</details>\n");
    Ok(())
}

fn word(run: &Summary) -> &'static str {
    match worst(run) {
        "fail" => "Failed",
        "unknown" => "Unknown",
        "pass" => "Passed",
        _ => "Nothing checked",
    }
}

fn bars(runs: &[Summary], longest: Duration, out: &mut String) -> fmt::Result {
    let (width, height) = (runs.len() * STEP, ABOVE + 1 + BELOW);
    write!(
        out,
        "<svg role=\"img\" aria-label=\"The runs as bars; the table has the same\" width=\"{}\" height=\"{}\" \
         viewBox=\"0 0 {width} {height}\" preserveAspectRatio=\"none\">",
        width * 2,
        height + 9,
    )?;
    for (at, run) in runs.iter().enumerate() {
        let (left, tall) = (at * STEP + 1, tall(run.elapsed, longest));
        let class = worst(run);
        write!(out, "<g class=\"{class}\"><title>{}</title>", told(run))?;
        write!(out, "<rect class=\"hit\" x=\"{}\" width=\"{STEP}\" height=\"{height}\"/>", left - 1)?;
        write!(out, "<rect x=\"{left}\" y=\"{}\" width=\"{BAR}\" height=\"{tall}\"/>", ABOVE - tall)?;
        let mark = match class {
            "fail" => BELOW - 1,
            "unknown" => BELOW / 2 - 1,
            _ => 0,
        };
        if mark > 0 {
            write!(out, "<rect x=\"{left}\" y=\"{}\" width=\"{BAR}\" height=\"{mark}\"/>", ABOVE + 2)?;
        }
        out.push_str("</g>");
    }
    writeln!(out, "<rect class=\"axis\" y=\"{ABOVE}\" width=\"{width}\" height=\"1\"/></svg>")
}

/// A run that took no time is seen, too.
fn tall(elapsed: Duration, longest: Duration) -> usize {
    let share = elapsed.as_secs_f64() / longest.as_secs_f64().max(f64::MIN_POSITIVE);
    ((share * ABOVE as f64).round() as usize).clamp(2, ABOVE)
}

/// When it began, what it came to and how long it took.
fn told(run: &Summary) -> String {
    let Summary { pass, fail, unknown, skip, .. } = run;
    let (began, took) = (moment(run.started), duration(run.elapsed));
    format!("{began}: {fail} failed, {unknown} unknown, {pass} passed, {skip} skipped, {took}")
}

fn table(runs: &[Summary], out: &mut String) -> fmt::Result {
    out.push_str("<div class=\"scroll\"><table><thead><tr>");
    for name in ["Began", "Came to", "Failed", "Unknown", "Passed", "Skipped", "Took"] {
        write!(out, "<th scope=\"col\">{name}</th>")?;
    }
    out.push_str("</tr></thead><tbody>\n");
    for run in runs.iter().rev() {
        let Summary { pass, fail, unknown, skip, .. } = run;
        write!(
            out,
            "<tr><th scope=\"row\">{}</th><td class=\"{}\">{}</td>",
            moment(run.started),
            worst(run),
            word(run)
        )?;
        write!(out, "<td>{fail}</td><td>{unknown}</td><td>{pass}</td><td>{skip}</td>")?;
        writeln!(out, "<td>{}</td></tr>", duration(run.elapsed))?;
    }
    out.push_str("</tbody></table></div>\n");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn runs(of: &[(usize, usize, u64)]) -> Vec<Summary> {
        let run = |(fail, unknown, ms): &(usize, usize, u64)| Summary {
            pass: 5,
            fail: *fail,
            unknown: *unknown,
            elapsed: Duration::from_millis(*ms),
            ..sample::summary()
        };
        of.iter().map(run).collect()
    }

    fn drawn(of: &[(usize, usize, u64)]) -> String {
        let mut out = String::new();
        history(&runs(of), &mut out).unwrap();
        out
    }

    #[test]
    fn each_run_is_a_bar_whose_mark_does_not_need_its_colour() {
        let out = drawn(&[(0, 0, 10), (0, 2, 40), (1, 2, 20)]);
        let whole = format!("<p>{out}</p>");
        let document = roxmltree::Document::parse(&whole).unwrap();
        let bars: Vec<_> = document.descendants().filter(|n| n.has_tag_name("g")).collect();
        let classes: Vec<_> = bars.iter().map(|b| b.attribute("class").unwrap()).collect();
        assert_eq!(classes, ["pass", "unknown", "fail"]);
        let heights = |at: usize| -> Vec<&str> {
            bars[at]
                .children()
                .filter(|n| n.has_tag_name("rect"))
                .skip(1)
                .map(|r| r.attribute("height").unwrap())
                .collect()
        };
        assert_eq!((heights(0), heights(1), heights(2)), (vec!["9"], vec!["36", "4"], vec!["18", "9"]));
        let title = bars[2].children().find(|n| n.has_tag_name("title")).unwrap().text().unwrap();
        assert_eq!(title, "2026-11-22 10:00:00 UTC: 1 failed, 2 unknown, 5 passed, 0 skipped, 20ms");
        let rows: Vec<_> = document.descendants().filter(|n| n.has_tag_name("td")).filter_map(|n| n.text()).collect();
        assert_eq!(rows.first(), Some(&"Failed"), "the newest stands first");
    }

    #[test]
    fn since_when_it_has_been_so_is_told() {
        assert!(
            drawn(&[(0, 0, 1), (1, 0, 1), (2, 0, 1)]).contains("Failed</b> since 2026-11-22 10:00:00 UTC (2 runs).")
        );
        assert!(drawn(&[(0, 0, 1), (0, 0, 1)]).contains("Passed</b> since at least 2026-11-22 10:00:00 UTC (2 runs)."));
    }

    #[test]
    fn one_run_is_no_history_and_a_thousand_are_the_last_of_them() {
        assert_eq!(drawn(&[(0, 0, 1)]), "");
        let out = drawn(&vec![(0, 0, 0); 1_000]);
        assert_eq!(out.matches("<g ").count(), RUNS);
        assert!(out.contains("The last 60 runs") && out.len() < 40_000, "{}", out.len());
    }
}
