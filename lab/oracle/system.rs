//! `system` against uname(1), os-release(5), nproc(1), uptime(1) and free(1); `command` against the shell itself.

use crate::claims::{Claims, agree};
use crate::tool::{ends, says, shell};
use libtest_mimic::Failed;
use serde_json::json;

pub fn all() -> Result<(), Failed> {
    let start = std::time::Instant::now();
    let up: f64 = shell("cut -d ' ' -f 1 /proc/uptime").trim().parse()?;
    let free: u64 = shell("free -b | awk '/^Mem:/ { print $7 }'").trim().parse()?;
    let total: u64 = shell("free -b | awk '/^Mem:/ { print $2 }'").trim().parse()?;
    agree(|| {
        let mut claims = Claims::new("system", "");
        let it = "this";
        let release = |name: &str| shell(&format!(". /etc/os-release; printf %s \"${name}\""));
        claims.is(it, "os", release("ID"));
        claims.is(it, "os-version", release("VERSION_ID"));
        claims.is(it, "kernel", says(&["uname", "-r"]).trim());
        claims.is(it, "arch", says(&["uname", "-m"]).trim());
        claims.is(it, "hostname", says(&["uname", "-n"]).trim());
        claims.is(it, "cpus", says(&["nproc", "--all"]).trim().parse::<u64>().unwrap());
        let near = |from: f64| json!({"between": [format!("{}s", from as i64 - 1), format!("{}s", from as i64 + 300)]});
        claims.test(it, "uptime", near(up), near(up + 4000.0));
        let bytes = |from: u64| json!({"between": [from.saturating_sub(total / 4), from + total / 4]});
        claims.test(it, "memory-available", bytes(free), bytes(free + total));
        claims.unseen(it, "reboot-required", true);
        claims
    })?;
    assert!(start.elapsed().as_secs() < 300);
    commands()
}

fn commands() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("command", "");
        for line in [
            "true",
            "false",
            "exit 3",
            "kill -9 $$",
            "echo a b; echo c >&2",
            "printf 'x\\ny'",
            "id -u >/dev/null",
            "no-such-command 2>/dev/null",
            "cat /nonexistent",
            "cd /; pwd",
            "head -c 100000 /dev/zero | tr '\\0' a",
            "cat",
            "exec 1>&-; echo",
            "nginx -v",
        ] {
            let out = std::process::Command::new("/bin/sh")
                .args(["-c", line])
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            let status = match out.status.code() {
                Some(code) => i64::from(code),
                None => 128 + i64::from(std::os::unix::process::ExitStatusExt::signal(&out.status).unwrap()),
            };
            claims.is(line, "exit-status", status);
            for (key, bytes) in [("stdout", out.stdout), ("stderr", out.stderr)] {
                let text = String::from_utf8(bytes).unwrap();
                claims.test(line, key, json!({"equal": text}), json!({"equal": format!("{text}x")}));
            }
        }
        assert_eq!(ends(&["sh", "-c", "exit 3"]).0, 3);
        claims
    })
}
