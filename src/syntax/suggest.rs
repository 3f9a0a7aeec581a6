//! The word that was probably meant.

/// The candidate nearest to `word`, if it is near enough that a slip of the hand explains the difference.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |s: &str| s.replace(['_', ' '], "-").to_ascii_lowercase();
    let word = plain(word);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&word, &plain(c)), c))
        .filter(|(distance, c)| *distance <= slips(word.len().min(c.len())))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

/// How many slips of the hand still leave a word of this length what it was.
fn slips(len: usize) -> usize {
    if len < 6 { 1 } else { 1 + len / 4 }
}

/// The one candidate that has `word` among its parts, or begins it: `allow-insecure` of `insecure`, `status` of
/// `status-code`.
pub fn related<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = word.replace(['_', ' '], "-").to_ascii_lowercase();
    let akin = |c: &&str| c.split('-').any(|part| part == plain) || (c.len() > 3 && plain.starts_with(*c));
    let mut all = candidates.into_iter().filter(akin);
    all.next().filter(|_| all.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::{nearest, related};

    #[test]
    fn a_part_of_a_name_leads_to_it_if_to_no_other() {
        let keys = ["allow-insecure", "cert-file", "key-file", "status"];
        assert_eq!(related("insecure", keys), Some("allow-insecure"));
        assert_eq!(related("status_code", keys), Some("status"));
        assert_eq!((related("file", keys), related("sni", keys)), (None, None));
    }

    #[test]
    fn a_slip_is_mended_and_a_stranger_is_left_alone() {
        let keys = ["listening", "ip", "process"];
        assert_eq!(nearest("lisening", keys), Some("listening"));
        assert_eq!(nearest("Listening", keys), Some("listening"));
        assert_eq!(nearest("certificate", keys), None);
        assert_eq!((nearest("port", ["host"]), nearest("moed", ["mode"])), (None, Some("mode")));
        assert_eq!(nearest("kernel_param", ["kernel-param"]), Some("kernel-param"));
    }
}
