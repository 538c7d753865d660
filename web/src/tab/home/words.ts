/// What is said of results on their way to a course. Pure but for the words and the address.

import { t } from "../../core/i18n/index.svelte";
import type { StoredAttempt } from "../store";
import type { Carried, Told } from "./ledger";
import { isLaunched } from "./person";
import type { Trouble } from "./results.svelte";

export interface Difference {
  task: string;
  words: string;
}

/** What the course said otherwise, of the last attempt at each task. */
export function differencesOf(attempts: readonly StoredAttempt[], told: ReadonlyMap<string, Told>, carried: Carried | null): Difference[] {
  const last = new Map(attempts.map((attempt) => [attempt.task, attempt]));
  return [...last.values()].flatMap(({ id, task, verdict }) => {
    const line = told.get(id);
    // The course has it, and its rule counts only what a server has checked.
    const uncounted = line?.self_reported && verdict === "done" && line.verdict === "done" && !((carried?.tasks[task]?.share ?? 0) > 0);
    if (uncounted) return [{ task, words: t("home.said.uncounted") }];
    if (line?.outcome === "refused") return [{ task, words: t("home.said.refused", { words: line.message ?? "" }) }];
    return line?.verdict && line.verdict !== verdict ? [{ task, words: t(`home.said.${line.verdict}`) }] : [];
  });
}

export function troubleWords(trouble: Trouble, waiting: number): string {
  if (trouble.is === "refused") return t("home.trouble.refused", { words: trouble.message.replaceAll("*", "") });
  if (trouble.is === "signed_out") return t(isLaunched() ? "home.trouble.launched" : "home.trouble.signed_out");
  return t(trouble.is === "network" && waiting === 0 ? "home.trouble.none" : `home.trouble.${trouble.is}`);
}

/** Signing in comes back here. */
export function signInAddress(): string {
  return `/sign-in?next=${encodeURIComponent(location.pathname)}`;
}
