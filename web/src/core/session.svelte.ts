/// One session as its page needs it: the view (kept fresh by the events socket), the steps that were opened, and what
/// the learner can do with them. It shows nothing itself.

import { API, type Api, ApiError } from "./api";
import { skew } from "./clock.svelte";
import type { Line } from "./line.svelte";
import { Link } from "./link";
import { retryDelay, socketUrl, type Dial } from "./socket";
import type { AppTicket, CheckReply, HelpState, LookAnswer, LookLine, RaiseHand, RecordedAttempt, ServerEvent, SessionView, StepView, TaskView, Terminal } from "./types";

/** Waits before a check whose reply was lost is asked for again. */
const CHECK_AGAIN_MS = [1_000, 3_000, 6_000];

export interface SessionNotices {
  warning(minutes: number): void;
  reloaded(): void;
  signedOut(): void;
}

export class Session {
  view = $state.raw<SessionView | null>(null);
  /** Why there is no view. */
  error = $state.raw<ApiError | null>(null);
  steps = $state.raw<Record<number, StepView>>({});
  /** Tasks that are being checked, and since when by this computer's clock. */
  checking = $state.raw<Record<string, number>>({});
  /** How long the last check of each task took. */
  tookMs = $state.raw<Record<string, number>>({});
  /** Tasks whose check could not be asked for, and why. */
  refused = $state.raw<Record<string, ApiError>>({});
  /** The learner's hand, its answers, and who asks to look; null until there is something to say. */
  help = $state.raw<HelpState | null>(null);
  /** The step that is open, so that an app knows which tasks are at hand. */
  at = $state(1);
  skewMs = 0;

  /** What the tabs of databases offer as answers, by the database's file. */
  #queries = new Map<string, () => string>();
  #link: Link | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  /** How often help was told by the events. */
  #told = 0;
  #closed = false;
  #leaveLine: () => void;
  #leaveReports: () => void;

  constructor(
    readonly id: string,
    private readonly api: Api,
    private readonly line: Line,
    private readonly lang: () => string,
    private readonly notices: SessionNotices,
    private readonly dial: Dial,
  ) {
    this.#leaveLine = line.join(
      () => this.#retryNow(),
      () => this.#link?.drop(),
    );
    this.#leaveReports = line.onmeasured((line) => this.#link?.send({ line }));
    void this.load();
  }

  get path(): string {
    return `/sessions/${encodeURIComponent(this.id)}`;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#leaveLine();
    this.#leaveReports();
    this.line.leave(this);
  }

  /** Asks for the session, then listens to it. */
  async load(): Promise<void> {
    clearTimeout(this.#timer);
    this.error = null;
    try {
      this.accept(await this.api.get<SessionView>(this.path));
      this.#attempt = 0;
      this.line.up(this);
      if (!this.#closed) this.#link ??= this.#listen();
    } catch (error) {
      this.#failed(error as ApiError);
    }
  }

  accept(view: SessionView): void {
    this.skewMs = skew(view.now, Date.now());
    this.view = view;
    for (const step of view.steps) {
      const open = this.steps[step.n];
      // Where the line is cut meanwhile, the next view asks again.
      if (open && open.tasks.length > 0 && Math.abs(sum(open.tasks) - step.score) > 1e-6) this.loadStep(step.n).catch(() => null);
    }
  }

  async loadStep(n: number): Promise<void> {
    const step = await this.api.get<StepView>(`${this.path}/steps/${n}`);
    this.steps = { ...this.steps, [n]: step };
  }

  /** Loads again every page that was opened: the language changed, or the author did. */
  async reloadSteps(): Promise<void> {
    await Promise.allSettled(Object.keys(this.steps).map((n) => this.loadStep(Number(n))));
  }

  /** A tab offers the query that stands in it as the answer to tasks on its database; gives a way to take it back. */
  offer(database: string, query: () => string): () => void {
    this.#queries.set(database, query);
    return () => {
      if (this.#queries.get(database) === query) this.#queries.delete(database);
    };
  }

  /** The query that would be checked; empty when there is none, null when the tab was never opened. */
  queryFor(task: TaskView): string | null {
    return this.#queries.get(task.database ?? "")?.() ?? null;
  }

  /** Checks a task; null when it could not be asked for (then `refused` says why). */
  async check(task: string, answer?: string): Promise<CheckReply | null> {
    if (this.checking[task] !== undefined) return null;
    this.checking = { ...this.checking, [task]: Date.now() };
    this.refused = without(this.refused, task);
    try {
      const reply = await this.#askForCheck(task, answer);
      this.#acceptTask(reply.task);
      this.tookMs = { ...this.tookMs, [task]: reply.attempt.took_ms };
      return reply;
    } catch (error) {
      this.refused = { ...this.refused, [task]: error as ApiError };
      return null;
    } finally {
      this.checking = without(this.checking, task);
    }
  }

  /** Asks again when the reply was lost on the way; the attempt's id keeps the server from counting it twice. */
  async #askForCheck(task: string, answer: string | undefined): Promise<CheckReply> {
    const path = `${this.path}/tasks/${encodeURIComponent(task)}/check`;
    const body = { attempt: attemptId(), answer };
    for (const delay of CHECK_AGAIN_MS) {
      try {
        return await this.api.post<CheckReply>(path, body);
      } catch (error) {
        if ((error as ApiError).code !== "network") throw error;
        await new Promise((done) => setTimeout(done, delay));
      }
    }
    return this.api.post<CheckReply>(path, body);
  }

  async hint(task: string): Promise<void> {
    this.#acceptTask(await this.api.post<TaskView>(`${this.path}/tasks/${encodeURIComponent(task)}/hint`));
  }

  async extend(): Promise<void> {
    this.accept(await this.api.post<SessionView>(`${this.path}/extend`));
  }

  async reset(node: string | null): Promise<void> {
    this.accept(await this.api.post<SessionView>(`${this.path}/reset`, { node }));
  }

  async end(): Promise<void> {
    this.accept(await this.api.post<SessionView>(`${this.path}/end`));
  }

  /** Starts the same lab again: resumes a sleeping session, or tries a failed one once more. */
  async again(): Promise<SessionView> {
    const view = this.view;
    const started = await this.api.post<SessionView>("/sessions", { course: view?.course, lab: view?.lab });
    if (started.id === this.id) this.accept(started);
    return started;
  }

  /** Help as it is now, also who is there to help. */
  async askForHelp(): Promise<HelpState> {
    return this.#helped(this.api.get<HelpState>(`${this.path}/help`));
  }

  attempts(): Promise<RecordedAttempt[]> {
    return this.api.get<RecordedAttempt[]>(`${this.path}/attempts`);
  }

  async raise(hand: RaiseHand): Promise<void> {
    await this.#helped(this.api.post<HelpState>(`${this.path}/hand`, hand));
  }

  async lower(): Promise<void> {
    await this.#helped(this.api.delete<HelpState>(`${this.path}/hand`));
  }

  async sayMore(words: string): Promise<void> {
    await this.#helped(this.api.post<HelpState>(`${this.path}/hand/words`, { words }));
  }

  /** Answers the look of this id, and no other. */
  async answerLook(look: string, answer: LookAnswer): Promise<void> {
    await this.#helped(this.api.post<HelpState>(`${this.path}/looks/${encodeURIComponent(look)}`, { answer }));
  }

  /** What came by itself meanwhile is newer than a reply: whatever changes is told there, too. */
  async #helped(asked: Promise<HelpState>): Promise<HelpState> {
    const before = this.#told;
    const help = await asked;
    if (this.#told === before) this.help = help;
    return help;
  }

  /** Who has looked. */
  looks(): Promise<LookLine[]> {
    return this.api.get<LookLine[]>(`${this.path}/looks`);
  }

  /** What opens a web or page tab, once. */
  openApp(app: string): Promise<AppTicket> {
    return this.api.post<AppTicket>(`${this.path}/apps/${encodeURIComponent(app)}/ticket`);
  }

  async openTerminal(node: string): Promise<Terminal> {
    const terminal = await this.api.post<Terminal>(`${this.path}/terminals`, { node });
    const view = this.view;
    if (view && !view.terminals.some((known) => known.id === terminal.id)) {
      this.view = { ...view, terminals: [...view.terminals, terminal] };
    }
    return terminal;
  }

  async closeTerminal(id: string): Promise<void> {
    await this.api.delete(`${this.path}/terminals/${encodeURIComponent(id)}`);
    const view = this.view;
    if (view) this.view = { ...view, terminals: view.terminals.filter((terminal) => terminal.id !== id) };
  }

  #acceptTask(task: TaskView): void {
    const steps = { ...this.steps };
    for (const [n, step] of Object.entries(steps)) {
      if (!step.tasks.some((known) => known.id === task.id)) continue;
      const tasks = step.tasks.map((known) => (known.id === task.id ? task : known));
      steps[Number(n)] = { ...step, tasks };
      this.#scoreStep(Number(n), tasks);
    }
    this.steps = steps;
  }

  /** Shows a step's new score at once; the server's own view follows on the events socket. */
  #scoreStep(n: number, tasks: TaskView[]): void {
    const view = this.view;
    if (!view) return;
    const steps = view.steps.map((step) => {
      if (step.n !== n) return step;
      const score = sum(tasks);
      const state = score >= step.points ? "done" : score > 0 ? "part" : step.state;
      return { ...step, score, state } as typeof step;
    });
    this.view = { ...view, steps, score: steps.reduce((total, step) => total + step.score, 0) };
  }

  #listen(): Link {
    const heard = {
      hello: () => ({ token: this.api.token, lang: this.lang() }),
      text: (text: string) => this.#event(text),
      bytes: () => {},
      state: () => {},
      refused: () => {
        this.#link = null;
        void this.load();
        return "ended" as const;
      },
      signedOut: () => {
        this.notices.signedOut();
      },
    };
    return new Link(socketUrl(`${API}${this.path}/events`), heard, this.line, this.dial);
  }

  /** Says hello again, because the language of the texts changed. */
  relisten(): void {
    if (this.#closed) return;
    this.#link?.hangUp();
    this.#link?.open();
  }

  #event(text: string): void {
    let event: ServerEvent;
    try {
      event = JSON.parse(text) as ServerEvent;
    } catch {
      return;
    }
    this.#link?.live();
    if (event.type === "session") this.accept(event.session);
    if (event.type === "warning") this.notices.warning(event.minutes);
    if (event.type === "help") {
      this.#told += 1;
      this.help = event.help;
    }
    if (event.type === "reload") void this.reloadSteps().then(() => this.notices.reloaded());
  }

  #failed(error: ApiError): void {
    if (this.#closed) return;
    if (error.status === 401) return this.notices.signedOut();
    const passing = error.status === 0 || error.status >= 500;
    // What was on the page stays readable while the line is down.
    if (!passing || this.view === null) this.error = error;
    if (!passing) return;
    this.line.down(this);
    this.#timer = setTimeout(() => void this.load(), retryDelay(this.#attempt++));
  }

  #retryNow(): void {
    if (this.#closed) return;
    if (this.#link !== null) return this.#link.retryNow();
    this.#attempt = 0;
    void this.load();
  }
}

/** 128 random bits; `crypto.randomUUID` is missing on pages over plain HTTP. */
function attemptId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function sum(tasks: TaskView[]): number {
  return tasks.reduce((total, task) => total + task.score, 0);
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  const { [key]: _, ...rest } = record;
  return rest;
}
