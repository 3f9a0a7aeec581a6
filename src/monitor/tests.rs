use super::*;
use crate::plan::Selection;
use crate::resource::{Kind, Probe, Seen};
use crate::spec::{Common, Expectation, Profile};
use crate::syntax::{Sources, Span};
use crate::value::{Fault, Value};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// More than any machine takes.
const LONG: Duration = Duration::from_secs(20);

fn claim(id: &str, timeout: Duration, probe: Probe) -> Claim {
    let span = Span { file: 0, start: 0, end: 0 };
    let presence = Expectation { test: crate::matcher::Test::equal(Value::Bool(true)), span, implied: true };
    Claim {
        kind: Kind::find("file").unwrap(),
        profile: Profile::Strict,
        id: id.into(),
        target: None,
        span,
        probe,
        presence: Some(presence),
        asks: Default::default(),
        tests: Default::default(),
        common: Some(Box::new(Common { timeout: Some(timeout), ..Common::default() })),
        secrets: None,
    }
}

fn there() -> crate::resource::Observed {
    Ok(Some(Seen { present: Ok(Value::Bool(true)), values: Default::default() }))
}

/// What was told, one word a notice.
type Heard = Arc<Mutex<Vec<String>>>;

fn start(claims: Vec<Claim>, pace: Pace) -> (Monitor, Heard) {
    let heard = Heard::default();
    let hears = heard.clone();
    let notify = move |notice: Notice| {
        let word = match notice {
            Notice::Ran(state, count) => format!("ran {count} {}", state.summary.total()),
            Notice::Changed(change) => format!("{} {:?} {}", change.id, change.was, change.outcome),
            Notice::Broken => "broken".to_owned(),
            _ => "other".to_owned(),
        };
        hears.lock().unwrap().push(word);
    };
    (Monitor::start(parts(claims), Host::local(), settings(pace), Box::new(notify)).unwrap(), heard)
}

fn book(claims: Vec<Claim>) -> Book {
    Book::new(Sources::default(), claims)
}

fn parts(claims: Vec<Claim>) -> (Request, Book, Stamp) {
    let request = Request { specs: vec!["-".into()], selection: Selection::default() };
    (request, book(claims), Stamp::new([], [], []))
}

fn settings(pace: Pace) -> Settings {
    Settings { pace, max_age: None, windows: Windows { rise: 1, fall: 1 }, limits: Limits::default() }
}

/// Probes of which the first one that is asked hangs until it is let go, and how many were asked.
fn hanging() -> (impl Fn() -> Probe, mpsc::Sender<()>, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let (release, held) = mpsc::channel::<()>();
    let (count, held) = (begun.clone(), Arc::new(Mutex::new(held)));
    let probe = move || -> Probe {
        let (count, held) = (count.clone(), held.clone());
        Box::new(move |_, _| {
            if count.fetch_add(1, Ordering::SeqCst) == 0 {
                _ = held.lock().unwrap().recv_timeout(LONG);
            }
            there()
        })
    };
    (probe, release, begun)
}

fn state(monitor: &Monitor) -> Option<Arc<State>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(LONG, monitor.state()).await.expect("an answer") })
}

#[test]
fn a_probe_that_hangs_gets_no_company_and_its_entry_stays_unknown() {
    let (hangs, release, begun) = hanging();
    let looks = Arc::new(AtomicUsize::new(0));
    let counts = looks.clone();
    let quick: Probe = Box::new(move |_, _| {
        counts.fetch_add(1, Ordering::SeqCst);
        there()
    });
    let claims = vec![claim("hangs", Duration::from_millis(10), hangs()), claim("quick", LONG, quick)];
    let (monitor, heard) = start(claims, Pace::Every(Duration::from_millis(20)));
    let until = Instant::now() + LONG;
    while looks.load(Ordering::SeqCst) < 10 {
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    let known = state(&monitor).unwrap();
    assert_eq!((known.summary.pass, known.summary.unknown), (1, 1));
    assert!(!known.health.up);
    release.send(()).unwrap();
    while state(&monitor).unwrap().summary.pass < 2 {
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(heard.lock().unwrap().iter().filter(|word| word.starts_with("hangs")).count(), 2);
    monitor.stop();
}

#[test]
fn a_probe_that_hangs_gets_no_company_from_another_spec_either() {
    let (hangs, release, begun) = hanging();
    let claims =
        || vec![claim("new", LONG, Box::new(|_, _| there())), claim("hangs", Duration::from_millis(10), hangs())];
    let pace = Pace::Every(Duration::from_secs(3_600));
    let mut looker = Looker::new(parts(claims().split_off(1)), Host::local(), settings(pace), Box::new(|_| ()));
    let known = looker.tell.subscribe();
    let counts = || known.borrow().state.as_ref().map(|state| (state.health.pass, state.health.unknown)).unwrap();
    looker.run(vec![0]);
    assert_eq!(counts(), (0, 1));
    for _ in 0..2 {
        looker.open(book(claims()));
        looker.run(vec![0, 1]);
        assert_eq!(counts(), (1, 1));
    }
    assert_eq!(begun.load(Ordering::SeqCst), 1);
    release.send(()).unwrap();
    let until = Instant::now() + LONG;
    while looker.hangs(1) {
        assert!(Instant::now() < until);
        thread::sleep(Duration::from_millis(5));
    }
    looker.run(vec![0, 1]);
    assert_eq!(counts(), (2, 0));
    assert_eq!(begun.load(Ordering::SeqCst), 2);
}

#[test]
fn who_asks_on_demand_gets_a_run_that_ends_after_he_asked() {
    let looks = Arc::new(AtomicUsize::new(0));
    let counts = looks.clone();
    let probe: Probe = Box::new(move |_, _| {
        counts.fetch_add(1, Ordering::SeqCst);
        there()
    });
    let (monitor, _) = start(vec![claim("a", LONG, probe)], Pace::OnDemand(Duration::ZERO));
    for run in 1..=200 {
        let asked = Moment::now();
        let known = state(&monitor).unwrap();
        assert!(known.ended >= asked);
        assert_eq!(looks.load(Ordering::SeqCst), run);
    }
    monitor.stop();
}

#[test]
fn those_who_ask_at_any_moment_of_a_first_run_have_an_answer() {
    for wait in 0..60 {
        let probe: Probe = Box::new(|_, _| there());
        let (monitor, _) = start(vec![claim("a", LONG, probe)], Pace::Every(Duration::from_secs(3_600)));
        thread::sleep(Duration::from_micros(wait * 25));
        assert_eq!(state(&monitor).unwrap().summary.pass, 1);
        monitor.stop();
    }
}

#[test]
fn a_spec_of_which_all_is_skipped_is_told_of_all_the_same() {
    let probe: Probe = Box::new(|_, _| Err(Fault::Failed("it is not to be looked at".into())));
    let mut one = claim("a", LONG, probe);
    one.common = Some(Box::new(Common { skip: Some("no".into()), ..Common::default() }));
    let (monitor, heard) = start(vec![one], Pace::Every(Duration::from_secs(3_600)));
    let known = state(&monitor).unwrap();
    assert_eq!((known.summary.skip, known.health.up, known.health.expires), (1, true, None));
    thread::sleep(Duration::from_millis(100));
    assert_eq!(*heard.lock().unwrap(), ["ran 0 1"]);
    monitor.stop();
}

#[test]
fn a_run_that_ends_by_a_bug_answers_those_who_wait_and_the_next_one_is_whole() {
    let probe: Probe = Box::new(|_, _| there());
    let bug = Arc::new(AtomicUsize::new(0));
    let seen = bug.clone();
    let notify = move |notice: Notice| {
        // The only place where a test can put one.
        if matches!(notice, Notice::Ran(..)) && seen.fetch_add(1, Ordering::SeqCst) == 0 {
            panic!("a bug, for this test");
        }
    };
    let (parts, settings) = (parts(vec![claim("a", LONG, probe)]), settings(Pace::OnDemand(Duration::ZERO)));
    let monitor = Monitor::start(parts, Host::local(), settings, Box::new(notify)).unwrap();
    assert!(state(&monitor).is_none());
    assert_eq!(state(&monitor).unwrap().summary.pass, 1);
    monitor.stop();
}

#[test]
fn what_nobody_has_looked_at_is_unknown_and_not_up() {
    let (seen, skipped) = (Arc::new(AtomicUsize::new(0)), Common { skip: Some(String::new()), ..Common::default() });
    let count = seen.clone();
    let probe = move || -> Probe {
        let count = count.clone();
        Box::new(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            there()
        })
    };
    let mut second = claim("skipped", LONG, probe());
    second.common = Some(Box::new(skipped));
    let book = Arc::new(book(vec![claim("a", LONG, probe()), second]));
    let state = State {
        book,
        entries: vec![None, None],
        summary: Summary::new(OffsetDateTime::UNIX_EPOCH),
        history: vec![],
        tally: Tally::default(),
        ended: Moment::now(),
        health: Health::default(),
        refused: None,
    };
    let health = state.sum(None);
    assert_eq!((health.up, health.unknown, health.skip, health.pass), (false, 1, 1, 0));
    assert!(state.sum(Some(&[1])).up);
    let words: Vec<&str> = state.judged(None).flat_map(|j| j.verdicts).map(|v| v.outcome.word()).collect();
    assert_eq!(words, ["unknown", "skip"]);
    assert_eq!(seen.load(Ordering::SeqCst), 0);
}
