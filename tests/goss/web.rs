//! A small web server for entries of `http`.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

/// Serves until the test ends; the URLs that it knows, and some that it does not.
pub fn urls() -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(stream));
        }
    });
    let paths = ["text", "json", "none", "moved", "loop", "broken", "error", "twice", "echo?a=b", "hangs-up"];
    let mut urls: Vec<String> = paths.iter().map(|path| format!("http://127.0.0.1:{port}/{path}")).collect();
    urls.extend(
        ["http://127.0.0.1:1/", "http://nosuch.invalid/", "ftp://127.0.0.1/", "127.0.0.1:1"].map(str::to_owned),
    );
    urls
}

fn answer(stream: TcpStream) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let mut words = first.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (status, extra, body) = match path {
        "/text" => ("200 OK", "content-type: text/plain\r\nX-Foo: b\r\nx-foo: a\r\n", "foo\nbar 5\n!bang\n".to_owned()),
        "/json" => {
            ("200 OK", "Content-Type: application/json\r\n", r#"{"a": 1, "b": [1, "x"], "d": {"e": true}}"#.into())
        }
        "/none" => ("204 No Content", "", String::new()),
        "/moved" => ("302 Found", "Location: /text\r\n", "moved\n".into()),
        "/loop" => ("302 Found", "Location: /loop\r\n", "again\n".into()),
        "/error" => ("500 Oh", "ETag: \"x\"\r\n", "oh\n".into()),
        "/twice" => ("200 OK", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n", "5".into()),
        "/hangs-up" => return,
        "/broken" => ("404 Not Found", "Connection: close\r\n", "no\r\nsuch\r\n".into()),
        _ => {
            let told = headers.iter().map(|line| line.to_lowercase());
            let mut told: Vec<_> = told.filter(|l| l.starts_with("x-") || l.starts_with("authorization")).collect();
            told.sort();
            ("200 OK", "", format!("{method} {path}\n{}\n", told.join("\n")))
        }
    };
    let length = if status.starts_with("204") { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let body = if method == "HEAD" { "" } else { &body };
    _ = (&stream).write_all(format!("HTTP/1.1 {status}\r\n{extra}{length}\r\n{body}").as_bytes());
}
