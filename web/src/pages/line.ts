/// How a learner's line is called. Pure.

import type { BoardLearner } from "../core/types";

export type LineWord = "good" | "slow" | "poor" | "unknown";

/** As in the learner's own badge. */
export function lineOf({ line }: BoardLearner): LineWord {
  if (line == null) return "unknown";
  if (line.round_trip_ms >= 800 || line.lost_percent > 20) return "poor";
  return line.round_trip_ms >= 250 || line.lost_percent > 5 || line.polling ? "slow" : "good";
}
