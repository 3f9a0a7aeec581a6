//! The certificates that lie under /etc, but for those that a host only trusts.

use super::{not_after, sans};
use crate::host::bundle::{self, Holds, LARGEST};
use crate::host::{FileType, Host, Stat};
use crate::resource::Thing;
use crate::value::{Fault, Known};
use sha2::{Digest, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

const TOP: &str = "/etc";
/// Endings that certificates have.
const ENDINGS: &[&str] = &["pem", "crt", "cer", "cert", "der"];
/// What a file of any other name must begin with.
const MARK: &[u8] = b"-----BEGIN CERTIFICATE";
/// Files that are told of.
const MOST: usize = 2_000;
/// Stores of roots, and what certbot has kept of the past.
const LEFT_OUT: &[&str] =
    &["/etc/ca-certificates", "/etc/letsencrypt/archive", "/etc/pki/ca-trust", "/etc/pki/java", "/etc/ssl/certs/java"];
/// A store of roots in which hosts keep certificates of their own, too: the roots are links.
const STORE: &str = "/etc/ssl/certs/";

/// A file that is a certificate, or says that it is.
struct Found {
    path: String,
    /// SHA-256 of each of its certificates; none if they cannot be parsed.
    chain: Vec<[u8; 32]>,
    what: String,
    /// Device and inode.
    file: (u64, u64),
}

pub(super) fn list(host: &Host) -> Result<Known<Thing>, Fault> {
    let (mut found, mut unread) = (Vec::new(), None);
    let more = host.walk(
        TOP,
        |directory| !LEFT_OUT.contains(&directory),
        |path, stat| match look(host, path, stat) {
            Ok(Some(_)) if found.len() >= MOST => {
                unread.get_or_insert_with(|| Fault::Unsupported(format!("more than {MOST} certificates lie there")));
            }
            Ok(one) => found.extend(one),
            Err(fault) => _ = unread.get_or_insert(fault),
        },
    )?;
    Ok(Known { all: things(found), more: unread.or(more) })
}

/// `None` if it is no certificate. What is denied is a fault only where the name says that it is one.
fn look(host: &Host, path: &str, stat: &Stat) -> Result<Option<Found>, Fault> {
    let named = path.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&&*ending.to_ascii_lowercase()));
    let stat = match stat.file_type {
        FileType::File => *stat,
        FileType::Symlink if named && !path.starts_with(STORE) => match host.files().stat(path)? {
            Some(target) if target.file_type == FileType::File => target,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    if stat.size > LARGEST || (!named && stat.size <= MARK.len() as u64) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let bound = LARGEST as usize;
    let read = host.read_while(path, |piece| {
        bytes.extend_from_slice(piece);
        bytes.len() <= bound && (named || bytes.starts_with(MARK))
    });
    match read {
        Err(_) if !named => return Ok(None),
        read => _ = read?,
    }
    if !named && !bytes.starts_with(MARK) {
        return Ok(None);
    }
    let (chain, what) = match bundle::holds(&bytes) {
        Some(Holds::Chain(chain)) => {
            (chain.iter().map(|der| Sha256::digest(der).into()).collect(), told(chain.first()))
        }
        Some(Holds::Broken) => (vec![], "cannot be parsed".into()),
        Some(Holds::Key) | None => return Ok(None),
    };
    Ok(Some(Found { path: path.to_owned(), chain, what, file: (stat.device, stat.inode) }))
}

/// A certificate by itself and with its chain beside it are one thing, and so are a file and the links to it.
fn things(mut found: Vec<Found>) -> Vec<Thing> {
    // The longest chain says most.
    found.sort_by(|a, b| (b.chain.len(), &a.path).cmp(&(a.chain.len(), &b.path)));
    let mut kept: Vec<(Found, Vec<String>)> = Vec::new();
    for one in found {
        let is_near = |other: &Found| directory(&one.path) == directory(&other.path);
        let is_same = |other: &Found| {
            let same = !one.chain.is_empty() && one.chain.first() == other.chain.first();
            one.file == other.file || (same && is_near(other))
        };
        if let Some((_, aliases)) = kept.iter_mut().find(|(other, _)| is_same(other)) {
            aliases.push(one.path);
            continue;
        }
        // The rest of a chain that is whole beside it, as certbot's `chain.pem` is.
        let is_part = |(other, _): &(Found, Vec<String>)| {
            let rest = other.chain.get(1..).unwrap_or_default();
            is_near(other) && !one.chain.is_empty() && rest.starts_with(&one.chain)
        };
        if !kept.iter().any(is_part) {
            kept.push((one, Vec::new()));
        }
    }
    kept.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    let thing = |(one, aliases): (Found, Vec<String>)| Thing { aliases, ..Thing::new(one.path, one.what) };
    kept.into_iter().map(thing).collect()
}

fn directory(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(directory, _)| directory)
}

/// Whose it is, and for how long.
fn told(der: Option<&Vec<u8>>) -> String {
    let parsed = der.and_then(|der| X509Certificate::from_der(der).ok());
    let Some((_, certificate)) = parsed else { return String::new() };
    let name = sans(&certificate).ok().and_then(|names| names.into_iter().next());
    let name = name.unwrap_or_else(|| super::name::rfc2253(certificate.subject()));
    format!("{name} until {}", not_after(&certificate).date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::TreeFiles;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use std::sync::Arc;

    /// A certificate for a name, and one that signed it.
    fn issued(name: &str) -> (String, String) {
        let mut ca = CertificateParams::new(vec![]).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.distinguished_name.push(DnType::CommonName, "Root");
        let key = KeyPair::generate().unwrap();
        let root = ca.self_signed(&key).unwrap();
        let mut leaf = CertificateParams::new(vec![name.into()]).unwrap();
        leaf.not_after = rcgen::date_time_ymd(2030, 5, 17);
        let leaf = leaf.signed_by(&KeyPair::generate().unwrap(), &Issuer::new(ca, key)).unwrap();
        (leaf.pem().replace('\r', ""), root.pem().replace('\r', ""))
    }

    fn listed(tree: &str) -> (Vec<Thing>, Option<Fault>) {
        let host = Host::offline(Arc::new(TreeFiles::parse(tree).unwrap()), time::OffsetDateTime::UNIX_EPOCH);
        let known = list(&host).unwrap();
        (known.all, known.more)
    }

    /// As a tree writes it: what begins with `--` is another file.
    fn body(pem: &str) -> String {
        pem.lines().map(|line| format!("{}{line}\n", if line.starts_with("-- ") { "\\" } else { "" })).collect()
    }

    #[test]
    fn what_a_host_shows_is_listed_and_what_it_trusts_is_not() {
        let (leaf, root) = issued("www.example.org");
        let (leaf, root) = (body(&leaf), body(&root));
        let bundle = root.repeat(17);
        let key = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----\n";
        let (things, more) = listed(&format!(
            "-- /etc/nginx/site.crt\n{leaf}{root}-- /etc/nginx/site.key\n{key}-- /etc/nginx/key.pem\n{key}\
             -- /etc/vpn/ca\n{root}-- /etc/vpn/clients.pem\n{root}{root}-- /etc/vpn/notes\nnothing\n-- /etc/ssl/certs/own.pem\n{leaf}\
             -- /etc/ssl/certs/Root.pem -> /usr/share/ca-certificates/Root.crt\n-- /usr/share/ca-certificates/Root.crt\n{root}\
             -- /etc/ssl/certs/ca-certificates.crt\n{bundle}-- /etc/ca-certificates/x.pem\n{root}\
             -- /etc/app/mine.pem -> /opt/app/mine.pem\n-- /opt/app/mine.pem\n{leaf}-- /etc/app/gone.pem -> /nowhere\n\
             -- /etc/bad.crt\n-----BEGIN CERTIFICATE-----\nMIIB\n",
        ));
        let names: Vec<_> = things.iter().map(|thing| &*thing.name).collect();
        let expected =
            ["/etc/app/mine.pem", "/etc/bad.crt", "/etc/nginx/site.crt", "/etc/ssl/certs/own.pem", "/etc/vpn/ca"];
        assert_eq!((names, more), (expected.to_vec(), None));
        assert_eq!(things[2].what, "www.example.org until 2030-05-17");
        assert_eq!(things[1].what, "cannot be parsed");
    }

    #[test]
    fn certbots_files_are_one_certificate_and_its_past_is_left_out() {
        let ((leaf, root), (old, _)) = (issued("www.example.org"), issued("old.example.org"));
        let (leaf, root, old) = (body(&leaf), body(&root), body(&old));
        let live = "/etc/letsencrypt/live/www";
        let link = |name: &str| format!("-- {live}/{name}.pem -> ../../archive/www/{name}2.pem\n");
        let archive = "-- /etc/letsencrypt/archive/www";
        let (things, more) = listed(&format!(
            "{}{}{}{archive}/cert1.pem\n{old}{archive}/cert2.pem\n{leaf}{archive}/chain2.pem\n{root}\
             {archive}/fullchain2.pem\n{leaf}{root}",
            link("cert"),
            link("chain"),
            link("fullchain"),
        ));
        let [one] = &things[..] else { panic!("{things:?}") };
        assert_eq!((&*one.name, more), (&*format!("{live}/fullchain.pem"), None));
        assert_eq!(one.aliases, [format!("{live}/cert.pem")]);
    }

    #[test]
    fn a_copy_elsewhere_is_a_thing_of_its_own_and_a_link_is_not() {
        let leaf = body(&issued("a.example.org").0);
        let (things, _) =
            listed(&format!("-- /etc/a/x.crt\n{leaf}-- /etc/b/x.crt\n{leaf}-- /etc/c/x.crt -> ../a/x.crt\n"));
        let names: Vec<_> = things.iter().map(|thing| (&*thing.name, thing.aliases.len())).collect();
        assert_eq!(names, [("/etc/a/x.crt", 1), ("/etc/b/x.crt", 0)]);
    }

    #[test]
    fn what_is_denied_may_be_one_where_its_name_says_so() {
        assert_eq!(listed("-- /etc/shadow denied\nroot:*:1:1:1:1:::some more text\n"), (vec![], None));
        let (_, more) = listed("-- /etc/a.pem denied\n");
        assert_eq!(more.unwrap().code(), "denied");
        let (_, more) = listed("-- /etc/ssl/private/ 0700 denied\n");
        assert_eq!(more.unwrap().code(), "denied");
    }
}
