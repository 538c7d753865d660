/// Brings the lab of the folder that the page stands in, and makes its server.

import { Course } from "./course/course.svelte";
import { openHome, type AtHome } from "./home/at";
import type { Results } from "./home/results.svelte";
import { install } from "./install";
import { TabMachine } from "./machine/machine";
import { Keeper } from "./machine/keeper";
import type { MachineFile } from "./machine/protocol";
import { openSaves } from "./saves";
import { TabServer, type TabLab } from "./server";
import { memoryStore, openStore, type Store } from "./store";

/** The folder holds no lab, or one of a later page. */
export class NoLab extends Error {}

export interface Opened {
  server: TabServer;
  /** The lab's own name. */
  name: string;
  /** The course that the page is in, or was made for. */
  course: Course | null;
  /** The course of the server that offers the folder. */
  at: AtHome | null;
}

export async function openLab(): Promise<Opened> {
  const { lab, madeOf } = await readLab();
  const opened = await Course.open(lab.lab);
  const at = opened ? null : await openHome(lab.lab, madeOf);
  const machine = lab.machine ? await openMachine(lab, opened?.keeps !== false) : null;
  const scope = opened?.scope ?? at?.scope ?? "";
  const store = opened?.keeps === false ? memoryStore() : await storeFor(opened !== null && scope !== "");
  const mine = scope === "" ? lab : asOf(lab, scope);
  const server = await TabServer.open(mine, store, (path) => fetch(encodeURI(path)), machine, opened?.kept);
  server.madeOf = madeOf;
  if (at?.results) join(server, at.results);
  install(server);
  const course = opened?.course ?? null;
  if (course) {
    server.onprogress = (attempt) => course.progress(attempt);
    if (course.step !== null && course.step <= server.steps && location.hash === "") location.replace(`#step-${course.step}`);
  }
  return { server, name: lab.lab, course, at };
}

async function readLab(): Promise<{ lab: TabLab; madeOf: string }> {
  // Asked anew: its files may have been replaced. Offline the service worker has them.
  const reply = await fetch("lab/lab.json", { cache: "no-cache" });
  if (!reply.ok) throw new NoLab(String(reply.status));
  const bytes = await reply.arrayBuffer();
  const lab = JSON.parse(new TextDecoder().decode(bytes)) as TabLab;
  if (lab.labwright !== 1) throw new NoLab(`version ${lab.labwright}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { lab, madeOf: Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("") };
}

/** What is done here goes to the course, and what the course has shows here. */
function join(server: TabServer, results: Results): void {
  const hear = () => server.hear(results.carried?.tasks ?? {}, results.told);
  hear();
  results.onheard = hear;
  server.onprogress = () => results.progress();
}

/** A course keeps the work itself, so a browser that keeps nothing will do. */
async function storeFor(inCourse: boolean): Promise<Store> {
  try {
    return await openStore();
  } catch (error) {
    if (inCourse) return memoryStore();
    throw error;
  }
}

/** The lab by another name, so that all that is kept of it here is this learner's alone. */
function asOf(lab: TabLab, scope: string): TabLab {
  const name = `${lab.lab}.${scope}`;
  const languages = Object.entries(lab.languages).map(([tag, pages]) => [tag, { ...pages, session: { ...pages.session, id: name } }]);
  return { ...lab, lab: name, languages: Object.fromEntries(languages) as TabLab["languages"] };
}

/** Where the machine's folder lies, beside the page. */
const MACHINE = "machine/";

/** Who only looks at a lab keeps nothing of it. */
async function openMachine(lab: TabLab, keeps: boolean): Promise<TabMachine> {
  const reply = await fetch(`${MACHINE}machine.json`, { cache: "no-cache" });
  const file = reply.ok ? ((await reply.json()) as MachineFile) : null;
  if (file?.labwright !== 1 || file.image !== lab.machine) throw new NoLab("another machine");
  const session = Object.values(lab.languages)[0]?.session;
  const kept = keeps && session && session.keep.length > 0 ? session.nodes.map(({ name }) => name) : [];
  return new TabMachine(file, new URL(MACHINE, document.baseURI).href, lab.env, new Keeper(openSaves(), file.image, kept));
}
