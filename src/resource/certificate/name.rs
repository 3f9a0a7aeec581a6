//! Distinguished names as text: RFC 2253, spelled as `openssl x509 -nameopt RFC2253` does.

use std::fmt::Write;
use x509_parser::asn1_rs::{Any, Class, Tag, ToDer};
use x509_parser::x509::{AttributeTypeAndValue, X509Name};

/// OpenSSL's short names.
const SHORT: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "street"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("2.5.4.12", "title"),
    ("2.5.4.13", "description"),
    ("2.5.4.15", "businessCategory"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.20", "telephoneNumber"),
    ("2.5.4.41", "name"),
    ("2.5.4.42", "GN"),
    ("2.5.4.43", "initials"),
    ("2.5.4.44", "generationQualifier"),
    ("2.5.4.45", "x500UniqueIdentifier"),
    ("2.5.4.46", "dnQualifier"),
    ("2.5.4.65", "pseudonym"),
    ("2.5.4.97", "organizationIdentifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
    ("1.2.840.113549.1.9.2", "unstructuredName"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.3.6.1.4.1.311.60.2.1.1", "jurisdictionL"),
    ("1.3.6.1.4.1.311.60.2.1.2", "jurisdictionST"),
    ("1.3.6.1.4.1.311.60.2.1.3", "jurisdictionC"),
];

/// The most specific part first: `CN=www.example.org,O=Example\, Inc.,C=US`.
pub fn rfc2253(name: &X509Name) -> String {
    let parts: Vec<_> = name.iter_rdn().collect();
    let part = |attributes: Vec<&AttributeTypeAndValue>| {
        attributes.iter().rev().map(|a| attribute(a)).collect::<Vec<_>>().join("+")
    };
    parts.iter().rev().map(|p| part(p.iter().collect())).collect::<Vec<_>>().join(",")
}

fn attribute(attribute: &AttributeTypeAndValue) -> String {
    let oid = attribute.attr_type().to_id_string();
    let value = attribute.attr_value();
    match (SHORT.iter().find(|(id, _)| *id == oid), text(value)) {
        (Some((_, short)), Some(text)) => format!("{short}={}", escaped(&text)),
        (Some((_, short)), None) => format!("{short}={}", dumped(value)),
        (None, _) => format!("{oid}={}", dumped(value)),
    }
}

fn text(value: &Any) -> Option<String> {
    if value.class() != Class::Universal {
        return None;
    }
    let wide = |size: usize| -> Option<String> {
        let units = value.data.chunks(size).map(|c| c.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)));
        units.map(char::from_u32).collect()
    };
    match value.tag() {
        Tag::Utf8String => std::str::from_utf8(value.data).ok().map(str::to_owned),
        Tag::NumericString
        | Tag::PrintableString
        | Tag::Ia5String
        | Tag::VisibleString
        | Tag::T61String
        | Tag::GeneralString => Some(value.data.iter().map(|b| char::from(*b)).collect()),
        Tag::BmpString => wide(2),
        Tag::UniversalString => wide(4),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let last = text.len().saturating_sub(1);
    for (at, byte) in text.bytes().enumerate() {
        // OpenSSL escapes a space at the end and one at the start, and `#` at the start alone.
        let at_edge = (at == 0 && matches!(byte, b' ' | b'#')) || (at == last && byte == b' ');
        match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            _ if at_edge => {
                out.push('\\');
                out.push(char::from(byte));
            }
            b' '..=b'~' => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:02X}");
            }
        }
    }
    out
}

/// `#` and its DER in hexadecimal.
fn dumped(value: &Any) -> String {
    let der = value.to_der_vec_raw().unwrap_or_default();
    der.iter().fold("#".to_owned(), |mut out, byte| {
        let _ = write!(out, "{byte:02X}");
        out
    })
}
