/// When to read a growing capture again. Pure.
///
/// Wiregasm reads a capture from its beginning each time, so the work grows with the capture. The pause before the next
/// reading grows with what the last one took: a short capture is up to date at once, and a long one never takes more
/// than a quarter of a processor.

const LEAST_MS = 30;
const SHARE = 3;

/** Milliseconds to wait from `nowMs` on, when the last reading ended at `endMs` and took `tookMs`. */
export function pause(nowMs: number, endMs: number, tookMs: number): number {
  return Math.max(0, endMs + Math.max(LEAST_MS, tookMs * SHARE) - nowMs);
}
