/// A database tab's state: opening and owning the learner's copy, running, stopping, fresh copies, import and export. It
/// draws nothing and knows no editor.

import { recall, remember } from "../../core/storage";
import { complaintOf, type Complaint } from "./complaints";
import { Database, Ownership, Stopped } from "./database";
import type { Outcome, Table } from "./protocol";
import type { Statement } from "./statements";

/** Queries that are remembered. */
const HISTORY = 50;
const MAX_IMPORT_BYTES = 256 << 20;

export type Phase = "opening" | "elsewhere" | "ready" | "failed";

export interface Result {
  statement: Statement;
  outcome: Outcome;
  complaint: Complaint | null;
}

/** What a stop did: undid what was not committed, or lost a copy that nothing keeps. */
export type StopEffect = "undone" | "unkept";

export class SqlTab {
  phase = $state<Phase>("opening");
  /** Why it failed. */
  why = $state("");
  /** The copy outlives the page. */
  kept = $state(false);
  tables = $state.raw<Table[]>([]);
  results = $state.raw<Result[]>([]);
  /** Since when something runs; null when nothing does. */
  runningSince = $state<number | null>(null);
  stopped = $state<StopEffect | null>(null);
  /** A transaction is open. */
  open = $state(false);
  savedAt = $state<number | null>(null);
  /** The author's file is another one than the copy was made of. */
  stale = $state(false);
  history = $state.raw<string[]>([]);

  #database: Database;
  #owner: Ownership;
  #closed = false;
  #starting: Promise<void> = Promise.resolve();

  constructor(
    /** Names the learner's copy: one an account, lab and file. */
    readonly name: string,
    /** The author's file, asked for anew. */
    private readonly original: () => Promise<ArrayBuffer>,
  ) {
    this.#database = new Database(`/labwright-sql/${name}`);
    this.#owner = new Ownership(`labwright-sql-${name}`, () => this.#lost());
    this.history = recall<string[]>(this.key("history"), []);
  }

  key(of: string): string {
    return `sql.${this.name}.${of}`;
  }

  /** Opens the learner's copy. With `steal` it is taken from the page that has it, with `fresh` it is thrown away. */
  start(steal = false, fresh = false): Promise<void> {
    this.#starting = this.#start(steal, fresh);
    return this.#starting;
  }

  async #start(steal: boolean, fresh: boolean): Promise<void> {
    this.phase = "opening";
    try {
      if (!(await this.#owner.take(steal))) {
        this.phase = "elsewhere";
        return;
      }
      await this.#open(fresh);
    } catch (error) {
      if (this.#closed || error instanceof Stopped) return;
      this.#fail(error);
    }
  }

  close(): void {
    this.#closed = true;
    this.#database.end();
    this.#owner.release();
  }

  /** Runs statements one after another, up to the first that fails. */
  async run(statements: Statement[], text: string): Promise<void> {
    // Who is quicker than the database is not sent away.
    await this.#starting;
    if (this.phase !== "ready" || this.runningSince !== null || statements.length === 0) return;
    this.#remember(statements);
    this.results = [];
    this.stopped = null;
    this.runningSince = Date.now();
    try {
      let changed = false;
      for (const statement of statements) {
        const { outcome, open } = await this.#database.ask({ act: "run", sql: statement.text });
        this.open = open;
        changed ||= outcome.kind === "changed";
        const complaint = outcome.kind === "failed" ? complaintOf(outcome, statement, text, this.tables) : null;
        this.results = [...this.results, { statement, outcome, complaint }];
        if (outcome.kind === "failed") break;
      }
      if (changed) this.tables = await this.#database.ask({ act: "tables" });
      if (changed && this.kept) this.savedAt = Date.now();
    } catch (error) {
      if (!(error instanceof Stopped)) this.#fail(error);
    } finally {
      this.runningSince = null;
    }
  }

  /** Stops what runs. A worker that is busy hears nothing, so it is ended and the copy opened again. */
  async stop(): Promise<void> {
    if (this.runningSince === null) return;
    this.#database.end();
    try {
      await this.#open();
      this.stopped = this.kept ? "undone" : "unkept";
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The author's file again, in the place of the learner's copy. */
  async reset(): Promise<void> {
    await this.#loadOriginal();
  }

  /** Another file in the place of the learner's copy; throws when it is no database, and then nothing is lost. */
  async load(bytes: ArrayBuffer): Promise<void> {
    if (bytes.byteLength > MAX_IMPORT_BYTES) throw new Error(`${MAX_IMPORT_BYTES >> 20} MB`);
    this.tables = await this.#database.ask({ act: "load", bytes });
    this.results = [];
    this.stopped = null;
    this.open = false;
    if (this.kept) this.savedAt = Date.now();
  }

  async export(): Promise<ArrayBuffer> {
    return this.#database.ask({ act: "export" });
  }

  async #open(fresh = false): Promise<void> {
    const opened = await this.#database.open(fresh);
    if (opened.broken !== null) throw new Error(opened.broken);
    this.kept = opened.kept;
    this.tables = opened.tables;
    this.open = false;
    if (!opened.resumed) await this.#loadOriginal();
    this.phase = "ready";
    if (opened.resumed) void this.#compare();
  }

  async #loadOriginal(): Promise<void> {
    const bytes = await this.original();
    const digest = await digestOf(bytes);
    await this.load(bytes);
    this.stale = false;
    this.savedAt = null;
    if (this.kept) remember(this.key("original"), digest);
  }

  /** Checks are asked of the author's file as it is now, so the learner is told when it is no longer that of the copy. */
  async #compare(): Promise<void> {
    const known = recall<string | null>(this.key("original"), null);
    if (known === null) return;
    try {
      this.stale = (await digestOf(await this.original())) !== known;
    } catch {
      // The line is down; the next time will do.
    }
  }

  #fail(error: unknown): void {
    this.why = error instanceof Error ? error.message : String(error);
    this.phase = "failed";
    this.#database.end();
    this.#owner.release();
  }

  #lost(): void {
    if (this.#closed) return;
    this.#database.end();
    this.runningSince = null;
    this.phase = "elsewhere";
  }

  #remember(statements: Statement[]): void {
    const text = statements.map((one) => one.text).join(";\n");
    this.history = [text, ...this.history.filter((one) => one !== text)].slice(0, HISTORY);
    remember(this.key("history"), this.history);
  }
}

/** A short name of a content; empty where the browser has no means to make one. */
async function digestOf(bytes: ArrayBuffer): Promise<string> {
  if (!crypto.subtle) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A file name for storage that every system takes. */
export function copyName(...parts: string[]): string {
  return parts.map((part) => part.replace(/[^\p{L}\p{N}-]/gu, "_")).join(".");
}

