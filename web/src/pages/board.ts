/// The teacher's board as data: news into what is shown, orders, filters, groups of those who are stuck. Pure but for the words.

import { t } from "../core/i18n/index.svelte";
import type { Board, BoardCell, BoardLearner, BoardStuck, Presence, TaskState } from "../core/types";
import { plain } from "./catalogue";
import { lineOf } from "./line";

/** Learners in one column of the grid. */
export const COLUMN = 40;

export type Sort = "name" | "points" | "active" | "time";
export type Show = "all" | "here" | "stuck" | "never" | "line";

/** The board with what is new in it. Rows that did not change stay the same objects. */
export function merged(old: Board | null, news: Board): Board {
  if (news.whole || old === null || old.lab !== news.lab) return news;
  const changed = new Map(news.learners.map((learner) => [learner.id, learner]));
  const learners = old.learners.map((learner) => {
    const newer = changed.get(learner.id) ?? learner;
    changed.delete(learner.id);
    return newer;
  });
  return { ...news, learners: [...learners, ...changed.values()] };
}

/** The ids to show, in order. Asked for when somebody chooses, so that rows do not move under the pointer. */
export function ordered(board: Board, sort: Sort, show: Show, words: string): string[] {
  const stuck = new Set(board.stuck.map((one) => one.learner));
  const wanted = (learner: BoardLearner) => {
    if (show === "here" && learner.presence !== "here") return false;
    if (show === "never" && learner.presence !== "never") return false;
    if (show === "line" && !["slow", "poor"].includes(lineOf(learner))) return false;
    if (show === "stuck" && !stuck.has(learner.id)) return false;
    return plain(learner.display_name).includes(plain(words));
  };
  const by: Record<Sort, (a: BoardLearner, b: BoardLearner) => number> = {
    name: () => 0,
    points: (a, b) => b.score - a.score,
    time: (a, b) => (a.work?.since ?? Infinity) - (b.work?.since ?? Infinity) || 0,
    active: (a, b) => (b.active_at ?? 0) - (a.active_at ?? 0),
  };
  const byName = (a: BoardLearner, b: BoardLearner) => a.display_name.localeCompare(b.display_name);
  return board.learners
    .filter(wanted)
    .sort((a, b) => by[sort](a, b) || byName(a, b))
    .map((learner) => learner.id);
}

/** Several who are stuck at the same words of a check, or one. */
export interface Stuckness {
  task: string;
  words: string | null;
  /** Longest first. */
  who: BoardStuck[];
}

/** Those who read the same words of the same check are one entry; the longest wait comes first. */
export function groups(stuck: readonly BoardStuck[]): Stuckness[] {
  const found = new Map<string, Stuckness>();
  for (const one of stuck) {
    const words = one.words ?? null;
    const key = words === null ? one.learner : `${one.task}\n${words}`;
    const group = found.get(key) ?? { task: one.task, words, who: [] };
    group.who.push(one);
    found.set(key, group);
  }
  return [...found.values()];
}

export type Mark = "done" | "part" | "tried" | "untried";

/** What a cell shows; a broken check is no try of the learner's. */
export function markOf(state: TaskState): Mark {
  if (state === "done" || state === "part") return state;
  return state === "not_yet" ? "tried" : "untried";
}

export function minutes(fromMs: number, toMs: number): number {
  return Math.max(0, Math.round((toMs - fromMs) / 60_000));
}

/** A spreadsheet must not take what a learner chose as a name for a formula. */
export function safeCell(text: string): string {
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

export const CELL = {
  done: "board.cell.done",
  part: "board.cell.part",
  tried: "board.cell.tried",
  untried: "board.cell.untried",
} as const satisfies Record<Mark, string>;

export const SORTS = {
  name: "board.sort.name",
  points: "board.sort.points",
  active: "board.sort.active",
  time: "review.sort.time",
} as const satisfies Record<Sort, string>;

export const SHOWS = {
  all: "board.show.all",
  here: "board.show.here",
  stuck: "board.show.stuck",
  never: "board.show.never",
  line: "review.show.line",
} as const satisfies Record<Show, string>;

export const PRESENCE = {
  never: "board.never",
  starting: "board.starting",
  here: "board.runs",
  away: "board.away",
  failed: "board.failed",
} as const satisfies Record<Presence, string>;

/** What a cell shows, for who does not see it. */
export function cellWords({ state, self_reported }: BoardCell): string {
  const words = t(CELL[markOf(state)]);
  return self_reported ? `${words}, ${t("board.reported")}` : words;
}

export function placeWords(place: string): string {
  return place === "browser" ? t("review.place.browser") : t("review.place", { place });
}
