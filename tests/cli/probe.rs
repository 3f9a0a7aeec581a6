//! `verispec probe` against servers that answer, and such as do not.

use crate::{Lab, Ran, run};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a probe is given here, and a busy machine beyond it.
const TIMEOUT: &str = "700ms";
const SOON: Duration = Duration::from_secs(4);

trait Peer: Read + Write {}
impl<T: Read + Write> Peer for T {}

/// The head of a request.
fn head(peer: &mut dyn Peer) -> String {
    let (mut head, mut byte) = (vec![], [0]);
    while !head.ends_with(b"\r\n\r\n") && peer.read(&mut byte).is_ok_and(|n| n == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

/// A server that talks so once it has been asked.
fn serve(talk: impl Fn(&str, &mut dyn Peer) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for peer in listener.incoming() {
            let mut peer = peer.unwrap();
            let asked = head(&mut peer);
            talk(&asked, &mut peer);
        }
    });
    address
}

/// A server that gives one answer.
fn answering(answer: impl Into<String>) -> SocketAddr {
    let answer = answer.into();
    serve(move |_, peer| drop(peer.write_all(answer.as_bytes())))
}

fn answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn probe(args: &[&str]) -> Ran {
    let lab = Lab::empty();
    let ran = lab.run(&[&["probe", "--timeout", TIMEOUT], args].concat());
    assert!(ran.took < SOON, "{ran}");
    ran
}

/// Asserts that the probe fails, with one line that says why.
#[track_caller]
fn fails(args: &[&str], why: &str) -> Ran {
    let ran = probe(args);
    ran.ended(1);
    assert!(ran.err.starts_with("verispec: ") && ran.err.lines().count() == 1 && ran.err.contains(why), "{ran}");
    ran
}

#[test]
fn what_the_server_says_is_printed_and_its_status_decides() {
    let well = answering(answer("200 OK", "ok\n12 pass, 0 fail, 0 unknown, 2 skip\n"));
    let ran = probe(&[&format!("http://{well}/healthz")]);
    assert_eq!(ran.ended(0).out, "ok\n12 pass, 0 fail, 0 unknown, 2 skip\n");
    assert_eq!(ran.err, "");
    probe(&[&format!("http://{}/", answering("HTTP/1.1 204 No Content\r\n\r\n"))]).ended(0);

    let ill = answering(answer("503 Service Unavailable", "failing\n11 pass, 1 fail\n"));
    let ran =
        fails(&[&format!("http://{ill}/healthz")], &format!("http://{ill}/healthz answers 503 Service Unavailable\n"));
    assert_eq!(ran.out, "failing\n11 pass, 1 fail\n");
    for status in ["100 Continue", "400 Bad Request", "500 Internal Server Error", "599 Odd"] {
        fails(&[&format!("http://{}/", answering(answer(status, "")))], "verispec: ");
    }
    fails(&[&format!("http://{}/x", answering(answer("404 Not Found", "")))], "is the path that of an endpoint?");
}

#[test]
fn one_request_is_made_and_it_says_what_it_has_to() {
    let asked = Arc::new(Mutex::new(vec![]));
    let heard = asked.clone();
    let server = serve(move |head, peer| {
        heard.lock().unwrap().push(head.to_owned());
        drop(peer.write_all(answer("200 OK", "").as_bytes()));
    });
    probe(&[&format!("http://{server}/healthz/live?x=1")]).ended(0);
    let asked = asked.lock().unwrap();
    let head = asked.concat().to_ascii_lowercase();
    assert!(head.starts_with("get /healthz/live?x=1 http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nhost: {server}\r\n")) && head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(!head.contains("authorization") && asked.len() == 1, "{asked:?}");
}

#[test]
fn a_redirect_is_no_health_and_says_where_it_leads() {
    for (location, leads) in [
        ("Location: /login?secret=1\r\n", "302 Found and leads to http://127.0.0.1:"),
        ("Location: https://other.example/x?t=secret\r\n", "leads to https://other.example/x,"),
        ("Location: mailto:x\r\n", "leads nowhere"),
        ("", "which is not followed"),
    ] {
        let server = answering(format!("HTTP/1.1 302 Found\r\n{location}Content-Length: 2\r\n\r\nno"));
        let ran = fails(&[&format!("http://{server}/")], leads);
        assert!(!ran.err.contains("secret"), "{ran}");
    }
}

#[test]
fn whoever_hangs_is_given_up_on_time_wherever_it_is() {
    let pause = || thread::sleep(Duration::from_millis(50));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let head = serve(move |_, peer| {
        let mut going = peer.write_all(b"HTTP/1.1 200 OK\r\n").is_ok();
        while going {
            pause();
            going = peer.write_all(b"X-A: 1\r\n").is_ok();
        }
    });
    let body = serve(move |_, peer| {
        let mut going = peer.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nok\n").is_ok();
        while going {
            pause();
            going = peer.write_all(b"x").is_ok();
        }
    });
    for address in [silent.local_addr().unwrap(), head, body] {
        let ran = fails(&[&format!("http://{address}/")], "timed out after 7");
        assert!(ran.took >= Duration::from_millis(700), "{ran}");
    }
    fails(&[&format!("https://{}/", silent.local_addr().unwrap())], "a TLS handshake with 127.0.0.1");
    // What came before it stopped is shown.
    let ran = probe(&[&format!("http://{body}/")]);
    assert!(ran.ended(1).out.starts_with("ok\nxx"), "{ran}");
}

#[test]
fn an_answer_without_end_is_cut_and_is_an_answer() {
    for (status, ended) in [("200 OK", 0), ("503 Service Unavailable", 1)] {
        let server = serve(move |_, peer| {
            let mut going = peer.write_all(format!("HTTP/1.1 {status}\r\n\r\nstart\n").as_bytes()).is_ok();
            while going {
                going = peer.write_all(&[b'x'; 1 << 16]).is_ok();
            }
        });
        let ran = probe(&[&format!("http://{server}/")]);
        ran.ended(ended);
        assert!(
            ran.out.starts_with("start\nxxx") && ran.out.ends_with("…\n") && ran.out.len() <= 4096,
            "{}",
            ran.out.len()
        );
    }
}

#[test]
fn an_answer_that_breaks_off_or_is_no_http_is_none() {
    fails(&[&format!("http://{}/", answering("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nok"))], "hung up before");
    fails(&[&format!("http://{}/", answering(""))], "hung up before the response headers");
    fails(&[&format!("http://{}/", answering("SSH-2.0-OpenSSH_9.2\r\n\r\n"))], "does not speak HTTP");
    fails(&[&format!("http://{}/", answering("\x1b[2J\0\0\r\n\r\n"))], "does not speak HTTP");
    let chunk = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n";
    fails(&[&format!("http://{}/", answering(chunk))], "not framed");
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    fails(&[&format!("http://{}/", answering(long))], "the response headers are longer");
}

#[test]
fn nothing_that_is_said_drives_a_terminal() {
    let ran = probe(&[&format!("http://{}/", answering(answer("200 OK", "ok\r\n\x1b[2Jx\x07\0")))]);
    assert_eq!(ran.ended(0).out, "ok\n\\u{1b}[2Jx\\u{7}\\u{0}\n");
    let place = answering("HTTP/1.1 302 Found\r\nLocation: x:\u{9b}2J\r\nContent-Length: 0\r\n\r\n");
    let ran = fails(&[&format!("http://{place}/")], "302 Found");
    assert!(!ran.err.trim_end().contains(char::is_control), "{ran}");
}

#[test]
fn where_nobody_listens_it_says_what_to_mend() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    fails(&[&format!("http://{closed}/healthz")], "connection refused: is `verispec serve` running");
    fails(&["unix:/nonexistent/v.sock"], "no such socket: is `verispec serve` running");
    fails(&["http://nosuch.invalid/"], "nosuch.invalid");
}

#[test]
fn a_unix_socket_is_asked_at_its_path() {
    let lab = Lab::empty();
    let socket = lab.path("v.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let asked = Arc::new(Mutex::new(vec![]));
    let heard = asked.clone();
    thread::spawn(move || {
        for peer in listener.incoming() {
            let mut peer = peer.unwrap();
            heard.lock().unwrap().push(head(&mut peer));
            drop(peer.write_all(answer("503 Service Unavailable", "stale\n").as_bytes()));
        }
    });
    let socket = socket.display();
    let ran = fails(&[&format!("unix:{socket}")], &format!("unix:{socket}:/healthz answers 503"));
    assert_eq!(ran.out, "stale\n");
    fails(&[&format!("unix://{socket}:/healthz/live")], &format!("unix:{socket}:/healthz/live answers 503"));
    let asked = asked.lock().unwrap();
    let targets: Vec<_> = asked.iter().filter_map(|head| head.split(' ').nth(1)).collect();
    assert_eq!(targets, ["/healthz", "/healthz/live"]);
}

#[test]
fn a_token_is_sent_and_never_shown() {
    let server = serve(|asked, peer| {
        let token =
            asked.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("authorization: ").map(|_| line));
        let (status, body) = match token {
            Some(line) if line.ends_with("Bearer s3cret-token") => ("200 OK", format!("hello {line}\n")),
            _ => ("401 Unauthorized", format!("not with {}\n", token.unwrap_or("nothing"))),
        };
        drop(peer.write_all(answer(status, &body).as_bytes()));
    });
    let url = format!("http://{server}/healthz");
    let lab = Lab::with("token", "s3cret-token\n");
    let asks = |file: &str| lab.run(&["probe", "--timeout", TIMEOUT, "--token-file", file, &url]);
    let ran = asks("token");
    assert!(ran.ended(0).out.starts_with("hello ") && !ran.out.contains("s3cret"), "{ran}");
    fails(&[&url], "401 Unauthorized: name a file with the token by `--token-file`");
    lab.write("other", "an0ther-token");
    let ran = asks("other");
    assert!(ran.ended(1).err.contains("it does not take this token"), "{ran}");
    assert!(!format!("{ran}").contains("an0ther"), "{ran}");
    lab.write("empty", " \n");
    lab.write("lines", "s3cret\ntoken\n");
    lab.write("control", "s3cret\x01token");
    lab.write("bytes", b"s3cret\xff");
    for file in ["empty", "lines", "control", "bytes", "gone", "."] {
        let ran = asks(file);
        assert!(
            ran.ended(1).err.lines().count() == 1 && !ran.err.contains("s3cret") && ran.out.is_empty(),
            "{file}: {ran}"
        );
    }
}

#[test]
fn proxies_of_the_environment_are_not_asked() {
    let proxy = format!("http://{}", answering(answer("200 OK", "a proxy\n")));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let lab = Lab::empty();
    // Neither for this host nor for another.
    for url in [format!("http://{closed}/"), "http://nosuch.invalid/".to_owned()] {
        let mut command = lab.command(&["probe", "--timeout", TIMEOUT, &url]);
        for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"] {
            command.env(name, &proxy);
        }
        run(&mut command).ended(1);
    }
}

/// A server over TLS for 127.0.0.1, and the root that vouches for it.
fn secure(body: &'static str) -> (SocketAddr, String) {
    let mut root = CertificateParams::new(vec![]).unwrap();
    root.distinguished_name.push(DnType::CommonName, "Probe Root");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let pem = root.self_signed(&root_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let own = own.signed_by(&key, &Issuer::from_params(&root, &root_key)).unwrap();
    let chain = vec![CertificateDer::from(own.der().to_vec())];
    let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for peer in listener.incoming() {
            let mut tls = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), peer.unwrap());
            if head(&mut tls).starts_with("GET ") {
                let _ = tls.write_all(answer("200 OK", body).as_bytes());
                tls.conn.send_close_notify();
                let _ = tls.flush();
            }
        }
    });
    (address, pem)
}

#[test]
fn who_is_not_trusted_is_not_asked() {
    let (server, pem) = secure("ok\n");
    let (_, other) = secure("");
    let lab = Lab::with("ca.pem", &pem);
    lab.write("other.pem", &other);
    lab.write("none.pem", "nothing");
    let url = format!("https://{server}/healthz");
    let asks = |args: &[&str]| lab.run(&[&["probe", "--timeout", "5s"], args, &[&url]].concat());
    assert_eq!(asks(&["--ca", "ca.pem"]).ended(0).out, "ok\n");
    assert_eq!(asks(&["--insecure"]).ended(0).out, "ok\n");
    for args in [&["--ca", "other.pem"][..], &["--ca", "none.pem"], &["--ca", "gone.pem"], &[]] {
        let ran = asks(args);
        assert!(ran.ended(1).out.is_empty() && ran.err.lines().count() == 1, "{args:?}: {ran}");
    }
    asks(&["--ca", "other.pem"]).says("is not trusted").says("name who is to be trusted with `--ca`");
    let named = lab.run(&["probe", "--ca", "ca.pem", &url.replace("127.0.0.1", "localhost")]);
    assert!(named.ended(1).err.contains("is not trusted"), "{named}");
    fails(&[&format!("http://{server}/")], "is it `https://`?");
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    thread::spawn(move || {
        let (mut peer, _) = plain.accept().unwrap();
        let _ = peer.write_all(answer("400 Bad Request", "").as_bytes());
        let _ = peer.read(&mut [0]);
    });
    fails(&[&url], "speaks no TLS");
}

#[test]
fn a_wrong_command_line_asks_nobody() {
    for args in [
        &[][..],
        &["127.0.0.1:8080"],
        &["ftp://h/"],
        &["unix:run.sock"],
        &["http://u:s3cret@h/"],
        &["--timeout", "soon", "http://h/"],
        &["--ca", "x", "http://h/"],
        &["--insecure", "unix:/run/v.sock"],
        &["--ca", "x", "--insecure", "https://h/"],
        &["http://h/", "http://h/"],
    ] {
        let ran = Lab::empty().run(&[&["probe"], args].concat());
        assert!(ran.ended(64).out.is_empty() && !ran.err.is_empty() && !ran.err.contains("s3cret"), "{args:?}: {ran}");
    }
}
