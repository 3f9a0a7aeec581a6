//! A place in a message of DNS, from which one part after the other is read: RFC 1035, section 4.1.

use Unread::Malformed;

/// Bytes of a name in a message: RFC 1035, section 2.3.4.
pub const LONGEST: usize = 255;
/// Pointers in one name. A name with a label behind each has no more than half of [`LONGEST`].
const MAX_POINTERS: usize = 128;

/// Why bytes are not the reply waited for.
#[derive(Debug, PartialEq, Eq)]
pub enum Unread {
    /// They belong to another question, or to none: the right reply may still come.
    Other,
    /// The reply did not fit. Ask over TCP.
    Truncated,
    /// It is the reply and makes no sense; what does not.
    Malformed(&'static str),
}

/// A place in a message, and an end that is not read beyond.
#[derive(Clone)]
pub struct Reader<'m> {
    /// From its beginning, since names point back into it.
    pub message: &'m [u8],
    pub at: usize,
}

const SHORT: Unread = Malformed("it ends too early");

impl<'m> Reader<'m> {
    pub fn take(&mut self, length: usize) -> Result<&'m [u8], Unread> {
        let end = self.at.checked_add(length).ok_or(SHORT)?;
        let bytes = self.message.get(self.at..end).ok_or(SHORT)?;
        self.at = end;
        Ok(bytes)
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'m [u8] {
        let rest = self.message.get(self.at..).unwrap_or_default();
        self.at = self.message.len();
        rest
    }

    pub fn byte(&mut self) -> Result<u8, Unread> {
        self.take(1)?.first().copied().ok_or(SHORT)
    }

    pub fn words<const N: usize>(&mut self) -> Result<[u16; N], Unread> {
        let mut words = [0; N];
        for word in &mut words {
            *word = u16::from(self.byte()?) << 8 | u16::from(self.byte()?);
        }
        Ok(words)
    }

    pub fn long(&mut self) -> Result<u32, Unread> {
        let [upper, lower] = self.words()?;
        Ok(u32::from(upper) << 16 | u32::from(lower))
    }

    /// A string with its length before it.
    pub fn string(&mut self) -> Result<&'m [u8], Unread> {
        let length = self.byte()?;
        self.take(length.into())
    }

    /// The next bytes as a place of their own, which this one goes on behind.
    pub fn part(&mut self, length: usize) -> Result<Reader<'m>, Unread> {
        let start = self.at;
        self.take(length)?;
        Ok(Reader { message: self.message.get(..self.at).ok_or(SHORT)?, at: start })
    }

    pub fn done(&self) -> Result<(), Unread> {
        if self.at == self.message.len() { Ok(()) } else { Err(Malformed("a record is too long")) }
    }

    /// A name, every part with its length before it. Pointers lead backwards only, so that they end.
    pub fn name(&mut self) -> Result<Vec<u8>, Unread> {
        let mut name = Vec::new();
        let mut here = self.clone();
        let mut pointers = 0;
        loop {
            let begin = here.at;
            let length = here.byte()?;
            match length {
                0 => break,
                1..=63 => {
                    name.push(length);
                    name.extend(here.take(length.into())?);
                    if name.len() >= LONGEST {
                        return Err(Malformed("a name is too long"));
                    }
                }
                0xC0.. => {
                    let target = usize::from(length & 0x3F) << 8 | usize::from(here.byte()?);
                    if pointers == 0 {
                        self.at = here.at;
                    }
                    pointers += 1;
                    if target >= begin || pointers > MAX_POINTERS {
                        return Err(Malformed("a name leads back to itself"));
                    }
                    here.at = target;
                }
                _ => return Err(Malformed("a name is of no known form")),
            }
        }
        if pointers == 0 {
            self.at = here.at;
        }
        name.push(0);
        Ok(name)
    }

    /// Name, type and class, the name without pointers.
    pub fn question(&mut self) -> Result<Vec<u8>, Unread> {
        let mut question = self.name()?;
        question.extend(self.take(4)?);
        Ok(question)
    }
}
