/// A lab folder for tests: made by `labwright export`, served by a static server that knows nothing of us and can go away.
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");
export const BINARY = process.env.LABWRIGHT_BIN ?? join(ROOT, "target/debug/labwright");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
  ".json": "application/json", ".wasm": "application/wasm", ".webmanifest": "application/manifest+json",
};

export class LabFolder {
  readonly folder = mkdtempSync(join(tmpdir(), "labwright-folder-"));
  /** Files that were asked for. */
  readonly asked: string[] = [];
  /** Answers these with nothing. */
  broken: (path: string) => boolean = () => false;
  #server: Server | null = null;
  #port = 0;

  /** Exports a lab to where the address is `/courses/<name>/`. */
  export(lab: string, name: string, ...more: string[]): string {
    const out = join(this.folder, "courses", name);
    execFileSync(BINARY, ["export", resolve(ROOT, lab), "--as", "web", "--output", out, ...more], { stdio: ["ignore", "ignore", "inherit"] });
    return out;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://x").pathname);
      this.asked.push(path);
      const file = join(this.folder, path.endsWith("/") ? `${path}index.html` : path);
      if (this.broken(path) || !existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" });
      createReadStream(file).pipe(response);
    });
    await new Promise<void>((done) => server.listen(this.#port, "127.0.0.1", done));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
  }

  url(name: string): string {
    return `http://localhost:${this.#port}/courses/${name}/`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    server?.closeAllConnections();
    await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
