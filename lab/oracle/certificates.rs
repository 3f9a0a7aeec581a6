//! `certificate` against openssl(1).

use crate::claims::{Claims, agree};
use crate::tool::{ends, shell};
use libtest_mimic::Failed;
use serde_json::json;

pub fn all() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("certificate", "exists");
        for path in shell("find /etc/ssl/certs -type f -o -type l | sort").lines() {
            described(&mut claims, path, "PEM");
        }
        claims.there("/etc/ssl/certs/none.pem", false);
        claims
    })
}

fn described(claims: &mut Claims, path: &str, form: &str) {
    let ask = |options: &str| {
        let line = format!("openssl x509 -in '{path}' -inform {form} -noout -nameopt RFC2253 {options}");
        shell(&line).trim_end_matches('\n').to_owned()
    };
    let after = |options: &str| ask(options).split_once('=').map(|(_, v)| v.to_owned()).unwrap_or_default();
    let text = ask("-text");
    if text.is_empty() {
        return;
    }
    claims.there(path, true);
    claims.is(path, "subject", after("-subject"));
    claims.is(path, "issuer", after("-issuer"));
    claims.is(path, "serial", after("-serial"));
    claims.is(path, "fingerprint-sha256", after("-fingerprint -sha256").replace(':', "").to_lowercase());
    for (key, option) in [("not-before", "-startdate"), ("not-after", "-enddate")] {
        let time = after(&format!("{option} -dateopt iso_8601")).replace(' ', "T");
        let other = format!("{}9{}", &time[..2], &time[3..]);
        claims.test(path, key, json!(time), json!(other));
    }
    let left: i64 = shell(&format!("echo $(( ($(date -d '{}' +%s) - $(date +%s)) / 86400 ))", after("-enddate")))
        .trim()
        .parse()
        .unwrap();
    let days = |left: i64| json!({"between": [format!("{}d", left - 2), format!("{}d", left + 2)]});
    claims.test(path, "expires-in", days(left), days(left + 9));
    let line =
        |label: &str| text.lines().find_map(|l| l.trim().strip_prefix(label)).unwrap_or_default().trim().to_owned();
    claims.is(path, "signature-algorithm", line("Signature Algorithm:").to_owned().replace("ED25519", "ed25519"));
    let (kind, other) = match line("Public Key Algorithm:").as_str() {
        "rsaEncryption" => ("rsa", "ec"),
        "id-ecPublicKey" => ("ec", "rsa"),
        "ED25519" => ("ed25519", "rsa"),
        other => panic!("{path}: {other}"),
    };
    claims.test(path, "key-type", json!(kind), json!(other));
    match line("Public-Key: (").split(' ').next().and_then(|n| n.parse::<i64>().ok()) {
        Some(bits) => claims.is(path, "key-bits", bits),
        None => claims.is(path, "key-bits", 256),
    }
    claims.is(path, "is-ca", ask("-ext basicConstraints 2>/dev/null").contains("CA:TRUE"));
    let alone = ends(&[
        "openssl",
        "verify",
        "-partial_chain",
        "-check_ss_sig",
        "-no_check_time",
        "-no-CApath",
        "-no-CAstore",
        "-CAfile",
        path,
        path,
    ]);
    let own = after("-subject") == after("-issuer") && (form == "DER" || alone.0 == 0);
    claims.is(path, "self-signed", own);
    let names = ask("-ext subjectAltName 2>/dev/null");
    let names = names.lines().nth(1).unwrap_or_default().trim().to_owned();
    let plain = |name: &str| {
        let (kind, value) = name.split_once(':')?;
        match kind {
            "DNS" | "email" | "URI" => Some(value.to_owned()),
            "IP Address" => Some(if value == "0:0:0:0:0:0:0:1" { "::1".into() } else { value.to_owned() }),
            _ => None,
        }
    };
    claims.set(path, "sans", names.split(", ").filter_map(plain));
}

/// Those that the lab made: keys, chains and names, good and bad.
pub fn lab() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("certificate", "exists");
        claims.hidden_from_users(&["matches-key"]);
        let at = |name: &str| format!("/etc/ssl/lab/{name}");
        for name in ["root", "middle", "rsa", "ec", "ed25519", "p521", "over", "early", "chain"] {
            let path = at(&format!("{name}.pem"));
            described(&mut claims, &path, "PEM");
            claims.setting(&path, "roots", at("root.pem"));
            let bundle = if name == "chain" { at("middle.pem") } else { at("root.pem") };
            let good = ends(&[
                "openssl",
                "verify",
                "-no-CApath",
                "-no-CAstore",
                "-CAfile",
                &at("root.pem"),
                "-untrusted",
                &bundle,
                &path,
            ])
            .0 == 0;
            claims.is(&path, "chain", good);
            let key = if name == "chain" { "rsa" } else { name };
            let other = if name == "ec" { "rsa" } else { "ec" };
            claims.checked(&path, "matches-key", &at(&format!("{key}.key")), &at(&format!("{other}.key")));
        }
        described(&mut claims, &at("ec.der"), "DER");
        for host in ["lab.example.org", "a.lab.example.org", "localhost", "127.0.0.1", "::1"] {
            let option = if host.contains([':']) || host.starts_with('1') { "-checkip" } else { "-checkhost" };
            let said = shell(&format!("openssl x509 -in /etc/ssl/lab/ec.pem -noout {option} {host}"));
            assert!(said.contains("does match"), "{said}");
        }
        for (path, right) in ["ec", "rsa", "ed25519", "chain", "p521"].iter().zip([
            "lab.example.org",
            "a.lab.example.org",
            "localhost",
            "127.0.0.1",
            "::1",
        ]) {
            claims.checked(&at(&format!("{path}.pem")), "hostname", right, "a.b.lab.example.org");
        }
        for path in ["/etc/passwd", "/etc/ssl/lab/ec.key"] {
            claims.nothing(path, "is-ca", true);
        }
        claims.hidden_from_users(&["exists", "is-ca"]);
        claims
    })
}
