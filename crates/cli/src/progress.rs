//! Progress of a build on stderr: bars on a terminal, plain lines elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use labwright_image::{Event, Progress};

/// Steps of a bar.
const FULL: u64 = 1000;
const TICK: Duration = Duration::from_millis(120);

/// Draws a build's events.
pub struct BuildProgress {
    terminal: bool,
    bar: Option<ProgressBar>,
    started: Instant,
    /// Also say what is taken from the store.
    verbose: bool,
}

impl BuildProgress {
    /// Draws on stderr. `verbose` also names layers that are taken from the store.
    pub fn new(verbose: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self {
            terminal,
            bar: None,
            started: Instant::now(),
            verbose,
        }
    }

    fn start(&mut self, title: &str) {
        self.started = Instant::now();
        if !self.terminal {
            eprintln!("building {title}");
            return;
        }
        let bar = ProgressBar::with_draw_target(Some(FULL), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}  {wide_msg}") {
            bar.set_style(style);
        }
        bar.set_prefix(title.to_owned());
        bar.enable_steady_tick(TICK);
        self.bar = Some(bar);
    }

    fn step(&mut self, share: Option<f64>, note: &str) {
        let Some(bar) = &self.bar else {
            return;
        };
        if let Some(share) = share {
            let template = "{spinner} {prefix}  [{bar:20}] {percent:>3}%  {wide_msg}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style.progress_chars("=> "));
            }
            bar.set_position((share.clamp(0.0, 1.0) * FULL as f64) as u64);
        }
        bar.set_message(note.to_owned());
    }

    fn print(&mut self, line: &str) {
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
    }

    fn finish(&mut self, title: &str, bytes: u64) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let seconds = self.started.elapsed().as_secs_f64();
        eprintln!("built {title} ({}, {seconds:.1} s)", HumanBytes(bytes));
    }
}

impl Progress for BuildProgress {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Waiting => eprintln!("another build is at work; waiting for it"),
            Event::Cached { title, .. } => {
                if self.verbose {
                    eprintln!("have  {title}");
                }
            }
            Event::Started { title, .. } => self.start(title),
            Event::Step { share, note, .. } => self.step(share, note),
            Event::Output { line, .. } => self.print(&format!("  | {line}")),
            Event::Finished { title, bytes, .. } => self.finish(title, bytes),
        }
    }
}

impl Drop for BuildProgress {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
