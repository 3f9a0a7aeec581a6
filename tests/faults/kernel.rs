//! What the kernel tells through /proc and /sys, and what configures it.

use crate::{Break, Row, check, only_a_machine_tells};

#[test]
fn a_mount_table_that_cannot_be_read_mounts_nothing_and_unmounts_nothing() {
    const TABLE: &str = "/proc/self/mountinfo";
    const ASKED: &[(&str, &str)] = &[
        ("exists", "true"),
        ("opts", "[\"ro\"]"),
        ("vfs-opts", "[\"rw\"]"),
        ("source", "\"/dev/vda2\""),
        ("filesystem", "\"xfs\""),
    ];
    for broken in [
        &[Break::Gone("/proc")][..],
        &[Break::Gone(TABLE)],
        &[Break::Denied(TABLE)],
        &[Break::Empty(TABLE)],
        &[Break::Garbage(TABLE)],
        &[Break::Cut(TABLE)],
    ] {
        let row = |entry, asked| Row { host: "mount", broken, entry, asked, names: TABLE };
        check(&[row("mount.\"/var\"", ASKED), row("mount.\"/nowhere\"", &[("exists", "true")])]);
    }
    only_a_machine_tells("mount", "mount.\"/var\"", &[("usage", "\"< 95%\"")]);
}

#[test]
fn an_fstab_that_cannot_be_read_may_name_any_mountpoint() {
    const FSTAB: &str = "/etc/fstab";
    const ASKED: &[(&str, &str)] = &[("in-fstab", "true")];
    for broken in
        [&[Break::Denied(FSTAB)][..], &[Break::Garbage(FSTAB)], &[Break::Is(FSTAB, "/dev/sda1 /\n/dev/sdb1\n")]]
    {
        let row = |entry| Row { host: "mount", broken, entry, asked: ASKED, names: FSTAB };
        check(&[row("mount.\"/var\""), row("mount.\"/nowhere\"")]);
    }
}

#[test]
fn without_proc_sys_no_parameter_is_called_missing() {
    let broken: [(&[Break], &str); 2] = [
        (&[Break::Gone("/proc")], "is /proc mounted?"),
        (&[Break::Denied("/proc/sys/net/ipv4/ip_forward")], "/proc/sys/net/ipv4/ip_forward"),
    ];
    for (broken, names) in broken {
        let asked = &[("value", "1"), ("value", "0")];
        check(&[Row { host: "kernel", broken, entry: "kernel-param.'net.ipv4.ip_forward'", asked, names }]);
    }
    for broken in [&[Break::Denied("/etc/sysctl.d")][..], &[Break::Denied("/etc/sysctl.d/70-router.conf")]] {
        let asked = &[("configured", "1"), ("configured", "0")];
        let entry = "kernel-param.'net.ipv4.ip_forward'";
        check(&[Row { host: "kernel", broken, entry, asked, names: "/etc/sysctl.d" }]);
    }
}

#[test]
fn a_module_is_absent_only_if_every_list_says_so() {
    const PRESENCE: &[(&str, &str)] = &[("loaded", "true")];
    const BUILTIN: &str = "/lib/modules/6.1.0-18-amd64/modules.builtin";
    let broken: [(&[Break], &str); 9] = [
        (&[Break::Gone("/proc")], "is /proc mounted?"),
        (&[Break::Denied("/proc/modules")], "/proc/modules"),
        (&[Break::Garbage("/proc/modules")], "/proc/modules"),
        (&[Break::Gone("/lib")], BUILTIN),
        (&[Break::Gone("/proc/sys/kernel/osrelease")], "/proc/sys/kernel/osrelease"),
        (&[Break::Denied(BUILTIN)], BUILTIN),
        (&[Break::Empty(BUILTIN)], BUILTIN),
        (&[Break::Garbage(BUILTIN)], BUILTIN),
        (&[Break::Cut(BUILTIN)], BUILTIN),
    ];
    for (broken, names) in broken {
        let row = |entry| Row { host: "kernel", broken, entry, asked: PRESENCE, names };
        check(&[row("kernel-module.cramfs"), row("kernel-module.usb-storage")]);
    }
}

#[test]
fn parameters_and_blacklists_that_cannot_be_read_are_not_empty() {
    let row = |broken, asked, names| Row { host: "kernel", broken, entry: "kernel-module.nf_conntrack", asked, names };
    const PARAMETER: &[(&str, &str)] = &[("parameters.hashsize", "65536"), ("parameters.hashsize", "1")];
    const FILE: &str = "/sys/module/nf_conntrack/parameters/hashsize";
    const BLACKLISTED: &[(&str, &str)] = &[("blacklisted", "true")];
    check(&[
        row(&[Break::Gone("/sys")], PARAMETER, "is /sys mounted?"),
        row(&[Break::Denied(FILE)], PARAMETER, FILE),
        row(&[Break::Denied("/etc/modprobe.d")], BLACKLISTED, "/etc/modprobe.d"),
        row(&[Break::Denied("/etc/modprobe.d/cis.conf")], BLACKLISTED, "/etc/modprobe.d/cis.conf"),
        row(&[Break::Denied("/proc/cmdline")], BLACKLISTED, "/proc/cmdline"),
    ]);
}

#[test]
fn a_release_that_cannot_be_read_is_no_other_release() {
    const RELEASE: &str = "/usr/lib/os-release";
    const ASKED: &[(&str, &str)] = &[("os", "\"debian\""), ("os", "\"linux\""), ("os-version", "\">= 12\"")];
    for broken in [
        &[Break::Gone(RELEASE)][..],
        &[Break::Denied(RELEASE)],
        &[Break::Empty(RELEASE)],
        &[Break::Garbage(RELEASE)],
        &[Break::Cut(RELEASE)],
    ] {
        check(&[Row { host: "debian", broken, entry: "system.this", asked: ASKED, names: "os-release" }]);
    }
}
