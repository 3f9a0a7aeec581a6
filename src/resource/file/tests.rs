use super::*;
use crate::host::TreeFiles;
use std::sync::Arc;

const TREE: &str = r#"-- /etc/passwd
root:x:0:0:root:/root:/bin/sh
www:x:33:33::/srv/www/:/bin/sh
-- /etc/group
root:x:0:
-- /srv/www/app.json 0640 33:44 mtime=1000000000
{"port": 8080, "name": null, "hosts": ["a", "b"]}
-- /srv/www/broken.json
{"port": 8080,
 "x"
}
-- /srv/link -> www/app.json
-- /srv/dangling -> nowhere
-- /srv/loop -> loop
-- /srv/secret denied
-- /srv/app.yaml
port: 8080
-- /srv/app.ini
[server]
port = 8080
"#;

fn host(tree: &str) -> Host {
    let now = OffsetDateTime::from_unix_timestamp(1_000_086_400).unwrap();
    Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), now)
}

fn probe(path: &str) -> Result<Option<File>, Fault> {
    File::probe(&host(TREE), &FilePath::parse(path).unwrap(), &())
}

fn file(path: &str) -> File {
    probe(path).unwrap().unwrap()
}

/// Every key that needs no text, read.
fn read(file: &File, name: &str, argument: &str) -> Result<Value, Fault> {
    File::KEYS.iter().find(|k| k.info().name == name).unwrap().read(file, argument)
}

#[test]
fn a_path_is_absolute_or_below_a_home() {
    assert_eq!(&*file("~www/app.json").path, "/srv/www/app.json");
    assert_eq!(&*file("~www/").path, "/srv/www");
    assert!(matches!(probe("~nobody/x"), Err(Fault::Failed(_))));
    assert!(matches!(probe("~/x"), Err(Fault::Unsupported(_))), "a tree is run by nobody");
    assert!(FilePath::parse("etc/passwd").is_err());
    assert!(FilePath::parse("~\0").is_err());
    assert!(matches!(FilePath::parse("~/x").map(|p| p.on(&Host::local())), Ok(Ok(path)) if path.ends_with("/x")));
}

#[test]
fn ids_without_a_name_are_text_and_a_missing_table_is_a_fault_of_names_alone() {
    let app = file("/srv/www/app.json");
    assert_eq!((app.owner().as_deref(), app.group().as_deref()), (Ok("www"), Ok("44")));
    let bare = File::probe(&host("-- /x 0600 1:2\n"), &FilePath::parse("/x").unwrap(), &()).unwrap().unwrap();
    assert!(bare.owner().is_err() && bare.group().is_err());
    assert_eq!(read(&bare, "uid", ""), Ok(Value::Int(1)));
    assert_eq!(read(&bare, "gid", ""), Ok(Value::Int(2)));
}

#[test]
fn of_a_link_the_contents_and_the_age_are_the_targets_and_all_else_its_own() {
    let link = file("/srv/link");
    assert_eq!(read(&link, "filetype", ""), Ok(Value::Text("symlink".into())));
    assert_eq!(read(&link, "linked-to", ""), Ok(Value::Text("www/app.json".into())));
    assert_eq!(read(&link, "age", ""), Ok(Value::Duration(Duration::days(1))));
    assert_eq!(read(&link, "mode", ""), Ok(Value::Mode(Mode(0o777))));
    assert_eq!(link.content(), file("/srv/www/app.json").content());
    assert_eq!(read(&file("/srv/www/app.json"), "linked-to", ""), Ok(Value::Absent));
}

#[test]
fn what_leads_to_nothing_has_no_contents_and_what_is_denied_is_unknown() {
    let dangling = file("/srv/dangling");
    for key in ["contents", "sha256", "age"] {
        assert!(matches!(read(&dangling, key, ""), Err(Fault::Unfit(_))), "{key}");
    }
    assert!(matches!(read(&file("/srv/loop"), "contents", ""), Err(Fault::Failed(_))));
    assert!(matches!(read(&file("/srv/www"), "contents", ""), Err(Fault::Unfit(_))));
    for key in ["contents", "md5", "sha256", "sha512"] {
        assert!(matches!(read(&file("/srv/secret"), key, ""), Err(Fault::Denied(_))), "{key}");
    }
    assert!(matches!(read(&file("/srv/secret"), "json", "port"), Err(Fault::Denied(_))));
    assert!(probe("/srv/none").unwrap().is_none());
}

#[test]
fn a_mode_may_be_narrower_and_never_wider() {
    let app = file("/srv/www/app.json");
    assert_eq!(app.beyond("0640"), Ok(vec![]));
    assert_eq!(app.beyond("0660"), Ok(vec![]));
    assert_eq!(app.beyond("0600"), Ok(vec!["the mode is 0640: 0040 is too much".to_owned()]));
    assert!(matches!(read(&app, "mode-at-most", "0711"), Err(Fault::Unfit(_))), "0640 is less and has another bit");
    assert_eq!(read(&app, "mode-at-most", "0644"), Ok(Value::Text("0644".into())));
    assert!((MODE.check)("0999").is_err());
}

#[test]
fn hashes_are_those_of_the_tools() {
    let empty = File::probe(&host("-- /x\n"), &FilePath::parse("/x").unwrap(), &()).unwrap().unwrap();
    assert_eq!(empty.digest(Algorithm::Md5).as_deref(), Ok("d41d8cd98f00b204e9800998ecf8427e"));
    let sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(empty.digest(Algorithm::Sha256).as_deref(), Ok(sha256));
    assert_eq!(empty.digest(Algorithm::Sha512).map(|d| d.len()), Ok(128));
    let mut together = File::probe(&host("-- /x\n"), &FilePath::parse("/x").unwrap(), &()).unwrap().unwrap();
    together.prepare(&mut ["md5", "mode", "sha512"].into_iter());
    for algorithm in [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512] {
        assert_eq!(together.digest(algorithm), empty.digest(algorithm), "{algorithm:?}");
    }
}

#[test]
fn a_path_into_data_has_a_value_or_none_and_what_is_no_data_fails() {
    let app = file("/srv/www/app.json");
    assert_eq!(read(&app, "json", "port"), Ok(Value::Int(8080)));
    assert_eq!(read(&app, "json", "name"), Ok(Value::Null));
    assert_eq!(read(&app, "json", "hosts.1"), Ok(Value::Text("b".into())));
    assert_eq!(read(&app, "json", "none"), Ok(Value::Absent));
    assert_eq!(read(&file("/srv/app.yaml"), "yaml", "port"), Ok(Value::Int(8080)));
    assert_eq!(read(&file("/srv/app.ini"), "ini", "server.port"), Ok(Value::Text("8080".into())));
    let broken = read(&file("/srv/www/broken.json"), "json", "port");
    assert!(matches!(&broken, Err(Fault::Unfit(why)) if why.contains("line 3")), "{broken:?}");
    assert!(matches!(read(&file("/srv/app.ini"), "toml", "a"), Ok(Value::Absent)));
}

#[test]
fn a_schema_is_applied_in_the_format_of_the_files_name() {
    let schema = r#"{"properties": {"port": {"maximum": 80}}}"#;
    assert!(matches!(read(&file("/srv/app.yaml"), "json-schema", schema), Err(Fault::Unfit(_))));
    assert_eq!(read(&file("/srv/app.yaml"), "json-schema", "{}"), Ok(Value::Text("{}".into())));
}

#[test]
fn data_that_is_longer_than_is_read_is_unknown() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.json");
    std::fs::write(&path, format!("[{}1]", "1,".repeat(5 << 20))).unwrap();
    let id = FilePath::parse(path.to_str().unwrap()).unwrap();
    let long = File::probe(&Host::local(), &id, &()).unwrap().unwrap();
    assert!(matches!(read(&long, "json", "0"), Err(Fault::Unsupported(_))));
    assert!(long.content().unwrap().cut.is_some());
}

#[test]
fn lines_are_looked_at_however_many_there_are() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.log");
    let many = "all is well\n".repeat(1 << 20);
    std::fs::write(&path, format!("{many}error: 5\n{many}the end")).unwrap();
    let id = FilePath::parse(path.to_str().unwrap()).unwrap();
    let long = File::probe(&Host::local(), &id, &()).unwrap().unwrap();
    let judged = |spec: &str| {
        let node = crate::syntax::parse(spec, 0, crate::syntax::Format::Yaml).0.unwrap();
        let test = crate::matcher::lower(&node, crate::value::Type::Content, &mut vec![]).unwrap();
        let seen = long.contents(Some(&test)).unwrap();
        (test.holds(&seen), test.explain(&seen), seen)
    };
    for (spec, holds) in [
        ("[error, the end, \"!warning\"]", true),
        ("[\"/^error: \\\\d$/\", \"!/^$/\", the end]", true),
        ("[\"/^the end$/\"]", true),
        ("{contain-element: \"error: 5\"}", true),
        ("{contain-elements: [all is well, all is well, the end]}", true),
        ("{not: {contain-substring: warning}}", true),
        ("{and: [{contain-substring: \"error: \"}, [\"!/^error$/\"]]}", true),
        ("[\"!error\"]", false),
        ("[warning]", false),
        ("{each: {have-len: 11}}", false),
        ("{contain-elements: [the end, the end]}", false),
    ] {
        let (held, _, seen) = judged(spec);
        assert_eq!(held, Ok(holds), "{spec}");
        assert!(matches!(&seen, Value::Excerpt(e) if e.text.len() < 200), "{spec}: {seen:?}");
    }
    let (_, evidence, _) = judged("[\"!error\", warning]");
    assert_eq!(evidence.found, "24.0 MiB of text");
    assert_eq!(evidence.missing, ["a line containing \"warning\""]);
    assert_eq!(evidence.extra, ["line 1048577: \"error: 5\""]);
    for spec in ["{have-suffix: end}", "{and: [[error], {have-len: 50000000}]}", "{match-regexp: \"(?s)error.*end\"}"] {
        let (held, _, seen) = judged(spec);
        assert!(held.is_err() && matches!(seen, Value::Content(_)), "{spec}: {held:?}");
    }
}

#[test]
fn a_line_without_end_is_looked_through_for_text_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sparse");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(40 << 20).unwrap();
    std::os::unix::fs::FileExt::write_at(&file, b"needle", (30 << 20) - 3).unwrap();
    let id = FilePath::parse(path.to_str().unwrap()).unwrap();
    let sparse = File::probe(&Host::local(), &id, &()).unwrap().unwrap();
    let patterns = |patterns: &[&str]| {
        let test = Test::Patterns(patterns.iter().map(|p| crate::matcher::Pattern::parse(p).unwrap()).collect());
        test.holds(&sparse.contents(Some(&test)).unwrap())
    };
    assert_eq!(patterns(&["needle", "!straw"]), Ok(true));
    assert_eq!(patterns(&["straw"]), Ok(false));
    assert!(patterns(&["/needle$/"]).is_err());
}
