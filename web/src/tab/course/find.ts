/// Where a course's run-time is: in a window above this one or in the one that opened it, as SCORM says. Pure but for windows.

export type Version = "1.2" | "2004";

/** What an LMS gives a package to call. Every one of its functions may throw: it lives in another window. */
export type Api = Record<string, (...words: string[]) => unknown>;

export interface Found {
  version: Version;
  api: Api;
}

/** Frames that are looked at; SCORM says 500. */
const MAX_FRAMES = 500;
const OBJECTS: Record<Version, { name: string; begins: string }> = {
  "1.2": { name: "API", begins: "LMSInitialize" },
  "2004": { name: "API_1484_11", begins: "Initialize" },
};

/** The run-time of `wanted`, else one of the other version, which says the same in other words. */
export function findApi(from: Window, wanted: Version): Found | null {
  const other = wanted === "1.2" ? "2004" : "1.2";
  for (const version of [wanted, other] as const) {
    const api = findOne(from, version);
    if (api) return { version, api };
  }
  return null;
}

function findOne(from: Window, version: Version): Api | null {
  const starts = [() => from, () => from.opener as Window | null, () => from.top?.opener as Window | null | undefined];
  for (const start of starts) {
    const window = guarded(start);
    const api = window ? above(window, version) : null;
    if (api) return api;
  }
  return null;
}

function above(from: Window, version: Version): Api | null {
  let window = from;
  for (let step = 0; step <= MAX_FRAMES; step++) {
    const here = window;
    const api = guarded(() => apiOf(here, version));
    if (api) return api;
    const parent = guarded(() => here.parent);
    if (!parent || parent === here) return null;
    window = parent;
  }
  return null;
}

/** Some pages have other things by that name. */
function apiOf(window: Window, version: Version): Api | null {
  const { name, begins } = OBJECTS[version];
  const api = (window as unknown as Record<string, unknown>)[name] as Api | null | undefined;
  return typeof api === "object" && api !== null && typeof api[begins] === "function" ? api : null;
}

/** Windows of other sites throw when they are looked into. */
function guarded<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
