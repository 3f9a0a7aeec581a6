//! What openssl serves and what it says of it.

use super::{Lab, NAME, fault};
use crate::peer::tls;
use crate::{outcome, outcomes};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use verispec::value::Fault;
use verispec::verdict::Outcome;

/// `openssl ARGUMENTS`, in `dir`. `None`, and a word about it, where this machine has no openssl.
fn openssl(dir: &Path, arguments: &[&str], input: &str) -> Option<String> {
    let run = Command::new("openssl")
        .current_dir(dir)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut run) = run else {
        eprintln!("not compared with openssl: there is none");
        return None;
    };
    run.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let run = run.wait_with_output().unwrap();
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    Some(String::from_utf8(run.stdout).unwrap())
}

/// `openssl s_server`, for as long as this lives.
struct Served {
    child: Child,
    at: SocketAddr,
}

impl Served {
    fn new(dir: &Path, arguments: &[&str]) -> Served {
        let child = Command::new("openssl")
            .current_dir(dir)
            .args(["s_server", "-accept", "127.0.0.1:0", "-quiet", "-naccept", "100"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // Ended and waited for whatever comes.
        let mut served = Served { child, at: ([127, 0, 0, 1], 0).into() };
        // It does not say where it listens while it is quiet.
        for _ in 0..200 {
            if let Some(at) = listening(served.child.id()) {
                served.at = at;
                return served;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("{arguments:?}: openssl s_server does not listen");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port that a process listens at: proc_pid_fd(5), proc_pid_net(5).
fn listening(pid: u32) -> Option<SocketAddr> {
    let links = std::fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let links: Vec<_> = links.filter_map(|l| std::fs::read_link(l.ok()?.path()).ok()).collect();
    let table = BufReader::new(std::fs::File::open("/proc/net/tcp").ok()?);
    for line in table.lines().skip(1) {
        let line = line.ok()?;
        let words: Vec<_> = line.split_whitespace().collect();
        let socket = format!("socket:[{}]", words.get(9)?);
        if words.get(3) == Some(&"0A") && links.iter().any(|l| l.as_os_str() == socket.as_str()) {
            let port = u16::from_str_radix(words.get(1)?.split(':').nth(1)?, 16).ok()?;
            return Some(SocketAddr::new([127, 0, 0, 1].into(), port));
        }
    }
    None
}

/// What openssl says of the first certificate in `pem`, as a spec.
fn described(dir: &Path, pem: &str) -> String {
    let print = |what: &[&str]| {
        let printed = openssl(dir, &[&["x509", "-noout"], what].concat(), pem).unwrap();
        printed.trim_end().split_once('=').map(|(_, value)| value.to_owned()).unwrap_or(printed)
    };
    let mut spec = String::new();
    for (key, arguments) in [
        ("subject", &["-subject", "-nameopt", "RFC2253"][..]),
        ("issuer", &["-issuer", "-nameopt", "RFC2253"]),
        ("serial", &["-serial"]),
        ("not-before", &["-startdate", "-dateopt", "iso_8601"]),
        ("not-after", &["-enddate", "-dateopt", "iso_8601"]),
    ] {
        let value = print(arguments);
        // 2026-01-31 12:00:00Z
        let value = if key.starts_with("not-") { value.replacen(' ', "T", 1) } else { value };
        let _ = writeln!(spec, "{key} = '''{value}'''");
    }
    let fingerprint = print(&["-fingerprint", "-sha256"]).replace(':', "").to_lowercase();
    let _ = writeln!(spec, "fingerprint-sha256 = '{fingerprint}'");
    let text = openssl(dir, &["x509", "-noout", "-text"], pem).unwrap();
    let after = |mark: &str| text.split(mark).nth(1).and_then(|t| t.lines().next()).unwrap_or("").trim().to_owned();
    let algorithm = after("Signature Algorithm: ").to_lowercase();
    let _ = writeln!(spec, "signature-algorithm = {{ match-regexp = '(?i)^{algorithm}$' }}");
    let bits: String = after("Public-Key: (").chars().take_while(char::is_ascii_digit).collect();
    if !bits.is_empty() {
        let _ = writeln!(spec, "key-bits = {bits}");
    }
    let listed = text.lines().skip_while(|l| !l.contains("Subject Alternative Name")).nth(1).unwrap_or("");
    let listed: Vec<_> =
        listed.trim().split(", ").filter_map(|n| n.split_once(':')).map(|(_, n)| format!("'{n}'")).collect();
    let _ = writeln!(spec, "sans = {{ consist-of = [{}] }}", listed.join(", "));
    let _ = writeln!(spec, "is-ca = {}", text.contains("CA:TRUE"));
    spec
}

/// The first certificate of what `openssl s_client` says that a server shows.
fn shown(dir: &Path, at: SocketAddr, arguments: &[&str]) -> Option<String> {
    let at = at.to_string();
    let common = ["s_client", "-connect", &at, "-servername", NAME, "-showcerts"];
    openssl(dir, &[&common, arguments].concat(), "")
}

#[test]
fn what_a_server_shows_is_what_openssl_sees() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    let at = tls::serve(lab.good().config());
    let Some(pem) = shown(dir, at, &[]) else { return };
    lab.passes(at, &described(dir, &pem));
}

/// A root, a middle and a server's certificate, all of one algorithm, as openssl signs them.
fn chain(dir: &Path, algorithm: &[&str], digest: &str) -> Option<()> {
    fn new<'a>(key: &[&'a str], name: &'a str) -> Vec<&'a str> {
        [&["req", "-nodes", "-newkey"], key, &["-keyout", name]].concat()
    }
    let root = [
        new(algorithm, "root.key"),
        vec!["-x509", digest, "-days", "30", "-subj", "/CN=Openssl Root", "-out", "root.pem"],
    ];
    openssl(dir, &root.concat(), "")?;
    for (name, subject, by, extensions) in [
        ("middle", "/C=DE/O=A \\+ B, GmbH/CN=Openssl Middle", "root", "basicConstraints=critical,CA:TRUE\n"),
        (
            "leaf",
            "/O=Müller/CN=www.example.org",
            "middle",
            "subjectAltName=DNS:www.example.org,DNS:*.a.example,email:x@example.org\nbasicConstraints=CA:FALSE\n",
        ),
    ] {
        let (key, csr, pem) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.pem"));
        let request = [new(algorithm, &key), vec!["-utf8", "-subj", subject, "-out", &csr]].concat();
        openssl(dir, &request, "")?;
        std::fs::write(dir.join("extensions"), extensions).unwrap();
        let (ca, ca_key) = (format!("{by}.pem"), format!("{by}.key"));
        let sign = [
            "x509",
            "-req",
            digest,
            "-days",
            "20",
            "-in",
            &csr,
            "-CA",
            &ca,
            "-CAkey",
            &ca_key,
            "-CAcreateserial",
            "-extfile",
            "extensions",
            "-out",
            &pem,
        ];
        openssl(dir, &sign, "")?;
    }
    Some(())
}

#[test]
fn chains_of_every_algorithm_that_openssl_signs_are_described() {
    // What may be said of `chain`: true, or that it cannot be told here; a wrong `true` is none of them.
    let cases: [(&[&str], &str, &[&str], bool); 9] = [
        (&["rsa:2048"], "-sha256", &[], true),
        (&["rsa:2048"], "-sha512", &["-tls1_2"], true),
        (&["rsa:1024"], "-sha256", &["-tls1_2"], false),
        (&["rsa:1024"], "-sha1", &[], false),
        (&["rsa:2048"], "-sha1", &[], false),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-384"], "-sha384", &[], true),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "-sha512", &[], false),
        (&["ed448"], "-sha512", &[], false),
        (&["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], "-sha256", &[], false),
    ];
    for (key, digest, version, verifiable) in cases {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path();
        if chain(dir, key, digest).is_none() {
            return;
        }
        println!("{key:?} {digest} {version:?}");
        let weak = ["-cipher", "DEFAULT:@SECLEVEL=0"];
        let shows = ["-cert", "leaf.pem", "-key", "leaf.key", "-cert_chain", "middle.pem"];
        let served = Served::new(dir, &[&shows[..], &weak, version].concat());
        let pem = std::fs::read_to_string(dir.join("leaf.pem")).unwrap();
        let path = dir.join("root.pem");
        let entry =
            format!("[certificate.'tls://{}']\nserver-name = '{NAME}'\nroots = '{}'\n", served.at, path.display());
        let all = outcomes(&format!("{entry}{}hostname = '{NAME}'\n", described(dir, &pem)));
        assert!(all.iter().all(|(_, outcome)| *outcome == Outcome::Pass), "{all:#?}");
        let seen = shown(dir, served.at, &weak).unwrap();
        assert_eq!(described(dir, &seen), described(dir, &pem));
        let (yes, no) =
            (outcome(&format!("{entry}chain = true"), "chain"), outcome(&format!("{entry}chain = false"), "chain"));
        if verifiable {
            assert_eq!((yes, no), (Outcome::Pass, Outcome::Fail));
        } else {
            assert_ne!(yes, Outcome::Pass);
            println!("    chain: {yes:?}");
        }
    }
}

#[test]
fn servers_of_another_age_are_unknown_and_say_so() {
    let lab = Lab::new();
    let dir = lab.dir.path();
    if chain(dir, &["rsa:2048"], "-sha256").is_none() {
        return;
    }
    let old = ["-cert", "leaf.pem", "-key", "leaf.key", "-tls1_1", "-cipher", "DEFAULT:@SECLEVEL=0"];
    let why = fault(Served::new(dir, &old).at, "");
    assert!(matches!(&why, Fault::Unsupported(why) if why.contains("older than 1.2")), "{why}");
    let odd = ["-cert", "leaf.pem", "-key", "leaf.key", "-tls1_2", "-cipher", "AES128-SHA"];
    let why = fault(Served::new(dir, &odd).at, "");
    assert!(matches!(&why, Fault::Unsupported(why) if why.contains("none of the ciphers")), "{why}");
}
