/// Cells as text: on the screen, and as CSV for other programs (RFC 4180). Pure.

import type { Cell } from "./protocol";

const SHOWN_BYTES = 16;

/** A cell as people read it; NULL is shown apart by whoever draws it. */
export function textOf(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "number") return realOf(cell);
  if (cell instanceof Uint8Array) {
    const hex = Array.from(cell.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `x'${hex}${cell.length > SHOWN_BYTES ? "…" : ""}'`;
  }
  return String(cell);
}

/** SQLite's own form: 3.0, not 3. */
function realOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : "-Inf";
  const text = String(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

export function isNumber(cell: Cell | undefined): boolean {
  return typeof cell === "number" || typeof cell === "bigint";
}

/** A result as CSV: NULL is an empty field, an empty text a quoted one. */
export function csvOf(columns: string[], rows: Cell[][]): string {
  const lines = [columns.map(field), ...rows.map((row) => row.map((cell) => (cell === null ? "" : field(textOf(cell)))))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

function field(text: string): string {
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
