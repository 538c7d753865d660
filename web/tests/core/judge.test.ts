// @vitest-environment node
/// SQL that wants all of something, asked where a tab asks it: the same queries as crates/sql asks, and the same must come of each.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import sqlite3InitModule from "@sqlite.org/sqlite-wasm";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Bounds } from "../../src/tab/judge/query";
import { run } from "../../src/tab/judge/run";
import { failureWords } from "../../src/tab/judge/words";

/** Little time, so that a test of what takes for ever is short. */
const BOUNDS: Bounds = { timeMs: 400, memoryBytes: 32 << 20, rows: 1_000, resultBytes: 1 << 20 };
const SHOP = `
  CREATE TABLE article (id INTEGER PRIMARY KEY, name TEXT, price REAL);
  INSERT INTO article (name, price) VALUES ('nail', 0.1), ('hammer', 12.5), ('saw', 9.75), ('glue', NULL), ('nail', 0.1);
  CREATE VIRTUAL TABLE words USING fts5(text);
  INSERT INTO words VALUES ('a hammer and a nail');
  CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1);
  INSERT INTO boxes VALUES (1, 0, 1);`;
/** In the words of `hostile.sql`. */
const WORDS: Record<string, string> = { sql: "refused", empty: "several", no_query: "forbidden" };

const text = readFileSync(join(import.meta.dirname, "../../../crates/sql/tests/data/hostile.sql"), "utf8");
const hostile = text.split("\n-- >> ").slice(1).map((part) => {
  const [expected = "", ...sql] = part.split("\n");
  return { expected: expected.trim(), sql: sql.join("\n").trim() };
});
/** A single operation that takes minutes: SQLite cannot stop it, and a page ends the worker. */
const UNSTOPPABLE = /^SELECT instr\(/;

let shop = new Uint8Array();

/** As a worker does: with an SQLite of its own. */
async function ask(sql: string, bounds?: Bounds) {
  return run(await sqlite3InitModule(), { database: shop.slice().buffer, sql }, bounds);
}

beforeAll(async () => {
  // SQLite's JavaScript tells the console what it was refused.
  vi.spyOn(console, "warn").mockImplementation(() => {});
  vi.spyOn(console, "error").mockImplementation(() => {});
  const sqlite = await sqlite3InitModule();
  const db = new sqlite.oo1.DB(":memory:");
  db.exec(SHOP);
  shop = sqlite.capi.sqlite3_js_db_export(db);
  db.close();
});

describe("queries that want too much", () => {
  it("are as many as the server is asked", () => expect(hostile.length).toBeGreaterThanOrEqual(25));

  it.each(hostile.filter(({ sql }) => !UNSTOPPABLE.test(sql)))("$sql", async ({ expected, sql }) => {
    const { is } = await ask(sql, BOUNDS);
    expect(expected.split(" or ")).toContain(WORDS[is] ?? is);
  });
});

describe("a query that needs too much memory", () => {
  const many = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${count}), all_of AS MATERIALIZED
     (SELECT i, zeroblob(1000000) AS b FROM n) SELECT count(*) FROM all_of`;

  it("is stopped at the bound, in the server's words", async () => {
    expect(await ask(many(20))).toMatchObject({ is: "table", rows: [[20n]] });
    const outcome = await ask(many(200));
    expect(outcome).toEqual({ is: "memory" });
    if (outcome.is !== "memory") return;
    expect(failureWords(outcome, "", "en")).toEqual(["Your query needs too much memory and was stopped."]);
    expect(failureWords(outcome, "", "fr")).toEqual(["Votre requête demande trop de mémoire et a été arrêtée."]);
  });

  it("does not harm the next one, and cannot raise the bound", async () => {
    expect(await ask("PRAGMA hard_heap_limit = 0")).toEqual({ is: "no_query" });
    expect(await ask("SELECT count(*) FROM article")).toMatchObject({ is: "table", rows: [[5n]] });
  });
});
