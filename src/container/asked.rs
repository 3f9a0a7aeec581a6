//! The container that is asked for: the options of `docker run` that matter to what is checked, as the API has them.

use super::{FOLDER, PROGRAM};
use serde_json::{Map, Value, json};
use std::path::Path;

/// Options as the command line has them.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub image: String,
    /// Behind the image.
    pub command: Vec<String>,
    /// `NAME=VALUE`; of a name alone the value is this process's.
    pub env: Vec<String>,
    /// Texts of such lines.
    pub env_files: Vec<String>,
    pub volumes: Vec<String>,
    pub publish: Vec<String>,
    pub network: Option<String>,
    pub user: Option<String>,
    pub workdir: Option<String>,
    pub entrypoint: Option<String>,
    pub cap_add: Vec<String>,
    pub cap_drop: Vec<String>,
    pub privileged: bool,
    pub tmpfs: Vec<String>,
    pub read_only: bool,
    pub hostname: Option<String>,
    pub add_host: Vec<String>,
    pub init: bool,
}

impl Asked {
    /// Makes it run nothing but verispec, which waits.
    pub fn idle(&mut self) {
        self.entrypoint = Some(format!("{FOLDER}/{PROGRAM}"));
        self.command = ["container", "idle"].map(str::to_owned).to_vec();
    }

    /// The body of the request that makes it, without what verispec needs in it. `env` is this process's environment, and
    /// `here` its working directory.
    pub fn body(&self, env: &dyn Fn(&str) -> Option<String>, here: &Path) -> Result<Map<String, Value>, String> {
        let mut body = Map::new();
        let mut host = Map::new();
        body.insert("Image".into(), self.image.as_str().into());
        if !self.command.is_empty() {
            body.insert("Cmd".into(), json!(self.command));
        }
        if let Some(entrypoint) = &self.entrypoint {
            body.insert("Entrypoint".into(), json!([entrypoint]));
        }
        for (name, value) in [("User", &self.user), ("WorkingDir", &self.workdir), ("Hostname", &self.hostname)] {
            if let Some(value) = value {
                body.insert(name.into(), value.as_str().into());
            }
        }
        let lines = self.env_files.iter().flat_map(|text| text.lines()).map(str::trim_start);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let variables =
            lines.chain(self.env.iter().map(String::as_str)).filter_map(|line| variable(line, env).transpose());
        body.insert("Env".into(), json!(variables.collect::<Result<Vec<String>, String>>()?));
        let (mut binds, mut anonymous) = (vec![], Map::new());
        for volume in &self.volumes {
            match bind(volume, here)? {
                Some(bind) => binds.push(bind),
                None => _ = anonymous.insert(volume.clone(), json!({})),
            }
        }
        let (mut exposed, mut ports) = (Map::new(), Map::new());
        for text in &self.publish {
            let (port, binding) = published(text)?;
            exposed.insert(port.clone(), json!({}));
            if let Some(list) = ports.entry(port).or_insert_with(|| json!([])).as_array_mut() {
                list.push(binding);
            }
        }
        let mut tmpfs = Map::new();
        for text in &self.tmpfs {
            let (path, options) = text.split_once(':').unwrap_or((text, ""));
            absolute("--tmpfs", text, path)?;
            tmpfs.insert(path.into(), options.into());
        }
        body.insert("Volumes".into(), anonymous.into());
        body.insert("ExposedPorts".into(), exposed.into());
        host.insert("Binds".into(), json!(binds));
        host.insert("PortBindings".into(), ports.into());
        host.insert("Tmpfs".into(), tmpfs.into());
        host.insert("CapAdd".into(), json!(self.cap_add));
        host.insert("CapDrop".into(), json!(self.cap_drop));
        host.insert("ExtraHosts".into(), json!(self.add_host));
        host.insert("Privileged".into(), self.privileged.into());
        host.insert("ReadonlyRootfs".into(), self.read_only.into());
        if self.init {
            host.insert("Init".into(), true.into());
        }
        if let Some(network) = &self.network {
            host.insert("NetworkMode".into(), network.as_str().into());
        }
        body.insert("HostConfig".into(), host.into());
        Ok(body)
    }
}

/// A variable with its value; `None` of one without a value that this process has not got either.
fn variable(line: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<Option<String>, String> {
    let name = line.split('=').next().unwrap_or_default();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(format!("`{line}` is no variable: write NAME=VALUE, or NAME for the value that it has here"));
    }
    if line.contains('=') {
        return Ok(Some(line.to_owned()));
    }
    Ok(env(name).map(|value| format!("{name}={value}")))
}

/// A bind mount or a named volume with the path on this host whole; `None` of an anonymous volume.
fn bind(text: &str, here: &Path) -> Result<Option<String>, String> {
    let Some((source, rest)) = text.split_once(':') else {
        return absolute("--volume", text, text).map(|()| None);
    };
    absolute("--volume", text, rest.split(':').next().unwrap_or_default())?;
    // As `docker run` has it: a name without a slash is a volume's.
    Ok(Some(match source.starts_with('.') {
        true => format!("{}:{rest}", here.join(source).components().collect::<std::path::PathBuf>().display()),
        false => text.to_owned(),
    }))
}

fn absolute(flag: &str, text: &str, path: &str) -> Result<(), String> {
    match path.starts_with('/') {
        true => Ok(()),
        false => Err(format!("{flag} {text}: `{path}` is no absolute path in the container")),
    }
}

/// `[[ADDRESS:]PORT:]PORT[/PROTOCOL]`: the container's port and where it is published.
fn published(text: &str) -> Result<(String, Value), String> {
    let wrong = || format!("--publish {text}: write it as 8080:80, 127.0.0.1:8080:80/tcp or 80");
    let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
    let (rest, inner) = ports.rsplit_once(':').unwrap_or(("", ports));
    let (address, outer) = rest.rsplit_once(':').unwrap_or(("", rest));
    let is_port = |port: &str| port.parse::<u16>().is_ok();
    if !is_port(inner) || !(outer.is_empty() || is_port(outer)) || !["tcp", "udp", "sctp"].contains(&protocol) {
        return Err(wrong());
    }
    let address = address.trim_start_matches('[').trim_end_matches(']');
    if !address.is_empty() && address.parse::<std::net::IpAddr>().is_err() {
        return Err(wrong());
    }
    Ok((format!("{inner}/{protocol}"), json!({"HostIp": address, "HostPort": outer})))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        (name == "LANG").then(|| "C.UTF-8".to_owned())
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn body(asked: &Asked) -> Result<Value, String> {
        asked.body(&env, Path::new("/srv/web")).map(Value::Object)
    }

    #[test]
    fn options_say_to_the_daemon_what_they_say_to_docker() {
        let asked = Asked {
            image: "nginx:1".into(),
            command: texts(&["nginx", "-g", "daemon off;"]),
            env: texts(&["A=b=c", "LANG", "NOSUCH", "EMPTY="]),
            env_files: vec!["# of the file\nB=1\n\n  LANG\n".into()],
            volumes: texts(&["./conf:/etc/nginx:ro", "/srv:/srv", "data:/data", "/cache"]),
            publish: texts(&["8080:80", "127.0.0.1:5353:53/udp", "443", "[::1]:81:80"]),
            network: Some("none".into()),
            entrypoint: Some("/entry".into()),
            tmpfs: texts(&["/tmp", "/run:size=1m"]),
            read_only: true,
            ..Asked::default()
        };
        let body = body(&asked).unwrap();
        let at = |pointer: &str| body.pointer(pointer).unwrap_or(&Value::Null);
        assert_eq!(*at("/Cmd"), json!(["nginx", "-g", "daemon off;"]));
        assert_eq!(*at("/Entrypoint"), json!(["/entry"]));
        assert_eq!(*at("/Env"), json!(["B=1", "LANG=C.UTF-8", "A=b=c", "LANG=C.UTF-8", "EMPTY="]));
        assert_eq!(*at("/HostConfig/Binds"), json!(["/srv/web/conf:/etc/nginx:ro", "/srv:/srv", "data:/data"]));
        assert_eq!(*at("/Volumes"), json!({"/cache": {}}));
        assert_eq!(*at("/ExposedPorts"), json!({"80/tcp": {}, "53/udp": {}, "443/tcp": {}}));
        let bindings = json!([{"HostIp": "", "HostPort": "8080"}, {"HostIp": "::1", "HostPort": "81"}]);
        assert_eq!(*at("/HostConfig/PortBindings/80~1tcp"), bindings);
        assert_eq!(*at("/HostConfig/Tmpfs"), json!({"/tmp": "", "/run": "size=1m"}));
        assert_eq!((at("/HostConfig/NetworkMode"), at("/HostConfig/ReadonlyRootfs")), (&json!("none"), &json!(true)));
        assert_eq!((at("/User"), at("/WorkingDir")), (&Value::Null, &Value::Null));
    }

    #[test]
    fn what_docker_would_refuse_is_refused_before_anything_is_made() {
        let base = Asked::default;
        for (asked, why) in [
            (Asked { env: texts(&["=x"]), ..base() }, "`=x` is no variable"),
            (Asked { volumes: texts(&["/srv:srv"]), ..base() }, "`srv` is no absolute path"),
            (Asked { volumes: texts(&["data"]), ..base() }, "`data` is no absolute path"),
            (Asked { tmpfs: texts(&["run"]), ..base() }, "`run` is no absolute path"),
            (Asked { publish: texts(&["8080-8090:80"]), ..base() }, "--publish 8080-8090:80"),
            (Asked { publish: texts(&["localhost:1:80"]), ..base() }, "--publish localhost:1:80"),
            (Asked { publish: texts(&["80/icmp"]), ..base() }, "--publish 80/icmp"),
        ] {
            let said = body(&asked).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }
}
