use super::*;

mod random;

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
    let new = put(text, format, entries).unwrap_or_else(|why| panic!("{why}:\n{text}"));
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
    assert_eq!(with(old, Format::Toml, &[port(), b()]), format!("{old}{PORT}{B}"), "new sections are the last");
    let dos = "\u{feff}[file.'/a']\r\n\r\n[user.y]\r\nuid = 1";
    let crlf = |text: &str| text.replace('\n', "\r\n");
    assert_eq!(
        toml(dos),
        format!("\u{feff}[file.'/a']\r\n\r\n{}\r\n[user.y]\r\nuid = 1\r\n\r\n{}", crlf(B), crlf(PORT))
    );
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
    assert!(put("[[file]]\nx = 1\n", Format::Toml, &[b()]).is_err());
    assert!(put("[file.\"/b\"]\n", Format::Toml, &[b()]).unwrap_err().contains("stands there already"));
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
        "\u{feff}file:\r\n    /a: {}\r\n    # why\r\n    /b:\r\n        mode: \"0644\"\r\n        opts: [rw, nosuid]\r\n\r\nuser:\r\n    x: {}\r\n\r\nport:\r\n    tcp:80:\r\n        listening: true\r\n"
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
    let refused = |text: &str| put(text, Format::Yaml, &[bare()]).unwrap_err();
    assert!(
        refused("\nx: &x\n  a: {}\nfile: *x\n").starts_with("the alias `*x` stands there: change it where `&x` is")
    );
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
        "{\r\n\t\"file\": {\r\n\t\t\"/a\": { \"uid\": 0 },\r\n\t\t\"/b\": { \"mode\": \"0644\", \"opts\": [\"rw\", \"nosuid\"] }\r\n\t},\r\n\t\"user\": {},\r\n\t\"port\": {\r\n\t\t\"tcp:80\": {\r\n\t\t\t\"listening\": true\r\n\t\t}\r\n\t}\r\n}"
    );
}

fn path(path: &str) -> Vec<Step> {
    let step = |step: &str| step.parse().map_or_else(|_| Step::Key(step.replace('~', "/")), Step::Index);
    path.split('/').map(step).collect()
}

fn set(to: &str, value: Value) -> Change {
    Change::Set(path(to), value)
}

fn append(to: &str, value: &str) -> Change {
    Change::Append(path(to), text(value))
}

fn remove(what: &str) -> Change {
    Change::Remove(path(what))
}

fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|one| text(one)).collect())
}

fn map(fields: &[(&str, Value)]) -> Value {
    Value::Map(fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

#[track_caller]
fn changes(format: Format, old: &str, by: Change, new: &str) {
    for (old, new) in [(old.to_owned(), new.to_owned()), (old.replace('\n', "\r\n"), new.replace('\n', "\r\n"))] {
        match change(&old, format, std::slice::from_ref(&by)) {
            Ok(done) => assert_eq!(done, new, "{by:?}"),
            Err(why) => panic!("{why}: {by:?}\n{old}"),
        }
    }
}

#[track_caller]
fn refuses(format: Format, old: &str, by: Change) -> String {
    change(old, format, std::slice::from_ref(&by)).map_or_else(|why| why, |done| panic!("{by:?}:\n{old}\n{done}"))
}

#[test]
fn toml_values_change_where_they_stand() {
    let by = |old: &str, by: Change, new: &str| changes(Format::Toml, old, by, new);
    let old = "[file.\"~a\"] # a\nmode   =  '0644' # why\nuid=0\n\n[port.x]\n".replace('~', "/");
    by(&old, set("file/~a/mode", text("0600")), &old.replace("0644", "0600"));
    by(&old, set("file/~a/uid", Value::Int(7)), &old.replace("=0", "=7"));
    by(&old, set("file/~a/mode", text("it's")), &old.replace("'0644'", "\"it's\""));
    by(&old, set("file/~a/size", map(&[("gt", Value::Int(1))])), &old.replace("=0\n", "=0\nsize = { gt = 1 }\n"));
    by(&old, set("port/x/uid", Value::Int(1)), &format!("{old}uid = 1\n"));
    by(&old, remove("file/~a/uid"), &old.replace("uid=0\n", ""));
    by(&old, remove("port"), &old.replace("\n[port.x]\n", "\n"));
    by(&old, remove("port/x"), &old.replace("[port.x]", "[port]"));
    by(&old, set("file/~c", map(&[("uid", Value::Int(1))])), &old.replace("=0\n", "=0\n\n[file.\"/c\"]\nuid = 1\n"));
    by("# head\n[a.b]\n", set("c", Value::Int(1)), "# head\nc = 1\n[a.b]\n");
    let dotted = "[file]\na.mode = \"1\" # m\na.uid = 1\nb = {mode = \"2\"}\n";
    by(dotted, set("file/a/gid", Value::Int(2)), &dotted.replace("a.uid = 1\n", "a.uid = 1\na.gid = 2\n"));
    by(dotted, set("file/b/gid", Value::Int(2)), &dotted.replace("\"2\"", "\"2\", gid = 2"));
    by(dotted, set("file/b/mode", text("3")), &dotted.replace("\"2\"", "\"3\""));
    by(dotted, set("file/b", map(&[("mode", text("3"))])), &dotted.replace("\"2\"", "\"3\""));
    by(dotted, remove("file/b/mode"), &dotted.replace("mode = \"2\"", ""));
    by("a.b.c = 1\n", remove("a/b/c"), "a.b = {}\n");
    by("a = { b.c = 1 }\n", set("a/b/d", Value::Int(2)), "a = { b.c = 1, b.d = 2 }\n");
    by("[a.b.c]\nx = 1\n", set("a/b/y", Value::Int(2)), "[a.b]\ny = 2\n\n[a.b.c]\nx = 1\n");
    by("[[a]]\nx = 1\n[[a]]\nx = 2\n", set("a/1/x", Value::Int(3)), "[[a]]\nx = 1\n[[a]]\nx = 3\n");
    by("[[a]]\nx = 1\n[[a]]\nx = 2\n", set("a/0/y", Value::Int(3)), "[[a]]\nx = 1\ny = 3\n[[a]]\nx = 2\n");
    let twice = "a = 1\na = 2\n";
    assert!(refuses(Format::Toml, twice, set("a", Value::Int(3))).contains("twice"));
    assert!(refuses(Format::Toml, "a = 1\n", set("b/c", Value::Int(3))).contains("`b/c` does not stand there"));
    assert!(refuses(Format::Toml, "a = 1\n", set("a", Value::Null)).contains("by hand"));
}

#[test]
fn toml_lists_change_by_their_elements_and_comments_stay_with_them() {
    let by = |old: &str, by: Change, new: &str| changes(Format::Toml, old, by, new);
    by("a = []\n", append("a", "x"), "a = [\"x\"]\n");
    by("a = [ \"b\" ] # c\n", append("a", "x"), "a = [ \"b\", \"x\" ] # c\n");
    by("a = [\"b\",]\n", append("a", "x"), "a = [\"b\", \"x\",]\n");
    let lines = "a = [\n  # first\n  \"b\", # of b\n  \"c\" # of c, too\n  # end\n]\n";
    by(lines, append("a", "x"), &lines.replace("\"c\"", "\"c\",").replace("# end\n", "# end\n  \"x\"\n"));
    by(lines, remove("a/0"), &lines.replace("  \"b\", # of b\n", ""));
    by(lines, remove("a/1"), &lines.replace("  \"c\" # of c, too\n", "").replace("\"b\",", "\"b\""));
    by(lines, set("a", list(&["b", "d"])), &lines.replace("\"c\"", "\"d\""));
    by(
        lines,
        set("a", list(&["b", "c", "d"])),
        &lines.replace("\"c\"", "\"c\",").replace("# end\n", "# end\n  \"d\"\n"),
    );
    by(
        lines,
        set("a", list(&["c", "d", "e"])),
        "a = [\n  # first\n  \"c\", # of c, too\n  # end\n  \"d\",\n  \"e\"\n]\n",
    );
    by(lines, set("a", list(&["x"])), "a = [\"x\"]\n");
    by("a = [1, 2, 3]\n", remove("a/1"), "a = [1, 3]\n");
    by("a = [1, 2, 3]\n", remove("a/2"), "a = [1, 2]\n");
    by("a = [ 1 ]\n", remove("a/0"), "a = []\n");
    by("a = [\"b\",\n     \"c\"]\n", append("a", "x"), "a = [\"b\",\n     \"c\",\n     \"x\"]\n");
    let long: Vec<String> = (0..9).map(|n| format!("element number {n}")).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    let broken: String = long.iter().map(|one| format!("    \"{one}\",\n")).collect();
    by("a = 1\nb = 2\n", set("a", list(&long)), &format!("a = [\n{broken}]\nb = 2\n"));
    assert!(refuses(Format::Toml, "[[a]]\nx=1\n", append("a", "x")).contains("by hand"));
    assert!(refuses(Format::Toml, "a = 1\n", append("a", "x")).contains("`a` is a whole number"));
}

#[test]
fn yaml_values_change_where_they_stand() {
    let by = |old: &str, by: Change, new: &str| changes(Format::Yaml, old, by, new);
    let old = "file:\n   # of a\n   '~a':\n      mode:  '0644' # why\n      uid: 0\n      # end of a\n   b: {uid: 1,\n       gid: 2}\n   c:\n   d: ~\n   e: >-\n     folded\n     text\n\nport:\n- 1 # one\n-   2\n# end of port\n"
        .replace('~', "/").replace(": /\n", ": ~\n");
    by(&old, set("file/~a/mode", text("0600")), &old.replace("0644", "0600"));
    by(&old, set("file/~a/uid", text("yes")), &old.replace("uid: 0", "uid: \"yes\""));
    by(&old, set("file/~a/gid", Value::Int(1)), &old.replace("# end of a\n", "# end of a\n      gid: 1\n"));
    by(&old, set("file/~a/uid", map(&[("gt", Value::Int(1))])), &old.replace("uid: 0", "uid: {gt: 1}"));
    by(&old, set("file/b/uid", Value::Int(7)), &old.replace("uid: 1", "uid: 7"));
    by(&old, set("file/b/mode", text("a, b")), &old.replace("gid: 2}", "gid: 2,\n       mode: \"a, b\"}"));
    by(&old, set("file/c/uid", Value::Int(1)), &old.replace("c:\n", "c:\n      uid: 1\n"));
    by(&old, set("file/d/uid", Value::Int(1)), &old.replace("d: ~\n", "d:\n      uid: 1\n"));
    by(&old, set("file/c", Value::Int(1)), &old.replace("c:\n", "c: 1\n"));
    by(&old, set("file/d", Value::Int(1)), &old.replace("~", "1"));
    by(&old, set("file/e", text("x")), &old.replace(">-\n     folded\n     text", "x"));
    by(&old, set("file/e", text("x\ny\n")), &old.replace(">-\n     folded\n     text", "|\n      x\n      y"));
    by(&old, set("file/~a/uid", text("x\ny")), &old.replace("uid: 0\n", "uid: |-\n         x\n         y\n"));
    by(&old, remove("file/~a/mode"), &old.replace("      mode:  '0644' # why\n", ""));
    by(&old, remove("file/b/uid"), &old.replace("uid: 1,\n       ", ""));
    by(&old, remove("file/e"), &old.replace("   e: >-\n     folded\n     text\n", ""));
    by(&old, Change::Append(path("port"), Value::Int(3)), &old.replace("2\n", "2\n- 3\n").replace("2\n- 3\n}", "2}"));
    by(&old, remove("port/0"), &old.replace("- 1 # one\n", ""));
    by(&old, set("port", list(&["x"])), &old.replace("- 1 # one\n-   2", "- x"));
    by(&old, set("port", Value::Int(1)), &old.replace("port:\n- 1 # one\n-   2", "port: 1"));
    by("a:\n  - b: 1\n    c: 2\n", remove("a/0/b"), "a:\n  - c: 2\n");
    by("a:\n  - b: 1\n    c: 2\n", set("a/0/d", Value::Int(3)), "a:\n  - b: 1\n    c: 2\n    d: 3\n");
    by("a:\n  - b\n  # more\n  - c # of c\n", append("a", "d"), "a:\n  - b\n  # more\n  - c # of c\n  - d\n");
    by("a: # of a\n  b: 1\nc: 2\n", remove("a/b"), "a: {} # of a\nc: 2\n");
    by("a:\n- x\n", remove("a/0"), "a: []\n");
    by("a: [x, y] # z\n", append("a", "- b"), "a: [x, y, \"- b\"] # z\n");
    by(
        "a: {<<: *x}\nb: 1\n".replace("*x", "{y: 1}").as_str(),
        set("a/z", Value::Int(1)),
        "a: {<<: {y: 1}, z: 1}\nb: 1\n",
    );
    by("- - a\n  - b\n- c\n", append("0", "d"), "- - a\n  - b\n  - d\n- c\n");
    assert_eq!(change("", Format::Yaml, &[set("a", Value::Int(1))]).unwrap(), "a: 1\n");
    by("a: |\n  *b\n", set("a", Value::Int(1)), "a: 1\n");
}

#[test]
fn what_an_anchor_brings_is_not_changed_where_it_is_used() {
    let old = "x: &x\n  mode: \"1\"\n  list: &l [a]\nfile:\n  a:\n    <<: *x\n    uid: 0\n  b: *x\n  c: {opts: *l}\n";
    let refuses = |by: Change| refuses(Format::Yaml, old, by);
    let merged = "it is taken over from `&x`: change it there, or say it here";
    let alias = |name| format!("the alias `*{name}` stands there: change it where `&{name}` is, or say it here");
    assert_eq!(refuses(set("file/a/mode", text("2"))), merged);
    assert_eq!(refuses(set("file/b/mode", text("2"))), alias("x"));
    assert_eq!(refuses(set("file/b/uid", text("2"))), alias("x"));
    assert_eq!(refuses(append("file/c/opts", "b")), alias("l"));
    assert_eq!(refuses(set("file/c/opts", text("b"))), alias("l"));
    let shared = "the alias `*x` takes it over elsewhere: change it by hand, for both";
    assert_eq!(refuses(set("x/mode", text("2"))), shared);
    assert_eq!(refuses(set("file/a", map(&[("mode", text("2")), ("uid", Value::Int(0))]))), merged);
    // What is said anew here is not what the anchor says.
    let own = "x: &x {mode: \"1\"}\nfile:\n  a: {<<: *x, mode: \"3\"}\n";
    changes(Format::Yaml, own, set("file/a/mode", text("4")), &own.replace("3", "4"));
    changes(Format::Yaml, own, set("x/mode", text("2")), &own.replace("1", "2"));
    // A star in a text is no alias.
    let star = "x: &m \"2\"\nfile:\n  a: {mode: \"*m\"}\n";
    changes(Format::Yaml, star, set("file/a/mode", text("3")), &star.replace("*m", "3"));
    changes(Format::Yaml, old, remove("file/b"), &old.replace("  b: *x\n", ""));
    changes(Format::Yaml, old, set("file/a/uid", Value::Int(1)), &old.replace("uid: 0", "uid: 1"));
    changes(Format::Yaml, old, set("file/a/gid", Value::Int(1)), &old.replace("uid: 0\n", "uid: 0\n    gid: 1\n"));
    changes(Format::Yaml, "a: &x 1\n", set("a", Value::Int(2)), "a: &x 2\n");
}

#[test]
fn json_values_change_where_they_stand() {
    let by = |old: &str, by: Change, new: &str| changes(Format::Json, old, by, new);
    let old = "{\n\t\"a\": {\n\t\t\"b\": [\n\t\t\t1,\n\t\t\t2\n\t\t],\n\t\t\"c\": { \"d\": 1.10 }\n\t}\n}";
    by(old, Change::Append(path("a/b"), Value::Int(3)), &old.replace("2\n", "2,\n\t\t\t3\n"));
    by(old, remove("a/b/1"), &old.replace("1,\n\t\t\t2", "1"));
    by(old, remove("a/b"), &old.replace("\"b\": [\n\t\t\t1,\n\t\t\t2\n\t\t],\n\t\t", ""));
    by(old, set("a/c/d", text("x")), &old.replace("1.10", "\"x\""));
    by(old, set("a/c/d", Value::Number(1.1)), old);
    by(old, set("a/c/e", Value::Null), &old.replace("1.10", "1.10, \"e\": null"));
    by(
        old,
        set("a/e", map(&[("f", Value::Bool(true))])),
        &old.replace("1.10 }", "1.10 },\n\t\t\"e\": { \"f\": true }"),
    );
    by("{\"a\":[1]}", set("a", list(&["x", "y"])), "{\"a\":[\"x\",\"y\"]}");
}

#[test]
fn changes_are_made_all_or_none() {
    let all = [set("a", Value::Int(2)), append("b", "x"), set("c/d", Value::Int(1))];
    assert_eq!(change("a = 1\nb = []\n[c]\n", Format::Toml, &all).unwrap(), "a = 2\nb = [\"x\"]\n[c]\nd = 1\n");
    assert!(change("a = 1\nb = []\n", Format::Toml, &all).is_err());
}

/// Specs that people wrote, and their formats.
fn specs() -> Vec<(String, Format)> {
    let (mut found, mut folders) = (vec![], vec!["specs".to_owned(), "golden/resource".to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path().to_str().unwrap().to_owned();
            match Format::of(&path) {
                Some(format) => found.push((std::fs::read_to_string(&path).unwrap(), format)),
                None if std::path::Path::new(&path).is_dir() => folders.push(path),
                None => {}
            }
        }
    }
    found.retain(|(text, format)| read(text, *format).is_ok());
    assert!(found.len() > 50);
    found
}

/// Lines of the one that the other does not have in their order.
fn lost_lines<'t>(old: &'t str, new: &str) -> Vec<&'t str> {
    let mut new = new.lines().peekable();
    let mut lost = vec![];
    for line in old.lines() {
        let mut ahead = new.clone();
        match ahead.any(|other| other == line) {
            true => new = ahead,
            false => lost.push(line),
        }
    }
    lost
}

#[test]
fn specs_that_people_wrote_keep_every_line_when_they_gain_entries() {
    for (text, format) in specs() {
        for kind in ["package", "file", "port", "matching"] {
            let entry = entry(kind, "quite new", &[("title", self::text("0644")), ("tags", list(&["a", "b"]))]);
            let done = put(&text, format, &[entry]).unwrap();
            let lost = lost_lines(&text, &done);
            // The last member of a JSON object gains a comma.
            assert!(lost.is_empty() || format == Format::Json && lost.len() == 1, "{lost:?}\n{done}");
        }
    }
}

#[test]
fn specs_that_people_wrote_change_in_one_line_when_one_value_changes() {
    fn scalars(node: &Node, path: &[Step], all: &mut Vec<Vec<Step>>) {
        let mut go = |step: Step, one: &Node| scalars(one, &[path, &[step]].concat(), all);
        match (node.map(), node.list()) {
            (Some(map), _) => map.iter().for_each(|(key, one)| go(Step::Key(key.text.clone().into_owned()), one)),
            (_, Some(list)) => list.iter().enumerate().for_each(|(at, one)| go(Step::Index(at), one)),
            _ => all.push(path.to_vec()),
        }
    }
    for (text, format) in specs() {
        let root = read(&text, format).unwrap();
        let mut all = vec![];
        scalars(&root, &[], &mut all);
        for path in all.into_iter().filter(|path| path.len() > 1) {
            let old = change::find(&root, &path).unwrap();
            let lines = text[old.span.start as usize..old.span.end as usize].lines().count();
            let by = Change::Set(path, self::text("quite new"));
            let done = change(&text, format, &[by]).unwrap();
            let (old, new): (Vec<_>, Vec<_>) = (text.lines().collect(), done.lines().collect());
            let same = |(a, b): &(&&str, &&str)| a == b;
            let above = old.iter().zip(&new).take_while(same).count();
            let below = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
            assert!(above + below + lines >= old.len(), "{done}");
        }
    }
}

#[test]
fn one_change_that_cannot_be_does_not_slow_thousands() {
    const MANY: usize = 2000;
    for (format, head, entry) in [
        (Format::Toml, "", "[file.eN]\nuid = 0 # c\nlist = [1, 2, 3]\n"),
        (Format::Yaml, "file:\n", "  eN:\n    uid: 0 # c\n    list: [1, 2, 3]\n"),
    ] {
        let old = head.to_owned() + &(0..MANY).map(|n| entry.replace('N', &n.to_string())).collect::<String>();
        let changed = old.replace("uid = 0", "uid = 7").replace("uid: 0", "uid: 7");
        let mut all: Vec<Change> = (0..MANY).map(|n| set(&format!("file/e{n}/uid"), Value::Int(7))).collect();
        let began = std::time::Instant::now();
        let done = |all: &[Change]| change(&old, format, all);
        assert!(done(&all).is_ok_and(|done| done == changed));
        // These meet in the brackets.
        all.extend([remove("file/e9/list/2"), remove("file/e9/list/1")]);
        let (head, tail) = changed.split_at(changed.find("e9").unwrap());
        let less = format!("{head}{}", tail.replacen("[1, 2, 3]", "[1]", 1));
        assert!(done(&all).is_ok_and(|done| done == less));
        // This is nowhere.
        all.push(remove("file/e4/nothing"));
        assert!(done(&all).unwrap_err().contains("nothing"));
        let (text, refused) = change_each(&old, format, &change::by_entry(&all));
        assert_eq!(refused.iter().flatten().count(), 1);
        assert!(text == less.replace("e4]\nuid = 7", "e4]\nuid = 0").replace("e4:\n    uid: 7", "e4:\n    uid: 0"));
        // One after another they would take many minutes.
        assert!(began.elapsed() < std::time::Duration::from_secs(60));
    }
}
