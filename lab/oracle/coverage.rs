//! `coverage` against ss(8), systemctl(1), apt-mark(8), getent(1), findmnt(8) and openssl(1).

use crate::desk::{Desk, Faults};
use crate::tool::{ends, says, shell};
use libtest_mimic::Failed;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

type Names = BTreeSet<String>;

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Ports that are listened on or bound, whatever their family.
fn ports() -> Names {
    let of = |options: &str, protocol: &str| -> Names {
        let all = shell(&format!("ss -H -n -l {options}"));
        let number = |line: &str| line.split_whitespace().nth(3)?.rsplit(':').next().map(str::to_owned);
        all.lines().filter_map(number).map(|n| format!("{protocol}:{n}")).collect()
    };
    &of("-t", "tcp") | &of("-u", "udp")
}

/// Units that do something by themselves and that systemctl(1) calls enabled: of a template its instances.
fn units() -> Names {
    let listed = |what: &str| says(&["systemctl", what, "--all", "--plain", "--full", "--no-legend"]);
    let links = shell("find /etc/systemd/system -type l -printf '%f\\n'");
    let all = format!("{}{}{links}", listed("list-units"), listed("list-unit-files"));
    let kinds = [".service", ".timer", ".socket", ".path"];
    let own = |name: &&str| kinds.iter().any(|kind| name.ends_with(kind)) && !name.contains("@.");
    let names: BTreeSet<&str> = lines(&all).filter_map(|l| l.split_whitespace().next()).filter(own).collect();
    let argv = ["systemctl", "show", "--property=Id,UnitFileState", "--"];
    let shown = says(&argv.into_iter().chain(names).collect::<Vec<_>>());
    let of =
        |block: &str, key: &str| block.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default().to_owned();
    let shown = shown.split("\n\n").map(|block| (of(block, "Id="), of(block, "UnitFileState=")));
    // What comes of an init script is asked of what links that.
    let script = |name: &str| ends(&["systemctl", "--quiet", "is-enabled", "--", name]).0 == 0;
    shown
        .filter(|(name, state)| state == "enabled" || state == "generated" && script(name))
        .map(|(name, _)| name)
        .collect()
}

fn packages() -> Names {
    let manual: Names = lines(&says(&["apt-mark", "showmanual"])).map(str::to_owned).collect();
    let all = crate::tool::table(r"dpkg-query -W -f '${Package}\t${db:Status-Status}\n'");
    let there: Names = all.into_iter().filter(|row| row[1] == "installed").map(|row| row[0].clone()).collect();
    &manual & &there
}

/// Accounts with a shell to log in with.
fn accounts() -> Names {
    let shells = says(&["cat", "/etc/shells"]);
    let shells: BTreeSet<&str> = lines(&shells).filter(|line| !line.starts_with('#')).collect();
    let all = says(&["getent", "passwd"]);
    let fields = lines(&all).map(|line| line.split(':').collect::<Vec<_>>());
    fields.filter(|f| shells.contains(f[6])).map(|f| f[0].to_owned()).collect()
}

/// What fstab(5) names and is mounted: all else here is the container's own.
fn mounts() -> Names {
    let targets = |options: &[&str]| -> Names {
        let all = crate::tool::json(&[&["findmnt", "--json", "--list", "--output", "TARGET"], options].concat());
        all["filesystems"].as_array().unwrap().iter().map(|one| one["target"].as_str().unwrap().to_owned()).collect()
    };
    &targets(&[]) & &targets(&["--fstab", "--evaluate"])
}

/// The SHA-256 of the first certificate in a file.
fn certificate(path: &str) -> Option<String> {
    ["PEM", "DER"].iter().find_map(|form| {
        let told = ends(&["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-inform", form, "-in", path]);
        (told.0 == 0).then(|| told.1.trim().to_owned())
    })
}

/// All under /etc but for those that the host trusts, and one that stands in another's chain.
fn certificates() -> BTreeMap<String, String> {
    let names = "-name '*.pem' -o -name '*.crt' -o -name '*.der'";
    let all = shell(&format!("find /etc -xdev -type f '(' {names} ')' ! -name middle.pem ! -name ca-certificates.crt"));
    lines(&all).filter_map(|path| Some((path.to_owned(), certificate(path)?))).collect()
}

/// What a report lists as spoken of by nobody, by kind; ports without their family, units with their suffix.
fn missing(report: &Json) -> BTreeMap<String, Names> {
    let mut all = BTreeMap::<String, Names>::new();
    for part in report["kinds"].as_array().unwrap_or_else(|| panic!("{report}")) {
        let kind = part["kind"].as_str().unwrap();
        let name = |one: &Json| {
            let name = one.as_str().or_else(|| one["name"].as_str()).unwrap_or_else(|| panic!("{one}"));
            match (kind, name.split_once(':')) {
                ("port", Some((family, port))) => format!("{}:{port}", family.trim_end_matches(['4', '6'])),
                ("service", _) if !name.contains('.') => format!("{name}.service"),
                _ => name.to_owned(),
            }
        };
        all.insert(kind.to_owned(), part["missing"].as_array().unwrap().iter().map(name).collect());
    }
    all
}

fn report(desk: &Desk, file: &str) -> Result<Json, Failed> {
    let said = desk.runs(&["coverage", "-f", "json", file]);
    serde_json::from_str(&said.out).map_err(|e| format!("{e}: {}", said.told()).into())
}

fn compare(faults: &mut Faults, what: &str, said: &Names, due: &Names) {
    let (less, more): (Vec<_>, Vec<_>) =
        (due.difference(said).take(30).collect(), said.difference(due).take(30).collect());
    faults.unless(less.is_empty() && more.is_empty(), || {
        format!("{what}: {less:?} are not listed as missing, {more:?} are")
    });
}

/// Nothing is left out, whatever is said already, and nothing is made up.
pub fn against_tools() -> Result<(), Failed> {
    let (desk, mut faults) = (Desk::new(), Faults::default());
    desk.lay("none.toml", "[system.this]\nos = \"debian\"\n");
    let found = missing(&report(&desk, "none.toml")?);
    let due = [("port", ports()), ("service", units()), ("package", packages()), ("user", accounts())];
    for (kind, due) in &due {
        assert!(due.len() > 2, "{kind}: {due:?}");
        compare(&mut faults, kind, &found[*kind], due);
    }
    compare(&mut faults, "mount", &found["mount"], &mounts());
    let all = certificates();
    assert!(all.len() > 8, "{all:?}");
    let listed: Names = found["certificate"].iter().filter_map(|path| certificate(path)).collect();
    compare(&mut faults, "certificate", &listed, &all.into_values().collect());
    faults.unless(listed.len() == found["certificate"].len(), || format!("{:?}", found["certificate"]));
    // Every other one is spoken of.
    let mut spec = Map::new();
    for (kind, due) in &due {
        let entry = |name: &String| (name.clone(), json!({"title": "spoken of"}));
        spec.insert((*kind).to_owned(), due.iter().step_by(2).map(entry).collect::<Map<_, _>>().into());
    }
    desk.lay("half.json", &Json::from(spec).to_string());
    let found = missing(&report(&desk, "half.json")?);
    for (kind, due) in &due {
        compare(&mut faults, kind, &found[*kind], &due.iter().skip(1).step_by(2).cloned().collect());
    }
    for (file, under, status) in
        [("none.toml", "0", 0), ("none.toml", "1", 1), ("half.json", "20", 0), ("half.json", "100", 1)]
    {
        let said = desk.runs(&["coverage", "--fail-under", under, file]);
        faults.unless(said.status == status, || format!("--fail-under {under} {file}: {}", said.told()));
    }
    faults.told()
}

/// What `--add` writes holds, and nothing is left then.
pub fn added() -> Result<(), Failed> {
    let mut faults = Faults::default();
    for (file, text) in [
        ("a.toml", "# first\n[service.lab-loops] # now so, now so\nenabled = true\n"),
        ("a.yaml", "# first\nservice:\n  lab-loops: {enabled: true} # now so, now so\n"),
    ] {
        let desk = Desk::new();
        desk.lay(file, text);
        desk.ends(0, &["coverage", "--add", file])?;
        let written = desk.text(file);
        faults.unless(text.lines().all(|line| written.contains(line)), || written.clone());
        faults.also(desk.holds(file));
        let left = missing(&report(&desk, file)?);
        faults.unless(left.values().all(Names::is_empty), || format!("left: {left:?}"));
        faults.also(desk.ends(0, &["coverage", "--fail-under", "100", file]).map(|_| ()));
        desk.ends(0, &["coverage", "--add", file])?;
        faults.unless(desk.text(file) == written, || format!("a second time changes {file}"));
    }
    faults.told()
}
