//! `user` and `group` against getent(1), id(1), passwd(1), chage(1) and ssh-keygen(1).

use crate::claims::{Claims, agree};
use crate::tool::{ends, says, shell};
use libtest_mimic::Failed;
use serde_json::json;
use std::collections::BTreeSet;

fn rows(database: &str) -> Vec<Vec<String>> {
    says(&["getent", database]).lines().map(|l| l.split(':').map(str::to_owned).collect()).collect()
}

pub fn users() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("user", "exists");
        claims.hidden_from_users(&["locked", "expires-in", "password-hash", "authorized-keys"]);
        let shadow = rows("shadow");
        for row in rows("passwd") {
            let [name, _, uid, gid, gecos, home, shell] = &row[..] else { panic!("{row:?}") };
            claims.there(name, true);
            claims.is(name, "uid", uid.parse::<i64>().unwrap());
            claims.is(name, "gid", gid.parse::<i64>().unwrap());
            claims.is(name, "gecos", gecos.as_str());
            claims.is(name, "home", home.as_str());
            claims.is(name, "shell", shell.as_str());
            let groups = says(&["id", "-Gn", "--", name]);
            let groups: Vec<&str> = groups.split_whitespace().collect();
            claims.set(name, "groups", groups.iter().copied());
            let state = says(&["passwd", "-S", name]);
            let days = shadow.iter().find(|s| &s[0] == name).and_then(|s| s[7].parse::<i64>().ok());
            let today = shell_number("echo $(($(date +%s) / 86400))");
            let expired = days.is_some_and(|day| day <= today);
            claims.is(name, "locked", expired || state.split(' ').nth(1) == Some("L"));
            match days {
                None => claims.nothing(name, "expires-in", "> 1d"),
                Some(day) => {
                    let ends = |left: i64| json!({"between": [format!("{}d", left - 2), format!("{}d", left + 2)]});
                    claims.test(name, "expires-in", ends(day - today), ends(day - today + 9));
                }
            }
            if let Some(hash) = shadow.iter().find(|s| &s[0] == name).map(|s| &s[1]) {
                claims.is(name, "password-hash", hash.as_str());
            }
            keys(&mut claims, name, home);
        }
        for name in ["nobodyX", "Root", "0", "roo"] {
            claims.there(name, ends(&["getent", "passwd", name]).0 == 0 && name.parse::<u32>().is_err());
        }
        claims
    })
}

fn keys(claims: &mut Claims, name: &str, home: &str) {
    let files = format!("{home}/.ssh/authorized_keys");
    let (status, listed) = ends(&["ssh-keygen", "-l", "-f", &files]);
    let count = if status == 0 { listed.lines().count() } else { 0 };
    claims.test(name, "authorized-keys", json!({"have-len": count}), json!({"have-len": count + 1}));
    if name == "ada" {
        let public = shell("cut -d ' ' -f 1,2 /home/ada/.ssh/id_ed25519.pub /home/ada/.ssh/id_ecdsa.pub");
        claims.set(name, "authorized-keys", public.lines());
    }
}

fn shell_number(line: &str) -> i64 {
    shell(line).trim().parse().unwrap()
}

pub fn groups() -> Result<(), Failed> {
    agree(|| {
        let mut claims = Claims::new("group", "exists");
        let users = rows("passwd");
        for row in rows("group") {
            let [name, _, gid, members] = &row[..] else { panic!("{row:?}") };
            claims.there(name, true);
            claims.is(name, "gid", gid.parse::<i64>().unwrap());
            let mut all: BTreeSet<&str> = members.split(',').filter(|m| !m.is_empty()).collect();
            all.extend(users.iter().filter(|u| &u[3] == gid).map(|u| u[0].as_str()));
            claims.set(name, "members", all);
        }
        claims.there("nonesuch", false);
        claims
    })
}
