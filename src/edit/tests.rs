use super::*;

const ORDER: &[&str] = &["file", "package", "service", "port", "user"];

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn entry(kind: &str, name: &str, body: &[(&str, Value)]) -> Entry {
    let body = body.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Entry { kind: kind.into(), name: name.into(), body, remarks: vec![] }
}

fn b() -> Entry {
    let opts = Value::List(vec![text("rw"), text("nosuid")]);
    Entry { remarks: vec!["why".into()], ..entry("file", "/b", &[("mode", text("0644")), ("opts", opts)]) }
}

fn port() -> Entry {
    entry("port", "tcp:80", &[("listening", Value::Bool(true))])
}

fn bare() -> Entry {
    entry("file", "/b", &[])
}

/// The text with the entries, which must be the old text with lines or members put in.
fn with(text: &str, format: Format, entries: &[Entry]) -> String {
    let new = put(text, format, entries, ORDER).unwrap_or_else(|why| panic!("{why}:\n{text}"));
    let mut rest = new.chars();
    for c in text.chars().filter(|c| !"{} ".contains(*c)) {
        assert!(rest.any(|other| other == c), "{text:?}\n{new:?}");
    }
    new
}

fn toml(text: &str) -> String {
    with(text, Format::Toml, &[b(), port()])
}

fn yaml(text: &str) -> String {
    with(text, Format::Yaml, &[b(), port()])
}

#[test]
fn an_entry_by_itself_reads_as_a_careful_person_writes_it() {
    let long = Value::List((0..12).map(|n| text(&format!("element {n}"))).collect());
    let entry = Entry {
        remarks: vec!["seen 3 times: 1, 2\n[x]".into(), String::new()],
        ..entry(
            "file",
            "/etc/a b",
            &[
                ("mode", text("0644")),
                ("owner", text("root")),
                ("yes", text("no")),
                ("age", Value::Map(vec![("between".into(), Value::List(vec![text("1h"), Value::Int(2)]))])),
                ("contents", long),
                ("text", text("one\ntwo\n")),
                ("re", text(r"!/a\.b/")),
            ],
        )
    };
    assert_eq!(
        print(&entry, Format::Toml),
        "# seen 3 times: 1, 2 [x]\n#\n[file.\"/etc/a b\"]\nmode = \"0644\"\nowner = \"root\"\nyes = \"no\"\nage = { between = [\"1h\", 2] }\ncontents = [\n    \"element 0\",\n    \"element 1\",\n    \"element 2\",\n    \"element 3\",\n    \"element 4\",\n    \"element 5\",\n    \"element 6\",\n    \"element 7\",\n    \"element 8\",\n    \"element 9\",\n    \"element 10\",\n    \"element 11\",\n]\ntext = \"\"\"\none\ntwo\n\"\"\"\nre = '!/a\\.b/'\n"
    );
    assert_eq!(
        print(&entry, Format::Yaml),
        "file:\n  # seen 3 times: 1, 2 [x]\n  #\n  /etc/a b:\n    mode: \"0644\"\n    owner: root\n    \"yes\": \"no\"\n    age: { between: [1h, 2] }\n    contents:\n      - element 0\n      - element 1\n      - element 2\n      - element 3\n      - element 4\n      - element 5\n      - element 6\n      - element 7\n      - element 8\n      - element 9\n      - element 10\n      - element 11\n    text: |\n      one\n      two\n    re: '!/a\\.b/'\n"
    );
    assert_eq!(print(&bare(), Format::Json), "{\n  \"file\": {\n    \"/b\": {}\n  }\n}\n");
    assert_eq!(print(&bare(), Format::Yaml), "file:\n  /b: {}\n");
    assert_eq!(print(&bare(), Format::Toml), "[file.\"/b\"]\n");
}

const B: &str = "# why\n[file.\"/b\"]\nmode = \"0644\"\nopts = [\"rw\", \"nosuid\"]\n";
const PORT: &str = "[port.\"tcp:80\"]\nlistening = true\n";

#[test]
fn toml_tables_go_behind_their_section_and_comments_stay_where_they_are() {
    assert_eq!(toml(""), format!("{B}\n{PORT}"));
    assert_eq!(toml("# mine\n"), format!("# mine\n\n{B}\n{PORT}"));
    let old = "#:schema x\n# head\n\n# the first\n[file.\"/a\"] # odd\nmode='0600' # !\n# behind a\n\n\n# ports\n[port.22]\n\n# the user\n[user.root]\nuid = 0";
    assert_eq!(
        toml(old),
        old.replace("# behind a\n", &format!("# behind a\n\n{B}"))
            .replace("[port.22]\n", &format!("[port.22]\n\n{PORT}"))
    );
    let old = "[service.x]\n[user.y]\n";
    let order = with(old, Format::Toml, &[b(), port()]);
    assert_eq!(order, format!("{B}[service.x]\n{PORT}[user.y]\n"));
    let dos = "\u{feff}[file.'/a']\r\n\r\n[user.y]\r\nuid = 1";
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(toml(dos), format!("\u{feff}[file.'/a']\r\n\r\n{}\r\n{}\r\n[user.y]\r\nuid = 1", crlf(B), crlf(PORT)));
    let sub = "[file.\"/a\"]\nmode = \"1\"\n  [file.\"/a\".retry]\n  for = \"1s\"\n";
    assert_eq!(with(sub, Format::Toml, &[b()]), format!("{sub}{B}"));
}

#[test]
fn toml_entries_are_written_as_those_of_their_section() {
    let one = |text: &str| with(text, Format::Toml, &[b()]);
    assert_eq!(
        one("file = { \"/a\" = {} } # all\nuser.x.uid = 1\n"),
        "file = { \"/a\" = {}, \"/b\" = { mode = \"0644\", opts = [\"rw\", \"nosuid\"] } } # all\nuser.x.uid = 1\n"
    );
    assert_eq!(
        one("file = {}\n[user.x]\n"),
        "file = { \"/b\" = { mode = \"0644\", opts = [\"rw\", \"nosuid\"] } }\n[user.x]\n"
    );
    assert_eq!(
        one("file = {\n  \"/a\" = {}, # first\n  # end\n}\n"),
        "file = {\n  \"/a\" = {}, # first\n  # end\n  # why\n  \"/b\" = { mode = \"0644\", opts = [\"rw\", \"nosuid\"] },\n}\n"
    );
    assert_eq!(
        one("file.\"/a\".mode = \"1\"\nuser.x.uid = 1\n\n[port.22]\n"),
        "file.\"/a\".mode = \"1\"\n# why\nfile.\"/b\".mode = \"0644\"\nfile.\"/b\".opts = [\"rw\", \"nosuid\"]\nuser.x.uid = 1\n\n[port.22]\n"
    );
    assert_eq!(
        one("file.\"/a\" = {}\n[port.22]\n"),
        "file.\"/a\" = {}\n# why\nfile.\"/b\" = { mode = \"0644\", opts = [\"rw\", \"nosuid\"] }\n[port.22]\n"
    );
    assert_eq!(
        one("[file]\n  \"/a\".mode = \"1\" # x\n[port.22]\n"),
        "[file]\n  \"/a\".mode = \"1\" # x\n  # why\n  \"/b\".mode = \"0644\"\n  \"/b\".opts = [\"rw\", \"nosuid\"]\n[port.22]\n"
    );
    assert_eq!(
        one("[file]\n\"/a\" = {}"),
        "[file]\n\"/a\" = {}\n# why\n\"/b\" = { mode = \"0644\", opts = [\"rw\", \"nosuid\"] }\n"
    );
    assert_eq!(one("[file]\n[port.22]\n"), format!("[file]\n{B}[port.22]\n"));
    assert!(put("[[file]]\nx = 1\n", Format::Toml, &[b()], ORDER).is_err());
    assert!(put("[file.\"/b\"]\n", Format::Toml, &[b()], ORDER).unwrap_err().contains("stands there already"));
}

#[test]
fn yaml_entries_go_behind_their_section_in_its_indentation() {
    let fresh = "file:\n  # why\n  /b:\n    mode: \"0644\"\n    opts: [rw, nosuid]\n";
    let listens = "port:\n  tcp:80:\n    listening: true\n";
    assert_eq!(yaml(""), format!("{fresh}\n{listens}"));
    assert_eq!(yaml("---\n# mine\n...\n"), format!("---\n# mine\n\n{fresh}\n{listens}...\n"));
    let old = "# head\n---\nfile: # ours\n   '/a': {exists: yes} # odd\n   # behind a\n\n# ports\nport:\n   22:\n\n      listening: true\nuser:\n   root:\n      uid: 0";
    assert_eq!(
        yaml(old),
        old.replace("# behind a\n", "# behind a\n   # why\n   /b:\n      mode: \"0644\"\n      opts: [rw, nosuid]\n")
            .replace("true\n", "true\n   tcp:80:\n      listening: true\n")
    );
    let dos = "\u{feff}file:\r\n    /a: {}\r\n\r\nuser:\r\n    x: {}";
    assert_eq!(
        yaml(dos),
        "\u{feff}file:\r\n    /a: {}\r\n    # why\r\n    /b:\r\n        mode: \"0644\"\r\n        opts: [rw, nosuid]\r\n\r\nport:\r\n    tcp:80:\r\n        listening: true\r\n\r\nuser:\r\n    x: {}"
    );
    let one = |text: &str| with(text, Format::Yaml, &[bare()]);
    assert_eq!(one("file:\n  # none\nuser:\n"), "file:\n  # none\n  /b: {}\nuser:\n");
    assert_eq!(one("file: {} # none\nuser:\n"), "file: # none\n  /b: {}\nuser:\n");
    assert_eq!(one("file: {/a: {}}\n"), "file: {/a: {}, /b: {}}\n");
    assert_eq!(one("{file: {/a: {}}}\n"), "{file: {/a: {}, /b: {}}}\n");
    assert_eq!(one("{user: {}}\n"), "{user: {}, file: {/b: {}}}\n");
    assert_eq!(
        one("file:\n  /a:\n    x: |+\n      1\n\n\nuser:\n"),
        "file:\n  /a:\n    x: |+\n      1\n\n\n  /b: {}\nuser:\n"
    );
    assert_eq!(one("x: &x\n  a: 1\nfile:\n  /a:\n    <<: *x\n"), "x: &x\n  a: 1\nfile:\n  /a:\n    <<: *x\n  /b: {}\n");
    let refused = |text: &str| put(text, Format::Yaml, &[bare()], ORDER).unwrap_err();
    assert_eq!(refused("\nx: &x\n  a: {}\nfile: *x\n"), "it comes from the anchor on line 2: change it there");
    assert!(refused("file: &x\n  a: {}\nuser: *x\n").contains("no place"));
    assert!(refused("file: 3\n").contains("not a section"));
    assert!(refused("- a\n").contains("not a map of sections"));
}

#[test]
fn json_gains_members_in_its_own_style() {
    let one = |text: &str| with(text, Format::Json, &[b(), port()]);
    let fresh = "{\n  \"file\": {\n    \"/b\": {\n      \"mode\": \"0644\",\n      \"opts\": [\"rw\", \"nosuid\"]\n    }\n  },\n  \"port\": {\n    \"tcp:80\": {\n      \"listening\": true\n    }\n  }\n}\n";
    assert_eq!(one(""), fresh);
    assert_eq!(one("{}\n"), fresh);
    assert_eq!(
        one("{\"file\":{\"/a\":{\"uid\":0}}}"),
        "{\"file\":{\"/a\":{\"uid\":0}, \"/b\":{\"mode\":\"0644\",\"opts\":[\"rw\",\"nosuid\"]}}, \"port\":{\"tcp:80\":{\"listening\":true}}}"
    );
    assert_eq!(
        one("{\r\n\t\"file\": {\r\n\t\t\"/a\": { \"uid\": 0 }\r\n\t},\r\n\t\"user\": {}\r\n}"),
        "{\r\n\t\"file\": {\r\n\t\t\"/a\": { \"uid\": 0 },\r\n\t\t\"/b\": { \"mode\": \"0644\", \"opts\": [\"rw\", \"nosuid\"] }\r\n\t},\r\n\t\"port\": {\r\n\t\t\"tcp:80\": {\r\n\t\t\t\"listening\": true\r\n\t\t}\r\n\t},\r\n\t\"user\": {}\r\n}"
    );
}
