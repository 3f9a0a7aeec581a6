//! Where two texts differ, line by line.

use similar::algorithms::{Capture, Compact, Replace, myers};
use similar::{DiffTag, group_diff_ops};
use std::ops::Range;
use std::time::{Duration, Instant};

/// Changes that stand close together, and the lines around them.
pub struct Hunk<'t> {
    /// Its lines of the old text, from 0.
    pub old: Range<usize>,
    pub new: Range<usize>,
    /// Each behind ` ` if both have it, `-` if only the old text does, `+` if only the new one does.
    pub lines: Vec<(char, &'t str)>,
}

/// The hunks of two texts, with `context` lines that are the same around each. After `patience` they are no longer the
/// shortest.
pub fn hunks<'t>(old: &[&'t str], new: &[&'t str], context: usize, patience: Duration) -> Vec<Hunk<'t>> {
    // One algorithm, called by its name: to choose among all of them costs a quarter of a megabyte of program.
    let mut changes = Compact::new(Replace::new(Capture::new()), old, new);
    let until = Some(Instant::now() + patience);
    let Ok(()) = myers::diff_deadline(&mut changes, old, 0..old.len(), new, 0..new.len(), until);
    let groups = group_diff_ops(changes.into_inner().into_inner().into_ops(), context);
    let hunk = |group: &Vec<similar::DiffOp>| {
        let (first, last) = (group.first()?, group.last()?);
        let mut lines = Vec::new();
        for op in group {
            let mut take =
                |sign, of: Option<&[&'t str]>| lines.extend(of.into_iter().flatten().map(|line| (sign, *line)));
            match op.as_tag_tuple() {
                (DiffTag::Equal, of, _) => take(' ', old.get(of)),
                (_, gone, come) => {
                    take('-', old.get(gone));
                    take('+', new.get(come));
                }
            }
        }
        let old = first.old_range().start..last.old_range().end;
        Some(Hunk { old, new: first.new_range().start..last.new_range().end, lines })
    };
    groups.iter().filter_map(hunk).collect()
}

impl Hunk<'_> {
    /// As diff(1) heads it: `@@ -1,2 +1 @@`.
    pub fn head(&self) -> String {
        let span = |lines: &Range<usize>| match lines.len() {
            1 => format!("{}", lines.start + 1),
            0 => format!("{},0", lines.start),
            length => format!("{},{length}", lines.start + 1),
        };
        format!("@@ -{} +{} @@", span(&self.old), span(&self.new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(old: &str, new: &str, context: usize) -> String {
        let (old, new) = (old.split(' ').collect::<Vec<_>>(), new.split(' ').collect::<Vec<_>>());
        let all = hunks(&old, &new, context, Duration::from_secs(1)).into_iter();
        let one = |hunk: Hunk| {
            let lines = hunk.lines.iter().map(|(sign, line)| format!("{sign}{line}"));
            format!("{} {}", hunk.head(), lines.collect::<Vec<_>>().join(""))
        };
        all.map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn hunks_are_those_of_diff() {
        assert_eq!(told("a b c", "a b c", 1), "");
        assert_eq!(told("a b c d e f g", "a b x d e f", 1), "@@ -2,3 +2,3 @@  b-c+x d; @@ -6,2 +6 @@  f-g");
        assert_eq!(told("a", "b c", 0), "@@ -1 +1,2 @@ -a+b+c");
        assert_eq!(told("a b", "a x b", 0), "@@ -1,0 +2 @@ +x");
        assert_eq!(told("a b a b a b a b", "a a a a", 1).matches('-').count(), 4 + 1);
    }
}
