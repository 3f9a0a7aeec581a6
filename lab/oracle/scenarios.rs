//! What happens on the host shows in the right keys, and in no other.

use crate::tool::{says, shell};
use libtest_mimic::Failed;
use serde_json::Value as Json;
use std::thread::sleep;
use std::time::Duration;

/// Every key of a spec in TOML with its outcome.
fn outcomes(spec: &str) -> Vec<(String, String)> {
    std::fs::write("/tmp/scenario.toml", spec).unwrap();
    let text = shell(&format!("{} validate -f json /tmp/scenario.toml", crate::verispec()));
    let report: Json = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    let word = |result: &Json, key: &str| result[key].as_str().unwrap().to_owned();
    let name = |r: &Json| format!("{} {} {}", word(r, "resource-type"), word(r, "resource-id"), word(r, "property"));
    report["results"].as_array().unwrap().iter().map(|r| (name(r), word(r, "outcome"))).collect()
}

fn expect(spec: &str, failing: &[&str]) -> Result<(), Failed> {
    let all = outcomes(spec);
    let due = |name: &str| if failing.iter().any(|f| name.contains(f)) { "fail" } else { "pass" };
    let wrong: Vec<_> = all.iter().filter(|(name, outcome)| outcome != due(name)).collect();
    if wrong.is_empty() && !all.is_empty() { Ok(()) } else { Err(format!("{wrong:?}").into()) }
}

pub fn units_by_name() -> Result<(), Failed> {
    shell("systemctl enable --runtime lab-idle; systemctl mask --runtime lab-static.service");
    // Its file goes while it runs.
    shell(
        "printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/lab-vanishes.service
         systemctl daemon-reload; systemctl start lab-vanishes; rm /etc/systemd/system/lab-vanishes.service; systemctl daemon-reload",
    );
    let first: u64 = says(&["systemctl", "show", "--value", "-p", "NRestarts", "lab-loops"]).trim().parse()?;
    sleep(Duration::from_secs(2));
    expect(
        &format!(
            r#"
            [service.lab-masked]
            enabled = false
            running = false
            masked = true
            state = "inactive"
            properties.LoadState = "masked"
            [service."lab-masked.timer"]
            masked = true
            [service.lab-static]
            masked = true
            enabled = false
            [service.lab-idle]
            enabled = true
            running = false
            properties.UnitFileState = "enabled-runtime"
            [service.lab-fails]
            enabled = true
            running = false
            masked = false
            state = "failed"
            restarts = 0
            properties.Result = "exit-code"
            properties.ExecMainStatus = 7
            [service.lab-loops]
            enabled = true
            restarts = {{ gt = {first} }}
            state = {{ one-of = ["activating", "active"] }}
            properties.Restart = "always"
            [service."lab-tick.timer"]
            enabled = true
            running = true
            properties.Unit = "lab-tick.service"
            [service.lab-tick]
            enabled = true
            running = false
            properties.UnitFileState = "static"
            properties.Result = "success"
            [service."lab-listen.socket"]
            enabled = true
            running = true
            properties.SubState = {{ one-of = ["listening", "running"] }}
            [service.lab-also-known]
            running = true
            properties.Id = "lab-known.service"
            properties.UMask = "0027"
            properties.LimitNOFILE = 4096
            properties.User = "ada"
            [service."lab@a"]
            running = true
            [service."lab@b-c"]
            enabled = true
            properties.Description = "Instance b-c"
            [service."lab@"]
            enabled = true
            running = false
            [service."lab@nobody-starts"]
            running = false
            [service.lab-linked]
            enabled = false
            [service.lab-sysv]
            enabled = true
            running = true
            runlevels = {{ consist-of = ["2", "3", "4", "5"] }}
            [service.lab-vanishes]
            running = true
            properties.LoadState = "not-found"
            [service.lab-broken]
            running = false
            [service."lab-path.path"]
            running = true
            [service."mnt-lab.mount"]
            running = true
            [service."init.scope"]
            running = true
            [service."-.mount"]
            running = true
            "#
        ),
        &[],
    )?;
    shell(
        "systemctl disable --runtime lab-idle; systemctl unmask --runtime lab-static.service; systemctl stop lab-vanishes",
    );
    expect(
        "[service.lab-vanishes]\nexists = false\n[service.lab-static]\nmasked = false\n[service.lab-idle]\nenabled = false\n",
        &[],
    )
}

const WEB: &str = r#"
    [service.nginx]
    running = true
    enabled = true
    state = "active"
    [port."tcp:80"]
    process = ["nginx"]
    [port."tcp:8443"]
    [addr."tcp://127.0.0.1:80"]
    [http."http://127.0.0.1/"]
    status = 200
    [certificate."tls://127.0.0.1:8443"]
    [process.nginx]
    [file."/run/nginx.pid"]
    [package.nginx]
    [user.www-data]
    [service.ssh]
    running = true
    [port."tcp:22"]
    [service."postgresql@15-main"]
    running = true
    [port."tcp:5432"]
    user = ["postgres"]
"#;

pub fn web_server_stops_and_starts() -> Result<(), Failed> {
    expect(WEB, &[])?;
    shell("systemctl stop nginx");
    let stopped = outcomes(WEB);
    shell("systemctl start nginx");
    let fails = |name: &str| {
        stopped
            .iter()
            .any(|(n, outcome)| n == name && outcome == "fail")
            .then_some(())
            .ok_or(format!("{name} in {stopped:?}"))
    };
    for name in [
        "Service nginx running",
        "Service nginx state",
        "Port tcp:80 listening",
        "Port tcp:8443 listening",
        "Addr tcp://127.0.0.1:80 reachable",
        "Certificate tls://127.0.0.1:8443 exists",
        "Process nginx running",
        "File /run/nginx.pid exists",
    ] {
        fails(name)?;
    }
    let failed = stopped.iter().filter(|(_, outcome)| outcome == "fail").count();
    let unknown = stopped.iter().filter(|(_, outcome)| outcome == "unknown").count();
    if (failed, unknown) != (9, 0) {
        return Err(format!("{failed} failed, {unknown} unknown: {stopped:?}").into());
    }
    expect(WEB, &[])
}

/// Whoever systemd says is a service's main process holds its port and is among the processes of its name.
pub fn services_ports_and_processes_agree() -> Result<(), Failed> {
    for (service, port, process) in [
        ("nginx", 80, "nginx"),
        ("ssh", 22, "sshd"),
        ("postgresql@15-main", 5432, "postgres"),
        ("nginx", 8443, "nginx"),
    ] {
        let pid: u32 = says(&["systemctl", "show", "--value", "-p", "MainPID", service]).trim().parse()?;
        expect(
            &format!(
                "[service.\"{service}\"]\nproperties.MainPID = {pid}\n[port.\"tcp:{port}\"]\npids = [{pid}]\nprocess = {{ consist-of = [\"{process}\"] }}\n\
                 [process.{process}]\npids = [{pid}]\n[port.\"tcp:1\"]\nlistening = true\n"
            ),
            &["tcp:1"],
        )?;
    }
    Ok(())
}
