use super::tokens::{Heard, private};
use super::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicBool;
use tempfile::TempDir;

type Secured = StreamOwned<ClientConnection, TcpStream>;

/// Who issues certificates.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new(name: &str) -> Authority {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Authority { params, key: KeyPair::generate().unwrap() }
    }

    fn pem(&self) -> String {
        self.params.self_signed(&self.key).unwrap().pem()
    }

    /// A certificate and its key.
    fn issues(&self, name: &str, until_year: i32) -> (String, String) {
        let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(until_year, 1, 1));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion], own: Option<(String, String)>) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).unwrap();
        let builder = builder.with_root_certificates(roots);
        match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
                builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()).unwrap()
            }
        }
    }
}

const ANY: &[&SupportedProtocolVersion] = rustls::ALL_VERSIONS;

/// A folder with what a server is given.
struct Files {
    folder: TempDir,
    authority: Authority,
    heard: Heard,
}

impl Files {
    fn new() -> Files {
        let files =
            Files { folder: tempfile::tempdir().unwrap(), authority: Authority::new("root"), heard: Heard::default() };
        files.renew(&files.authority.issues("first", 2100));
        files
    }

    fn renew(&self, (certificate, key): &(String, String)) {
        private(&self.folder.path().join("key.pem"), key);
        private(&self.folder.path().join("cert.pem"), certificate);
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn read(&self, client_ca: Option<&str>) -> Result<Arc<Tls>, String> {
        let client_ca = client_ca.map(|name| self.path(name));
        let files = TlsFiles { certificate: self.path("cert.pem"), key: self.path("key.pem"), client_ca };
        Tls::read(files, self.heard.tell())
    }

    fn serve(&self, client_ca: Option<&str>) -> Server {
        let listener = listen(&Address::parse("127.0.0.1:0").unwrap()).unwrap();
        let listener = listener.over_tls(&self.read(client_ca).unwrap());
        assert!(listener.to_string().starts_with("https://127.0.0.1:"));
        let health = route("/healthz", |asked| Answer::text(200, &format!("over TLS: {}", asked.over_tls)));
        Server::on(listener, vec![health], SHORT)
    }
}

fn secured(server: &Server, config: &ClientConfig) -> Secured {
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config.clone()), name).unwrap(), server.connect())
}

/// The name in the certificate that the server showed.
fn shown(stream: &Secured) -> String {
    let chain = stream.conn.peer_certificates().unwrap();
    let (_, certificate) = x509_parser::parse_x509_certificate(&chain[0]).unwrap();
    let name = certificate.subject().iter_common_name().next().unwrap();
    name.as_str().unwrap().to_owned()
}

/// How the server names itself to a new client.
fn named(server: &Server, config: &ClientConfig) -> String {
    let mut stream = secured(server, config);
    assert_eq!(status(&over(&mut stream, GET)), "200 OK");
    shown(&stream)
}

/// As long as something read from a file may be used.
const OLD: Duration = Duration::from_millis(150);

#[test]
fn requests_come_over_tls_1_2_and_1_3() {
    let files = Files::new();
    let server = files.serve(None);
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let mut config = files.authority.client(&[version], None);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let mut stream = secured(&server, &config);
        stream.write_all(GET.as_bytes()).unwrap();
        let mut answer = String::new();
        // It is told that this was all: without that, this is an error.
        stream.read_to_string(&mut answer).unwrap();
        assert!(status(&answer) == "200 OK" && answer.ends_with("over TLS: true\n"), "{answer}");
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
    }
    assert_eq!(files.heard.take(), []);
    server.end();
}

#[test]
fn who_does_not_speak_tls_is_dropped_and_holds_nobody_up() {
    let files = Files::new();
    let server = files.serve(None);
    let config = files.authority.client(ANY, None);
    let began = Instant::now();
    let mut silent = server.connect();
    let mut stopped = server.connect();
    stopped.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    let mut trickling = server.connect();
    let trickle = thread::spawn(move || {
        let began = Instant::now();
        // A record of 16 KiB that never comes to its end.
        while trickling.write_all(&[0x16, 3, 1, 0x3f, 0xff][..]).is_ok() && began.elapsed() < LONG {
            thread::sleep(Duration::from_millis(20));
        }
        began.elapsed()
    });
    let plain = server.get("/healthz");
    assert!(!plain.contains("200"), "{plain}");
    assert_eq!(named(&server, &config), "first");
    assert!(began.elapsed() < SHORT.head, "{:?}", began.elapsed());
    assert_eq!(rest(&mut silent), "");
    rest(&mut stopped);
    assert!(began.elapsed() >= SHORT.head && began.elapsed() < LONG / 2);
    assert!(trickle.join().unwrap() < LONG / 2);
    until("they are gone", || server.counters.open() == 0);
    assert_eq!(server.counters.failed_handshakes(), 3);
    assert!(server.end() < Duration::from_secs(1));
}

#[test]
fn a_handshake_that_hangs_does_not_hold_up_the_end() {
    let files = Files::new();
    let listener = listen(&Address::parse("127.0.0.1:0").unwrap()).unwrap().over_tls(&files.read(None).unwrap());
    let server = Server::on(listener, fine(), Bounds { head: LONG, drain: LONG, ..SHORT });
    let (_silent, mut half) = (server.connect(), server.connect());
    half.write_all(&[0x16, 3, 1, 2, 0, 1]).unwrap();
    until("both are in", || server.counters.open() == 2);
    assert!(server.end() < Duration::from_secs(1));
}

#[test]
fn a_slow_request_over_tls_is_dropped() {
    let files = Files::new();
    let server = files.serve(None);
    let mut stream = secured(&server, &files.authority.client(ANY, None));
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
    let began = Instant::now();
    assert_eq!(rest(&mut stream), "");
    assert!(began.elapsed() < LONG / 2);
    server.end();
}

#[test]
fn a_renewed_certificate_is_served_and_nobody_meets_half_of_it() {
    let files = Files::new();
    let server = files.serve(None);
    let config = files.authority.client(ANY, None);
    let mut kept = secured(&server, &config);
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert_eq!(kept.read(&mut [0; 4096]).map(|n| n > 0).ok(), Some(true));
    let done = AtomicBool::new(false);
    let names = thread::scope(|scope| {
        let ask = || {
            let mut names = vec![];
            while !done.load(Ordering::Relaxed) {
                names.push(named(&server, &config));
            }
            names
        };
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
        for name in ["second", "third"] {
            let (certificate, key) = files.authority.issues(name, 2100);
            // For a while, the key is not that of the certificate, and then half of that is there.
            private(&files.folder.path().join("key.pem"), &key);
            thread::sleep(OLD);
            fs::write(files.path("cert.pem"), &certificate[..certificate.len() / 2]).unwrap();
            thread::sleep(OLD);
            fs::write(files.path("cert.pem"), &certificate).unwrap();
            thread::sleep(OLD);
        }
        done.store(true, Ordering::Relaxed);
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect::<Vec<_>>()
    });
    for name in ["first", "second", "third"] {
        assert!(names.iter().any(|met| met == name), "nobody met {name}");
    }
    assert_eq!(named(&server, &config), "third");
    let told = files.heard.take();
    assert_eq!(told.iter().filter(|told| matches!(told, Told::Loaded(_))).count(), 2, "{told:?}");
    assert!(told.iter().any(|told| matches!(told, Told::Refused(why) if why.contains("not that of"))), "{told:?}");
    assert!(!format!("{told:?}").contains("PRIVATE"), "{told:?}");
    drop(kept);
    server.end();
}

#[test]
fn an_open_connection_outlives_its_certificate() {
    let files = Files::new();
    let listener = listen(&Address::parse("127.0.0.1:0").unwrap()).unwrap().over_tls(&files.read(None).unwrap());
    let server = Server::on(listener, fine(), Bounds { head: LONG, ..SHORT });
    let config = files.authority.client(ANY, None);
    let mut kept = secured(&server, &config);
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(kept.read(&mut [0; 4096]).unwrap() > 0);
    files.renew(&files.authority.issues("second", 2100));
    thread::sleep(OLD);
    assert_eq!(named(&server, &config), "second");
    assert_eq!(status(&over(&mut kept, GET)), "200 OK");
    assert_eq!(shown(&kept), "first");
    server.end();
}

#[test]
fn a_broken_renewal_leaves_the_old_certificate_in_use() {
    let files = Files::new();
    let server = files.serve(None);
    let config = files.authority.client(ANY, None);
    let (certificate, key) = files.authority.issues("second", 2100);
    let (_, other) = files.authority.issues("other", 2100);
    let breaks: &[(&str, &dyn Fn())] = &[
        ("not that of", &|| files.renew(&(certificate.clone(), other.clone()))),
        ("no private key", &|| files.renew(&(certificate.clone(), String::new()))),
        ("encrypted", &|| files.renew(&(certificate.clone(), key.replace("PRIVATE", "ENCRYPTED PRIVATE")))),
        ("no certificate", &|| files.renew(&(String::new(), key.clone()))),
        ("no certificate", &|| files.renew(&("rubbish".into(), key.clone()))),
        ("larger", &|| files.renew(&("x".repeat(2 << 20), key.clone()))),
        ("no such file", &|| fs::remove_file(files.path("cert.pem")).unwrap()),
    ];
    for (reason, breaks) in breaks {
        breaks();
        thread::sleep(OLD);
        assert_eq!(named(&server, &config), "first", "{reason}");
        let told = files.heard.take();
        assert!(matches!(&told[..], [Told::Refused(why)] if why.contains(reason)), "{reason}: {told:?}");
        assert_eq!(named(&server, &config), "first", "{reason}");
    }
    files.renew(&(certificate, key));
    thread::sleep(OLD);
    assert_eq!(named(&server, &config), "second");
    assert!(matches!(&files.heard.take()[..], [Told::Loaded(_)]));
    server.end();
}

#[test]
fn a_server_without_a_usable_pair_does_not_start() {
    let files = Files::new();
    let why = || files.read(None).err().unwrap();
    let good = files.authority.issues("a", 2100);
    files.renew(&(good.0.clone(), files.authority.issues("b", 2100).1));
    assert!(why().contains("is not that of the certificate"), "{}", why());
    files.renew(&(good.0.clone(), String::new()));
    assert!(why().contains("no private key"), "{}", why());
    files.renew(&(String::new(), good.1.clone()));
    assert!(why().contains("no certificate"), "{}", why());
    files.renew(&good);
    fs::write(files.path("ca.pem"), "rubbish").unwrap();
    assert!(files.read(Some("ca.pem")).err().unwrap().contains("ca.pem"));
    assert!(files.read(Some("none.pem")).err().unwrap().contains("no such file"));
    assert!(files.read(None).is_ok());
}

#[test]
fn an_expired_certificate_and_an_open_key_are_served_and_warned_of() {
    let files = Files::new();
    files.renew(&files.authority.issues("old", 2020));
    fs::set_permissions(files.path("key.pem"), Permissions::from_mode(0o644)).unwrap();
    let tls = files.read(None).unwrap();
    assert_eq!(tls.expires(), Some(date_time_ymd(2020, 1, 1)));
    let told = files.heard.take();
    assert!(
        matches!(&told[..], [Told::Warning(old), Told::Warning(open)]
            if old.contains("expired") && open.contains("everybody")),
        "{told:?}"
    );
}

#[test]
fn only_clients_with_a_certificate_of_the_right_authority_are_served() {
    let files = Files::new();
    let (ours, foreign) = (Authority::new("ours"), Authority::new("foreign"));
    private(&files.folder.path().join("ca.pem"), &ours.pem());
    let server = files.serve(Some("ca.pem"));
    for versions in [ANY, &[&rustls::version::TLS12]] {
        let client = |own| files.authority.client(versions, own);
        let ask = |config: &ClientConfig| over(&mut secured(&server, config), GET);
        let known = client(Some(ours.issues("client", 2100)));
        assert_eq!(status(&ask(&known)), "200 OK");
        // Again, with what the first session left.
        assert_eq!(status(&ask(&known)), "200 OK");
        for stranger in [None, Some(foreign.issues("client", 2100)), Some(ours.issues("client", 2020))] {
            assert_eq!(ask(&client(stranger)), "");
        }
    }
    // Whoever loses trust does so with the next connection.
    private(&files.folder.path().join("ca.pem"), &foreign.pem());
    let (known, other) = (ours.issues("client", 2100), foreign.issues("client", 2100));
    thread::sleep(OLD);
    assert_eq!(over(&mut secured(&server, &files.authority.client(ANY, Some(known))), GET), "");
    let answer = over(&mut secured(&server, &files.authority.client(ANY, Some(other))), GET);
    assert_eq!(status(&answer), "200 OK");
    server.end();
}

#[test]
fn a_unix_socket_stays_plain() {
    let files = Files::new();
    let path = files.path("a.sock");
    let listener = listen(&Address::Unix(path.clone())).unwrap().over_tls(&files.read(None).unwrap());
    assert_eq!(listener.to_string(), format!("unix:{path}"));
    let server = Server::on(listener, fine(), SHORT);
    let mut client = std::os::unix::net::UnixStream::connect(path).unwrap();
    assert_eq!(status(&over(&mut client, GET)), "200 OK");
    server.end();
}

#[test]
fn events_come_over_tls_and_end_with_the_server() {
    let files = Files::new();
    let listener = listen(&Address::parse("127.0.0.1:0").unwrap()).unwrap().over_tls(&files.read(None).unwrap());
    let feed = Feed::new();
    let own = feed.clone();
    let events = route("/healthz", move |_| Answer::events(own.listen()));
    let server = Server::on(listener, vec![events], SHORT);
    let mut stream = secured(&server, &files.authority.client(ANY, None));
    stream.write_all(GET.as_bytes()).unwrap();
    until("it listens", || server.counters.streams() == 1);
    feed.send(&[Event { name: "run", data: "x".into() }]);
    let ended = thread::spawn(move || rest(&mut stream));
    thread::sleep(SHORT.keepalive * 2);
    assert!(server.end() < Duration::from_secs(1));
    let said = ended.join().unwrap();
    assert!(said.contains("event: run\ndata: x\n\n") && said.contains(":\n\n"), "{said}");
}
