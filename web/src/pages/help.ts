/// Help as data: what goes along with a raised hand, places in line, what the log says. Pure.

import { formatTime, t, type Key } from "../core/i18n/index.svelte";
import type { HandAttempt, LookLine, RecordedAttempt } from "../core/types";

/** Lines of a terminal that go along; attempts that do. The server has bounds of its own. */
export const TAIL_LINES = 40;
export const TAIL_CHARS = 8_000;
export const ATTEMPTS = 3;

/** The last attempts at a task, oldest first. */
export function lastAttempts(all: RecordedAttempt[], task: string | null): RecordedAttempt[] {
  return all.filter((one) => one.task === task).slice(-ATTEMPTS);
}

/** A terminal's last lines as they are sent: whole lines, no more than fit. */
export function tailOf(lines: string[]): string[] {
  const kept: string[] = [];
  let chars = 0;
  for (const line of [...lines].reverse()) {
    chars += line.length + 1;
    if (chars > TAIL_CHARS || kept.length === TAIL_LINES) break;
    kept.unshift(line);
  }
  return kept;
}

/** `2nd`, `2ᵉ`. */
export function ordinal(lang: "en" | "fr", n: number): string {
  if (lang === "fr") return n === 1 ? "1ʳᵉ" : `${n}ᵉ`;
  const suffix = { one: "st", two: "nd", few: "rd" }[new Intl.PluralRules("en", { type: "ordinal" }).select(n) as string];
  return `${n}${suffix ?? "th"}`;
}

export function minutesLeft(until: number, now: number): number {
  return Math.max(1, Math.ceil((until - now) / 60_000));
}

export const VERDICTS = {
  done: "task.done",
  part: "task.part",
  not_yet: "task.notyet",
  broken: "task.broken",
} as const satisfies Record<HandAttempt["verdict"], Key>;

const ENDS: Partial<Record<NonNullable<LookLine["end"]>, Key>> = {
  learner: "log.ended.learner",
  time: "log.ended.time",
  session: "log.ended.session",
  learner_gone: "log.ended.gone",
  teacher_gone: "log.ended.gone",
  signed_out: "log.ended.out",
  restart: "log.ended.restart",
};

/** A line of the log in words. */
export function lineWords(line: LookLine): string {
  const key: Key = line.act === "ended" ? (ENDS[line.end ?? "teacher"] ?? "log.ended") : `log.${line.act}`;
  return t(key, { name: line.teacher, what: line.what ?? "" });
}

/** What one said, and when. */
export function saidBy(said: { teacher?: string | null; at: number; all_at?: string | null }): string {
  const when = formatTime(said.at);
  if (said.teacher == null) return t("help.said.me", { when });
  if (said.all_at != null) return t("help.said.all", { name: said.teacher, task: said.all_at.replaceAll("`", ""), when });
  return t("help.said.teacher", { name: said.teacher, when });
}
