// What the make-believe lab shows besides terminals: pages on origins of their own, a screen, packets. Test ring only.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const near = (path) => fileURLToPath(new URL(path, import.meta.url));
const WIRESHARK = near("../../dist-wireshark/");
const PACKETS = near("../../../labs/wireshark-intro/assets/monday.pcapng");
const TYPES = { html: "text/html; charset=utf-8", js: "text/javascript", json: "application/json", wasm: "application/wasm" };

/** Tabs of every kind that is not a terminal. */
export const APPS = [
  { id: "app-3", kind: "web", label: "The site", node: "server", port: 80 },
  { id: "app-4", kind: "page", label: "A packet", source: "assets/header/index.html" },
  { id: "app-5", kind: "wireshark", label: "Packets on lan", source: "lan" },
  { id: "app-6", kind: "desktop", label: "Plot", node: "client" },
];

const tickets = new Set();

/** `POST …/apps/{app}/ticket`: where the app's page is, once. */
export function ticket(session, app, port) {
  const origin = `http://${session}-${app}.apps.localhost:${port}`;
  const made = `${session}-${app}-${Math.random()}`;
  tickets.add(made);
  return { origin, url: `${origin}/.labwright/open?ticket=${made}` };
}

/** Whether a request is for a lab's page; answers it. */
export function labPage(request, url, response) {
  if (!/\.apps\.localhost(:|$)/.test(request.headers.host ?? "")) return false;
  const opens = url.pathname === "/.labwright/open";
  const good = !opens || tickets.delete(url.searchParams.get("ticket"));
  const words = good ? "<h1>It works!</h1><p>nginx of <b>server</b> says so.</p>" : "<h1>Shut</h1>";
  response.writeHead(good ? 200 : 403, { "content-type": TYPES.html });
  response.end(`<!doctype html><html lang=en><title>It works</title>${words}`);
  return true;
}

/** A file of Wireshark's dissectors, where they have been made. */
export function bundle(path, response) {
  const name = /^\/bundles\/wireshark\/([\w.-]+)$/.exec(path)?.[1];
  if (name === undefined) return false;
  const packed = existsSync(`${WIRESHARK}${name}.gz`);
  const file = `${WIRESHARK}${name}${packed ? ".gz" : ""}`;
  if (!existsSync(file)) response.writeHead(404).end();
  else {
    const type = TYPES[name.split(".").pop()] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "access-control-allow-origin": "*", ...(packed ? { "content-encoding": "gzip" } : {}) });
    response.end(readFileSync(file));
  }
  return true;
}

/** A capture: a whole recording at once, and no more. */
export function capture(ws) {
  ws.send(JSON.stringify({ type: "started" }));
  ws.send(readFileSync(PACKETS));
  ws.on("message", (data, binary) => {
    if (binary || JSON.parse(String(data)).type !== "stop") return;
    ws.send(JSON.stringify({ type: "stopped" }));
    ws.close(1000);
  });
}

const [WIDE, HIGH] = [640, 480];

/** A screen by RFB 3.8 (RFC 6143): one picture, and deaf ever after. */
export function display(ws) {
  const answers = [
    () => Buffer.from([1, 1]),
    () => Buffer.alloc(4),
    () => serverInit(),
    () => picture(),
  ];
  ws.on("message", (_, binary) => binary && answers.length > 0 && ws.send(answers.shift()()));
  ws.send(JSON.stringify({ type: "attached" }));
  ws.send(Buffer.from("RFB 003.008\n"));
}

function serverInit() {
  const name = Buffer.from("make-believe");
  const head = Buffer.alloc(24);
  head.writeUInt16BE(WIDE, 0);
  head.writeUInt16BE(HIGH, 2);
  // 32 bits a pixel, 24 of them used, true colour, the shifts that noVNC likes.
  Buffer.from([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16]).copy(head, 4);
  head.writeUInt32BE(name.length, 20);
  return Buffer.concat([head, name]);
}

function picture() {
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, WIDE >> 8, WIDE & 255, HIGH >> 8, HIGH & 255, 0, 0, 0, 0]);
  const pixels = Buffer.alloc(WIDE * HIGH * 4, 0xee);
  return Buffer.concat([head, pixels]);
}
