/// What the workspace shows where: the step to open first, the task at hand, the tabs. Pure.

import { formatList, t } from "../core/i18n/index.svelte";
import type { AppView, SessionView, StepSummary, TaskView, Terminal } from "../core/types";

/** The step named by the address (`#step-2`), or null. */
export function stepOf(hash: string, steps: StepSummary[]): number | null {
  const match = /^#step-(\d+)$/.exec(hash);
  const n = match ? Number(match[1]) : null;
  return n !== null && steps.some((step) => step.n === n) ? n : null;
}

/** Where to begin: the remembered step, else the first that is not done. */
export function firstStep(steps: StepSummary[], remembered: number | null): number {
  if (remembered !== null && steps.some((step) => step.n === remembered)) return remembered;
  return (steps.find((step) => step.state !== "done") ?? steps[0])?.n ?? 1;
}

/** The first task that can be done now: its button is the page's main one, and it shows beside the lab on a phone. */
export function taskAtHand(tasks: TaskView[]): TaskView | null {
  return tasks.find((task) => task.state !== "done" && task.state !== "broken") ?? null;
}

/** What of the learner's files outlives the session; nothing to say of a lab without nodes. */
export function keptWords(view: SessionView): string {
  if (view.nodes.length === 0) return "";
  if (view.keep.length === 0) return t("kept.none");
  return t("kept.folders", { folders: formatList(view.keep) });
}

export interface Tab {
  /** Stable for the life of the tab: the app's id, or the extra terminal's. */
  id: string;
  label: string;
  kind: AppView["kind"];
  node: string | null;
  /** What else it shows: a network, or a file of the lab. */
  source: string | null;
  terminal: Terminal | null;
  /** An extra terminal, which can be closed. */
  extra: boolean;
}

/**
 * The tabs of a session: one an app, then the extra terminals. A terminal app takes the first open terminal of its
 * node; when it has none, the one that has `ended` there stays to be read, until a new one is opened.
 */
export function tabsOf(view: SessionView, ended: ReadonlyMap<string, Terminal>, bound: Map<string, string>): Tab[] {
  const free = view.terminals.filter((terminal) => !ended.has(terminal.id));
  const tabs: Tab[] = view.apps.map((app) => {
    const tab: Tab = { ...app, node: app.node ?? null, source: app.source ?? null, terminal: null, extra: false };
    if (app.kind === "terminal") tab.terminal = take(app, free, ended, bound);
    return tab;
  });
  const extras = free.map((terminal) => ({
    id: `extra-${terminal.id}`,
    label: terminal.title,
    kind: "terminal" as const,
    node: terminal.node,
    source: null,
    terminal,
    extra: true,
  }));
  return [...tabs, ...extras];
}

function take(
  app: AppView,
  free: Terminal[],
  ended: ReadonlyMap<string, Terminal>,
  bound: Map<string, string>,
): Terminal | null {
  const before = bound.get(app.id);
  let at = free.findIndex((terminal) => terminal.id === before);
  if (at < 0) at = free.findIndex((terminal) => terminal.node === app.node);
  const [taken] = at < 0 ? [] : free.splice(at, 1);
  if (taken) bound.set(app.id, taken.id);
  return taken ?? (before === undefined ? null : (ended.get(before) ?? null));
}

/** The first address of a node, for the foot of its terminals. */
export function addressOf(view: SessionView, node: string): string | null {
  const found = view.nodes.find((one) => one.name === node);
  return found ? (Object.values(found.addresses).flat()[0] ?? null) : null;
}
