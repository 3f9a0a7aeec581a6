//! What was put into a container that was there before, and how it is taken out again: the API can only put in, so the
//! program removes itself.

use super::inside::{self, Command};
use super::{FOLDER, PROGRAM, is_root};
use crate::host::engine::{Engine, PATIENT, Refused, escaped};
use std::io;
use std::time::Instant;

#[derive(Clone)]
pub struct Guest {
    /// Its number.
    pub container: String,
    /// By which it is spoken of.
    pub name: String,
    /// As whom the runs in it are.
    pub user: Option<String>,
    /// Whom it starts processes as.
    pub own_user: String,
}

impl Guest {
    pub fn describe(&self) -> String {
        format!("`{FOLDER}` in the container `{}`", self.name)
    }

    /// Whether it lies there.
    pub fn is_there(&self, engine: &Engine) -> Result<bool, Refused> {
        engine.has(&format!("/containers/{}/archive?path={}", escaped(&self.container), escaped(FOLDER)))
    }

    /// Whether nobody but root has to read it.
    pub fn is_roots(&self) -> bool {
        is_root(self.user.as_deref().unwrap_or(&self.own_user))
    }

    /// Ends what runs of it and removes it.
    pub fn leave(&self, engine: &Engine) -> Result<(), Refused> {
        if !self.is_there(engine)? {
            return Ok(());
        }
        let program = format!("{FOLDER}/{PROGRAM}");
        let own = |what: &str| vec![program.clone(), "container".to_owned(), what.to_owned()];
        if !self.is_roots() {
            // A root without capabilities may not even see whose processes they are.
            let _ = self.run(engine, own("end"), self.user.as_deref());
        }
        let mut said = vec![];
        let ended = self.run_hearing(engine, own("leave"), Some("0"), &mut said);
        if !self.is_there(engine)? {
            return Ok(());
        }
        // A program of another version may not know how.
        let _ = self.run(engine, ["rm", "-rf", FOLDER].map(str::to_owned).to_vec(), Some("0"));
        if !self.is_there(engine)? {
            return Ok(());
        }
        ended?;
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        Err(Refused { status: None, message: if said.is_empty() { "it does not go".into() } else { said } })
    }

    fn run(&self, engine: &Engine, argv: Vec<String>, user: Option<&str>) -> Result<i64, Refused> {
        self.run_hearing(engine, argv, user, &mut vec![])
    }

    fn run_hearing(
        &self,
        engine: &Engine,
        argv: Vec<String>,
        user: Option<&str>,
        said: &mut Vec<u8>,
    ) -> Result<i64, Refused> {
        let command = Command { argv, user, cwd: "/".into() };
        let until = Instant::now() + PATIENT;
        inside::run(engine, &self.container, &command, (&mut io::sink(), said), until)
    }
}
