/// "My computer" as data: what was found, row by row, and the report that one can paste. Pure but for the words.

import { FEATURES, type Computer, type Layout } from "../core/computer";
import type { Advice, Reason } from "../core/advice";
import { formatList, t, type Key } from "../core/i18n/index.svelte";
import type { Measured } from "../core/measure";
import type { LabNeeds } from "../core/types";

export interface Found {
  label: string;
  value: string;
  tone: "fine" | "care" | "unknown";
  words?: string;
}

/** From here on a line is called late in the list. */
const LATE_SHARE = 0.1;
const SLOW_MS = 250;
const GIB = 1 << 30;

export function reasonWords({ word, n }: Reason): string {
  return t(`advice.${word}` as Key, n === undefined ? undefined : { n });
}

/** A lab that has nothing but this kind of tab, to say whether it works here. */
export function kindOnly(kind: "terminal" | "desktop" | "wireshark" | "sql"): LabNeeds {
  const inPage = kind === "sql" || kind === "wireshark";
  return { apps: [kind], nodes: inPage ? 0 : 1, memory_mb: 0, internet: false, places: null };
}

export function foundOf(computer: Computer, line: Measured | null): Found[] {
  return [...ofBrowser(computer), ...ofLine(line), ...ofComputer(computer)];
}

function ofBrowser(computer: Computer): Found[] {
  const missing = FEATURES.filter((feature) => !computer.features[feature]).map((feature) => t(`doctor.feature.${feature}`));
  return [
    { label: t("doctor.browser"), value: computer.browser, tone: computer.browser === "?" ? "unknown" : "fine" },
    { label: t("doctor.system"), value: computer.system, tone: computer.system === "?" ? "unknown" : "fine" },
    missing.length === 0
      ? { label: t("doctor.features"), value: t("doctor.features.all"), tone: "fine" }
      : { label: t("doctor.features"), value: "", tone: "care", words: t("doctor.missing", { what: formatList(missing) }) },
  ];
}

function ofLine(line: Measured | null): Found[] {
  if (line === null) return [];
  const trip = line.roundTripMs;
  const found: Found[] = [
    trip === null
      ? { label: t("doctor.roundtrip"), value: t("doctor.none"), tone: "care" }
      : {
          label: t("doctor.roundtrip"), value: t("doctor.roundtrip.ms", { n: trip }), tone: trip < SLOW_MS ? "fine" : "care",
          words: t("doctor.roundtrip.spread", { n: line.spreadMs ?? 0 }),
        },
    late(line),
    rate(t("doctor.down"), line.downMbit),
    rate(t("doctor.up"), line.upMbit),
    {
      label: t("doctor.socket"), ...passage(line.socket === null ? null : line.socket === "passes", "doctor.socket.blocked"),
      words: line.socket === "blocked" ? t("doctor.socket.words") : undefined,
    },
    {
      label: t("doctor.held"), ...passage(line.held === null ? null : line.held === "passes", "doctor.held.cut"),
      words: line.held === "cut" ? t("doctor.held.words") : undefined,
    },
  ];
  return found;
}

function late({ late, asked }: Measured): Found {
  const often = asked > 0 && late / asked > LATE_SHARE;
  return {
    label: t("doctor.late"), value: t("doctor.late.of", { n: late, all: asked }), tone: often ? "care" : "fine",
    words: often ? t("doctor.late.words") : undefined,
  };
}

function rate(label: string, mbit: number | null): Found {
  if (mbit === null) return { label, value: t("doctor.busy"), tone: "unknown", words: t("doctor.busy.words") };
  return { label, value: t("doctor.mbit", { n: mbit }), tone: mbit < 2 ? "care" : "fine" };
}

function passage(passes: boolean | null, not: Key): Pick<Found, "value" | "tone"> {
  if (passes === null) return { value: t("doctor.busy"), tone: "unknown" };
  return passes ? { value: t("doctor.socket.passes"), tone: "fine" } : { value: t(not), tone: "care" };
}

function ofComputer(computer: Computer): Found[] {
  const unknown = (label: string): Found => ({ label, value: t("doctor.unknown"), tone: "unknown" });
  const { memoryGb, freeBytes, cores, cpu, virtual } = computer;
  const named = cpu === null ? null : t(cpu === "arm" ? "doctor.cpu.arm" : "doctor.cpu.x86");
  return [
    memoryGb === null
      ? unknown(t("doctor.memory"))
      : { label: t("doctor.memory"), value: t(memoryGb >= 8 ? "doctor.memory.most" : "doctor.memory.gb", { n: memoryGb }), tone: memoryGb < 4 ? "care" : "fine" },
    freeBytes === null
      ? unknown(t("doctor.room"))
      : { label: t("doctor.room"), value: room(freeBytes), tone: freeBytes < GIB / 4 ? "care" : "fine" },
    cores === null ? unknown(t("doctor.cores")) : { label: t("doctor.cores"), value: String(cores), tone: "fine" },
    named === null
      ? unknown(t("doctor.cpu"))
      : { label: t("doctor.cpu"), value: computer.cpuSaid ? named : t("doctor.cpu.likely", { cpu: named }), tone: "fine" },
    {
      label: t("doctor.virtual"), value: t(virtual ? "doctor.virtual.inside" : "doctor.virtual.short"), tone: "unknown",
      words: t(virtual ? "doctor.virtual.in" : "doctor.virtual.out"),
    },
  ];
}

function room(bytes: number): string {
  if (bytes >= GIB) return t("doctor.room.gb", { n: Math.floor(bytes / GIB) });
  return t("doctor.room.mb", { n: Math.floor(bytes / (1 << 20)) });
}

export function layoutWords(layout: Layout): string {
  return layout === "other" ? t("doctor.keyboard.other") : layout.toUpperCase();
}

/** What one pastes: the same facts line by line, for whoever helps. Nobody's name, no address, no account. */
export function report(computer: Computer, line: Measured | null, labs: { title: string; advice: Advice }[], server: string): string {
  const found = foundOf(computer, line).map(({ label, value, words, tone }) => {
    const said = [value, tone === "care" ? words : undefined].filter((one) => one !== undefined && one !== "").join(". ");
    return `${label}: ${said}`;
  });
  if (computer.layout !== null) found.push(`${t("doctor.keyboard")}: ${layoutWords(computer.layout)}`);
  const advised = labs.map(({ title, advice }) => {
    const option = advice.options[0];
    const fit = option ? t(`doctor.fit.${option.fit}`) : "";
    return [`${title}: ${fit}.`, ...(option?.reasons ?? []).map(reasonWords)].join(" ");
  });
  return [`Labwright, ${server}`, ...found, ...advised].join("\n");
}
