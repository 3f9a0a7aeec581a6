//! `goss add` and `goss autoadd`: things as they are now, into the goss file.

use super::line::Line;
use super::value::span;
use super::{Common, NOT_OK};
use crate::cli::{OK, finished, print, say};
use crate::gather;
use crate::goss::Section;
use crate::goss::snapshot::{How, Snapshot, Subject, subject};
use crate::host::Host;
use crate::host::sockets::{Family, Transport};
use crate::load::gossfile::Gossfile;
use crate::report::printable::line as shown;
use crate::resource::Observed;
use crate::spec::Claim;
use crate::value::Fault;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What `goss add KIND …` says.
pub(super) struct Args {
    section: Option<&'static Section>,
    /// What to add.
    names: Vec<String>,
    how: How,
}

impl Args {
    pub(super) fn of(line: &Line) -> Args {
        let kind = match line.path.last().map_or("", |command| command.name()) {
            "goss" => "gossfile",
            kind => kind,
        };
        let timeout = span(line.wait("timeout"));
        Args {
            section: Section::find(kind),
            names: line.args.clone(),
            how: How {
                exclude: line.list("exclude-attr"),
                timeout: Some(timeout).filter(|wait| !wait.is_zero()),
                server: line.text("server"),
                insecure: line.is_on("insecure"),
                no_follow_redirects: line.is_on("no-follow-redirects"),
                username: line.text("username"),
                password: line.text("password"),
                proxy: line.text("proxy"),
                packages: super::suite::packages(&line.text("package")),
            },
        }
    }
}

/// Adds each name, or nothing where one of them cannot be looked at.
pub(super) fn run(common: Common, args: Args) -> u8 {
    let Some(section) = args.section else { return OK };
    finished(written(&common, |book| {
        for name in &args.names {
            let added = book.look(section, name, &args.how).and_then(|(subject, seen)| book.add(&subject, seen));
            added.map_err(|why| format!("{} `{name}`: {why}", section.name))?;
        }
        Ok(())
    }))
}

/// Adds whatever each name suits, by goss's order of kinds.
pub(super) fn auto(common: Common, names: &[String]) -> u8 {
    finished(written(&common, |book| {
        for name in names {
            let path = Some("file").filter(|_| name.contains('/'));
            for kind in path.into_iter().chain(["group", "package", "port", "process", "service", "user"]) {
                if book.add_if_there(kind, name)? && kind == "process" {
                    for port in book.ports_of(name) {
                        book.add_if_there("port", &port)?;
                    }
                }
            }
        }
        Ok(())
    }))
}

/// Opens the goss file, lets `add` have it, and writes it if all went well.
fn written(common: &Common, add: impl FnOnce(&mut Book) -> Result<(), String>) -> io::Result<u8> {
    let name = &common.request.gossfile;
    let opened = Gossfile::open(name);
    let refused = |why: String| {
        say(why.trim_end());
        Ok(NOT_OK)
    };
    let mut book = match opened {
        Ok(file) => Book { host: Host::local(), file, name, failed: None, told: Vec::new() },
        Err(why) => return refused(why),
    };
    let added = add(&mut book);
    if let Some(failed) = book.failed.take() {
        return Err(failed);
    }
    if let Err(why) = added {
        return refused(why);
    }
    match book.file.write() {
        Err(why) => return refused(why),
        Ok(true) if book.file.anew => {
            say(format_args!(
                "`{}` is written anew, without its comments: an entry had no place in its layout",
                shown(name)
            ));
        }
        Ok(true) => {}
        Ok(false) => say("nothing is added: there is nothing by that name"),
    }
    Ok(OK)
}

struct Book<'n> {
    host: Host,
    file: Gossfile,
    /// The goss file's, as the command line has it.
    name: &'n str,
    /// Why nothing more can be printed.
    failed: Option<io::Error>,
    /// Why kinds cannot be looked at, as far as it was said.
    told: Vec<(String, String)>,
}

/// How long looking may take for kinds that have no flag for it.
const WAIT: Duration = Duration::from_secs(10);

impl Book<'_> {
    fn look(&self, section: &'static Section, name: &str, how: &How) -> Result<(Subject, Snapshot), String> {
        let (subject, claim) = subject(section, name, how)?;
        let observed = claim.map_or(Ok(None), |claim| self.observe(claim));
        let snapshot = subject.snapshot(observed).map_err(|fault| fault.to_string())?;
        for (attribute, fault) in &snapshot.unseen {
            say(format_args!("{} `{name}`: `{attribute}` is left out: {fault}", section.name));
        }
        Ok((subject, snapshot))
    }

    /// Looks on a thread that is given up in time, whatever hangs.
    fn observe(&self, claim: Claim) -> Observed {
        let seen = gather::all(&Arc::new(vec![claim]), |_| true, &self.host, WAIT);
        seen.into_iter().next().flatten().unwrap_or_else(|| Err(Fault::Failed("it was not answered".into())))
    }

    /// Adds what was seen to the file and says so.
    fn add(&mut self, subject: &Subject, seen: Snapshot) -> Result<(), String> {
        let printed = self.file.put(subject, seen)?;
        let said = format!("Adding {} to '{}':\n\n{printed}\n\n", subject.section.type_name, self.name);
        if let Err(failed) = print(&said) {
            self.failed.get_or_insert(failed);
        }
        Ok(())
    }

    /// Adds it if there is such a thing. What cannot be looked at is told of, and holds up nothing else.
    fn add_if_there(&mut self, kind: &str, name: &str) -> Result<bool, String> {
        let Some(section) = Section::find(kind) else { return Ok(false) };
        let how = How::default();
        match self.look(section, name, &how) {
            Ok((subject, seen)) if seen.present => self.add(&subject, seen).map(|()| true),
            Ok(_) => Ok(false),
            // A name that can name no such thing is none.
            Err(_) if kind != "process" && is_no_name(section, name) => Ok(false),
            Err(why) => {
                let told = (kind.to_owned(), why);
                if !self.told.contains(&told) {
                    say(format_args!("{kind} `{}`: {}", shown(name), shown(&told.1)));
                    self.told.push(told);
                }
                Ok(false)
            }
        }
    }

    /// The ports that processes of this name listen on, as goss calls them.
    fn ports_of(&self, comm: &str) -> Vec<String> {
        listening(&self.host, comm).unwrap_or_else(|fault| {
            say(format_args!("ports of `{}`: {fault}", shown(comm)));
            Vec::new()
        })
    }
}

fn is_no_name(section: &'static Section, name: &str) -> bool {
    subject(section, name, &How::default()).is_err()
}

fn listening(host: &Host, comm: &str) -> Result<Vec<String>, Fault> {
    let (sockets, holders) = (host.sockets()?, host.holders()?);
    let pids: Vec<u32> = host.processes()?.running(host, |name| name == comm)?.iter().map(|one| one.pid).collect();
    let mut ports = Vec::new();
    for (transport, name) in [(Transport::Tcp, "tcp"), (Transport::Udp, "udp")] {
        for (family, suffix) in [(Family::V4, ""), (Family::V6, "6")] {
            let mut found: Vec<u16> = sockets
                .inet(host, transport, family)?
                .iter()
                .filter(|socket| holders.pids(socket.inode).0.iter().any(|pid| pids.contains(pid)))
                .map(|socket| socket.port)
                .collect();
            found.sort_unstable();
            found.dedup();
            ports.extend(found.into_iter().map(|port| format!("{name}{suffix}:{port}")));
        }
    }
    Ok(ports)
}
