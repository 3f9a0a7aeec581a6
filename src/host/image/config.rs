//! What an image says of how it is to be run: its configuration. OCI image specification, config.md.

use super::digest::Digest;
use super::manifest::{Platform, parse};
use super::tape::malformed;
use crate::value::Fault;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Debug, Default, Deserialize)]
pub struct Config {
    #[serde(default)]
    pub architecture: String,
    #[serde(default)]
    os: String,
    variant: Option<String>,
    /// RFC 3339.
    pub created: Option<String>,
    #[serde(default)]
    config: Option<Run>,
    rootfs: Option<Root>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Run {
    user: Option<String>,
    working_dir: Option<String>,
    env: Option<Vec<String>>,
    entrypoint: Option<Vec<String>>,
    cmd: Option<Vec<String>>,
    exposed_ports: Option<Map<String, Value>>,
    volumes: Option<Map<String, Value>>,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Deserialize)]
struct Root {
    diff_ids: Vec<String>,
}

impl Config {
    pub fn parse(name: &str, text: &[u8]) -> Result<Config, Fault> {
        parse(name, text)
    }

    /// The digests of the layers, decompressed, from the lowest one up.
    pub fn layers(&self) -> Result<Vec<Digest>, Fault> {
        let root =
            self.rootfs.as_ref().ok_or_else(|| malformed("its configuration does not say which layers it has"))?;
        root.diff_ids.iter().map(|id| Digest::parse(id).map_err(malformed)).collect()
    }

    /// What it is for: `linux/arm64/v8`; `None` where it does not say.
    pub fn platform(&self) -> Option<String> {
        let platform =
            Platform { os: self.os.clone(), architecture: self.architecture.clone(), variant: self.variant.clone() };
        (!self.os.is_empty() && !self.architecture.is_empty()).then(|| platform.text())
    }

    /// Windows keeps its files, its accounts and its services in ways of its own.
    pub fn is_windows(&self) -> bool {
        self.os == "windows"
    }

    /// The value of a variable of the environment.
    pub fn env(&self, name: &str) -> Option<&str> {
        let env = self.config.as_ref()?.env.as_ref()?;
        // Of several, whoever starts it takes the last.
        env.iter().rev().find_map(|one| one.split_once('=').filter(|(key, _)| *key == name)).map(|(_, value)| value)
    }

    pub fn label(&self, name: &str) -> Option<&str> {
        self.config.as_ref()?.labels.as_ref()?.get(name).map(String::as_str)
    }

    pub fn entrypoint(&self) -> Vec<String> {
        self.list(|run| run.entrypoint.as_ref())
    }

    pub fn cmd(&self) -> Vec<String> {
        self.list(|run| run.cmd.as_ref())
    }

    /// Whoever starts it takes root where nothing is said.
    pub fn user(&self) -> &str {
        let user = self.config.as_ref().and_then(|run| run.user.as_deref());
        user.filter(|user| !user.is_empty()).unwrap_or("root")
    }

    pub fn workdir(&self) -> &str {
        let directory = self.config.as_ref().and_then(|run| run.working_dir.as_deref());
        directory.filter(|directory| !directory.is_empty()).unwrap_or("/")
    }

    /// `80` is short for `80/tcp`.
    pub fn exposed_ports(&self) -> Vec<String> {
        let ports = self.names(|run| run.exposed_ports.as_ref()).into_iter();
        ports.map(|port| if port.contains('/') { port } else { port + "/tcp" }).collect()
    }

    pub fn volumes(&self) -> Vec<String> {
        self.names(|run| run.volumes.as_ref())
    }

    fn list(&self, of: impl Fn(&Run) -> Option<&Vec<String>>) -> Vec<String> {
        self.config.as_ref().and_then(of).cloned().unwrap_or_default()
    }

    fn names(&self, of: impl Fn(&Run) -> Option<&Map<String, Value>>) -> Vec<String> {
        let names = self.config.as_ref().and_then(of).map(|map| map.keys().cloned().collect());
        names.unwrap_or_default()
    }
}
