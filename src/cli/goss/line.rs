//! One command line of goss's to the command that it names, its flags and its arguments.
//!
//! Flags may be written with one dash or with two, their value behind `=` or by itself, and a command takes those of
//! every command above it: `goss validate -g x.yaml` is `goss -g x.yaml validate`.

use super::commands::{Command, Flag, GOSS, Shape};
use super::value::{Value, read};
use crate::quantity::quoted;
use std::collections::HashMap;

/// A command line that is right.
pub struct Line {
    /// The command and those it belongs to, the program first.
    pub path: Vec<&'static Command>,
    /// By the flag's first name: what is said, by the line or a variable.
    said: HashMap<&'static str, Value>,
    pub args: Vec<String>,
    /// What is asked for instead of running it.
    pub instead: Option<Instead>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    Help,
    Version,
}

/// Why a command line is not right.
#[derive(Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A flag that there is not, or its value.
    Usage(String),
    /// A command that there is not.
    Command(String),
}

/// Reads what stands behind the program's name. `variable` is the environment.
pub fn parse(args: &[String], variable: &dyn Fn(&str) -> Option<String>) -> Result<Line, Wrong> {
    let mut line = Line { path: vec![&GOSS], said: HashMap::new(), args: vec![], instead: None };
    let mut rest = args;
    while let Some(below) = line.flags(rest)? {
        rest = below;
    }
    if line.instead.is_none() {
        line.command()?;
        line.variables(variable)?;
    }
    Ok(line)
}

impl Line {
    /// Whether the command, or the one it belongs to, is this one.
    pub fn runs(&self, name: &str) -> bool {
        self.path.get(1).is_some_and(|command| command.name() == name)
    }

    fn last(&self) -> &'static Command {
        self.path.last().copied().unwrap_or(&GOSS)
    }

    /// The flag of this name, of the command itself before those it belongs to.
    fn flag(&self, name: &str) -> Option<&'static Flag> {
        self.path.iter().rev().find_map(|command| command.flags.iter().find(|flag| flag.is(name)))
    }

    /// Reads up to the next command's name, and returns what stands behind it.
    fn flags<'a>(&mut self, args: &'a [String]) -> Result<Option<&'a [String]>, Wrong> {
        let mut rest = args;
        while let Some((whole, behind)) = rest.split_first() {
            rest = behind;
            let arg = whole.trim();
            if arg == "--" {
                let command = behind.split_first().and_then(|(name, behind)| Some((self.last().find(name)?, behind)));
                if let Some((command, behind)) = command.filter(|_| self.args.is_empty()) {
                    self.path.push(command);
                    return Ok(Some(behind));
                }
                self.args.extend(behind.iter().cloned());
                break;
            }
            // A number is no flag, nor is anything behind it.
            if arg.strip_prefix('-').is_some_and(|name| name.starts_with(|c: char| c != '-' && !c.is_alphabetic())) {
                self.args.push(whole.clone());
                self.args.extend(behind.iter().cloned());
                break;
            }
            if !arg.starts_with('-') || arg == "-" {
                if let Some(command) = self.last().find(arg).filter(|_| self.args.is_empty()) {
                    self.path.push(command);
                    return Ok(Some(behind));
                }
                self.args.push(whole.clone());
                continue;
            }
            let name = arg.strip_prefix("--").or_else(|| arg.strip_prefix('-')).unwrap_or(arg);
            let (name, value) = name.split_once('=').map_or((name, None), |(name, value)| (name, Some(value)));
            match (self.flag(name), name) {
                (Some(flag), _) if flag.shape == Shape::Bool => {
                    self.say(flag, arg, value.filter(|v| !v.is_empty()).unwrap_or("true"))?;
                }
                (Some(flag), _) => {
                    let value = match (value, rest.split_first()) {
                        (Some(value), _) => value,
                        (None, Some((value, behind))) => {
                            rest = behind;
                            value
                        }
                        (None, None) => return Err(Wrong::Usage(format!("flag needs an argument: {arg}"))),
                    };
                    self.say(flag, arg, value)?;
                }
                (None, "help" | "h") => self.instead = Some(Instead::Help),
                (None, "version" | "v") if self.path.len() == 1 => {
                    self.instead = self.instead.or(Some(Instead::Version));
                }
                (None, name) => return Err(Wrong::Usage(format!("flag provided but not defined: -{name}"))),
            }
        }
        Ok(None)
    }

    fn say(&mut self, flag: &'static Flag, arg: &str, text: &str) -> Result<(), Wrong> {
        let arg = arg.split_once('=').map_or(arg, |(arg, _)| arg);
        let value = read(flag, text).map_err(|why| {
            Wrong::Usage(format!("invalid value {} for flag -{}: {why}", quoted(text), arg.trim_start_matches('-')))
        })?;
        match (self.said.get_mut(flag.name()), value) {
            (Some(Value::List(list)), Value::List(more)) => list.extend(more),
            (_, value) => {
                self.said.insert(flag.name(), value);
            }
        }
        Ok(())
    }

    /// Takes what stands where a command's name should: `help`, or none.
    fn command(&mut self) -> Result<(), Wrong> {
        let words = std::mem::take(&mut self.args);
        match words.first().map(String::as_str) {
            Some("help" | "h") => {
                self.instead = Some(Instead::Help);
                for word in words.get(1..).unwrap_or_default() {
                    let command = self.last().find(word).ok_or_else(|| Wrong::Command(word.clone()))?;
                    self.path.push(command);
                }
            }
            None | Some("") if !self.last().commands.is_empty() => self.instead = Some(Instead::Help),
            Some(word) if !self.last().commands.is_empty() => return Err(Wrong::Command(word.to_owned())),
            _ => self.args = words,
        }
        Ok(())
    }

    /// Takes from the environment what the line does not say. Of what is no text, nothing is nothing said.
    fn variables(&mut self, variable: &dyn Fn(&str) -> Option<String>) -> Result<(), Wrong> {
        for flag in self.path.clone().into_iter().flat_map(|command| command.flags) {
            if flag.variable.is_empty() || self.said.contains_key(flag.name()) {
                continue;
            }
            let Some(text) = variable(flag.variable) else { continue };
            if text.is_empty() && flag.shape != Shape::Text {
                continue;
            }
            let value = read(flag, &text).map_err(|why| {
                Wrong::Usage(format!("invalid value {} of variable {}: {why}", quoted(&text), flag.variable))
            })?;
            self.said.insert(flag.name(), value);
        }
        Ok(())
    }

    /// What is said of a flag, or what it is where nothing is.
    fn value(&self, name: &str) -> Option<Value> {
        self.said.get(name).cloned().or_else(|| {
            let flag = self.flag(name)?;
            read(flag, flag.default).ok()
        })
    }

    /// Whether the line or a variable says it.
    pub fn says(&self, name: &str) -> bool {
        self.said.contains_key(name)
    }

    pub fn text(&self, name: &str) -> String {
        match self.value(name) {
            Some(Value::Text(text)) => text,
            _ => String::new(),
        }
    }

    pub fn list(&self, name: &str) -> Vec<String> {
        match self.value(name) {
            Some(Value::List(list)) => list,
            _ => vec![],
        }
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.value(name) == Some(Value::Bool(true))
    }

    pub fn int(&self, name: &str) -> i64 {
        match self.value(name) {
            Some(Value::Int(int)) => int,
            _ => 0,
        }
    }

    /// Nanoseconds.
    pub fn wait(&self, name: &str) -> i64 {
        match self.value(name) {
            Some(Value::Wait(wait)) => wait,
            _ => 0,
        }
    }
}
