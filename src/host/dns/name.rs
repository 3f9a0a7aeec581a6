//! Names that DNS can carry.

use std::net::IpAddr;

/// Bytes of a name as it is written, without a dot at its end: RFC 1035, section 2.3.4.
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// Says why `name` cannot be asked for. A dot at its end is allowed, and means that nothing is to be added to it.
pub fn check_name(name: &str) -> Result<(), String> {
    let bare = name.strip_suffix('.').unwrap_or(name);
    let shown: String = name.chars().take(80).collect();
    if name.is_empty() {
        return Err("the name is empty".into());
    }
    if !name.is_ascii() {
        return Err(format!("`{shown}` is not in ASCII: write the name as it stands in DNS, with `xn--`"));
    }
    if let Some(odd) = bare.chars().find(|c| !(c.is_ascii_alphanumeric() || "-_.*/".contains(*c))) {
        return Err(format!("`{}` cannot be in a host name", odd.escape_default()));
    }
    if bare.len() > LONGEST_NAME {
        return Err(format!("a host name has at most {LONGEST_NAME} bytes, and `{shown}…` has {}", bare.len()));
    }
    // The root is the one name without a label.
    let mut labels = bare.split('.');
    if name != "." && labels.clone().any(str::is_empty) {
        return Err(format!("`{shown}` has an empty part between its dots"));
    }
    if is_numeric(bare) {
        return Err(format!("`{shown}` is neither a name nor an address: an IPv4 address has four numbers up to 255"));
    }
    match labels.find(|l| l.len() > LONGEST_LABEL) {
        Some(label) => Err(format!("`{label}` is too long: at most {LONGEST_LABEL} bytes between two dots")),
        None => Ok(()),
    }
}

/// Whether the C library would take it for an address, by inet_aton(3), though it does not look like one: `127.1`,
/// `010.0.0.1`. No domain at the top has such a name (RFC 3696, section 2).
fn is_numeric(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_digit())
        && (last.bytes().all(|b| b.is_ascii_digit())
            || last
                .strip_prefix("0x")
                .or(last.strip_prefix("0X"))
                .is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())))
}

/// The name under which DNS knows what an address is called: RFC 1035, section 3.5, and RFC 3596, section 2.5.
pub fn reversed(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_reversed_by_bytes_or_by_digits() {
        assert_eq!(reversed("192.0.2.7".parse().unwrap()), "7.2.0.192.in-addr.arpa");
        let v6 = reversed("2001:db8::567:89ab".parse().unwrap());
        assert_eq!(v6, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }

    #[test]
    fn a_name_that_dns_cannot_carry_says_why() {
        for good in [
            "a",
            "example.com",
            "example.com.",
            ".",
            "_sip._tcp.example.com",
            "*.example.com",
            "0/25.2.0.192.in-addr.arpa",
            "3com",
            "1.example.org",
        ] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let long = "a".repeat(64);
        let longer = ["a"; 128].join(".");
        for (bad, words) in [
            ("", "empty"),
            ("a..b", "empty part"),
            (".a", "empty part"),
            ("..", "empty part"),
            ("bücher.example", "xn--"),
            ("a b", "cannot be in a host name"),
            ("http://a", "`:` cannot"),
            ("a\nb", "`\\n` cannot"),
            ("127.1", "four numbers"),
            ("127.0.0.1.", "four numbers"),
            ("300.0.0.1", "four numbers"),
            ("0x7f.0x1", "four numbers"),
            ("0X7F000001", "four numbers"),
            (&long, "63 bytes"),
            (&longer, "253 bytes"),
        ] {
            let why = check_name(bad).unwrap_err();
            assert!(why.contains(words), "{bad:?}: {why}");
        }
    }
}
