//! The Unicode properties that Go knows by name.

/// General categories: the short name and the others. Those of one letter hold all whose names begin with it.
#[rustfmt::skip]
const CATEGORIES: &[(&str, &[&str])] = &[
    ("C", &["other"]), ("Cc", &["cntrl", "control"]), ("Cf", &["format"]), ("Cn", &["unassigned"]),
    ("Co", &["privateuse"]), ("L", &["letter"]), ("LC", &["casedletter"]), ("Ll", &["lowercaseletter"]),
    ("Lm", &["modifierletter"]), ("Lo", &["otherletter"]), ("Lt", &["titlecaseletter"]),
    ("Lu", &["uppercaseletter"]), ("M", &["combiningmark", "mark"]), ("Mc", &["spacingmark"]),
    ("Me", &["enclosingmark"]), ("Mn", &["nonspacingmark"]), ("N", &["number"]), ("Nd", &["decimalnumber", "digit"]),
    ("Nl", &["letternumber"]), ("No", &["othernumber"]), ("P", &["punct", "punctuation"]),
    ("Pc", &["connectorpunctuation"]), ("Pd", &["dashpunctuation"]), ("Pe", &["closepunctuation"]),
    ("Pf", &["finalpunctuation"]), ("Pi", &["initialpunctuation"]), ("Po", &["otherpunctuation"]),
    ("Ps", &["openpunctuation"]), ("S", &["symbol"]), ("Sc", &["currencysymbol"]), ("Sk", &["modifiersymbol"]),
    ("Sm", &["mathsymbol"]), ("So", &["othersymbol"]), ("Z", &["separator"]), ("Zl", &["lineseparator"]),
    ("Zp", &["paragraphseparator"]), ("Zs", &["spaceseparator"]),
];

/// Scripts whose names are one word, of Unicode 15, which Go's tables are of.
#[rustfmt::skip]
const SCRIPTS: &[&str] = &[
    "Adlam", "Ahom", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum", "Batak", "Bengali", "Bhaiksuki",
    "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid", "Carian", "Chakma", "Cham", "Cherokee", "Chorasmian",
    "Common", "Coptic", "Cuneiform", "Cypriot", "Cyrillic", "Deseret", "Devanagari", "Dogra", "Duployan", "Elbasan",
    "Elymaic", "Ethiopic", "Georgian", "Glagolitic", "Gothic", "Grantha", "Greek", "Gujarati", "Gurmukhi", "Han",
    "Hangul", "Hanunoo", "Hatran", "Hebrew", "Hiragana", "Inherited", "Javanese", "Kaithi", "Kannada", "Katakana",
    "Kawi", "Kharoshthi", "Khmer", "Khojki", "Khudawadi", "Lao", "Latin", "Lepcha", "Limbu", "Lisu", "Lycian",
    "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic", "Manichaean", "Marchen", "Medefaidrin", "Miao", "Modi",
    "Mongolian", "Mro", "Multani", "Myanmar", "Nabataean", "Nandinagari", "Newa", "Nko", "Nushu", "Ogham", "Oriya",
    "Osage", "Osmanya", "Palmyrene", "Phoenician", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada",
    "Shavian", "Siddham", "Sinhala", "Sogdian", "Soyombo", "Sundanese", "Syriac", "Tagalog", "Tagbanwa", "Takri",
    "Tamil", "Tangsa", "Tangut", "Telugu", "Thaana", "Thai", "Tibetan", "Tifinagh", "Tirhuta", "Toto", "Ugaritic",
    "Vai", "Vithkuqi", "Wancho", "Yezidi", "Yi",
];

/// Scripts that Go 1.25 and 1.26 refuse whatever the spelling, and that Go before them knew as they are spelled here.
#[rustfmt::skip]
const SCRIPTS_OF_SEVERAL_WORDS: &[&str] = &[
    "Anatolian_Hieroglyphs", "Bassa_Vah", "Canadian_Aboriginal", "Caucasian_Albanian", "Cypro_Minoan",
    "Dives_Akuru", "Egyptian_Hieroglyphs", "Gunjala_Gondi", "Hanifi_Rohingya", "Imperial_Aramaic",
    "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Kayah_Li", "Khitan_Small_Script", "Linear_A", "Linear_B",
    "Masaram_Gondi", "Meetei_Mayek", "Mende_Kikakui", "Meroitic_Cursive", "Meroitic_Hieroglyphs", "Nag_Mundari",
    "New_Tai_Lue", "Nyiakeng_Puachue_Hmong", "Ol_Chiki", "Old_Hungarian", "Old_Italic", "Old_North_Arabian",
    "Old_Permic", "Old_Persian", "Old_Sogdian", "Old_South_Arabian", "Old_Turkic", "Old_Uyghur", "Pahawh_Hmong",
    "Pau_Cin_Hau", "Phags_Pa", "Psalter_Pahlavi", "SignWriting", "Sora_Sompeng", "Syloti_Nagri", "Tai_Le",
    "Tai_Tham", "Tai_Viet", "Warang_Citi", "Zanabazar_Square",
];

/// The property, or all that do not have it, as the `regex` crate writes it inside and outside of brackets.
pub(super) fn written(name: &str, not: bool) -> Option<String> {
    let bare = bare(name);
    let p = |not: bool| if not { 'P' } else { 'p' };
    match &*bare {
        "any" => return Some(everything(!not)),
        "ascii" => return Some(if not { "[^\\x00-\\x7F]" } else { "[\\x00-\\x7F]" }.to_owned()),
        "assigned" => return Some(format!("\\{}{{gc=Cn}}", p(!not))),
        // No text has surrogates.
        "cs" | "surrogate" => return Some(everything(not)),
        _ => {}
    }
    let category = CATEGORIES.iter().find(|(short, long)| {
        short.eq_ignore_ascii_case(&bare) || long.iter().any(|long| long.eq_ignore_ascii_case(&bare))
    });
    if let Some((short, _)) = category {
        return Some(format!("\\{}{{gc={short}}}", p(not)));
    }
    let one_word = SCRIPTS.iter().find(|script| script.eq_ignore_ascii_case(&bare));
    let script = one_word.or_else(|| SCRIPTS_OF_SEVERAL_WORDS.iter().find(|script| **script == name))?;
    Some(format!("\\{}{{sc={script}}}", p(not)))
}

/// Go overlooks case, spaces, `-` and `_` in names.
fn bare(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).map(|c| c.to_ascii_lowercase()).collect()
}

fn everything(all: bool) -> String {
    if all { "[\\x00-\\x{10FFFF}]" } else { "[^\\x00-\\x{10FFFF}]" }.to_owned()
}
