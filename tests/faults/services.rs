//! What init systems other than systemd note of their services.

use crate::{Break, Row, check};

const RUNS: &[(&str, &str)] = &[("running", "true"), ("state", "\"active\"")];
const ENABLED: &[(&str, &str)] = &[("enabled", "true")];
const PRESENCE: &[(&str, &str)] = &[("exists", "true")];

/// The entry, what is asked of it, how its host is broken, and what the reason names.
type Case = (&'static str, &'static [(&'static str, &'static str)], &'static [Break], &'static str);

fn broken(host: &'static str, rows: &[Case]) {
    for (entry, asked, broken, names) in rows {
        check(&[Row { host, broken, entry, asked, names }]);
    }
}

#[test]
fn what_openrc_notes_and_cannot_be_read_says_nothing_of_a_service() {
    const DAEMON: &str = "/run/openrc/daemons/sshd/001";
    broken(
        "openrc",
        &[
            ("service.sshd", RUNS, &[Break::Denied("/run/openrc/daemons/sshd")], "/run/openrc/daemons/sshd"),
            ("service.sshd", RUNS, &[Break::Denied(DAEMON)], DAEMON),
            ("service.sshd", RUNS, &[Break::Empty(DAEMON)], DAEMON),
            ("service.sshd", RUNS, &[Break::Denied("/run/sshd.pid")], "/run/sshd.pid"),
            ("service.sshd", RUNS, &[Break::Empty("/run/sshd.pid")], "/run/sshd.pid"),
            ("service.sshd", RUNS, &[Break::Garbage("/run/sshd.pid")], "/run/sshd.pid"),
            ("service.sshd", RUNS, &[Break::Garbage("/proc/40/stat")], "/proc/40/stat"),
            ("service.nginx", RUNS, &[Break::Gone("/run/nginx.pid")], "/run/nginx.pid"),
            ("service.sshd", ENABLED, &[Break::Denied("/etc/runlevels/default")], "/etc/runlevels/default"),
        ],
    );
}

#[test]
fn a_supervisors_note_that_is_cut_short_says_nothing_of_a_service() {
    const RUNIT: &str = "/run/runit/supervise.good/status";
    const S6: &str = "/run/service/good/supervise/status";
    const NAMED: &str = "/etc/service/good/supervise/status";
    broken(
        "runit",
        &[
            ("service.good", RUNS, &[Break::Empty(RUNIT)], NAMED),
            ("service.good", RUNS, &[Break::Garbage(RUNIT)], NAMED),
            ("service.good", RUNS, &[Break::Is(RUNIT, "@12345678901234")], NAMED),
            ("service.good", RUNS, &[Break::Gone(RUNIT)], NAMED),
            ("service.good", RUNS, &[Break::Denied(RUNIT)], NAMED),
            ("service.good", RUNS, &[Break::Gone("/proc/51")], "out of date"),
            ("service.good", RUNS, &[Break::Gone("/proc/40")], "out of date"),
        ],
    );
    broken(
        "s6",
        &[
            ("service.good", RUNS, &[Break::Empty(S6)], S6),
            ("service.good", RUNS, &[Break::Garbage(S6)], S6),
            ("service.good", RUNS, &[Break::Gone(S6)], S6),
            ("service.good", RUNS, &[Break::Denied(S6)], S6),
            ("service.good", RUNS, &[Break::Gone("/proc/36")], "out of date"),
        ],
    );
}

#[test]
fn a_broken_database_of_s6_rc_says_nothing_of_what_it_alone_knows() {
    const SIZES: &str = "/run/s6-rc/compiled/n";
    const SERVICES: &str = "/run/s6-rc/compiled/db";
    const STATE: &str = "/run/s6-rc/state";
    for (path, names) in [(SIZES, SERVICES), (SERVICES, SERVICES), (STATE, STATE)] {
        let breaks: [&'static [Break]; 2] = [Vec::leak(vec![Break::Empty(path)]), Vec::leak(vec![Break::Denied(path)])];
        for (breaks, names) in breaks.into_iter().zip([names, path]) {
            broken("s6", &[("service.mounts", PRESENCE, breaks, names), ("service.nosuch", PRESENCE, breaks, names)]);
        }
    }
}

#[test]
fn init_scripts_whose_pid_files_or_links_cannot_be_read_are_unknown() {
    broken(
        "sysv",
        &[
            ("service.cron", RUNS, &[Break::Empty("/run/crond.pid")], "/var/run/crond.pid"),
            ("service.cron", RUNS, &[Break::Garbage("/run/crond.pid")], "/var/run/crond.pid"),
            ("service.cron", RUNS, &[Break::Denied("/run/crond.pid")], "/var/run/crond.pid"),
            ("service.cron", RUNS, &[Break::Gone("/run/crond.pid")], "/var/run/crond.pid"),
            ("service.cron", RUNS, &[Break::Denied("/etc/init.d/cron")], "/etc/init.d/cron"),
            ("service.cron", RUNS, &[Break::Empty("/etc/init.d/cron")], "names no pid file"),
            ("service.cron", ENABLED, &[Break::Denied("/etc/rc2.d")], "/etc/rc2.d"),
            ("service.stray", ENABLED, &[Break::Gone("/etc/inittab")], "/etc/inittab"),
            ("service.cron", ENABLED, &[Break::Denied("/etc/inittab")], "/etc/inittab"),
        ],
    );
}
