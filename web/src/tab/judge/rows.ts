/// Whether a query's rows are the author's rows, and in what they differ: the twin of crates/grading/src/rows.rs, tested
/// against the same vectors (crates/grading/vectors.json). Pure.

import type { Cell } from "../../apps/sql/protocol";

const MAX_TRIED_COLUMNS = 24;
const MAX_PERMUTED_COLUMNS = 4;
/** Two numbers that differ by less than this, or by less than this share of the larger, are equal. */
const ROUNDING = 1e-9;
const SAME_ROWS_LOOKED_AT = 64;

export interface Rows {
  columns: number;
  rows: Cell[][];
}

export interface Difference {
  given: number;
  expected: number;
  /** Rows that are in both. */
  matching: number;
  /** A row that should not be there; the one column that keeps it from being an expected one. */
  extra: { row: number; cells: Cell[]; column: number | null } | null;
  /** Every row is an expected one, but some come too often. */
  repeated: boolean;
}

/** Rows and columns count from 1, as people do. */
export type RowsVerdict =
  | { is: "same"; rows: number }
  | { is: "columns"; given: number; expected: number }
  | { is: "column_order" }
  | { is: "column"; column: number; name: string }
  | { is: "rows"; difference: Difference }
  | { is: "order"; row: number };

/** As a bag, or row by row where the author's query says an order. */
export function compareRows(expected: Rows, given: { columns: string[]; rows: Cell[][] }, ordered: boolean): RowsVerdict {
  if (expected.columns !== given.columns.length) {
    return { is: "columns", given: given.columns.length, expected: expected.columns };
  }
  const found = matchRows(expected.rows, given.rows);
  if (isWhole(found)) {
    const at = given.rows.findIndex((row, at) => !nearRows(expected.rows[at] ?? [], row));
    return at >= 0 && ordered ? { is: "order", row: at + 1 } : { is: "same", rows: given.rows.length };
  }
  const alone = expected.rows.length === given.rows.length ? columnsAlone(expected, given) : null;
  return alone ?? { is: "rows", difference: differenceOf(expected.rows, given.rows, found) };
}

interface Match {
  /** What found no partner, by index. */
  missing: number[];
  extra: number[];
}

function isWhole({ missing, extra }: Match): boolean {
  return missing.length === 0 && extra.length === 0;
}

/** Pairs equal rows first, then those that differ by rounding alone. */
function matchRows(expected: Cell[][], given: Cell[][]): Match {
  const wanted = new Map<string, number[]>();
  for (let at = expected.length - 1; at >= 0; at -= 1) {
    const key = keyOf(expected[at] ?? [], exact);
    const known = wanted.get(key);
    if (known) known.push(at);
    else wanted.set(key, [at]);
  }
  const extra: number[] = [];
  given.forEach((row, at) => {
    if (wanted.get(keyOf(row, exact))?.pop() === undefined) extra.push(at);
  });
  const missing = [...wanted.values()].flat().sort((a, b) => a - b);
  const found = { missing, extra };
  if (!isWhole(found)) pairNear(expected, given, found);
  return found;
}

type Shelf = { value: number; at: number }[];

function pairNear(expected: Cell[][], given: Cell[][], found: Match): void {
  const shelves = new Map<string, Shelf>();
  for (const at of found.missing) {
    const row = expected[at] ?? [];
    const value = firstNumber(row);
    if (value === null) continue;
    const key = keyOf(row, shape);
    const shelf = shelves.get(key);
    if (shelf) shelf.push({ value, at });
    else shelves.set(key, [{ value, at }]);
  }
  for (const shelf of shelves.values()) shelf.sort((a, b) => a.value - b.value);
  found.extra = found.extra.filter((at) => {
    const row = given[at] ?? [];
    return !takeNear(shelves.get(keyOf(row, shape)), row, expected);
  });
  const left = new Set([...shelves.values()].flat().map(({ at }) => at));
  found.missing = found.missing.filter((at) => left.has(at) || firstNumber(expected[at] ?? []) === null);
}

function takeNear(shelf: Shelf | undefined, row: Cell[], expected: Cell[][]): boolean {
  const value = firstNumber(row);
  if (shelf === undefined || value === null) return false;
  // A little wider than `near` is, for it measures by the larger of two.
  const reach = 2 * ROUNDING * (1 + Math.abs(value));
  for (let from = 0, to = shelf.length, begin = 0; ; ) {
    // The first that is not below.
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((shelf[middle]?.value ?? 0) < value - reach) from = middle + 1;
      else to = middle;
    }
    for (begin = from; begin < shelf.length && (shelf[begin]?.value ?? 0) <= value + reach; begin += 1) {
      if (!nearRows(expected[shelf[begin]?.at ?? -1] ?? [], row)) continue;
      shelf.splice(begin, 1);
      return true;
    }
    return false;
  }
}

function nearRows(wanted: Cell[], given: Cell[]): boolean {
  return wanted.length === given.length && wanted.every((cell, at) => near(cell, given[at] ?? null));
}

function near(a: Cell, b: Cell): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return a === b;
  const [one, other] = [numberOf(a), numberOf(b)];
  if (one === null || other === null) return exact(a) === exact(b);
  return one === other || Math.abs(one - other) <= ROUNDING * Math.max(Math.abs(one), Math.abs(other), 1);
}

function numberOf(cell: Cell): number | null {
  return typeof cell === "bigint" || typeof cell === "number" ? Number(cell) : null;
}

function firstNumber(row: Cell[]): number | null {
  for (const cell of row) {
    const value = numberOf(cell);
    if (value !== null) return value;
  }
  return null;
}

function keyOf(row: Cell[], of: (cell: Cell) => string): string {
  return JSON.stringify(row.map(of));
}

/** A cell as it is looked up: 1 and 1.0 are one. */
function exact(cell: Cell): string {
  if (cell === null) return "n";
  if (typeof cell === "bigint") return `w${cell}`;
  if (typeof cell === "number") return Number.isSafeInteger(cell) ? `w${BigInt(cell)}` : `r${cell}`;
  if (typeof cell === "string") return `t${cell}`;
  return `b${Array.from(cell).join(",")}`;
}

function shape(cell: Cell): string {
  return numberOf(cell) === null ? exact(cell) : "#";
}

function picked(row: Cell[], order: number[]): Cell[] {
  return order.map((at) => row[at] ?? null);
}

/** Whether one column, or the order of the columns, is all that is wrong. */
function columnsAlone(expected: Rows, given: { columns: string[]; rows: Cell[][] }): RowsVerdict | null {
  const count = given.columns.length;
  if (count >= 2 && count <= MAX_PERMUTED_COLUMNS) {
    const turned = (order: number[]) => isWhole(matchRows(expected.rows, given.rows.map((row) => picked(row, order))));
    if (permutations(count).slice(1).some(turned)) return { is: "column_order" };
  }
  if (count < 2 || count > MAX_TRIED_COLUMNS) return null;
  const all = Array.from({ length: count }, (_, at) => at);
  const column = all.find((leftOut) => {
    const others = all.filter((at) => at !== leftOut);
    const rest = (rows: Cell[][]) => rows.map((row) => picked(row, others));
    return isWhole(matchRows(rest(expected.rows), rest(given.rows)));
  });
  return column === undefined ? null : { is: "column", column: column + 1, name: given.columns[column] ?? "" };
}

/** All orders of so many columns; the first is the one they have. */
function permutations(count: number): number[][] {
  let all: number[][] = [[]];
  for (let length = 0; length < count; length += 1) {
    all = all.flatMap((begun) =>
      Array.from({ length: count }, (_, at) => at)
        .filter((at) => !begun.includes(at))
        .map((at) => [...begun, at]),
    );
  }
  return all;
}

function differenceOf(expected: Cell[][], given: Cell[][], found: Match): Difference {
  const missing = found.missing.map((at) => expected[at] ?? []);
  const at = found.extra[0];
  let extra: Difference["extra"] = null;
  if (at !== undefined) {
    const cells = given[at] ?? [];
    const columns = missing.map((wanted) => onlyColumn(wanted, cells));
    extra = { row: at + 1, cells, column: columns.find((column) => column !== null) ?? null };
  }
  const known = (at: number) => expected.some((wanted) => nearRows(wanted, given[at] ?? []));
  return {
    given: given.length,
    expected: expected.length,
    matching: given.length - found.extra.length,
    extra,
    repeated: missing.length === 0 && found.extra.length > 0 && found.extra.slice(0, SAME_ROWS_LOOKED_AT).every(known),
  };
}

/** The one column, from 1, in which two rows of several columns differ. */
function onlyColumn(wanted: Cell[], given: Cell[]): number | null {
  const differing = wanted.flatMap((cell, at) => (near(cell, given[at] ?? null) ? [] : [at + 1]));
  return differing.length === 1 && wanted.length > 1 ? (differing[0] ?? null) : null;
}
