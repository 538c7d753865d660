/// Judgements of SQL tasks in words, English and French: the twin of crates/grading/src/rows/words.rs and
/// crates/sql/src/words.rs. What the server would have said, so that an attempt reads the same wherever it was made. Pure.

import type { Cell } from "../../apps/sql/protocol";
import type { Lang } from "../../core/settings.svelte";
import type { QueryFailure } from "./query";
import type { Difference, RowsVerdict } from "./rows";

const SHOWN_CELLS = 6;
const SHOWN_CHARS = 24;

/** A sentence a line. */
export function rowsWords(verdict: RowsVerdict, lang: Lang): string[] {
  const pick = (en: string, fr: string) => [lang === "fr" ? fr : en];
  switch (verdict.is) {
    case "same": {
      const { rows } = verdict;
      return pick(
        rows === 1 ? "One row, the same as ours." : `${rows} rows, the same as ours.`,
        rows < 2 ? `${rows} ligne, la même que la nôtre.` : `${rows} lignes, les mêmes que les nôtres.`,
      );
    }
    case "columns": {
      const { given, expected } = verdict;
      return pick(
        `Your query gives ${plural(given, "column", "columns")} per row, ${expected} ${expected === 1 ? "is" : "are"} expected.`,
        `Votre requête donne ${pluralFr(given, "colonne", "colonnes")} par ligne, il en faut ${expected}.`,
      );
    }
    case "column_order":
      return pick(
        "The values are right, but the columns are in another order.",
        "Les valeurs sont justes, mais les colonnes sont dans un autre ordre.",
      );
    case "column": {
      const name = shortened(verdict.name);
      return pick(
        `All is right but for column ${verdict.column} (${name}).`,
        `Tout est juste, sauf la colonne ${verdict.column} (${name}).`,
      );
    }
    case "order":
      return pick(
        `The rows are right, their order is not: row ${verdict.row} should not come there.`,
        `Les lignes sont justes, leur ordre non : la ligne ${verdict.row} n’a pas sa place là.`,
      );
    case "rows":
      return differenceWords(verdict.difference, lang);
  }
}

function differenceWords(difference: Difference, lang: Lang): string[] {
  const { given, expected, matching, extra, repeated } = difference;
  const pick = (en: string, fr: string) => (lang === "fr" ? fr : en);
  const lines = [first(difference, lang)];
  if (repeated) {
    lines.push(pick("Some rows come more often than they should.", "Certaines lignes reviennent plus souvent qu’il ne faut."));
  } else if (extra) {
    const { row, column } = extra;
    const cells = cellsText(extra.cells);
    lines.push(
      column === null
        ? pick(`Row ${row} should not be there: ${cells}.`, `La ligne ${row} ne devrait pas y être : ${cells}.`)
        : pick(`Row ${row} is right but for column ${column}: ${cells}.`, `La ligne ${row} est juste, sauf la colonne ${column} : ${cells}.`),
    );
  } else if (matching > 0 && given < expected) {
    lines.push(pick("All of yours are right; some are missing.", "Les vôtres sont toutes justes ; il en manque."));
  }
  return lines;
}

function first({ given, expected, matching }: Difference, lang: Lang): string {
  const none = (word: string) => (matching === 0 ? word : String(matching));
  if (lang === "fr") {
    const rows = pluralFr(given, "ligne", "lignes");
    if (given !== expected) return `${rows}, ${expected} attendues.`;
    if (matching > 1) return `${rows}, comme attendu, mais ${matching} seulement sont justes.`;
    return `${rows}, comme attendu, mais ${none("aucune")} est juste.`;
  }
  const rows = plural(given, "row", "rows");
  if (given !== expected) return `${rows}, ${expected} expected.`;
  return `${rows}, as many as expected, but ${none("none")} of them ${matching === 1 ? "is right" : "are right"}.`;
}

/** Why a query gave no rows. `sql` is the query, for the number of a line in it. */
export function failureWords(failure: QueryFailure, sql: string, lang: Lang): string[] {
  const pick = (en: string, fr: string) => [lang === "fr" ? fr : en];
  switch (failure.is) {
    case "sql": {
      const { message, offset } = failure;
      if (offset === null) return pick(`SQLite says: ${message}`, `SQLite dit : ${message}`);
      const before = new TextDecoder().decode(new TextEncoder().encode(sql).subarray(0, offset));
      const line = before.split("\n").length;
      return pick(`Line ${line}: ${message}`, `Ligne ${line} : ${message}`);
    }
    case "database":
      return [failure.message];
    case "empty":
      return pick("There is no query yet.", "Il n’y a pas encore de requête.");
    case "several":
      return pick(
        "More than one statement: a check takes one query.",
        "Plusieurs instructions : une vérification prend une seule requête.",
      );
    case "no_query":
      return pick(
        "A check takes a query that only reads, such as SELECT. It is asked of a fresh copy of the database.",
        "Une vérification prend une requête qui ne fait que lire, comme SELECT. Elle est posée à une copie neuve de la base.",
      );
    case "time":
      return pick("Your query took too long and was stopped.", "Votre requête a pris trop de temps et a été arrêtée.");
    case "memory":
      return pick(
        "Your query needs too much memory and was stopped.",
        "Votre requête demande trop de mémoire et a été arrêtée.",
      );
    case "rows":
      return pick("Your query gives far too many rows.", "Votre requête donne beaucoup trop de lignes.");
  }
}

function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

function pluralFr(count: number, one: string, many: string): string {
  return `${count} ${count < 2 ? one : many}`;
}

function cellsText(row: Cell[]): string {
  const shown = row.slice(0, SHOWN_CELLS).map(cellText);
  if (row.length > SHOWN_CELLS) shown.push("…");
  return shown.join(", ");
}

function cellText(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "bigint") return String(cell);
  if (typeof cell === "number") return realText(cell);
  return typeof cell === "string" ? shortened(cell) : `x'…' (${cell.length})`;
}

/** As Rust writes it for programmers. */
function realText(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : value < 0 ? "-inf" : "NaN";
  const size = Math.abs(value);
  if (size >= 1e16 || (size !== 0 && size < 1e-5)) return value.toExponential().replace("+", "");
  const text = Object.is(value, -0) ? "-0" : String(value);
  return text.includes(".") ? text : `${text}.0`;
}

/** Printable, and of bounded length. */
function shortened(text: string): string {
  const chars = Array.from(text.replace(/\p{Cc}/gu, " "));
  return chars.length > SHOWN_CHARS ? `${chars.slice(0, SHOWN_CHARS).join("")}…` : chars.join("");
}
