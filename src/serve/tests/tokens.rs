use super::*;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Mutex;

/// What was told so far.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<Told>>>);

impl Heard {
    pub(super) fn tell(&self) -> Tell {
        let heard = self.0.clone();
        Arc::new(move |told| heard.lock().unwrap().push(told))
    }

    pub(super) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// A file as it is to be: for its owner alone.
pub(super) fn private(path: &Path, text: &str) {
    // Never half there: as those who renew a file do it.
    let new = path.with_extension("new");
    fs::write(&new, text).unwrap();
    fs::set_permissions(&new, Permissions::from_mode(0o600)).unwrap();
    fs::rename(new, path).unwrap();
}

fn guarded(token: Token) -> Vec<Route> {
    let endpoint: Endpoint = Arc::new(move |asked| {
        let token = token.clone();
        Box::pin(async move {
            assert!(!format!("{asked:?}").contains("s3cret"));
            Answer::text(if token.admits(&asked).await { 200 } else { 401 }, "")
        })
    });
    vec![Route { path: "/healthz".into(), endpoint }]
}

fn asks(server: &Server, headers: &str) -> String {
    let answer = server.ask(&format!("GET /healthz HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n"));
    status(&answer).to_owned()
}

/// As long as something read from a file may be used.
const OLD: Duration = Duration::from_millis(150);

#[test]
fn nobody_gets_in_with_less_than_the_very_token() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    private(&path, "s3cret\n");
    let heard = Heard::default();
    let server = Server::start(guarded(Token::read(path.to_str().unwrap(), heard.tell()).unwrap()), SHORT);
    for headers in ["Authorization: Bearer s3cret\r\n", "authorization: bearer s3cret\r\n"] {
        assert_eq!(asks(&server, headers), "200 OK", "{headers}");
    }
    for headers in [
        "",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer \r\n",
        "Authorization: s3cret\r\n",
        "Authorization: Basic s3cret\r\n",
        "Authorization: Bearer s3cre\r\n",
        "Authorization: Bearer s3cret,\r\n",
        "Authorization: Bearer S3CRET\r\n",
        "Authorization: Bearer s3cret, Bearer x\r\n",
        "Authorization: Bearer s3cret\r\nAuthorization: Bearer s3cret\r\n",
        "Authorization: Bearer x\r\nAuthorization: Bearer s3cret\r\n",
        "Authorization: Bearer s3cret\u{e9}\r\n",
        "Proxy-Authorization: Bearer s3cret\r\n",
        "Cookie: Authorization=Bearer s3cret\r\n",
    ] {
        assert_eq!(asks(&server, headers), "401 Unauthorized", "{headers}");
    }
    assert_eq!(heard.take(), []);
    server.end();
}

#[test]
fn a_changed_token_counts_at_once_and_without_its_file_nobody_gets_in() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    private(&path, "one");
    let heard = Heard::default();
    let server = Server::start(guarded(Token::read(path.to_str().unwrap(), heard.tell()).unwrap()), SHORT);
    let (one, two) = ("Authorization: Bearer one\r\n", "Authorization: Bearer two\r\n");
    assert_eq!((asks(&server, one), asks(&server, two)), ("200 OK".into(), "401 Unauthorized".into()));
    // Of the same length, in place, and maybe within the clock's last tick.
    fs::write(&path, "two").unwrap();
    thread::sleep(OLD);
    assert_eq!((asks(&server, one), asks(&server, two)), ("401 Unauthorized".into(), "200 OK".into()));
    assert!(matches!(&heard.take()[..], [Told::Loaded(_)]));
    for broken in [Some(""), Some("two words"), None] {
        match broken {
            Some(text) => fs::write(&path, text).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        thread::sleep(OLD);
        assert_eq!((asks(&server, one), asks(&server, two)), ("401 Unauthorized".into(), "401 Unauthorized".into()));
        let told = heard.take();
        assert!(matches!(&told[..], [Told::Refused(why)] if !why.contains("two words")), "{told:?}");
    }
    // Of what is not mended, nothing is told again.
    thread::sleep(OLD);
    assert_eq!(asks(&server, two), "401 Unauthorized");
    assert_eq!(heard.take(), []);
    private(&path, "one");
    thread::sleep(OLD);
    assert_eq!(asks(&server, one), "200 OK");
    server.end();
}

#[test]
fn a_token_that_everybody_may_read_is_warned_of_and_one_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    let heard = Heard::default();
    let read = || Token::read(path.to_str().unwrap(), heard.tell()).err();
    assert!(read().unwrap().contains("no such file"));
    private(&path, "\n");
    assert!(read().unwrap().contains("empty"));
    private(&path, &"x".repeat(2 << 20));
    assert!(read().unwrap().contains("larger"));
    private(&path, "x");
    fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
    assert_eq!(read(), None);
    assert!(matches!(&heard.take()[..], [Told::Warning(why)] if why.contains("everybody")));
}
