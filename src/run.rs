//! A whole run: rounds of gathering and judging, handed to a reporter in spec order.

use crate::gather::{Event, Gathered, gather};
use crate::host::Host;
use crate::plan::Limits;
use crate::report::Reporter;
use crate::spec::{Claim, Profile};
use crate::verdict::{Judged, Summary, Verdict, judge, passes, skipped};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Looks again at what has not passed.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// How long to go on; zero for one round.
    pub timeout: Duration,
    /// How long to wait between two rounds.
    pub sleep: Duration,
}

/// Runs `claims` against `host` and writes the report. `known` hears how many more entries are settled, and 0 now and
/// then while none is.
///
/// With several rounds an entry that passes is settled, and the others are with the last round. By goss's rules nothing is
/// settled before everything passes in one and the same round.
pub fn run(
    claims: &Arc<Vec<Claim>>,
    host: &Host,
    limits: Limits,
    rounds: Rounds,
    reporter: &mut dyn Reporter,
    out: &mut dyn Write,
    known: &mut dyn FnMut(usize),
) -> io::Result<Summary> {
    let begun = Instant::now();
    let mut summary = Summary::new(host.now());
    let failed = reporter.begin(claims.len(), out).and_then(|()| out.flush()).err();
    let mut desk = Desk { claims, early: HashMap::new(), next: 0, reporter, out, failed };
    desk.skips(&mut summary);
    let whole = claims.iter().any(|claim| claim.profile == Profile::Goss);
    let mut all: Vec<usize> = claims.iter().enumerate().filter(|(_, c)| c.skip().is_none()).map(|(i, _)| i).collect();
    // An image's files are read fastest in the order in which it has them; reports are in spec order all the same.
    all.sort_by_cached_key(|index| claims.get(*index).map_or(0, |claim| host.files().position(claim.target())));
    let mut open = all.clone();
    let mut host = host.clone();
    let mut doubtful: BTreeMap<usize, Gathered> = BTreeMap::new();
    loop {
        let last = rounds.timeout.is_zero();
        gather(claims, open, &host, limits, &mut |event| match event {
            Event::Answer(index, mut gathered) => {
                if let Some(before) = doubtful.remove(&index) {
                    gathered.elapsed += before.elapsed;
                }
                if last || (!whole && passes(&claims[index], &gathered.observed)) {
                    known(1);
                    desk.stream(index, gathered, &mut summary);
                } else {
                    doubtful.insert(index, gathered);
                }
            }
            Event::Tick => {
                known(0);
                desk.flush();
            }
        });
        let settled = doubtful.iter().all(|(index, gathered)| whole && passes(&claims[*index], &gathered.observed));
        if settled || begun.elapsed() + rounds.sleep > rounds.timeout {
            break;
        }
        desk.reporter.again(begun.elapsed());
        open = if whole { all.clone() } else { doubtful.keys().copied().collect() };
        thread::sleep(rounds.sleep);
        host = host.fresh();
    }
    for (index, gathered) in doubtful {
        known(1);
        desk.stream(index, gathered, &mut summary);
    }
    let failed = desk.failed.take();
    summary.elapsed = begun.elapsed();
    let finished = failed.map_or(Ok(()), Err).and_then(|()| reporter.finish(&summary, out)).and_then(|()| out.flush());
    match finished {
        // A reader that went away early (`verispec … | head`) changes nothing about the host.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(summary),
    }
}

/// Looks once at everything. The verdicts are in spec order.
pub fn once<'c>(claims: &'c Arc<Vec<Claim>>, host: &Host, limits: Limits) -> (Vec<Judged<'c>>, Summary) {
    let begun = Instant::now();
    let mut summary = Summary::new(host.now());
    let asked = claims.iter().enumerate().filter(|(_, claim)| claim.skip().is_none()).map(|(index, _)| index).collect();
    let mut answers = HashMap::new();
    gather(claims, asked, host, limits, &mut |event| {
        if let Event::Answer(index, gathered) = event {
            answers.insert(index, gathered);
        }
    });
    let judged = claims.iter().enumerate().map(|(index, claim)| {
        let (verdicts, elapsed) = match answers.remove(&index) {
            Some(gathered) => (judge(claim, gathered.observed), gathered.elapsed),
            None => (skipped(claim), Duration::ZERO),
        };
        verdicts.iter().for_each(|verdict| summary.count(&verdict.outcome));
        Judged { claim, verdicts, elapsed }
    });
    let judged = judged.collect();
    summary.elapsed = begun.elapsed();
    (judged, summary)
}

/// Puts answers into spec order for a reporter that wants them so.
struct Desk<'r, 'c> {
    claims: &'c [Claim],
    /// Answers to entries that something before them still waits for.
    early: HashMap<usize, Gathered>,
    /// The first entry that has not been reported.
    next: usize,
    reporter: &'r mut dyn Reporter,
    out: &'r mut dyn Write,
    /// The first error in writing; nothing is written after it.
    failed: Option<io::Error>,
}

impl Desk<'_, '_> {
    /// Reports the skipped entries that nothing stands before.
    fn skips(&mut self, summary: &mut Summary) {
        if self.reporter.unordered() {
            for claim in self.claims.iter().filter(|c| c.skip().is_some()) {
                self.report(claim, skipped(claim), Duration::ZERO, summary);
            }
        } else {
            self.advance(summary);
        }
    }

    fn stream(&mut self, index: usize, gathered: Gathered, summary: &mut Summary) {
        let unordered = self.reporter.unordered();
        if !unordered && index != self.next {
            self.early.insert(index, gathered);
            return;
        }
        let claim = &self.claims[index];
        self.report(claim, judge(claim, gathered.observed), gathered.elapsed, summary);
        if !unordered {
            self.next += 1;
            self.advance(summary);
        }
    }

    /// Reports every entry that is known and has nothing unknown before it.
    fn advance(&mut self, summary: &mut Summary) {
        while let Some(claim) = self.claims.get(self.next) {
            if claim.skip().is_some() {
                self.report(claim, skipped(claim), Duration::ZERO, summary);
            } else if let Some(gathered) = self.early.remove(&self.next) {
                self.report(claim, judge(claim, gathered.observed), gathered.elapsed, summary);
            } else {
                return;
            }
            self.next += 1;
        }
    }

    /// Lets the reader see what is known.
    fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.flush().err();
        }
    }

    fn report<'c>(&mut self, claim: &'c Claim, verdicts: Vec<Verdict<'c>>, elapsed: Duration, summary: &mut Summary) {
        verdicts.iter().for_each(|v| summary.count(&v.outcome));
        if self.failed.is_none() {
            let judged = Judged { claim, verdicts, elapsed };
            self.failed = self.reporter.entry(&judged, self.out).err();
            if self.reporter.unordered() {
                self.flush();
            }
        }
    }
}
