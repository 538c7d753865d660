//! The parsers of what a learner may have written: users, groups, `#!` lines.

use labwright_agent::init::script::interpreter;
use labwright_agent::init::users::{User, find};
use proptest::prelude::*;

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
    daemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n\
    broken line\n\
    also:broken:x:1:2\n\
    student:x:1000:1000:A Student,,,:/home/student:/bin/bash\n\
    bare:x:1001:1001:::\n";
const GROUP: &str =
    "root:x:0:\nadm:x:4:student,other\nbroken\nsudo:x:27:student\nstudent:x:1000:\n";

fn user(who: &str) -> Option<User> {
    find(PASSWD, GROUP, who)
}

#[test]
fn users_are_found_by_name_and_number() {
    let student = user("student").unwrap();
    assert_eq!((student.uid, student.gid), (1000, 1000));
    assert_eq!(student.groups, [4, 27]);
    assert_eq!(
        (student.home.as_str(), student.shell.as_str()),
        ("/home/student", "/bin/bash")
    );
    assert_eq!(user("1000").unwrap(), student);
    let mixed = user("1000:4").unwrap();
    assert_eq!(
        (mixed.name.as_str(), mixed.uid, mixed.gid),
        ("student", 1000, 4)
    );
    let bare = user("bare").unwrap();
    assert_eq!((bare.home.as_str(), bare.shell.as_str()), ("/", "/bin/sh"));
}

#[test]
fn root_is_always_there_and_nobody_else() {
    for who in ["", "root", "0", "0:0"] {
        let root = find("", "", who).unwrap();
        assert_eq!((root.name.as_str(), root.uid, root.gid), ("root", 0, 0));
        assert_eq!(
            (root.home.as_str(), root.shell.as_str()),
            ("/root", "/bin/sh")
        );
    }
    assert_eq!(user("ghost"), None);
    assert_eq!(user("-1"), None);
    assert_eq!(user("1000:x"), None);
    assert_eq!(user("4294967296"), None);
    assert_eq!(user("5000").unwrap().uid, 5000);
}

#[test]
fn interpreters() {
    let sh = ("/bin/sh".to_owned(), None);
    for (script, program, argument) in [
        ("#!/bin/bash\necho", "/bin/bash", None),
        (
            "#! /usr/bin/env  python3 -u \nx",
            "/usr/bin/env",
            Some("python3 -u"),
        ),
        ("#!/bin/sh -e\r\n", "/bin/sh", Some("-e")),
        ("#!\t/x", "/x", None),
    ] {
        let expect = (program.to_owned(), argument.map(str::to_owned));
        assert_eq!(interpreter(script.as_bytes()), expect, "{script}");
    }
    for script in ["", "echo", "#!", "#!\n/bin/bash", "#", " #!/bin/bash"] {
        assert_eq!(interpreter(script.as_bytes()), sh, "{script}");
    }
}

proptest! {
    #[test]
    fn nothing_panics(passwd in "[a-z0-9:\\n,x-]{0,200}", group in any::<String>(), who in any::<String>(), script: Vec<u8>) {
        let _ = find(&passwd, &group, &who);
        for line in passwd.lines() {
            let _ = find(&passwd, &group, line.split(':').next().unwrap_or(""));
        }
        let _ = interpreter(&script);
    }
}
