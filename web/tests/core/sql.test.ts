/// Database tabs: what is pure of them. Statements, complaints, cells as text.
import { describe, expect, it } from "vitest";
import { translate } from "../../src/core/i18n/index.svelte";
import { complaintOf, distance } from "../../src/apps/sql/complaints";
import { csvOf, isNumber, textOf } from "../../src/apps/sql/csv";
import type { Table } from "../../src/apps/sql/protocol";
import { fromBytes, placeOf, statementAt, statementsOf } from "../../src/apps/sql/statements";
import { copyName } from "../../src/apps/sql/tab.svelte";

const texts = (sql: string) => statementsOf(sql).map((one) => one.text);

describe("statements", () => {
  it("are parted by semicolons, but not by those in texts, names and comments", () => {
    expect(texts("SELECT 1; SELECT 2 ;;\n")).toEqual(["SELECT 1", "SELECT 2"]);
    expect(texts("SELECT 'a;b', \"c;d\", [e;f], `g;h` -- i;j\n, 'it''s;' /* k;l */ FROM t;")).toHaveLength(1);
    expect(texts("-- only; a comment\n/* and ; another")).toEqual([]);
    expect(texts("SELECT 'never; ends")).toEqual(["SELECT 'never; ends"]);
    expect(texts("")).toEqual([]);
  });

  it("leave comments before and behind out, and keep their places", () => {
    const sql = "-- first\n  SELECT 1 -- one\n;\nSELECT 'é', 2;";
    expect(texts(sql)).toEqual(["SELECT 1", "SELECT 'é', 2"]);
    for (const one of statementsOf(sql)) expect(sql.slice(one.from, one.to)).toBe(one.text);
  });

  it("keep a trigger whole, and what has CASE and END in it", () => {
    const trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET n = CASE WHEN 1 THEN 2 END; DELETE FROM c; END";
    expect(texts(`${trigger}; SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3`)).toEqual([
      trigger,
      "SELECT CASE 1 WHEN 1 THEN 2 END",
      "SELECT 3",
    ]);
    expect(texts(`create temp trigger if not exists t before delete on a begin select 1; end; select 2`)).toHaveLength(2);
    expect(texts("BEGIN; DELETE FROM a; END; SELECT 1")).toHaveLength(4);
  });

  it("are found by the cursor", () => {
    const sql = "SELECT 1;\nSELECT 2;\n\n";
    expect(statementAt(sql, 0)?.text).toBe("SELECT 1");
    expect(statementAt(sql, 10)?.text).toBe("SELECT 2");
    expect(statementAt(sql, sql.length)?.text).toBe("SELECT 2");
    expect(statementAt("  -- nothing", 3)).toBeNull();
    expect(statementAt("  SELECT 1", 0)?.text).toBe("SELECT 1");
  });

  it("have places in lines, and offsets in bytes become offsets in letters", () => {
    expect(placeOf("a\nbc\nd", 4)).toEqual({ line: 2, column: 3 });
    expect(fromBytes("é😀x", 0)).toBe(0);
    expect(fromBytes("é😀x", 2)).toBe(1);
    expect(fromBytes("é😀x", 6)).toBe(3);
    expect(fromBytes("é", 99)).toBe(1);
  });
});

const column = (name: string) => ({ name, type: "TEXT", key: false, notNull: false, refers: null });
const TABLES: Table[] = [
  { name: "packets", kind: "table", rows: 3, columns: ["no", "src", "dst", "flags"].map(column) },
  { name: "hosts", kind: "table", rows: 2, columns: ["addr", "name"].map(column) },
];

function complain(sql: string, message: string, offset: number | null, lang: "en" | "fr" = "en") {
  const [statement] = statementsOf(sql);
  if (!statement) throw new Error("no statement");
  const said = complaintOf({ kind: "failed", message, offset }, statement, sql, TABLES);
  const words = [said, said.guess].flatMap((one) => (one ? translate(lang, one.key, one.vars) : []));
  return { words: words.join(" "), marked: sql.slice(said.from, said.to) };
}

describe("complaints", () => {
  it("say the line, the name, and what was meant, in the words of the design", () => {
    const sql = "-- who?\nSELECT src\nFROM packets WHERE flag = 'S'";
    const offset = sql.indexOf("flag") - sql.indexOf("SELECT");
    expect(complain(sql, "no such column: flag", offset)).toEqual({
      words: "**Line 3: no column “flag”.** The table packets has “flags”.",
      marked: "flag",
    });
    expect(complain(sql, "no such column: flag", offset, "fr").words).toBe(
      "**Ligne 3 : pas de colonne « flag ».** La table packets a « flags ».".replace(/ ([:»])/g, "\u00a0$1").replace(/« /g, "«\u00a0"),
    );
  });

  it("find names that SQLite does not place", () => {
    const table = complain("SELECT *\nFROM packet", "no such table: packet", null);
    expect(table).toEqual({ words: "**Line 2: no table “packet”.** There is “packets”.", marked: "packet" });
    const far = complain("SELECT * FROM zzzzzzzz", "no such table: main.zzzzzzzz", null);
    expect(far.words).toContain("There are: packets, hosts.");
  });

  it("know a column of a table that the query does not name", () => {
    expect(complain("SELECT addr FROM packets", "no such column: addr", 7).words).toContain(
      "The table hosts has it, but the query does not name that table.",
    );
    expect(complain("SELECT p.nmae FROM hosts p", "no such column: p.nmae", 7)).toEqual({
      words: "**Line 1: no column “nmae”.** The table hosts has “name”.",
      marked: "p.nmae",
    });
  });

  it("place what is no name", () => {
    expect(complain("SELECT 1 FORM packets x", 'near "packets": syntax error', 14).marked).toBe("packets");
    expect(complain("SELECT (1", "incomplete input", null)).toMatchObject({ marked: "1" });
    expect(complain("SELECT 'é', nope(1)", "no such function: nope", 13)).toEqual({
      words: "**Line 1: no such function: nope.**",
      marked: "nope",
    });
    expect(complain("DELETE FROM hosts", "FOREIGN KEY constraint failed", null).words).toContain("SQLite says:");
  });

  it("measure by letters", () => {
    expect([distance("", "abc"), distance("flag", "flags"), distance("nmae", "name"), distance("a", "a")]).toEqual([3, 1, 1, 0]);
  });
});

describe("cells", () => {
  it("look as SQLite's own", () => {
    expect([3n, 3, 3.5, 1e300, Infinity, null, "x"].map((cell) => textOf(cell))).toEqual(["3", "3.0", "3.5", "1e+300", "Inf", "NULL", "x"]);
    expect(textOf(new Uint8Array([0, 255]))).toBe("x'00ff'");
    expect([1n, 1.5, "1", null].map(isNumber)).toEqual([true, true, false, false]);
  });

  it("become CSV that keeps NULL and empty apart", () => {
    const csv = csvOf(["a", 'b"c'], [["x,y", null], ["", "two\nlines"], [1n, 2]]);
    expect(csv).toBe('a,"b""c"\r\n"x,y",\r\n"","two\nlines"\r\n1,2.0\r\n');
  });
});

it("copies are named so that every file system takes them", () => {
  expect(copyName("a1", "nets", "shop", "dir/my shop.sqlite")).toBe("a1.nets.shop.dir_my_shop_sqlite");
});
