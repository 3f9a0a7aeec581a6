//! `autoadd`: what it writes passes, the second time it writes nothing, and what is not found is said.

use crate::Lab;
use std::net::TcpListener;

#[test]
fn what_words_lead_to_passes_at_once_and_is_there_the_second_time() {
    let lab = Lab::empty();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = format!("tcp4:{}", listener.local_addr().unwrap().port());
    let words = ["autoadd", "base-files", "root", "/etc/passwd", &port, "--depth", "1"];
    let ran = lab.run(&words);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let spec = lab.read("verispec.toml");
    for entry in
        ["[package.base-files]", "[user.root]", "[group.root]", "[file.\"/etc/passwd\"]", &format!("[port.\"{port}\"]")]
    {
        assert!(spec.contains(entry), "{entry} is not in {spec}");
    }
    let ran = lab.run(&["validate", "verispec.toml"]);
    assert_eq!(ran.status, 0, "{}", ran.out);
    assert_eq!(lab.run(&words).status, 0);
    assert_eq!(lab.read("verispec.toml"), spec);
}

#[test]
fn the_way_to_each_entry_stands_on_standard_error_and_leaves_what_is_printed_alone() {
    let lab = Lab::empty();
    let plain = lab.run(&["autoadd", "root", "--spec", "-"]);
    let told = lab.run(&["autoadd", "root", "--spec", "-", "--explain"]);
    assert_eq!((plain.status, &plain.out), (0, &told.out));
    assert!(told.err.contains("root\n  user root — a user of this name\n"), "{}", told.err);
    assert!(!lab.path("verispec.toml").exists());
}

#[test]
fn what_is_called_like_nothing_is_said_and_nothing_is_written() {
    let lab = Lab::empty();
    let ran = lab.run(&["autoadd", "rooot"]);
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("`rooot`: nothing on this host is called so; did you mean `root`?"), "{}", ran.err);
    assert!(!lab.path("verispec.toml").exists());
    let ran = lab.run(&["autoadd", "root", "no\u{1b}[31m-such-thing"]);
    assert!(ran.status == 1 && !ran.err.contains('\u{1b}'), "{}", ran.err);
    assert!(lab.read("verispec.toml").contains("[user.root]"), "the other word is followed all the same");
}
