//! `process` against ps(1).

use crate::claims::{Claims, agree};
use crate::tool::shell;
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

struct Process {
    pid: u32,
    user: String,
    rss: u64,
    /// Seconds since it started.
    age: i64,
    args: String,
}

fn running() -> BTreeMap<String, Vec<Process>> {
    let args = shell("ps -eww -o pid=,args=");
    let args: BTreeMap<u32, &str> = args
        .lines()
        .filter_map(|l| l.trim_start().split_once(' '))
        .filter_map(|(pid, args)| Some((pid.parse().ok()?, args)))
        .collect();
    let mut all = BTreeMap::<String, Vec<Process>>::new();
    for line in shell("ps -eww -o pid=,stat=,user:40=,rss=,etimes=,comm=").lines() {
        let (mut words, mut rest) = (Vec::new(), line);
        for _ in 0..5 {
            let (word, more) = rest.trim_start().split_once(' ').unwrap();
            words.push(word);
            rest = more;
        }
        let [pid, stat, user, rss, age] = words[..] else { panic!("{line}") };
        let pid = pid.parse().unwrap();
        let comm = rest.trim_start();
        // A zombie does not run; what asks is there while it asks.
        if stat.starts_with('Z') || matches!(comm, "ps" | "sh" | "lab") {
            continue;
        }
        all.entry(comm.to_owned()).or_default().push(Process {
            pid,
            user: user.to_owned(),
            rss: rss.parse().unwrap(),
            age: age.parse().unwrap(),
            args: args.get(&pid).copied().unwrap_or_default().to_owned(),
        });
    }
    all
}

fn now() -> i64 {
    shell("date +%s").trim().parse().unwrap()
}

pub fn all() -> Result<(), Failed> {
    let start = now();
    agree(|| {
        let mut claims = Claims::new("process", "running");
        let running = running();
        for (comm, all) in &running {
            let mut names = BTreeSet::from([comm.clone()]);
            // The whole of a name of which the kernel keeps 15 bytes.
            let program =
                all[0].args.split([' ', ':']).next().unwrap_or_default().rsplit('/').next().unwrap_or_default();
            if comm.len() == 15 && program.starts_with(comm.as_str()) {
                names.insert(program.to_owned());
            }
            for name in names {
                let pids: BTreeSet<u32> = all.iter().map(|p| p.pid).collect();
                claims.there(&name, true);
                claims.anchor(&name, format!("{pids:?}"));
                claims.is(&name, "count", all.len());
                claims.set(&name, "user", all.iter().map(|p| p.user.clone()).collect::<BTreeSet<_>>());
                claims.set(&name, "pids", pids);
                claims.set(&name, "args", all.iter().map(|p| p.args.clone()));
                let rss: u64 = all.iter().map(|p| p.rss).sum();
                claims.is(&name, "rss", rss * 1024);
                let begun = all.iter().map(|p| now() - p.age).max().unwrap();
                let ends = |age: i64| json!({"between": [format!("{}s", age - 5), format!("{}s", age + 120)]});
                claims.test(&name, "age", ends(start - begun), ends(start - begun + 4000));
            }
        }
        for name in
            ["nonesuch", "ngin", "nginx ", "systemd-journalX", "a-very-long-program-nam", "a-very-long-programs"]
        {
            claims.there(name, running.contains_key(name));
        }
        claims
    })
}
