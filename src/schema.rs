//! The JSON Schema of specs, from the same tables that the reader uses.
/// The schema as it stands in schema/.
pub fn text() -> String {
    String::new()
}
