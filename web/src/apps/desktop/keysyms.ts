/// From characters and key names to X keysyms (X11 protocol, appendix A). Pure.

import type { Key } from "../../core/i18n/index.svelte";

/** Keysyms of keys that type no character. */
export const KEYSYM = {
  BackSpace: 0xff08,
  Tab: 0xff09,
  Return: 0xff0d,
  Escape: 0xff1b,
  Delete: 0xffff,
  Print: 0xff61,
  F1: 0xffbe,
  F4: 0xffc1,
  Control: 0xffe3,
  Shift: 0xffe1,
  Alt: 0xffe9,
  Super: 0xffeb,
  Left: 0xff51,
  Up: 0xff52,
  Right: 0xff53,
  Down: 0xff54,
} as const;

/** What can be armed for the next key. */
export const MODIFIERS: [string, number][] = [
  ["Ctrl", KEYSYM.Control],
  ["Alt", KEYSYM.Alt],
];

export interface RowKey {
  face: string;
  keysym: number;
  name?: Key;
}

/** Keys that telephones lack. */
export const ROW: RowKey[] = [
  { face: "Esc", keysym: KEYSYM.Escape },
  { face: "Tab", keysym: KEYSYM.Tab },
  { face: "Del", keysym: KEYSYM.Delete },
  { face: "←", keysym: KEYSYM.Left, name: "key.left" },
  { face: "↑", keysym: KEYSYM.Up, name: "key.up" },
  { face: "↓", keysym: KEYSYM.Down, name: "key.down" },
  { face: "→", keysym: KEYSYM.Right, name: "key.right" },
];

export const FUNCTION_KEYS: number[] = Array.from({ length: 12 }, (_, at) => KEYSYM.F1 + at);

/** The keysym of one character: Latin 1 is itself, all else is its Unicode number with a mark. */
export function keysymOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code === 0x0a || code === 0x0d) return KEYSYM.Return;
  if (code === 0x09) return KEYSYM.Tab;
  const latin = (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code <= 0xff);
  return latin ? code : 0x01000000 | code;
}

export interface Change {
  /** Characters to take back. */
  back: number;
  /** What to type then. */
  text: string;
}

/** How to make one text of another at its end, as a telephone's keyboard changes the word that is being written. */
export function change(before: string, after: string): Change {
  const [old, now] = [[...before], [...after]];
  let same = 0;
  while (same < old.length && old[same] === now[same]) same += 1;
  return { back: old.length - same, text: now.slice(same).join("") };
}
