//! goss's commands and flags: what its command line takes, and what its help says of it.

use Shape::{Bool, Int, List, Text, Texts, Wait};

/// A command and what it takes.
pub struct Command {
    /// The first is what it is called, the others are short for it.
    pub names: &'static [&'static str],
    pub about: &'static str,
    /// What stands behind its flags, for its help.
    pub takes: &'static str,
    pub flags: &'static [Flag],
    pub commands: &'static [Command],
}

/// A flag, which may be written with one dash or with two.
pub struct Flag {
    /// The first is what the program knows it by.
    pub names: &'static [&'static str],
    pub shape: Shape,
    /// What it is where it is not said, as it would be written.
    pub default: &'static str,
    /// The variable that says it where the command line does not; empty if there is none.
    pub variable: &'static str,
    pub about: &'static str,
}

/// What a flag holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// One text, and again for more.
    Texts,
    /// Texts parted by commas, and again for more.
    List,
    Bool,
    Int,
    /// Go's way of writing a span of time: `1m30s`.
    Wait,
}

const fn flag(names: &'static [&'static str], shape: Shape, default: &'static str, about: &'static str) -> Flag {
    Flag { names, shape, default, variable: "", about }
}

impl Flag {
    const fn or(self, variable: &'static str) -> Flag {
        Flag { variable, ..self }
    }

    pub fn is(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }
}

impl Command {
    pub fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    pub fn find(&self, name: &str) -> Option<&'static Command> {
        self.commands.iter().find(|command| command.names.contains(&name))
    }
}

const FORMAT: Flag =
    flag(&["format", "f"], Text, "rspecish", "How to report; the formats are listed below").or("GOSS_FMT");
const FORMAT_OPTIONS: Flag = flag(
    &["format-options", "o"],
    List,
    "",
    "Options of the format: perfdata, pretty, sort, verbose, exclude_raw, include_raw",
)
.or("GOSS_FMT_OPTIONS");
const MAX_CONCURRENT: Flag =
    flag(&["max-concurrent"], Int, "50", "Tests that run at once at most").or("GOSS_MAX_CONCURRENT");

const fn timeout(default: &'static str) -> Flag {
    flag(&["timeout"], Wait, default, "How long looking may take")
}

const fn kind(names: &'static [&'static str], takes: &'static str, about: &'static str) -> Command {
    Command { names, about, takes, flags: &[], commands: &[] }
}

/// The program itself.
pub static GOSS: Command = Command {
    names: &["goss"],
    about: "Quick and easy server validation",
    takes: "",
    flags: &[
        flag(&["log-level", "loglevel", "L", "l"], Text, "INFO", "What to tell of: TRACE, DEBUG, INFO, WARN, ERROR")
            .or("GOSS_LOGLEVEL"),
        flag(&["gossfile", "g"], Text, "./goss.yaml", "The goss file to read or to write, - for standard input")
            .or("GOSS_FILE"),
        flag(&["vars"], Texts, "", "A file with variables for templates, JSON or YAML (again for more)")
            .or("GOSS_VARS"),
        flag(&["vars-inline"], Text, "", "Variables for templates, JSON or YAML; they go before those of files")
            .or("GOSS_VARS_INLINE"),
        flag(&["package"], Text, "", "Whose packages are meant: apk, dpkg, opkg, pacman, rpm"),
    ],
    commands: &[
        Command {
            names: &["validate", "v"],
            about: "Looks at this machine and reports",
            takes: "",
            flags: &[
                FORMAT,
                FORMAT_OPTIONS,
                flag(&["color"], Bool, "false", "With colour").or("GOSS_COLOR"),
                flag(&["no-color"], Bool, "false", "Without colour").or("GOSS_NOCOLOR"),
                flag(&["sleep", "s"], Wait, "1s", "How long to wait before looking again").or("GOSS_SLEEP"),
                flag(
                    &["retry-timeout", "r"],
                    Wait,
                    "0s",
                    "Looks again until everything passes or this time would be over",
                )
                .or("GOSS_RETRY_TIMEOUT"),
                MAX_CONCURRENT,
            ],
            commands: &[],
        },
        Command {
            names: &["serve", "s"],
            about: "Answers to HTTP with the report",
            takes: "",
            flags: &[
                FORMAT,
                FORMAT_OPTIONS,
                flag(&["cache", "c"], Wait, "5s", "How long a report is good for").or("GOSS_CACHE"),
                flag(&["listen-addr", "l"], Text, ":8080", "Where to listen: [ip]:port").or("GOSS_LISTEN"),
                flag(&["endpoint", "e"], Text, "/healthz", "The path that is answered").or("GOSS_ENDPOINT"),
                MAX_CONCURRENT,
            ],
            commands: &[],
        },
        Command {
            names: &["render", "r"],
            about: "Prints the goss file with its templates rendered and its imports in it",
            takes: "",
            flags: &[flag(&["debug", "d"], Bool, "false", "Prints each file as its template left it, too")],
            commands: &[],
        },
        Command {
            names: &["autoadd", "aa"],
            about: "Adds everything that a name suits to the goss file",
            takes: "NAME…",
            flags: &[],
            commands: &[],
        },
        Command {
            names: &["add", "a"],
            about: "Adds a thing as it is now to the goss file",
            takes: "",
            flags: &[flag(&["exclude-attr"], List, "", "Attributes to leave out")],
            commands: &[
                kind(&["package"], "NAME…", "Adds packages"),
                kind(&["file"], "PATH…", "Adds files"),
                Command {
                    flags: &[timeout("500ms")],
                    ..kind(&["addr"], "ADDRESS…", "Adds remote addresses: host:port")
                },
                kind(&["port"], "PORT…", "Adds listening ports: 80, udp:123"),
                kind(&["service"], "NAME…", "Adds services"),
                kind(&["user"], "NAME…", "Adds users"),
                kind(&["group"], "NAME…", "Adds groups"),
                Command {
                    flags: &[timeout("10s")], ..kind(&["command"], "COMMAND…", "Adds commands, which it runs")
                },
                Command {
                    flags: &[timeout("500ms"), flag(&["server"], Text, "", "The DNS server to ask")],
                    ..kind(&["dns"], "NAME…", "Adds names to look up")
                },
                kind(&["process"], "NAME…", "Adds processes"),
                Command {
                    flags: &[
                        flag(&["insecure", "k"], Bool, "false", "Trusts any certificate"),
                        flag(&["no-follow-redirects", "r"], Bool, "false", "Stays where it is"),
                        timeout("5s"),
                        flag(&["username", "u"], Text, "", "Whom to log in as"),
                        flag(&["password", "p"], Text, "", "And the password"),
                        flag(&["proxy", "x"], Text, "", "The proxy to ask, such as http://10.0.0.2:8080"),
                    ],
                    ..kind(&["http"], "URL…", "Adds URLs")
                },
                kind(&["goss"], "FILE…", "Adds goss files, which this one then imports"),
                kind(&["kernel-param"], "NAME…", "Adds kernel parameters"),
                Command { flags: &[timeout("1s")], ..kind(&["mount"], "PATH…", "Adds mounts") },
                kind(&["interface"], "NAME…", "Adds network interfaces"),
            ],
        },
    ],
};
