/// Autobahn's fuzzing client against a WebSocket of a node, through the proxy of lab pages. packaging/autobahn runs it:
/// the suite needs Python 2.7.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "@playwright/test";
import { PASSWORD, RealServer } from "./real";

const TALK = "app-5";
const CASES = (process.env.AUTOBAHN_CASES ?? "*").split(",");
/** Not one of these is a fault: some cases only look, and nobody has to take every offer of compression. */
const GOOD = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED"];

let server: RealServer;

test.beforeAll(async () => {
  test.setTimeout(600_000);
  server = new RealServer();
  server.labs = [fileURLToPath(new URL("../labs/every-app", import.meta.url))];
  await server.start();
});

test.afterAll(async () => server.stop());

/** Starts the lab and opens the application as a browser does; its host, and the cookie. */
async function opened(): Promise<{ host: string; cookie: string }> {
  let token = "";
  const call = async (method: string, path: string, body?: object) => {
    const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
    const reply = await fetch(`${server.url}/api/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
    return (await reply.json()) as Record<string, string>;
  };
  token = (await call("POST", "/sign-in", { name: "amina", password: PASSWORD })).token ?? "";
  const { id } = await call("POST", "/sessions", { course: "networks", lab: "every-app" });
  await expect.poll(async () => (await call("GET", `/sessions/${id}`)).state, { timeout: 120_000 }).toBe("ready");
  const { url } = await call("POST", `/sessions/${id}/apps/${TALK}/ticket`, {});
  const { host, pathname, search } = new URL(url ?? "");
  const ask = { host: "127.0.0.1", port: server.port, path: pathname + search, headers: { host } };
  const set = await new Promise<string>((done, failed) => {
    request(ask, (reply) => done(reply.headers["set-cookie"]?.[0] ?? "")).on("error", failed).end();
  });
  return { host, cookie: set.split(";")[0] ?? "" };
}

/** What a browser would add to each handshake, and the fuzzing client cannot. */
async function dressed(host: string, cookie: string): Promise<string> {
  const door = createServer((near) => {
    let head = "";
    near.on("error", () => near.destroy());
    near.on("data", function read(bytes) {
      head += bytes.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      near.off("data", read);
      const far = connect(server.port, "127.0.0.1");
      for (const [socket, other] of [[near, far], [far, near]] as const) {
        socket.setNoDelay(true);
        socket.on("error", () => socket.destroy());
        socket.on("close", () => other.destroy());
      }
      far.write(head.replace(/^host: .*$/im, `Host: ${host}\r\nCookie: ${cookie}`), "latin1");
      near.pipe(far).pipe(near);
    });
  });
  await new Promise<void>((done) => door.listen(0, "127.0.0.1", done));
  return `ws://127.0.0.1:${(door.address() as AddressInfo).port}`;
}

test("every case of the fuzzing client passes through the proxy", async () => {
  test.setTimeout(3 * 3_600_000);
  const { WSTEST } = process.env;
  if (!WSTEST) throw new Error("$WSTEST names no wstest: packaging/autobahn installs it");
  const { host, cookie } = await opened();
  const outdir = join(server.folder, "autobahn");
  const spec = join(server.folder, "fuzzingclient.json");
  const servers = [{ agent: "labwright", url: await dressed(host, cookie) }];
  writeFileSync(spec, JSON.stringify({ outdir, servers, cases: CASES, "exclude-cases": [], "exclude-agent-cases": {} }));
  await promisify(execFile)(WSTEST, ["-m", "fuzzingclient", "-s", spec], { cwd: server.folder, maxBuffer: 2 ** 28 });
  const report = JSON.parse(readFileSync(join(outdir, "index.json"), "utf8")) as {
    labwright: Record<string, { behavior: string; behaviorClose: string }>;
  };
  const cases = Object.entries(report.labwright);
  const counts: Record<string, number> = {};
  for (const [, { behavior }] of cases) counts[behavior] = (counts[behavior] ?? 0) + 1;
  console.log(`Autobahn, ${cases.length} cases:`, counts);
  const bad = cases.filter(([, { behavior, behaviorClose }]) => !GOOD.includes(behavior) || !GOOD.includes(behaviorClose));
  expect(bad.map(([name, { behavior, behaviorClose }]) => `${name}: ${behavior}, ${behaviorClose}`)).toEqual([]);
  expect(cases.length).toBeGreaterThan(0);
});
