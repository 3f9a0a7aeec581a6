//! `addr` against ss(8), `dns` against getent(1), `certificate` of a live server against openssl(1), `http` against the files
//! that are served.

use crate::certificates::described;
use crate::claims::{Claims, agree};
use crate::tool::{says, shell};
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::BTreeSet;

/// Every TCP port that is listened on, and some that are not.
pub fn addresses() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("addr", "reachable");
        let mut open = BTreeSet::new();
        for line in says(&["ss", "-H", "-n", "-l", "-t"]).lines() {
            let local = line.split_whitespace().nth(3).unwrap();
            let reached = local.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:").replace("*:", "[::1]:");
            claims.there(&format!("tcp://{reached}"), true);
            open.insert(reached);
        }
        assert!(open.contains("127.0.0.1:22") && open.contains("[::1]:80"), "{open:?}");
        for port in (1..100).chain([4711, 4712, 5432, 65535]) {
            for ip in ["127.0.0.1", "[::1]"] {
                let name = format!("{ip}:{port}");
                claims.there(&format!("tcp://{name}"), open.contains(&name));
            }
        }
        claims.there("unix:/run/lab-listen.sock", true);
        claims.there("unix:@lab-abstract", true);
        claims.there("unix:/run/none.sock", false);
        let banner = shell("exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/22; head -n 1 <&3'");
        let (right, wrong) = (json!({"have-prefix": banner.trim()}), json!({"have-prefix": "SSH-3"}));
        claims.test("tcp://127.0.0.1:22", "banner", right, wrong);
        claims
    })
}

/// Every name in /etc/hosts.
pub fn names() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("dns", "resolvable");
        for line in says(&["getent", "hosts"]).lines() {
            for name in line.split_whitespace().skip(1) {
                let found = says(&["getent", "ahosts", name]);
                let all: BTreeSet<&str> = found.lines().filter_map(|l| l.split_whitespace().next()).collect();
                claims.there(name, true);
                claims.set(name, "addrs", all);
            }
        }
        claims
    })
}

pub fn live_certificates() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("certificate", "exists");
        let shown = "openssl s_client -connect 127.0.0.1:8443 -servername lab.example.org </dev/null 2>/dev/null | openssl x509";
        let shown = shell(&format!("{shown} >/etc/ssl/lab/shown.pem && echo /etc/ssl/lab/shown.pem"));
        for entry in ["tls://127.0.0.1:8443", "tls://[::1]:8443", "tls://localhost:8443"] {
            described(&mut claims, entry, shown.trim(), "PEM");
            claims.setting(entry, "roots", "/etc/ssl/lab/root.pem");
            claims.is(entry, "chain", true);
            claims.checked(entry, "hostname", "a.lab.example.org", "b.example.org");
        }
        claims.there("tls://127.0.0.1:4", false);
        claims
    })
}

pub fn pages() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("http", "");
        let page = shell("cat /var/www/html/index.html");
        let safe = "https://127.0.0.1:8443/";
        claims.setting(safe, "ca-file", "/etc/ssl/lab/root.pem");
        for (url, status, body) in
            [("http://127.0.0.1/", 200, page.as_str()), ("http://[::1]/", 200, &page), (safe, 200, "lab\n")]
        {
            claims.is(url, "status", status);
            claims.test(url, "body", json!({"equal": body}), json!({"equal": format!("{body}x")}));
        }
        claims.is("http://127.0.0.1/none", "status", 404);
        // Nobody is there; nobody that the system trusts is there.
        for url in ["http://127.0.0.1:4/", "https://localhost:8443/"] {
            claims.nothing(url, "status", 200);
        }
        claims
    })
}
