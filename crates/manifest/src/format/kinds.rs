//! The kinds of words.

use labwright_model::{LabName, NetworkName, NodeName, ParamName, TaskId};

use crate::scalar;
use crate::shape::Kind;

macro_rules! kind {
    ($name:ident, $label:literal, $says:expr, $example:literal, $flags:tt, $fits:expr) => {
        pub(crate) static $name: Kind = Kind {
            name: $label,
            says: $says,
            example: $example,
    numeric: kind!(@numeric $flags),
    template: kind!(@template $flags),
            fits: $fits,
        };
    };
    (@numeric word) => {
        false
    };
    (@numeric number) => {
        true
    };
    (@numeric template) => {
        false
    };
    (@numeric number_template) => {
        true
    };
    (@template word) => {
        false
    };
    (@template number) => {
        false
    };
    (@template template) => {
        true
    };
    (@template number_template) => {
        true
    };
}

/// Longest line of text that a tab's or task's title may have.
const MAX_TEXT: usize = 2000;

/// Interpolated values in a list, such as the choices of a parameter.
const MAX_VALUE: usize = 4096;

kind!(FORMAT, "format version", "1", "1", number, |t| t == "1");
kind!(
    LAB_NAME,
    "lab name",
    LabName::ALLOWED,
    "tcp-handshake",
    word,
    |t| LabName::new(t).is_ok()
);
kind!(
    NODE_NAME,
    "node name",
    "1 to 63 of a-z, 0-9 and -, not starting with -, and not `all`",
    "client",
    word,
    |t| { NodeName::new(t).is_ok() && t != "all" }
);
kind!(
    NETWORK_NAME,
    "network name",
    NetworkName::ALLOWED,
    "lan",
    word,
    |t| NetworkName::new(t).is_ok()
);
kind!(TASK_ID, "task id", TaskId::ALLOWED, "captured", word, |t| {
    TaskId::new(t).is_ok()
});
kind!(
    PLACE,
    "place",
    "a place, as under `places` of the lab",
    "browser",
    word,
    |t| super::PLACES.iter().any(|place| place.word == t)
);
kind!(
    PARAM_NAME,
    "parameter name",
    "1 to 63 of a-z, 0-9, - and _, starting with a letter",
    "word",
    word,
    |t| { ParamName::new(t).is_ok() && t.starts_with(|c: char| c.is_ascii_lowercase()) }
);
kind!(
    LANGUAGE,
    "language",
    "a language tag such as `en`, `fr` or `pt-BR`",
    "fr",
    word,
    is_language
);
kind!(
    TEXT,
    "text",
    "text of at most 2000 bytes",
    "…",
    word,
    |t| !t.trim().is_empty() && t.len() <= MAX_TEXT
);
kind!(VALUE, "value", "a word or a number", "cat", number, |t| t
    .len()
    <= MAX_VALUE);
kind!(
    TEMPLATE,
    "value or template",
    "a word, a number or a template",
    "{{ params.port }}",
    number_template,
    |t| t.len() <= MAX_VALUE
);
kind!(
    BASE,
    "base",
    "`debian/` and a release, such as `debian/bookworm`",
    "debian/bookworm",
    word,
    |t| {
        t.strip_prefix("debian/")
            .is_some_and(|s| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase()))
    }
);
kind!(
    PACKAGE,
    "package",
    "the name of a Debian package, with `=VERSION` if you like",
    "tcpdump",
    word,
    is_package
);
kind!(
    ADDRESS,
    "address",
    "an address with its prefix length, such as `10.0.0.2/24` or `fd00::2/64`",
    "10.0.0.2/24",
    template,
    |t| { scalar::address(t).is_some() }
);
kind!(
    LINK,
    "link",
    "an address with its prefix length (`10.0.0.2/24`), `dhcp` or `none`",
    "10.0.0.2/24",
    template,
    |t| { matches!(t, "dhcp" | "none") || scalar::address(t).is_some() }
);
kind!(
    MAC,
    "MAC address",
    "six bytes of a unicast address, such as `02:00:00:00:00:01`",
    "02:00:00:00:00:01",
    word,
    scalar::is_mac
);
kind!(
    SUBNET,
    "subnet",
    "a prefix without host bits, such as `192.0.2.0/24`",
    "192.0.2.0/24",
    template,
    |t| { scalar::prefix(t).is_some() }
);
kind!(
    PREFIX,
    "prefix",
    "a prefix without host bits, such as `10.0.0.0/8`",
    "10.0.0.0/8",
    word,
    |t| scalar::prefix(t).is_some()
);
kind!(
    DESTINATION,
    "destination",
    "`default` or a prefix such as `192.0.2.0/24`",
    "default",
    template,
    |t| { t == "default" || scalar::prefix(t).is_some() }
);
kind!(
    GATEWAY,
    "gateway",
    "an address without prefix length, such as `10.0.0.1`",
    "10.0.0.1",
    template,
    |t| scalar::ip(t).is_some()
);
kind!(
    USER,
    "user",
    "a Unix user name: a-z, 0-9, - and _, at most 32, starting with a letter or _",
    "student",
    word,
    is_user
);
kind!(
    INIT_SCRIPT,
    "service",
    "the name of an init script, such as `nginx`",
    "nginx",
    word,
    |t| {
        !t.is_empty()
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.+@".contains(&b))
            && !t.starts_with(['-', '.'])
    }
);
kind!(
    COMMAND,
    "command",
    "a shell command",
    "python3 -m http.server 80",
    word,
    |t| !t.trim().is_empty()
);
kind!(
    SCRIPT,
    "script",
    "the path of a script in the lab folder, or the commands themselves",
    "checks/captured.sh",
    word,
    |t| { !t.trim().is_empty() }
);
kind!(
    ENV_NAME,
    "variable",
    "the name of an environment variable: letters, digits and _, not starting with a digit",
    "GREETING",
    word,
    |t| {
        t.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    }
);
kind!(
    SYSCTL,
    "kernel setting",
    "a setting below `net.`, such as `net.ipv4.ip_forward`",
    "net.ipv4.ip_forward",
    word,
    |t| {
        t.starts_with("net.")
            && t.bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b))
            && !t.contains("..")
            && !t.contains('/')
    }
);
kind!(
    SIZE,
    "size",
    "a size such as `128M` or `1G` (k, M, G and T are powers of 1024)",
    "128M",
    number,
    |t| scalar::size(t).is_some()
);
kind!(
    DURATION,
    "duration",
    "a duration such as `20ms`, `30s`, `90m` or `1h30m`",
    "30s",
    word,
    |t| scalar::duration_us(t).is_some()
);
kind!(
    PERCENT,
    "share",
    "a percentage from `0%` to `100%`",
    "0.1%",
    word,
    |t| scalar::percent(t).is_some()
);
kind!(
    RATE,
    "rate",
    "a rate such as `512kbit`, `10mbit` or `1gbit`",
    "10mbit",
    word,
    |t| scalar::rate_bps(t).is_some()
);
kind!(
    CPU,
    "processors",
    "how many processors, such as `0.5` or `2`",
    "0.5",
    number,
    |t| scalar::cpu_milli(t).is_some()
);
kind!(
    COUNT,
    "count",
    "a whole number of at least 1",
    "128",
    number,
    |t| t.parse::<u64>().is_ok_and(|n| (1..=MAX_COUNT).contains(&n))
);
kind!(
    NUMBER,
    "number",
    "a number of at least 0",
    "0.5",
    number,
    |t| scalar::number(t).is_some()
);
kind!(
    POINTS,
    "points",
    "a number above 0 and at most 1000",
    "3",
    number,
    |t| scalar::number(t).is_some_and(|n| n > 0.0 && n <= 1000.0)
);
kind!(
    INTEGER,
    "whole number",
    "a whole number",
    "9000",
    number,
    |t| t.parse::<i64>().is_ok()
);
kind!(
    DIGITS,
    "digits",
    "how many digits, 1 to 64",
    "16",
    number,
    |t| t.parse::<u32>().is_ok_and(|n| (1..=64).contains(&n))
);
kind!(
    PREFIX_LENGTH,
    "prefix length",
    "a prefix length, 1 to 128",
    "24",
    number,
    |t| t.parse::<u8>().is_ok_and(|n| (1..=128).contains(&n))
);
kind!(
    PORT,
    "port",
    "a TCP port, 1 to 65535",
    "80",
    number_template,
    |t| t.parse::<u16>().is_ok_and(|n| n > 0)
);
kind!(
    URL_PATH,
    "URL path",
    "a path that starts with `/`",
    "/",
    template,
    |t| t.starts_with('/')
);
kind!(
    PEOPLE,
    "group size",
    "a number of people, or a range such as `2..4`",
    "2..4",
    number,
    |t| scalar::people(t).is_some()
);
kind!(
    IMAGE,
    "image",
    "a reference to an OCI image, best with its digest",
    "registry.example.org/app@sha256:…",
    word,
    |t| { !t.is_empty() && !t.contains(char::is_whitespace) }
);
kind!(
    PATH,
    "path",
    "a path inside the lab folder, without `..`",
    "steps/1-look.md",
    word,
    scalar::is_inside
);
kind!(
    SOURCE,
    "source",
    "the name of a network, or a file under `assets/`",
    "lan",
    word,
    scalar::is_inside
);
kind!(
    ABSOLUTE,
    "absolute path",
    "an absolute path without `..`, such as `/root`",
    "/root",
    word,
    |t| {
        t.starts_with('/')
            && t.len() > 1
            && !t.contains('\0')
            && t.split('/').all(|part| part != "..")
    }
);
kind!(ROLE, "role", NodeName::ALLOWED, "as1", word, |t| {
    NodeName::new(t).is_ok()
});

/// Most that a count may be; the kernel's own limit of process ids.
const MAX_COUNT: u64 = 4_194_304;

fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

fn is_package(text: &str) -> bool {
    let (name, version) = text.split_once('=').unwrap_or((text, "0"));
    name.len() >= 2
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b))
        && !version.is_empty()
        && version
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+-.:~".contains(&b))
}

fn is_user(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
}

/// Whether a file name's middle part (`1-look.fr.md`) names a language.
pub(crate) fn names_language(text: &str) -> bool {
    is_language(text)
}
