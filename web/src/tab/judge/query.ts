/// Asks a learner's query of a fresh copy of the author's database, in a worker that is ended when it takes too long. The
/// bounds are those of crates/sql.

import type { Cell } from "../../apps/sql/protocol";

export interface Bounds {
  timeMs: number;
  /** Beyond the database's own. */
  memoryBytes: number;
  rows: number;
  resultBytes: number;
}

export const BOUNDS: Bounds = { timeMs: 3_000, memoryBytes: 64 << 20, rows: 10_000, resultBytes: 4 << 20 };
/** How much longer than its own time a worker may take on a busy computer, its start included. */
const PATIENCE = 5;

export type QueryFailure =
  | { is: "sql"; message: string; offset: number | null }
  | { is: "database"; message: string }
  | { is: "empty" | "several" | "no_query" | "time" | "memory" | "rows" };

export type QueryOutcome = { is: "table"; columns: string[]; rows: Cell[][] } | QueryFailure;

export interface Question {
  database: ArrayBuffer;
  sql: string;
}

/** The rows, or why there are none. Throws when SQLite itself could not be had. */
export function askDatabase(question: Question, make: () => Worker = newWorker): Promise<QueryOutcome> {
  const worker = make();
  return new Promise<QueryOutcome>((done, failed) => {
    const late = setTimeout(() => done({ is: "time" }), BOUNDS.timeMs * PATIENCE);
    worker.onmessage = (event: MessageEvent<{ outcome?: QueryOutcome; error?: string }>) => {
      clearTimeout(late);
      if (event.data.outcome) done(event.data.outcome);
      else failed(new Error(event.data.error ?? "no answer"));
    };
    worker.onerror = (event) => {
      clearTimeout(late);
      failed(new Error(event.message || "the worker did not start"));
    };
    worker.postMessage(question, [question.database]);
  }).finally(() => worker.terminate());
}

function newWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}
