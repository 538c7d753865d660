/// What the scores page thinks: which rows there are, in which order, and what was said in words. Pure.

import type { Key } from "../core/i18n/index.svelte";
import type { Comparison, Difference, Scores, SentScore } from "../core/types";
import { plain } from "./catalogue";

/** A learner's line: at one lab, and for one link of it where the course is in a platform. */
export interface Line {
  key: string;
  learner: string;
  name: string;
  score: number | null;
  /** Some of it was reached after the due date. */
  late: boolean;
  /** Some of it only the learner's browser has checked. */
  reported: boolean;
  /** More time was given. */
  more: boolean;
  sent: SentScore | null;
  difference: Difference | null;
}

export type Show = "all" | "different" | "refused" | "waiting";

export const SHOWS = {
  all: "scores.show.all",
  different: "scores.show.different",
  refused: "scores.show.refused",
  waiting: "scores.show.waiting",
} as const satisfies Record<Show, Key>;

const SAID: Record<string, Key> = {
  "": "scores.said.nothing",
  taken: "scores.said.taken",
  already_there: "scores.said.already",
  no_line_item: "scores.said.column",
  foreign_line_item: "scores.said.foreign",
  refused_access: "scores.said.access",
  refused_token: "scores.said.token",
  trouble: "scores.said.trouble",
  refused: "scores.said.refused",
  no_answer: "scores.said.silence",
  older: "scores.said.older",
};

/** The sentence for the platform's last answer. */
export function said(sent: SentScore): Key {
  return SAID[sent.said] ?? "scores.said.other";
}

export const STATE = {
  waiting: "scores.state.waiting",
  sent: "scores.state.sent",
  failed: "scores.state.failed",
  superseded: "scores.state.superseded",
} as const satisfies Record<SentScore["state"], Key>;

export const TONE = { waiting: "part", sent: "done", failed: "bad", superseded: "neutral" } as const;

export const OUTCOMES = {
  read: "scores.compare.read",
  no_column: "scores.compare.column",
  refused: "scores.compare.refused",
  no_answer: "scores.compare.silence",
} as const;

/** How early a line stands: what needs the teacher first. */
function rank(line: Line): number {
  if (line.difference) return 0;
  if (line.sent?.state === "failed") return 1;
  if (line.sent?.state === "waiting" && line.sent.tries > 0) return 2;
  return 3;
}

/** Everybody's lines at one lab, those that differ or wait on top, then by name. */
export function linesOf(scores: Scores, lab: string, compared: Comparison | null): Line[] {
  const links = scores.links.filter((link) => link.lab === lab);
  const differences = new Map<string, Difference>();
  for (const link of compared?.links ?? []) for (const one of link.differences) differences.set(one.score_id, one);
  const lines = scores.learners.flatMap((learner): Line[] => {
    const had = learner.labs.find((one) => one.lab === lab);
    const more = learner.more_time.some((one) => one.lab === lab);
    const line = { learner: learner.id, name: learner.display_name, score: had?.score ?? null, late: had?.late ?? false, reported: had?.self_reported ?? false, more };
    const sent = learner.sent.filter((one) => links.some((link) => link.id === one.link));
    if (sent.length === 0) return [{ ...line, key: learner.id, sent: null, difference: null }];
    return sent.map((one) => ({ ...line, key: one.id, sent: one, difference: differences.get(one.id) ?? null }));
  });
  return lines.map((line, at) => ({ line, at })).sort((a, b) => rank(a.line) - rank(b.line) || a.at - b.at).map(({ line }) => line);
}

/** The lines that are wanted. */
export function shown(lines: Line[], show: Show, words: string): Line[] {
  const wanted = plain(words);
  return lines.filter((line) => {
    if (!plain(line.name).includes(wanted)) return false;
    if (show === "different") return line.difference !== null;
    if (show === "refused") return line.sent?.state === "failed" || (line.sent?.state === "waiting" && line.sent.refusals > 0);
    if (show === "waiting") return line.sent?.state === "waiting";
    return true;
  });
}
