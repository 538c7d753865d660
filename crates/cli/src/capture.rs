//! A capture of a running session's network into a pcapng file or pipe.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;

use labwright_wire::frame::{self, Kind};
use labwright_wire::{Client, Open};

use crate::failure::{Explain, Failure, Outcome};

/// What to capture: `network`, or `node:network` for one node's link to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    network: String,
    node: Option<labwright_model::NodeName>,
}

impl std::str::FromStr for Source {
    type Err = labwright_model::NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (node, network) = match text.split_once(':') {
            Some((node, network)) => (Some(labwright_model::NodeName::new(node)?), network),
            None => (None, text),
        };
        let network = network.to_owned();
        Ok(Self { network, node })
    }
}

/// Writes packets until Ctrl-C; then what passed until then still comes, and the file is whole.
pub async fn run(client: &Client, source: Source, snap: Option<u32>, to: &Path) -> Outcome {
    let request = Open::Capture {
        network: source.network,
        node: source.node,
        snap,
    };
    let mut to = sink(to)?;
    let (_, stream) = client.open(&request).await?;
    let (mut reader, mut writer) = tokio::io::split(stream);
    let end = async {
        tokio::signal::ctrl_c().await?;
        frame::write_frame(&mut writer, Kind::Eof, &[]).await?;
        // What is left to be sent decides when it ends.
        std::future::pending::<Outcome>().await
    };
    let receive = async {
        while let Some(frame) = frame::read_frame(&mut reader).await? {
            match frame.kind {
                Kind::Data => {
                    to.write_all(&frame.bytes)?;
                    to.flush()?;
                }
                Kind::Eof => return Ok(()),
                Kind::Stderr | Kind::Control => {}
            }
        }
        Err(Failure::new("the link went away")
            .hint("what was captured until then is whole; did the session end?"))
    };
    tokio::select! {
        outcome = receive => outcome,
        // Only a broken channel; what was received says more.
        Err(error) = end => Err(error),
    }
}

/// A file, or standard output for `-`.
fn sink(to: &Path) -> Outcome<Box<dyn Write>> {
    if to != Path::new("-") {
        let file = File::create(to).hint(format!("{} cannot be written", to.display()))?;
        eprintln!("capturing into {}; Ctrl-C ends it", to.display());
        return Ok(Box::new(file));
    }
    let output = std::io::stdout();
    if output.is_terminal() {
        return Err(Failure::new("packets are no text for a terminal")
            .hint("name a file with `-w FILE`, or pipe it: `… | wireshark -k -i -`"));
    }
    Ok(Box::new(output))
}
