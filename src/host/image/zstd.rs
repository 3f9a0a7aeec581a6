//! Zstandard (RFC 8878), frame by frame; a frame's beginning is a place to go on from.

use super::section::{Section, SectionReader};
use super::tape::malformed;
use crate::value::Fault;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{BufReader, Read};

/// The magic numbers, by their last three bytes: a frame's, and those of frames that are to be skipped.
pub const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
pub const SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

/// Bytes that a frame may refer back to, which are kept in memory. Every level but those that have to be asked for twice
/// (`--ultra`, `--long`) is content with 8 MiB, and RFC 8878 asks readers for as much.
const MOST_WINDOW: u64 = 32 << 20;

/// A place that it can be read from.
#[derive(Clone, Copy, Default)]
pub struct Mark {
    out: u64,
    from: u64,
}

pub struct Unzstd {
    input: BufReader<SectionReader>,
    decoder: FrameDecoder,
    inside: bool,
    out: u64,
    /// Where the frame it is in began.
    began: Mark,
    len: u64,
}

impl Unzstd {
    pub fn new(section: Section) -> Unzstd {
        Unzstd::from(section, Mark::default())
    }

    pub fn from(section: Section, mark: Mark) -> Unzstd {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MOST_WINDOW);
        Unzstd::with(decoder, section, mark)
    }

    /// Likewise, with the memory that this one has.
    pub fn again(self, section: Section, mark: Mark) -> Unzstd {
        Unzstd::with(self.decoder, section, mark)
    }

    fn with(decoder: FrameDecoder, section: Section, mark: Mark) -> Unzstd {
        let input = BufReader::with_capacity(1 << 16, section.reader(mark.from));
        Unzstd { input, decoder, inside: false, out: mark.out, began: mark, len: section.len() }
    }

    pub fn out(&self) -> u64 {
        self.out
    }

    pub fn mark(&self) -> Mark {
        self.began
    }

    /// As in `Read`: 0 is the end.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Fault> {
        loop {
            if !self.inside && !self.begin()? {
                return Ok(0);
            }
            while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                let decoded = self.decoder.decode_blocks(&mut self.input, BlockDecodingStrategy::UptoBlocks(1));
                decoded.map_err(|e| wrong(&e))?;
            }
            let n = self.decoder.read(buffer).map_err(|e| super::lost(&e))?;
            self.out += n as u64;
            self.inside = !self.decoder.is_finished() || self.decoder.can_collect() > 0;
            if n > 0 || buffer.is_empty() {
                return Ok(n);
            }
        }
    }

    /// Whether there is another frame.
    fn begin(&mut self) -> Result<bool, Fault> {
        loop {
            let from = self.input.get_ref().at() - self.input.buffer().len() as u64;
            if from >= self.len {
                return Ok(false);
            }
            match self.decoder.reset(&mut self.input) {
                Ok(()) => {
                    self.began = Mark { out: self.out, from };
                    self.inside = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let length = u64::from(length);
                    let skipped = std::io::copy(&mut self.input.by_ref().take(length), &mut std::io::sink());
                    if skipped.map_err(|e| super::lost(&e))? < length {
                        return Err(malformed("cut short: its Zstandard has no end"));
                    }
                }
                Err(e) => return Err(wrong(&e)),
            }
        }
    }
}

fn wrong(error: &FrameDecoderError) -> Fault {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. } => Fault::Unsupported(format!(
            "its Zstandard needs a window of more than {}, which is not read: compress it without `--long`",
            crate::quantity::size(MOST_WINDOW)
        )),
        _ => malformed("its Zstandard is cut short or cannot be decompressed"),
    }
}

impl Mark {
    pub fn out(&self) -> u64 {
        self.out
    }
}
