//! Words followed on a web server that is written down, and on others with something missing.

use super::*;
use crate::host::TreeFiles;
use std::sync::Arc;
use time::OffsetDateTime;

const NGINX: &str = include_str!("../../golden/hosts/nginx.host");

fn host(tree: &str) -> Host {
    Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), OffsetDateTime::UNIX_EPOCH)
}

fn names(trail: &Trail) -> Vec<String> {
    trail.found.iter().map(|found| format!("{} {}", found.kind, found.name)).collect()
}

fn faults(trail: &Trail) -> Vec<&str> {
    trail.faults.iter().map(|(what, _)| what.as_str()).collect()
}

/// What `word` finds where `old` of the host reads `new`.
fn changed(word: &str, old: &str, new: &str) -> Trail {
    assert!(NGINX.contains(old), "{old}");
    follow(&host(&NGINX.replace(old, new)), word, 6)
}

#[test]
fn a_package_leads_to_all_that_makes_it_up_and_to_nothing_else() {
    let trail = follow(&host(NGINX), "nginx", 6);
    let found = names(&trail);
    for expected in [
        "package nginx",
        "package nginx-common",
        "service nginx",
        "process nginx",
        "port tcp4:80",
        "port tcp6:80",
        "port tcp4:443",
        "port unix:/run/nginx/status.sock",
        "user www-data",
        "group www-data",
        "file /etc/nginx/nginx.conf",
        "file /etc/nginx/sites-enabled/shop",
        "file /etc/nginx/sites-available/shop",
        "file /srv/nginx/limits.conf",
        "file /etc/ssl/private/shop.key",
        "certificate /etc/ssl/shop.pem",
        "certificate /etc/nginx/tls/clients.pem",
    ] {
        assert!(found.iter().any(|f| f == expected), "{expected} is not in {found:#?}");
    }
    for other in
        ["cron", "ssh", "libc6", "libnginx", "old.pem", "ca-certificates", "unused", "naxsi", "~", "40000", "45678"]
    {
        assert!(!found.iter().any(|f| f.contains(other)), "{other} is in {found:#?}");
    }
    assert_eq!(faults(&trail), ["port `tcp4:40000`"]);
}

#[test]
fn every_cause_stands_before_what_it_leads_to_and_each_thing_once() {
    let trail = follow(&host(NGINX), "nginx", 6);
    let mut seen = std::collections::HashSet::new();
    for (at, found) in trail.found.iter().enumerate() {
        assert!(found.from.is_none_or(|from| from < at), "{found:?}");
        assert!(seen.insert((found.kind, &found.name)), "{found:?}");
        assert!(fits(found.kind, &found.name).is_ok() && !found.because.is_empty());
    }
}

#[test]
fn depth_is_the_number_of_steps() {
    let host = host(NGINX);
    let found = |depth| names(&follow(&host, "nginx", depth)).len();
    assert_eq!(names(&follow(&host, "nginx", 0)), ["package nginx", "service nginx", "process nginx"]);
    assert!(found(0) < found(1) && found(1) < found(2) && found(2) < found(3));
    assert_eq!(found(6), found(100));
}

#[test]
fn a_port_leads_back_to_the_package_of_whoever_holds_it() {
    for word in ["80", "tcp:80", "tcp4:443", "unix:/run/nginx/status.sock", "/run/nginx/status.sock"] {
        let found = names(&follow(&host(NGINX), word, 6));
        for expected in
            ["process nginx", "service nginx", "package nginx", "package nginx-common", "certificate /etc/ssl/shop.pem"]
        {
            assert!(found.iter().any(|f| f == expected), "{word}: {expected} is not in {found:#?}");
        }
        assert!(found[0].starts_with("port "), "{found:?}");
    }
    assert_eq!(names(&follow(&host(NGINX), "tcp6:443", 6)), [""; 0], "nobody listens there");
    assert_eq!(names(&follow(&host(NGINX), "udp:80", 6)), [""; 0]);
}

#[test]
fn what_systemd_holds_for_others_does_not_lead_to_systemd() {
    let socket = "-- /etc/systemd/system/sockets.target.wants/ssh.socket -> /lib/systemd/system/ssh.socket\n";
    let tree =
        NGINX.replace("-- /proc/1/fd/\n", &format!("{socket}-- /proc/1/fd/\n-- /proc/1/fd/9 -> socket:[1126]\n"));
    let found = names(&follow(&host(&tree), "tcp6:22", 6));
    assert!(found.contains(&"service ssh.socket".into()) && found.contains(&"service ssh".into()), "{found:?}");
    assert!(!found.iter().any(|f| f.contains("systemd")), "{found:?}");
}

#[test]
fn an_alias_leads_to_the_unit_and_a_login_to_none() {
    let trail = follow(&host(NGINX), "sshd", 6);
    let found = names(&trail);
    assert_eq!(found[..3], ["service ssh", "process sshd", "user sshd"]);
    for expected in
        ["package openssh-server", "package openssh-client", "file /etc/ssh/sshd_config.d/keys.conf", "port tcp4:22"]
    {
        assert!(found.contains(&expected.into()), "{expected} is not in {found:#?}");
    }
    assert!(!found.iter().any(|f| f.contains("session") || f.contains("ssh.socket")), "{found:#?}");
    assert!(faults(&trail).is_empty(), "{:?}", trail.faults);
}

#[test]
fn who_has_a_job_run_is_not_who_the_service_runs_as() {
    let found = names(&follow(&host(NGINX), "cron", 6));
    assert!(found.contains(&"process cron".into()) && !found.iter().any(|f| f.contains("alice")), "{found:?}");
}

#[test]
fn only_exact_names_are_found() {
    for word in
        ["ngin", "nginx-", "ngin*", "*", "/etc/ngin*", "/nonexistent", "NGINX", "", "0", "99999", "a b", "x\u{1b}"]
    {
        let trail = follow(&host(NGINX), word, 6);
        assert_eq!((names(&trail), faults(&trail)), (vec![], vec![]), "{word}");
    }
    assert_eq!(near(&host(NGINX), "ngnix").as_deref(), Some("nginx"));
    assert_eq!(near(&host(NGINX), "entirely-else"), None);
}

#[test]
fn a_path_finds_the_file_and_what_it_names() {
    let found = names(&follow(&host(NGINX), "/etc/nginx/sites-enabled/shop", 6));
    assert_eq!(
        found,
        [
            "file /etc/nginx/sites-enabled/shop",
            "file /etc/nginx/sites-available/shop",
            "certificate /etc/ssl/shop.pem",
            "file /etc/ssl/private/shop.key",
            "certificate /etc/nginx/tls/clients.pem"
        ]
    );
    let found = names(&follow(&host(NGINX), "/etc/ssl/shop.pem", 6));
    assert_eq!(found, ["file /etc/ssl/shop.pem", "certificate /etc/ssl/shop.pem"]);
    assert_eq!(names(&follow(&host(NGINX), "/etc/nginx", 6)), ["file /etc/nginx"]);
}

#[test]
fn a_certificate_in_quotes_is_the_one_that_is_named_and_not_what_a_part_of_its_path_names() {
    let (_, pem) = NGINX.split_once("-- /etc/ssl/shop.pem\n").unwrap();
    let (pem, _) = pem.split_once("-- ").unwrap();
    let all = format!("{NGINX}\n-- /etc/ssl/o'shop.pem\n{pem}-- /etc/ssl/o\n{pem}-- /etc/nginx/shop.pem\n{pem}");
    let trail = |line: &str| names(&follow(&host(&all.replace("limit_rate 1m;\n", line)), "/srv/nginx/limits.conf", 6));
    assert_eq!(
        trail("ssl_certificate \"/etc/ssl/o'shop.pem\";\n"),
        ["file /srv/nginx/limits.conf", "certificate /etc/ssl/o'shop.pem"]
    );
    assert_eq!(
        trail("OPTIONS=\"/etc/ssl/o /etc/ssl/o'shop.pem /etc/ssl/shop.pem\"\n")[1..],
        ["certificate /etc/ssl/o", "certificate /etc/ssl/shop.pem"],
        "several in one pair of quotes"
    );
}

#[test]
fn a_group_of_many_is_no_part_of_one_account() {
    let nogroup = |trail: &Trail| names(trail).contains(&"group nogroup".into());
    assert!(nogroup(&follow(&host(NGINX), "sshd", 6)));
    let user = "sshd:x:105:65534::/run/sshd:/usr/sbin/nologin\n";
    let trail = changed("sshd", user, &format!("{user}nobody:x:65534:65534:::\n"));
    assert!(!nogroup(&trail) && names(&trail).contains(&"user sshd".into()), "{trail:?}");
}

#[test]
fn a_program_in_a_unit_of_the_administrators_own_leads_to_its_package() {
    let own = NGINX.replace("\n/lib/systemd/system/nginx.service\n", "\n/lib/systemd/system/other.service\n");
    let found = |tree: &str, word| names(&follow(&host(tree), word, 6));
    let named = own.replace("(nginx)", "(webd)").replace("/usr/sbin/nginx", "/usr/sbin/webd");
    let expected = ["process webd", "service nginx", "package nginx"].map(str::to_owned);
    assert!(expected.iter().all(|one| found(&named, "webd").contains(one)), "{:#?}", found(&named, "webd"));
    let script = own.replace("(nginx)", "(webd)");
    let found = found(&script, "webd");
    assert!(found.contains(&expected[1]) && !found.contains(&expected[2]), "what runs a script: {found:#?}");
}

#[test]
fn what_may_not_be_seen_is_said_and_the_rest_goes_on() {
    let trail = changed("nginx", "-- /proc/700/fd/\n", "-- /proc/700/fd/ denied\n");
    assert_eq!(faults(&trail), ["where process `nginx` listens", "port `tcp4:40000`"]);
    assert!(names(&trail).contains(&"port tcp4:80".into()), "the worker holds it, too");
    assert!(names(&trail).contains(&"certificate /etc/ssl/shop.pem".into()));
    let trail = changed("nginx", "-- /etc/nginx/sites-available/shop\n", "-- /etc/nginx/sites-available/shop denied\n");
    assert!(faults(&trail).contains(&"/etc/nginx/sites-available/shop"), "{:?}", trail.faults);
    assert!(names(&trail).contains(&"file /etc/nginx/sites-available/shop".into()), "its mode may be seen");
    assert!(!names(&trail).contains(&"certificate /etc/ssl/shop.pem".into()));
    let trail = changed("nginx", "-- /var/lib/dpkg/status 0644 0:0\n", "-- /var/lib/dpkg/status denied\n");
    assert!(faults(&trail).contains(&"package `nginx`"));
    assert!(names(&trail).contains(&"port tcp4:80".into()));
    let trail = changed(
        "nginx",
        "-- /var/lib/dpkg/info/nginx-common.list 0644 0:0\n",
        "-- /var/lib/dpkg/info/nginx-common.list denied\n",
    );
    assert!(faults(&trail).contains(&"the files of package `nginx-common`"));
    let trail = changed("nginx", "-- /etc/passwd 0644 0:0\n", "-- /etc/passwd denied\n");
    assert!(faults(&trail).contains(&"user `nginx`") && names(&trail).contains(&"port tcp4:80".into()));
}

#[test]
fn a_service_that_is_stopped_leads_to_its_unit_and_its_configuration_all_the_same() {
    let stopped: String = NGINX
        .split_inclusive('\n')
        .scan(false, |gone, line| {
            if line.starts_with("-- ") {
                *gone = line.starts_with("-- /proc/70");
            }
            Some(if *gone { "" } else { line })
        })
        .collect();
    let found = names(&follow(&host(&stopped), "nginx", 6));
    assert!(
        found.contains(&"service nginx".into()) && found.contains(&"certificate /etc/ssl/shop.pem".into()),
        "{found:?}"
    );
    assert!(!found.iter().any(|f| f.starts_with("process") || f.starts_with("port")), "{found:?}");
}

#[test]
fn without_units_a_process_leads_to_its_ports_and_its_package() {
    let bare = NGINX
        .replace("/system.slice/nginx.service", "/")
        .replace("-- /lib/systemd/system/nginx.service", "-- /lib/gone");
    let bare = bare.replace("-- /etc/systemd/system/multi-user.target.wants/nginx.service", "-- /etc/gone");
    let found = names(&follow(&host(&bare), "tcp4:443", 6));
    for expected in ["process nginx", "package nginx", "package nginx-common", "user www-data", "port tcp6:80"] {
        assert!(found.contains(&expected.into()), "{expected} is not in {found:#?}");
    }
}

#[test]
fn names_that_drive_a_terminal_are_left_out_with_a_reason() {
    let tree = NGINX.replace("-- /etc/nginx/conf.d/tls.conf~\n", "-- /etc/nginx/conf.d/\u{202e}x.conf\n");
    let trail = follow(&host(&tree), "nginx", 6);
    assert!(!names(&trail).iter().any(|name| name.contains('\u{202e}')));
    assert_eq!(trail.faults.iter().filter(|(_, why)| why.to_string().contains("no entry can be read with")).count(), 1);
}

#[test]
fn configuration_without_end_is_bounded_and_said_to_be() {
    let mut tree = NGINX.to_owned();
    (0..400).for_each(|n| tree += &format!("-- /etc/nginx/conf.d/{n}.conf\n"));
    let trail = follow(&host(&tree), "nginx", 6);
    assert!(trail.found.len() < 500);
    assert!(faults(&trail).contains(&"/etc/nginx"), "{:?}", trail.faults);
    assert!(faults(&trail).contains(&"`nginx`"), "{:?}", trail.faults);
    let all: String = (0..3000).map(|n| format!("ssl_certificate /etc/c{n}.pem;\n")).collect();
    let tree = NGINX.replace("limit_rate 1m;\n", &all);
    assert!(faults(&follow(&host(&tree), "nginx", 6)).contains(&"/srv/nginx/limits.conf"));
    let looped = NGINX
        .replace("limit_rate 1m;\n", "include /srv/nginx/limits.conf;\ninclude /srv/nginx/*;\ninclude ../../..;\n");
    assert_eq!(follow(&host(&looped), "nginx", 6).found.len(), follow(&host(NGINX), "nginx", 6).found.len());
}

#[test]
fn one_unit_of_a_collection_does_not_lead_to_all_of_it() {
    let many: String = (0..40).map(|n| format!("/lib/systemd/system/x{n}.service\n")).collect();
    let list = "/lib/systemd/system/ssh.service\n";
    let tree = NGINX.replace(list, &format!("{list}{many}"));
    let found = names(&follow(&host(&tree), "sshd", 6));
    assert!(found.contains(&"package openssh-server".into()));
    assert!(!found.iter().any(|f| f.starts_with("file") || f.contains("client")), "{found:?}");
    let whole = names(&follow(&host(&tree), "openssh-server", 6));
    assert!(whole.contains(&"service ssh".into()) && whole.contains(&"file /etc/ssh/moduli".into()), "{whole:?}");
}

#[test]
fn a_name_that_the_kernel_cuts_is_whole_where_the_command_line_has_it() {
    let long = NGINX.replace("(nginx)", "(nginx-with-a-na)").replace(
        "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;",
        "/usr/sbin/nginx-with-a-name",
    );
    let long = long.replace("nginx: worker process", "/usr/sbin/nginx-with-a-name");
    let found = names(&follow(&host(&long), "nginx", 6));
    assert!(found.contains(&"process nginx-with-a-name".into()), "{found:?}");
    assert_eq!(names(&follow(&host(&long), "nginx-with-a-name", 6))[0], "process nginx-with-a-name");
    assert_eq!(names(&follow(&host(&long), "nginx-with-a-nam", 6)), [""; 0]);
    let found = names(&follow(&host(&long), "443", 6));
    assert_eq!(found[..2], ["port tcp4:443", "process nginx-with-a-name"]);
}

#[test]
fn what_the_first_process_holds_is_not_its_own() {
    let found = names(&follow(&host(NGINX), "systemd", 6));
    assert_eq!(found, ["process systemd"]);
}

#[test]
fn what_a_person_started_is_left_out_with_the_reason_and_the_hosts_own_is_not() {
    let by_hand = NGINX.replace("/system.slice/nginx.service", "/user.slice/user-0.slice/session-7.scope");
    let trail = follow(&host(&by_hand), "tcp4:443", 6);
    assert_eq!(names(&trail), ["port tcp4:443"]);
    assert_eq!(faults(&trail), ["process `nginx`"]);
    let why = trail.faults[0].1.to_string();
    assert!(why.contains("it was started by hand, in the login session-7.scope; if it is to run always"), "{why}");
    let trail = follow(&host(&by_hand), "nginx", 6);
    let found = names(&trail);
    assert!(found.contains(&"package nginx".into()) && !found.iter().any(|f| f.starts_with("process")), "{found:?}");
    assert!(!found.iter().any(|f| f.starts_with("port")), "{found:?}");
    assert!(faults(&trail).contains(&"process `nginx`"), "{:?}", trail.faults);
    // The daemon stays where the sessions that it made for logins are left out.
    assert!(names(&follow(&host(NGINX), "sshd", 0)).contains(&"process sshd".into()));
    // Where nothing is known of units, the terminal tells.
    let bare = NGINX.replace("/system.slice/nginx.service", "/");
    let at_terminal = bare.replace("700 700 0 ", "700 700 34816 ").replace("701 701 0 ", "701 701 34816 ");
    assert_ne!(bare, at_terminal);
    assert!(names(&follow(&host(&bare), "tcp4:443", 6)).contains(&"process nginx".into()));
    let trail = follow(&host(&at_terminal), "tcp4:443", 6);
    assert_eq!(names(&trail), ["port tcp4:443"]);
    assert!(trail.faults[0].1.to_string().starts_with("it was started by hand, at a terminal; "));
}

#[test]
fn a_process_of_a_container_is_no_program_of_this_host() {
    let namespaces = "-- /proc/self/ns/mnt -> mnt:[1]\n-- /overlay/\n";
    let contained = |pid| format!("-- /proc/{pid}/ns/mnt -> mnt:[2]\n-- /proc/{pid}/root -> /overlay\n");
    let docker = NGINX.replace("/system.slice/nginx.service", "/docker/1f");
    let tree = format!("{docker}{namespaces}{}{}", contained(700), contained(701));
    let trail = follow(&host(&tree), "tcp4:443", 6);
    assert_eq!(names(&trail), ["port tcp4:443"], "it shares the host's network");
    assert!(trail.faults[0].1.to_string().starts_with("it runs in a container, with a root of its own; "));
    assert!(!names(&follow(&host(&tree), "nginx", 6)).contains(&"process nginx".into()));
    // A unit of the host may start a container: where that listens is the unit's, who it runs as is not.
    let quadlet = format!("{NGINX}{namespaces}{}{}", contained(700), contained(701));
    let found = names(&follow(&host(&quadlet), "nginx.service", 6));
    assert!(found.contains(&"port tcp4:443".into()), "{found:?}");
    assert!(!found.iter().any(|f| f.starts_with("process")), "{found:?}");
    // What systemd gives a view of its own of the host's root is the host's.
    let private = format!("{NGINX}{namespaces}{}", contained(700).replace("/overlay", "/"));
    assert_eq!(names(&follow(&host(&private), "nginx", 6)), names(&follow(&host(NGINX), "nginx", 6)));
}

proptest::proptest! {
    #[test]
    fn no_configuration_and_no_word_makes_it_panic(
        text in "(include|ssl_certificate|[#;!$]|[ /.*?\\[a-c=\"'\n]|\\PC){0,40}",
        word in "\\PC{0,12}|[/a-z:@.0-9*-]{0,12}",
    ) {
        let text: String = text.lines().filter(|line| !line.starts_with("-- ")).map(|line| format!("{line}\n")).collect();
        let tree = format!("-- /etc/passwd\nroot:x:0:0:::\n-- /etc/group\nroot:x:0:\n-- /etc/a/b.conf\n{text}");
        let host = host(&tree);
        let _ = follow(&host, "/etc/a/b.conf", 6);
        let _ = follow(&host, &word, 6);
    }
}
