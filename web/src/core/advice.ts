/// Which place suits a lab on this computer and line, and why: a rule, values in, values out. It must not measure
/// anything, and never says of a place that this version cannot run what it would be like there.

import type { Computer } from "./computer";
import type { Measured } from "./measure";
import type { LabNeeds } from "./types";

/** Where a lab can run, in a learner's words: on a server, in this page without any machine, an emulated computer in
 *  this tab, a download on this computer. */
export type Where = "server" | "page" | "tab" | "computer";

/** `later`: this version cannot run it there yet. */
export type Fit = "best" | "hard" | "no" | "later";

/** Why, as a key of the catalogue below `advice.`; `n` fills it. */
export interface Reason {
  tone: "fine" | "care" | "bad";
  word: Word;
  n?: number;
}

export type Word =
  | "line.quick" | "line.unknown" | "line.none" | "line.late" | "line.slow" | "line.poor" | "channels.none" | "channels.polling"
  | "desktop.far" | "desktop.narrow" | "wireshark.wasm" | "wireshark.memory" | "wireshark.narrow"
  | "sql.wasm" | "sql.storage" | "page.local" | "tab.wasm" | "tab.storage" | "tab.memory" | "tab.slower" | "tab.offline" | "tab.not" | "place.not" | "later" | "later.arm";

export interface Option {
  where: Where;
  fit: Fit;
  reasons: Reason[];
}

export interface Advice {
  /** The place to take; null when nothing suits. */
  best: Option | null;
  options: Option[];
}

/** As in the line's badge: above it typing is noticed, above it typing is work. */
const SLOW_MS = 250;
const POOR_MS = 800;
const DESKTOP_MS = 150;
const DESKTOP_MBIT = 2;
const WIRESHARK_MBIT = 2;
const WIRESHARK_GB = 4;
/** A line on which more answers than this are late will be felt. */
const LATE_SHARE = 0.1;
/** Nodes run in about half of this in a tab; the browser and what else is open need the rest. */
const TAB_GB = 4;
const RANK = { best: 0, hard: 1, no: 2, later: 3 } as const;

/** `offered`: the server gives the lab as a page of the learner's own as well. The first option is where it starts otherwise. */
export function advise(needs: LabNeeds, computer: Computer, line: Measured | null, offered = false): Advice {
  const here = needs.nodes === 0 ? inPage(needs, computer, line) : onServer(needs, computer, line);
  const places = offered ? [here, inTab(needs, computer)] : [here];
  const best = [...places].sort((a, b) => RANK[a.fit] - RANK[b.fit])[0] ?? here;
  return { best: best.fit === "no" ? null : best, options: [...places, ...laterOnes(needs, computer, offered)] };
}

/** What a learner should know of the place that is taken: nothing, as a rule. */
export function cares(advice: Advice): Reason[] {
  return (advice.options[0]?.reasons ?? []).filter((reason) => reason.tone !== "fine");
}

/** A lab with machines of its own: they are at the server, the page is a window on them. */
function onServer(needs: LabNeeds, computer: Computer, line: Measured | null): Option {
  const reasons = [...channels(line), ...trips(line), ...tabs(needs, computer, line)];
  return option("server", reasons, line);
}

/** A lab without machines: its databases and recordings are loaded into the page and used there. */
function inPage(needs: LabNeeds, computer: Computer, line: Measured | null): Option {
  const reasons: Reason[] = line !== null && line.asked > 0 && line.late === line.asked ? [{ tone: "bad", word: "line.none" }] : [];
  reasons.push(...tabs(needs, computer, line), { tone: "fine", word: "page.local" });
  return option("page", reasons, line);
}

/** All of it in the learner's browser, kept there and used with no line; its machines are emulated. */
function inTab(needs: LabNeeds, computer: Computer): Option {
  const { wasm, workers, storage } = computer.features;
  const reasons: Reason[] = [{ tone: "fine", word: "tab.offline" }];
  if (!wasm || !workers) reasons.push({ tone: "bad", word: "tab.wasm" });
  if (!storage) reasons.push({ tone: "bad", word: "tab.storage" });
  if (needs.nodes > 0) {
    reasons.push({ tone: "care", word: "tab.slower" });
    if (isBelow(computer.memoryGb, TAB_GB)) reasons.push({ tone: "care", word: "tab.memory", n: computer.memoryGb ?? 0 });
  }
  return option("tab", reasons, null);
}

function option(where: Where, reasons: Reason[], line: Measured | null): Option {
  const bad = reasons.some((reason) => reason.tone === "bad");
  const care = reasons.some((reason) => reason.tone === "care");
  if (!bad && !care && where === "server") {
    const trip = line?.roundTripMs ?? null;
    reasons.push(trip === null ? { tone: "fine", word: "line.unknown" } : { tone: "fine", word: "line.quick", n: trip });
  }
  const order = { bad: 0, care: 1, fine: 2 };
  reasons.sort((a, b) => order[a.tone] - order[b.tone]);
  return { where, fit: bad ? "no" : care ? "hard" : "best", reasons };
}

/** Terminals and desktops need a WebSocket or, instead, answers that are held back. */
function channels(line: Measured | null): Reason[] {
  if (line === null) return [];
  if (line.socket === "blocked" && line.held === "cut") return [{ tone: "bad", word: "channels.none" }];
  if (line.socket === "blocked") return [{ tone: "care", word: "channels.polling" }];
  return [];
}

function trips(line: Measured | null): Reason[] {
  if (line === null || line.asked === 0) return [];
  if (line.roundTripMs === null) return [{ tone: "bad", word: "line.none" }];
  const reasons: Reason[] = [];
  if (line.roundTripMs >= POOR_MS) reasons.push({ tone: "care", word: "line.poor", n: line.roundTripMs });
  else if (line.roundTripMs >= SLOW_MS) reasons.push({ tone: "care", word: "line.slow", n: line.roundTripMs });
  const late = line.late / line.asked;
  if (late > LATE_SHARE) reasons.push({ tone: "care", word: "line.late", n: Math.round(100 * late) });
  return reasons;
}

/** What each kind of tab needs of the browser. */
function tabs(needs: LabNeeds, computer: Computer, line: Measured | null): Reason[] {
  const has = (kind: LabNeeds["apps"][number]) => needs.apps.includes(kind);
  const reasons: Reason[] = [];
  const { features } = computer;
  if (has("desktop")) {
    const trip = line?.roundTripMs ?? 0;
    if (trip >= DESKTOP_MS && trip < SLOW_MS) reasons.push({ tone: "care", word: "desktop.far", n: trip });
    if (isBelow(line?.downMbit, DESKTOP_MBIT)) reasons.push({ tone: "care", word: "desktop.narrow", n: line?.downMbit ?? 0 });
  }
  if (has("wireshark")) {
    if (!features.wasm || !features.workers) reasons.push({ tone: "bad", word: "wireshark.wasm" });
    else {
      if (isBelow(computer.memoryGb, WIRESHARK_GB)) reasons.push({ tone: "care", word: "wireshark.memory", n: computer.memoryGb ?? 0 });
      if (isBelow(line?.downMbit, WIRESHARK_MBIT)) reasons.push({ tone: "care", word: "wireshark.narrow", n: line?.downMbit ?? 0 });
    }
  }
  if (has("sql")) {
    if (!features.wasm || !features.workers) reasons.push({ tone: "bad", word: "sql.wasm" });
    else if (!features.storage) reasons.push({ tone: "care", word: "sql.storage" });
  }
  return reasons;
}

function isBelow(value: number | null | undefined, least: number): boolean {
  return value != null && value < least;
}

/** Places that the author excludes, the server does not offer, or this version cannot run. */
function laterOnes(needs: LabNeeds, computer: Computer, offered: boolean): Option[] {
  const later = (where: Where, place: string): Option => {
    const allowed = needs.places?.includes(place) ?? true;
    if (!allowed) return { where, fit: "no", reasons: [{ tone: "bad", word: "place.not" }] };
    if (where === "tab") return { where, fit: "no", reasons: [{ tone: "bad", word: "tab.not" }] };
    const reasons: Reason[] = [{ tone: "fine", word: "later" }];
    if (place === "download" && computer.cpu === "arm") reasons.push({ tone: "care", word: "later.arm" });
    return { where, fit: "later", reasons };
  };
  return [...(needs.nodes === 0 || offered ? [] : [later("tab", "browser")]), later("computer", "download")];
}
