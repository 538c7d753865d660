//! The names that the specifications give to claims, scopes, messages and media types.

/// What every LTI claim begins with.
pub const CLAIM: &str = "https://purl.imsglobal.org/spec/lti/claim/";
/// The only version (LTI 1.3 §5.3.2).
pub const VERSION: &str = "1.3.0";
/// A launch (LTI 1.3 §5.3.1).
pub const RESOURCE_LINK_REQUEST: &str = "LtiResourceLinkRequest";
/// A teacher picks content (Deep Linking 2.0 §4.4).
pub const DEEP_LINKING_REQUEST: &str = "LtiDeepLinkingRequest";
/// What was picked (Deep Linking 2.0 §4.5).
pub const DEEP_LINKING_RESPONSE: &str = "LtiDeepLinkingResponse";
/// The claim of a picking request.
pub const DEEP_LINKING_SETTINGS: &str =
    "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings";
/// The claim of what was picked.
pub const CONTENT_ITEMS: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items";
/// The claim that is given back as it came.
pub const DEEP_LINKING_DATA: &str = "https://purl.imsglobal.org/spec/lti-dl/claim/data";
/// Where scores go (Assignment and Grade Services 2.0 §3.1).
pub const AGS: &str = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint";
/// Where members are listed (Names and Roles 2.0 §3.6.1).
pub const NRPS: &str = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice";
/// How a tool describes itself (Dynamic Registration 1.0 §3.5).
pub const TOOL_CONFIGURATION: &str = "https://purl.imsglobal.org/spec/lti-tool-configuration";

/// May make and change line items.
pub const SCOPE_LINE_ITEM: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem";
/// May read results.
pub const SCOPE_RESULT: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly";
/// May send scores.
pub const SCOPE_SCORE: &str = "https://purl.imsglobal.org/spec/lti-ags/scope/score";
/// May list members.
pub const SCOPE_MEMBERS: &str =
    "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly";
/// All that this tool asks for.
pub const SCOPES: [&str; 4] = [SCOPE_LINE_ITEM, SCOPE_RESULT, SCOPE_SCORE, SCOPE_MEMBERS];

/// A line item. Moodle refuses `application/json` here.
pub const TYPE_LINE_ITEM: &str = "application/vnd.ims.lis.v2.lineitem+json";
/// A list of line items.
pub const TYPE_LINE_ITEMS: &str = "application/vnd.ims.lis.v2.lineitemcontainer+json";
/// A score.
pub const TYPE_SCORE: &str = "application/vnd.ims.lis.v1.score+json";
/// A list of results.
pub const TYPE_RESULTS: &str = "application/vnd.ims.lis.v2.resultcontainer+json";
/// A list of members.
pub const TYPE_MEMBERS: &str = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json";
