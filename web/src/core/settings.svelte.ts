/// The learner's choices for this browser: language, theme, and how the terminal behaves. One object, saved at each
/// change; it must not know how a page shows them.

import { recall, remember } from "./storage";

export type Lang = "en" | "fr";
export type Theme = "system" | "light" | "dark";
/** The chord that leaves the terminal; all three work on AZERTY and QWERTY and reach no shell. */
export type Chord = "ctrl-shift-enter" | "ctrl-alt-enter" | "ctrl-shift-f6";

/** How good the pictures of desktops are to be; `auto` goes by the line. */
export type Picture = "auto" | "sharp" | "frugal";

export const PICTURES: readonly Picture[] = ["auto", "sharp", "frugal"];
export const LANGS: readonly Lang[] = ["en", "fr"];
export const CHORDS: readonly Chord[] = ["ctrl-shift-enter", "ctrl-alt-enter", "ctrl-shift-f6"];
export const FONT_SIZES = [12, 13, 14, 16, 18, 20] as const;

interface Saved {
  lang: Lang | null;
  theme: Theme;
  fontSize: number;
  screenReader: boolean;
  tabLeaves: boolean;
  helpKey: boolean;
  chord: Chord;
  picture: Picture;
}

const DEFAULTS: Saved = {
  lang: null,
  theme: "system",
  fontSize: 13,
  screenReader: false,
  tabLeaves: false,
  helpKey: true,
  chord: "ctrl-shift-enter",
  picture: "auto",
};

export function languageOf(tags: readonly string[]): Lang {
  for (const tag of tags) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "fr" || primary === "en") return primary;
  }
  return "en";
}

class Settings {
  #saved = $state<Saved>({ ...DEFAULTS, ...recall<Partial<Saved>>("settings", {}) });

  get lang(): Lang {
    return this.#saved.lang ?? languageOf(navigator.languages ?? []);
  }
  /** Whether the learner chose a language here; if not, the account's language may decide. */
  get langChosen(): boolean {
    return this.#saved.lang !== null;
  }
  get theme(): Theme {
    return this.#saved.theme;
  }
  get fontSize(): number {
    return this.#saved.fontSize;
  }
  get screenReader(): boolean {
    return this.#saved.screenReader;
  }
  get tabLeaves(): boolean {
    return this.#saved.tabLeaves;
  }
  get helpKey(): boolean {
    return this.#saved.helpKey;
  }
  get chord(): Chord {
    return this.#saved.chord;
  }
  get picture(): Picture {
    return this.#saved.picture;
  }

  set(change: Partial<Saved>): void {
    Object.assign(this.#saved, change);
    remember("settings", this.#saved);
  }
}

export const settings = new Settings();

/** Puts language and theme on the document; call inside an effect, so that it follows every change. */
export function applySettings(): void {
  const root = document.documentElement;
  root.lang = settings.lang;
  if (settings.theme === "system") delete root.dataset.theme;
  else root.dataset.theme = settings.theme;
}

export function isChord(event: KeyboardEvent, chord: Chord): boolean {
  if (!event.ctrlKey || event.metaKey) return false;
  switch (chord) {
    case "ctrl-shift-enter":
      return event.key === "Enter" && event.shiftKey && !event.altKey;
    case "ctrl-alt-enter":
      return event.key === "Enter" && event.altKey && !event.shiftKey;
    case "ctrl-shift-f6":
      return event.key === "F6" && event.shiftKey && !event.altKey;
  }
}
