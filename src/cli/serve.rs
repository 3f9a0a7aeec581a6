//! `verispec serve`: the host's health as an endpoint.

mod log;

use super::chosen::Chosen;
use super::site::Site;
use super::validate::{duration, named};
use super::{NOT_OK, OK, Paint, USAGE, refuse, say};
use crate::endpoints::{self, Desk, Kept, Show};
use crate::host::{Host, exec};
use crate::monitor::{Change, Moment, Monitor, Notice, Pace, Refusal, Request, Settings, State, Windows};
use crate::serve::{
    self, Address, Bounds, Counters, Event, Feed, Listener, Notify, Stop, Stopped, Tell, Tls, TlsFiles, Token, Told,
    watchdog_interval,
};
use clap::ValueEnum;
use log::{Form, Level, Log};
use serde_json::json;
use signal_hook::consts::signal::SIGHUP;
use signal_hook::iterator::Signals;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  verispec serve web.toml                                   on 127.0.0.1:8080, a run every ten seconds
  verispec serve --every 1m --fall 3 web.toml               three bad looks in a row, and it is down
  verispec serve --listen :8443 --tls-cert c.pem --tls-key k.pem --token-file t web.toml
  verispec serve --listen unix:/run/verispec.sock web.toml  for who may write to that socket

Endpoints: /healthz, /healthz/TAG, /metrics, /report, /report.json, /events
Signals: SIGHUP reads the spec again, SIGTERM ends when all requests are answered.";

/// Where it listens if nobody says.
const LISTEN: &str = "127.0.0.1:8080";
const EVERY: Duration = Duration::from_secs(10);
/// How often it is looked whether what is known has grown old.
const TICK: Duration = Duration::from_secs(1);
/// Changes of one run that are logged.
const LOGGED: usize = 100;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// Specs in TOML, YAML or JSON, `-` for standard input [default: verispec.toml, .yaml, .yml or .json]
    #[arg(value_name = "SPEC", value_hint = clap::ValueHint::FilePath)]
    specs: Vec<String>,
    #[command(flatten)]
    site: Site,
    /// Where to listen: `127.0.0.1:8080`, `:8080` for all addresses, `unix:/run/verispec.sock` (again for more) [default:
    /// 127.0.0.1:8080, or the sockets that systemd hands over]
    #[arg(long, value_name = "ADDRESS", value_parser = Address::parse)]
    listen: Vec<Address>,
    /// The path of the first endpoint
    #[arg(long, value_name = "PATH", default_value = "/healthz", value_parser = endpoint)]
    endpoint: String,
    /// How often a run begins, where an entry does not say it itself [default: 10s]
    #[arg(long, value_name = "TIME", value_parser = span, conflicts_with = "on_demand")]
    every: Option<Duration>,
    /// Runs when somebody asks, once for all who wait
    #[arg(long)]
    on_demand: bool,
    /// How old a run may be: an older one is 503 whatever it said [default: three times --every, and what a probe may
    /// take]; with --on-demand how old an answer may be [default: 0]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    max_age: Option<Duration>,
    /// Looks in a row that have to pass until an entry that was down is up
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    rise: u32,
    /// Looks in a row that have to fail, or see nothing, until an entry that was up is down
    #[arg(long, value_name = "N", default_value = "1", value_parser = clap::value_parser!(u32).range(1..))]
    fall: u32,
    /// How much is told [default: all on loopback and unix sockets or with a token, else counts]
    #[arg(long, value_name = "WHAT", value_enum)]
    show: Option<Shown>,
    /// A file with a token: `Authorization: Bearer` with it opens more than counts
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    token_file: Option<String>,
    /// The certificate, and those it was issued by, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", value_hint = clap::ValueHint::FilePath)]
    tls_cert: Option<String>,
    /// Its key, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = clap::ValueHint::FilePath)]
    tls_key: Option<String>,
    /// Serves only clients that show a certificate issued by one of these
    #[arg(long, value_name = "FILE", requires = "tls_cert", value_hint = clap::ValueHint::FilePath)]
    tls_client_ca: Option<String>,
    /// How to log, on standard error
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    log: Form,
    #[command(flatten)]
    chosen: Chosen,
}

/// How much is told.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shown {
    /// Whether it is well, and how many results are what
    Counts,
    /// What failed or is unknown, too
    Failures,
    /// Everything
    All,
}

fn span(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("it has to be longer than nothing; `--on-demand` runs for each who asks".into()),
        span => Ok(span),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let part = |part: &str| !["", ".", ".."].contains(&part) && part.chars().all(plain);
    let path = text.strip_suffix('/').unwrap_or(text);
    match path.strip_prefix('/') {
        Some(_) if endpoints::PATHS.contains(&path) => Err(format!("{path} is another endpoint already")),
        Some(rest) if rest.split('/').all(part) => Ok(path.to_owned()),
        _ => Err("a path begins with `/`, and its parts have letters, digits and `-_.~`: `/healthz`, `/app/up`".into()),
    }
}

pub(super) fn run(args: Args, paint: Paint) -> io::Result<u8> {
    // Both take variables out of the environment, which only one thread may do.
    let (notify, watchdog) = (Arc::new(Notify::from_environment()), watchdog_interval());
    let inherited = match Listener::inherited() {
        Ok(inherited) => inherited,
        Err(why) => return fatal(format_args!("a socket that was handed over is of no use: {why}")),
    };
    let settings = match settings(&args) {
        Ok(settings) => settings,
        Err(why) => {
            say(why);
            return Ok(USAGE);
        }
    };
    let specs = match named(&args.specs) {
        Ok(specs) => specs,
        Err(status) => return Ok(status),
    };
    let request = Request { specs, selection: args.chosen.selection() };
    let (book, stamp) = match request.read(false) {
        (Ok(book), stamp) => (book, stamp),
        (Err(Refusal::Spec(rejected)), _) => return Ok(refuse(&rejected, "; nothing is served", paint)),
        (Err(Refusal::Selection(why)), _) => {
            say(why);
            return Ok(USAGE);
        }
    };
    let host = match args.site.host() {
        Ok(host) => host,
        Err(status) => return Ok(status),
    };
    let log = match Log::start(args.log) {
        Ok(log) => log,
        Err(why) => return fatal(format_args!("it cannot begin to log: {why}")),
    };
    let tells = log.clone();
    let tell: Tell = Arc::new(move |told| match told {
        Told::Loaded(what) => tells.tell(Level::Info, &what, &[]),
        Told::Warning(what) => tells.tell(Level::Warning, &what, &[]),
        Told::Refused(what) => tells.tell(Level::Error, &what, &[]),
    });
    let token = match args.token_file.as_deref().map(|file| Token::read(file, tell.clone())).transpose() {
        Ok(token) => token,
        Err(why) => return fatal(format_args!("--token-file: {why}")),
    };
    let listeners = match listeners(&args, inherited, tell) {
        Ok(listeners) => listeners,
        Err(why) => return fatal(why),
    };
    let show = match args.show {
        Some(Shown::Counts) => Show::Counts,
        Some(Shown::Failures) => Show::Failures,
        Some(Shown::All) => Show::All,
        None if token.is_some() || listeners.iter().all(Listener::is_loopback) => Show::All,
        None => Show::Counts,
    };
    let (stop, stopped) = Stop::new();
    if let Err(why) = stop.with_signals() {
        return fatal(format_args!("it cannot wait for signals: {why}"));
    }
    let places: Vec<String> = listeners.iter().map(ToString::to_string).collect();
    log.tell(Level::Info, "listening", &[("on", json!(places)), ("entries", json!(book.claims.len()))]);
    let (feed, name, started) = (Feed::new(), host.name(), Host::local().now());
    let hears = hears(log.clone(), feed.clone(), show, notify.clone());
    let monitor = match Monitor::start((request, book, stamp), host, settings, hears) {
        Ok(monitor) => monitor,
        Err(why) => return fatal(format_args!("it cannot begin to look: {why}")),
    };
    if args.on_demand {
        // Nobody has asked, so there is no run to wait for.
        notify.ready("looks when somebody asks");
    }
    let counters = Arc::<Counters>::default();
    let kept = Kept::default();
    let endpoint = args.endpoint;
    let desk = Desk { monitor, feed, counters: counters.clone(), token, show, endpoint, host: name, started, kept };
    let desk = Arc::new(desk);
    if let Err(why) = reloads(desk.clone()) {
        return fatal(format_args!("it cannot wait for signals: {why}"));
    }
    let chores = chores(desk.clone(), log.clone(), notify, watchdog, stopped.clone());
    let done = serve::serve(listeners, endpoints::routes(&desk), Bounds::default(), counters, stopped, chores);
    desk.monitor.stop();
    exec::end_commands();
    match done {
        Ok(()) => {
            log.tell(Level::Info, "stopped", &[]);
            log.end();
            Ok(OK)
        }
        Err(why) => fatal(format_args!("it cannot serve: {why}")),
    }
}

/// What keeps it from serving.
fn fatal(why: impl std::fmt::Display) -> io::Result<u8> {
    say(why);
    Ok(NOT_OK)
}

fn settings(args: &Args) -> Result<Settings, &'static str> {
    let pace = match args.on_demand {
        true => Pace::OnDemand(args.max_age.unwrap_or_default()),
        false => Pace::Every(args.every.unwrap_or(EVERY)),
    };
    if let (Pace::Every(every), Some(age)) = (pace, args.max_age)
        && age < every
    {
        return Err("--max-age is shorter than --every: each run would be too old before the next one begins");
    }
    let windows = Windows { rise: args.rise, fall: args.fall };
    Ok(Settings { pace, max_age: args.max_age, windows, limits: args.chosen.limits() })
}

/// Where clients come to.
fn listeners(args: &Args, inherited: Vec<Listener>, tell: Tell) -> Result<Vec<Listener>, String> {
    let standard = match Address::parse(LISTEN) {
        Ok(address) if args.listen.is_empty() && inherited.is_empty() => Some(address),
        _ => None,
    };
    let mut all = inherited;
    for address in args.listen.iter().chain(&standard) {
        all.push(serve::listen(address).map_err(|why| format!("it cannot listen on {address}: {why}"))?);
    }
    let (Some(certificate), Some(key)) = (&args.tls_cert, &args.tls_key) else { return Ok(all) };
    let files = TlsFiles { certificate: certificate.clone(), key: key.clone(), client_ca: args.tls_client_ca.clone() };
    let tls = Tls::read(files, tell)?;
    Ok(all.into_iter().map(|listener| listener.over_tls(&tls)).collect())
}

/// Tells of what happens: the log, whoever follows the events, the service manager.
fn hears(log: Log, feed: Arc<Feed>, show: Show, notify: Arc<Notify>) -> Box<dyn FnMut(Notice) + Send> {
    let (mut events, mut logged, mut last): (Vec<Event>, usize, Option<bool>) = (vec![], 0, None);
    Box::new(move |notice| {
        endpoints::tell(&feed, show, &mut events, &notice);
        match notice {
            Notice::Changed(change) => {
                logged += 1;
                if logged <= LOGGED {
                    changed(&log, change);
                }
            }
            Notice::Ran(state, _) => {
                if logged > LOGGED {
                    let more = logged - LOGGED;
                    log.tell(Level::Warning, "more results have changed", &[("count", json!(more))]);
                }
                logged = 0;
                ran(&log, state, &mut last, &notify);
            }
            Notice::Loaded(book) => {
                log.tell(Level::Info, "a changed spec is in use", &[("entries", json!(book.claims.len()))]);
            }
            Notice::Refused(refused) => {
                let message = "a changed spec is refused, the one before it stays in use";
                log.tell(Level::Error, message, &[("why", json!(refused.why))]);
            }
            Notice::Broken => log.tell(Level::Error, "a run ended by a bug; what it found is not known", &[]),
        }
    })
}

fn changed(log: &Log, change: &Change) {
    let level = if change.ok { Level::Info } else { Level::Warning };
    let Change { kind, id, key, was, outcome, message, .. } = change;
    let fields = [
        ("kind", json!(kind)),
        ("id", json!(id)),
        ("key", json!(key)),
        ("was", json!(was)),
        ("outcome", json!(outcome)),
    ];
    log.tell(level, message, &fields);
}

/// A run is worth a line when it changes what the first endpoint says.
fn ran(log: &Log, state: &State, last: &mut Option<bool>, notify: &Notify) {
    let health = &state.health;
    let counts =
        format!("{} pass, {} fail, {} unknown, {} skip", health.pass, health.fail, health.unknown, health.skip);
    let status = format!("{}: {counts}", if health.up { "ok" } else { "failing" });
    match last {
        None => notify.ready(&status),
        Some(_) => notify.status(&status),
    }
    if *last != Some(health.up) {
        *last = Some(health.up);
        let level = if health.up { Level::Info } else { Level::Warning };
        let fields = [
            ("pass", json!(health.pass)),
            ("fail", json!(health.fail)),
            ("unknown", json!(health.unknown)),
            ("skip", json!(health.skip)),
        ];
        log.tell(
            level,
            if health.up { "the host is as it should be" } else { "the host is not as it should be" },
            &fields,
        );
    }
}

/// Reads the spec again with SIGHUP.
fn reloads(desk: Arc<Desk>) -> io::Result<()> {
    let mut signals = Signals::new(exec::outlive(&[SIGHUP]))?;
    let wait = move || signals.forever().for_each(|_| desk.monitor.reload());
    thread::Builder::new().name("reload".into()).stack_size(1 << 18).spawn(wait).map(drop)
}

/// What the looker cannot do himself: signs of life for the service manager, as long as both the server and he give them, and
/// that what is known has grown too old; and that the server stops.
fn chores(
    desk: Arc<Desk>,
    log: Log,
    notify: Arc<Notify>,
    watchdog: Option<Duration>,
    mut stopped: Stopped,
) -> serve::Chore {
    Box::pin(async move {
        let mut stop = std::pin::pin!(stopped.wait());
        let tick = watchdog.map_or(TICK, |interval| TICK.min(interval / 2));
        let mut was_stale = false;
        loop {
            if watchdog.is_some_and(|interval| desk.monitor.silence() < interval) {
                notify.watchdog();
            }
            let stale = desk.monitor.last().filter(|state| state.health.is_stale(Moment::now()));
            let is_stale = stale.is_some();
            if let Some(state) = stale.filter(|_| !was_stale) {
                let silence = desk.monitor.silence().as_secs();
                log.tell(Level::Error, "what is known is too old to be believed", &[("silence", json!(silence))]);
                notify.status("stale: what is known is too old to be believed");
                endpoints::tell_stale(&desk.feed, &state);
            }
            if was_stale && !is_stale {
                log.tell(Level::Info, "what is known is young enough again", &[]);
            }
            was_stale = is_stale;
            if tokio::time::timeout(tick, stop.as_mut()).await.is_ok() {
                return notify.stopping();
            }
        }
    })
}
