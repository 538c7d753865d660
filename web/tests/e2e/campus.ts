/// A small strict course platform of another site, in the ways of Canvas: its page keeps what tools give it (LTI Client Side
/// postMessages 0.1), each tool's own, and answers to nobody else.
import { createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createServer, type Server } from "node:http";
import { freePort, type RealServer } from "./real";

const CLIENT = "tool-at-campus";
const claim = (name: string) => `https://purl.imsglobal.org/spec/lti/claim/${name}`;

/** Who keeps marks: a frame of the platform's, nobody who answers, or a frame of somebody else's. */
export type Keeper = "platform" | "silent" | "foreign";

export class Campus {
  url = "";
  /** Another origin, which plays the platform's frame. */
  foreign = "";
  #servers: Server[] = [];
  #tool = "";
  readonly #key: KeyObject;
  readonly #jwk: object;

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    this.#key = privateKey;
    this.#jwk = { ...publicKey.export({ format: "jwk" }), kid: "campus", alg: "RS256", use: "sig" };
  }

  /** `localhost` and `127.0.0.1` are two sites. */
  async start(tool: RealServer): Promise<this> {
    this.#tool = tool.url;
    this.url = await this.#listen();
    this.foreign = await this.#listen();
    const { token } = await tool.call<{ token: string }>("POST", "/sign-in", { name: "olga", password: "open sesame now" });
    const platform = { name: "Campus", issuer: this.url, client_id: CLIENT, auth_url: `${this.url}/auth`, token_url: `${this.url}/token`, keyset_url: `${this.url}/keys`, deployments: ["1"] };
    await tool.call("POST", "/operator/platforms", platform, token);
    return this;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) await new Promise((done) => { server.closeAllConnections(); server.close(done); });
  }

  async #listen(): Promise<string> {
    const port = await freePort();
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", this.url);
      const send = (body: string, type = "text/html") => response.writeHead(200, { "content-type": type }).end(body);
      if (url.pathname === "/keys") return send(JSON.stringify({ keys: [this.#jwk] }), "application/json");
      if (url.pathname === "/auth") return send(this.#answer(url.searchParams));
      if (url.pathname === "/keeper") return send(KEEPER);
      if (url.pathname === "/silent") return send("<!doctype html><title>silent</title>");
      if (url.pathname === "/course") return send(this.#course((url.searchParams.get("keeper") ?? "platform") as Keeper));
      return response.writeHead(404).end();
    });
    this.#servers.push(server);
    await new Promise<void>((done) => server.listen(port, "localhost", done));
    return `http://localhost:${port}`;
  }

  #course(keeper: Keeper): string {
    const frame = { platform: "/keeper", silent: "/silent", foreign: `${this.foreign}/keeper` }[keeper];
    const login = new URL(`${this.#tool}/lti/login`);
    const target = `${this.#tool}/lti/launch`;
    for (const [name, value] of Object.entries({ iss: this.url, client_id: CLIENT, login_hint: "ada", target_link_uri: target, lti_storage_target: "post_message_forwarding" })) {
      login.searchParams.set(name, value);
    }
    return `<!doctype html><title>Course</title><iframe name="post_message_forwarding" src="${frame}" hidden></iframe>
      <iframe id="tool" title="Lab" style="width:100%;height:800px"></iframe>
      <script>document.querySelector("[name]").onload = () => { document.getElementById("tool").src = ${JSON.stringify(login.href)}; };</script>`;
  }

  /** Signs the launch in, as the answer to an authentication request that is right in everything. */
  #answer(asked: URLSearchParams): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.url, aud: CLIENT, sub: "ada", nonce: asked.get("nonce"), iat: now, exp: now + 60, name: "Ada of Campus",
      [claim("version")]: "1.3.0", [claim("message_type")]: "LtiResourceLinkRequest", [claim("deployment_id")]: "1",
      [claim("target_link_uri")]: `${this.#tool}/lti/launch`, [claim("resource_link")]: { id: "link-1", title: "Lab one" },
      [claim("roles")]: ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
      [claim("context")]: { id: "course-7", title: "Networks at Campus" }, [claim("custom")]: { labwright: "networks/shell-basics" },
    };
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const head = `${part({ alg: "RS256", typ: "JWT", kid: "campus" })}.${part(claims)}`;
    const token = `${head}.${createSign("RSA-SHA256").update(head).sign(this.#key).toString("base64url")}`;
    return `<!doctype html><form method="post" action="${asked.get("redirect_uri")}">
      <input type="hidden" name="state" value="${asked.get("state")}"><input type="hidden" name="id_token" value="${token}"></form><script>document.forms[0].submit()</script>`;
  }
}

/** Keeps things by the origin of who gives them. */
const KEEPER = `<!doctype html><title>keeper</title><script>
  const kept = new Map();
  addEventListener("message", ({ data, origin, source }) => {
    const { subject, message_id, key, value } = data ?? {};
    const place = origin + " " + key;
    if (subject === "lti.put_data") kept.set(place, value);
    else if (subject !== "lti.get_data") return;
    source.postMessage({ subject: subject + ".response", message_id, key, value: kept.get(place) ?? null }, origin);
  });
</script>`;
