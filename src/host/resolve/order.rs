//! The line `hosts` of nsswitch.conf(5): whom to ask for a name, and after whose word to stop.

use crate::host::Host;
use crate::value::Fault;

/// A source and what follows from its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// `files`, `dns`, `sss` and the like.
    pub source: String,
    /// In [`Status`]'s order.
    acts: [Act; 4],
}

/// What a source makes of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Success,
    NotFound,
    Unavailable,
    TryAgain,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Return,
    Continue,
}

const STATUSES: [(&str, Status); 4] = [
    ("SUCCESS", Status::Success),
    ("NOTFOUND", Status::NotFound),
    ("UNAVAIL", Status::Unavailable),
    ("TRYAGAIN", Status::TryAgain),
];

impl Step {
    fn new(source: &str) -> Step {
        Step { source: source.to_owned(), acts: [Act::Return, Act::Continue, Act::Continue, Act::Continue] }
    }

    pub fn on(&self, status: Status) -> Act {
        self.acts.get(status as usize).copied().unwrap_or(Act::Continue)
    }

    /// `NOTFOUND=return`, `!UNAVAIL=return`.
    fn heed(&mut self, rule: &str) {
        let Some((condition, act)) = rule.split_once('=') else { return };
        let act = match act.to_ascii_lowercase().as_str() {
            "return" => Act::Return,
            // What is to be merged is of no use for names of hosts; the C library goes on then.
            "continue" | "merge" => Act::Continue,
            _ => return,
        };
        let (others, word) = condition.strip_prefix('!').map_or((false, condition), |word| (true, word));
        for (name, status) in STATUSES {
            if name.eq_ignore_ascii_case(word) != others
                && let Some(place) = self.acts.get_mut(status as usize)
            {
                *place = act;
            }
        }
    }
}

pub(super) fn read(host: &Host) -> Result<Vec<Step>, Fault> {
    let text = match host.text("/etc/nsswitch.conf")? {
        Some(text) => text,
        None => host.text("/usr/etc/nsswitch.conf")?.unwrap_or_default(),
    };
    Ok(parse(&text))
}

/// Without such a line: files, then DNS. So has the C library it, and musl, which has no such file.
fn parse(text: &str) -> Vec<Step> {
    let line = |line: &str| line.trim().strip_prefix("hosts")?.trim_start().strip_prefix(':').map(str::to_owned);
    // Of several the last one counts.
    let lines = text.lines().rev().map(|l| l.split('#').next().unwrap_or_default());
    let line = lines.filter_map(line).next().unwrap_or_else(|| "files dns".into());
    let (mut steps, mut rules) = (Vec::<Step>::new(), false);
    for word in line.replace('[', " [ ").replace(']', " ] ").split_whitespace() {
        match word {
            "[" => rules = true,
            "]" => rules = false,
            rule if rules => {
                if let Some(step) = steps.last_mut() {
                    step.heed(rule);
                }
            }
            source => steps.push(Step::new(source)),
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use Act::{Continue, Return};

    fn read(text: &str) -> Vec<(String, [Act; 4])> {
        parse(text).into_iter().map(|s| (s.source, s.acts)).collect()
    }

    fn names(text: &str) -> Vec<String> {
        parse(text).into_iter().map(|s| s.source).collect()
    }

    const PLAIN: [Act; 4] = [Return, Continue, Continue, Continue];

    #[test]
    fn debian_fedora_and_alpine_are_read() {
        let debian =
            "passwd: files systemd\nhosts:          files mdns4_minimal [NOTFOUND=return] dns\nnetworks: files\n";
        let minimal = ("mdns4_minimal".to_owned(), [Return, Return, Continue, Continue]);
        assert_eq!(read(debian), [("files".to_owned(), PLAIN), minimal, ("dns".to_owned(), PLAIN)]);
        let fedora = "hosts:      files myhostname mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return] dns\n";
        assert_eq!(names(fedora), ["files", "myhostname", "mdns4_minimal", "resolve", "dns"]);
        assert_eq!(read(fedora)[3].1, [Return, Return, Continue, Return]);
        let alpine = "";
        assert_eq!(names(alpine), ["files", "dns"]);
    }

    #[test]
    fn rules_may_stand_close_and_several_in_one_pair_of_brackets() {
        assert_eq!(
            read("hosts:dns[!UNAVAIL=return]files"),
            [("dns".to_owned(), [Return, Return, Continue, Return]), ("files".to_owned(), PLAIN),]
        );
        assert_eq!(read("hosts: dns [success=continue tryagain=RETURN]")[0].1, [Continue, Continue, Continue, Return]);
        assert_eq!(names("#hosts: nis\nhosts: files # dns\nhostsx: nis\n"), ["files"]);
        assert_eq!(names("hosts: [NOTFOUND=return] files [what] ]["), ["files"]);
    }
}
