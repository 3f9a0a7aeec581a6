//! Where users live.

use super::Host;
use crate::value::Fault;

impl Host {
    /// The home of `user`, or of whoever this runs as.
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
        Ok(user.home.clone())
    }
}
