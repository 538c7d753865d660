/// A packet's fields as lines of a tree, what a field is called, and which one a byte belongs to. Pure.

import type { Field } from "./protocol";

/** A line that is seen. */
export interface Line {
  field: Field;
  /** Tells the same field in the next packet, so that what was opened stays open. */
  key: string;
  level: number;
  open: boolean;
}

/** The lines of a tree of which the fields in `open` are opened. */
export function linesOf(fields: Field[], open: ReadonlySet<string>, level = 1, above = ""): Line[] {
  const seen = new Map<string, number>();
  return fields.flatMap((field) => {
    const name = nameOf(field) || field.label.replace(/[:,(].*/, "");
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    const key = `${above}/${name}${count > 1 ? `#${count}` : ""}`;
    const isOpen = field.fields.length > 0 && open.has(key);
    const line = { field, key, level, open: isOpen };
    return isOpen ? [line, ...linesOf(field.fields, open, level + 1, key)] : [line];
  });
}

/** `tcp.flags`; empty for a line of text. */
export function nameOf(field: Field): string {
  return /^[\w.-]+/.exec(field.filter)?.[0] ?? "";
}

/** The value as a filter would compare it, else what its label says after the colon. */
export function valueOf(field: Field): string {
  const compared = /^[\w.-]+ == (.*)$/s.exec(field.filter)?.[1];
  if (compared !== undefined && !/^frame\[/.test(field.filter)) return compared.replace(/^"(.*)"$/s, "$1");
  return /: (.*)$/s.exec(field.label)?.[1] ?? field.label;
}

/** The keys from the root to the smallest field that holds a byte; empty when none does. */
export function pathTo(fields: Field[], source: number, at: number): string[] {
  const holds = (field: Field) =>
    field.source === source && field.length > 0 && field.start <= at && at < field.start + field.length;
  let path: string[] = [];
  let level = fields;
  for (;;) {
    const keys = linesOf(level, new Set(), 1, path[path.length - 1] ?? "");
    // The whole frame holds every byte; what comes later says more.
    const found = keys.filter((line) => holds(line.field)).sort((a, b) => a.field.length - b.field.length)[0];
    if (!found) return path;
    path = [...path, found.key];
    level = found.field.fields;
  }
}

/** The field of a key. */
export function find(fields: Field[], key: string): Field | null {
  let level = fields;
  let above = "";
  for (;;) {
    const line = linesOf(level, new Set(), 1, above).find(
      (one) => one.key === key || key.startsWith(`${one.key}/`),
    );
    if (!line) return null;
    if (line.key === key) return line.field;
    above = line.key;
    level = line.field.fields;
  }
}
