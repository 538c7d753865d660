//! Why a message is refused: one reason a check, so that a test and a log line can name it.

/// Why a message from a platform is refused. The text names no person and holds no part of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A parameter is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A parameter or claim is longer than allowed, or not of its kind.
    #[error("`{0}` is not what the specification allows")]
    Malformed(&'static str),
    /// No JWT, or one of another kind.
    #[error("the token is no JWT that can be read")]
    NotJwt,
    /// Signed in another way than RS256.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// The token does not say which key signed it.
    #[error("the token names no key (`kid`)")]
    NoKeyId,
    /// The platform has no such key.
    #[error("the platform's key set has no key of this id")]
    UnknownKey,
    /// The platform has two of them.
    #[error("the platform's key set has several keys of this id")]
    DuplicateKey,
    /// The key is too short.
    #[error("the platform's key is no RSA key of 2048 bits or more")]
    WeakKey,
    /// What stands at the address of the key set is none.
    #[error("the platform's key set cannot be read")]
    BadKeySet,
    /// The signature is not that of the key.
    #[error("the signature is wrong")]
    Signature,
    /// The token is another platform's.
    #[error("the issuer is not the registered one")]
    Issuer,
    /// The token is meant for another tool.
    #[error("the audience is not our client id")]
    Audience,
    /// Several audiences, and the one that may use it is not us.
    #[error("the authorised party is not our client id")]
    AuthorisedParty,
    /// Its time is over.
    #[error("the token has expired; do both clocks agree?")]
    Expired,
    /// It was made in the future.
    #[error("the token comes from the future; do both clocks agree?")]
    FromTheFuture,
    /// It was made too long ago.
    #[error("the token is too old; do both clocks agree?")]
    TooOld,
    /// It is good for longer than a launch can last.
    #[error("the token is good for too long")]
    TooLong,
    /// The nonce is not the one that was sent.
    #[error("the nonce is not the one that belongs to this sign-in")]
    Nonce,
    /// Another version.
    #[error("the message is not of LTI 1.3.0")]
    Version,
    /// A message that this tool does not know.
    #[error("the message is of a type that this tool does not take")]
    MessageType,
    /// The deployment is not registered.
    #[error("the deployment is not registered")]
    Deployment,
    /// The target is not ours.
    #[error("the target link is no address of this server")]
    Target,
    /// An address in the message is none of the platform's.
    #[error("`{0}` is no address of the platform")]
    ForeignAddress(&'static str),
    /// The platform does not take what this tool can give.
    #[error("the platform takes no LTI resource link here")]
    ContentType,
    /// A learner may not pick.
    #[error("only teachers pick content")]
    NotTeacher,
}
