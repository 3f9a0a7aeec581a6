use super::*;
use crate::host::TreeFiles;
use crate::value::Value;
use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, SerialNumber, date_time_ymd};
use std::sync::Arc;

type Signer<'a> = Issuer<'a, &'a KeyPair>;

/// The 22nd of November 2026.
fn now() -> OffsetDateTime {
    date_time_ymd(2026, 11, 22)
}

fn params(names: &[&str]) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 1, 1);
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("no name"));
    params
}

fn ca(name: &str) -> CertificateParams {
    let mut params = params(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

/// A root, an intermediate and a server, in PEM.
struct Chain {
    root: String,
    middle: String,
    leaf: String,
    key: KeyPair,
}

fn chain(leaf: CertificateParams) -> Chain {
    let (root_key, middle_key, key) =
        (KeyPair::generate().unwrap(), KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (root, middle) = (ca("Test Root"), ca("Test Middle"));
    let root_pem = root.self_signed(&root_key).unwrap().pem();
    let middle_pem = middle.signed_by(&middle_key, &Signer::from_params(&root, &root_key)).unwrap().pem();
    let leaf = leaf.signed_by(&key, &Signer::from_params(&middle, &middle_key)).unwrap().pem();
    Chain { root: root_pem, middle: middle_pem, leaf, key }
}

fn host(files: &[(&str, &str)]) -> Host {
    let tree: String = files.iter().map(|(path, text)| format!("-- {path}\n{text}\n")).collect();
    Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), now())
}

fn probe(host: &Host, roots: Option<&str>) -> Result<Option<Certificate>, Fault> {
    let roots = roots.map(|r| Path::parse(r).unwrap());
    Certificate::probe(host, &Target::parse("/c.pem").unwrap(), &How { roots, ..How::default() })
}

fn read(certificate: &Certificate, key: &str, argument: &str) -> Result<Value, Fault> {
    Certificate::KEYS.iter().find(|k| k.info().name == key).unwrap().read(certificate, argument)
}

fn of(pem: &str) -> Certificate {
    probe(&host(&[("/c.pem", pem)]), None).unwrap().unwrap()
}

fn is_unfit<T: std::fmt::Debug>(result: &Result<T, Fault>, part: &str) -> bool {
    matches!(result, Err(Fault::Unfit(why)) if why.contains(part))
}

#[test]
fn a_target_is_a_path_or_an_endpoint_of_a_live_machine() {
    for right in
        ["tls://example.org:443", "tls://example.org", "tls://[::1]:8443", "tls://[::1]", "tls://[fe80::1%eth0]:1"]
    {
        assert!(matches!(Target::parse(right), Ok(Target::Live(_))), "{right}");
    }
    for wrong in
        ["site.pem", "tls://", "tls://example.org:0", "tls://:443", "tls://a b:1", "tls://::1", "tls://a/b", ""]
    {
        assert!(Target::parse(wrong).is_err(), "{wrong}");
    }
    for wrong in ["tls:localhost:443", "tls:/localhost:443"] {
        assert!(Target::parse(wrong).unwrap_err().contains("write `tls://localhost:443`"), "{wrong}");
    }
    let live = Certificate::probe(&host(&[]), &Target::parse("tls://localhost:443").unwrap(), &How::default());
    assert!(matches!(live, Err(Fault::Unsupported(_))));
}

#[test]
fn what_is_left_is_negative_once_it_has_expired() {
    let mut expired = params(&["a.example"]);
    expired.not_after = date_time_ymd(2026, 11, 20);
    let expired = of(&chain(expired).leaf);
    assert_eq!(read(&expired, "expires-in", ""), Ok(Value::Duration(time::Duration::days(-2))));
    assert_eq!(read(&expired, "not-after", ""), Ok(Value::Time(date_time_ymd(2026, 11, 20))));
    assert_eq!(read(&expired, "not-before", ""), Ok(Value::Time(date_time_ymd(2026, 1, 1))));
}

#[test]
fn of_a_bundle_the_first_is_the_certificate_and_the_earliest_expiry_is_the_chains() {
    let mut late = params(&["a.example"]);
    late.not_after = date_time_ymd(2028, 1, 1);
    let Chain { middle, leaf, key, .. } = chain(late);
    let text = format!("subject=a comment\r\n{leaf}{}{middle}", key.serialize_pem());
    let bundle = of(&text);
    assert_eq!(read(&bundle, "subject", ""), Ok(Value::Text("CN=a.example".into())));
    assert_eq!(read(&bundle, "is-ca", ""), Ok(Value::Bool(false)));
    assert_eq!(read(&bundle, "not-after", ""), Ok(Value::Time(date_time_ymd(2028, 1, 1))));
    assert_eq!(read(&bundle, "chain-expires-in", ""), Ok(Value::Duration(time::Duration::days(40))));
    let turned = of(&format!("{middle}{leaf}"));
    assert_eq!(read(&turned, "subject", ""), Ok(Value::Text("CN=Test Middle".into())));
    assert_eq!(read(&turned, "is-ca", ""), Ok(Value::Bool(true)));
}

#[test]
fn a_file_without_a_certificate_fails_every_key_and_presence_and_says_why() {
    let Chain { leaf, key, .. } = chain(params(&["a.example"]));
    let cut = &leaf[..leaf.len() / 2];
    let garbled = leaf.replacen("MII", "M!I", 1);
    let cases = [
        ("", "it is neither PEM nor DER"),
        ("no certificate", "neither PEM nor DER"),
        (&key.serialize_pem(), "it holds a PRIVATE KEY"),
        (cut, "is cut off"),
        (&garbled, "not in base64"),
        (&format!("{leaf}{cut}"), "is cut off"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "cannot be parsed"),
    ];
    for (text, why) in cases {
        let certificate = of(text);
        assert!(is_unfit(&certificate.present(), why), "{text}: {:?}", certificate.present());
        for column in Certificate::KEYS {
            let value = column.read(&certificate, "/k");
            assert!(is_unfit(&value, why), "{}: {value:?}", column.info().name);
        }
    }
    let there = |tree: &str| {
        let tree = Arc::new(TreeFiles::parse(tree).unwrap());
        probe(&Host::offline(tree, now()), None).map(|c| c.is_some())
    };
    assert_eq!(there(""), Ok(false));
    assert!(matches!(there("-- /c.pem denied\n"), Err(Fault::Denied(_))));
    assert!(matches!(there("-- /c.pem/\n"), Err(Fault::Unfit(_))));
}

#[test]
fn der_is_read_whole_or_not_at_all() {
    let der = params(&["a.example"]).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
    assert_eq!(bundle::parse(&der), Ok(vec![der.clone()]));
    assert!(bundle::parse(&der[..der.len() - 1]).is_err());
    assert_eq!(bundle::parse(&[&der[..], b"x"].concat()), Err("1 bytes stand behind the certificate".into()));
}

#[test]
fn names_are_matched_as_tls_clients_match_them() {
    let mut wild = params(&["*.example.org", "xn--mnchen-3ya.example", "192.0.2.7", "2001:db8::7"]);
    wild.subject_alt_names.push(SanType::Rfc822Name("a@example.org".try_into().unwrap()));
    let wild = of(&chain(wild).leaf);
    for good in ["www.example.org", "WWW.Example.ORG", "xn--mnchen-3ya.example", "192.0.2.7", "2001:db8:0::7"] {
        assert_eq!(read(&wild, "hostname", good), Ok(Value::Text(good.into())));
    }
    for bad in ["example.org", "a.b.example.org", "www.example.com", "192.0.2.8", "wwwexample.org"] {
        let value = read(&wild, "hostname", bad);
        assert!(is_unfit(&value, "it is for *.example.org, "), "{bad}: {value:?}");
    }
    let sans = ["*.example.org", "xn--mnchen-3ya.example", "192.0.2.7", "2001:db8::7", "a@example.org"];
    assert_eq!(read(&wild, "sans", ""), Ok(Value::List(sans.iter().map(|s| Value::Text((*s).into())).collect())));
    let none = of(&chain(params(&[])).leaf);
    assert!(is_unfit(&read(&none, "hostname", "no-name"), "no subject alternative names"));
    assert_eq!(read(&none, "sans", ""), Ok(Value::List(vec![])));
    for wrong in ["münchen.example", "*.example.org", "", "a b"] {
        assert!(valid_host(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_chain_leads_to_a_root_or_says_what_is_missing() {
    let Chain { root, middle, leaf, .. } = chain(params(&["a.example"]));
    let full = format!("{leaf}{middle}");
    let files = |bundle: &str| host(&[("/c.pem", bundle), ("/r.pem", &root), ("/etc/ssl/cert.pem", &middle)]);
    let verdict = |bundle: &str, roots| read(&probe(&files(bundle), roots).unwrap().unwrap(), "chain", "");
    assert_eq!(verdict(&full, Some("/r.pem")), Ok(Value::Bool(true)));
    let missing = "`CN=Test Middle`, which issued `CN=a.example`, is neither with it nor among the roots";
    assert_eq!(verdict(&leaf, Some("/r.pem")), Ok(Value::No(missing.into())));
    assert_eq!(verdict(&leaf, None), Ok(Value::Bool(true)), "the host's own store");
    let other = chain(params(&["b.example"])).root;
    let stranger = host(&[("/c.pem", &full), ("/r.pem", &other)]);
    assert!(matches!(
        read(&probe(&stranger, Some("/r.pem")).unwrap().unwrap(), "chain", ""),
        Ok(Value::No(why)) if why.contains("`CN=Test Root`") || why.contains("does not verify")
    ));
}

#[test]
fn roots_that_cannot_be_read_say_nothing_of_the_certificate() {
    let Chain { leaf, .. } = chain(params(&["a.example"]));
    let host = host(&[("/c.pem", &leaf), ("/bad.pem", "x")]);
    let fault = |roots| read(&probe(&host, roots).unwrap().unwrap(), "chain", "").unwrap_err();
    assert!(matches!(fault(None), Fault::Unsupported(why) if why.contains("set `roots`")));
    assert!(matches!(fault(Some("/none.pem")), Fault::Failed(_)));
    assert!(matches!(fault(Some("/bad.pem")), Fault::Malformed(_)));
    assert!(matches!(fault(Some("/")), Fault::Failed(_)));
}

#[test]
fn a_chain_that_is_not_current_is_not_valid() {
    let (mut expired, mut early) = (params(&["a.example"]), params(&["a.example"]));
    expired.not_after = date_time_ymd(2026, 11, 20);
    early.not_before = date_time_ymd(2026, 12, 24);
    for (leaf, why) in [(expired, "expired on 2026-11-20"), (early, "not valid before 2026-12-24")] {
        let Chain { root, middle, leaf, .. } = chain(leaf);
        let host = host(&[("/c.pem", &format!("{leaf}{middle}")), ("/r.pem", &root)]);
        let value = read(&probe(&host, Some("/r.pem")).unwrap().unwrap(), "chain", "");
        assert!(matches!(&value, Ok(Value::No(no)) if no.contains(why)), "{value:?}");
    }
}

#[test]
fn a_root_that_has_expired_is_nobodys_root() {
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (mut old, mut early) = (ca("Old Root"), ca("Early Root"));
    old.not_after = date_time_ymd(2026, 11, 20);
    early.not_before = date_time_ymd(2026, 12, 24);
    for (root, why) in [(old, "expired on 2026-11-20"), (early, "not valid before 2026-12-24")] {
        let leaf = params(&["a.example"]).signed_by(&key, &Signer::from_params(&root, &root_key)).unwrap().pem();
        let root = root.self_signed(&root_key).unwrap().pem();
        for bundle in [leaf.clone(), format!("{leaf}{root}")] {
            let host = host(&[("/c.pem", &bundle), ("/r.pem", &root)]);
            let value = read(&probe(&host, Some("/r.pem")).unwrap().unwrap(), "chain", "");
            assert!(matches!(&value, Ok(Value::No(no)) if no.contains(why)), "{value:?}");
        }
    }
}

#[test]
fn a_certificate_that_is_itself_a_root_is_trusted_while_it_is_valid() {
    let key = KeyPair::generate().unwrap();
    let own = ca("own").self_signed(&key).unwrap().pem();
    let mut old = ca("old");
    old.not_after = date_time_ymd(2026, 1, 2);
    let old = old.self_signed(&key).unwrap().pem();
    let verdict = |pem: &str, roots: &str| {
        let host = host(&[("/c.pem", pem), ("/r.pem", roots)]);
        read(&probe(&host, Some("/r.pem")).unwrap().unwrap(), "chain", "")
    };
    assert_eq!(verdict(&own, &own), Ok(Value::Bool(true)));
    assert!(matches!(verdict(&old, &old), Ok(Value::No(why)) if why.contains("expired on 2026-01-02")));
    assert!(matches!(verdict(&own, &old), Ok(Value::No(why)) if why.contains("signed by itself")));
    let plain = params(&["a.example"]).self_signed(&key).unwrap().pem();
    assert!(matches!(verdict(&plain, &own), Ok(Value::No(why)) if why.contains("signed by itself")));
}

#[test]
fn a_server_is_trusted_if_its_name_its_chain_its_time_and_its_use_are_right() {
    let der = |pem: &str| bundle::parse(pem.as_bytes()).unwrap();
    let judged = |leaf: CertificateParams, name: &str, with_middle: bool, other_root: bool| {
        let Chain { root, middle, leaf, .. } = chain(leaf);
        let root = if other_root { chain(params(&["x"])).root } else { root };
        let shown = der(&if with_middle { format!("{leaf}{middle}") } else { leaf });
        trusted(&host(&[("/r.pem", &root)]), &shown, name, Some(&Path::parse("/r.pem").unwrap()))
    };
    let used = |usage: rcgen::ExtendedKeyUsagePurpose| {
        let mut params = params(&["a.example"]);
        params.extended_key_usages = vec![usage];
        params
    };
    let (plain, good) = (|| params(&["a.example"]), "a.example");
    assert_eq!(judged(plain(), good, true, false), Ok(Ok(())));
    assert_eq!(judged(used(rcgen::ExtendedKeyUsagePurpose::ServerAuth), good, true, false), Ok(Ok(())));
    assert_eq!(judged(used(rcgen::ExtendedKeyUsagePurpose::Any), good, true, false), Ok(Ok(())));
    let no = |result: Result<Result<(), String>, Fault>, part: &str| {
        assert!(matches!(&result, Ok(Err(why)) if why.contains(part)), "{part}: {result:?}");
    };
    no(judged(used(rcgen::ExtendedKeyUsagePurpose::ClientAuth), good, true, false), "is not for servers");
    no(judged(plain(), "b.example", true, false), "it is for a.example");
    no(judged(plain(), good, false, false), "`CN=Test Middle`");
    let mut expired = plain();
    expired.not_after = date_time_ymd(2026, 11, 20);
    no(judged(expired, good, true, false), "expired on 2026-11-20");
    // A root of the right name and another key.
    no(judged(plain(), good, true, true), "a signature of the chain does not verify");
    no(trusted(&host(&[]), &[], good, None), "cannot be parsed");
    no(trusted(&host(&[]), &[vec![0x30]], good, None), "cannot be parsed");
    // One that may not sign, and does.
    let (key, under) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let (root, mut middle) = (ca("Root"), params(&["m.example"]));
    middle.is_ca = IsCa::ExplicitNoCa;
    let middle_pem = middle.signed_by(&under, &Signer::from_params(&root, &key)).unwrap().pem();
    let leaf = plain().signed_by(&KeyPair::generate().unwrap(), &Signer::from_params(&middle, &under)).unwrap().pem();
    let root = host(&[("/r.pem", &root.self_signed(&key).unwrap().pem())]);
    let shown = der(&format!("{leaf}{middle_pem}"));
    no(trusted(&root, &shown, good, Some(&Path::parse("/r.pem").unwrap())), "may not sign others");
}

/// As OpenSSL 3 and Go judge them; `openssl verify -purpose sslserver` says the same of each.
#[test]
fn nobody_vouches_whose_own_certificate_does_not_let_it() {
    let judged = |root: CertificateParams, middle: CertificateParams, leaf: CertificateParams| {
        let [a, b, c] = [(); 3].map(|()| KeyPair::generate().unwrap());
        let middle_pem = middle.signed_by(&b, &Signer::from_params(&root, &a)).unwrap().pem();
        let leaf = leaf.signed_by(&c, &Signer::from_params(&middle, &b)).unwrap().pem();
        let host = host(&[("/r.pem", &root.self_signed(&a).unwrap().pem())]);
        let shown = bundle::parse(format!("{leaf}{middle_pem}").as_bytes()).unwrap();
        trusted(&host, &shown, "a.example", Some(&Path::parse("/r.pem").unwrap())).unwrap()
    };
    let using = |mut params: CertificateParams, usage: rcgen::KeyUsagePurpose| {
        params.key_usages = vec![usage];
        params
    };
    let named = |name: &str, is_ca: IsCa| {
        let mut params = ca(name);
        params.is_ca = is_ca;
        params
    };
    let leaf = || params(&["a.example"]);
    use rcgen::KeyUsagePurpose::{DigitalSignature, KeyCertSign, KeyEncipherment};
    for (root, middle, leaf) in [
        (using(ca("R"), KeyCertSign), using(ca("M"), KeyCertSign), using(leaf(), DigitalSignature)),
        (using(named("R", IsCa::NoCa), KeyCertSign), ca("M"), using(leaf(), KeyEncipherment)),
    ] {
        assert_eq!(judged(root, middle, leaf), Ok(()));
    }
    for (root, middle, leaf, part) in [
        (ca("R"), using(ca("M"), DigitalSignature), leaf(), "may not sign others"),
        (using(ca("R"), DigitalSignature), ca("M"), leaf(), "of the root `CN=R`, which issued `CN=M`: it may not sign"),
        (named("R", IsCa::ExplicitNoCa), ca("M"), leaf(), "it may not sign others"),
        (named("R", IsCa::NoCa), ca("M"), leaf(), "it may not sign others"),
        (ca("R"), ca("M"), using(leaf(), KeyCertSign), "key usage is not that of a server"),
    ] {
        let judged = judged(root, middle, leaf);
        assert!(judged.as_ref().is_err_and(|why| why.contains(part)), "{part}: {judged:?}");
    }
}

#[test]
fn policies_that_others_heed_leave_the_chain_and_the_names_open() {
    let critical = |oid: &[u64], content: &[u8]| {
        let mut params = params(&["a.example"]);
        let mut extension = rcgen::CustomExtension::from_oid_content(oid, content.to_vec());
        extension.set_criticality(true);
        params.custom_extensions.push(extension);
        let Chain { root, middle, leaf, .. } = chain(params);
        let host = host(&[("/c.pem", &format!("{leaf}{middle}")), ("/r.pem", &root)]);
        probe(&host, Some("/r.pem")).unwrap().unwrap()
    };
    // inhibitAnyPolicy, and one of nobody's.
    let (policy, strange) = (critical(&[2, 5, 29, 54], &[2, 1, 2]), critical(&[1, 2, 3, 4], &[5, 0]));
    for key in ["chain", "hostname"] {
        let value = read(&policy, key, "a.example");
        assert!(matches!(&value, Err(Fault::Unsupported(why)) if why.contains("policies")), "{key}: {value:?}");
    }
    assert!(matches!(read(&strange, "chain", ""), Ok(Value::No(why)) if why.contains("that is not known")));
    assert!(is_unfit(&read(&strange, "hostname", "a.example"), "clients refuse it"));
}

#[test]
fn self_signed_means_by_its_own_key_and_not_only_by_its_own_name() {
    let (mine, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let name = ca("same name");
    let own = name.self_signed(&mine).unwrap().pem();
    assert_eq!(read(&of(&own), "self-signed", ""), Ok(Value::Bool(true)));
    let by_namesake = name.signed_by(&mine, &Signer::from_params(&name, &other)).unwrap().pem();
    assert_eq!(read(&of(&by_namesake), "self-signed", ""), Ok(Value::Bool(false)));
    assert_eq!(read(&of(&chain(params(&["a.example"])).leaf), "self-signed", ""), Ok(Value::Bool(false)));
}

#[test]
fn a_private_key_is_the_certificates_or_another_and_is_never_shown() {
    for algorithm in [&rcgen::PKCS_ECDSA_P256_SHA256, &rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let (key, other) = (KeyPair::generate_for(algorithm).unwrap(), KeyPair::generate_for(algorithm).unwrap());
        let pem = params(&["a.example"]).self_signed(&key).unwrap().pem();
        let (mine, theirs) = (key.serialize_pem(), other.serialize_pem());
        let host = host(&[
            ("/c.pem", &pem),
            ("/mine", &mine),
            ("/theirs", &theirs),
            ("/cut", &mine[..mine.len() / 2]),
            ("/both", &format!("{pem}{mine}")),
            ("/locked", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----"),
        ]);
        let certificate = probe(&host, None).unwrap().unwrap();
        let verdict = |path: &str| read(&certificate, "matches-key", path);
        assert_eq!(verdict("/mine"), Ok(Value::Text("/mine".into())));
        assert_eq!(verdict("/both"), Ok(Value::Text("/both".into())));
        assert!(is_unfit(&verdict("/theirs"), "is another one"));
        assert!(is_unfit(&verdict("/none"), "is not there"));
        assert!(is_unfit(&verdict("/c.pem"), "holds no private key"));
        assert!(is_unfit(&verdict("/cut"), "is cut off"));
        assert!(matches!(verdict("/locked"), Err(Fault::Unsupported(_))));
        let secret = mine.lines().nth(1).unwrap();
        for path in ["/theirs", "/cut"] {
            assert!(!format!("{:?}", verdict(path)).contains(secret));
        }
    }
    let (p256, ed) = (KeyPair::generate().unwrap(), KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap());
    let pem = params(&["a.example"]).self_signed(&p256).unwrap().pem();
    let tree = format!("-- /c.pem\n{pem}\n-- /ed\n{}\n-- /no denied\n", ed.serialize_pem());
    let host = Host::offline(Arc::new(TreeFiles::parse(&tree).unwrap()), now());
    let certificate = probe(&host, None).unwrap().unwrap();
    assert!(is_unfit(&read(&certificate, "matches-key", "/ed"), "is for ed25519, the certificate is for ec"));
    assert!(matches!(read(&certificate, "matches-key", "/no"), Err(Fault::Denied(_))));
}

#[test]
fn serial_numbers_are_printed_as_openssl_prints_them() {
    assert_eq!(serial(&[0]), "00");
    assert_eq!(serial(&[0, 0xab, 0x0c]), "AB0C");
    assert_eq!(serial(&[0x0a]), "0A");
    assert_eq!(serial(&[0xff]), "-01");
    let mut numbered = params(&["a.example"]);
    numbered.serial_number = Some(SerialNumber::from_slice(&[1, 0, 255]));
    assert_eq!(read(&of(&chain(numbered).leaf), "serial", ""), Ok(Value::Text("0100FF".into())));
}

/// `openssl ARGUMENTS`, in `dir`. `None` where this machine has no openssl.
fn openssl(dir: &std::path::Path, arguments: &[&str]) -> Option<String> {
    let run = std::process::Command::new("openssl").current_dir(dir).args(arguments).output().ok()?;
    assert!(run.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    Some(String::from_utf8(run.stdout).unwrap())
}

#[test]
fn keys_names_and_algorithms_are_those_of_openssl() {
    let dir = tempfile::tempdir().unwrap();
    let kinds: [(&[&str], &str, u64); 9] = [
        (&["rsa:2048", "-sha384"], "rsa", 2048),
        (&["rsa:1024"], "rsa", 1024),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "ec", 256),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha512"], "ec", 384),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], "ec", 521),
        (&["ec", "-pkeyopt", "ec_paramgen_curve:secp256k1"], "ec", 256),
        (&["ed25519"], "ed25519", 256),
        (&["ed448"], "ed448", 456),
        (&["rsa-pss", "-pkeyopt", "rsa_keygen_bits:2048"], "rsa", 2048),
    ];
    let subject =
        "/C=DE/O=M\u{fc}, \"ller\" <x>;\\\\ + Co /OU= lead+L=two/CN=#x/emailAddress=a@b/DC=org/UID=u/serialNumber=7";
    for (index, (algorithm, kind, bits)) in kinds.iter().enumerate() {
        let (c, k) = (format!("c{index}.pem"), format!("k{index}.pem"));
        let fixed = ["req", "-x509", "-nodes", "-utf8", "-multivalue-rdn", "-days", "30", "-subj", subject];
        let names =
            ["-addext", "subjectAltName=DNS:a.example,IP:::1,email:x@y,URI:http://u", "-out", &c, "-keyout", &k];
        let arguments = [&fixed[..], &names, &["-newkey"], algorithm].concat();
        if openssl(dir.path(), &arguments).is_none() {
            return;
        }
        let host = Host::local();
        let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let target = Target::parse(&at(&c)).unwrap();
        let certificate = Certificate::probe(&host, &target, &How::default()).unwrap().unwrap();
        let text = |key: &str| match read(&certificate, key, "") {
            Ok(Value::Text(text)) => text,
            other => panic!("{key}: {other:?}"),
        };
        let print = |what: &[&str]| {
            let printed = openssl(dir.path(), &[&["x509", "-noout", "-in", &c], what].concat()).unwrap();
            printed.trim_end().split_once('=').map(|(_, value)| value.to_owned()).unwrap_or(printed)
        };
        assert_eq!(text("subject"), print(&["-subject", "-nameopt", "RFC2253"]));
        assert_eq!(text("issuer"), print(&["-issuer", "-nameopt", "RFC2253"]));
        assert_eq!(text("serial"), print(&["-serial"]));
        let fingerprint = print(&["-fingerprint", "-sha256"]).replace(':', "").to_lowercase();
        assert_eq!(text("fingerprint-sha256"), fingerprint);
        let all = openssl(dir.path(), &["x509", "-noout", "-text", "-in", &c]).unwrap();
        let algorithm = format!("Signature Algorithm: {}", text("signature-algorithm")).to_lowercase();
        assert!(all.to_lowercase().contains(&algorithm), "{algorithm}\n{all}");
        assert_eq!(
            (text("key-type").as_str(), read(&certificate, "key-bits", "")),
            (*kind, Ok(Value::Int(*bits as i64)))
        );
        match read(&certificate, "self-signed", "") {
            Ok(value) => assert_eq!(value, Value::Bool(true), "{algorithm}"),
            Err(fault) => assert!(matches!(fault, Fault::Unsupported(_)), "{fault}"),
        }
        let belongs = read(&certificate, "matches-key", &at(&k));
        match *kind {
            "ed448" => assert!(matches!(belongs, Err(Fault::Unsupported(_)))),
            _ => assert!(belongs.is_ok(), "{algorithm}: {belongs:?}"),
        }
        if index == 4 {
            let another = ["ecparam", "-name", "secp521r1", "-genkey", "-noout", "-out", "another.pem"];
            openssl(dir.path(), &another);
            assert!(is_unfit(&read(&certificate, "matches-key", &at("another.pem")), "is another one"));
            assert!(is_unfit(&read(&certificate, "matches-key", &at("k3.pem")), "is for another curve"));
        }
        if *kind == "rsa" && index > 0 {
            assert!(is_unfit(&read(&certificate, "matches-key", &at("k0.pem")), "is another one"));
        }
        if index == 0 || index == 2 {
            let old = format!("old{index}.pem");
            openssl(dir.path(), &["pkey", "-in", &k, "-traditional", "-out", &old]);
            assert!(read(&certificate, "matches-key", &at(&old)).is_ok(), "PKCS #1 and SEC 1");
        }
    }
    assert!(openssl(dir.path(), &["x509", "-in", "c1.pem", "-outform", "DER", "-out", "c.der"]).is_some());
    let der = std::fs::read(dir.path().join("c.der")).unwrap();
    assert_eq!(bundle::parse(&std::fs::read(dir.path().join("c1.pem")).unwrap()), Ok(vec![der.clone()]));
    openssl(dir.path(), &["x509", "-in", "c1.pem", "-trustout", "-addtrust", "serverAuth", "-out", "t.pem"]);
    assert_eq!(bundle::parse(&std::fs::read(dir.path().join("t.pem")).unwrap()), Ok(vec![der]));
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), at in 0usize..400, with: u8) {
        let _ = bundle::parse(&bytes);
        let armoured = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", String::from_utf8_lossy(&bytes));
        let _ = bundle::parse(armoured.as_bytes());
        // One byte changed in a certificate that reads: most still do, with one field gone odd.
        let mut der = CHANGED.clone();
        let at = at % der.len();
        der[at] = with;
        let bundle = Bundle::Found(vec![der]);
        let host = host(&[("/etc/ssl/cert.pem", &ROOT)]);
        let certificate = Certificate { host, roots: None, bundle, proof: None };
        for column in Certificate::KEYS {
            let _ = column.read(&certificate, if column.info().name == "hostname" { "a.example" } else { "/k" });
        }
    }
}

static ROOT: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| chain(params(&["a.example"])).root);
static CHANGED: std::sync::LazyLock<Vec<u8>> = std::sync::LazyLock::new(|| {
    params(&["a.example", "192.0.2.1"]).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
});
