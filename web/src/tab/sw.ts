/// The service worker of a lab folder: gives the files that the page has kept, and leaves everything else to the network. It
/// keeps nothing by itself: `offline.ts` does, file by file, and says when a version is whole.
///
/// It must import nothing: browsers load it as one plain script.

interface Current {
  /** Name of the cache that holds the version. */
  cache: string;
}

interface Waiting extends Event {
  waitUntil(done: Promise<unknown>): void;
}

interface Fetching extends Event {
  readonly request: Request;
  respondWith(reply: Promise<Response>): void;
}

/** What lies in the author's own `assets/`. */
const AUTHORS = "lab/assets/";
const SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:";
/** Where the page says which version counts; the key is the folder's address. */
const CURRENT = "labwright-tab";
const worker = self as unknown as {
  registration: { scope: string };
  clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate", heard: (event: Waiting) => void): void;
  addEventListener(type: "fetch", heard: (event: Fetching) => void): void;
};
const scope = worker.registration.scope;

worker.addEventListener("install", (event) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const ours = request.method === "GET" && url.href.startsWith(scope);
  // The list of the newest version, and whose folder it is, are asked of the network alone.
  if (!ours || url.searchParams.has("newest") || url.pathname.endsWith("/lab/home.json")) return;
  event.respondWith(kept(request, url).then((reply) => reply ?? fetch(request)));
});

async function kept(request: Request, url: URL): Promise<Response | undefined> {
  const current = await (await caches.open(CURRENT)).match(scope);
  if (!current) return undefined;
  const { cache } = (await current.json()) as Current;
  const file = request.mode === "navigate" && url.pathname.endsWith("/") ? "index.html" : url.href.slice(scope.length);
  const path = file.replace(/[?#].*$/, "");
  const reply = await (await caches.open(cache)).match(new URL(path, scope));
  return reply && path.startsWith(AUTHORS) ? sandboxed(reply) : reply;
}

/** What an author put there must not run as a page of ours when it is opened by its address; a server says the same. */
function sandboxed(reply: Response): Response {
  const headers = new Headers(reply.headers);
  headers.set("content-security-policy", SANDBOX);
  return new Response(reply.body, { status: reply.status, headers });
}
