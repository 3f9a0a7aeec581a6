//! What is looked at: this machine, or what does not run.

use super::{NOT_OK, USAGE, say};
use crate::host::image::{Archive, Bounds, Refusal, Wanted};
use crate::host::{Host, LocalFiles, RootFiles, Still};
use std::path::Path;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub(super) struct Site {
    /// Looks at the root file system in this directory
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath, conflicts_with = "image")]
    root: Option<String>,
    /// Looks at a container image: an archive of `docker save` or `podman save`, or an OCI layout
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::AnyPath)]
    image: Option<String>,
    /// Which of several images in the archive, such as app:1.2
    #[arg(long, value_name = "NAME", requires = "image")]
    image_name: Option<String>,
    /// Which of several for different processors, such as linux/arm64 [default: linux/amd64]
    #[arg(long, value_name = "OS/ARCH", requires = "image")]
    platform: Option<String>,
    /// What only a running machine can tell is unknown, not skipped
    #[arg(long)]
    no_skip: bool,
}

impl Site {
    /// Whether something else than this machine is looked at.
    pub(super) fn is_named(&self) -> bool {
        self.root.is_some() || self.image.is_some() || self.no_skip
    }

    /// The host to look at; the exit status where there is none.
    pub(super) fn host(&self) -> Result<Host, u8> {
        if self.no_skip && self.root.is_none() && self.image.is_none() {
            say("`--no-skip` goes with `--root` or `--image`: of a running machine nothing is skipped");
            return Err(USAGE);
        }
        if let Some(root) = &self.root {
            let why = match RootFiles::open(root) {
                Ok(Some(files)) => {
                    let still = Still { what: "a root file system", skips: !self.no_skip };
                    return Ok(Host::still(Arc::new(files), still));
                }
                Ok(None) => format!("{root}: no such directory"),
                Err(fault) => fault.to_string(),
            };
            say(format_args!("{why}; nothing was looked at"));
            return Err(NOT_OK);
        }
        let Some(image) = &self.image else { return Ok(Host::local()) };
        let wanted = Wanted { name: self.image_name.clone(), platform: self.platform.clone() };
        let absolute = std::path::absolute(Path::new(image)).map(|path| path.to_string_lossy().into_owned());
        let opened = match absolute {
            Ok(path) => Archive::open(Arc::new(LocalFiles), &path, &wanted, Bounds::default()),
            Err(_) => Err(Refusal::Usage("a path is missing".into())),
        };
        match opened.and_then(|archive| Ok(archive.read()?)) {
            Ok(image) => Ok(Host::image(image, !self.no_skip)),
            Err(refusal) => {
                say(format_args!("{image}: {refusal}; nothing was looked at"));
                Err(if let Refusal::Usage(_) = refusal { USAGE } else { NOT_OK })
            }
        }
    }
}
