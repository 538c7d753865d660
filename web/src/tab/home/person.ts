/// Who the learner is: whoever is signed in at the server's page in this browser; or, where a launch of a course platform
/// opened this window, whom it is for, and that is kept to this window.

import type { Who } from "../../core/account.svelte";
import type { Api } from "../../core/api";
import { recall, recallHere, remember, rememberHere } from "../../core/storage";
import type { Account } from "../../core/types";

const TOKEN = "token";
const ME = "me";
const HANDED = "tab.token";
const HANDED_ME = "tab.me";
/** Where pages of the platform's frame stand: `/in/<platform>`. */
const HANDED_AT = "tab.at";
/** Whom a launch opened a lab for, last: their work is there with no connection, when their window is long closed. */
const LAST = "tab.last";
const WAIT_MS = 5_000;

/** A launch hands its sign-in over in the address; it is taken out at once. */
export function takeToken(at: Location, history: History): void {
  const found = /^#token=([\w.~+/=-]+)(?:&at=(\/in\/[\w.~%-]+))?$/.exec(at.hash);
  if (!found?.[1]) return;
  history.replaceState(history.state, "", at.pathname + at.search);
  rememberHere(HANDED, decodeURIComponent(found[1]));
  rememberHere(HANDED_AT, found[2] ?? "");
  rememberHere(HANDED_ME, null);
}

/** Null is nobody. What is known is not asked for; `answers` is whether the server does just now. */
export async function identify(api: Api, answers: Promise<boolean>): Promise<Who | null> {
  const handed = recallHere<string | null>(HANDED, null);
  const token = handed ?? recall<string | null>(TOKEN, null);
  if (token === null) {
    const last = recall<Who | null>(LAST, null);
    return last !== null && !(await answers) ? last : null;
  }
  const known = handed !== null ? recallHere<Who | null>(HANDED_ME, null) : recall<Who | null>(ME, null);
  if (known !== null) return known;
  try {
    return await ask(api, token, handed !== null);
  } catch {
    // A sign-in of somebody who cannot be asked for: nobody else's work is shown in their place.
    return null;
  }
}

/** The token of this learner, and of nobody else; why there is none. */
export async function tokenOf(who: Who, api: Api): Promise<string | "out" | "other"> {
  const handed = recallHere<string | null>(HANDED, null);
  const token = handed ?? recall<string | null>(TOKEN, null);
  if (token === null) return "out";
  const known = handed !== null ? recallHere<Who | null>(HANDED_ME, null) : recall<Who | null>(ME, null);
  const me = known ?? (await ask(api, token, handed !== null));
  return me.id === who.id ? token : "other";
}

/** A launch brought them: signing in again is done from the course platform. */
export function isLaunched(): boolean {
  return recallHere<string | null>(HANDED, null) !== null || recall<string | null>(TOKEN, null) === null && recall<Who | null>(LAST, null) !== null;
}

/** A page of the server's for this learner. A launch's sign-in goes along, to a page that keeps it to its window as well. */
export function serverAddress(path: string): string {
  const handed = recallHere<string | null>(HANDED, null);
  const at = recallHere(HANDED_AT, "");
  return handed === null || at === "" ? path : `${at}${path}#token=${handed}`;
}

async function ask(api: Api, token: string, handed: boolean): Promise<Who> {
  api.token = token;
  const { id, display_name } = await api.call<Account>("/me", { timeoutMs: WAIT_MS });
  const who: Who = { id, display_name };
  if (handed) {
    rememberHere(HANDED_ME, who);
    remember(LAST, who);
  } else {
    remember(ME, who);
  }
  return who;
}
