use super::*;
use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn unix(path: &Path) -> Result<Listener, String> {
    listen(&Address::parse(&format!("unix:{}", path.display())).unwrap())
}

fn connected(path: &Path) -> UnixStream {
    let stream = UnixStream::connect(path).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream
}

#[test]
fn several_sockets_have_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("a.sock"), folder.path().join("b.sock")];
    let listeners: Vec<_> = [
        unix(&paths[0]).unwrap(),
        unix(&paths[1]).unwrap(),
        listen(&Address::parse("127.0.0.1:0").unwrap()).unwrap(),
        listen(&Address::parse("0.0.0.0:0").unwrap()).unwrap(),
    ]
    .into();
    assert_eq!(listeners.iter().map(Listener::is_loopback).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(listeners[0].to_string(), format!("unix:{}", paths[0].display()));
    let tcp: Vec<_> = listeners.iter().filter_map(Listener::address).collect();
    assert_eq!(listeners[2].to_string(), format!("http://{}", tcp[0]));
    let (stop, stopped) = Stop::new();
    let routes = vec![route("/healthz", |asked| Answer::text(200, &format!("{} for {}", asked.is_local, asked.peer)))];
    let thread = thread::spawn(move || serve(listeners, routes, SHORT, Arc::default(), stopped, Box::pin(async {})));
    for path in &paths {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o7777, 0o660);
        let answer = over(&mut connected(path), GET);
        assert!(status(&answer) == "200 OK" && answer.ends_with("\n\r\ntrue for unix\n"), "{answer}");
    }
    let tcp: Vec<_> = tcp.iter().map(|at| (Ipv4Addr::LOCALHOST, at.port())).collect();
    for (at, is_local) in tcp.iter().zip([true, false]) {
        let answer = over(&mut TcpStream::connect(at).unwrap(), GET);
        assert!(status(&answer) == "200 OK" && answer.contains(&format!("\n{is_local} for 127.0.0.1:")), "{answer}");
    }
    stop.stop();
    thread.join().unwrap().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert!(tcp.iter().all(|at| TcpStream::connect(at).is_err()));
}

#[test]
fn a_unix_client_that_takes_nothing_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let body = Bytes::from(vec![b'x'; 64 << 20]);
    let big = route("/healthz", move |_| Answer::new(200, "a/b", body.clone()));
    let server = Server::on(unix(&path).unwrap(), vec![big], SHORT);
    let mut client = connected(&path);
    client.write_all(GET.as_bytes()).unwrap();
    until("it comes", || server.counters.open() == 1);
    until("it is given up", || server.counters.open() == 0);
    assert!(rest(&mut client).len() < 64 << 20);
    server.end();
}

#[test]
fn a_socket_that_a_killed_server_left_is_replaced_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    // Its file stays.
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let first = unix(&path).unwrap();
    let why = unix(&path).err().unwrap();
    assert!(why.contains("somebody listens"), "{why}");
    assert!(UnixStream::connect(&path).is_ok());
    drop(first);
    assert!(!path.exists());

    fs::write(&path, "precious").unwrap();
    let why = unix(&path).err().unwrap();
    assert!(why.contains("something else"), "{why}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    fs::remove_file(&path).unwrap();

    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert!(unix(&path).err().unwrap().contains("something else"));
    fs::remove_file(&path).unwrap();

    let datagrams = UnixDatagram::bind(&path).unwrap();
    let why = unix(&path).err().unwrap();
    assert!(why.contains("whether it is in use"), "{why}");
    drop(datagrams);
    assert!(path.exists());
    assert!(unix(&folder.path().join("no/such/folder")).is_err());
}

#[test]
fn a_server_that_ends_leaves_the_socket_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let first = unix(&path).unwrap();
    fs::remove_file(&path).unwrap();
    let second = unix(&path).unwrap();
    drop(first);
    assert!(UnixStream::connect(&path).is_ok());
    drop(second);
    assert!(!path.exists());
}

#[test]
fn a_unix_socket_is_named_by_an_absolute_path() {
    let parsed = |text: &str| Address::parse(text);
    assert_eq!(parsed("unix:/run/v.sock"), Ok(Address::Unix("/run/v.sock".into())));
    assert!(parsed(&format!("unix:/{}", "x".repeat(106))).is_ok());
    assert!(matches!(parsed("unix.example:80"), Ok(Address::Tcp { .. })));
    for text in ["unix:", "unix:v.sock", "unix:/run/", "unix:@name", "unix:80", "unix:/a\0b"] {
        assert!(parsed(text).unwrap_err().contains("absolute path"), "{text}");
    }
    assert!(parsed(&format!("unix:/{}", "x".repeat(107))).unwrap_err().contains("107"));
}

/// What a process is that a service manager starts. It serves one request on each socket that it was given, or says why
/// it does not.
#[test]
#[ignore = "it is started by other tests, with sockets"]
fn activated() {
    match Listener::inherited() {
        Err(why) => println!("refused: {why}"),
        Ok(listeners) => {
            let left = ["LISTEN_PID", "LISTEN_FDS"].map(|name| std::env::var(name).is_ok());
            let named: Vec<_> = listeners.iter().map(|l| format!("{l} {}", l.is_loopback())).collect();
            println!("given: {named:?} {left:?}");
            if !listeners.is_empty() {
                let (stop, stopped) = Stop::new();
                let answered = AtomicUsize::new(0);
                let (count, stop) = (listeners.len(), std::sync::Mutex::new(Some(stop)));
                let health = route("/healthz", move |asked| {
                    if answered.fetch_add(1, Ordering::SeqCst) + 1 == count {
                        stop.lock().unwrap().take().unwrap().stop();
                    }
                    Answer::text(200, &format!("for {}", asked.peer))
                });
                serve(listeners, vec![health], SHORT, Arc::default(), stopped, Box::pin(async {})).unwrap();
            }
        }
    }
}

/// Starts it as systemd does: with sockets from descriptor 3 on, and variables that say so.
fn activate(sockets: Vec<OwnedFd>, pid: &str) -> Child {
    // The shell has the process's number before and after.
    let count = sockets.len();
    let script = format!("export LISTEN_PID={pid} LISTEN_FDS={count}; exec 3<&0 4>&1 1>&2; exec \"$@\" </dev/null");
    let mut sockets = sockets.into_iter();
    let mut handed = || sockets.next().map_or(Stdio::null(), Stdio::from);
    let mut command = Command::new("sh");
    command.args(["-c", &script, "sh"]).arg(std::env::current_exe().unwrap());
    command.args(["--exact", "serve::tests::sockets::activated", "--ignored", "--nocapture"]);
    command.stdin(handed()).stdout(handed()).stderr(Stdio::piped()).spawn().unwrap()
}

fn said(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    let line = said.lines().find_map(|line| line.find("given: ").or(line.find("refused: ")).map(|at| &line[at..]));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn sockets_that_the_service_manager_opened_are_served_and_stay_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (at, unix) = (tcp.local_addr().unwrap(), UnixListener::bind(&path).unwrap());
    // Who comes before the service is there waits for it.
    let mut early = connected(&path);
    early.write_all(GET.as_bytes()).unwrap();
    let child = activate(vec![tcp.into(), unix.into()], "$$");
    assert!(rest(&mut early).ends_with("for unix\n"));
    let mut stream = TcpStream::connect(at).unwrap();
    assert!(over(&mut stream, GET).contains("for 127.0.0.1"));
    let expected = format!("given: [\"http://{at} true\", \"unix:{} true\"] [false, false]", path.display());
    assert_eq!(said(child), expected);
    assert!(path.exists());
}

#[test]
fn sockets_for_another_process_are_not_touched() {
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    assert!(said(activate(vec![tcp.into()], "1")).starts_with("given: []"));
    assert!(said(activate(vec![], "$$")).starts_with("given: []"));
}

#[test]
fn what_cannot_be_listened_on_is_refused() {
    let everywhere = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let connection = TcpStream::connect((Ipv4Addr::LOCALHOST, everywhere.local_addr().unwrap().port())).unwrap();
    let refused = said(activate(vec![connection.into()], "$$"));
    assert!(refused.contains("socket 0") && refused.contains("Accept=no"), "{refused}");
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let refused = said(activate(vec![everywhere.into(), udp.into()], "$$"));
    assert!(refused.contains("socket 1") && refused.contains("no stream socket"), "{refused}");
    let file = fs::File::open("/dev/null").unwrap();
    assert!(said(activate(vec![file.into()], "$$")).contains("no stream socket"));
}
