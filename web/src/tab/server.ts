/// A server in the tab: answers what a workspace asks, from a lab folder and what this browser keeps, in the same words and
/// shapes as the real one. What is above it cannot tell the difference. It must not draw anything.

import type { components } from "../core/api.gen";
import { API } from "../core/api";
import { translate, type Key } from "../core/i18n/index.svelte";
import type { Lang } from "../core/settings.svelte";
import { CLOSE, type Dial } from "../core/socket";
import type { CheckReply, RecordedAttempt, ServerEvent, TaskView } from "../core/types";
import { judge, type Judges } from "./judge";
import type { Kept } from "./course/suspend";
import type { Told } from "./home/ledger";
import type { Keeper, Trouble } from "./machine/keeper";
import type { AnswerFault } from "./judge/answers";
import { carry, pointsOf, sessionView, stepView, taskView, type Done } from "./progress";
import { TabSocket, type Other } from "./socket";
import type { Store, StoredAttempt } from "./store";

export type TabLab = components["schemas"]["TabLab"];
type TabPages = components["schemas"]["TabPages"];

/** What the lab's machine does, where it has one. */
export interface Machine {
  /** This page has the work on the lab: it starts, with the files that are kept of it. */
  own(lab: string): void;
  /** Another page has it: it ends, and keeps nothing more. */
  leave(): void;
  /** What of its files is kept. */
  readonly keeper: Keeper;
  /** What the session's view says of it. */
  seen(view: components["schemas"]["SessionView"]): components["schemas"]["SessionView"];
  /** Why it failed, in no language; null while it has not. */
  readonly why: string | null;
  /** Starts it anew. */
  start(): void;
  /** Its nodes can be asked. */
  readonly ready: boolean;
  script: Judges["script"];
  /** The other end of a socket below the session's address; null where it has none such. `view` is the session's. */
  open(socket: TabSocket, to: string[], view: components["schemas"]["SessionView"]): Other | null;
  /** Answers what the machine is asked by; null where it is not its business. */
  ask(method: string, to: string[], body: unknown, view: components["schemas"]["SessionView"]): Promise<unknown> | null;
  /** Something of what it says has changed. */
  onchange: () => void;
}

class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly key: Key,
    readonly hint: Key | null = null,
  ) {
    super(code);
  }
}

const FAULTS: Record<AnswerFault, Key> = {
  missing: "tab.answer.missing",
  too_long: "tab.answer.long",
  not_number: "tab.answer.number",
  not_choice: "tab.answer.choice",
};

const TROUBLES: Record<Trouble, { message: Key; hint: Key }> = {
  room: { message: "files.room", hint: "files.room.hint" },
  size: { message: "files.size", hint: "files.size.hint" },
  machine: { message: "files.machine", hint: "files.machine.hint" },
  restore: { message: "files.restore", hint: "files.restore.hint" },
};

export class TabServer {
  /** Is told when something was written. */
  onwritten: () => void = () => {};
  /** Is told when the progress changed, and by which attempt. */
  onprogress: (attempt: StoredAttempt | null) => void = () => {};
  /** SHA-256 of the lab's file. */
  madeOf: string | undefined;
  #done: Done = { attempts: [], hints: {} };
  #events = new Map<TabSocket, Lang>();
  #checking = new Set<string>();

  private constructor(
    readonly lab: TabLab,
    private readonly store: Store,
    /** A file of the folder. */
    private readonly file: (path: string) => Promise<Response>,
    private readonly machine: Machine | null,
  ) {
    if (machine) machine.onchange = () => this.#tell();
  }

  /** `kept` is what a course kept of this learner's work, where there is one. */
  static async open(
    lab: TabLab,
    store: Store,
    file: (path: string) => Promise<Response>,
    machine: Machine | null,
    kept: Record<string, Kept> = {},
  ): Promise<TabServer> {
    const server = new TabServer(lab, store, file, machine);
    server.#done = await server.#read();
    server.#done.carried = carry(kept, server.#done);
    return server;
  }

  /** The id of the only session. */
  get session(): string {
    return this.lab.lab;
  }

  fetch: typeof fetch = async (input, init) => {
    const url = new URL(String(input), "http://tab");
    const lang = langOf(url.searchParams.get("lang"));
    try {
      if (url.pathname === "/healthz") return new Response("ok");
      const parts = url.pathname.slice(API.length + 1).split("/").map(decodeURIComponent);
      if (parts[2] === "assets") return await this.#asset(parts.slice(3));
      const body = typeof init?.body === "string" ? (JSON.parse(init.body) as unknown) : null;
      const reply = await this.#answer(init?.method ?? "GET", parts, body, lang);
      return reply === undefined ? new Response(null, { status: 204 }) : Response.json(reply);
    } catch (error) {
      return refused(error, lang);
    }
  };

  dial: Dial = (url) => {
    const parts = new URL(url).pathname.slice(API.length + 1).split("/").map(decodeURIComponent);
    return new TabSocket((socket) => {
      if (parts[2] === "events") return this.#follow(socket);
      const other = this.machine?.open(socket, parts.slice(2), this.#plain("en")) ?? null;
      if (other !== null) return other;
      queueMicrotask(() => socket.end(CLOSE.notFound));
      return { text: () => {}, bytes: () => {}, closed: () => {} };
    });
  };

  /** Another tab did something: what is kept is read again. */
  async reread(): Promise<void> {
    this.#done = { ...this.#done, ...(await this.#read()) };
    this.#tell();
  }

  /** What this browser did itself. */
  get done(): Readonly<Done> {
    return this.#done;
  }

  /** What the course has of the work, and what it said of attempts. */
  hear(kept: Record<string, Kept>, told: ReadonlyMap<string, Told>): void {
    const done = { ...this.#done, told };
    this.#done = { ...done, carried: carry(kept, done) };
    this.#tell();
  }

  async #read(): Promise<Done> {
    return { attempts: await this.store.attempts(this.lab.lab), hints: await this.store.hints(this.lab.lab) };
  }

  /** All tasks, with the learner's progress in them. */
  get tasks(): TaskView[] {
    const pages = this.#pages("en");
    return pages.steps.flatMap((step) => stepView(step, pages, this.#done).tasks);
  }

  get steps(): number {
    return this.#pages("en").steps.length;
  }

  /** This page has the work. */
  async own(): Promise<void> {
    await this.reread();
    this.machine?.own(this.lab.lab);
  }

  /** Another page has it. */
  leave(): void {
    this.machine?.leave();
  }

  /** What of the files of its computers is kept; null where it has none. */
  get keeper(): Keeper | null {
    return this.machine?.keeper ?? null;
  }

  /** The folders whose files are kept. */
  get folders(): string[] {
    return this.machine?.keeper.names.length ? this.#pages("en").session.keep : [];
  }

  async #answer(method: string, parts: string[], body: unknown, lang: Lang): Promise<unknown> {
    const [noun, , what, of, act] = parts;
    const at = `${method} ${noun}`;
    if (at === "POST sessions" && parts.length === 1) {
      if (this.machine?.why != null) this.machine.start();
      return this.#view(lang);
    }
    if (noun !== "sessions") throw NOT_HERE;
    if (method === "GET" && what === undefined) return this.#view(lang);
    if (method === "GET" && what === "steps") return this.#step(Number(of), lang);
    if (method === "GET" && what === "attempts") return this.#done.attempts.map((attempt) => recorded(attempt, this.#done.told?.get(attempt.id)));
    if (method === "GET" && what === "looks") return [];
    if (method === "GET" && what === "apps" && act === "site") return this.#site(of ?? "");
    if (what === "tasks" && act === "check") return this.#check(of ?? "", body as CheckBody, lang);
    if (what === "tasks" && act === "hint") return this.#hint(of ?? "", lang);
    if (what === "extend") throw new Refusal(409, "no_time_limit", "tab.extend");
    const made = this.machine?.ask(method, parts.slice(2), body, this.#plain(lang)) ?? null;
    if (made !== null) {
      const reply = await made;
      return what === "reset" ? this.#view(lang) : reply;
    }
    if (what === "reset") return this.#view(lang);
    throw NOT_HERE;
  }

  /** With words about what the course said. */
  #doneIn(lang: Lang): Done {
    return { ...this.#done, said: (told, attempt) => courseWords(lang, told, attempt) };
  }

  #pages(lang: Lang): TabPages {
    const pages = this.lab.languages[lang] ?? Object.values(this.lab.languages)[0];
    if (!pages) throw NOT_HERE;
    return pages;
  }

  #view(lang: Lang) {
    const view = this.#plain(lang);
    const { machine } = this;
    if (!machine) return view;
    const seen = { ...machine.seen(view), keep: this.folders };
    const { trouble } = machine.keeper.keeping;
    if (machine.why === null && trouble === null) return seen;
    if (machine.why === null) {
      const { message, hint } = TROUBLES[trouble as Trouble];
      return { ...seen, problem: { message: translate(lang, message), hint: translate(lang, hint) } };
    }
    const problem = { message: translate(lang, "tab.machine.failed"), hint: `${translate(lang, "tab.machine.hint")} (${machine.why})` };
    return { ...seen, problem };
  }

  /** As it is but for the machine. */
  #plain(lang: Lang) {
    return sessionView(this.#pages(lang), this.#done, Date.now());
  }

  #step(n: number, lang: Lang) {
    const pages = this.#pages(lang);
    const step = pages.steps[n - 1];
    if (!step) throw NOT_HERE;
    return stepView(step, pages, this.#doneIn(lang));
  }

  /** The author's page that a tab shows, and the files beside it; a server serves them under an origin of their own. */
  #site(id: string) {
    const app = this.#pages("en").session.apps.find((app) => app.id === id);
    const site = this.lab.pages?.[app?.source ?? ""];
    if (!site) throw NOT_HERE;
    return site;
  }

  #task(id: string, lang: Lang): TaskView {
    const task = this.#pages(lang).steps.flatMap((step) => step.tasks).find((task) => task.id === id);
    if (!task) throw NOT_HERE;
    return task;
  }

  async #check(id: string, body: CheckBody, lang: Lang): Promise<CheckReply> {
    const task = this.#task(id, lang);
    const by = this.lab.tasks[id];
    if (!by) throw NOT_HERE;
    const known = this.#done.attempts.find((attempt) => attempt.id === body.attempt);
    if (known) return this.#reply(task, known, lang);
    if (this.#checking.has(id)) throw new Refusal(409, "checking", "tab.checking");
    this.#checking.add(id);
    const began = performance.now();
    try {
      const judged = await judge(task, by, body.answer, {
        lang,
        database: async (file) => (await this.#file(`lab/${file}`)).arrayBuffer(),
        script: (check, task, answer) => {
          if (!this.machine?.ready) throw new Refusal(409, "not_ready", "task.notready");
          return this.machine.script(check, task, answer);
        },
      });
      if ("fault" in judged) throw new Refusal(400, "bad_answer", FAULTS[judged.fault], "tab.answer.again");
      const attempt: StoredAttempt = {
        lab: this.lab.lab,
        id: body.attempt ?? String(Date.now()),
        task: id,
        at: Date.now(),
        ...judged.judgement,
        points: task.points,
        took_ms: Math.round(performance.now() - began),
        answer: judged.answer,
        self_reported: true,
        made_of: this.madeOf,
      };
      await this.#keep(() => this.store.add(attempt));
      this.#done = { ...this.#done, attempts: [...this.#done.attempts, attempt] };
      this.#tell();
      this.onprogress(attempt);
      return this.#reply(task, attempt, lang);
    } finally {
      this.#checking.delete(id);
    }
  }

  #reply(task: TaskView, attempt: StoredAttempt, lang: Lang): CheckReply {
    const view = this.#view(lang);
    return {
      task: taskView(task, this.#pages(lang), this.#doneIn(lang)),
      attempt: {
        at: attempt.at,
        verdict: attempt.verdict,
        score: pointsOf(attempt.share, attempt.points),
        feedback: attempt.feedback,
        took_ms: attempt.took_ms,
      },
      score: view.score,
      points: view.points,
    };
  }

  async #hint(id: string, lang: Lang): Promise<TaskView> {
    const task = this.#task(id, lang);
    const pages = this.#pages(lang);
    const count = taskView(task, pages, this.#done).hints.length + 1;
    if (count > (pages.hints[id]?.length ?? 0)) return taskView(task, pages, this.#doneIn(lang));
    await this.#keep(() => this.store.setHints(this.lab.lab, id, count));
    this.#done = { ...this.#done, hints: { ...this.#done.hints, [id]: count } };
    this.onprogress(null);
    return taskView(task, pages, this.#doneIn(lang));
  }

  /** What could not be kept is not shown either. */
  async #keep(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } catch (cause) {
      console.error(cause);
      throw new Refusal(507, "storage_full", "tab.notkept", "tab.notkept.hint");
    }
    this.onwritten();
  }

  async #asset(path: string[]): Promise<Response> {
    return this.#file(`lab/assets/${path.join("/")}`);
  }

  async #file(path: string): Promise<Response> {
    const reply = await this.file(path);
    if (!reply.ok) throw new Refusal(404, "not_found", "tab.nofile");
    return reply;
  }

  #follow(socket: TabSocket) {
    return {
      text: (text: string) => {
        const { lang } = JSON.parse(text) as { lang?: string };
        // Later messages are about the line, of which there is none.
        if (this.#events.has(socket) && lang === undefined) return;
        this.#events.set(socket, langOf(lang ?? null));
        this.#say(socket);
      },
      bytes: () => {},
      closed: () => void this.#events.delete(socket),
    };
  }

  #say(socket: TabSocket): void {
    const event: ServerEvent = { type: "session", session: this.#view(this.#events.get(socket) ?? "en") };
    socket.hear(JSON.stringify(event));
  }

  #tell(): void {
    for (const socket of this.#events.keys()) this.#say(socket);
  }
}

interface CheckBody {
  attempt?: string;
  answer?: string;
}

const NOT_HERE = new Refusal(404, "not_found", "error.notfound");

function recorded(attempt: StoredAttempt, told: Told | undefined): RecordedAttempt {
  const { task, at, verdict, feedback, took_ms, answer } = attempt;
  const self_reported = told?.self_reported ?? true;
  return { task, at, verdict, score: pointsOf(attempt.share, attempt.points), feedback, took_ms, answer, self_reported };
}

/** Null where the course says what was said here. */
function courseWords(lang: Lang, { outcome, verdict, message }: Told, attempt: StoredAttempt): string | null {
  if (outcome === "refused") return translate(lang, "home.said.refused", { words: message ?? "" });
  return verdict === null || verdict === attempt.verdict ? null : translate(lang, `home.said.${verdict}`);
}

function langOf(tag: string | null): Lang {
  return tag === "fr" ? "fr" : "en";
}

function refused(error: unknown, lang: Lang): Response {
  if (!(error instanceof Refusal)) {
    console.error(error);
    const message = translate(lang, "tab.failed");
    return Response.json({ error: { code: "internal", message, hint: null } }, { status: 500 });
  }
  const message = translate(lang, error.key);
  const hint = error.hint === null ? null : translate(lang, error.hint);
  return Response.json({ error: { code: error.code, message, hint } }, { status: error.status });
}
