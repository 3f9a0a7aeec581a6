//! `certificate` against openssl(1).

use crate::claims::{Claims, agree};
use crate::tool::{ends, shell};
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Mutex;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub fn all() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("certificate", "exists");
        for path in shell("find /etc/ssl/certs -type f -o -xtype f | sort").lines() {
            described(&mut claims, path, path, "PEM");
        }
        claims.there("/etc/ssl/certs/none.pem", false);
        claims
    })
}

/// What openssl(1) says of a certificate, asked once.
fn told(path: &str, form: &str) -> String {
    static TOLD: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    let real = std::fs::canonicalize(path).unwrap().to_string_lossy().into_owned();
    let line = format!(
        "openssl x509 -in '{real}' -inform {form} -noout -nameopt RFC2253 -dateopt iso_8601 -text -subject -issuer -serial -dates \
         -fingerprint -sha256 2>/dev/null
         openssl verify -partial_chain -check_ss_sig -no_check_time -no-CApath -no-CAstore -CAfile '{real}' '{real}' >/dev/null 2>&1 \
         && echo verified=itself"
    );
    let mut told = TOLD.lock().unwrap();
    told.entry(real).or_insert_with(|| shell(&line)).clone()
}

/// Claims of the certificate `path` in a file what openssl(1) tells of the one in `file`.
pub fn described(claims: &mut Claims, path: &str, file: &str, form: &str) {
    let text = told(file, form);
    let after = |prefix: &str| {
        let found = text.lines().find_map(|l| l.strip_prefix(prefix)?.strip_prefix('='));
        found.unwrap_or_else(|| panic!("{path}: no {prefix}: {text}")).to_owned()
    };
    let below = |heading: &str| {
        let mut lines = text.lines().skip_while(|l| !l.trim().starts_with(heading));
        lines.nth(1).unwrap_or_default().trim().to_owned()
    };
    let line =
        |label: &str| text.lines().find_map(|l| l.trim().strip_prefix(label)).unwrap_or_default().trim().to_owned();
    claims.there(path, true);
    claims.is(path, "subject", after("subject"));
    claims.is(path, "issuer", after("issuer"));
    claims.is(path, "serial", after("serial"));
    claims.is(path, "fingerprint-sha256", after("sha256 Fingerprint").replace(':', "").to_lowercase());
    for (key, name) in [("not-before", "notBefore"), ("not-after", "notAfter")] {
        let time = after(name).replace(' ', "T");
        let other = if time.starts_with("2") { time.replacen('2', "1", 1) } else { time.replacen('1', "2", 1) };
        claims.test(path, key, json!(time), json!(other));
    }
    let end = OffsetDateTime::parse(&after("notAfter").replace(' ', "T"), &Rfc3339).unwrap();
    let left = (end - OffsetDateTime::now_utc()).whole_days();
    let days = |left: i64| json!({"between": [format!("{}d", left - 2), format!("{}d", left + 2)]});
    claims.test(path, "expires-in", days(left), days(left + 9));
    claims.is(path, "signature-algorithm", line("Signature Algorithm:").replace("ED25519", "ed25519"));
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
    claims.is(path, "is-ca", below("X509v3 Basic Constraints").contains("CA:TRUE"));
    claims.is(path, "self-signed", after("subject") == after("issuer") && text.contains("\nverified=itself"));
    let plain = |name: &str| {
        let (kind, value) = name.split_once(':')?;
        match kind {
            "DNS" | "email" | "URI" => Some(value.to_owned()),
            "IP Address" => Some(if value == "0:0:0:0:0:0:0:1" { "::1".into() } else { value.to_owned() }),
            _ => None,
        }
    };
    let names = below("X509v3 Subject Alternative Name");
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
            described(&mut claims, &path, &path, "PEM");
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
            match name {
                // What they may sign is not judged.
                "middle" => claims.unseen(&path, "chain", true),
                _ => claims.is(&path, "chain", good),
            }
            let key = if name == "chain" { "rsa" } else { name };
            let other = if name == "ec" { "rsa" } else { "ec" };
            claims.checked(&path, "matches-key", &at(&format!("{key}.key")), &at(&format!("{other}.key")));
        }
        described(&mut claims, &at("ec.der"), &at("ec.der"), "DER");
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
            claims.nothing(path, "exists", true);
            claims.nothing(path, "is-ca", true);
        }
        claims.hidden_from_users(&["exists", "is-ca"]);
        claims
    })
}
