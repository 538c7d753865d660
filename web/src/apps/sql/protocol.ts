/// What the page and the worker that holds the database say to each other, and the shapes that both use.

/** Whole numbers come as bigint, reals as number, so that 3 and 3.0 stay apart. */
export type Cell = null | bigint | number | string | Uint8Array;

export interface Column {
  name: string;
  type: string;
  /** Part of the primary key. */
  key: boolean;
  notNull: boolean;
  /** `table.column` that it refers to. */
  refers: string | null;
}

export interface Table {
  name: string;
  kind: "table" | "view";
  columns: Column[];
  rows: number | null;
}

export interface Rows {
  kind: "rows";
  columns: string[];
  rows: Cell[][];
  /** There are more than were fetched. */
  more: boolean;
  ms: number;
}

export interface Changed {
  kind: "changed";
  /** Rows that were inserted, updated or deleted; null for statements that count none. */
  changes: number | null;
  ms: number;
}

export interface Failed {
  kind: "failed";
  message: string;
  /** Where in the statement, in bytes of UTF-8. */
  offset: number | null;
}

export type Outcome = Rows | Changed | Failed;

export interface Opened {
  /** It is kept in this browser; otherwise it is gone with the page. */
  kept: boolean;
  /** There was a copy of the learner's already. */
  resumed: boolean;
  tables: Table[];
  /** The copy is there but cannot be read; why. */
  broken: string | null;
}

export type Request =
  /** With `fresh` what was kept is thrown away. */
  | { act: "open"; folder: string; persist: boolean; fresh: boolean }
  /** The author's file, where a fresh copy is wanted. */
  | { act: "load"; bytes: ArrayBuffer }
  | { act: "run"; sql: string }
  | { act: "tables" }
  | { act: "export" };

export type Reply<A extends Request["act"]> = A extends "open"
  ? Opened
  : A extends "load" | "tables"
    ? Table[]
    : A extends "run"
      ? { outcome: Outcome; open: boolean }
      : ArrayBuffer;
