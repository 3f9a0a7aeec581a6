//! `package` against dpkg-query(1), dpkg(1) and apt-mark(8).

use crate::claims::{Claims, agree};
use crate::tool::{ends, table};
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::BTreeMap;

fn known() -> Vec<Vec<String>> {
    table(r"dpkg-query -W -f '${Package}\t${Architecture}\t${Version}\t${db:Status-Want}\t${db:Status-Status}\n'")
}

pub fn all() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("package", "installed");
        let mut installed = BTreeMap::new();
        for row in known() {
            let [name, arch, version, want, status] = &row[..] else { panic!("{row:?}") };
            let full = format!("{name}:{arch}");
            for entry in [name, &full] {
                // dpkg-query(1) itself finds a package of architecture `all` by the machine's own, too.
                claims.there(entry, status == "installed");
                if status == "installed" {
                    claims.set(entry, "versions", [version.as_str()]);
                    claims.is(entry, "version", version.as_str());
                    claims.is(entry, "arch", arch.as_str());
                    claims.is(entry, "held", want == "hold");
                }
            }
            installed.insert(name.clone(), status == "installed");
        }
        for name in ["no-such-package", "mail-transport-agent", "awk", "logrotat", "nginx-full"] {
            claims.there(name, installed.get(name).copied().unwrap_or(false));
        }
        assert!(installed.values().any(|i| !i), "one has only its configuration left");
        claims
    })
}

/// Every package's version against its neighbours'.
pub fn order() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("package", "installed");
        let all: Vec<_> = known().into_iter().filter(|row| row[4] == "installed").collect();
        for (row, other) in all.iter().zip(all.iter().cycle().skip(1)) {
            let (name, version, other) = (&row[0], &row[2], &other[2]);
            let less = ends(&["dpkg", "--compare-versions", version, "lt", other]).0 == 0;
            let equal = ends(&["dpkg", "--compare-versions", version, "eq", other]).0 == 0;
            let test = |op: &str| json!(format!("{op} {other}"));
            let (right, wrong) = match (less, equal) {
                (true, _) => ("<", ">="),
                (_, true) => ("=", "!="),
                _ => (">", "<="),
            };
            claims.there(name, true);
            claims.test(name, "version", test(right), test(wrong));
        }
        claims
    })
}
