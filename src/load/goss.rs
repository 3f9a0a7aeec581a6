//! goss files and what they include, from disk: variables, templates, merging.

mod glob;
mod merge;
mod template;
mod vars;
mod world;
mod zone;

use super::{Loader, Rejected, STDIN, hide, hide_what_may_be};
use crate::go::clean;
use crate::goss::{Config, decode};
use crate::quantity;
use crate::secret::exposed;
use crate::syntax::{Code, Diagnostic, Format, Source, Sources, Span, brief};
use crate::value::Value;
use merge::Overwritten;
use std::collections::BTreeMap;
use std::path::Path;
use template::Templates;

/// Files that may include one another down to one, as goss counts them.
const MAX_INCLUDED: usize = 49;

/// What goss's command line says of its files.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A path, or `-` for standard input.
    pub gossfile: String,
    pub vars: Vec<String>,
    pub vars_inline: Option<String>,
}

/// A goss file with all it includes.
pub struct Loaded {
    pub sources: Sources,
    pub config: Config,
    /// The language of the first file, in which all are read and the whole is printed.
    pub format: Format,
    /// What goss does without a word and a person should know: unknown sections, entries overwritten, empty lists.
    pub warnings: Vec<String>,
    /// The files that had something to render.
    pub templates: Vec<String>,
}

/// Reads a goss file and everything it includes, templates rendered. `rendered` hears each text as its template left it.
pub fn load(request: &Request, rendered: &mut dyn FnMut(&str)) -> Result<Loaded, Rejected> {
    read(request, rendered, Loader::default()).map(|(loaded, _)| loaded)
}

/// Every file that is read for a goss file, by name, as it is written: templates, includes, variables.
pub fn written(request: &Request) -> Result<Vec<(String, String)>, Rejected> {
    let loader = Loader { written: Some(vec![]), ..Loader::default() };
    read(request, &mut |_| {}, loader).map(|(_, written)| written)
}

type Read = (Loaded, Vec<(String, String)>);

fn read(request: &Request, rendered: &mut dyn FnMut(&str), mut loader: Loader) -> Result<Read, Rejected> {
    let vars = vars(request, &mut loader);
    let mut reader = Reader {
        loader,
        templates: Templates::new(vars),
        rendered,
        format: Format::Yaml,
        open: vec![],
        warnings: vec![],
        warned: vec![],
        changed: vec![],
    };
    // Without the variables, templates would be wrong for no other reason.
    let config = if reader.loader.wrong.is_empty() { reader.first(&request.gossfile) } else { Config::default() };
    let written = reader.loader.written.take().unwrap_or_default();
    reader.finish(config).map(|loaded| (loaded, written))
}

/// What `--vars` and `--vars-inline` come to.
fn vars(request: &Request, loader: &mut Loader) -> BTreeMap<String, Value> {
    let mut vars = BTreeMap::new();
    for path in request.vars.iter().filter(|path| !path.is_empty()) {
        match loader.read(Path::new(path), path, false) {
            Ok((_, text)) => vars::merge(&mut vars, vars_of(path, text, loader)),
            Err((code, message)) => loader.refuse(None, code, message),
        }
    }
    if let Some(text) = request.vars_inline.as_ref().filter(|text| !text.is_empty()) {
        vars.extend(vars_of("--vars-inline", text.clone(), loader));
    }
    vars
}

fn vars_of(name: &str, text: String, loader: &mut Loader) -> BTreeMap<String, Value> {
    let vars = decode::decode_vars(&text, next_file(loader));
    loader.sources.files.push(Source { name: name.to_owned(), text });
    vars.unwrap_or_else(|wrong| {
        loader.wrong.extend(wrong);
        BTreeMap::new()
    })
}

fn next_file(loader: &Loader) -> u32 {
    u32::try_from(loader.sources.files.len()).unwrap_or(u32::MAX)
}

struct Reader<'r> {
    /// Files, how many there may be, and what is wrong with them.
    loader: Loader,
    templates: Templates,
    rendered: &'r mut dyn FnMut(&str),
    format: Format,
    /// The files that include one another down to here.
    open: Vec<String>,
    /// Places and words.
    warnings: Vec<(Span, String)>,
    warned: Vec<Overwritten>,
    /// The files that had something to render.
    changed: Vec<String>,
}

impl Reader<'_> {
    fn finish(self, config: Config) -> Result<Loaded, Rejected> {
        let Loader { mut sources, mut wrong, .. } = self.loader;
        if !wrong.is_empty() {
            hide_what_may_be(&mut sources, vec![], &mut wrong);
            wrong.sort_by_key(|one| (one.span.file, one.span.start));
            return Err(Rejected { sources, wrong });
        }
        for source in &mut sources.files {
            exposed(&source.text).into_iter().for_each(|range| hide(source, range));
        }
        let place = |span: Span| format!("{}:{}", sources.name(span), sources.place(span).line);
        let mut warnings: Vec<_> = self.warnings.iter().map(|(at, what)| format!("{}: {what}", place(*at))).collect();
        warnings.extend(self.warned.iter().map(|over| {
            let Overwritten { section, name, by, first } = over;
            format!("{}: `{section}: {}` overwrites that of {}", place(*by), brief(name), place(*first))
        }));
        Ok(Loaded { sources, config, format: self.format, warnings, templates: self.changed })
    }

    fn refuse(&mut self, from: Option<Span>, code: Code, message: String) {
        self.loader.refuse(from, code, message);
    }

    /// A whole text becomes a source that spans may point into.
    fn source(&mut self, name: String, text: String) {
        self.loader.sources.files.push(Source { name, text });
    }

    /// The file that the command line names, whose language is that of all.
    fn first(&mut self, name: &str) -> Config {
        if name != "-" {
            match Format::of_goss(name) {
                Some(format) => self.format = format,
                None => {
                    let message = format!("`{name}` has to end in .yaml, .yml or .json, so that its language is known");
                    self.refuse(None, Code::Unreadable, message);
                    return Config::default();
                }
            }
            return self.file(name, None);
        }
        match self.loader.stdin_text() {
            Ok(text) => {
                self.format = decode::guess(&text);
                self.text(STDIN, text, ".", true)
            }
            Err((code, message)) => {
                self.refuse(None, code, message);
                Config::default()
            }
        }
    }

    /// Reads one file with what it includes. `from` is the place that includes it.
    fn file(&mut self, name: &str, from: Option<Span>) -> Config {
        if self.loader.full {
            return Config::default();
        }
        if let Err((code, message)) = self.may_open(name) {
            self.refuse(from, code, message);
            return Config::default();
        }
        match self.loader.read(Path::new(name), name, from.is_some()) {
            Ok((_, text)) => self.text(name, text, glob::folder(name), false),
            Err((code, message)) => {
                self.refuse(from, code, message);
                Config::default()
            }
        }
    }

    fn may_open(&mut self, name: &str) -> Result<(), (Code, String)> {
        if self.loader.sources.files.len() >= super::MAX_FILES {
            self.loader.full = true;
            return Err((Code::TooLarge, format!("more than {} files are included", super::MAX_FILES)));
        }
        // Whatever it includes by this name is the same again: goss would go on to its own limit.
        if let Some(first) = self.open.iter().position(|open| clean(open) == clean(name)) {
            let circle = self.open.iter().skip(first).map(String::as_str).chain([name]);
            let message = format!("`{name}` includes itself: {}", circle.collect::<Vec<_>>().join(" → "));
            return Err((Code::IncludeCycle, message));
        }
        if self.open.len() >= MAX_INCLUDED {
            self.loader.full = true;
            return Err((Code::TooDeep, format!("more than {MAX_INCLUDED} files include one another")));
        }
        Ok(())
    }

    /// Takes in one text, with what it includes from `folder`. Its language is guessed again where it is `guessed`.
    fn text(&mut self, name: &str, text: String, folder: &str, guessed: bool) -> Config {
        let file = next_file(&self.loader);
        let (text, changed) = match self.templates.render(&text, file) {
            Ok(None) => (text, false),
            Ok(Some(text)) => (text, true),
            Err(wrong) => {
                self.source(name.to_owned(), text);
                self.loader.wrong.push(*wrong);
                return Config::default();
            }
        };
        (self.rendered)(&text);
        if changed {
            self.changed.push(name.to_owned());
            self.loader.bytes += text.len() as u64;
            if self.loader.bytes > super::MAX_BYTES {
                self.loader.full = true;
                let most = quantity::size(super::MAX_BYTES);
                self.refuse(None, Code::TooLarge, format!("with `{name}` the spec is larger than {most}"));
                return Config::default();
            }
        }
        let format = if guessed { decode::guess(&text) } else { self.format };
        let decoded = decode::decode(&text, file, format);
        self.source(if changed { format!("{name} (rendered)") } else { name.to_owned() }, text);
        let mut config = match decoded {
            Ok(decoded) => {
                self.warnings.extend(decoded.warnings);
                decoded.config
            }
            Err(wrong) => {
                self.loader.wrong.extend(wrong);
                return Config::default();
            }
        };
        let includes = merge::includes(&mut config);
        if includes.is_empty() {
            return config;
        }
        self.open.push(name.to_owned());
        for (pattern, span) in includes {
            for found in self.found(&pattern, folder, span) {
                let included = self.file(&found, Some(span));
                merge::merge(&mut config, included, &mut self.warned);
            }
        }
        self.open.pop();
        config
    }

    /// The files that an include means.
    fn found(&mut self, pattern: &str, folder: &str, span: Span) -> Vec<String> {
        let pattern = glob::join(folder, pattern);
        let (code, message) = match glob::glob(&pattern) {
            Ok(found) if found.is_empty() => (Code::IncludeNone, format!("no file matches `{pattern}`")),
            Ok(found) => return found,
            Err(glob::Wrong::Pattern) => (Code::BadGlob, format!("`{pattern}` is not a glob")),
            Err(glob::Wrong::Unreadable(why)) => (Code::Unreadable, why),
        };
        self.loader.wrong.push(Diagnostic::new(code, span, message));
        vec![]
    }
}
