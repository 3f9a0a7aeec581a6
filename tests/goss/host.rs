//! x
use crate::peer::Case;
use crate::random::Random;
pub fn entries(_random: &mut Random, _folder: &std::path::Path) -> Vec<Case> {
    vec![Case {
        section: "file",
        name: "/etc".into(),
        fields: serde_json::json!({"exists": true}).as_object().unwrap().clone(),
    }]
}
