//! Runs the system's own tools and hands out what they say.

use std::process::{Command, Stdio};

/// What a tool prints; it must succeed.
pub fn says(argv: &[&str]) -> String {
    let (status, out) = ends(argv);
    assert_eq!(status, 0, "{argv:?}");
    out
}

/// Its exit status and what it prints.
pub fn ends(argv: &[&str]) -> (i32, String) {
    let child = Command::new(argv[0]).args(&argv[1..]).env("LC_ALL", "C.UTF-8").stdin(Stdio::null()).output();
    let child = child.unwrap_or_else(|e| panic!("{argv:?}: {e}"));
    (child.status.code().unwrap_or(-1), String::from_utf8_lossy(&child.stdout).into_owned())
}

/// What a line for the shell prints, whatever its exit status.
pub fn shell(line: &str) -> String {
    ends(&["sh", "-c", line]).1
}

/// The fields of each line that a tool prints with tabs between them.
pub fn table(line: &str) -> Vec<Vec<String>> {
    shell(line).lines().map(|l| l.split('\t').map(str::to_owned).collect()).collect()
}

pub fn json(argv: &[&str]) -> serde_json::Value {
    serde_json::from_str(&says(argv)).unwrap_or_else(|e| panic!("{argv:?}: {e}"))
}
