/// Starts the real `labwright serve` for the story, kills it and starts it again. Root, as all of the third ring.
import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** The first start may have to build the lab's image from Debian packages. */
const FIRST_START_MS = 480_000;
export const PASSWORD = "open sesame now";

export class RealServer {
  readonly folder = mkdtempSync(join(tmpdir(), "labwright-story-"));
  url = "";
  /** Lab folders; the server's course has them all. */
  labs = [join(ROOT, "labs/tcp-handshake")];
  /** Lines of the configuration, before all tables. */
  settings = "";
  /** More tables of the configuration. Olga operates. */
  tables = "";
  /** Sign-in name of a teacher of its course, with everybody's password. */
  teacher: string | null = null;
  #port = 0;
  #process: ChildProcess | null = null;

  get port(): number {
    return this.#port;
  }

  /** Serves this lab of the repository instead. */
  withLab(name: string): this {
    this.labs = [join(ROOT, "labs", name)];
    return this;
  }

  async start(): Promise<this> {
    if (this.#port === 0) {
      this.#port = await freePort();
      this.url = `http://127.0.0.1:${this.#port}`;
      writeFileSync(join(this.folder, "config.toml"), this.#config());
    }
    const log = openSync(this.#log, "a");
    this.#process = spawn(binary(), ["serve", "--config", join(this.folder, "config.toml")], {
      cwd: ROOT,
      env: this.#env,
      stdio: ["ignore", log, log],
    });
    await this.#answers();
    return this;
  }

  /** A lab of `labwright new`, in the course of this server that is still to be started. */
  newLab(name: string, template: string): this {
    const folder = join(this.folder, name);
    execFileSync(binary(), ["new", folder, "--template", template], { stdio: "ignore" });
    this.labs = [folder];
    return this;
  }

  /** What a file of a node holds, in the one session of this server; empty where there is none. */
  async reads(node: string, path: string): Promise<string> {
    const [session] = JSON.parse(await this.#session("ls", "--json")) as { id: string }[];
    return this.#session("exec", session!.id, node, "--", "sh", "-c", 'cat "$1" 2>/dev/null || true', "-", path);
  }

  async #session(...words: string[]): Promise<string> {
    return (await promisify(execFile)(binary(), ["session", ...words], { env: this.#env })).stdout;
  }

  get #env(): NodeJS.ProcessEnv {
    return { ...process.env, LABWRIGHT_RUN: join(this.folder, "run") };
  }

  /** As a crash does: no goodbye. Its labs go on running. */
  async kill(): Promise<void> {
    const gone = new Promise((done) => this.#process?.once("exit", done));
    this.#process?.kill("SIGKILL");
    await gone;
    this.#process = null;
  }

  /** Ends what still runs, then the server; leaves nothing behind. */
  async stop(): Promise<void> {
    if (this.#process) {
      await this.#endLabs().catch((error: unknown) => console.error("ending the labs:", error));
      const gone = new Promise((done) => this.#process?.once("exit", done));
      this.#process.kill("SIGTERM");
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #log(): string {
    return join(this.folder, "log");
  }

  #config(): string {
    return `listen = "127.0.0.1:${this.#port}"
state = "${join(this.folder, "state")}"
${this.settings}
[[accounts]]
name = "amina"
display_name = "Amina Benali"
password = "${PASSWORD}"
[[accounts]]
name = "olga"
password = "${PASSWORD}"
operator = true
${this.teacher === null ? "" : `[[accounts]]\nname = "${this.teacher}"\ndisplay_name = "Claire Perrin"\npassword = "${PASSWORD}"\n`}[[courses]]
id = "networks"
title = "Networks"
labs = ${JSON.stringify(this.labs)}
teachers = ${JSON.stringify(this.teacher === null ? [] : [this.teacher])}
learners = ["amina"]
${this.tables}`;
  }

  async #endLabs(): Promise<void> {
    const { token } = await this.call<{ token: string }>("POST", "/sign-in", { name: "olga", password: PASSWORD });
    const living = () => this.call<{ id: string }[]>("GET", "/operator/sessions", undefined, token);
    for (const { id } of await living()) await this.call("POST", `/operator/sessions/${id}/stop`, {}, token);
    for (let tries = 0; tries < 50 && (await living()).length > 0; tries += 1) {
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  /** Asks the API, as somebody or nobody. */
  async call<T>(method: string, path: string, body?: object, token?: string): Promise<T> {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const reply = await fetch(`${this.url}/api/v1${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${method} ${path}: ${reply.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async #answers(): Promise<void> {
    const end = Date.now() + FIRST_START_MS;
    while (Date.now() < end) {
      if (this.#process?.exitCode !== null) break;
      const ready = await fetch(`${this.url}/readyz`).then((reply) => reply.ok, () => false);
      if (ready) return;
      await new Promise((done) => setTimeout(done, 200));
    }
    throw new Error(`labwright serve is not ready:\n${readFileSync(this.#log, "utf8")}`);
  }
}

/** The program to test: `$LABWRIGHT_BIN`, else the newest that cargo made. */
function binary(): string {
  const given = process.env.LABWRIGHT_BIN;
  if (given) return given;
  const made = ["debug", "release"].map((profile) => join(ROOT, "target", profile, "labwright")).filter(existsSync);
  const [newest] = made.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (!newest) throw new Error("there is no target/*/labwright: cargo build it first");
  return newest;
}

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
