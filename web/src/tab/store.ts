/// What the learner did, kept in this browser (IndexedDB). A write is on the disk before it counts.

const NAME = "labwright-tab";
const VERSION = 1;
const ATTEMPTS = "attempts";
const HINTS = "hints";

/** One attempt. Nobody but this browser saw it. */
export interface StoredAttempt {
  lab: string;
  /** The page's own id of it: asked for again, it is the same attempt. */
  id: string;
  task: string;
  at: number;
  verdict: "done" | "part" | "not_yet" | "broken";
  /** Share of the points, 0 to 1. */
  share: number;
  points: number;
  feedback: string[];
  took_ms: number;
  answer: string | null;
  self_reported: true;
  /** SHA-256 of the lab's file that it was done with; attempts of earlier pages have none. */
  made_of?: string;
}

export interface Store {
  attempts(lab: string): Promise<StoredAttempt[]>;
  add(attempt: StoredAttempt): Promise<void>;
  hints(lab: string): Promise<Record<string, number>>;
  setHints(lab: string, task: string, count: number): Promise<void>;
}

/** Keeps it as long as the page is open: for work that a course keeps, and for looks at it. */
export function memoryStore(): Store {
  const attempts: StoredAttempt[] = [];
  const hints: Record<string, number> = {};
  return {
    attempts: async () => [...attempts],
    add: async (attempt) => void attempts.push(attempt),
    hints: async () => ({ ...hints }),
    setHints: async (_, task, count) => void (hints[task] = count),
  };
}

export async function openStore(): Promise<Store> {
  const db = await opened();
  // An attempt that was shown must not be lost with the power.
  const write = async (store: string, value: unknown) => {
    const act = db.transaction(store, "readwrite", { durability: "strict" });
    const done = new Promise<void>((settle, fail) => {
      act.oncomplete = () => settle();
      act.onabort = () => fail(act.error ?? new Error("the browser kept nothing"));
    });
    act.objectStore(store).put(value);
    await done;
  };
  const all = <T>(store: string, lab: string) =>
    answered<T[]>(db.transaction(store).objectStore(store).getAll(IDBKeyRange.bound([lab], [lab, []])));
  return {
    attempts: async (lab) => (await all<StoredAttempt>(ATTEMPTS, lab)).sort((a, b) => a.at - b.at),
    add: (attempt) => write(ATTEMPTS, attempt),
    hints: async (lab) => {
      const rows = await all<{ task: string; count: number }>(HINTS, lab);
      return Object.fromEntries(rows.map(({ task, count }) => [task, count]));
    },
    setHints: (lab, task, count) => write(HINTS, { lab, task, count }),
  };
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(ATTEMPTS, { keyPath: ["lab", "id"] });
    request.result.createObjectStore(HINTS, { keyPath: ["lab", "task"] });
  };
  return answered(request);
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((settle, fail) => {
    request.onsuccess = () => settle(request.result);
    request.onerror = () => fail(request.error ?? new Error("the browser keeps nothing"));
  });
}
