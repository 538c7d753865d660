//! `labwright run`: one lab for its author, in a browser, while it is being written.

use std::path::PathBuf;
use std::sync::Arc;

use labwright_image::LabImage;
use labwright_place::Place;
use labwright_server::Server;

use crate::context::Context;
use crate::failure::{Explain, Failure, Outcome};
use crate::preview::Preview;
use crate::watch::Watch;
use crate::{lab, preview, serving};

/// Start a lab here and print a link that opens it, signed in
///
/// Pages and checks reload when their files change. Ctrl-C leaves nothing behind.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  sudo labwright run my-lab\n  sudo labwright run my-lab --lang fr"
)]
pub struct Args {
    /// The lab's folder
    dir: PathBuf,
    /// Where the lab's machine is started
    #[arg(long, value_name = "PLACE", default_value = labwright_local::NAME)]
    place: String,
    /// Listen on this port; any free one by default
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    port: u16,
    /// Language of the page
    #[arg(long, value_name = "TAG", value_parser = ["en", "fr"])]
    lang: Option<String>,
    /// Do not look whether the lab's files change
    #[arg(long)]
    no_reload: bool,
}

/// Serves the preview until Ctrl-C.
pub fn run(args: Args, context: &Context) -> Outcome {
    serving::needs_root("run")?;
    lab::known_places(std::slice::from_ref(&args.place))?;
    let watch = Watch::new(&args.dir);
    let image = lab::build(&args.dir, context)?;
    context.block_on(async {
        let place = lab::open_place(&args.place, context)?;
        refuse_unfit(place.as_ref(), &image).await?;
        preview::sweep(place.as_ref(), context).await;
        let state = preview::state(context)?;
        let outcome = serve(&args, context, place, image, watch, state.path().to_owned()).await;
        // Removed here, so that a failure is told.
        state.close().context("removing the preview's folder")?;
        outcome
    })
}

async fn serve(
    args: &Args,
    context: &Context,
    place: Arc<dyn Place>,
    image: LabImage,
    mut watch: Watch,
    state: PathBuf,
) -> Outcome {
    let name = image.lab.name.clone();
    let preview = Preview {
        image: image.clone(),
        place,
        state,
        port: args.port,
        language: args.lang.clone(),
    };
    let (server, token) = preview.boot().await?;
    println!("{}/labs/{}/{name}#token={token}", server.link, preview::COURSE);
    eprintln!("open this link; pages and checks reload when they change; Ctrl-C ends it");
    let ended = tokio::select! {
        ended = serving::told_to_end() => ended,
        () = reload(&server, args, context, image, &mut watch), if !args.no_reload => Ok(()),
    };
    eprintln!("stopping");
    let left = server.discard_all().await;
    server.stop().await;
    if left > 0 {
        return Err(Failure::new("the lab's machine could not be stopped")
            .hint("the next `labwright run` tries again; see `labwright session ls`"));
    }
    ended
}

/// Builds again whenever the folder has changed; never ends by itself.
async fn reload(
    server: &Server,
    args: &Args,
    context: &Context,
    mut image: LabImage,
    watch: &mut Watch,
) {
    loop {
        watch.changed().await;
        let (folder, surroundings) = (args.dir.clone(), context.clone());
        let built = tokio::task::spawn_blocking(move || lab::build(&folder, &surroundings)).await;
        match built {
            Ok(Ok(new)) if new.lab.name != image.lab.name => {
                eprintln!("the lab has another name now: end this and run it again");
            }
            Ok(Ok(new)) => {
                server.replace_lab(&serving::served(new.clone(), &args.place)).await;
                if is_other_machine(&image, &new) {
                    eprintln!(
                        "nodes or networks changed: end the lab in the page and start it again"
                    );
                } else {
                    eprintln!("reloaded");
                }
                image = new;
            }
            Ok(Err(failure)) => {
                failure.print();
                eprintln!("the page keeps what it has until this is mended");
            }
            Err(_) => eprintln!("the build was interrupted"),
        }
    }
}

/// Whether a running machine is not what the lab now says.
fn is_other_machine(old: &LabImage, new: &LabImage) -> bool {
    old.nodes != new.nodes
        || old.lab.nodes != new.lab.nodes
        || old.lab.networks != new.lab.networks
        || old.lab.params != new.lab.params
}

async fn refuse_unfit(place: &dyn Place, image: &LabImage) -> Outcome {
    for problem in place.validate(&image.lab).await {
        if problem.fit == labwright_place::Fit::Refused {
            return Err(Failure::new(format!(
                "{} does not run in place {}",
                image.lab.name,
                place.name()
            ))
            .hint(problem.message));
        }
        eprintln!("note: {}", problem.message);
    }
    Ok(())
}
