/// A place in line in words: where, and about how long, counted down between two words of the server. Pure but for the words.

import { formatRank, t } from "../core/i18n/index.svelte";
import type { SessionView } from "../core/types";

/** Longer waits are told in minutes. */
const MINUTE_MS = 60_000;

export function queueWords(queue: SessionView["queue"], sinceMs: number): string {
  if (queue == null) return "";
  const place = formatRank(queue.place);
  const left = queue.expected_ms == null ? null : queue.expected_ms - Math.max(0, sinceMs);
  // What was said has passed: no number is better than a wrong one.
  if (left === null || left <= 0) return t("start.queue.unknown", { place });
  if (left < 1.5 * MINUTE_MS) return t("start.queue.about", { place, n: Math.max(1, Math.round(left / 1000)) });
  return t("start.queue.minutes", { place, n: Math.round(left / MINUTE_MS) });
}
