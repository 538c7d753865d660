/// How far a start is, from its stages' expected times. Pure.

import type { StageView } from "../core/types";

/** Taken for a stage of which no start is known yet. */
const UNKNOWN_MS = 500;
/** A stage under way never counts as more than this share of itself. */
const ALMOST = 0.9;

function expected(stage: StageView): number {
  return Math.max(50, stage.expected_ms ?? UNKNOWN_MS);
}

/** The share that is done, 0 to 1; `elapsedMs` is the time since the stage under way began. */
export function progress(stages: StageView[], elapsedMs: number): number {
  const total = stages.reduce((sum, stage) => sum + expected(stage), 0);
  if (total === 0) return 0;
  let done = 0;
  for (const stage of stages) {
    if (stage.state === "done") done += expected(stage);
    else if (stage.state === "doing" || stage.state === "slow") done += Math.min(elapsedMs, ALMOST * expected(stage));
  }
  return done / total;
}

/** Time still to go, or null when no start of this lab is known or it takes longer than usual. */
export function remainingMs(stages: StageView[], elapsedMs: number): number | null {
  if (stages.some((stage) => stage.state === "slow" || stage.state === "failed")) return null;
  if (stages.every((stage) => stage.expected_ms == null)) return null;
  let left = 0;
  for (const stage of stages) {
    if (stage.state === "todo") left += expected(stage);
    else if (stage.state === "doing") left += Math.max(0, expected(stage) - elapsedMs);
  }
  return left;
}
