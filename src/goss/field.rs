//! The sections of a goss file: their fields as goss's decoder knows them, and what each means here.

use Shape::{Any, Bool, Int, Map, Test, Text, TextList};

/// A section of a goss file.
#[derive(Debug)]
pub struct Section {
    pub name: &'static str,
    /// What results call it: goss's type.
    pub type_name: &'static str,
    /// The kind that looks; `None` for the section that reads other files.
    pub kind: Option<&'static str>,
    /// The field that names the thing where the entry's name does not.
    pub target: Option<&'static str>,
    /// In the order that goss prints them.
    pub fields: &'static [Field],
    /// What is tested, in goss's order. The first is required, but of `service`.
    pub tests: &'static [Tested],
    /// Whether the rest is skipped where the first test fails or what it found is `false`.
    pub gated: bool,
    /// Fields that are settings of the kind, by both their names.
    pub settings: &'static [(&'static str, &'static str)],
    /// Milliseconds that looking may take where the entry does not say.
    pub timeout: Option<u32>,
}

#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    /// Not printed where it is empty.
    pub omit_empty: bool,
}

/// What goss decodes a field into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    Bool,
    Int,
    TextList,
    /// A map with keys of text.
    Map,
    /// A matcher: any data.
    Test,
    Any,
}

/// A field that is tested.
#[derive(Debug)]
pub struct Tested {
    pub field: &'static str,
    /// The kind's key, or its presence.
    pub key: &'static str,
    /// What results call it.
    pub property: &'static str,
}

const fn said(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, omit_empty: true }
}

/// A field that is printed even where it is empty.
const fn kept(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, omit_empty: false }
}

const fn same(name: &'static str) -> Tested {
    Tested { field: name, key: name, property: name }
}

const TITLE: Field = said("title", Text);
const META: Field = said("meta", Map);
const SKIP: Field = said("skip", Bool);
const RETRY_COUNT: Field = said("retry_count", Int);
const RETRY_DELAY: Field = said("retry_delay", Any);

/// In the order that goss prints them.
pub static SECTIONS: &[Section] = &[
    Section {
        name: "file",
        type_name: "File",
        kind: Some("file"),
        target: Some("path"),
        fields: &[
            TITLE,
            META,
            said("path", Text),
            kept("exists", Test),
            said("mode", Test),
            said("size", Test),
            said("owner", Test),
            said("uid", Test),
            said("group", Test),
            said("gid", Test),
            said("linked-to", Test),
            said("filetype", Test),
            said("contains", Test),
            kept("contents", Test),
            said("md5", Test),
            said("sha256", Test),
            said("sha512", Test),
            SKIP,
        ],
        tests: &[
            same("exists"),
            same("mode"),
            same("owner"),
            same("uid"),
            same("group"),
            same("gid"),
            Tested { field: "linked-to", key: "linked-to", property: "linkedto" },
            same("filetype"),
            Tested { field: "contains", key: "contents", property: "contains" },
            same("contents"),
            same("size"),
            same("md5"),
            same("sha256"),
            same("sha512"),
        ],
        gated: true,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "package",
        type_name: "Package",
        kind: Some("package"),
        target: Some("name"),
        fields: &[
            TITLE,
            META,
            said("name", Text),
            kept("installed", Test),
            said("versions", Test),
            SKIP,
            RETRY_COUNT,
            RETRY_DELAY,
        ],
        tests: &[same("installed"), Tested { field: "versions", key: "versions", property: "version" }],
        gated: true,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "addr",
        type_name: "Addr",
        kind: Some("addr"),
        target: Some("address"),
        fields: &[
            TITLE,
            META,
            said("address", Text),
            said("local-address", Text),
            kept("reachable", Test),
            kept("timeout", Int),
            SKIP,
        ],
        tests: &[same("reachable")],
        gated: false,
        settings: &[("local-address", "local-address")],
        timeout: Some(500),
    },
    Section {
        name: "port",
        type_name: "Port",
        kind: Some("port"),
        target: Some("port"),
        fields: &[TITLE, META, said("port", Text), kept("listening", Test), said("ip", Test), SKIP],
        tests: &[same("listening"), same("ip")],
        gated: true,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "service",
        type_name: "Service",
        kind: Some("service"),
        target: Some("name"),
        fields: &[
            TITLE,
            META,
            said("name", Text),
            kept("enabled", Test),
            kept("running", Test),
            SKIP,
            said("runlevels", Test),
        ],
        tests: &[same("enabled"), same("running"), same("runlevels")],
        gated: false,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "user",
        type_name: "User",
        kind: Some("user"),
        target: Some("username"),
        fields: &[
            TITLE,
            META,
            said("username", Text),
            kept("exists", Test),
            said("uid", Test),
            said("gid", Test),
            said("groups", Test),
            said("home", Test),
            said("shell", Test),
            SKIP,
        ],
        tests: &[same("exists"), same("uid"), same("gid"), same("home"), same("groups"), same("shell")],
        gated: true,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "group",
        type_name: "Group",
        kind: Some("group"),
        target: Some("groupname"),
        fields: &[TITLE, META, said("groupname", Text), kept("exists", Test), said("gid", Test), SKIP],
        tests: &[same("exists"), same("gid")],
        gated: true,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "command",
        type_name: "Command",
        kind: Some("command"),
        target: Some("exec"),
        fields: &[
            TITLE,
            META,
            said("exec", Text),
            kept("exit-status", Test),
            kept("stdout", Test),
            kept("stderr", Test),
            kept("timeout", Int),
            SKIP,
            RETRY_COUNT,
            RETRY_DELAY,
        ],
        tests: &[same("exit-status"), same("stdout"), same("stderr")],
        gated: false,
        settings: &[],
        timeout: Some(10_000),
    },
    Section {
        name: "dns",
        type_name: "DNS",
        kind: Some("dns"),
        target: Some("resolve"),
        fields: &[
            TITLE,
            META,
            said("resolve", Text),
            said("resolveable", Test),
            kept("resolvable", Test),
            said("addrs", Test),
            kept("timeout", Int),
            said("server", Text),
            SKIP,
            RETRY_COUNT,
            RETRY_DELAY,
        ],
        // `resolveable` is an older spelling of the first.
        tests: &[same("resolvable"), same("addrs")],
        gated: true,
        settings: &[("server", "server")],
        timeout: Some(500),
    },
    Section {
        name: "process",
        type_name: "Process",
        kind: Some("process"),
        target: Some("comm"),
        fields: &[TITLE, META, said("comm", Text), kept("running", Test), SKIP],
        tests: &[same("running")],
        gated: false,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "gossfile",
        type_name: "Gossfile",
        kind: None,
        target: Some("file"),
        fields: &[TITLE, META, SKIP, said("file", Text)],
        tests: &[],
        gated: false,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "kernel-param",
        type_name: "KernelParam",
        kind: Some("kernel-param"),
        target: Some("name"),
        fields: &[TITLE, META, said("name", Text), kept("value", Test), SKIP],
        tests: &[same("value")],
        gated: false,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "mount",
        type_name: "Mount",
        kind: Some("mount"),
        target: Some("mountpoint"),
        fields: &[
            TITLE,
            META,
            said("mountpoint", Text),
            kept("exists", Test),
            said("opts", Test),
            said("vfs-opts", Test),
            said("source", Test),
            said("filesystem", Test),
            kept("timeout", Int),
            SKIP,
            said("usage", Test),
        ],
        tests: &[same("exists"), same("opts"), same("vfs-opts"), same("source"), same("filesystem"), same("usage")],
        gated: true,
        settings: &[],
        timeout: Some(1_000),
    },
    Section {
        name: "interface",
        type_name: "Interface",
        kind: Some("interface"),
        target: Some("name"),
        fields: &[TITLE, META, said("name", Text), kept("exists", Test), said("addrs", Test), said("mtu", Test), SKIP],
        tests: &[same("exists"), same("addrs"), same("mtu")],
        gated: true,
        settings: &[],
        timeout: None,
    },
    Section {
        name: "http",
        type_name: "HTTP",
        kind: Some("http"),
        target: Some("url"),
        fields: &[
            TITLE,
            META,
            said("url", Text),
            said("method", Text),
            kept("status", Test),
            kept("allow-insecure", Bool),
            kept("no-follow-redirects", Bool),
            said("timeout", Int),
            said("request-headers", TextList),
            said("request-body", Text),
            said("headers", Test),
            said("body", Test),
            said("username", Text),
            said("password", Text),
            said("ca-file", Text),
            said("cert-file", Text),
            said("key-file", Text),
            SKIP,
            said("proxy", Text),
        ],
        tests: &[
            same("status"),
            Tested { field: "headers", key: "headers", property: "Headers" },
            Tested { field: "body", key: "body", property: "Body" },
        ],
        gated: true,
        settings: &[
            ("method", "method"),
            ("allow-insecure", "allow-insecure"),
            ("no-follow-redirects", "no-follow-redirects"),
            ("request-headers", "request-headers"),
            ("request-body", "request-body"),
            ("username", "username"),
            ("password", "password"),
            ("ca-file", "ca-file"),
            ("cert-file", "cert-file"),
            ("key-file", "key-file"),
            ("proxy", "proxy"),
        ],
        timeout: Some(5_000),
    },
    Section {
        name: "matching",
        type_name: "Matching",
        kind: Some("matching"),
        target: None,
        fields: &[TITLE, META, said("content", Any), said("as-reader", Bool), kept("matches", Test), SKIP],
        tests: &[same("matches")],
        gated: false,
        settings: &[("content", "content")],
        timeout: None,
    },
];

impl Section {
    pub fn find(name: &str) -> Option<&'static Section> {
        SECTIONS.iter().find(|section| section.name == name)
    }

    /// Where it stands in [`SECTIONS`], which is what a [`super::Config`] knows it by.
    pub fn index(name: &str) -> Option<usize> {
        SECTIONS.iter().position(|section| section.name == name)
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}
