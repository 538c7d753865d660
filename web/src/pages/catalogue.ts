/// The greeting for the hour, and what the catalogue shows of its labs. Pure.

import type { Key } from "../core/i18n/index.svelte";
import type { Course, CourseLab } from "../core/types";

const NOON = 12;
const EVENING = 18;

export function greeting(hour: number): Key {
  if (hour < NOON && hour >= 4) return "catalogue.morning";
  return hour < EVENING && hour >= NOON ? "catalogue.day" : "catalogue.evening";
}

export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? name;
}

export type Filter = "all" | "todo" | "started" | "done";
export const FILTERS: readonly Filter[] = ["all", "todo", "started", "done"];

export function stateOf(lab: CourseLab): Exclude<Filter, "all"> {
  if (lab.points > 0 && lab.score >= lab.points) return "done";
  return lab.score > 0 || living(lab) || asleep(lab) ? "started" : "todo";
}

export function living(lab: CourseLab): boolean {
  return lab.session != null && ["queued", "starting", "ready", "ending"].includes(lab.session.state);
}

export function asleep(lab: CourseLab): boolean {
  return lab.session?.state === "asleep";
}

/** Letters without accents and case, so that `reseau` finds `Réseau`. */
export function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

export function matches(lab: CourseLab, words: string, filter: Filter): boolean {
  if (filter !== "all" && stateOf(lab) !== filter) return false;
  const text = plain(`${lab.title} ${lab.summary} ${lab.name}`);
  return plain(words).split(/\s+/).every((word) => text.includes(word));
}

/** The lab to go on with: one that runs before one that sleeps. */
export function toResume(courses: Course[]): { course: Course; lab: CourseLab } | null {
  const all = courses.flatMap((course) => course.labs.map((lab) => ({ course, lab })));
  return all.find(({ lab }) => living(lab)) ?? all.find(({ lab }) => asleep(lab)) ?? null;
}
