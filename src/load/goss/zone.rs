//! This machine's time zone, from its tzfile(5).

use std::fs;
use std::io::Read;
use time::{OffsetDateTime, UtcOffset};

/// Bytes of the largest file that a time zone may have.
const MAX_FILE: u64 = 1 << 20;
const FOLDER: &str = "/usr/share/zoneinfo";

/// How far local time is from UTC at that moment; not at all where it is not known.
pub(super) fn offset(at: OffsetDateTime) -> UtcOffset {
    let path = match std::env::var("TZ") {
        Err(_) => "/etc/localtime".to_owned(),
        Ok(zone) => match zone.trim_start_matches(':') {
            "" => return UtcOffset::UTC,
            path if path.starts_with('/') => path.to_owned(),
            zone if zone.contains("..") => return UtcOffset::UTC,
            zone => format!("{FOLDER}/{zone}"),
        },
    };
    let read = || -> Option<Vec<u8>> {
        let file = fs::File::open(&path).ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file()))?;
        let mut bytes = vec![];
        file.take(MAX_FILE).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    let seconds = read().and_then(|bytes| seconds_at(&bytes, at.unix_timestamp())).unwrap_or_default();
    UtcOffset::from_whole_seconds(seconds).unwrap_or(UtcOffset::UTC)
}

/// Seconds east of UTC by the second, 64-bit part of a tzfile.
fn seconds_at(file: &[u8], at: i64) -> Option<i32> {
    const HEADER: usize = 44;
    let count = |header: &[u8], n: usize| -> Option<usize> {
        let four = header.get(20 + 4 * n..24 + 4 * n)?;
        Some(u32::from_be_bytes(four.try_into().ok()?) as usize)
    };
    if file.get(..4)? != b"TZif" || *file.get(4)? < b'2' {
        return None;
    }
    let n = |which| count(file, which);
    let first = n(3)?.checked_mul(5)? + n(4)?.checked_mul(6)? + n(5)? + n(2)?.checked_mul(8)? + n(1)? + n(0)?;
    let second = file.get(HEADER + first..)?;
    let (times, types) = (count(second, 3)?, count(second, 4)?);
    let body = second.get(HEADER..)?;
    let (moments, rest) = body.split_at_checked(times.checked_mul(8)?)?;
    let (kinds, rest) = rest.split_at_checked(times)?;
    let infos = rest.get(..types.checked_mul(6)?)?;
    let moment = |eight: &[u8]| eight.try_into().map(i64::from_be_bytes).unwrap_or(i64::MAX);
    let before = moments.chunks_exact(8).take_while(|eight| moment(eight) <= at).count();
    let kind = match before.checked_sub(1) {
        Some(last) => usize::from(*kinds.get(last)?),
        None => 0,
    };
    let info = infos.chunks_exact(6).nth(kind)?;
    Some(i32::from_be_bytes(info.get(..4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of two zones: one hour east until 1000, two from then on.
    fn file() -> Vec<u8> {
        let header = |counts: [u32; 6]| {
            let mut bytes = b"TZif2".to_vec();
            bytes.extend([0; 15]);
            counts.iter().for_each(|n| bytes.extend(n.to_be_bytes()));
            bytes
        };
        let mut bytes = header([0, 0, 0, 0, 1, 4]);
        bytes.extend([0; 10]);
        bytes.extend(header([0, 0, 0, 1, 2, 8]));
        bytes.extend(1000i64.to_be_bytes());
        bytes.push(1);
        for seconds in [3600i32, 7200] {
            bytes.extend(seconds.to_be_bytes());
            bytes.extend([0, 0]);
        }
        bytes.extend(b"ONE\0TWO\0\n\n");
        bytes
    }

    #[test]
    fn the_last_change_before_the_moment_counts() {
        assert_eq!(seconds_at(&file(), 999), Some(3600));
        assert_eq!(seconds_at(&file(), 1000), Some(7200));
    }

    #[test]
    fn a_cut_file_says_nothing() {
        let file = file();
        for len in 0..file.len() - 10 {
            assert_eq!(seconds_at(&file[..len], 1000), None, "{len}");
        }
    }
}
