//! Names of hosts.

use crate::{Break, Row, check};

const HOSTS: &str = "/etc/hosts";
const NSSWITCH: &str = "/etc/nsswitch.conf";

#[test]
fn a_file_of_hosts_that_cannot_be_read_says_nothing_of_any_name() {
    const ASKED: &[(&str, &str)] = &[("resolvable", "true"), ("addrs", "[\"192.0.2.21\"]")];
    let broken: [(&[Break], &str); 5] = [
        (&[Break::Gone(HOSTS)], HOSTS),
        (&[Break::Denied(HOSTS)], HOSTS),
        (&[Break::Empty(HOSTS)], HOSTS),
        (&[Break::Garbage(HOSTS)], HOSTS),
        (&[Break::Denied(NSSWITCH)], NSSWITCH),
    ];
    for (broken, names) in broken {
        check(&[Row { host: "dns", broken, entry: "dns.db1", asked: ASKED, names }]);
        check(&[Row { host: "dns", broken, entry: "dns.\"A:db1\"", asked: ASKED, names }]);
    }
}
