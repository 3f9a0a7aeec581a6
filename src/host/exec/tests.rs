use super::*;

fn within(job: &Job, limit: Duration) -> Result<Finished, Fault> {
    Machine(()).run(job, Instant::now() + limit)
}

fn run(job: &Job) -> Finished {
    within(job, Duration::from_secs(60)).unwrap()
}

fn sh(line: &str) -> Finished {
    run(&Job::shell(line))
}

fn program(argv: &[&str]) -> Job {
    Job { argv: argv.iter().map(|a| a.to_string()).collect(), ..Job::default() }
}

/// Whether no process has this number any more, or a dead one that nobody has asked after.
fn gone(pid: i32) -> bool {
    let until = Instant::now() + Duration::from_secs(5);
    let alive = || procfs::process::Process::new(pid).is_ok_and(|p| p.is_alive());
    while alive() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(5));
    }
    !alive()
}

/// Runs `line`, which puts numbers of processes into `$PIDS`, into a time-out, and returns them.
fn timed_out(line: &str) -> Vec<i32> {
    let pids = tempfile::NamedTempFile::new().unwrap();
    let env = vec![("PIDS".into(), pids.path().to_str().unwrap().into())];
    let began = Instant::now();
    let fault = within(&Job { env, ..Job::shell(line) }, Duration::from_millis(800)).unwrap_err();
    assert!(matches!(&fault, Fault::TimedOut(..)), "{fault}");
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    let pids = std::fs::read_to_string(pids.path()).unwrap();
    pids.split_whitespace().map(|p| p.parse().unwrap()).collect()
}

#[test]
fn the_exit_status_is_the_commands_own() {
    assert_eq!(sh("exit 0").status, 0);
    assert_eq!(sh("exit 7").status, 7);
    assert_eq!(sh("exit 255").status, 255);
    assert_eq!(sh("verispec-has-no-such-program 2>/dev/null").status, 127);
    assert_eq!(sh("/dev/null 2>/dev/null").status, 126);
    assert_eq!(run(&program(&["false"])).status, 1);
}

#[test]
fn a_signal_is_an_exit_status_as_a_shell_has_it() {
    assert_eq!(sh("kill -TERM $$").status, 143);
    assert_eq!(sh("kill -KILL $$").status, 137);
    // A child starts with SIGPIPE as it is by default, whatever this process does with it.
    assert_eq!(sh("kill -PIPE $$").status, 141);
}

#[test]
fn both_outputs_are_kept_apart() {
    let ended = sh("echo out; echo err >&2");
    assert_eq!((ended.stdout.text.as_str(), ended.stderr.text.as_str()), ("out\n", "err\n"));
    assert_eq!((ended.stdout.cut, ended.stderr.cut), (None, None));
}

#[test]
fn arguments_reach_a_program_as_they_are() {
    assert_eq!(run(&program(&["printf", "%s|", "a b", "$HOME", "*", ""])).stdout.text, "a b|$HOME|*||");
}

#[test]
fn both_outputs_at_once_do_not_block_each_other() {
    let ended = sh("head -c 1048576 /dev/zero | tr '\\0' a & head -c 1048576 /dev/zero | tr '\\0' b >&2; wait");
    assert_eq!(ended.status, 0);
    for (content, letter) in [(ended.stdout, 'a'), (ended.stderr, 'b')] {
        assert_eq!(content.text.len(), OUTPUT_BOUND);
        assert!(content.text.chars().all(|c| c == letter));
        // Exactly the bound is not more than it.
        assert_eq!(content.cut, None);
    }
}

#[test]
fn output_past_the_bound_is_dropped_and_said_to_be() {
    let ended = sh("head -c 5000000 /dev/zero | tr '\\0' x; exit 3");
    assert_eq!((ended.status, ended.stdout.text.len(), ended.stdout.cut), (3, OUTPUT_BOUND, Some(1 << 20)));
    let ended = sh("printf a; head -c 600000 /dev/zero | sed 's/\\x00/é/g'");
    assert_eq!(ended.stdout.cut, Some(1 << 20));
    assert!(ended.stdout.text.ends_with('é') && ended.stdout.text.len() == OUTPUT_BOUND - 1);
}

#[test]
fn output_without_end_eats_no_memory_and_ends_at_the_deadline() {
    let began = Instant::now();
    let fault = within(&program(&["yes"]), Duration::from_millis(500)).unwrap_err();
    assert!(matches!(fault, Fault::TimedOut(..)));
    assert!(began.elapsed() < Duration::from_secs(3));
    assert_eq!(sh("yes | head -n 1").stdout.text, "y\n");
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    assert_eq!(sh("printf 'a\\377b'").stdout.text, "a\u{fffd}b");
}

#[test]
fn a_time_out_names_the_command_and_kills_its_children() {
    let fault = within(&Job::shell("sleep 300; :"), Duration::from_millis(100)).unwrap_err();
    let Fault::TimedOut(what, after) = fault else { panic!("{fault}") };
    assert_eq!(what, "`sleep 300; :`");
    assert!(after >= Duration::from_millis(100));
    let pids = timed_out("sleep 300 & echo $! > $PIDS; wait");
    assert!(pids.len() == 1 && pids.into_iter().all(gone));
}

#[test]
fn a_command_that_ignores_signals_is_killed_all_the_same() {
    let pids = timed_out("trap '' TERM INT HUP; echo $$ > $PIDS; while :; do sleep 1; done");
    assert!(pids.len() == 1 && pids.into_iter().all(gone));
}

#[test]
fn a_child_with_a_session_of_its_own_is_killed_too() {
    if run(&Job::shell("command -v setsid")).status != 0 {
        eprintln!("skipped: no setsid(1)");
        return;
    }
    let pids = timed_out("setsid sh -c 'echo $$ > $PIDS; setsid sh -c \"echo \\$\\$ >> $PIDS; sleep 300; :\"; :'; :");
    assert!(pids.len() == 2 && pids.into_iter().all(gone));
}

#[test]
fn a_daemon_that_nobody_is_the_parent_of_is_killed_with_the_command_that_started_it() {
    if run(&Job::shell("command -v setsid")).status != 0 {
        eprintln!("skipped: no setsid(1)");
        return;
    }
    let daemon =
        "setsid sh -c 'trap \"\" TERM HUP; sh -c \"echo \\$\\$ > $PIDS; exec sleep 300\" > /dev/null 2>&1 &' &";
    let pids = timed_out(&format!("{daemon} while ! test -s $PIDS; do :; done; wait; exec >&- 2>&-; sleep 300"));
    assert!(pids.len() == 1 && pids.into_iter().all(gone));
}

#[test]
fn a_background_child_that_keeps_the_output_open_is_no_time_out() {
    let began = Instant::now();
    let ended = within(&Job::shell("sleep 30 & echo $!"), Duration::from_secs(20)).unwrap();
    // 0.06 s on an idle machine.
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(ended.status, 0);
    // A daemon that the command was to start goes on.
    let pid = Pid::from_raw(ended.stdout.text.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_background_child_that_never_stops_writing_does_not_hold_up_the_end() {
    let began = Instant::now();
    let ended = within(&Job::shell("yes & echo $! >&2; exit 4"), Duration::from_secs(20)).unwrap();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(ended.status, 4);
    // Nobody reads its output any more.
    assert!(gone(ended.stderr.text.trim().parse().unwrap()));
}

#[test]
fn a_whole_pipe_of_output_written_just_before_the_end_is_all_there() {
    for _ in 0..20 {
        assert_eq!(sh("head -c 65536 /dev/zero | tr '\\0' z").stdout.text.len(), 65536);
    }
}

#[test]
fn a_command_that_closes_its_outputs_is_waited_for() {
    assert_eq!(sh("exec >&- 2>&-; sleep 0.2; exit 5").status, 5);
}

#[test]
fn an_end_is_seen_where_the_kernel_has_no_pidfd() {
    let job = Job { stdin: Some("in".into()), ..Job::shell("cat; sleep 0.1; exit 9") };
    let now = Instant::now();
    let running = Running { child: children::start(|mark| spawn::spawn(&job, mark)).unwrap(), end: None, over: false };
    let ended = running.attend(&job, now, now + Duration::from_secs(20)).unwrap();
    assert_eq!((ended.status, ended.stdout.text.as_str()), (9, "in"));
    let job = Job::shell("exec >&- 2>&-; sleep 300");
    let now = Instant::now();
    let running = Running { child: children::start(|mark| spawn::spawn(&job, mark)).unwrap(), end: None, over: false };
    assert!(running.attend(&job, now, now + Duration::from_millis(100)).is_err());
}

#[test]
fn a_long_input_is_written_while_the_output_is_read() {
    let text = "0123456789abcdef".repeat(1 << 16);
    let ended = run(&Job { stdin: Some(text.clone()), ..program(&["cat"]) });
    assert!(ended.stdout.text == text && ended.stdout.cut.is_none());
}

#[test]
fn an_input_that_is_not_read_is_no_fault() {
    let text = "x".repeat(1 << 20);
    assert_eq!(run(&Job { stdin: Some(text.clone()), ..Job::shell("exit 6") }).status, 6);
    assert_eq!(run(&Job { stdin: Some(text), ..Job::shell("exec <&-; sleep 0.1; exit 8") }).status, 8);
    assert_eq!(sh("cat; echo end").stdout.text, "end\n");
    assert_eq!(run(&Job { stdin: Some(String::new()), ..program(&["cat"]) }).stdout.text, "");
}

#[test]
fn what_cannot_be_started_has_no_exit_status() {
    let failed = |job: &Job| within(job, Duration::from_secs(9)).unwrap_err();
    // A folder on PATH that may not be searched would make it denied.
    let path = vec![("PATH".into(), "/usr/bin:/bin".into())];
    assert_eq!(
        failed(&Job { env: path, ..program(&["verispec-has-no-such-program"]) }),
        Fault::Failed("cannot start `verispec-has-no-such-program`: no such file or directory".into())
    );
    assert_eq!(
        failed(&Job { cwd: Some("/nonexistent".into()), ..Job::shell(":") }),
        Fault::Failed("cannot start `/bin/sh` in `/nonexistent`: no such directory".into())
    );
    assert_eq!(
        failed(&program(&["/etc/passwd"])),
        Fault::Denied("cannot start `/etc/passwd`: permission denied".into())
    );
    assert!(matches!(failed(&program(&["a\0b"])), Fault::Failed(_)));
    assert_eq!(failed(&Job::default()), Fault::Failed("no command was given".into()));
    let job = Job { cwd: Some("/etc/passwd".into()), ..Job::shell(":") };
    assert_eq!(failed(&job).to_string(), "cannot start `/bin/sh` in `/etc/passwd`: not a directory");
}

#[test]
fn a_script_without_its_interpreter_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("script");
    // Not by this process: a file that any child of it still holds open for writing cannot be run.
    let line = format!("printf '#!/nonexistent/interpreter\\n' > {0}; chmod 755 {0}", script.display());
    assert_eq!(sh(&line).status, 0);
    let fault = within(&program(&[script.to_str().unwrap()]), Duration::from_secs(9)).unwrap_err();
    assert!(fault.to_string().ends_with("its interpreter is missing"), "{fault}");
}

#[test]
fn nothing_is_started_after_the_deadline() {
    let marker = tempfile::tempdir().unwrap().path().join("marker");
    let job = Job::shell(&format!("mkdir -p {}", marker.display()));
    assert!(matches!(within(&job, Duration::ZERO), Err(Fault::TimedOut(..))));
    assert!(!marker.exists());
}

#[test]
fn the_environment_and_the_directory_are_the_jobs() {
    let job = Job {
        env: vec![("VERISPEC_TEST".into(), "a b".into())],
        cwd: Some("/usr".into()),
        ..Job::shell("echo \"$VERISPEC_TEST\" \"$PATH\"; pwd")
    };
    let path = std::env::var("PATH").unwrap_or_default();
    assert_eq!(run(&job).stdout.text, format!("a b {path}\n/usr\n"));
}

#[test]
fn a_long_command_is_shortened_in_messages() {
    assert_eq!(Job::shell(&"é".repeat(100)).shown(), format!("`{}…`", "é".repeat(80)));
    assert_eq!(program(&["a", "b\nc"]).shown(), "`a b c`");
}

#[test]
fn another_user_is_wholly_that_user() {
    let host = Host::local();
    let Ok(nobody) = Credentials::of(&host, "nobody") else {
        eprintln!("skipped: no user nobody");
        return;
    };
    let job = Job {
        user: Some(nobody.clone()),
        ..Job::shell("id -u; id -g; id -G; echo $USER $HOME; cat /proc/self/status")
    };
    if !rustix::process::geteuid().is_root() {
        if rustix::process::geteuid().as_raw() != nobody.uid {
            assert!(matches!(within(&job, Duration::from_secs(9)), Err(Fault::Denied(_))));
        }
        eprintln!("skipped: only root may run a command as another user");
        return;
    }
    let text =
        run(&Job { user: Some(Credentials { groups: vec![nobody.gid, 12345], ..nobody.clone() }), ..job }).stdout.text;
    let head: Vec<_> = text.lines().take(4).collect();
    let (uid, gid) = (nobody.uid.to_string(), nobody.gid.to_string());
    assert_eq!(head, [&uid, &gid, &format!("{gid} 12345"), &format!("nobody {}", nobody.home)]);
    for line in text.lines().filter(|l| l.starts_with("Uid:")) {
        assert!(line.split_whitespace().skip(1).all(|id| id == uid), "{line}");
    }
    for line in text.lines().filter(|l| l.starts_with("CapEff:") || l.starts_with("CapPrm:")) {
        assert!(line.ends_with("\t0000000000000000"), "{line}");
    }
    // The thread that became someone else was one of its own.
    assert!(rustix::process::geteuid().is_root() && sh("id -u").stdout.text == "0\n");
    let job = Job { user: Some(nobody), ..Job::shell("sleep 300") };
    assert!(matches!(within(&job, Duration::from_millis(100)), Err(Fault::TimedOut(..))));
}

#[test]
fn an_unknown_user_is_a_fault() {
    let fault = Credentials::of(&Host::local(), "verispec-has-no-such-user").unwrap_err();
    assert_eq!(fault.to_string(), "no user `verispec-has-no-such-user` in /etc/passwd");
}
