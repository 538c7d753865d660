/// The words of the page. `t("key", {n: 3})` gives a whole sentence in the learner's language; plurals go by
/// `Intl.PluralRules`, numbers and times by `Intl`. A component never glues sentences together.

import { settings, type Lang } from "../settings.svelte";
import { en } from "./en";
import { fr } from "./fr";

export interface Plural {
  /** The variable that decides. */
  by: string;
  one: string;
  other: string;
}
export type Message = string | Plural;
export type Key = keyof typeof en;
export type Vars = Record<string, string | number>;

const CATALOGUES: Record<Lang, Record<Key, Message>> = { en, fr };

export function translate(lang: Lang, key: Key, vars: Vars = {}): string {
  const message = CATALOGUES[lang][key];
  const text = typeof message === "string" ? message : choose(lang, message, vars);
  const filled = text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = vars[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(lang, value) : value;
  });
  return lang === "fr" ? french(filled) : filled;
}

function choose(lang: Lang, message: Plural, vars: Vars): string {
  const count = Number(vars[message.by] ?? 0);
  return new Intl.PluralRules(lang).select(count) === "one" ? message.one : message.other;
}

const NBSP = "\u00a0";

/** No-break spaces before `: ; ? ! »`, after `«`, and between a number and its unit. */
export function french(text: string): string {
  return text
    .replace(/ ([:;?!»])/g, `${NBSP}$1`)
    .replace(/« /g, `«${NBSP}`)
    .replace(/(\d) (s|ms|min|h|%|points?|minutes?|secondes?)(?![\p{L}])/gu, `$1${NBSP}$2`);
}

/** The reader's own variant of the language, since a clock in `en-GB` is not one in `en-US`. */
export function localeOf(lang: Lang, tags: readonly string[] = navigator.languages ?? []): string {
  return tags.find((tag) => tag.toLowerCase().split("-")[0] === lang) ?? lang;
}

function number(lang: Lang, value: number): string {
  return new Intl.NumberFormat(lang, { maximumFractionDigits: 2 }).format(value);
}

export function t(key: Key, vars?: Vars): string {
  return translate(settings.lang, key, vars);
}

export function formatNumber(value: number): string {
  return number(settings.lang, value);
}

/** A duration for people: `0.4 s`, `12 s`. */
export function formatSeconds(ms: number): string {
  const seconds = ms / 1000;
  const value = seconds < 10 ? Math.round(seconds * 10) / 10 : Math.round(seconds);
  return t("seconds", { n: value });
}

/** `1st`, `12th`; `1ʳᵉ` stays away: a rank is `1ᵉʳ` or `12ᵉ`. */
export function formatRank(n: number): string {
  const spelt = number(settings.lang, n);
  if (settings.lang === "fr") return `${spelt}${n === 1 ? "ᵉʳ" : "ᵉ"}`;
  const ends = { one: "st", two: "nd", few: "rd", other: "th", zero: "th", many: "th" };
  return `${spelt}${ends[new Intl.PluralRules("en", { type: "ordinal" }).select(n)]}`;
}

export function formatTime(at: number): string {
  return new Intl.DateTimeFormat(localeOf(settings.lang), { hour: "numeric", minute: "2-digit" }).format(at);
}

export function formatDateTime(at: number): string {
  return new Intl.DateTimeFormat(localeOf(settings.lang), {
    day: "numeric",
    month: "long",
    hour: "numeric",
    minute: "2-digit",
  }).format(at);
}

/** A date that somebody must keep: with weekday and time zone, since the reader may be elsewhere. */
export function formatMoment(at: number): string {
  return new Intl.DateTimeFormat(localeOf(settings.lang), {
    weekday: "short",
    day: "numeric",
    month: "long",
    hour: "numeric",
    minute: "2-digit",
    timeZoneName: "short",
  }).format(at);
}

/** `a, b and c`. */
export function formatList(items: readonly string[]): string {
  return new Intl.ListFormat(localeOf(settings.lang), { type: "conjunction" }).format(items);
}

export interface Piece {
  kind: "text" | "strong" | "kbd";
  text: string;
}

/** Splits `**strong**` and `` `Key` `` out of a sentence of the catalogue. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  for (const part of text.split(/(\*\*[^*]+\*\*|`[^`]+`)/)) {
    if (part === "") continue;
    if (part.startsWith("**")) found.push({ kind: "strong", text: part.slice(2, -2) });
    else if (part.startsWith("`")) found.push({ kind: "kbd", text: part.slice(1, -1) });
    else found.push({ kind: "text", text: part });
  }
  return found;
}
