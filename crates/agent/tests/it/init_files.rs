//! Files in and out of a node, and what `keep` carries.

use labwright_agent::init::{InitError, Work};

use crate::init_node::Node;

const MANY: u64 = 64 * 1024 * 1024;

impl Node {
    async fn read(&self, work: Work) -> Result<Vec<u8>, InitError> {
        let mut transfer = self.control.outward(work).await?;
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 10_000];
        while let length @ 1.. = transfer.read(&mut buffer).await? {
            bytes.extend_from_slice(&buffer[..length]);
        }
        transfer.finish().await.map(|()| bytes)
    }

    async fn write(&self, work: Work, bytes: &[u8]) -> Result<(), InitError> {
        let mut transfer = self.control.inward(work).await?;
        for part in bytes.chunks(10_000) {
            if transfer.write(part).await.is_err() {
                break;
            }
        }
        transfer.finish().await
    }

    async fn save(&self, paths: &[&str]) -> Vec<u8> {
        let paths = paths.iter().map(|&path| path.to_owned()).collect();
        self.read(Work::Save {
            paths,
            max_bytes: MANY,
        })
        .await
        .unwrap()
    }

    async fn restore(&self, paths: &[&str], archive: &[u8]) -> Result<(), InitError> {
        let paths: Vec<_> = paths.iter().map(|&path| path.to_owned()).collect();
        self.write(restore(&paths, MANY), archive).await
    }
}

fn restore(paths: &[String], max_bytes: u64) -> Work {
    Work::Restore {
        paths: paths.to_vec(),
        max_bytes,
        from: None,
    }
}

fn read(path: &str) -> Work {
    Work::Read {
        path: path.to_owned(),
    }
}

fn write(path: &str) -> Work {
    Work::Write {
        path: path.to_owned(),
        mode: 0o640,
    }
}

fn words(result: Result<impl Sized, InitError>) -> String {
    match result {
        Ok(_) => panic!("it was not refused"),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_file_goes_in_and_comes_out() {
    let node = Node::start().await;
    let content: Vec<u8> = (0..3_000_000_u32).map(|n| n as u8).collect();
    node.ok("mkdir /srv/new && ln -s /srv/new /srv/link").await;
    node.write(write("/srv/link/file"), &content).await.unwrap();
    assert_eq!(
        node.ok("stat -c '%a %s' /srv/new/file; ls -A /srv/new")
            .await,
        "640 3000000\nfile\n"
    );
    assert_eq!(node.read(read("/srv/new/file")).await.unwrap(), content);
    node.write(write("/srv/new/file"), b"").await.unwrap();
    assert_eq!(node.read(read("/srv/new/file")).await.unwrap(), b"");
}

#[tokio::test]
async fn what_is_no_file_is_refused_by_name() {
    let node = Node::start().await;
    node.ok("mkfifo /srv/fifo; ln -s /proc/self/fd/1 /srv/magic")
        .await;
    for path in [
        "/no/such",
        "/srv",
        "/srv/fifo",
        "/dev/zero",
        "/srv/magic",
        "/proc/1/mem",
    ] {
        let text = words(node.read(read(path)).await);
        assert!(text.contains(path), "{text}");
    }
    for path in ["/no/such/file", "relative", "/srv/"] {
        let text = words(node.write(write(path), b"x").await);
        assert!(text.contains(path), "{text}");
    }
}

#[tokio::test]
async fn a_write_that_breaks_off_changes_nothing() {
    let node = Node::start().await;
    node.ok("echo old > /srv/file").await;
    let mut transfer = node.control.inward(write("/srv/file")).await.unwrap();
    transfer.write(b"half of the new").await.unwrap();
    drop(transfer);
    node.ok("i=0; while ls -A /srv | grep -q labwright && [ $i -lt 50 ]; do sleep 0.1; i=$((i+1)); done").await;
    assert_eq!(
        node.ok("cat /srv/file; ls -A /srv | grep labwright || true")
            .await,
        "old\n"
    );
}

/// All that `keep` promises, in a form to compare.
const LIST: &str = "cd / && find root/k home/kk -printf '%p %y %m %U %G %n %s %T@ %l\\n' | \
    sed 's/\\.[0-9]* / /' | grep -v ' d ' | sort; \
    find root/k home/kk -type d -printf '%p %m %U %G %T@\\n' | sed 's/\\.[0-9]*$//' | sort; \
    python3 -c 'import os; print(os.getxattr(\"/root/k/x\", \"user.a\"), os.getxattr(\"/root/k\", \"user.d\"))'; \
    getcap /root/k/cap 2>/dev/null; cat /root/k/*.txt | md5sum";

const FILL: &str = "mkdir -p /root/k/deep/er /home/kk && cd /root/k && \
    echo one > 1.txt && ln 1.txt 1hard && ln -s /etc/passwd abs && ln -s ../../no rel && mkfifo pipe && \
    seq 100000 > 2.txt && chmod 4711 2.txt && chown nobody:tty 2.txt && touch -d '2001-02-03 UTC' deep/er && \
    n=$(printf 'é%.0s' $(seq 60)) && mkdir -p $n/$n && echo l > $n/$n/$n && printf x > \"$(printf 'a\\nb\\377')\" && \
    : > x && python3 -c 'import os; os.setxattr(\"/root/k/x\", \"user.a\", b\"v\\\\0\"); os.setxattr(\"/root/k\", \"user.d\", b\"dir\")' && \
    cp /bin/true cap && setcap cap_net_raw+ep cap && chown -h nobody rel && \
    echo kk > /home/kk/f && chmod 0750 /root/k && chown 7:8 /root/k";

#[tokio::test]
async fn a_saved_tree_comes_back_as_it_was() {
    let node = Node::start().await;
    node.ok(FILL).await;
    let before = node.ok(LIST).await;
    let paths = ["/root/k", "/no/such", "/home/kk", "/home/kk/f"];
    let archive = node.save(&paths).await;
    assert_eq!(
        archive,
        node.save(&paths).await,
        "the same files give the same archive"
    );

    // Over what has changed meanwhile.
    node.ok("rm -r /root/k/1.txt /root/k/deep && echo new > /root/k/new && echo x > /home/kk/f && rm /root/k/abs && mkdir /root/k/abs").await;
    node.restore(&paths, &archive).await.unwrap();
    assert_eq!(node.ok(LIST).await, before);
    // In a node that never had them.
    let other = Node::start().await;
    other.restore(&paths, &archive).await.unwrap();
    assert_eq!(other.ok(LIST).await, before);
    assert_eq!(other.ok("ls -A / | grep labwright || true").await, "");
}

#[tokio::test]
async fn directories_of_the_image_are_replaced_wholly() {
    let node = Node::start().await;
    node.ok("rm -r /etc/init.d/* /etc/passwd && echo mine > /etc/init.d/mine")
        .await;
    let archive = node.save(&["/etc/init.d"]).await;
    let other = Node::start().await;
    other.restore(&["/etc/init.d"], &archive).await.unwrap();
    assert_eq!(other.ok("ls -A /etc/init.d; id -un").await, "mine\nroot\n");
}

#[tokio::test]
async fn a_restore_that_is_not_whole_or_not_ours_changes_nothing() {
    let node = Node::start().await;
    node.ok("mkdir /root/k && echo old > /root/k/f").await;
    let good = node.save(&["/root/k"]).await;
    node.ok("echo now > /root/k/f").await;
    let outside = archive(|tar| append(tar, "etc/evil", tar::EntryType::Regular, None));
    let climbing =
        archive(|tar| append(tar, "root/k/../../etc/evil", tar::EntryType::Regular, None));
    let absolute = archive(|tar| append(tar, "/root/k/evil", tar::EntryType::Regular, None));
    let through_link = archive(|tar| {
        append(tar, "root/k", tar::EntryType::Directory, None);
        append(tar, "root/k/l", tar::EntryType::Symlink, Some("/etc"));
        append(tar, "root/k/l/evil", tar::EntryType::Regular, None);
    });
    let hard_link = archive(|tar| {
        append(tar, "root/k", tar::EntryType::Directory, None);
        append(
            tar,
            "root/k/passwd",
            tar::EntryType::Link,
            Some("etc/passwd"),
        );
    });
    let device = archive(|tar| append(tar, "root/k", tar::EntryType::Block, None));
    let twice = archive(|tar| {
        append(tar, "root/k", tar::EntryType::Directory, None);
        append(tar, "root/k/f", tar::EntryType::Regular, None);
        append(tar, "root/k/f", tar::EntryType::Regular, None);
    });
    let tail = [good.as_slice(), b"more"].concat();
    for (name, bytes) in [
        ("outside", outside.as_slice()),
        ("climbing", &climbing),
        ("absolute", &absolute),
        ("through_link", &through_link),
        ("hard_link", &hard_link),
        ("device", &device),
        ("twice", &twice),
        ("tail", &tail),
        ("cut", &good[..good.len() / 2]),
        ("noise", &[7; 2000]),
    ] {
        let text = words(node.restore(&["/root/k"], bytes).await);
        let state = node.ok("cat /root/k/*; ls -A / /root/k | grep -e evil -e labwright; ls /etc/evil 2>&1 | grep -c cannot").await;
        assert_eq!(state, "now\n1\n", "{name}: {text}");
    }
    // Broken off, and over the limit.
    let paths = vec!["/root/k".to_owned()];
    let mut transfer = node.control.inward(restore(&paths, MANY)).await.unwrap();
    transfer.write(&good).await.unwrap();
    drop(transfer);
    let text = words(node.write(restore(&paths, 1000), &good).await);
    assert_eq!(node.ok("cat /root/k/f").await, "now\n", "{text}");
}

#[tokio::test]
async fn what_a_learner_brings_makes_nobody_root() {
    let node = Node::start().await;
    let keep = ["/root/k", "/home/pupil"];
    node.ok(
        "mkdir -p /root/k /home/pupil/sub && echo 'pupil:x:1234:1234::/home/pupil:/bin/sh' >> /etc/passwd \
         && echo evil > /root/k/f && cp /bin/busybox /home/pupil/sub/sh && chmod 6755 /home/pupil/sub/sh \
         && ln /root/k/f /home/pupil/linked && ln -s /etc/passwd /home/pupil/link",
    )
    .await;
    let archive = node.save(&keep).await;
    node.ok("rm -rf /home/pupil/* && echo good > /root/k/f")
        .await;
    let bring = |who: &str| Work::Restore {
        paths: keep.map(str::to_owned).to_vec(),
        max_bytes: MANY,
        from: Some(who.to_owned()),
    };
    node.write(bring("pupil"), &archive).await.unwrap();
    let look = "cat /root/k/f; cd /home/pupil; stat -c '%n %u %g %a' sub sub/sh; stat -c '%u %h' link linked; ls";
    assert_eq!(
        node.ok(look).await,
        "good\nsub 1234 1234 755\nsub/sh 1234 1234 755\n1234 1\n1234 1\nlink\nlinked\nsub\n"
    );
    // Who is root already takes all of it.
    node.write(bring("root"), &archive).await.unwrap();
    assert_eq!(
        node.ok("cat /root/k/f; stat -c '%u %a' /home/pupil/sub/sh")
            .await,
        "evil\n0 6755\n"
    );
    let text = words(node.write(bring("nobody-there"), &archive).await);
    assert!(text.contains("nobody-there"), "{text}");
}

#[tokio::test]
async fn what_is_over_the_limit_is_not_saved() {
    let node = Node::start().await;
    node.ok("mkdir /root/k && truncate -s 100M /root/k/big")
        .await;
    let paths = vec!["/root/k".to_owned()];
    let text = words(
        node.read(Work::Save {
            paths,
            max_bytes: MANY,
        })
        .await,
    );
    assert!(text.contains("disk limit"), "{text}");
}

fn archive(fill: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    fill(&mut builder);
    builder.into_inner().unwrap()
}

/// An entry with any name at all: the library refuses bad ones.
fn append(
    builder: &mut tar::Builder<Vec<u8>>,
    path: &str,
    kind: tar::EntryType,
    link: Option<&str>,
) {
    let mut header = tar::Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    if let Some(link) = link {
        header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
    }
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header.set_cksum();
    builder.append(&header, std::io::empty()).unwrap();
}
