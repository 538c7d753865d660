//! What a person sees when a command fails: the object, the cause, what to do.

use std::io::IsTerminal;

/// A command's failure. Any error turns into one with `?`; `hint` and `context` add to it.
#[derive(Debug)]
pub struct Failure {
    /// What failed.
    pub message: String,
    /// Why, outermost first.
    pub causes: Vec<String>,
    /// What to do.
    pub hint: Option<String>,
    /// Exit status.
    pub status: u8,
}

/// What a command returns.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure that names the object.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            causes: Vec::new(),
            hint: None,
            status: 1,
        }
    }

    /// A failure whose words are already on stderr: only its status is left to tell.
    pub fn reported(status: u8) -> Self {
        Self {
            message: String::new(),
            causes: Vec::new(),
            hint: None,
            status,
        }
    }

    /// Adds what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Makes it one of whoever called the program: status 2.
    pub fn bad_usage(mut self) -> Self {
        self.status = 2;
        self
    }

    /// Puts a sentence before it that says what was being done; it becomes the cause.
    pub fn context(mut self, message: impl Into<String>) -> Self {
        let cause = std::mem::replace(&mut self.message, message.into());
        self.causes.insert(0, cause);
        self
    }

    /// Prints it on stderr.
    pub fn print(&self) {
        if self.message.is_empty() {
            return;
        }
        let (red, bold, reset) = if std::io::stderr().is_terminal() {
            ("\x1b[1;31m", "\x1b[1m", "\x1b[0m")
        } else {
            ("", "", "")
        };
        eprintln!("{red}error:{reset} {bold}{}{reset}", self.message);
        for cause in &self.causes {
            eprintln!("  cause: {}", cause.replace('\n', "\n         "));
        }
        if let Some(hint) = &self.hint {
            eprintln!("  hint:  {}", hint.replace('\n', "\n         "));
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut failure = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }
}

/// Adds words to an error on its way up.
pub trait Explain<T> {
    /// Says what was being done.
    fn context(self, message: impl Into<String>) -> Outcome<T>;
    /// Says what to do.
    fn hint(self, hint: impl Into<String>) -> Outcome<T>;
}

impl<T, E: Into<Failure>> Explain<T> for Result<T, E> {
    fn context(self, message: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| error.into().context(message))
    }

    fn hint(self, hint: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| error.into().hint(hint))
    }
}
