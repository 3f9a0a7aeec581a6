use super::*;

fn yaml(text: &str, section: &str, name: &str, printed: &str) -> String {
    put(text, Format::Yaml, Place { section, name, printed }).unwrap()
}

const ADDED: &str = "/b:\n    exists: true\n    opts:\n        - rw\n";

#[test]
fn comments_order_and_spelling_stay_as_they_are() {
    let text = "# what we promise\n---\nport: # ours\n  tcp:22:\n    listening: true\n\n# files\nfile:\n  # the first\n  '/c': {exists: yes} # odd\n\n  # the last\n  /a:\n    exists: \"true\"\n    # why\n# users\nuser:\n  root:\n    exists: true\n";
    assert_eq!(
        yaml(text, "file", "/b", ADDED),
        text.replace("    # why\n", "    # why\n  /b:\n    exists: true\n    opts:\n      - rw\n")
    );
    let other = yaml(text, "package", "bash", "bash:\n    installed: true\n");
    assert_eq!(other, format!("{text}package:\n  bash:\n    installed: true\n"), "sections are in no order of goss's");
    assert_eq!(
        yaml(text, "file", "/c", "/c:\n    exists: false\n"),
        text.replace("  '/c': {exists: yes} # odd\n", "  /c:\n    exists: false\n")
    );
    assert_eq!(find(text, Format::Yaml, "file", "/a").unwrap(), "/a:\n  exists: \"true\"\n  # why\n");
    assert_eq!(find(text, Format::Yaml, "file", "/b"), None);
}

#[test]
fn a_file_that_goss_wrote_stays_as_goss_would_write_it() {
    let text = "file:\n    /a:\n        exists: true\n        contents: []\n    /c:\n        exists: true\nport:\n    tcp:2:\n        listening: true\n    tcp:10:\n        listening: true\ngroup:\n    a:\n        exists: true\n";
    let file = yaml(text, "file", "/b", ADDED);
    assert_eq!(
        file,
        text.replace("    /c:", "    /b:\n        exists: true\n        opts:\n            - rw\n    /c:")
    );
    assert!(yaml(text, "file", "/A", "/A:\n    exists: true\n").starts_with("file:\n    /A:\n"));
    let port = yaml(text, "port", "tcp:9", "tcp:9:\n    listening: true\n");
    assert!(
        port.contains("tcp:2:\n        listening: true\n    tcp:9:\n        listening: true\n    tcp:10:"),
        "{port}"
    );
    let package = yaml(text, "package", "x", "x:\n    installed: true\n");
    assert!(package.contains("exists: true\npackage:\n    x:\n        installed: true\nport:"), "{package}");
    let user = yaml(text, "user", "x", "x:\n    exists: true\n");
    assert!(user.contains("listening: true\nuser:\n    x:\n        exists: true\ngroup:"), "{user}");
}

#[test]
fn empty_sections_and_ends_without_a_newline_are_filled() {
    assert_eq!(yaml("", "user", "x", "x:\n    a: 1\n"), "user:\n    x:\n        a: 1\n");
    assert_eq!(yaml("# mine", "user", "x", "x:\n    a: 1\n"), "# mine\nuser:\n    x:\n        a: 1\n");
    assert_eq!(yaml("user:\n", "user", "x", "x:\n    a: 1\n"), "user:\n    x:\n        a: 1\n");
    assert_eq!(yaml("user: {}\nport:\n", "user", "x", "x:\n    a: 1\n"), "user:\n    x:\n        a: 1\nport:\n");
    assert_eq!(yaml("user:\r\n  y: {}", "user", "z", "z:\n    a: 1\n"), "user:\r\n  y: {}\r\n  z:\r\n    a: 1\r\n");
    let two = "user:\n  y: {}\n---\nuser:\n  z: {}\n";
    assert_eq!(
        yaml(two, "user", "x", "x:\n    a: 1\n"),
        two.replacen("user:\n", "user:\n  x:\n      a: 1\n", 1).replace("      a", "    a")
    );
}

#[test]
fn texts_of_many_lines_keep_their_indentation() {
    let printed = "x:\n    exec: |-\n        if true\n          then false\n        fi\n    exit-status: 0\n";
    let text = "command:\n  a:\n    exit-status: 0\n";
    let want = "  x:\n      exec: |-\n          if true\n            then false\n          fi\n      exit-status: 0\n";
    assert_eq!(yaml(text, "command", "x", printed), format!("{text}{want}"));
    let block = "command:\n  a:\n    exec: |\n      x:\n      # no comment\n\n      y\n    exit-status: 0\n  b: {}\n";
    assert_eq!(
        yaml(block, "command", "a", "a:\n    exit-status: 1\n"),
        "command:\n  a:\n    exit-status: 1\n  b: {}\n"
    );
}

#[test]
fn templates_are_left_alone_and_nothing_is_put_inside_them() {
    let text = "file:\n  {{ range .Vars.files }}\n  {{ . }}:\n    exists: true\n  {{ end }}\n{{ if .Vars.x }}\nport:\n  tcp:22:\n    listening: true\n{{ end }}\n";
    assert_eq!(
        yaml(text, "file", "/b", "/b:\n    exists: true\n"),
        text.replacen("  {{ end }}\n", "  {{ end }}\n  /b:\n    exists: true\n", 1)
    );
    assert_eq!(yaml(text, "user", "x", "x:\n    a: 1\n"), format!("{text}user:\n  x:\n    a: 1\n"));
    let refused =
        |text: &str, section, name| put(text, Format::Yaml, Place { section, name, printed: "x:\n    a: 1\n" });
    assert!(matches!(refused(text, "port", "tcp:80"), Err(Unplaceable::Template(_))));
    let made = "file:\n  /a:\n    mode: \"{{ .Vars.m }}\"\n  /b:\n    exists: true\n";
    assert!(matches!(refused(made, "file", "/a"), Err(Unplaceable::Template(_))));
    assert_eq!(refused(made, "file", "/b").unwrap(), made.replace("  /b:\n    exists: true\n", "  x:\n    a: 1\n"));
    let trimmed = "file:\n  /a: {}\n{{- range .Vars.x -}}\n  {{.}}: {}\n{{- end -}}\n";
    assert_eq!(refused(trimmed, "file", "x").unwrap(), trimmed.replace("/a: {}\n", "/a: {}\n  x:\n    a: 1\n"));
    assert!(matches!(refused(trimmed, "user", "x"), Err(Unplaceable::Template(_))));
    assert!(matches!(
        refused("{{ if a }}\nfile:\n{{ else }}\nfile:\n{{ end }}\n", "file", "x"),
        Err(Unplaceable::Template(_))
    ));
}

#[test]
fn what_is_not_written_in_blocks_is_left_to_be_printed_anew() {
    for text in ["{file: {/a: {}}}\n", "file: {/a: {}}\n", "file: &x\n  /a: {}\n", "? file\n: /a: {}\n", "- a\n"] {
        let put = put(text, Format::Yaml, Place { section: "file", name: "/b", printed: ADDED });
        assert_eq!(put, Err(Unplaceable::Layout), "{text}");
    }
}

#[test]
fn json_keeps_its_layout() {
    let json = |text: &str, section: &str, name: &str| {
        put(
            text,
            Format::Json,
            Place { section, name, printed: "{\n    \"exists\": true,\n    \"a\": [\n        \"b\"\n    ]\n}" },
        )
        .unwrap()
    };
    let text =
        "{\n  \"file\": {\n    \"/a\": { \"exists\": true },\n    \"/c\": {\n      \"exists\": false\n    }\n  }\n}\n";
    let entry = "\"/b\": {\n      \"exists\": true,\n      \"a\": [\n        \"b\"\n      ]\n    }";
    assert_eq!(json(text, "file", "/b"), text.replace("\"/c\"", &format!("{entry},\n    \"/c\"")));
    assert_eq!(
        json(text, "file", "/c"),
        text.replace("\"/c\": {\n      \"exists\": false\n    }", &entry.replace("/b", "/c"))
    );
    let user = format!("    }}\n  }},\n  \"user\": {{\n    {}\n  }}\n}}\n", entry.replace("/b", "x"));
    assert_eq!(json(text, "user", "x"), text.replace("    }\n  }\n}\n", &user));
    assert_eq!(json("{}", "user", "x").lines().count(), 10);
    assert_eq!(json("{\"user\":{}}", "user", "x").lines().last().unwrap(), "}}");
    assert_eq!(
        json("{\"user\":{\"a\":{}}}", "user", "x"),
        "{\"user\":{\"a\":{}, \"x\": {\"exists\": true,\"a\": [\"b\"]}}}"
    );
    for read in [json("{}", "user", "x"), json("{\"user\":{}}", "user", "x"), json(text, "user", "x")] {
        assert!(serde_json::from_str::<serde_json::Value>(&read).is_ok(), "{read}");
    }
    assert!(matches!(
        put("{\"file\": {{ .Vars.x }}}", Format::Json, Place { section: "file", name: "a", printed: "{}" }),
        Err(Unplaceable::Template(_))
    ));
}
