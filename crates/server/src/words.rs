//! What the server says to people, in English and French, and with which status.
//!
//! One list, so that every refusal has a code, a cause and something to do. A refusal must not
//! say whether somebody else's thing exists.

use axum::http::StatusCode;
use labwright_grading::AnswerError;

/// A language that the server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

impl Language {
    /// Its tag, as in `lab.yaml`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Sets a text as the language's printers do: French has no-break spaces before `: ; ? !`.
    pub(crate) fn set(self, text: &str) -> String {
        match self {
            Self::English => text.to_owned(),
            Self::French => [':', ';', '?', '!']
                .iter()
                .fold(text.to_owned(), |text, sign| {
                    text.replace(&format!(" {sign}"), &format!("\u{a0}{sign}"))
                }),
        }
    }

    /// The language of a tag such as `fr-CA`, if the server speaks it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("en") => Some(Self::English),
            Some("fr") => Some(Self::French),
            _ => None,
        }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Name or password is wrong.
    SignInFailed,
    /// No token, or one that is worth nothing.
    NotSignedIn,
    /// Signed in, but not for this.
    Forbidden,
    /// It does not exist, or is not this person's.
    NotFound,
    /// The path exists, this method of it does not.
    NoSuchMethod,
    /// A page of another site sent it.
    CrossSite,
    /// Too many attempts; try again after so many seconds.
    TooMany {
        /// Seconds.
        after_s: u64,
    },
    /// The request itself is wrong: why, in English.
    BadRequest(String),
    /// The request's body is too large.
    TooLarge,
    /// The session is not ready.
    NotReady,
    /// The lab cannot be started now: why.
    CannotStart(String),
    /// No more terminals in this session.
    TerminalLimit,
    /// No more time for this session.
    NoMoreTime,
    /// The session has no time limit.
    NoTimeLimit,
    /// It was done of another lab.
    OtherLab,
    /// Somebody else has handed in this browser's work.
    OthersWork,
    /// The lab has no such task.
    NoSuchTask,
    /// Nobody can judge it again, and a browser's word is not taken here.
    SelfReported,
    /// More attempts, or from more browsers, than anybody needs.
    TooMuchKept,
    /// A session of the lab is open, which has files of its own.
    SessionOpen,
    /// The lab's time has not come.
    NotOpen,
    /// The lab's time is over.
    LabClosed,
    /// All tries at a task are used.
    NoTriesLeft,
    /// The session is being reset.
    Resetting,
    /// The session is over.
    Over,
    /// This task is being checked already.
    Checking,
    /// This version cannot check such a task.
    Unsupported,
    /// Pages of labs have no address on this server, or none from where the browser is.
    NoAppsDomain,
    /// Nothing listens on the port of a node.
    NobodyListens,
    /// The lab's machine did not answer.
    NoAnswer,
    /// The sign-in name is taken.
    NameTaken,
    /// The sign-in name has forbidden characters.
    BadName,
    /// The password is too short or too long.
    BadPassword,
    /// The answer cannot be judged: why.
    BadAnswer(AnswerError),
    /// The invitation is used up, over or unknown.
    InvitationGone,
    /// The provider that people sign in with did not do its part.
    Provider,
    /// The code of a launch is used, over or unknown.
    LaunchGone,
    /// This client id of this issuer is registered.
    PlatformKnown,
    /// The learner has a hand up at this lab.
    HandUp,
    /// The hand is down.
    HandDown,
    /// Another teacher has the hand: who.
    HandTaken(String),
    /// Somebody else asks this learner, or looks.
    LookTaken,
    /// This question or look is over.
    LookOver,
    /// No page of the learner's is open.
    LearnerAway,
    /// There is no room for more sessions.
    Full,
    /// The disk or the database refuses to write.
    StorageFull,
    /// The server has too much to do.
    Busy,
    /// A fault of ours.
    Internal,
}

/// How a refusal is told.
pub struct Told {
    /// HTTP status.
    pub status: StatusCode,
    /// For programs.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Refusal {
    /// Tells it in a language.
    pub fn tell(&self, language: Language) -> Told {
        let (status, code, english, french) = self.words();
        let (message, hint) = match language {
            Language::English => english,
            Language::French => french,
        };
        let message = match self {
            Self::BadAnswer(error) => answer(error, language),
            Self::BadRequest(cause) | Self::CannotStart(cause) => {
                format!("{message} {cause}")
            }
            Self::HandTaken(name) => message.replace("{name}", name),
            Self::TooMany { after_s } => message.replace("{s}", &after_s.to_string()),
            _ => message.to_owned(),
        };
        Told {
            status,
            code,
            message: language.set(&message),
            hint: language.set(hint),
        }
    }

    fn words(&self) -> Words {
        self.about_people()
            .or_else(|| self.about_sessions())
            .or_else(|| self.about_help())
            .or_else(|| self.about_browsers())
            .unwrap_or_else(|| self.about_requests())
    }

    #[rustfmt::skip]
    fn about_people(&self) -> Option<Words> {
        match self {
            Self::SignInFailed => Some((StatusCode::UNAUTHORIZED, "sign_in_failed",
                ("This name and this password do not belong together.", "Check both, capital letters too. A teacher can give you a new password."),
                ("Ce nom et ce mot de passe ne vont pas ensemble.", "Vérifiez les deux, majuscules comprises. Une personne qui enseigne peut vous donner un nouveau mot de passe."))),
            Self::NotSignedIn => Some((StatusCode::UNAUTHORIZED, "not_signed_in",
                ("You are not signed in.", "Sign in, then try again."),
                ("Vous n’êtes pas connecté.", "Connectez-vous, puis réessayez."))),
            Self::Forbidden => Some((StatusCode::FORBIDDEN, "forbidden",
                ("Your account may not do this.", "Ask the course team if you should be able to."),
                ("Votre compte ne permet pas cela.", "Demandez à l’équipe du cours si vous devriez le pouvoir."))),
            Self::TooMany { .. } => Some((StatusCode::TOO_MANY_REQUESTS, "too_many",
                ("Too many attempts. You can try again in {s} s.", "Wait, then try again."),
                ("Trop d’essais. Vous pourrez réessayer dans {s} s.", "Attendez, puis réessayez."))),
            Self::NameTaken => Some((StatusCode::CONFLICT, "name_taken",
                ("This sign-in name is taken.", "Choose another one. If it is yours, sign in and open the invitation again."),
                ("Ce nom de connexion est déjà pris.", "Choisissez-en un autre. S’il est à vous, connectez-vous et rouvrez l’invitation."))),
            Self::BadName => Some((StatusCode::BAD_REQUEST, "bad_name",
                ("This sign-in name cannot be used.", "Use 2 to 64 letters, digits and . - _ @, without spaces."),
                ("Ce nom de connexion ne convient pas.", "Prenez de 2 à 64 lettres, chiffres et . - _ @, sans espace."))),
            Self::BadPassword => Some((StatusCode::BAD_REQUEST, "bad_password",
                ("This password cannot be used.", "Use at least 10 characters; three or four words are good."),
                ("Ce mot de passe ne convient pas.", "Prenez au moins 10 caractères ; trois ou quatre mots font l’affaire."))),
            Self::Provider => Some((StatusCode::BAD_GATEWAY, "provider",
                ("The sign-in of your school did not work.", "Try again; if it happens again, tell the operator when it happened."),
                ("La connexion par votre établissement n’a pas marché.", "Réessayez ; si cela se répète, dites à l’exploitant quand c’est arrivé."))),
            Self::InvitationGone => Some((StatusCode::NOT_FOUND, "invitation_gone",
                ("This invitation is over or was never made.", "Ask the course team for a new one."),
                ("Cette invitation est passée ou n’a jamais existé.", "Demandez-en une nouvelle à l’équipe du cours."))),
            _ => None,
        }
    }

    #[rustfmt::skip]
    fn about_browsers(&self) -> Option<Words> {
        match self {
            Self::OtherLab => Some((StatusCode::CONFLICT, "other_lab",
                ("These results are of another lab.", "Hand them in at that lab."),
                ("Ces résultats sont ceux d’un autre TP.", "Remettez-les dans ce TP-là."))),
            Self::OthersWork => Some((StatusCode::CONFLICT, "others_work",
                ("Somebody else has handed in this work.", "Hand in what you did yourself, in your own browser."),
                ("Une autre personne a déjà remis ce travail.", "Remettez ce que vous avez fait vous-même, dans votre navigateur."))),
            Self::NoSuchTask => Some((StatusCode::CONFLICT, "no_such_task",
                ("The lab has no such task any more.", "There is nothing to do."),
                ("Le TP n’a plus cette tâche.", "Il n’y a rien à faire."))),
            Self::SelfReported => Some((StatusCode::CONFLICT, "self_reported",
                ("This course counts only what the server can check again.", "Do this task in the lab on the server."),
                ("Ce cours ne compte que ce que le serveur peut vérifier à nouveau.", "Faites cette tâche dans le TP sur le serveur."))),
            Self::TooMuchKept => Some((StatusCode::CONFLICT, "too_much_kept",
                ("You have handed in more attempts at this lab than are kept.", "What counts is there; ask your teacher if you need more."),
                ("Vous avez remis plus d’essais pour ce TP que ce qui est conservé.", "Ce qui compte est là ; demandez à votre enseignant s’il vous en faut plus."))),
            Self::SessionOpen => Some((StatusCode::CONFLICT, "session_open",
                ("The lab is open on the server, with files of its own.", "End it there first; then its files are replaced by these."),
                ("Le TP est ouvert sur le serveur, avec ses propres fichiers.", "Terminez-le d’abord là-bas ; ses fichiers seront alors remplacés par ceux-ci."))),
            _ => None,
        }
    }

    #[rustfmt::skip]
    fn about_sessions(&self) -> Option<Words> {
        match self {
            Self::NotReady => Some((StatusCode::CONFLICT, "not_ready",
                ("The lab is not running just now.", "Wait until it is ready, or start it again."),
                ("Le TP ne tourne pas en ce moment.", "Attendez qu’il soit prêt, ou redémarrez-le."))),
            Self::CannotStart(_) => Some((StatusCode::CONFLICT, "cannot_start",
                ("The lab cannot be started here:", "Tell the course team."),
                ("Le TP ne peut pas démarrer ici :", "Prévenez l’équipe du cours."))),
            Self::TerminalLimit => Some((StatusCode::CONFLICT, "terminal_limit",
                ("This lab has as many terminals as it may.", "Close one that you no longer need."),
                ("Ce TP a autant de terminaux que possible.", "Fermez-en un dont vous n’avez plus besoin."))),
            Self::NoMoreTime => Some((StatusCode::CONFLICT, "no_more_time",
                ("The time of this lab cannot be extended further.", "Your files are saved when it ends; start it again to go on."),
                ("La durée de ce TP ne peut plus être prolongée.", "Vos fichiers sont enregistrés à la fin ; redémarrez-le pour continuer."))),
            Self::NoTimeLimit => Some((StatusCode::CONFLICT, "no_time_limit",
                ("This lab has no time limit.", "There is nothing to do."),
                ("Ce TP n’a pas de limite de temps.", "Il n’y a rien à faire."))),
            Self::NotOpen => Some((StatusCode::CONFLICT, "not_open",
                ("This lab is not open yet.", "Your course page says when it opens."),
                ("Ce TP n’est pas encore ouvert.", "La page de vos cours dit quand il ouvre."))),
            Self::LabClosed => Some((StatusCode::CONFLICT, "lab_closed",
                ("This lab is closed. What you did counts as it is.", "Ask the course team if you need more time."),
                ("Ce TP est fermé. Ce que vous avez fait compte tel quel.", "Demandez à l’équipe du cours s’il vous faut plus de temps."))),
            Self::NoTriesLeft => Some((StatusCode::CONFLICT, "no_tries_left",
                ("You have used all your tries at this task.", "What you have counts. Go on with the next task."),
                ("Vous avez utilisé tous vos essais à cet exercice.", "Ce que vous avez compte. Passez à l’exercice suivant."))),
            Self::Resetting => Some((StatusCode::CONFLICT, "resetting",
                ("The lab is being reset.", "Wait until that is over."),
                ("Le TP est en cours de remise à zéro.", "Attendez que ce soit fini."))),
            Self::Over => Some((StatusCode::CONFLICT, "over",
                ("This session is over.", "Start the lab again from your course."),
                ("Cette session est terminée.", "Redémarrez le TP depuis votre cours."))),
            Self::Checking => Some((StatusCode::CONFLICT, "checking",
                ("This task is being checked already.", "Wait for the result."),
                ("Cet exercice est déjà en cours de vérification.", "Attendez le résultat."))),
            Self::Unsupported => Some((StatusCode::NOT_IMPLEMENTED, "unsupported",
                ("This server cannot check such a task.", "It is not your work; no attempt was counted. Tell the course team."),
                ("Ce serveur ne sait pas vérifier un tel exercice.", "Votre travail n’est pas en cause ; aucun essai n’est compté. Prévenez l’équipe du cours."))),
            Self::NoAppsDomain => Some((StatusCode::CONFLICT, "no_apps_domain",
                ("This server has no address for web pages of labs, or none that your browser reaches.", "Operators: set `apps_domain` in the configuration; docs/server.md says how. On the server's own machine, open Labwright as localhost."),
                ("Ce serveur n’a pas d’adresse pour les pages web des TP, ou aucune que votre navigateur atteigne.", "Exploitants : mettez `apps_domain` dans la configuration ; docs/server.md dit comment. Sur la machine du serveur, ouvrez Labwright par localhost."))),
            Self::NobodyListens => Some((StatusCode::CONFLICT, "nobody_listens",
                ("Nothing listens on this port of the node yet.", "Start the program that does, then try again."),
                ("Rien n’écoute encore sur ce port du nœud.", "Démarrez le programme qui le fait, puis réessayez."))),
            Self::NoAnswer => Some((StatusCode::SERVICE_UNAVAILABLE, "no_answer",
                ("The lab's machine did not answer.", "Nothing was lost. Try again in a moment."),
                ("La machine du TP n’a pas répondu.", "Rien n’est perdu. Réessayez dans un instant."))),
            Self::BadAnswer(_) => Some((StatusCode::BAD_REQUEST, "bad_answer",
                ("", "Correct it and check again; this was not counted."),
                ("", "Corrigez-la et vérifiez à nouveau ; cet essai n’est pas compté."))),
            Self::LaunchGone => Some((StatusCode::GONE, "launch_gone",
                ("This link from your course was used already, or is over.", "Go back to your course and open the lab again."),
                ("Ce lien de votre cours a déjà servi ou a expiré.", "Retournez dans votre cours et ouvrez à nouveau le TP."))),
            Self::PlatformKnown => Some((StatusCode::CONFLICT, "platform_known",
                ("This client id of this issuer is registered already.", "Remove the old registration first, or check the values."),
                ("Cet identifiant client de cet émetteur est déjà enregistré.", "Supprimez d’abord l’ancien enregistrement, ou vérifiez les valeurs."))),
            Self::Full => Some((StatusCode::SERVICE_UNAVAILABLE, "full",
                ("There is no room for another lab just now.", "Try again in a few minutes."),
                ("Il n’y a pas de place pour un TP de plus en ce moment.", "Réessayez dans quelques minutes."))),
            _ => None,
        }
    }

    #[rustfmt::skip]
    fn about_help(&self) -> Option<Words> {
        match self {
            Self::HandUp => Some((StatusCode::CONFLICT, "hand_up",
                ("Your hand is up already.", "Say more there, or take it back first."),
                ("Votre main est déjà levée.", "Ajoutez-y quelques mots, ou baissez-la d’abord."))),
            Self::HandDown => Some((StatusCode::CONFLICT, "hand_down",
                ("This hand is down already.", "Nothing was sent. Raise it again if there is more to ask."),
                ("Cette main est déjà baissée.", "Rien n’a été envoyé. Levez-la à nouveau s’il reste une question."))),
            Self::HandTaken(_) => Some((StatusCode::CONFLICT, "hand_taken",
                ("{name} has taken this hand.", "Leave it, or take it over."),
                ("{name} s’occupe de cette main.", "Laissez-la, ou reprenez-la."))),
            Self::LookTaken => Some((StatusCode::CONFLICT, "look_taken",
                ("Another teacher asks this learner just now, or looks.", "Try again in a few minutes."),
                ("Une autre personne de l’équipe demande déjà à voir cet écran, ou le regarde.", "Réessayez dans quelques minutes."))),
            Self::LookOver => Some((StatusCode::CONFLICT, "look_over",
                ("This question is over.", "Nothing changed. If somebody asks again, you will see it."),
                ("Cette demande n’est plus valable.", "Rien n’a changé. Si quelqu’un redemande, vous le verrez."))),
            Self::LearnerAway => Some((StatusCode::CONFLICT, "learner_away",
                ("The learner's page is not open, so nobody can be asked.", "Try again when it is."),
                ("La page de cette personne n’est pas ouverte : on ne peut rien lui demander.", "Réessayez quand elle le sera."))),
            _ => None,
        }
    }

    /// All that is left; what is not named is a fault of ours.
    #[rustfmt::skip]
    fn about_requests(&self) -> Words {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found",
                ("There is no such thing here, or it is not yours.", "Go back to your labs."),
                ("Cela n’existe pas ici, ou n’est pas à vous.", "Retournez à vos TP.")),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, "no_such_method",
                ("This address does not take that kind of request.", "See /api/openapi.json."),
                ("Cette adresse n’accepte pas ce genre de requête.", "Voir /api/openapi.json.")),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site",
                ("This request came from another site's page.", "Open Labwright by its own address. Operators: set `public_url` to that address."),
                ("Cette requête vient de la page d’un autre site.", "Ouvrez Labwright par sa propre adresse. Exploitants : mettez cette adresse dans `public_url`.")),
            Self::BadRequest(_) => (StatusCode::BAD_REQUEST, "bad_request",
                ("The request cannot be understood:", "See /api/openapi.json."),
                ("La requête ne peut pas être comprise :", "Voir /api/openapi.json.")),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large",
                ("The request is too large.", "Send less at once."),
                ("La requête est trop grande.", "Envoyez-en moins à la fois.")),
            Self::StorageFull => (StatusCode::SERVICE_UNAVAILABLE, "storage_full",
                ("The server cannot write: its disk is full.", "Nothing that was confirmed is lost. Tell the operator, then try again."),
                ("Le serveur ne peut plus écrire : son disque est plein.", "Rien de ce qui a été confirmé n’est perdu. Prévenez l’exploitant, puis réessayez.")),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy",
                ("The server has too much to do just now.", "Try again in a moment."),
                ("Le serveur a trop à faire en ce moment.", "Réessayez dans un instant.")),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "internal",
                ("The server failed at this. It was not your doing.", "Try again; if it happens again, tell the operator when it happened."),
                ("Le serveur n’y est pas arrivé. Vous n’y êtes pour rien.", "Réessayez ; si cela se répète, dites à l’exploitant quand c’est arrivé.")),
        }
    }
}

/// Why an answer cannot be judged.
fn answer(error: &AnswerError, language: Language) -> String {
    match (error, language) {
        (AnswerError::Missing, Language::English) => "This task needs an answer.".to_owned(),
        (AnswerError::Missing, Language::French) => "Cet exercice demande une réponse.".to_owned(),
        (AnswerError::TooLong { limit }, Language::English) => {
            format!("The answer is longer than {limit} characters.")
        }
        (AnswerError::TooLong { limit }, Language::French) => {
            format!("La réponse dépasse {limit} caractères.")
        }
        (AnswerError::NotNumber { text }, Language::English) => {
            format!("“{text}” is not a number.")
        }
        (AnswerError::NotNumber { text }, Language::French) => {
            format!("«\u{a0}{text}\u{a0}» n’est pas un nombre.")
        }
        (AnswerError::NotChoice { .. }, Language::English) => {
            "This is none of the choices.".to_owned()
        }
        (AnswerError::NotChoice { .. }, Language::French) => {
            "Ce n’est aucun des choix proposés.".to_owned()
        }
    }
}

type Pair = (&'static str, &'static str);
type Words = (StatusCode, &'static str, Pair, Pair);
