//! What images really hold, and what hostile ones would have be believed.

use super::sample::{Layer, Pack, archive, docker, layout, pack};
use super::*;
use crate::host::fuzz::Memory;
use crate::host::{FileType, Host};
use proptest::prelude::*;
use tar::EntryType;

fn small() -> Bounds {
    Bounds { entries: 2000, names: 1 << 20, bytes: 64 << 20, marks: 16, time: Duration::from_secs(60) }
}

fn open(files: Vec<(String, Vec<u8>)>, path: &str, wanted: &Wanted, bounds: Bounds) -> Result<Image, Refusal> {
    let archive = Archive::open(Arc::new(Memory(files.into_iter().collect())), path, wanted, bounds)?;
    Ok(archive.read()?)
}

fn image(bytes: Vec<u8>) -> Result<ImageFiles, String> {
    let opened = open(vec![("/app.tar".into(), bytes)], "/app.tar", &Wanted::default(), small());
    opened.map(|image| image.files).map_err(|refusal| refusal.to_string())
}

fn layers(layers: &[Vec<u8>]) -> Result<ImageFiles, String> {
    image(docker(layers, &["app:1"]))
}

fn text(files: &ImageFiles, path: &str) -> Option<String> {
    files.read(path, 1 << 20).unwrap().map(|bytes| String::from_utf8(bytes).unwrap())
}

fn names(files: &ImageFiles, path: &str) -> Vec<String> {
    files.list(path).unwrap().unwrap()
}

/// Why an image of this one layer is refused.
#[track_caller]
fn refused(layer: Layer, why: &str) {
    match layers(&[layer.done()]) {
        Ok(_) => panic!("it is taken"),
        Err(said) => assert!(said.contains(why), "{said}"),
    }
}

#[test]
fn what_a_layer_has_lies_over_those_below_it() {
    let low = Layer::new()
        .dir("./")
        .dir("./etc/")
        .entry("./etc/shadow", EntryType::Regular, |h| (h.set_mode(0o100_640), h.set_gid(42)).0)
        .file("./etc/a", "low")
        .link("./bin", EntryType::Symlink, "usr/bin")
        .dir("./usr/bin/")
        .entry("./dev/null", EntryType::Char, |_| {})
        .entry("./pipe", EntryType::Fifo, |_| {});
    let high = Layer::new().file("etc/a", "high").file("bin/sh", "#!").file("implied/x", "x");
    let files = layers(&[low.done(), high.done()]).unwrap();
    assert_eq!((text(&files, "/etc/a"), text(&files, "/usr/bin/sh")), (Some("high".into()), Some("#!".into())));
    let shadow = files.stat("/etc/shadow").unwrap().unwrap();
    assert_eq!((shadow.mode, shadow.gid, shadow.mtime, shadow.size), (0o640, 42, 1_700_000_000, 0));
    assert_eq!(files.lstat("/bin").unwrap().unwrap().file_type, FileType::Symlink);
    assert_eq!(files.link("/bin").unwrap().as_deref(), Some("usr/bin"));
    assert_eq!(names(&files, "/bin"), ["sh"]);
    assert_eq!(names(&files, "/"), ["bin", "dev", "etc", "implied", "pipe", "usr"]);
    assert_eq!((files.stat("/none"), files.list("/etc/a"), files.link("/etc/a")), (Ok(None), Ok(None), Ok(None)));
}

#[test]
fn whiteouts_take_away_what_lower_layers_have_and_nothing_else() {
    let low = Layer::new()
        .file("a/x", "low")
        .file("a/y", "low")
        .file("b/x", "low")
        .file("b/c/d", "low")
        .file("gone/deep/x", "low")
        .file("kept", "low");
    // Whatever the order: what comes with a layer is hidden by layers above it alone.
    let high = Layer::new()
        .file("a/z", "high")
        .file("a/.wh.x", "")
        .file("b/n/new", "high")
        .file("b/.wh..wh..opq", "")
        .file("b/x", "high")
        .file("kept", "high")
        .file(".wh.kept", "")
        .file(".wh.gone", "")
        .file(".wh.never", "")
        .file(".wh..wh.aufs", "");
    let files = layers(&[low.done(), high.done()]).unwrap();
    assert_eq!(names(&files, "/"), ["a", "b", "kept"]);
    assert_eq!(
        (names(&files, "/a"), names(&files, "/b"), names(&files, "/b/n")),
        (v(&["y", "z"]), v(&["n", "x"]), v(&["new"]))
    );
    assert_eq!((text(&files, "/b/x"), text(&files, "/kept")), (Some("high".into()), Some("high".into())));
    assert!(layers(&[Layer::new().file("a/x", "").file("a/.wh.", "").done()]).is_err());
}

fn v(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn hard_links_are_one_file_until_a_layer_replaces_one() {
    let low = Layer::new().file("a", "one").link("b", EntryType::Link, "./a").link("c", EntryType::Link, "/a");
    let high = Layer::new().file("c", "two").link("d/e", EntryType::Link, "b").file(".wh.a", "");
    let files = layers(&[low.done(), high.done()]).unwrap();
    let stat = |path: &str| files.stat(path).unwrap().unwrap();
    assert_eq!((stat("/b").inode, stat("/b").links, stat("/c").links), (stat("/d/e").inode, 2, 1));
    assert_eq!(
        (text(&files, "/d/e"), text(&files, "/c"), text(&files, "/a")),
        (Some("one".into()), Some("two".into()), None)
    );
    refused(Layer::new().link("a", EntryType::Link, "none"), "where there is no file");
    refused(Layer::new().dir("d/").link("a", EntryType::Link, "d"), "where there is no file");
    refused(Layer::new().link("a", EntryType::Link, "../../etc/passwd"), "leads out of the image");
}

#[test]
fn nothing_leads_out_of_an_image() {
    for name in ["../x", "a/../../x", "/../x", "..", "a/../x"] {
        refused(Layer::new().file(name, "x"), "leads out of the image");
    }
    let files = layers(&[Layer::new()
        .file("/etc/passwd", "inside")
        .link("up", EntryType::Symlink, "../../../../etc/passwd")
        .link("abs", EntryType::Symlink, "/etc/passwd")
        .link("out", EntryType::Symlink, "/../..")
        .link("loop", EntryType::Symlink, "loop")
        .done()])
    .unwrap();
    for path in ["/etc/passwd", "/up", "/abs", "/out/etc/passwd", "/../etc/passwd", "//etc/./passwd"] {
        assert_eq!(text(&files, path).as_deref(), Some("inside"), "{path}");
    }
    assert!(files.stat("/loop").is_err() && files.lstat("/loop").unwrap().is_some());
    // What is written through a link stays inside, too.
    let files = layers(&[
        Layer::new().dir("real/").link("way", EntryType::Symlink, "/real").done(),
        Layer::new().file("way/x", "x").done(),
    ]);
    assert_eq!(text(&files.unwrap(), "/real/x").as_deref(), Some("x"));
    refused(Layer::new().link("way", EntryType::Symlink, "../../tmp").file("way/x", "x"), "leads to no directory");
    refused(Layer::new().file("way", "").file("way/x", "x"), "no directory");
}

#[test]
fn devices_are_shown_and_never_opened() {
    let device =
        |kind| Layer::new().entry("dev", kind, |h| (h.set_device_major(8).unwrap(), h.set_device_minor(0).unwrap()).0);
    for (kind, shown) in [(EntryType::Block, FileType::BlockDevice), (EntryType::Char, FileType::CharacterDevice)] {
        let files = layers(&[device(kind).done()]).unwrap();
        assert_eq!(files.stat("/dev").unwrap().unwrap().file_type, shown);
        assert!(matches!(files.open("/dev"), Err(Fault::Unsupported(_))));
        assert!(files.open_at("/dev").is_err());
    }
}

#[test]
fn a_digest_that_does_not_match_is_an_error() {
    let layer = Layer::new().file("a", "one").done();
    let mut forged = docker(std::slice::from_ref(&layer), &["app:1"]);
    let at = forged.windows(3).position(|bytes| bytes == b"one").unwrap();
    forged[at] = b'0';
    assert!(
        image(forged).err().unwrap().contains("layer 1 of 1 (`0/layer.tar`): its bytes are not what its digest says")
    );
    for how in [Pack::Plain, Pack::Gzip, Pack::Zstd] {
        let whole = layout(std::slice::from_ref(&layer), how);
        assert!(image(archive(&whole)).is_ok(), "{how:?}");
        for forge in 0..3 {
            let mut files = whole.clone();
            files[forge].1.push(b' ');
            let why = image(archive(&files)).err().unwrap();
            assert!(
                why.contains("digest")
                    || why.contains("something else")
                    || why.contains("Zstandard")
                    || why.contains("no end"),
                "{how:?} {forge}: {why}"
            );
        }
    }
    // Under its own digest in the manifest, but not what the configuration speaks of.
    let other = Layer::new().file("a", "two").done();
    let mut files = layout(&[other], Pack::Gzip);
    let config = sample::config(&[layer]);
    let old = String::from_utf8(files[1].1.clone()).unwrap();
    let manifest = String::from_utf8(files[2].1.clone()).unwrap();
    let manifest = manifest.replace(&sample::digest(old.as_bytes()), &sample::digest(config.as_bytes()));
    files[3].1 = format!("{{\"manifests\":[{{\"digest\":\"{}\"}}]}}", sample::digest(manifest.as_bytes())).into_bytes();
    files[1] = (format!("blobs/sha256/{}", &sample::digest(config.as_bytes())[7..]), config.into_bytes());
    files[2] = (format!("blobs/sha256/{}", &sample::digest(manifest.as_bytes())[7..]), manifest.into_bytes());
    assert!(image(archive(&files)).err().unwrap().contains("not what its digest says"));
}

#[test]
fn what_is_cut_short_anywhere_is_an_error() {
    let layer = Layer::new().file("a", "x".repeat(3000)).file("b", "y").done();
    for how in [Pack::Plain, Pack::Gzip, Pack::Zstd] {
        let whole = layout(std::slice::from_ref(&layer), how);
        for left in (0..whole[0].1.len()).step_by(if how == Pack::Plain { 97 } else { 1 }) {
            let mut files = whole.clone();
            files[0].1.truncate(left);
            assert!(image(archive(&files)).is_err(), "{how:?} {left}");
        }
        let whole = archive(&whole);
        for left in (0..whole.len() - 2048).step_by(211) {
            assert!(image(whole[..left].to_vec()).is_err(), "{how:?} {left}");
        }
    }
}

#[test]
fn a_bomb_is_given_up_before_it_goes_off() {
    let zeros = vec![0; 80 << 20];
    for how in [Pack::Gzip, Pack::Zstd] {
        let layer = Layer::new().file("zeros", &zeros).done();
        let files = layout(&[layer], how);
        assert!(files[0].1.len() < 1 << 20);
        let why = image(archive(&files)).err().unwrap();
        assert!(why.contains("decompressed it is more than 64 MiB"), "{why}");
        // And so with the archive itself.
        let why = image(pack(&zeros, how)).err().unwrap();
        assert!(why.contains("64 MiB") || why.contains("no archive"), "{why}");
    }
    let slow = Bounds { time: Duration::ZERO, ..small() };
    let files = vec![("/a".into(), docker(&[Layer::new().done()], &[]))];
    assert!(matches!(open(files, "/a", &Wanted::default(), slow), Err(Refusal::Fault(Fault::TimedOut(..)))));
}

#[test]
fn more_files_than_are_read_are_an_error() {
    let many = (0..2001).fold(Layer::new(), |layer, n| layer.file(&format!("{n}"), ""));
    refused(many, "more than 2000 files");
    // The same one again and again costs time, too.
    refused((0..2001).fold(Layer::new(), |layer, _| layer.file("a", "")), "more than 2000 files");
    let deep = format!("{}x", "a/".repeat(45));
    refused((0..2001).fold(Layer::new(), |layer, n| layer.file(&format!("{n}/{deep}"), "")), "more than 2000 files");
}

#[test]
fn headers_that_lie_are_not_believed() {
    // What pax says of a size goes before what the header says, as those who unpack layers have it.
    let inner = Layer::new().file("hidden", "x").done();
    let files =
        layers(&[Layer::new().pax([("size", b"1024".as_slice())]).file("a", &inner[..1024]).file("b", "").done()])
            .unwrap();
    assert_eq!(names(&files, "/"), ["a", "b"]);
    // A record's length decides where it ends, not a line break in its value.
    let value = b"x\n18 path=elsewhere";
    let files = layers(&[Layer::new().pax([("SCHILY.xattr.user.x", value.as_slice())]).file("a", "").done()]).unwrap();
    assert_eq!(names(&files, "/"), ["a"]);
    let long = format!("d/{}", "n".repeat(255));
    let files = layers(&[Layer::new()
        .pax([("path", long.as_bytes()), ("uid", b"70000"), ("mtime", b"-1.5")])
        .file("a", "")
        .done()])
    .unwrap();
    let stat = files.stat(&format!("/{long}")).unwrap().unwrap();
    assert_eq!((stat.uid, stat.mtime), (70_000, -2));
    for records in
        [("size", b"-1".as_slice()), ("size", b"18446744073709551615"), ("uid", b"4294967296"), ("path", &[b'a'; 5000])]
    {
        assert!(layers(&[Layer::new().pax([records]).file("a", "").done()]).is_err(), "{}", records.0);
    }
    refused(
        Layer::new().entry("a", EntryType::GNULongName, |h| h.set_size(1 << 40)),
        "longer than a file system takes",
    );
    refused(Layer::new().entry("a", EntryType::XHeader, |h| h.set_size(1 << 40)), "in front of one file");
    refused(Layer::new().entry("a", EntryType::Regular, |h| h.set_size(1 << 40)), "cut short");
    refused(Layer::new().raw(&[1; 512]), "checksum");
    refused(Layer::new().pax([("path", b"a".as_slice())]), "no file with it");
    refused(Layer::new().file(&"n".repeat(90), "").pax([("path", &[b'n'; 256][..])]).file("a", ""), "longer than");
}

/// Whoever unpacks a layer takes these otherwise, or not at all: what is missing here might be there.
#[test]
fn what_others_would_unpack_is_not_left_out() {
    refused(Layer::new().entry("a", EntryType::new(b'V'), |_| {}), "of the type `V`");
    refused(Layer::new().file("a", "").raw(&[0; 512]).file("hidden", ""), "behind the block of zeros");
    refused(Layer::new().link("a", EntryType::Symlink, ""), "a symbolic link to nothing");
    let old = |h: &mut tar::Header| (h.as_old_mut().linkflag = [0], h.set_size(512)).1;
    refused(Layer::new().entry("a/", EntryType::Regular, old).raw(&[1; 512]), "a directory with contents");
    refused(Layer::new().pax([("GNU.sparse.name", b"b".as_slice())]).file("a", ""), "holes");
    let names = |records: &[&[(&str, &[u8])]]| {
        let layer = records.iter().fold(Layer::new(), |layer, one| layer.pax(one.iter().copied()));
        names(&layers(&[layer.file("own", "").done()]).unwrap(), "/")
    };
    assert_eq!(names(&[&[("path", b"a")], &[("mtime", b"1")]]), ["own"], "the last one counts");
    assert_eq!(names(&[&[("path", b"a"), ("path", b"")]]), ["own"], "an empty one says nothing");
    let sparse: &[(&str, &[u8])] = &[("GNU.sparse.name", b"a"), ("path", b"b"), ("GNU.sparse.map", b"0,0")];
    assert_eq!(names(&[sparse]), ["a"]);
}

#[test]
fn a_directory_that_is_only_implied_has_no_time() {
    let files = layers(&[Layer::new().file("a/b", "").dir("c/").done()]).unwrap();
    let mtime = |path: &str| files.stat(path).unwrap().unwrap().mtime;
    assert_eq!((mtime("/a"), mtime("/"), mtime("/c")), (Stat::NO_TIME, Stat::NO_TIME, 1_700_000_000));
    let link = layers(&[Layer::new().link("l", EntryType::Symlink, "x").done()]).unwrap();
    assert_eq!(link.lstat("/l").unwrap().unwrap().mode, 0o777);
}

#[test]
fn an_image_that_cannot_be_read_is_not_an_empty_one() {
    let parts = |change: fn(&mut serde_json::Value), media: &str| {
        let mut files = layout(&[Layer::new().file("a", "x").done()], Pack::Plain);
        let mut config: serde_json::Value = serde_json::from_slice(&files[1].1).unwrap();
        change(&mut config);
        let config = config.to_string().into_bytes();
        let [layer, config_digest] = [&files[0].1, &config].map(|bytes| sample::digest(bytes));
        let manifest =
            serde_json::json!({"config": {"digest": config_digest}, "layers": [{"mediaType": media, "digest": layer}]});
        let manifest = manifest.to_string().into_bytes();
        let index = serde_json::json!({"manifests": [{"digest": sample::digest(&manifest)}]}).to_string().into_bytes();
        let name = |bytes: &[u8]| format!("blobs/sha256/{}", &sample::digest(bytes)[7..]);
        files.extend([(name(&config), config), (name(&manifest), manifest), ("index.json".into(), index)]);
        archive(&files)
    };
    let tar = "application/vnd.oci.image.layer.v1.tar";
    assert!(image(parts(|_| {}, tar)).is_ok());
    let why = image(parts(|_| {}, "application/vnd.oci.image.layer.v1.tar+gzip+encrypted")).err().unwrap();
    assert!(why.contains("is encrypted"), "{why}");
    let why = image(parts(|config| config["os"] = "windows".into(), tar)).err().unwrap();
    assert!(why.contains("an image of Windows"), "{why}");
}

#[test]
fn an_image_for_another_platform_is_refused_by_its_configuration() {
    let bytes = docker(&[Layer::new().file("a", "").done()], &["app:1"]);
    let ask = |platform: &str| {
        let wanted = Wanted { name: None, platform: Some(platform.into()) };
        open(vec![("/a".into(), bytes.clone())], "/a", &wanted, small()).map(|_| ())
    };
    assert!(ask("linux/amd64").is_ok() && ask("linux/amd64/v2").is_ok());
    for other in ["linux/arm64", "linux/amd", "amd64"] {
        assert!(matches!(ask(other), Err(Refusal::Usage(why)) if why.contains("it is for `linux/amd64`")), "{other}");
    }
    assert!(manifest::is_for("linux/arm64/v8", "linux/arm64") && !manifest::is_for("linux/arm64", "linux/arm"));
}

#[test]
fn indexes_that_name_each_other_again_and_again_end() {
    let media = "application/vnd.oci.image.index.v1+json";
    let mut files = vec![];
    let mut index = serde_json::json!({"manifests": []}).to_string();
    for _ in 0..3 {
        let one = serde_json::json!({"mediaType": media, "digest": sample::digest(index.as_bytes())});
        files.push((format!("blobs/sha256/{}", &sample::digest(index.as_bytes())[7..]), index.into_bytes()));
        index = serde_json::json!({"manifests": vec![one; 1000]}).to_string();
    }
    files.push(("index.json".into(), index.into_bytes()));
    let why = image(archive(&files)).err().unwrap();
    assert!(why.contains("more than 100 indexes"), "{why}");
}

#[test]
fn files_of_compressed_layers_are_read_at_any_place() {
    let bytes = |seed: u64| -> Vec<u8> {
        let mut x = seed | 1;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x
        };
        (0..700_000).flat_map(|_| [b'a' + (next() % 7) as u8, b' ', b'b', (next() % 256) as u8]).collect()
    };
    let (a, b) = (bytes(1), bytes(2));
    let low = Layer::new().file("a", &a).file("small", "s").file("b", &b).done();
    let high = Layer::new().file("c", "top").done();
    for how in [Pack::Plain, Pack::Gzip, Pack::Zstd] {
        let files = layout(&[low.clone(), high.clone()], how);
        for outer in [Pack::Plain, Pack::Gzip, Pack::Zstd] {
            let files = image(pack(&archive(&files), outer)).unwrap();
            for path in ["/b", "/a", "/small", "/b", "/c", "/a"] {
                let want = match path {
                    "/a" => &a[..],
                    "/b" => &b[..],
                    "/c" => b"top",
                    _ => b"s",
                };
                assert!(files.read(path, u64::MAX).unwrap().unwrap() == want, "{how:?} in {outer:?}: {path}");
            }
            let at = files.open_at("/b").unwrap().unwrap();
            let mut piece = [0; 1000];
            for offset in [2_000_000, 5, 2_799_990, 1_500_000] {
                let n = at.read_at(offset, &mut piece).unwrap();
                let offset = offset as usize;
                assert!(piece[..n] == b[offset..(offset + 1000).min(b.len())], "{how:?} in {outer:?}: {offset}");
            }
            // Two at once, by one thread and by several.
            let (mut one, mut two) = (files.open("/b").unwrap().unwrap(), files.open("/a").unwrap().unwrap());
            let (mut x, mut y) = ([0; 9], [0; 9]);
            one.read_exact(&mut x).unwrap();
            two.read_exact(&mut y).unwrap();
            drop((one, two));
            assert!(x == b[..9] && y == a[..9], "{how:?} in {outer:?}");
            std::thread::scope(|scope| {
                for path in ["/a", "/b", "/small", "/a", "/b"] {
                    let files = &files;
                    scope.spawn(move || assert!(files.read(path, u64::MAX).unwrap().is_some()));
                }
            });
        }
    }
}

#[test]
fn a_layout_is_read_as_a_directory_and_as_an_archive() {
    let layer = Layer::new().file("a", "x").done();
    let files = layout(&[layer], Pack::Gzip);
    let directory = files.iter().map(|(name, bytes)| (format!("/layout/{name}"), bytes.clone())).collect();
    let opened = open(directory, "/layout", &Wanted::default(), small()).unwrap();
    assert_eq!((text(&opened.files, "/a").as_deref(), opened.about.layers), (Some("x"), 1));
    assert!(matches!(open(vec![], "/none", &Wanted::default(), small()), Err(Refusal::Fault(Fault::Failed(_)))));
    for (bytes, why) in [
        (b"".to_vec(), "neither `index.json` nor `manifest.json`"),
        (b"hello, world".to_vec(), "no archive of an image"),
        (Layer::new().file("etc/passwd", "").done(), "neither `index.json` nor `manifest.json`"),
        (Layer::new().file("manifest.json", "{\"secret\"").done(), "line 1, column"),
        (Layer::new().file("manifest.json", "[]").done(), "no image in it"),
        (Layer::new().file("../manifest.json", "[]").done(), "leads out of it"),
        (Layer::new().link("manifest.json", EntryType::Symlink, "../../etc/passwd").done(), "leads out of the archive"),
        (Layer::new().link("manifest.json", EntryType::Symlink, "manifest.json").done(), "links only"),
    ] {
        let said = image(bytes).err().unwrap();
        assert!(said.contains(why) && !said.contains("secret"), "{said}");
    }
}

#[test]
fn of_several_images_one_is_named_and_the_error_says_which_there_are() {
    let layer = |text: &str| Layer::new().file("who", text).done();
    let one = |text: &str, tag: &str| {
        let layers = [layer(text)];
        let config = sample::config(&layers);
        let [layer] = layers;
        (format!("{text}.json"), config, format!("{text}.tar"), layer, tag.to_owned())
    };
    let (a, b) = (one("a", "app:1"), one("b", "reg.example/web:latest"));
    let entry = |(config, _, layer, _, tag): &(String, String, String, Vec<u8>, String)| serde_json::json!({"Config": config, "RepoTags": [tag], "Layers": [layer]});
    let saved = Layer::new()
        .file(&a.0, &a.1)
        .file(&a.2, &a.3)
        .file(&b.0, &b.1)
        .file(&b.2, &b.3)
        .file("manifest.json", serde_json::json!([entry(&a), entry(&b)]).to_string())
        .done();
    let choose = |name: Option<&str>| {
        let wanted = Wanted { name: name.map(str::to_owned), platform: None };
        match open(vec![("/a".into(), saved.clone())], "/a", &wanted, small()) {
            Ok(image) => text(&image.files, "/who").unwrap(),
            Err(Refusal::Usage(why)) => why,
            Err(Refusal::Fault(fault)) => panic!("{fault}"),
        }
    };
    assert_eq!((choose(Some("app:1")), choose(Some("docker.io/library/app:1"))), ("a".into(), "a".into()));
    assert_eq!(choose(Some("reg.example/web")), "b");
    for name in [None, Some("app:2")] {
        let why = choose(name);
        assert!(why.contains("`app:1`, `reg.example/web:latest`"), "{why}");
    }
}

#[test]
fn of_several_platforms_the_usual_one_is_taken() {
    let mut all = vec![];
    let mut manifests = vec![];
    for platform in ["amd64", "arm64", "s390x"] {
        let mut files = layout(&[Layer::new().file("who", platform).done()], Pack::Plain);
        files.pop();
        let digest = sample::digest(&files[2].1);
        manifests.push(serde_json::json!({"digest": digest, "platform": {"os": "linux", "architecture": platform}}));
        all.extend(files);
    }
    manifests.push(
        serde_json::json!({"digest": sample::digest(b"x"), "platform": {"os": "unknown", "architecture": "unknown"}}),
    );
    // One that was not saved with the others.
    manifests.push(
        serde_json::json!({"digest": sample::digest(b"y"), "platform": {"os": "linux", "architecture": "ppc64le"}}),
    );
    let index = |from: usize| {
        let inner = serde_json::json!({"manifests": manifests[from..]}).to_string();
        let media = "application/vnd.oci.image.index.v1+json";
        let names = ["app:1", "app:latest"].map(|name| {
            serde_json::json!({"mediaType": media, "digest": sample::digest(inner.as_bytes()), "annotations": {"io.containerd.image.name": name}})
        });
        let outer = serde_json::json!({"manifests": names}).to_string();
        let mut files = all.clone();
        files.push((format!("blobs/sha256/{}", &sample::digest(inner.as_bytes())[7..]), inner.into_bytes()));
        files.push(("index.json".into(), outer.into_bytes()));
        archive(&files)
    };
    let choose = |bytes: &[u8], platform: Option<&str>| {
        let wanted = Wanted { name: None, platform: platform.map(str::to_owned) };
        match open(vec![("/a".into(), bytes.to_vec())], "/a", &wanted, small()) {
            Ok(image) => text(&image.files, "/who").unwrap(),
            Err(Refusal::Usage(why)) => why,
            Err(Refusal::Fault(fault)) => panic!("{fault}"),
        }
    };
    assert_eq!((choose(&index(0), None), choose(&index(0), Some("linux/arm64"))), ("amd64".into(), "arm64".into()));
    assert!(choose(&index(1), None).contains("`linux/arm64`, `linux/s390x`"));
    assert!(choose(&index(0), Some("linux/ppc64le")).contains("`linux/amd64`, `linux/arm64`, `linux/s390x`"));
    assert_eq!(choose(&index(2), None), "s390x", "the only one");
}

#[test]
fn what_only_a_kernel_tells_is_skipped_of_an_image_or_unknown() {
    for skips in [true, false] {
        let bytes = docker(
            &[Layer::new()
                .file("proc/mounts", "x")
                .file("etc/group", "root:x:0:\n")
                .file("etc/passwd", "root:x:0:0::/:/x\n")
                .done()],
            &[],
        );
        let opened = open(vec![("/a".into(), bytes)], "/a", &Wanted::default(), small()).unwrap();
        let host = Host::image(opened, skips).fresh();
        assert_eq!(host.about_image().unwrap().config.user(), "app");
        assert!(host.user("root").unwrap().is_some());
        for fault in
            [host.machine().err().unwrap(), host.mounts().err().unwrap(), host.files().list("/proc").unwrap_err()]
        {
            assert!(matches!((skips, fault), (true, Fault::Offline(_)) | (false, Fault::Unsupported(_))));
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000), at in 0usize..6000, how in 0..3u8) {
        let how = [Pack::Plain, Pack::Gzip, Pack::Zstd][usize::from(how)];
        let mut whole = archive(&layout(&[Layer::new().file("a", "x").dir("d/").file("d/.wh.a", "").done()], how));
        let at = at.min(whole.len());
        let end = (at + bytes.len()).min(whole.len());
        whole[at..end].copy_from_slice(&bytes[..end - at]);
        if let Ok(files) = image(whole) {
            let _ = files.read("/a", 100);
        }
        let _ = image(bytes);
    }
}
