//! `labwright run`: one lab for its author, in a browser, while it is being written; or an exported folder, for whoever
//! has a stick and no web server.

use std::path::PathBuf;
use std::sync::Arc;

use labwright_image::LabImage;
use labwright_manifest::LAB_FILE;
use labwright_place::Place;
use labwright_server::Server;

use crate::context::Context;
use crate::export::{self, list::LIST};
use crate::failure::{Explain, Failure, Outcome};
use crate::preview::Preview;
use crate::watch::Watch;
use crate::{lab, preview, serving};

/// Start a lab here and print a link that opens it, signed in
///
/// Pages and checks reload when their files change. Ctrl-C leaves nothing behind.
///
/// A folder that `labwright export --as web` made, on a stick perhaps, is served as it is, to this computer alone: nothing
/// is built or started, and nobody has to be root. Its port is always the same, because browsers keep a learner's work for
/// an address with its port.
#[derive(clap::Args)]
#[command(
    after_help = "Example:\n  sudo labwright run my-lab\n  sudo labwright run my-lab --lang fr\n  \
    labwright run /media/stick/sql-shop"
)]
pub struct Args {
    /// The lab's folder, or one that `labwright export --as web` made
    dir: PathBuf,
    /// Where the lab's machine is started [default: local]
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Listen on this port; by default any free one, and for an exported folder always the same
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Language of the page
    #[arg(long, value_name = "TAG", value_parser = ["en", "fr"])]
    lang: Option<String>,
    /// Do not look whether the lab's files change
    #[arg(long)]
    no_reload: bool,
}

impl Args {
    fn place(&self) -> &str {
        self.place.as_deref().unwrap_or(labwright_local::NAME)
    }

    /// Options that a page has no use for when its server is in the tab.
    fn of_labs_alone(&self) -> Option<&'static str> {
        let options = [
            ("--place", self.place.is_some()),
            ("--lang", self.lang.is_some()),
            ("--no-reload", self.no_reload),
        ];
        options.into_iter().find_map(|(name, is_given)| is_given.then_some(name))
    }
}

/// Serves the preview, or the exported folder, until Ctrl-C.
pub fn run(args: Args, context: &Context) -> Outcome {
    let is_lab = args.dir.join(LAB_FILE).is_file();
    if !is_lab && args.dir.join(LIST).is_file() {
        return run_export(&args, context);
    }
    if !is_lab {
        return Err(Failure::new(format!(
            "{} is neither a lab nor an exported one: it has no {LAB_FILE} and no {LIST}",
            args.dir.display()
        ))
        .hint("give the folder itself that has one of them"));
    }
    serving::needs_root("run")?;
    lab::known_places(&[args.place().to_owned()])?;
    let watch = Watch::new(&args.dir);
    let image = lab::build(&args.dir, context)?;
    context.block_on(async {
        let place = lab::open_place(args.place(), context)?;
        refuse_unfit(place.as_ref(), &image).await?;
        preview::sweep(place.as_ref(), context).await;
        let state = preview::state(context)?;
        let outcome = serve(&args, context, place, image, watch, state.path().to_owned()).await;
        // Removed here, so that a failure is told.
        state.close().context("removing the preview's folder")?;
        outcome
    })
}

fn run_export(args: &Args, context: &Context) -> Outcome {
    if let Some(option) = args.of_labs_alone() {
        let words = format!(
            "{option} is not for an exported folder, which {} is",
            args.dir.display()
        );
        return Err(Failure::new(words)
            .hint("languages are chosen in the page, and nothing else runs here")
            .bad_usage());
    }
    export::serve::run(&args.dir, args.port, context)
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
        port: args.port.unwrap_or_default(),
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
                server.replace_lab(&serving::served(new.clone(), args.place())).await;
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
