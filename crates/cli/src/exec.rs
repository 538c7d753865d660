//! A command in a node with this terminal's input and output.

use std::io::{Read, Write};

use indexmap::IndexMap;
use labwright_model::NodeName;
use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, Control, Exit, Open};
use tokio::sync::mpsc;

use crate::failure::{Failure, Outcome};

/// Bytes of input that are read at once.
const INPUT_BYTES: usize = 16 * 1024;
/// Parts of input that wait to be sent.
const WAITING_INPUTS: usize = 4;
/// What shells add to the number of the signal that ended a program.
const SIGNAL_STATUS: i32 = 128;

/// Runs it and passes its exit status on.
pub async fn run(client: &Client, node: NodeName, user: String, argv: Vec<String>) -> Outcome {
    let request = Open::Exec {
        node,
        argv,
        env: IndexMap::new(),
        cwd: None,
        user: Some(user),
    };
    let (_, stream) = client.open(&request).await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut input = input();
    let send = async {
        while let Some(bytes) = input.recv().await {
            frame::write_frame(&mut writer, Kind::Data, &bytes).await?;
        }
        frame::write_frame(&mut writer, Kind::Eof, &[]).await?;
        // The program decides when it ends, not its input.
        std::future::pending::<Outcome>().await
    };
    let receive = async {
        while let Some(frame) = frame::read_frame(&mut reader).await? {
            match frame.kind {
                Kind::Data => show(&mut std::io::stdout(), &frame.bytes)?,
                Kind::Stderr => show(&mut std::io::stderr(), &frame.bytes)?,
                Kind::Control => return ended(&frame.bytes),
                Kind::Eof => {}
            }
        }
        Err(Failure::new(
            "the machine went away before the command ended",
        ))
    };
    tokio::select! {
        outcome = receive => outcome,
        // Only a broken channel; what was received says more.
        Err(error) = send => Err(error),
    }
}

fn show(to: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

fn ended(control: &[u8]) -> Outcome {
    let status = match serde_json::from_slice(control)? {
        Control::Exit {
            exit: Exit::Code(0),
        } => return Ok(()),
        Control::Exit {
            exit: Exit::Code(code),
        } => code,
        Control::Exit {
            exit: Exit::Signal(signal),
        } => SIGNAL_STATUS + signal,
        Control::Failed(failure) => return Err(Failure::new(failure.message)),
        other => return Err(Failure::new(format!("the agent answered {other:?}"))),
    };
    Err(Failure::reported(u8::try_from(status).unwrap_or(1)))
}

/// Standard input in parts. A thread of its own reads it, which ends with this process: a read
/// from a terminal cannot be called off.
fn input() -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(WAITING_INPUTS);
    std::thread::spawn(move || {
        let mut buffer = vec![0; INPUT_BYTES];
        while let Ok(count @ 1..) = std::io::stdin().read(&mut buffer) {
            let part = buffer.get(..count).unwrap_or_default().to_vec();
            if sender.blocking_send(part).is_err() {
                break;
            }
        }
    });
    receiver
}
