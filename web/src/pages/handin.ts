/// What became of results that were handed in, in words. Pure but for the words.

import { isShut, type Outcome } from "../core/handin";
import { t } from "../core/i18n/index.svelte";

const VERDICTS = { done: "task.done", part: "task.part", not_yet: "task.notyet", broken: "task.broken" } as const;

/** One sentence a fact; `all` is how many there were. */
export function outcomeWords(outcomes: readonly Outcome[], all: number): string[] {
  const of = (outcome: string) => outcomes.filter(({ taken }) => taken.outcome === outcome);
  const kept = outcomes.filter(({ taken }) => taken.outcome === "taken" || taken.outcome === "known");
  const self = kept.filter(({ taken }) => taken.self_reported);
  const words: string[] = [];
  const count = (key: "handin.taken" | "handin.known" | "handin.self" | "handin.later", n: number) => {
    if (n > 0) words.push(t(key, { n }));
  };
  count("handin.taken", of("taken").length);
  count("handin.known", of("known").length);
  count("handin.self", self.length);
  const differs = kept.filter(({ handed, taken }) => taken.verdict != null && taken.verdict !== handed.verdict);
  for (const { handed, taken } of lastOfTask(differs)) {
    words.push(t("handin.differs", { task: handed.task, verdict: t(VERDICTS[taken.verdict ?? "broken"]).toLowerCase() }));
  }
  const refused = new Map<string, { task: string; words: string; n: number }>();
  for (const { handed, taken } of outcomes.filter(({ taken }) => taken.outcome === "refused" || isShut(taken))) {
    const said = { task: handed.task, words: taken.message ?? "" };
    const key = `${said.task}\n${said.words}`;
    refused.set(key, { ...said, n: (refused.get(key)?.n ?? 0) + 1 });
  }
  for (const said of refused.values()) words.push(t("handin.refused", said));
  count("handin.later", all - outcomes.length);
  return words;
}

function lastOfTask(outcomes: readonly Outcome[]): Outcome[] {
  return [...new Map(outcomes.map((one) => [one.handed.task, one])).values()];
}
