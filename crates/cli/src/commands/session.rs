//! `labwright session ls|exec|capture|stop`: the sessions of this installation, without any server.

use std::io::Write;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use labwright_local::{Host, Installation, LocalPlace, SessionInfo, is_root};
use labwright_model::{NodeName, SessionId};
use labwright_place::{MachineStatus, Place};
use labwright_wire::Client;

use crate::capture;
use crate::context::Context;
use crate::exec;
use crate::failure::{Explain, Failure, Outcome};

/// List running sessions, run a command in one, capture its packets, or stop it
#[derive(clap::Args)]
#[command(after_help = "Examples:\n  labwright session ls\n  \
    labwright session exec 3f2a client -- ip address\n  \
    labwright session capture 3f2a lan -w lan.pcapng\n  \
    labwright session capture 3f2a client:lan | wireshark -k -i -\n  labwright session stop 3f2a")]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// List the sessions of this installation
    Ls {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run a command as root in a node; its exit status is passed on
    Exec {
        /// The session, or the beginning of its id
        session: String,
        /// The node
        node: NodeName,
        /// Run it as this user
        #[arg(long, default_value = "root")]
        user: String,
        /// The command and its arguments
        #[arg(last = true, required = true)]
        command: Vec<String>,
    },
    /// Capture the packets of a network, as pcapng, until Ctrl-C
    Capture {
        /// The session, or the beginning of its id
        session: String,
        /// A network of the lab, or `node:network` for one node's link to it
        source: capture::Source,
        /// The file to write; standard output by default
        #[arg(short, long, default_value = "-", value_name = "FILE")]
        write: PathBuf,
        /// Bytes to keep of each packet
        #[arg(long)]
        snap: Option<u32>,
    },
    /// Stop sessions and remove all that is left of them
    Stop {
        /// The sessions, or the beginnings of their ids
        #[arg(required_unless_present = "all")]
        sessions: Vec<String>,
        /// Every session of this installation
        #[arg(long, conflicts_with = "sessions")]
        all: bool,
    },
}

/// Does what the verb says.
pub fn run(args: Args, context: &Context) -> Outcome {
    let place = place(context)?;
    context.block_on(async {
        let known = place.list().await.hint(HINT)?;
        match args.verb {
            Verb::Ls { json } => list(&known, json),
            Verb::Stop { sessions, all } => {
                let ids = match all {
                    true => known.into_iter().map(|session| session.id).collect(),
                    false => chosen(&sessions, &known)?,
                };
                stop(&place, &ids).await
            }
            Verb::Exec {
                session,
                node,
                user,
                command,
            } => {
                let id = choose(&session, &known)?;
                let channel = place.connect(&id).await?;
                exec::run(&Client::new(channel), node, user, command).await
            }
            Verb::Capture {
                session,
                source,
                write,
                snap,
            } => {
                let id = choose(&session, &known)?;
                let channel = place.connect(&id).await?;
                capture::run(&Client::new(channel), source, snap, &write).await
            }
        }
    })
}

const HINT: &str = "run it as root, or start `labwright host`";

/// Root looks for itself; others ask the host.
fn place(context: &Context) -> Outcome<LocalPlace> {
    let installation = Installation::new(&context.state, &context.run);
    match is_root() {
        true => Ok(LocalPlace::here(Host::new(installation)?)),
        false => Ok(LocalPlace::daemon(installation)),
    }
}

async fn stop(place: &LocalPlace, ids: &[SessionId]) -> Outcome {
    let mut failed = false;
    for id in ids {
        match place.stop(id).await {
            Ok(()) => println!("{id}"),
            // The others are stopped all the same.
            Err(error) => {
                failed = true;
                Failure::from(error).print();
            }
        }
    }
    if failed {
        Err(Failure::reported(1))
    } else {
        Ok(())
    }
}

fn chosen(texts: &[String], known: &[SessionInfo]) -> Outcome<Vec<SessionId>> {
    texts.iter().map(|text| choose(text, known)).collect()
}

/// The session whose id is this text, else the only one whose id begins with it.
fn choose(text: &str, known: &[SessionInfo]) -> Outcome<SessionId> {
    if let Some(exact) = known.iter().find(|session| session.id.as_str() == text) {
        return Ok(exact.id.clone());
    }
    let mut found = known
        .iter()
        .filter(|session| session.id.as_str().starts_with(text));
    match (found.next(), found.next()) {
        (Some(session), None) => Ok(session.id.clone()),
        (Some(_), Some(_)) => Err(
            Failure::new(format!("several sessions begin with `{text}`"))
                .hint("give more of the id; `labwright session ls` lists them"),
        ),
        (None, _) => Err(Failure::new(format!("there is no session `{text}`"))
            .hint("`labwright session ls` lists them")),
    }
}

fn list(sessions: &[SessionInfo], json: bool) -> Outcome {
    if json {
        println!("{}", serde_json::to_string(sessions)?);
        return Ok(());
    }
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs());
    let rows = sessions.iter().map(|session| {
        [
            session.id.to_string(),
            session.lab.clone().unwrap_or_else(|| "?".to_owned()),
            match session.status {
                MachineStatus::Running => "running".to_owned(),
                MachineStatus::Dead => "dead".to_owned(),
            },
            session
                .made_at_s
                .map_or("?".to_owned(), |at| age(now.saturating_sub(at))),
        ]
    });
    let head = ["SESSION", "LAB", "STATE", "AGE"].map(str::to_owned);
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        rows.iter()
            .filter_map(|r| r.get(column))
            .map(String::len)
            .max()
    };
    let [a, b, c] = [0, 1, 2].map(|column| width(column).unwrap_or(0));
    let mut out = std::io::stdout().lock();
    for [id, lab, state, age] in &rows {
        writeln!(out, "{id:a$}  {lab:b$}  {state:c$}  {age}")?;
    }
    Ok(())
}

fn age(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h {}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d", seconds / 86_400),
    }
}
