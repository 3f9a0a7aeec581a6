//! What an entry's name is read into.

/// Something that an entry's name, or the setting in its place, can be read as.
pub trait Id: Sized + Send + Sync + 'static {
    /// Says in a lower-case fragment why `text` is none.
    fn parse(text: &str) -> Result<Self, String>;
}

impl Id for String {
    fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() { Err("the name is empty".into()) } else { Ok(text.to_owned()) }
    }
}

/// For kinds of which a host has one.
impl Id for () {
    fn parse(_: &str) -> Result<Self, String> {
        Ok(())
    }
}
