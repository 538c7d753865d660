//! What a checked token asks for: a launch, or a teacher who picks (LTI 1.3 §5.3, Deep Linking §4.4).

use url::Url;

use crate::claims::{Ags, Claims, Context, DeepLinkSettings, Nrps, Presentation};
use crate::roles::{Standing, standing};
use crate::{Platform, Refused, names};

/// Longest id of a user, a deployment, a link or a context (LTI 1.3 §5.3).
const MAX_ID_CHARS: usize = 255;
/// Longest address in a message.
const MAX_URL_BYTES: usize = 4096;

/// A message that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who, to the platform.
    pub subject: String,
    /// The name that the platform shares, if any.
    pub name: Option<String>,
    /// What they are in the context.
    pub standing: Standing,
    /// Which deployment.
    pub deployment: String,
    /// The course that it came from.
    pub context: Option<Context>,
    /// A language tag.
    pub locale: Option<String>,
    /// How the platform shows us.
    pub presentation: Presentation,
    /// What it asks for.
    pub launch: Launch,
}

/// What a message asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Launch {
    /// Open what a link stands for.
    ResourceLink {
        /// The link's id.
        id: String,
        /// Its title.
        title: Option<String>,
        /// Where it leads, on this server.
        target: Url,
        /// What it was made with: texts only.
        custom: Vec<(String, String)>,
        /// Where scores go.
        ags: Option<Ags>,
        /// Where members are listed.
        nrps: Option<Nrps>,
    },
    /// Let a teacher pick.
    DeepLink(DeepLinkSettings),
}

/// Checks the claims of a verified token against the registration and this server's own address.
pub fn check_message(claims: Claims, platform: &Platform, tool: &Url) -> Result<Message, Refused> {
    if claims
        .version
        .as_deref()
        .ok_or(Refused::Missing("version"))?
        != names::VERSION
    {
        return Err(Refused::Version);
    }
    let kind = claims
        .message_type
        .clone()
        .ok_or(Refused::Missing("message_type"))?;
    let deployment = id("deployment_id", claims.deployment_id.as_deref())?;
    if !platform.deployments.contains(&deployment) {
        return Err(Refused::Deployment);
    }
    let subject = id("sub", claims.sub.as_deref())?;
    let roles = claims.roles.as_deref().ok_or(Refused::Missing("roles"))?;
    let standing = standing(roles.iter().map(String::as_str));
    let name = name(&claims);
    let presentation = claims.presentation.clone().unwrap_or_default();
    let locale = claims.locale.clone().or(presentation.locale.clone());
    if let Some(context) = claims
        .context
        .as_ref()
        .and_then(|known| known.id.as_deref())
    {
        id("context.id", Some(context))?;
    }
    let context = claims.context.clone();
    let launch = match kind.as_str() {
        names::RESOURCE_LINK_REQUEST => resource_link(claims, platform, tool)?,
        names::DEEP_LINKING_REQUEST => {
            if standing < Standing::Teacher {
                return Err(Refused::NotTeacher);
            }
            deep_link(claims, platform)?
        }
        _ => return Err(Refused::MessageType),
    };
    Ok(Message {
        subject,
        name,
        standing,
        deployment,
        context,
        locale,
        presentation,
        launch,
    })
}

fn resource_link(claims: Claims, platform: &Platform, tool: &Url) -> Result<Launch, Refused> {
    let link = claims
        .resource_link
        .ok_or(Refused::Missing("resource_link"))?;
    let id = id("resource_link.id", link.id.as_deref())?;
    let target = claims
        .target_link_uri
        .ok_or(Refused::Missing("target_link_uri"))?;
    let target = ours(&target, tool)?;
    if let Some(ags) = &claims.ags {
        for (what, url) in [("lineitems", &ags.lineitems), ("lineitem", &ags.lineitem)] {
            if let Some(url) = url {
                platform.own(what, url)?;
            }
        }
    }
    if let Some(nrps) = &claims.nrps {
        platform.own("context_memberships_url", &nrps.context_memberships_url)?;
    }
    let custom = claims.custom.unwrap_or_default();
    let text = |(name, value): (String, serde_json::Value)| {
        value.as_str().map(|value| (name, value.to_owned()))
    };
    Ok(Launch::ResourceLink {
        id,
        title: link.title,
        target,
        custom: custom.into_iter().filter_map(text).collect(),
        ags: claims.ags,
        nrps: claims.nrps,
    })
}

fn deep_link(claims: Claims, platform: &Platform) -> Result<Launch, Refused> {
    let settings = claims
        .deep_linking
        .ok_or(Refused::Missing("deep_linking_settings"))?;
    if settings.deep_link_return_url.is_empty() {
        return Err(Refused::Missing("deep_link_return_url"));
    }
    platform.own("deep_link_return_url", &settings.deep_link_return_url)?;
    let takes = |kind: &String| kind == "ltiResourceLink";
    if !settings.accept_types.iter().any(takes) {
        return Err(Refused::ContentType);
    }
    Ok(Launch::DeepLink(settings))
}

/// An address of this server; nobody is led elsewhere by a launch.
pub(crate) fn ours(target: &str, tool: &Url) -> Result<Url, Refused> {
    if target.len() > MAX_URL_BYTES {
        return Err(Refused::Malformed("target_link_uri"));
    }
    let parsed = Url::parse(target).map_err(|_| Refused::Malformed("target_link_uri"))?;
    let clean = parsed.username().is_empty() && parsed.password().is_none();
    if clean && parsed.origin() == tool.origin() {
        Ok(parsed)
    } else {
        Err(Refused::Target)
    }
}

fn id(what: &'static str, value: Option<&str>) -> Result<String, Refused> {
    match value {
        None | Some("") => Err(Refused::Missing(what)),
        Some(value) if value.chars().count() > MAX_ID_CHARS => Err(Refused::Malformed(what)),
        Some(value) => Ok(value.to_owned()),
    }
}

fn name(claims: &Claims) -> Option<String> {
    let whole = claims.name.clone();
    let parts = || {
        let parts = [claims.given_name.as_deref(), claims.family_name.as_deref()];
        let parts: Vec<&str> = parts.into_iter().flatten().collect();
        parts.join(" ")
    };
    let name = whole.unwrap_or_else(parts);
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
