//! The blocks of a PEM file: RFC 7468, and the older form with headers.

use std::io::Cursor;
use x509_parser::error::PEMError;
use x509_parser::pem::Pem;

/// One block, not yet decoded: a file may hold others beside the one looked for, in forms of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// `CERTIFICATE`, `RSA PRIVATE KEY`.
    pub label: &'a str,
    /// The line of the file on which it begins.
    pub line: usize,
    /// From its first line to its last.
    text: &'a [u8],
    closed: bool,
}

/// The blocks of a file, in order; none if it is no PEM.
pub fn blocks(bytes: &[u8]) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    let (mut open, mut start) = (false, 0);
    for (at, line) in bytes.split_inclusive(|b| *b == b'\n').enumerate() {
        let (begin, end) = (start, start + line.len());
        start = end;
        let label = std::str::from_utf8(line).ok().and_then(|l| l.trim_end().strip_prefix("-----"));
        if let Some(label) = label.and_then(|l| l.strip_prefix("BEGIN ")?.strip_suffix("-----")) {
            blocks.push(Block { label, line: at + 1, text: &[], closed: false });
            open = true;
        }
        let Some(block) = blocks.last_mut().filter(|_| open) else { continue };
        let from = begin - block.text.len();
        block.text = bytes.get(from..end).unwrap_or_default();
        if label.is_some_and(|l| l.starts_with("END ")) {
            block.closed = true;
            open = false;
        }
    }
    blocks
}

impl Block<'_> {
    /// The bytes it stands for.
    pub fn decode(&self) -> Result<Vec<u8>, String> {
        if !self.closed {
            return Err(format!("the {} on line {} is cut off: it has no end", self.label, self.line));
        }
        match Pem::read(Cursor::new(self.text)) {
            Ok((pem, _)) => Ok(pem.contents),
            Err(PEMError::Base64DecodeError) => {
                Err(format!("the {} on line {} is not in base64", self.label, self.line))
            }
            Err(error) => Err(format!("the {} on line {}: {error}", self.label, self.line)),
        }
    }

    /// Whether the header of the older form says that it is encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.label.contains("ENCRYPTED") || self.text.windows(9).any(|w| w == b"ENCRYPTED")
    }
}
