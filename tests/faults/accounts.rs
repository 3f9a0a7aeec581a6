//! Users and groups.

use crate::{Break, Row, check};

const PASSWD: &str = "/etc/passwd";
const GROUP: &str = "/etc/group";
const SHADOW: &str = "/etc/shadow";

const USER: &[(&str, &str)] = &[
    ("exists", "true"),
    ("uid", "1000"),
    ("gid", "1000"),
    ("home", "\"/home/alice\""),
    ("shell", "\"/bin/bash\""),
    ("groups", "[\"alice\"]"),
    ("gecos", "\"Alice\""),
    ("locked", "true"),
];
const PRESENCE: &[(&str, &str)] = &[("exists", "true")];

fn row(broken: &'static [Break], entry: &'static str, asked: &'static [(&str, &str)], names: &'static str) -> Row {
    Row { host: "accounts", broken, entry, asked, names }
}

#[test]
fn a_passwd_that_cannot_be_read_says_nothing_of_any_user() {
    let broken: [(&[Break], &str); 4] = [
        (&[Break::Gone(PASSWD)], PASSWD),
        (&[Break::Denied(PASSWD)], PASSWD),
        (&[Break::Empty(PASSWD)], PASSWD),
        (&[Break::Garbage(PASSWD)], PASSWD),
    ];
    for (broken, names) in broken {
        check(&[row(broken, "user.alice", USER, names), row(broken, "user.nobody-here", PRESENCE, names)]);
        check(&[row(broken, "group.sudo", &[("members", "[\"alice\"]")], names)]);
    }
}

#[test]
fn a_group_file_that_cannot_be_read_says_nothing_of_any_group() {
    const ASKED: &[(&str, &str)] = &[("exists", "true"), ("gid", "27"), ("members", "[\"alice\"]")];
    let broken: [(&[Break], &str); 4] = [
        (&[Break::Gone(GROUP)], GROUP),
        (&[Break::Denied(GROUP)], GROUP),
        (&[Break::Empty(GROUP)], GROUP),
        (&[Break::Garbage(GROUP)], GROUP),
    ];
    for (broken, names) in broken {
        check(&[row(broken, "group.sudo", ASKED, names), row(broken, "group.none-here", PRESENCE, names)]);
        check(&[row(broken, "user.alice", &[("groups", "[\"adm\"]")], names)]);
    }
}

#[test]
fn a_line_that_does_not_read_may_be_the_one() {
    const PASSWD_LINE: &[Break] = &[Break::Is(PASSWD, "root:x:0:0:root:/root:/bin/bash\nalice:x:10\n")];
    const GROUP_LINE: &[Break] = &[Break::Is(GROUP, "root:x:0:\nadm:x:4:alice\nsudo:x:\nalice:x:1000:\n")];
    const SHADOW_LINE: &[Break] = &[Break::Is(SHADOW, "root:*:19700:0:99999:7:::\nalice:$y$j9\n")];
    const LOCKED: &[(&str, &str)] = &[("locked", "true"), ("password-hash", "\"x\""), ("expires-in", "\"> 1d\"")];
    check(&[
        row(PASSWD_LINE, "user.alice", USER, "/etc/passwd line 2 cannot be parsed"),
        row(PASSWD_LINE, "user.bobby", PRESENCE, "/etc/passwd line 2 cannot be parsed"),
        row(PASSWD_LINE, "group.root", &[("members", "[\"root\"]")], "/etc/passwd line 2 cannot be parsed"),
        row(GROUP_LINE, "group.sudo", PRESENCE, "/etc/group line 3 cannot be parsed"),
        row(GROUP_LINE, "group.wheel", PRESENCE, "/etc/group line 3 cannot be parsed"),
        row(GROUP_LINE, "user.alice", &[("groups", "[\"sudo\"]")], "/etc/group line 3 cannot be parsed"),
        row(SHADOW_LINE, "user.alice", LOCKED, "/etc/shadow line 2 cannot be parsed"),
    ]);
}

#[test]
fn without_shadow_nothing_is_known_of_passwords() {
    const ASKED: &[(&str, &str)] = &[("locked", "true"), ("password-hash", "\"*\""), ("expires-in", "\"> 1d\"")];
    for broken in [
        &[Break::Denied(SHADOW)][..],
        &[Break::Gone(SHADOW)],
        &[Break::Empty(SHADOW)],
        &[Break::Garbage(SHADOW)],
        &[Break::Is(SHADOW, "root:*:19700:0:99999:7:::\n")],
    ] {
        check(&[row(broken, "user.alice", ASKED, SHADOW), row(broken, "user.bob", &[("locked", "true")], SHADOW)]);
    }
}

#[test]
fn keys_that_may_not_be_read_may_let_anybody_in() {
    const ASKED: &[(&str, &str)] =
        &[("authorized-keys", "{ have-len = 2 }"), ("authorized-keys", "{ consist-of = [] }")];
    const KEYS: &str = "/home/alice/.ssh/authorized_keys";
    check(&[row(&[Break::Denied(KEYS)], "user.alice", ASKED, KEYS)]);
}

#[test]
fn a_directory_that_was_not_asked_may_know_the_account() {
    const LDAP: &[Break] = &[Break::Is("/etc/nsswitch.conf", "passwd: files ldap\ngroup: files ldap\n")];
    const DENIED: &[Break] = &[Break::Denied("/etc/nsswitch.conf")];
    for (broken, names) in [(LDAP, "`ldap`"), (DENIED, "/etc/nsswitch.conf")] {
        check(&[
            row(broken, "user.nobody-here", PRESENCE, names),
            row(broken, "group.none-here", PRESENCE, names),
            row(broken, "user.alice", &[("groups", "[\"adm\"]")], names),
        ]);
    }
}
