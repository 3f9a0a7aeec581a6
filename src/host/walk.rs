//! All files below a directory, within bounds.

use super::{FileType, Host, Stat};
use crate::value::Fault;
use std::time::Instant;

/// Files and directories that are looked at.
const MOST_FILES: usize = 100_000;
/// Directories that lie in one another.
const MOST_DEPTH: usize = 32;

impl Host {
    /// Hands every file below `top` to `each`, directories by name. No link is followed, and no directory entered that
    /// `enters` says no to. `Ok` is why there may be more files.
    pub fn walk(
        &self,
        top: &str,
        enters: impl Fn(&str) -> bool,
        mut each: impl FnMut(&str, &Stat),
    ) -> Result<Option<Fault>, Fault> {
        let (mut more, mut left, began) = (None, MOST_FILES, Instant::now());
        let mut open = vec![(top.to_owned(), 0)];
        while let Some((directory, depth)) = open.pop() {
            let mut names = match self.files().list(&directory) {
                Ok(names) => names.unwrap_or_default(),
                Err(fault) if depth == 0 => return Err(fault),
                Err(fault) => {
                    more.get_or_insert(fault);
                    continue;
                }
            };
            names.sort_unstable();
            let mut below = Vec::new();
            for name in names {
                if left == 0 {
                    return Ok(Some(Fault::Unsupported(format!("{top}: more than {MOST_FILES} files are below it"))));
                }
                left -= 1;
                if Instant::now() >= self.deadline() {
                    return Ok(Some(Fault::TimedOut(format!("looking through {top}"), began.elapsed())));
                }
                let path = format!("{}/{name}", directory.trim_end_matches('/'));
                match self.files().lstat(&path) {
                    Ok(Some(stat)) if stat.file_type == FileType::Directory => {
                        if depth >= MOST_DEPTH {
                            more.get_or_insert(Fault::Unsupported(format!("{path} lies too deep to be looked into")));
                        } else if enters(&path) {
                            below.push((path, depth + 1));
                        }
                    }
                    Ok(Some(stat)) => each(&path, &stat),
                    // What is called something else than its bytes say is not found.
                    Ok(None) if name.contains('\u{fffd}') => {
                        more.get_or_insert(Fault::Unsupported(format!("{directory}: a name in it is not UTF-8")));
                    }
                    Ok(None) => {}
                    Err(fault) => _ = more.get_or_insert(fault),
                }
            }
            open.extend(below.into_iter().rev());
        }
        Ok(more)
    }
}

#[cfg(test)]
mod tests {
    use crate::host::{Host, TreeFiles};
    use crate::value::Fault;
    use std::sync::Arc;

    fn walked(tree: &str) -> Result<(Vec<String>, Option<Fault>), Fault> {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let mut found = Vec::new();
        let more = host.walk("/etc", |path| path != "/etc/no", |path, _| found.push(path.to_owned()))?;
        Ok((found, more))
    }

    const TREE: &str = "-- /etc/b\n-- /etc/a/x\n-- /etc/no/x\n-- /etc/c -> /usr\n-- /usr/x\n-- /etc/a/b/y\n";

    #[test]
    fn files_come_by_name_and_links_are_not_followed() {
        let (found, more) = walked(TREE).unwrap();
        assert_eq!((found, more), (["/etc/b", "/etc/c", "/etc/a/x", "/etc/a/b/y"].map(str::to_owned).to_vec(), None));
    }

    #[test]
    fn a_directory_that_is_denied_leaves_the_list_open() {
        let (found, more) = walked(&format!("{TREE}-- /etc/d/ 0700 denied\n")).unwrap();
        assert_eq!((found.len(), more.unwrap().code()), (4, "denied"));
        assert_eq!(walked("-- /etc/ denied\n").unwrap_err().code(), "denied");
    }

    #[test]
    fn a_tree_without_an_end_ends() {
        let deep = format!("-- /etc{}/x\n", "/d".repeat(200));
        let (found, more) = walked(&deep).unwrap();
        assert!(found.is_empty() && matches!(more, Some(Fault::Unsupported(_))));
    }
}
