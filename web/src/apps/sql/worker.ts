/// The worker that holds the learner's database: SQLite, in a file that the browser keeps (OPFS) or in memory. It does
/// one thing at a time, so the page stops it by ending it.

import sqlite3InitModule, { type Database, type PreparedStatement, type Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import type { Cell, Column, Opened, Outcome, Request, Table } from "./protocol";

const FILE = "/learner.sqlite";
/** Rows fetched of one result, and characters of all its cells. */
const MAX_ROWS = 10_000;
const MAX_CHARS = 8 << 20;
/** Files of the pool: the database, its journal, and what a vacuum needs. */
const POOL_FILES = 6;

type Pool = Awaited<ReturnType<Sqlite3Static["installOpfsSAHPoolVfs"]>>;

let sqlite: Sqlite3Static;
let pool: Pool | null = null;
let db: Database | null = null;

self.onmessage = async (event: MessageEvent<{ id: number; request: Request }>) => {
  const { id, request } = event.data;
  try {
    const reply = await answer(request);
    const moved = reply instanceof ArrayBuffer ? [reply] : [];
    self.postMessage({ id, reply }, { transfer: moved });
  } catch (error) {
    self.postMessage({ id, error: messageOf(error), name: (error as Error | undefined)?.name ?? "" });
  }
};

async function answer(request: Request): Promise<unknown> {
  switch (request.act) {
    case "open":
      return open(request.folder, request.persist, request.fresh);
    case "load":
      await load(new Uint8Array(request.bytes));
      return tables();
    case "run":
      return { outcome: run(request.sql), open: inTransaction() };
    case "tables":
      return tables();
    case "export":
      return exported();
  }
}

async function open(folder: string, persist: boolean, fresh: boolean): Promise<Opened> {
  sqlite = await sqlite3InitModule();
  if (persist) {
    const name = "labwright";
    // Else it deletes the files that it could not open, the learner's copy among them.
    const preserveOnInitFailure = true;
    pool = await sqlite.installOpfsSAHPoolVfs({ name, directory: folder, initialCapacity: POOL_FILES, preserveOnInitFailure });
  }
  if (fresh) await pool?.wipeFiles();
  const resumed = pool?.getFileNames().includes(FILE) ?? false;
  const opened: Opened = { kept: pool !== null, resumed, tables: [], broken: null };
  try {
    if (resumed) attach();
    if (resumed) opened.tables = tables();
  } catch (error) {
    opened.broken = messageOf(error);
  }
  return opened;
}

function attach(): void {
  db = pool ? new pool.OpfsSAHPoolDb(FILE) : new sqlite.oo1.DB(":memory:");
  db.exec("PRAGMA foreign_keys = ON");
}

/** Puts a database in the place of the learner's. A file that is none is refused before anything is lost. */
async function load(bytes: Uint8Array): Promise<void> {
  const probe = new sqlite.oo1.DB(":memory:");
  try {
    fill(probe, bytes);
    probe.selectValue("SELECT count(*) FROM sqlite_schema");
  } finally {
    probe.close();
  }
  db?.close();
  db = null;
  if (pool) {
    pool.unlink(FILE);
    await pool.importDb(FILE, bytes);
    attach();
  } else {
    attach();
    if (db) fill(db, bytes);
  }
}

/** A database in memory gets the content of a file. */
function fill(target: Database, bytes: Uint8Array): void {
  const { capi, wasm } = sqlite;
  const pages = bytes.slice();
  // No write-ahead log in memory: the header says so.
  pages.fill(1, 18, 20);
  const at = wasm.allocFromTypedArray(pages);
  const flags = capi.SQLITE_DESERIALIZE_FREEONCLOSE | capi.SQLITE_DESERIALIZE_RESIZEABLE;
  const code = capi.sqlite3_deserialize(target, "main", at, pages.length, pages.length, flags);
  target.checkRc(code);
}

function exported(): ArrayBuffer {
  const bytes = sqlite.capi.sqlite3_js_db_export(held());
  return bytes.slice().buffer as ArrayBuffer;
}

function run(sql: string): Outcome {
  const began = performance.now();
  const database = held();
  let statement: PreparedStatement | null = null;
  try {
    const before = database.changes(true);
    statement = database.prepare(sql);
    const outcome = statement.columnCount > 0 ? rowsOf(statement) : changesOf(statement, before);
    return { ...outcome, ms: performance.now() - began };
  } catch (error) {
    const offset = sqlite.capi.sqlite3_error_offset(database);
    return { kind: "failed", message: messageOf(error), offset: offset >= 0 ? offset : null };
  } finally {
    statement?.finalize();
  }
}

function rowsOf(statement: PreparedStatement): Omit<Extract<Outcome, { kind: "rows" }>, "ms"> {
  const columns = statement.getColumnNames();
  const rows: Cell[][] = [];
  let chars = 0;
  let more = false;
  while (statement.step()) {
    if (rows.length === MAX_ROWS || chars > MAX_CHARS) {
      more = true;
      break;
    }
    const row = columns.map((_, at) => cellOf(statement, at));
    for (const cell of row) chars += typeof cell === "string" || cell instanceof Uint8Array ? cell.length : 8;
    rows.push(row);
  }
  return { kind: "rows", columns, rows, more };
}

function changesOf(statement: PreparedStatement, before: number): Omit<Extract<Outcome, { kind: "changed" }>, "ms"> {
  statement.step();
  const after = held().changes(true);
  return { kind: "changed", changes: after > before ? after - before : null };
}

function cellOf(statement: PreparedStatement, at: number): Cell {
  const { capi } = sqlite;
  const pointer = statement.pointer ?? 0;
  if (capi.sqlite3_column_type(pointer, at) === capi.SQLITE_INTEGER) {
    return BigInt(statement.get(at) as number | bigint);
  }
  return statement.get(at) as Cell;
}

function tables(): Table[] {
  const names = held().selectObjects(
    "SELECT name, type FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name",
  );
  return names.map(({ name, type }) => tableOf(String(name), type === "view" ? "view" : "table"));
}

function tableOf(name: string, kind: Table["kind"]): Table {
  const database = held();
  const refers = new Map(
    database
      .selectObjects('SELECT "from" AS own, "table" AS other, "to" AS far FROM pragma_foreign_key_list(?)', [name])
      .map((row) => [String(row.own), row.far === null ? String(row.other) : `${row.other}.${row.far}`] as const),
  );
  const columns = database
    .selectObjects("SELECT name, type, pk, \"notnull\" AS filled FROM pragma_table_xinfo(?) WHERE hidden <> 1", [name])
    .map(
      (row): Column => ({
        name: String(row.name),
        type: String(row.type ?? ""),
        key: Number(row.pk) > 0,
        notNull: Number(row.filled) > 0,
        refers: refers.get(String(row.name)) ?? null,
      }),
    );
  return { name, kind, columns, rows: kind === "table" ? countOf(name) : null };
}

function countOf(name: string): number | null {
  try {
    return Number(held().selectValue(`SELECT count(*) FROM "${name.replaceAll('"', '""')}"`));
  } catch {
    return null;
  }
}

function inTransaction(): boolean {
  return db !== null && sqlite.capi.sqlite3_get_autocommit(db) === 0;
}

function held(): Database {
  if (db === null) throw new Error("the database is not open");
  return db;
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // SQLite's JavaScript puts its own words before SQLite's.
  return text.replace(/^SQLITE_\w+: (sqlite3 result code \d+: )?/, "");
}
