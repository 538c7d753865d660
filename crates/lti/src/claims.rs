//! The claims of a message, as the specification names them. Shapes only: `message` and `token` check.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// All claims that this tool looks at. Unknown ones are passed over (LTI 1.3 §5.4.7).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Claims {
    /// Who the user is to the platform.
    #[serde(default)]
    pub sub: Option<String>,
    /// When the platform made the token, in seconds since 1970.
    #[serde(default)]
    pub iat: Option<f64>,
    /// Their name, where the platform shares it.
    #[serde(default)]
    pub name: Option<String>,
    /// Their given name.
    #[serde(default)]
    pub given_name: Option<String>,
    /// Their family name.
    #[serde(default)]
    pub family_name: Option<String>,
    /// Their address, where the platform shares it.
    #[serde(default)]
    pub email: Option<String>,
    /// Their language.
    #[serde(default)]
    pub locale: Option<String>,
    /// Of LTI.
    #[serde(default, rename = "https://purl.imsglobal.org/spec/lti/claim/version")]
    pub version: Option<String>,
    /// Which message.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti/claim/message_type"
    )]
    pub message_type: Option<String>,
    /// Which deployment.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti/claim/deployment_id"
    )]
    pub deployment_id: Option<String>,
    /// Where to go.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti/claim/target_link_uri"
    )]
    pub target_link_uri: Option<String>,
    /// From which link.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti/claim/resource_link"
    )]
    pub resource_link: Option<ResourceLink>,
    /// Which course.
    #[serde(default, rename = "https://purl.imsglobal.org/spec/lti/claim/context")]
    pub context: Option<Context>,
    /// What the user is; `[]` is allowed, absence is not.
    #[serde(default, rename = "https://purl.imsglobal.org/spec/lti/claim/roles")]
    pub roles: Option<Vec<String>>,
    /// What the link was made with.
    #[serde(default, rename = "https://purl.imsglobal.org/spec/lti/claim/custom")]
    pub custom: Option<Map<String, Value>>,
    /// How the platform shows us.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti/claim/launch_presentation"
    )]
    pub presentation: Option<Presentation>,
    /// Where scores go.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    )]
    pub ags: Option<Ags>,
    /// Where members are listed.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
    )]
    pub nrps: Option<Nrps>,
    /// What may be picked.
    #[serde(
        default,
        rename = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
    )]
    pub deep_linking: Option<DeepLinkSettings>,
}

/// A link in a course.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct ResourceLink {
    /// Its id, unique within its deployment.
    #[serde(default)]
    pub id: Option<String>,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
}

/// A course of the platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Context {
    /// Its id.
    #[serde(default)]
    pub id: Option<String>,
    /// Its short name.
    #[serde(default)]
    pub label: Option<String>,
    /// Its title.
    #[serde(default)]
    pub title: Option<String>,
}

/// How the platform shows us.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Presentation {
    /// `iframe`, `frame` or `window`.
    #[serde(default)]
    pub document_target: Option<String>,
    /// Language.
    #[serde(default)]
    pub locale: Option<String>,
    /// Where back leads.
    #[serde(default)]
    pub return_url: Option<String>,
}

/// Where scores go (AGS §3.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ags {
    /// What we may.
    #[serde(default)]
    pub scope: Vec<String>,
    /// All line items of the course.
    #[serde(default)]
    pub lineitems: Option<String>,
    /// The one of this link, if there is exactly one.
    #[serde(default)]
    pub lineitem: Option<String>,
}

/// Where members are listed (NRPS §3.6.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nrps {
    /// The list's address.
    pub context_memberships_url: String,
}

/// What may be picked (Deep Linking §4.4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeepLinkSettings {
    /// Where the answer goes.
    #[serde(default)]
    pub deep_link_return_url: String,
    /// Kinds of content.
    #[serde(default)]
    pub accept_types: Vec<String>,
    /// More than one.
    #[serde(default)]
    pub accept_multiple: Option<bool>,
    /// With a line item.
    #[serde(default)]
    pub accept_lineitem: Option<bool>,
    /// Given back as it came.
    #[serde(default)]
    pub data: Option<Value>,
}
