//! Whom a certificate names (RFC 5280, 4.1.2.6).

use std::fmt::Write as _;
use webpki::EndEntityCert;

/// Bytes of a subject. A common name has 64 letters at most by the standard, and a whole subject some hundred. A longer one
/// is cut off there, and ends in `…`, so that it is nobody else's. Test: `subject::tests::a_long_subject_is_cut_off_visibly`.
const MOST: usize = 256;

/// Whom a certificate (DER) names: the common name of its subject, or all of the subject where there is not exactly one, as
/// in RFC 4514: `CN=a,O=b`. Empty where the certificate is none. A stranger's text, bounded.
pub fn subject(certificate: &[u8]) -> String {
    let der = certificate.into();
    let Ok(certificate) = EndEntityCert::try_from(&der) else {
        return String::new();
    };
    let attributes = Attribute::all(certificate.subject());
    let mut common = attributes.iter().filter(|each| each.kind == COMMON_NAME);
    let text = match (common.next().map(Attribute::text), common.next()) {
        (Some(Some(name)), None) => name,
        _ => whole(&attributes),
    };
    cut(text)
}

/// All of a subject, from its last part to its first.
fn whole(attributes: &[Attribute<'_>]) -> String {
    let mut text = String::new();
    let mut before = None;
    for attribute in attributes.iter().rev() {
        match before {
            None => {}
            Some(part) if part == attribute.part => text.push('+'),
            Some(_) => text.push(','),
        }
        before = Some(attribute.part);
        attribute.write(&mut text);
        if text.len() > MOST {
            break;
        }
    }
    text
}

fn cut(mut text: String) -> String {
    if text.len() > MOST {
        text.truncate(text.floor_char_boundary(MOST));
        text.push('…');
    }
    text
}

/// One attribute of a subject.
struct Attribute<'a> {
    /// The place of its part of the subject. A part has one attribute, or several.
    part: usize,
    /// Its kind: the contents of an object identifier.
    kind: &'a [u8],
    /// The tag of its value.
    tag: u8,
    value: &'a [u8],
}

const COMMON_NAME: &[u8] = &[0x55, 4, 3];

/// The short names of RFC 4514, and that of mail addresses, which subjects often have.
const KINDS: [(&[u8], &str); 10] = [
    (COMMON_NAME, "CN"),
    (&[0x55, 4, 7], "L"),
    (&[0x55, 4, 8], "ST"),
    (&[0x55, 4, 10], "O"),
    (&[0x55, 4, 11], "OU"),
    (&[0x55, 4, 6], "C"),
    (&[0x55, 4, 9], "STREET"),
    (
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25],
        "DC",
    ),
    (
        &[0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1],
        "UID",
    ),
    (
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1],
        "emailAddress",
    ),
];

impl<'a> Attribute<'a> {
    /// Those of the contents of a subject, as far as it is one.
    fn all(subject: &'a [u8]) -> Vec<Self> {
        let mut all = Vec::new();
        for (part, (_, set)) in Elements(subject).enumerate() {
            for (_, attribute) in Elements(set) {
                let mut fields = Elements(attribute);
                if let (Some((_, kind)), Some((tag, value))) = (fields.next(), fields.next()) {
                    all.push(Self {
                        part,
                        kind,
                        tag,
                        value,
                    });
                }
            }
        }
        all
    }

    /// Its value, if it is a text.
    fn text(&self) -> Option<String> {
        match self.tag {
            UTF8_STRING | NUMERIC_STRING | PRINTABLE_STRING | IA5_STRING | VISIBLE_STRING => {
                String::from_utf8(self.value.into()).ok()
            }
            BMP_STRING => {
                let (units, rest) = self.value.as_chunks();
                let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
                let text = char::decode_utf16(units).collect::<Result<_, _>>();
                text.ok().filter(|_| rest.is_empty())
            }
            _ => None,
        }
    }

    /// Adds it to a subject's text. What is no text, or has a kind without a name, is written in hexadecimal.
    fn write(&self, to: &mut String) {
        let hex = |to: &mut String, bytes: &[u8]| {
            to.push('#');
            for byte in bytes {
                // A string takes all.
                let _ = write!(to, "{byte:02x}");
            }
        };
        match KINDS.iter().find(|(kind, _)| *kind == self.kind) {
            Some((_, name)) => to.push_str(name),
            None => hex(to, self.kind),
        }
        to.push('=');
        let Some(text) = self.text() else {
            return hex(to, self.value);
        };
        let last = text.chars().count().saturating_sub(1);
        for (place, letter) in text.chars().enumerate() {
            let is_special = match letter {
                '"' | '+' | ',' | ';' | '<' | '>' | '=' | '\\' => true,
                '#' => place == 0,
                ' ' => place == 0 || place == last,
                _ => false,
            };
            if is_special {
                to.push('\\');
            }
            to.push(letter);
        }
    }
}

// The tags of texts (X.680).
const UTF8_STRING: u8 = 12;
const NUMERIC_STRING: u8 = 18;
const PRINTABLE_STRING: u8 = 19;
const IA5_STRING: u8 = 22;
const VISIBLE_STRING: u8 = 26;
const BMP_STRING: u8 = 30;

/// The elements of some contents in DER (X.690), each with its tag and its own contents, up to the first that is none. An
/// element has less than 64 KiB, as has a certificate in a handshake.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&[tag, length], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match length {
            0..=0x7f => (usize::from(length), rest),
            0x81 => {
                let (&[length], rest) = rest.split_first_chunk()?;
                (usize::from(length), rest)
            }
            0x82 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use rcgen::string::{BmpString, TeletexString};
    use rcgen::{CertificateParams, DistinguishedName, DnType, DnValue, KeyPair};

    fn of(parts: &[(DnType, DnValue)]) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), value.clone());
        }
        let key = KeyPair::generate().unwrap();
        subject(params.self_signed(&key).unwrap().der())
    }

    fn text(text: &str) -> DnValue {
        DnValue::Utf8String(text.to_owned())
    }

    #[test]
    fn a_subject_is_its_common_name_or_all_of_it() {
        use DnType::{CommonName, CountryName, CustomDnType, OrganizationName};
        let bmp = DnValue::BmpString(BmpString::try_from("ñandú").unwrap());
        let teletex = DnValue::TeletexString(TeletexString::try_from("old").unwrap());
        let mail = CustomDnType(vec![1, 2, 840, 113549, 1, 9, 1]);
        let other = CustomDnType(vec![2, 5, 4, 5]);
        let second = CustomDnType(vec![2, 5, 4, 3]);
        for (parts, expected) in [
            (vec![(CommonName, text("anna"))], "anna"),
            (vec![(CommonName, bmp)], "ñandú"),
            (
                vec![(OrganizationName, text("a")), (CommonName, text("b, c=d"))],
                "b, c=d",
            ),
            (
                vec![
                    (CountryName, text("ES")),
                    (OrganizationName, text(" a,b+c \\ ")),
                ],
                "O=\\ a\\,b\\+c \\\\\\ ,C=ES",
            ),
            (
                vec![(mail, text("a@b")), (other, text("#1"))],
                "#550405=\\#1,emailAddress=a@b",
            ),
            // Two names are nobody's name.
            (
                vec![(CommonName, text("admin")), (second, text("guest"))],
                "CN=guest,CN=admin",
            ),
            (vec![(CommonName, teletex)], "CN=#6f6c64"),
            (vec![], ""),
        ] {
            assert_eq!(of(&parts), expected);
        }
        assert_eq!(subject(b"no certificate"), "");
    }

    #[test]
    fn a_long_subject_is_cut_off_visibly() {
        let long = "ñ".repeat(MOST);
        let shown = of(&[(DnType::CommonName, text(&long))]);
        assert_eq!(shown, format!("{}…", "ñ".repeat(MOST / 2)));
        let shown = of(&[(DnType::OrganizationName, text(&long))]);
        assert!(shown.starts_with("O=ñ") && shown.ends_with('…'), "{shown}");
        assert!(shown.len() <= MOST + '…'.len_utf8());
    }

    #[test]
    fn what_is_no_subject_ends_where_it_is_wrong() {
        let name = [0x31, 11, 0x30, 9, 6, 3, 0x55, 4, 3, 12, 2, b'h', b'i'];
        assert_eq!(Attribute::all(&name).len(), 1);
        for end in 0..name.len() {
            let part = name.get(..end).unwrap();
            assert!(Attribute::all(part).is_empty(), "{end}");
        }
        for length in [0x80, 0x83, 0x84, 0xff] {
            let wrong = [0x31, length, 0xff, 0xff, 0xff, 0xff];
            assert!(Attribute::all(&wrong).is_empty());
        }
    }
}
