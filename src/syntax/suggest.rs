//! The word that was probably meant.

/// The candidate nearest to `word`, if it is near enough that a slip of the hand explains the difference.
pub fn nearest<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let plain = |s: &str| s.replace(['_', ' '], "-").to_ascii_lowercase();
    let word = plain(word);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&word, &plain(c)), c))
        .filter(|(distance, c)| *distance <= 1 + word.len().min(c.len()) / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_mended_and_a_stranger_is_left_alone() {
        let keys = ["listening", "ip", "process"];
        assert_eq!(nearest("lisening", keys), Some("listening"));
        assert_eq!(nearest("Listening", keys), Some("listening"));
        assert_eq!(nearest("certificate", keys), None);
        assert_eq!(nearest("kernel_param", ["kernel-param"]), Some("kernel-param"));
    }
}
