/// Whose folder the page stands in: a course's, where a server of ours offers it, or nobody's. Remembered by the folder's
/// address, so that it is known with no connection.

import { settings } from "../../core/settings.svelte";
import { recall, remember } from "../../core/storage";
import type { TabHome } from "../../core/types";

const FILE = "lab/home.json";
const MEMORY = "home.";
/** What is not known is not waited for any longer. */
const WAIT_MS = 4_000;

export interface Found {
  home: TabHome | null;
  /** Whether the server answered just now. */
  answers: Promise<boolean>;
}

/** Known before: nothing waits. */
export async function findHome(lab: string, folder = new URL("./", location.href).href): Promise<Found> {
  const known = recall<TabHome | null>(MEMORY + folder, null);
  const asked = ask(folder);
  const answers = asked.then(({ answers }) => answers);
  const home = known ?? (await asked).home;
  return { home: home?.lab === lab ? home : null, answers };
}

async function ask(folder: string): Promise<{ home: TabHome | null; answers: boolean }> {
  try {
    const reply = await fetch(new URL(`${FILE}?lang=${settings.lang}`, folder), { cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
    // Web servers that know nothing of it answer so, or with a page of theirs.
    if (!reply.ok) return { home: null, answers: true };
    const home = (await reply.json().catch(() => null)) as TabHome | null;
    if (home?.labwright !== 1 || typeof home.course !== "string" || typeof home.lab !== "string") return { home: null, answers: true };
    remember(MEMORY + folder, home);
    return { home, answers: true };
  } catch {
    return { home: null, answers: false };
  }
}
