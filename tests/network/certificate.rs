//! `certificate` of live servers.

use crate::peer::lines::{self, listener};
use crate::peer::network::isolated;
use crate::peer::tls::{self, Authority, Shown, days};
use crate::{outcome, outcomes, outcomes_within};
use rcgen::{ExtendedKeyUsagePurpose, KeyPair};
use rustls::version::{TLS12, TLS13};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use verispec::value::Fault;
use verispec::verdict::Outcome;

mod openssl;
mod starttls;

const NAME: &str = "www.example.org";

/// A root in a file, an authority under it, and specs that trust the root.
struct Lab {
    dir: tempfile::TempDir,
    root: Authority,
    middle: Authority,
}

impl Lab {
    fn new() -> Lab {
        let root = Authority::root("Lab Root");
        let middle = root.under("Lab Middle", |_| {});
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("roots.pem"), &root.pem).unwrap();
        Lab { dir, root, middle }
    }

    fn good(&self) -> Shown {
        self.middle.server(&[NAME, "127.0.0.1"], |_| {}).with(&self.middle)
    }

    fn spec(&self, at: SocketAddr, keys: &str) -> String {
        let roots = self.dir.path().join("roots.pem");
        format!("[certificate.\"tls://{at}\"]\nroots = \"{}\"\nserver-name = \"{NAME}\"\n{keys}\n", roots.display())
    }

    fn outcome(&self, at: SocketAddr, keys: &str) -> Outcome {
        let key = keys.lines().last().unwrap().split(' ').next().unwrap().to_owned();
        outcome(&self.spec(at, keys), &key)
    }

    /// Whether `keys` all pass, and the certificate is there.
    fn passes(&self, at: SocketAddr, keys: &str) {
        let all = outcomes(&self.spec(at, keys));
        assert!(all.iter().all(|(_, outcome)| *outcome == Outcome::Pass), "{keys}: {all:?}");
    }

    fn fails(&self, at: SocketAddr, keys: &str) {
        assert_eq!(self.outcome(at, keys), Outcome::Fail, "{keys}");
    }
}

/// The fault, of presence and of a key both ways round alike.
fn fault(at: SocketAddr, settings: &str) -> Fault {
    let spec = |keys: &str| format!("[certificate.\"tls://{at}\"]\n{settings}\n{keys}\n");
    let mut faults = Vec::new();
    for keys in ["is-ca = false", "is-ca = true", "is-ca = { not = true }", "exists = false", "expires-in = '< 1d'"] {
        for (key, outcome) in outcomes_within(&spec(keys), Duration::from_millis(400)) {
            match outcome {
                Outcome::Unknown(fault) => faults.push(fault),
                other => panic!("{keys}: {key}: {other:?}"),
            }
        }
    }
    faults.swap_remove(0)
}

/// Nothing passes, whichever way round it is asked, and all of it is a failure.
fn observed_wrong(at: SocketAddr, settings: &str) {
    for keys in ["is-ca = false", "is-ca = { not = false }", "exists = false", "expires-in = '> 1d'"] {
        let all = outcomes(&format!("[certificate.\"tls://{at}\"]\n{settings}\n{keys}\n"));
        assert!(all.iter().all(|(_, outcome)| *outcome == Outcome::Fail), "{keys}: {all:?}");
    }
}

#[test]
fn a_good_chain_is_described_and_trusted() {
    let lab = Lab::new();
    let at = tls::serve(lab.good().config());
    lab.passes(
        at,
        &format!(
            r#"expires-in = {{ between = ["99d", "101d"] }}
not-before = "< {before}"
not-after = "> {before}"
subject = "CN={NAME}"
issuer = "CN=Lab Middle"
sans = {{ consist-of = ["{NAME}", "127.0.0.1"] }}
key-type = "ec"
key-bits = 256
signature-algorithm = "ecdsa-with-SHA256"
self-signed = false
is-ca = false
hostname = ["{NAME}", "127.0.0.1"]
chain = true
chain-expires-in = "> 99d""#,
            before = days(0).date()
        ),
    );
    let fails = [
        "expires-in = '> 200d'",
        "subject = 'CN=x'",
        "issuer = 'CN=x'",
        "sans = { consist-of = [] }",
        "serial = '00'",
        "key-type = 'rsa'",
        "key-bits = '> 256'",
        "signature-algorithm = 'ed25519'",
        "fingerprint-sha256 = '00'",
        "self-signed = true",
        "is-ca = true",
        "hostname = 'www.example.com'",
        "chain = false",
        "chain-expires-in = '> 200d'",
        "not-before = '> 2100-01-01'",
        "not-after = '> 2100-01-01'",
        "matches-key = '/etc/passwd'",
        "exists = false",
    ];
    for keys in fails {
        lab.fails(at, keys);
    }
}

#[test]
fn a_chain_that_nobody_trusts_is_still_described() {
    let lab = Lab::new();
    let other = Authority::root("Other Root");
    let old = lab.root.under("Old Middle", |p| p.not_after = days(-1));
    let early = |p: &mut rcgen::CertificateParams| p.not_before = days(2);
    let expired = |p: &mut rcgen::CertificateParams| p.not_after = days(-2);
    let client = |p: &mut rcgen::CertificateParams| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let cases: [(&str, Shown, &str); 8] = [
        ("expired", lab.middle.server(&[NAME], expired).with(&lab.middle), "expires-in = '< 0d'"),
        ("not yet valid", lab.middle.server(&[NAME], early).with(&lab.middle), "not-before = '> 2000-01-01'"),
        ("an expired issuer", old.server(&[NAME], |_| {}).with(&old), "chain-expires-in = '< 0d'"),
        ("no issuer", lab.middle.server(&[NAME], |_| {}), "chain-expires-in = '> 99d'"),
        ("another root", other.server(&[NAME], |_| {}).with(&other), "issuer = 'CN=Other Root'"),
        ("self-signed", Shown::self_signed(&[NAME], |_| {}), "self-signed = true"),
        ("a CA's own", Shown { pem: other.pem.clone(), key: String::new() }, "is-ca = true"),
        ("for clients", lab.middle.server(&[NAME], client).with(&lab.middle), "expires-in = '> 99d'"),
    ];
    for (what, shown, key) in cases {
        let shown = if shown.key.is_empty() {
            Shown::self_signed(&[NAME], |p| p.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained))
        } else {
            shown
        };
        let at = tls::serve(shown.config());
        println!("{what}");
        lab.passes(at, key);
        lab.fails(at, "chain = true");
        lab.passes(at, "chain = false");
        if what != "a CA's own" {
            lab.passes(at, &format!("hostname = '{NAME}'"));
        }
    }
}

#[test]
fn a_wrong_name_is_the_business_of_hostname_alone() {
    let lab = Lab::new();
    let at = tls::serve(lab.middle.server(&["other.example.org"], |_| {}).with(&lab.middle).config());
    lab.passes(at, "chain = true");
    lab.fails(at, &format!("hostname = '{NAME}'"));
    lab.passes(at, "hostname = 'other.example.org'");
}

#[test]
fn certificates_that_are_no_part_of_the_chain_do_not_break_it_and_their_end_is_told() {
    let lab = Lab::new();
    let stray = Authority::root("Stray").under("Stray Middle", |p| p.not_after = days(3));
    let at = tls::serve(lab.good().with(&stray).with(&lab.root).config());
    lab.passes(at, "chain = true");
    lab.passes(at, "chain-expires-in = '< 4d'");
    lab.passes(at, "expires-in = '> 99d'");
}

#[test]
fn keys_of_each_type_are_told() {
    let lab = Lab::new();
    for (algorithm, kind, bits) in [
        (&rcgen::PKCS_ECDSA_P256_SHA256, "ec", 256),
        (&rcgen::PKCS_ECDSA_P384_SHA384, "ec", 384),
        (&rcgen::PKCS_ED25519, "ed25519", 256),
    ] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        std::fs::write(lab.dir.path().join("key.pem"), key.serialize_pem()).unwrap();
        let at = tls::serve(lab.middle.server_with(key, &[NAME], |_| {}).with(&lab.middle).config());
        let path = lab.dir.path().join("key.pem");
        let key = format!("key-type = '{kind}'\nkey-bits = {bits}\nchain = true\nmatches-key = '{}'", path.display());
        lab.passes(at, &key);
    }
}

#[test]
fn a_server_without_its_key_is_not_trusted_and_is_described() {
    let lab = Lab::new();
    for versions in [&[&TLS12], &[&TLS13]] {
        let (good, other) = (lab.good(), lab.good());
        let at = tls::serve(Shown { pem: good.pem, key: other.key }.config_of(versions, None));
        lab.fails(at, "chain = true");
        lab.passes(at, "chain = false");
        lab.passes(at, &format!("hostname = '{NAME}'"));
    }
}

#[test]
fn a_server_that_wants_a_client_certificate_still_shows_its_own() {
    let lab = Lab::new();
    for versions in [&[&TLS12], &[&TLS13]] {
        let at = tls::serve(lab.good().config_for(versions, &lab.root));
        lab.passes(at, "chain = true");
    }
}

#[test]
fn the_name_asked_for_decides_what_is_shown_and_an_address_asks_for_none() {
    let lab = Lab::new();
    let other = lab.middle.server(&["default.example.org"], |_| {}).with(&lab.middle);
    let at = tls::serve(tls::by_name(NAME, &lab.good(), &other));
    lab.passes(at, &format!("subject = 'CN={NAME}'"));
    assert_eq!(
        outcome(&format!("[certificate.\"tls://{at}\"]\nsubject = 'CN=default.example.org'"), "subject"),
        Outcome::Pass
    );
    let spec =
        format!("[certificate.\"tls://{at}\"]\nserver-name = 'x.example.org'\nsubject = 'CN=default.example.org'");
    assert_eq!(outcome(&spec, "subject"), Outcome::Pass);
}

#[test]
fn where_nobody_listens_there_is_no_certificate() {
    let at = lines::closed();
    let all = outcomes(&format!("[certificate.\"tls://{at}\"]\nexists = false\nis-ca = false"));
    assert_eq!(all[0].1, Outcome::Pass);
    let all = outcomes(&format!("[certificate.\"tls://{at}\"]\nis-ca = false\nhostname = 'x'"));
    assert_eq!(all[0].1, Outcome::Fail);
    assert!(all[1..].iter().all(|(_, outcome)| matches!(outcome, Outcome::Skip(_))), "{all:?}");
}

#[test]
fn a_host_without_a_way_there_knows_nothing_of_the_other_end() {
    let entry = |name: &str, keys: &str| format!("[certificate.\"{name} {keys}\"]\npath = \"tls://{name}\"\n{keys}\n");
    let names = ["192.0.2.1", "10.7.0.1", "[2001:db8::1]", "[::1]", "mixed.example", "[fe80::1%none0]"];
    let mut spec: String =
        names.iter().flat_map(|name| ["exists = false", "is-ca = false"].map(|k| entry(name, k))).collect();
    spec += &entry("both.example", "exists = false");
    spec += "[http.\"https://192.0.2.1/\"]\nstatus = 200\n[http.\"http://both.example/\"]\nstatus = 200\n";
    // Who refuses over one family is heard where the other leads nowhere, and not where one of its own does.
    let hosts = "127.0.0.1 both.example\n::1 both.example\n127.0.0.1 mixed.example\n192.0.2.7 mixed.example\n";
    let setup = format!(
        "printf '{hosts}' > hosts && mount --bind hosts /etc/hosts && ip route add unreachable 10.7.0.0/16 && \
         echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"
    );
    let Some(all) = isolated(&setup, "", &spec) else { return };
    for (key, (outcome, why)) in &all {
        let expected = match key.as_str() {
            "both.example exists = false.exists" => "pass",
            key if key.starts_with("http://both.example/") => "fail",
            _ => "unknown",
        };
        assert_eq!(outcome, expected, "{key}: {why}");
    }
    assert!(all.len() > 2 * names.len(), "{all:?}");
}

#[test]
fn what_answers_without_tls_is_wrong_whichever_way_round_it_is_asked() {
    observed_wrong(listener(drop), "");
    observed_wrong(tls::answers(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "");
    observed_wrong(tls::says(b"220 mail.example.org ESMTP\r\n"), "");
    observed_wrong(tls::says(&[0xff; 100]), "");
    observed_wrong(tls::says(b"x"), "");
    // unrecognized_name
    observed_wrong(tls::answers(&[21, 3, 3, 0, 2, 2, 112]), "");
}

#[test]
fn what_cannot_be_seen_is_unknown_and_says_why() {
    let lab = Lab::new();
    let began = Instant::now();
    let silent = fault(tls::says(b""), "");
    assert!(
        matches!(&silent, Fault::TimedOut(what, _) if what.contains("a TLS handshake with 127.0.0.1:")),
        "{silent}"
    );
    let slow = fault(tls::trickle(lab.good().config(), Duration::from_millis(20)), "");
    assert!(matches!(slow, Fault::TimedOut(..)), "{slow}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    // A handshake message, ServerHello, of 16 MiB less one byte.
    let huge = fault(tls::answers(&[22, 3, 3, 0, 8, 2, 0xff, 0xff, 0xff, 3, 3, 0, 0]), "");
    assert!(huge.to_string().contains("more than the 64 KiB"), "{huge}");
    let alerts = [(70, "older than 1.2"), (40, "none of the ciphers"), (80, "`internal_error`")];
    for (alert, words) in alerts {
        let bytes: &'static [u8] = vec![21, 3, 3, 0, 2, 2, alert].leak();
        let why = fault(tls::answers(bytes), "").to_string();
        assert!(why.contains(words), "{why}");
    }
}

#[test]
fn bytes_that_trickle_in_time_are_a_handshake() {
    let lab = Lab::new();
    let at = tls::trickle(lab.good().config(), Duration::from_micros(200));
    lab.passes(at, "chain = true");
}

#[test]
fn roots_that_are_not_there_leave_the_chain_unknown_and_all_else_known() {
    let lab = Lab::new();
    let at = tls::serve(lab.good().config());
    let spec = format!("[certificate.\"tls://{at}\"]\nroots = '/nowhere'\nis-ca = false\nchain = true");
    assert!(matches!(outcome(&spec, "chain"), Outcome::Unknown(Fault::Failed(_))));
    assert_eq!(outcome(&spec, "is-ca"), Outcome::Pass);
    let spec = spec.replace("= true", "= false");
    assert!(matches!(outcome(&spec, "chain"), Outcome::Unknown(Fault::Failed(_))));
}

#[test]
fn a_thousand_servers_are_asked_in_seconds() {
    let lab = Lab::new();
    let at = tls::serve(lab.good().config());
    let spec: String = (0..1_000)
        .map(|i| {
            lab.spec(at, "chain = true").replace(&format!("\"tls://{at}\"]"), &format!("n{i}]\npath = 'tls://{at}'"))
        })
        .collect();
    let began = Instant::now();
    let all = outcomes_within(&spec, Duration::from_secs(30));
    println!("1,000 handshakes of both sides in {:?}", began.elapsed());
    assert!(
        all.iter().all(|(_, outcome)| *outcome == Outcome::Pass),
        "{:?}",
        all.iter().find(|(_, o)| *o != Outcome::Pass)
    );
}
