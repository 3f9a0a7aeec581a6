use super::*;
use crate::host::Host;
use crate::monitor::{Pace, Request, Settings, Windows};
use crate::plan::{Limits, Selection};
use crate::serve::Peer;
use kept::Sort;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::time::Duration;

/// More than any machine takes.
const LONG: Duration = Duration::from_secs(20);

fn desk(spec: &str, pace: Pace) -> Arc<Desk> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("spec.toml");
    std::fs::write(&path, spec).unwrap();
    let specs = vec![path.to_str().unwrap().to_owned()];
    let request = Request { specs, selection: Selection::default() };
    let (Ok(book), stamp) = request.read(false) else { panic!("a spec that is refused") };
    let limits = Limits { timeout: LONG, ..Limits::default() };
    let settings = Settings { pace, max_age: None, windows: Windows { rise: 1, fall: 1 }, limits };
    let host = Host::local();
    let (host_name, started) = (host.name(), host.now());
    Arc::new(Desk {
        monitor: Monitor::start((request, book, stamp), host, settings, Box::new(|_| ())).unwrap(),
        feed: Feed::new(),
        counters: Arc::default(),
        token: None,
        show: Show::All,
        endpoint: "/healthz".into(),
        host: host_name,
        started,
        kept: Kept::default(),
    })
}

fn hourly(spec: &str) -> Arc<Desk> {
    desk(spec, Pace::Every(Duration::from_secs(3600)))
}

/// Runs `test` as a server would.
fn within<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().max_blocking_threads(4).build().unwrap();
    let done = runtime.block_on(async { tokio::time::timeout(LONG, test).await.expect("an end") });
    runtime.shutdown_background();
    done
}

fn page(body: &'static str) -> Page {
    Page { content_type: "text/plain", body: body.into(), vitals: Arc::new([]) }
}

/// Waits for it for a moment, and is gone.
async fn leaves<T>(asked: impl Future<Output = T>) {
    let patience = tokio::time::timeout(Duration::from_millis(2), asked).await;
    assert!(patience.is_err(), "it was there at once");
}

async fn ask(desk: &Arc<Desk>, path: &str) -> Answer {
    let asked = Asked {
        peer: Peer::Unix,
        is_local: true,
        over_tls: false,
        path: path.to_owned(),
        accept: vec![],
        authorization: None,
    };
    let routes = routes(desk);
    let route = routes.iter().find(|r| path == r.path || r.path.ends_with('/') && path.starts_with(&r.path)).unwrap();
    (route.endpoint)(asked).await
}

fn body(answer: &Answer) -> String {
    String::from_utf8(answer.body.bytes().to_vec()).unwrap()
}

const SPEC: &str = "[file.\"/\"]\nexists = true\n";

#[test]
fn those_who_leave_early_cost_one_page_and_hold_up_no_health_check() {
    let desk = hourly(SPEC);
    let made = Arc::new(AtomicUsize::new(0));
    let (go, wait) = mpsc::channel::<()>();
    let wait = Arc::new(Mutex::new(wait));
    within(async {
        let state = desk.state().await.unwrap();
        let asks = || {
            let (made, wait) = (made.clone(), wait.clone());
            desk.kept.page(&state, Sort::Html, Show::All, move || {
                made.fetch_add(1, Ordering::Relaxed);
                _ = wait.lock().unwrap().recv();
                page("made")
            })
        };
        for _ in 0..20 {
            leaves(asks()).await;
        }
        // It is still being made, and these do not wait for it.
        for path in ["/healthz", "/metrics"] {
            assert_eq!(ask(&desk, path).await.status, 200, "{path}");
        }
        drop(go);
        assert_eq!(asks().await.unwrap().body, "made");
    });
    assert_eq!(made.load(Ordering::Relaxed), 1);
}

#[test]
fn pages_of_old_states_are_not_made_and_those_who_wait_get_the_new_one() {
    let desk = hourly(SPEC);
    within(async {
        let newest = desk.state().await.unwrap();
        let older: Vec<Arc<State>> = (0..3).map(|_| Arc::new((*newest).clone())).collect();
        let made = Arc::new(Mutex::new(vec![]));
        let (go, wait) = mpsc::channel::<()>();
        let mut wait = Some(wait);
        let mut waiting = vec![];
        for (number, state) in older.iter().enumerate() {
            let (made, wait) = (made.clone(), wait.take());
            let mut asked = Box::pin(desk.kept.page(state, Sort::Json, Show::All, move || {
                made.lock().unwrap().push(number);
                wait.into_iter().for_each(|wait| _ = wait.recv());
                page("old")
            }));
            leaves(&mut asked).await;
            waiting.push(asked);
        }
        let new = || desk.kept.page(&newest, Sort::Json, Show::All, || page("new"));
        leaves(new()).await;
        drop(go);
        assert_eq!(new().await.unwrap().body, "new");
        let mut got = vec![];
        for asked in waiting {
            got.push(asked.await.map(|page| page.body));
        }
        // The first was under way.
        assert_eq!(got, [Some("old".into()), None, None]);
        assert_eq!(*made.lock().unwrap(), [0]);
    });
}

#[test]
fn a_tag_has_a_series_where_more_than_counts_is_shown_and_there_are_only_so_many() {
    let tags: Vec<String> = (0..1_100).map(|number| format!("\"t{number:04}\"")).collect();
    let specs: Vec<String> = tags
        .chunks(50)
        .enumerate()
        .map(|(number, tags)| {
            format!("[file.\"/{number}\"]\nexists = {}\ntags = [{}]\n", number == 99, tags.join(", "))
        })
        .collect();
    let desk = hourly(&specs.concat());
    within(async {
        let state = desk.state().await.unwrap();
        let text = |show| {
            let page = metrics::page(&desk, &state, show);
            let series: Vec<String> = page.vitals.iter().map(|(series, _)| series.clone()).collect();
            (series, String::from_utf8(page.body.to_vec()).unwrap())
        };
        let (series, run) = text(Show::Failures);
        assert_eq!(series.len(), 1_001);
        assert_eq!(series[1000], "verispec_healthy{endpoint=\"/healthz/t0999\"}");
        assert!(run.contains("verispec_healthy_left_out 100\n"), "{run}");
        let (series, run) = text(Show::Counts);
        assert_eq!(series, ["verispec_healthy{endpoint=\"/healthz\"}"]);
        assert!(!run.contains("left_out 100\n"), "{run}");
    });
}

#[test]
fn a_look_that_did_not_end_is_503_and_is_not_stored() {
    let desk = desk(SPEC, Pace::OnDemand(Duration::ZERO));
    desk.monitor.stop();
    within(async {
        for path in ["/healthz", "/healthz/x", "/metrics", "/report"] {
            let answer = ask(&desk, path).await;
            assert_eq!(answer.status, 503, "{path}");
            assert_eq!(body(&answer), "unknown\nthe last run did not come to an end; the log says why\n");
            let stored = answer.headers.iter().filter(|(name, value)| *name == CACHE_CONTROL && value == "no-store");
            assert_eq!(stored.count(), 1, "{path}");
        }
    });
}
