// A real OpenID Connect provider for the tests: anybody signs in with any password.
// node provider.mjs ISSUER CLIENT_ID CLIENT_SECRET REDIRECT_URI
import { createHash } from "node:crypto";
import Provider from "oidc-provider";

const [issuer, client_id, client_secret, redirect] = process.argv.slice(2);
const { hostname, port } = new URL(issuer);
const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect], grant_types: ["authorization_code"], response_types: ["code"] }],
  pkce: { required: () => true },
  // Claims stand in the ID token, as most schools' providers have it.
  conformIdTokenClaims: false,
  claims: { openid: ["sub"], profile: ["name", "groups"], email: ["email", "email_verified"] },
  cookies: { keys: [createHash("sha256").update(client_secret).digest("hex")] },
  findAccount: (_, id) => ({
    accountId: id,
    // The address is somebody else's: it must open nothing.
    claims: () => ({ sub: id, name: `${id} of Campus`, email: "ada", email_verified: false, groups: id.startsWith("tom") ? ["staff"] : [] }),
  }),
});
provider.listen(Number(port), hostname, () => console.log("listening"));
