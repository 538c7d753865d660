/// Keys that a phone's keyboard lacks, and what they send. Pure.

import type { Key } from "../../core/i18n/index.svelte";

export interface ExtraKey {
  face: string;
  /** Name for the ear where the face is a sign. */
  name?: Key;
  /** What it sends; `arrow` keys depend on the terminal's mode. */
  send?: string;
  arrow?: "A" | "B" | "C" | "D";
  ctrl?: true;
}

export const EXTRA_KEYS: readonly ExtraKey[] = [
  { face: "Esc", send: "\x1b" },
  { face: "Tab", send: "\t" },
  { face: "Ctrl", name: "key.ctrl", ctrl: true },
  { face: "↑", name: "key.up", arrow: "A" },
  { face: "↓", name: "key.down", arrow: "B" },
  { face: "←", name: "key.left", arrow: "D" },
  { face: "→", name: "key.right", arrow: "C" },
  { face: "|", send: "|" },
  { face: "/", send: "/" },
  { face: "-", send: "-" },
  { face: "~", send: "~" },
];

export function sends(key: ExtraKey, applicationMode: boolean): string {
  if (key.arrow) return `\x1b${applicationMode ? "O" : "["}${key.arrow}`;
  return key.send ?? "";
}

/** What Ctrl makes of the next typed character: `c` becomes 0x03. Others are left as they are. */
export function withCtrl(data: string): string {
  if (!/^[a-zA-Z@[\\\]^_ ]$/.test(data)) return data;
  return String.fromCharCode(data.toUpperCase().charCodeAt(0) & 0x1f);
}
