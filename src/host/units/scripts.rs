//! What services are called by init systems that have no other units.

/// What is called so as a unit of systemd: without `.service`, and with the characters that a unit's name may not have.
pub fn name(unit: &str) -> String {
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after.strip_prefix(b"x").and_then(|hex| hex.get(..2)).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = code.filter(|_| *first == b'\\').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        // None is called like a path.
        match byte.filter(|byte| !matches!(byte, b'/' | 0)) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| name.to_owned())
}

/// What a service of this name is called as a unit.
pub fn unit(name: &str) -> String {
    format!("{name}.service")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_units_name_leads_to_its_script_and_never_to_a_path() {
        for (unit, script) in [
            ("ssh.service", "ssh"),
            ("net.eth0.service", "net.eth0"),
            ("hostname.sh.service", "hostname.sh"),
            ("udev\\x2b.service", "udev+"),
            ("\\xc3\\xa9.service", "é"),
            ("a\\x2f..\\x2fb.service", "a\\x2f..\\x2fb"),
            ("a\\x00.service", "a\\x00"),
            ("\\xff.service", "\\xff"),
            ("a\\x2.service", "a\\x2"),
            ("logrotate.timer", "logrotate.timer"),
        ] {
            assert_eq!(name(unit), script, "{unit}");
        }
    }
}
