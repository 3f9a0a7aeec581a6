//! Where users live.

use super::Host;
use crate::value::Fault;

impl Host {
    /// The home of `user`, or of whoever this runs as: an absolute path.
    pub fn home(&self, user: Option<&str>) -> Result<String, Fault> {
        let accounts = self.accounts()?;
        let user = match user {
            Some(name) => accounts
                .user(name)?
                .ok_or_else(|| Fault::Failed(format!("no user `{name}` is known, to find its home")))?,
            None => {
                self.machine()?;
                let uid = rustix::process::geteuid().as_raw();
                accounts
                    .user_with_id(uid)?
                    .ok_or_else(|| Fault::Failed(format!("no user has the id {uid}, to find its home")))?
            }
        };
        match user.home.trim_end_matches('/') {
            "" if user.home.starts_with('/') => Ok("/".into()),
            home if home.starts_with('/') => Ok(home.to_owned()),
            _ => Err(Fault::Failed(format!("`{}` has no home directory", user.name))),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::host::{Host, TreeFiles};
    use std::sync::Arc;

    #[test]
    fn a_home_is_a_path_from_the_root_on() {
        let passwd = "root:x:0:0::/root/:/bin/sh\nbox:x:1:1::/:/bin/sh\nnone:x:2:2:::\nodd:x:3:3::home/odd:\n";
        let tree = TreeFiles::parse(&format!("-- /etc/passwd\n{passwd}-- /etc/group\nroot:x:0:\n")).unwrap();
        let host = Host::offline(Arc::new(tree), time::OffsetDateTime::UNIX_EPOCH);
        assert_eq!(host.home(Some("root")).as_deref(), Ok("/root"));
        assert_eq!(host.home(Some("box")).as_deref(), Ok("/"));
        for user in ["none", "odd", "nobody"] {
            assert!(host.home(Some(user)).is_err(), "{user}");
        }
    }
}
