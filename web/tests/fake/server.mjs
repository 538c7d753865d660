// A make-believe Labwright server: speaks the HTTP API and the two WebSockets, keeps everything in memory, and lets a
// test cut lines and restart. Used by the web tests only; never by the product.
import { boardView, makeClass } from "./board.mjs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { bundle, capture, display, labPage, ticket } from "./apps.mjs";
import { ACCOUNTS, LABS, NETWORKS, NODES, STAGES, STEPS } from "./data.mjs";
import { PolledChannels } from "./channels.mjs";
import { FakePeople } from "./people.mjs";
import { FakeScores } from "./scores.mjs";
import { choices, Platforms } from "./platforms.mjs";
import { FakeHelp } from "./help.mjs";
import { FakeShell } from "./shell.mjs";
import { FakeTab, TAB } from "./tab.mjs";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const NEEDS = {
  "tcp-handshake": { apps: ["terminal", "desktop", "wireshark", "sql", "map"], nodes: 2, memory_mb: 512, internet: false, places: null },
  other: { apps: ["sql"], nodes: 0, memory_mb: 64, internet: false, places: ["local", "browser"] },
};
const INVITATION = "birch-42";
const PERSONAL = "abcd-2345";

class Refusal extends Error {
  constructor(status, code, message, hint = "", headers = {}) {
    super(message);
    Object.assign(this, { status, code, hint, headers });
  }
}

export class FakeServer {
  /** `startMs`: how long each stage takes; `stuckAt`, `failAt`: a stage that is slow or fails; `blocked`: refuses
   *  WebSockets, as some networks do. */
  constructor(options = {}) {
    this.options = { startMs: 20, checkMs: 30, stuckAt: null, failAt: null, endsInMs: 102 * 60_000, warnings: [], blocked: false, learners: 120, platform: true, rule: null, provider: null, ...options };
    this.tokens = new Map();
    this.sessions = new Map();
    this.sockets = new Set();
    this.failures = 0;
    this.requests = [];
    this.platforms = new Platforms();
    this.tab = new FakeTab(this.options);
    this.help = new FakeHelp((...why) => {
      throw new Refusal(...why);
    }, this.options);
    this.channels = new PolledChannels((to, socket) => this.join(to, socket));
    this.next = 1;
  }

  async listen(port = 0) {
    this.http = createServer((request, response) => void this.serve(request, response));
    this.ws = new WebSocketServer({ noServer: true });
    this.http.on("upgrade", (request, socket, head) => {
      if (this.options.blocked) return socket.end("HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n");
      if (request.url.startsWith("/api/v1/line/socket")) {
        return this.ws.handleUpgrade(request, socket, head, (ws) => ws.on("message", (said) => ws.send(String(said))));
      }
      this.ws.handleUpgrade(request, socket, head, (ws) => this.join(new URL(request.url, this.url).pathname, ws));
    });
    await new Promise((done) => this.http.listen(port, "127.0.0.1", done));
    this.port = this.http.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  /** The server goes away; sessions, shells and tokens stay, as after a real restart. */
  async stop() {
    this.channels.forget();
    for (const ws of this.sockets) ws.close(1012);
    for (const ws of this.sockets) setTimeout(() => ws.terminate(), 50);
    this.http.closeAllConnections();
    await new Promise((done) => this.http.close(done));
    this.http.closeAllConnections();
  }

  async back() {
    await this.listen(this.port);
  }

  async close() {
    for (const session of this.sessions.values()) clearTimeout(session.timer);
    await this.stop().catch(() => {});
  }

  async serve(request, response) {
    const url = new URL(request.url, this.url);
    try {
      if (labPage(request, url, response)) return;
      if (url.pathname === "/healthz") return setTimeout(() => response.writeHead(200).end(), this.options.delayMs ?? 0);
      if (url.pathname.startsWith("/api/v1/line/")) return this.line(request, url, response);
      if (bundle(url.pathname, response)) return;
      if (await this.tab.page(url, response)) return;
      if (!url.pathname.startsWith("/api/")) return await this.page(url.pathname, response);
      if (url.pathname.includes("/channels")) {
        this.account(request);
        return await this.channels.serve(request, url, response);
      }
      const body = await readJson(request);
      const lang = url.searchParams.get("lang") === "fr" ? "fr" : "en";
      this.requests.push(`${request.method} ${url.pathname}`);
      const reply = await this.route(request.method, url.pathname.replace("/api/v1", ""), body, lang, request);
      response.writeHead(reply === undefined ? 204 : 200, { "content-type": "application/json" });
      response.end(reply === undefined ? undefined : JSON.stringify(reply));
    } catch (error) {
      const { status = 500, code = "fault", message, hint = "", headers = {} } = error;
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify({ error: { code, message, hint } }));
    }
  }

  /** What a page measures its line with. */
  line(request, url, response) {
    if (url.pathname.endsWith("/held")) return setTimeout(() => response.writeHead(204).end(), this.options.heldMs ?? 300);
    if (request.method === "POST") return request.resume().on("end", () => response.writeHead(204).end());
    response.writeHead(200, { "content-type": "application/octet-stream" }).end(Buffer.alloc(Number(url.searchParams.get("n"))));
  }

  async page(path, response) {
    const file = extname(path) === "" ? "index.html" : normalize(path).replace(/^\/+/, "");
    try {
      const bytes = await readFile(join(DIST, file));
      response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(404).end();
    }
  }

  account(request, token = request?.headers.authorization?.replace("Bearer ", "")) {
    const account = ACCOUNTS[this.tokens.get(token)];
    if (!account) throw new Refusal(401, "not_signed_in", "you are not signed in");
    return account;
  }

  tokenFor(name) {
    const token = `token-${name}-${this.next++}`;
    this.tokens.set(token, name);
    return token;
  }

  async route(method, path, body, lang, request) {
    const parts = path.split("/").slice(1).map(decodeURIComponent);
    const at = `${method} ${parts[0]}`;
    if (path === "/sign-in/ways") return { provider: this.options.provider };
    if (path === "/privacy") {
      return { contact: "privacy@school.example", erase_after_days: 14, files_days: 90, recorded: false, recordings_days: 30, provider: "Campus" };
    }
    if (at === "POST sign-in") return this.signIn(body);
    if (parts[0] === "invitations") return this.invitation(method, parts[1], body, request);
    if (path === "/lti/choices") return choices(LABS);
    if (path === "/lti/picks") return { return_url: null, jwt: null };
    if (path === "/lti/launches") {
      if (body.code === "") throw new Refusal(410, "launch_gone", "the launch is over");
      return { token: this.tokenFor("amina"), account: visible(ACCOUNTS.amina), to: "/", confirm: this.options.confirm === true };
    }
    const me = this.account(request);
    if (at === "POST sign-out") return undefined;
    if (path === "/me/erasure") {
      this.erasure = method === "POST" ? Date.now() + 14 * 864e5 : method === "DELETE" ? null : (this.erasure ?? null);
      return method === "DELETE" ? undefined : { due_at: this.erasure };
    }
    if (path === "/me/data") return { accounts: [visible(me)] };
    if (at === "GET me") return visible(me);
    if (parts[0] === "looks") return this.help.ofLook(method, parts[1], body, lang, Number(new URL(request.url, this.url).searchParams.get("after")), this.sessions);
    if (parts[0] === "operator") return this.operator(me, method, parts, body);
    if (parts[0] === "courses") return this.courses(me, method, parts, body, lang, new URL(request.url, this.url).searchParams.get("after"));
    if (at === "POST sessions" && parts.length === 1) return this.view(this.start(me, body), lang);
    return this.ofSession(method, parts, body, lang);
  }

  signIn({ name, password }) {
    const account = ACCOUNTS[name];
    if (this.failures >= 5) throw new Refusal(429, "rate_limited", "too many tries", "", { "retry-after": "30" });
    if (!account || account.password !== password) {
      this.failures += 1;
      throw new Refusal(401, "sign_in_failed", "name and password do not match");
    }
    return { token: this.tokenFor(name), account: visible(account) };
  }

  invitation(method, code, body, request) {
    if (code !== INVITATION && code !== PERSONAL) throw new Refusal(404, "not_found", "no such invitation");
    const about = { course: "networks", title: "Networks, week 3", role: "learner", expires_at: Date.now() + 864e5, name: code === PERSONAL ? "zoe@school.example" : null };
    if (method === "GET") return about;
    if (request.headers.authorization) return { token: this.tokenFor("amina"), account: visible(ACCOUNTS.amina) };
    if (ACCOUNTS[body.name]) throw new Refusal(409, "name_taken", "that name is taken");
    return { token: this.tokenFor("amina"), account: { ...visible(ACCOUNTS.amina), ...body, password: undefined } };
  }

  /** A class of `options.learners`; the page is told of changes when a test calls `learns`. */
  async board(name, lang, after) {
    this.class ??= makeClass(this.options.learners);
    const waited = Date.now() + 2_000;
    while (this.class.stamp <= after && Date.now() < waited) await new Promise((done) => setTimeout(done, 30));
    const lab = LABS.find((one) => one.name === name);
    return boardView(this.class, lab, lang, after, LABS);
  }

  /** A learner of the class gets a task done. */
  learns(id, at) {
    const learner = this.class.learners.find((one) => one.id === id);
    learner.cells[at] = { state: "done", score: 1, attempts: learner.cells[at].attempts + 1 };
    learner.changed = ++this.class.stamp;
    this.class.stuck = this.class.stuck.filter((one) => one.learner !== id);
  }

  operator(me, method, parts, body) {
    if (me.role !== "operator") throw new Refusal(403, "forbidden", "only operators may");
    if (parts[1] === "platforms") return this.platforms.operator(this.url, method, parts.slice(2), body);
    if (parts[1] === "privacy") {
      const [now, day] = [Date.now(), 864e5];
      return {
        erasures: [{ account: "a9", display_name: "Diego Santos", asked_at: now - 2 * day, due_at: now + 12 * day }],
        courses: [{ course: "networks", ends_at: now - 200 * day, erase_at: now - 20 * day, rows: 4210, sessions: 96, accounts: 31 }],
      };
    }
    if (method === "POST") return undefined;
    return [...this.sessions.values()].map(({ id, state, course, lab }) => ({
      id,
      account: "a1",
      display_name: "Amina Benali",
      course,
      lab: lab.name,
      state,
      created_at: Date.now() - 600_000,
      ends_at: Date.now() + this.options.endsInMs,
    }));
  }

  courses(me, method, parts, body, lang, after) {
    if (parts.length === 1) {
      const labs = LABS.map((lab) => this.labCard(lab, lang));
      return [{ id: "networks", title: "Networks, week 3", role: me.role === "operator" ? "learner" : me.role, labs }];
    }
    if (parts[4] === "results") return this.tab.results(me, method, body, lang);
    if (me.role === "learner") throw new Refusal(403, "forbidden", "only teachers may");
    this.people ??= new FakePeople();
    if (parts[2] === "invitations") return this.people.invitation(parts, method, body, this.url);
    if (parts[2] === "people") return this.people.view();
    if (parts[2] === "class-list") return this.people.take(parts, body);
    if (parts[2] === "scores") return (this.scores ??= new FakeScores(this.options.platform)).route(parts, method, body, LABS, lang);
    if (parts[4] === "rule") {
      this.scores.rule = method === "POST" ? body : undefined;
      return undefined;
    }
    if (parts[4] === "extensions") {
      this.scores.more = body;
      return undefined;
    }
    if (["help", "hands", "looks", "answers"].includes(parts[2])) return this.help.ofCourse(me, method, parts.slice(2), body, lang, Number(after));
    if (parts[4] === "board") return this.board(parts[3], lang, Number(after));
    const tasks = STEPS.flatMap((step) => step.tasks).map((task) => ({ lab: "tcp-handshake", task: task.id, title: task.title[lang], points: task.points }));
    const names = ["Amina Benali", "Bao Nguyen", "Chloé Martin", "Diego Santos"];
    const learners = names.map((display_name, n) => ({
      id: `l${n}`,
      display_name,
      score: n,
      tasks: tasks.slice(0, n).map(({ lab, task, points }) => ({ lab, task, score: n % 2 ? points : points / 2})),
    }));
    return { course: "networks", title: "Networks, week 3", tasks, learners };
  }

  labCard(lab, lang) {
    const session = [...this.sessions.values()].find((one) => one.lab === lab && one.state !== "ended");
    const points = lab.name === "tcp-handshake" ? total(STEPS) : 6;
    const score = session ? this.score(session) : lab.name === "shell-basics" ? 6 : 0;
    return { name: lab.name, title: lab.title[lang], summary: lab.summary[lang], minutes: lab.minutes, points, score, steps: STEPS.length, rule: this.options.rule, session: session ? { id: session.id, state: session.state } : null, needs: NEEDS[lab.name] ?? NEEDS.other, tab: this.options.tab && lab.name === "shell-basics" ? TAB : null };
  }

  start(me, { course, lab }) {
    const known = LABS.find((one) => one.name === lab);
    if (!known) throw new Refusal(404, "not_found", "there is no such lab");
    let session = [...this.sessions.values()].find((one) => one.lab === known && one.state !== "ended");
    if (!session) {
      session = { id: `s${this.next++}`, course, lab: known, tasks: new Map(), shells: new Map(), listeners: new Set(), attempts: [], endsAt: null, savedAt: null };
      this.sessions.set(session.id, session);
    } else if (["ready", "starting"].includes(session.state)) return session;
    this.boot(session);
    return session;
  }

  boot(session) {
    Object.assign(session, { state: "starting", problem: null, stages: STAGES.map(([stage, expected_ms]) => ({ stage, state: "todo", expected_ms, took_ms: null, note: null })) });
    session.shells = new Map();
    const step = (at) => {
      const stage = session.stages[at];
      if (!stage) return this.ready(session);
      stage.state = this.options.stuckAt === stage.stage ? "slow" : "doing";
      if (stage.stage === "nodes") stage.note = "client, server";
      this.changed(session);
      if (this.options.stuckAt === stage.stage) return;
      session.timer = setTimeout(() => {
        if (this.options.failAt === stage.stage) return this.fail(session, stage);
        Object.assign(stage, { state: "done", took_ms: stage.expected_ms });
        step(at + 1);
      }, this.options.startMs);
    };
    step(0);
  }

  fail(session, stage) {
    Object.assign(stage, { state: "failed", note: "nginx stopped at once" });
    session.state = "failed";
    session.problem = { message: "Node server did not start: its program nginx stopped at once.", hint: "Try again, or tell your teacher." };
    this.changed(session);
  }

  ready(session) {
    for (const node of ["client", "server"]) this.openShell(session, node);
    session.state = "ready";
    session.endsAt = Date.now() + this.options.endsInMs;
    session.savedAt = Date.now() - 60_000;
    this.changed(session);
  }

  openShell(session, node) {
    const id = `t${this.next++}`;
    const same = [...session.shells.values()].filter((one) => one.node === node).length;
    session.shells.set(id, { id, node, title: same === 0 ? node : `${node} ${same + 1}`, shell: new FakeShell(node) });
    return session.shells.get(id);
  }

  view(session, lang) {
    const steps = STEPS.map((step, at) => {
      const score = step.tasks.reduce((sum, task) => sum + this.task(session, task).score, 0);
      const points = total([step]);
      return { n: at + 1, title: step.title[lang], points, score, state: score >= points ? "done" : score > 0 ? "part" : "todo" };
    });
    const ready = session.state === "ready";
    return {
      id: session.id,
      course: session.course,
      lab: session.lab.name,
      title: session.lab.title[lang],
      state: session.state,
      stages: session.stages,
      problem: session.problem,
      ends_at: ready ? session.endsAt : null,
      now: Date.now(),
      apps: [
        { id: "terminal-client", kind: "terminal", label: "client", node: "client" },
        { id: "terminal-server", kind: "terminal", label: "server", node: "server" },
        ...(this.options.apps ?? []),
        { id: "map", kind: "map", label: lang === "fr" ? "Carte" : "Map" },
      ],
      nodes: this.options.nodes ?? NODES,
      networks: this.options.networks ?? NETWORKS,
      steps,
      score: this.score(session),
      points: total(STEPS),
      saved_at: session.savedAt,
      terminals: ready ? [...session.shells.values()].filter((one) => one.shell.ended === null).map(({ id, node, title }) => ({ id, node, title })) : [],
      keep: ["/root", "/home"],
      rule: this.options.rule,
      warnings: this.options.warnings,
    };
  }

  score(session) {
    return STEPS.flatMap((step) => step.tasks).reduce((sum, task) => sum + this.task(session, task).score, 0);
  }

  task(session, task) {
    if (!session.tasks.has(task.id)) session.tasks.set(task.id, { score: 0, state: "untried", feedback: [], revealed: 0, attempts: 0 });
    return session.tasks.get(task.id);
  }

  taskView(session, task, lang) {
    const { score, state, feedback, revealed, attempts } = this.task(session, task);
    return {
      id: task.id,
      title: task.title[lang],
      points: task.points,
      score,
      state,
      kind: task.kind,
      choices: task.choices ?? [],
      feedback,
      hints: task.hints.slice(0, revealed).map((hint) => hint[lang]),
      hints_left: task.hints.length - revealed,
      tries_left: this.options.rule?.tries == null ? null : Math.max(0, this.options.rule.tries - attempts),
      late: false,
      self_reported: false,
      on: task.on,
      attempts,
    };
  }

  async ofSession(method, [, id, noun, key, verb], body, lang) {
    const session = this.sessions.get(id);
    if (!session) throw new Refusal(404, "not_found", "there is no such session");
    const act = `${method} ${noun ?? ""}`;
    if (act === "GET ") return this.view(session, lang);
    if (act === "GET attempts") return session.attempts;
    const help = this.help.ofSession(session, method, noun, key, verb, body, lang);
    if (help !== undefined) return help;
    if (act === "GET steps") return this.step(session, Number(key), lang);
    if (act === "POST tasks") return verb === "hint" ? this.hint(session, key, lang) : this.check(session, key, body, lang);
    if (act === "POST terminals") return this.moreTerminals(session, body.node);
    if (act === "DELETE terminals") return this.closeTerminal(session, key);
    if (act === "POST apps") return ticket(id, key, this.port);
    if (act === "POST extend") session.endsAt += 30 * 60_000;
    else if (act === "POST reset") this.boot(session);
    else if (act === "POST end") Object.assign(session, { state: "ended", savedAt: Date.now() });
    else throw new Refusal(404, "not_found", "no such route");
    this.changed(session);
    return this.view(session, lang);
  }

  step(session, n, lang) {
    const step = STEPS[n - 1];
    if (!step) throw new Refusal(404, "not_found", "there is no such step");
    return { n, title: step.title[lang], html: step.html[lang], language: lang, tasks: step.tasks.map((task) => this.taskView(session, task, lang)) };
  }

  hint(session, id, lang) {
    const task = STEPS.flatMap((step) => step.tasks).find((one) => one.id === id);
    const kept = this.task(session, task);
    kept.revealed = Math.min(task.hints.length, kept.revealed + 1);
    return this.taskView(session, task, lang);
  }

  async check(session, id, { answer }, lang) {
    await new Promise((done) => setTimeout(done, this.options.checkMs));
    if (session.state !== "ready") throw new Refusal(409, "not_ready", "the lab is not ready");
    const task = STEPS.flatMap((step) => step.tasks).find((one) => one.id === id);
    const kept = this.task(session, task);
    const said = this.verdict(session, task, answer);
    kept.state = said.verdict;
    kept.feedback = said.feedback;
    if (said.verdict !== "broken") kept.attempts += 1;
    kept.score = Math.max(kept.score, said.score);
    this.changed(session);
    const at = Date.now();
    session.attempts.push({ task: id, at, verdict: said.verdict, score: said.score, feedback: said.feedback, took_ms: 1800, answer: answer ?? null });
    return {
      task: this.taskView(session, task, lang),
      attempt: { at, took_ms: 1800, verdict: said.verdict, score: said.score, feedback: said.feedback },
      score: this.score(session),
      points: total(STEPS),
    };
  }

  verdict(session, task, answer) {
    if (task.id === "broken") return { verdict: "broken", score: 0, feedback: [] };
    if (task.answer) {
      return answer === task.answer
        ? { verdict: "done", score: task.points, feedback: [`${answer} is right.`] }
        : { verdict: "not_yet", score: 0, feedback: [`${answer} is not it.`] };
    }
    const typed = [...session.shells.values()].map((one) => one.shell.received).join("");
    if (typed.includes("solve")) return { verdict: "done", score: task.points, feedback: ["All three packets are there."] };
    if (typed.includes("half")) return { verdict: "part", score: task.points / 2, feedback: ["Your capture holds SYN and SYN-ACK.", "The last ACK is missing."] };
    return { verdict: "not_yet", score: 0, feedback: ["There is no capture yet."] };
  }

  moreTerminals(session, node) {
    if (session.shells.size >= 6) throw new Refusal(409, "too_many_terminals", "six terminals are open", "Close one first.");
    const { id, title } = this.openShell(session, node);
    this.changed(session);
    return { id, node, title };
  }

  closeTerminal(session, id) {
    session.shells.get(id)?.shell.finish(129);
    session.shells.delete(id);
    this.changed(session);
    return undefined;
  }

  changed(session) {
    for (const tell of session.listeners) tell();
  }

  /** To every page that listens: `{type: "warning", minutes}` and the like. */
  tell(event) {
    for (const ws of this.sockets) if (ws.events) ws.send(JSON.stringify(event));
  }

  /** Cuts every socket without a word, as a broken line does. */
  cut() {
    this.channels.forget();
    for (const ws of this.sockets) ws.terminate();
  }

  join(path, ws) {
    this.sockets.add(ws);
    ws.on("close", () => this.sockets.delete(ws));
    ws.on("error", () => {});
    const parts = path.split("/").slice(4).map(decodeURIComponent);
    ws.once("message", (data) => {
      const hello = JSON.parse(String(data));
      if (!this.tokens.has(hello.token)) return ws.close(4401);
      const look = path.includes("/looks/") ? this.help.looks.get(parts[0]) : null;
      if (look && !look.watching) return ws.close(4403);
      const session = this.sessions.get(look ? look.session : parts[0]);
      if (!session) return ws.close(4404);
      if (parts[1] === "events") this.joinEvents(session, hello, ws);
      else if (parts[1] === "captures") capture(ws);
      else if (parts[1] === "displays") display(ws);
      else this.joinTerminal(session, parts[2], hello, ws, look);
    });
  }

  joinEvents(session, hello, ws) {
    ws.events = true;
    const tell = () => ws.send(JSON.stringify({ type: "session", session: this.view(session, hello.lang === "fr" ? "fr" : "en") }));
    session.listeners.add(tell);
    const help = () => ws.send(JSON.stringify({ type: "help", help: this.help.state(session, hello.lang === "fr" ? "fr" : "en") }));
    this.help.listeners.add(help);
    ws.on("close", () => (session.listeners.delete(tell), this.help.listeners.delete(help)));
    tell();
    help();
  }

  joinTerminal(session, id, hello, ws, look = null) {
    const found = session.shells.get(id);
    if (session.state !== "ready") return ws.close(4409);
    if (!found) return ws.close(4404);
    const { shell } = found;
    const { offset, lost, bytes } = shell.since(hello.since);
    ws.send(JSON.stringify({ type: "attached", offset, end: shell.end, lost }));
    if (bytes.length > 0) ws.send(bytes);
    const listener = {
      output: (more) => ws.readyState === 1 && ws.send(more),
      exit: (status) => {
        ws.send(JSON.stringify({ type: "exit", status }));
        ws.close(1000);
        this.changed(session);
      },
    };
    shell.listeners.add(listener);
    ws.on("close", () => shell.listeners.delete(listener));
    look?.sockets.add(ws);
    ws.on("message", (data, binary) => binary && (look === null || look.keys === "given") && shell.input(data));
  }
}

function visible({ password, ...account }) {
  return account;
}

function total(steps) {
  return steps.flatMap((step) => step.tasks).reduce((sum, task) => sum + task.points, 0);
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString("utf8");
  return text === "" ? {} : JSON.parse(text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const fake = await new FakeServer({ startMs: Number(process.env.START_MS ?? 400) }).listen(Number(process.env.PORT ?? 8099));
  console.error(`make-believe server on ${fake.url} (amina, claire, omar; password "open sesame now")`);
}
