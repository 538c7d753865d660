//! Any bytes as a node's `/etc/passwd`, `/etc/group` and as a script's beginning: no panic, and
//! never a user that nobody asked for.
//! `cargo xtask fuzz node_files`
#![no_main]

use labwright_agent::init::{script, users};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (String, String, String, Vec<u8>)| {
    let (passwd, group, who, beginning) = input;
    if let Some(user) = users::find(&passwd, &group, &who) {
        let asked = if who.is_empty() { "root" } else { who.as_str() };
        let number = asked.split(':').next().unwrap_or_default();
        assert!(user.name == asked || number.parse() == Ok(user.uid) || asked == "root");
    }
    let (program, _) = script::interpreter(&beginning);
    assert!(!program.is_empty());
});
