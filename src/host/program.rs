//! A program that is to run elsewhere: which machines it is for, and what has to be there to load it.

use super::guest::MARK;
use crate::value::Fault;
use memchr::memmem;
use std::fs::File;
use std::io::Read;

/// Bytes that a program may have.
const BOUND: u64 = 512 << 20;
/// PT_INTERP of elf(5).
const INTERP: u32 = 3;

/// A Linux program, whole.
pub struct Program {
    pub path: String,
    pub bytes: Vec<u8>,
    /// As images name it; `None` of a machine that they do not name.
    pub architecture: Option<&'static str>,
    /// The loader that a dynamically linked one needs.
    pub loader: Option<String>,
}

impl Program {
    /// The one that is running.
    pub fn own() -> Result<Program, String> {
        let path = std::env::current_exe().map_err(|e| Fault::from_io("the program that runs", &e).to_string())?;
        // A program whose file is gone, or was replaced, is still to be had here.
        Program::of(&path.display().to_string(), "/proc/self/exe")
    }

    pub fn at(path: &str) -> Result<Program, String> {
        Program::of(path, path)
    }

    /// Whether it is a verispec that takes itself out of a container again.
    pub fn is_guest(&self) -> bool {
        memmem::find(&self.bytes, MARK.as_bytes()).is_some()
    }

    fn of(path: &str, file: &str) -> Result<Program, String> {
        let mut bytes = Vec::new();
        let read = File::open(file).and_then(|file| file.take(BOUND + 1).read_to_end(&mut bytes));
        read.map_err(|e| Fault::from_io(path, &e).to_string())?;
        if bytes.len() as u64 > BOUND {
            return Err(format!("{path}: larger than {}", crate::quantity::size(BOUND)));
        }
        let Some((machine, loader)) = headers(&bytes) else {
            return Err(format!("{path}: not a program for 64-bit Linux"));
        };
        Ok(Program { path: path.to_owned(), bytes, architecture: architecture(machine), loader })
    }
}

/// As `GOARCH` has it, which images go by.
fn architecture(machine: u16) -> Option<&'static str> {
    match machine {
        62 => Some("amd64"),
        183 => Some("arm64"),
        22 => Some("s390x"),
        21 => Some("ppc64le"),
        243 => Some("riscv64"),
        258 => Some("loong64"),
        _ => None,
    }
}

/// The machine and the loader that a program's headers name: elf(5).
fn headers(bytes: &[u8]) -> Option<(u16, Option<String>)> {
    let ident = bytes.get(..16)?;
    // 64 bits; either byte order.
    if !ident.starts_with(b"\x7fELF\x02") {
        return None;
    }
    let number = |at: usize, size: usize| {
        let field = bytes.get(at..at.checked_add(size)?)?;
        let shift = |sum: u64, byte: &u8| (sum << 8) | u64::from(*byte);
        Some(match ident.get(5)? {
            1 => field.iter().rev().fold(0, shift),
            _ => field.iter().fold(0, shift),
        })
    };
    let place = |at, size| usize::try_from(number(at, size)?).ok();
    let (first, size, count) = (place(32, 8)?, place(54, 2)?, place(56, 2)?);
    let mut loader = None;
    for index in 0..count {
        let header = first.checked_add(size.checked_mul(index)?)?;
        if number(header, 4)? != u64::from(INTERP) {
            continue;
        }
        let (at, length) = (place(header.checked_add(8)?, 8)?, place(header.checked_add(32)?, 8)?);
        let name = bytes.get(at..at.checked_add(length)?)?;
        loader = Some(String::from_utf8_lossy(name.strip_suffix(b"\0").unwrap_or(name)).into_owned());
    }
    Some((u16::try_from(number(18, 2)?).ok()?, loader))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers of a program with one more behind them.
    fn elf(kind: u32, loader: &[u8]) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(18, 0);
        bytes.extend(62u16.to_le_bytes());
        bytes.resize(32, 0);
        bytes.extend(64u64.to_le_bytes());
        bytes.resize(54, 0);
        bytes.extend([56, 0, 1, 0]);
        bytes.resize(64, 0);
        bytes.extend(kind.to_le_bytes());
        bytes.resize(72, 0);
        bytes.extend(120u64.to_le_bytes());
        bytes.resize(96, 0);
        bytes.extend((loader.len() as u64).to_le_bytes());
        bytes.resize(120, 0);
        bytes.extend(loader);
        bytes
    }

    #[test]
    fn a_program_that_needs_a_loader_is_told_from_one_that_does_not() {
        let loader = "/lib64/ld-linux-x86-64.so.2";
        assert_eq!(headers(&elf(INTERP, b"/lib64/ld-linux-x86-64.so.2\0")), Some((62, Some(loader.to_owned()))));
        assert_eq!(headers(&elf(1, b"")), Some((62, None)));
        let own = Program::own().unwrap();
        assert!(own.loader.is_none_or(|path| path.starts_with('/')));
    }

    #[test]
    fn what_is_cut_short_is_no_program() {
        let whole = elf(INTERP, b"/lib/ld.so\0");
        for end in 0..whole.len() {
            assert_eq!(headers(&whole[..end]), None, "{end}");
        }
        assert_eq!(headers(b"#!/bin/sh\necho this is not a program for a machine but for a shell\n"), None);
        let Err(why) = Program::at("/etc/passwd") else { panic!("it is text") };
        assert_eq!(why, "/etc/passwd: not a program for 64-bit Linux");
    }
}
