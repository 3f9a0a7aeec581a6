//! A run inside a container: verispec and the specs are put in, look, and are taken out again. Nothing of the image is used
//! for that, neither a shell nor a library.
//!
//! A container that is made for the run gets them as a volume that it can only read; a second container, which is never
//! started, has the same volume to write to, because the API puts files into containers alone. So it works where the daemon
//! has other files than this process, and where the root of the container may not be written to.

mod asked;
mod frames;
mod guest;
mod inside;
mod keeper;
mod log;
mod luggage;
mod visit;

pub use asked::Asked;
pub use luggage::{Luggage, relative};

use crate::host::engine::{Content, Engine, PATIENT, Refused, escaped};
use crate::host::program::Program;
use crate::report::printable::line as shown;
use crate::run::Rounds;
use data_encoding::HEXLOWER;
use guest::Guest;
use inside::Command;
use keeper::{Keeper, Thing};
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::{Map, Value, json};
use std::io::Write;
use std::thread;
use std::time::Duration;
use visit::Visit;

/// Where verispec lies in a container.
pub const FOLDER: &str = "/.verispec";
/// Its program there.
const PROGRAM: &str = "verispec";
/// What the container has written to its outputs, there.
pub const LOG: &str = "container.log";
/// On everything that is made, and is to be gone when the run has ended.
const LABEL: &str = "verispec";

/// What is to be done in a container, whichever.
pub struct Errand {
    pub program: Program,
    /// Whether the program was chosen by a person, who knows which machine it is for.
    pub chosen: bool,
    pub luggage: Luggage,
    /// The arguments of the run whose report and exit status are asked for.
    pub look: Vec<String>,
    /// Those of the run that comes before, again and again, until it passes; there is one round if there is no time for more.
    pub settle: Vec<String>,
    /// Those of a last look at what is waited for, if that is anything else than what is looked at.
    pub wait: Option<Vec<String>>,
    pub rounds: Rounds,
    /// Whether a spec may speak of the log.
    pub log: bool,
    /// As whom; the container's user if there is none.
    pub user: Option<String>,
    /// How long the run inside may take.
    pub within: Duration,
}

/// Where what is to be told goes: the report, what else the run inside says, and what is said here.
pub struct Voices<'v> {
    pub out: &'v mut dyn Write,
    pub err: &'v mut dyn Write,
    pub say: fn(&str),
}

/// Never returns: a signal has come, and whoever takes things away ends the process.
fn parked<T>() -> T {
    loop {
        thread::park();
    }
}

/// Whether this user of a container is root.
fn is_root(user: &str) -> bool {
    matches!(user.split(':').next().unwrap_or_default(), "" | "0" | "root")
}

/// Starts a container for the errand, and takes it away again. The exit status of the run inside.
pub fn run(engine: &Engine, errand: &Errand, asked: Map<String, Value>, voices: &mut Voices) -> Result<u8, String> {
    let image = asked.get("Image").and_then(Value::as_str).unwrap_or_default().to_owned();
    let found = engine.get(&format!("/images/{}/json", escaped(&image))).map_err(|refused| match refused.status {
        Some(404) => format!("there is no image `{image}` here: pull or build it first"),
        _ => refused.message,
    })?;
    errand.fits(&found)?;
    let name = format!("verispec-{}", random()?);
    let helper = format!("{name}-files");
    let keeper = Keeper::new(engine.clone(), voices.say).map_err(|e| format!("no signal can be heard: {e}"))?;
    let result = (|| {
        let volume = json!({"Name": name, "Labels": {LABEL: "run"}});
        keeper
            .make(Thing::Volume(name.clone()), |e| e.ask("POST", "/volumes/create", Content::Json(&volume), PATIENT))
            .map_err(daemon)?;
        let entry = [format!("{FOLDER}/{PROGRAM}")];
        let files = json!({
            "Image": image,
            "Entrypoint": entry,
            "NetworkDisabled": true,
            "Labels": {LABEL: "run"},
            "HostConfig": {"NetworkMode": "none", "Mounts": [mount(&name, false)]},
        });
        create(&keeper, &helper, &files)?;
        errand.loads(engine, &helper)?;
        let archive = errand.luggage.archive(&errand.program, "", false).map_err(|e| e.to_string())?;
        put(engine, &helper, FOLDER, &archive).map_err(daemon)?;
        let mut body = asked;
        body.insert("Labels".into(), json!({LABEL: "run"}));
        if let Some(host) = body.get_mut("HostConfig").and_then(Value::as_object_mut) {
            host.insert("Mounts".into(), json!([mount(&name, true)]));
        }
        create(&keeper, &name, &Value::Object(body))?;
        let start = format!("/containers/{name}/start");
        engine.ask("POST", &start, Content::Nothing, PATIENT).map_err(daemon)?;
        Visit { engine, errand, container: &name, files: &helper }.look(voices)
    })();
    keeper.clean().iter().for_each(|left| (voices.say)(&shown(left)));
    result
}

/// Does the errand in a container that runs already.
pub fn exec(engine: &Engine, errand: &Errand, name: &str, voices: &mut Voices) -> Result<u8, String> {
    let found = inspect(engine, name)?;
    let text = |pointer: &str| found.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    // A name may come to mean another one.
    let container = text("/Id").to_owned();
    let visit = Visit { engine, errand, container: &container, files: &container };
    visit.is_alive(voices)?;
    if let Ok(image) = engine.get(&format!("/images/{}/json", escaped(text("/Image")))) {
        errand.fits(&image)?;
    }
    errand.loads(engine, &container)?;
    let guest = Guest {
        container: container.clone(),
        name: name.to_owned(),
        user: errand.user.clone(),
        own_user: text("/Config/User").to_owned(),
    };
    if !errand.program.is_guest() {
        let path = &errand.program.path;
        return Err(format!(
            "{path} could not take itself out of the container again: name verispec of this version with --program"
        ));
    }
    if guest.is_there(engine).map_err(daemon)? {
        return Err(format!(
            "`{FOLDER}` is in the container already: another run is under way, or one was killed; then \
            `docker exec -u 0 {name} {FOLDER}/{PROGRAM} container leave` removes it"
        ));
    }
    let folder = FOLDER.trim_start_matches('/');
    let archive = errand.luggage.archive(&errand.program, folder, guest.is_roots()).map_err(|e| e.to_string())?;
    let keeper = Keeper::new(engine.clone(), voices.say).map_err(|e| format!("no signal can be heard: {e}"))?;
    let made = keeper.make(Thing::Guest(guest), |engine| put(engine, &container, "/", &archive));
    let result = made.map_err(daemon).and_then(|_| visit.look(voices));
    keeper.clean().iter().for_each(|left| (voices.say)(&shown(left)));
    result
}

impl Errand {
    /// Whether the program is for the machine that the image is for.
    fn fits(&self, image: &Value) -> Result<(), String> {
        let theirs = image.get("Architecture").and_then(Value::as_str).unwrap_or_default();
        match self.program.architecture {
            Some(own) if own != theirs && !theirs.is_empty() && !self.chosen => Err(format!(
                "the image is for {theirs}, and {} for {own}: name one for {theirs} with --program",
                self.program.path
            )),
            _ => Ok(()),
        }
    }

    /// Whether what the program needs to be loaded is in the container.
    fn loads(&self, engine: &Engine, container: &str) -> Result<(), String> {
        let Some(loader) = &self.program.loader else { return Ok(()) };
        let target = format!("/containers/{}/archive?path={}", escaped(container), escaped(loader));
        match engine.has(&target).map_err(daemon)? {
            true => Ok(()),
            false => Err(format!(
                "{} is loaded by {loader}, which is not in the container: name a static build of verispec with --program",
                self.program.path
            )),
        }
    }

    fn command(&self, args: &[String]) -> Command<'_> {
        let argv = [format!("{FOLDER}/{PROGRAM}")].into_iter().chain(args.iter().cloned()).collect();
        Command { argv, user: self.user.as_deref(), cwd: self.luggage.here() }
    }
}

/// The daemon's own words.
fn daemon(refused: Refused) -> String {
    refused.message
}

fn inspect(engine: &Engine, container: &str) -> Result<Value, String> {
    engine.get(&format!("/containers/{}/json", escaped(container))).map_err(daemon)
}

fn create(keeper: &Keeper, name: &str, body: &Value) -> Result<(), String> {
    let target = format!("/containers/create?name={name}");
    let made = keeper
        .make(Thing::Container(name.to_owned()), |engine| engine.ask("POST", &target, Content::Json(body), PATIENT));
    made.map(|_| ()).map_err(daemon)
}

fn put(engine: &Engine, container: &str, folder: &str, archive: &[u8]) -> Result<Value, Refused> {
    let target = format!("/containers/{}/archive?path={}", escaped(container), escaped(folder));
    engine.ask("PUT", &target, Content::Tar(archive), PATIENT)
}

/// Nothing of the image's is copied into the volume.
fn mount(volume: &str, read_only: bool) -> Value {
    json!({
        "Type": "volume",
        "Source": volume,
        "Target": FOLDER,
        "ReadOnly": read_only,
        "VolumeOptions": {"NoCopy": true},
    })
}

/// What no other run is called.
fn random() -> Result<String, String> {
    let mut bytes = [0; 6];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "no random number is to be had".to_owned())?;
    Ok(HEXLOWER.encode(&bytes))
}
