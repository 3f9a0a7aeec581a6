//! Init scripts, and the links of runlevels that start them: inittab(5), init-d-script(5), the Linux Standard Base.

use super::pid_file::{self, PidFile};
use super::scripts;
use super::ties::Ties;
use super::{Init, State, Unit, has_entries, started_by, there};
use crate::host::processes::Process;
use crate::host::{FileType, Host};
use crate::value::Fault;
use std::collections::{BTreeMap, BTreeSet};

const SCRIPTS: &str = "/etc/init.d";
const LEVELS: [&str; 8] = ["0", "1", "2", "3", "4", "5", "6", "S"];
/// The runlevels that systemctl(1) asks of init scripts.
const SYSTEMCTL: [&str; 2] = ["5", "S"];
/// The runlevels in which a host with several users works.
const WORKING: [&str; 4] = ["2", "3", "4", "5"];

pub fn runs(host: &Host) -> Result<bool, Fault> {
    // A container's first program may be called so, too.
    let is_init = there(host, "/etc/inittab")? || there(host, "/run/initctl")? || there(host, "/dev/initctl")?;
    Ok(is_init && super::first_process(host)?.is_some_and(|name| name == "init") && is_written_for(host)?)
}

pub fn starts(host: &Host) -> Result<bool, Fault> {
    Ok(started_by(host)?.is_some_and(|program| program == "init") && is_written_for(host)?)
}

pub fn is_written_for(host: &Host) -> Result<bool, Fault> {
    for level in LEVELS {
        if has_entries(host, &format!("/etc/rc{level}.d"))? {
            return Ok(true);
        }
    }
    Ok(false)
}

pub struct Sysv {
    pub runs: bool,
}

struct Service {
    name: String,
    id: String,
    runs: bool,
}

impl Init for Sysv {
    fn unit(&self, host: &Host, name: &str) -> Result<Option<Box<dyn Unit>>, Fault> {
        let (name, runs) = (scripts::name(name), self.runs);
        if !is_script(host, &name)? {
            return Ok(None);
        }
        let id = scripts::unit(&name);
        Ok(Some(Box::new(Service { name, id, runs })))
    }

    fn names(&self, host: &Host) -> Result<Vec<String>, Fault> {
        let mut names = BTreeSet::new();
        for name in host.files().list(SCRIPTS)?.unwrap_or_default() {
            if is_script(host, &name)? {
                names.insert(scripts::unit(&name));
            }
        }
        Ok(names.into_iter().collect())
    }
}

/// Whatever may be run.
fn is_script(host: &Host, name: &str) -> Result<bool, Fault> {
    let stat = host.files().stat(&format!("{SCRIPTS}/{name}"))?;
    Ok(stat.is_some_and(|stat| stat.file_type == FileType::File && stat.mode & 0o111 != 0))
}

/// Whether a unit of systemd has an init script; units other than services have none.
pub fn has_script(host: &Host, unit: &str) -> Result<bool, Fault> {
    match unit.strip_suffix(".service") {
        Some(name) => there(host, &format!("{SCRIPTS}/{name}")),
        None => Ok(false),
    }
}

/// Whether systemd starts the init script of this unit, as systemctl(1) tells it.
pub fn starts_by_itself(host: &Host, unit: &str) -> Result<bool, Fault> {
    Ok(runlevels(host, unit)?.iter().any(|level| SYSTEMCTL.contains(&level.as_str())))
}

/// The runlevels that start the init script of this unit.
pub fn runlevels(host: &Host, unit: &str) -> Result<Vec<String>, Fault> {
    unit.strip_suffix(".service").map_or(Ok(Vec::new()), |name| levels(host, name))
}

/// The runlevels that start this script.
fn levels(host: &Host, name: &str) -> Result<Vec<String>, Fault> {
    let mut levels = Vec::new();
    for level in LEVELS {
        let links = host.files().list(&format!("/etc/rc{level}.d"))?.unwrap_or_default();
        if links.iter().any(|link| started(link) == Some(name)) {
            levels.push(level.to_owned());
        }
    }
    Ok(levels)
}

/// The script that a link such as `S01cron` starts.
fn started(link: &str) -> Option<&str> {
    let (number, name) = link.strip_prefix('S')?.split_at_checked(2)?;
    (number.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty()).then_some(name)
}

/// The scripts that systemd starts; `None` where there are no links of runlevels.
pub fn linked(host: &Host) -> Result<Option<BTreeSet<String>>, Fault> {
    let mut found = None::<BTreeSet<String>>;
    for level in SYSTEMCTL {
        let Some(links) = host.files().list(&format!("/etc/rc{level}.d"))? else { continue };
        let found = found.get_or_insert_default();
        for name in links.iter().filter_map(|link| started(link)) {
            if there(host, &format!("{SCRIPTS}/{name}"))? {
                found.insert(name.to_owned());
            }
        }
    }
    Ok(found)
}

/// The runlevel that a host starts in: `id:2:initdefault:`.
fn default_level(inittab: &str) -> Option<String> {
    let entries = inittab.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let mut default = entries.filter_map(|line| {
        let mut fields = line.split(':');
        let (_, levels, action) = (fields.next()?, fields.next()?, fields.next()?);
        (action.trim() == "initdefault").then(|| levels.trim().to_owned())
    });
    default.next().filter(|level| LEVELS.contains(&level.as_str()))
}

impl Service {
    fn look(&self, host: &Host) -> Result<(State, Option<Process>), Fault> {
        if !self.runs {
            return Err(super::at_rest(host));
        }
        let path = format!("{SCRIPTS}/{}", self.name);
        let text = host.text(&path)?.unwrap_or_default();
        let defaults = host.text(&format!("/etc/default/{}", self.name))?;
        let defaults = defaults.filter(|_| text.contains("/etc/default/") || is_declared(&text)).unwrap_or_default();
        let Daemon { pid_file: Some(pid_file), program } = Daemon::of(&self.name, &text, &defaults) else {
            return Err(Fault::Unsupported(format!(
                "{path} names no pid file, so nothing tells whether it runs: ask for what runs with `process`"
            )));
        };
        let program = program.as_deref().unwrap_or(&self.name);
        let called = program.rsplit('/').next().unwrap_or(program);
        // The kernel keeps 15 bytes of a name.
        let kept = called.get(..15).unwrap_or(called);
        let is_it = |comm: &str| comm == kept || comm == called;
        let state = match pid_file::follow(host, &pid_file)? {
            PidFile::Names(process) => {
                let runs = host.program(process.pid).ok().flatten();
                let words = process.arguments(host)?.unwrap_or_default();
                // Its name may be one that it has given itself; an interpreter has the program among its arguments.
                if is_it(&process.comm)
                    || runs.as_deref() == Some(program)
                    || words.iter().take(3).any(|w| w == program)
                {
                    return Ok((State::Active, Some(process)));
                }
                let why = format!("{pid_file} names process {}, which is `{}`", process.pid, process.comm);
                return Err(Fault::Unsupported(format!("{why} and not `{program}`: it may be out of date")));
            }
            PidFile::Stale => State::Failed,
            PidFile::Missing => State::Inactive,
        };
        let processes = host.processes()?;
        if let Some(process) = processes.running(host, is_it)?.first() {
            let why = format!("{pid_file} names no process that runs, but process {} is `{called}`", process.pid);
            return Err(Fault::Unsupported(format!("{why}: whether the script has started that cannot be told")));
        }
        processes.complete()?;
        Ok((state, None))
    }
}

impl Unit for Service {
    fn id(&self) -> &str {
        &self.id
    }

    fn state(&self, host: &Host) -> Result<State, Fault> {
        Ok(self.look(host)?.0)
    }

    fn enabled(&self, host: &Host) -> Result<bool, Fault> {
        let levels = levels(host, &self.name)?;
        let starts = |level: &str| levels.iter().any(|l| l == level);
        let inittab = host.text("/etc/inittab")?.unwrap_or_default();
        if starts("S") {
            return Ok(true);
        }
        match default_level(&inittab) {
            Some(default) => Ok(starts(&default)),
            None if WORKING.into_iter().all(starts) => Ok(true),
            None if !WORKING.into_iter().any(starts) => Ok(false),
            None => Err(Fault::Unsupported(format!(
                "it starts in {}, and no `initdefault` of /etc/inittab says in which runlevel the host starts",
                levels.join(", ")
            ))),
        }
    }

    fn runlevels(&self, host: &Host) -> Result<Vec<String>, Fault> {
        levels(host, &self.name)
    }

    fn description(&self, host: &Host) -> Option<String> {
        let start = host.start(&format!("{SCRIPTS}/{}", self.name)).ok().flatten()?;
        let text = String::from_utf8_lossy(&start.bytes);
        let said = text.lines().find_map(|line| line.strip_prefix("# Short-Description:"))?;
        Some(said.trim().to_owned()).filter(|said| !said.is_empty())
    }

    fn ties(&self, host: &Host) -> Result<Option<Ties>, Fault> {
        let main = if self.runs { self.look(host).ok().and_then(|(_, process)| process) } else { None };
        let (id, file) = (self.id.clone(), Some(format!("{SCRIPTS}/{}", self.name)));
        Ok(Some(Ties { id, file, main: main.map(|process| process.pid), ..Ties::default() }))
    }
}

/// What a script says of the daemon that it starts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Daemon {
    pid_file: Option<String>,
    program: Option<String>,
}

/// Whether a script only says what it starts, and init-d-script(5) does the rest.
fn is_declared(text: &str) -> bool {
    text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("init-d-script"))
}

impl Daemon {
    /// By the variables that its script sets, and the file of defaults behind it. What is set twice is not known.
    fn of(name: &str, text: &str, defaults: &str) -> Daemon {
        let mut all: BTreeMap<&str, Option<String>> = BTreeMap::new();
        for (line, is_default) in text.lines().map(|l| (l, false)).chain(defaults.lines().map(|l| (l, true))) {
            let Some((variable, value)) = assignment(line) else { continue };
            let value = expanded(value, &all);
            let changed = !is_default && all.get(variable).is_some_and(|old| *old != value);
            all.insert(variable, value.filter(|_| !changed));
        }
        let value = |names: &[&str]| names.iter().find_map(|name| all.get(name).cloned());
        let declared = is_declared(text);
        let program = value(&["DAEMON", "daemon"]).flatten().filter(|program| program != "none");
        // chkconfig(8) has these in comments.
        let comment = |what: &str| text.lines().find_map(|l| l.strip_prefix('#')?.trim_start().strip_prefix(what));
        let pid_file = match value(&["PIDFILE", "pidfile", "PID_FILE", "DAEMON_PIDFILE"]) {
            Some(set) => set,
            None if declared => {
                let called =
                    value(&["NAME"]).flatten().or_else(|| program.as_deref()?.rsplit('/').next().map(str::to_owned));
                program.as_ref().and(called).map(|called| format!("/var/run/{called}.pid"))
            }
            None => {
                let told = || option(text, &["--pidfile", "-p"], &all);
                comment("pidfile:").map(|path| path.trim().to_owned()).or_else(told)
            }
        };
        let program = program.or_else(|| comment("processname:").map(|name| name.trim().to_owned()));
        let program = program.or_else(|| option(text, &["--exec", "-x"], &all));
        let program = program.or_else(|| value(&["NAME"]).flatten()).or_else(|| Some(name.to_owned()));
        Daemon { pid_file: pid_file.filter(|path| path.starts_with('/')), program: program.filter(|p| !p.is_empty()) }
    }
}

/// What the commands that start and find daemons are given for an option, if they are all given the same.
fn option(text: &str, names: &[&str], all: &BTreeMap<&str, Option<String>>) -> Option<String> {
    let commands = ["start-stop-daemon", "status_of_proc", "pidofproc", "start_daemon", "killproc", "daemon"];
    let joined = text.replace("\\\n", " ");
    let mut found = BTreeSet::new();
    for line in joined.lines().map(str::trim_start).filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        if words.iter().any(|word| commands.contains(word)) {
            let given = words.windows(2).filter_map(|pair| match pair {
                [name, value] if names.contains(name) => Some(expanded(value, all)),
                _ => None,
            });
            found.extend(given);
        }
    }
    found.pop_first().flatten().filter(|_| found.is_empty())
}

/// `NAME=value` of a line of a shell script.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_name.then_some((name, value.trim_end()))
}

/// A value with the variables in it; `None` if the shell would have to say what it is.
fn expanded(value: &str, all: &BTreeMap<&str, Option<String>>) -> Option<String> {
    let (value, quote) = match value.chars().next()? {
        quote @ ('"' | '\'') => (value.get(1..)?.split_once(quote)?.0, quote),
        _ => (value.split([' ', '\t', ';', '#']).next()?, ' '),
    };
    if quote == '\'' {
        return Some(value.to_owned());
    }
    let (mut out, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let (name, behind) = match after.strip_prefix('{') {
            Some(braced) => braced.split_once('}')?,
            None => after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len())),
        };
        out.push_str(all.get(name)?.as_deref()?);
        rest = behind;
    }
    out.push_str(rest);
    (!out.contains(['`', '\\', '*', '?'])).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn daemon(text: &str, defaults: &str) -> (Option<String>, Option<String>) {
        let Daemon { pid_file, program } = Daemon::of("x", text, defaults);
        (pid_file, program)
    }

    fn is(pid_file: &str, program: &str) -> (Option<String>, Option<String>) {
        (Some(pid_file).filter(|p| !p.is_empty()).map(str::to_owned), Some(program.to_owned()))
    }

    #[test]
    fn a_script_tells_its_pid_file_and_its_program() {
        let plain = "NAME=cron\nDAEMON=/usr/sbin/cron\nPIDFILE=/var/run/crond.pid\n";
        assert_eq!(daemon(plain, ""), is("/var/run/crond.pid", "/usr/sbin/cron"));
        assert_eq!(daemon(plain, "PIDFILE=/run/x.pid\n"), is("/run/x.pid", "/usr/sbin/cron"));
        let filled = "NAME=a\nDAEMON=\"/usr/sbin/$NAME\"\n  PIDFILE=/run/${NAME}d.pid # here\n";
        assert_eq!(daemon(filled, ""), is("/run/ad.pid", "/usr/sbin/a"));
        let declared = "#!/usr/bin/env /lib/init/init-d-script\nDAEMON=/usr/sbin/rsyslogd\n";
        assert_eq!(daemon(declared, ""), is("/var/run/rsyslogd.pid", "/usr/sbin/rsyslogd"));
        assert_eq!(daemon(&format!("{declared}PIDFILE=none\n"), ""), is("", "/usr/sbin/rsyslogd"));
        assert_eq!(daemon("#!/usr/bin/env /lib/init/init-d-script\nDAEMON=none\n", "").0, None);
        let chkconfig = "# chkconfig: 2345 55 25\n# processname: sshd\n# pidfile: /var/run/sshd.pid\n";
        assert_eq!(daemon(chkconfig, ""), is("/var/run/sshd.pid", "sshd"));
        let commands = "start-stop-daemon --start \\\n  --pidfile /run/s.pid --exec /bin/s\nstatus_of_proc -p /run/s.pid /bin/s s\n";
        assert_eq!(daemon(commands, ""), is("/run/s.pid", "/bin/s"));
    }

    #[test]
    fn what_only_a_shell_could_tell_is_not_guessed() {
        for text in [
            "PIDFILE=$(cat /etc/x)\n",
            "PIDFILE=`cat /etc/x`\n",
            "PIDFILE=/run/$INSTANCE.pid\n",
            "PIDFILE=/run/a.pid\nif x; then\n  PIDFILE=/run/b.pid\nfi\n",
            "PIDFILE=run/x.pid\n",
            "PIDFILE='/run/x.pid\n",
            "PIDFILE=\n",
            "status_of_proc -p /run/a.pid a\nstatus_of_proc -p /run/b.pid b\n",
            "status_of_proc -p \"$PIDFILE\" a\n",
            "grep -p /run/x.pid\n",
            "",
        ] {
            assert_eq!(daemon(text, "").0, None, "{text}");
        }
    }

    #[test]
    fn the_default_runlevel_is_that_of_inittab() {
        assert_eq!(default_level("# id:5:initdefault:\nid:2:initdefault:\n").as_deref(), Some("2"));
        for text in ["", "id::initdefault:\n", "id:23:initdefault:\n", "si::sysinit:/etc/init.d/rcS\n", "::"] {
            assert_eq!(default_level(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_script_makes_it_panic(text in "(PIDFILE|NAME|#|[a-z$={}'\"\\\\ \n-]|é)*") {
            let _ = (daemon(&text, &text), default_level(&text));
        }
    }
}
