//! Processes, sockets and interfaces.

use crate::{Break, Row, check, only_a_machine_tells};

#[test]
fn without_proc_no_process_is_called_absent() {
    const ASKED: &[(&str, &str)] = &[
        ("running", "true"),
        ("count", "{ ge = 3 }"),
        ("user", "[\"root\"]"),
        ("rss", "\"< 1 GiB\""),
        ("age", "\"> 1s\""),
    ];
    const PRESENCE: &[(&str, &str)] = &[("running", "true")];
    let broken: [(&[Break], &str); 3] = [
        (&[Break::Gone("/proc")], "/proc is not mounted"),
        (&[Break::Denied("/proc")], "/proc: permission denied"),
        (&[Break::Garbage("/proc/701/stat")], "/proc/701/stat"),
    ];
    for (broken, names) in broken {
        let row = |entry, asked| Row { host: "process", broken, entry, asked, names };
        check(&[row("process.nginx", ASKED), row("process.no-such", PRESENCE)]);
    }
}

#[test]
fn a_process_that_may_not_be_looked_at_may_be_any() {
    const BROKEN: &[Break] = &[Break::Denied("/proc/700/stat")];
    let row = |entry, asked| Row { host: "process", broken: BROKEN, entry, asked, names: "/proc/700/stat" };
    check(&[
        row("process.no-such", &[("running", "true")]),
        row("process.nginx", &[("count", "3"), ("pids", "[701]"), ("args", "[\"nginx: worker process\"]")]),
    ]);
    const UNTOLD: &[Break] = &[Break::Denied("/proc/700/status"), Break::Denied("/proc/700/cmdline")];
    let row = |asked, names| Row { host: "process", broken: UNTOLD, entry: "process.nginx", asked, names };
    check(&[row(&[("user", "[\"root\"]"), ("rss", "\"< 1 GiB\"")], "/proc/700/status")]);
    check(&[row(&[("args", "[\"nginx: worker process\"]")], "/proc/700/cmdline")]);
    const GARBLED: &[Break] = &[Break::Garbage("/proc/700/status"), Break::Garbage("/proc/uptime")];
    let row = |asked, names| Row { host: "process", broken: GARBLED, entry: "process.nginx", asked, names };
    check(&[row(&[("user", "[\"root\"]")], "/proc/700/status"), row(&[("age", "\"> 1s\"")], "/proc/uptime")]);
}

#[test]
fn who_does_not_see_all_processes_does_not_call_one_absent() {
    const BROKEN: &[Break] = &[
        Break::Is("/proc/mounts", "proc /proc proc rw,nosuid,hidepid=invisible 0 0\n"),
        Break::Gone("/proc/1"),
        Break::Gone("/proc/2"),
    ];
    let row = |entry, asked| Row { host: "process", broken: BROKEN, entry, asked, names: "hidepid" };
    check(&[
        row("process.no-such", &[("running", "true")]),
        row("process.nginx", &[("count", "3"), ("user", "[\"root\"]"), ("age", "\"> 1s\"")]),
    ]);
}

const ASKED: &[(&str, &str)] = &[
    ("listening", "true"),
    ("ip", "[\"0.0.0.0\"]"),
    ("user", "[\"root\"]"),
    ("clients", "2"),
    ("process", "[\"nginx\"]"),
    ("pids", "[700]"),
];
const PRESENCE: &[(&str, &str)] = &[("listening", "true")];

#[test]
fn sockets_that_cannot_be_listed_may_listen() {
    let broken: [(&[Break], &str); 6] = [
        (&[Break::Gone("/proc")], "/proc is not mounted"),
        (&[Break::Gone("/proc/net")], "/proc/net/tcp is missing"),
        (&[Break::Denied("/proc/net/tcp")], "/proc/net/tcp"),
        (&[Break::Empty("/proc/net/tcp")], "/proc/net/tcp: it is empty"),
        (&[Break::Garbage("/proc/net/tcp")], "/proc/net/tcp"),
        (&[Break::Cut("/proc/net/tcp")], "/proc/net/tcp"),
    ];
    for (broken, names) in broken {
        let row = |entry, asked| Row { host: "port", broken, entry, asked, names };
        check(&[row("port.'tcp4:80'", ASKED), row("port.'tcp4:81'", PRESENCE), row("port.'tcp:81'", PRESENCE)]);
    }
    for (broken, entry, absent) in [
        (&[Break::Garbage("/proc/net/tcp6")], "port.'tcp6:80'", "port.'tcp:81'"),
        (&[Break::Denied("/proc/net/udp")], "port.'udp4:53'", "port.'udp:54'"),
        (&[Break::Cut("/proc/net/udp6")], "port.'udp6:514'", "port.'udp:54'"),
        (&[Break::Empty("/proc/net/unix")], "port.'unix:/run/docker.sock'", "port.'unix:@none'"),
        (&[Break::Gone("/proc/net/unix")], "port.'unix:/run/docker.sock'", "port.'unix:/run/stale.sock'"),
    ] {
        let [
            Break::Garbage(names) | Break::Denied(names) | Break::Cut(names) | Break::Empty(names) | Break::Gone(names),
        ] = *broken
        else {
            panic!("{broken:?}")
        };
        check(&[
            Row { host: "port", broken, entry, asked: PRESENCE, names },
            Row { host: "port", broken, entry: absent, asked: PRESENCE, names },
        ]);
    }
}

#[test]
fn one_family_that_listens_does_not_tell_of_the_other() {
    const BROKEN: &[Break] = &[Break::Denied("/proc/net/tcp6")];
    let asked = &[("ip", "[\"0.0.0.0\"]"), ("user", "[\"root\"]"), ("clients", "2"), ("pids", "[700]")];
    check(&[Row { host: "port", broken: BROKEN, entry: "port.'tcp:80'", asked, names: "/proc/net/tcp6" }]);
}

#[test]
fn a_process_that_may_not_be_looked_into_may_hold_the_socket() {
    const BROKEN: &[Break] =
        &[Break::Denied("/proc/700/fd"), Break::Denied("/proc/701/fd"), Break::Denied("/proc/702/fd")];
    let asked = &[("process", "[\"nginx\"]"), ("pids", "[700]")];
    check(&[Row {
        host: "port",
        broken: BROKEN,
        entry: "port.'tcp4:80'",
        asked,
        names: "only root, with CAP_SYS_PTRACE, may see",
    }]);
    // That nginx is among them may be certain; that there is no other is not.
    const SOME: &[Break] = &[Break::Denied("/proc/700/fd"), Break::Denied("/proc/701/fd")];
    let asked = &[("process", "{ consist-of = [\"nginx\"] }"), ("pids", "{ have-len = 3 }")];
    check(&[Row { host: "port", broken: SOME, entry: "port.'tcp4:80'", asked, names: "only root" }]);
}

#[test]
fn interfaces_are_absent_only_if_sys_says_so() {
    const ASKED: &[(&str, &str)] =
        &[("exists", "true"), ("mtu", "1500"), ("up", "true"), ("mac", "\"52:54:00:12:34:56\""), ("rx-errors", "12")];
    let broken: [(&[Break], &str); 2] =
        [(&[Break::Gone("/sys")], "/sys is not mounted"), (&[Break::Gone("/sys/class")], "/sys is not mounted")];
    for (broken, names) in broken {
        let row = |entry, asked| Row { host: "interface", broken, entry, asked, names };
        check(&[row("interface.eth0", ASKED), row("interface.eth9", &[("exists", "true")])]);
    }
    for (file, asked) in [
        ("mtu", ("mtu", "1500")),
        ("flags", ("up", "true")),
        ("operstate", ("up", "true")),
        ("address", ("mac", "\"52:54:00:12:34:56\"")),
        ("speed", ("speed", "1000")),
        ("statistics/rx_errors", ("rx-errors", "12")),
        ("statistics/tx_errors", ("tx-errors", "3")),
    ] {
        let path: &str = format!("/sys/devices/pci0000:00/0000:00:03.0/net/eth0/{file}").leak();
        let garbled = if file == "address" { Break::Denied(path) } else { Break::Garbage(path) };
        for broken in [Break::Denied(path), garbled] {
            check(&[Row {
                host: "interface",
                broken: vec![broken].leak(),
                entry: "interface.eth0",
                asked: vec![asked].leak(),
                names: file,
            }]);
        }
    }
    only_a_machine_tells(
        "interface",
        "interface.eth0",
        &[("addrs", "[\"192.0.2.1/24\"]"), ("addrs", "{ consist-of = [] }")],
    );
}
