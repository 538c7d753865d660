/// The learner's files in a lab's computers, kept in this browser (IndexedDB): an archive a node, all of one save together. A
/// save is there whole or not at all, and on the disk before it counts.

const NAME = "labwright-files";
const VERSION = 1;
const SAVES = "saves";
const OWNERS = "owners";

/** What one node keeps. */
export interface Save {
  lab: string;
  node: string;
  at: number;
  /** Digest of the machine's image that it was saved in; a later one may be given it as well. */
  image: string;
  /** Of the archive. */
  sha256: string;
  /** As the agent gave it (docs/wire-protocol.md). */
  archive: Uint8Array;
}

/** Another page has the work now: nothing was written. */
export class NotOurs extends Error {}

export interface Saves {
  /** From now on saves of this owner count, and nobody else's. */
  claim(lab: string, owner: string): Promise<void>;
  of(lab: string): Promise<Save[]>;
  /** Keeps all of them, or none. */
  keep(lab: string, owner: string, saves: Save[]): Promise<void>;
  /** Forgets those of a node, or all. */
  forget(lab: string, owner: string, node: string | null): Promise<void>;
}

/** Nothing is opened before it is needed, so that a browser that keeps nothing says so where it matters. */
export function openSaves(): Saves {
  let opening: Promise<IDBDatabase> | null = null;
  const opened = () =>
    (opening ??= open().catch((error: unknown) => {
      opening = null;
      throw error;
    }));
  const change = async (lab: string, owner: string, act: (saves: IDBObjectStore) => void) => {
    const transaction = (await opened()).transaction([SAVES, OWNERS], "readwrite", { durability: "strict" });
    let ours = true;
    const asked = transaction.objectStore(OWNERS).get(lab) as IDBRequest<{ owner: string } | undefined>;
    asked.onsuccess = () => {
      ours = asked.result?.owner === owner;
      if (ours) act(transaction.objectStore(SAVES));
      else transaction.abort();
    };
    await settled(transaction, () => (ours ? transaction.error : new NotOurs("another page has the work")));
  };
  return {
    claim: async (lab, owner) => {
      const transaction = (await opened()).transaction(OWNERS, "readwrite", { durability: "strict" });
      transaction.objectStore(OWNERS).put({ lab, owner });
      await settled(transaction, () => transaction.error);
    },
    of: async (lab) => {
      const store = (await opened()).transaction(SAVES).objectStore(SAVES);
      return answered(store.getAll(rangeOf(lab)) as IDBRequest<Save[]>);
    },
    keep: (lab, owner, saves) =>
      change(lab, owner, (store) => {
        for (const save of saves) store.put(save);
      }),
    forget: (lab, owner, node) => change(lab, owner, (store) => void store.delete(node === null ? rangeOf(lab) : [lab, node])),
  };
}

function rangeOf(lab: string): IDBKeyRange {
  return IDBKeyRange.bound([lab], [lab, []]);
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(SAVES, { keyPath: ["lab", "node"] });
    request.result.createObjectStore(OWNERS, { keyPath: "lab" });
  };
  return answered(request);
}

function settled(transaction: IDBTransaction, why: () => Error | null): Promise<void> {
  return new Promise((settle, fail) => {
    transaction.oncomplete = () => settle();
    transaction.onabort = () => fail(why() ?? new Error("the browser kept nothing"));
  });
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((settle, fail) => {
    request.onsuccess = () => settle(request.result);
    request.onerror = () => fail(request.error ?? new Error("the browser keeps nothing"));
  });
}
