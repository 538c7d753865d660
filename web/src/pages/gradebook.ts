/// A platform's exported grade book, with our points filled in: the way of last resort. Knows the forms of Canvas
/// (a row "Points Possible"), Open edX (columns `new_override-…`) and Moodle (any column). Pure.

export interface Book {
  rows: string[][];
  /** The separator that the file came with. */
  separator: string;
}

export interface Filler {
  /** What may stand in the row that is this learner's, the surest first. */
  names: string[];
  points: number;
}

export interface Filled {
  text: string;
  filled: number;
  /** Names of learners whose row was not found, or not for sure. */
  missing: string[];
}

/** Reads CSV with `,`, `;` or tabs (RFC 4180 otherwise). */
export function readBook(text: string): Book {
  const clean = text.replace(/^\ufeff/, "");
  const first = clean.slice(0, clean.search(/\r|\n/) >>> 0);
  const count = (sign: string) => first.split(sign).length;
  const separator = [",", ";", "\t"].reduce((best, sign) => (count(sign) > count(best) ? sign : best));
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < clean.length; at++) {
    const sign = clean[at];
    if (quoted) {
      if (sign !== '"') field += sign;
      else if (clean[at + 1] === '"') field += clean[++at];
      else quoted = false;
    } else if (sign === '"' && field === "") quoted = true;
    else if (sign === separator) {
      row.push(field);
      field = "";
    } else if (sign === "\n" || sign === "\r") {
      if (sign === "\r" && clean[at + 1] === "\n") at++;
      rows.push([...row, field]);
      row = [];
      field = "";
    } else field += sign;
  }
  if (field !== "" || row.length > 0) rows.push([...row, field]);
  return { rows: rows.filter((one) => one.some((cell) => cell !== "")), separator };
}

/** The row of the most points, if the book has one; Canvas names it in the first cell. */
function possible(book: Book): number {
  return book.rows.findIndex((row, at) => at > 0 && /^\s*points possible/i.test(row[0] ?? ""));
}

/** Columns that points may go into: those that Open edX means for it, else all that do not say who somebody is. */
export function columnsOf(book: Book): number[] {
  const head = book.rows[0] ?? [];
  const all = head.map((_, at) => at);
  const overrides = all.filter((at) => /^new_override-/.test(head[at] ?? ""));
  if (overrides.length > 0) return overrides;
  const who = /^(student|id|sis .*|section|integration id|user.?id|username|student_key|course_id|track|cohort|first name|last name|surname|e-?mail.*|id number|institution|department|last downloaded.*|nom.*|prénom|adresse.*|numéro.*|.*\(read.only\))$/i;
  return all.filter((at) => !who.test((head[at] ?? "").trim()));
}

/** The most points of a column, where the book says it. */
export function mostOf(book: Book, column: number): number | null {
  const row = book.rows[possible(book)];
  const most = Number.parseFloat(row?.[column] ?? "");
  return Number.isFinite(most) && most > 0 ? most : null;
}

/** Words in any order, without case and accents: `Martin, Chloé` is `Chloe Martin`. */
function key(text: string): string {
  const words = text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().match(/[\p{L}\p{N}@._+-]+/gu);
  return (words ?? []).sort().join(" ");
}

/** Fills a column. A learner is the one row that holds the surest of their names. */
export function fill(book: Book, column: number, learners: Filler[]): Filled {
  const rows = book.rows.map((row) => [...row]);
  const head = rows[0] ?? [];
  const skip = possible(book);
  const found = new Map<string, Set<number>>();
  const put = (name: string, at: number) => name !== "" && found.set(name, (found.get(name) ?? new Set()).add(at));
  const named = [/^(first name|prénom)$/i, /^(last name|surname|nom.*)$/i].map((one) => head.findIndex((cell) => one.test(cell.trim())));
  rows.forEach((row, at) => {
    if (at === 0 || at === skip) return;
    row.forEach((cell, n) => n !== column && put(key(cell), at));
    if (named.every((n) => n >= 0)) put(key(named.map((n) => row[n]).join(" ")), at);
  });
  const missing: string[] = [];
  let filled = 0;
  for (const learner of learners) {
    const hit = learner.names.map((name) => found.get(key(name))).find((rows) => rows?.size === 1);
    const row = hit && rows[[...hit][0] ?? -1];
    if (!row) {
      missing.push(learner.names.at(-1) ?? "");
      continue;
    }
    row[column] = String(Math.round(learner.points * 100) / 100);
    filled++;
  }
  const write = (cell: string) => (/["\r\n]/.test(cell) || cell.includes(book.separator) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return { text: rows.map((row) => `${row.map(write).join(book.separator)}\r\n`).join(""), filled, missing };
}
