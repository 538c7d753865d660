/// Starts the real Open edX consumer (packaging/openedx-peer) for the story. It stands at `localhost`, the tool at
/// `127.0.0.1`: two sites, as a course platform and its tools are.
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, type RealServer } from "./real";

const FOLDER = fileURLToPath(new URL("../../../packaging/openedx-peer/", import.meta.url));
const STATE = process.env.LABWRIGHT_STATE ?? "/var/tmp/labwright-test";
const START_MS = 120_000;

/** What the consumer says to register, one for each of its blocks. */
export interface Block {
  issuer: string;
  client_id: string;
  deployment_id: string;
  auth_url: string;
  token_url: string;
  keyset_url: string;
  block: string;
}

export interface Books {
  grades: { user: string; block: string; value: number | null }[];
  scores: { user_id: string; score_given: number | null }[];
  dl_items: { content_type: string; attributes: Record<string, unknown> }[];
  external_ids: Record<string, string>;
}

export class OpenEdx {
  url = "";
  #process: ChildProcess | null = null;
  #log = "";

  /** The tool's addresses are entered in its blocks, as an author does in Studio. */
  async start(tool: RealServer): Promise<this> {
    mkdirSync(STATE, { recursive: true });
    const python = execFileSync(join(FOLDER, "install"), [join(STATE, "openedx-peer")], { encoding: "utf8" }).trim();
    const port = String(await freePort());
    this.url = `http://localhost:${port}`;
    this.#log = join(tool.folder, "openedx.log");
    const lti = `${tool.url}/lti`;
    const addresses = ["--login", `${lti}/login`, "--launch", `${lti}/launch`, "--deeplink", `${lti}/launch`, "--jwks", `${lti}/jwks`];
    const log = openSync(this.#log, "a");
    this.#process = spawn(python, [join(FOLDER, "edxpeer.py"), "serve", "--browser", "--host", "localhost", "--port", port, ...addresses], {
      stdio: ["ignore", log, log],
    });
    const end = Date.now() + START_MS;
    while (!(await this.config().then(() => true, () => false))) {
      if (Date.now() > end || this.#process.exitCode !== null) throw new Error(`Open edX does not start:\n${readFileSync(this.#log, "utf8")}`);
      await new Promise((done) => setTimeout(done, 200));
    }
    return this;
  }

  async config(): Promise<Record<string, Block>> {
    return (await (await fetch(`${this.url}/peer/config`)).json()) as Record<string, Block>;
  }

  async books(): Promise<Books> {
    return (await (await fetch(`${this.url}/peer/state`)).json()) as Books;
  }

  /** The grade book's grade, of 10. */
  async grade(user: string, block: Block): Promise<number | null> {
    const { grades } = await this.books();
    return grades.find((grade) => grade.user === user && grade.block === block.block)?.value ?? null;
  }

  /** The address that signs somebody in there, and leads to one of its pages. */
  as(user: string, page: string): string {
    return `${this.url}/peer/login?user=${user}&next=${encodeURIComponent(page)}`;
  }

  /** Stands still: neither answers nor refuses. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async stop(): Promise<void> {
    const gone = new Promise((done) => this.#process?.once("exit", done));
    this.resume();
    this.#process?.kill("SIGTERM");
    await gone;
  }
}
