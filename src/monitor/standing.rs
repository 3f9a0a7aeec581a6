//! Stability: an entry does not go down, or come up again, by one look alone where more are asked for.

/// Looks in a row that it takes.
#[derive(Clone, Copy, Debug)]
pub struct Windows {
    /// Looks that pass, until an entry that is down counts as up.
    pub rise: u32,
    /// Looks that do not, until one that is up counts as down.
    pub fall: u32,
}

/// Whether an entry counts as up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    pub up: bool,
    /// Looks in a row that spoke against it.
    pub against: u32,
}

impl Standing {
    /// By the first look, which decides alone: there is nothing to hold on to.
    pub fn first(ok: bool) -> Standing {
        Standing { up: ok, against: 0 }
    }

    /// After one more look.
    #[must_use]
    pub fn after(self, ok: bool, windows: Windows) -> Standing {
        if ok == self.up {
            return Standing { up: self.up, against: 0 };
        }
        let against = self.against.saturating_add(1);
        let needed = if self.up { windows.fall } else { windows.rise };
        if against >= needed { Standing { up: ok, against: 0 } } else { Standing { up: self.up, against } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn course(rise: u32, fall: u32, looks: &str) -> String {
        let mut looks = looks.chars().map(|c| c == '+');
        let mut standing = Standing::first(looks.next().unwrap());
        let mut all = vec![standing.up];
        for ok in looks {
            standing = standing.after(ok, Windows { rise, fall });
            all.push(standing.up);
        }
        all.into_iter().map(|up| if up { 'u' } else { 'd' }).collect()
    }

    #[test]
    fn it_takes_as_many_looks_in_a_row_as_were_asked_for() {
        assert_eq!(course(1, 1, "+-+-"), "udud");
        assert_eq!(course(2, 3, "+--+---+-++"), "uuuuuudddd".to_owned() + "u");
        assert_eq!(course(2, 3, "-+-++"), "ddddu");
        assert_eq!(course(1, 3, "+-+-+-+-"), "uuuuuuuu");
        assert_eq!(course(3, 1, "-++-+++"), "ddddddu");
    }
}
