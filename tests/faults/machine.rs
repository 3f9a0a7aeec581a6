//! What only a running machine can tell.

use crate::only_a_machine_tells;

#[test]
fn a_tree_of_files_answers_for_no_machine() {
    let host = "accounts";
    only_a_machine_tells(
        host,
        "disk.\"/\"",
        &[("exists", "true"), ("free", "\">= 1%\""), ("filesystem", "\"ext4\""), ("read-only", "true")],
    );
    only_a_machine_tells(host, "command.true", &[("exit-status", "0"), ("stdout", "\"\""), ("duration", "\"< 1s\"")]);
    only_a_machine_tells(
        "service",
        "service.ssh",
        &[("running", "true"), ("state", "\"active\""), ("restarts", "0"), ("properties.Restart", "\"always\"")],
    );
    only_a_machine_tells(
        host,
        "system.this",
        &[
            ("kernel", "\">= 1\""),
            ("arch", "\"x86_64\""),
            ("hostname", "\"x\""),
            ("uptime", "\"> 1s\""),
            ("load-1", "{ lt = 1 }"),
            ("memory-available", "\"> 1%\""),
            ("swap-used", "\"< 99%\""),
            ("cpus", "1"),
            ("reboot-required", "true"),
            ("clock-synced", "true"),
        ],
    );
    const ASKED: &[(&str, &str)] = &[
        ("resolvable", "true"),
        ("addrs", "[\"192.0.2.1\"]"),
        ("rcode", "\"NOERROR\""),
        ("ttl", "\"> 1s\""),
        ("latency", "\"< 1s\""),
    ];
    for entry in ["dns.\"www.example.org\"", "dns.\"A:db2x\"", "dns.\"MX:example.org\""] {
        only_a_machine_tells("dns", entry, ASKED);
    }
}
