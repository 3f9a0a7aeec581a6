//! TLS on both sides: whether a server is to be trusted, how long its certificate is good, and what a client shows of itself.

use super::{How, Path};
use crate::host::http::Url;
use crate::host::tls::{Identity, Tls};
use crate::host::{Host, bundle};
use crate::resource::certificate;
use crate::value::Fault;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use time::OffsetDateTime;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

pub fn judge(host: &Host, tls: &Tls, url: &Url, roots: Option<&Path>) -> Result<(), Fault> {
    distrust(host, tls, url, roots).map_err(|fault| match fault {
        Fault::Unfit(why) => Fault::Unfit(format!("{why}; set `ca-file`, or `allow-insecure = true`")),
        fault => fault,
    })
}

/// [`Fault::Unfit`] if a client is not to trust who answers at `url`; without `roots` the system's count.
pub fn distrust(host: &Host, tls: &Tls, url: &Url, roots: Option<&Path>) -> Result<(), Fault> {
    let trusted = certificate::trusted(host, &tls.chain, url.tls_name(), roots).map_err(|fault| match fault {
        // It has another name here.
        Fault::Unsupported(why) => Fault::Unsupported(why.replace("`roots`", "`ca-file`")),
        fault => fault,
    })?;
    let why = match (trusted, tls.proof.clone()) {
        (Err(why), _) | (Ok(()), Err(Fault::Unfit(why))) => why,
        (Ok(()), Err(fault)) => return Err(fault),
        (Ok(()), Ok(())) => return Ok(()),
    };
    Err(Fault::Unfit(format!("the certificate of {} is not trusted: {why}", url.authority())))
}

pub fn not_after(tls: &Tls) -> Result<OffsetDateTime, Fault> {
    let der = tls.chain.first().ok_or_else(|| Fault::Unfit("the server showed no certificate".into()))?;
    match X509Certificate::from_der(der) {
        Ok((_, certificate)) => Ok(certificate.validity().not_after.to_datetime()),
        Err(e) => Err(Fault::Unfit(format!("the server's certificate cannot be parsed: {e}"))),
    }
}

/// The client's own certificate, for servers that ask for one.
pub fn identity(host: &Host, how: &How) -> Result<Option<Identity>, Fault> {
    let (cert, key) = match (&how.cert_file, &how.key_file) {
        (None, None) => return Ok(None),
        (Some(cert), key) => (cert, key.as_ref().unwrap_or(cert)),
        (None, Some(_)) => return Err(Fault::Unsupported("a `key-file` is of no use without its `cert-file`".into())),
    };
    let read = |path: &Path| match host.whole(path.as_str()) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(Fault::Failed(format!("{}: no such file", path.as_str()))),
        // What cannot be read here says nothing of the server.
        Err(Fault::Unfit(why)) => Err(Fault::Failed(why)),
        Err(fault) => Err(fault),
    };
    let broken = |path: &Path, why: &str| Fault::Failed(format!("{}: {why}", path.as_str()));
    let chain = bundle::parse(&read(cert)?).map_err(|why| broken(cert, &why))?;
    let chain = chain.into_iter().map(CertificateDer::from).collect();
    let key = PrivateKeyDer::from_pem_slice(&read(key)?).map_err(|_| broken(key, "it holds no private key in PEM"))?;
    Ok(Some(Identity { chain, key }))
}
