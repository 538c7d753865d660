/// SQLite's complaints, in the learner's language, placed in the text, with a guess at what was meant. Pure: it gives the
/// key of a sentence and what fills it.

import type { Key, Vars } from "../../core/i18n/index.svelte";
import type { Failed, Table } from "./protocol";
import { fromBytes, placeOf, tablesNamed, type Statement } from "./statements";

export interface Complaint {
  key: Key;
  vars: Vars;
  /** The guess, another sentence. */
  guess: { key: Key; vars: Vars } | null;
  /** What to underline, in the whole text. */
  from: number;
  to: number;
}

/** Longest distance of a guess, as a share of the name. */
const FAR = 0.4;

export function complaintOf(failed: Failed, statement: Statement, text: string, tables: Table[]): Complaint {
  const { message } = failed;
  const column = /^no such column: (.+)$/.exec(message);
  const table = /^no such table: (.+)$/.exec(message);
  const name = lastPart(column?.[1] ?? table?.[1] ?? "");
  const at = offsetOf(failed, statement, name);
  const from = statement.from + at;
  const to = from + Math.max(1, lengthAt(text, from));
  const vars: Vars = { line: placeOf(text, from).line, name };
  if (column) return { key: "sql.error.column", vars, guess: guessColumn(name, statement.text, tables), from, to };
  if (table) return { key: "sql.error.table", vars, guess: guessTable(name, tables), from, to };
  const near = /^near "(.*)": syntax error$/s.exec(message);
  if (near) return { key: "sql.error.near", vars: { ...vars, name: near[1] ?? "" }, guess: null, from, to };
  if (message === "incomplete input") {
    return { key: "sql.error.incomplete", vars, guess: null, from: Math.max(statement.from, statement.to - 1), to: statement.to };
  }
  if (failed.offset === null) return { key: "sql.error.unplaced", vars: { message }, guess: null, from: statement.from, to: statement.to };
  return { key: "sql.error.other", vars: { ...vars, message }, guess: null, from, to };
}

/** SQLite gives no place for some names: the first place where the statement has it will do. */
function offsetOf(failed: Failed, statement: Statement, name: string): number {
  if (failed.offset !== null) return fromBytes(statement.text, failed.offset);
  if (name === "") return 0;
  const found = new RegExp(`(?<![\\p{L}\\p{N}_])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "iu").exec(statement.text);
  return found?.index ?? 0;
}

function lengthAt(text: string, from: number): number {
  const word = /^([\p{L}\p{N}_$.]+|"[^"]*"|'[^']*')/u.exec(text.slice(from, from + 200));
  return word?.[0].length ?? 1;
}

/** `p.flag` is about `flag`; quotes are no part of a name. */
function lastPart(name: string): string {
  const bare = name.replace(/["`[\]]/g, "");
  return bare.slice(bare.lastIndexOf(".") + 1).replace(/ - should this be.*$/, "");
}

function guessColumn(name: string, sql: string, tables: Table[]): Complaint["guess"] {
  const named = tablesNamed(sql, tables);
  const owners = (named.length > 0 ? named : tables).flatMap((table) =>
    table.columns.map((column) => ({ table: table.name, column: column.name })),
  );
  const best = nearest(name, owners, (one) => one.column);
  if (best) return { key: "sql.guess.column", vars: best };
  // It exists, but in a table that the query does not name.
  const elsewhere = tables.find((table) => table.columns.some((column) => column.name.toLowerCase() === name.toLowerCase()));
  return elsewhere ? { key: "sql.guess.elsewhere", vars: { table: elsewhere.name, column: name } } : null;
}

function guessTable(name: string, tables: Table[]): Complaint["guess"] {
  const best = nearest(name, tables, (one) => one.name);
  if (best) return { key: "sql.guess.table", vars: { table: best.name } };
  const names = tables.map((table) => table.name);
  return names.length > 0 && names.length <= 12 ? { key: "sql.guess.tables", vars: { tables: names.join(", ") } } : null;
}

function nearest<T>(name: string, among: T[], nameOf: (one: T) => string): T | null {
  const wanted = name.toLowerCase();
  const scored = among.map((one) => ({ one, distance: distance(wanted, nameOf(one).toLowerCase()) }));
  scored.sort((a, b) => a.distance - b.distance);
  const [best] = scored;
  return best && best.distance <= Math.max(1, Math.floor(wanted.length * FAR)) ? best.one : null;
}

/** Letters to insert, leave out, change or swap until one word is the other (Damerau and Levenshtein). */
export function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
