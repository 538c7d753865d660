/// What each kind of course platform calls the values that are exchanged, as its own English pages do, and what follows
/// from a site's address alone. Words of a platform's pages are not translated: they are looked for there as they stand.

import type { NewPlatform, Platform, Platforms } from "../core/types";

export type Kind = "openedx" | "moodle" | "canvas" | "other";
export const KINDS: readonly Kind[] = ["openedx", "moodle", "canvas", "other"];

/** A value to enter in the platform, by the name that it has there. */
export interface There {
  name: string;
  value: string;
}

/** The fields of a registration as they are typed. */
export interface Fields {
  name: string;
  issuer: string;
  client_id: string;
  deployments: string;
  auth_url: string;
  token_url: string;
  keyset_url: string;
  token_audience: string;
  origins: string;
  courses: string[];
}

/** What the platform calls the fields. */
export const NAMES: Record<Kind, Partial<Record<keyof Fields, string>>> = {
  openedx: { client_id: "Client ID", deployments: "Deployment ID", auth_url: "Login URL", token_url: "Access Token URL", keyset_url: "Keyset URL" },
  moodle: {
    issuer: "Platform ID",
    client_id: "Client ID",
    deployments: "Deployment ID",
    auth_url: "Authentication request URL",
    token_url: "Access token URL",
    keyset_url: "Public keyset URL",
  },
  canvas: { client_id: "Details (Developer Keys)", deployments: "Deployment Id (Settings, Apps)" },
  other: {
    issuer: "Issuer, Platform ID",
    client_id: "Client ID",
    deployments: "Deployment ID",
    auth_url: "OIDC authorization, authentication request URL",
    token_url: "OAuth 2.0 access token URL",
    keyset_url: "JWKS, public keyset URL",
  },
};

const CUSTOM = "course/lab";

/** What is entered in a platform so that it knows this tool. */
export function there(kind: Kind, tool: Platforms): There[] {
  const row = (name: string, value: string): There => ({ name, value });
  const custom = `${tool.parameter}=${CUSTOM}`;
  switch (kind) {
    case "openedx":
      return [
        row("LTI Version", "LTI 1.3"),
        row("Tool Launch URL", tool.launch_url),
        row("Tool Initiate Login URL", tool.login_url),
        row("Tool Public Key Mode", "Keyset URL"),
        row("Tool Keyset URL", tool.jwks_url),
        row("Enable LTI NRPS", "True"),
        row("Deep linking", "True"),
        row("Deep Linking Launch URL", tool.launch_url),
        row("LTI Assignment and Grades Service", "Allow tools to manage and submit grade (programmatic)"),
        row("Scored", "True"),
      ];
    case "moodle":
      return [
        row("Tool URL", tool.launch_url),
        row("LTI version", "LTI 1.3"),
        row("Public key type", "Keyset URL"),
        row("Public keyset", tool.jwks_url),
        row("Initiate login URL", tool.login_url),
        row("Redirection URI(s)", tool.launch_url),
        row("Supports Deep Linking (Content-Item Message)", "✓"),
        row("Content Selection URL", tool.launch_url),
        row("IMS LTI Assignment and Grade Services", "Use this service for grade sync and column management"),
        row("IMS LTI Names and Role Provisioning", "Use this service to retrieve members' information as per privacy settings"),
        row("Share launcher's name with tool", "Always"),
        row("Accept grades from the tool", "Always"),
      ];
    case "canvas":
      return [
        row("Redirect URIs", tool.launch_url),
        row("Target Link URI", tool.launch_url),
        row("OpenID Connect Initiation Url", tool.login_url),
        row("JWK Method", "Public JWK URL"),
        row("Public JWK URL", tool.jwks_url),
        row("LTI Advantage Services", "Can create and view assignment data …, Can view submission data …, Can create and update submission results …, Can retrieve user data …"),
        row("Placements", "Link Selection, Assignment Selection"),
        row("Placements: Select Message Type", "LtiDeepLinkingRequest"),
        row("Privacy Level", "Name Only"),
      ];
    case "other":
      return [
        row("OIDC login, initiate login URL", tool.login_url),
        row("Launch, target link, redirect URL", tool.launch_url),
        row("Deep Linking URL", tool.launch_url),
        row("JWKS, public keyset URL", tool.jwks_url),
        row("Tool domain", tool.domain),
        row("Custom parameter", custom),
      ];
  }
}

export function nothing(): Fields {
  return {
    name: "", issuer: "", client_id: "", deployments: "", auth_url: "", token_url: "", keyset_url: "", token_audience: "", origins: "", courses: [],
  };
}

/** What a site's address says of a platform of this kind; hosted Canvas has one set of addresses for all schools. */
export function ofSite(kind: Kind, site: string): Partial<Fields> {
  const base = baseOf(site);
  if (base === null) return {};
  const name = new URL(base).host;
  switch (kind) {
    case "openedx":
      return { name, issuer: base, auth_url: `${base}/api/lti_consumer/v1/launch/`, deployments: "1" };
    case "moodle":
      return {
        name,
        issuer: base,
        auth_url: `${base}/mod/lti/auth.php`,
        token_url: `${base}/mod/lti/token.php`,
        keyset_url: `${base}/mod/lti/certs.php`,
      };
    case "canvas":
      return {
        name,
        issuer: "https://canvas.instructure.com",
        auth_url: "https://sso.canvaslms.com/api/lti/authorize_redirect",
        token_url: "https://sso.canvaslms.com/login/oauth2/token",
        keyset_url: "https://sso.canvaslms.com/api/lti/security/jwks",
        origins: base,
      };
    case "other":
      return { name };
  }
}

/** A site's address without what follows its folder; `null`: it is none. */
export function baseOf(site: string): string | null {
  const text = site.trim();
  if (text === "") return null;
  try {
    const url = new URL(/^https?:\/\//i.test(text) ? text : `https://${text}`);
    return url.hostname.includes(" ") ? null : (url.origin + url.pathname).replace(/\/+$/, "");
  } catch {
    return null;
  }
}

/** A list as it is typed: one a line, or with commas. */
export function lines(text: string): string[] {
  return text.split(/[\n,]/).map((line) => line.trim()).filter((line) => line !== "");
}

export function bodyOf(fields: Fields): NewPlatform {
  const audience = fields.token_audience.trim();
  return {
    name: fields.name.trim(),
    issuer: fields.issuer.trim(),
    client_id: fields.client_id.trim(),
    auth_url: fields.auth_url.trim(),
    token_url: fields.token_url.trim(),
    keyset_url: fields.keyset_url.trim(),
    token_audience: audience === "" ? null : audience,
    deployments: lines(fields.deployments),
    origins: lines(fields.origins),
    courses: fields.courses,
  };
}

export function fieldsOf(platform: Platform): Fields {
  return {
    name: platform.name,
    issuer: platform.issuer,
    client_id: platform.client_id,
    auth_url: platform.auth_url,
    token_url: platform.token_url,
    keyset_url: platform.keyset_url,
    token_audience: platform.token_audience ?? "",
    deployments: platform.deployments.join("\n"),
    origins: platform.origins.join("\n"),
    courses: [...platform.courses],
  };
}

/** Which kind a registration looks like. */
export function kindOf(platform: Platform): Kind {
  if (/\/mod\/lti\//.test(platform.auth_url)) return "moodle";
  if (/\/lti_consumer\//.test(platform.auth_url)) return "openedx";
  return /canvas/.test(platform.issuer) ? "canvas" : "other";
}

export type Wrong = "missing" | "address";

/** What is wrong with what was typed, by field. */
export function wrongOf(fields: Fields): Partial<Record<keyof Fields, Wrong>> {
  const wrong: Partial<Record<keyof Fields, Wrong>> = {};
  for (const field of ["name", "issuer", "client_id"] as const) if (fields[field].trim() === "") wrong[field] = "missing";
  for (const field of ["auth_url", "token_url", "keyset_url"] as const) {
    if (fields[field].trim() === "") wrong[field] = "missing";
    else if (!isAddress(fields[field])) wrong[field] = "address";
  }
  if (lines(fields.deployments).length === 0) wrong.deployments = "missing";
  if (!lines(fields.origins).every(isAddress)) wrong.origins = "address";
  return wrong;
}

function isAddress(text: string): boolean {
  try {
    return /^https?:$/.test(new URL(text.trim()).protocol);
  } catch {
    return false;
  }
}
