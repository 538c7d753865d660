/// What a learner typed, and whether it is what the author wants: the twin of crates/grading/src/answer.rs and sealed.rs.
/// Expected answers are here as digests only, where a digest will do.

import type { components } from "../../core/api.gen";

type TabCheck = components["schemas"]["TabCheck"];
export type Sealed = Extract<TabCheck, { by: "digest" | "near" }>;
export type AnswerKind = "text" | "number" | "choice";
/** Why an answer cannot be judged; it counts as no attempt. */
export type AnswerFault = "missing" | "too_long" | "not_number" | "not_choice";

export const MAX_ANSWER_CHARS = 10_000;
const ROUNDING = 1e-9;
/** Beyond these a whole number is compared as a real one. */
const LARGEST = 2n ** 127n - 1n;

type Numeral = { whole: bigint } | { real: number };

/** The answer as a check gets it: a choice in whatever language becomes the author's own text. */
export function parseAnswer(kind: AnswerKind, choices: string[][], text: string | null | undefined): { answer: string } | { fault: AnswerFault } {
  if (text == null || trimmed(text) === "") return { fault: "missing" };
  if (Array.from(text).length > MAX_ANSWER_CHARS) return { fault: "too_long" };
  if (kind === "text") return { answer: text.replaceAll("\0", "") };
  if (kind === "number") return parseNumber(text) === null ? { fault: "not_number" } : { answer: trimmed(text) };
  const chosen = choices[choiceOf(choices, text)];
  return chosen === undefined ? { fault: "not_choice" } : { answer: chosen[0] ?? "" };
}

/** Whether a parsed answer is the sealed one. */
export async function isRight(sealed: Sealed, choices: string[][], answer: string): Promise<boolean> {
  if (sealed.by === "near") {
    const given = parseNumber(answer);
    return given !== null && isNear(realOf(given), sealed.value, sealed.tolerance);
  }
  for (const text of candidates(sealed.of, choices, answer)) {
    if ((await digest(text, sealed.salt, sealed.rounds)) === sealed.digest) return true;
  }
  return false;
}

/** What of an answer could have been digested. */
function candidates(of: "exact" | "text" | "choice" | "whole", choices: string[][], answer: string): string[] {
  if (of === "exact") return [answer];
  if (of === "text") return [folded(answer)];
  if (of === "choice") return [String(choiceOf(choices, answer))];
  const given = parseNumber(answer);
  if (given === null) return [];
  if ("whole" in given) return [String(given.whole)];
  // 3.0 is 3, and so is what is left of decimal fractions in binary.
  const whole = Math.round(given.real);
  return Number.isSafeInteger(whole) && isNear(given.real, whole, 0) ? [String(whole)] : [];
}

async function digest(text: string, salt: string, rounds: number): Promise<string> {
  const bytes = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", bytes.encode(text), "PBKDF2", false, ["deriveBits"]);
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: bytes.encode(salt), iterations: rounds }, key, 256);
  return Array.from(new Uint8Array(bits), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function choiceOf(choices: string[][], text: string): number {
  const wanted = folded(text);
  return choices.findIndex((texts) => texts.some((one) => folded(one) === wanted));
}

/** Trimmed, in one Unicode form, and without case. */
export function folded(text: string): string {
  return trimmed(text).normalize("NFC").toUpperCase().toLowerCase();
}

function trimmed(text: string): string {
  return text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, "");
}

function isNear(given: number, expected: number, tolerance: number): boolean {
  return Math.abs(given - expected) <= Math.abs(tolerance) + ROUNDING * Math.max(Math.abs(given), Math.abs(expected));
}

function realOf(numeral: Numeral): number {
  return "whole" in numeral ? Number(numeral.whole) : numeral.real;
}

/** Reads `42`, `-3.5`, `3,5`, `1 000`, `6e3`, `0x1f`. */
export function parseNumber(text: string): Numeral | null {
  const bare = trimmed(text).replace(/[ \u00a0\u202f\u2009]/g, "").replaceAll("\u2212", "-");
  const sign = bare.startsWith("-") ? -1 : 1;
  const digits = /^[-+]/.test(bare) ? bare.slice(1) : bare;
  const signed = (whole: bigint) => ({ whole: sign < 0 ? -whole : whole });
  if (/^0x/i.test(digits)) {
    if (!/^0x[0-9a-f]+$/i.test(digits)) return null;
    const whole = BigInt(digits.toLowerCase());
    return whole <= LARGEST ? signed(whole) : null;
  }
  if (/^\d+$/.test(digits) && BigInt(digits) <= LARGEST) return signed(BigInt(digits));
  // A decimal comma; a second one, or a point beside it, makes no number.
  const pointed = digits.replaceAll(",", ".");
  if (!/^(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(pointed)) return null;
  const real = Number(pointed);
  return Number.isFinite(real) ? { real: sign * real } : null;
}
