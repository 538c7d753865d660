//! Rosters as teachers have them: CSV of any spreadsheet, in any of its encodings. Bytes in, people
//! and complaints out; the store is not asked here.

use std::collections::BTreeMap;

use csv::{ReaderBuilder, Trim};
use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::accounts::is_name;
use crate::limits::MAX_DISPLAY_NAME_CHARS;

/// Longest file, in bytes.
pub(crate) const MAX_ROSTER_BYTES: usize = 1024 * 1024;
/// Most people of one roster.
const MAX_PEOPLE: usize = 5_000;
/// Longest name of a group.
const MAX_CLASS_CHARS: usize = 60;
/// Complaints that are told.
const MAX_COMPLAINTS: usize = 50;

/// Somebody of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    /// Line of the file, from 1.
    pub(crate) line: u64,
    /// Sign-in name: a column of its own, else the e-mail address.
    pub(crate) login: String,
    pub(crate) display_name: String,
    pub(crate) email: Option<String>,
    pub(crate) class: Option<String>,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// No column says who people are.
    NoHeader,
    /// Neither a sign-in name nor an e-mail address.
    NoLogin,
    /// It cannot be a sign-in name.
    BadLogin,
    /// No e-mail address.
    BadEmail,
    /// An earlier line has the same sign-in name.
    Twice,
    /// More people than one roster may have.
    TooMany,
    /// The line cannot be read as CSV.
    Unreadable,
}

/// A roster that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) encoding: &'static str,
    pub(crate) people: Vec<Person>,
    /// Line and fault.
    pub(crate) faults: Vec<(u64, Fault)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Login,
    Name,
    First,
    Last,
    Email,
    Class,
}

/// Reads a roster.
pub(crate) fn read(bytes: &[u8]) -> Read {
    let (text, encoding) = decode(bytes);
    let mut reader = ReaderBuilder::new()
        .delimiter(separator(&text))
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text.as_bytes());
    let mut read = Read {
        encoding,
        people: Vec::new(),
        faults: Vec::new(),
    };
    let columns = reader.headers().map(columns).unwrap_or_default();
    if !columns.contains_key(&Column::Login) && !columns.contains_key(&Column::Email) {
        read.faults.push((1, Fault::NoHeader));
        return read;
    }
    let mut seen = BTreeMap::new();
    let mut lines = Lines::new(&text);
    for record in reader.records() {
        let position = match &record {
            Ok(record) => record.position(),
            Err(error) => error.position(),
        };
        let line = lines.of(position.map_or(0, csv::Position::byte));
        let person = match record {
            Ok(record) if record.iter().all(str::is_empty) => continue,
            Ok(record) => person(&record, &columns, line),
            Err(_) => Err(Fault::Unreadable),
        };
        let person = person.and_then(|person| match seen.insert(person.login.clone(), line) {
            Some(_) => Err(Fault::Twice),
            None if read.people.len() >= MAX_PEOPLE => Err(Fault::TooMany),
            None => Ok(person),
        });
        match person {
            Ok(person) => read.people.push(person),
            Err(Fault::TooMany) => {
                read.faults.push((line, Fault::TooMany));
                break;
            }
            Err(fault) if read.faults.len() < MAX_COMPLAINTS => read.faults.push((line, fault)),
            Err(_) => {}
        }
    }
    read
}

/// Lines of a text, counted as one goes on. The reader's own count begins a record at the end of the
/// line before it, where that has two signs.
struct Lines<'a> {
    rest: &'a [u8],
    at: usize,
    line: u64,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            rest: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line of the record that begins at this byte, or after the line ends there.
    fn of(&mut self, byte: u64) -> u64 {
        let wanted = usize::try_from(byte).unwrap_or(usize::MAX);
        while let Some((first, rest)) = self.rest.split_first() {
            if self.at >= wanted && !matches!(first, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*first == b'\n');
            self.at += 1;
            self.rest = rest;
        }
        self.line
    }
}

/// The text of a file, and the encoding that it was taken for.
fn decode(bytes: &[u8]) -> (String, &'static str) {
    let zeros = |odd: usize| {
        let head = bytes.iter().take(512).skip(odd).step_by(2);
        head.filter(|&&byte| byte == 0).count()
    };
    if bytes.starts_with(&[0xff, 0xfe]) || zeros(1) > 8.max(4 * zeros(0)) {
        (UTF_16LE.decode(bytes).0.into_owned(), "UTF-16")
    } else if bytes.starts_with(&[0xfe, 0xff]) || zeros(0) > 8.max(4 * zeros(1)) {
        (UTF_16BE.decode(bytes).0.into_owned(), "UTF-16")
    } else {
        match std::str::from_utf8(bytes) {
            Ok(text) => (text.trim_start_matches('\u{feff}').to_owned(), "UTF-8"),
            Err(_) => (WINDOWS_1252.decode(bytes).0.into_owned(), "Windows-1252"),
        }
    }
}

/// The separator that the first line has most of.
fn separator(text: &str) -> u8 {
    let first = text.lines().next().unwrap_or_default();
    let count = |sign: &u8| first.bytes().filter(|byte| byte == sign).count();
    // Of two with as many, the comma.
    let signs = [b'\t', b';', b','];
    signs.into_iter().max_by_key(count).unwrap_or(b',')
}

/// Which column is what, from its title in English or French.
fn columns(headers: &csv::StringRecord) -> BTreeMap<Column, usize> {
    let mut found = BTreeMap::new();
    for (at, title) in headers.iter().enumerate() {
        let title = title.trim().to_lowercase();
        let column = match title.replace(['-', '_'], " ").as_str() {
            "login"
            | "username"
            | "user name"
            | "sign in name"
            | "identifiant"
            | "nom d’utilisateur"
            | "nom d'utilisateur" => Column::Login,
            "name" | "full name" | "display name" | "student" | "nom complet" | "nom et prénom"
            | "prénom et nom" => Column::Name,
            "first name" | "given name" | "firstname" | "prénom" | "prenom" => Column::First,
            "last name" | "family name" | "surname" | "lastname" | "nom" | "nom de famille" => {
                Column::Last
            }
            "email"
            | "e mail"
            | "mail"
            | "email address"
            | "e mail address"
            | "courriel"
            | "adresse e mail"
            | "adresse de courriel" => Column::Email,
            "group" | "class" | "section" | "groupe" | "classe" | "td" | "tp" => Column::Class,
            _ => continue,
        };
        found.entry(column).or_insert(at);
    }
    found
}

fn person(
    record: &csv::StringRecord,
    columns: &BTreeMap<Column, usize>,
    line: u64,
) -> Result<Person, Fault> {
    let cell = |column| {
        let text = columns.get(&column).and_then(|&at| record.get(at));
        text.map(str::trim).filter(|text| !text.is_empty())
    };
    let email = cell(Column::Email);
    if email.is_some_and(|email| !is_email(email)) {
        return Err(Fault::BadEmail);
    }
    let login = cell(Column::Login).or(email).ok_or(Fault::NoLogin)?;
    // Addresses are the same in any case; names that somebody chose are as they are.
    let login = if login.contains('@') {
        login.to_lowercase()
    } else {
        login.to_owned()
    };
    if !is_name(&login) {
        return Err(Fault::BadLogin);
    }
    let both = [cell(Column::First), cell(Column::Last)];
    let both = both.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = cell(Column::Name).map_or(both, str::to_owned);
    let name = if name.is_empty() { login.clone() } else { name };
    let cut = |text: &str, most: usize| {
        text.chars()
            .filter(|c| !c.is_control())
            .take(most)
            .collect()
    };
    Ok(Person {
        line,
        display_name: cut(&name, MAX_DISPLAY_NAME_CHARS),
        email: email.map(str::to_lowercase),
        class: cell(Column::Class).map(|class| cut(class, MAX_CLASS_CHARS)),
        login,
    })
}

fn is_email(text: &str) -> bool {
    let parts: Vec<&str> = text.split('@').collect();
    matches!(parts.as_slice(), [local, domain] if !local.is_empty() && domain.contains('.'))
        && text.chars().count() <= 254
        && !text.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(login: &str, name: &str, class: Option<&str>) -> Person {
        Person {
            line: 2,
            login: login.to_owned(),
            display_name: name.to_owned(),
            email: Some(login.to_owned()).filter(|login| login.contains('@')),
            class: class.map(str::to_owned),
        }
    }

    #[test]
    fn spreadsheets_of_all_kinds_say_the_same() {
        let text = "Prénom;Nom;Courriel;Groupe\r\nZoé;\"Müller; Ngô\";ZOE@x.org;TD 2\r\n";
        let wide = |big: bool, mark: bool| {
            let marked = if mark {
                format!("\u{feff}{text}")
            } else {
                text.to_owned()
            };
            let bytes = |unit: u16| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            };
            marked.encode_utf16().flat_map(bytes).collect::<Vec<u8>>()
        };
        let windows = WINDOWS_1252.encode(text).0.into_owned();
        let wanted = [person("zoe@x.org", "Zoé Müller; Ngô", Some("TD 2"))];
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), "UTF-8"),
            (format!("\u{feff}{text}").into_bytes(), "UTF-8"),
            (windows, "Windows-1252"),
            (wide(false, true), "UTF-16"),
            (wide(true, true), "UTF-16"),
            (wide(false, false), "UTF-16"),
            (wide(true, false), "UTF-16"),
        ] {
            let read = read(&bytes);
            assert_eq!(
                (read.people.as_slice(), read.encoding),
                (&wanted[..], encoding)
            );
            assert_eq!(read.faults, []);
        }
    }

    #[test]
    fn columns_are_known_by_their_titles_in_any_order() {
        let read = read(b"class,username,name,ignored\nA,ada,Ada Ngo,1\n,bob,,2\n\n");
        let bob = Person {
            line: 3,
            ..person("bob", "bob", None)
        };
        assert_eq!(read.people, [person("ada", "Ada Ngo", Some("A")), bob]);
        assert_eq!(super::read(b"a,b\n1,2\n").faults, [(1, Fault::NoHeader)]);
        assert_eq!(super::read(b"").faults, [(1, Fault::NoHeader)]);
        let tabs = super::read(b"email\tname\na@x.org\tAda\n");
        assert_eq!(tabs.people.len(), 1);
    }

    #[test]
    fn faults_are_told_by_line_and_the_others_are_read() {
        let read = read(b"login,email\nada,\n,\n,a@x\nx y,\nada,b@x.org\nbob,\n");
        let logins: Vec<_> = read
            .people
            .iter()
            .map(|person| person.login.as_str())
            .collect();
        assert_eq!(logins, ["ada", "bob"]);
        assert_eq!(
            read.faults,
            [
                (4, Fault::BadEmail),
                (5, Fault::BadLogin),
                (6, Fault::Twice)
            ]
        );
        let many: String = (0..6_000).map(|n| format!("user{n}\n")).collect();
        let read = super::read(format!("login\n{many}").as_bytes());
        assert_eq!(
            (read.people.len(), read.faults[0].1),
            (MAX_PEOPLE, Fault::TooMany)
        );
    }
}
