/// One query on one database in memory, with SQLite's own limits and an authorizer that lets it only read: the twin of
/// crates/sql/src/query.rs.

import type { Database, Sqlite3Static } from "@sqlite.org/sqlite-wasm";
import type { Cell } from "../../apps/sql/protocol";
import { BOUNDS, type Bounds, type QueryFailure, type QueryOutcome, type Question } from "./query";

/** SQLite asks after so many of its operations whether to go on. */
const OPERATIONS = 5_000;
const FORBIDDEN = ["load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "sqlite_compileoption_get"];
const PRAGMAS = ["data_version", "table_info", "table_xinfo", "table_list", "index_list", "index_info", "foreign_key_list"];

type LimitId = Parameters<Sqlite3Static["capi"]["sqlite3_limit"]>[1];

/** What the query gives. SQLite is this query's alone: its memory stays bounded, and what it took is not given back. */
export function run(sqlite: Sqlite3Static, { database, sql }: Question, bounds: Bounds = BOUNDS): QueryOutcome {
  const { capi, wasm } = sqlite;
  const db = new sqlite.oo1.DB(":memory:");
  try {
    fill(sqlite, db, new Uint8Array(database));
    for (const [limit, most] of limits(sqlite)) capi.sqlite3_limit(db.pointer as number, limit as LimitId, most);
    db.exec("PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = 0; SELECT count(*) FROM sqlite_schema");
    touchVirtual(db);
    // The pragma is sqlite3_hard_heap_limit64(), which has no name in JavaScript.
    db.exec(`PRAGMA hard_heap_limit = ${bounds.memoryBytes + database.byteLength}`);
  } catch (error) {
    return { is: "database", message: messageOf(error) };
  }
  const pointer = db.pointer as number;
  const until = performance.now() + bounds.timeMs;
  let late = false;
  const watch = () => ((late = performance.now() >= until) ? 1 : 0);
  capi.sqlite3_progress_handler(pointer, OPERATIONS, watch, 0);
  capi.sqlite3_set_authorizer(pointer, (_, action, one, other) => authorize(sqlite, action, one || null, other || null), 0);
  const explain = (): QueryFailure => {
    const code = capi.sqlite3_errcode(pointer) & 0xff;
    if (late || code === capi.SQLITE_INTERRUPT) return { is: "time" };
    if (code === capi.SQLITE_NOMEM) return { is: "memory" };
    if (code === capi.SQLITE_AUTH) return { is: "no_query" };
    const message = capi.sqlite3_errmsg(pointer);
    if (code === capi.SQLITE_CORRUPT || code === capi.SQLITE_NOTADB) return { is: "database", message };
    const offset = capi.sqlite3_error_offset(pointer);
    return { is: "sql", message, offset: offset >= 0 ? offset : null };
  };
  const text = wasm.allocCString(sql, false);
  const out = wasm.alloc(16);
  /** Prepares the first statement from `at`; zero is none left. */
  const prepare = (at: number): { statement: number; rest: number } | null => {
    for (let from = at; ; ) {
      if (capi.sqlite3_prepare_v3(pointer, from, -1, 0, out, out + 8) !== 0) return null;
      const statement = wasm.peekPtr(out) as number;
      const rest = wasm.peekPtr(out + 8) as number;
      // A comment, or a semicolon alone, is no statement.
      if (statement !== 0 || wasm.peek8(rest) === 0) return { statement, rest };
      from = rest;
    }
  };
  const found = prepare(text as number);
  if (found === null) return explain();
  if (found.statement === 0) return { is: "empty" };
  const next = prepare(found.rest);
  if (next === null || next.statement !== 0) return { is: "several" };
  const statement = found.statement;
  const width = capi.sqlite3_column_count(statement);
  if (width === 0 || !capi.sqlite3_stmt_readonly(statement)) return { is: "no_query" };
  const columns = Array.from({ length: width }, (_, at) => capi.sqlite3_column_name(statement, at) ?? "");
  const rows: Cell[][] = [];
  let bytes = 0;
  for (;;) {
    const code = capi.sqlite3_step(statement);
    if (code === capi.SQLITE_DONE) return { is: "table", columns, rows };
    if (code !== capi.SQLITE_ROW) return explain();
    const row = columns.map((_, at) => cellOf(sqlite, statement, at));
    for (const cell of row) bytes += 8 + (typeof cell === "string" || cell instanceof Uint8Array ? cell.length : 0);
    if (rows.length === bounds.rows || bytes > bounds.resultBytes) return { is: "rows" };
    rows.push(row);
  }
}

function fill(sqlite: Sqlite3Static, db: Database, bytes: Uint8Array): void {
  const { capi, wasm } = sqlite;
  // A database in memory has no write-ahead log; its content is whole without.
  bytes.fill(1, 18, 20);
  const at = wasm.allocFromTypedArray(bytes);
  const flags = capi.SQLITE_DESERIALIZE_FREEONCLOSE | capi.SQLITE_DESERIALIZE_READONLY;
  db.checkRc(capi.sqlite3_deserialize(db, "main", at, bytes.length, bytes.length, flags));
}

/** Virtual tables prepare what they need when they are first named, also statements that would write. */
function touchVirtual(db: Database): void {
  for (const name of db.selectValues("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'")) {
    db.prepare(`SELECT * FROM "${String(name).replaceAll('"', '""')}" LIMIT 0`).finalize();
  }
}

function limits({ capi }: Sqlite3Static): [number, number][] {
  return [
    [capi.SQLITE_LIMIT_LENGTH, 2_000_000],
    [capi.SQLITE_LIMIT_SQL_LENGTH, 100_000],
    [capi.SQLITE_LIMIT_COLUMN, 200],
    [capi.SQLITE_LIMIT_EXPR_DEPTH, 200],
    [capi.SQLITE_LIMIT_COMPOUND_SELECT, 100],
    [capi.SQLITE_LIMIT_VDBE_OP, 1_000_000],
    [capi.SQLITE_LIMIT_ATTACHED, 0],
    [capi.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200],
  ];
}

/** Reading, and nothing else. */
function authorize({ capi }: Sqlite3Static, action: number, one: string | null, other: string | null): number {
  const named = (names: string[], name: string | null) => names.includes((name ?? "").toLowerCase());
  const reads = action === capi.SQLITE_SELECT || action === capi.SQLITE_READ || action === capi.SQLITE_RECURSIVE;
  const calls = action === capi.SQLITE_FUNCTION && !named(FORBIDDEN, other);
  const looks = action === capi.SQLITE_PRAGMA && named(PRAGMAS, one);
  return reads || calls || looks ? capi.SQLITE_OK : capi.SQLITE_DENY;
}

function cellOf({ capi }: Sqlite3Static, statement: number, at: number): Cell {
  switch (capi.sqlite3_column_type(statement, at)) {
    case capi.SQLITE_NULL:
      return null;
    case capi.SQLITE_INTEGER:
      return BigInt(capi.sqlite3_column_int64(statement, at));
    case capi.SQLITE_FLOAT:
      return capi.sqlite3_column_double(statement, at);
    case capi.SQLITE_BLOB:
      return capi.sqlite3_column_blob(statement, at) === 0 ? new Uint8Array(0) : (capi.sqlite3_column_js(statement, at) as Uint8Array);
    default:
      return capi.sqlite3_column_text(statement, at) ?? "";
  }
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^SQLITE_\w+: (sqlite3 result code \d+: )?/, "");
}
