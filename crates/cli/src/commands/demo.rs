//! `labwright demo`: everything at once, with example labs and accounts.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use labwright_server::{
    AccountConfig, BootError, Clock, Config, CourseConfig, DEFAULT_PORT, Parts, Server, TitleConfig, boot,
};
use labwright_store::random_id;

use crate::context::Context;
use crate::failure::{Explain, Outcome};
use crate::serving;

/// The course of the demonstration.
const COURSE: &str = "demo";
/// Random characters of a password.
const PASSWORD_CHARS: usize = 8;

/// Build the example labs and serve them, with a learner, a teacher and an operator
///
/// The second run starts within seconds. Ctrl-C saves and stops what runs.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  sudo labwright demo\n  sudo labwright demo --labs ~/my-labs")]
pub struct Args {
    /// A lab folder, or a folder of lab folders
    #[arg(long, value_name = "DIR", default_value = "labs")]
    labs: PathBuf,
    /// Listen here; 127.0.0.1:8080, or any free port when that is taken
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
}

/// Serves until Ctrl-C.
pub fn run(args: Args, context: &Context) -> Outcome {
    serving::needs_root("demo")?;
    let state = context.state.join("demo");
    std::fs::create_dir_all(&state).context(format!("making {}", state.display()))?;
    let labs = std::path::absolute(&args.labs)?;
    let config = config(accounts(&state.join("accounts.toml"))?, labs);
    let catalogue = Arc::new(serving::catalogue(&config, context)?);
    serving::offer(&config, &state, context)?;
    context.block_on(async {
        let parts = |config| {
            Ok::<_, crate::failure::Failure>(Parts {
                config,
                state: state.clone(),
                place: serving::place(labwright_local::NAME, context)?,
                catalogue: Arc::clone(&catalogue),
                id_prefix: None,
                asker: serving::asker(),
                clock: Clock::default(),
            })
        };
        let mut config = config;
        config.listen = args.listen;
        let server = match boot(parts(config.clone())?).await {
            // Something else has the usual port: any other will do.
            Err(BootError::Listen { .. }) if args.listen.is_none() => {
                config.listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
                boot(parts(config.clone())?).await?
            }
            booted => booted.hint("see `labwright doctor`")?,
        };
        print(&server, &config);
        serving::told_to_end().await?;
        eprintln!("saving and stopping the labs that run");
        server.sleep_all().await;
        server.stop().await;
        Ok(())
    })
}

fn config(accounts: Vec<AccountConfig>, labs: PathBuf) -> Config {
    let title = [("en", "Demonstration"), ("fr", "Démonstration")];
    let title = title.map(|(tag, title)| (tag.to_owned(), title.to_owned()));
    Config {
        listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, DEFAULT_PORT))),
        accounts,
        courses: vec![CourseConfig {
            id: COURSE.to_owned(),
            title: TitleConfig::Many(title.into()),
            labs: vec![labs],
            teachers: vec!["teacher".to_owned()],
            rules: BTreeMap::new(),
            ends: None,
            keep_days: None,
            learners: vec!["learner".to_owned()],
            exam: false,
        }],
        offer_in_browser: true,
        ..Config::default()
    }
}

/// The demonstration's people. Their passwords are drawn once and kept where only root reads.
fn accounts(path: &Path) -> Outcome<Vec<AccountConfig>> {
    if path.exists() {
        let config = Config::read(path)?;
        return Ok(config.accounts);
    }
    let people = [
        ("learner", "Lea Learner"),
        ("teacher", "Theo Teacher"),
        ("operator", "Olga Operator"),
    ];
    let mut text =
        String::from("# The people of `labwright demo`. Remove this file for new passwords.\n");
    for (name, display_name) in people {
        let random: String = random_id()?.chars().take(PASSWORD_CHARS).collect();
        let operator = name == "operator";
        text.push_str(&format!(
            "\n[[accounts]]\nname = \"{name}\"\ndisplay_name = \"{display_name}\"\n\
             password = \"{name}-{random}\"\noperator = {operator}\n"
        ));
    }
    let writing = || format!("writing {}", path.display());
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .context(writing())?;
    file.write_all(text.as_bytes()).context(writing())?;
    Ok(Config::read(path)?.accounts)
}

fn print(server: &Server, config: &Config) {
    println!("\n  Labwright   {}\n", server.link);
    for account in &config.accounts {
        let password = account.password.as_deref().unwrap_or("(as you set it)");
        println!("  {:<10}  password  {password}", account.name);
    }
    println!("\n  Ctrl-C ends it; running labs are saved.");
}
