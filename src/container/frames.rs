//! Two outputs in one stream, as the daemon sends them: frames with a head of eight bytes.

use std::io::{self, ErrorKind, Read, Write};

/// Bytes that are held of a frame.
const BUFFER: usize = 32 << 10;

/// Copies each frame to the output that it is of, to the end of the stream. An output that fails is written to no more, as
/// `head` closes it, and the rest is read all the same.
pub fn split<'o>(stream: &mut dyn Read, out: &'o mut dyn Write, err: &'o mut dyn Write) -> io::Result<()> {
    let mut outputs = [Some(out), Some(err)];
    let mut buffer = vec![0; BUFFER];
    while let Some((output, mut left)) = head(stream)? {
        while left > 0 {
            let most = left.min(BUFFER);
            let piece = buffer.get_mut(..most).unwrap_or_default();
            let n = stream.read(piece)?;
            if n == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            left = left.saturating_sub(n);
            let piece = piece.get(..n).unwrap_or_default();
            if let Some(slot) = outputs.get_mut(output)
                && let Some(to) = slot
                && to.write_all(piece).and_then(|()| to.flush()).is_err()
            {
                *slot = None;
            }
        }
    }
    Ok(())
}

/// Which output a frame is of, 0 or 1, and its length; `None` at the end.
fn head(stream: &mut dyn Read) -> io::Result<Option<(usize, usize)>> {
    let mut head = [0; 8];
    let mut filled = 0;
    while let Some(room) = head.get_mut(filled..).filter(|room| !room.is_empty()) {
        match stream.read(room)? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
    }
    // 0 would be standard input, which the daemon echoes to standard output; 3 is its own error.
    let [kind @ 0..=3, 0, 0, 0, a, b, c, d] = head else {
        return Err(io::Error::new(ErrorKind::InvalidData, "frames that cannot be told apart"));
    };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    Ok(Some((usize::from(kind > 1), length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn splits(bytes: &[u8]) -> Result<(String, String), ErrorKind> {
        let (mut out, mut err) = (vec![], vec![]);
        split(&mut &*bytes, &mut out, &mut err).map_err(|e| e.kind())?;
        Ok((String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()))
    }

    #[test]
    fn each_frame_goes_to_its_own_output() {
        let stream = b"\x01\0\0\0\0\0\0\x02ab\x02\0\0\0\0\0\0\x01e\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\x01c";
        assert_eq!(splits(stream), Ok(("abc".into(), "e".into())));
        assert_eq!(splits(b""), Ok(Default::default()));
        let large = [&b"\x01\0\0\0\0\x01\0\0"[..], &[b'x'; 1 << 16]].concat();
        assert_eq!(splits(&large).unwrap().0.len(), 1 << 16);
    }

    #[test]
    fn a_report_that_is_cut_short_is_no_report() {
        for stream in [&b"\x01\0\0\0"[..], b"\x01\0\0\0\0\0\0\x05abc", b"\x01\0\0\0\xff\xff\xff\xffabc"] {
            assert_eq!(splits(stream), Err(ErrorKind::UnexpectedEof));
        }
        assert_eq!(splits(b"plain text"), Err(ErrorKind::InvalidData));
    }

    #[test]
    fn a_reader_that_goes_away_holds_nothing_up() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut err = vec![];
        split(&mut &b"\x01\0\0\0\0\0\0\x01a\x02\0\0\0\0\0\0\x01e"[..], &mut Gone, &mut err).unwrap();
        assert_eq!(err, b"e");
    }
}
